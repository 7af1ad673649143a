"""Projects so large that a leader of the city and a secretary look after them (E5)."""

from collections.abc import Iterator

from geo.units import compare
from platforms.policy.dated import DatedRule
from platforms.projects.dossiers import Dossiers, finding, is_over
from platforms.projects.findings import Finding, State
from platforms.projects.rows import Row, number_of, text_of
from platforms.statement import Statement, say

CITY_LEADER = "city_leader"


def least_investment(dated: DatedRule) -> float:
    """Give the investment from which on the rule speaks of a project [亿元]."""
    (least, *_) = [
        float(condition.value)
        for condition in dated.rule.where
        if isinstance(condition.value, float) and condition.column == "investment_yi_yuan"
    ]
    return least


def unattended(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find large projects without a leader of the city, or without a secretary.

    Notes
    -----
    长春 五（二）30, 31. A column that is filled in for no project isn't kept.
    """
    least = least_investment(dated)
    judged = _leader if dated.rule.part == "leader" else _secretary
    for row, events in held.rows():
        invested = number_of(row, "investment_yi_yuan")
        if is_over(row, events) or (invested is not None and compare(invested, least) < 0):
            continue
        if invested is None:
            yield finding(row, "open", say("target_amount_missing"))
        else:
            yield finding(row, *judged(held, row, invested, least))


def _leader(held: Dossiers, row: Row, invested: float, least: float) -> tuple[State, Statement]:
    leader, role = text_of(row, "leader"), text_of(row, "leader_role")
    if leader is not None and role == CITY_LEADER:
        return "keeps", say("e5_attended")
    said = say("warning_no_leader", invested=invested, least=least)
    if leader is not None and role is None:
        return "open", say("e5_role_unknown")
    return "departs" if held.is_kept("leader") else "open", said


def _secretary(held: Dossiers, row: Row, invested: float, least: float) -> tuple[State, Statement]:
    if text_of(row, "secretary") is not None:
        return "keeps", say("e5_attended")
    said = say("warning_no_secretary", invested=invested, least=least)
    return "departs" if held.is_kept("secretary") else "open", said
