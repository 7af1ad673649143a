"""Which columns of a list hold coordinates, and which say whose boundary point a row is."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from layers.exchange.heading import plain_title

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

    Attributes
    ----------
    pair
        What the two columns are called: ``x_y`` leaves open which is north.
    first, second
        Easting or longitude (or what is called X), and the other one.
    parcel, label, order, ring
        Columns that say whose boundary point a row is; None where there is none.
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

    Parameters
    ----------
    columns
        Headings of a list.

    Returns
    -------
    CoordinateColumns or None
        None where there are none, or where two columns could be the same one.

    Examples
    --------
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
                pair, firsts[0], seconds[0], _named(columns, _PARCEL), _named(columns, _LABEL),
                _named(columns, _ORDER), _named(columns, _RING),
            )  # fmt: skip
    return None


def wkt_column(columns: Iterable[str]) -> str | None:
    """Give the column that may hold shapes as WKT, by its heading."""
    return _named(columns, _WKT)


def _matching(columns: Sequence[str], name: str) -> list[str]:
    pattern = _COORDINATES[name]
    return [column for column in columns if pattern.fullmatch(_bare(column))]


def _named(columns: Iterable[str], titles: set[str]) -> str | None:
    return next((column for column in columns if plain_title(column) in titles), None)


def _bare(column: str) -> str:
    """Take the unit off a heading: ``X坐标（m）`` is ``x坐标``."""
    return _UNIT.sub("", plain_title(column))
