"""How a count of projects, or a part of them, becomes a verdict when some projects say too little.

The figure lies between what is certain and what may be. Where both ends answer alike, that is the
answer; where they don't, it is ``no_data`` and the reason says how far the figure may reach.
"""

from collections.abc import Sequence

import numpy as np

from platforms.judge import holds, judge
from platforms.policy.dated import DatedRule
from platforms.statement import Statement, say
from platforms.targets.conditions import Fit
from platforms.targets.ledger import Ledger
from platforms.targets.windows import Window
from platforms.verdict import Evidence, Outcome, Verdict

LAYER = "projects"
NOT_DUE = ("mandatory", "principle")
"""A duty of a year isn't breached before the year is over; a target is simply not reached yet."""


def count_verdict(
    dated: DatedRule, ledger: Ledger, counted: Fit, window: Window, unit_id: str | None
) -> Verdict:
    """Judge the number of projects counted.

    Parameters
    ----------
    dated
        The rule [个].
    ledger
        The ledger.
    counted
        Which of its projects count.
    window
        Days over which they were counted.
    unit_id
        The unit, None for the city.

    Returns
    -------
    Verdict
        With the projects counted, and those that may have to be, as evidence.
    """
    low = float(counted.yes.sum())
    high = low + float(counted.open.sum())
    evidence = _evidence(ledger, counted)
    lacking = _lacking(ledger, window)
    if lacking is None and holds(dated.rule, low) != holds(dated.rule, high):
        lacking = say("target_undecided", low=low, high=high, count=int(high - low))
    begins = ledger.first_year
    if lacking is None and begins is not None and begins > int(window.first[:4]):
        # What happened before the ledger was kept could only add to the count.
        lacking = None if holds(dated.rule, low) else say("target_ledger_begins", year=begins)
    if lacking is not None:
        return judge(
            dated, None, unit_id=unit_id, year=window.year, evidence=evidence, reasons=(lacking,)
        )
    said = [] if high == low else [say("target_open_projects", count=int(high - low))]
    return dated_verdict(dated, low, window, unit_id, evidence, said)


def part_verdict(
    dated: DatedRule,
    ledger: Ledger,
    part: Fit,
    whole: Fit,
    window: Window,
    unit_id: str | None,
    beside: Sequence[Statement] = (),
) -> Verdict:
    """Judge which part of some projects another property has.

    Parameters
    ----------
    dated
        The rule [share].
    ledger
        The ledger.
    part, whole
        Projects over and under the fraction line; the first are taken within the second.
    window
        Days over which they were counted.
    unit_id
        The unit, None for the city.
    beside
        What is to be said beside it.

    Returns
    -------
    Verdict
        ``no_data`` where nothing lies under the line; an open project lowers the least and raises
        the greatest share it may be.
    """
    over = part & whole
    unsure = over.open | whole.open
    least, most = _ends(part, whole)
    evidence = _evidence(ledger, Fit(over.yes, unsure), whole)
    lacking = _lacking(ledger, window)
    if lacking is None and not whole.yes.any():
        lacking = say("target_base_empty", count=int(whole.open.sum()))
    elif lacking is None and holds(dated.rule, least) != holds(dated.rule, most):
        lacking = say("target_share_undecided", low=least, high=most, count=int(unsure.sum()))
    if lacking is not None:
        return judge(
            dated, None, unit_id=unit_id, year=window.year, evidence=evidence,
            reasons=(lacking, *beside),
        )  # fmt: skip
    done, base = int(over.yes.sum()), int(whole.yes.sum())
    said = [say("target_parts", part=done, whole=base)]
    if unsure.any():
        said.append(say("target_open_projects", count=int(unsure.sum())))
    return dated_verdict(dated, done / base, window, unit_id, evidence, [*said, *beside])


def _ends(part: Fit, whole: Fit) -> tuple[float, float]:
    """Give the least and the greatest share there can be; 0 and 1 where nothing is certain."""
    base, done = whole.yes.sum(), (part.yes & whole.yes).sum()
    if not base:
        return 0.0, 1.0
    falls = (whole.open & ~part.yes).sum()
    turns = (whole.yes & part.open).sum()
    joins = (whole.open & (part.yes | part.open)).sum()
    return float(done / (base + falls)), float((done + turns + joins) / (base + joins))


def dated_verdict(
    dated: DatedRule,
    measured: float,
    window: Window,
    unit_id: str | None,
    evidence: tuple[Evidence, ...],
    said: Sequence[Statement] = (),
) -> Verdict:
    """Judge a figure that has a due day.

    Parameters
    ----------
    dated
        The rule.
    measured
        The figure [unit of the rule].
    window
        Days over which it was counted.
    unit_id
        The unit, None for the city.
    evidence, said
        Rows behind it, and what is said of it.

    Returns
    -------
    Verdict
        Before the due day a duty that isn't met yet is ``not_applicable``: not due.
    """
    outcome: Outcome | None = None
    reasons = list(said)
    if window.is_running:
        reasons.append(say("target_running", as_of=window.as_of, due=window.due))
        judged = dated.rule.comparator != "none"
        if judged and dated.rule.force in NOT_DUE and not holds(dated.rule, measured):
            outcome = "not_applicable"
    return judge(
        dated, measured, unit_id=unit_id, year=window.year, outcome=outcome, evidence=evidence,
        reasons=tuple(reasons),
    )  # fmt: skip


def _lacking(ledger: Ledger, window: Window) -> Statement | None:
    """Say why nothing can be counted: no ledger, or days that are still to come."""
    if ledger.is_empty:
        return say("target_no_projects")
    if not window.has_begun:
        return say("target_not_begun", first=window.first)
    return None


def _evidence(ledger: Ledger, counted: Fit, whole: Fit | None = None) -> tuple[Evidence, ...]:
    """Name the projects behind a figure."""
    found = [Evidence(LAYER, ledger.ids(counted.yes), say("target_counted"))]
    if whole is not None:
        rest: np.ndarray = whole.yes & ~counted.yes
        found.append(Evidence(LAYER, ledger.ids(rest), say("target_rest_of_base")))
    if counted.open.any():
        found.append(Evidence(LAYER, ledger.ids(counted.open), say("target_unclear")))
    return tuple(one for one in found if one.rows)
