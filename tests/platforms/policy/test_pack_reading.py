import pytest

from platforms.errors import PolicyError
from platforms.policy.combine import combine_packs
from platforms.policy.dated import policy_on
from platforms.policy.parse import parse_pack
from tests.planning_frames import PACK_TEXT

SMALL = """name: small
title: 小包
edition: "1"
documents:
  - {id: doc, title: 文件, number: 某发〔2020〕1号, effective_from: 2020-01-01}
assumptions:
  - {id: S1, text: 假设, settings: {kinds: [a, b], share: 0.5}}
lists:
  - {id: heavy, title: 名单, industry_scheme: GBT4754_2017, codes: ["25"], basis: assumed}
rules:
  - id: R1
    title: 指标
    scope: U9
    unit: 亩
    comparator: ">="
    value: 100
    force: mandatory
    force_word: 须
    basis: cited
    clause: {document: doc, place: 一}
    evaluator: check
    reads: {land_parcels: [parcel_id, state]}
    assumptions: [S1]
"""


def refusal(text: str, name: str = "small", bases: dict | None = None) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        parse_pack(text, name, bases)
    return caught.value


def line_with(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_well_formed_pack_is_read_with_its_rule_document_and_settings():
    pack = parse_pack(SMALL, "small")
    rule = pack.rules[0]
    assert (rule.key, rule.number, rule.unit, rule.scope) == (("R1", ""), 100.0, "亩", ("U9",))
    assert (rule.effective_from, rule.effective_until) == ("2020-01-01", None)
    assert pack.assumptions["S1"].settings == {"kinds": ("a", "b"), "share": 0.5}
    dated = policy_on(pack, "2024-01-01").rule("R1")
    assert dated.clause == "某发〔2020〕1号 一"
    assert dated.basis == "assumed"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("    scope: U9", "    skope: U9", "pack_key_unknown"),
        ("    unit: 亩", "    unit: 亩\n    unit: 亩", "pack_key_twice"),
        ("    title: 指标\n", "", "pack_key_missing"),
        ("    clause: {document: doc, place: 一}\n", "", "pack_citation_missing"),
        ("place: 一}", "place: ''}", "pack_citation_missing"),
        ("{document: doc, place: 一}", "{document: doc}", "pack_citation_missing"),
        ('comparator: ">="', 'comparator: "=>"', "pack_word_unknown"),
        ("force: mandatory", "force: must", "pack_word_unknown"),
        ("evaluator: check", "evaluator: chekc", "pack_word_unknown"),
        ("scope: U9", "scope: U8", "pack_word_unknown"),
        ("unit: 亩", "unit: 公里", "pack_word_unknown"),
        ("value: 100", "value: 一百", "pack_not_number"),
        ("value: 100", "value: '100'", "pack_not_number"),
        ("value: 100", "value: yes", "pack_not_number"),
        ("value: 100", "value: .inf", "pack_not_number"),
        ("title: 指标", "title: 12", "pack_not_text"),
        ("title: 指标", "title: [a]", "pack_not_text"),
        ("    unit: 亩", "    unit: 亩\n    target_date: 2024-02-30", "pack_not_date"),
        ("    unit: 亩", "    unit: 亩\n    effective_until: 2019-12-31", "pack_dates_reversed"),
        ("document: doc", "document: dok", "pack_document_unknown"),
        ("assumptions: [S1]", "assumptions: [S2]", "pack_assumption_unknown"),
        ("assumptions: [S1]", "lists: [light]", "pack_list_unknown"),
        ("land_parcels:", "land_parcel:", "pack_layer_unknown"),
        ("[parcel_id, state]", "[parcel_id, stat]", "pack_column_unknown"),
        ("    clause: {", "    clause: [", "pack_syntax"),
        ('codes: ["25"]', "codes: [25]", "pack_not_text"),
        ("rules:\n", "rulez:\n", "pack_key_unknown"),
        ("name: small", "name: other", "pack_name_differs"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(old, new, code):
    assert old in SMALL
    text = SMALL.replace(old, new, 1)
    error = refusal(text)
    assert error.code == code
    assert 1 <= error.values["line"] <= len(text.splitlines())


def test_the_line_named_is_the_line_of_the_fault():
    text = SMALL.replace("force: mandatory", "force: must")
    assert refusal(text).values["line"] == line_with(text, "force: must")
    text = SMALL.replace("    scope: U9", "    skope: U9")
    error = refusal(text)
    assert (error.values["line"], error.values["nearest"]) == (line_with(text, "skope"), "scope")


def test_an_empty_text_and_a_list_in_place_of_a_pack_are_refused():
    assert refusal("").code == "pack_empty"
    assert refusal("- a\n- b\n").code == "pack_not_mapping"


@pytest.mark.parametrize(("second_from", "overlaps"), [("2022-12-31", True), ("2023-01-01", False)])
def test_two_spans_of_one_rule_may_follow_but_not_overlap(second_from, overlaps):
    rule = SMALL[SMALL.index("  - id: R1") :]
    first = rule.replace("unit: 亩", "unit: 亩\n    effective_until: 2022-12-31")
    second = rule.replace("unit: 亩", f"unit: 亩\n    effective_from: {second_from}")
    second = second.replace("value: 100", "value: 200")
    text = SMALL.replace(rule, first + second)
    if overlaps:
        error = refusal(text)
        assert error.code == "pack_dates_overlap"
        assert error.values["other_line"] == line_with(text, "- id: R1")
    else:
        pack = parse_pack(text, "small")
        values = {day: policy_on(pack, day).rule("R1").rule.number for day in
                  ("2019-01-01", "2022-12-31", "2023-01-01")}  # fmt: skip
        assert values == {"2019-01-01": 100, "2022-12-31": 100, "2023-01-01": 200}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("id: R1", "id: A8", "pack_unit_unfit"),
        ('comparator: ">="', "comparator: share", "pack_unit_unfit"),
        ("unit: 亩", "unit: share", "pack_share_out_of_range"),
        ('comparator: ">="\n    value: 100', "comparator: between\n    value: [3, 1]",
         "pack_between_two"),
    ],
)  # fmt: skip
def test_a_unit_or_value_that_does_not_fit_is_refused(old, new, code):
    assert refusal(SMALL.replace(old, new)).code == code


