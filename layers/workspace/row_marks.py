"""Rows as text and as marks: what is kept of them, what seals them, what tells versions apart."""

import hashlib
import json
from collections.abc import Callable, Sequence
from json.encoder import encode_basestring
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from layers.contracts import Contract

VERSION_DIGITS = 12
"""Hexadecimal digits of the mark of a row."""


def row_texts(rows: pd.DataFrame) -> list[str]:
    """Put each row but its shape into JSON."""
    names = [str(name) for name in rows.columns if name != "geometry"]
    return _json_rows(rows, names, ", ", ": ")


def _json_rows(rows: pd.DataFrame, names: Sequence[str], comma: str, colon: str) -> list[str]:
    """Put each row into JSON as ``json.dumps`` does; what is missing is left out.

    It goes column by column: a text of its own for each value, and one joining for each row.
    """
    columns = [_parts(name, rows[name], colon) for name in names if rows[name].notna().any()]
    if not columns:
        return ["{}"] * len(rows)
    return ["{" + comma.join(filter(None, row)) + "}" for row in zip(*columns, strict=True)]


def _parts(name: str, column: pd.Series, colon: str) -> list[str]:
    """Give for each value ``"name":value``, nothing where it is missing."""
    head, encode = f"{_ENCODER.encode(name)}{colon}", _encoder_of(column)
    return [
        "" if is_missing else head + encode(value)
        for value, is_missing in zip(column.tolist(), column.isna(), strict=True)
    ]


def _encoder_of(column: pd.Series) -> Callable[[Any], str]:
    """Give what puts the values of a column into JSON: the encoder's own parts where one does."""
    if isinstance(column.dtype, pd.StringDtype):
        return encode_basestring
    if pd.api.types.is_bool_dtype(column.dtype):
        return {True: "true", False: "false"}.__getitem__
    if pd.api.types.is_integer_dtype(column.dtype):
        return int.__repr__
    if column.dtype == np.dtype("float64") and not np.isinf(column.to_numpy()).any():
        return float.__repr__
    return _encode


def _encode(value: object) -> str:
    return encode_basestring(value) if type(value) is str else _ENCODER.encode(value)


def shape_bytes(rows: pd.DataFrame) -> list[bytes | None]:
    """Give shapes as they are kept: well-known binary, None where there is none."""
    if not isinstance(rows, gpd.GeoDataFrame):
        return [None] * len(rows)
    shapes = np.asarray(rows.geometry.array, dtype=object)
    return list(shapely.to_wkb(shapes))


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_plain)


def row_marks(frame: pd.DataFrame, contract: Contract) -> list[str]:
    """Mark rows by their values, to tell later whether anybody changed them."""
    return [f"{edition()}:{mark:016x}" for mark in _marks(frame, contract)]


def joint_mark(frame: pd.DataFrame, contract: Contract) -> str:
    """Mark rows together by their values, whatever their order."""
    return f"{edition()}:{int(_marks(frame, contract).sum()):016x}"


def edition() -> str:
    """Name the way in which rows are marked: marks of another can't be compared."""
    return pd.__version__.partition(".")[0]


def _marks(frame: pd.DataFrame, contract: Contract) -> npt.NDArray[Any]:
    plain = pd.DataFrame({name: frame[name] for name in contract.columns}, index=frame.index)
    marks = pd.util.hash_pandas_object(plain, index=False).to_numpy(dtype=np.uint64)
    if not isinstance(frame, gpd.GeoDataFrame) or not len(frame):
        return marks
    shapes = np.asarray(frame.geometry.array, dtype=object)
    traits = [
        *shapely.bounds(shapes).T, shapely.area(shapes), shapely.length(shapes),
        shapely.get_num_coordinates(shapes).astype(float),
    ]  # fmt: skip
    for trait in traits:
        marks = marks * np.uint64(31) + pd.util.hash_array(np.ascontiguousarray(trait))
    return marks


def row_digests(frame: pd.DataFrame, contract: Contract) -> list[str]:
    """Hash each row (sha256); what is missing is left out, so a later column changes no hash."""
    return _digests(frame, [name for name in contract.columns if name in frame.columns])


def row_versions(frame: pd.DataFrame) -> list[str]:
    """Mark each row with everything in it, in few characters: whoever changes it changes these.

    ``frame``: Rows of a layer as they are read from a workspace.

    The letter keeps a spreadsheet from taking a mark for a number.
    """
    plain = pd.DataFrame(frame).drop(columns="geometry", errors="ignore").astype("object")
    names = [str(name) for name in plain.columns]
    alike = plain.map(_alike, na_action="ignore")
    if isinstance(frame, gpd.GeoDataFrame):
        alike = gpd.GeoDataFrame(alike, geometry=frame.geometry)
    return [f"v{digest[:VERSION_DIGITS]}" for digest in _digests(alike, names)]


def _alike(value: object) -> object:
    """Give whole numbers one form: readers differ in what they take a column for."""
    number = value.item() if isinstance(value, np.generic) else value
    if isinstance(number, bool) or (isinstance(number, float) and number.is_integer()):
        return int(number)
    return number


def _digests(frame: pd.DataFrame, names: list[str]) -> list[str]:
    texts = _json_rows(frame, sorted(names), ",", ":")
    return [
        hashlib.sha256(text.encode() + shape).hexdigest()
        for text, shape in zip(texts, _alike_bytes(frame), strict=True)
    ]


def _alike_bytes(frame: pd.DataFrame) -> list[bytes]:
    """Give shapes as they are compared: a part alone and a collection of one part are the same."""
    if not isinstance(frame, gpd.GeoDataFrame) or not len(frame):
        return [b""] * len(frame)
    shapes = np.asarray(frame.geometry.array, dtype=object).copy()
    alone = shapely.get_num_geometries(shapes) == 1
    shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    return [wkb or b"" for wkb in shapely.to_wkb(shapely.normalize(shapes))]
