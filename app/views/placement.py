"""Where many projects go at once, which shares and quotas then hold, and why some find no place."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import streamlit as st

from app.answers.answer import Answer
from app.answers.matching import Matched, Matching
from app.answers.placement import place_matched, placement_answer
from app.components.jobs import begin, ended, offered, running
from app.components.page import hand_out, page_head, within_border
from app.components.placement import (
    PlacementRequest,
    choose_projects,
    choose_wishes,
    show_placement,
    waiting_projects,
)
from app.context import Context
from app.session import Stamp, current_context, stamp, words
from geo.errors import MuPlanError
from geo.tools import Progress, within
from platforms.placement.place import Placement, Wishes

WORK, LAST_OUTCOME = "placement", "placement_found"


@dataclass(frozen=True)
class _Outcome:
    """The last run of this session, and what it was asked."""

    at: Stamp
    asked: PlacementRequest
    wishes: Wishes
    matched: Matched
    placement: Placement


def show() -> None:
    """Show the page."""
    context = current_context()
    text = words().text
    page_head(context, "page_placement", "placement_question")
    waiting = waiting_projects(context)
    if not waiting:
        st.info(text("placement_empty"))
        return
    if not len(context.source.read("land_parcels")):
        st.info(text("placement_empty_land"))
        return
    asked = choose_projects(context, waiting)
    last = _last()
    wishes = choose_wishes(last.matched.results if last is not None else ())
    pressed = st.button(
        text("placement_run"), type="primary", key="placement_run", disabled=asked is None
    )
    if pressed and asked is not None:
        begin(WORK, _work(context, stamp(), asked, wishes, last))
    if running(WORK, text("placement_working")):
        meanwhile = offered(WORK)
        if meanwhile is not None:
            st.info(text("placement_meanwhile"))
            _answered(context, meanwhile)
        return
    work = ended(WORK)
    if work is not None:
        best = work.offered if work.is_cancelled else work.result
        if best is None:
            st.info(text("work_cancelled"))
        else:
            st.session_state[LAST_OUTCOME] = best
            st.rerun()
    if last is not None:
        if (last.asked, last.wishes) != (asked, wishes):
            st.caption(text("placement_changed"))
        _answered(context, last)


def _last() -> _Outcome | None:
    """Give the last run, where the workspace, the date and the packs are still the same."""
    last: _Outcome | None = st.session_state.get(LAST_OUTCOME)
    return last if last is not None and last.at == stamp() else None


def _work(
    context: Context, at: Stamp, asked: PlacementRequest, wishes: Wishes, last: _Outcome | None
) -> Callable[[Progress, Callable[[], bool]], _Outcome]:
    """Prepare the run; projects matched already are not matched again.

    A search for the best offers a quick placement first.
    """
    is_known = last is not None and last.asked == asked and wishes.is_quick >= last.wishes.is_quick
    known = last.matched if last is not None and is_known else None
    quick = replace(wishes, is_quick=True)

    def placed(matched: Matched, wanted: Wishes, is_cancelled: Callable[[], bool]) -> _Outcome:
        placement = place_matched(context, matched, wanted, is_cancelled)
        return _Outcome(at, asked, wanted, matched, placement)

    def run(
        tell: Progress, is_cancelled: Callable[[], bool], offer: Callable[[_Outcome], None]
    ) -> _Outcome:
        matched = known
        if matched is None:
            matching = Matching(context, asked.demands)
            matched = matching.quick(within(tell, 0.0, 0.3))
            if not wishes.is_quick:
                with suppress(MuPlanError):  # what stands in the way is said of the best placement
                    offer(placed(matched, quick, is_cancelled))
                matched = matching.whole(within(tell, 0.3, 0.9))
        tell(0.9)
        return placed(matched, wishes, is_cancelled)

    return run


@st.fragment
def _answered(context: Context, outcome: _Outcome) -> None:
    """Show what was found; a row that is chosen draws this part of the page only."""
    within_border(lambda: _result(context, outcome))


def _result(context: Context, outcome: _Outcome) -> None:
    answer = _answer(context, outcome)
    show_placement(context, outcome.placement, answer)
    hand_out(answer, context, (".xlsx", ".docx", ".csv", ".gpkg"), "placement")


def _answer(context: Context, outcome: _Outcome) -> Answer:
    asked = outcome.asked
    return placement_answer(
        context,
        outcome.placement,
        asked.refused,
        outcome.wishes,
        asked.sentence,
        outcome.matched.results,
    )


show()
