"""``muplan place`` on the demonstration."""

import json
from dataclasses import replace

import geopandas as gpd
import openpyxl
import pytest
from pyproj import CRS

from app.answers import placement
from app.answers.matching import Matching
from layers.workspace.geopackage import create_workspace
from platforms.placement import place as place_module


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A list of two projects that have land: one file, so that a question is asked once."""
    path = tmp_path_factory.mktemp("list") / "ids.txt"
    path.write_text("xm-0011\nxm-0012\n", encoding="utf-8")
    return path


def test_a_project_without_a_site_names_the_gates_by_number(asked, tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("xm-0001\n", encoding="utf-8")
    answer = asked("place", "--projects", path).json
    placed = [one["project_id"] for one in answer["assignments"]]
    unplaced = [one["project_id"] for one in answer["unplaced"]]
    assert placed + unplaced == ["xm-0001"]
    assert all(one["reasons"] for one in answer["unplaced"])
    assert answer["conflicts"] == []


def test_projects_that_have_land_are_placed_on_land_of_their_own(asked, two):
    answer = asked("place", "--projects", two).json
    placed = {one["project_id"]: one for one in answer["assignments"]}
    assert set(placed) == {"xm-0011", "xm-0012"}
    assert not set(placed["xm-0011"]["parcel_ids"]) & set(placed["xm-0012"]["parcel_ids"])
    for project_id, one in placed.items():
        sites = asked("match", "--project", project_id, "--top", 1000).json["sites"]
        assert one["site_id"] in {site["site_id"] for site in sites}


def test_bad_input_is_one_sentence(refused, small_demo, tmp_path):
    empty = tmp_path / "none.txt"
    empty.write_text("", encoding="utf-8")
    assert "没有可统筹的项目" in refused("place", small_demo, "--projects", empty)
    assert "absent" in refused("place", small_demo, "--projects", tmp_path / "absent.txt")
    both = ("--lock", "X=S", "--exclude", "X=S")
    assert "同时被指定和排除" in refused("place", small_demo, "--projects", "all", *both)


def test_a_list_that_is_no_list_is_refused_by_one_sentence(refused, small_demo, tmp_path):
    def given(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return refused("place", small_demo, "--projects", tmp_path / name)

    assert "xm-9999" in given("unknown.txt", "xm-9999\n")
    assert "清单" in given("broken.json", '[{"project_id": ')
    assert "清单" in given("mapping.yaml", "project_id: xm-0011\n")
    assert "没有可统筹的项目" in given("none.json", "[]")
    assert "清单" in refused("place", small_demo, "--projects", tmp_path)
    (tmp_path / "latin.txt").write_bytes(b"\xff\xfe\x00\xd8")
    assert "清单" in refused("place", small_demo, "--projects", tmp_path / "latin.txt")


def test_a_pair_or_a_time_that_cannot_be_is_refused_by_one_sentence(refused, small_demo):
    for pair in ("xm-0011", "=LP-1", "xm-0011=", ""):
        said = refused("place", small_demo, "--projects", "all", "--lock", pair)
        assert "项目编号=选址编号" in said
    assert refused("place", small_demo, "--projects", "all", "--deadline", "-5")
    assert refused("place", small_demo, "--projects", "all", "--gap", "1.5")
    assert refused("place", small_demo, "--projects", "all", "--deadline", "soon")


def test_a_workspace_without_projects_says_so(refused, tmp_path):
    path = tmp_path / "leer.gpkg"
    create_workspace(path, CRS(4549), title="空的", created_at="2025-01-01T00:00:00",
                     as_of="2025-06-30")  # fmt: skip
    assert "没有可统筹的项目" in refused("place", path, "--projects", "all")


def test_a_city_without_land_places_nobody_and_says_why(muplan, tmp_path):
    path = tmp_path / "leer.gpkg"
    create_workspace(path, CRS(4549), title="空的", created_at="2025-01-01T00:00:00",
                     as_of="2025-06-30")  # fmt: skip
    listed = tmp_path / "own.json"
    listed.write_text(
        '[{"project_id": "X1", "land_min_mu": 40, "category": "industry"}]', encoding="utf-8"
    )
    answer = muplan("place", path, "--projects", listed, "--json").json
    assert answer["assignments"] == []
    (row,) = answer["unplaced"]
    assert row["undecided"] == []
    assert row["reasons"][0]["code"] == "placement_no_site"


def once(step):
    """Take a step the first time, and give what it led to ever after."""
    results = []

    def repeat(*arguments):
        if not results:
            results.append(step(*arguments))
        return results[0]

    return repeat


def sought_once(monkeypatch):
    """Seek one answer for all forms it is asked in: they differ in nothing before it."""
    monkeypatch.setattr(Matching, "whole", once(Matching.whole))
    monkeypatch.setattr(placement, "place_matched", once(placement.place_matched))


def test_the_answer_is_handed_out_in_every_format(muplan, small_demo, tmp_path, monkeypatch):
    listed = tmp_path / "ids.txt"
    listed.write_text("xm-0011\nxm-0026\n", encoding="utf-8")
    sought_once(monkeypatch)
    for ending in (".xlsx", ".gpkg", ".docx", ".csv"):
        path = tmp_path / f"out{ending}"
        assert muplan("place", small_demo, "--projects", listed, "--out", path).code == 0
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    named = {name.removeprefix("演示数据 ") for name in book.sheetnames}
    assert {"统筹选址", "未落位项目", "待核实选址", "占比前后"} <= named
    shapes = gpd.read_file(tmp_path / "out.gpkg", layer="统筹选址")
    assert list(shapes["project_id"]) == ["xm-0011"]
    assert shapes.geometry.area.min() > 0


def test_what_is_placed_says_whether_it_can_change_and_what_else_could_be(asked, two):
    answer = asked("place", "--projects", two).json
    assert {one["never_changes"] for one in answer["assignments"]} <= {True, False}
    placed = {one["project_id"]: one["site_id"] for one in answer["assignments"]}
    for other in answer["alternatives"]:
        assert other["placed"] == len(placed)
        for change in other["changes"]:
            assert placed[change["project_id"]] == change["site_id"] != change["new_site_id"]


def test_locks_on_the_same_land_name_what_clashes(asked, muplan, small_demo, two):
    sites = {
        name: asked("match", "--project", name, "--top", 1000).json["sites"]
        for name in ("xm-0011", "xm-0012")
    }
    (first, second), held = sites, [{s["site_id"] for s in one} for one in sites.values()]
    shared = sorted(held[0] & held[1])
    locks = [f"{first}={sorted(held[0])[0]}", f"{first}={sorted(held[0])[-1]}"]
    if shared:
        locks = [f"{first}={shared[0]}", f"{second}={shared[0]}"]
    asking = [part for lock in locks for part in ("--lock", lock)]
    ran = muplan("place", small_demo, "--projects", two, "--json", *asking)
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert all(lock.partition("=")[2] in ran.err for lock in locks)
    row = json.loads(ran.out)
    kinds = [one["kind"] for one in row["conflict"]["members"]]
    assert kinds.count("lock") == 2
    assert row["conflict"]["is_smallest_proven"]


def test_an_estimate_gives_its_bound_and_explains_nothing(muplan, small_demo, two, monkeypatch):
    sought_once(monkeypatch)
    ran = muplan("place", small_demo, "--projects", two, "--quick", "--json")
    assert ran.code == 0
    answer = ran.json
    assert len(answer["assignments"]) <= answer["count_bound"] <= 2
    assert sum(one["score"] for one in answer["assignments"]) <= answer["bound"] + 1e-6
    assert (answer["alternatives"], answer["swaps"]) == ([], [])
    assert {one["never_changes"] for one in answer["assignments"]} == {None}
    said = muplan("place", small_demo, "--projects", two, "--quick").out
    assert "快速估算" in said
    assert f"最多不超过 {answer['count_bound']} 个" in said


def test_a_search_ended_by_its_deadline_says_how_far_it_came(muplan, small_demo, two, monkeypatch):
    sought_once(monkeypatch)
    whole = place_module.solve

    def ended(*arguments, **named):
        found = whole(*arguments, **named)
        return replace(
            found, chosen=found.chosen[:1], is_late=True, is_count_proven=False, count_bound=2,
            pairs_left=7,
        )  # fmt: skip

    monkeypatch.setattr(place_module, "solve", ended)
    asking = ("place", small_demo, "--projects", two, "--no-explain")
    ran = muplan(*asking, "--json")
    assert ran.code == 0
    answer = ran.json
    assert (answer["is_late"], answer["count_bound"], answer["pairs_left"]) == (True, 2, 7)
    assert not answer["is_count_proven"]
    said = muplan(*asking).out
    assert "求解时限已到：目前最好的方案落位 1 个项目，最多不超过 2 个" in said
    assert "7 个“项目—选址”组合没有考察" in said


def test_shares_of_all_three_kinds_stand_before_and_after(asked, two):
    shares = asked("place", "--projects", two).json["shares"]
    kinds = {(one["rule"], one["span"]) for one in shares}
    assert {("B1", "year"), ("B1", "cumulative")} <= kinds
    assert all("_" not in one["element"] for one in shares)
