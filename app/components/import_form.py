"""The import on the page."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from app.answers.answer import Answer, actor
from app.answers.imports import (
    CHANGE_COLUMNS,
    PlaceSeen,
    changed_frame,
    fault_table,
    fault_text,
    import_answer,
    import_checks,
    line_frame,
    look_at_place,
    look_at_unit,
    place_picture,
    raster_answer,
    refusal_text,
    refused_result,
    report_titles,
    sample_of,
    shift_notes,
)
from app.components.jobs import run_with_bar
from app.components.map_view import show_map
from app.components.page import (
    as_text,
    changing,
    error_text,
    hand_out,
    say_lines,
    show_list,
    shown_columns,
    within_border,
)
from app.context import Context, now
from app.session import map_view, stamp, words
from geo.errors import MuPlanError
from geo.tools import Progress
from geo.units import AREA_UNITS_IN_M2
from layers.contracts import RASTERS
from layers.editions import Changes
from layers.exchange.checks.faults import FaultTable
from layers.exchange.importing import (
    ImportDiffersError,
    ImportResult,
    NothingAcceptedError,
    run_import,
)
from layers.exchange.raster import import_raster
from layers.exchange.readers.source import Evidence, SourceFile
from layers.exchange.recognise.area_unit import DECLARED
from layers.exchange.recognise.crs import Extent
from layers.exchange.request import CrsOptions, ImportRequest
from layers.maps.find import HIGHLIGHT_LIMIT, Highlight
from layers.maps.view import Bounds

ASKED = "import_checked"
LAST_CHECK = "import_found"


@dataclass(frozen=True, eq=False)
class ImportOutcome:
    """What an import or its check gave.

    ``result``: Counts, faults, changes.
    ``answer``: The same as lists, those of many lines cut short.
    ``whole``: Gives the whole lists, for export.
    ``table``: What was done with each class of fault.
    ``error``: Why nothing could be stored, None where something could.
    ``differs``: Set where nothing was stored because it would differ from what was shown.
    """

    result: ImportResult
    answer: Answer
    whole: Callable[[], Answer]
    table: FaultTable
    error: NothingAcceptedError | None = None
    differs: ImportDiffersError | None = None


def is_checked(request: ImportRequest, *, asked: bool) -> bool:
    """Say whether this question was asked, now or before: choices below it ask it anew."""
    question = _asked(request)
    if asked:
        st.session_state[ASKED] = question
    return bool(st.session_state.get(ASKED) == question)


def forget_check() -> None:
    """Forget the check: what it was about is stored."""
    st.session_state.pop(ASKED, None)
    st.session_state.pop(LAST_CHECK, None)


Asked = tuple[object, ...]


def _asked(request: ImportRequest) -> Asked:
    """Give what is asked, whatever the state of the workspace."""
    content = sha256(request.path.read_bytes()).hexdigest()
    asked = replace(request, path=request.path.relative_to(request.path.parent), dry_run=True)
    path, _, *choices = stamp()
    return content, repr(asked), path, *choices


def _question(request: ImportRequest, actions: Mapping[str, str]) -> tuple[Asked, Asked, Asked]:
    """Give what is asked, with what is done with faults, and in which state of the workspace."""
    return _asked(request), tuple(sorted(actions.items())), stamp()


def seen_result(request: ImportRequest, actions: Mapping[str, str]) -> ImportResult | None:
    """Give what the person was shown for this question, None where it wasn't checked."""
    kept, outcome = st.session_state.get(LAST_CHECK, (None, None))
    same = kept is not None and kept[:2] == _question(request, actions)[:2]
    return outcome.result if same and isinstance(outcome, ImportOutcome) else None


def keep_check(request: ImportRequest, actions: Mapping[str, str], outcome: ImportOutcome) -> None:
    """Keep what a person is shown now: it is what the next storing is held against."""
    st.session_state[ASKED] = _asked(request)
    st.session_state[LAST_CHECK] = (_question(request, actions), outcome)


def action_key(layer: str, code: str) -> str:
    """Name the choice of what is done with a class of fault."""
    return f"import_on_{layer}_{code}"


def chosen_actions(context: Context, layer: str) -> dict[str, str]:
    """Gather what was chosen on this page for each class of fault."""
    classes = fault_table(context).classes
    chosen = {code: st.session_state.get(action_key(layer, code)) for code in classes}
    return {
        code: action for code, action in chosen.items() if action in classes[code].allowed
    }  # fmt: skip


