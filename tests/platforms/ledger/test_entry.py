"""What the ledger refuses to enter, and what it takes: dates, units, amounts, codes, phases."""

import pandas as pd
import pytest

from platforms.errors import PlanningError
from platforms.ledger.entry import Book, check_event, check_project
from platforms.ledger.rows import ALPHABET, check_digit, is_credit_code
from tests.ledger_frames import city, events, project
from tests.planning_frames import jiaxing

TODAY = "2024-07-01"
GOOD_CODE = "91350100M000100Y43"


def book(projects=(), happened=()):
    held = city(projects or (project("P"),), happened)
    tables = (pd.DataFrame(held.read(name)) for name in ("projects", "project_events", "units"))
    return Book(*tables, jiaxing(TODAY), TODAY)


def event(kind, on, **values):
    return {"event_id": "new", "project_id": "P", "event_kind": kind, "event_on": on,
            "entered_at": f"{TODAY}T09:00:00+08:00", "entry_seq": 10**6, "unit_id": "N",
            **values}  # fmt: skip


def refused(check, row, held):
    with pytest.raises(PlanningError) as caught:
        check(row, held)
    return caught.value.code


REPORTED = events("P", first_report="2024-03-01")
SIGNED = [*REPORTED, *events("P", signed="2024-04-01")]


def test_a_stage_on_the_day_of_its_predecessor_is_taken_and_a_day_before_it_is_not():
    held = book(happened=(REPORTED,))
    check_event(event("signed", "2024-03-01"), held)
    assert refused(check_event, event("signed", "2024-02-29"), held) == "event_before_predecessor"


def test_a_stage_may_not_be_entered_behind_one_that_follows_it():
    late = [*SIGNED, *events("P", drawings="2024-05-01")]
    assert (
        refused(check_event, event("land_permit", "2024-05-02"), book(happened=(late,)))
        == "event_before_predecessor"
    )
    check_event(event("land_permit", "2024-05-01"), book(happened=(late,)))


def test_of_the_four_lists_none_is_left_out_but_a_milestone_may_be():
    held = book(happened=(SIGNED,))
    assert refused(check_event, event("started", "2024-06-01"), held) == "event_predecessor_missing"
    check_event(event("drawings", "2024-06-01"), held)


def test_today_has_happened_and_tomorrow_has_not():
    held = book(happened=(REPORTED,))
    check_event(event("signed", TODAY), held)
    assert refused(check_event, event("signed", "2024-07-02"), held) == "event_in_future"


@pytest.mark.parametrize("day", ["2024-02-30", "明天", ""])
def test_what_is_no_day_is_refused(day):
    code = refused(check_event, event("updated", day or "x"), book())
    assert code == "as_of_not_a_date"


def test_an_unknown_unit_is_refused_for_an_event_and_a_project():
    held = book(happened=(REPORTED,))
    assert refused(check_event, event("updated", TODAY, unit_id="X"), held) == "ledger_unit_unknown"
    assert refused(check_project, project("Q", unit_id="X"), held) == "ledger_unit_unknown"


def test_after_its_end_a_project_has_no_further_stage_but_may_be_corrected():
    ended = [*SIGNED, *events("P", ended="2024-05-01")]
    held = book(happened=(ended,))
    assert refused(check_event, event("registered", "2024-05-02"), held) == "event_after_end"
    check_event(event("corrected", TODAY, corrects=ended[-1]["event_id"]), held)
    check_event(event("updated", TODAY), held)


def test_a_correction_names_an_event_of_the_project_that_is_no_correction():
    named = events("P", first_report="2024-03-01")
    (other,) = events("Q", first_report="2024-03-01")
    (fixed,) = events("P", corrected="2024-03-05")
    fixed["corrects"] = named[0]["event_id"]
    held = book((project("P"), project("Q")), (named, [other], [fixed]))
    assert refused(check_event, event("corrected", TODAY), held) == "correction_needs_event"
    absent = event("corrected", TODAY, corrects="nowhere")
    assert refused(check_event, absent, held) == "event_not_on_file"
    for one in (other, fixed):
        wrong = event("corrected", TODAY, corrects=one["event_id"])
        assert refused(check_event, wrong, held) == "correction_of_other"
    plain = event("updated", TODAY, corrects=named[0]["event_id"])
    assert refused(check_event, plain, held) == "correction_only"


