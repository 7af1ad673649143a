"""How texts such as ``≥500万元/亩`` become numbers of columns of least and greatest values."""

import re
from collections.abc import Sequence

import pandas as pd

from geo.units import M2_PER_HA, M2_PER_MU
from layers.conform import SOURCE_PREFIX, as_numbers
from layers.contracts import Contract
from layers.errors import LayerError
from layers.exchange.evidence import Evidence, found
from layers.exchange.threshold_text import Threshold, parse_threshold

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

    Parameters
    ----------
    frame
        Rows with the vocabulary's column names.
    contract
        What the layer must be.

    Returns
    -------
    frame, evidence
        The rows, and per column what was read. A range fills the least and the greatest value
        where the contract has both. The texts are kept in ``src_<column>_text``. A text that can't
        be read, is in another unit, or says what the column can't hold stays as it is, so that
        validation names it.
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
    own: list[object] = list(frame[name].astype("object"))
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
        mine, theirs = (lower, upper) if _side(name) == "min" else (upper, lower)
        if (theirs is not None and not (has_other and _free(partner[position], theirs))) or (
            mine is None and not has_other
        ):
            continue
        own[position] = mine
        partner[position] = partner[position] if theirs is None else theirs
        kept[position] = text
        strict += [text] if {">", "<"} & set(threshold.operators) else []
        dated += [text] if threshold.years or threshold.event else []
    if not kept:
        return frame, []
    columns: dict[str, pd.Series] = {name: pd.Series(own, index=frame.index, dtype="object")}
    if has_other and any(value is not None for value in partner):
        columns[other] = pd.Series(partner, index=frame.index, dtype="object")
    beside = f"{SOURCE_PREFIX}{name}_text"
    before = list(frame[beside]) if beside in frame.columns else [None] * len(frame)
    words = [kept.get(position, old) for position, old in enumerate(before)]
    columns[beside] = pd.Series(words, index=frame.index, dtype="object").astype("str")
    notes = [
        found("threshold_read", column=name, count=len(kept), examples=_some(list(kept.values())))
    ]
    if strict:
        notes.append(
            found("threshold_strict", column=name, count=len(strict), examples=_some(strict))
        )
    if dated:
        notes.append(found("threshold_dated", column=name, count=len(dated), examples=_some(dated)))
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
