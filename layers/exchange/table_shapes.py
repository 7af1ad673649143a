"""Shapes of a list that holds coordinates: points, boundary points of parcels, or WKT."""

import dataclasses
import re

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from layers.exchange.axes import ORDERS, orders_of, zones_of
from layers.exchange.cells import as_text
from layers.exchange.coordinate_columns import CoordinateColumns, coordinate_columns, wkt_column
from layers.exchange.evidence import found
from layers.exchange.numbers import coordinate_numbers
from layers.exchange.oddities import Oddities
from layers.exchange.source import Content, CrsBasis
from layers.exchange.table_parcels import parcels_of

UNDECIDED = "coordinate_order_unknown"
"""Note of a list whose columns X and Y leave open which is north: it has no shapes."""

_NORTH_FIRST = {ORDERS.index("north_east"), ORDERS.index("lat_lon")}
_DEGREES = {ORDERS.index("lat_lon"), ORDERS.index("lon_lat")}
_SRID = re.compile(r"\s*SRID\s*=\s*([0-9]{4,6})\s*;", re.IGNORECASE)

Numbers = npt.NDArray[np.float64]


def with_shapes(content: Content) -> Content:
    """Give a list the shapes that its columns tell.

    Parameters
    ----------
    content
        A list as read.

    Returns
    -------
    Content
        With a column of WKT: those shapes. With coordinates: a point per row; with point numbers
        and a repeated parcel number, an outline per parcel, its other columns from the first of
        its rows. The list as it is where it has no coordinates, or where columns called X and Y
        leave open which is north (noted as ``coordinate_order_unknown``).

    Notes
    -----
    Which number is north is told by the headings; where the numbers' sizes contradict them, as
    they do for 经度 30.7, by the sizes. A row that fits neither has no shape.
    """
    frame = content.frame
    columns = [str(name) for name in frame.columns]
    wkt = wkt_column(columns)
    if wkt is not None:
        shaped = _of_wkt(content, wkt)
        if shaped is not None:
            return shaped
    named = coordinate_columns(columns)
    if named is None:
        return content
    first = coordinate_numbers(frame[named.first])
    second = coordinate_numbers(frame[named.second])
    both = np.isfinite(first) & np.isfinite(second)
    if not both.any():
        return content
    orders = np.where(both, orders_of(first, second), -1)
    if named.pair == "x_y" and not (orders >= 0).any():
        note = found(UNDECIDED, first=named.first, second=named.second)
        return dataclasses.replace(content, evidence=(*content.evidence, note))
    return _of_numbers(content, named, first, second, orders)


def _of_numbers(
    content: Content,
    named: CoordinateColumns,
    first: Numbers,
    second: Numbers,
    orders: npt.NDArray[np.int64],
) -> Content:
    oddities = Oddities()
    flip = np.isin(orders, list(_NORTH_FIRST))
    x, y = np.where(flip, second, first), np.where(flip, first, second)
    known = orders >= 0
    if named.pair == "x_y" or known.any():
        usable = _usable(x, orders)
        for position in np.flatnonzero(~usable & np.isfinite(x) & np.isfinite(y)):
            oddities.note("coordinate_odd", position + 1)
        x, y = np.where(usable, x, np.nan), np.where(usable, y, np.nan)
    headed = found("coordinates_of_columns", first=named.first, second=named.second)
    if flip.any():
        code = "coordinates_north_first" if named.pair == "x_y" else "coordinates_swapped"
        oddities.note(code, f"{named.first}/{named.second}")
        oddities.counts[code] = int(flip.sum())
    grouped = parcels_of(content.frame, named, x, y, _is_degrees(orders), oddities)
    if grouped is not None:
        frame, shapes, notes = grouped
    else:
        shapes = np.full(len(x), None, dtype=object)
        whole = np.isfinite(x) & np.isfinite(y)
        shapes[whole] = shapely.points(x[whole], y[whole])
        frame, notes = content.frame, ()
    shaped = gpd.GeoDataFrame(frame, geometry=shapes)
    evidence = (*content.evidence, headed, *notes, *oddities.evidence())
    return dataclasses.replace(content, frame=shaped, evidence=evidence)


def _usable(x: Numbers, orders: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Find the rows whose numbers are of the kind that most rows have: unit and zone alike."""
    kinds = np.where(orders < 0, -1, np.where(np.isin(orders, list(_DEGREES)), 99, zones_of(x)))
    values, counts = np.unique(kinds[kinds >= 0], return_counts=True)
    return np.asarray(kinds == values[np.argmax(counts)])


def _is_degrees(orders: npt.NDArray[np.int64]) -> bool:
    known = orders[orders >= 0]
    return bool(len(known)) and bool(np.isin(known, list(_DEGREES)).mean() > 0.5)


def _of_wkt(content: Content, column: str) -> Content | None:
    """Read a column of WKT; None where not one of its texts is any."""
    texts = [as_text(value) for value in content.frame[column]]
    stated = {match[1] for text in texts if text and (match := _SRID.match(text))}
    bare = [None if text is None else _SRID.sub("", text, count=1) for text in texts]
    shapes = shapely.from_wkt(np.array(bare, dtype=object), on_invalid="ignore")
    if shapely.is_missing(shapes).all():
        return None
    oddities = Oddities()
    for position, (text, shape) in enumerate(zip(bare, shapes, strict=True), start=1):
        if text and text.strip() and shape is None:
            oddities.note("wkt_unreadable", position)
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    north_first = np.isin(orders_of(points[:, 0], points[:, 1]), list(_NORTH_FIRST))
    if len(points) and north_first.all():
        shapes = shapely.transform(shapes, lambda pairs: pairs[:, ::-1])
        oddities.note("coordinates_swapped", column)
        oddities.counts["coordinates_swapped"] = len(np.unique(owner))
    crs = _crs_of(stated)
    basis: CrsBasis = "none" if crs is None else "stated_in_file"
    frame = gpd.GeoDataFrame(pd.DataFrame(content.frame.drop(columns=column)), geometry=shapes)
    if crs is not None:
        frame = frame.set_crs(crs)
    notes = (found("wkt_column", column=column), *oddities.evidence())
    return dataclasses.replace(
        content, frame=frame, evidence=(*content.evidence, *notes), crs=crs, crs_basis=basis
    )


def _crs_of(stated: set[str]) -> CRS | None:
    """Give the system that all shapes state; none where they differ or it isn't known."""
    if len(stated) != 1:
        return None
    try:
        return CRS.from_epsg(int(next(iter(stated))))
    except Exception:  # noqa: BLE001 - whatever the table of systems can't give stays open
        return None
