"""Shapes and spatial indexes as a GeoPackage stores them.

The specification is OGC 12-128 (shapes, clause 2.1.3) and SQLite's R*Tree module (node format).
"""

import sqlite3
from collections.abc import Sequence

import numpy as np
import shapely

from geo.arrays import Floats, Positions, Shapes

HEADER = np.dtype([("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs_id", "<i4")])
WITH_ENVELOPE = np.dtype([*HEADER.descr, ("envelope", "<f8", 4)])
LITTLE_ENDIAN, HAS_ENVELOPE, IS_EMPTY = 1, 2, 16
ENVELOPE_NUMBERS = {1: 4, 2: 6, 3: 6, 4: 8}
"""How many numbers an envelope has, by its kind."""

CELL_BYTES = 24
"""Bytes of one entry of a node: a number of 8 and four bounds of 4."""


def encode_shapes(shapes: Shapes, srs_id: int, *, as_multi: bool) -> list[bytes | None]:
    """Encode shapes as GeoPackage blobs.

    ``as_multi``: True to store a polygon as a collection of one.
    """
    shapes = np.array(shapes, dtype=object)
    if as_multi:
        alone = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON)
        shapes[alone] = shapely.multipolygons(shapes[alone], indices=np.arange(len(alone)))
    empty = shapely.is_empty(shapes)
    header = np.zeros(len(shapes), dtype=WITH_ENVELOPE)
    header["magic"], header["srs_id"] = b"GP", srs_id
    header["flags"] = np.where(empty, LITTLE_ENDIAN | IS_EMPTY, LITTLE_ENDIAN | HAS_ENVELOPE)
    header["envelope"] = shapely.bounds(shapes)[:, [0, 2, 1, 3]]
    heads, size = header.tobytes(), WITH_ENVELOPE.itemsize
    bodies = shapely.to_wkb(shapes, flavor="iso", byte_order=1)
    return [
        None if body is None
        else heads[at * size : at * size + (HEADER.itemsize if no_extent else size)] + body
        for at, (body, no_extent) in enumerate(zip(bodies, empty, strict=True))
    ]  # fmt: skip


def shape_start(blob: bytes) -> int:
    """Give the position at which the well-known binary of a GeoPackage shape begins."""
    return HEADER.itemsize + 8 * ENVELOPE_NUMBERS.get(blob[3] >> 1 & 7, 0)


def decode_shapes(blobs: Sequence[bytes | None]) -> Shapes:
    """Decode GeoPackage blobs."""
    bodies = [None if blob is None else blob[shape_start(blob) :] for blob in blobs]
    shapes: Shapes = shapely.from_wkb(np.array(bodies, dtype=object))
    return shapes


def fill_index(
    connection: sqlite3.Connection, index: str, numbers: Positions, bounds: Floats
) -> None:
    """Fill an empty spatial index at once: many times faster than row by row.

    The rows are packed into full nodes by the sort-tile-recursive method (Leutenegger 1997).

    ``index``: Name of the R*Tree table.
    ``numbers``: Number of each row; array of n.
    ``bounds``: Least and greatest x, least and greatest y; n × 4.
    """
    size = connection.execute(
        f'SELECT length(data) FROM "{index}_node" WHERE nodeno = 1'
    ).fetchone()[0]
    fits = (size - 4) // CELL_BYTES
    boxes = np.empty(bounds.shape, dtype=">f4")
    boxes[:, [0, 2]] = _rounded(bounds[:, [0, 2]], -np.inf)
    boxes[:, [1, 3]] = _rounded(bounds[:, [1, 3]], np.inf)
    numbers = np.asarray(numbers, dtype=np.int64)
    next_node, depth = 2, 0
    nodes: list[tuple[int, bytes]] = []
    while True:
        order, starts = _tiles(boxes, fits)
        numbers, boxes = numbers[order], boxes[order]
        is_root = len(starts) <= 1
        here = [1] if is_root else list(range(next_node, next_node + len(starts)))
        next_node += 0 if is_root else len(starts)
        ends = np.append(starts[1:], len(numbers))
        node_of = np.repeat(here, ends - starts) if len(starts) else np.empty(0, dtype=np.int64)
        table, columns = (
            ("rowid", "rowid, nodeno") if depth == 0 else ("parent", "nodeno, parentnode")
        )
        connection.executemany(
            f'INSERT INTO "{index}_{table}" ({columns}) VALUES (?, ?)',
            zip(numbers.tolist(), node_of.tolist(), strict=True),
        )
        cells = np.empty(len(numbers), dtype=[("number", ">i8"), ("box", ">f4", 4)])
        cells["number"], cells["box"] = numbers, boxes
        for node, start, end in zip(here, starts, ends, strict=False):
            head = int(depth if node == 1 else 0).to_bytes(2, "big") + int(end - start).to_bytes(
                2, "big"
            )
            nodes.append((node, (head + cells[start:end].tobytes()).ljust(size, b"\0")))
        if is_root:
            break
        boxes = np.stack(
            [
                np.minimum.reduceat(boxes[:, 0], starts), np.maximum.reduceat(boxes[:, 1], starts),
                np.minimum.reduceat(boxes[:, 2], starts), np.maximum.reduceat(boxes[:, 3], starts),
            ],
            axis=1,
        ).astype(">f4")  # fmt: skip
        numbers, depth = np.asarray(here, dtype=np.int64), depth + 1
    connection.executemany(f'INSERT OR REPLACE INTO "{index}_node" VALUES (?, ?)', nodes)


def _tiles(boxes: Floats, fits: int) -> tuple[Positions, Positions]:
    """Order boxes so that runs of ``fits`` lie close together, and say where each run starts."""
    count = len(boxes)
    runs = -(-count // fits)
    per_slice = fits * max(1, int(np.ceil(np.sqrt(runs))))
    middle_x = boxes[:, 0].astype(float) + boxes[:, 1]
    middle_y = boxes[:, 2].astype(float) + boxes[:, 3]
    by_x = np.argsort(middle_x, kind="stable")
    slice_of = np.empty(count, dtype=np.intp)
    slice_of[by_x] = np.arange(count) // per_slice
    order: Positions = np.lexsort((middle_y, slice_of))
    return order, np.arange(0, count, fits)


def _rounded(values: Floats, towards: float) -> Floats:
    """Round to single precision, never inwards."""
    single = values.astype(np.float32)
    inwards = single > values if towards < 0 else single < values
    rounded: Floats = np.where(inwards, np.nextafter(single, np.float32(towards)), single)
    return rounded
