"""Long work with progress and cancel."""

import gc
import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st

from app.answers.checks import verdict_list
from app.components.page import within_border
from app.session import cached, is_cached, words
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


def judged_with_bar(query: CheckQuery, key: str = "checks") -> list[Verdict]:
    """Give the verdicts asked, run under a bar where they weren't found before.

    ``key``: Of the button that ends it; a page that judges twice has two.

    As ``run_checks`` gives them.
    """
    return cached_with_bar(key, words().text("working_checks"), verdict_list, query)


LOG = logging.getLogger("muplan")

POLL_S = 2.0
"""So often the page looks how far the work is [s]."""

Run = Callable[[Progress, Callable[[], bool], Callable[[Any], None]], Any]
"""Takes whom it tells the share done, whom it asks whether to end, and whom it offers an answer
that stands until a better one is there."""


class _EndedError(Exception):
    """Ends the work at its next telling."""


class Work:
    """One long work in a thread of its own.

    ``run``: The work; it draws nothing.
    """

    def __init__(self, run: Run) -> None:
        self.share, self.begun = 0.0, time.monotonic()
        self.result: Any = None
        self.offered: Any = None
        self.is_offer_shown = True
        self.error: Exception | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._carry_out, args=(run,), daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it goes on and somebody waits for it."""
        return self._thread.is_alive() and not self._end.is_set()

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to end."""
        return self._end.is_set()

    def end(self) -> None:
        """End it at its next telling."""
        self._end.set()

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, so long at most."""
        self._thread.join(seconds)

    def _offer(self, result: object) -> None:
        self.offered, self.is_offer_shown = result, False

    def _tell(self, share: float) -> None:
        if self._end.is_set():
            raise _EndedError
        self.share = min(max(share, 0.0), 1.0)

    def _carry_out(self, run: Run) -> None:
        # The framework collects all garbage after each drawing: what stands already is passed
        # over meanwhile, else the polls would take more time than the work.
        gc.freeze()
        try:
            self.result = run(self._tell, self._end.is_set, self._offer)
        except _EndedError:
            pass
        except MuPlanError as error:
            self.error = error
        except Exception as error:
            LOG.exception("long work failed")
            self.error = error
        finally:
            gc.unfreeze()


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
