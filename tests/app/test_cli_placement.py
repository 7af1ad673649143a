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


def test_bad_input_is_one_sentence(refused, small_demo, tmp_path):
    empty = tmp_path / "none.txt"
    empty.write_text("", encoding="utf-8")
    assert "没有可统筹的项目" in refused("place", small_demo, "--projects", empty)
    assert "absent" in refused("place", small_demo, "--projects", tmp_path / "absent.txt")
    both = ("--lock", "X=S", "--exclude", "X=S")
    assert "同时被指定和排除" in refused("place", small_demo, "--projects", "all", *both)