def test_a_correction_may_not_turn_the_order_round():
    held = book(happened=(SIGNED,))
    first = SIGNED[0]["event_id"]
    to = {day: event("corrected", TODAY, corrects=first, corrected_on=day)
          for day in ("2024-04-01", "2024-04-02")}  # fmt: skip
    check_event(to["2024-04-01"], held)
    assert refused(check_event, to["2024-04-02"], held) == "event_before_predecessor"
    withdrawn = event("corrected", TODAY, corrects=first)
    assert refused(check_event, withdrawn, held) == "event_predecessor_missing"


def test_a_history_that_was_wrong_already_can_be_gone_on_with():
    wrong = [*events("P", first_report="2024-03-01", signed="2024-02-01")]
    check_event(event("updated", TODAY), book(happened=(wrong,)))


def test_nothing_is_invested_or_more_but_never_less():
    held = book()
    check_project(project("Q", investment_yi_yuan=0.0), held)
    for amount in (-0.01, float("inf")):
        row = project("Q", investment_yi_yuan=amount)
        assert refused(check_project, row, held) == "investment_bad"
    assert refused(check_project, project("Q", investment_yi_usd=-1.0), held) == "investment_bad"


def test_two_projects_never_have_one_code():
    coded = [*events("P", project_code="2024-04-01")]
    coded[0]["detail"] = "2404-330400-04-01-100001"
    held = book((project("P", project_code="K"), project("Q")), (coded,))
    for code in ("K", coded[0]["detail"]):
        assert refused(check_project, project("R", project_code=code), held) == "project_code_taken"
    row = event("project_code", TODAY, project_id="Q", detail="K")
    assert refused(check_event, row, held) == "project_code_taken"
    check_event(event("project_code", TODAY, detail="K"), held)


def test_a_second_phase_is_taken_and_a_third_is_not():
    whole = project("W")
    one, two, three = (project(name, phase_of="W") for name in ("A", "B", "C"))
    check_project(two, book((whole, one)))
    assert refused(check_project, three, book((whole, one, two))) == "phase_too_many"
    lost = project("D", phase_of="nowhere")
    assert refused(check_project, lost, book((whole,))) == "project_not_on_file"


def test_a_project_that_is_on_file_is_not_entered_again():
    assert refused(check_project, project("P"), book()) == "project_on_file"


def test_a_credit_code_has_one_right_check_digit():
    assert is_credit_code(GOOD_CODE)
    right = [digit for digit in ALPHABET if is_credit_code(GOOD_CODE[:17] + digit)]
    assert right == [GOOD_CODE[-1]]
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    total = sum(ALPHABET.index(p) * w for p, w in zip(GOOD_CODE[:17], weights, strict=True))
    assert ALPHABET.index(check_digit(GOOD_CODE[:17])) == (31 - total % 31) % 31
    for bad in (GOOD_CODE[:17], GOOD_CODE + "3", "I" + GOOD_CODE[1:], GOOD_CODE.lower(), ""):
        assert not is_credit_code(bad)
    row = project("Q", credit_code=GOOD_CODE[:17] + "4")
    assert refused(check_project, row, book()) == "credit_code_bad"
    check_project(project("Q", credit_code=GOOD_CODE), book())


@pytest.mark.parametrize("column", ["project_id", "name"])
def test_a_project_with_a_blank_number_or_name_is_refused(column):
    row = {**project("NEW", name="甲"), column: " "}
    assert refused(check_project, row, book()) == "entry_blank"
