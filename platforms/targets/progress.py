"""Verdicts on tasks and targets as a table of progress: done, target, gap, and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from platforms.policy.in_force import PolicySet
from platforms.policy.verdict import Verdict

ProgressState = Literal[
    "on_target", "below_target", "past_target_date", "running", "no_verdict", "no_data"
]
RISING = (">=", ">", "share")
TARGET_RULES = ("A12", "B9", "B10", "B11", "C1", "C2", "C3", "C8", "D9", "E1", "E8")
"""Rules of tasks and targets, in the order in which they are shown."""


@dataclass(frozen=True)
class Progress:
    """One row: a part of a rule for a unit, a project or the city.

    ``verdict``: What the rule says: done is ``measured``, the target ``threshold``, both in
      ``unit``.
    ``share_done``: Done ÷ target, None where there is none or less is better.
    ``state``: ``on_target``; ``below_target``; ``past_target_date`` where the date has passed and
      it was not reached by then; ``running`` where a yearly duty isn't met yet and isn't due;
      ``no_verdict`` where the rule is shown only; ``no_data``.
    ``project_ids``: The projects counted.
    ``open_project_ids``: Projects that say too little to be counted or left out.
    """

    verdict: Verdict
    share_done: float | None
    state: ProgressState
    project_ids: tuple[str, ...]
    open_project_ids: tuple[str, ...]


def progress_rows(verdicts: Sequence[Verdict], policy: PolicySet) -> list[Progress]:
    """Turn verdicts into rows of progress.

    Parameters
    ----------
    verdicts
        As ``run_checks`` gives them.
    policy
        Their rules; where less is better no share done is given.

    Returns
    -------
    list of Progress
        One each, in the same order.
    """
    return [
        Progress(
            verdict=verdict,
            share_done=_share_done(verdict, policy),
            state=state_of(verdict),
            project_ids=_projects(verdict, "target_counted"),
            open_project_ids=_projects(verdict, "target_unclear"),
        )
        for verdict in verdicts
    ]


def state_of(verdict: Verdict) -> ProgressState:
    """Say where a target stands on the as-of date."""
    if verdict.outcome == "no_data":
        return "no_data"
    if verdict.outcome == "not_applicable":
        is_running = any(reason.code == "target_running" for reason in verdict.reasons)
        return "running" if is_running and verdict.force != "target" else "no_verdict"
    if verdict.outcome == "met":
        return "on_target"
    return "past_target_date" if verdict.is_past_target else "below_target"


def _share_done(verdict: Verdict, policy: PolicySet) -> float | None:
    if policy.rule(verdict.rule_id, verdict.part).rule.comparator not in RISING:
        return None
    if verdict.measured is None or not verdict.threshold:
        return None
    return verdict.measured / verdict.threshold


def _projects(verdict: Verdict, code: str) -> tuple[str, ...]:
    """Give the projects that one statement of the evidence names."""
    return tuple(
        row
        for evidence in verdict.evidence
        if evidence.layer == "projects" and evidence.statement and evidence.statement.code == code
        for row in evidence.rows
    )
