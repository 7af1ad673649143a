"""The list of major projects (C4 C6 C7 C12 C13)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from layers.fields import split_list
from platforms.ledger.calendar import moment_of, months_later, window_of
from platforms.ledger.claims import zone_of
from platforms.ledger.counting import (
    ProjectLedger,
    competition_ledger,
    kept_until,
    whole_projects_of,
)
from platforms.ledger.histories import (
    DELISTED,
    LISTED,
    Finding,
    State,
    finding,
    first_days,
    is_on_list,
    is_over,
    kinds_of,
    must_be_empty,
    started_on,
    verdicts_by_unit,
)
from platforms.ledger.phases import WholeProject
from platforms.ledger.rows import Row, text_of
from platforms.policy.check import CheckJob, counted_rows, judge, judge_between
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.uncertain import conditions_on
from platforms.policy.verdict import Evidence, Force, Outcome, Statement, Verdict, say
from platforms.targets.counts import on_years_list

Faults = tuple[tuple[Statement, ...], tuple[Statement, ...]]


def single_project_faults(
    whole: WholeProject, projects: pd.DataFrame, is_one_site: bool | None = None
) -> Faults:
    """Say in what a project isn't one, and what can't be told.

    ``whole``: The project with its phases.
    ``projects``: Table ``projects``: nobody else may have its code.
    ``is_one_site``: Whether all its land is one site, None where nobody has looked.

    Statements; both empty where it is one project.

    C4 嘉政办发〔2018〕52号 三（二）; S14.
    """
    tests = (_investor(whole), _site(whole, is_one_site), _code(whole, projects))
    faults = tuple(said for is_fault, said in tests if is_fault and said is not None)
    missing = tuple(said for is_fault, said in tests if not is_fault and said is not None)
    return faults, missing


Fault = tuple[bool, Statement | None]


def _investor(whole: WholeProject) -> Fault:
    """One credit code over all phases; a name alone tells different investors, not the same."""
    codes = [text_of(row, "credit_code") for row in whole.rows]
    if len({code for code in codes if code is not None}) > 1:
        return True, say("c4_investors", count=len({c for c in codes if c is not None}))
    return False, say("c4_investor_missing") if None in codes or not codes else None


def _site(whole: WholeProject, is_one_site: bool | None) -> Fault:
    """One parcel is one site; of several somebody has to have looked."""
    if is_one_site is not None:
        return not is_one_site, None if is_one_site else say("c4_sites")
    parcels = [split_list(row.get("parcel_ids")) for row in whole.rows]
    if not parcels or not all(parcels):
        return False, say("c4_site_missing")
    distinct = {parcel for row in parcels for parcel in row}
    return False, None if len(distinct) == 1 else say("c4_site_unseen", count=len(distinct))


def _code(whole: WholeProject, projects: pd.DataFrame) -> Fault:
    """Hold the codes: each row has one, and no other project has it."""
    of_whole = {str(row["project_id"]) for row in whole.rows} | {whole.project_id}
    codes = [text_of(row, "project_code") for row in whole.rows]
    known = {code for code in codes if code is not None}
    having = projects["project_id"][projects["project_code"].isin(known)].astype(str)
    others = sorted(set(having) - of_whole)
    if others:
        return True, say("c4_code_shared", project_ids="、".join(others))
    return False, say("c4_code_unsaid") if None in codes or not codes else None


Measured = tuple[float | None, tuple[Statement, ...]]

CODE_MARKS = str.maketrans("", "", "-－— ")
"""Marks that project codes are written with; places are counted without them."""


@dataclass(frozen=True)
class Subject:
    """One project put to the conditions of the list.

    ``project_id``: Its number.
    ``row``: Its row.
    ``whole``: The project with all its phases.
    ``ledger``: The ledger on the as-of date.
    ``policy``: Rules on that date.
    ``is_one_site``: Whether all its land is one site, None where nobody has looked.
    """

    project_id: str
    row: Row
    whole: WholeProject
    ledger: ProjectLedger
    policy: PolicySet
    is_one_site: bool | None


def eligibility(
    project_id: str, ledger: ProjectLedger, policy: PolicySet, *, is_one_site: bool | None = None
) -> tuple[Verdict, ...]:
    """Judge whether a project may come on the list.

    ``is_one_site``: Whether all its land is one site, where it lies on several parcels; None
      where nobody has looked.

    One a part of C4 that the pack has; of a list that must be empty the count is 0 or more faults,
    named in the reasons. What is missing is ``no_data``, named.

    Raises PlanningError: ``project_not_on_file``.

    C4 嘉政办发〔2018〕52号 三; S14.
    """
    row = ledger.row(project_id)
    whole = ledger.whole_projects[str(row["project_id"])]
    subject = Subject(project_id, row, whole, ledger, policy, is_one_site)
    verdicts = []
    for part in policy.parts("C4"):
        if part in PARTS:
            dated = policy.rule("C4", part)
            measured, reasons = PARTS[part](subject, dated)
            is_idle = measured is None and any(reason.code == "c4_not_phased" for reason in reasons)
            verdicts.append(
                judge(
                    dated, measured, unit_id=text_of(row, "unit_id"),
                    outcome="not_applicable" if is_idle else None,
                    evidence=(Evidence("projects", (project_id,)),), reasons=reasons,
                )
            )  # fmt: skip
    return tuple(verdicts)


def outcome_of(verdicts: tuple[Verdict, ...], force: Force) -> Outcome:
    """Say how the parts of one force come out together; forces are never mixed.

    ``verdicts``: Verdicts of ``eligibility``.

    ``not_met`` where one part isn't met, else ``no_data`` where one can't be told, else ``met``;
    ``not_applicable`` where no part of that force is in force.
    """
    outcomes = [v.outcome for v in verdicts if v.force == force and v.in_force]
    for outcome in ("not_met", "no_data", "met"):
        if outcome in outcomes:
            return outcome
    return "not_applicable"


def _position(ledger: ProjectLedger, project_id: str) -> int:
    chosen = ledger.projects["project_id"].eq(project_id).fillna(value=False).to_numpy(dtype=bool)
    return int(np.flatnonzero(chosen)[0])


def measure_excluded(subject: Subject, dated: DatedRule) -> Measured:
    """Infrastructure, real estate, hotels, complexes, platforms that let to others."""
    category = text_of(subject.row, "category")
    if category is None:
        return None, (say("c4_category_missing"),)
    rows = pd.DataFrame([subject.row])
    if counted_rows(dated.rule, "projects", rows).yes[0]:
        return 1.0, (say("c4_excluded", category=category),)
    return 0.0, (say("c4_category_admitted", category=category),)


def measure_industry(subject: Subject, dated: DatedRule) -> Measured:
    """Is the project in one of the industries listed; the lists are assumed."""
    code = text_of(subject.row, "industry_code")
    if code is None:
        return None, (say("c4_industry_missing"),)
    digits = code.upper().lstrip("ABCDEFGHIJKLMNOPQRST")
    lists = [subject.policy.code_list(name) for name in dated.rule.lists]
    scheme = text_of(subject.row, "industry_scheme")
    if any(code_list.industry_scheme != scheme for code_list in lists):
        return None, (say("c4_scheme_differs", scheme=scheme or "–"),)
    for code_list in lists:
        if digits.startswith(code_list.codes):
            return 0.0, (say("c4_industry_listed", code=digits, title=code_list.title),)
    if any(entry.startswith(digits) for code_list in lists for entry in code_list.codes):
        return None, (say("c4_industry_too_short", code=digits),)
    return 1.0, (say("c4_industry_unlisted", code=digits),)


def measure_single_project(subject: Subject, _dated: DatedRule) -> Measured:
    """Is it one investor, one site, one code."""
    faults, missing = single_project_faults(
        subject.whole, subject.ledger.projects, subject.is_one_site
    )
    if faults:
        return float(len(faults)), (*faults, *missing)
    return (None, missing) if missing else (0.0, (say("c4_single"),))


def measure_phases(subject: Subject, _dated: DatedRule) -> Measured:
    """In how many phases is it built; one where it isn't divided."""
    count = max(len(subject.whole.phases), 1)
    return float(count), (say("c4_phases", count=count),)


