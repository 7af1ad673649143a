"""Every rule has a page that an official can hold against the document."""

import re
from pathlib import Path

import pytest

from tests.scenarios.rule_pages import PACK_NAMES, PAGES, pages, rules_by_id
from tests.scenarios.rule_scenarios import pack

PAPERS = Path(__file__).resolve().parents[3] / "shared" / "policy" / "sources"


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


TABLES = ("附件",)
"""Places that are a table: what is quoted of it is its cells in a sentence."""


def signs(text):
    return "".join(sign for sign in text if sign.isalnum() or sign == "%")


@pytest.mark.skipif(
    not PAPERS.is_dir(), reason="the documents lie beside a checkout of theirs only"
)
@pytest.mark.parametrize("name", PACK_NAMES)
def test_what_is_quoted_stands_in_the_document_word_for_word(name):
    for document_id, document in pack(name).documents.items():
        (paper,) = PAPERS.glob(f"{document_id}*.txt")
        whole = signs(paper.read_text(encoding="utf-8"))
        for place, quote in document.quotes.items():
            pieces = re.split("[…。；]", quote) if place not in TABLES else []
            assert [piece for piece in pieces if signs(piece) not in whole] == [], place
