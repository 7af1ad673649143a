"""``muplan consolidate`` and ``muplan scenario`` on the demonstration."""

import hashlib
import json
from pathlib import Path

import pytest

from layers.workspace.geopackage import GeoPackageWorkspace
from layers.workspace.scenarios import scenario_file

UNIT = "330421"


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@pytest.fixture
def workspace(small_demo, tmp_path):
    path = tmp_path / "w.gpkg"
    path.write_bytes(Path(small_demo).read_bytes())
    return path


@pytest.fixture
def parks(workspace):
    held = GeoPackageWorkspace(workspace).read("parks")
    return [str(one) for one in held["park_id"][held["disposition"].eq("sub_park")]]


def test_a_plan_meets_what_is_mandatory_and_never_says_more(asked):
    answer = asked("consolidate", "--unit", UNIT, "--solve", "--alternatives", 2).json
    (found,) = answer["plans"]
    assert answer["plan"] == found["plans"][0]
    assert {v["unit_id"] for v in answer["verdicts"]} == {UNIT}
    for plan in found["plans"]:
        assert {v["outcome"] for v in plan["verdicts"] if v["force"] == "mandatory"} == {"met"}
    assert asked("consolidate", "--unit", UNIT).json["plan"] is None


def test_a_unit_that_is_not_there_gets_one_sentence(refused, small_demo):
    assert "330421" in refused("consolidate", small_demo, "--unit", "3304210")
    assert "330421" in refused("consolidate", small_demo, "--unit", "3304210", "--solve")


def test_nothing_touches_the_base_until_a_scenario_is_adopted(muplan, workspace):
    before = digest(workspace)
    made = muplan("scenario", "add", workspace, "甲", "--plan-of", UNIT, "--json").json
    assert [one["name"] for one in made["scenarios"]] == ["甲"]
    muplan("scenario", "list", workspace)
    compared = muplan("scenario", "compare", workspace, "--json").json
    assert digest(workspace) == before
    (difference,) = compared["differences"]
    assert difference["verdicts"]
    audit = len(GeoPackageWorkspace(workspace).audit())
    # That no other rule differs is told on a smaller city, in test_scenarios.
    rules = sorted({one["rule_id"] for one in difference["verdicts"]})
    query = ["check", workspace, "--json", *(word for rule in rules for word in ("--rule", rule))]
    held = {key(v): v["outcome"] for v in muplan(*query).json["verdicts"]}
    assert muplan("scenario", "adopt", workspace, "甲").code == 0
    adopted = {key(v): v["outcome"] for v in muplan(*query).json["verdicts"]}
    for change in difference["verdicts"]:
        if change["after"] is None:
            held.pop(key(change))
        else:
            held[key(change)] = change["after"]["outcome"]
    assert adopted == held
    assert digest(workspace) != before
    assert len(GeoPackageWorkspace(workspace).audit()) > audit


def key(row):
    return row["rule_id"], row["part"], row["unit_id"], row["platform_id"], row["year"]


def test_edits_that_contradict_are_refused_and_nothing_is_written(
    muplan, refused, workspace, parks, tmp_path
):
    muplan("scenario", "add", workspace, "甲")
    muplan("scenario", "edit", workspace, "甲", "--exit", f"{parks[0]}=2025-10-01")
    before, kept = digest(workspace), digest(scenario_file(workspace))
    edit = ("scenario", "edit", workspace, "甲")
    parcel = str(GeoPackageWorkspace(workspace).read("land_parcels")["parcel_id"].iloc[0])
    change = {"kind": "change_land", "parcel_id": parcel, "state": "idle", "state_on": "2025-10-01"}
    twice = tmp_path / "twice.json"
    twice.write_text(json.dumps([change, change]), encoding="utf-8")
    for arguments, part in (
        (("--join", f"{parks[0]}=pt-jiashan"), "既纳入平台又退出"),
        (("--join", f"{parks[1]}=pt-jiashan", "--join", f"{parks[1]}=pt-haiyan"), "同时纳入"),
        (("--join", "xx=pt-jiashan"), "xx"),
        (("--join", f"{parks[1]}=xx"), "xx"),
        (("--join", parks[1]), "须写成"),
        (("--exit", f"{parks[1]}=soon"), "soon"),
        (("--edits", twice), "用了两次"),
        (("--edits", tmp_path / "none.json"), "none.json"),
    ):
        assert part in refused(*edit, *arguments)
    assert "甲" in refused("scenario", "add", workspace, "甲")
    assert "甲" in refused("scenario", "adopt", workspace, "乙")
    assert (digest(workspace), digest(scenario_file(workspace))) == (before, kept)


def test_land_is_added_and_a_project_placed_on_it(muplan, workspace, tmp_path):
    held = GeoPackageWorkspace(workspace)
    units, project = held.read("units"), str(held.read("projects")["project_id"].iloc[0])
    spot = units[units["unit_id"].eq(UNIT)].geometry.iloc[0].representative_point().buffer(100)
    edits = tmp_path / "edits.json"
    edits.write_text(
        json.dumps(
            [
                {"kind": "place_project", "project_id": project, "parcel_ids": ["new-1"],
                 "allotted_on": "2025-09-01"},
                {"kind": "add_land", "parcel_id": "new-1", "unit_id": UNIT, "state": "cleared",
                 "wkt": spot.wkt},
            ]
        ),
        encoding="utf-8",
    )  # fmt: skip
    muplan("scenario", "add", workspace, "甲")
    assert muplan("scenario", "edit", workspace, "甲", "--edits", edits).code == 0
    ran = muplan("scenario", "adopt", workspace, "甲")
    assert ran.code == 0, ran.err
    after = GeoPackageWorkspace(workspace)
    parcels, allotments = after.read("land_parcels"), after.read("element_allotments")
    assert list(parcels["state"][parcels["parcel_id"].eq("new-1")]) == ["supplied"]
    given = allotments[allotments["allotment_id"].eq(f"plan-{project}")]
    assert list(given["parcel_ids"]) == ["new-1"]
