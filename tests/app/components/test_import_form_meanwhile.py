"""An import on the page when somebody else changed the workspace since the check was shown."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from pyproj import CRS
from streamlit.testing.v1 import AppTest

from app.messages import catalogue
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance
from layers.workspace.row_marks import row_versions

EAST, NORTH = 571_000.0, 3_400_000.0
MAIN = str(Path(__file__).resolve().parents[3] / "app" / "main.py")
TEXT = catalogue("zh").text
AT = "2025-01-01T00:00:00+00:00"
SOURCE = Provenance("t", AT)


def parcels(*names):
    shapes = [shapely.box(EAST + x, NORTH, EAST + x + 100, NORTH + 100) for x in (0, 500)]
    return gpd.GeoDataFrame(
        {"parcel_id": ["A", "B"], "name": list(names)}, geometry=shapes, crs="EPSG:4549"
    )


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    made = create_workspace(
        tmp_path / "市.gpkg", CRS(4549), title="市", created_at=AT, as_of="2025-06-30"
    )
    with made.edit("甲", AT) as edit:
        edit.add("land_parcels", parcels("甲", "乙"), SOURCE)
    monkeypatch.setenv("MUPLAN_WORKSPACES", str(tmp_path))
    return made


def names(workspace):
    return GeoPackageWorkspace(workspace.path).read("land_parcels")["name"].tolist()


def change(workspace, *new):
    with workspace.edit("他人", AT) as edit:
        edit.update("land_parcels", parcels(*new), SOURCE)


def opened(tmp_path, rows, mode="update"):
    folder = tmp_path / "given"
    folder.mkdir()
    rows.to_file(folder / "in.gpkg")
    app = AppTest.from_file(MAIN, default_timeout=120).run()
    app.switch_page("views/data.py").run()
    content = (folder / "in.gpkg").read_bytes()
    app.file_uploader[0].upload("in.gpkg", content, "application/octet-stream")
    app.run()
    next(s for s in app.selectbox if s.label == TEXT("import_mode")).set_value(mode).run()
    return app


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception
    return app


def warnings(app):
    return [warning.value for warning in app.warning if warning.value != TEXT("demo_mark")]


def cells(app):
    return str([frame.value.to_numpy().tolist() for frame in app.dataframe])


def test_what_would_differ_from_the_check_shown_is_shown_anew_and_not_stored(tmp_path, workspace):
    app = press(opened(tmp_path, parcels("我的", "乙")), "import_check")
    assert "甲" in cells(app)
    change(workspace, "他的", "乙")
    press(app, "import_store")
    assert TEXT("import_changed_meanwhile") in warnings(app)
    assert names(workspace) == ["他的", "乙"]
    assert "他的" in cells(app), "the new check says what it would overwrite"
    press(app, "import_store")
    assert warnings(app) == []
    assert names(workspace) == ["我的", "乙"]


def test_a_change_of_other_rows_does_not_stop_the_import(tmp_path, workspace):
    app = press(opened(tmp_path, parcels("我的", "乙").iloc[:1]), "import_check")
    change(workspace, "甲", "他的")
    press(app, "import_store")
    assert warnings(app) == []
    assert names(workspace) == ["我的", "他的"]


def test_a_file_stored_without_a_check_has_nothing_to_differ_from(tmp_path, workspace):
    app = opened(tmp_path, parcels("我的", "乙"))
    change(workspace, "他的", "乙")
    press(app, "import_store")
    assert names(workspace) == ["我的", "乙"]


def test_a_row_changed_since_its_export_is_refused_on_the_page_with_both_values(
    tmp_path, workspace
):
    rows = workspace.read("land_parcels")
    exported = parcels("我的", "乙").assign(row_version=row_versions(rows))
    change(workspace, "他的", "乙")
    app = opened(tmp_path, exported)
    assert not any("row_version" in str(box.key) for box in app.selectbox)
    assert any("row_version" in caption.value.replace("\\", "") for caption in app.caption)
    for key in ("import_check", "import_store"):
        press(app, key)
        (error,) = app.error
        assert {part for part in ("甲", "他的", "我的") if f"“{part}”" in error.value} == {
            "甲", "他的", "我的"
        }  # fmt: skip
    assert names(workspace) == ["他的", "乙"]
