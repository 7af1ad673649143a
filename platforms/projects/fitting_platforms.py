"""Which platforms the industry of a major project fits (D4: 最优落地平台优先)."""

import pandas as pd

from layers.fields import split_list
from platforms.check_job import CheckJob
from platforms.industries.codes import division
from platforms.judge import judge
from platforms.policy.dated import DatedRule
from platforms.projects.dossiers import Dossiers, is_over
from platforms.projects.findings import nothing_found
from platforms.projects.rows import Row, text_of
from platforms.projects.transferred import is_major
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

LISTED_IN = ("leading_industries", "specialty_industries")


def platform_verdicts(job: CheckJob, held: Dossiers, dated: DatedRule) -> list[Verdict]:
    """Show for each major project the platforms whose industries fit it (最优落地平台优先).

    Parameters
    ----------
    job
        Units and layers.
    held
        The ledger.
    dated
        D4 ``best_platform``, never judged.

    Returns
    -------
    list of Verdict
        One a major project that hasn't ended: how many platforms name its industry (two digits)
        among their leading or specialty ones; which, and where it stands, is said. Which of their
        sites is best is answered by matching.

    Notes
    -----
    磐安 三（一）.
    """
    platforms = pd.DataFrame(job.layer("major_platforms"))
    found: dict[str, list[Verdict]] = {unit_id: [] for unit_id in job.unit_ids}
    for row, events in held.rows():
        unit_id, major = text_of(row, "unit_id"), is_major(row, held.policy)
        if unit_id in found and major is not False and not is_over(row, events):
            count, said = _fitting(row, platforms) if major else (None, say("d4_size_missing"))
            one = Evidence("projects", (str(row["project_id"]),), said)
            found[unit_id].append(
                judge(dated, count, unit_id=unit_id, year=job.year, evidence=(one,),
                      reasons=(said,))
            )  # fmt: skip
    for unit_id, verdicts in found.items():
        if not verdicts:
            verdicts.append(nothing_found(dated, unit_id, job.year, held.is_on_file))
    return [one for verdicts in found.values() for one in verdicts]


def _fitting(row: Row, platforms: pd.DataFrame) -> tuple[float | None, Statement]:
    """Count the platforms that name the industry; one that names none may do so."""
    code, scheme = text_of(row, "industry_code"), text_of(row, "industry_scheme")
    if code is None:
        return None, say("c4_industry_missing")
    fitting, silent = [], 0
    for one in platforms.to_dict("records"):
        listed = [item for column in LISTED_IN for item in split_list(one[column])]
        if not listed or text_of(one, "industry_scheme") != scheme:
            silent += 1
        elif division(code) in {division(item) for item in listed}:
            fitting.append(str(one["platform_id"]))
    if not fitting and silent:
        return None, say("d4_platforms_silent", count=silent)
    said = say(
        "d4_platforms", platform_ids="、".join(fitting) or "–",
        platform_id=text_of(row, "platform_id") or "–", count=silent,
    )  # fmt: skip
    return float(len(fitting)), said
