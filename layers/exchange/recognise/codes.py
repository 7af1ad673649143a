"""Land-use and industry codes."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from layers.codes import GUIDE, GUIDE_BY_NAME, SAME, SEVERAL, SURVEY
from layers.contracts import Contract
from layers.exchange.heading import free_name, unmapped_names
from layers.exchange.readers.source import Evidence
from layers.exchange.recognise.area_unit import split_heading
from layers.fields import SOURCE_PREFIX

CODE, SCHEME = "land_use_code", "land_use_scheme"
SURVEY_HEADINGS = frozenset({"dlbm", "dlmc", "地类编码", "地类代码", "地类名称", "地类"})
NAME_HEADINGS = frozenset(
    {"dlmc", "地类名称", "用地名称", "用途名称", "用地性质", "规划用途", "土地用途"}
)
EXAMPLES = 4

_PARTS = re.compile(r"^([A-Z]?\d[\dA-Z]*|[A-Z]\d*)?[\s:_-]*(.*)$")
_IN_BRACKETS = re.compile(r"[(\[].*[)\]]")
_GB50137 = re.compile(r"^[A-Z]\d{0,2}$")

CodeKind = Literal["guide", "translated", "named", "own", "several", "unknown"]


@dataclass(frozen=True)
class Use:
    """What a text of a file says of the use: kind, code and scheme (None where not known)."""

    kind: CodeKind
    code: str
    scheme: str | None


def recognise_land_use(
    frame: pd.DataFrame, targets: Mapping[str, str], contract: Contract
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Give land uses their scheme, translated into the guide's codes where that is one to one.

    ``frame``: Rows with the vocabulary's column names.

    The rows; a file that states schemes itself is left as it is.
    """
    known = {CODE, SCHEME} <= set(contract.columns) and CODE in frame.columns
    if not known or (SCHEME in frame.columns and frame[SCHEME].notna().any()):
        return frame, ()
    (heading,) = [column for column, target in targets.items() if target == CODE]
    texts = frame[CODE].map(lambda value: None if pd.isna(value) else _text(value))
    names = _names_beside(frame, targets)
    is_survey = _is_survey(texts, names, split_heading(heading)[0])
    uses = {text: use_of(text, is_survey) for text in texts.dropna().unique() if text}
    codes = texts.map(lambda text: uses[text].code if text in uses else None)
    schemes = texts.map(lambda text: uses[text].scheme if text in uses else None)
    kept = {}
    if any(use.code != text for text, use in uses.items()):
        kept[_text_column(heading, frame)] = frame[CODE]
    return frame.assign(**{CODE: codes, SCHEME: schemes, **kept}), _notes(texts, uses, heading)


def _text_column(heading: str, frame: pd.DataFrame) -> str:
    """Name the column in which the file's own texts stay."""
    used = {str(column).casefold() for column in frame.columns}
    return free_name(unmapped_names([heading])[heading], used)


def use_of(text: str, is_survey: bool | None) -> Use:
    """Understand one text.

    ``text``: Code, name, or both, as they stand in the file.
    ``is_survey``: Whether codes of digits belong to the land survey (True) or to the planning
      guide (False); None where that isn't known.

    >>> use_of("工业用地（标准厂房）", None).code, use_of("0601", True).code
    ('1001', '1001')
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    match = _PARTS.match(plain)
    code, name = (match[1], match[2]) if match is not None else (None, plain)
    bare = "".join(_IN_BRACKETS.sub("", name or "").split())
    if code is None:
        if bare in SEVERAL:
            return Use("several", text, None)
        guide = GUIDE_BY_NAME.get(bare)
        return Use("unknown", text, None) if guide is None else Use("named", guide, "MNR2023")
    if _GB50137.match(code):
        return Use("own", code, "GB50137")
    if bare:
        is_survey = _named_in_survey(code, bare, is_survey)
    if is_survey is None:
        return Use("unknown", text, None)
    if not is_survey:
        return Use("guide", code, "MNR2023") if code[:2] in GUIDE else Use("unknown", text, None)
    if code in SAME:
        return Use("translated", SAME[code], "MNR2023")
    return Use("own", code, "GBT21010") if code.isdigit() else Use("unknown", text, None)


def _named_in_survey(code: str, name: str, otherwise: bool | None) -> bool | None:
    """Say by code and name together which scheme a code is of."""
    in_guide, in_survey = GUIDE.get(code) == name, SURVEY.get(code) == name
    return otherwise if in_guide == in_survey else in_survey


def _is_survey(texts: pd.Series, names: pd.Series | None, heading: str) -> bool | None:
    """Say which scheme a column's codes of digits are of: by names beside, heading, codes."""
    votes = {True: 0, False: 0}
    if names is not None:
        for code, name in zip(texts, names, strict=True):
            if isinstance(code, str) and isinstance(name, str):
                vote = _named_in_survey(code, "".join(name.split()), None)
                if vote is not None:
                    votes[vote] += 1
    if votes[True] != votes[False]:
        return votes[True] > votes[False]
    if heading in SURVEY_HEADINGS:
        return True
    codes = {str(text) for text in texts.dropna().unique() if re.fullmatch(r"\d+", str(text))}
    in_guide, in_survey = codes <= GUIDE.keys(), codes <= SURVEY.keys()
    if codes and in_guide != in_survey:
        return in_survey
    return False if any(len(code) == 6 for code in codes) else None