def measure_code_prefix(subject: Subject, dated: DatedRule) -> Measured:
    """How many places, at most those asked, the codes of all phases begin with alike."""
    if not subject.whole.phases[1:]:
        return None, (say("c4_not_phased"),)
    asked = int(dated.rule.number)
    codes = [(text_of(r, "project_code") or "").translate(CODE_MARKS) for r in subject.whole.phases]
    lacking = [
        str(row["project_id"])
        for row, code in zip(subject.whole.phases, codes, strict=True)
        if len(code) < asked
    ]
    if lacking:
        return None, (say("c4_code_missing", project_ids="、".join(lacking), places=asked),)
    alike = next((n for n in range(asked) if len({code[n] for code in codes}) > 1), asked)
    return float(alike), (say("c4_codes_alike", alike=alike, places=asked),)


def _not_started(subject: Subject, _dated: DatedRule) -> Measured:
    """Had works begun by the day it came on the list, by the as-of date where it isn't on it."""
    ledger = subject.ledger
    position = _position(ledger, subject.project_id)
    listed_on = ledger.first_day(("listed",)).iloc[position]
    is_listed = isinstance(listed_on, str) and listed_on <= ledger.as_of
    day = str(listed_on) if is_listed else ledger.as_of
    started = ledger.happened(("started",), "0000-01-01", day)
    if started.open[position]:
        return None, (say("c4_start_missing"),)
    began = bool(started.yes[position])
    return float(began), (say("c4_started" if began else "c4_not_started", day=day),)


