"""Shapes and indexes as GDAL and SQLite themselves write and check them."""

import sqlite3
from contextlib import closing

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from layers.workspace.encoding import decode_shapes, encode_shapes, fill_index

BOX = shapely.box(571_000.25, 3.4e6, 571_100.5, 3.4e6 + 99)
SHAPES = [
    shapely.Point(571_000 + 1 / 3, 3.4e6), shapely.MultiPoint([(1, 2), (3, 4)]),
    shapely.LineString([(0, 0), (1e-9, 1)]), BOX, BOX.difference(BOX.centroid.buffer(9)),
    shapely.MultiPolygon([BOX, shapely.affinity.translate(BOX, 500, 0)]),
    shapely.Point(1, 2, 3), shapely.force_3d(BOX, 7.5),
    shapely.GeometryCollection([shapely.Point(1, 2), BOX]),
]  # fmt: skip


def test_what_gdal_writes_is_read_and_gdal_reads_what_is_written(tmp_path):
    path = tmp_path / "g.gpkg"
    frame = gpd.GeoDataFrame({"n": range(len(SHAPES) + 1)}, geometry=[*SHAPES, None], crs=4549)
    pyogrio.write_dataframe(frame, path, layer="a", layer_options={"GEOMETRY_NAME": "geometry"})
    with closing(sqlite3.connect(path)) as connection:
        blobs = [row[0] for row in connection.execute("SELECT geometry FROM a ORDER BY fid")]
        srs_id = connection.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchone()[0]
        for trigger in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f'DROP TRIGGER "{trigger[0]}"')
        read = decode_shapes(blobs)
        assert read[-1] is None
        written = encode_shapes(np.array([*SHAPES, None], dtype=object), srs_id, as_multi=False)
        connection.executemany("UPDATE a SET geometry = ? WHERE fid = ?",
                               [(blob, n) for n, blob in enumerate(written, 1)])  # fmt: skip
        connection.commit()
    back = pyogrio.read_dataframe(path, layer="a").geometry
    assert back.iloc[-1] is None
    for shape, from_gdal, by_gdal in zip(SHAPES, read, back, strict=False):
        assert from_gdal.wkb == by_gdal.wkb == shape.wkb


def test_a_polygon_becomes_a_collection_of_one_where_asked_and_an_empty_shape_stays_empty():
    shapes = np.array([BOX, shapely.MultiPolygon([BOX]), shapely.Polygon(), None], dtype=object)
    blobs = encode_shapes(shapes, 4549, as_multi=True)
    back = decode_shapes(blobs)
    assert [getattr(shape, "geom_type", None) for shape in back] == ["MultiPolygon"] * 3 + [None]
    assert back[0].geoms[0].equals_exact(BOX, 0)
    assert back[2].is_empty
    assert [blob and blob[3] for blob in blobs] == [3, 3, 17, None]
    assert len(blobs[2]) == 8 + len(back[2].wkb)
    assert shapes[0] is BOX, "what was handed in stays as it was"


def brute_force(boxes, window):
    low_x, high_x, low_y, high_y = boxes.T
    hits = (low_x <= window[1]) & (high_x >= window[0]) & (low_y <= window[3])
    return set((np.flatnonzero(hits & (high_y >= window[2])) * 3 + 1).tolist())


@pytest.mark.parametrize("count", [0, 1, 51, 52, 2_700, 20_000])
def test_an_index_filled_at_once_is_sound_and_finds_what_comparing_every_box_finds(count):
    """51 entries fit in a node of 1 228 bytes, 2 601 in two levels: 2 700 take three."""
    chance = np.random.default_rng(count)
    middle = chance.uniform([571_000, 3.4e6], [600_000, 3.43e6], (count, 2))
    half = chance.exponential(60, (count, 2))
    half[::7] = 0
    boxes = np.stack([middle[:, 0] - half[:, 0], middle[:, 0] + half[:, 0],
                      middle[:, 1] - half[:, 1], middle[:, 1] + half[:, 1]], axis=1)  # fmt: skip
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA page_size = 4096")
        connection.execute("CREATE VIRTUAL TABLE i USING rtree(id, minx, maxx, miny, maxy)")
        fill_index(connection, "i", np.arange(count) * 3 + 1, boxes)
        assert connection.execute("SELECT rtreecheck('i')").fetchone() == ("ok",)
        stored = connection.execute("SELECT * FROM i ORDER BY id").fetchall()
        assert [row[0] for row in stored] == (np.arange(count) * 3 + 1).tolist()
        single = np.array([row[1:] for row in stored]).reshape(-1, 4)
        assert (single[:, [0, 2]] <= boxes[:, [0, 2]]).all(), "never rounded inwards"
        assert (single[:, [1, 3]] >= boxes[:, [1, 3]]).all()
        for _ in range(20):
            x, y, width = chance.uniform([571_000, 3.4e6, 0], [600_000, 3.43e6, 5_000])
            window = (x, x + width, y, y + width)
            got = connection.execute(
                "SELECT id FROM i WHERE minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ?",
                (window[1], window[0], window[3], window[2]),
            )
            assert {row[0] for row in got} == brute_force(single, window)
        # It goes on as an index: entries are added and taken out.
        connection.execute("INSERT INTO i VALUES (2, 571000, 571001, 3400000, 3400001)")
        connection.execute("DELETE FROM i WHERE id % 2 = 1")
        assert connection.execute("SELECT rtreecheck('i')").fetchone() == ("ok",)
