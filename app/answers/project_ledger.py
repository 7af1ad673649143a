"""Entries, conflicts, warnings, problems, due."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import get_args

import pandas as pd

from app.answers.answer import (
    Answer,
    Stand,
    actor,
    column_titles,
    plain,
    sheet_of,
    stand_of,
    unruled,
)
from app.answers.changes import ledger_warnings, outside_text
from app.answers.matching import reason_text, standing_of
from app.context import Context, now, platform_names, unit_names
from geo.tools import nearest_name
from layers.contracts import CONTRACTS, contract_of
from layers.exchange.writers.sheet import Sheet
from layers.hash_chain import Chain, examine, hash_of
from layers.validate import conform, row_names
from layers.workspace.changes import SEALED_LAYERS, OutsideChange
from layers.workspace.protocol import Provenance
from layers.workspace.transaction import WorkspaceEdit
from platforms.checks import CheckQuery, as_seen
from platforms.errors import PlanningError
from platforms.ledger.calendar import moment_of, official_holidays
from platforms.ledger.claims import (
    TIMELINE,
    Conflict,
    TalksQuestion,
    claims_on,
    conflicts,
    exclusivity,
    timeline,
    zone_of,
)
from platforms.ledger.counting import ProjectLedger
from platforms.ledger.entry import Book, check_event, check_project
from platforms.ledger.events import in_force, stage_columns, stage_models
from platforms.ledger.histories import OVER_KINDS, OVER_STAGES
from platforms.ledger.rows import project_row, text_of
from platforms.ledger.visibility import MASK, own_projects, require_own, require_unit, sealed_errors
from platforms.matching.match import (
    MatchedSite,
    MatchResult,
    TransferProposal,
    credit_rule,
    placeable_at_home,
    transfer_proposals,
)
from platforms.policy.in_force import iso_day
from platforms.projects.monitoring import Desk, LedgerWarning, warnings_on
from platforms.projects.problem_list import ProblemStatus, State, problem_statuses
from platforms.source import competition_of, viewer_of

LEDGER_TABLES = (*SEALED_LAYERS, "project_events")
"""Tables whose export stands on the head of the ledger."""


def chain_of(context: Context) -> Chain:
    """Follow the chain of the ledger."""
    contract = contract_of("project_events")
    return examine(context.whole.read(contract.name), contract)


def ledger_stand(context: Context) -> Stand:
    """Say what an answer from the ledger stands on: also the head of its chain."""
    stand = stand_of(context)
    facts = {**stand.facts, "ledger_head": context.workspace.head()}
    return Stand(stand.words, facts, stand.is_demo, ledger_warnings(context))


def holds(context: Context, head: str | None) -> bool:
    """Say whether the ledger is whole and, where a head is asked for, once ended with it."""
    if context.workspace.outside_changes():
        return False
    return head is None or _entered_since(context, hash_of(head)) is not None


def _entered_since(context: Context, head: str) -> int | None:
    """Count what was entered since a head was printed: of changes, or of entries alone."""
    heads = [change.head for change in context.workspace.changes()]
    if head in heads:
        return len(heads) - 1 - heads.index(head)
    return chain_of(context).since(head)


def _shown(context: Context, changes: Sequence[OutsideChange]) -> list[OutsideChange]:
    """Mask the names of rows that whoever looks may not see."""
    if context.viewer is None:
        return list(changes)
    known = {
        layer: set(row_names(context.source.read(layer), CONTRACTS[layer]))
        for layer in {change.layer for change in changes} & set(CONTRACTS)
    }

    def masked(layer: str, row: str) -> str:
        return row if layer not in known or row in known[layer] else MASK

    return [
        replace(
            change, row=masked(change.layer, change.row),
            others=tuple(masked(change.layer, other) for other in change.others),
        )
        for change in changes
    ]  # fmt: skip


def chain_answer(context: Context, head: str | None) -> Answer:
    """Answer ``project verify`` (``chain_hash_bad``)."""
    words, chain = context.words, chain_of(context)
    asked = None if head is None else hash_of(head)
    since = None if asked is None else _entered_since(context, asked)
    rows: list[dict[str, object]] = [
        {
            "layer": change.layer, "event_id": change.row, "code": change.code,
            "text": outside_text(words, change),
        }
        for change in _shown(context, context.workspace.outside_changes())
    ]  # fmt: skip
    if asked is not None and since is None:
        rows.append({"layer": None, "event_id": None, "code": "chain_head_unknown",
                     "text": words.text("chain_head_unknown", head=asked)})  # fmt: skip
    lines = [words.text("summary_chain_broken", count=len(rows))]
    if not rows:
        code = "summary_chain_whole_alone" if since is None else "summary_chain_whole"
        lines = [words.text(code, count=len(chain.heads) - 1, since=since or 0)]
    if chain.unsealed:
        lines.append(words.text("summary_chain_unsealed", count=chain.unsealed))
    listed = pd.DataFrame(
        [(row["event_id"], row["text"]) for row in rows], columns=["event_id", "reason"]
    )
    return Answer(
        title=words.text("title_chain"),
        parameters={"head": asked},
        result={
            "verify": {
                "is_intact": not rows, "head": context.workspace.head(),
                "entries_head": chain.head, "entries": len(chain.heads) - 1,
                "entries_since": since, "entries_unsealed": chain.unsealed, "faults": rows,
            }
        },
        sheets=(sheet_of(words, "chain", listed),),
        titles=column_titles(words, ("reason",)),
        summary=tuple(lines),
    )  # fmt: skip


Values = Mapping[str, object]


def add_project(context: Context, project: Values, event: Values) -> Answer:
    """Enter a project with its first report (``viewer_other_unit``, what checking it raises)."""
    require_own(context.source, project.get("unit_id"))
    moment = _moment(context)
    with context.workspace.edit(actor(), moment, kind="entry") as edit:
        book = _book(context, edit)
        with sealed_errors(context.source):
            check_project(dict(project), book)
        row = _framed("projects", {**project, "stage": "in_talks"})
        grown = Book(
            pd.concat([book.projects, row], ignore_index=True), book.events, book.units,
            book.policy, book.last_day,
        )  # fmt: skip
        entry = _numbered(event, book.events, moment)
        check_event(entry, grown)
        source = Provenance(source=str(entry["actor"]), imported_at=moment)
        edit.add("projects", row, source)
        edit.add("project_events", _framed("project_events", entry), source)
    return _entered(context, entry)


def add_event(context: Context, event: Values, seen: pd.DataFrame | None = None) -> Answer:
    """Enter an event of a project (``viewer_other_unit``, what checking it raises).

    ``seen``: The project's row as whoever enters the event looked at it; where the event changes
    the row and somebody else did so meanwhile, ``row_changed_meanwhile``.

    What is on file is read, and the event numbered, inside the transaction: of entries made at
    the same time each gets a number of its own.
    """
    require_own(context.source, event.get("unit_id"), event.get("project_id"))
    moment = _moment(context)
    with context.workspace.edit(actor(), moment, kind="entry") as edit:
        book = _book(context, edit)
        entry = _numbered(event, book.events, moment)
        with sealed_errors(context.source):
            check_event(entry, book)
        fresh = _framed("project_events", entry)
        row = _project_after(book, entry, fresh)
        source = Provenance(source=str(entry["actor"]), imported_at=moment)
        edit.add("project_events", fresh, source)
        if row is not None:
            edit.update("projects", row, source, seen)
    return _entered(context, entry)


def _moment(context: Context) -> str:
    """Give the time of entry, in the time zone of the rules."""
    return moment_of(now(), zone_of(context.policy)).isoformat(timespec="seconds")


def _book(context: Context, edit: WorkspaceEdit) -> Book:
    """Gather what is on file; nothing happens after today, nor after the day of the workspace."""
    last_day = min(context.as_of, _moment(context)[:10])
    return Book(
        pd.DataFrame(edit.read("projects")), pd.DataFrame(edit.read("project_events")),
        pd.DataFrame(edit.read("units")), context.policy, last_day,
    )  # fmt: skip


def _numbered(event: Values, events: pd.DataFrame, moment: str) -> dict[str, object]:
    """Give an event its number, behind all that are held."""
    last = int(events["entry_seq"].max()) if len(events) else 0
    days = {
        name: iso_day(str(event[name]))
        for name in ("event_on", "planned_on", "corrected_on")
        if event.get(name)
    }
    return {
        "event_id": f"sj-{last + 1:05d}", **event, **days, "entered_at": moment,
        "entry_seq": last + 1, "actor": event.get("actor") or actor(),
    }  # fmt: skip


def _framed(table: str, row: Values) -> pd.DataFrame:
    """Give one row the types of its table (``entry_value_bad``)."""
    contract = contract_of(table)
    frame, resisting = conform(pd.DataFrame([dict(row)]), contract)
    for problem in resisting:
        known = contract.field(problem.column).values
        example = problem.examples[0] if problem.examples else ""
        raise PlanningError(
            "entry_value_bad", column=problem.column, value=example,
            nearest=nearest_name(example, known) if known else "–",
        )  # fmt: skip
    return frame


def _project_after(
    book: Book, entry: Mapping[str, object], fresh: pd.DataFrame
) -> pd.DataFrame | None:
    """Give the row of the project as its events now tell it, None where that changes nothing."""
    project = book.projects[book.projects["project_id"].eq(entry["project_id"])]
    values: dict[str, object] = {}
    lists = [model for model in stage_models(book.policy) if model.name == "lists"]
    if lists:
        past = book.events[book.events["project_id"].eq(entry["project_id"])]
        both = pd.concat([past, fresh], ignore_index=True) if len(past) else fresh
        values |= stage_columns(both, lists[0], book.last_day)
    if entry["event_kind"] == "project_code" and project["project_code"].isna().all():
        values["project_code"] = entry.get("detail")
    row = project.assign(**{name: [value] * len(project) for name, value in values.items()})
    row = conform(row, contract_of("projects"))[0]
    return None if row.equals(project) else row


def _entered(context: Context, entry: Mapping[str, object]) -> Answer:
    """Answer with the event as it was entered, and the head it gave the chain."""
    words, context = context.words, context.renewed()
    frame = context.whole.read("project_events")
    entered = pd.DataFrame(frame[frame["event_id"].eq(entry["event_id"])])
    row = {str(k): None if pd.isna(v) else v for k, v in entered.iloc[0].items()}
    row["entry_seq"] = int(str(row["entry_seq"]))
    asked = {str(k): v for k, v in entry.items() if k not in ("entered_at", "entry_seq")}
    return Answer(
        title=words.text("title_entry", project_id=str(entry["project_id"])),
        parameters=asked,
        result={"event": row, "head": context.workspace.head()},
        sheets=(sheet_of(words, "entry", entered),),
        summary=(
            words.text(
                "summary_entry", event_id=str(entry["event_id"]),
                kind=words.word("event_kind", str(row["event_kind"])),
                day=str(row["event_on"]), head=context.workspace.head(),
            ),
        ),
        screen=entered[["event_id", "project_id", "event_kind", "event_on", "unit_id"]],
    )  # fmt: skip


CONFLICT_COLUMNS = (
    "pair", "score", "project_id", "unit_name", "other_project_id", "other_unit_name", "reason",
    "talks",
)  # fmt: skip


def conflict_answer(context: Context, project_id: str | None) -> Answer:
    """Answer ``project conflicts`` (``project_not_on_file``)."""
    words, book = context.words, competition_of(context.source)
    projects = pd.DataFrame(book.read("projects"))
    if project_id is not None:
        project_row(projects, project_id)
    seen = [
        conflict
        for conflict in conflicts(projects, context.policy)
        if (project_id is None or project_id in conflict.project_ids)
        and _is_seen(conflict, context)
    ]
    events = pd.DataFrame(context.source.read("project_events"))
    rows, lines, times = [], [], []
    for number, conflict in enumerate(seen, start=1):
        past = timeline(conflict, events, context.as_of)
        steps = [{str(k): plain(v) for k, v in row.items()} for row in past.to_dict("records")]
        talks = _talks(conflict, projects, book.read("project_events"), context)
        rows.append(_conflict_row(conflict, context) | {"talks": talks, "timeline": steps})
        lines.append(_conflict_line(number, conflict, context) | {"talks": talks})
        times += [{"pair": number, **step} for step in steps]
    listed = pd.DataFrame(lines, columns=list(CONFLICT_COLUMNS))
    return Answer(
        title=words.text("title_conflicts"),
        parameters={"project": project_id},
        result={"conflicts": rows},
        sheets=(
            sheet_of(words, "conflicts", listed),
            sheet_of(words, "timeline", pd.DataFrame(times, columns=["pair", *TIMELINE])),
        ),
        titles=column_titles(
            words, ("pair", "unit_name", "other_project_id", "other_unit_name", "reason", "talks")
        ),
        summary=unruled(context, "B5", "C5") or (
            words.text(
                "summary_conflicts", count=len(seen),
                between=sum(conflict.is_between_units for conflict in seen),
            ),
        ),
        screen=listed[["project_id", "other_project_id", "score", "reason"]],
    )  # fmt: skip


def _is_seen(conflict: Conflict, context: Context) -> bool:
    """Whether whoever looks has a hand in it: a unit is told of the pairs with its own projects."""
    own_ids = own_projects(context.source)
    return own_ids is None or bool(own_ids & set(conflict.project_ids))


def _talks(
    conflict: Conflict, projects: pd.DataFrame, events: pd.DataFrame, context: Context
) -> str:
    """Say who may talk about the matter now (B5, C5)."""
    question = TalksQuestion(conflict.project_ids[0], context.as_of, official_holidays())
    claim = exclusivity(question, projects, events, context.policy)
    return context.words.joined(context.words.say(reason) for reason in claim.reasons)


def _conflict_row(conflict: Conflict, context: Context) -> dict[str, object]:
    return {
        "project_ids": list(conflict.project_ids),
        "unit_ids": [text_of(row, "unit_id") for row in (conflict.one, conflict.other)],
        "is_between_units": conflict.is_between_units,
        "score": conflict.score,
        "likeness": dict(conflict.agreement),
        "reasons": [
            {"code": reason.code, "text": context.words.text(reason.code, **reason.values)}
            for reason in conflict.reasons
        ],
    }


def _conflict_line(number: int, conflict: Conflict, context: Context) -> dict[str, object]:
    first, second = conflict.project_ids
    names = {**unit_names(context), MASK: context.words.text("viewer_other")}
    units = [names.get(text_of(row, "unit_id") or "") for row in (conflict.one, conflict.other)]
    reasons = [context.words.text(reason.code, **reason.values) for reason in conflict.reasons]
    return {
        "pair": number, "score": conflict.score, "project_id": first, "other_project_id": second,
        "unit_name": units[0], "other_unit_name": units[1],
        "reason": context.words.joined(reasons),
    }  # fmt: skip


WARNING_COLUMNS = ("unit_id", "unit_name", "project_id", "rule_id", "days", "reason")


def warning_answer(context: Context, unit_id: str | None) -> Answer:
    """Answer ``project warnings``, of one unit where asked.

    Raises PlanningError: ``check_unit_unknown`` with the nearest, ``viewer_other_unit``.
    """
    if unit_id is not None:
        require_unit(unit_id, list(unit_names(context)))
    asked = as_seen(
        CheckQuery(None, (), (unit_id,) if unit_id else (), context.as_of), context.viewer
    ).units
    tables = (
        pd.DataFrame(context.source.read(name))
        for name in ("projects", "project_events", "problems")
    )
    warnings = [
        warning
        for warning in warnings_on(Desk(*tables, context.policy, context.as_of))
        if not asked or warning.unit_id in asked
    ]
    words, names = context.words, unit_names(context)
    rows = [_warning_row(warning, context) for warning in warnings]
    listed = pd.DataFrame(
        [
            {**row, "unit_name": names.get(warning.unit_id or ""), "reason": row["text"]}
            for warning, row in zip(warnings, rows, strict=True)
        ],
        columns=list(WARNING_COLUMNS),
    )
    return Answer(
        title=words.text("title_warnings"),
        parameters={"unit": unit_id},
        result={"warnings": rows},
        sheets=(sheet_of(words, "warnings", listed),),
        titles=column_titles(words, ("unit_name", "rule_id", "days", "reason")),
        summary=(
            words.text(
                "summary_warnings", as_of=context.as_of, count=len(warnings),
                projects=len({warning.project_id for warning in warnings}),
                units=len({warning.unit_id for warning in warnings if warning.unit_id}),
            ),
        ),
        screen=listed[["unit_name", "project_id", "rule_id", "reason"]],
    )  # fmt: skip


def _warning_row(warning: LedgerWarning, context: Context) -> dict[str, object]:
    rule = context.policy.rule(warning.rule_id, warning.part)
    return {
        "unit_id": warning.unit_id,
        "role": warning.role,
        "project_id": warning.project_id,
        "rule_id": warning.rule_id,
        "part": warning.part,
        "code": warning.statement.code,
        "days": warning.days,
        "text": context.words.say(warning.statement),
        "force": rule.rule.force,
        "force_status": rule.force_status,
        "clause": rule.clause,
    }


PROBLEM_COLUMNS = (
    "state_of_problem", "problem_id", "unit_name", "project_id", "found_on", "file_by", "filed_on",
    "send_by", "sent_on", "meeting_by", "met_on", "resolved_on", "late_steps", "detail",
)  # fmt: skip
PROBLEM_TITLES = (
    "state_of_problem", "unit_name", "file_by", "send_by", "meeting_by", "late_steps",
)  # fmt: skip
PROBLEM_SCREEN = ("state_of_problem", "problem_id", "project_id", "send_by", "late_steps", "detail")
DUE_OF_PART = {"filed": "file_by", "sent": "send_by", "meeting": "meeting_by"}
"""Column for the day by which each step of E6 is to be taken."""


def problem_answer(context: Context, unit_id: str | None) -> Answer:
    """Answer ``project problems``, of one unit where asked.

    Raises PlanningError: ``check_unit_unknown`` with the nearest, ``viewer_other_unit``.
    """
    words = context.words
    if unit_id is not None:
        require_unit(unit_id, list(unit_names(context)))
    query = CheckQuery(None, (), (unit_id,) if unit_id else (), context.as_of)
    asked = as_seen(query, context.viewer).units
    problems = pd.DataFrame(context.source.read("problems"))
    listed_problems = [
        problem
        for problem in problem_statuses(problems, context.policy, context.as_of)
        if not asked or problem.row["unit_id"] in asked
    ]
    counts = Counter(problem.state for problem in listed_problems)
    ruled = [DUE_OF_PART[part] for part in DUE_OF_PART if part in context.policy.parts("E6")]
    by_rule = (*DUE_OF_PART.values(), "late_steps")
    shown = [
        name for name in PROBLEM_COLUMNS
        if name not in by_rule or name in ruled or (name == "late_steps" and ruled)
    ]  # fmt: skip
    listed = pd.DataFrame(
        [_problem_line(problem, context) for problem in listed_problems], columns=shown
    )
    return Answer(
        title=words.text("title_problems"),
        parameters={"unit": unit_id},
        result={"problems": [_problem_row(problem) for problem in listed_problems]},
        sheets=(sheet_of(words, "problems", listed),),
        titles=column_titles(words, PROBLEM_TITLES),
        summary=(
            words.text(
                "summary_problems", as_of=context.as_of, count=len(listed_problems),
                **{state: counts.get(state, 0) for state in get_args(State)},
            ),
        ),
        screen=listed[[name for name in PROBLEM_SCREEN if name in listed]],
    )  # fmt: skip


def _problem_line(problem: ProblemStatus, context: Context) -> dict[str, object]:
    names = unit_names(context)
    return {
        "state_of_problem": context.words.text(f"problem_{problem.state}"),
        "unit_name": names.get(str(problem.row["unit_id"])),
        "late_steps": "、".join(
            context.words.text(f"late_{part}") for part in problem.due if problem.is_late(part)
        ) or None,
        **{column: problem.due.get(part) for part, column in DUE_OF_PART.items()},
        **{name: problem.row[name] for name in PROBLEM_COLUMNS if name in problem.row},
    }  # fmt: skip


def _problem_row(problem: ProblemStatus) -> dict[str, object]:
    row = {str(name): plain(value) for name, value in problem.row.items()}
    return {
        **row,
        "state": problem.state,
        **{column: problem.due.get(part) for part, column in DUE_OF_PART.items()},
        "late": [part for part in problem.due if problem.is_late(part)],
    }


DUE_COLUMNS = ("due_sign", "due_kind", "unit_name", "project_id", "due_on", "due_days", "due_said")
DAYS_AHEAD = 7
"""How far ahead the list of a day looks."""
COUNTED_DAYS = {
    "warning_node_due": 1, "warning_node_overdue": -1, "warning_problem_unsent": -1,
    "warning_problem_unfiled": -1,
}  # fmt: skip
"""Warnings that count days to or after a day; others count for how long nothing was entered."""
LONGEST_MONTH, LONGEST_HOLIDAY = 31, 31


def due_answer(context: Context) -> Answer:
    """Answer what is due on the as-of date or within seven days, and what is overdue.

    JSON key ``due``; one sheet, the longest overdue first. ``due_days`` counts the days left,
    negative where they are over, missing where nothing counts them.
    """
    words = context.words
    rows = [*_milestones(context), *_due_talks(context), *_warned(context)]
    rows.sort(key=lambda row: (row["days"] is None, row["days"] or 0, str(row["project_id"])))
    names = unit_names(context)
    listed = pd.DataFrame(
        [
            {
                "due_sign": words.text(f"due_sign_{row['code']}"),
                "due_kind": words.text(f"due_kind_{row['kind']}"),
                "unit_name": names.get(str(row["unit_id"]), row["unit_id"]),
                "project_id": row["project_id"], "due_on": row["on"], "due_days": row["days"],
                "due_said": row["text"],
            }
            for row in rows
        ],
        columns=list(DUE_COLUMNS),
    ).astype({"due_days": "Int64"})  # fmt: skip
    counts = words.joined(
        words.text("due_count", kind=words.text(f"due_kind_{kind}"), count=count)
        for kind in ("milestone", "warning", "talks")
        if (count := sum(row["kind"] == kind for row in rows))
    )
    code, values = ("summary_due", {"counts": counts}) if rows else ("summary_due_none", {})
    return Answer(
        title=words.text("title_due"),
        parameters={"days_ahead": DAYS_AHEAD},
        result={"due": rows},
        sheets=(Sheet(words.text("title_due"), listed, key="due"),),
        titles=column_titles(
            words, ("unit_name", *(c for c in DUE_COLUMNS if c.startswith("due_")))
        ),
        summary=(words.text(code, as_of=context.as_of, **values),),
    )


def _row(
    context: Context, kind: str, unit_id: object, project_id: object, on: str | None,
    days: int | None, text: str,
) -> dict[str, object]:  # fmt: skip
    code = "open" if days is None else "overdue" if days < 0 else "soon"
    return {
        "kind": kind, "code": code, "unit_id": unit_id, "project_id": project_id, "on": on,
        "days": days, "text": text,
    }  # fmt: skip


def _milestones(context: Context) -> list[dict[str, object]]:
    """Milestones of units that aren't done and overdue, or due within the days ahead."""
    today = date.fromisoformat(context.as_of)
    rows = []
    for milestone in context.source.read("unit_milestones").to_dict("records"):
        on, done = text_of(milestone, "due_on"), text_of(milestone, "done_on")
        if on is None or (done is not None and done <= context.as_of):
            continue
        days = (date.fromisoformat(on) - today).days
        if days <= DAYS_AHEAD:
            sentence = text_of(milestone, "milestone") or str(milestone["milestone_id"])
            rows.append(
                _row(context, "milestone", text_of(milestone, "unit_id"), None, on, days, sentence)
            )
    return rows


