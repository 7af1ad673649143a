"""Long work with progress and cancel."""

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st
from streamlit import runtime

from app.answers.checks import verdict_list
from app.components.page import within_border
from app.session import begun, cached, current_context, is_cached, open_path, prepare, words
from app.work import Run, Work
from geo.errors import MuPlanError
from geo.tools import Progress
from platforms.checks import CheckQuery
from platforms.policy.verdict import Verdict

JobResult = TypeVar("JobResult")


def run_with_bar(key: str, label: str, run: Callable[[Progress], JobResult]) -> JobResult:
    """Run long work under a bar.

    ``key``: Of the button that ends it; one work of a page has one.
    ``run``: The work, which tells the share done. The page framework ends it at the next telling
      once the button is pressed; the page then says so and shows nothing further.
    """
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, label)
        ended = st.button(words().text("work_cancel"), key=f"cancel_{key}")
    if ended:
        place.info(words().text("work_cancelled"))
        st.stop()
    try:
        result = run(lambda share: bar.progress(min(share, 1.0), label) and None)
    except MuPlanError:
        place.empty()
        raise
    place.empty()
    return result


def cached_with_bar(
    key: str, label: str, job: Callable[..., JobResult], *asked: Hashable
) -> JobResult:
    """Give what ``session.cached`` has, else do the job under a bar."""
    if is_cached(job, *asked):
        return cached(job, *asked)
    return run_with_bar(key, label, lambda progress: cached(job, *asked, progress=progress))


def judged_with_bar(
    query: CheckQuery, key: str = "checks", meanwhile: Callable[[list[Verdict]], None] | None = None
) -> list[Verdict]:
    """Give the verdicts asked, run under a bar where they weren't found before.

    ``key``: Of the button that ends it; a page that judges twice has two.
    ``meanwhile``: Draws those that are known already.

    As ``run_checks`` gives them.
    """
    if is_cached(verdict_list, query):
        return cached(verdict_list, query)
    label, work, place = words().text("working_checks"), begun(verdict_list, query), st.empty()
    with place.container():
        bar = st.progress(work.share, label)
        if st.button(words().text("work_cancel"), key=f"cancel_{key}"):
            work.end()
    drawn = None
    while work.is_running:
        work.wait(DRAW_S)
        bar.progress(work.share, label)
        if meanwhile is not None and work.offered is not drawn:
            drawn = work.offered
            meanwhile(drawn)
    if work.is_cancelled:
        place.info(words().text("work_cancelled"))
        st.stop()
    place.empty()
    if work.error is not None:
        raise work.error
    verdicts: list[Verdict] = work.result
    return verdicts


def prepare_overview() -> None:
    """Begin to judge a workspace as soon as it is open: the overview asks for it.

    Only where the app is served: a page run by itself has nobody who would open another.
    """
    if open_path() is not None and runtime.exists():
        prepare(verdict_list, CheckQuery(None, (), (), current_context().as_of))


POLL_S = 2.0
"""So often the page looks how far the work is [s]."""

DRAW_S = 0.3
"""So often a page that waits draws how far the work is, and what is known already [s]."""


def begin(key: str, run: Run) -> None:
    """Begin the work of a page; one that still runs under the key is ended."""
    work = st.session_state.get(_slot(key))
    if work is not None:
        work.end()
    st.session_state[_slot(key)] = Work(run)


def running(key: str, label: str) -> bool:
    """Show the bar and the button of the work while it runs.

    Whether it runs; the page is drawn again once it has ended.
    """
    work = st.session_state.get(_slot(key))
    if work is None:
        return False
    work.wait(0.05)
    if work.is_running:
        _bar(key, label)
    return bool(work.is_running)


def offered(key: str) -> Any:  # noqa: ANN401  # whoever began the work knows what it offers
    """Give what running work offers meanwhile, None while it offers nothing."""
    work: Work | None = st.session_state.get(_slot(key))
    return None if work is None else work.offered


def ended(key: str) -> Work | None:
    """Take the work that has ended; None where there is none.

    With its result, or cancelled.

    Raises Exception: What the work failed with.
    """
    work: Work | None = st.session_state.get(_slot(key))
    if work is None or work.is_running:
        return None
    del st.session_state[_slot(key)]
    if work.error is not None and not work.is_cancelled:
        raise work.error
    return work


@st.fragment(run_every=POLL_S)
def _bar(key: str, label: str) -> None:
    within_border(lambda: _draw(key, label))


def _draw(key: str, label: str) -> None:
    text = words().text
    work: Work | None = st.session_state.get(_slot(key))
    if work is None or not work.is_running or not work.is_offer_shown:
        if work is not None:
            work.is_offer_shown = True
        st.rerun()
    seconds = int(time.monotonic() - work.begun)
    st.progress(work.share, text("work_so_far", label=label, share=work.share, seconds=seconds))
    if st.button(text("work_cancel"), key=f"cancel_{key}"):
        work.end()
        st.rerun()


def _slot(key: str) -> str:
    return f"work_{key}"
