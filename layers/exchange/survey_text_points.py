"""How one line of a survey's boundary-point text is read: a point, or the line of a parcel."""

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

KINDS = ("面", "线", "点")
"""What a parcel line says of its shape: polygon, line, point."""

AREA_WORDS = {
    "公顷": "公顷", "ha": "公顷", "hm2": "公顷", "亩": "亩", "平方米": "m2", "平米": "m2",
    "m2": "m2",
}  # fmt: skip
"""Units as they are written behind a declared area, each by its usual name."""

_USUAL = re.compile(
    r"([^,\s]*)\s*,\s*([0-9]{0,4})\s*,\s*([+-]?[0-9]{1,15}(?:\.[0-9]{0,30})?)\s*,"
    r"\s*([+-]?[0-9]{1,15}(?:\.[0-9]{0,30})?)\s*,?"
)
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?"
)
_RING = re.compile(r"[^0-9.]{0,8}[0-9]{0,4}(?:\.0{1,6})?")
_LOOSE = re.compile(r"[;|、\t]|\s+")
_MARKS = re.compile("[@＠]")
_COMMENT = ("#", "//", ";", "；", "'", "--", "**")


class PointLine(NamedTuple):
    """One point as it stands: line, label, ring, the two numbers in their order, what follows."""

    line: int
    label: str
    ring: str
    first: float
    second: float
    rest: bool = False


@dataclass(frozen=True)
class ParcelLine:
    """The line that opens a parcel, by what each of its fields is.

    Attributes
    ----------
    count
        Declared number of points, None where none stands there.
    area
        Declared area as it stands.
    number, name, kind, sheet, use, land_class
        Plot number, name, 面/线/点, map sheet, use, class; empty where nothing stands there.
    rest
        Further fields, divided by commas.
    is_marked
        True where the line ends in ``@``.
    """

    count: int | None
    area: str
    number: str
    name: str
    kind: str
    sheet: str
    use: str
    land_class: str
    rest: str
    is_marked: bool


def is_comment(line: str) -> bool:
    """Say whether a line is marked as a remark, or holds no digit that could be a point's."""
    return line.startswith(_COMMENT) or not any(character.isdigit() for character in line)


def point_of(line: str, number: int) -> PointLine | None:
    """Read the line of a point, in any of the spellings met.

    Parameters
    ----------
    line
        The line without blanks at its ends.
    number
        Its number in the file.

    Returns
    -------
    PointLine or None
        None where the line is no point's. A label or ring that doesn't stand there is empty.

    Examples
    --------
    >>> point_of("J1,1,3403700.000,40571800.000", 12)[1:5]
    ('J1', '1', 3403700.0, 40571800.0)
    >>> point_of("Ｊ１，１，3403700，40571800", 12)[1:5]
    ('J1', '1', 3403700.0, 40571800.0)
    >>> point_of("3403700.0 40571800.0", 12)[1:5]
    ('', '', 3403700.0, 40571800.0)
    """
    usual = _USUAL.fullmatch(line)
    if usual is not None and line.isascii():
        label, ring, first, second = usual.groups()
        return PointLine(number, label, ring, float(first), float(second))
    text = unicodedata.normalize("NFKC", line)
    fields = text.split(",") if "," in text else _LOOSE.split(text)
    fields = [field.strip() for field in fields]
    while fields and not fields[-1]:
        fields.pop()
    found = _places(fields)
    if found is None:
        return None
    label, ring, first, second, used = found
    return PointLine(number, label, ring, float(first), float(second), len(fields) > used)


def _places(fields: list[str]) -> tuple[str, str, str, str, int] | None:
    """Find label, ring and the two numbers in the fields of a line, and how many they take."""
    are_numbers = [_NUMBER.fullmatch(field) is not None for field in fields[:4]]
    if len(fields) >= 4 and are_numbers[2] and are_numbers[3] and _RING.fullmatch(fields[1]):
        return fields[0], fields[1], fields[2], fields[3], 4
    if len(fields) >= 2 and are_numbers[0] and are_numbers[1] and _is_coordinate(fields[0]):
        return "", "", fields[0], fields[1], 2
    if len(fields) >= 3 and are_numbers[1] and are_numbers[2]:
        return fields[0], "", fields[1], fields[2], 3
    if len(fields) == 2 and all(are_numbers):
        return "", "", fields[0], fields[1], 2
    return None