def _warned(context: Context) -> list[dict[str, object]]:
    tables = (
        pd.DataFrame(context.source.read(name))
        for name in ("projects", "project_events", "problems")
    )
    rows = []
    for warning in warnings_on(Desk(*tables, context.policy, context.as_of)):
        if viewer_of(context.source) not in (None, warning.unit_id):
            continue  # what isn't open of another unit's project isn't missing there
        way = COUNTED_DAYS.get(warning.statement.code)
        days = None if way is None or warning.days is None else way * warning.days
        sentence = context.words.say(warning.statement)
        on = None if days is None else _day(context, days)
        rows.append(
            _row(context, "warning", warning.unit_id, warning.project_id, on, days, sentence)
        )
    return rows


def _due_talks(context: Context) -> list[dict[str, object]]:
    """Claims by first talks that end within the days ahead."""
    if "exclusive_talks" not in context.policy.parts("B5"):
        return []
    projects, events = (
        pd.DataFrame(context.source.read(name)) for name in ("projects", "project_events")
    )
    past = in_force(events, context.as_of)
    over = set(past.loc[past["event_kind"].isin(OVER_KINDS), "project_id"])
    reported = _reported_lately(context, past)
    rows = []
    ledger = ProjectLedger(projects, events, context.as_of)
    for project_id, project in ledger.rows.items():
        is_over = project_id in over or text_of(project, "stage") in OVER_STAGES
        if is_over or project_id not in reported:
            continue
        question = TalksQuestion(project_id, context.as_of, official_holidays())
        for claim in claims_on(question, ledger, context.policy):
            if claim.project_id != project_id or claim.until is None:
                continue
            # A claim ends at midnight: the last day is the one before.
            last = (claim.until - timedelta(minutes=1)).date()
            days = (last - date.fromisoformat(context.as_of)).days
            if 0 <= days <= DAYS_AHEAD:
                sentence = context.words.say(claim.statement)
                rows.append(
                    _row(
                        context,
                        "talks",
                        claim.unit_id,
                        project_id,
                        last.isoformat(),
                        days,
                        sentence,
                    )
                )
    return rows


