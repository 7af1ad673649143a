"""Units in headings, unit of declared areas."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import Value
from geo.units import AREA_UNITS_IN_M2, M2_PER_HA, M2_PER_MU
from layers.errors import LayerError
from layers.exchange.readers.source import Evidence
from layers.exchange.recognise.crs import SAMPLE
from layers.validate import as_numbers

_SIZES = {
    "area": {
        "m2": 1.0, "平方米": 1.0, "平米": 1.0, "平方公尺": 1.0, "万平方米": 1e4, "万m2": 1e4,
        "亩": M2_PER_MU, "万亩": 1e4 * M2_PER_MU,
        "公顷": M2_PER_HA, "ha": M2_PER_HA, "hm2": M2_PER_HA, "平方公里": 1e6, "km2": 1e6,
    },
    "money": {"元": 1.0, "千元": 1e3, "万元": 1e4, "百万元": 1e6, "亿元": 1e8},
    "usd": {"美元": 1.0, "万美元": 1e4, "亿美元": 1e8},
    "energy": {
        "吨标煤": 1.0, "吨标准煤": 1.0, "tce": 1.0, "万吨标煤": 1e4, "万吨标准煤": 1e4,
        "千克标准煤": 1e-3, "kgce": 1e-3,
    },
    "mass": {"吨": 1.0, "t": 1.0, "万吨": 1e4, "千克": 1e-3, "公斤": 1e-3, "kg": 1e-3},
    "electricity": {
        "kwh": 1.0, "千瓦时": 1.0, "度": 1.0, "万kwh": 1e4, "万千瓦时": 1e4, "万度": 1e4,
    },
    "length": {"m": 1.0, "米": 1.0, "km": 1e3, "公里": 1e3},
    "people": {"人": 1.0, "万人": 1e4},
    "percent": {"%": 1.0},
    "intensity": {
        "万元/亩": 1e4 / M2_PER_MU, "元/亩": 1 / M2_PER_MU, "元/m2": 1.0, "元/平方米": 1.0,
        "万元/公顷": 1e4 / M2_PER_HA, "亿元/平方公里": 100.0, "亿元/km2": 100.0,
    },
}  # fmt: skip
_KNOWN = MappingProxyType(
    {word: (kind, size) for kind, words in _SIZES.items() for word, size in words.items()}
)
_IN_HEADING = re.compile(r"^(.+?)[(\[【〔:,_/、]+(?:单位[:：]?)?([^()\[\]【】〔〕]+?)[)\]】〔〕]*$")
_BEHIND_NUMBER = re.compile(r"^([+-]?[\d.,]+)\s*([^\d.,\s].*)$")
_AREA_NAMES = {M2_PER_MU: "亩", M2_PER_HA: "公顷", 1.0: "m2"}


def split_heading(heading: str) -> tuple[str, str | None]:
    """Take the unit out of the heading of a column.

    The heading without unit, in the form in which headings are compared; the unit, None where none
    is known.

    >>> split_heading("用地面积（公顷）"), split_heading("亩均税收")
    (('用地面积', '公顷'), ('亩均税收', None))
    """
    text = "".join(unicodedata.normalize("NFKC", heading).casefold().split())
    match = _IN_HEADING.match(text)
    if match is not None and match[2] in _KNOWN:
        return match[1], match[2]
    return text, None


def unit_factor(unit: str, field_unit: str) -> float | None:
    """Say by what a number in one unit is multiplied to stand in another.

    ``unit``: A unit as ``split_heading`` gives it.

    The factor; None where the units measure different things.

    >>> unit_factor("公顷", "亩"), unit_factor("万元", "亿元"), unit_factor("米", "亩")
    (15.0, 0.0001, None)
    """
    wanted = "".join(unicodedata.normalize("NFKC", field_unit).casefold().split())
    if unit not in _KNOWN or wanted not in _KNOWN:
        return None
    (kind, size), (wanted_kind, wanted_size) = _KNOWN[unit], _KNOWN[wanted]
    return size / wanted_size if kind == wanted_kind else None


def area_unit(unit: str | None) -> str | None:
    """Name a unit of area as ``--declared-unit`` does, None where it is none of these."""
    if unit is None or unit not in _KNOWN or _KNOWN[unit][0] != "area":
        return None
    return _AREA_NAMES.get(_KNOWN[unit][1])


def split_number(value: object) -> tuple[object, str | None]:
    """Take the unit of area off a number typed as text.

    What stands before the unit, and the unit; the value as it is where there is none.

    >>> split_number("12.5 亩"), split_number("约3亩"), split_number(4)
    (('12.5', '亩'), ('约3亩', None), (4, None))
    """
    if not isinstance(value, str):
        return value, None
    match = _BEHIND_NUMBER.match(unicodedata.normalize("NFKC", value).strip())
    if match is None:
        return value, None
    unit = area_unit("".join(match[2].casefold().split()))
    return (match[1], unit) if unit is not None else (value, None)


DECLARED = "area_declared_m2"
RATIO_TOLERANCE = 0.05
"""A unit is recognised where the median ratio of declared to drawn area is this near its size."""
AGREEING_SHARE = 0.5
"""… and at least this share of the rows agrees by itself."""
CELL_UNIT_AREA = "m²"


@dataclass(frozen=True)
class AreaRatio:
    """How declared areas compare with the shapes.

    ``median``: Median of declared number by drawn area [1/m²], NaN where nothing can be compared.
    ``count``: Rows compared.
    ``unit``: The unit that this speaks for, None where it speaks for none.
    """

    median: float
    count: int
    unit: str | None


def area_ratio(frame: pd.DataFrame) -> AreaRatio:
    """Compare declared areas with the shapes, row by row.

    ``frame``: Rows in the workspace's system, the column ``area_declared_m2`` in an unknown unit;
      of many rows some are taken, evenly from first to last.

    The comparison; the plane's distortion, below a thousandth, doesn't matter here.
    """
    nothing = AreaRatio(float("nan"), 0, None)
    if not isinstance(frame, gpd.GeoDataFrame) or DECLARED not in frame.columns:
        return nothing
    numbers = as_numbers(frame[DECLARED]).to_numpy()
    shapes = np.asarray(frame.geometry.array, dtype=object)
    usable = np.flatnonzero((numbers > 0) & ~shapely.is_missing(shapes))
    if len(usable) > SAMPLE:
        usable = usable[np.linspace(0, len(usable) - 1, SAMPLE).astype(int)]
    drawn = shapely.area(shapes[usable])
    ratios = numbers[usable][drawn > 0] / drawn[drawn > 0]
    if not len(ratios):
        return nothing
    median = float(np.median(ratios))
    fitting = [
        unit
        for unit, size in AREA_UNITS_IN_M2.items()
        if abs(median * size - 1) <= RATIO_TOLERANCE
        and (np.abs(ratios * size - 1) <= RATIO_TOLERANCE).mean() >= AGREEING_SHARE
    ]
    return AreaRatio(median, len(ratios), fitting[0] if fitting else None)


def declared_areas(
    frame: pd.DataFrame, stated_unit: str | None, headings: Sequence[tuple[str, str | None]]
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Turn declared areas into square metres, whatever unit they came in.

    Parameters
    ----------
    frame
        Rows in the workspace's system with the vocabulary's column names.
    stated_unit
        ``m2``, ``亩``, ``公顷``, or None.
    headings
        The file's column that became the declared area, and the unit in its heading.

    Returns
    -------
    frame, evidence
        The rows, values that are no numbers untouched (validation names them), and what was done.

    Raises
    ------
    LayerError
        ``declared_column_missing`` where a unit is stated for a column that isn't there;
        ``declared_unit_contradicts`` where the shapes speak for another unit than is stated or
        written; ``declared_unit_unclear`` where nothing speaks for any.
    """
    if not headings:
        if stated_unit is not None:
            raise LayerError(
                "declared_column_missing", column=DECLARED, target=DECLARED, unit=stated_unit
            )
        return frame, ()
    column, written = headings[0]
    frame, factors, notes = _cells(frame)
    whole = frame.loc[factors.isna()]
    numbers = as_numbers(whole[DECLARED])
    if not numbers.notna().any():
        return _converted(frame, factors, 1.0), notes
    unit, size, grounds = _unit(area_ratio(whole), stated_unit, column, written)
    if size != 1.0:
        grounds.append(Evidence.of("declared_unit", unit=unit, count=int(numbers.notna().sum())))
    return _converted(frame, factors, size), (*notes, *grounds)


