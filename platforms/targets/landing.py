"""The landing rate (签约落地率, C3, C8): of the signed projects on a year's list, those started."""

from collections.abc import Sequence

import numpy as np

from platforms.policy.dated import PolicySet
from platforms.statement import say
from platforms.targets.conditions import Fit
from platforms.targets.ledger import Ledger
from platforms.targets.tally import part_verdict
from platforms.targets.windows import Window, window_of
from platforms.verdict import Verdict

BEGINNING = "0000-01-01"


def on_years_list(ledger: Ledger, window: Window) -> Fit:
    """Say which projects stood on the list of a year.

    Parameters
    ----------
    ledger
        The ledger.
    window
        The year.

    Returns
    -------
    Fit
        Listed by its last day, not started before it and not gone from the list (C6: a project
        leaves by starting, or because the policy or the investor changed).
    """
    came = ledger.happened(("listed",), BEGINNING, window.last)
    earlier = ledger.happened(("started",), BEGINNING, _day_before(window.first))
    # A start without a date counts as open in the year itself, not a second time as an earlier one.
    earlier = Fit(earlier.yes, np.zeros_like(earlier.open))
    return came.minus(earlier).minus(ledger.left_list(window.last))


def signed_and_landed(ledger: Ledger, policy: PolicySet, window: Window) -> tuple[Fit, Fit]:
    """Say which projects of a year's list are signed, and which projects landed in the year.

    Parameters
    ----------
    ledger
        The ledger.
    policy
        Rules on the as-of date; S5 states what is signed and what is landed.
    window
        The year, or its part up to a day.

    Returns
    -------
    tuple of Fit
        What lies under the fraction line of the landing rate, and what lies over it where it also
        lies under it.
    """
    listed = on_years_list(ledger, window)
    signed = ledger.happened(
        policy.setting_texts("S5", "denominator_events"), BEGINNING, window.last
    )
    landed = ledger.happened(policy.setting_texts("S5", "landed_events"), window.first, window.last)
    return listed & signed, landed


def landing_verdicts(
    ledger: Ledger,
    rule_id: str,
    part: str,
    unit_ids: Sequence[str | None],
    policy: PolicySet,
    year: int,
) -> list[Verdict]:
    """Judge the landing rate of units and of the city.

    Parameters
    ----------
    ledger
        The ledger on the as-of date.
    rule_id, part
        ``C8``, or ``C3`` with its part ``landing_rate``.
    unit_ids
        Units to judge, None among them for the city.
    policy
        Rules on that date; S5 states what is signed and what is landed.
    year
        Year asked.

    Returns
    -------
    list of Verdict
        One each; ÷ all listed stands in the reasons. Without a signed project, ``no_data``.

    Notes
    -----
    C8 嘉政办发〔2018〕52号 一、四（四）、附件; S5. The provincial definition is not stated.
    """
    dated = policy.rule(rule_id, part)
    window = window_of(dated.rule, year, policy.as_of)
    listed = on_years_list(ledger, window)
    signed, landed = signed_and_landed(ledger, policy, window)
    verdicts = []
    for unit_id in unit_ids:
        own = listed & ledger.of_unit(unit_id)
        whole = signed & own
        beside = []
        if own.yes.any():
            count, base = int((own.yes & landed.yes).sum()), int(own.yes.sum())
            beside.append(say("target_of_listed", part=count, whole=base, share=count / base))
        verdicts.append(part_verdict(dated, ledger, landed, whole, window, unit_id, beside))
    return verdicts


def _day_before(first: str) -> str:
    """Give the last day of the year before."""
    return f"{int(first[:4]) - 1:04d}-12-31"
