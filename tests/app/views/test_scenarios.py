"""The page of scenarios on a little workspace: the whole job, and what it says on the way."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.answers.scenarios import add_scenario, edit_scenario, scenarios_of
from app.context import open_context
from app.messages import catalogue
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance
from layers.workspace.scenarios import scenario_file
from platforms.scenario.edits import ExitPark, JoinPark
from tests.planning_frames import CITY_CRS
from tests.scenario_city import DAY, city

PROJECT = Path(__file__).resolve().parents[3]
TEXT = catalogue("zh").text
pytestmark = pytest.mark.usefixtures("components_sought_once")
AT = "2025-01-01T00:00:00+00:00"
HOSTILE = "<b>甲</b> **粗** ../../y"


@pytest.fixture
def path(tmp_path, monkeypatch):
    workspace = create_workspace(
        tmp_path / "w.gpkg", CITY_CRS, title="小城", created_at=AT, as_of="2025-06-30"
    )
    with workspace.edit("a", AT) as edit:
        for name, frame in city().layers.items():
            edit.replace(name, frame, Provenance("t", AT))
    monkeypatch.setenv("MUPLAN_WORKSPACES", str(tmp_path))
    return tmp_path / "w.gpkg"


def opened():
    app = AppTest.from_file(str(PROJECT / "app" / "main.py"), default_timeout=120)
    app.switch_page("views/scenarios.py").run()
    assert not app.exception
    return app


def press(app, code):
    next(b for b in app.button if b.label == TEXT(code)).click().run()
    assert not app.exception
    return app


def said(app):
    return " ".join(s.value for s in app.success)


def test_without_a_scenario_the_page_says_how_to_make_one(path):
    assert TEXT("scenarios_none") in [info.value for info in opened().info]


def test_a_scenario_is_made_edited_and_adopted_and_the_base_stays_until_then(path):
    before = path.read_bytes()
    app = opened()
    app.text_input[0].set_value(HOSTILE)
    press(app, "scenario_new")
    assert list(scenarios_of(open_context(path))) == [HOSTILE]
    app.selectbox(key="scenario_kind").set_value("exit_park").run()
    press(app, "scenario_add_edit")
    edits = scenarios_of(open_context(path))[HOSTILE].edits
    assert edits == (ExitPark("K1", "2025-06-30"),)
    assert path.read_bytes() == before
    app.radio(key="scenario_part").set_value("adopt").run()
    button = next(b for b in app.button if b.label == TEXT("scenario_adopt"))
    assert button.disabled
    app.checkbox(key=f"scenario_adopt_{HOSTILE}").check().run()
    press(app, "scenario_adopt")
    assert "K1" in said(app)
    assert "<b>" not in said(app).replace("\\<b\\>", "")
    park = GeoPackageWorkspace(path).read("parks").set_index("park_id").loc["K1"]
    assert park["disposition"] == "exiting"
    app.radio(key="scenario_part").set_value("edit").run()
    assert TEXT("scenario_is_adopted") in [info.value for info in app.info]


def test_a_contradiction_is_one_sentence_and_the_page_goes_on(path):
    add_scenario(open_context(path), "甲", [JoinPark("K1", "P2")])
    app = opened()
    app.selectbox(key="scenario_kind").set_value("exit_park").run()
    press(app, "scenario_add_edit")
    assert len(app.error) == 1
    assert "既纳入平台又退出" in app.error[0].value
    assert len(scenarios_of(open_context(path))["甲"].edits) == 1
    assert any(b.label == TEXT("scenario_remove") for b in app.button)


def test_an_edit_and_a_scenario_are_removed(path):
    held = open_context(path)
    add_scenario(held, "甲", [JoinPark("K1", "P2"), JoinPark("K2", "P2")])
    app = opened()
    app.selectbox(key="scenario_edit_number").set_value(2).run()
    press(app, "scenario_remove_edit")
    assert scenarios_of(held)["甲"].edits == (JoinPark("K1", "P2"),)
    app.checkbox(key="scenario_sure_甲").check().run()
    press(app, "scenario_remove")
    assert scenarios_of(held) == {}


def test_scenarios_are_compared_once_asked_and_one_that_fits_no_more_is_left_out(path):
    held = open_context(path)
    add_scenario(held, "甲", [JoinPark("K2", "P2")])
    add_scenario(held, "乙", [ExitPark("K1", DAY)])
    parks = held.workspace.read("parks")
    with held.workspace.edit("b", AT) as edit:
        edit.replace("parks", parks[parks["park_id"].ne("K1")], Provenance("t", AT))
    app = opened()
    app.radio(key="scenario_part").set_value("compare").run()
    assert TEXT("scenario_compare_next") in [info.value for info in app.info]
    press(app, "scenario_compare")
    assert len(app.warning) == 1
    assert "乙" in app.warning[0].value
    frames = [frame.value for frame in app.dataframe]
    assert any(TEXT("column_of_scenario", name="甲") in frame.columns for frame in frames)


def test_the_maps_stand_before_and_after(path):
    add_scenario(open_context(path), "甲", [ExitPark("K1", DAY)])
    app = opened()
    app.radio(key="scenario_part").set_value("map").run()
    assert not app.exception
    assert [error.value for error in app.error] == []
    shown = [element.value for element in app.markdown]
    assert f"**{TEXT('scenario_before')}**" in shown
    assert f"**{TEXT('scenario_after')}**" in shown


def test_a_file_of_scenarios_at_fault_is_one_sentence(path):
    scenario_file(path).write_text("{", encoding="utf-8")
    app = opened()
    assert len(app.error) == 1
    assert "scenarios.json" in app.error[0].value.replace("\\", "")


def test_a_workspace_at_fault_gets_no_page_that_fails(tmp_path, monkeypatch):
    (tmp_path / "w.gpkg").write_bytes(b"no workspace")
    monkeypatch.setenv("MUPLAN_WORKSPACES", str(tmp_path))
    app = AppTest.from_file(str(PROJECT / "app" / "main.py"), default_timeout=120)
    app.run()
    assert not app.exception


def ready_to_adopt(path):
    add_scenario(open_context(path), "甲", [ExitPark("K1", "2025-06-30")])
    app = opened()
    app.radio(key="scenario_part").set_value("adopt").run()
    app.checkbox(key="scenario_adopt_甲").check().run()
    return app


def test_a_scenario_edited_by_somebody_else_meanwhile_is_not_adopted_unseen(path):
    app = ready_to_adopt(path)
    before = path.read_bytes()
    edit_scenario(open_context(path), "甲", [ExitPark("K2", "2025-06-30")])
    press(app, "scenario_adopt")
    assert [e.value for e in app.error] == [
        TEXT("scenario_changed_meanwhile", name="甲", seen=1, now=2)
    ]
    assert path.read_bytes() == before
    press(app, "scenario_adopt")
    assert not app.error
    assert "K2" in said(app)


def test_a_row_changed_by_somebody_else_meanwhile_is_not_written_over_by_an_adoption(path):
    app = ready_to_adopt(path)
    workspace = GeoPackageWorkspace(path)
    parks = workspace.read("parks")
    mine = parks[parks["park_id"] == "K1"]
    with workspace.edit("b", AT) as edit:
        edit.update("parks", mine.assign(name="他人改的"), Provenance("t", AT))
    press(app, "scenario_adopt")
    (error,) = app.error
    assert "“他人改的”" in error.value
    row = GeoPackageWorkspace(path).read("parks").set_index("park_id").loc["K1"]
    assert row["name"] == "他人改的"
    assert row["disposition"] != "exiting"
