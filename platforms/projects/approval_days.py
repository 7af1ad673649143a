"""How many working days the approval of a project took (审批时限, E4)."""

from collections.abc import Sequence
from datetime import date

from platforms.judge import holds, judge
from platforms.policy.dated import DatedRule, PolicySet
from platforms.projects.dossiers import Dossiers, first_days
from platforms.projects.findings import nothing_found
from platforms.projects.official_calendar import official_holidays, working_days
from platforms.projects.rows import Row, text_of
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

SPAN = "approval_span"


def approval_days(
    row: Row, events: Sequence[Row], policy: PolicySet
) -> tuple[int | None, Statement] | None:
    """Count the working days of an approval.

    Parameters
    ----------
    row, events
        The project and what happened to it by the as-of date.
    policy
        Rules on that date; ``approval_span`` names the events between which is counted.

    Returns
    -------
    days, statement
        Working days, None where a year's holidays aren't known or the approval runs; None in all
        where it hasn't begun.
    """
    (begin,), (end,) = (policy.setting_texts(SPAN, name) for name in ("from_event", "to_event"))
    days = first_days(events)
    if end not in days and begin not in days:
        return None
    if begin not in days:
        return None, say("e4_no_begin", steps=begin, on=days[end])
    last = days.get(end, policy.as_of)
    count = working_days(
        date.fromisoformat(days[begin]), date.fromisoformat(last), official_holidays()
    )
    if count is None:
        return None, say("e4_no_calendar", on=days[begin], until=last)
    if end not in days:
        return None, say("e4_running", on=days[begin], days=count)
    return count, say("e4_days", on=days[begin], until=last, days=count)


def approval_verdicts(held: Dossiers, dated: DatedRule, unit_ids: Sequence[str]) -> list[Verdict]:
    """Judge the approval of each project that was approved in the year (E4 ``days``).

    Returns
    -------
    list of Verdict
        One a project [工作日]; a unit without any has one, ``not_applicable``.

    Notes
    -----
    长春 四（三）22; the span is the pack's assumption.
    """
    found: dict[str, list[Verdict]] = {unit_id: [] for unit_id in unit_ids}
    for row, count, said in _of_year(held):
        unit_id = text_of(row, "unit_id")
        if unit_id in found:
            rows = (Evidence("projects", (str(row["project_id"]),), said),)
            reasons = (said,) if count is None else ()
            figure = None if count is None else float(count)
            found[unit_id].append(
                judge(
                    dated, figure, unit_id=unit_id, year=held.year, evidence=rows, reasons=reasons
                )
            )
    for unit_id, verdicts in found.items():
        if not verdicts:
            verdicts.append(nothing_found(dated, unit_id, held.year, held.is_on_file))
    return [one for verdicts in found.values() for one in verdicts]


def approval_share(held: Dossiers, dated: DatedRule, limit: DatedRule) -> Verdict:
    """Judge which part of the year's approvals kept the time (E4 ``share``).

    Parameters
    ----------
    held
        The ledger.
    dated, limit
        Parts ``share`` and ``days``.

    Returns
    -------
    Verdict
        Of the city; an approval whose days can't be counted may have kept it or not.
    """
    found = [(row, count, said) for row, count, said in _of_year(held) if said.code != "e4_running"]
    known = [(row, count) for row, count, _ in found if count is not None]
    kept = [row for row, count in known if holds(limit.rule, float(count))]
    open_ones = [row for row, count, _ in found if count is None]
    evidence = tuple(
        Evidence("projects", tuple(str(row["project_id"]) for row in rows), say(code))
        for code, rows in (
            ("e4_in_time", kept), ("e4_late", [r for r, _ in known if r not in kept]),
            ("target_unclear", open_ones),
        )
        if rows
    )  # fmt: skip
    if not found:
        none = (
            say("target_no_projects") if not held.is_on_file else say("target_base_empty", count=0)
        )
        return judge(dated, None, year=held.year, reasons=(none,))
    low, high = len(kept) / len(found), (len(kept) + len(open_ones)) / len(found)
    if holds(dated.rule, low) != holds(dated.rule, high):
        said = say("target_share_undecided", low=low, high=high, count=len(open_ones))
        return judge(dated, None, year=held.year, evidence=evidence, reasons=(said,))
    said = say("target_parts", part=len(kept), whole=len(found))
    return judge(dated, low, year=held.year, evidence=evidence, reasons=(said,))


def _of_year(held: Dossiers) -> list[tuple[Row, int | None, Statement]]:
    """Give the approvals that ended in the year, and those that run."""
    (end,) = held.policy.setting_texts(SPAN, "to_event")
    found = []
    for row, events in held.rows():
        counted = approval_days(row, events, held.policy)
        ended_on = first_days(events).get(end)
        if counted is not None and (ended_on is None or ended_on.startswith(f"{held.year}-")):
            found.append((row, *counted))
    return found
