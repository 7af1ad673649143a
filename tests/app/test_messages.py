import string

import pytest

from app.messages import LONGEST_VALUE, Catalogue, catalogue
from geo.errors import MuPlanError
from layers.fields import FIELDS
from platforms.policy.verdict import say

HOSTILE = "{x} {0} {} }}{{ %s \n<b>"


def values_of(template, value):
    names = {name for _, name, _, _ in string.Formatter().parse(template) if name}
    return dict.fromkeys(names, value)


def specs_of(template):
    return {name: spec for _, name, spec, _ in string.Formatter().parse(template) if name}


def fitting(spec):
    """A value of the kind that a format asks for."""
    return "甲" if not spec else 3 if spec in (",", "d") else 1234.5


DOCUMENTS = {"offline_instructions"}
"""Texts of several lines, written to a file."""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_sentence_is_said_with_its_values(language):
    words = catalogue(language)
    for code, template in words.sentences.items():
        values = {name: fitting(spec) for name, spec in specs_of(template).items()}
        sentence = words.text(code, **values)
        assert sentence.strip(), code
        assert code in DOCUMENTS or "\n" not in sentence, code
        assert ("{" in sentence) == ("{{" in template), code


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_every_sentence_is_said_without_its_values(language, nothing):
    words = catalogue(language)
    for code, template in words.sentences.items():
        values = values_of(template, nothing)
        sentence = words.text(code, **values)
        assert sentence.count(words.text("no_value")) >= len(values), code
        assert "nan" not in sentence.replace("finance", ""), code


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_text_of_the_data_is_taken_for_a_format(language):
    words = catalogue(language)
    for code, template in words.sentences.items():
        values = {
            name: fitting(spec) if spec else HOSTILE for name, spec in specs_of(template).items()
        }
        if HOSTILE in values.values():
            assert HOSTILE in words.text(code, **values), code


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_long_text_of_the_data_is_cut_in_an_error(language):
    words = catalogue(language)
    sentence = words.error(MuPlanError("file_missing", path="长" * 100_000))
    assert len(sentence) < LONGEST_VALUE + 200
    assert "…" in sentence


def test_a_code_without_a_sentence_still_says_what_is_known():
    words = Catalogue("zh", {})
    assert words.text("new_code", area_mu=3, name="{甲}") == "new_code area_mu=3, name={甲}"


def test_codes_in_the_values_are_said_in_words():
    zh, en = catalogue("zh"), catalogue("en")
    statement = say("state_not_ready", states="approved;idle")
    assert "已批、闲置" in zh.say(statement)
    assert "approved" in en.say(statement)
    assert zh.say(say("utilities_missing", utilities="gas;new")).endswith("燃气、new")


def test_columns_in_the_values_are_said_by_their_headings():
    statement = say("standard_land_unknown", columns="tax_min_wan_yuan_per_mu;甲")
    assert catalogue("zh").say(statement).endswith("亩均税收下限（万元/亩）、甲")


def test_a_word_of_an_unknown_code_is_the_code():
    zh = catalogue("zh")
    assert zh.word("state", "cleared") == "净地"
    assert zh.word("state", "刚清") == "刚清"
    assert zh.word("state", None) == zh.word("state", float("nan")) == zh.text("no_value")


def test_headings_carry_the_unit():
    assert catalogue("zh").heading("area_declared_m2") == "登记面积（m²）"
    assert catalogue("en").heading("area_declared_m2") == "declared area (m²)"
    assert all(catalogue("en").heading(name) for name in FIELDS)


def test_texts_are_joined_as_the_language_does():
    assert catalogue("zh").joined(["甲", "乙"]) == "甲；乙"
    assert catalogue("en").joined(["a", "b"]) == "a; b"
