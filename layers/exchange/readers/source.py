"""What a reader gives: rows, CRS, evidence."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from geo.errors import Value
from geo.tools import show_control_characters
from layers.exchange.heading import free_name

if TYPE_CHECKING:
    import pandas as pd
    from pyproj import CRS


@dataclass(frozen=True)
class Evidence:
    """One thing recognised, assumed or changed while a file was read or written.

    ``code``: Key of the sentence in the message catalogue.
    ``values``: The named values it mentions.
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, code: str, /, **values: Value) -> "Evidence":
        """Note one thing that was recognised.

        Parameters
        ----------
        code
            Key of the sentence in the message catalogue.
        **values
            The named values it mentions.

        Returns
        -------
        Evidence
            The note.

        Examples
        --------
        >>> Evidence.of("encoding_sniffed", encoding="GB18030").values["encoding"]
        'GB18030'
        """
        return cls(code, MappingProxyType(values))


def one_line(problem: object) -> str:
    """Return an error's words on one line of up to 200 characters, its kind where it has none."""
    words = show_control_characters(" ".join(str(problem).split()))
    return words[:200] or type(problem).__name__


PLACES_NAMED = 5


@dataclass
class Oddities:
    """Oddities of one file: a code each, how often, and where first.

    ``counts``: How often each code was noted.
    ``places``: The first places of each code, as they are shown.
    """

    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)

    def note(self, code: str, place: object) -> None:
        """Note one oddity.

        ``code``: Key of a sentence that names ``count`` and ``places``.
        ``place``: Number of the line, with what stands there where that helps.
        """
        self.counts[code] = self.counts.get(code, 0) + 1
        places = self.places.setdefault(code, [])
        if len(places) < PLACES_NAMED:
            places.append(str(place))

    def evidence(self) -> tuple[Evidence, ...]:
        """Give one note for each kind, in the order first met."""
        return tuple(
            Evidence.of(code, count=count, places=self._places_text(code, count))
            for code, count in self.counts.items()
        )

    def _places_text(self, code: str, count: int) -> str:
        more = " …" if count > PLACES_NAMED else ""
        return ", ".join(self.places[code]) + more


CrsBasis = Literal["stated_in_file", "rfc7946", "kml", "none"]


@dataclass(frozen=True)
class SourceFile:
    """A file as read, before anything is asked of it.

    ``path``: The file.
    ``format``: The format's name, one of the values of ``READ_ENDINGS``.
    ``frame``: Rows with the file's own column names; a GeoDataFrame (column ``geometry``) where
      the file has shapes.
    ``crs``: Its coordinate system, None where it has none.
    ``crs_basis``: Whether the file states it or its format implies it.
    ``encoding``: How its text is encoded.
    ``sha256``: Hash of the file.
    ``layers``: Names of the layers or sheets it holds.
    ``evidence``: What was recognised, in order.
    """

    path: Path
    format: str
    frame: "pd.DataFrame"
    crs: "CRS | None"
    crs_basis: CrsBasis
    encoding: str
    sha256: str
    layers: tuple[str, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Content:
    """What one reader found: rows, coordinate system, encoding, layers, evidence."""

    frame: "pd.DataFrame"
    evidence: tuple[Evidence, ...]
    crs: "CRS | None" = None
    crs_basis: CrsBasis = "none"
    encoding: str = "UTF-8"
    layers: tuple[str, ...] = ()


def file_sha256(path: Path) -> str:
    """Hash a file, or a folder that is one to its users (``.gdb``).

    ``path``: An existing file; of a folder the names and contents of its files count, in their
      order, but for the locks that open programs leave.

    sha256, hexadecimal.
    """
    if path.is_dir():
        whole = hashlib.sha256()
        for part in sorted(path.iterdir()):
            if part.is_file() and part.suffix.lower() != ".lock":
                whole.update(f"{part.name}\0{file_sha256(part)}\n".encode())
        return whole.hexdigest()
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def unique_names(names: Iterable[object]) -> list[str]:
    """Make column names unique, whatever the case, by numbers behind the later ones.

    ``names``: Names as they stand in the file; blanks become ``column_<position>``.

    As many names, in the same order.

    >>> unique_names(["名称", None, "ID", "id"])
    ['名称', 'column_2', 'ID', 'id_2']
    """
    used: set[str] = set()
    unique = []
    for position, name in enumerate(names, start=1):
        base = "" if name is None else str(name).strip()
        base = base or f"column_{position}"
        candidate = free_name(base, used)
        used.add(candidate.casefold())
        unique.append(candidate)
    return unique
