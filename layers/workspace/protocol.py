"""What every store of a city's layers must offer, whatever holds it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pandas as pd
from pyproj import CRS

from geo.raster import Raster

if TYPE_CHECKING:
    from layers.workspace.changes import Change, OutsideChange, WayBack
    from layers.workspace.transaction import WorkspaceEdit


@dataclass(frozen=True)
class WorkspaceFacts:
    """What a workspace says of itself.

    ``title``: Its name on every page.
    ``crs``: Its one projected system in metres.
    ``as_of``: Date (ISO) on which its evaluations stand, None for today.
    ``is_demo``: True for synthetic data, marked 演示数据 everywhere.
    ``created_at``: When it was made (ISO).
    """

    title: str
    crs: CRS
    as_of: str | None
    is_demo: bool
    created_at: str


@dataclass(frozen=True)
class Provenance:
    """Where the rows of a layer came from.

    ``source``: File or office.
    ``imported_at``: Moment of import (ISO).
    ``edition``: Edition of the data, empty where not stated.
    ``licence``: Terms of use, empty where not stated.
    ``sha256``: Hash of the file read, empty where there is none.
    ``detail``: What was recognised (JSON).
    """

    source: str
    imported_at: str
    edition: str = ""
    licence: str = ""
    sha256: str = ""
    detail: str = ""


@dataclass(frozen=True)
class LayerFacts:
    """What a workspace holds of one layer: its rows, and every source it came from."""

    name: str
    rows: int
    sources: tuple[Provenance, ...]


class Workspace(Protocol):
    """A city's layers and tables, read and written by name."""

    @property
    def facts(self) -> WorkspaceFacts:
        """What the workspace says of itself."""

    def layers(self) -> list[LayerFacts]:
        """List the layers held, in the order of the data dictionary."""

    def read(self, layer: str) -> pd.DataFrame:
        """Read a layer (a GeoDataFrame) or table with all columns of its contract.

        A layer that was never imported comes back empty.
        """

    def has_raster(self, name: str) -> bool:
        """Say whether there is a raster, without reading it."""

    def read_raster(self, name: str) -> Raster | None:
        """Read a raster, None where there is none."""

    def quarantined(self) -> pd.DataFrame:
        """List the rows in quarantine: layer, row, reasons, data.

        Those of a change that is undone, or of rows that were replaced as a whole, are left out.
        """

    def audit(self) -> pd.DataFrame:
        """List who changed what and when."""

    def history(self, layer: str | None = None) -> pd.DataFrame:
        """List the rows that were replaced or removed: layer, row, until when, data."""

    def content_hash(self, layer: str) -> str:
        """Hash the rows of a layer in the order of their keys."""

    def recall(self, key: str) -> str | None:
        """Give the text kept under a key by ``Edit.remember``, None where there is none."""

    def changes(self) -> "list[Change]":
        """List all numbered changes, the first one first."""

    def way_back(self, number: int) -> "list[WayBack]":
        """Say what undoing a change takes, and refuse where something stands in the way."""

    def earlier(self, layer: str, row: str) -> pd.DataFrame:
        """Give a row as it was before each change that is remembered, the first one first."""

    def outside_changes(self) -> "list[OutsideChange]":
        """List what was changed in the ledger and the trail of changes without the product."""

    def head(self) -> str:
        """Give the hash that stands for every change and the whole ledger."""

    def watch(self) -> AbstractContextManager[Callable[[], bool]]:
        """Watch the workspace: what comes out says whether nobody has changed it since."""

    def edit(
        self, actor: str, at: str, *, kind: str = "edit", reason: str = ""
    ) -> "AbstractContextManager[WorkspaceEdit]":
        """Open a set of changes that takes effect at the end of the ``with`` block."""

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the layers held."""
