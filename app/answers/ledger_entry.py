"""Entries into the ledger: a project with its first report, or an event; all of it or nothing."""

from collections.abc import Mapping

import pandas as pd

from app.answers.answer import Answer
from app.answers.ledger_chain import chain_of
from app.answers.transfer import actor
from app.context import Context, now
from geo.nearest import nearest_name
from layers.conform import conform
from layers.contracts import contract_of
from layers.exchange.sheet import Sheet
from layers.workspace.protocol import Provenance
from platforms.errors import PlanningError
from platforms.policy.dated import iso_day
from platforms.projects.calendar import moment_of
from platforms.projects.claims import zone_of
from platforms.projects.entry import Book, check_event, check_project
from platforms.projects.replay import stage_columns
from platforms.projects.stages import stage_models
from platforms.projects.viewing import require_own, sealed_errors

Values = Mapping[str, object]


def add_project(context: Context, project: Values, event: Values) -> Answer:
    """Enter a project with its first report (``viewer_other_unit``, what checking it raises)."""
    require_own(context.source, project.get("unit_id"))
    moment, book = _moment(context), _book(context)
    with sealed_errors(context.source):
        check_project(dict(project), book)
    row = _framed("projects", {**project, "stage": "in_talks"})
    grown = Book(
        pd.concat([book.projects, row], ignore_index=True), book.events, book.units, book.policy,
        book.last_day,
    )  # fmt: skip
    entry = _numbered(event, book.events, moment)
    check_event(entry, grown)
    source = Provenance(source=str(entry["actor"]), imported_at=moment)
    with context.workspace.edit(actor(), moment) as edit:
        edit.add("projects", row, source)
        edit.add("project_events", _framed("project_events", entry), source)
    return _entered(context, entry)


def add_event(context: Context, event: Values) -> Answer:
    """Enter an event of a project (``viewer_other_unit``, what checking it raises)."""
    require_own(context.source, event.get("unit_id"), event.get("project_id"))
    moment, book = _moment(context), _book(context)
    entry = _numbered(event, book.events, moment)
    with sealed_errors(context.source):
        check_event(entry, book)
    fresh = _framed("project_events", entry)
    row = _project_after(book, entry, fresh)
    source = Provenance(source=str(entry["actor"]), imported_at=moment)
    with context.workspace.edit(actor(), moment) as edit:
        edit.add("project_events", fresh, source)
        if row is not None:
            edit.update("projects", row, source)
    return _entered(context, entry)


def _moment(context: Context) -> str:
    """Give the time of entry, in the time zone of the rules."""
    return moment_of(now(), zone_of(context.policy)).isoformat(timespec="seconds")


def _book(context: Context) -> Book:
    """Gather what is on file; nothing happens after today, nor after the day of the workspace."""
    source = context.whole
    last_day = min(context.as_of, _moment(context)[:10])
    return Book(
        pd.DataFrame(source.read("projects")), pd.DataFrame(source.read("project_events")),
        pd.DataFrame(source.read("units")), context.policy, last_day,
    )  # fmt: skip


def _numbered(event: Values, held: pd.DataFrame, moment: str) -> dict[str, object]:
    """Give an event its number, behind all that are held."""
    last = int(held["entry_seq"].max()) if len(held) else 0
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
    for one in resisting:
        known = contract.field(one.column).values
        given = one.examples[0] if one.examples else ""
        raise PlanningError(
            "entry_value_bad", column=one.column, value=given,
            nearest=nearest_name(given, known) if known else "–",
        )  # fmt: skip
    return frame


def _project_after(
    book: Book, entry: Mapping[str, object], fresh: pd.DataFrame
) -> pd.DataFrame | None:
    """Give the row of the project as its events now tell it, None where that changes nothing."""
    own = book.projects[book.projects["project_id"].eq(entry["project_id"])]
    values: dict[str, object] = {}
    lists = [model for model in stage_models(book.policy) if model.name == "lists"]
    if lists:
        past = book.events[book.events["project_id"].eq(entry["project_id"])]
        both = pd.concat([past, fresh], ignore_index=True) if len(past) else fresh
        values |= stage_columns(both, lists[0], book.last_day)
    if entry["event_kind"] == "project_code" and own["project_code"].isna().all():
        values["project_code"] = entry.get("detail")
    row = own.assign(**{name: [value] * len(own) for name, value in values.items()})
    row = conform(row, contract_of("projects"))[0]
    return None if row.equals(own) else row


def _entered(context: Context, entry: Mapping[str, object]) -> Answer:
    """Answer with the event as it was entered, and the head it gave the chain."""
    words, context = context.words, context.renewed()
    frame = context.whole.read("project_events")
    held = pd.DataFrame(frame[frame["event_id"].eq(entry["event_id"])])
    row = {str(k): None if pd.isna(v) else v for k, v in held.iloc[0].items()}
    row["entry_seq"] = int(str(row["entry_seq"]))
    asked = {str(k): v for k, v in entry.items() if k not in ("entered_at", "entry_seq")}
    return Answer(
        title=words.text("title_entry", project_id=str(entry["project_id"])),
        parameters=asked,
        result={"event": row, "head": chain_of(context).head},
        sheets=(Sheet(words.text("sheet_entry"), held),),
        summary=(
            words.text(
                "summary_entry", event_id=str(entry["event_id"]),
                kind=words.word("event_kind", str(row["event_kind"])),
                day=str(row["event_on"]), head=chain_of(context).head,
            ),
        ),
        screen=held[["event_id", "project_id", "event_kind", "event_on", "unit_id"]],
    )  # fmt: skip
