"""How rows of a layer are written to a GeoPackage, and hashed whatever their order."""

import hashlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from layers.contracts import Contract, key_columns


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


def write_frame(path: Path, frame: pd.DataFrame, contract: Contract) -> None:
    """Write the rows of a layer or table in the place of those that are there.

    Parameters
    ----------
    path
        GeoPackage file, made where it doesn't exist.
    frame
        Rows that meet the contract.
    contract
        What the layer is.
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
