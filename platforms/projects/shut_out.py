"""Projects that compete with a listed one of another unit, and steps taken for them (C5, C14)."""

import dataclasses
from collections.abc import Iterator, Sequence

from platforms.policy.dated import DatedRule, PolicySet
from platforms.projects.claims import TalksQuestion
from platforms.projects.conflicts import conflicts
from platforms.projects.dossiers import Dossiers, finding, is_over, kinds_of
from platforms.projects.exclusivity import Exclusivity, exclusivity
from platforms.projects.findings import Finding, State
from platforms.projects.official_calendar import official_holidays
from platforms.projects.rows import Row
from platforms.statement import say

LIST_RULE, TALKS_RULE = "C5", "B5"
FREE = ("free", "held_by_own_unit")


def competing(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find projects shut out by one that is listed with a binding agreement elsewhere (C5).

    Notes
    -----
    嘉政办发〔2018〕52号 四（二）; S14. Only a project that may be one with another is asked about;
    one that ended competes with nobody.
    """
    disputed, policy = _disputed(held), _without(held.policy, TALKS_RULE)
    for row, events in held.rows():
        if is_over(row, events):
            continue
        if str(row["project_id"]) not in disputed:
            yield finding(row, "keeps", say("c5_alone"))
            continue
        yield _seen(row, _on(held, row, policy.as_of, policy))


def in_others_talks(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find projects in talks with a unit while another has the exclusive first talks (B5).

    Notes
    -----
    《进一步推动招大引强工作实施方案》 二（一）3; S12, S14.
    """
    disputed, policy = _disputed(held), _without(held.policy, LIST_RULE)
    for row, events in held.rows():
        if is_over(row, events):
            continue
        if str(row["project_id"]) not in disputed:
            yield finding(row, "keeps", say("c5_alone"))
            continue
        yield _seen(row, _on(held, row, policy.as_of, policy))


def _seen(row: Row, talks: Exclusivity) -> Finding:
    if talks.state in FREE:
        return finding(row, "keeps", say("c5_alone"))
    state: State = "departs" if talks.state == "held_by_other" else "open"
    return finding(row, state, talks.reasons[0])


def barred_steps(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find projects for which a step was taken while they were shut out (C14).

    Notes
    -----
    嘉政办发〔2018〕52号 四（二）: no land, energy, environment, approval or credit step. A step is
    judged by the day it was taken; one taken before the other project was listed isn't barred.
    """
    barred, disputed = kinds_of(dated), _disputed(held)
    for row, events in held.rows():
        taken = [one for one in events if one["event_kind"] in barred]
        if not taken:
            continue
        if str(row["project_id"]) not in disputed:
            yield finding(row, "keeps", say("c14_free"))
            continue
        yield _worst(held, row, taken)


def _worst(held: Dossiers, row: Row, taken: Sequence[Row]) -> Finding:
    """Judge the steps of a disputed project: one that was barred decides, then one in doubt."""
    found, policy = None, _without(held.policy, TALKS_RULE)
    for step in taken:
        day = str(step["event_on"])
        talks = _on(held, row, day, policy)
        if talks.state in FREE:
            continue
        said = say(
            "c14_barred", steps=str(step["event_kind"]), on=day,
            other_project_id=talks.holder_project_id or "–",
        )  # fmt: skip
        if talks.state == "held_by_other":
            return finding(row, "departs", said)
        found = found or finding(row, "open", said)
    return found or finding(row, "keeps", say("c14_free"))


def _on(held: Dossiers, row: Row, day: str, policy: PolicySet) -> Exclusivity:
    question = TalksQuestion(str(row["project_id"]), day, official_holidays())
    return exclusivity(question, held.projects, held.events, policy)


def _disputed(held: Dossiers) -> set[str]:
    return {name for one in conflicts(held.projects, held.policy) for name in one.project_ids}


def _without(policy: PolicySet, rule_id: str) -> PolicySet:
    """Leave one of the two rules aside: first talks end, the list doesn't."""
    rules = {key: dated for key, dated in policy.rules.items() if key[0] != rule_id}
    return dataclasses.replace(policy, rules=rules)
