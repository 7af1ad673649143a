from pathlib import Path

import pytest

from platforms.errors import PolicyError
from platforms.indicators.grading import MEASURES, parse_scheme

FOLDER = Path(__file__).resolve().parents[3] / "data" / "grading"

SMALL = """scheme: small
title: 小方案
year: 2024
scope: all
basis: assumed
source: {document: 某文, place: 一}
indicators:
  - {id: tax_per_mu, weight: 60, base: 20, unit: 万元/亩, cap_factor: 1.5, floor: 0, missing: zero, basis: cited}
  - {id: rd_share, weight: 40, base: 3, unit: "%", cap_factor: null, floor: 0, missing: average, basis: assumed}
multipliers:
  - {id: lead, title: 链主, when: {column: is_leading, test: is_true}, factor: 1.1}
bonus:
  - {id: big, title: 大户, when: {column: tax_wan_yuan, test: at_least, value: 1000}, points: 2}
classes:
  by: rank_pct
  steps:
    - {id: A, to: 20}
    - {id: B, to: 80}
    - {id: C, to: 100}
exempt:
  - {id: new, title: 新设不满两年, when: {column: founded_on, test: younger_than_years, value: 2}}
"""  # noqa: E501


def refusal(text: str) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        parse_scheme(text, "small")
    return caught.value


@pytest.mark.parametrize("year", ["2021", "2022"])
def test_the_schemes_that_come_with_the_product_are_read_and_cite_their_source(year):
    name = f"huangyan-{year}"
    scheme = parse_scheme((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), name)
    assert (scheme.name, scheme.year, scheme.scope) == (name, int(year), "above_scale")
    assert [c.weight for c in scheme.criteria] == [30, 20, 20, 10, 10, 10]
    assert {c.basis for c in scheme.criteria} == {"cited"}
    assert scheme.basis == "assumed"
    assert scheme.source


def test_a_well_formed_scheme_is_read_whole():
    scheme = parse_scheme(SMALL, "small")
    first, second = scheme.criteria
    assert (first.cap_factor, first.missing, second.cap_factor) == (1.5, "zero", None)
    assert [(one.grade, one.limit) for one in scheme.classes] == [("A", 20), ("B", 80), ("C", 100)]
    assert scheme.multipliers[0].amount == 1.1
    assert scheme.bonus[0].when.value == 1000
    assert scheme.exempt[0].when.test == "younger_than_years"


@pytest.mark.parametrize(
    ("old", "new", "code", "marked"),
    [
        ("title: 小方案", "tilte: 小方案", "pack_key_unknown", "tilte"),
        ("scheme: small", "scheme: other", "pack_name_differs", "scheme"),
        ("weight: 60", "weight: 61", "scheme_weights_off", "tax_per_mu"),
        ("weight: 60", "weight: 59.999999", "scheme_weights_off", "tax_per_mu"),
        ("weight: 60", "weight: -60", "scheme_number_bad", "tax_per_mu"),
        ("base: 20", "base: 0", "scheme_number_bad", "tax_per_mu"),
        ("base: 20", "base: 二十", "pack_not_number", "tax_per_mu"),
        ("unit: 万元/亩", "unit: 元/平方米", "scheme_unit_unfit", "tax_per_mu"),
        ("cap_factor: 1.5, ", "", "pack_key_missing", "tax_per_mu"),
        ("cap_factor: 1.5", "cap_factor: 0", "scheme_number_bad", "tax_per_mu"),
        ("missing: zero", "missing: null", "pack_key_missing", "tax_per_mu"),
        ("missing: zero", "missing: none", "pack_word_unknown", "tax_per_mu"),
        ("id: rd_share", "id: rd_shar", "pack_word_unknown", "rd_shar"),
        ("id: rd_share", "id: tax_per_mu", "scheme_unit_unfit", 'unit: "%"'),
        ("{id: B, to: 80}", "{id: B, to: 20}", "scheme_classes_bad", "id: B"),
        ("{id: B, to: 80}", "{id: B, to: 19}", "scheme_classes_bad", "id: B"),
        ("{id: B, to: 80}", "{id: B, to: 100}", "scheme_classes_bad", "id: C"),
        ("{id: C, to: 100}", "{id: C, to: 95}", "scheme_classes_bad", "id: C"),
        ("{id: B, to: 80}", "{id: A, to: 80}", "pack_id_twice", "to: 80"),
        ("{id: B, to: 80}", "{id: B, from: 80}", "pack_key_unknown", "from: 80"),
        ("by: rank_pct", "by: score", "pack_key_unknown", "to: 20"),
        ("test: is_true", "test: at_least", "scheme_test_unfit", "is_leading"),
        ("test: is_true", "test: is_true, value: 1", "scheme_test_unfit", "is_leading"),
        ("value: 1000}", "}", "scheme_test_unfit", "tax_wan_yuan"),
        ("column: founded_on", "column: founded", "pack_word_unknown", "founded"),
        ("factor: 1.1", "factor: 0", "scheme_number_bad", "factor"),
        ("year: 2024", "year: 24", "scheme_number_bad", "year"),
        ("source: {document: 某文, place: 一}", "note: 无", "pack_key_missing", None),
    ],
)
def test_a_fault_is_refused_in_one_sentence_with_its_line(old, new, code, marked):
    text = SMALL.replace(old, new, 1)
    assert text != SMALL
    error = refusal(text)
    assert error.code == code
    if marked is not None:
        lines = [n for n, line in enumerate(text.splitlines(), 1) if marked in line]
        assert error.values["line"] in lines


def test_score_limits_fall_and_the_last_class_takes_the_rest():
    by_score = SMALL.replace("by: rank_pct", "by: score").replace("to: 20", "from: 100")
    good = by_score.replace("to: 80", "from: 80").replace("{id: C, to: 100}", "{id: C}")
    assert [one.limit for one in parse_scheme(good, "small").classes] == [100, 80, None]
    assert refusal(good.replace("from: 80", "from: 100")).code == "scheme_classes_bad"
    assert refusal(good.replace("{id: C}", "{id: C, from: 60}")).code == "scheme_classes_bad"
    assert refusal(good.replace("from: 100", "from: null")).code == "scheme_classes_bad"


@pytest.mark.parametrize("text", ["", "[]", "scheme", "scheme: ["])
def test_what_is_no_scheme_is_refused(text):
    assert refusal(text).code in ("pack_empty", "pack_not_mapping", "pack_syntax")


def test_every_measure_reads_columns_of_the_enterprise_table():
    from layers.contracts import CONTRACTS

    columns = CONTRACTS["enterprise_indicators"].columns
    assert {m.numerator for m in MEASURES.values()} <= set(columns)
    assert {m.denominator for m in MEASURES.values()} <= set(columns)
