"""A workspace in one GeoPackage file, which QGIS opens as it is.

A set of changes is written to a copy beside the file and takes its place at the end, so that a
crash leaves the last good state; a lock file keeps two writers apart.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import filelock
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely
from pyproj import CRS
from rasterio.transform import Affine

from geo.crs import require_projected, same_crs
from layers.conform import conform
from layers.contracts import CONTRACTS, RASTERS, Contract, contract_of, key_columns
from layers.errors import LayerError
from layers.validate import row_names, validate
from layers.workspace.protocol import LayerFacts, Provenance, Raster, WorkspaceFacts

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
        _write_frame(draft, empty, CONTRACTS["units"])
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
        except sqlite3.DatabaseError as error:
            raise LayerError("workspace_unreadable", path=str(path)) from error
        if int(self._meta["schema_version"]) > SCHEMA_VERSION:
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
            held = {name for (name,) in connection.execute("SELECT table_name FROM gpkg_contents")}
        return iter([name for name in CONTRACTS if name in held])

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

    def read_raster(self, name: str) -> Raster | None:
        """Read a raster, None where there is none."""
        with closing(self._connect()) as connection:
            held = connection.execute(
                "SELECT 1 FROM gpkg_contents WHERE table_name = ? AND data_type LIKE '%grid%'",
                (name,),
            ).fetchone()
        if held is None:
            return None
        with rasterio.open(f"GPKG:{self.path.absolute()}:{name}") as source:
            values = source.read(1).astype(np.float32)
            transform = source.transform
        return Raster(values, transform.c, transform.f, transform.a)

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

    def content_hash(self, layer: str) -> str:
        """Hash the rows of a layer in the order of their keys (sha256)."""
        contract = contract_of(layer)
        return frame_hash(self.read(layer), contract)

    @contextmanager
    def edit(self, actor: str, at: str) -> Iterator["GeoPackageEdit"]:
        """Open a set of changes that takes effect at the end of the ``with`` block."""
        lock = filelock.FileLock(f"{self.path}.lock", timeout=LOCK_SECONDS)
        try:
            with lock, tempfile.TemporaryDirectory(dir=self.path.parent) as folder:
                draft = Path(folder) / self.path.name
                shutil.copyfile(self.path, draft)
                changes = GeoPackageEdit(GeoPackageWorkspace(draft), actor, at)
                yield changes
                with draft.open("rb+") as handle:
                    os.fsync(handle.fileno())
                draft.replace(self.path)
        except filelock.Timeout as error:
            raise LayerError("workspace_locked", path=str(self.path)) from error
        except PermissionError as error:
            raise LayerError("workspace_in_use", path=str(self.path)) from error


class GeoPackageEdit:
    """Changes being written to the copy of a workspace file.

    Parameters
    ----------
    draft
        The copy.
    actor, at
        Who changes it, and when (ISO).
    """

    def __init__(self, draft: GeoPackageWorkspace, actor: str, at: str) -> None:
        self._draft = draft
        self._actor = actor
        self._at = at

    def replace(self, layer: str, frame: pd.DataFrame, provenance: Provenance) -> None:
        """Put these rows in the place of all rows of the layer."""
        contract = contract_of(layer)
        if contract.append_only and len(self._draft.read(layer)):
            raise LayerError("layer_append_only", layer=layer)
        self._store(contract, frame)
        self._note(layer, "replace", len(frame), provenance)

    def add(self, layer: str, frame: pd.DataFrame, provenance: Provenance) -> None:
        """Add rows; an existing key raises ``key_exists``."""
        contract = contract_of(layer)
        held = self._draft.read(layer)
        common = _key_index(frame, contract).intersection(_key_index(held, contract))
        if len(common):
            raise LayerError("key_exists", layer=layer, rows=_some(common))
        self._store(contract, _stack(held, frame))
        self._note(layer, "add", len(frame), provenance)

    def update(self, layer: str, frame: pd.DataFrame, provenance: Provenance) -> None:
        """Replace rows by key; an unknown key raises ``key_absent``."""
        contract = contract_of(layer)
        if contract.append_only:
            raise LayerError("layer_append_only", layer=layer)
        held = self._draft.read(layer)
        here, there = _key_index(frame, contract), _key_index(held, contract)
        if len(absent := here.difference(there)):
            raise LayerError("key_absent", layer=layer, rows=_some(absent))
        self._store(contract, _stack(held[~there.isin(here)], frame))
        self._note(layer, "update", len(frame), provenance)

    def quarantine(self, layer: str, frame: pd.DataFrame, reasons: pd.Series) -> None:
        """Keep rows that failed, with their reasons (both by the frame's index)."""
        contract = contract_of(layer)
        rows = []
        for (_, row), reason in zip(frame.iterrows(), reasons.loc[frame.index], strict=True):
            values = {str(k): v for k, v in row.items() if k != "geometry" and pd.notna(v)}
            shape = row.get("geometry")
            rows.append(
                (
                    self._at, layer, str(values.get(contract.key, "")), str(reason),
                    json.dumps(values, ensure_ascii=False, default=str),
                    shapely.to_wkt(shape) if shape is not None else None,
                )
            )  # fmt: skip
        with closing(sqlite3.connect(self._draft.path)) as connection, connection:
            connection.executemany(
                "INSERT INTO muplan_quarantine (at, layer, row, reasons, data, wkt) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
        self._note(layer, "quarantine", len(frame), None)

    def replace_raster(self, name: str, raster: Raster) -> None:
        """Put this grid in the place of the raster of that name."""
        if name not in RASTERS:
            raise LayerError("raster_unknown", name=name, known=", ".join(RASTERS))
        height, width = raster.values.shape
        with rasterio.open(
            self._draft.path, "w", driver="GPKG", width=width, height=height, count=1,
            dtype="float32", crs=self._draft.facts.crs.to_wkt(), RASTER_TABLE=name,
            APPEND_SUBDATASET="YES",
            transform=Affine(raster.cell_m, 0, raster.west, 0, -raster.cell_m, raster.north),
        ) as target:  # fmt: skip
            target.write(raster.values, 1)
        self._note(name, "replace", height * width, None)

    def _store(self, contract: Contract, frame: pd.DataFrame) -> None:
        crs = self._draft.facts.crs
        if isinstance(frame, gpd.GeoDataFrame) and (
            frame.crs is None or not same_crs(frame.crs, crs)
        ):
            raise LayerError("crs_differs", layer=contract.name, wanted=crs.name)
        report = validate(frame, contract, crs)
        report.raise_if_bad()
        _write_frame(self._draft.path, report.accepted, contract)

    def _note(self, layer: str, action: str, rows: int, provenance: Provenance | None) -> None:
        with closing(sqlite3.connect(self._draft.path)) as connection, connection:
            connection.execute(
                "INSERT INTO muplan_audit (at, actor, layer, action, rows) VALUES (?, ?, ?, ?, ?)",
                (self._at, self._actor, layer, action, rows),
            )
            if provenance is None:
                return
            if action == "replace":
                connection.execute("DELETE FROM muplan_provenance WHERE layer = ?", (layer,))
            p = provenance
            connection.execute(
                "INSERT INTO muplan_provenance (layer, action, rows, source, imported_at, "
                "edition, licence, sha256, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (layer, action, rows, p.source, p.imported_at, p.edition, p.licence, p.sha256,
                 p.detail),
            )  # fmt: skip


def frame_hash(frame: pd.DataFrame, contract: Contract) -> str:
    """Hash rows in the order of their keys, so that the order in the file is irrelevant.

    Parameters
    ----------
    frame
        Rows of the layer.
    contract
        Its contract.

    Returns
    -------
    str
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


def _write_frame(path: Path, frame: pd.DataFrame, contract: Contract) -> None:
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
