"""The column by which a file that was exported says how each row stood: who changed it since."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from layers.contracts import Contract
from layers.editions import (
    NOTHING,
    Difference,
    compare_editions,
    first_difference,
    shape_text,
    value_text,
)
from layers.errors import LayerError
from layers.exchange.heading import field_title, plain_title
from layers.exchange.readers.source import Evidence, SourceFile
from layers.exchange.recognise.keys import keys_of
from layers.fields import FIELDS
from layers.validate import row_names
from layers.workspace.changes import NAMED
from layers.workspace.protocol import Workspace
from layers.workspace.row_marks import row_versions

ROW_VERSION = "row_version"
MARK = re.compile(r"v[0-9a-f]{12}")


@dataclass(frozen=True)
class Versions:
    """How the rows of a file stood when it was exported.

    ``column``: Its heading in the file; empty where the file has no such column.
    ``marks``: One for each row, missing where the row has none.
    """

    column: str
    marks: pd.Series


def version_column(columns: Iterable[str]) -> str | None:
    """Find the column of row versions by its name or heading, None where there is none.

    >>> version_column(["地块编号", "行版本"]), version_column(["版本"])
    ('行版本', None)
    """
    entry = FIELDS[ROW_VERSION]
    known = {
        plain_title(ROW_VERSION),
        *(plain_title(field_title(entry, lang)) for lang in ("zh", "en")),
    }
    return next((name for name in columns if plain_title(name) in known), None)


def take_versions(source: SourceFile, mapping: Mapping[str, str]) -> tuple[SourceFile, Versions]:
    """Take the row versions out of a file: they are compared and never stored.

    ``mapping``: Stated columns; what is stated of that column holds.

    A column of that name without a single mark is the office's own and stays.
    """
    frame = source.frame
    column = version_column(map(str, frame.columns))
    nothing = Versions("", pd.Series(None, index=frame.index, dtype="object"))
    if column is None or column in mapping:
        return source, nothing
    texts = [_tidied(value) for value in frame[column].astype("object")]
    if not any(text is not None and MARK.fullmatch(text) for text in texts):
        return source, nothing
    marks = pd.Series(texts, index=frame.index, dtype="object")
    rest = frame.drop(columns=column)
    return dataclasses.replace(source, frame=rest), Versions(column, marks)


def _tidied(value: object) -> str | None:
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    return str(value).strip().casefold() or None


def require_versions(
    frame: pd.DataFrame,
    versions: Versions,
    existing: pd.DataFrame,
    contract: Contract,
    workspace: Workspace,
) -> tuple[Evidence, ...]:
    """Refuse a file with rows that somebody changed since it was exported, with both values.

    ``frame``: The rows of the file under the vocabulary's names, in the file's order.
    ``existing``: The layer as it stands.

    What was compared, as a note.

    Raises LayerError: ``row_changed_meanwhile``.
    """
    marked = np.flatnonzero(versions.marks.notna())
    if not len(marked):
        return ()
    names = pd.Index(keys_of(frame, contract), dtype=object)[marked]
    marks = dict(zip(names, versions.marks.iloc[marked], strict=True))
    there = pd.Index(row_names(existing, contract), dtype=object)
    rows = existing[there.isin(names)]
    now = dict(zip(row_names(rows, contract), row_versions(rows), strict=True))
    unlike = [name for name, mark in marks.items() if now.get(name) != mark]
    if unlike:
        raise _changed(unlike, marks, frame.iloc[marked].set_axis(names), rows, contract, workspace)
    return (Evidence.of("row_versions_alike", column=versions.column, count=len(marks)),)


def _changed(
    unlike: list[str],
    marks: dict[str, str],
    wanted: pd.DataFrame,
    rows: pd.DataFrame,
    contract: Contract,
    workspace: Workspace,
) -> LayerError:
    """Say of the first row what it was, is, and is to be; what it was is known from the history."""
    row = unlike[0]
    current = rows[np.array([name == row for name in row_names(rows, contract)], dtype=bool)]
    yours = wanted[wanted.index == row].iloc[:1]
    seen = _as_exported(workspace, contract, row, marks[row])
    differs = _difference(current, seen, yours, contract)
    more = " …" if len(unlike) > NAMED else ""
    return LayerError(
        "row_changed_meanwhile", layer=contract.name, row=row, column=differs.column,
        seen=differs.before, now=differs.after, yours=_cell(yours, differs.column),
        rows=", ".join(unlike[:NAMED]) + more,
    )  # fmt: skip


def _as_exported(
    workspace: Workspace, contract: Contract, row: str, mark: str
) -> pd.DataFrame | None:
    """Find the row as it was exported among what the workspace remembers of it."""
    earlier = workspace.earlier(contract.name, row)
    places = [place for place, other in enumerate(row_versions(earlier)) if other == mark]
    return earlier.iloc[places[-1:]] if places else None


def _difference(
    current: pd.DataFrame, seen: pd.DataFrame | None, yours: pd.DataFrame, contract: Contract
) -> Difference:
    """Name a column that differs, with its value when it was exported and its value now."""
    row = str(yours.index[0])
    if not len(current):
        return Difference(row, contract.key, row, NOTHING)
    if seen is not None:
        changes = compare_editions(seen, current, contract, is_whole=False)
        if changes.changed_ids:
            return first_difference(changes)
    # Another program changed it: what it was isn't known, but what the file says is.
    brought = [name for name in contract.columns if name in yours.columns]
    unlike = [name for name in brought if _cell(current, name) != _cell(yours, name)]
    column = next(iter(unlike), "geometry" if contract.is_spatial else contract.key)
    return Difference(row, column, NOTHING, _cell(current, column))


def _cell(rows: pd.DataFrame, column: str) -> str:
    if column == "geometry":
        return shape_text(rows, 0)
    return value_text(rows[column].iloc[0]) if column in rows.columns and len(rows) else NOTHING
