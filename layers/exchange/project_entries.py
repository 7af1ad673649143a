"""Entries of the ledger that an import into ``projects`` writes: a project changes by events."""

import pandas as pd

from layers.contracts import contract_of
from layers.editions import Changes
from layers.fields import FIELDS
from layers.validate import conform
from layers.workspace.transaction import WorkspaceEdit

KIND = "fields_changed"
NAMED = 12
"""So many fields are named in one entry."""


def project_entries(
    edit: WorkspaceEdit, changes: Changes, source: str, actor: str, at: str
) -> pd.DataFrame:
    """Make one entry for each project that an import adds or changes.

    Parameters
    ----------
    edit
        The set of changes; numbers are taken inside its transaction.
    changes
        What the import does to ``projects``.
    source
        Name of the file.
    actor, at
        Who imports, and when (ISO).

    Returns
    -------
    DataFrame
        Rows of ``project_events``: field by field what was and what is. Rules of progress don't
        count them: a file that was read says nothing of a project's progress.
    """
    events = edit.read("project_events")
    first = int(events["entry_seq"].max()) + 1 if len(events) else 1
    cells = {
        str(row): "；".join(
            f"{_heading(cell.column)}：{_shown(cell.value_before)} → {_shown(cell.value_after)}"
            for cell in group.head(NAMED).itertuples()
        ) + ("；…" if len(group) > NAMED else "")
        for row, group in changes.cells.groupby("row_id", sort=False)
    }  # fmt: skip
    added = zip(changes.added["project_id"], changes.added["unit_id"], strict=True)
    changed = zip(changes.after["project_id"], changes.after["unit_id"], strict=True)
    told = [(project, unit, "") for project, unit in added]
    told += [(project, unit, cells.get(str(project), "")) for project, unit in changed]
    rows = [
        {
            "event_id": f"sj-{seq:05d}", "project_id": project, "event_kind": KIND,
            "event_on": at[:10], "entered_at": at, "entry_seq": seq, "unit_id": unit,
            "actor": actor, "detail": f"{source}：{detail}" if detail else source,
        }
        for seq, (project, unit, detail) in enumerate(told, start=first)
    ]  # fmt: skip
    contract = contract_of("project_events")
    return conform(pd.DataFrame(rows, columns=list(contract.columns)), contract)[0]


def _heading(column: object) -> str:
    return FIELDS[str(column)].zh if column in FIELDS else str(column)


def _shown(value: object) -> str:
    return "–" if pd.isna(value) else str(value)  # type: ignore[call-overload]