PARTS: dict[str, Callable[[Subject, DatedRule], Measured]] = {
    "excluded": measure_excluded,
    "industry": measure_industry,
    "single_project": measure_single_project,
    "phases": measure_phases,
    "code_prefix": measure_code_prefix,
    "not_started": _not_started,
}
"""What each part of C4 measures, in the unit of the rule."""


BEGUN = ("started", "in_production")


class _Listed(NamedTuple):
    """A project on the list with its events and its phases."""

    row: Row
    events: list[Row]
    whole: WholeProject


@check("C4", "excluded")
@must_be_empty
def excluded(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find listed projects of a category that may not be listed (C4 三（一）, mandatory)."""
    return _measured(job, dated, measure_excluded)


@check("C4", "industry")
@must_be_empty
def of_other_industry(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find listed projects of none of the industries named (C4 三（一）, a principle)."""
    return _measured(job, dated, measure_industry)


@check("C4", "single_project")
@must_be_empty
def not_single(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find listed projects that aren't one investor, one site, one code (C4 三（二）; S14)."""
    return _measured(job, dated, measure_single_project)


@check("C4", "not_started")
@must_be_empty
def begun_before(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects whose works had begun by the day they came on the list (C4 三（三）).

    嘉政办发〔2018〕52号 三（三）. A start of which only the stage tells has no day.
    """
    for row, events, _ in job.per_run(_listed):
        listed_on, begun = first_days(events)[LISTED], started_on(row, events)
        if begun is None and text_of(row, "stage") in BEGUN:
            yield finding(row, "open", say("c4_start_missing"))
        elif begun is not None and begun <= listed_on:
            yield finding(row, "departs", say("c4_started", day=listed_on))
        else:
            yield finding(row, "keeps", say("c4_not_started", day=listed_on))


@check("C4", "phases", unit="期")
@check("C4", "code_prefix", unit="位")
def phased_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge each listed project in phases: how many, and how far their codes begin alike.

    ``dated``: C4 ``phases`` [期] or ``code_prefix`` [位].

    One a project in phases, under the unit of its first listed row; a unit without any has one,
    ``not_applicable``.

    嘉政办发〔2018〕52号 三（二）.
    """
    measure = measure_phases if dated.rule.part == "phases" else measure_code_prefix
    phased: dict[str, _Listed] = {}
    for project in job.per_run(_listed):
        if project.whole.is_phased:
            phased.setdefault(project.whole.project_id, project)
    verdicts: list[tuple[str | None, Verdict]] = []
    for project in phased.values():
        measured, said = measure(_subject(job, project), dated)
        ids = tuple(str(row["project_id"]) for row in project.whole.rows)
        unit_id = text_of(project.row, "unit_id")
        is_idle = any(reason.code == "c4_not_phased" for reason in said)
        verdict = judge(
            dated, measured, unit_id=unit_id if unit_id in job.unit_ids else None, year=job.year,
            outcome="not_applicable" if is_idle else None,
            evidence=(Evidence("projects", ids, said[0]),), reasons=said,
        )  # fmt: skip
        verdicts.append((unit_id, verdict))
    return verdicts_by_unit(job, dated, verdicts)


def _measured(
    job: CheckJob, dated: DatedRule, measure: Callable[[Subject, DatedRule], Measured]
) -> Iterator[Finding]:
    for project in job.per_run(_listed):
        count, said = measure(_subject(job, project), dated)
        state: State = "open" if count is None else "departs" if count else "keeps"
        yield finding(project.row, state, said[0])


def _listed(job: CheckJob) -> tuple[_Listed, ...]:
    """List what is on the list on the as-of date."""
    wholes = whole_projects_of(job)
    return tuple(
        _Listed(row, events, wholes[str(row["project_id"])])
        for row, events in competition_ledger(job).histories
        if is_on_list(events)
    )


def _subject(job: CheckJob, project: _Listed) -> Subject:
    ledger = competition_ledger(job)
    return Subject(
        str(project.row["project_id"]), project.row, project.whole, ledger, job.policy, None
    )


SERVICE = ("leader", "action_map", "service_team")
RECORDED = "list_recorded"


@check("C6", "exit")
@must_be_empty
def exits(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects that left the list in the year for another than the three reasons (C6).

    嘉政办发〔2018〕52号 四（一）: started, no longer fitting the policy, given up by the investor.
    A reason not on file is no reason known; "started" without a start by then is none.
    """
    for row, events in competition_ledger(job).histories:
        gone = [event for event in events if event["event_kind"] == DELISTED]
        if not gone or not str(gone[-1]["event_on"]).startswith(f"{job.year}-"):
            continue
        on, reason = str(gone[-1]["event_on"]), text_of(gone[-1], "exit_reason")
        begun = started_on(row, events)
        if reason is None:
            yield finding(row, "open", say("c6_reason_missing", on=on))
        elif reason == "started" and (begun is None or begun > on):
            yield finding(row, "departs", say("c6_not_started", on=on))
        else:
            yield finding(row, "keeps", say("c6_reason", on=on, exit_reason=reason))


@check("C7")
@must_be_empty
def late_nodes(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find listed projects whose nodes were entered late or not at all (C7).

    嘉政办发〔2018〕52号 四（三）: reported in good time, summed up by month. No day is stated, so a
    node is late once the month after its own has gone by without it (pack: ``node_entry``).
    """
    nodes, zone = kinds_of(dated), zone_of(job.policy)
    months = int(job.policy.setting_number("node_entry", "months"))
    for row, events in competition_ledger(job).histories:
        if not is_on_list(events):
            continue
        days = first_days(events)
        late = [
            str(event["event_kind"]) for event in events
            if event["event_kind"] in nodes
            and job.is_of_year(str(event["event_on"]))
            and moment_of(str(event["entered_at"]), zone).date() > _last_of_month(event, months)
        ]  # fmt: skip
        reached = [at for at, kind in enumerate(nodes) if kind in days]
        missing = [kind for kind in nodes[: max(reached, default=0)] if kind not in days]
        if late:
            yield finding(row, "departs", say("c7_late", steps=";".join(dict.fromkeys(late))))
        elif missing:
            yield finding(row, "open", say("c7_left_out", steps=";".join(missing)))
        else:
            yield finding(row, "keeps", say("c7_in_time", count=len(reached)))


def _last_of_month(event: Row, months: int) -> date:
    """Give the last day of the month that lies so many months after that of an event."""
    first = date.fromisoformat(str(event["event_on"])).replace(day=1)
    return date.fromordinal(months_later(first, months + 1).toordinal() - 1)


@check("C12")
@must_be_empty
def unserved(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find listed projects without leader, map of action or service team (C12).

    嘉政办发〔2018〕52号 四（四）. A column that is filled in for no project isn't kept, so nothing
    can be said of it.
    """
    ledger = competition_ledger(job)
    for row, events in ledger.histories:
        if not is_on_list(events) or is_over(row, events):
            continue
        lacking = [name for name in SERVICE if text_of(row, name) is None]
        known = [name for name in lacking if ledger.is_filled_in(name)]
        if known:
            yield finding(row, "departs", say("c12_lacks", columns=";".join(known)))
        elif lacking:
            yield finding(row, "open", say("c12_not_kept", columns=";".join(lacking)))
        else:
            yield finding(row, "keeps", say("c12_complete"))


@check("C13")
@must_be_empty
def missed_steps(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects that came on the list, or left it, in the year without its steps (C13).

    嘉政办发〔2018〕52号 四（一）: written opinion, review, consent, then the list; put on record
    afterwards. A step out of its order departs. One that isn't on file is open, with the days
    since the one before it, as no document sets a term; where the unit keeps such steps and the
    list was changed without it, it departs.
    """
    steps = kinds_of(dated)
    for row, events in competition_ledger(job).histories:
        turns = [at for at, event in enumerate(events) if event["event_kind"] in (LISTED, DELISTED)]
        of_year = [at for at in turns if str(events[at]["event_on"])[:4] == str(job.year)]
        if not of_year:
            continue
        faults: list[str] = []
        pending: list[tuple[str, int]] = []
        for at in of_year:
            begin = max((turn + 1 for turn in turns if turn < at), default=0)
            end = min((turn for turn in turns if turn > at), default=len(events))
            turned, lacking = _steps_of_turn(events[begin:end], at - begin, steps)
            missed = [kind for kind in lacking if _is_missed(job, row, kind, events[at])]
            faults += [*missed, *turned]
            waiting = _pending(job, events[begin:end], lacking)
            pending += [(kind, days_ago) for kind, days_ago in waiting if kind not in missed]
        if faults:
            yield finding(row, "departs", say("c13_missed", steps=";".join(dict.fromkeys(faults))))
        elif pending:
            kind, days_ago = pending[0]
            yield finding(row, "open", say("c13_pending", steps=kind, days=days_ago))
        else:
            yield finding(row, "keeps", say("c13_complete", count=len(of_year)))


def _steps_of_turn(
    span: Sequence[Row], turn: int, steps: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Name the steps of a turn of the list that are out of order, and those not on file.

    ``span``: Events after the turn before it, up to the next one.
    ``turn``: Place of the turn in it.
    """
    before = [kind for kind in steps if kind != RECORDED]
    days = first_days([event for event in span[: turn + 1] if event["event_kind"] in before])
    later = first_days([event for event in span[turn + 1 :] if event["event_kind"] in steps])
    done = [kind for kind in before if kind in days]
    turned = [after for first, after in pairwise(done) if days[after] < days[first]]
    late = [kind for kind in before if kind not in days and kind in later]
    lacking = [kind for kind in before if kind not in days and kind not in later]
    if RECORDED in steps and RECORDED not in later:
        lacking.append(RECORDED)
    return [*turned, *late], lacking


def _is_missed(job: CheckJob, row: Row, kind: str, turn: Row) -> bool:
    """Whether a step before a turn of the list is known not to have been taken."""
    kept = kept_until(job, kind).get(text_of(row, "unit_id") or "", "")
    return kind != RECORDED and kept >= str(turn["event_on"])


def _pending(
    job: CheckJob, span: Sequence[Row], lacking: Sequence[str]
) -> Iterator[tuple[str, int]]:
    """Give each step that isn't on file with the days since the last one that is."""
    last = max(str(event["event_on"]) for event in span)
    days_ago = (date.fromisoformat(job.policy.as_of) - date.fromisoformat(last)).days
    for kind in lacking:
        yield kind, days_ago


@check("C6", "replenish")
def replenishment_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge by how many projects the list of a year falls short of the task, unit by unit.

    ``dated``: C6 ``replenish`` [项]; its condition names the task among the targets.

    One a unit that has a task, one for the city where it has a task of its own; one unit's surplus
    never fills another's gap. Where other units have a task, a unit without is ``no_data``. What
    left the list by starting in the year still counts, as in the landing rate (C8).

    嘉政办发〔2018〕52号 四（一）: 项目数少于下达任务数的要求“退一补一”.
    """
    tasks = _tasks(job, dated)
    of_city = tasks[tasks["unit_id"].isna()]
    subjects: list[str | None] = list(job.unit_ids) if len(tasks) > len(of_city) else []
    if job.is_whole_city and (len(of_city) or not subjects):
        subjects.append(None)
    return [_shortage(job, dated, tasks, unit_id) for unit_id in subjects]


def _shortage(job: CheckJob, dated: DatedRule, tasks: pd.DataFrame, unit_id: str | None) -> Verdict:
    own = tasks[tasks["unit_id"].isna() if unit_id is None else tasks["unit_id"].eq(unit_id)]
    ledger = competition_ledger(job)
    negative = own["target_value"].astype("float64") < 0
    lacking: Statement | None = None
    if not len(own):
        lacking = say("c6_no_task", year=job.year)
    elif negative.any():
        lacking = say("b11_task_negative", target_ids="、".join(own["target_id"][negative]))
    elif ledger.is_empty:
        lacking = say("target_no_projects")
    if lacking is not None:
        return judge(dated, None, unit_id=unit_id, year=job.year, reasons=(lacking,))
    task = float(own["target_value"].sum())
    window = window_of(dated.rule, job.year, job.policy.as_of)
    listed = on_years_list(ledger, window) & ledger.of_unit(unit_id)
    least, most = (max(0.0, task - count) for count in reversed(listed.bounds()))
    evidence = [Evidence("targets", tuple(map(str, own["target_id"])), say("c6_task", task=task))]
    if listed.yes.any():
        evidence.append(Evidence("projects", ledger.ids(listed.yes), say("c6_listed")))
    said = say("target_undecided", low=least, high=most, count=int(listed.open.sum()))
    return judge_between(
        dated, least, most, measured=most, unit_id=unit_id, year=job.year,
        evidence=tuple(evidence), undecided=(said,),
    )  # fmt: skip


def _tasks(job: CheckJob, dated: DatedRule) -> pd.DataFrame:
    """Return the tasks of the year, of the city and of its units."""
    targets = pd.DataFrame(job.source.read("targets"))
    names = [
        name for condition in conditions_on(dated.rule, "targets")
        for name in (condition.value if isinstance(condition.value, tuple) else ())
    ]  # fmt: skip
    tasks = targets[targets["indicator"].isin(names) & targets["year"].eq(job.year)]
    return tasks[tasks["target_value"].notna()]
