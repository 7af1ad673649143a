import math
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.errors import LayerError
from layers.exchange.read import read_file
from layers.exchange.readers.source import file_sha256

SQUARE = shapely.box(571_000.1234, 3_400_000.4321, 571_100, 3_400_100)


def parcels(count=2):
    return gpd.GeoDataFrame(
        {
            "DKBH": [f"P{i}" for i in range(count)],
            "名称": ["甲", None] * (count // 2),
            "MJ": [1.5, np.nan] * (count // 2),
        },
        geometry=[shapely.affinity.translate(SQUARE, 200 * i) for i in range(count)],
        crs="EPSG:4549",
    )


def database(folder: Path, name="地块库.gdb", **layers) -> Path:
    path = folder / name
    for layer, frame in (layers or {"地块": parcels()}).items():
        pyogrio.write_dataframe(
            frame, path, layer=layer, driver="OpenFileGDB", append=path.exists()
        )
    return path


def packed(database: Path, inside="库/地块库.gdb/", name="a.gdb.zip") -> Path:
    path = database.parent / name
    with zipfile.ZipFile(path, "w") as archive:
        for part in database.iterdir():
            archive.write(part, f"{inside}{part.name}")
    return path


def read(path, layer=None):
    return read_file(path, encoding=None, source_layer=layer)


def error_of(path, layer=None):
    with pytest.raises(LayerError) as caught:
        read(path, layer)
    return caught.value


def same_rows(came, frame):
    assert came["DKBH"].tolist() == frame["DKBH"].tolist()
    assert came["名称"].isna().tolist() == frame["名称"].isna().tolist()
    assert came["MJ"].iloc[0] == 1.5
    assert (came.geometry.to_crs(4549).hausdorff_distance(frame.geometry) < 0.001).all()


def test_a_geodatabase_is_read_as_folder_and_from_archives(tmp_path):
    folder = database(tmp_path)
    for path in (folder, packed(folder), packed(folder, "地块库.gdb\\"), packed(folder, "")):
        source = read(path)
        assert (source.format, source.layers) == ("gdb", ("地块",))
        assert source.crs.to_epsg() == 4549
        same_rows(source.frame, parcels())


def test_several_layers_need_a_name(tmp_path):
    path = database(tmp_path, 地块=parcels(), 园区=parcels(4))
    assert error_of(path).code == "source_layer_needed"
    assert len(read(path, "园区").frame) == 4
    assert error_of(packed(path), "园").values["nearest"] == "园区"


def test_a_folder_that_only_bears_the_name_is_no_geodatabase(tmp_path):
    (tmp_path / "a.gdb").mkdir()
    assert error_of(tmp_path / "a.gdb").code == "not_a_gis_file"
    (tmp_path / "b.gdb").write_bytes(b"x" * 100)
    assert error_of(tmp_path / "b.gdb").code == "not_a_gis_file"
    (tmp_path / "folder.shp").mkdir()
    assert error_of(tmp_path / "folder.shp").code == "file_missing"


def test_a_spoilt_geodatabase_is_unreadable(tmp_path):
    path = database(tmp_path)
    (path / "a00000001.gdbtable").write_bytes(b"\x03\x00\x00\x00" + b"\xff" * 60)
    assert error_of(path).code in {"file_unreadable", "file_empty"}


def test_two_geodatabases_in_one_archive_are_refused(tmp_path):
    first = database(tmp_path)
    path = packed(first)
    with zipfile.ZipFile(path, "a") as archive:
        for part in first.iterdir():
            archive.write(part, f"其他.gdb/{part.name}")
    assert error_of(path).code == "archive_many_databases"


def test_an_archive_that_points_outside_is_refused(tmp_path):
    assert error_of(packed(database(tmp_path), "../x.gdb/")).code == "archive_unsafe"


def test_the_hash_of_a_folder_follows_its_files_and_not_its_locks(tmp_path):
    path = database(tmp_path)
    before = file_sha256(path)
    (path / "a.sr.lock").write_text("x")
    assert file_sha256(path) == before
    (path / "timestamps").write_bytes(b"x")
    assert file_sha256(path) != before


def test_curves_are_drawn_finely_enough_for_areas(tmp_path):
    path = tmp_path / "curve.gpkg"
    pyogrio.write_dataframe(parcels().iloc[:1], path, layer="a", geometry_type="Unknown")
    # A circle of 100 m in the binary form of GeoPackage: header, then a curve polygon.
    numbers = [(0, 0), (100, 100), (200, 0), (100, -100), (0, 0)]
    ring = b"".join(np.array([571_000.0 + x, 3_400_000.0 + y]).tobytes() for x, y in numbers)
    curve = (
        b"GP\x00\x01" + np.int32(4549).tobytes()
        + b"\x01" + np.uint32(10).tobytes() + np.uint32(1).tobytes()
        + b"\x01" + np.uint32(8).tobytes() + np.uint32(5).tobytes() + ring
    )  # fmt: skip
    with closing(sqlite3.connect(path)) as held, held:
        for (trigger,) in held.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            held.execute(f'DROP TRIGGER "{trigger}"')
        held.execute("UPDATE a SET geom = ?", (curve,))
    area = read(path).frame.geometry[0].area
    # 3600 chords: the area of the polygon is short of the circle's by 0.5 ppm.
    assert area == pytest.approx(math.pi * 100**2, rel=1e-6)


def test_a_flatgeobuf_is_read_and_half_of_it_refused(tmp_path):
    path = tmp_path / "a.fgb"
    frame = parcels(200)
    pyogrio.write_dataframe(frame, path, driver="FlatGeobuf", SPATIAL_INDEX="NO")
    source = read(path)
    assert (source.format, source.crs.to_epsg()) == ("flatgeobuf", 4549)
    same_rows(source.frame, frame)
    whole = path.read_bytes()
    for length in (len(whole) // 2, len(whole) - 1, 300, 12):
        (tmp_path / "half.fgb").write_bytes(whole[:length])
        assert error_of(tmp_path / "half.fgb").code in {"file_truncated", "file_unreadable"}


def test_columns_without_shapes_are_a_table(tmp_path):
    path = tmp_path / "t.gdb"
    pyogrio.write_dataframe(parcels(), path, layer="a", driver="OpenFileGDB")
    pyogrio.write_dataframe(
        pd.DataFrame({"x": ["1"]}), path, layer="表", driver="OpenFileGDB", append=True
    )
    assert not isinstance(read(path, "表").frame, gpd.GeoDataFrame)
