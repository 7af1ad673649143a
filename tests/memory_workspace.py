"""A workspace in memory, for tests and trials: the same behaviour without a file."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from geo.crs import require_projected
from geo.raster import Raster
from geo.tools import Progress, report
from layers.contracts import CONTRACTS, Contract, contract_of
from layers.validate import conform, row_names
from layers.workspace.changes import (
    Change,
    OutsideChange,
    WayBack,
    earlier_rows,
    examine_changes,
    head_of,
    list_changes,
    rows_aside,
    rows_kept,
    way_back,
)
from layers.workspace.protocol import LayerFacts, Provenance, WorkspaceFacts
from layers.workspace.records import AUDIT, HISTORY, META, PROVENANCE, Record, record_columns
from layers.workspace.transaction import MEMORY_PREFIX, WorkspaceEdit, frame_hash


@dataclass
class MemoryTables:
    """Layers and records; frames are never changed in place."""

    crs: CRS
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    rasters: dict[str, Raster] = field(default_factory=dict)
    tables: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def __copy__(self) -> "MemoryTables":
        """Copy it so that neither sees what is changed in the other."""
        tables = {name: [dict(row) for row in rows] for name, rows in self.tables.items()}
        return MemoryTables(self.crs, dict(self.frames), dict(self.rasters), tables)

    def names(self, contract: Contract) -> pd.Index:
        """List the names of the rows of a layer, in their order."""
        return pd.Index(row_names(self.rows(contract), contract), dtype=object)

    def rows(self, contract: Contract, names: pd.Index | None = None) -> pd.DataFrame:
        """Read rows as they stand now, with the contract's types; None for all."""
        frame = self.frames.get(contract.name)
        if frame is None:
            frame = conform(pd.DataFrame(columns=list(contract.columns)), contract, self.crs)[0]
        if names is not None:
            wanted = pd.Index(row_names(frame, contract), dtype=object).isin(names)
            frame = frame[wanted]
        return frame.reset_index(drop=True)

    def last_entry(self) -> str:
        """Say how the ledger's entries end: their count, and the hash of the last one."""
        events = self.rows(contract_of("project_events"))
        last = events.sort_values("entry_seq").tail(1)["row_sha256"]
        return f"{len(events)} {'' if last.isna().all() else last.iloc[0]}"

    def replace(
        self, contract: Contract, frame: pd.DataFrame, at: str, progress: Progress | None = None
    ) -> None:
        """Put rows in the place of a whole layer; those whose key was there keep their place."""
        self._store(contract, frame)
        report(progress, 1.0)

    def put(
        self, contract: Contract, frame: pd.DataFrame, at: str, progress: Progress | None = None
    ) -> None:
        """Add rows; one whose key is there takes the place of that row."""
        current = self.rows(contract)
        names = pd.Index(row_names(frame, contract), dtype=object)
        stays = ~pd.Index(row_names(current, contract), dtype=object).isin(names)
        parts = [part for part in (current[stays], frame) if len(part)]
        self._store(contract, pd.concat(parts, ignore_index=True) if parts else frame)
        report(progress, 1.0)

    def _store(self, contract: Contract, frame: pd.DataFrame) -> None:
        """Keep rows in the order in which their names came first."""
        conformed = conform(frame.reset_index(drop=True), contract, self.crs)[0]
        before = {name: n for n, name in enumerate(self.names(contract))}
        last = len(before)
        names = row_names(conformed, contract)
        places = [before.get(name, last + n) for n, name in enumerate(names)]
        order = np.argsort(places, kind="stable")
        self.frames[contract.name] = conformed.iloc[order].reset_index(drop=True)

    def delete(self, contract: Contract, names: pd.Index, at: str) -> None:
        """Take rows out."""
        current = self.rows(contract)
        gone = pd.Index(row_names(current, contract), dtype=object).isin(names)
        self.frames[contract.name] = current[~gone].reset_index(drop=True)

    def replace_raster(self, name: str, raster: Raster, progress: Progress | None = None) -> None:
        """Put a raster in the place of that of the name."""
        cells = raster.cells.astype(np.float32)
        self.rasters[name] = Raster(
            cells, raster.west, raster.north, raster.cell_width, raster.cell_height, raster.crs
        )
        report(progress, 1.0)

    def append(self, table: str, record: Record) -> int:
        """Add a record and give its number; one of the facts takes the place of its key."""
        rows = self.tables.setdefault(table, [])
        key = record_columns(table)[0]
        row: dict[str, object] = {**dict.fromkeys(record_columns(table)), **record}
        if row[key] is None:
            row[key] = max((int(str(other[key])) for other in rows), default=0) + 1
        rows[:] = [other for other in rows if other[key] != row[key]]
        rows.append(row)
        return 0 if table == META else int(str(row[key]))

    def append_all(self, table: str, records: Iterable[Record]) -> None:
        """Add records."""
        for record in records:
            self.append(table, record)

    def records(self, table: str, **equal: object) -> list[dict[str, object]]:
        """List records whose columns have these values, in the order of their numbers."""
        return [
            dict(row)
            for row in self.tables.get(table, [])
            if all(row[column] == value for column, value in equal.items())
        ]

    def forget(self, table: str, **equal: object) -> None:
        """Take out records whose columns have these values."""
        self.tables[table] = [
            row
            for row in self.tables.get(table, [])
            if any(row[column] != value for column, value in equal.items())
        ]


