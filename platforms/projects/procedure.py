"""Stages in order, approval time, central approval (B8 D8 D10 E4 E10)."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import pandas as pd

from platforms.ledger.calendar import Window, moment_of, official_holidays, window_of, working_days
from platforms.ledger.claims import zone_of
from platforms.ledger.counting import ProjectLedger, competition_ledger
from platforms.ledger.events import StageModel, contradictions
from platforms.ledger.histories import (
    Finding,
    finding,
    first_days,
    is_over,
    kinds_of,
    list_verdicts,
    must_be_empty,
    started_on,
    verdicts_by_unit,
)
from platforms.ledger.rows import Row, text_of
from platforms.policy.check import CheckJob, counted_rows, holds, judge, judge_between
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.projects.competition import is_major

OVER = ("production", "completed", "ended")


@check("B8")
@must_be_empty
def disordered(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects whose stages are missing or the wrong way round (B8).

    B8 《进一步推动招大引强工作实施方案》 二（一）1, 3: from list to list, none left out. A project
    without an event, of which only the row tells a stage, isn't known.
    """
    model = StageModel("stages", dated.rule.rule_id, dated.rule.part, kinds_of(dated), True)
    for row, events in competition_ledger(job).histories:
        days = {kind: day for kind, day in first_days(events).items() if kind in model.stages}
        if not days:
            yield finding(row, "open", say("stages_untold"))
            continue
        contradicting = contradictions(days, (model,))
        if not contradicting:
            yield finding(row, "keeps", say("stages_in_order", count=len(days)))
            continue
        first = contradicting[0]
        if first.predecessor_on is None:
            said = say("warning_stage_missing", steps=first.kind, predecessor=first.predecessor)
        else:
            said = say(
                "warning_stage_order", steps=first.kind, on=first.on,
                predecessor=first.predecessor, predecessor_on=first.predecessor_on,
            )  # fmt: skip
        yield finding(row, "departs", said)


EVENTS = "project_events"


def kept_steps(job: CheckJob) -> Mapping[str, frozenset[str] | None]:
    """Say by kind of event where such events are entered.

    A kind of which any event is on file is entered everywhere (None: every unit); else the units
    whose events of this very kind are stated to be on file (``data_coverage``). A kind that isn't
    named is entered nowhere.
    """
    stated = pd.DataFrame(job.source.read("data_coverage"))
    stated = stated[stated["covered_layer"].eq(EVENTS).fillna(value=False).to_numpy(dtype=bool)]
    units_of: dict[str, set[str]] = {}
    for kind, unit_id in zip(stated["covered_kind"], stated["unit_id"], strict=True):
        if isinstance(kind, str) and isinstance(unit_id, str):
            units_of.setdefault(kind, set()).add(unit_id)
    kept: dict[str, frozenset[str] | None] = {
        kind: frozenset(unit_ids) for kind, unit_ids in units_of.items()
    }
    on_file = set(map(str, competition_ledger(job).past["event_kind"].dropna()))
    return {**kept, **dict.fromkeys(on_file)}


def _is_kept(job: CheckJob, row: Row, kind: str) -> bool:
    kept = job.per_run(kept_steps)
    if kind not in kept:
        return False
    unit_ids = kept[kind]
    return unit_ids is None or text_of(row, "unit_id") in unit_ids


