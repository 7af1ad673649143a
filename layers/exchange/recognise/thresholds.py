"""Texts such as ≥500万元/亩."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from geo.units import M2_PER_HA, M2_PER_MU
from layers.contracts import Contract
from layers.errors import LayerError
from layers.exchange.readers.source import Evidence
from layers.fields import SOURCE_PREFIX
from layers.validate import as_numbers

Operator = Literal["≥", ">", "≤", "<", "="]

_WORDS: dict[Operator, str] = {
    "≥": "大于或等于|大于等于|不得低于|不应低于|应不低于|不低于|不小于|不少于|不得少于|至少|最低"
    "|>=|≥",
    "≤": "小于或等于|小于等于|不得高于|不得超过|不应超过|不高于|不大于|不超过|不多于|至多|最高"
    "|<=|≤",
    ">": "大于|高于|超过|多于|>",
    "<": "小于|低于|少于|不足|不满|<",
    "=": "等于|=",
}
_BEHIND: dict[Operator, str] = {"≥": "及以上|以上|起", "≤": "及以下|以下|以内"}
_UNITS = {
    "万元/亩": "万元/亩", "万/亩": "万元/亩", "万元每亩": "万元/亩", "万元/亩/年": "万元/亩",
    "万元/亩·年": "万元/亩", "万元/(亩·年)": "万元/亩", "万元/年·亩": "万元/亩",
    "亿元/亩": "亿元/亩", "万元/公顷": "万元/公顷", "元/m2": "元/m²", "元/平方米": "元/m²",
    "%": "%", "万元": "万元", "亿元": "亿元", "亩": "亩", "年": "年", "分": "分", "m2": "m²",
    "平方米": "m²", "m": "m", "米": "m", "吨": "吨", "吨标煤": "吨标煤", "人": "人",
    "万元/吨标煤": "万元/吨标煤", "万元/吨标准煤": "万元/吨标煤", "吨标煤/万元": "吨标煤/万元",
    "吨标准煤/万元": "吨标煤/万元", "万元/吨": "万元/吨", "万元/人·年": "万元/人·年",
    "万元/(人·年)": "万元/人·年", "万元/人/年": "万元/人·年", "万元/人": "万元/人·年",
}  # fmt: skip
"""Units in the spellings met, each with its usual one."""

_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3}){1,4}(?:\.[0-9]{1,9})?|[0-9]{1,12}(?:\.[0-9]{1,9})?"
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_UNIT_IN_BRACKETS = re.compile(rf"\(({_UNIT})\)")
_SIGN = "|".join(_WORDS[operator] for operator in ("≥", "≤", ">", "<", "="))
_LABEL = (
    r"(?:[\u4e00-\u9fffA-Za-z&]{0,8}"
    r"(?:强度|税收|产出|产值|销售|收入|增加值|生产率|率|密度|系数|占比|比例|指数|能耗|排放|年限|FAR))"
)
_CLAUSE = re.compile(
    rf"(?:{_LABEL}(?::|应|须|(?={_SIGN})))?(?P<sign>{_SIGN})?(?P<number>{_NUMBER})"
    rf"(?P<unit>{_UNIT})?(?P<behind>及以上|以上|起|及以下|以下|以内)?"
)
_RANGE = re.compile(
    rf"(?:{_LABEL}:?)?(?P<low>{_NUMBER})(?P<first>{_UNIT})?(?:-{{1,2}}|~|至|到)"
    rf"(?P<high>{_NUMBER})(?P<unit>{_UNIT})?(?:之间)?"
)
_BETWEEN = re.compile(
    rf"(?P<low>{_NUMBER})(?P<first>{_UNIT})?(?P<left><=|≤|<){_LABEL}(?P<right><=|≤|<)"
    rf"(?P<high>{_NUMBER})(?P<unit>{_UNIT})?"
)
_YEARS = re.compile(
    r"[,;(]?(?:自?(?P<event>投产|达产|竣工|供地)(?:后|起|之后)?(?:的)?)?"
    r"(?:(?P<first>前)(?P<span>[0-9]{1,2})年|(?P<run>连续)(?P<running>[0-9]{1,2})年"
    r"|第?(?P<year>[0-9]{1,2})年(?:起|内|后|末)?)(?:均|各年|分别|达到?|为)*[):,]?"
)
_EVENT = re.compile(r"自?(投产|达产|竣工)(?:后|之后|起)?(?:每年|当年|年)?[:,]?")
_CALENDAR = re.compile(r"[,;(]?(20[0-9]{2})年度?(?:底|末|起)?[):,]?")
_SPELLINGS = str.maketrans(
    {"≧": "≥", "⩾": "≥", "≦": "≤", "⩽": "≤", "–": "-", "—": "-", "−": "-", "〜": "~", "∼": "~",
     "․": ".", "•": "·", "・": "·", "⋅": "·", "㎡": "m2"}
)  # fmt: skip
LONGEST = 120


@dataclass(frozen=True)
class Threshold:
    """One threshold as written.

    ``operators``: What each bound is by, the lower one first: ``≥`` ``>`` ``≤`` ``<`` ``=``.
    ``lower, upper``: Bounds in ``unit``, None where there is none; both the same for a bare
      number.
    ``unit``: Unit in its usual spelling, empty where none is written.
    ``years``: First and last year the threshold is for, counted from ``event``; None for any
      year.
    ``event``: ``投产``, ``达产``, ``竣工``, ``供地``, ``历年`` (a year of the calendar, in
      ``years``) or empty.
    ``text``: The text as written.
    """

    operators: tuple[Operator, ...]
    lower: float | None
    upper: float | None
    unit: str
    years: tuple[int, int] | None
    event: str
    text: str


def parse_threshold(text: str) -> Threshold:
    """Read a threshold of one value or range.

    Raises LayerError: ``threshold_unreadable``, ``threshold_reversed``, ``threshold_of_years``
    where each of several years has a value of its own.

    以上, 以下 and 以内 include the number, 超过 and 不满 don't (民法典 art. 1259).

    >>> t = parse_threshold("≥500万元/亩")
    >>> t.operators, t.lower, t.upper, t.unit
    (('≥',), 500.0, None, '万元/亩')
    >>> t = parse_threshold("投产后2年39.13")
    >>> t.lower, t.years, t.event
    (39.13, (2, 2), '投产')
    """
    every = parse_thresholds(text)
    if len(every) > 1:
        raise LayerError("threshold_of_years", text=text[:60], count=len(every))
    return every[0]


def parse_thresholds(text: str) -> tuple[Threshold, ...]:
    """Read a threshold, or those of several years (``投产后前3年30、35、40``).

    One, or one per year.

    Raises LayerError: ``threshold_unreadable``, ``threshold_reversed``.

    >>> [(t.years, t.lower) for t in parse_thresholds("投产后前3年30、35、40万元/亩")]
    [((1, 1), 30.0), ((2, 2), 35.0), ((3, 3), 40.0)]
    """
    if len(text) > LONGEST:
        raise LayerError("threshold_unreadable", text=text[:60])
    plain = unicodedata.normalize("NFKC", text.translate(_SPELLINGS))
    plain = "".join(plain.translate(_SPELLINGS).split())
    plain = _UNIT_IN_BRACKETS.sub(r"\1", plain)
    bare, years, event = _without_years(plain)
    values = bare.split("、")
    if len(values) > 1:
        if years is None or years[1] - years[0] + 1 != len(values):
            raise LayerError("threshold_unreadable", text=text[:60])
        each = [_bounds(value, text) for value in values]
        unit = next((part.unit for part in reversed(each) if part.unit), "")
        return tuple(
            replace(part, unit=part.unit or unit, years=(year, year), event=event)
            for year, part in enumerate(each, start=years[0])
        )
    return (replace(_bounds(bare, text), years=years, event=event),)


def _without_years(plain: str) -> tuple[str, tuple[int, int] | None, str]:
    """Take the words that say which years a threshold is for out of it."""
    for match in _YEARS.finditer(plain):
        if match.end() == len(plain) and match.start() == 0:
            continue  # a bare number of years is a value
        event = match["event"] or ""
        many = match["span"] or match["running"]
        if not event and not many:
            continue  # 50年 is a term, not a year
        years = (1, int(many)) if many else (int(match["year"]), int(match["year"]))
        return plain[: match.start()] + plain[match.end() :], years, event
    calendar = _CALENDAR.search(plain)
    if calendar is not None and len(calendar[0]) < len(plain):
        year = int(calendar[1])
        return plain.replace(calendar[0], "", 1), (year, year), "历年"
    begun = _EVENT.match(plain)
    if begun is not None:
        return plain[begun.end() :], None, begun[1]
    return plain, None, ""


def _bounds(plain: str, text: str) -> Threshold:
    span = _RANGE.fullmatch(plain) or _BETWEEN.fullmatch(plain)
    if span is not None:
        groups = span.groupdict()
        lower = _single(">" if groups.get("left") == "<" else "≥", groups["low"], "", text)
        upper = _single("<" if groups.get("right") == "<" else "≤", groups["high"], "", text)
        units = {_UNITS[unit] for unit in (groups["first"], groups["unit"]) if unit}
        if len(units) > 1:
            raise LayerError("threshold_unreadable", text=text[:60])
        return replace(_joined(lower, upper, text), unit=next(iter(units), ""))
    clauses = _clauses(plain)
    if clauses is None:
        raise LayerError("threshold_unreadable", text=text[:60])
    read = [_clause(clause, text) for clause in clauses]
    return read[0] if len(read) == 1 else _joined(read[0], read[1], text)


def _clauses(plain: str) -> list[re.Match[str]] | None:
    """Divide a text into one or two statements, each with its number."""
    whole = _CLAUSE.fullmatch(plain)
    if whole is not None:
        return [whole]
    first = _CLAUSE.match(plain)
    if first is None:
        return None
    second = _CLAUSE.fullmatch(re.sub(r"^(?:[,;]?且|[,;]?并|和|[,;])", "", plain[first.end() :]))
    return [first, second] if second is not None else None


def _clause(clause: re.Match[str], text: str) -> Threshold:
    before = _operator(clause["sign"], _WORDS)
    behind = _operator(clause["behind"], _BEHIND)
    if before is not None and behind is not None and before[0] != behind[0]:
        raise LayerError("threshold_unreadable", text=text[:60])
    return _single(before or behind or "=", clause["number"], clause["unit"] or "", text)


def _operator(word: str | None, words: dict[Operator, str]) -> Operator | None:
    if not word:
        return None
    return next(operator for operator, known in words.items() if word in known.split("|"))


def _single(operator: Operator, number: str, unit: str, text: str) -> Threshold:
    value = float(number.replace(",", ""))
    return Threshold(
        (operator,), value if operator in {"≥", ">", "="} else None,
        value if operator in {"≤", "<", "="} else None, _UNITS.get(unit, ""), None, "", text,
    )  # fmt: skip


def _joined(first: Threshold, second: Threshold, text: str) -> Threshold:
    """Make one of a lower and an upper bound, in whichever order they stand."""
    lower, upper = (first, second) if first.lower is not None else (second, first)
    fits = lower.upper is None and upper.lower is None and lower.lower is not None
    if (
        not fits
        or upper.upper is None
        or (first.unit and second.unit and first.unit != second.unit)
    ):
        raise LayerError("threshold_unreadable", text=text[:60])
    if lower.lower is not None and lower.lower > upper.upper:
        raise LayerError("threshold_reversed", text=text[:60])
    return Threshold(
        (*lower.operators, *upper.operators), lower.lower, upper.upper, first.unit or second.unit,
        None, "", text,
    )  # fmt: skip


_SIDE = re.compile(r"(?:^|_)(min|max)(?=_|$)")
_INTO_WAN_YUAN_PER_MU = {
    "万元/亩": 1.0, "亿元/亩": 10_000.0, "万元/公顷": M2_PER_MU / M2_PER_HA,
    "元/m²": M2_PER_MU / 10_000,
}  # fmt: skip
EXAMPLES = 3


def read_threshold_texts(
    frame: pd.DataFrame, contract: Contract
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Turn texts of thresholds into the numbers that columns of least and greatest values hold.

    ``frame``: Rows with the vocabulary's column names.

    The rows, and per column what was read. A range fills the least and the greatest value where the
    contract has both. The texts are kept in ``src_<column>_text``. A text that can't be read, is in
    another unit, or says what the column can't hold stays as it is, so that validation names it.
    """
    notes: list[Evidence] = []
    for name in [column for column in contract.columns if column in frame.columns]:
        if _SIDE.search(name) is None or contract.field(name).kind != "float":
            continue
        texts = _texts(frame[name])
        if texts:
            frame, read = _column(frame, name, contract, texts)
            notes += read
    return frame, tuple(notes)


