"""A unit sees its own projects, the open fields of registered ones, and that others exist (C10)."""

import pandas as pd
import pytest

from layers.contracts import CONTRACTS
from layers.disclosure import OPEN_COLUMNS, OPEN_STAGES
from platforms.errors import PlanningError
from platforms.ledger.visibility import (
    MASK,
    hidden_projects,
    require_city,
    require_own,
    sealed_errors,
    viewed,
)
from platforms.source import competition_of, viewer_of
from tests.ledger_frames import city, events, judged, project
from tests.planning_frames import jiaxing

TABLES = ("projects", "project_events", "problems", "element_allotments", "support_grants")
FIRM = {"credit_code": "91350100M000100Y43", "investor_name": "甲公司", "industry_code": "3825",
        "industry_scheme": "GBT4754_2017", "product": "光伏组件", "stage": "in_talks"}  # fmt: skip


def ids(source, table="projects"):
    return sorted(source.read(table)["project_id"])


@pytest.mark.parametrize("stage", [*CONTRACTS["projects"].field("stage").values, None])
def test_of_another_unit_a_project_is_seen_from_registration_on(stage):
    held = city([project("A", unit_id="S", stage=stage)])
    seen = viewed(held, "N")
    assert ids(seen) == (["A"] if stage in OPEN_STAGES else [])
    assert ids(viewed(held, "S")) == ids(viewed(held, "city")) == ids(viewed(held, None)) == ["A"]


@pytest.mark.parametrize(("secret", "shown"), [(True, []), (False, ["A"]), (None, ["A"])])
def test_what_is_marked_confidential_stays_with_its_unit_at_every_stage(secret, shown):
    held = city([project("A", unit_id="S", stage="started", is_confidential=secret)])
    assert ids(viewed(held, "N")) == shown
    assert ids(viewed(held, "S")) == ["A"]


def test_a_project_of_no_known_unit_is_the_citys_alone():
    held = city([project("A", unit_id=None, stage="started")])
    assert ids(viewed(held, "N")) == []
    assert ids(viewed(held, "city")) == ["A"]


def test_a_unit_that_handed_a_project_on_still_sees_it():
    happened = [events("A", first_report="2025-01-05", transferred="2025-02-01")]
    for row, unit in zip(happened[0], ("N", "S"), strict=True):
        row["unit_id"] = unit
    held = city([project("A", unit_id="S", stage="in_talks")], happened)
    assert ids(viewed(held, "N")) == ids(viewed(held, "S")) == ["A"]
    assert ids(viewed(held, "Z")) == []


def is_free(field):
    return field.kind in ("text", "list") and not field.values


def marked(table, others):
    """One row of a table of a project, with a marker in every text column that takes any text."""
    contract = CONTRACTS[table]
    fixed = {"project_id": "A", "unit_id": "S", "stage": "registered", "event_kind": "registered",
             "event_on": "2025-03-01", "entered_at": "2025-03-01T09:00:00+08:00",
             "entry_seq": 1}  # fmt: skip
    fixed |= others
    return {
        name: fixed.get(name, f"secret {table} {name}")
        for name in (*contract.columns, "src_foreign")
        if name in fixed or name == "src_foreign" or is_free(contract.field(name))
    }


@pytest.mark.parametrize("others", [{}, {"stage": "in_talks"}, {"is_confidential": True}])
def test_no_closed_column_of_another_unit_comes_out_of_any_table(others):
    rows = {table: [marked(table, others)] for table in TABLES}
    held = city(rows["projects"], [rows["project_events"]],
                **{name: rows[name] for name in TABLES[2:]})  # fmt: skip
    seen = viewed(held, "N")
    is_open = not others
    for table in ("projects", "project_events"):
        told = map(str, seen.read(table).to_numpy(dtype=object).ravel())
        wanted = {f"secret {table} {name}" for name in OPEN_COLUMNS[table]} if is_open else set()
        assert {text for text in told if "secret" in text} <= wanted, table
    assert seen.read("problems").empty
    for table in ("element_allotments", "support_grants"):
        assert seen.read(table)["project_id"].isna().all() != is_open, table
    assert held.read("projects")["name"].item() == "secret projects name"