@check("D10", "order")
@must_be_empty
def out_of_order(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects that left out a step before the one reached, or took one too early (D10).

    磐安 二（三）–（六）; only the steps that the text names bind a project: gathering projects and
    information (谋划, 信息) is the duty of the 区块, registration no step. A step that isn't on
    file is missing where such steps are entered, else not known. A project without an event, of
    which only the row tells a stage, isn't known.
    """
    steps = kinds_of(dated)
    model = StageModel("approval", dated.rule.rule_id, dated.rule.part, steps)
    for row, events in competition_ledger(job).histories:
        days = {kind: day for kind, day in first_days(events).items() if kind in steps}
        if not days:
            untold = not events or text_of(row, "stage") not in (None, "in_talks")
            said = say("stages_untold" if untold else "d10_not_reached")
            yield finding(row, "open" if untold else "keeps", said)
            continue
        reached = max(steps.index(kind) for kind in days)
        missing = [kind for kind in steps[:reached] if kind not in days]
        lacking = [kind for kind in missing if _is_kept(job, row, kind)]
        turned = contradictions(days, (model,))
        if turned:
            first = turned[0]
            said = say(
                "warning_stage_order", steps=first.kind, on=first.on,
                predecessor=first.predecessor, predecessor_on=first.predecessor_on,
            )  # fmt: skip
            yield finding(row, "departs", said)
        elif lacking:
            said = say("warning_stage_missing", steps=steps[reached], predecessor=lacking[-1])
            yield finding(row, "departs", said)
        elif missing:
            yield finding(row, "open", say("d10_not_kept", steps=missing[-1], count=len(missing)))
        else:
            yield finding(row, "keeps", say("stages_in_order", count=len(days)))


@check("D10", "task_force")
@must_be_empty
def too_early_task_forces(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects whose task force was set up before the review panel had met (D10).

    磐安 二（四）. Where nobody enters review panels, that isn't known.
    """
    panel, task_force = kinds_of(dated)
    for row, events in competition_ledger(job).histories:
        days = first_days(events)
        if task_force not in days:
            continue
        if panel not in days:
            is_kept = _is_kept(job, row, panel)
            code = "d10_no_panel" if is_kept else "d10_panel_not_kept"
            yield finding(row, "departs" if is_kept else "open", say(code, on=days[task_force]))
        elif days[task_force] < days[panel]:
            said = say("d10_before_panel", on=days[task_force], panel_on=days[panel])
            yield finding(row, "departs", said)
        else:
            yield finding(row, "keeps", say("d10_after_panel", on=days[task_force]))


@check("D10", "major_at_once", unit="天")
def major_review_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Show how long each major project waited for the review panel (D10).

    ``dated``: D10 ``major_at_once`` [天], never judged: 随时 names no number of days. Its condition
    names the form handed in and the panel.

    One a major project whose form was handed in by the as-of date; a unit without any has one,
    ``not_applicable``.

    磐安 二（三）; which projects are major is assumed.
    """
    form, panel = kinds_of(dated)
    verdicts: list[tuple[str | None, Verdict]] = []
    for row, events in competition_ledger(job).histories:
        days = first_days(events)
        if form not in days or is_major(row, job.policy) is not True:
            continue
        waited: float | None = None
        said = say("d10_panel_awaited", on=days[form])
        if panel in days:
            begin, end = (date.fromisoformat(days[kind]) for kind in (form, panel))
            waited = float((end - begin).days)
            said = say("d10_panel_met", on=days[form], panel_on=days[panel])
        unit_id = text_of(row, "unit_id")
        verdict = judge(
            dated, waited, unit_id=unit_id if unit_id in job.unit_ids else None, year=job.year,
            evidence=(Evidence("projects", (str(row["project_id"]),), said),), reasons=(said,),
        )  # fmt: skip
        verdicts.append((unit_id, verdict))
    return verdicts_by_unit(job, dated, verdicts)


@check("D8", "recorded")
@must_be_empty
def unrecorded(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects under way of which nothing at all is recorded (D8 磐安 四（一）)."""
    for row, events in competition_ledger(job).histories:
        if text_of(row, "stage") is None and not events:
            yield finding(row, "open", say("stages_untold"))
        elif events:
            yield finding(row, "keeps", say("d8_recorded", count=len(events)))
        else:
            yield finding(row, "departs", say("warning_never_updated"))


@check("D8", "stale")
@must_be_empty
def stale(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects under way of which nothing was entered for so many days (D8 磐安 四（一））."""
    zone, today = zone_of(job.policy), date.fromisoformat(job.policy.as_of)
    most = job.policy.setting_number("stale_days", "days")
    for row, events in competition_ledger(job).histories:
        if is_over(row, events) or any(event["event_kind"] in OVER for event in events):
            continue
        entered = [moment_of(str(event["entered_at"]), zone).date() for event in events]
        last = max((day for day in entered if day <= today), default=None)
        if last is None:
            yield finding(row, "open", say("warning_never_updated"))
            continue
        days = (today - last).days
        said = say("warning_stale", days=days, last=last.isoformat())
        yield finding(row, "departs" if days >= most else "keeps", said)


SPAN = "approval_span"


def approval_days(
    row: Row, events: Sequence[Row], policy: PolicySet
) -> tuple[int | None, Statement] | None:
    """Count the working days of an approval.

    ``row, events``: The project and what happened to it by the as-of date.
    ``policy``: Rules on that date; ``approval_span`` names the events between which is counted.

    Working days, None where a year's holidays aren't known or the approval runs; None in all where
    it hasn't begun.
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


@check("E4", "days")
def approval_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the approval of each project that was approved in the year (E4 ``days``).

    One a project [工作日]; a unit without any has one, ``not_applicable``.

    长春 四（三）22; the span is the pack's assumption.
    """
    verdicts: list[tuple[str | None, Verdict]] = []
    for row, count, said in job.per_rule(_approvals_of_year):
        unit_id = text_of(row, "unit_id")
        if unit_id in job.unit_ids:
            verdict = judge(
                dated, None if count is None else float(count), unit_id=unit_id, year=job.year,
                evidence=(Evidence("projects", (str(row["project_id"]),), said),),
                reasons=(said,) if count is None else (),
            )  # fmt: skip
            verdicts.append((unit_id, verdict))
    return verdicts_by_unit(job, dated, verdicts)


@check("E4", "share")
def approval_share(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge which part of the year's approvals kept the time (E4 ``share``).

    Of the city, by the part ``days``; an approval whose days can't be counted may have kept it or
    not.
    """
    if not job.is_whole_city:
        return []
    limit = job.policy.rule(job.rule_id, "days")
    approvals = [
        (row, count) for row, count, said in job.per_rule(_approvals_of_year)
        if said.code != "e4_running"
    ]  # fmt: skip
    known = [(row, count) for row, count in approvals if count is not None]
    kept = [row for row, count in known if holds(limit.rule, float(count))]
    uncounted = [row for row, count in approvals if count is None]
    evidence = tuple(
        Evidence("projects", tuple(str(row["project_id"]) for row in rows), say(code))
        for code, rows in (
            ("e4_in_time", kept), ("e4_late", [r for r, _ in known if r not in kept]),
            ("target_unclear", uncounted),
        )
        if rows
    )  # fmt: skip
    if not approvals:
        none = say("target_base_empty", count=0)
        if competition_ledger(job).is_empty:
            none = say("target_no_projects")
        return [judge(dated, None, year=job.year, reasons=(none,))]
    low, high = len(kept) / len(approvals), (len(kept) + len(uncounted)) / len(approvals)
    undecided = say("target_share_undecided", low=low, high=high, count=len(uncounted))
    parts = say("target_parts", part=len(kept), whole=len(approvals))
    verdict = judge_between(
        dated, low, high, year=job.year, evidence=evidence, reasons=(parts,),
        undecided=(undecided,),
    )  # fmt: skip
    return [verdict]


def _approvals_of_year(job: CheckJob) -> list[tuple[Row, int | None, Statement]]:
    """Give the approvals that ended in the year, and those that run."""
    (end,) = job.policy.setting_texts(SPAN, "to_event")
    approvals = []
    for row, events in competition_ledger(job).histories:
        counted = approval_days(row, events, job.policy)
        ended_on = first_days(events).get(end)
        if counted is not None and (ended_on is None or ended_on.startswith(f"{job.year}-")):
            approvals.append((row, *counted))
    return approvals


APPROVED = "central_approval"
PLANNED = "start_planned_on"


@check("E10", unit="项")
def central_approval_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge whether the large projects to start in a year were approved in its first quarter.

    ``dated``: E10 [项]; its target date is the last day of the quarter.

    One a unit. To start in the year is what started in it, or was planned to; where the planned
    start is filled in for no project, that isn't known. Before the last day what isn't approved yet
    is ``not_applicable``: not due. In later years what that year's first quarter brought stands
    beside it (trend).

    长春 五（一）27.
    """
    window = window_of(dated.rule, job.year, job.policy.as_of)
    verdicts = list_verdicts(job, dated, list(_findings(job, dated, window)))
    if not window.is_running:
        return [_with_trend(job, dated, window, verdict) for verdict in verdicts]
    is_on_file = not competition_ledger(job).is_empty
    running = say("target_running", as_of=window.as_of, due=window.due)
    return [
        dataclasses.replace(verdict, outcome="not_applicable", reasons=(*verdict.reasons, running))
        if verdict.outcome == "not_met" or (verdict.outcome == "no_data" and is_on_file)
        else verdict
        for verdict in verdicts
    ]


def _with_trend(job: CheckJob, dated: DatedRule, window: Window, verdict: Verdict) -> Verdict:
    """Put the first quarter of the as-of year beside the one that the rule speaks of."""
    year = job.policy.as_of[:4]
    due = f"{year}{window.due[4:]}"
    if year <= window.due[:4] or job.policy.as_of < due:
        return verdict
    now = Window(f"{year}{window.first[4:]}", due, window.as_of, int(year))
    states = [each.state for each in _findings(job, dated, now) if each.unit_id == verdict.unit_id]
    said = say(
        "e10_trend", year=int(year), approved=states.count("keeps"),
        other=states.count("departs"), count=states.count("open"),
    )  # fmt: skip
    return dataclasses.replace(verdict, reasons=(*verdict.reasons, said))


def _findings(job: CheckJob, dated: DatedRule, window: Window) -> Iterator[Finding]:
    ledger = competition_ledger(job)
    is_kept = bool(ledger.past["event_kind"].eq(APPROVED).any())
    sizes = counted_rows(dated.rule, "projects", ledger.projects)
    for at, (row, events) in enumerate(ledger.histories):
        starts = _starts(ledger, row, started_on(row, events), window.due[:4])
        if is_over(row, events) or starts is False or not (sizes.yes[at] or sizes.open[at]):
            continue
        on = first_days(events).get(APPROVED)
        if not sizes.yes[at]:
            yield finding(row, "open", say("target_amount_missing"))
        elif starts is None:
            yield finding(row, "open", say("e10_start_unsaid"))
        elif on is not None and window.first <= on <= window.due:
            yield finding(row, "keeps", say("e10_approved", on=on))
        elif on is not None:
            yield finding(row, "departs", say("e10_late", on=on))
        elif is_kept:
            yield finding(row, "departs", say("e10_missing"))
        else:
            yield finding(row, "open", say("e10_not_kept"))


def _starts(ledger: ProjectLedger, row: Row, begun: str | None, year: str) -> bool | None:
    """Whether a project was to start anew in a year, None where nothing says so."""
    planned = text_of(row, PLANNED)
    if begun is not None:
        return begun[:4] == year
    if planned is not None:
        return planned[:4] == year
    return False if ledger.is_filled_in(PLANNED) else None