def checked(context: Context, request: ImportRequest, actions: Mapping[str, str]) -> ImportOutcome:
    """Check a file, once for each question and choice."""
    key = _question(request, actions)
    kept, outcome = st.session_state.get(LAST_CHECK, (None, None))
    if kept != key or not isinstance(outcome, ImportOutcome):
        outcome = import_found(context, request, actions)
        st.session_state[LAST_CHECK] = (key, outcome)
    return outcome


def import_found(
    context: Context,
    request: ImportRequest,
    actions: Mapping[str, str],
    seen: ImportResult | None = None,
) -> ImportOutcome:
    """Run an import or its check under a bar.

    ``seen``: What the person was shown of it before; what would differ isn't stored.
    """
    error, differs = None, None

    def run(progress: Progress) -> ImportResult:
        nonlocal error, differs
        checks = import_checks(context, actions, progress)
        try:
            with changing(context) as own:
                return run_import(own.workspace, request, actor(), now(), checks, seen)
        except ImportDiffersError as refusal:
            differs = refusal
            return refusal.result
        except NothingAcceptedError as refusal:
            error = refusal
            return refused_result(request, refusal)

    result = run_with_bar("import", words().text("working"), run)
    answer = import_answer(context, request, result, actions, is_whole=False)

    def whole() -> Answer:
        return import_answer(context, request, result, actions)

    return ImportOutcome(result, answer, whole, fault_table(context, actions), error, differs)


AS_RECOGNISED = "recognised"
SHIFTS = ("none", "gcj02", "bd09")


def ask_place(
    context: Context, source: SourceFile, extent: Extent, typed: str
) -> tuple[CrsOptions | None, gpd.GeoDataFrame | None]:
    """Show how a file's numbers are understood, before and after, and let it be overruled.

    ``source``: A file with shapes.
    ``typed``: Coordinate system typed by the planner, empty where none.

    What to import with, None while something has to be answered; some rows where they would lie,
    None while they can't be placed.
    """
    text = words().text
    some = sample_of(source)
    at_first = look_at_place(some, CrsOptions(), extent)
    with st.container(border=True):
        st.markdown(f"**{text('ask_place')}**")
        place = _ask_reading(at_first, typed)
        if place is None:
            return None, None
        place, seen = _with_datum(some, place, extent)
        if seen.problem is not None:
            st.error(error_text(seen.problem))
            return None, None
        _say(seen.evidence)
        shift = _ask_shift(seen)
        if shift is None:
            return None, seen.rows
        final = dataclasses.replace(place, shift=shift)
        after = look_at_place(some, final, extent)
        if after.rows is not None:
            _pictures(context, extent, at_first, after)
        doubted = bool(shift_notes(seen))
        answer = final if doubted or shift != "none" else place
        return answer, after.rows


def _ask_reading(seen: PlaceSeen, typed: str) -> CrsOptions | None:
    text = words().text
    options: dict[str, CrsOptions] = {}
    labels: dict[str, str] = {}
    if typed:
        for axis in ("xy", "yx"):
            options[axis] = CrsOptions(typed, axis)
            labels[axis] = f"{typed}　{text(f'axis_{axis}')}"
    else:
        if seen.problem is None:
            options[AS_RECOGNISED] = CrsOptions()
            labels[AS_RECOGNISED] = text("place_recognised")
        for reading in seen.readings:
            key = f"{reading.code} {reading.axis}"
            options[key] = CrsOptions(reading.code, reading.axis)
            labels[key] = text(
                "place_reading",
                name=reading.crs.name,
                code=reading.code,
                axis=text(f"axis_{reading.axis}"),
                share=reading.share,
            )
        if seen.problem is not None:
            st.warning(error_text(seen.problem))
    if not options:
        st.info(text("place_type_one"))
        return None
    certain = typed or seen.problem is None
    chosen = st.radio(
        text("ask_reading"), list(options), index=0 if certain else None,
        format_func=lambda key: as_text(labels[key]), key=f"import_reading_{'|'.join(options)}",
    )  # fmt: skip
    return None if chosen is None else options[chosen]