def test_an_extending_pack_replaces_rules_by_id_and_part_and_keeps_the_rest():
    own = """name: own
title: 本市
edition: "2"
extends: small
rules:
  - id: R1
    title: 指标
    scope: U9
    unit: 亩
    comparator: ">"
    value: 120
    force: target
    force_word: 力争
    basis: cited
    clause: {document: doc, place: 二}
    evaluator: check
"""
    pack = parse_pack(own, "own", {"small": SMALL})
    assert [(r.number, r.comparator, r.effective_from) for r in pack.rules] == [
        (120.0, ">", "2020-01-01")
    ]
    assert "heavy" in pack.lists
    assert refusal(own, "own").code == "pack_base_unknown"
    circle = own.replace("extends: small", "extends: own")
    assert refusal(circle, "own").code == "pack_extends_itself"


def test_packs_named_together_replace_each_other_in_order():
    later = SMALL.replace("name: small", "name: later").replace("value: 100", "value: 50")
    both = combine_packs((parse_pack(SMALL, "small"), parse_pack(later, "later")))
    assert (both.name, [rule.number for rule in both.rules]) == ("small+later", [50.0])
    with pytest.raises(PolicyError, match="pack_none"):
        combine_packs(())


def test_tiers_are_read_in_order_with_an_open_end():
    text = SMALL.replace('comparator: ">="', "comparator: tiers").replace(
        "value: 100", "value: [{up_to: 30, gives: 县长}, {up_to: null, gives: 常委会}]"
    )
    tiers = parse_pack(text, "small").rules[0].value
    assert [(tier.up_to, tier.gives) for tier in tiers] == [(30.0, "县长"), (None, "常委会")]


def test_the_jiaxing_pack_cites_every_rule_and_gives_its_force_word():
    pack = parse_pack(PACK_TEXT, "jiaxing")
    for rule in pack.rules:
        assert rule.clause.place, rule.key
        assert rule.force_word, rule.key
        assert (rule.basis == "assumed") >= bool(rule.assumptions), rule.key
