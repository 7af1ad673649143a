"""Which industry codes exist (GB/T 4754): the divisions of each section."""

import re

from geo.nearest import nearest_name
from platforms.errors import PlanningError
from platforms.industries.codes import division

INDUSTRY_CODE = re.compile(r"[A-Ta-t]?[0-9]{2,4}")
"""GB/T 4754: division, group or class, with or without the letter of its section."""

_LAST_DIVISIONS = {
    "GBT4754_2017": (
        "A05 B12 C43 D46 E50 F52 G60 H62 I65 J69 K70 L72 M75 N79 O82 P83 Q85 R90 S96 T97"
    ),
    "GBT4754_2011": (
        "A05 B12 C43 D46 E50 F52 G60 H62 I65 J69 K70 L72 M75 N78 O81 P82 Q84 R89 S95 T96"
    ),
}
"""The last division of each section; sections follow each other without a gap."""


def _divisions(lasts: str) -> dict[str, str]:
    sections: dict[str, str] = {}
    number = 1
    for last in lasts.split():
        for division_number in range(number, int(last[1:]) + 1):
            sections[f"{division_number:02d}"] = last[0]
        number = int(last[1:]) + 1
    return sections


SECTIONS = {scheme: _divisions(lasts) for scheme, lasts in _LAST_DIVISIONS.items()}
"""The section of each two-digit division, by scheme."""

DEFAULT_SCHEME = "GBT4754_2017"


def check_industry(code: str, scheme: str | None) -> None:
    """Refuse a code that the classification doesn't hold.

    Parameters
    ----------
    code
        ``C3982``, ``3982`` or ``39``.
    scheme
        Edition; None: that of 2017.

    Raises
    ------
    PlanningError
        ``demand_value_bad`` for what is no code, ``demand_industry_unknown`` for a division that
        there is not, or that belongs to another section, with the nearest one.

    Examples
    --------
    >>> check_industry("C3982", None)
    """
    if not INDUSTRY_CODE.fullmatch(code):
        raise PlanningError("demand_value_bad", column="industry_code", value=code)
    sections = SECTIONS[scheme or DEFAULT_SCHEME]
    number = division(code)
    letter = code[0].upper() if code[0].isalpha() else None
    if number in sections and letter in (None, sections[number]):
        return
    nearest = number if number in sections else nearest_name(number, sections)
    raise PlanningError(
        "demand_industry_unknown", code=code, nearest=f"{sections.get(nearest, '')}{nearest}"
    )
