"""What an industry code of GB/T 4754 says, and how near two of them are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from geo.strict_yaml import read_block
from geo.tools import nearest_name
from platforms.errors import PlanningError, PolicyError, pack_error

PLAIN = re.compile(r"([A-T]?)(\d{2,4})")
LETTERS = "ABCDEFGHIJKLMNOPQRST"
TABLE_KEYS = ("scheme", "standard", "sections")
SECTION_KEYS = ("letter", "name", "divisions")


@dataclass(frozen=True)
class IndustryCode:
    """A code taken apart.

    ``digits``: Two to four digits.
    ``section``: Letter of its section (门类).
    """

    digits: str
    section: str

    @property
    def division(self) -> str:
        """Its division (大类), two digits."""
        return self.digits[:2]

    @property
    def group(self) -> str | None:
        """Its group (中类), three digits; None where the code doesn't say."""
        return self.digits[:3] if self.digits[2:] else None


@dataclass(frozen=True)
class IndustryTable:
    """The sections and divisions of the classification.

    ``scheme``: Code of the scheme (``industry_scheme``).
    ``standard``: The standard, for citation.
    ``sections``: Name of each section by letter.
    ``divisions``: Section and name of each division by its two digits.
    """

    scheme: str
    standard: str
    sections: Mapping[str, str]
    divisions: Mapping[str, tuple[str, str]]

    def code(self, text: str) -> IndustryCode:
        """Take a code apart.

        Parameters
        ----------
        text
            Two to four digits, with or without the letter of the section.

        Returns
        -------
        IndustryCode
            The code. Only the division is checked: groups and classes aren't in the table.

        Raises
        ------
        PlanningError
            ``industry_code_unknown`` with the nearest division, ``industry_section_wrong`` where
            the letter isn't that of the division.
        """
        match = PLAIN.fullmatch(text.strip().upper())
        if match is None or match[2][:2] not in self.divisions:
            digits = "".join(sign for sign in text if sign.isdigit())[:2]
            raise PlanningError(
                "industry_code_unknown", code=text, nearest=self._nearest(digits),
                standard=self.standard,
            )  # fmt: skip
        section, name = self.divisions[match[2][:2]]
        if match[1] not in ("", section):
            raise PlanningError(
                "industry_section_wrong", code=text, section=section, division=match[2][:2],
                name=name,
            )  # fmt: skip
        return IndustryCode(match[2], section)

    def _nearest(self, digits: str) -> str:
        """Give the nearest division with its name: by number where there are digits."""
        if not digits:
            return nearest_name(digits, self.divisions)
        near = min(self.divisions, key=lambda number: (abs(int(number) - int(digits)), number))
        return f"{near} {self.divisions[near][1]}"


def division(text: str) -> str:
    """Give the two-digit division of a code, with or without its letter; no table is asked.

    ``text``: ``C3982``, ``3982`` or ``39``.

    ``39``.

    >>> division("C3982"), division(" c39 ")
    ('39', '39')
    """
    return digits_of(text)[:2]


def digits_of(text: str) -> str:
    """Give a code without the letter of its section; as ``division``."""
    return text.strip().upper().lstrip(LETTERS)


def parse_industries(text: str) -> IndustryTable:
    """Read the table of sections and divisions strictly.

    Parameters
    ----------
    text
        YAML of ``data/industries/gbt4754-2017-divisions.yaml``.

    Returns
    -------
    IndustryTable
        The table.

    Raises
    ------
    PolicyError
        Those of reading a pack; ``industry_division_bad`` for what is no two digits, or stands
        twice.
    """
    top = read_block(text, "divisions", pack_error, TABLE_KEYS)
    sections: dict[str, str] = {}
    divisions: dict[str, tuple[str, str]] = {}
    for block in top.blocks("sections", SECTION_KEYS):
        letter = block.word("letter", tuple(LETTERS))
        sections[letter] = block.text("name")
        names = block.block("divisions", None)
        for digits in names.nodes:
            if not re.fullmatch(r"\d\d", digits) or digits in divisions:
                raise PolicyError(
                    "industry_division_bad", line=names.line_of(digits), division=digits
                )
            divisions[digits] = (letter, names.text(digits))
    return IndustryTable(top.text("scheme"), top.text("standard"), sections, divisions)
