"""Outlines of parcels from a list of their boundary points, one row per point."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from layers.conform import as_numbers
from layers.exchange.cells import as_text
from layers.exchange.coordinate_columns import CoordinateColumns
from layers.exchange.evidence import Evidence, found
from layers.exchange.oddities import Oddities
from layers.exchange.survey_text_rings import Corner, RingError, outline_of

METRES_PER_DEGREE = 111_320.0

Numbers = npt.NDArray[np.float64]
Grouped = tuple[pd.DataFrame, npt.NDArray[np.object_], tuple[Evidence, ...]]


def parcels_of(
    frame: pd.DataFrame,
    named: CoordinateColumns,
    x: Numbers,
    y: Numbers,
    is_degrees: bool,
    oddities: Oddities,
) -> Grouped | None:
    """Build an outline per parcel where a list is one of boundary points.

    Parameters
    ----------
    frame
        The list, n rows.
    named
        Its columns of coordinates and of parcels, points, rings, order.
    x, y
        East and north of each row, arrays of n [m or degrees]; NaN where it has none.
    is_degrees
        True where they are degrees.
    oddities
        Where what is unusual is noted; numbers are those of the rows below the heading.

    Returns
    -------
    frame, shapes, evidence
        One row per parcel in the order they begin, outlines (None where the points make none);
        None where the list isn't one of boundary points.
    """
    if named.parcel is None or (named.label is None and named.order is None):
        return None
    parcels, filled = _filled_down(frame[named.parcel])
    groups = pd.Series(range(len(frame))).groupby(parcels, sort=False)
    if groups.ngroups == 0 or groups.ngroups == len(frame):
        return None
    shapes, firsts = [], []
    for number, rows in groups:
        positions = _in_order(frame, named, np.asarray(rows, dtype=np.int64), oddities)
        corners = [_corner(frame, named, position, x, y) for position in positions]
        firsts.append(int(rows.iloc[0]))
        shapes.append(_shape(str(number), corners, is_degrees, oddities))
    own = {named.first, named.second, named.label, named.order, named.ring}
    kept = [column for column in frame.columns if column not in own]
    varying = [
        str(column) for column in kept if column != named.parcel and _varies(frame[column], parcels)
    ]
    whole = frame[kept].drop(columns=varying).iloc[firsts].reset_index(drop=True)
    whole[named.parcel] = [parcels[first] for first in firsts]
    notes = [found("boundary_points", column=named.parcel, points=len(frame), parcels=len(firsts))]
    if varying:
        notes.append(found("columns_of_points_left_out", columns="、".join(varying[:12])))
    if filled:
        notes.append(found("cells_filled_down", column=named.parcel, count=filled))
    built = np.full(len(shapes), None, dtype=object)
    built[:] = shapes
    return whole, built, tuple(notes)


def _filled_down(column: pd.Series) -> tuple[pd.Series, int]:
    """Give every row its parcel: merged cells stand in their first row only."""
    texts = [(as_text(value) or "").strip() for value in column]
    filled: list[str | None] = []
    for text in texts:
        filled.append(text or (filled[-1] if filled else None))
    count = sum(not text and whole is not None for text, whole in zip(texts, filled, strict=True))
    return pd.Series(filled, dtype="object"), count


def _in_order(
    frame: pd.DataFrame,
    named: CoordinateColumns,
    positions: npt.NDArray[np.int64],
    oddities: Oddities,
) -> npt.NDArray[np.int64]:
    """Put a parcel's rows into the order their own column states, where all of them have one."""
    if named.order is None:
        return positions
    order = as_numbers(frame[named.order].iloc[positions]).to_numpy()
    rings = (
        [""] * len(positions) if named.ring is None else frame[named.ring].iloc[positions].map(str)
    )
    pairs = list(zip(rings, order, strict=True))
    if not np.isfinite(order).all() or len(set(pairs)) < len(pairs):
        return positions
    sequence = np.argsort(order, kind="stable")
    if (sequence != np.arange(len(sequence))).any():
        oddities.note("points_put_in_order", int(positions[0]) + 1)
    return positions[sequence]


def _corner(
    frame: pd.DataFrame, named: CoordinateColumns, position: int, x: Numbers, y: Numbers
) -> Corner:
    label, ring = (
        "" if column is None else (as_text(frame[column].iloc[position]) or "").strip()
        for column in (named.label, named.ring)
    )
    return Corner(int(position) + 1, label, ring, float(x[position]), float(y[position]))


def _shape(number: str, corners: list[Corner], is_degrees: bool, oddities: Oddities) -> object:
    missing = [corner.line for corner in corners if not np.isfinite(corner.x)]
    if missing:
        oddities.note("txt_number_odd", f"{missing[0]} {number[:20]}")
        return None
    try:
        unit = METRES_PER_DEGREE if is_degrees else 1.0
        return outline_of(corners, "面", unit, oddities).shape
    except RingError as error:
        oddities.note(error.code, f"{error.line} {number[:20]}")
        return None


def _varies(column: pd.Series, parcels: pd.Series) -> bool:
    texts = column.reset_index(drop=True).map(as_text)
    return bool((texts.groupby(parcels).nunique() > 1).any())
