"""Who looks decides what the ledger tells: no command hands a unit what isn't its to know (C10)."""

import shutil

import openpyxl
import pytest

from app.answers.project_ledger import due_answer
from app.context import open_context
from layers.workspace.geopackage import GeoPackageWorkspace
from platforms.ledger.visibility import viewed

UNIT = "330402"
COMMANDS = (
    "info", "project list", "project conflicts", "project warnings", "export projects",
    "export project_events", "export problems", "export element_allotments",
    "check --rule B5 --rule C5 --rule C7 --rule C12", "shares --year 2025",
    "targets --year 2025", "project show --project xm-0002",
)  # fmt: skip


@pytest.fixture(scope="module")
def hidden(small_demo):
    """What only the units concerned may know of the demonstration's projects."""
    whole = GeoPackageWorkspace(small_demo)
    seen = viewed(whole, UNIT)
    rows = whole.read("projects")
    closed = rows[rows["project_id"].isin(list(seen.hidden))]
    own = rows[rows["project_id"].isin(list(seen.own))]
    told = {
        str(value)
        for name in ("project_id", "name", "investor_name", "credit_code")
        for value in set(closed[name].dropna()) - set(own[name].dropna())
    }
    assert len(told) > 20
    return told


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_tells_a_unit_of_what_others_are_in_talks_about(
    muplan, small_demo, hidden, tmp_path, command
):
    name, *options = command.split()
    more = [options.pop(0)] if name in ("project", "export") else []
    out = tmp_path / "out.csv"
    words = [name, *more, small_demo, *options]
    if name == "export":
        words = [name, small_demo, *more, *options]
    ran = muplan(*words, "--viewer", UNIT, *(["--out", out] if name == "export" else ["--json"]))
    assert ran.code == 0, ran.err
    told = out.read_text(encoding="utf-8-sig") if name == "export" else ran.out
    assert {one for one in hidden if one in told} == set()
    assert name != "project" or UNIT in told


def test_the_city_sees_all_of_it_and_the_list_says_how_many_a_unit_does_not(
    muplan, small_demo, tmp_path
):
    whole = muplan("project", "list", small_demo, "--viewer", "city", "--json").json
    seen = muplan("project", "list", small_demo, "--viewer", UNIT, "--json").json
    assert "hidden" not in whole
    assert len(whole["projects"]) == len(seen["projects"]) + len(seen["hidden"])
    assert seen["manifest"]["viewer"] == UNIT
    assert seen["manifest"]["ledger_head"] == whole["manifest"]["ledger_head"]
    out = tmp_path / "list.xlsx"
    assert muplan("project", "list", small_demo, "--viewer", UNIT, "--out", out).code == 0
    book = openpyxl.load_workbook(out, read_only=True)
    assert any(name.endswith("其他单位在谈项目") for name in book.sheetnames)


def test_what_takes_in_every_units_projects_is_refused_to_a_unit(muplan, small_demo):
    for words in (
        ("project", "ranking", small_demo, "--period", "2025"),
        ("project", "dashboard", small_demo, "--period", "2025"),
        ("report", small_demo, "--kind", "ledger", "--period", "2025", "--out", "n.docx"),
        ("place", small_demo, "--projects", "all"),
        ("scenario", "list", small_demo),
        ("scenario", "add", small_demo, "甲"),
    ):
        ran = muplan(*words, "--viewer", UNIT)
        assert (ran.code, ran.out) == (2, ""), words
        assert ran.err.count("\n") == 1
        assert "全市" in ran.err, words


def test_a_unit_enters_its_own_projects_only_and_the_chain_goes_on(muplan, small_demo, tmp_path):
    held = tmp_path / "w.gpkg"
    shutil.copyfile(small_demo, held)
    before = len(GeoPackageWorkspace(held).read("project_events"))
    words = ("project", "add", held, "--project", "X-1", "--name", "甲", "--on", "2025-10-01")
    refused = muplan(*words, "--unit", "330481", "--viewer", UNIT)
    assert (refused.code, refused.out) == (2, "")
    entered = muplan(*words, "--unit", UNIT, "--viewer", UNIT, "--json").json
    assert len(GeoPackageWorkspace(held).read("project_events")) == before + 1
    ran = muplan("project", "verify", held, "--head", entered["head"], "--viewer", UNIT)
    assert ran.code == 0


def test_a_viewer_that_is_no_unit_is_refused_with_the_nearest(refused, small_demo):
    said = refused("project", "list", small_demo, "--viewer", "33040")
    assert "330402" in said or "3304" in said


@pytest.mark.parametrize("command", ["warnings", "problems"])
def test_a_unit_that_is_not_on_file_is_no_unit_without_warnings(refused, small_demo, command):
    assert "33" in refused("project", command, small_demo, "--unit", "33")


def test_what_is_due_to_a_unit_names_no_gap_in_what_it_may_not_see(small_demo):
    held = open_context(small_demo, viewer=UNIT, packs=("jiaxing", "changchun", "panan"))
    units = {row["unit_id"] for row in due_answer(held).result["due"] if row["kind"] == "warning"}
    assert units == {UNIT}
