"""Functions that the tests of the child run in it."""

import os
import sys
import time

from platforms.errors import PlanningError
from platforms.placement.child import report


def sleep(seconds):
    time.sleep(seconds)


def report_then_sleep(answers):
    for one in answers:
        report(one)
    time.sleep(60)


def printing(task):
    print("a solver that prints", flush=True)
    os.write(1, b"and one that writes")
    return task


def crash(code):
    os._exit(code)


def fail(_):
    raise ZeroDivisionError


def refuse(_):
    raise PlanningError("placement_file_unreadable", path="甲.txt")


def loaded_for_a_small_search(problem):
    from platforms.placement import solve

    task = (problem, 0.0, 10.0)
    solve.prepare(task)
    solved = solve.answer(task)
    return solved.chosen, {"pandas", "geopandas", "shapely", "numba"} & sys.modules.keys()
