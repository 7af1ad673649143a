"""GDAL's own command, as other offices have it, opens what leaves the product."""

import os
import shutil
import subprocess

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.exchange.heading import ExportHeading
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.write import write_table

HEADING = ExportHeading("嘉兴地块清单", {"软件": "MuPlan 1", "数据截至": "2024-12-31"})


@pytest.fixture(scope="module")
def ogrinfo():
    command = shutil.which("ogrinfo")
    if command is None:
        if os.environ.get("CI") == "true":
            pytest.fail("ogrinfo (gdal-bin) has to be there")
        pytest.skip("no ogrinfo (gdal-bin)")

    def run(*arguments):
        ran = subprocess.run(
            [command, "-ro", "-al", *map(str, arguments)],
            capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=120,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        assert "ERROR" not in ran.stderr, ran.stderr
        return ran.stdout

    return run


def parcels():
    square = shapely.box(571_000, 3_400_000, 571_100, 3_400_100)
    holed = square.difference(shapely.box(571_010, 3_400_010, 571_020, 3_400_020))
    return gpd.GeoDataFrame(
        {
            "parcel_id": ["P1", "P2"],
            "name": ["一号地", "二号地"],
            "area_declared_m2": [9900.0, np.nan],
        },
        geometry=[holed, shapely.affinity.translate(square, 200)],
        crs="EPSG:4549",
    )


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".shp.zip", ".kml"])
def test_ogrinfo_lists_every_row_with_its_texts(ogrinfo, tmp_path, ending):
    path = tmp_path / f"out{ending}"
    write_table(path, [Sheet("land_parcels", parcels())], heading=HEADING)
    told = ogrinfo(f"/vsizip/{path}" if ending == ".shp.zip" else path)
    assert "Feature Count: 2" in told
    assert {"一号地", "二号地", "P1", "P2"} <= set(told.replace("\n", " ").split())
    assert "9900" in told


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_ogrinfo_reads_a_shapefile_in_either_encoding(ogrinfo, tmp_path, encoding):
    path = tmp_path / "out.shp.zip"
    sheet = Sheet("land_parcels", parcels())
    write_table(path, [sheet], heading=HEADING, shapefile_encoding=encoding)
    assert "一号地" in ogrinfo(f"/vsizip/{path}")


def test_ogrinfo_lists_the_outlines_and_labels_of_a_drawing(ogrinfo, tmp_path):
    path = tmp_path / "out.dxf"
    write_table(path, [Sheet("land_parcels", parcels())], heading=HEADING)
    told = ogrinfo(path)
    # Two outlines, one hole, two labels.
    assert "Feature Count: 5" in told
    assert {"P1", "P2"} <= set(told.split())
