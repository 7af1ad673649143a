"""The policy packs of the installation, read from their folder as they are asked for."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from geo.errors import MuPlanError
from geo.nearest import nearest_name
from platforms.errors import PolicyError
from platforms.policy.combine import combine_packs
from platforms.policy.dated import PolicySet, policy_on
from platforms.policy.parse import parse_pack
from platforms.policy.text import LARGEST_BYTES, pack_text


class PackFolder(Mapping[str, str]):
    """Texts of the packs in a folder by name: a fault in one that nobody asked for hurts nobody.

    Parameters
    ----------
    folder
        Folder of ``<name>.yaml``.
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


def read_policy(folder: Path, packs: tuple[str, ...], day: str) -> PolicySet:
    """Read policy packs as they stand on a day.

    Parameters
    ----------
    folder
        Where the packs lie.
    packs
        Their names; a later one replaces what an earlier one states.
    day
        As-of date (ISO).

    Returns
    -------
    PolicySet
        The rules.

    Raises
    ------
    MuPlanError
        ``pack_unknown`` with the nearest name, and what reading a pack raises.
    """
    texts = PackFolder(folder)
    for pack in packs:
        if pack not in texts:
            raise MuPlanError("pack_unknown", pack=pack, nearest=nearest_name(pack, texts))
    return policy_on(combine_packs([parse_pack(texts[pack], pack, texts) for pack in packs]), day)
