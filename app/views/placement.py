"""Where many projects go at once, which shares and quotas then hold, and why some find no place."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from app.answers.answer import Answer
from app.answers.placement import Matched, match_all, place_matched, placement_answer
from app.components.jobs import begin, ended, running
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
        return
    work = ended(WORK)
    if work is not None:
        if work.is_cancelled:
            st.info(text("work_cancelled"))
        else:
            st.session_state[LAST_OUTCOME] = work.result
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
    """Prepare the run; projects matched already are not matched again."""
    known = last.matched if last is not None and last.asked == asked else None
    table = context.match_table()

    def run(tell: Progress, is_cancelled: Callable[[], bool]) -> _Outcome:
        matched = known or match_all(
            context, asked.demands, table, within(tell, 0.0, 0.9), is_quick=wishes.is_quick
        )
        tell(0.9)
        return _Outcome(
            at, asked, wishes, matched, place_matched(context, matched, wishes, is_cancelled)
        )

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
