"""Shapes from coordinate columns."""

import dataclasses
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Flags, Floats
from geo.tools import Progress, batches
from layers.exchange.cells import as_text, coordinate_numbers
from layers.exchange.heading import plain_title
from layers.exchange.readers.source import Content, CrsBasis, Evidence, Oddities
from layers.exchange.readers.survey_points import Corner, RingError, outline_of
from layers.validate import as_numbers

Order = Literal["north_east", "east_north", "lat_lon", "lon_lat"]

ORDERS: tuple[Order, ...] = ("north_east", "east_north", "lat_lon", "lon_lat")

ZONE_WIDTH_M = 1_000_000
"""An easting with its zone in front is this many times the zone larger."""

_NORTHINGS_M = (1_900_000.0, 6_100_000.0)
_EASTINGS_M = (100_000.0, 900_000.0)
_ZONES = (13, 45)
_LONGITUDES = (73.0, 136.0)
_LATITUDES = (3.0, 54.0)


def orders_of(first: Floats, second: Floats) -> npt.NDArray[np.int8]:
    """Tell for each pair of numbers which is which, by the ranges that China's land takes.

    Northings have 7 digits, eastings 6 or (zone in front) 8, longitudes are above 73° and
    latitudes below 54°: no number of one kind can be one of the other.

    ``first, second``: Numbers as they stand in a file, arrays of n [m or degrees].

    Position in ``ORDERS``; -1 where the numbers fit none, such as those of a local system.

    >>> orders_of(np.array([3_403_497.8, 120.75, 10.0]), np.array([40_571_815.4, 30.75, 20.0]))
    array([ 0,  3, -1], dtype=int8)
    """
    orders = np.full(len(first), -1, dtype=np.int8)
    orders[_is_northing(first) & is_easting(second)] = 0
    orders[is_easting(first) & _is_northing(second)] = 1
    orders[_within(first, _LATITUDES) & _within(second, _LONGITUDES)] = 2
    orders[_within(first, _LONGITUDES) & _within(second, _LATITUDES)] = 3
    return orders


def is_easting(values: Floats) -> Flags:
    """Say which numbers can be eastings [m], with a zone in front or without."""
    zones = zones_of(values)
    return (zones >= 0) & _within(values - zones * ZONE_WIDTH_M, _EASTINGS_M)


def zones_of(eastings: Floats) -> npt.NDArray[np.int64]:
    """Give the zone that stands in front of eastings.

    ``eastings``: Eastings [m], array of n.

    13–23 for zones of 6°, 25–45 for those of 3°, 0 where none stands in front, -1 where the number
    is no easting.

    >>> zones_of(np.array([40_571_815.4, 571_815.4, 3_403_497.8]))
    array([40,  0, -1])
    """
    known = np.nan_to_num(eastings, nan=-1.0, posinf=-1.0, neginf=-1.0)
    millions = np.clip(np.floor_divide(known, ZONE_WIDTH_M), -1, _ZONES[1] + 1)
    zones = millions.astype(np.int64)
    return np.where((zones == 0) | ((zones >= _ZONES[0]) & (zones <= _ZONES[1])), zones, -1)


def _is_northing(values: Floats) -> Flags:
    return _within(values, _NORTHINGS_M)


def _within(values: Floats, limits: tuple[float, float]) -> Flags:
    with np.errstate(invalid="ignore"):
        return np.asarray((values >= limits[0]) & (values <= limits[1]))


Pair = Literal["east_north", "lon_lat", "x_y"]