def _with_datum(
    source: SourceFile, place: CrsOptions, extent: Extent
) -> tuple[CrsOptions, PlaceSeen]:
    """Place the rows; ask for the seven parameters where an older datum needs them."""
    seen = look_at_place(source, place, extent)
    if seen.problem is None or seen.problem.code != "datum_refused":
        return place, seen
    typed = st.text_input(words().text("option_datum"), key="import_datum")
    if not typed:
        return place, seen
    try:
        place = dataclasses.replace(place, datum=typed)
    except MuPlanError as error:
        st.error(error_text(error))
        return place, seen
    return place, look_at_place(source, place, extent)


def _ask_shift(seen: PlaceSeen) -> str | None:
    text = words().text
    doubts = shift_notes(seen)
    for note in doubts:
        st.warning(as_text(words().note(note.code, note.values)))
    return st.radio(
        text("ask_shift"), SHIFTS, index=None if doubts else 0, horizontal=True,
        format_func=lambda code: text(f"shift_{code}"), key=f"import_shift_{len(doubts)}",
    )  # fmt: skip


def _pictures(context: Context, extent: Extent, before: PlaceSeen, after: PlaceSeen) -> None:
    text = words().text
    left, right = st.columns(2)
    with left:
        if before.rows is not None:
            st.image(place_picture(context, extent, before.rows, text("place_before")))
        elif before.medians is not None:
            x, y = before.medians
            st.caption(text("place_before"))
            st.info(as_text(text("place_before_nowhere", x=x, y=y)))
    with right:
        if after.rows is not None:
            st.image(place_picture(context, extent, after.rows, text("place_after")))


def ask_unit(rows: pd.DataFrame | None, targets: Mapping[str, str]) -> tuple[bool, str | None]:
    """Show in which unit areas are declared, and let it be overruled.

    ``rows``: Some rows where they would lie, None where they aren't placed.

    False while the unit has to be chosen; the unit to import with, None to leave it to the file.
    """
    text = words().text
    columns = [column for column, target in targets.items() if target == DECLARED]
    if not columns or rows is None:
        return True, None
    guess, grounds, problem = look_at_unit(rows, columns[0])
    with st.container(border=True):
        st.markdown(f"**{text('ask_unit')}**")
        _say(grounds)
        if problem is not None:
            st.warning(error_text(problem))
        elif guess not in AREA_UNITS_IN_M2:
            return True, None
        units = list(AREA_UNITS_IN_M2)
        unit = st.radio(
            text("option_declared_unit"), units, horizontal=True,
            index=None if guess is None else units.index(guess),
            key=f"import_unit_{columns[0]}_{guess}",
        )  # fmt: skip
    return unit is not None, unit


def _say(notes: tuple[Evidence, ...]) -> None:
    for note in notes:
        st.caption(as_text(words().note(note.code, note.values)))


SHOWN_LINES = 2000
SHOWN_COLUMNS = (
    "fault_kind", "fault_row_id", "fault_value", "other_rows", "fault_done", "fault_offered",
    "row_number", "fault_column", "fault_area_m2",
)  # fmt: skip
"""What is wrong with which row stands first: a list beside a map shows few columns."""
LOOKS = {"done_aside": "not_met", "done_repaired": "met", "done_stored": "result"}
HEIGHT_PX = 520


def show_report(context: Context, request: ImportRequest, outcome: ImportOutcome) -> None:
    """Show what a check found, and what a newer edition changes."""
    text = words().text
    if outcome.error is not None:
        st.error(as_text(refusal_text(outcome.error, words())))
    with st.expander(text("import_details"), expanded=not len(outcome.result.faults)):
        say_lines(outcome.answer.summary)
    st.subheader(text("faults_heading"))
    report = outcome.result.report
    if report is None or not len(report):
        st.success(text("faults_none"))
    else:
        for fault in outcome.result.faults:
            st.text(fault_text(fault, request.layer, words()))
        _decide(request.layer, outcome)
        _faults(context, outcome)
    if outcome.result.changes is not None:
        _changes(context, outcome.result.changes)
    hand_out(
        outcome.whole,
        context,
        (".xlsx", ".docx", ".gpkg"),
        "import_report",
        title=outcome.answer.title,
    )


