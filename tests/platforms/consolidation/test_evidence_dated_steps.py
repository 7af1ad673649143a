"""Steps with a day: the checklist of the units, and how allotments are decided."""

import pytest

from tests.planning_frames import UNITS, Frames, allotment, verdicts_of


def milestone(name="整合提升方案上报", **values):
    return {"milestone_id": "M1", "unit_id": "N", "milestone": name, "due_on": "2018-09-30",
            "done_on": "2018-09-30", **values}  # fmt: skip


def step_of(*rows, part="plan", unit_id="N", as_of="2025-06-30"):
    city = Frames(units=UNITS, unit_milestones=list(rows))
    found = verdicts_of("A23", city, as_of=as_of)
    return next(v for v in found if (v.part, v.unit_id) == (part, unit_id))


@pytest.mark.parametrize(
    ("done", "outcome"),
    [("2018-09-29", "met"), ("2018-09-30", "met"), ("2018-10-01", "not_met"), (None, "not_met"),
     ("2025-07-01", "not_met")],
)  # fmt: skip
def test_a_step_is_in_time_up_to_and_on_its_day(done, outcome):
    found = step_of(milestone(done_on=done))
    assert (found.outcome, found.measured) == (outcome, float(outcome == "not_met"))
    assert (found.force, found.is_past_target) == ("principle", True)


@pytest.mark.parametrize(
    ("as_of", "outcome"),
    [("2018-09-29", "not_applicable"), ("2018-09-30", "not_applicable"), ("2018-10-01", "not_met")],
)
def test_an_open_step_is_judged_only_after_its_day(as_of, outcome):
    assert step_of(milestone(done_on=None), as_of=as_of).outcome == outcome


def test_the_day_of_the_rule_stands_in_for_one_not_on_record():
    assert step_of(milestone(due_on=None)).outcome == "met"
    assert step_of(milestone(due_on=None, done_on="2018-10-01")).outcome == "not_met"


def test_other_steps_of_the_same_day_are_not_taken_for_it():
    report = milestone("市县长项目月报", milestone_id="M2", done_on="2018-12-01")
    assert step_of(milestone(), report).outcome == "met"
    assert step_of(report).outcome == "no_data"


def test_a_unit_without_the_step_has_no_data_and_zones_are_not_asked():
    assert step_of(milestone(), unit_id="S").outcome == "no_data"
    assert step_of(milestone(), part="mechanism").outcome == "no_data"
    with pytest.raises(StopIteration):
        step_of(milestone(), unit_id="Z")


KINDS = ("access_assessment", "expert_review", "collective_decision", "final_decision")
DAYS = ("2024-01-05", "2024-01-10", "2024-01-10", "2024-01-20")


def events(days=DAYS, project_id="X1"):
    return [
        {"event_id": f"{project_id}-{n}", "project_id": project_id, "event_kind": kind,
         "event_on": day, "entered_at": "2024-02-01T00:00:00+08:00", "entry_seq": n + 1}
        for n, (kind, day) in enumerate(zip(KINDS, days, strict=True))
        if day is not None
    ]  # fmt: skip


def made(number=1, **values):
    return allotment(number, project_id="X1", allotted_on="2024-01-20", **values)


def decided(rows, history, unit_id="N", **options):
    city = Frames(units=UNITS, element_allotments=rows, project_events=history)
    return next(v for v in verdicts_of("A26", city, **options) if v.unit_id == unit_id)


def test_four_steps_dated_and_in_order_up_to_the_day_of_the_allotment_are_right():
    found = decided([made()], events())
    assert (found.outcome, found.measured, found.unit) == ("met", 0, "项")


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (("2024-01-11", *DAYS[1:]), "a26_out_of_order"),
        ((None, *DAYS[1:]), "a26_missing"),
        ((*DAYS[:3], None), "a26_missing"),
        ((*DAYS[:3], "2024-01-21"), "a26_after_allotment"),
        ((*DAYS[:3], "2024-01-09"), "a26_out_of_order"),
    ],
)
def test_a_missing_or_misplaced_step_is_listed(days, code):
    found = decided([made()], events(days))
    assert (found.outcome, found.measured) == ("not_met", 1)
    assert found.evidence[0].rows == ("A001",)
    assert found.evidence[0].statement.code == code


def test_steps_that_no_project_has_are_not_kept_and_a_project_not_stated_is_open():
    assert decided([made()], []).outcome == "no_data"
    stranger = allotment(2, project_id=None)
    assert decided([made(), stranger], events()).outcome == "no_data"
    short = decided([made(), stranger], events((None, *DAYS[1:])))
    assert (short.outcome, short.measured) == ("not_met", 1)


def test_planned_allotments_and_those_of_other_years_or_units_are_not_asked():
    late = (None, *DAYS[1:])
    rows = [made(1, allotment_status="planned"), made(2, year=2023), made(3, unit_id="S")]
    assert decided(rows, events(late)).outcome == "no_data"
    assert decided(rows, events(late), "S").measured == 1
