"""The guesses of an import on the page: each with its grounds, to be confirmed or overruled."""

import dataclasses
from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
import streamlit as st

from app.answers.recognition import (
    PlaceSeen,
    look_at_place,
    look_at_unit,
    place_picture,
    sample_of,
    shift_notes,
)
from app.components.plain import as_text
from app.context import Context
from app.session import words
from geo.errors import MuPlanError
from geo.units import AREA_UNITS_IN_M2
from layers.exchange.declared import DECLARED
from layers.exchange.evidence import Evidence
from layers.exchange.ground import Ground
from layers.exchange.place_stated import PlaceStated
from layers.exchange.source import SourceFile

AS_RECOGNISED = "recognised"
SHIFTS = ("none", "gcj02", "bd09")


def ask_place(
    held: Context, source: SourceFile, ground: Ground, typed: str
) -> tuple[PlaceStated | None, gpd.GeoDataFrame | None]:
    """Show how a file's numbers are understood, before and after, and let it be overruled.

    Parameters
    ----------
    held
        The workspace.
    source
        A file with shapes.
    ground
        Where its data should lie.
    typed
        Coordinate system typed by the planner, empty where none.

    Returns
    -------
    stated, rows
        What to import with, None while something has to be answered; some rows where they would
        lie, None while they can't be placed.
    """
    text = words().text
    some = sample_of(source)
    at_first = look_at_place(some, PlaceStated(), ground)
    with st.container(border=True):
        st.markdown(f"**{text('ask_place')}**")
        stated = _ask_reading(at_first, typed)
        if stated is None:
            return None, None
        stated, seen = _with_datum(some, stated, ground)
        if seen.problem is not None:
            st.error(as_text(words().error(seen.problem)))
            return None, None
        _say(seen.evidence)
        shift = _ask_shift(seen)
        if shift is None:
            return None, seen.rows
        final = dataclasses.replace(stated, shift=shift)
        after = look_at_place(some, final, ground)
        if after.rows is not None:
            _pictures(held, ground, at_first, after)
        doubted = bool(shift_notes(seen))
        answer = final if doubted or shift != "none" else stated
        return answer, after.rows


def _ask_reading(seen: PlaceSeen, typed: str) -> PlaceStated | None:
    text = words().text
    options: dict[str, PlaceStated] = {}
    labels: dict[str, str] = {}
    if typed:
        for axis in ("xy", "yx"):
            options[axis] = PlaceStated(typed, axis)
            labels[axis] = f"{typed}　{text(f'axis_{axis}')}"
    else:
        if seen.problem is None:
            options[AS_RECOGNISED] = PlaceStated()
            labels[AS_RECOGNISED] = text("place_recognised")
        for one in seen.readings:
            key = f"{one.code} {one.axis}"
            options[key] = PlaceStated(one.code, one.axis)
            labels[key] = text(
                "place_reading", name=one.crs.name, code=one.code, axis=text(f"axis_{one.axis}"),
                share=one.share,
            )  # fmt: skip
        if seen.problem is not None:
            st.warning(as_text(words().error(seen.problem)))
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
    source: SourceFile, stated: PlaceStated, ground: Ground
) -> tuple[PlaceStated, PlaceSeen]:
    """Place the rows; ask for the seven parameters where an older datum needs them."""
    seen = look_at_place(source, stated, ground)
    if seen.problem is None or seen.problem.code != "datum_refused":
        return stated, seen
    typed = st.text_input(words().text("option_datum"), key="import_datum")
    if not typed:
        return stated, seen
    try:
        stated = dataclasses.replace(stated, datum=typed)
    except MuPlanError as error:
        st.error(as_text(words().error(error)))
        return stated, seen
    return stated, look_at_place(source, stated, ground)


def _ask_shift(seen: PlaceSeen) -> str | None:
    text = words().text
    doubts = shift_notes(seen)
    for note in doubts:
        st.warning(as_text(text(note.code, **note.values)))
    return st.radio(
        text("ask_shift"), SHIFTS, index=None if doubts else 0, horizontal=True,
        format_func=lambda code: text(f"shift_{code}"), key=f"import_shift_{len(doubts)}",
    )  # fmt: skip


def _pictures(held: Context, ground: Ground, before: PlaceSeen, after: PlaceSeen) -> None:
    text = words().text
    left, right = st.columns(2)
    with left:
        if before.rows is not None:
            st.image(place_picture(held, ground, before.rows, text("place_before")))
        elif before.medians is not None:
            x, y = before.medians
            st.caption(text("place_before"))
            st.info(as_text(text("place_before_nowhere", x=x, y=y)))
    with right:
        if after.rows is not None:
            st.image(place_picture(held, ground, after.rows, text("place_after")))


def ask_unit(rows: pd.DataFrame | None, targets: Mapping[str, str]) -> tuple[bool, str | None]:
    """Show in which unit areas are declared, and let it be overruled.

    Parameters
    ----------
    rows
        Some rows where they would lie, None where they aren't placed.
    targets
        File column -> vocabulary column.

    Returns
    -------
    is_answered, unit
        False while the unit has to be chosen; the unit to import with, None to leave it to the
        file.
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
            st.warning(as_text(words().error(problem)))
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
        st.caption(as_text(words().text(note.code, **note.values)))
