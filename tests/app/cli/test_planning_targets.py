"""Targets, rankings and post-evaluation from the command line, on the demonstration."""

import openpyxl
import pytest


def test_targets_name_the_projects_behind_each_figure(asked):
    found = asked("targets", "--year", 2024).json["targets"]
    rules = {row["rule_id"] for row in found}
    assert {"A12", "B9", "B10", "B11", "C1", "C3", "C8"} <= rules
    for row in found:
        assert row["clause"]
        assert (row["done"] is None) == (row["state"] == "no_data" or row["gap"] is None)
        if row["unit"] == "个" and row["done"] is not None:
            assert len(row["project_ids"]) == row["done"]
    landing = [row for row in found if row["rule_id"] == "C8" and row["unit_id"] is None]
    assert len(landing) == 1


def test_the_ledger_of_the_demo_does_not_reach_back_to_2018(asked):
    found = asked("targets", "--rule", "A12").json["targets"]
    assert {row["state"] for row in found} == {"no_data"}


def test_rankings_give_places_ties_and_trend(asked):
    answer = asked("ranking", "--by", "platform", "--period", "2025Q3").json
    output = [row for row in answer["ranking"] if row["measure"] == "output"]
    known = [row for row in output if row["rank"] is not None]
    assert [row["value"] for row in known] == sorted((r["value"] for r in known), reverse=True)
    for row in known:
        assert row["change"] == pytest.approx(row["value"] - row["previous_value"])
    lost = [row for row in output if row["rank"] is None]
    assert [row["value"] for row in lost] == [None]
    assert answer["composite"][0].keys() >= {"rank", "score", "measures_missing"}


def test_a_ranking_is_written_with_one_sheet_a_measure(muplan, small_demo, tmp_path):
    path = tmp_path / "r.xlsx"
    arguments = "--by", "unit", "--period", "2024", "--measure", "output", "--measure", "tax"
    assert muplan("ranking", small_demo, *arguments, "--out", path).code == 0
    sheets = " ".join(openpyxl.load_workbook(path).sheetnames)
    assert all(name in sheets for name in ("规上工业总产值", "规上工业税收"))


def test_post_evaluation_says_what_is_missing(asked):
    rows = asked("evaluate", "--year", 2024).json["evaluation"]
    assert rows
    for row in rows:
        assert bool(row["missing"]) == (row["outcome"] == "no_data")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(("targets", "--rule", "B1"), "B10"), (("targets", "--year", "1"), "1990"),
     (("ranking", "--by", "park", "--period", "2024"), "platform"),
     (("ranking", "--by", "unit", "--period", "2024Q5"), "2024Q5"),
     (("ranking", "--by", "unit", "--period", "2024", "--measure", "outputs"), "output"),
     (("evaluate", "--year", "1"), "1990")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_the_nearest_name(
    arguments, named, refused, small_demo
):
    command, *rest = arguments
    assert named in refused(command, small_demo, *rest)
