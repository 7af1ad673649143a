"""Entries into the ledger from the command line: what is written, refused, and found tampered."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from platforms.ledger.claims import filing_size
from tests.planning_frames import jiaxing

GOOD = "91350100M000100Y43"


@pytest.fixture
def held(small_demo, tmp_path):
    copy = tmp_path / "w.gpkg"
    shutil.copyfile(small_demo, copy)
    return copy


def add(path, project_id="X-1", *more):
    return ("project", "add", path, "--project", project_id, "--name", "试验项目", "--unit",
            "330481", "--on", "2025-10-01", "--actor", "张三", *more)  # fmt: skip


def event(path, kind, on, *more):
    return ("project", "event", path, "--project", "X-1", "--kind", kind, "--on", on, "--unit",
            "330481", "--actor", "张三", *more)  # fmt: skip


def listed(muplan, path):
    return muplan("project", "list", path, "--json").json


def test_a_project_and_its_events_are_entered_with_a_stage_that_follows_them(muplan, held):
    before = listed(muplan, held)["manifest"]["ledger_head"]
    verified = muplan("project", "verify", held, "--json").json["verify"]
    assert verified["head"] == before
    entered = muplan(*add(held), "--credit-code", GOOD, "--investment-yi-yuan", "12", "--json").json
    assert entered["event"]["event_kind"] == "first_report"
    assert entered["event"]["entered_at"].endswith("+08:00")
    assert entered["event"]["previous_sha256"] == verified["entries_head"]
    assert entered["head"] == entered["manifest"]["ledger_head"] != before
    entries = muplan("project", "verify", held, "--head", verified["entries_head"], "--json").json
    assert entries["verify"]["entries_since"] == 1, "heads of entries printed before still count"
    for kind, day in (("signed", "2025-10-02"), ("registered", "2025-10-03"),
                      ("started", "2025-10-20")):  # fmt: skip
        assert muplan(*event(held, kind, day)).code == 0
    (row,) = [p for p in listed(muplan, held)["projects"] if p["project_id"] == "X-1"]
    assert (row["stage"], row["started_on"]) == ("started", "2025-10-20")
    found = muplan("project", "verify", held, "--head", before, "--json").json["verify"]
    assert (found["is_intact"], found["entries_since"]) == (True, 4)


def test_an_amount_in_another_currency_is_kept_as_stated_and_converted_by_nobody(muplan, held):
    assert muplan(*add(held), "--investment-stated", "3.2亿欧元").code == 0
    shown = muplan("project", "show", held, "--project", "X-1", "--json").json["project"]
    assert shown["investment_stated"] == "3.2亿欧元"
    assert (shown["investment_yi_yuan"], shown["investment_yi_usd"]) == (None, None)
    outcome, _ = filing_size(shown, jiaxing("2025-06-30"), None)
    assert outcome == "no_data"


def test_a_correction_moves_the_start_or_takes_it_back(muplan, held):
    muplan(*add(held))
    for kind in ("signed", "registered", "started"):
        last = muplan(*event(held, kind, "2025-10-02"), "--json").json["event"]["event_id"]
    moved = event(held, "corrected", "2025-10-30", "--corrects", last)
    assert muplan(*moved, "--corrected-on", "2025-10-09").code == 0
    (row,) = [p for p in listed(muplan, held)["projects"] if p["project_id"] == "X-1"]
    assert row["started_on"] == "2025-10-09"
    assert muplan(*moved).code == 0
    (row,) = [p for p in listed(muplan, held)["projects"] if p["project_id"] == "X-1"]
    assert (row["stage"], row["started_on"]) == ("registered", None)


def test_bad_entries_are_one_sentence_and_write_nothing(muplan, refused, held):
    muplan(*add(held), "--code", "K-1")
    state = held.read_bytes()
    reasons = [
        refused(*event(held, "signed", "2025-09-30")),
        refused(*event(held, "signed", "2025-11-01")),
        refused(*event(held, "signed", "2025-02-30")),
        refused(*event(held, "started", "2025-10-02")),
        refused(*event(held, "nothing", "2025-10-02")),
        refused(*event(held, "corrected", "2025-10-02")),
        refused(*add(held, "X-2"), "--investment-yi-yuan", "-1"),
        refused(*add(held, "X-2"), "--credit-code", GOOD[:17] + "4"),
        refused(*add(held, "X-2"), "--code", "K-1"),
        refused(*add(held, "X-1")),
        refused(*add(held, "X-2"), "--land-mu", "-3"),
        refused(*add(held, "X-2", "--phase-of", "nowhere")),
        refused("project", "add", held, "--project", "X-2", "--name", "乙", "--unit", "999",
                "--on", "2025-10-01"),
    ]  # fmt: skip
    assert len(set(reasons)) == len(reasons)
    assert held.read_bytes() == state


def test_a_third_phase_is_refused(muplan, refused, held):
    muplan(*add(held, "W"))
    for name in ("W-1", "W-2"):
        assert muplan(*add(held, name, "--phase-of", "W")).code == 0
    assert "2" in refused(*add(held, "W-3", "--phase-of", "W"))


@pytest.mark.parametrize(
    "change",
    ["UPDATE project_events SET event_on = '2024-01-01' WHERE entry_seq = 100",
     "DELETE FROM project_events WHERE entry_seq = 100",
     "DELETE FROM project_events WHERE entry_seq = (SELECT max(entry_seq) FROM project_events)",
     "UPDATE project_events SET entry_seq = 301 - entry_seq WHERE entry_seq IN (100, 101)"],
)  # fmt: skip
def test_what_was_done_to_the_file_behind_its_back_is_found(muplan, held, change):
    head = listed(muplan, held)["manifest"]["ledger_head"]
    assert muplan("project", "verify", held, "--head", head).code == 0
    with closing(sqlite3.connect(held)) as connection, connection:
        # The triggers of the format need functions that only its driver has.
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(change)
    ran = muplan("project", "verify", held, "--head", head, "--json")
    assert ran.code == 1
    assert ran.json["verify"]["faults"]
    assert all(fault["text"] for fault in ran.json["verify"]["faults"])


@pytest.mark.parametrize("head", ["", "abc", "x" * 64])
def test_what_is_no_hash_is_bad_input(refused, small_demo, head):
    refused("project", "verify", small_demo, "--head", head)


def test_a_hash_that_was_never_the_head_fails_the_check(muplan, small_demo):
    assert muplan("project", "verify", small_demo, "--head", "a" * 64).code == 1


def test_an_exported_list_carries_the_head(muplan, small_demo, tmp_path):
    path = tmp_path / "e.xlsx"
    head = listed(muplan, small_demo)["manifest"]["ledger_head"]
    assert muplan("export", small_demo, "project_events", "--out", path).code == 0
    import openpyxl

    cells = [str(c.value) for sheet in openpyxl.load_workbook(path) for r in sheet for c in r]
    assert any(head in cell for cell in cells)


def test_conflicts_come_with_reasons_and_the_timeline_of_both(muplan, asked, small_demo, refused):
    found = asked("project conflicts").json["conflicts"]
    assert found
    for one in found:
        assert 0 < one["score"] <= 1
        assert all(reason["text"] for reason in one["reasons"])
        assert {step["project_id"] for step in one["timeline"]} <= set(one["project_ids"])
    wanted = found[0]["project_ids"][0]
    only = asked("project conflicts", "--project", wanted).json["conflicts"]
    assert only == [one for one in found if wanted in one["project_ids"]]
    refused("project", "conflicts", small_demo, "--project", "nowhere")
    assert muplan("project", "conflicts", small_demo, "--lang", "en").code == 0


def test_warnings_come_by_unit_with_the_clause(asked):
    packs = ("--pack", "jiaxing", "--pack", "panan")
    found = asked("project warnings", *packs).json["warnings"]
    assert found
    assert all(one["text"] and one["clause"] for one in found)
    units = {one["unit_id"] for one in found}
    wanted = min(units - {None})
    only = asked("project warnings", "--unit", wanted, *packs).json["warnings"]
    assert only == [one for one in found if one["unit_id"] == wanted]


def test_a_plan_is_entered_shown_on_the_page_of_the_project_and_warned_of(muplan, held):
    muplan(*add(held))
    planned = muplan(
        *event(held, "node_planned", "2025-10-02"), "--node", "signed", "--planned-on", "2025-10-30"
    )
    assert planned.code == 0
    # The demonstration stands at 31 October 2025: one day late.
    page = muplan("project", "show", held, "--project", "X-1", "--json").json["project"]
    (node,) = [one for one in page["nodes"] if one["kind"] == "signed"]
    assert (node["planned_on"], node["light"], node["days"]) == ("2025-10-30", "red", -1)
    assert page["next_step"] == "signed"
    found = muplan("project", "warnings", held, "--json").json["warnings"]
    (late,) = [one for one in found if one["code"] == "warning_node_overdue"]
    assert (late["project_id"], late["days"], late["rule_id"]) == ("X-1", 1, "C7")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--kind", "node_planned"), "计划节点要写明节点"),
        (("--kind", "node_planned", "--node", "signed"), "计划节点要写明节点"),
        (("--kind", "updated", "--planned-on", "2025-11-01"), "只有计划节点"),
        (("--kind", "node_planned", "--node", "signed", "--planned-on", "明天"), "明天"),
    ],
)
def test_a_plan_that_is_not_whole_or_of_no_plan_is_refused_by_one_sentence(
    muplan, held, more, said
):
    muplan(*add(held))
    refused = muplan(
        "project", "event", held, "--project", "X-1", "--on", "2025-10-02", "--unit", "330481",
        "--actor", "张三", *more,
    )  # fmt: skip
    assert refused.code == 2
    assert said in refused.err


def test_the_ranking_opens_each_figure_to_its_projects(muplan, held):
    rows = muplan("project", "ranking", held, "--period", "2025", "--json").json["ranking"]
    projects = {p["project_id"]: p["unit_id"] for p in listed(muplan, held)["projects"]}
    for row in rows:
        assert {k: len(v) for k, v in row["projects"].items()} == row["counts"]
        assert {projects[p] for ids in row["projects"].values() for p in ids} <= {row["unit_id"]}
        signed = set(row["projects"]["landed"])
        if row["landing_rate"] is not None:
            assert 0 <= row["landing_rate"] <= 1
            assert (row["landing_rate"] > 0) == bool(signed)
    refused = muplan("project", "ranking", held, "--period", "2025Q5")
    assert (refused.code, "2025Q5" in refused.err) == (2, True)