class MemoryWorkspace:
    """A workspace that is gone when the program ends.

    ``facts``: What it says of itself.
    """

    def __init__(self, facts: WorkspaceFacts) -> None:
        require_projected(facts.crs)
        self.facts = facts
        self._tables = MemoryTables(facts.crs, {"units": _blank("units", facts.crs)})

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the layers on file."""
        return iter([name for name in CONTRACTS if name in self._tables.frames])

    def layers(self) -> list[LayerFacts]:
        """List the layers on file, in the order of the data dictionary."""
        columns = ("source", "imported_at", "edition", "licence", "sha256", "detail")
        return [
            LayerFacts(
                name, len(self._tables.frames[name]),
                tuple(
                    Provenance(*(str(row[column]) for column in columns))
                    for row in self._tables.records(PROVENANCE, layer=name)
                ),
            )
            for name in self
        ]  # fmt: skip

    def read(self, layer: str) -> pd.DataFrame:
        """Read a layer or table with all columns of its contract; empty where never imported."""
        return self._tables.rows(contract_of(layer))

    def has_raster(self, name: str) -> bool:
        """Say whether there is a raster, without reading it."""
        return name in self._tables.rasters

    def read_raster(self, name: str) -> Raster | None:
        """Read a raster, None where there is none."""
        return self._tables.rasters.get(name)

    def quarantined(self) -> pd.DataFrame:
        """List the rows in quarantine."""
        columns = ["seq", "at", "layer", "row", "reasons", "data"]
        return pd.DataFrame(rows_aside(self._tables), columns=columns)

    def audit(self) -> pd.DataFrame:
        """List who changed what and when."""
        return pd.DataFrame(self._tables.records(AUDIT), columns=record_columns(AUDIT))

    def history(self, layer: str | None = None) -> pd.DataFrame:
        """List the rows that were replaced or removed, as they were, the last first."""
        equal = {} if layer is None else {"layer": layer}
        return rows_kept(self._tables.records(HISTORY, **equal))

    def changes(self) -> list[Change]:
        """List all changes, the first one first."""
        return list_changes(self._tables)

    def way_back(self, number: int) -> list[WayBack]:
        """Say what undoing a change takes, and refuse where something stands in the way."""
        return way_back(self._tables, number)

    def earlier(self, layer: str, row: str) -> pd.DataFrame:
        """Give a row as it was before each change that is remembered, the first one first."""
        return earlier_rows(self._tables, contract_of(layer), row)

    def outside_changes(self) -> list[OutsideChange]:
        """List what was changed in the ledger and the trail of changes without the product."""
        return examine_changes(self._tables)

    def head(self) -> str:
        """Give the hash that stands for every change and the whole ledger."""
        return head_of(self._tables)

    def content_hash(self, layer: str) -> str:
        """Hash the rows of a layer in the order of their keys (sha256)."""
        return frame_hash(self.read(layer), contract_of(layer))

    def recall(self, key: str) -> str | None:
        """Give the text kept under a key, None where there is none."""
        kept = self._tables.records(META, key=MEMORY_PREFIX + key)
        return str(kept[0]["value"]) if kept else None

    @contextmanager
    def watch(self) -> Iterator[Callable[[], bool]]:
        """Watch the workspace: what comes out says whether nobody has changed it since."""
        before = self._tables
        yield lambda: self._tables is before

    @contextmanager
    def edit(
        self, actor: str, at: str, *, kind: str = "edit", reason: str = ""
    ) -> Iterator[WorkspaceEdit]:
        """Open a set of changes that takes effect at the end of the ``with`` block."""
        draft = copy(self._tables)
        changes = WorkspaceEdit(draft, actor, at, kind, reason)
        yield changes
        changes.close()
        self._tables = draft


def _blank(layer: str, crs: CRS) -> pd.DataFrame:
    contract = contract_of(layer)
    rows = gpd.GeoDataFrame(geometry=[], crs=crs) if contract.is_spatial else pd.DataFrame()
    return conform(rows, contract, crs)[0]
