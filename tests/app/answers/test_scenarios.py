"""Scenarios on a little workspace: compared, adopted, and what becomes of names and old edits."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from app.answers.answer import stand_of, write_answer
from app.answers.changes import restore, scenario_lines, undo
from app.answers.checks import verdict_list
from app.answers.scenario_comparison import comparison, comparison_answer
from app.answers.scenarios import (
    LONGEST_NAME,
    add_scenario,
    added_from_file,
    added_from_park,
    adopt_scenario,
    edit_scenario,
    remove_scenario,
    scenario_named,
    scenarios_of,
    written_rows,
)
from app.context import open_context
from geo.measure import ellipsoidal_area_m2
from geo.units import M2_PER_MU
from layers.workspace.backup import back_up
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance
from platforms.checks import CheckQuery
from platforms.errors import PlanningError
from platforms.scenario.edits import (
    AddLand,
    ChangeLand,
    ExitPark,
    JoinPark,
    PlaceProject,
    SetMajor,
    to_plain,
)
from tests.planning_frames import CITY_CRS, rect
from tests.scenario_city import DAY, FREE, LOT, city

AT = "2025-01-01T00:00:00+00:00"
EVERY_KIND = (
    JoinPark("K2", "P2"), ExitPark("K1", DAY), SetMajor("P3", is_major=False),
    AddLand("NEW", "N", "listed", FREE.wkt), ChangeLand("L3", "idle", DAY),
    PlaceProject("X1", ("L1",), DAY),
)  # fmt: skip
HOSTILE = "../../<b>甲</b> **粗** [x](http://y) \\ C:\\w|{name}"


@pytest.fixture(scope="module")
def city_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("city") / "w.gpkg"
    workspace = create_workspace(path, CITY_CRS, title="小城", created_at=AT, as_of="2025-06-30")
    with workspace.edit("a", AT) as edit:
        for name, frame in city().layers.items():
            edit.replace(name, frame, Provenance("t", AT))
    return path


@pytest.fixture
def held(city_file, tmp_path):
    return open_context(Path(shutil.copy(city_file, tmp_path)))


def judged(context):
    found = verdict_list(context, CheckQuery(2025, (), (), context.as_of))
    return {(v.rule_id, v.part, v.unit_id, v.platform_id): (v.outcome, v.measured) for v in found}


def compare(context, *names):
    scenarios = [scenario_named(context, name) for name in names]
    base, found = comparison(context, scenarios, 2025)
    return found, comparison_answer(context, base, found, 2025)


def test_what_compare_shows_is_what_the_checks_say_once_adopted(held):
    add_scenario(held, "甲", EVERY_KIND)
    (found,), _ = compare(held, "甲")
    shown = {
        (v.rule_id, v.part, v.unit_id, v.platform_id): (v.outcome, v.measured)
        for v in found.state.verdicts
    }
    before = held.path.read_bytes()
    assert shown != judged(held)
    assert held.path.read_bytes() == before
    adopt_scenario(held, "甲")
    after = judged(open_context(held.path))
    assert after.keys() == shown.keys()
    for key, (outcome, measured) in after.items():
        assert outcome == shown[key][0], key
        if measured is not None:
            assert measured == pytest.approx(shown[key][1], rel=1e-9), key


def test_an_adoption_says_what_it_wrote_and_stands_in_the_audit(held):
    add_scenario(held, "甲", EVERY_KIND)
    written = written_rows(adopt_scenario(held, "甲"))
    assert {(r["layer"], r["action"]): r["ids"] for r in written} == {
        ("parks", "update"): ["K2", "K1"],
        ("major_platforms", "update"): ["P3"],
        ("land_parcels", "update"): ["L3", "L1"],
        ("land_parcels", "add"): ["NEW"],
        ("element_allotments", "add"): ["plan-X1", "plan-X1-energy", "plan-X1-氮氧化物"],
    }
    audit = GeoPackageWorkspace(held.path).audit()
    noted = {(r.layer, r.action): r.rows for r in audit.iloc[-5:].itertuples()}
    assert noted == {(r["layer"], r["action"]): len(r["ids"]) for r in written}
    assert scenarios_of(held)["甲"].adopted_at is not None


def test_a_scenario_whose_adoption_is_undone_is_open_until_the_undo_is_undone(held):
    add_scenario(held, "甲", [ExitPark("K1", DAY)])
    add_scenario(held, "乙", [SetMajor("P3", is_major=False)])
    adopt_scenario(held, "甲")
    adopt_scenario(held, "乙")
    number = held.workspace.changes()[-2].number
    assert scenario_lines(held, number) == (held.words.text("undo_open", name="甲"),)
    answer = undo(held, number)
    assert held.words.text("undo_open", name="甲") in answer.summary
    marks = {name: scenario.adopted_at for name, scenario in scenarios_of(held).items()}
    assert marks["甲"] is None
    assert marks["乙"] is not None
    again = undo(held, answer.result["change"])
    assert held.words.text("undo_adopted", name="甲") in again.summary
    assert scenario_named(held, "甲").adopted_at is not None
    undo(held, number)
    edit_scenario(held, "甲", [JoinPark("K2", "P2")])
    assert len(adopt_scenario(held, "甲").changed["parks"]) == 2
    assert scenario_named(held, "甲").adopted_at is not None


def test_a_scenario_changed_after_its_adoption_was_undone_is_not_adopted_by_undoing_that(held):
    add_scenario(held, "甲", [ExitPark("K1", DAY)])
    adopt_scenario(held, "甲")
    back = undo(held, held.workspace.changes()[-1].number)
    edit_scenario(held, "甲", [JoinPark("K2", "P2")])
    again = undo(held, back.result["change"])
    assert not any("甲" in line for line in again.summary)
    assert scenario_named(held, "甲").adopted_at is None


def test_a_backup_of_before_an_adoption_brings_the_scenario_back_open(held, tmp_path):
    back_up(held.path, tmp_path / "before.gpkg")
    add_scenario(held, "甲", [ExitPark("K1", DAY)])
    adopt_scenario(held, "甲")
    restore(tmp_path / "before.gpkg", held.path)
    assert scenario_named(open_context(held.path), "甲").adopted_at is None


def test_an_adoption_of_before_changes_had_numbers_stays(held):
    add_scenario(held, "甲", [ExitPark("K1", DAY)])
    adopt_scenario(held, "甲")
    with closing(sqlite3.connect(held.path)) as connection, connection:
        connection.execute("DELETE FROM muplan_changes")
        connection.execute("UPDATE muplan_audit SET change = NULL")
    assert scenario_named(open_context(held.path), "甲").adopted_at is not None


def test_an_adopted_scenario_is_neither_changed_nor_adopted_nor_compared_again(held):
    add_scenario(held, "甲", [ExitPark("K1", DAY)])
    adopt_scenario(held, "甲")
    after = open_context(held.path)
    for refused in (
        lambda: adopt_scenario(after, "甲"),
        lambda: edit_scenario(after, "甲", [SetMajor("P4", is_major=True)]),
        lambda: remove_scenario(after, "甲", 1),
        lambda: compare(after, "甲"),
    ):
        with pytest.raises(PlanningError) as caught:
            refused()
        assert caught.value.code == "scenario_adopted"
    remove_scenario(after, "甲")
    assert scenarios_of(after) == {}


def test_an_empty_scenario_is_not_adopted(held):
    add_scenario(held, "甲")
    with pytest.raises(PlanningError) as caught:
        adopt_scenario(held, "甲")
    assert caught.value.code == "scenario_empty"


def test_an_edit_of_what_is_gone_at_adoption_is_refused_and_nothing_is_written(held):
    add_scenario(held, "甲", [SetMajor("P4", is_major=True), ExitPark("K1", DAY)])
    parks = held.workspace.read("parks")
    with held.workspace.edit("b", AT) as edit:
        edit.replace("parks", parks[parks["park_id"].ne("K1")], Provenance("t", AT))
    before = held.path.read_bytes()
    # The context was opened before: adoption must look at the workspace as it is now.
    assert "K1" in set(held.source.read("parks")["park_id"])
    with pytest.raises(PlanningError) as caught:
        adopt_scenario(held, "甲")
    assert caught.value.code == "scenario_id_unknown"
    assert held.path.read_bytes() == before
    assert scenarios_of(held)["甲"].adopted_at is None


def test_an_adoption_keeps_what_somebody_else_wrote_meanwhile(held):
    add_scenario(held, "甲", [ExitPark("K1", DAY)])
    held.source.read("parks")
    parks = held.workspace.read("parks")
    parks.loc[parks["park_id"].eq("K1"), "name"] = "新名"
    with held.workspace.edit("b", AT) as edit:
        edit.update("parks", parks, Provenance("t", AT))
    adopt_scenario(held, "甲")
    park = GeoPackageWorkspace(held.path).read("parks").set_index("park_id").loc["K1"]
    assert (park["name"], park["disposition"]) == ("新名", "exiting")


def test_edits_and_scenarios_are_removed_by_number_and_name(held):
    add_scenario(held, "甲", [ExitPark("K1", DAY), SetMajor("P4", is_major=True)])
    remove_scenario(held, "甲", 1)
    assert scenario_named(held, "甲").edits == (SetMajor("P4", is_major=True),)
    for number in (0, 2):
        with pytest.raises(PlanningError) as caught:
            remove_scenario(held, "甲", number)
        assert caught.value.code == "scenario_edit_unknown"
    with pytest.raises(PlanningError) as caught:
        remove_scenario(held, "乙")
    assert caught.value.code == "scenario_unknown"


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "scenario_name_bad"), (" \n\t", "scenario_name_bad"),
     ("长" * (LONGEST_NAME + 1), "scenario_name_long"), (" 甲 ", "scenario_exists")],
)  # fmt: skip
def test_a_name_that_does_not_do_is_refused(held, name, code):
    add_scenario(held, "甲")
    with pytest.raises(PlanningError) as caught:
        add_scenario(held, name)
    assert caught.value.code == code


def test_a_hostile_name_stays_text_and_never_becomes_a_path(held, tmp_path):
    name = add_scenario(held, HOSTILE, EVERY_KIND)
    add_scenario(held, "长" * LONGEST_NAME)
    _, answer = compare(held, name)
    out = tmp_path / "out"
    out.mkdir()
    for ending in (".xlsx", ".docx", ".gpkg", ".csv"):
        write_answer(answer, stand_of(held), out / f"c{ending}")
    assert {one.name for one in out.iterdir()} == {"c.xlsx", "c.docx", "c.gpkg", "c.csv"}
    listed = pd.read_excel(out / "c.xlsx", sheet_name=None)
    assert any(name in "".join(map(str, frame.columns)) for frame in listed.values())
    adopt_scenario(held, name)
    beside = {one.name for one in tmp_path.iterdir()}
    assert beside <= {"w.gpkg", "out", "w.gpkg.backups", "w.gpkg.scenarios.json",
                      "w.gpkg.scenarios.json.lock", "w.gpkg.results"}  # fmt: skip


def test_a_placed_project_moves_the_share_by_its_own_land(held):
    add_scenario(held, "甲", [PlaceProject("X1", ("L1",), DAY)])
    (found,), answer = compare(held, "甲")
    area_mu = ellipsoidal_area_m2([LOT], CITY_CRS)[0] / M2_PER_MU
    (row,) = [
        r for r in answer.result["differences"][0]["shares"]
        if (r["unit_id"], r["element"]) == ("N", "land")
    ]  # fmt: skip
    # 30 of 50 亩 lie in a national zone before; the project's land lies in it too.
    assert row["share_base"] == pytest.approx(30 / 50)
    assert row["share_scenario"] == pytest.approx((30 + area_mu) / (50 + area_mu), rel=1e-9)
    assert found.scenario.name == "甲"


def test_figures_per_mu_add_the_promise_and_stay_missing_where_they_were(held):
    add_scenario(held, "甲", [PlaceProject("X1", ("L1",), DAY)])
    add_scenario(held, "乙", [PlaceProject("X3", ("L1",), DAY), JoinPark("K2", "P2")])
    _, answer = compare(held, "甲", "乙")
    first, second = (
        {(r["by"], r["row_id"]): r for r in one["per_mu"]} for one in answer.result["differences"]
    )
    area_mu = ellipsoidal_area_m2([LOT], CITY_CRS)[0] / M2_PER_MU
    row = first["platform", "P1"]
    assert row["period"] == "2024"
    assert row["output_before"] == pytest.approx(100_000 / 200)
    assert row["output_after"] == pytest.approx(130_000 / (200 + area_mu), rel=1e-9)
    assert row["tax_after"] == pytest.approx(6_500 / (200 + area_mu), rel=1e-9)
    assert row["output_change"] == pytest.approx(row["output_after"] - 500.0)
    lost = second["platform", "P1"]
    assert (lost["output_before"], lost["output_after"]) == (500.0, None)
    assert "yield_output_no_promise" in [w["code"] for w in lost["reasons"]]
    for rows in (first, second):
        assert rows["platform", "P2"]["output_before"] is None
        assert rows["platform", "P2"]["output_after"] is None


def test_scenarios_stand_side_by_side_with_clause_threshold_and_base(held):
    add_scenario(held, "甲", [SetMajor("P3", is_major=False)])
    add_scenario(held, "乙", [SetMajor("P4", is_major=True)])
    _, answer = compare(held, "甲", "乙")
    frame = answer.sheets[0].frame
    assert {"rule_id", "clause", "threshold_said", "base_said", "scenario_1", "scenario_2"} <= set(
        frame.columns
    )
    assert frame["clause"].str.len().min() > 0
    a1 = frame[frame["rule_id"].eq("A1")]
    assert a1["base_said"].tolist() != a1["scenario_1"].tolist()
    assert {answer.titles["scenario_1"], answer.titles["scenario_2"]} == {"方案：甲", "方案：乙"}


def test_land_of_a_park_is_what_is_no_parcel_yet(held):
    (edit,) = added_from_park(held, "K2", "NEW", "N", "planned")
    add_scenario(held, "甲", [edit])
    add_scenario(held, "乙", [AddLand("NEW", "N", "planned", rect(5200, 0, 500, 500).wkt)])
    adopt_scenario(held, "甲")
    with pytest.raises(PlanningError) as caught:
        added_from_park(open_context(held.path), "K2", "NEW2", "N", "planned")
    assert caught.value.code == "scenario_park_full"
    with pytest.raises(PlanningError) as caught:
        added_from_park(held, "K2", "", "N", "planned")
    assert caught.value.code == "scenario_parcel_id_missing"


def test_land_comes_from_a_file_whatever_its_name_says(held, tmp_path):
    shapes = gpd.GeoDataFrame(geometry=[FREE, rect(1200, 900, 50, 50)], crs=CITY_CRS)
    path = tmp_path / "a.geojson"
    path.write_text(shapes.to_crs(4326).to_json(), encoding="utf-8")
    edits = added_from_file(held, "../../etc/x.geojson", path.read_bytes(), "NEW", "N", "planned")
    assert [e.parcel_id for e in edits] == ["NEW-1", "NEW-2"]
    add_scenario(held, "甲", edits)
    points = gpd.GeoDataFrame(geometry=shapes.centroid, crs=CITY_CRS).to_crs(4326)
    with pytest.raises(PlanningError) as caught:
        added_from_file(held, "p.geojson", points.to_json().encode(), "NEW", "N", "planned")
    assert caught.value.code == "scenario_file_no_land"


def test_the_command_removes_and_refuses_by_one_sentence(held, muplan, refused):
    muplan("scenario", "add", held.path, "甲")
    plain = held.path.parent / "e.json"
    plain.write_text(json.dumps([to_plain(ExitPark("K1", DAY))]), encoding="utf-8")
    muplan("scenario", "edit", held.path, "甲", "--edits", plain)
    assert "第 2 项" in refused("scenario", "remove", held.path, "甲", "--edit", 2)
    left = muplan("scenario", "remove", held.path, "甲", "--edit", 1, "--json").json
    assert left["scenarios"] == [{"name": "甲", "edits": [], "adopted_at": None}]
    assert "还没有变动" in refused("scenario", "adopt", held.path, "甲")
    assert muplan("scenario", "remove", held.path, "甲", "--json").json["scenarios"] == []
    assert "甲" in refused("scenario", "remove", held.path, "甲")


def test_a_plan_is_kept_only_of_one_unit_that_was_solved(held, refused):
    for options in (("--keep", "甲"), ("--solve", "--keep", "甲"), ("--unit", "N", "--keep", "甲")):
        assert "--keep" in refused("consolidate", held.path, *options)
    assert scenarios_of(held) == {}


def test_the_context_of_another_date_keeps_the_same_scenarios(held):
    add_scenario(held, "甲", [ExitPark("K1", DAY)])
    other = replace(held)
    assert scenarios_of(other) == scenarios_of(held)
