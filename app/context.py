"""Workspace, date, rules, language; what reads a workspace is loaded when one is opened."""

import gc
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.messages import Catalogue, Language, catalogue
from geo.errors import MuPlanError
from geo.limits import LARGEST_BYTES
from geo.tools import nearest_name
from platforms.errors import PolicyError
from platforms.policy.in_force import PolicySet, iso_day, policy_on
from platforms.policy.pack_file import combine_packs, pack_text, parse_pack

if TYPE_CHECKING:
    from pyproj import CRS

    from layers.workspace.geopackage import GeoPackageWorkspace
    from layers.workspace.protocol import WorkspaceFacts
    from layers.workspace.sqlite_file import Waiting
    from platforms.indicators.grading import Scheme
    from platforms.industries.chains import Chains
    from platforms.industries.codes import IndustryTable
    from platforms.matching.site import MatchTable
    from platforms.source import LayerSource, ReadOnce

COLLECT_EVERY = 50_000
"""Garbage is looked for after so many new objects: of a city hundreds of thousands stay, and
Python's own 700 would spend a sixth of the time on looking through them."""

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Settings:
    """Places and choices of one installation.

    ``data_dir``: Policy packs, styles, tables: read, never written.
    ``workspace_dir``: Folder the first page lists workspaces of.
    ``base_map_url``: Tile address of an online base map, None (the default) for none.
    """

    data_dir: Path
    workspace_dir: Path
    base_map_url: str | None = None

    @property
    def policy_dir(self) -> Path:
        """Folder of the policy packs."""
        return self.data_dir / "policy"

    def text(self, *parts: str) -> str:
        """Read a text file of the data folder."""
        return self.data_dir.joinpath(*parts).read_text(encoding="utf-8")


def load_settings() -> Settings:
    """Gather the settings: the project's folders unless the environment says otherwise.

    ``MUPLAN_WORKSPACES`` names another folder of workspaces, ``MUPLAN_BASE_MAP`` an online base map
    (``https://…/{z}/{x}/{y}.png``).
    """
    workspaces = os.environ.get("MUPLAN_WORKSPACES")
    return Settings(
        PROJECT / "data",
        Path(workspaces) if workspaces else PROJECT / "workspaces",
        os.environ.get("MUPLAN_BASE_MAP") or None,
    )


class PackFolder(Mapping[str, str]):
    """Texts of the packs in a folder by name: a fault in one that nobody asked for hurts nobody.

    ``folder``: Folder of ``<name>.yaml``.
    """

    def __init__(self, folder: Path) -> None:
        self._files = {file.stem: file for file in sorted(folder.glob("*.yaml"))}

    def __getitem__(self, name: str) -> str:
        """Read one pack: ``KeyError`` where there is none, ``PolicyError`` where it can't be."""
        file = self._files[name]
        try:
            with file.open("rb") as opened:
                # one byte beyond the limit tells that there is more, however large the file is
                data = opened.read(LARGEST_BYTES + 1)
        except OSError as error:
            raise PolicyError("pack_unreadable", pack=name) from error
        return pack_text(data, name)

    def __iter__(self) -> Iterator[str]:
        """Give the names."""
        return iter(self._files)

    def __len__(self) -> int:
        """Count the packs."""
        return len(self._files)

    def __contains__(self, name: object) -> bool:
        """Say whether there is such a pack, without reading it."""
        return name in self._files


SHIPPED_PACKS = ("changchun", "jiaxing", "panan")
"""Packs of the product, whose units a test holds; any other is held against the checks when it is
read, which loads them."""


def read_policy(folder: Path, packs: tuple[str, ...], day: str) -> PolicySet:
    """Read policy packs as they stand on a day.

    ``packs``: Their names; a later one replaces what an earlier one states.
    ``day``: As-of date (ISO).

    Raises MuPlanError: ``pack_unknown`` with the nearest name, and what reading a pack raises.
    """
    texts = PackFolder(folder)
    for pack in packs:
        if pack not in texts:
            raise MuPlanError("pack_unknown", pack=pack, nearest=nearest_name(pack, texts))
    parsed = [parse_pack(texts[pack], pack, texts) for pack in packs]
    for read in parsed:
        if read.name not in SHIPPED_PACKS:
            from platforms.checks import refuse_foreign_units

            refuse_foreign_units(read)
    return policy_on(combine_packs(parsed), day)


DEFAULT_PACK = "jiaxing"


