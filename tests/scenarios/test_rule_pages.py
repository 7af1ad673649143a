"""Every rule has a page that an official can hold against the document."""

import pytest

from tests.scenarios.rule_pages import PACK_NAMES, PAGES, pages, rules_by_id
from tests.scenarios.rule_scenarios import pack


def test_no_rule_lacks_its_page_and_every_page_is_as_pack_and_scenarios_have_it():
    on_file = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    made = pages()
    assert set(on_file) == set(made)
    stale = [name for name, text in made.items() if on_file[name] != text]
    assert stale == [], "python -m tests.scenarios.rule_pages writes them again"


@pytest.mark.parametrize("name", PACK_NAMES)
def test_every_clause_is_quoted_and_no_quote_is_of_a_place_that_no_rule_cites(name):
    cited = {
        (rule.clause.document_id, place)
        for rule in pack(name).rules
        for place in rule.clause.place.split("；")
    }
    quoted = {
        (document_id, place)
        for document_id, document in pack(name).documents.items()
        for place in document.quotes
    }
    assert cited == quoted


def test_a_page_holds_clause_reading_example_and_data():
    text = pages()["A8.md"]
    for head in ("## 原文", "## 怎样判", "## 口径和理由", "## 算例", "## 需要的数据"):
        assert head in text
    assert "力争每个重大平台规上工业亩均产出达500万元以上" in text
    assert "S3" in text


def test_every_rule_of_every_pack_is_among_them():
    ids = {rule.rule_id for name in PACK_NAMES for rule in pack(name).rules}
    assert set(rules_by_id()) == ids
