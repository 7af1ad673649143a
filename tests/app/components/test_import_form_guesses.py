"""The import tab: what was recognised is shown and asked, and nothing is stored before."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from pyproj import CRS
from streamlit.testing.v1 import AppTest

from app.messages import catalogue
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance

PROJECT = Path(__file__).resolve().parents[3]
TEXT = catalogue("zh").text
pytestmark = pytest.mark.usefixtures("components_sought_once")
AT = "2025-01-01T00:00:00"


@pytest.fixture
def folder(tmp_path):
    workspace = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="w", created_at=AT)
    units = gpd.GeoDataFrame(
        {"unit_id": ["A"]}, geometry=[shapely.box(560_000, 3_395_000, 580_000, 3_415_000)], crs=4549
    )
    with workspace.edit("t", AT) as edit:
        edit.replace("units", units, Provenance("t", AT))
    return tmp_path


def lots(**columns):
    shapes = [shapely.box(571_000 + 300 * i, 3_400_000, 571_200 + 300 * i, 3_400_200)
              for i in range(3)]  # fmt: skip
    return gpd.GeoDataFrame({"地块编号": ["P0", "P1", "P2"], **columns}, geometry=shapes, crs=4549)


def turned(frame):
    other = shapely.transform(frame.geometry.array, lambda points: points[:, ::-1])
    return frame.set_geometry(gpd.GeoSeries(other, crs=frame.crs))


def uploaded(folder, monkeypatch, frame, name):
    path = folder / name
    if name.endswith(".geojson"):
        path.write_text(frame.set_crs(None, allow_override=True).to_json(), encoding="utf-8")
    else:
        frame.to_file(path, layer="lots", driver="GPKG")
    content = path.read_bytes()
    path.unlink()
    monkeypatch.setenv("MUPLAN_WORKSPACES", str(folder))
    app = AppTest.from_file(str(PROJECT / "app" / "main.py"), default_timeout=120)
    app.switch_page("views/data.py").run()
    app.file_uploader(key="import_file").set_value((name, content, "application/octet-stream"))
    app.run()
    assert not app.exception
    return app


def radio(app, start):
    (one,) = [widget for widget in app.radio if str(widget.key).startswith(start)]
    return one


def stored(folder):
    return gpd.GeoDataFrame(GeoPackageWorkspace(folder / "w.gpkg").read("land_parcels"))


def test_latitude_first_is_recognised_shown_and_stored_after_one_click(folder, monkeypatch):
    frame = turned(lots().to_crs(4490))
    app = uploaded(folder, monkeypatch, frame, "地块.geojson")
    assert radio(app, "import_reading").value == "recognised"
    said = " ".join(caption.value for caption in app.caption)
    assert "axis yx" in said.replace("\\", "")
    app.button(key="import_store").click().run()
    assert not app.exception
    assert (stored(folder).geometry.hausdorff_distance(lots().geometry) < 1e-3).all()


def test_a_system_that_contradicts_the_numbers_waits_for_an_answer(folder, monkeypatch):
    frame = turned(lots(面积=[60.0, 60.0, 60.0]))
    app = uploaded(folder, monkeypatch, frame, "地块.gpkg")
    assert radio(app, "import_reading").value is None
    assert app.button(key="import_store").disabled
    assert TEXT("import_unanswered") in [info.value for info in app.info]
    radio(app, "import_reading").set_value("EPSG:4549 yx").run()
    assert not app.exception
    # 200 m × 200 m is 60 亩 exactly: the unit is told by the shapes.
    assert radio(app, "import_unit").value == "亩"
    assert not app.button(key="import_store").disabled
    app.button(key="import_store").click().run()
    assert not app.exception
    assert [error.value for error in app.error] == []
    held = stored(folder)
    assert (held.geometry.hausdorff_distance(lots().geometry) < 1e-3).all()
    assert held["area_declared_m2"].tolist() == pytest.approx([40_000.0] * 3)


def test_a_unit_that_cannot_be_told_and_a_suspected_shift_are_asked(folder, monkeypatch):
    frame = lots(面积=[1.0, 2.0, 3.0]).to_crs(4490)
    app = uploaded(folder, monkeypatch, frame, "高德.geojson")
    assert radio(app, "import_shift").value is None
    assert app.button(key="import_check").disabled
    radio(app, "import_shift").set_value("gcj02").run()
    assert radio(app, "import_unit").value is None
    assert app.button(key="import_store").disabled
    radio(app, "import_unit").set_value("公顷").run()
    app.button(key="import_store").click().run()
    assert not app.exception
    held = stored(folder)
    assert held["area_declared_m2"].tolist() == [10_000.0, 20_000.0, 30_000.0]
    # Half a kilometre away, as the shift at this place is (domain facts §1.7: 485 to 491 m).
    moved = held.geometry.centroid.distance(lots().geometry.centroid)
    assert moved.between(450, 520).all()
