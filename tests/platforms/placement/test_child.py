"""A search in a process of its own: it ends in time, when cancelled, and says how it failed."""

import time

import pytest

from platforms.errors import PlanningError
from platforms.placement.child import report, run
from platforms.placement.relaxation import problem_of

JOBS = "tests.platforms.placement.child_jobs"


def refusal_of(name, task, deadline_s=30.0, **how):
    with pytest.raises(PlanningError) as refusal:
        run(f"{JOBS}:{name}", task, deadline_s, **how)
    return refusal.value.code, dict(refusal.value.values)


def test_a_child_that_sleeps_is_ended_at_its_deadline():
    begun = time.monotonic()
    assert refusal_of("sleep", 60, 0.5) == ("placement_out_of_time", {"deadline_s": 0.5})
    assert time.monotonic() - begun < 10


def test_what_was_reported_last_is_the_answer_of_a_late_child():
    told = []
    how = {"tell": told.append, "grace_s": 1.0}
    assert run(f"{JOBS}:report_then_sleep", ["poor", "better"], 3.0, **how) == "better"
    assert told == ["poor", "better"]


def test_cancelling_ends_the_child_at_once():
    begun = time.monotonic()
    asked = iter([False, False, True])
    code, _ = refusal_of("sleep", 60, is_cancelled=lambda: next(asked))
    assert code == "placement_cancelled"
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(("name", "task", "exit_code"), [("crash", 3, 3), ("fail", None, 1)])
def test_a_child_that_dies_is_told_by_its_exit_code(name, task, exit_code, capfd):
    assert refusal_of(name, task) == ("placement_solver_failed", {"exit_code": exit_code})
    assert capfd.readouterr().err == ""


def test_a_large_task_to_a_child_that_dies_is_no_hang():
    assert refusal_of("crash:", "x" * 10_000_000)[0] == "placement_solver_failed"


def test_what_the_function_refuses_keeps_its_values():
    assert refusal_of("refuse", None) == ("placement_file_unreadable", {"path": "甲.txt"})


def test_a_function_that_prints_still_answers():
    assert run(f"{JOBS}:printing", {"zh": "地块"}, 30.0) == {"zh": "地块"}


def test_reporting_outside_a_child_does_nothing():
    report("nothing")


def test_a_small_search_waits_for_no_tables_and_no_compiler():
    # Two projects want the same land: the better one gets it, the other goes where it can.
    problem = problem_of([90.0, 80.0, 30.0], [({0: 1.0, 1: 1.0}, 1.0)], [[0], [1, 2]])
    assert run(f"{JOBS}:loaded_for_a_small_search", problem, 30.0) == ((0, 2), set())