def _decide(layer: str, outcome: ImportOutcome) -> None:
    """Ask what is done with each class of fault found that leaves a choice."""
    text = words().text
    report = outcome.result.report
    counts: dict[str, int] = {}
    for line in report.lines if report is not None else ():
        counts[line.code] = counts.get(line.code, 0) + len(line.concerned)
    open_to = [code for code in counts if len(outcome.table.entry(code).allowed) > 1]
    if not open_to:
        return
    st.caption(f"{text('faults_actions')}　{text('faults_actions_help')}")
    cells = st.columns(4)
    for position, code in enumerate(open_to):
        entry = outcome.table.entry(code)
        cells[position % 4].selectbox(
            text("faults_action_of", kind=text(f"fault_{code}"), count=counts[code]),
            entry.allowed, index=entry.allowed.index(entry.action),
            format_func=lambda action: text(f"action_{action}"), key=action_key(layer, code),
        )  # fmt: skip


def _faults(context: Context, outcome: ImportOutcome) -> None:
    report = outcome.result.report
    if report is None:
        return
    lines = line_frame(context, report, outcome.table, SHOWN_LINES)
    if len(report) > len(lines):
        st.caption(words().text("lines_left_out", shown=len(lines), count=len(report)))
    _list_and_map(context, lines)


@st.fragment
def _list_and_map(context: Context, lines: gpd.GeoDataFrame) -> None:
    within_border(lambda: _beside_each_other(context, lines))


def _beside_each_other(context: Context, lines: gpd.GeoDataFrame) -> None:
    text = words().text
    kinds = [text("faults_all"), *lines["fault_kind"].unique()]
    kind = st.selectbox(text("faults_filter"), kinds, key="fault_kind_shown")
    if kind != kinds[0]:
        lines = lines[lines["fault_kind"] == kind]
    st.caption(f"{text('faults_list_hint')}{text('faults_colours')}")
    left, right = st.columns([1, 1])
    with left:
        event = show_list(
            shown_columns(lines, SHOWN_COLUMNS, words(), report_titles(words())),
            height=HEIGHT_PX, on_select="rerun", selection_mode="multi-row", key="fault_rows",
        )  # fmt: skip
    drawn = [
        Highlight(look, some.geometry, _captions(some))
        for done, look in LOOKS.items()
        if len(some := _with_land(lines[lines["fault_done"] == text(done)]))
    ]
    chosen = _with_land(lines.iloc[[row for row in event.selection.rows if row < len(lines)]])
    if len(chosen):
        drawn.append(Highlight("selected", chosen.geometry, _captions(chosen)))
    with right:
        show_map(
            map_view(), words(), key="fault_map", highlights=drawn,
            focus=_focus(chosen if len(chosen) else _with_land(lines)),
            base_map_url=context.settings.base_map_url, height_px=HEIGHT_PX, compact=True,
        )  # fmt: skip


