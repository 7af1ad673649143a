"""A workspace in one GeoPackage file, which QGIS may have open at the same time.

A set of changes is one transaction on the file itself: everything that decides is read inside it,
and a crash leaves the last good state. Nothing is ever put in the place of the file.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo.crs import require_projected
from geo.raster import Raster
from geo.tools import Progress
from layers.contracts import CONTRACTS, Contract, contract_of
from layers.errors import LayerError
from layers.scratch import clean, folder_beside, scratch_beside
from layers.validate import conform
from layers.workspace.backup import back_up_daily, require_no_leftovers
from layers.workspace.changes import (
    EVENTS,
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
from layers.workspace.rasters import read_raster, replace_raster
from layers.workspace.records import (
    AUDIT,
    HISTORY,
    META,
    PROVENANCE,
    RECORDS,
    Record,
    record_columns,
)
from layers.workspace.results import ResultFolder, results_beside
from layers.workspace.sqlite_file import (
    Waiting,
    begin,
    connect,
    damaged,
    file_error,
    reading,
    require_sound,
    settle,
)
from layers.workspace.tables import (
    blank_file,
    column_types,
    delete_rows,
    has_table,
    put_rows,
    quoted,
    read_rows,
    read_stored,
    replace_rows,
    row_numbers,
    understood,
)
from layers.workspace.transaction import MEMORY_PREFIX, WorkspaceEdit, frame_hash

SCHEMA_VERSION = 2


def create_workspace(
    path: Path,
    crs: CRS,
    *,
    title: str,
    created_at: str,
    as_of: str | None = None,
    is_demo: bool = False,
) -> "GeoPackageWorkspace":
    """Make an empty workspace file.

    Parameters
    ----------
    path
        File to make; it must not exist.
    crs
        Projected system in metres of everything inside.
    title
        Name shown on every page.
    created_at
        Moment of making (ISO).
    as_of
        Date (ISO) its evaluations stand on, None for today.
    is_demo
        True for synthetic data.

    Returns
    -------
    GeoPackageWorkspace
        The open workspace.

    Raises
    ------
    LayerError
        ``file_exists``, ``folder_missing``.
    GeometryError
        ``crs_not_projected``.
    """
    require_projected(crs)
    if path.exists():
        raise LayerError("file_exists", path=str(path))
    if not path.parent.is_dir():
        raise LayerError("folder_missing", path=str(path.parent))
    require_no_leftovers(path)
    units = gpd.GeoDataFrame(geometry=[], crs=crs)
    empty, _ = conform(units, CONTRACTS["units"])
    with folder_beside(path) as folder:
        draft = folder / path.name
        draft.write_bytes(blank_file(empty, CONTRACTS["units"]))
        with closing(sqlite3.connect(draft)) as connection, connection:
            make_records(connection)
            facts = {
                "schema_version": str(SCHEMA_VERSION),
                "title": title,
                "crs": crs.to_wkt(),
                "as_of": as_of or "",
                "is_demo": "1" if is_demo else "",
                "created_at": created_at,
            }
            connection.executemany(f"INSERT INTO {META} VALUES (?, ?)", facts.items())
        draft.replace(path)
    return GeoPackageWorkspace(path)


def make_records(connection: sqlite3.Connection) -> None:
    """Make the record tables, and the columns that an older file doesn't have."""
    for table, columns in RECORDS.items():
        if not has_table(connection, table):
            connection.execute(f"CREATE TABLE {table} ({columns})")
            connection.execute(
                "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier) "
                "VALUES (?, 'attributes', ?)", (table, table),
            )  # fmt: skip
            continue
        there = column_types(connection, table)
        for column in columns.split(", "):
            if column.split()[0] not in there:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


