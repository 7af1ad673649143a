"""Key foreign firms, each with somebody who looks after it (B15)."""

import pandas as pd

from platforms.check_job import CheckJob
from platforms.judge import holds, judge
from platforms.policy.dated import DatedRule
from platforms.projects.dossiers import Dossiers
from platforms.projects.rows import text_of
from platforms.statement import say
from platforms.targets.conditions import conditions_on, fitting
from platforms.verdict import Evidence, Verdict

FIRMS = "enterprises"


def contact_verdicts(job: CheckJob, held: Dossiers, dated: DatedRule) -> list[Verdict]:
    """Judge how many key foreign firms have a contact.

    Parameters
    ----------
    job
        Whether the city is judged as a whole, and its layers.
    held
        The ledger.
    dated
        B15 ``contacts`` [家].

    Returns
    -------
    list of Verdict
        One for the city; key firms without a contact are named. Where no firm has one, they
        aren't kept, and nothing is known; a firm that doesn't say whether it is a key one may be.

    Notes
    -----
    《进一步推动招大引强工作实施方案》 二（二）6.
    """
    if not job.is_whole_city:
        return []
    firms = pd.DataFrame(job.layer(FIRMS)).reset_index(drop=True)
    fit = fitting(firms, conditions_on(dated.rule, FIRMS))
    has = firms["contact"].map(lambda one: text_of({"": one}, "") is not None)
    looked_after = has.to_numpy(dtype=bool)
    if not looked_after.any():
        said = say("b15_not_kept" if len(firms) else "b15_no_firms")
        return [judge(dated, None, year=job.year, reasons=(said,))]
    ids = firms["enterprise_id"].astype(str)
    alone = tuple(ids[fit.yes & ~looked_after])
    unsaid = fit.open & looked_after
    evidence = [
        Evidence(FIRMS, tuple(ids[fit.yes & looked_after]), say("b15_looked_after")),
        Evidence(FIRMS, alone, say("b15_alone")),
        Evidence(FIRMS, tuple(ids[unsaid]), say("b15_unsaid")),
    ]
    rows = tuple(one for one in evidence if one.rows)
    low = float((fit.yes & looked_after).sum())
    high = low + float(unsaid.sum())
    if holds(dated.rule, low) != holds(dated.rule, high):
        said = say("b15_undecided", low=low, high=high)
        return [judge(dated, None, year=job.year, evidence=rows, reasons=(said,))]
    reasons = (say("b15_without", count=len(alone)),) if alone else ()
    return [judge(dated, low, year=job.year, evidence=rows, reasons=reasons)]
