"""A city writes its own pack on top of another: what it states, changes and switches off."""

import pytest

from platforms.errors import PolicyError
from platforms.policy.check import judge
from platforms.policy.in_force import policy_on
from platforms.policy.pack_file import parse_pack
from tests.planning_frames import PACK_TEXT

LAKESIDE = """name: lakeside
title: 湖滨市平台提升
edition: "2026.1"
extends: jiaxing

documents:
  - id: lakeside-2026
    title: 湖滨市平台提升实施细则
    number: 湖政发〔2026〕3号
    issued_on: 2026-01-05
    effective_from: 2026-02-01
    effective_until: null

assumptions:
  - id: S13
    text: 连片指间距不超过两米。
  - id: heavy_list
    text: 名单由本市经信局确定。

lists:
  - id: high_energy_industries
    title: 高耗能行业
    industry_scheme: GBT4754_2017
    codes: ["26", "31"]
    basis: cited
    note: 湖政发〔2026〕3号附件

switched_off:
  - {id: A25, why: 本市没有镇（街道）招商任务}
  - {id: A10, part: listed_firms, why: 本市另有上市办法}

rules:
  - id: A2
    title: 重大平台可开发空间
    scope: P
    unit: 亩
    comparator: ">"
    value: 6000
    force: mandatory
    force_word: 须
    effective_until: 2027-12-31
    basis: assumed
    clause: {document: lakeside-2026, place: 第四条}
    assumptions: [S2, S16]

  - id: A2
    title: 重大平台可开发空间
    scope: P
    unit: 亩
    comparator: ">="
    value: 8000
    force: mandatory
    force_word: 须
    effective_from: 2028-01-01
    basis: assumed
    clause: {document: lakeside-2026, place: 第四条}
    assumptions: [S2, S16]

  - id: L1
    part: depth
    title: 地块平均进深
    scope: parcel
    unit: m
    comparator: none
    value: 120
    force: guidance
    force_word: 左右
    basis: cited
    clause: {document: lakeside-2026, place: 第九条}
    reads: {land_parcels: [parcel_id, geometry]}
"""
BASES = {"jiaxing": PACK_TEXT}


def lakeside(as_of="2026-06-30", text=LAKESIDE):
    return policy_on(parse_pack(text, "lakeside", BASES), as_of)


def refusal(text):
    with pytest.raises(PolicyError) as caught:
        parse_pack(text, "lakeside", BASES)
    return caught.value


def line_with(text, part):
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_what_the_city_states_replaces_what_the_base_states_and_the_rest_stays():
    own, base = lakeside(), policy_on(parse_pack(PACK_TEXT, "jiaxing"), "2026-06-30")
    assert (own.rule("A2").rule.comparator, own.rule("A2").rule.number) == (">", 6000)
    assert own.rule("A2").clause == "湖政发〔2026〕3号 第四条"
    assert own.rule("A13").rule.number == base.rule("A13").rule.number == 0.3
    assert own.code_list("high_energy_industries").codes == ("26", "31")
    assert own.assumption("S13").text == "连片指间距不超过两米。"
    gone = {("A25", ""), ("A10", "listed_firms")}
    assert set(own.rules) == set(base.rules) - gone | {("L1", "depth")}


@pytest.mark.parametrize(
    ("as_of", "number", "status"),
    [
        ("2026-01-31", 6000, "not_yet"),
        ("2026-02-01", 6000, "in_force"),
        ("2027-12-31", 6000, "in_force"),
        ("2028-01-01", 8000, "in_force"),
        ("2031-05-05", 8000, "in_force"),
    ],
)
def test_an_amended_threshold_is_the_one_in_force_that_day(as_of, number, status):
    dated = lakeside(as_of).rule("A2")
    assert (dated.rule.number, dated.force_status) == (number, status)


def test_a_rule_switched_off_is_unknown_and_its_reason_is_kept():
    own = lakeside()
    with pytest.raises(PolicyError, match="rule_unknown"):
        own.rule("A25")
    with pytest.raises(PolicyError) as caught:
        own.rule("A10", "listed_firms")
    assert caught.value.values["parts"] == "ten_billion_firms"
    assert [(off.rule_id, off.part, off.why) for off in own.pack.switched_off] == [
        ("A25", None, "本市没有镇（街道）招商任务"), ("A10", "listed_firms", "本市另有上市办法"),
    ]  # fmt: skip


def test_switching_off_what_the_base_does_not_have_is_refused_with_the_nearest():
    error = refusal(LAKESIDE.replace("{id: A25,", "{id: A255,"))
    assert error.code == "pack_off_unknown"
    assert error.values["line"] == line_with(LAKESIDE, "id: A25,")
    assert error.values["nearest"] == "A25"
    error = refusal(LAKESIDE.replace("part: listed_firms", "part: listed_firm"))
    assert error.values["nearest"] == "A10 listed_firms"


def test_a_rule_both_switched_off_and_stated_is_refused():
    error = refusal(LAKESIDE.replace("{id: A25,", "{id: A2,"))
    assert error.code == "pack_off_and_stated"
    assert error.values["other_line"] == line_with(LAKESIDE, "- id: A2")


def test_switching_off_needs_a_reason():
    assert refusal(LAKESIDE.replace(", why: 本市没有镇（街道）招商任务", "")).code == (
        "pack_key_missing"
    )


@pytest.mark.parametrize(
    ("measured", "outcome", "gap"), [(150.0, "not_applicable", 30.0), (None, "no_data", None)]
)
def test_a_rule_that_only_shows_a_distance_is_never_judged(measured, outcome, gap):
    verdict = judge(lakeside().rule("L1", "depth"), measured)
    assert (verdict.outcome, verdict.threshold, verdict.gap) == (outcome, 120.0, gap)


def test_a_rule_without_a_number_shows_its_value_alone():
    verdict = judge(lakeside().rule("A27", "land"), 0.4)
    assert (verdict.outcome, verdict.measured, verdict.threshold, verdict.gap) == (
        "not_applicable", 0.4, None, None,
    )  # fmt: skip
