"""Whether a project is one investor on one site under one code (C4)."""

import pandas as pd

from layers.fields import split_list
from platforms.projects.phases import WholeProject
from platforms.projects.rows import text_of
from platforms.statement import Statement, say

Findings = tuple[tuple[Statement, ...], tuple[Statement, ...]]


def single_project_faults(
    whole: WholeProject, projects: pd.DataFrame, is_one_site: bool | None = None
) -> Findings:
    """Say in what a project isn't one, and what can't be told.

    Parameters
    ----------
    whole
        The project with its phases.
    projects
        Table ``projects``: nobody else may have its code.
    is_one_site
        Whether all its land is one site, None where nobody has looked.

    Returns
    -------
    faults, missing
        Statements; both empty where it is one project.

    Notes
    -----
    C4 嘉政办发〔2018〕52号 三（二）; S14.
    """
    found = (_investor(whole), _site(whole, is_one_site), _code(whole, projects))
    faults = tuple(one for is_fault, one in found if is_fault and one is not None)
    missing = tuple(one for is_fault, one in found if not is_fault and one is not None)
    return faults, missing


Finding = tuple[bool, Statement | None]


def _investor(whole: WholeProject) -> Finding:
    """One credit code over all phases; a name alone tells different investors, not the same."""
    codes = [text_of(row, "credit_code") for row in whole.rows]
    if len({code for code in codes if code is not None}) > 1:
        return True, say("c4_investors", count=len({c for c in codes if c is not None}))
    return False, say("c4_investor_missing") if None in codes or not codes else None


def _site(whole: WholeProject, is_one_site: bool | None) -> Finding:
    """One parcel is one site; of several somebody has to have looked."""
    if is_one_site is not None:
        return not is_one_site, None if is_one_site else say("c4_sites")
    parcels = [split_list(row.get("parcel_ids")) for row in whole.rows]
    if not parcels or not all(parcels):
        return False, say("c4_site_missing")
    distinct = {parcel for row in parcels for parcel in row}
    return False, None if len(distinct) == 1 else say("c4_site_unseen", count=len(distinct))


def _code(whole: WholeProject, projects: pd.DataFrame) -> Finding:
    """Hold the codes: each row has one, and no other project has it."""
    own = {str(row["project_id"]) for row in whole.rows} | {whole.project_id}
    codes = [text_of(row, "project_code") for row in whole.rows]
    named = {code for code in codes if code is not None}
    having = projects["project_id"][projects["project_code"].isin(named)].astype(str)
    others = sorted(set(having) - own)
    if others:
        return True, say("c4_code_shared", project_ids="、".join(others))
    return False, say("c4_code_unsaid") if None in codes or not codes else None