_COORDINATES: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "east": r"(?:\w*东坐标|横坐标|坐标东|东向坐标|east|easting|[xy]坐标\(?东\)?|[xy]\(东\))",
        "north": r"(?:\w*北坐标|纵坐标|坐标北|北向坐标|north|northing|[xy]坐标\(?北\)?|[xy]\(北\))",
        "lon": r"(?:\w*经度|lon|lng|long|longitude)",
        "lat": r"(?:\w*纬度|lat|latitude)",
        "x": r"(?:x|x_?坐标|坐标x|point_?x|x_?coord(?:inate)?)",
        "y": r"(?:y|y_?坐标|坐标y|point_?y|y_?coord(?:inate)?)",
    }.items()
}
_UNIT = re.compile(r"[\[(](?:m|米|°|度|单位:?米|单位:?度)[\])]$")
_PAIRS: tuple[tuple[Pair, str, str], ...] = (
    ("east_north", "east", "north"), ("lon_lat", "lon", "lat"), ("x_y", "x", "y"),
)  # fmt: skip
_PARCEL = {
    "地块编号", "地块号", "宗地号", "宗地编号", "宗地代码", "图斑编号", "parcel_id", "parcel",
    "dkbh", "zdh", "zddm", "tbbh",
}  # fmt: skip
_LABEL = {"点号", "界址点号", "界址点", "桩号", "point", "point_no", "dh", "jzdh"}
_ORDER = {"顺序", "顺序号", "点序", "点序号", "次序", "order", "seq", "sxh"}
_RING = {"环号", "圈号", "地块圈号", "ring", "ring_no", "qh"}
_WKT = {"wkt", "geometry", "geom", "the_geom", "wkt_geom", "shape", "图形", "几何"}


@dataclass(frozen=True)
class CoordinateColumns:
    """The columns of a list that hold coordinates.

    ``pair``: What the two columns are called: ``x_y`` leaves open which is north.
    ``first, second``: Easting or longitude (or what is called X), and the other one.
    ``parcel, label, order, ring``: Columns that say whose boundary point a row is; None where
      there is none.
    """

    pair: Pair
    first: str
    second: str
    parcel: str | None
    label: str | None
    order: str | None
    ring: str | None


def coordinate_columns(columns: Sequence[str]) -> CoordinateColumns | None:
    """Recognise the columns that hold coordinates.

    None where there are none, or where two columns could be the same one.

    >>> found = coordinate_columns(["企业名称", "经度", "纬度"])
    >>> found.pair, found.first, found.second
    ('lon_lat', '经度', '纬度')
    >>> coordinate_columns(["名称", "起点经度", "终点经度", "起点纬度", "终点纬度"]) is None
    True
    """
    for pair, first, second in _PAIRS:
        firsts, seconds = _matching(columns, first), _matching(columns, second)
        if len(firsts) == 1 and len(seconds) == 1:
            return CoordinateColumns(
                pair, firsts[0], seconds[0], _titled(columns, _PARCEL), _titled(columns, _LABEL),
                _titled(columns, _ORDER), _titled(columns, _RING),
            )  # fmt: skip
    return None


def wkt_column(columns: Iterable[str]) -> str | None:
    """Give the column that may hold shapes as WKT, by its heading."""
    return _titled(columns, _WKT)


def _matching(columns: Sequence[str], name: str) -> list[str]:
    pattern = _COORDINATES[name]
    return [column for column in columns if pattern.fullmatch(_bare(column))]


def _titled(columns: Iterable[str], titles: set[str]) -> str | None:
    return next((column for column in columns if plain_title(column) in titles), None)


def _bare(column: str) -> str:
    """Take the unit off a heading: ``X坐标（m）`` is ``x坐标``."""
    return _UNIT.sub("", plain_title(column))


METRES_PER_DEGREE = 111_320.0

Grouped = tuple[pd.DataFrame, npt.NDArray[np.object_], tuple[Evidence, ...]]