def test_a_competing_project_bars_the_own_one_and_is_named_by_a_stand_in_alone():
    held = city(
        [project("A", unit_id="S", **FIRM), project("B", unit_id="N", **FIRM)],
        [events("A", first_report="2025-06-10"), events("B", first_report="2025-06-12")],
    )
    (verdict,) = [v for v in judged("B5", viewed(held, "N"), year=2025) if v.part == "conflicts"]
    assert (verdict.unit_id, verdict.outcome, verdict.measured) == ("N", "not_met", 1.0)
    said = repr(verdict.evidence)
    assert f"{MASK}1" in said
    assert "'A'" not in said
    (hidden,) = hidden_projects(viewed(held, "N"), jiaxing("2025-06-30"))
    assert hidden.project_id == f"{MASK}1"
    # 1 month from 10 June ends with 10 July
    assert hidden.until.date().isoformat() == "2025-07-11"
    assert hidden.until.hour == 0


def test_after_its_month_a_hidden_project_is_said_to_exist_without_talks():
    held = city([project("A", unit_id="S", **FIRM)], [events("A", first_report="2025-06-10")])
    (before,) = hidden_projects(viewed(held, "N"), jiaxing("2025-07-10"))
    (after,) = hidden_projects(viewed(held, "N"), jiaxing("2025-07-11"))
    assert (before.until is None, after.until is None) == (False, True)
    assert hidden_projects(viewed(held, "city"), jiaxing("2025-07-10")) == ()


def test_a_unit_is_judged_alone_and_may_not_ask_about_another():
    held = viewed(city([project("A", unit_id="N", stage="started")]), "N")
    units = {v.unit_id for v in judged("B8", held, year=2025)}
    assert units == {"N"}
    with pytest.raises(PlanningError, match="viewer_other_unit"):
        judged("B8", held, units=("S",), year=2025)


def test_the_city_alone_does_what_every_units_projects_go_into():
    held = city([project("A")])
    require_city(viewed(held, "city"))
    with pytest.raises(PlanningError, match="viewer_city_only"):
        require_city(viewed(held, "N"))


def test_entries_are_made_by_the_unit_itself_about_its_own_projects():
    held = viewed(city([project("A", unit_id="N"), project("B", unit_id="S", stage="started"),
                        project("C", unit_id="S")]), "N")  # fmt: skip
    require_own(held, "N", "A")
    for unit_id, project_id, code in (
        ("S", "A", "viewer_other_unit"), ("N", "B", "viewer_other_unit"),
        ("N", "C", "project_not_on_file"),
    ):  # fmt: skip
        with pytest.raises(PlanningError, match=code) as refused:
            require_own(held, unit_id, project_id)
        assert "C" not in {v for k, v in refused.value.values.items() if k != "project_id"}


def test_an_error_names_the_stand_in_of_a_hidden_project():
    held = viewed(city([project("C", unit_id="S")]), "N")
    with pytest.raises(PlanningError) as told, sealed_errors(held):
        raise PlanningError("project_code_taken", project_code="1", project_id="C")
    assert told.value.values["project_id"] == f"{MASK}1"


def test_an_unknown_viewer_is_refused_with_the_nearest_unit():
    with pytest.raises(PlanningError, match="check_unit_unknown"):
        viewed(city(), "NN")


def test_who_looks_is_known_through_every_wrapping():
    seen = viewed(city([project("A", unit_id="S")]), "N")
    assert viewer_of(seen) == "N"
    assert list(pd.DataFrame(competition_of(seen).read("projects"))["project_id"]) == [f"{MASK}1"]
    assert viewer_of(viewed(city(), "city")) is None