def _reported_lately(context: Context, past: pd.DataFrame) -> set[str]:
    """Name the projects whose first report may still give a claim; asking each takes long."""
    months = int(context.policy.rule("B5", "exclusive_talks").rule.number)
    span = timedelta(days=months * LONGEST_MONTH + LONGEST_HOLIDAY)
    since = (date.fromisoformat(context.as_of) - span).isoformat()
    lately = past["event_kind"].eq("first_report") & past["event_on"].ge(since)
    return set(past.loc[lately.fillna(value=False), "project_id"].astype("str"))


def _day(context: Context, days: int) -> str:
    return (date.fromisoformat(context.as_of) + timedelta(days=days)).isoformat()


PROPOSAL_COLUMNS = (
    "rank", "platform_name", "unit_name", "standing", "score", "site_id", "area_mu", "credited",
    "why",
)  # fmt: skip


def transfer_answer(context: Context, result: MatchResult) -> Answer:
    """Answer ``project transfer``: where a project of the ledger fits best outside its unit.

    JSON keys ``proposals``, the best first, and ``home_site``: where its own unit can place it, so
    that nothing need be passed on to the city (C9).

    Raises PlanningError: ``project_not_on_file``.
    """
    words, project_id = context.words, result.demand.project_id
    row = project_row(pd.DataFrame(context.source.read("projects")), project_id)
    home = text_of(row, "unit_id")
    proposals = transfer_proposals(result, home)
    at_home = placeable_at_home(result, home)
    listed = pd.DataFrame(
        [
            _proposal_line(rank, proposal, context)
            for rank, proposal in enumerate(proposals, start=1)
        ],
        columns=list(PROPOSAL_COLUMNS),
    )
    return Answer(
        title=words.text("title_transfer", project_id=project_id),
        parameters={"project": project_id},
        result={
            "proposals": [
                _proposal_row(rank, proposal) for rank, proposal in enumerate(proposals, start=1)
            ],
            "home_site": at_home
            and {"site_id": at_home.site.site_id, "legal_mu": at_home.site.legal_mu},
        },
        sheets=(sheet_of(words, "transfer", listed),),
        titles=column_titles(
            words, tuple(c for c in PROPOSAL_COLUMNS if c not in ("site_id", "area_mu"))
        ),
        summary=tuple(_summary(context, home, proposals, at_home)),
    )


