"""``muplan place`` on the demonstration."""

import json


def test_a_project_without_a_site_names_the_gates_by_number(asked, tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("xm-0001\n", encoding="utf-8")
    answer = asked("place", "--projects", path).json
    placed = [one["project_id"] for one in answer["assignments"]]
    unplaced = [one["project_id"] for one in answer["unplaced"]]
    assert placed + unplaced == ["xm-0001"]
    assert all(one["reasons"] for one in answer["unplaced"])
    assert answer["conflicts"] == []


def test_projects_that_have_land_are_placed_on_land_of_their_own(asked, tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("xm-0011\nxm-0012\n", encoding="utf-8")
    answer = asked("place", "--projects", path).json
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


def test_what_is_placed_says_whether_it_can_change_and_what_else_could_be(asked, tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("xm-0011\nxm-0012\n", encoding="utf-8")
    answer = asked("place", "--projects", path).json
    assert {one["never_changes"] for one in answer["assignments"]} <= {True, False}
    placed = {one["project_id"]: one["site_id"] for one in answer["assignments"]}
    for other in answer["alternatives"]:
        assert other["placed"] == len(placed)
        for change in other["changes"]:
            assert placed[change["project_id"]] == change["site_id"] != change["new_site_id"]


def test_locks_on_the_same_land_name_what_clashes(asked, muplan, small_demo, tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("xm-0011\nxm-0012\n", encoding="utf-8")
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
    ran = muplan("place", small_demo, "--projects", path, "--json", *asking)
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert all(lock.partition("=")[2] in ran.err for lock in locks)
    row = json.loads(ran.out)
    kinds = [one["kind"] for one in row["conflict"]["members"]]
    assert kinds.count("lock") == 2
    assert row["conflict"]["is_smallest_proven"]