@dataclass(frozen=True)
class Context:
    """Everything a job needs.

    ``path``: File of the workspace.
    ``workspace``: The open workspace.
    ``source``: Its layers, read once, as whoever looks may see them.
    ``policy``: Rules on the as-of date.
    ``settings``: Folders of the installation.
    ``words``: Sentences of the language.
    """

    path: Path
    workspace: "GeoPackageWorkspace"
    source: "ReadOnce"
    policy: PolicySet
    settings: Settings
    words: Catalogue
    facts: "WorkspaceFacts" = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", self.workspace.facts)

    @property
    def viewer(self) -> str | None:
        """Unit that looks (知晓范围), None for the city."""
        return self.source.viewer

    @property
    def whole(self) -> "LayerSource":
        """Layers whole: for entries and the chain of the ledger, which nobody is shown."""
        from platforms.ledger.visibility import whole_of

        return whole_of(self.source)

    def renewed(self) -> "Context":
        """Give the context with the workspace read anew, by the same viewer."""
        from platforms.ledger.visibility import viewed

        return replace(self, source=viewed(self.workspace, self.viewer))

    @property
    def as_of(self) -> str:
        """Day on which everything is looked at (ISO)."""
        return self.policy.as_of

    @property
    def year(self) -> int:
        """Year of the as-of date."""
        return int(self.as_of[:4])

    def asked_year(self, year: int) -> int | None:
        """Give a year set on a page as checks ask for it; that of the as-of date is none."""
        return None if year == self.year else year

    @property
    def crs(self) -> "CRS":
        """Projected system of the workspace."""
        return self.facts.crs

    def match_table(self) -> "MatchTable":
        """Read the weights and bounds of matching."""
        from platforms.matching.scoring import CRITERIA
        from platforms.matching.site import parse_match_table

        return parse_match_table(self.settings.text("matching", "criteria.yaml"), tuple(CRITERIA))

    def industries(self) -> "IndustryTable":
        """Read the sections and divisions of industry."""
        from platforms.industries.codes import parse_industries

        return parse_industries(self.settings.text("industries", "gbt4754-2017-divisions.yaml"))

    def chains(self) -> "Chains":
        """Read the chains of industry."""
        from platforms.industries.chains import parse_chains

        text = self.settings.text("industries", "chains.yaml")
        return parse_chains(text, self.industries())


def open_context(
    path: Path,
    *,
    language: Language = "zh",
    as_of: str | None = None,
    packs: tuple[str, ...] = (),
    viewer: str | None = None,
    waiting: "Waiting | None" = None,
) -> Context:
    """Open a workspace for a job.

    ``as_of``: Day asked for (ISO); None for the workspace's own, else today.
    ``viewer``: Unit that looks, ``city`` or None for the city.
    ``waiting``: Told while another program holds the file that is to be changed.

    Raises MuPlanError: What opening the workspace and reading the packs raise,
    ``check_unit_unknown``.
    """
    from layers.workspace.geopackage import GeoPackageWorkspace
    from platforms.ledger.visibility import viewed

    gc.set_threshold(COLLECT_EVERY, 20, 20)
    settings = load_settings()
    workspace = GeoPackageWorkspace(path, waiting)
    day = iso_day((workspace.facts.as_of or today()) if as_of is None else as_of)
    policy = read_policy(settings.policy_dir, packs or (DEFAULT_PACK,), day)
    source = viewed(workspace, viewer)
    return Context(path, workspace, source, policy, settings, catalogue(language))


def unit_names(context: Context) -> dict[str, str]:
    """Give the name of each unit, its id where it has none."""
    units = context.source.read("units")
    return dict(zip(units["unit_id"], units["name"].fillna(units["unit_id"]), strict=True))


def platform_names(context: Context, unnamed: str | None = None) -> dict[str, str]:
    """Give the name of each platform.

    ``unnamed``: What stands for a missing name; None for the id of the platform.
    """
    platforms = context.source.read("major_platforms")
    ids = platforms["platform_id"]
    names = platforms["name"].fillna(ids if unnamed is None else unnamed)
    return dict(zip(ids, names, strict=True))


def pack_titles(settings: Settings) -> dict[str, str]:
    """Name the policy packs that can be read, each with its title.

    Title by name; a pack at fault stands under its bare name, so that choosing it says why.
    """
    texts = PackFolder(settings.policy_dir)
    titles = {}
    for name in texts:
        try:
            titles[name] = parse_pack(texts[name], name, texts).title
        except MuPlanError:
            titles[name] = name
    return titles


def scheme_names(settings: Settings) -> list[str]:
    """List the grading schemes that come with the product."""
    return sorted(file.stem for file in (settings.data_dir / "grading").glob("*.yaml"))


def load_scheme(settings: Settings, wanted: str) -> "Scheme":
    """Read a grading scheme.

    ``wanted``: Name of one of them, or a file (``.yaml``, ``.yml``).

    Raises MuPlanError: ``scheme_unknown`` with the nearest name, ``file_missing``, and what reading
    it raises.
    """
    from platforms.indicators.grading import parse_scheme

    path = Path(wanted)
    if path.suffix.lower() not in (".yaml", ".yml"):
        known = scheme_names(settings)
        if wanted not in known:
            nearest = nearest_name(wanted, known) or "–"
            raise MuPlanError("scheme_unknown", scheme=wanted, nearest=nearest)
        path = settings.data_dir / "grading" / f"{wanted}.yaml"
    if not path.is_file():
        raise MuPlanError("file_missing", path=str(path))
    return parse_scheme(pack_text(path.read_bytes(), path.stem), path.stem)


def today() -> str:
    """Read today's date (ISO), by the planner's own calendar."""
    return date.today().isoformat()  # noqa: DTZ011  # the planner's wall calendar is meant


def now() -> str:
    """Read the present moment (ISO, UTC, whole seconds)."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def local_minute(moment: str) -> str:
    """Show a moment (ISO) by the clock of this computer, to the minute.

    >>> local_minute("2026-11-25T15:44:25+00:00")[:10] in ("2026-11-25", "2026-11-26")
    True
    >>> local_minute("unknown")
    'unknown'
    """
    try:
        return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return moment
