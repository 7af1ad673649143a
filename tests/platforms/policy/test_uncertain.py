"""Yes, no or not known, held against three-valued logic in plain Python."""

import operator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.errors import PolicyError
from platforms.policy.check import holds, judge_between, outcome_between
from platforms.policy.in_force import DatedRule
from platforms.policy.pack import Clause, Condition, Rule
from platforms.policy.uncertain import Maybe, rows_meeting
from platforms.policy.verdict import say

STATES = st.sampled_from([True, False, None])
PAIRS = st.lists(st.tuples(STATES, STATES), max_size=12)
AMOUNTS = st.integers(min_value=0, max_value=1000).map(float)


def maybe(states):
    return Maybe(
        np.array([state is True for state in states], dtype=bool),
        np.array([state is None for state in states], dtype=bool),
    )


def states_of(answer):
    return [
        None if is_open else bool(is_yes)
        for is_yes, is_open in zip(answer.yes, answer.open, strict=True)
    ]


def both(left, right):
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def opposite(state):
    return None if state is None else not state


def either(left, right):
    return opposite(both(opposite(left), opposite(right)))


@given(PAIRS)
def test_operators_agree_with_three_valued_logic(pairs):
    left, right = maybe([pair[0] for pair in pairs]), maybe([pair[1] for pair in pairs])
    assert states_of(left & right) == [both(*pair) for pair in pairs]
    assert states_of(left | right) == [either(*pair) for pair in pairs]
    assert states_of(left - right) == [both(a, opposite(b)) for a, b in pairs]
    assert states_of(~left) == [opposite(a) for a, _ in pairs]
    assert left.may.tolist() == [a is not False for a, _ in pairs]


@given(PAIRS)
def test_no_operator_makes_a_row_both_yes_and_open(pairs):
    left, right = maybe([pair[0] for pair in pairs]), maybe([pair[1] for pair in pairs])
    for answer in (left & right, left | right, left - right, ~left):
        assert not (answer.yes & answer.open).any()


@given(st.lists(st.tuples(STATES, AMOUNTS), max_size=6), st.data())
def test_bounds_are_reached_and_never_left_however_the_open_rows_turn_out(rows, data):
    answer = maybe([state for state, _ in rows])
    least, most = answer.bounds(np.array([amount for _, amount in rows], dtype=float))
    assert least == sum(amount for state, amount in rows if state)
    assert most == sum(amount for state, amount in rows if state is not False)
    settled = [data.draw(st.booleans()) if state is None else state for state, _ in rows]
    total = sum(amount for (_, amount), counts in zip(rows, settled, strict=True) if counts)
    assert least <= total <= most


def test_without_amounts_bounds_count_rows():
    assert maybe([True, None, False, None]).bounds() == (1.0, 3.0)


def test_what_is_known_has_nothing_open():
    assert states_of(Maybe.known(np.array([True, False]))) == [True, False]


OPERATORS = {
    ">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "==": operator.eq,
}  # fmt: skip


@given(
    st.lists(st.tuples(st.none() | AMOUNTS, STATES), max_size=12),
    st.sampled_from(sorted(OPERATORS)),
    AMOUNTS,
)
def test_rows_meet_conditions_as_in_three_valued_logic(rows, comparator, threshold):
    frame = pd.DataFrame(
        {
            "land_mu": pd.array([amount for amount, _ in rows], dtype="Float64"),
            "is_key": pd.array([is_key for _, is_key in rows], dtype="boolean"),
        }
    )
    conditions = (
        Condition("parks", "land_mu", comparator, threshold),
        Condition("parks", "is_key", "==", value=True),
    )
    expected = [
        both(None if amount is None else OPERATORS[comparator](amount, threshold), is_key)
        for amount, is_key in rows
    ]
    assert states_of(rows_meeting(frame, conditions)) == expected


def test_an_amount_in_rmb_settles_that_there_is_none_in_usd():
    frame = pd.DataFrame(
        {"investment_yi_usd": [np.nan, np.nan, 2.0], "investment_yi_yuan": [5.0, np.nan, np.nan]}
    )
    above = (Condition("projects", "investment_yi_usd", ">=", 1.0),)
    assert states_of(rows_meeting(frame, above)) == [False, None, True]


def test_words_fit_any_one_of_those_listed():
    frame = pd.DataFrame({"level": ["national", "town", None]})
    wanted = (Condition("major_platforms", "level", "==", ("national", "provincial")),)
    assert states_of(rows_meeting(frame, wanted)) == [True, False, None]