def _texts(column: pd.Series) -> dict[int, str]:
    """Give the cells, by position, that are texts but no numbers."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return {}
    numbers = as_numbers(column)
    return {
        position: value
        for position, (value, number) in enumerate(zip(column, numbers, strict=True))
        if isinstance(value, str) and value.strip() and pd.isna(number)
    }


def _column(
    frame: pd.DataFrame, name: str, contract: Contract, texts: dict[int, str]
) -> tuple[pd.DataFrame, list[Evidence]]:
    other = _SIDE.sub(lambda match: match[0].replace(match[1], _opposite(match[1])), name)
    has_other = other in contract.columns
    cells: list[object] = list(frame[name].astype("object"))
    partner: list[object] = [None] * len(frame)
    if has_other and other in frame.columns:
        partner = list(frame[other].astype("object"))
    kept: dict[int, str] = {}
    strict, dated = [], []
    for position, text in texts.items():
        threshold = _readable(text, contract.field(name).unit)
        if threshold is None:
            continue
        lower, upper = threshold.lower, threshold.upper
        if threshold.operators == ("=",):
            lower, upper = (lower, None) if _side(name) == "min" else (None, upper)
        value, partner_value = (lower, upper) if _side(name) == "min" else (upper, lower)
        if (
            partner_value is not None
            and not (has_other and _free(partner[position], partner_value))
        ) or (value is None and not has_other):
            continue
        cells[position] = value
        partner[position] = partner[position] if partner_value is None else partner_value
        kept[position] = text
        strict += [text] if {">", "<"} & set(threshold.operators) else []
        dated += [text] if threshold.years or threshold.event else []
    if not kept:
        return frame, []
    columns: dict[str, pd.Series] = {name: pd.Series(cells, index=frame.index, dtype="object")}
    if has_other and any(value is not None for value in partner):
        columns[other] = pd.Series(partner, index=frame.index, dtype="object")
    text_column = f"{SOURCE_PREFIX}{name}_text"
    before = list(frame[text_column]) if text_column in frame.columns else [None] * len(frame)
    words = [kept.get(position, old) for position, old in enumerate(before)]
    columns[text_column] = pd.Series(words, index=frame.index, dtype="object").astype("str")
    notes = [
        Evidence.of(
            "threshold_read", column=name, count=len(kept), examples=_some(list(kept.values()))
        )
    ]
    if strict:
        notes.append(
            Evidence.of("threshold_strict", column=name, count=len(strict), examples=_some(strict))
        )
    if dated:
        notes.append(
            Evidence.of("threshold_dated", column=name, count=len(dated), examples=_some(dated))
        )
    return frame.assign(**columns), notes


def _readable(text: str, unit: str) -> Threshold | None:
    """Read a text whose unit the column can take; None for any other."""
    try:
        threshold = parse_threshold(text)
    except LayerError:
        return None
    if not threshold.unit or threshold.unit == unit:
        return threshold
    factor = _INTO_WAN_YUAN_PER_MU.get(threshold.unit) if unit == "万元/亩" else None
    if factor is None:
        return None
    return Threshold(
        threshold.operators, _times(threshold.lower, factor), _times(threshold.upper, factor),
        unit, threshold.years, threshold.event, threshold.text,
    )  # fmt: skip


def _times(bound: float | None, factor: float) -> float | None:
    return None if bound is None else bound * factor


def _free(value: object, bound: float) -> bool:
    """Say whether a cell is empty, or holds the same bound already."""
    if value is None or (isinstance(value, str) and not value.strip()) or value != value:
        return True
    number = as_numbers(pd.Series([value], dtype="object")).iloc[0]
    return bool(number == bound) or (isinstance(value, str) and _same_range(value, bound))


def _same_range(text: str, bound: float) -> bool:
    """Say whether the other column holds the same range: notices' lists give it to both."""
    try:
        threshold = parse_threshold(text)
    except LayerError:
        return False
    return bound in (threshold.lower, threshold.upper)


def _side(name: str) -> str:
    match = _SIDE.search(name)
    assert match is not None
    return match[1]


def _opposite(side: str) -> str:
    return "max" if side == "min" else "min"


def _some(texts: Sequence[str]) -> str:
    return "、".join(texts[:EXAMPLES])
