"""Whether a project in talks is so large that it has to be filed (B5)."""

import math

from platforms.judge import holds
from platforms.policy.dated import PolicySet
from platforms.projects.rows import Row, number_of
from platforms.statement import Statement, say
from platforms.verdict import Outcome


def filing_size(
    row: Row, policy: PolicySet, yuan_per_usd: float | None = None
) -> tuple[Outcome, Statement]:
    """Say whether a project reaches the size that has to be filed.

    Parameters
    ----------
    row
        Row of ``projects``.
    policy
        Rules on the as-of date, with parts ``usd`` and ``rmb`` of B5.
    yuan_per_usd
        Central parity of the filing day, stored with the filing; None where none is.

    Returns
    -------
    outcome, statement
        ``met`` or ``not_met`` with the amount that decided, ``no_data`` with what is missing.

    Notes
    -----
    B5 《进一步推动招大引强工作实施方案》 二（一）3; S8. The threshold in USD compares the
    contracted USD, and a project contracted in RMB lies under it. Only a project contracted in
    USD and short of that threshold needs the rate, for the threshold in RMB.
    """
    usd, rmb = number_of(row, "investment_yi_usd"), number_of(row, "investment_yi_yuan")
    least_usd, least_rmb = policy.rule("B5", "usd").rule, policy.rule("B5", "rmb").rule
    if usd is not None and holds(least_usd, usd):
        return "met", say("filing_size_usd", usd=usd, least_usd=least_usd.number)
    if rmb is None and usd is None:
        return "no_data", say("filing_size_missing")
    if rmb is None and usd is not None:
        if yuan_per_usd is None or not math.isfinite(yuan_per_usd) or yuan_per_usd <= 0:
            return "no_data", say("filing_rate_missing", usd=usd)
        rmb = usd * yuan_per_usd
    amount = rmb if rmb is not None else 0.0
    if holds(least_rmb, amount):
        return "met", say("filing_size_rmb", rmb=amount, least_rmb=least_rmb.number)
    return "not_met", say("filing_size_small", rmb=amount, least_rmb=least_rmb.number)
