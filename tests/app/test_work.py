"""Long work in a thread: told, ended, and what it offers meanwhile."""

import threading

from app.work import Work
from geo.errors import MuPlanError


def test_what_is_offered_meanwhile_stays_where_the_work_is_ended():
    offered, go_on = threading.Event(), threading.Event()

    def run(tell, is_cancelled, offer):
        offer("feasible")
        offered.set()
        go_on.wait(10)
        tell(0.5)
        return "best"

    work = Work(run)
    assert offered.wait(10)
    assert (work.offered, work.is_offer_shown, work.is_running) == ("feasible", False, True)
    work.end()
    go_on.set()
    work.wait(10)
    assert (work.is_cancelled, work.result, work.offered) == (True, None, "feasible")
    assert work.error is None


def test_work_that_goes_to_its_end_gives_the_last_answer():
    work = Work(lambda tell, is_cancelled, offer: offer("feasible") or tell(0.5) or "best")
    work.wait(10)
    assert (work.result, work.offered, work.share, work.is_running) == (
        "best",
        "feasible",
        0.5,
        False,
    )


def test_an_error_of_the_work_is_kept_for_the_page():
    def run(tell, is_cancelled, offer):
        raise MuPlanError("placement_no_project")

    work = Work(run)
    work.wait(10)
    assert work.error.code == "placement_no_project"
