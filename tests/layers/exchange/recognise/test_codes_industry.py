"""Industry codes as offices write them, and what is none."""

import pandas as pd
import pytest

from layers.contracts import contract_of
from layers.exchange.recognise.codes import industry_digits, recognise_industry

FIRMS = contract_of("enterprises")


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("C3825", "3825"), ("c38", "38"), ("３８２５", "3825"), ("382", "382"),
        ("3825光伏设备及元器件制造", "3825"), ("C 3825", None), ("38251", None), ("3", None),
        ("电气机械和器材制造业", None), ("U99", None), ("3825-", "3825"),
    ],
)  # fmt: skip
def test_two_to_four_digits_with_or_without_letter_and_name_are_a_code(text, digits):
    assert industry_digits(text) == digits


def recognised(codes, heading="行业代码"):
    frame = pd.DataFrame({"industry_code": codes})
    return recognise_industry(frame, {heading: "industry_code"}, FIRMS)


def test_plain_codes_stay_and_nothing_is_said():
    frame, notes = recognised(["3825", None, "38"])
    assert frame["industry_code"].tolist() == ["3825", None, "38"]
    assert (list(frame.columns), notes) == (["industry_code"], ())


def test_what_is_no_code_is_missing_and_stands_beside():
    frame, notes = recognised(["C3825", "光伏"])
    assert frame["industry_code"].tolist() == ["3825", None]
    (kept,) = [name for name in frame.columns if name != "industry_code"]
    assert frame[kept].tolist() == ["C3825", "光伏"]
    said = {note.code: dict(note.values) for note in notes}
    assert said["industry_digits_taken"]["count"] == 1
    assert said["industry_not_a_code"]["examples"] == "光伏"


@pytest.mark.parametrize(
    ("heading", "scheme"),
    [("行业代码（GB/T 4754-2011）", "GBT4754_2011"), ("行业代码2017", "GBT4754_2017")],
)
def test_a_heading_that_names_the_edition_states_it(heading, scheme):
    frame, notes = recognised(["3825", None], heading)
    assert frame["industry_scheme"].tolist() == [scheme, None]
    assert [note.code for note in notes] == ["industry_edition"]


def test_a_stated_edition_is_left_as_it_is():
    frame = pd.DataFrame({"industry_code": ["3825"], "industry_scheme": ["GBT4754_2011"]})
    after, _ = recognise_industry(frame, {"代码2017": "industry_code"}, FIRMS)
    assert after["industry_scheme"].tolist() == ["GBT4754_2011"]