def _unit(
    ratio: AreaRatio, stated_unit: str | None, column: str, written: str | None
) -> tuple[str, float, list[Evidence]]:
    """Decide on a unit: name, size [m²], grounds."""
    size = None if written is None else unit_factor(written, CELL_UNIT_AREA)
    claimed = stated_unit if stated_unit is not None else area_unit(written)
    values: dict[str, Value] = {
        "column": column, "ratio": ratio.median, "count": ratio.count
    }  # fmt: skip
    if ratio.unit is not None and (claimed or size) and ratio.unit != claimed:
        raise LayerError(
            "declared_unit_contradicts", stated=claimed or str(written), unit=ratio.unit, **values
        )
    if stated_unit is not None:
        return stated_unit, AREA_UNITS_IN_M2[stated_unit], []
    if size is not None:
        notes = [Evidence.of("declared_unit_by_heading", column=column, unit=str(written))]
        return str(written), size, notes if column != DECLARED else []
    if ratio.unit is not None:
        notes = [Evidence.of("declared_unit_by_shapes", unit=ratio.unit, **values)]
        return ratio.unit, AREA_UNITS_IN_M2[ratio.unit], notes
    raise LayerError("declared_unit_unclear", **values)


def _cells(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series, tuple[Evidence, ...]]:
    """Take units off the cells that carry their own: ``12.5亩``."""
    parted = [split_number(value) for value in frame[DECLARED]]
    factors = pd.Series(
        [np.nan if unit is None else AREA_UNITS_IN_M2[unit] for _, unit in parted],
        index=frame.index, dtype="float64",
    )  # fmt: skip
    if factors.isna().all():
        return frame, factors, ()
    bare = pd.Series([number for number, _ in parted], index=frame.index, dtype="object")
    note = Evidence.of("declared_cells_with_unit", count=int(factors.notna().sum()))
    return frame.assign(**{DECLARED: bare}), factors, (note,)


def _converted(frame: pd.DataFrame, factors: pd.Series, size: float) -> pd.DataFrame:
    sizes = factors.fillna(size)
    if (sizes == 1.0).all():
        return frame
    raw = frame[DECLARED]
    numbers = as_numbers(raw) * sizes
    return frame.assign(**{DECLARED: raw.astype("object").where(numbers.isna(), numbers)})