def _is_coordinate(field: str) -> bool:
    return "." in field or len(field.lstrip("+-")) >= 6


def parcel_of(line: str) -> ParcelLine | None:
    """Read the line that opens a parcel: by the place of 面, 线 or 点, and what stands about it.

    Parameters
    ----------
    line
        The line without blanks at its ends.

    Returns
    -------
    ParcelLine or None
        None where the line opens no parcel: neither an ``@`` nor 面, 线 or 点 among its fields.

    Examples
    --------
    >>> parcel = parcel_of("10,5.8000,SL-001,示例地块一,面,,工业用地,,@")
    >>> parcel.count, parcel.area, parcel.number, parcel.name, parcel.use
    (10, '5.8000', 'SL-001', '示例地块一', '工业用地')
    """
    before_mark = line[: _last_mark(line)]
    fields = _split(before_mark)
    at = _place_of_kind(fields)
    is_marked = len(before_mark) < len(line)
    if not is_marked and (at is None or len(fields) < 5):
        return None
    if is_marked and fields and not fields[-1]:
        fields.pop()  # the comma before the mark
    kind = "" if at is None else fields[at][:1]
    end = min(4, len(fields)) if at is None else at
    front = [*fields[: min(end, 4)], "", "", "", ""][:4]
    behind = fields[end + 1 :] if at is not None or not "".join(fields[4:5]) else ["", "", ""]
    sheet, use, land_class = [*behind, "", "", ""][:3]
    rest = [*fields[4:end], *behind[3:]]
    if at is None and "".join(fields[4:5]):
        rest = fields[4:]  # which is which can't be told
    number = unicodedata.normalize("NFKC", front[0])
    count = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
    return ParcelLine(
        count, front[1], front[2], front[3], kind, sheet, use, land_class,
        ",".join(field for field in rest if field), is_marked,
    )  # fmt: skip


def _last_mark(line: str) -> int:
    marks = [match.start() for match in _MARKS.finditer(line)]
    return marks[-1] if marks else len(line)


def _split(text: str) -> list[str]:
    """Divide at commas; at full-width ones and others only where these alone divide it."""
    fields = text.split(",")
    if len(fields) < 5 or _place_of_kind(fields) is None:
        wider = re.split("[,，]", text)
        if len(wider) > len(fields):
            fields = wider
    for divider in ("\t", ";", "；", "|"):
        if len(fields) < 4 and text.count(divider) >= 3:
            fields = text.split(divider)
    if len(fields) < 4 and len(text.split()) >= 4:
        fields = text.split()
    return [field.strip(" \t\u3000") for field in fields]


def _place_of_kind(fields: list[str]) -> int | None:
    places = [p for p, field in enumerate(fields) if field.strip() in KINDS]
    return min(places, key=lambda place: abs(place - 4)) if places else None


def declared_area(text: str) -> tuple[float | None, str | None]:
    """Read a declared area and the unit written behind it.

    Parameters
    ----------
    text
        The field as it stands.

    Returns
    -------
    number, unit
        The number, None where there is none; ``m2``, ``亩`` or ``公顷``, None where none stands
        there.

    Examples
    --------
    >>> declared_area("0.7655公顷"), declared_area("5.7089"), declared_area("约5")
    ((0.7655, '公顷'), (5.7089, None), (None, None))
    """
    match = re.fullmatch(
        r"([0-9][0-9,]{0,15}(?:\.[0-9]{0,15})?)\s*(\S{0,8})", unicodedata.normalize("NFKC", text)
    )
    if match is None or (match[2] and match[2].casefold() not in AREA_WORDS):
        return None, None
    return float(match[1].replace(",", "")), AREA_WORDS.get(match[2].casefold())
