"""Codes of GB/T 4754-2017: what they say, how near two are, what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.errors import PlanningError, PolicyError
from platforms.industries.codes import division, parse_industries

TEXT = (
    Path(__file__).resolve().parents[3] / "data" / "industries" / "gbt4754-2017-divisions.yaml"
).read_text(encoding="utf-8")
TABLE = parse_industries(TEXT)
# First and last division of each section, as the standard divides them.
SECTIONS = {
    "A": (1, 5), "B": (6, 12), "C": (13, 43), "D": (44, 46), "E": (47, 50), "F": (51, 52),
    "G": (53, 60), "H": (61, 62), "I": (63, 65), "J": (66, 69), "K": (70, 70), "L": (71, 72),
    "M": (73, 75), "N": (76, 79), "O": (80, 82), "P": (83, 83), "Q": (84, 85), "R": (86, 90),
    "S": (91, 96), "T": (97, 97),
}  # fmt: skip
CODES = st.from_regex(r"(0[1-9]|[1-8][0-9]|9[0-7])[0-9]{0,2}", fullmatch=True)


def test_the_table_has_97_divisions_in_20_sections():
    expected = {
        f"{number:02d}": letter
        for letter, (first, last) in SECTIONS.items()
        for number in range(first, last + 1)
    }
    assert {digits: section for digits, (section, _) in TABLE.divisions.items()} == expected
    assert len(expected) == 97
    assert set(TABLE.sections) == set(SECTIONS)
    assert TABLE.divisions["39"][1] == "计算机、通信和其他电子设备制造业"


def test_a_code_is_taken_apart():
    code = TABLE.code(" c3973 ")
    assert (code.section, code.division, code.group) == ("C", "39", "397")
    short = TABLE.code("65")
    assert (short.section, short.group) == ("I", None)


@pytest.mark.parametrize(
    ("text", "code", "nearest"),
    [("9912", "industry_code_unknown", "97 国际组织"), ("00", "industry_code_unknown", "01 农业"),
     ("397301", "industry_code_unknown", "39 计算机、通信和其他电子设备制造业"),
     ("4", "industry_code_unknown", "04 渔业"), ("X39", "industry_code_unknown", "39 "),
     ("", "industry_code_unknown", "01"), ("I39", "industry_section_wrong", None)],
)  # fmt: skip
def test_what_is_no_code_is_refused_with_the_nearest(text, code, nearest):
    with pytest.raises(PlanningError) as caught:
        TABLE.code(text)
    assert caught.value.code == code
    if nearest is not None:
        assert nearest in str(caught.value.values["nearest"])


@given(CODES)
def test_a_code_with_its_letter_is_the_same_code(digits):
    code = TABLE.code(digits)
    assert TABLE.code(code.section + digits) == code
    assert division(code.section + digits) == code.division


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [('"05":', '"04":', "pack_key_twice"), ('"06":', '"05":', "industry_division_bad"),
     ('"06":', '"6":', "industry_division_bad"), ("letter: B", "letter: Z", "pack_word_unknown"),
     ("standard:", "norm:", "pack_key_unknown")],
)  # fmt: skip
def test_a_table_with_a_fault_is_refused(before, after, code):
    with pytest.raises(PolicyError) as caught:
        parse_industries(TEXT.replace(before, after, 1))
    assert caught.value.code == code
