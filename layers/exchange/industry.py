"""Industry codes of a file (国民经济行业代码): digits, and the edition where a heading says it.

A code of one edition is never turned into one of another: groups and classes moved between them,
and only a table of the statistics office says how. What is no code is kept beside, and the code is
then missing, not wrong.
"""

import re
import unicodedata
from collections.abc import Mapping

import pandas as pd

from layers.contracts import Contract
from layers.exchange.evidence import Evidence, found
from layers.exchange.kept import kept_names

CODE, SCHEME = "industry_code", "industry_scheme"
EDITIONS = {"2017": "GBT4754_2017", "2011": "GBT4754_2011"}
EXAMPLES = 4

_CODE = re.compile(r"^[A-T]?(\d{2,4})(?!\d)[\s:_-]*(?P<name>\D*)$")


def industry_digits(text: str) -> str | None:
    """Give the digits of an industry code.

    Parameters
    ----------
    text
        As it stands in the file: with the letter of its section, full-width, or with its name
        behind.

    Returns
    -------
    str or None
        Two to four digits; None where it is no code.

    Examples
    --------
    >>> industry_digits("Ｃ3825 光伏设备"), industry_digits("38"), industry_digits("电气机械")
    ('3825', '38', None)
    """
    match = _CODE.match(unicodedata.normalize("NFKC", text).strip().upper())
    return None if match is None else match[1]


def recognise_industry(
    frame: pd.DataFrame, targets: Mapping[str, str], contract: Contract
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Give industry codes their plain digits, and their edition where the heading names it.

    Parameters
    ----------
    frame
        Rows with the vocabulary's column names.
    targets
        File column -> name in the workspace.
    contract
        What the layer must be.

    Returns
    -------
    frame, evidence
        The rows; where a text changed, the file's own stands beside.
    """
    if CODE not in contract.columns or CODE not in frame.columns:
        return frame, ()
    headings = [column for column, target in targets.items() if target == CODE]
    heading = headings[0] if headings else CODE
    texts = [None if pd.isna(value) else str(value).strip() or None for value in frame[CODE]]
    given = pd.Series(texts, index=frame.index, dtype="object")
    digits = [None if text is None else industry_digits(text) for text in texts]
    codes = pd.Series(digits, index=frame.index, dtype="object")
    notes = []
    changed = given.notna() & (codes != given)
    unknown = given[codes.isna() & given.notna()]
    if changed.any():
        kept = kept_names([heading])[heading]
        kept = kept if kept not in frame.columns else f"{kept}_2"
        frame = frame.assign(**{kept: frame[CODE]})
        count = int((changed & codes.notna()).sum())
        if count:
            notes.append(found("industry_digits_taken", column=heading, count=count))
    if len(unknown):
        shown = ", ".join(unknown.drop_duplicates()[:EXAMPLES])
        notes.append(
            found("industry_not_a_code", column=heading, count=len(unknown), examples=shown)
        )
    frame = frame.assign(**{CODE: codes})
    edition = next((scheme for year, scheme in EDITIONS.items() if year in heading), None)
    if edition is not None and SCHEME in contract.columns and SCHEME not in frame.columns:
        schemes = [None if code is None else edition for code in digits]
        frame = frame.assign(**{SCHEME: pd.Series(schemes, index=frame.index, dtype="object")})
        notes.append(found("industry_edition", column=heading, scheme=edition))
    return frame, tuple(notes)
