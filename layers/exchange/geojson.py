"""What a GeoJSON file holds: features by RFC 7946, and by the older ``crs`` member."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.crs import parse_crs
from layers.errors import LayerError
from layers.exchange.encoding import decode_file
from layers.exchange.source import Content, CrsBasis


def read_geojson(path: Path, encoding: str | None) -> Content:
    """Read a GeoJSON file (RFC 7946, and the older ``crs`` member).

    Parameters
    ----------
    path
        An existing file.
    encoding
        Stated encoding; else UTF-8, else GB18030 where the bytes are no UTF-8.

    Returns
    -------
    Content
        Its rows; nested properties stand as JSON text.

    Raises
    ------
    LayerError
        ``not_a_gis_file``, ``file_truncated``, ``file_empty``, ``encoding_wrong``.
    GeometryError
        ``crs_unknown`` for a ``crs`` member that names none.
    """
    text, used, evidence = decode_file(path, encoding)
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise LayerError("not_a_gis_file", path=path.name, format="GeoJSON") from error
    except ValueError as error:
        begins = text.lstrip()[:1] in {"{", "["}
        if begins:
            raise LayerError("file_truncated", path=path.name) from error
        raise LayerError("not_a_gis_file", path=path.name, format="GeoJSON") from error
    features = _features(document)
    if features is None:
        raise LayerError("not_a_gis_file", path=path.name, format="GeoJSON")
    if not features:
        raise LayerError("file_empty", path=path.name)
    crs, stated = _member_crs(document)
    shapes = [feature.get("geometry") for feature in features]
    texts = [None if shape is None else json.dumps(shape) for shape in shapes]
    geometry = shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
    properties = [feature.get("properties") or {} for feature in features]
    table = pd.DataFrame(properties, dtype=object, index=range(len(features)))
    table = table.drop(columns="geometry", errors="ignore")
    frame = gpd.GeoDataFrame(table, geometry=geometry, crs=crs)
    implied: CrsBasis = "stated_in_file" if stated else "rfc7946"
    return Content(frame, evidence, crs, "none" if crs is None else implied, used)


def _features(document: object) -> list[dict] | None:
    if not isinstance(document, dict):
        return None
    kind = document.get("type")
    if kind == "Feature":
        return [document]
    if kind != "FeatureCollection" or not isinstance(document.get("features"), list):
        return None
    features = document["features"]
    wellformed = all(
        isinstance(feature, dict)
        and isinstance(feature.get("geometry"), dict | None)
        and isinstance(feature.get("properties"), dict | None)
        for feature in features
    )
    return features if wellformed else None


def _member_crs(document: dict) -> tuple[CRS | None, bool]:
    if "crs" not in document:
        return CRS("OGC:CRS84"), False
    member = document["crs"]
    if member is None:
        return None, True
    properties = member.get("properties") if isinstance(member, dict) else None
    named = properties if isinstance(properties, dict) else {}
    return parse_crs(str(named.get("name", named.get("code", member)))), True
