"""On which day of the month problems were filed, sent out and met about (问题清单, E6)."""

from datetime import date

import pandas as pd

from platforms.judge import judge
from platforms.policy.dated import DatedRule
from platforms.projects.rows import Row, text_of
from platforms.statement import say
from platforms.verdict import Evidence, Verdict

LAYER = "problems"
COLUMNS = {"filed": "filed_on", "sent": "sent_on", "meeting": "met_on"}


def problem_verdict(problems: pd.DataFrame, dated: DatedRule, year: int, as_of: str) -> Verdict:
    """Judge the latest day of the month on which a step was taken.

    Parameters
    ----------
    problems
        Table ``problems``.
    dated
        E6, part ``filed``, ``sent`` or ``meeting`` [日].
    year
        Year in which the problems were filed.
    as_of
        The day (ISO); what came after it hasn't happened.

    Returns
    -------
    Verdict
        Of the city. The days are counted from the first of the month of filing, so what is sent
        out on the 3rd of the next month is late by its length. Not yet sent counts as of the
        as-of date once it is late; a meeting that wasn't held isn't overdue.

    Notes
    -----
    长春 五（二）32; "日前" includes the day (S12).
    """
    column = COLUMNS[dated.rule.part]
    rows: list[Row] = [
        row for row in problems.to_dict("records")
        if (filed := text_of(row, "filed_on")) and filed.startswith(f"{year}-") and filed <= as_of
    ]  # fmt: skip
    if not rows:
        undated = int(problems["filed_on"].isna().sum())
        said = say("e6_none", year=year, count=undated)
        return judge(dated, None, year=year, reasons=(said,))
    days = {str(row["problem_id"]): _day(row, column, dated, as_of) for row in rows}
    known = {name: day for name, day in days.items() if day is not None}
    if not known:
        return judge(
            dated, None, year=year, outcome="not_applicable", reasons=(say("e6_none_due"),),
        )  # fmt: skip
    latest = max(known.values())
    late = tuple(name for name, day in known.items() if day > dated.rule.number)
    rest = tuple(name for name in known if name not in late)
    evidence = [Evidence(LAYER, ids, say(code)) for code, ids in
                (("e6_late", late), ("e6_in_time", rest)) if ids]  # fmt: skip
    return judge(dated, float(latest), year=year, evidence=tuple(evidence))


def _day(row: Row, column: str, dated: DatedRule, as_of: str) -> int | None:
    """Give the day counted from the first of the month of filing; None where none is due."""
    filed = date.fromisoformat(str(text_of(row, "filed_on")))
    on = text_of(row, column)
    done = None if on is None or on > as_of else date.fromisoformat(on)
    first = filed.replace(day=1)
    if done is not None:
        return (done - first).days + 1
    if dated.rule.part != "sent":
        return None
    resolved = text_of(row, "resolved_on")
    if resolved is not None and resolved <= as_of:
        return None
    waited = (date.fromisoformat(as_of) - first).days + 1
    return waited if waited > dated.rule.number else None
