"""Lists of an answer are found by their keys, whatever the language names them."""

import pandas as pd
import pytest

from app.answers.answer import Answer, sheet_of
from app.context import platform_names, unit_names
from app.messages import catalogue


class Named:
    """A context whose layers hold these names."""

    def __init__(self, **names):
        self.source = self
        self.names = names

    def read(self, layer):
        key = "unit_id" if layer == "units" else "platform_id"
        return pd.DataFrame({key: list(self.names), "name": list(self.names.values())})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_list_is_found_by_its_key_in_every_language(language):
    words = catalogue(language)
    sheets = tuple(sheet_of(words, key, pd.DataFrame()) for key in ("blocks", "short_blocks"))
    answer = Answer("", {}, {}, sheets)
    assert answer.sheet("short_blocks").name == words.text("sheet_short_blocks")
    assert answer.sheet("blocks") is sheets[0]


def test_a_list_that_an_answer_does_not_have_is_no_other_list():
    answer = Answer("", {}, {}, (sheet_of(catalogue("zh"), "blocks", pd.DataFrame()),))
    with pytest.raises(KeyError, match="curve"):
        answer.sheet("curve")


def test_what_has_no_name_goes_by_its_id():
    context = Named(a="甲", b=None)
    assert unit_names(context) == {"a": "甲", "b": "b"}
    assert platform_names(context) == {"a": "甲", "b": "b"}


def test_what_has_no_name_goes_by_a_word_where_ids_are_not_for_the_reader():
    assert platform_names(Named(a="甲", b=None), "未命名") == {"a": "甲", "b": "未命名"}