def rule(comparator, value, unit="个"):
    return Rule(
        rule_id="A1", part="", title="个数", scope=(), unit=unit, comparator=comparator,
        value=value, force="mandatory", force_word="应", effective_from=None,
        effective_until=None, target_date=None, period=None, basis="cited",
        clause=Clause("doc", "一"), reads={}, assumptions=(), lists=(),
        tolerance_m2=0.0, pack="test", line=1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("comparator", "value", "low", "high", "outcome"),
    [
        (">=", 10.0, 10.0, 12.0, "met"),
        (">=", 10.0, 9.0, 10.0, "no_data"),
        (">=", 10.0, 8.0, 9.0, "not_met"),
        (">", 10.0, 10.0, 10.5, "no_data"),
        (">", 10.0, 10.5, 11.0, "met"),
        ("<=", 10.0, 9.0, 10.0, "met"),
        ("<=", 10.0, 10.0, 11.0, "no_data"),
        ("<", 10.0, 10.0, 11.0, "not_met"),
        ("share", 0.7, 0.1 * 7, 0.8, "met"),
        ("share", 0.7, 0.699, 0.701, "no_data"),
        ("==", 10.0, 10.0, 10.0, "met"),
        ("==", 10.0, 9.0, 11.0, "no_data"),
        ("==", 10.0, 11.0, 12.0, "not_met"),
        ("between", (10.0, 20.0), 10.0, 20.0, "met"),
        ("between", (10.0, 20.0), 5.0, 25.0, "no_data"),
        ("between", (10.0, 20.0), 5.0, 9.0, "not_met"),
        ("between", (10.0, 20.0), 21.0, 25.0, "not_met"),
        ("between", (10.0, 20.0), 15.0, 25.0, "no_data"),
        ("list_empty", None, 0.0, 0.0, "met"),
        ("list_empty", None, 0.0, 1.0, "no_data"),
        (">=", 10.0, float("nan"), 12.0, "no_data"),
        (">=", 10.0, 12.0, float("nan"), "no_data"),
    ],
)
def test_a_figure_between_bounds_is_judged_where_all_of_them_agree(
    comparator, value, low, high, outcome
):
    assert outcome_between(rule(comparator, value), low, high) == outcome


@given(
    st.sampled_from([">=", ">", "<=", "<", "==", "share", "between"]),
    st.integers(min_value=-4, max_value=4),
    st.integers(min_value=0, max_value=5),
)
def test_an_outcome_is_settled_only_where_every_figure_between_has_it(comparator, low, width):
    value = (-1.0, 1.0) if comparator == "between" else 0.0
    judged = rule(comparator, value)
    # Thresholds are whole numbers: steps of a half meet every side of each.
    figures = np.arange(low, low + width + 0.25, 0.5)
    outcomes = {holds(judged, float(figure)) for figure in figures}
    outcome = outcome_between(judged, float(low), float(low + width))
    assert outcome == (
        "no_data" if len(outcomes) == 2 else "met" if True in outcomes else "not_met"
    )


def test_a_rule_that_is_never_judged_has_no_outcome_between_bounds():
    with pytest.raises(PolicyError) as caught:
        outcome_between(rule("none", None), 1.0, 2.0)
    assert caught.value.code == "rule_without_number"


DATED = DatedRule(rule(">=", 10.0), "in_force", is_past_target=False, clause="《文》 一")
SETTLED, OPEN = say("target_parts", part=1, whole=2), say("target_projects_open", count=2)


def test_a_settled_verdict_shows_the_least_figure_and_its_reasons():
    verdict = judge_between(
        DATED, 11.0, 13.0, unit_id="U1", year=2025, reasons=(SETTLED,), undecided=(OPEN,)
    )
    assert (verdict.outcome, verdict.measured, verdict.gap) == ("met", 11.0, 1.0)
    assert (verdict.unit_id, verdict.year, verdict.reasons) == ("U1", 2025, (SETTLED,))


def test_a_settled_verdict_shows_another_figure_where_asked():
    cap = replace(DATED, rule=rule("<=", 10.0))
    assert judge_between(cap, 7.0, 9.0, measured=9.0).gap == -1.0


def test_an_undecided_verdict_has_no_figure_and_says_why():
    verdict = judge_between(DATED, 9.0, 10.0, reasons=(SETTLED,), undecided=(OPEN,))
    assert (verdict.outcome, verdict.measured, verdict.reasons) == ("no_data", None, (OPEN,))
