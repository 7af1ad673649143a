"""Edits that take effect together, history."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geo.crs import crs_label, same_crs
from geo.raster import CELLS_AT_ONCE, Raster
from layers.contracts import RASTERS, Contract, contract_of, key_columns
from layers.editions import Changes, compare_editions
from layers.errors import LayerError
from layers.hash_chain import is_chained, seal
from layers.validate import row_names, validate
from layers.workspace.protocol import Provenance, Workspace


def frame_hash(frame: pd.DataFrame, contract: Contract) -> str:
    """Hash rows in the order of their keys, so that the order in the file is irrelevant.

    sha256 over every value as text and every shape as WKB.
    """
    ordered = frame.sort_values(list(key_columns(contract)), kind="stable")
    digest = hashlib.sha256()
    plain = pd.DataFrame(ordered).drop(columns="geometry", errors="ignore")
    digest.update(plain.to_csv(index=False).encode())
    if isinstance(ordered, gpd.GeoDataFrame):
        # A part alone and a collection of one part are the same land.
        shapes = shapely.normalize(np.asarray(ordered.geometry.array, dtype=object))
        for shape in shapes:
            digest.update(b"-" if shape is None else shapely.to_wkb(_unwrapped(shape)))
    return digest.hexdigest()


def _unwrapped(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_num_geometries(shape)
    return shapely.get_geometry(shape, 0) if parts == 1 else shape


def write_frame(path: Path, frame: pd.DataFrame, contract: Contract) -> None:
    """Write the rows of a layer or table in the place of those that are there.

    ``path``: GeoPackage file, made where it doesn't exist.
    """
    plain = frame.copy()
    for name in contract.columns:
        if contract.field(name).kind in {"bool", "int"}:
            plain[name] = plain[name].astype("float64" if plain[name].isna().any() else "int64")
    options: dict[str, object] = {}
    if contract.is_spatial:
        kind = "MultiPolygon" if contract.geometry == "polygon" else "Unknown"
        options = {
            "geometry_type": kind,
            "promote_to_multi": contract.geometry == "polygon",
            "layer_options": {"GEOMETRY_NAME": "geometry", "OVERWRITE": "YES"},
        }
    else:
        options = {"layer_options": {"OVERWRITE": "YES"}}
    pyogrio.write_dataframe(
        plain, path, layer=contract.name, driver="GPKG", append=False, **options
    )


HISTORY = "muplan_history"
_COLUMNS = (
    "seq INTEGER PRIMARY KEY, layer TEXT, row TEXT, change TEXT, valid_until TEXT, "
    "audit_seq INTEGER, data TEXT, wkb BLOB"
)
HISTORY_COLUMNS = ("seq", "layer", "row", "change", "valid_until", "audit_seq", "data")


def keep_history(path: Path, layer: str, changes: Changes, at: str, audit_seq: int) -> None:
    """Keep the rows that a change replaced or removed, as they were.

    ``at``: Until when the rows were valid (ISO).
    """
    gone = [
        *_rows(layer, "changed", changes.before, changes.changed_ids),
        *_rows(layer, "removed", changes.removed, changes.removed_ids),
    ]
    if not gone:
        return
    with closing(sqlite3.connect(path)) as connection, connection:
        _make_table(connection)
        connection.executemany(
            f"INSERT INTO {HISTORY} (layer, row, change, data, wkb, valid_until, audit_seq) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((*row, at, audit_seq) for row in gone),
        )


def read_history(connection: sqlite3.Connection, layer: str | None) -> pd.DataFrame:
    """List the rows that were replaced or removed, the last first.

    ``connection``: An open workspace; one written before rows were kept has none.
    ``layer``: Only those of a layer, None for all.
    """
    table = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (HISTORY,)).fetchone()
    if table is None:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in HISTORY_COLUMNS})
    where, values = ("", ()) if layer is None else ("WHERE layer = ?", (layer,))
    query = f"SELECT {', '.join(HISTORY_COLUMNS)} FROM {HISTORY} {where} ORDER BY seq DESC"
    return pd.read_sql_query(query, connection, params=values)


def _make_table(connection: sqlite3.Connection) -> None:
    connection.execute(f"CREATE TABLE IF NOT EXISTS {HISTORY} ({_COLUMNS})")
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
        "SELECT ?, 'attributes', ? "
        "WHERE NOT EXISTS (SELECT 1 FROM gpkg_contents WHERE table_name = ?)",
        (HISTORY, HISTORY, HISTORY),
    )


def _rows(
    layer: str, change: str, rows: pd.DataFrame, ids: tuple[str, ...]
) -> list[tuple[object, ...]]:
    plain = pd.DataFrame(rows.drop(columns="geometry", errors="ignore")).astype("object")
    names = [str(name) for name in plain.columns]
    shapes = np.full(len(plain), None, dtype=object)
    if isinstance(rows, gpd.GeoDataFrame):
        shapes = shapely.to_wkb(np.asarray(rows.geometry.array, dtype=object))
    return [
        (layer, row, change, _json(names, values), wkb)
        for row, values, wkb in zip(
            ids, plain.itertuples(index=False, name=None), shapes, strict=True
        )
    ]


def _json(names: list[str], values: tuple[object, ...]) -> str:
    data = {name: value for name, value in zip(names, values, strict=True) if not pd.isna(value)}  # type: ignore[call-overload]
    return json.dumps(data, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else str(value)


_RASTER_REGISTERS = (
    ("gpkg_contents", "table_name"),
    ("gpkg_tile_matrix", "table_name"),
    ("gpkg_tile_matrix_set", "table_name"),
    ("gpkg_2d_gridded_coverage_ancillary", "tile_matrix_set_name"),
    ("gpkg_2d_gridded_tile_ancillary", "tpudt_name"),
    ("gpkg_extensions", "table_name"),
)
"""Where a GeoPackage registers a raster, and under which column."""

MEMORY_PREFIX = "memory:"
"""Marks what is kept for later among the facts of a workspace."""


class GeoPackageEdit:
    """Changes being written to the copy of a workspace file.

    ``actor, at``: Who changes it, and when (ISO).
    """

    def __init__(self, draft: Workspace, path: Path, actor: str, at: str) -> None:
        self._draft = draft
        self._path = path
        self._actor = actor
        self._at = at

    def replace(self, layer: str, frame: pd.DataFrame, provenance: Provenance) -> None:
        """Put these rows in the place of all rows of the layer."""
        contract = contract_of(layer)
        current = self._draft.read(layer)
        if contract.append_only and len(current):
            raise LayerError("layer_append_only", layer=layer)
        stored = self._store(contract, self._sealed(current.head(0), frame, contract))
        entry = self._note(layer, "replace", len(frame), provenance)
        self._keep(current, stored, contract, entry, is_whole=True)

    def add(self, layer: str, frame: pd.DataFrame, provenance: Provenance) -> None:
        """Add rows; an existing key raises ``key_exists``."""
        contract = contract_of(layer)
        current = self._draft.read(layer)
        common = _key_index(frame, contract).intersection(_key_index(current, contract))
        if len(common):
            raise LayerError("key_exists", layer=layer, rows=_some(common))
        self._store(contract, _stack(current, self._sealed(current, frame, contract)))
        self._note(layer, "add", len(frame), provenance)

    def update(self, layer: str, frame: pd.DataFrame, provenance: Provenance) -> None:
        """Replace rows by key; an unknown key raises ``key_absent``."""
        contract = contract_of(layer)
        if contract.append_only:
            raise LayerError("layer_append_only", layer=layer)
        current = self._draft.read(layer)
        here, there = _key_index(frame, contract), _key_index(current, contract)
        if len(absent := here.difference(there)):
            raise LayerError("key_absent", layer=layer, rows=_some(absent))
        stored = self._store(contract, _stack(current[~there.isin(here)], frame))
        entry = self._note(layer, "update", len(frame), provenance)
        newer = stored.iloc[len(stored) - len(frame) :]
        self._keep(current, newer, contract, entry, is_whole=False)

    def quarantine(self, layer: str, frame: pd.DataFrame, reasons: pd.Series) -> None:
        """Keep rows that failed, with their reasons (both by the frame's index)."""
        contract = contract_of(layer)
        plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).astype("object")
        shapes = np.full(len(frame), None, dtype=object)
        if isinstance(frame, gpd.GeoDataFrame):
            shapes = shapely.to_wkt(np.asarray(frame.geometry.array, dtype=object))
        names = [str(name) for name in plain.columns]
        rows = []
        for row, reason, wkt in zip(
            plain.itertuples(index=False, name=None), reasons.loc[frame.index], shapes, strict=True
        ):
            values = {k: v for k, v in zip(names, row, strict=True) if pd.notna(v)}
            rows.append(
                (
                    self._at, layer, str(values.get(contract.key, "")), str(reason),
                    json.dumps(values, ensure_ascii=False, default=str), wkt,
                )
            )  # fmt: skip
        with closing(sqlite3.connect(self._path)) as connection, connection:
            connection.executemany(
                "INSERT INTO muplan_quarantine (at, layer, row, reasons, data, wkt) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
        self._note(layer, "quarantine", len(frame), None)

    def replace_raster(
        self, name: str, raster: Raster, provenance: Provenance | None = None
    ) -> None:
        """Put this raster, in the workspace's system, in the place of that of the name."""
        import rasterio
        from rasterio.transform import Affine
        from rasterio.windows import Window

        if name not in RASTERS:
            raise LayerError("raster_unknown", name=name, known=", ".join(RASTERS))
        crs = self._draft.facts.crs
        if raster.crs is None or not same_crs(raster.crs, crs):
            raise LayerError("raster_crs_differs", name=name, wanted=crs_label(crs))
        height, width = raster.cells.shape
        self._drop_raster(name)
        place = Affine(raster.cell_width, 0, raster.west, 0, -raster.cell_height, raster.north)
        # No nodata value is declared: the driver leaves out tiles of nothing but NaN then, and
        # gives them back as zeros.
        with rasterio.open(
            self._path, "w", driver="GPKG", width=width, height=height, count=1,
            dtype="float32", crs=crs.to_wkt(), RASTER_TABLE=name,
            APPEND_SUBDATASET="YES", transform=place,
        ) as target:  # fmt: skip
            at_once = max(1, CELLS_AT_ONCE // width)
            for begin in range(0, height, at_once):
                strip = raster.cells[begin : begin + at_once].astype(np.float32, copy=False)
                target.write(strip, 1, window=Window(0, begin, width, len(strip)))
        self._note(name, "replace", height * width, provenance)

    def remember(self, key: str, text: str) -> None:
        """Keep a text for later, in the place of the one kept under this key."""
        with closing(sqlite3.connect(self._path)) as connection, connection:
            connection.execute(
                "INSERT OR REPLACE INTO muplan_meta VALUES (?, ?)", (MEMORY_PREFIX + key, text)
            )

    def _drop_raster(self, name: str) -> None:
        """Take a raster out with all that is registered of it: the driver writes no table twice."""
        with closing(sqlite3.connect(self._path)) as connection, connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
            if name not in tables:
                return
            for table, column in _RASTER_REGISTERS:
                if table in tables:
                    connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (name,))
            connection.execute(f'DROP TABLE "{name}"')

    def _sealed(
        self, current: pd.DataFrame, frame: pd.DataFrame, contract: Contract
    ) -> pd.DataFrame:
        """Chain new entries to those held; rows at fault are left for the contract to refuse."""
        if not is_chained(contract):
            return frame
        report = validate(frame, contract, self._draft.facts.crs)
        report.raise_if_bad()
        return seal(current, report.accepted, contract)

    def _keep(
        self,
        current: pd.DataFrame,
        newer: pd.DataFrame,
        contract: Contract,
        entry: int,
        *,
        is_whole: bool,
    ) -> None:
        """Keep what rows were before this change."""
        if len(current):
            changes = compare_editions(current, newer, contract, is_whole=is_whole)
            keep_history(self._path, contract.name, changes, self._at, entry)

    def _store(self, contract: Contract, frame: pd.DataFrame) -> pd.DataFrame:
        crs = self._draft.facts.crs
        if isinstance(frame, gpd.GeoDataFrame) and (
            frame.crs is None or not same_crs(frame.crs, crs)
        ):
            raise LayerError("crs_differs", layer=contract.name, wanted=crs.name)
        report = validate(frame, contract, crs)
        report.raise_if_bad()
        write_frame(self._path, report.accepted, contract)
        return report.accepted

    def _note(self, layer: str, action: str, rows: int, provenance: Provenance | None) -> int:
        with closing(sqlite3.connect(self._path)) as connection, connection:
            noted = connection.execute(
                "INSERT INTO muplan_audit (at, actor, layer, action, rows) VALUES (?, ?, ?, ?, ?)",
                (self._at, self._actor, layer, action, rows),
            )
            entry = int(noted.lastrowid or 0)
            if provenance is None:
                return entry
            if action == "replace":
                connection.execute("DELETE FROM muplan_provenance WHERE layer = ?", (layer,))
            p = provenance
            connection.execute(
                "INSERT INTO muplan_provenance (layer, action, rows, source, imported_at, "
                "edition, licence, sha256, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (layer, action, rows, p.source, p.imported_at, p.edition, p.licence, p.sha256,
                 p.detail),
            )  # fmt: skip
            return entry


def _key_index(frame: pd.DataFrame, contract: Contract) -> pd.Index:
    return pd.Index(row_names(frame, contract), dtype=object)


def _some(keys: pd.Index) -> str:
    return ", ".join(str(key) for key in keys[:5])


def _stack(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    if not len(first):
        return second
    if not len(second):
        return first
    return pd.concat([first, second], ignore_index=True)
