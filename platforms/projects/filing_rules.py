"""Whether large projects were filed, and in time before their signing (B5, B7)."""

from collections.abc import Iterator
from datetime import date

from platforms.judge import judge
from platforms.policy.dated import DatedRule
from platforms.projects.dossiers import Dossiers, finding, first_days
from platforms.projects.filing import filing_size
from platforms.projects.findings import Finding, nothing_found
from platforms.projects.rows import Row, text_of
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

FIRST_REPORT, SIGNED = "first_report", "signed"
IN_TALKS = "in_talks"


def unfiled(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find projects in talks that are so large that they have to be filed, and weren't (B5).

    Notes
    -----
    《进一步推动招大引强工作实施方案》 二（一）3; S8.
    """
    for row, events in held.rows():
        stage = text_of(row, "stage")
        if stage not in (None, IN_TALKS):
            continue
        size, why = filing_size(row, held.policy)
        if size == "not_met":
            continue
        filed_on = first_days(events).get(FIRST_REPORT)
        if filed_on is not None:
            yield finding(row, "keeps", say("b5_filed", on=filed_on))
        elif size == "no_data" or stage is None:
            yield finding(row, "open", why)
        else:
            yield finding(row, "departs", why)


def notice_verdicts(held: Dossiers, dated: DatedRule, unit_ids: tuple[str, ...]) -> list[Verdict]:
    """Judge how many days ahead each major signing of the year was filed (B7).

    Parameters
    ----------
    held
        The ledger.
    dated
        B7 [天].
    unit_ids
        Units whose projects are judged.

    Returns
    -------
    list of Verdict
        One a signed major project; a unit without any has one, ``not_applicable``.

    Notes
    -----
    《进一步推动招大引强工作实施方案》 二（一）3; S6, S12: the day of filing isn't counted, so a
    signing on the 8th has to be filed on the 1st.
    """
    found: dict[str, list[Verdict]] = {unit_id: [] for unit_id in unit_ids}
    for row, events in held.rows():
        unit_id, days = text_of(row, "unit_id"), first_days(events)
        signed_on = days.get(SIGNED)
        if unit_id not in found or signed_on is None or not signed_on.startswith(f"{held.year}-"):
            continue
        size, why = filing_size(row, held.policy)
        if size != "not_met":
            one = _notice(row, days, dated, held.year) if size == "met" else None
            found[unit_id].append(one or _unknown(row, dated, held.year, why))
    for unit_id, verdicts in found.items():
        if not verdicts:
            verdicts.append(nothing_found(dated, unit_id, held.year, held.is_on_file))
    return [one for verdicts in found.values() for one in verdicts]


def _notice(row: Row, days: dict[str, str], dated: DatedRule, year: int) -> Verdict:
    filed_on, signed_on = days.get(FIRST_REPORT), days[SIGNED]
    if filed_on is None:
        return _unknown(row, dated, year, say("b7_not_filed", on=signed_on))
    ahead = (date.fromisoformat(signed_on) - date.fromisoformat(filed_on)).days
    said = say("b7_days", filed_on=filed_on, on=signed_on)
    return judge(
        dated, float(ahead), unit_id=text_of(row, "unit_id"), year=year,
        evidence=(Evidence("projects", (str(row["project_id"]),), said),),
    )  # fmt: skip


def _unknown(row: Row, dated: DatedRule, year: int, why: Statement) -> Verdict:
    return judge(
        dated, None, unit_id=text_of(row, "unit_id"), year=year,
        evidence=(Evidence("projects", (str(row["project_id"]),)),), reasons=(why,),
    )  # fmt: skip
