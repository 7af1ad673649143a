"""What an import found line by line, and what a newer edition changes, as lists and as JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from app.answers.answer import column_titles
from app.context import Context
from app.messages import Catalogue
from geo.errors import MuPlanError
from geo.overlay import areas_m2
from geo.progress import Progress
from geo.validity import Repair
from layers.edition import Changes
from layers.exchange.fault_report import FaultReport
from layers.exchange.fault_table import FaultTable, parse_fault_table
from layers.exchange.judging import Checks
from layers.exchange.row_checks import Holder
from layers.exchange.sheet import Sheet
from layers.exchange.write import check_export_path
from layers.fields import FIELDS
from platforms.projects.taken import taken_parcels
from platforms.projects.viewing import require_city

REPORT_ENDINGS = (".xlsx", ".docx", ".gpkg")
"""Formats with room for several lists."""

MOST_LINES = 10_000
"""Lines given in JSON and on a page; the files have all of them."""

LINE_COLUMNS = (
    "fault_kind", "row_number", "fault_row_id", "fault_column", "fault_value", "other_rows",
    "fault_area_m2", "fault_done", "fault_offered",
)  # fmt: skip
REPAIR_COLUMNS = ("fault_row_id", "repair_reason", "area_before_m2", "area_after_m2")
CHANGE_COLUMNS = (
    "fault_row_id", "changed_column", "value_before", "value_after", "edition_area_before_m2",
    "edition_area_after_m2", "moved_m",
)  # fmt: skip
TITLED = tuple(dict.fromkeys((*LINE_COLUMNS, *REPAIR_COLUMNS, *CHANGE_COLUMNS, "is_kept_aside")))


def fault_table(context: Context, actions: Mapping[str, str] | None = None) -> FaultTable:
    """Read what is done with each class of fault, and put the planner's choices over it."""
    table = parse_fault_table(context.settings.text("exchange", "faults.yaml"))
    return table.overruled(actions or {})


def import_checks(
    context: Context, actions: Mapping[str, str], progress: Progress | None = None
) -> Checks:
    """Gather what rows of an import are held against beside their contract."""
    require_city(context.source)
    held = taken_parcels(
        context.source.read("projects"), context.source.read("project_events"), context.as_of
    )
    taken = {
        parcel: tuple(Holder(project, whole) for project, whole in holders)
        for parcel, holders in held.items()
    }
    return Checks(fault_table(context, actions), taken, progress=progress)


def parse_actions(pairs: Sequence[str]) -> dict[str, str]:
    """Read ``CLASS=ACTION`` (``fault_pair_bad``)."""
    actions = {}
    for pair in pairs:
        code, sign, action = (part.strip() for part in pair.partition("="))
        if not (code and sign and action):
            raise MuPlanError("fault_pair_bad", pair=pair)
        actions[code] = action
    return actions


def check_report_path(path: Path) -> None:
    """Refuse a file that a report of an import can't be written to, before anything is stored.

    Raises
    ------
    MuPlanError
        ``import_report_format``, ``folder_missing``, ``path_is_folder``,
        ``export_over_workspace``.
    """
    if not path.name.lower().endswith(REPORT_ENDINGS):
        raise MuPlanError("import_report_format", path=path.name)
    check_export_path(path)


def line_frame(
    context: Context, report: FaultReport, table: FaultTable, most: int | None = None
) -> gpd.GeoDataFrame:
    """Give the faults one by one as people read them, with their land.

    Parameters
    ----------
    context
        Language, system of the shapes.
    report
        The faults.
    table
        What is done with each class.
    most
        Lines given at most, None for all.
    """
    words = context.words
    rows = report.frame(context.crs, most)
    names = {code: words.text(f"fault_{code}") for code in rows["code"].unique()}
    offered = {code: words.text(f"repair_{table.entry(code).repair or 'none'}") for code in names}
    nothing = words.text("repair_none")
    done = [
        "done_aside" if not stored
        else "done_repaired" if table.action(code) == "repair" and mendable else "done_stored"
        for code, mendable, stored in zip(
            rows["code"], rows["mendable"], rows["is_stored"], strict=True
        )
    ]  # fmt: skip
    shown = pd.DataFrame(
        {
            "fault_kind": rows["code"].map(names),
            "row_number": rows["row_number"],
            "fault_row_id": rows["row_id"],
            "fault_column": rows["column"].map(lambda name: _column_name(name, words)),
            "fault_value": rows["value"],
            "other_rows": rows["others"],
            "fault_area_m2": rows["area_m2"].astype("float64"),
            "fault_done": [words.text(code) for code in done],
            "fault_offered": rows["code"].map(offered).where(rows["mendable"], nothing),
        }
    )
    return gpd.GeoDataFrame(shown, geometry=np.asarray(rows.geometry), crs=context.crs)


def _column_name(name: str, words: Catalogue) -> str:
    if name == "geometry":
        return words.text("changed_shape")
    return "、".join(words.heading(one) if one in FIELDS else one for one in name.split(";"))


