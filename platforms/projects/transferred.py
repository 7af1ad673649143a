"""Projects that one unit brought and another received: do both score alike (B6, D4)."""

from collections.abc import Iterator, Sequence

import pandas as pd

from geo.units import compare
from platforms.check_job import CheckJob
from platforms.policy.dated import DatedRule, PolicySet
from platforms.projects.dossiers import Dossiers, finding
from platforms.projects.findings import Finding, list_verdicts
from platforms.projects.rows import Row, number_of, text_of
from platforms.statement import say
from platforms.targets.conditions import conditions_on, fitting
from platforms.verdict import Verdict

TRANSFERRED, FIRST_REPORT = "transferred", "first_report"
MAJOR = "major_projects"
MANUFACTURING = "industry"
Scores = dict[tuple[str, str], float]


def credit_verdicts(job: CheckJob, held: Dossiers, dated: DatedRule) -> list[Verdict]:
    """Judge whether both units of each transferred project were credited alike.

    Parameters
    ----------
    job
        Units and layers.
    held
        The ledger.
    dated
        B6, or D4 ``equal_score`` of major projects alone [项]; a condition names the figure among
        the targets that holds the score of a unit for a project.

    Returns
    -------
    list of Verdict
        One a unit. A project departs where one of the two is credited and the other isn't, or
        with another score; where neither is, nothing is known yet.

    Notes
    -----
    B6 《进一步推动招大引强工作实施方案》 二（一）3; D4 磐安 三（一）. The first unit is the one
    that filed it first, the receiving one that of the last transfer.
    """
    scores = _scores(job, dated)
    is_of_major = MAJOR in dated.rule.assumptions
    findings = list(_findings(held, scores, is_of_major))
    return list_verdicts(job, dated, findings, held.is_on_file)


def _scores(job: CheckJob, dated: DatedRule) -> Scores:
    """Give the score of each unit for each project, what was given twice added up."""
    targets = pd.DataFrame(job.source.read("targets"))
    rows = targets[fitting(targets, conditions_on(dated.rule, "targets")).yes]
    scores: Scores = {}
    for row in rows.to_dict("records"):
        project_id, unit_id = text_of(row, "project_id"), text_of(row, "unit_id")
        score = number_of(row, "actual_value")
        if project_id is not None and unit_id is not None and score is not None:
            scores[project_id, unit_id] = scores.get((project_id, unit_id), 0.0) + score
    return scores


def _findings(held: Dossiers, scores: Scores, is_of_major: bool) -> Iterator[Finding]:
    for row, events in held.rows():
        moves = [one for one in events if one["event_kind"] == TRANSFERRED]
        major = is_major(row, held.policy) if is_of_major else True
        if not moves or major is False:
            continue
        first, last = _first_unit(row, events), text_of(moves[-1], "unit_id")
        if major is None:
            yield finding(row, "open", say("d4_size_missing"))
        elif first is None or last is None or first == last:
            yield finding(row, "open", say("b6_units_missing"))
        else:
            yield _compared(row, first, last, scores)


def _first_unit(row: Row, events: Sequence[Row]) -> str | None:
    """Give the unit that filed a project first; its own where nobody says, before any transfer."""
    filed = [text_of(one, "unit_id") for one in events if one["event_kind"] == FIRST_REPORT]
    return next((unit_id for unit_id in filed if unit_id is not None), text_of(row, "unit_id"))


def _compared(row: Row, first: str, last: str, scores: Scores) -> Finding:
    project_id = str(row["project_id"])
    one, other = scores.get((project_id, first)), scores.get((project_id, last))
    if one is None and other is None:
        return finding(row, "open", say("b6_no_score", first_unit=first, last_unit=last))
    if one is None or other is None:
        credited, left_out = (last, first) if one is None else (first, last)
        return finding(row, "departs", say("b6_one_only", unit_id=credited, left_out=left_out))
    said = say("b6_scores", first_unit=first, one=one, last_unit=last, other=other)
    return finding(row, "keeps" if compare(one, other) == 0 else "departs", said)


def is_major(row: Row, policy: PolicySet) -> bool | None:
    """Say whether a project is a major one (D4), None where that isn't known.

    Parameters
    ----------
    row
        Row of ``projects``.
    policy
        Rules with ``major_projects``: from how many 亿元 on, and which categories are 产业.

    Returns
    -------
    bool or None
        Manufacturing from its own amount on, other 产业 from theirs.
    """
    category, amount = text_of(row, "category"), number_of(row, "investment_yi_yuan")
    kinds = policy.setting_texts(MAJOR, "industrial_categories")
    if category is not None and category not in (MANUFACTURING, *kinds):
        return False
    least = {
        name: policy.setting_number(MAJOR, f"{name}_from_yi_yuan")
        for name in ("manufacturing", "industrial")
    }
    if amount is None:
        return None
    if category is None:
        sure = [compare(amount, one) >= 0 for one in least.values()]
        return sure[0] if len(set(sure)) == 1 else None
    wanted = least["manufacturing" if category == MANUFACTURING else "industrial"]
    return compare(amount, wanted) >= 0
