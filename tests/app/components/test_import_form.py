"""The import on the page: check, decide about a class of fault, check again, store."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from pyproj import CRS
from streamlit.testing.v1 import AppTest

from app.messages import catalogue
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace

EAST, NORTH = 571_000.0, 3_400_000.0
PROJECT = Path(__file__).resolve().parents[3]
TEXT = catalogue("zh").text
pytestmark = pytest.mark.usefixtures("components_sought_once")


def opened(folder, monkeypatch, page):
    monkeypatch.setenv("MUPLAN_WORKSPACES", str(folder))
    app = AppTest.from_file(str(PROJECT / "app" / "main.py"), default_timeout=120)
    return app.switch_page(f"views/{page}.py").run()


def box(x):
    return shapely.box(EAST + x, NORTH, EAST + x + 100, NORTH + 100)


@pytest.fixture
def workspace(tmp_path):
    return create_workspace(
        tmp_path / "市.gpkg", CRS(4549), title="市", created_at="2025-01-01T00:00:00",
        as_of="2025-06-30",
    )  # fmt: skip


@pytest.fixture
def page(tmp_path, workspace, monkeypatch):
    """The page with a file of three parcels, of which two overlap by a strip."""
    folder = tmp_path / "given"
    folder.mkdir()
    rows = gpd.GeoDataFrame(
        {"parcel_id": ["A", "B", "C"]}, geometry=[box(0), box(99.5), box(500)], crs="EPSG:4549"
    )
    rows.to_file(folder / "in.gpkg")
    app = opened(tmp_path, monkeypatch, "data")
    content = (folder / "in.gpkg").read_bytes()
    app.file_uploader[0].upload("in.gpkg", content, "application/octet-stream")
    app.run()
    return app


def pressed(app, key):
    app.button(key=key).click().run()
    assert not app.exception
    return app


def said(app):
    return " ".join(one.value for one in (*app.text, *app.markdown, *app.success))


def test_a_fault_is_shown_decided_about_and_stored_accordingly(page, workspace):
    pressed(page, "import_check")
    assert "A, B" in said(page)
    assert len(workspace.read("land_parcels")) == 0
    choice = page.selectbox(key="import_on_land_parcels_overlap")
    assert choice.value == "accept"
    choice.set_value("quarantine").run()
    assert not page.exception
    assert TEXT("done_aside") in str([frame.value for frame in page.dataframe])
    pressed(page, "import_store")
    held = GeoPackageWorkspace(workspace.path)
    assert held.read("land_parcels")["parcel_id"].tolist() == ["C"]
    assert held.quarantined()["row"].tolist() == ["A", "B"]


def test_a_check_without_faults_says_so(tmp_path, workspace, monkeypatch):
    rows = gpd.GeoDataFrame({"parcel_id": ["A"]}, geometry=[box(0)], crs="EPSG:4549")
    folder = tmp_path / "given"
    folder.mkdir()
    rows.to_file(folder / "in.gpkg")
    app = opened(tmp_path, monkeypatch, "data")
    app.file_uploader[0].upload(
        "in.gpkg", (folder / "in.gpkg").read_bytes(), "application/octet-stream"
    )
    app.run()
    pressed(app, "import_check")
    assert TEXT("faults_none") in said(app)
