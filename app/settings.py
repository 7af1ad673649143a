"""Where the product's own data and the user's workspaces lie."""

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Settings:
    """Places and choices of one installation.

    Attributes
    ----------
    data_dir
        Policy packs, styles, tables: read, never written.
    workspace_dir
        Folder the first page lists workspaces of.
    base_map_url
        Tile address of an online base map, None (the default) for none.
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

    Returns
    -------
    Settings
        ``MUPLAN_WORKSPACES`` names another folder of workspaces, ``MUPLAN_BASE_MAP`` an online
        base map (``https://…/{z}/{x}/{y}.png``).
    """
    workspaces = os.environ.get("MUPLAN_WORKSPACES")
    return Settings(
        PROJECT / "data",
        Path(workspaces) if workspaces else PROJECT / "workspaces",
        os.environ.get("MUPLAN_BASE_MAP") or None,
    )