def parcels_of(
    frame: pd.DataFrame,
    headings: CoordinateColumns,
    x: Floats,
    y: Floats,
    is_degrees: bool,
    oddities: Oddities,
) -> Grouped | None:
    """Build an outline per parcel where a list is one of boundary points.

    ``headings``: Its columns of coordinates and of parcels, points, rings, order.
    ``x, y``: East and north of each row, arrays of n [m or degrees]; NaN where it has none.
    ``is_degrees``: True where they are degrees.
    ``oddities``: Where what is unusual is noted; numbers are those of the rows below the heading.

    One row per parcel in the order they begin, outlines (None where the points make none); None
    where the list isn't one of boundary points.
    """
    if headings.parcel is None or (headings.label is None and headings.order is None):
        return None
    parcels, filled = _filled_down(frame[headings.parcel])
    groups = pd.Series(range(len(frame))).groupby(parcels, sort=False)
    if groups.ngroups == 0 or groups.ngroups == len(frame):
        return None
    shapes, firsts = [], []
    for number, rows in groups:
        positions = _in_order(frame, headings, np.asarray(rows, dtype=np.int64), oddities)
        corners = [_corner(frame, headings, position, x, y) for position in positions]
        firsts.append(int(rows.iloc[0]))
        shapes.append(_shape(str(number), corners, is_degrees, oddities))
    coordinate_names = {
        headings.first,
        headings.second,
        headings.label,
        headings.order,
        headings.ring,
    }
    kept = [column for column in frame.columns if column not in coordinate_names]
    varying = [
        str(column)
        for column in kept
        if column != headings.parcel and _varies(frame[column], parcels)
    ]
    whole = frame[kept].drop(columns=varying).iloc[firsts].reset_index(drop=True)
    whole[headings.parcel] = [parcels[first] for first in firsts]
    notes = [
        Evidence.of(
            "boundary_points", column=headings.parcel, points=len(frame), parcels=len(firsts)
        )
    ]
    if varying:
        notes.append(Evidence.of("columns_of_points_left_out", columns="、".join(varying[:12])))
    if filled:
        notes.append(Evidence.of("cells_filled_down", column=headings.parcel, count=filled))
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
    headings: CoordinateColumns,
    positions: npt.NDArray[np.int64],
    oddities: Oddities,
) -> npt.NDArray[np.int64]:
    """Put a parcel's rows into the order their own column states, where all of them have one."""
    if headings.order is None:
        return positions
    order = as_numbers(frame[headings.order].iloc[positions]).to_numpy()
    rings = (
        [""] * len(positions)
        if headings.ring is None
        else frame[headings.ring].iloc[positions].map(str)
    )
    pairs = list(zip(rings, order, strict=True))
    if not np.isfinite(order).all() or len(set(pairs)) < len(pairs):
        return positions
    sequence = np.argsort(order, kind="stable")
    if (sequence != np.arange(len(sequence))).any():
        oddities.note("points_put_in_order", int(positions[0]) + 1)
    return positions[sequence]


