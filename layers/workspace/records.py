"""What a workspace keeps of its own: facts, sources, changes, rows as they were, seals."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

import pandas as pd
from pyproj import CRS

from geo.raster import Raster
from geo.tools import Progress
from layers.contracts import Contract

META = "muplan_meta"
PROVENANCE = "muplan_provenance"
AUDIT = "muplan_audit"
QUARANTINE = "muplan_quarantine"
HISTORY = "muplan_history"
CHANGES = "muplan_changes"
SEALS = "muplan_seals"

RECORDS: MappingProxyType[str, str] = MappingProxyType(
    {
        META: "key TEXT PRIMARY KEY, value TEXT",
        PROVENANCE: (
            "seq INTEGER PRIMARY KEY, layer TEXT, action TEXT, rows INTEGER, source TEXT, "
            "imported_at TEXT, edition TEXT, licence TEXT, sha256 TEXT, detail TEXT, "
            "change INTEGER"
        ),
        AUDIT: (
            "seq INTEGER PRIMARY KEY, at TEXT, actor TEXT, layer TEXT, action TEXT, rows INTEGER, "
            "change INTEGER"
        ),
        QUARANTINE: (
            "seq INTEGER PRIMARY KEY, at TEXT, layer TEXT, row TEXT, reasons TEXT, data TEXT, "
            "wkt TEXT, change INTEGER"
        ),
        HISTORY: (
            "seq INTEGER PRIMARY KEY, layer TEXT, row TEXT, change TEXT, valid_until TEXT, "
            "audit_seq INTEGER, data TEXT, wkb BLOB, after TEXT"
        ),
        CHANGES: (
            "change INTEGER PRIMARY KEY, at TEXT, actor TEXT, kind TEXT, reason TEXT, "
            "undoes INTEGER, breaks INTEGER, sources TEXT, seals TEXT, "
            "previous_sha256 TEXT, row_sha256 TEXT"
        ),
        SEALS: "seq INTEGER PRIMARY KEY, layer TEXT, row TEXT, sha256 TEXT",
    }
)
"""The record tables with their columns; the first column numbers the rows of each but the facts."""

Record = Mapping[str, object]
"""One row of a record table."""


def record_columns(table: str) -> list[str]:
    """List the columns of a record table."""
    return [column.split()[0] for column in RECORDS[table].split(", ")]


class Tables(Protocol):
    """Layers and records within one transaction, whatever holds them."""

    @property
    def crs(self) -> CRS:
        """The one projected system of the workspace."""

    def names(self, contract: Contract) -> pd.Index:
        """List the names of the rows of a layer, in their order."""

    def rows(self, contract: Contract, names: pd.Index | None = None) -> pd.DataFrame:
        """Read rows as they stand now, with the contract's types; None for all."""

    def last_entry(self) -> str:
        """Say how the ledger's entries end: their count, and the hash of the last one."""

    def replace(
        self, contract: Contract, frame: pd.DataFrame, at: str, progress: Progress | None = None
    ) -> None:
        """Put rows in the place of a whole layer."""

    def put(
        self, contract: Contract, frame: pd.DataFrame, at: str, progress: Progress | None = None
    ) -> None:
        """Add rows; one whose key is there takes the place of that row."""

    def delete(self, contract: Contract, names: pd.Index, at: str) -> None:
        """Take rows out."""

    def replace_raster(self, name: str, raster: Raster, progress: Progress | None = None) -> None:
        """Put a raster in the place of that of the name."""

    def append(self, table: str, record: Record) -> int:
        """Add a record and give its number; one of the facts takes the place of its key."""

    def append_all(self, table: str, records: Iterable[Record]) -> None:
        """Add records."""

    def records(self, table: str, **equal: object) -> list[dict[str, object]]:
        """List records whose columns have these values, in the order of their numbers."""

    def forget(self, table: str, **equal: object) -> None:
        """Take out records whose columns have these values."""