def _with_land(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the rows that can be drawn."""
    drawn = lines.geometry.notna() & ~lines.geometry.is_empty
    bounds = lines.geometry.bounds.to_numpy(dtype=float)
    finite = np.isfinite(bounds).all(axis=1) if len(lines) else np.empty(0, dtype=bool)
    return lines[drawn.to_numpy(dtype=bool) & finite].head(HIGHLIGHT_LIMIT)


def _captions(lines: gpd.GeoDataFrame) -> tuple[str, ...]:
    return tuple(
        words().text("fault_caption", kind=kind, row=row, value=value)
        for kind, row, value in zip(
            lines["fault_kind"], lines["fault_row_id"], lines["fault_value"], strict=True
        )
    )


def _focus(lines: gpd.GeoDataFrame) -> Bounds | None:
    if not len(lines):
        return None
    west, south, east, north = lines.geometry.to_crs(4326).total_bounds.tolist()
    return west, south, east, north


def _changes(context: Context, changes: Changes) -> None:
    text = words().text
    st.subheader(text("changes_heading"))
    st.text(
        text(
            "summary_edition", added=len(changes.added_ids), changed=len(changes.changed_ids),
            removed=len(changes.removed_ids), unchanged=changes.unchanged,
        )
    )  # fmt: skip
    _change_list_and_map(context, changes)


@st.fragment
def _change_list_and_map(context: Context, changes: Changes) -> None:
    within_border(lambda: _changes_beside_each_other(context, changes))


def _changes_beside_each_other(context: Context, changes: Changes) -> None:
    text = words().text
    rows, land = _change_rows(context, changes)
    if not len(rows):
        return
    st.caption(text("changes_colours"))
    left, right = st.columns([1, 1])
    visible = rows.head(SHOWN_LINES)
    with left:
        columns = ("change_kind", *CHANGE_COLUMNS)
        titles = report_titles(words()) | {"change_kind": text("column_change_kind")}
        event = show_list(
            shown_columns(visible, columns, words(), titles), height=HEIGHT_PX, on_select="rerun",
            selection_mode="multi-row", key="change_rows",
        )  # fmt: skip
        if len(rows) > len(visible):
            st.caption(text("lines_left_out", shown=len(visible), count=len(rows)))
    if land is None:
        return
    drawn = [
        Highlight(look, some.geometry, tuple(some["fault_row_id"]))
        for code, look in (("removed", "not_met"), ("changed", "result"), ("added", "met"))
        if len(some := _with_land(land[land["change"] == code]))
    ]
    ids = set(visible["fault_row_id"].iloc[[r for r in event.selection.rows if r < len(visible)]])
    chosen = _with_land(land[land["fault_row_id"].isin(ids)])
    if len(chosen):
        drawn.append(Highlight("selected", chosen.geometry, tuple(chosen["fault_row_id"])))
    with right:
        show_map(
            map_view(), words(), key="change_map", highlights=drawn,
            focus=_focus(chosen if len(chosen) else _with_land(land)),
            base_map_url=context.settings.base_map_url, height_px=HEIGHT_PX, compact=True,
        )  # fmt: skip


def _change_rows(
    context: Context, changes: Changes
) -> tuple[pd.DataFrame, gpd.GeoDataFrame | None]:
    """Give the list of all changes, and the shapes of the rows concerned."""
    text = words().text
    changed = pd.DataFrame(changed_frame(context, changes)).drop(
        columns="geometry", errors="ignore"
    )
    groups = {"added": changes.added_ids, "removed": changes.removed_ids}
    tables = [
        pd.DataFrame({"change_kind": text(f"change_{code}"), "fault_row_id": list(ids)})
        for code, ids in groups.items()
    ]
    whole = pd.concat(
        [changed.assign(change_kind=text("change_changed")), *tables], ignore_index=True
    )
    frames = (
        ("added", changes.added, changes.added_ids),
        ("changed", changes.after, changes.changed_ids),
        ("removed", changes.removed, changes.removed_ids),
    )
    if not isinstance(changes.after, gpd.GeoDataFrame):
        return whole, None
    land = pd.concat(
        [
            gpd.GeoDataFrame(
                {"change": [code] * len(ids), "fault_row_id": list(ids)},
                geometry=np.asarray(rows.geometry.array, dtype=object), crs=context.crs,
            )
            for code, rows, ids in frames
        ],
        ignore_index=True,
    )  # fmt: skip
    return whole, gpd.GeoDataFrame(land, crs=context.crs)


def raster_form(context: Context, path: Path) -> tuple[str, ...]:
    """Ask what an uploaded raster is, check it or store it.

    What was stored, in words; empty where nothing was.
    """
    text = words().text
    first, second, third = st.columns(3)
    zh = words().language == "zh"
    layer = first.selectbox(
        text("raster_of"), list(RASTERS), format_func=lambda name: RASTERS[name][0 if zh else 1],
        key="raster_layer",
    )  # fmt: skip
    crs = second.text_input(text("import_crs"), help=text("option_crs"), key="raster_crs")
    replaces = third.checkbox(text("raster_replaces"), key="raster_replaces")
    check, store, _ = st.columns([1, 1, 6])
    dry_run = check.button(text("import_check"), key="raster_check")
    if not store.button(text("import_store"), type="primary", key="raster_store") and not dry_run:
        return ()
    request = ImportRequest(
        path, layer, "replace" if replaces else "add", crs=crs or None, dry_run=dry_run
    )
    try:
        with changing(context) as own:
            result = run_with_bar(
                "raster", words().text("working"),
                lambda progress: import_raster(own.workspace, request, actor(), now(), progress),
            )  # fmt: skip
    except MuPlanError as error:
        st.error(error_text(error))
        return ()
    summary = raster_answer(context, request, result).summary
    if not result.stored:
        say_lines(summary)
        return ()
    return summary
