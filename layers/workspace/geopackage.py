"""A workspace in one GeoPackage file, which QGIS opens as it is.

A set of changes is written to a copy beside the file and takes its place at the end, so that a
crash leaves the last good state; a lock file keeps two writers apart.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyproj import CRS

from geo.crs import require_projected
from geo.raster import CELLS_AT_ONCE, Raster
from layers.contracts import CONTRACTS, contract_of
from layers.errors import LayerError
from layers.validate import conform
from layers.workspace.protocol import LayerFacts, Provenance, WorkspaceFacts
from layers.workspace.transaction import (
    MEMORY_PREFIX,
    GeoPackageEdit,
    frame_hash,
    read_history,
    write_frame,
)

SCHEMA_VERSION = 1
LOCK_SECONDS = 20

_OWN_TABLES = {
    "muplan_meta": "key TEXT PRIMARY KEY, value TEXT",
    "muplan_provenance": (
        "seq INTEGER PRIMARY KEY, layer TEXT, action TEXT, rows INTEGER, source TEXT, "
        "imported_at TEXT, edition TEXT, licence TEXT, sha256 TEXT, detail TEXT"
    ),
    "muplan_audit": (
        "seq INTEGER PRIMARY KEY, at TEXT, actor TEXT, layer TEXT, action TEXT, rows INTEGER"
    ),
    "muplan_quarantine": (
        "seq INTEGER PRIMARY KEY, at TEXT, layer TEXT, row TEXT, reasons TEXT, data TEXT, wkt TEXT"
    ),
}  # fmt: skip


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
    units = gpd.GeoDataFrame(geometry=[], crs=crs)
    empty, _ = conform(units, CONTRACTS["units"])
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / path.name
        write_frame(draft, empty, CONTRACTS["units"])
        with closing(sqlite3.connect(draft)) as connection, connection:
            for name, columns in _OWN_TABLES.items():
                connection.execute(f"CREATE TABLE {name} ({columns})")
                connection.execute(
                    "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
                    "VALUES (?, 'attributes', ?)",
                    (name, name),
                )
            facts = {
                "schema_version": str(SCHEMA_VERSION),
                "title": title,
                "crs": crs.to_wkt(),
                "as_of": as_of or "",
                "is_demo": "1" if is_demo else "",
                "created_at": created_at,
            }
            connection.executemany("INSERT INTO muplan_meta VALUES (?, ?)", facts.items())
        draft.replace(path)
    return GeoPackageWorkspace(path)


class GeoPackageWorkspace:
    """The default workspace: one file, no server.

    Parameters
    ----------
    path
        An existing workspace file.

    Raises
    ------
    LayerError
        ``file_missing``, ``workspace_unreadable``, ``workspace_newer``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise LayerError("file_missing", path=str(path))
        try:
            with closing(self._connect()) as connection:
                self._meta = dict(connection.execute("SELECT key, value FROM muplan_meta"))
            version = int(self._meta["schema_version"])
        except (sqlite3.DatabaseError, KeyError, ValueError) as error:
            raise LayerError("workspace_unreadable", path=str(path)) from error
        if version > SCHEMA_VERSION:
            raise LayerError("workspace_newer", path=str(path))

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)

    @property
    def facts(self) -> WorkspaceFacts:
        """What the workspace says of itself."""
        meta = self._meta
        return WorkspaceFacts(
            meta["title"], CRS.from_user_input(meta["crs"]), meta["as_of"] or None,
            bool(meta["is_demo"]), meta["created_at"],
        )  # fmt: skip

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the layers held."""
        with closing(self._connect()) as connection:
            names = {name for (name,) in connection.execute("SELECT table_name FROM gpkg_contents")}
        return iter([name for name in CONTRACTS if name in names])

    def layers(self) -> list[LayerFacts]:
        """List the layers held, in the order of the data dictionary."""
        facts = []
        with closing(self._connect()) as connection:
            for name in self:
                rows = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
                sources = connection.execute(
                    "SELECT source, imported_at, edition, licence, sha256, detail "
                    "FROM muplan_provenance WHERE layer = ? ORDER BY seq",
                    (name,),
                )
                facts.append(LayerFacts(name, rows, tuple(Provenance(*row) for row in sources)))
        return facts

    def read(self, layer: str) -> pd.DataFrame:
        """Read a layer or table with all columns of its contract; empty where never imported."""
        contract = contract_of(layer)
        if layer not in set(self):
            columns = pd.DataFrame(columns=list(contract.columns))
            return conform(columns, contract, self.facts.crs)[0]
        frame = pyogrio.read_dataframe(self.path, layer=layer)
        if contract.is_spatial and not isinstance(frame, gpd.GeoDataFrame):
            frame = gpd.GeoDataFrame(frame, geometry=np.full(len(frame), None), crs=self.facts.crs)
        conformed, resisting = conform(frame, contract, self.facts.crs)
        if resisting:
            fault = resisting[0]
            raise LayerError(
                "stored_value_bad", layer=layer, column=fault.column,
                examples=", ".join(fault.examples),
            )  # fmt: skip
        return conformed

    def has_raster(self, name: str) -> bool:
        """Say whether there is a raster, without reading it."""
        with closing(self._connect()) as connection:
            entry = connection.execute(
                "SELECT 1 FROM gpkg_contents WHERE table_name = ? AND data_type LIKE '%grid%'",
                (name,),
            ).fetchone()
        return entry is not None

    def read_raster(self, name: str) -> Raster | None:
        """Read a raster, None where there is none."""
        if not self.has_raster(name):
            return None
        import rasterio
        from rasterio.windows import Window

        with rasterio.open(self.path, driver="GPKG", TABLE=name) as source:
            cells = np.empty((source.height, source.width), dtype=np.float32)
            at_once = max(1, CELLS_AT_ONCE // source.width)
            for begin in range(0, source.height, at_once):
                strip = Window(0, begin, source.width, min(at_once, source.height - begin))
                # Other programs mark what has no value in their own ways.
                masked = source.read(1, masked=True, window=strip)
                cells[begin : begin + at_once] = masked.astype(np.float32).filled(np.nan)
            place = source.transform
            crs = None if source.crs is None else CRS.from_wkt(source.crs.to_wkt())
        return Raster(cells, place.c, place.f, place.a, -place.e, crs)

    def quarantined(self) -> pd.DataFrame:
        """List the rows in quarantine."""
        with closing(self._connect()) as connection:
            return pd.read_sql_query(
                "SELECT seq, at, layer, row, reasons, data FROM muplan_quarantine ORDER BY seq",
                connection,
            )

    def audit(self) -> pd.DataFrame:
        """List who changed what and when."""
        with closing(self._connect()) as connection:
            return pd.read_sql_query("SELECT * FROM muplan_audit ORDER BY seq", connection)

    def history(self, layer: str | None = None) -> pd.DataFrame:
        """List the rows that were replaced or removed, as they were, the last first."""
        with closing(self._connect()) as connection:
            return read_history(connection, layer)

    def content_hash(self, layer: str) -> str:
        """Hash the rows of a layer in the order of their keys (sha256)."""
        contract = contract_of(layer)
        return frame_hash(self.read(layer), contract)

    def recall(self, key: str) -> str | None:
        """Give the text kept under a key, None where there is none."""
        with closing(self._connect()) as connection:
            row = connection.execute(
                "SELECT value FROM muplan_meta WHERE key = ?", (MEMORY_PREFIX + key,)
            ).fetchone()
        return None if row is None else str(row[0])

    @contextmanager
    def edit(self, actor: str, at: str) -> Iterator[GeoPackageEdit]:
        """Open a set of changes that takes effect at the end of the ``with`` block."""
        import filelock

        lock = filelock.FileLock(f"{self.path}.lock", timeout=LOCK_SECONDS)
        try:
            with lock, tempfile.TemporaryDirectory(dir=self.path.parent) as folder:
                draft = Path(folder) / self.path.name
                shutil.copyfile(self.path, draft)
                changes = GeoPackageEdit(GeoPackageWorkspace(draft), draft, actor, at)
                yield changes
                with draft.open("rb+") as handle:
                    os.fsync(handle.fileno())
                draft.replace(self.path)
        except filelock.Timeout as error:
            raise LayerError("workspace_locked", path=str(self.path)) from error
        except PermissionError as error:
            raise LayerError("workspace_in_use", path=str(self.path)) from error
