"""``muplan place`` on the demonstration."""


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