def _corner(
    frame: pd.DataFrame, headings: CoordinateColumns, position: int, x: Floats, y: Floats
) -> Corner:
    label, ring = (
        "" if column is None else (as_text(frame[column].iloc[position]) or "").strip()
        for column in (headings.label, headings.ring)
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


UNDECIDED = "coordinate_order_unknown"
"""Note of a list whose columns X and Y leave open which is north: it has no shapes."""

_NORTH_FIRST = {ORDERS.index("north_east"), ORDERS.index("lat_lon")}
_DEGREES = {ORDERS.index("lat_lon"), ORDERS.index("lon_lat")}
_SRID = re.compile(r"\s*SRID\s*=\s*([0-9]{4,6})\s*;", re.IGNORECASE)


ROWS_AT_ONCE = 20_000
"""So many texts are read as shapes between two tellings of progress."""


def with_shapes(content: Content, progress: Progress | None = None) -> Content:
    """Give a list the shapes that its columns tell.

    ``progress``: Told the share of the shapes read.

    With a column of WKT: those shapes. With coordinates: a point per row; with point numbers and a
    repeated parcel number, an outline per parcel, its other columns from the first of its rows. The
    list as it is where it has no coordinates, or where columns called X and Y leave open which is
    north (noted as ``coordinate_order_unknown``).

    Which number is north is told by the headings; where the numbers' sizes contradict them, as
    they do for 经度 30.7, by the sizes. A row that fits neither has no shape.
    """
    frame = content.frame
    columns = [str(name) for name in frame.columns]
    wkt = wkt_column(columns)
    if wkt is not None:
        shaped = _of_wkt(content, wkt, progress)
        if shaped is not None:
            return shaped
    headings = coordinate_columns(columns)
    if headings is None:
        return content
    first = coordinate_numbers(frame[headings.first])
    second = coordinate_numbers(frame[headings.second])
    both = np.isfinite(first) & np.isfinite(second)
    if not both.any():
        return content
    orders = np.where(both, orders_of(first, second), -1)
    if headings.pair == "x_y" and not (orders >= 0).any():
        note = Evidence.of(UNDECIDED, first=headings.first, second=headings.second)
        return dataclasses.replace(content, evidence=(*content.evidence, note))
    return _of_numbers(content, headings, first, second, orders)


def _of_numbers(
    content: Content,
    headings: CoordinateColumns,
    first: Floats,
    second: Floats,
    orders: npt.NDArray[np.int64],
) -> Content:
    oddities = Oddities()
    flip = np.isin(orders, list(_NORTH_FIRST))
    x, y = np.where(flip, second, first), np.where(flip, first, second)
    known = orders >= 0
    if headings.pair == "x_y" or known.any():
        usable = _usable(x, orders)
        for position in np.flatnonzero(~usable & np.isfinite(x) & np.isfinite(y)):
            oddities.note("coordinate_odd", position + 1)
        x, y = np.where(usable, x, np.nan), np.where(usable, y, np.nan)
    headed = Evidence.of("coordinates_of_columns", first=headings.first, second=headings.second)
    if flip.any():
        code = "coordinates_north_first" if headings.pair == "x_y" else "coordinates_swapped"
        oddities.note(code, f"{headings.first}/{headings.second}")
        oddities.counts[code] = int(flip.sum())
    grouped = parcels_of(content.frame, headings, x, y, _is_degrees(orders), oddities)
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


def _usable(x: Floats, orders: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Find the rows whose numbers are of the kind that most rows have: unit and zone alike."""
    kinds = np.where(orders < 0, -1, np.where(np.isin(orders, list(_DEGREES)), 99, zones_of(x)))
    values, counts = np.unique(kinds[kinds >= 0], return_counts=True)
    return np.asarray(kinds == values[np.argmax(counts)])


def _is_degrees(orders: npt.NDArray[np.int64]) -> bool:
    known = orders[orders >= 0]
    return bool(len(known)) and bool(np.isin(known, list(_DEGREES)).mean() > 0.5)


def _of_wkt(content: Content, column: str, progress: Progress | None) -> Content | None:
    """Read a column of WKT; None where not one of its texts is any."""
    cells = content.frame[column]
    srids: set[str] = set()
    bare: list[str | None] = []
    shapes = np.full(len(cells), None, dtype=object)
    for batch in batches(len(cells), ROWS_AT_ONCE, progress):
        texts = [as_text(value) for value in cells.iloc[batch]]
        srids |= {match[1] for text in texts if text and (match := _SRID.match(text))}
        some = [None if text is None else _SRID.sub("", text, count=1) for text in texts]
        shapes[batch] = shapely.from_wkt(np.array(some, dtype=object), on_invalid="ignore")
        bare += some
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
    crs = _crs_of(srids)
    basis: CrsBasis = "none" if crs is None else "stated_in_file"
    frame = gpd.GeoDataFrame(pd.DataFrame(content.frame.drop(columns=column)), geometry=shapes)
    if crs is not None:
        frame = frame.set_crs(crs)
    notes = (Evidence.of("wkt_column", column=column), *oddities.evidence())
    return dataclasses.replace(
        content, frame=frame, evidence=(*content.evidence, *notes), crs=crs, crs_basis=basis
    )


def _crs_of(srids: set[str]) -> CRS | None:
    """Give the system that all shapes state; none where they differ or it isn't known."""
    if len(srids) != 1:
        return None
    try:
        return CRS.from_epsg(int(next(iter(srids))))
    except Exception:  # noqa: BLE001 - whatever the table of systems can't give stays open
        return None
