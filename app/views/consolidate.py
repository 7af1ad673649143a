"""How a unit's platforms are consolidated, and the fewest changes that meet the rules."""

import streamlit as st

from app.answers.answer import Answer
from app.answers.consolidation import (
    CHANGE_COLUMNS,
    consolidation_answer,
    plan_lines,
    solve,
    state_verdicts,
)
from app.answers.evidence import light
from app.answers.scenarios import LONGEST_NAME, add_scenario
from app.components.jobs import begin, ended, running
from app.components.page import (
    as_text,
    error_text,
    hand_out,
    page_head,
    say_lines,
    show_list,
    shown_columns,
)
from app.components.scenarios import show_scenario_maps
from app.context import Context, unit_names
from app.session import current_context, stamp, words
from geo.errors import MuPlanError
from platforms.consolidation_plan.plan import PlansFound
from platforms.policy.verdict import Verdict
from platforms.scenario.edits import Scenario

STATE_COLUMNS = (
    "rule_id", "rule_title", "platform_name", "measured", "threshold", "measure", "why", "clause",
)  # fmt: skip
ELSEWHERE_COLUMNS = (
    "rule_id", "rule_title", "unit_name", "platform_name", "outcome_before", "outcome_after",
    "measured_before", "measured_after", "measure",
)  # fmt: skip
WORK, LAST_PLANS = "consolidate", "consolidation_found"
ALTERNATIVES = 3


def show() -> None:
    """Show the page."""
    context = current_context()
    text = words().text
    page_head(context, "page_consolidate", "consolidate_question")
    names = unit_names(context)
    if not names or not len(context.source.read("major_platforms")):
        st.info(text("consolidate_empty"))
        return
    unit_id = st.selectbox(
        text("column_plan_unit_name"),
        list(names),
        format_func=lambda unit_id: names.get(unit_id, unit_id),
        key="consolidate_unit",
    )
    verdicts = state_verdicts(context, unit_id, None)
    st.subheader(text("consolidate_state"))
    state = st.container()
    plans_found = _plans_found(context, unit_id)
    answer = consolidation_answer(
        context, unit_id, None, verdicts, None if plans_found is None else [plans_found]
    )
    with state:
        _state(answer, verdicts)
    if plans_found is not None:
        _plans(context, plans_found, answer)
    hand_out(answer, context, (".xlsx", ".docx", ".csv", ".gpkg"), "consolidate")


def _state(answer: Answer, verdicts: list[Verdict]) -> None:
    display = shown_columns(answer.sheet("verdicts").frame, STATE_COLUMNS, words())
    display.insert(0, words().text("column_outcome"), [light(verdict) for verdict in verdicts])
    show_list(display)


def _plans_found(context: Context, unit_id: str) -> PlansFound | None:
    """Solve where the button was pressed for this unit and state of the workspace."""
    text = words().text
    kept = st.session_state.setdefault(LAST_PLANS, {})
    key = (stamp(), unit_id)
    pressed = st.button(text("consolidate_solve"), type="primary", key="consolidate_solve")
    if pressed and key not in kept:
        begin(WORK, lambda tell, *_: (key, solve(context, unit_id, None, ALTERNATIVES, tell)[0]))
    if running(WORK, text("consolidate_working")):
        return None
    work = ended(WORK)
    if work is not None and work.is_cancelled:
        st.info(text("work_cancelled"))
    elif work is not None:
        kept.clear()
        kept.update([work.result])
    answer: PlansFound | None = kept.get(key)
    return answer


def _plans(context: Context, plans: PlansFound, answer: Answer) -> None:
    text = words().text
    say_lines(plan_lines(context, plans))
    if not plans.plans:
        return
    frame = answer.sheet("plan_changes").frame
    number = st.radio(
        text("consolidate_choose"), range(1, len(plans.plans) + 1), horizontal=True,
        format_func=lambda n: f"{n}（{len(plans.plans[n - 1].changes)}）", key="consolidate_plan",
    )  # fmt: skip
    chosen = frame[frame["plan_number"] == number]
    is_open = bool(plans.plans[number - 1].open_points)
    if not len(chosen) and is_open:
        st.warning(text("consolidate_open_change"))
        return
    if not len(chosen):
        st.success(text("consolidate_no_change"))
        return
    if not plans.plans[0].changes and not is_open:
        st.info(text("consolidate_optional"))
    show_list(shown_columns(chosen, CHANGE_COLUMNS[2:], words()))
    _elsewhere(plans, number, answer)
    _keep(context, plans, number)
    _maps(context, plans, number)


def _elsewhere(plans: PlansFound, number: int, answer: Answer) -> None:
    """Show what a plan does to platforms of other units; nothing where it touches none."""
    effects = plans.plans[number - 1].elsewhere
    if not effects.statements:
        return
    st.warning(as_text(words().joined(words().say(statement) for statement in effects.statements)))
    frame = answer.sheet("plan_elsewhere").frame
    mine = frame[frame["plan_number"] == number]
    if len(mine):
        show_list(shown_columns(mine, ELSEWHERE_COLUMNS, words()))


def _keep(context: Context, plans: PlansFound, number: int) -> None:
    """Keep a plan as a scenario, where it can be edited, compared and adopted."""
    text = words().text
    with st.form("consolidate_keep"):
        left, right = st.columns([4, 1], vertical_alignment="bottom")
        unit_name = unit_names(context).get(plans.unit_id, plans.unit_id)
        proposed = text("scenario_plan_name", unit_name=unit_name, number=number)
        name = left.text_input(text("scenario_name"), value=proposed, max_chars=LONGEST_NAME)
        pressed = right.form_submit_button(text("scenario_keep"))
    if not pressed:
        return
    try:
        scenario = add_scenario(context, name, plans.plans[number - 1].edits)
    except MuPlanError as error:
        st.error(error_text(error))
        return
    st.success(as_text(text("scenario_kept", name=scenario)))


def _maps(context: Context, plans: PlansFound, number: int) -> None:
    """Show the map before and after the plan, which is a scenario that nobody kept."""
    text = words().text
    unit_name = unit_names(context).get(plans.unit_id, plans.unit_id)
    title = text("scenario_plan_name", unit_name=unit_name, number=number)
    st.subheader(text("consolidate_maps"))
    show_scenario_maps(context, Scenario(title, plans.plans[number - 1].edits))


show()