class GeoPackageTables:
    """Layers and records of a file within one transaction.

    ``path``: The workspace; files that GDAL writes lie in its scratch folder.
    """

    def __init__(self, connection: sqlite3.Connection, crs: CRS, path: Path) -> None:
        self._connection = connection
        self._path = path
        self.crs = crs
        self._has_records = False

    def names(self, contract: Contract) -> pd.Index:
        """List the names of the rows of a layer, in their order."""
        return row_numbers(self._connection, contract).index

    def rows(self, contract: Contract, names: pd.Index | None = None) -> pd.DataFrame:
        """Read rows as they stand now, with the contract's types; None for all."""
        if names is None:
            return read_rows(self._connection, contract, self.crs)
        numbers = row_numbers(self._connection, contract)
        return read_rows(self._connection, contract, self.crs, numbers[numbers.index.isin(names)])

    def last_entry(self) -> str:
        """Say how the ledger's entries end: their count, and the hash of the last one."""
        types = column_types(self._connection, EVENTS)
        if not types:
            return "0 "
        count = self._connection.execute(f"SELECT count(*) FROM {EVENTS}").fetchone()[0]
        last = None
        if "row_sha256" in types:
            last = self._connection.execute(
                f"SELECT row_sha256 FROM {EVENTS} ORDER BY entry_seq DESC LIMIT 1"
            ).fetchone()
        return f"{count} {(last and last[0]) or ''}"

    def replace(
        self, contract: Contract, frame: pd.DataFrame, at: str, progress: Progress | None = None
    ) -> None:
        """Put rows in the place of a whole layer."""
        replace_rows(self._connection, frame, contract, at, progress)

    def put(
        self, contract: Contract, frame: pd.DataFrame, at: str, progress: Progress | None = None
    ) -> None:
        """Add rows; one whose key is there takes the place of that row."""
        put_rows(self._connection, frame, contract, self.crs, at, progress)

    def delete(self, contract: Contract, names: pd.Index, at: str) -> None:
        """Take rows out."""
        delete_rows(self._connection, contract, names, at)

    def replace_raster(self, name: str, raster: Raster, progress: Progress | None = None) -> None:
        """Put a raster in the place of that of the name."""
        with folder_beside(self._path) as folder:
            file = folder / "raster.gpkg"
            replace_raster(self._connection, name, raster, self.crs, file, progress)

    def append(self, table: str, record: Record) -> int:
        """Add a record and give its number; one of the facts takes the place of its key."""
        self._make_records()
        listed = ", ".join(map(quoted, record))
        put = self._connection.execute(
            f"INSERT OR REPLACE INTO {table} ({listed}) VALUES ({', '.join('?' * len(record))})",
            tuple(record.values()),
        )
        return int(put.lastrowid or 0)

    def append_all(self, table: str, records: Iterable[Record]) -> None:
        """Add records; all have the same columns."""
        self._make_records()
        listed = iter(records)
        first = next(listed, None)
        if first is None:
            return
        columns = ", ".join(map(quoted, first))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(first))})"
        self._connection.execute(statement, tuple(first.values()))
        self._connection.executemany(statement, (tuple(record.values()) for record in listed))

    def records(self, table: str, **equal: object) -> list[dict[str, object]]:
        """List records whose columns have these values, in the order of their numbers."""
        return read_records(self._connection, table, **equal)

    def forget(self, table: str, **equal: object) -> None:
        """Take out records whose columns have these values."""
        self._make_records()
        where = " AND ".join(f"{quoted(column)} IS ?" for column in equal)
        self._connection.execute(f"DELETE FROM {table} WHERE {where}", tuple(equal.values()))

    def _make_records(self) -> None:
        """Give an older file the records it lacks, when the first thing is written."""
        if not self._has_records:
            self._has_records = True
            make_records(self._connection)
            self._connection.execute(
                f"UPDATE {META} SET value = ? WHERE key = 'schema_version'", (str(SCHEMA_VERSION),)
            )


