"""Results of long work, kept under what they were worked out from.

A key is the content that a result follows from, never a file or its age: whoever changed what, a
result is found again exactly where the same would be worked out.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas.array import GeometryDtype
from pyproj import CRS

import geo
import layers
import platforms
from geo.arrays import Shapes

Arrays = Mapping[str, npt.NDArray[Any]]

KEPT = 24
"""So many results are kept in memory; the one not asked for longest goes first."""


class ResultStore(Protocol):
    """Where results outlast the process."""

    def load(self, key: str) -> Arrays | None:
        """Give what was stored under a key, None where nothing sound is."""

    def store(self, key: str, arrays: Arrays) -> None:
        """Store arrays of numbers under a key, or say why not; never an error."""


class KeptResults:
    """Results kept for a source of layers: in memory, and in a store where it has one.

    ``stored``: Outlasts the process, None for nothing that does.
    """

    def __init__(self, stored: ResultStore | None = None) -> None:
        self._stored = stored
        self._kept: OrderedDict[str, Arrays] = OrderedDict()

    def once(self, content: str, compute: Callable[[], Arrays]) -> Arrays:
        """Give the result that follows from a content; the arrays are shared, not to be changed.

        ``content``: What ``content_of`` gives for all that ``compute`` depends on.
        """
        arrays = self.get(content)
        if arrays is None:
            arrays = compute()
            self.put(content, arrays)
        return arrays

    def get(self, content: str) -> Arrays | None:
        """Give what was put under a content last, None where nothing was."""
        if content in self._kept:
            self._kept.move_to_end(content)
            return self._kept[content]
        arrays = None if self._stored is None else self._stored.load(content)
        if arrays is not None:
            self._remember(content, arrays)
        return arrays

    def put(self, content: str, arrays: Arrays) -> None:
        """Keep a result in the place of what is kept under its content."""
        if self._stored is not None:
            self._stored.store(content, arrays)
        self._remember(content, arrays)

    def _remember(self, content: str, arrays: Arrays) -> None:
        self._kept[content] = arrays
        self._kept.move_to_end(content)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def results_of(source: object) -> KeptResults:
    """Give the results kept for a source of layers; new ones where it keeps none.

    ``source``: One with ``results``, or with a store for them (``stored_results``).
    """
    kept: KeptResults | None = getattr(source, "results", None)
    return KeptResults(getattr(source, "stored_results", None)) if kept is None else kept


def content_of(kind: str, *inputs: object) -> str:
    """Return the mark of a content: the same only where everything is the same.

    ``kind``: What is worked out.
    ``inputs``: Arrays of shapes or numbers, and what has an unambiguous ``repr``.

    The text of the code is part of it: an update leaves no result standing.

    >>> content_of("area", np.array([shapely.Point(0, 0)]), 2.0) == content_of("area", 2.0)
    False
    """
    mark = hashlib.blake2b(f"{kind} {_code_mark()} {len(inputs)}".encode(), digest_size=20)
    for value in inputs:
        if not isinstance(value, np.ndarray):
            data = repr(value).encode()
        elif value.dtype == object:
            data = _bytes_of(value)
        else:
            data = np.ascontiguousarray(value).tobytes()
        kind_of = getattr(value, "dtype", type(value).__name__)
        mark.update(f"|{kind_of} {getattr(value, 'shape', '')} {len(data)}|".encode())
        mark.update(data)
    return mark.hexdigest()


def _bytes_of(shapes: Shapes) -> bytes:
    """Give shapes as bytes; what is missing stands as a byte that no shape begins with."""
    return b"".join(b"\xff" if wkb is None else wkb for wkb in shapely.to_wkb(shapes).tolist())


def arrays_of_frame(frame: pd.DataFrame) -> Arrays:
    """Lay a frame of numbers, texts, lists of texts and shapes out as arrays that can be stored.

    >>> frame = pd.DataFrame({"name": ["a", None], "mu": [1.5, 2.0], "ids": [["b"], []]})
    >>> frame_of_arrays(arrays_of_frame(frame)).equals(frame)
    True
    """
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    kinds: list[tuple[str, str]] = []
    for name in map(str, frame.columns):
        column = frame[name]
        if isinstance(column.dtype, GeometryDtype):
            kinds.append((name, "shapes"))
            wkb = shapely.to_wkb(np.asarray(column.array, dtype=object))
            arrays[f"length {name}"] = np.array([len(each or b"") for each in wkb.tolist()])
            data = np.frombuffer(b"".join(each or b"" for each in wkb.tolist()), dtype=np.uint8)
        elif isinstance(column.dtype, np.dtype) and column.dtype != object:
            kinds.append((name, "numbers"))
            data = column.to_numpy()
        else:
            kinds.append((name, str(column.dtype)))
            values = column.astype("object").where(column.notna(), None).tolist()
            data = np.frombuffer(json.dumps(values).encode(), dtype=np.uint8)
        arrays[f"column {name}"] = data
    text = json.dumps([kinds, getattr(frame, "active_geometry_name", None), len(frame)])
    return {"frame": np.frombuffer(text.encode(), dtype=np.uint8), **arrays}


def frame_of_arrays(arrays: Arrays, crs: CRS | None = None) -> pd.DataFrame:
    """Put a frame together again from what ``arrays_of_frame`` gave; rows numbered from 0."""
    kinds, shapes, count = json.loads(arrays["frame"].tobytes())
    columns: dict[str, object] = {}
    for name, kind in kinds:
        data = arrays[f"column {name}"]
        if kind == "shapes":
            ends = np.cumsum(arrays[f"length {name}"]).tolist()
            raw = data.tobytes()
            wkb = [raw[begin:end] or None for begin, end in pairwise([0, *ends])]
            columns[name] = shapely.from_wkb(np.array(wkb, dtype=object))
        elif kind == "numbers":
            columns[name] = data
        else:
            columns[name] = pd.Series(json.loads(data.tobytes()), dtype=object).astype(kind)
    frame = pd.DataFrame(columns, index=range(count))
    return frame if shapes is None else gpd.GeoDataFrame(frame, geometry=shapes, crs=crs)


def content_of_frame(frame: pd.DataFrame) -> str:
    """Return the mark of a layer's content: rows, order, columns, types and shapes."""
    inputs: list[object] = [[(str(name), str(frame[name].dtype)) for name in frame.columns]]
    plain = pd.DataFrame(frame[[name for name in frame.columns if name != "geometry"]])
    inputs.append(pd.util.hash_pandas_object(plain, index=True).to_numpy())
    if "geometry" in frame:
        inputs.append(np.asarray(frame["geometry"].array, dtype=object))
    return content_of("layer", *inputs)


@cache
def _code_mark() -> str:
    """Return the mark of the text of the code that results follow from."""
    mark = hashlib.blake2b(shapely.geos_version_string.encode(), digest_size=8)
    for room in (geo, layers, platforms):
        for path in sorted(Path(str(room.__file__)).parent.rglob("*.py")):
            mark.update(path.read_bytes())
    return mark.hexdigest()
