"""Numbered changes: who changed what, when and why, the rows as they were, and the way back."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.contracts import Contract, contract_of
from layers.editions import Changes
from layers.errors import LayerError
from layers.hash_chain import ORIGIN, Chain, examine
from layers.validate import conform, row_names
from layers.workspace.records import AUDIT, CHANGES, HISTORY, QUARANTINE, SEALS, Record, Tables
from layers.workspace.row_marks import (
    edition,
    joint_mark,
    row_digests,
    row_marks,
    row_texts,
    shape_bytes,
)

SEALED_LAYERS = ("projects", "problems", "support_grants", "unit_milestones")
"""Tables of the ledger whose rows are sealed one by one: whoever changes one outside shows."""

EVENTS = "project_events"
HISTORY_COLUMNS = ("seq", "layer", "row", "change", "valid_until", "audit_seq", "data")
ADDED = "added"
BEHIND_BREAK = "change_behind_break"
"""Code of a change that was made while something stood changed outside: it shows for ever."""
NAMED = 5
"""So many rows are named in a sentence."""


@dataclass(frozen=True)
class Change:
    """One change of a workspace.

    ``number``: Its number.
    ``at, actor, reason``: When (ISO), by whom and why.
    ``kind``: ``made``, ``import``, ``edit``, ``entry``, ``adoption``, ``undo``, ``restore``.
    ``undoes``: Number of the change it undid, None where it did something new.
    ``layers``: What was done: layer, action and count of rows.
    ``head``: Hash that stands for it and all before it.
    """

    number: int
    at: str
    actor: str
    kind: str
    reason: str
    undoes: int | None
    layers: tuple[tuple[str, str, int], ...]
    head: str


@dataclass(frozen=True)
class OutsideChange:
    """Something that was changed in the file without the product.

    ``code``: ``change_altered``, ``changes_missing``, ``change_behind_break`` (the first one
      made after something was changed outside), ``sealed_row_changed``,
      ``sealed_row_removed``, ``sealed_row_added``, ``seals_altered``; and those of the chain of
      entries.
    ``layer, row``: Where.
    ``others``: Rows meant beside it.
    """

    code: str
    layer: str
    row: str
    others: tuple[str, ...] = ()


def whole_number(value: object) -> int:
    """Read a number of a record; what another program put there instead counts as none."""
    return value if isinstance(value, int) else 0


def list_changes(tables: Tables) -> list[Change]:
    """List all changes, the first one first."""
    audits: dict[object, list[tuple[str, str, int]]] = {}
    for entry in tables.records(AUDIT):
        line = (str(entry["layer"]), str(entry["action"]), whole_number(entry["rows"]))
        audits.setdefault(entry["change"], []).append(line)
    return [
        Change(
            int(str(row["change"])), str(row["at"]), str(row["actor"]), str(row["kind"]),
            str(row["reason"] or ""), whole_number(row["undoes"]) or None,
            tuple(audits.get(row["change"], ())), str(row["row_sha256"]),
        )
        for row in tables.records(CHANGES)
    ]  # fmt: skip


def rows_aside(tables: Tables) -> list[Record]:
    """List the rows in quarantine, in their order.

    They are part of the change that kept them aside: one that is undone has none, and a layer
    that is replaced as a whole has those of its new rows only.
    """
    changes = list_changes(tables)
    undone = undone_by(changes)
    since: dict[str, int] = {}
    for change in changes:
        if change.number not in undone:
            whole = [layer for layer, action, _ in change.layers if action == "replace"]
            since.update(dict.fromkeys(whole, change.number))
    return [
        row
        for row in tables.records(QUARANTINE)
        if (number := whole_number(row["change"])) not in undone
        and number >= since.get(str(row["layer"]), 0)
    ]


# --- rows as they were -------------------------------------------------------------------------


def keep_rows(tables: Tables, contract: Contract, changes: Changes, at: str, audit: int) -> None:
    """Keep the rows that a change replaced or removed, and the names of those it added.

    ``at``: Until when the rows were valid (ISO).
    ``audit``: Number of the entry in the audit.
    """
    marks = row_marks(changes.after, contract) if len(changes.after) else []
    gone = [""] * len(changes.removed_ids)
    tables.append_all(
        HISTORY,
        (
            {
                "layer": contract.name, "row": row, "change": kind, "valid_until": at,
                "audit_seq": audit, "data": data, "wkb": wkb, "after": mark,
            }
            for kind, rows, ids, after in (
                ("changed", changes.before, changes.changed_ids, marks),
                ("removed", changes.removed, changes.removed_ids, gone),
            )
            for row, data, wkb, mark in zip(
                ids, row_texts(rows), shape_bytes(rows), after, strict=True
            )
        ),
    )  # fmt: skip
    _keep_names(tables, contract, changes.added, at, audit)


def _keep_names(
    tables: Tables, contract: Contract, added: pd.DataFrame, at: str, audit: int
) -> None:
    """Keep the names of rows that a change added, in one record."""
    if not len(added):
        return
    tables.append(
        HISTORY,
        {
            "layer": contract.name, "row": "", "change": ADDED, "valid_until": at,
            "audit_seq": audit, "data": json.dumps(row_names(added, contract), ensure_ascii=False),
            "wkb": None, "after": joint_mark(added, contract),
        },
    )  # fmt: skip


def rows_kept(records: Sequence[Record]) -> pd.DataFrame:
    """List the rows that were replaced or removed, the last first."""
    listed = [
        {name: record[name] for name in HISTORY_COLUMNS}
        for record in reversed(records)
        if record["change"] != ADDED
    ]
    return pd.DataFrame(listed, columns=list(HISTORY_COLUMNS), dtype="object")


def earlier_rows(tables: Tables, contract: Contract, row: str) -> pd.DataFrame:
    """Give a row as it was before each change that is remembered, the first one first."""
    return _frame_of(tables, contract, tables.records(HISTORY, layer=contract.name, row=row))


# --- the way back ------------------------------------------------------------------------------


@dataclass(frozen=True)
class WayBack:
    """What undoing a change does to one layer.

    ``remove``: Names of rows to be taken out.
    ``restore``: Rows as they were, with the contract's types.
    """

    contract: Contract
    remove: pd.Index
    restore: pd.DataFrame


def way_back(tables: Tables, number: int) -> list[WayBack]:
    """Say what undoing a change takes, and refuse where something stands in the way.

    Raises
    ------
    LayerError
        ``change_unknown``, ``change_undone`` (it was undone already), ``undo_ledger`` (entries
        of the ledger stay; they are corrected by an entry), ``undo_raster`` and ``undo_restore``
        (a backup brings it back), ``undo_built_upon`` (later changes touched the same rows),
        ``undo_changed_outside`` (another program changed them since).
    """
    changes = {change.number: change for change in list_changes(tables)}
    if number not in changes:
        known = f"1–{max(changes)}" if changes else "–"
        raise LayerError("change_unknown", change=number, known=known)
    undone = undone_by(list(changes.values()))
    if number in undone:
        raise LayerError("change_undone", change=number, by=undone[number])
    _require_undoable(changes[number])
    entries = {int(str(row["seq"])): row for row in tables.records(AUDIT, change=number)}
    kept = [row for row in tables.records(HISTORY) if row["audit_seq"] in entries]
    _require_untouched(tables, number, kept, undone)
    layers = dict.fromkeys(str(row["layer"]) for row in kept)
    return [
        _layer_back(tables, contract_of(layer), [row for row in kept if row["layer"] == layer])
        for layer in reversed(list(layers))
    ]


def undone_by(changes: Sequence[Change]) -> dict[int, int]:
    """Give the changes that are undone, each with the change that did it and still stands."""
    undone: dict[int, int] = {}
    for change in reversed(changes):
        if change.undoes is not None and change.number not in undone:
            undone.setdefault(change.undoes, change.number)
    return undone


def _require_undoable(change: Change) -> None:
    if change.kind == "restore":
        raise LayerError("undo_restore", change=change.number)
    for layer, action, _ in change.layers:
        if action in {"restore", "quarantine", "undo"}:
            continue
        if action == "raster":
            raise LayerError("undo_raster", change=change.number, layer=layer)
        if contract_of(layer).append_only and (action != "add" or change.undoes is not None):
            raise LayerError("undo_ledger", change=change.number)


def _touched(rows: Iterable[Record]) -> set[tuple[str, str]]:
    names: set[tuple[str, str]] = set()
    for row in rows:
        listed = json.loads(str(row["data"])) if row["change"] == ADDED else [row["row"]]
        names |= {(str(row["layer"]), str(name)) for name in listed}
    return names


def _require_untouched(
    tables: Tables, number: int, kept: Sequence[Record], undone: Mapping[int, int]
) -> None:
    """Refuse where a later change that still stands touched the same rows."""
    touched = _touched(kept)
    change_of = {row["seq"]: whole_number(row["change"]) for row in tables.records(AUDIT)}
    cancelled = {*undone, *(by for change, by in undone.items() if change > number)}
    later: dict[int, set[tuple[str, str]]] = {}
    for row in tables.records(HISTORY):
        change = change_of.get(row["audit_seq"], 0)
        if change > number and change not in cancelled:
            later.setdefault(change, set()).update(touched & _touched([row]))
    standing = sorted(change for change, names in later.items() if names)
    if standing:
        rows = sorted({name for names in later.values() for _, name in names})
        raise LayerError(
            "undo_built_upon", change=number, later=", ".join(map(str, standing)),
            rows=some_names(rows),
        )  # fmt: skip


def _layer_back(tables: Tables, contract: Contract, kept: Sequence[Record]) -> WayBack:
    before: dict[str, Record | None] = {}
    marks: dict[str, str] = {}
    for row in kept:
        if row["change"] == ADDED:
            names = json.loads(str(row["data"]))
            before = {**dict.fromkeys(names), **before}
            _require_as_added(tables, contract, names, str(row["after"]), set(marks))
        else:
            before.setdefault(str(row["row"]), row)
            marks[str(row["row"])] = str(row["after"])
    _require_as_changed(tables, contract, marks)
    fresh = [name for name, row in before.items() if row is None]
    earlier = [row for row in before.values() if row is not None]
    return WayBack(contract, pd.Index(fresh, dtype=object), _frame_of(tables, contract, earlier))


def _require_as_added(
    tables: Tables, contract: Contract, names: list[str], mark: str, changed: set[str]
) -> None:
    """Refuse where rows that a change added are not as it left them."""
    if mark.partition(":")[0] != edition() or changed & set(names):
        return
    rows = tables.rows(contract, pd.Index(names, dtype=object))
    if len(rows) != len(names) or joint_mark(rows, contract) != mark:
        raise LayerError("undo_changed_outside", layer=contract.name, rows=some_names(names))


def _require_as_changed(tables: Tables, contract: Contract, marks: Mapping[str, str]) -> None:
    """Refuse where rows that a change touched are not as it left them."""
    rows = tables.rows(contract, pd.Index(list(marks), dtype=object))
    now = dict(zip(row_names(rows, contract), row_marks(rows, contract), strict=True))
    unlike = [
        name
        for name, mark in marks.items()
        if now.get(name, "") != mark and (not mark or mark.partition(":")[0] == edition())
    ]
    if unlike:
        raise LayerError("undo_changed_outside", layer=contract.name, rows=some_names(unlike))


def _frame_of(tables: Tables, contract: Contract, rows: Sequence[Record]) -> pd.DataFrame:
    """Make rows from what was kept of them."""
    if not rows:
        return conform(pd.DataFrame(columns=list(contract.columns)), contract, tables.crs)[0]
    frame = pd.DataFrame([json.loads(str(row["data"])) for row in rows])
    if contract.is_spatial:
        shapes = shapely.from_wkb(np.array([row["wkb"] for row in rows], dtype=object))
        frame = gpd.GeoDataFrame(frame, geometry=shapes, crs=tables.crs)
    return conform(frame, contract, tables.crs)[0]


def some_names(names: Sequence[str] | pd.Index) -> str:
    """Name the first rows of a sentence, and say where there are more."""
    return ", ".join(map(str, names[:NAMED])) + (" …" if len(names) > NAMED else "")


# --- seals -------------------------------------------------------------------------------------


def seal_rows(tables: Tables, contract: Contract, names: Iterable[str]) -> None:
    """Seal rows as they stand; those that are gone lose their seal, the others keep theirs."""
    listed = pd.Index(list(dict.fromkeys(names)), dtype=object)
    for name in listed:
        tables.forget(SEALS, layer=contract.name, row=name)
    rows = tables.rows(contract, listed)
    for name, digest in zip(row_names(rows, contract), row_digests(rows, contract), strict=True):
        tables.append(SEALS, {"layer": contract.name, "row": name, "sha256": digest})


def seal_digests(
    tables: Tables, before: Mapping[str, str], layers: Iterable[str] = SEALED_LAYERS
) -> dict[str, str]:
    """Give one hash over the seals of each layer, and how the ledger's entries end.

    ``before``: Those of the change before.
    ``layers``: Layers whose seals may differ from then.
    """
    digests = dict(before)
    for layer in layers:
        seals = sorted(
            (str(row["row"]), str(row["sha256"])) for row in tables.records(SEALS, layer=layer)
        )
        text = json.dumps(seals, ensure_ascii=False).encode()
        digests[layer] = hashlib.sha256(text).hexdigest()
    return {**digests, EVENTS: tables.last_entry()}


def change_hash(previous: str, change: Record, audit: Sequence[Record]) -> str:
    """Hash a change behind the one before: what it was, what it did, and what is sealed since."""
    lines = [[row[name] for name in ("layer", "action", "rows", "actor", "at")] for row in audit]
    content = {
        name: change[name]
        for name in ("change", "at", "actor", "kind", "reason", "undoes", "breaks", "seals")
    }
    text = json.dumps({**content, "did": lines}, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def seals_of(change: Record) -> dict[str, str]:
    """Read what a change sealed; what another program put there instead seals nothing."""
    try:
        sealed = json.loads(str(change["seals"] or "{}"))
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in sealed.items()} if isinstance(sealed, dict) else {}


def head_of(tables: Tables) -> str:
    """Give the head of the chain of changes: it stands for every change and the whole ledger."""
    changes = tables.records(CHANGES)
    return str(changes[-1]["row_sha256"]) if changes else ORIGIN


def examine_changes(tables: Tables, chain: Chain | None = None) -> list[OutsideChange]:
    """Follow the chain of changes and hold sealed rows against their seals.

    ``chain``: That of the ledger's entries, where it was followed already.

    Returns
    -------
    list of OutsideChange
        Everything that was changed without the product, in the order of changes, then layers.
    """
    problems: list[OutsideChange] = []
    changes, head, known = tables.records(CHANGES), ORIGIN, 0
    audits: dict[object, list[Record]] = {}
    for entry in tables.records(AUDIT):
        audits.setdefault(entry["change"], []).append(entry)
    for place, change in enumerate(changes, start=1):
        number = str(change["change"])
        if change["change"] != place or change["previous_sha256"] != head:
            problems.append(OutsideChange("changes_missing", CHANGES, number))
        wanted = change_hash(
            str(change["previous_sha256"]), change, audits.get(change["change"], [])
        )
        if change["row_sha256"] != wanted:
            problems.append(OutsideChange("change_altered", CHANGES, number))
        head = str(change["row_sha256"])
        breaks = whole_number(change["breaks"])
        if breaks > known:
            problems.append(OutsideChange(BEHIND_BREAK, CHANGES, number))
        known = breaks
    sealed = seals_of(changes[-1]) if changes else {}
    digests = seal_digests(tables, {})
    for layer in SEALED_LAYERS if changes else ():
        if sealed.get(layer) != digests.get(layer):
            problems.append(OutsideChange("seals_altered", layer, ""))
        problems += _unsealed(tables, contract_of(layer))
    events = contract_of(EVENTS)
    if changes and sealed.get(EVENTS) != digests[EVENTS]:
        problems.append(OutsideChange("entries_altered", EVENTS, ""))
    chain = chain or examine(tables.rows(events), events)
    return problems + [
        OutsideChange(gap.code, events.name, gap.key, gap.others) for gap in chain.breaks
    ]


def _unsealed(tables: Tables, contract: Contract) -> list[OutsideChange]:
    rows = tables.rows(contract)
    now = dict(zip(row_names(rows, contract), row_digests(rows, contract), strict=True))
    then = {
        str(row["row"]): str(row["sha256"]) for row in tables.records(SEALS, layer=contract.name)
    }
    problems = [
        OutsideChange(
            "sealed_row_changed" if name in then else "sealed_row_added", contract.name, name
        )
        for name, digest in now.items()
        if then.get(name) != digest
    ]
    gone = [name for name in then if name not in now]
    return problems + [OutsideChange("sealed_row_removed", contract.name, name) for name in gone]
