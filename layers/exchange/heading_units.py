"""Units in the heading of a column (``面积（公顷）``) or behind a number (``12.5亩``)."""

import re
import unicodedata
from types import MappingProxyType

from geo.units import M2_PER_HA, M2_PER_MU

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

    Parameters
    ----------
    heading
        As it stands in a file.

    Returns
    -------
    bare, unit
        The heading without unit, in the form in which headings are compared; the unit, None where
        none is known.

    Examples
    --------
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

    Parameters
    ----------
    unit
        A unit as ``split_heading`` gives it.
    field_unit
        Unit of a column of the vocabulary.

    Returns
    -------
    float or None
        The factor; None where the units measure different things.

    Examples
    --------
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

    Parameters
    ----------
    value
        Cell of a file.

    Returns
    -------
    number, unit
        What stands before the unit, and the unit; the value as it is where there is none.

    Examples
    --------
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
