"""Projects under construction, new starts and works resumed by a day of the year (E1, E8)."""

import numpy as np

from platforms.judge import judge
from platforms.policy.dated import DatedRule, PolicySet
from platforms.statement import say
from platforms.targets.conditions import Fit
from platforms.targets.counts import fits, started
from platforms.targets.landing import BEGINNING
from platforms.targets.ledger import Ledger
from platforms.targets.tally import count_verdict, part_verdict
from platforms.targets.windows import Window, window_of
from platforms.verdict import Verdict

OVER = ("production", "ended")


def construction_verdict(
    dated: DatedRule, ledger: Ledger, policy: PolicySet, year: int
) -> Verdict | None:
    """Judge one part of the construction targets of the city.

    Parameters
    ----------
    dated
        The rule.
    ledger
        The ledger on the as-of date.
    policy
        Rules on that date.
    year
        Year asked, where the rule has no period.

    Returns
    -------
    Verdict or None
        Counted up to the target date or the as-of date, whichever comes first; None for a part
        that is not counted from projects.

    Notes
    -----
    E1, E8 长府办发 一2、五（一）28. 开工 by a day takes in works resumed on projects of earlier
    years; 新开工 doesn't.
    """
    window = window_of(dated.rule, year, policy.as_of)
    part = dated.rule.part
    fit = fits(ledger, dated)
    if part in ("new_starts", "new_starts_june"):
        counted = started(ledger, window)
    elif part == "under_construction":
        counted = started(ledger, window).minus(carried_over(ledger, window))
        counted = either(counted, carried_over(ledger, window))
    elif part in ("started_june", "starts_september"):
        resumed = carried_over(ledger, window) & _resumed(ledger, window)
        counted = either(started(ledger, window), resumed)
    elif part == "reserve":
        counted = _reserve(ledger, window)
    elif part == "industrial_share":
        base = fits(ledger, policy.rule("E1", "new_starts")) & started(ledger, window)
        return part_verdict(dated, ledger, fit, base, window, None)
    elif part == "resumption_june":
        base = carried_over(ledger, window) & fit
        return part_verdict(dated, ledger, _resumed(ledger, window), base, window, None)
    elif part == "new_start_rate_june":
        # No column says which projects were to start in the year, so there is nothing to divide by.
        return judge(dated, None, year=window.year, reasons=(say("target_plan_missing"),))
    else:
        return None
    return count_verdict(dated, ledger, counted & fit, window, None)


def carried_over(ledger: Ledger, window: Window) -> Fit:
    """Say which projects were under construction when the year began."""
    before = f"{int(window.first[:4]) - 1:04d}-12-31"
    begun = ledger.happened(("started",), BEGINNING, before)
    return begun.minus(ledger.happened(OVER, BEGINNING, before))


def either(one: Fit, other: Fit) -> Fit:
    """Give the rows that fit one or the other."""
    yes = one.yes | other.yes
    return Fit(yes, (one.open | other.open) & ~yes)


def _resumed(ledger: Ledger, window: Window) -> Fit:
    """Say on which projects works were resumed; open for all where nobody enters such events."""
    yes = ledger.happened(("resumed",), window.first, window.last).yes
    is_entered = (ledger.events["event_kind"] == "resumed").any()
    return Fit(yes, np.zeros_like(yes) if is_entered else ~yes)


def _reserve(ledger: Ledger, window: Window) -> Fit:
    """Say which projects stood in a reserve: entered in one, not started, not ended."""
    held = ledger.projects["reserve_level"].notna().to_numpy(dtype=bool)
    gone = ledger.happened(("started", "ended"), BEGINNING, window.last)
    return Fit(held, ~held).minus(Fit(gone.yes, gone.open))