def line_rows(report: FaultReport, context: Context, table: FaultTable) -> list[dict[str, object]]:
    """Give the faults one by one for JSON, at most ``MOST_LINES``."""
    rows = report.frame(context.crs, MOST_LINES)
    plain = pd.DataFrame(rows.drop(columns="geometry"))
    return [
        {
            **line, "area_m2": None if np.isnan(line["area_m2"]) else line["area_m2"],
            "action": table.action(line["code"]),
            "repair": table.entry(line["code"]).repair if line["mendable"] else None,
        }
        for line in plain.to_dict("records")
    ]  # fmt: skip


def repair_frame(repairs: Sequence[tuple[str, Repair]], words: Catalogue) -> pd.DataFrame:
    """List what was mended, with the areas before and after."""
    return pd.DataFrame(
        {
            "fault_row_id": [row for row, _ in repairs],
            "repair_reason": [repair_text(one.reason, words) for _, one in repairs],
            "area_before_m2": [one.area_before_m2 for _, one in repairs],
            "area_after_m2": [one.area_after_m2 for _, one in repairs],
        }
    )


def repair_text(reason: str, words: Catalogue) -> str:
    """Say why something was mended: in the product's words, or in those of the geometry engine."""
    code = f"repair_{reason}"
    return words.text(code) if code in words.sentences else reason


def change_sheets(context: Context, changes: Changes) -> tuple[Sheet, ...]:
    """List the rows added, changed and removed, with their shapes where they have them."""
    words = context.words
    return (
        Sheet(words.text("sheet_added"), _row_list(changes.added)),
        Sheet(words.text("sheet_changed"), changed_frame(context, changes)),
        Sheet(words.text("sheet_removed"), _row_list(changes.removed)),
    )


def _row_list(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out the columns that no row has a value in."""
    held = [name for name in rows.columns if name == "geometry" or rows[name].notna().any()]
    return rows[held] if held else rows.iloc[:, :1]


def changed_frame(context: Context, changes: Changes) -> pd.DataFrame:
    """List what differs: one line for each cell, and one for each shape."""
    words = context.words
    cells = changes.cells
    lines = pd.DataFrame(
        {
            "fault_row_id": cells["row_id"],
            "changed_column": [_column_name(name, words) for name in cells["column"]],
            "value_before": [_shown(value) for value in cells["value_before"]],
            "value_after": [_shown(value) for value in cells["value_after"]],
        }
    )
    before, after = _areas(context, changes.before), _areas(context, changes.after)
    moved = np.flatnonzero(~(changes.moved_m == 0))
    shapes = pd.DataFrame(
        {
            "fault_row_id": [changes.changed_ids[p] for p in moved.tolist()],
            "changed_column": words.text("changed_shape"),
            "edition_area_before_m2": before[moved],
            "edition_area_after_m2": after[moved],
            "moved_m": changes.moved_m[moved],
        }
    )
    whole = pd.concat([lines, shapes], ignore_index=True).reindex(columns=list(CHANGE_COLUMNS))
    whole = whole.astype(dict.fromkeys(CHANGE_COLUMNS[4:], "float64"))
    order = {row: place for place, row in enumerate(changes.changed_ids)}
    whole = whole.sort_values("fault_row_id", key=lambda ids: ids.map(order), kind="stable")
    if not isinstance(changes.after, gpd.GeoDataFrame):
        return whole
    places = whole["fault_row_id"].map(order).to_numpy(dtype=np.intp)
    land = np.asarray(changes.after.geometry.array, dtype=object)[places]
    return gpd.GeoDataFrame(whole.reset_index(drop=True), geometry=land, crs=context.crs)


def _areas(context: Context, rows: pd.DataFrame) -> np.ndarray:
    if not isinstance(rows, gpd.GeoDataFrame) or not len(rows):
        return np.full(len(rows), np.nan)
    return areas_m2(np.asarray(rows.geometry.array, dtype=object), context.crs)


def _shown(value: object) -> str | None:
    return None if value is None else str(value)


def change_rows(context: Context, changes: Changes) -> dict[str, object]:
    """Give for JSON which rows are added, changed (which columns, area, outline), removed."""
    before, after = _areas(context, changes.before), _areas(context, changes.after)
    cells = {row: [] for row in changes.changed_ids}  # type: dict[str, list[dict[str, object]]]
    for cell in changes.cells.to_dict("records"):
        cells[cell["row_id"]].append(
            {"column": cell["column"], "before": _plain(cell["value_before"]),
             "after": _plain(cell["value_after"])}
        )  # fmt: skip
    return {
        "added": [{"row": row} for row in changes.added_ids],
        "changed": [
            {
                "row": row, "columns": cells[row],
                "shape_changed": bool(moved != 0), "moved_m": _plain(float(moved)),
                "area_before_m2": _plain(float(one)), "area_after_m2": _plain(float(two)),
            }
            for row, moved, one, two in zip(
                changes.changed_ids, changes.moved_m, before, after, strict=True
            )
        ],
        "removed": [{"row": row} for row in changes.removed_ids],
        "unchanged": changes.unchanged,
    }  # fmt: skip


def _plain(value: object) -> object:
    """Give a value that JSON can hold."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return None if value is None else str(value)


def report_titles(words: Catalogue) -> dict[str, str]:
    """Head the columns of the report."""
    return column_titles(words, TITLED)
