"""The page on writing packs is true: its example is read, its tables name every key and word."""

import re
from pathlib import Path

from platforms.policy.in_force import policy_on
from platforms.policy.pack import COMPARATORS, FORCES, SCOPES, UNITS
from platforms.policy.pack_file import (
    ASSUMPTION_KEYS,
    DOCUMENT_KEYS,
    LIST_KEYS,
    PACK_KEYS,
    RULE_KEYS,
    SWITCHED_OFF_KEYS,
    parse_pack,
)

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "policy-packs.md").read_text(encoding="utf-8")
BASE = (PROJECT / "data" / "policy" / "jiaxing.yaml").read_text(encoding="utf-8")


def table(heading):
    """Give the words in code marks of the first column of the table under a heading."""
    lines = PAGE[PAGE.index(heading) :].splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("|"))
    words = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        words += re.findall(r"`([^`]+)`", line.split("|")[1])
    return words


def test_the_example_of_a_city_is_read_as_the_page_says():
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL).group(1)
    pack = parse_pack(example, "lakeside", {"jiaxing": BASE})
    values = {day: policy_on(pack, day).rule("A3", "entry").rule.number for day in
              ("2026-06-30", "2027-12-31", "2028-01-01")}  # fmt: skip
    assert values == {"2026-06-30": 60, "2027-12-31": 60, "2028-01-01": 75}
    policy = policy_on(pack, "2026-06-30")
    assert policy.rule("A3", "2020").rule.number == 100
    assert policy.parts("A25") == ()
    assert [c.value for c in policy.rule("L1").rule.where] == [True, 5.0]


def test_the_tables_of_the_page_name_every_key():
    assert set(table("## 二、顶层的键")) == set(PACK_KEYS)
    assert set(table("| `documents` | 含义")) == set(DOCUMENT_KEYS)
    assert set(table("| `assumptions` | 含义")) == set(ASSUMPTION_KEYS)
    assert set(table("| `lists` | 含义")) == set(LIST_KEYS)
    assert set(table("## 三、规则的键")) == set(RULE_KEYS)
    assert all(f"`{key}`" in PAGE for key in SWITCHED_OFF_KEYS)


def test_the_page_names_every_word_a_rule_may_use():
    assert {word.strip('"') for word in table("### 比较方式")} == set(COMPARATORS)
    assert all(f"`{word}`" in PAGE for word in (*SCOPES, *FORCES))
    units = next(line for line in PAGE.splitlines() if line.startswith("| `unit` |"))
    assert all(unit in units for unit in UNITS)