def read_records(
    connection: sqlite3.Connection, table: str, **equal: object
) -> list[dict[str, object]]:
    """List records whose columns have these values; an older file has none of some tables."""
    there = column_types(connection, table)
    wanted = [column for column in record_columns(table) if column in there]
    if not wanted or not set(equal) <= set(there):
        return []
    where = " AND ".join(f"{quoted(column)} = ?" for column in equal)
    listed = ", ".join(map(quoted, wanted))
    rows = connection.execute(
        f"SELECT {listed} FROM {table} {'WHERE ' + where if where else ''} "
        f"ORDER BY {quoted(record_columns(table)[0])}", tuple(equal.values()),
    )  # fmt: skip
    blank: dict[str, object] = dict.fromkeys(record_columns(table))
    return [{**blank, **dict(zip(wanted, row, strict=True))} for row in rows]


class GeoPackageWorkspace:
    """The default workspace: one file, no server.

    Parameters
    ----------
    path
        An existing workspace file.
    waiting
        Told now and then while another program holds the file.

    Raises
    ------
    LayerError
        ``file_missing``, ``workspace_unreadable``, ``workspace_newer``, and those of
        ``file_error``.
    """

    def __init__(self, path: Path, waiting: Waiting | None = None) -> None:
        self.path = path
        self.waiting = waiting
        if not path.is_file():
            raise LayerError("file_missing", path=str(path))
        with reading(path) as connection:
            if not has_table(connection, META):
                raise LayerError("workspace_unreadable", path=str(path))
            self._meta = dict(connection.execute(f"SELECT key, value FROM {META}"))
        missing = {"schema_version", "title", "crs", "as_of", "is_demo", "created_at"} - set(
            self._meta
        )
        if missing or not self._meta["schema_version"].isdigit():
            raise LayerError("workspace_unreadable", path=str(path))
        version = int(self._meta["schema_version"])
        if version > SCHEMA_VERSION:
            raise LayerError(
                "workspace_newer", path=str(path), version=version, known=SCHEMA_VERSION
            )

    @cached_property
    def stored_results(self) -> ResultFolder:
        """Results of long work kept beside the file."""
        return ResultFolder(results_beside(self.path))

    @cached_property
    def facts(self) -> WorkspaceFacts:
        """What the workspace says of itself."""
        meta = self._meta
        try:
            crs = CRS.from_user_input(meta["crs"])
        except CRSError as error:
            raise damaged(self.path) from error
        return WorkspaceFacts(
            meta["title"], crs, meta["as_of"] or None, bool(meta["is_demo"]), meta["created_at"]
        )

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the layers on file."""
        with reading(self.path) as connection:
            return iter(_layers_in(connection))

    def layers(self) -> list[LayerFacts]:
        """List the layers on file, in the order of the data dictionary."""
        facts = []
        with reading(self.path) as connection:
            for name in _layers_in(connection):
                rows = connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]
                sources = connection.execute(
                    "SELECT source, imported_at, edition, licence, sha256, detail "
                    f"FROM {PROVENANCE} WHERE layer = ? ORDER BY seq", (name,),
                )  # fmt: skip
                facts.append(LayerFacts(name, rows, tuple(Provenance(*row) for row in sources)))
        return facts

    def read(self, layer: str) -> pd.DataFrame:
        """Read a layer or table with all columns of its contract; empty where never imported."""
        contract, crs = contract_of(layer), self.facts.crs
        with reading(self.path) as connection:
            if layer in _layers_in(connection):
                frame = read_stored(connection, contract, crs)
            else:
                frame = pd.DataFrame(columns=list(contract.columns))
        return understood(frame, contract, crs)

    def has_raster(self, name: str) -> bool:
        """Say whether there is a raster, without reading it."""
        with reading(self.path) as connection:
            entry = connection.execute(
                "SELECT 1 FROM gpkg_contents WHERE table_name = ? AND data_type LIKE '%grid%'",
                (name,),
            ).fetchone()
        return entry is not None

    def read_raster(self, name: str) -> Raster | None:
        """Read a raster, None where there is none."""
        with reading(self.path) as connection:
            return read_raster(connection, name, self.facts.crs)

    def _records(self, table: str, **equal: object) -> list[dict[str, object]]:
        with reading(self.path) as connection:
            return read_records(connection, table, **equal)

    def quarantined(self) -> pd.DataFrame:
        """List the rows in quarantine."""
        columns = ["seq", "at", "layer", "row", "reasons", "data"]
        with self._snapshot() as tables:
            return pd.DataFrame(rows_aside(tables), columns=columns)

    def audit(self) -> pd.DataFrame:
        """List who changed what and when."""
        return pd.DataFrame(self._records(AUDIT), columns=record_columns(AUDIT))

    def history(self, layer: str | None = None) -> pd.DataFrame:
        """List the rows that were replaced or removed, as they were, the last first."""
        return rows_kept(self._records(HISTORY, **({} if layer is None else {"layer": layer})))

    def changes(self) -> list[Change]:
        """List all changes, the first one first."""
        with self._snapshot() as tables:
            return list_changes(tables)

    def way_back(self, number: int) -> list[WayBack]:
        """Say what undoing a change takes, and refuse where something stands in the way."""
        with self._snapshot() as tables:
            return way_back(tables, number)

    def earlier(self, layer: str, row: str) -> pd.DataFrame:
        """Give a row as it was before each change that is remembered, the first one first."""
        with self._snapshot() as tables:
            return earlier_rows(tables, contract_of(layer), row)

    def outside_changes(self) -> list[OutsideChange]:
        """List what was changed in the ledger and the trail of changes without the product."""
        with self._snapshot() as tables:
            return examine_changes(tables)

    def head(self) -> str:
        """Give the hash that stands for every change and the whole ledger."""
        with self._snapshot() as tables:
            return head_of(tables)

    @contextmanager
    def _snapshot(self) -> Iterator[GeoPackageTables]:
        """Read everything as it is at one moment."""
        with reading(self.path) as connection:
            connection.execute("BEGIN")
            yield GeoPackageTables(connection, self.facts.crs, self.path)
            connection.execute("ROLLBACK")

    def content_hash(self, layer: str) -> str:
        """Hash the rows of a layer in the order of their keys (sha256)."""
        contract = contract_of(layer)
        return frame_hash(self.read(layer), contract)

    def recall(self, key: str) -> str | None:
        """Give the text kept under a key, None where there is none."""
        kept = self._records(META, key=MEMORY_PREFIX + key)
        return str(kept[0]["value"]) if kept else None

    @contextmanager
    def watch(self) -> Iterator[Callable[[], bool]]:
        """Watch the workspace: what comes out says whether nobody has changed it since."""
        with reading(self.path) as connection:
            before = connection.execute("PRAGMA data_version").fetchone()
            yield lambda: connection.execute("PRAGMA data_version").fetchone() == before

    @contextmanager
    def edit(
        self, actor: str, at: str, *, kind: str = "edit", reason: str = ""
    ) -> Iterator[WorkspaceEdit]:
        """Open a set of changes that takes effect at the end of the ``with`` block."""
        try:
            with closing(connect(self.path, writing=True)) as connection:
                require_sound(connection, self.path)
                clean(scratch_beside(self.path))
                begin(connection, self.path, self.waiting)
                try:
                    # What may only be read says so now, and not after a backup.
                    connection.execute(f"UPDATE {META} SET value = value WHERE 0")
                    if (
                        has_table(connection, AUDIT)
                        and connection.execute(f"SELECT 1 FROM {AUDIT} LIMIT 1").fetchone()
                    ):
                        back_up_daily(self.path, at)
                    tables = GeoPackageTables(connection, self.facts.crs, self.path)
                    changes = WorkspaceEdit(tables, actor, at, kind, reason)
                    yield changes
                    changes.close()
                    connection.execute("ROLLBACK" if changes.is_empty else "COMMIT")
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                settle(connection)
        except sqlite3.Error as error:
            raise file_error(error, self.path) from error
        except UnicodeDecodeError as error:
            raise damaged(self.path) from error


def _layers_in(connection: sqlite3.Connection) -> list[str]:
    names = {name for (name,) in connection.execute("SELECT table_name FROM gpkg_contents")}
    return [name for name in CONTRACTS if name in names]