def _names_beside(frame: pd.DataFrame, targets: Mapping[str, str]) -> pd.Series | None:
    for column, target in targets.items():
        if target.startswith(SOURCE_PREFIX) and split_heading(column)[0] in NAME_HEADINGS:
            return frame[target]
    return None


def _notes(column_texts: pd.Series, uses: Mapping[str, Use], heading: str) -> tuple[Evidence, ...]:
    counts = column_texts.value_counts()

    def texts_of(*kinds: CodeKind) -> tuple[list[str], int]:
        texts = [text for text, use in uses.items() if use.kind in kinds]
        return texts, int(counts.reindex(texts).sum())

    notes = []
    texts, count = texts_of("translated", "named")
    if texts:
        pairs = ", ".join(f"{text}→{uses[text].code}" for text in texts[:EXAMPLES])
        notes.append(
            Evidence.of("land_use_translated", column=heading, count=count, examples=pairs)
        )
    for scheme, scheme_count in _by_scheme(uses, counts).items():
        notes.append(
            Evidence.of(
                "land_use_scheme_recognised", column=heading, scheme=scheme, count=scheme_count
            )
        )
    texts, count = texts_of("several")
    if texts:
        choices = "; ".join(f"{text}: {' / '.join(SEVERAL[_bare(text)])}" for text in texts)
        notes.append(Evidence.of("land_use_several", column=heading, count=count, choices=choices))
    texts, count = texts_of("unknown")
    if texts:
        examples = ", ".join(texts[:EXAMPLES])
        notes.append(
            Evidence.of("land_use_undecided", column=heading, count=count, examples=examples)
        )
    return tuple(notes)


def _by_scheme(uses: Mapping[str, Use], counts: pd.Series) -> dict[str, int]:
    totals: dict[str, int] = {}
    for text, use in uses.items():
        if use.kind in {"guide", "own"} and use.scheme is not None:
            totals[use.scheme] = totals.get(use.scheme, 0) + int(counts[text])
    return totals


def _bare(text: str) -> str:
    return "".join(_IN_BRACKETS.sub("", unicodedata.normalize("NFKC", text)).split())


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


INDUSTRY_CODE, INDUSTRY_SCHEME = "industry_code", "industry_scheme"
EDITIONS = {"2017": "GBT4754_2017", "2011": "GBT4754_2011"}

_CODE = re.compile(r"^[A-T]?(\d{2,4})(?!\d)[\s:_-]*(?P<name>\D*)$")


def industry_digits(text: str) -> str | None:
    """Give the digits of an industry code.

    ``text``: As it stands in the file: with the letter of its section, full-width, or with its
      name behind.

    Two to four digits; None where it is no code.

    >>> industry_digits("Ｃ3825 光伏设备"), industry_digits("38"), industry_digits("电气机械")
    ('3825', '38', None)
    """
    match = _CODE.match(unicodedata.normalize("NFKC", text).strip().upper())
    return None if match is None else match[1]


def recognise_industry(
    frame: pd.DataFrame, targets: Mapping[str, str], contract: Contract
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Give industry codes their plain digits, and their edition where the heading names it.

    ``frame``: Rows with the vocabulary's column names.

    The rows; where a text changed, the file's own stands beside.
    """
    if INDUSTRY_CODE not in contract.columns or INDUSTRY_CODE not in frame.columns:
        return frame, ()
    headings = [column for column, target in targets.items() if target == INDUSTRY_CODE]
    heading = headings[0] if headings else INDUSTRY_CODE
    texts = [
        None if pd.isna(value) else str(value).strip() or None for value in frame[INDUSTRY_CODE]
    ]
    stripped = pd.Series(texts, index=frame.index, dtype="object")
    digits = [None if text is None else industry_digits(text) for text in texts]
    codes = pd.Series(digits, index=frame.index, dtype="object")
    notes = []
    changed = stripped.notna() & (codes != stripped)
    unknown = stripped[codes.isna() & stripped.notna()]
    if changed.any():
        frame = frame.assign(**{_text_column(heading, frame): frame[INDUSTRY_CODE]})
        count = int((changed & codes.notna()).sum())
        if count:
            notes.append(Evidence.of("industry_digits_taken", column=heading, count=count))
    if len(unknown):
        examples = ", ".join(unknown.drop_duplicates()[:EXAMPLES])
        notes.append(
            Evidence.of(
                "industry_not_a_code", column=heading, count=len(unknown), examples=examples
            )
        )
    frame = frame.assign(**{INDUSTRY_CODE: codes})
    edition = next((scheme for year, scheme in EDITIONS.items() if year in heading), None)
    if (
        edition is not None
        and INDUSTRY_SCHEME in contract.columns
        and INDUSTRY_SCHEME not in frame.columns
    ):
        schemes = [None if code is None else edition for code in digits]
        frame = frame.assign(
            **{INDUSTRY_SCHEME: pd.Series(schemes, index=frame.index, dtype="object")}
        )
        notes.append(Evidence.of("industry_edition", column=heading, scheme=edition))
    return frame, tuple(notes)