def _summary(
    context: Context,
    home: str | None,
    proposals: tuple[TransferProposal, ...],
    at_home: MatchedSite | None,
) -> list[str]:
    words, units = context.words, unit_names(context)
    name = units.get(home or "", words.text("no_value"))
    admitted = sum(proposal.status == "admitted" for proposal in proposals)
    lines = [
        words.text("summary_transfer", home=name, count=len(proposals), admitted=admitted)
        if proposals
        else words.text("summary_transfer_none", home=name)
    ]
    if at_home is not None:
        site = at_home.site
        lines.append(
            words.text(
                "summary_transfer_at_home", home=name, site_id=site.site_id, legal_mu=site.legal_mu
            )
        )
    rule = credit_rule(context.policy)
    if rule is not None:
        lines.append(words.text("summary_transfer_credit", home=name, clause=rule.clause))
    return lines


def _proposal_line(rank: int, proposal: TransferProposal, context: Context) -> dict[str, object]:
    units = unit_names(context)
    return {
        "rank": rank,
        "platform_name": platform_names(context).get(proposal.platform_id),
        "unit_name": units.get(proposal.unit_id),
        "standing": standing_of(proposal.site, context.words),
        "score": proposal.score,
        "site_id": proposal.site.site.site_id,
        "area_mu": proposal.site.site.area_mu,
        "credited": "、".join(units.get(u, u) for u in proposal.credited_unit_ids),
        "why": reason_text(proposal.site, context.words),
    }


def _proposal_row(rank: int, proposal: TransferProposal) -> dict[str, object]:
    site = proposal.site.site
    return {
        "rank": rank, "platform_id": proposal.platform_id, "unit_id": proposal.unit_id,
        "standing": proposal.status, "score": proposal.score, "site_id": site.site_id,
        "area_mu": site.area_mu, "parcel_ids": list(site.parcel_ids),
        "credited_unit_ids": list(proposal.credited_unit_ids),
    }  # fmt: skip
