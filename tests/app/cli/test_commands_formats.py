"""Files as planners exchange them, in and out by command."""

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import ezdxf
import numpy as np
import pytest
import rasterio
import shapely
from pyproj import CRS, Transformer
from rasterio.transform import from_origin
from streamlit.testing.v1 import AppTest

from layers.exchange.read import READ_ENDINGS, UPLOAD_ENDINGS, read_file
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace

PROJECT = Path(__file__).resolve().parents[3]
AT = "2025-03-04T05:06:07"
X, Y = 571_000.0, 3_400_000.0
SQUARE = [(X, Y), (X + 100, Y), (X + 100, Y + 100), (X, Y + 100)]


@pytest.fixture
def workspace(tmp_path):
    path = tmp_path / "w.gpkg"
    return create_workspace(path, CRS(4549), title="t", created_at=AT, as_of="2025-06-30").path


def drawing(path):
    document = ezdxf.new("R2000")
    document.encoding = "gbk"
    space = document.modelspace()
    space.add_lwpolyline(SQUARE, close=True, dxfattribs={"layer": "红线"})
    space.add_text("JX-1", dxfattribs={"insert": (X + 50, Y + 50)})
    space.add_lwpolyline([(x + 200, y) for x, y in SQUARE], dxfattribs={"layer": "红线"})
    space.add_text("JX-2", dxfattribs={"insert": (X + 250, Y + 50)})
    document.saveas(path)
    return path


def placemarks(path):
    lon, lat = Transformer.from_crs(4549, 4326, always_xy=True).transform(
        *zip(*SQUARE, strict=True)
    )
    ring = " ".join(f"{x:.9f},{y:.9f}" for x, y in zip(lon, lat, strict=True))
    text = (
        "<kml><Placemark><name>JX-1</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        "<Placemark><name>标注</name><Point><coordinates>120.7,30.7</coordinates></Point>"
        "</Placemark></kml>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("doc.kml", text)
    return path


def test_a_drawing_comes_in_and_its_open_line_goes_to_quarantine(muplan, workspace, tmp_path):
    file = drawing(tmp_path / "a.dxf")
    asked = ("import", workspace, file, "--layer", "land_parcels", "--map", "cad_label=parcel_id")
    refused = muplan(*asked)
    assert (refused.code, "坐标系" in refused.err) == (2, True)
    ran = muplan(*asked, "--crs", "EPSG:4549", "--json")
    answer = json.loads(ran.out)
    assert (ran.code, answer["accepted"], answer["quarantined"]) == (0, 1, 1)
    assert [(fault["code"], fault["rows"]) for fault in answer["faults"]] == [
        ("geometry_wrong_type", ["JX-2"])
    ]
    (shape,) = GeoPackageWorkspace(workspace).read("land_parcels").geometry
    assert shape.equals(shapely.Polygon(SQUARE))


def test_placemarks_come_in_and_points_among_them_go_to_quarantine(muplan, workspace, tmp_path):
    file = placemarks(tmp_path / "a.kmz")
    ran = muplan(
        "import", workspace, file, "--layer", "land_parcels", "--map", "name=parcel_id", "--json"
    )
    answer = json.loads(ran.out)
    assert (answer["accepted"], answer["quarantined"]) == (1, 1)
    assert "crs_by_kml" in {note["code"] for note in answer["detected"]}
    (shape,) = GeoPackageWorkspace(workspace).read("land_parcels").geometry
    assert shape.hausdorff_distance(shapely.Polygon(SQUARE)) < 0.001


def test_a_geotiff_comes_in_as_the_elevation(muplan, workspace, tmp_path):
    path = tmp_path / "dem.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=3, height=2, count=1, dtype="float32", crs="EPSG:4549",
        transform=from_origin(X, Y, 10, 10),
    ) as target:  # fmt: skip
        target.write(np.arange(6, dtype=np.float32).reshape(1, 2, 3))
    ran = muplan("import", workspace, path, "--layer", "dem")
    assert ran.code == 0
    assert "高程：6 个像元，其中 6 个有数值，0.00 至 5.00 m" in ran.out
    assert GeoPackageWorkspace(workspace).read_raster("dem").cells[1, 2] == 5
    again = muplan("import", workspace, path, "--layer", "dem", "--json")
    assert (again.code, "--mode replace" in again.err) == (2, True)
    wrong = muplan("import", workspace, path, "--layer", "land_parcels")
    assert (wrong.code, "dem, flood_depth" in wrong.err) == (2, True)
    ran = muplan("import", workspace, path, "--layer", "dem", "--mode", "replace", "--json")
    assert json.loads(ran.out)["with_value"] == 6


def test_a_layer_leaves_as_kml_dxf_and_geopackage_with_its_looks(muplan, workspace, tmp_path):
    muplan("import", workspace, drawing(tmp_path / "a.dxf"), "--layer", "land_parcels",
           "--map", "cad_label=parcel_id", "--crs", "EPSG:4549")  # fmt: skip
    for ending in (".kml", ".dxf", ".gpkg", ".shp.zip"):
        out = tmp_path / f"out{ending}"
        ran = muplan("export", workspace, "land_parcels", "--out", out)
        assert ran.code == 0, ran.err
        readable = out.rename(tmp_path / "out.zip") if ending == ".shp.zip" else out
        assert len(read_file(readable, encoding=None, source_layer=None).frame) == 1
    with closing(sqlite3.connect(tmp_path / "out.gpkg")) as held:
        ((qml,),) = held.execute("SELECT styleQML FROM layer_styles").fetchall()
    assert "RuleRenderer" in qml


def test_a_shapefile_leaves_in_gbk_where_asked(muplan, workspace, tmp_path):
    muplan("import", workspace, drawing(tmp_path / "a.dxf"), "--layer", "land_parcels",
           "--map", "cad_label=parcel_id", "--crs", "EPSG:4549")  # fmt: skip
    out = tmp_path / "out.shp.zip"
    assert muplan("export", workspace, "land_parcels", "--out", out, "--encoding", "GBK").code == 0
    with zipfile.ZipFile(out) as archive:
        (cpg,) = [name for name in archive.namelist() if name.endswith(".cpg")]
        assert archive.read(cpg) == b"GBK"


def test_what_can_be_uploaded_follows_what_can_be_read():
    assert {".kml", ".kmz", ".ovkml", ".dxf", ".fgb", ".zip", ".tif"} <= set(UPLOAD_ENDINGS)
    assert set(READ_ENDINGS) - set(UPLOAD_ENDINGS) == {".shp", ".gdb"}


def test_a_raster_is_uploaded_on_the_data_page(workspace, tmp_path, monkeypatch):
    path = tmp_path / "dem.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=3, height=2, count=1, dtype="float32", crs="EPSG:4549",
        transform=from_origin(X, Y, 10, 10),
    ) as target:  # fmt: skip
        target.write(np.arange(6, dtype=np.float32).reshape(1, 2, 3))
    monkeypatch.setenv("MUPLAN_WORKSPACES", str(workspace.parent))
    app = AppTest.from_file(str(PROJECT / "app" / "main.py"), default_timeout=120).run()
    app.switch_page("views/data.py").run()
    app.file_uploader(key="import_file").set_value(
        ("dem.tif", path.read_bytes(), "image/tiff")
    ).run()
    app.button(key="raster_check").click().run()
    assert not app.exception
    assert GeoPackageWorkspace(workspace).read_raster("dem") is None
    app.button(key="raster_store").click().run()
    assert not app.exception
    assert "高程：6 个像元" in " ".join(element.value for element in app.success)
    assert GeoPackageWorkspace(workspace).read_raster("dem").cells[1, 2] == 5
