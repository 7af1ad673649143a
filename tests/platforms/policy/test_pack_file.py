from difflib import SequenceMatcher

import pytest

from platforms.checks import refuse_foreign_units
from platforms.errors import PolicyError
from platforms.policy.in_force import policy_on
from platforms.policy.pack_file import combine_packs, pack_text, parse_pack

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
    reads: {land_parcels: [parcel_id, state]}
    assumptions: [S1]
"""


def refusal(text: str, name: str = "small", bases: dict | None = None) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        refuse_foreign_units(parse_pack(text, name, bases))
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
        ("    unit: 亩", "    unit: 亩\n    evaluator: check", "pack_key_unknown"),
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
        ("effective_from: 2020-01-01", "effective_from: 2020-01-01, effective_until: 2019-01-01",
         "pack_document_reversed"),
        ("    clause:", "\tclause:", "pack_tab"),
        ("title: 指标", "title: 指\x07标", "pack_syntax"),
        ("    unit: 亩", "    unit: ''", "pack_unit_missing"),
        ("    assumptions: [S1]", "    assumptions: []\n    lists: [heavy]",
         "pack_assumption_missing"),
        ("basis: cited\n    clause: {document: doc, place: 一}\n"
         "    reads: {land_parcels: [parcel_id, state]}\n    assumptions: [S1]",
         "basis: assumed\n    clause: {document: doc, place: 一}",
         "pack_assumption_missing"),
        ("    unit: 亩", "    unit: 亩\n    target_date: 2019-12-31",
         "pack_target_without_effect"),
        ('comparator: ">="\n    value: 100', "comparator: none\n    target_date: 2024-12-31",
         "pack_target_without_effect"),
        ("    unit: 亩", "    unit: 亩\n    period: [2021, 2025]\n    target_date: 2026-01-01",
         "pack_target_outside_period"),
        ("    unit: 亩", "    unit: 亩\n    period: [2021.5, 2025]", "pack_not_year"),
        ("    unit: 亩", "    unit: 亩\n    period: [2025, 2021]", "pack_between_two"),
        ("rules:", "switched_off: [{id: R1, why: 本市不适用}]\nrules:", "pack_off_without_base"),
        ("reads: {land_parcels: [parcel_id, state]}",
         "reads: {land_parcels: [parcel_id]}\n"
         "    where: [{column: land_parcels.state, comparator: '==', value: cleared}]",
         "pack_condition_not_read"),
        ("reads: {land_parcels: [parcel_id, state]}",
         "reads: {land_parcels: [parcel_id, state]}\n"
         "    where: [{column: land_parcels.state, comparator: '>', value: cleared}]",
         "pack_condition_unfit"),
        ("reads: {land_parcels: [parcel_id, state]}",
         "reads: {land_parcels: [parcel_id, state]}\n"
         "    where: [{column: land_parcels.state, comparator: '==', value: claered}]",
         "pack_word_unknown"),
        ("reads: {land_parcels: [parcel_id, state]}",
         "reads: {land_parcels: [is_increment]}\n"
         "    where: [{column: land_parcels.is_increment, comparator: '==', value: 是}]",
         "pack_not_yes_no"),
        ("reads: {land_parcels: [parcel_id, state]}",
         "reads: {land_parcels: [far_min]}\n"
         "    where: [{column: land_parcels.far_min, comparator: '>=', value: 高}]",
         "pack_not_number"),
        ("reads: {land_parcels: [parcel_id, state]}", "reads: {targets: [geometry]}",
         "pack_column_unknown"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(old, new, code):
    assert old in SMALL
    text = SMALL.replace(old, new, 1)
    error = refusal(text)
    assert error.code == code
    # the fault is in a line that was changed; what is left out is missed where the rule begins
    edits = SequenceMatcher(None, SMALL.splitlines(), text.splitlines()).get_opcodes()
    changed = {n + 1 for tag, _, _, i, j in edits if tag != "equal" for n in range(i, j)}
    if not changed or code == "pack_assumption_missing":
        changed = {line_with(text, "- id: R1")}
    assert error.values["line"] in changed


def test_the_line_named_is_the_line_of_the_fault():
    text = SMALL.replace("force: mandatory", "force: must")
    assert refusal(text).values["line"] == line_with(text, "force: must")
    text = SMALL.replace("    scope: U9", "    skope: U9")
    error = refusal(text)
    assert (error.values["line"], error.values["nearest"]) == (line_with(text, "skope"), "scope")


@pytest.mark.parametrize(
    ("written", "wrong", "nearest"),
    [
        ("[parcel_id, state]", "[parcel_id, stat]", "state"),
        ("land_parcels:", "land_parcel:", "land_parcels"),
        ("document: doc", "document: dok", "doc"),
        ("assumptions: [S1]", "assumptions: [S1x]", "S1"),
        ("assumptions: [S1]", "assumptions: [S1]\n    lists: [heavi]", "heavy"),
        ("force: mandatory", "force: mandatori", "mandatory"),
        ("    basis: cited", "    basys: cited", "basis"),
    ],
)  # fmt: skip
def test_the_nearest_known_name_is_offered(written, wrong, nearest):
    assert refusal(SMALL.replace(written, wrong, 1)).values["nearest"] == nearest


def test_a_pack_that_is_no_text_of_a_planner_is_refused_before_it_is_built():
    layers = ["a0: &a0 [x]"] + [
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)
    ]
    bomb = refusal(SMALL + "".join(f"{line}\n" for line in layers))
    # 9 ** 6 values stand behind a6, which holds the seventh list of lists.
    assert bomb.code == "pack_too_many_values"
    assert bomb.values["line"] == len(SMALL.splitlines()) + 7
    many = refusal(SMALL + "note: &n x\nnotes: [" + ", ".join(["*n"] * 3000) + "]\n")
    assert many.code == "pack_too_many_aliases"
    assert many.values["line"] == len(SMALL.splitlines()) + 2
    deep = refusal("name: " + "[" * 5000 + "]" * 5000)
    assert (deep.code, deep.values["line"]) == ("pack_too_deep", 1)
    assert refusal("# " + "长" * 3_000_000).code == "pack_too_large"


def test_a_file_that_is_not_utf8_is_refused_with_the_line_where_it_stops_being_so():
    first = SMALL.splitlines()[0] + "\n"
    with pytest.raises(PolicyError) as caught:
        pack_text(first.encode() + "title: 小包\n".encode("gb18030"), "small")
    assert (caught.value.code, caught.value.values["line"]) == ("pack_not_utf8", 2)
    with pytest.raises(PolicyError, match="pack_too_large"):
        pack_text(b"#" * 2_000_001, "small")


def test_conditions_are_read_in_the_type_of_their_column():
    where = """reads: {land_parcels: [parcel_id, state, far_min, is_increment, name]}
    where:
      - {column: land_parcels.state, comparator: "==", value: [cleared, listed]}
      - {column: land_parcels.far_min, comparator: ">", value: 1.2}
      - {column: land_parcels.is_increment, comparator: "==", value: false}
      - {column: land_parcels.name, comparator: "==", value: 甲地块}"""
    text = SMALL.replace("reads: {land_parcels: [parcel_id, state]}", where)
    found = [(c.column, c.comparator, c.value) for c in parse_pack(text, "small").rules[0].where]
    assert found == [
        ("state", "==", ("cleared", "listed")), ("far_min", ">", 1.2),
        ("is_increment", "==", False), ("name", "==", ("甲地块",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("documents", "  - {id: doc, title: 另一文件}"),
        ("assumptions", "  - {id: S1, text: 另一读法}"),
        ("lists",
         '  - {id: heavy, title: 单, industry_scheme: GBT4754_2017, codes: ["26"], basis: cited}'),
    ],
)  # fmt: skip
def test_an_id_used_twice_is_refused_at_its_second_place(key, entry):
    lines = SMALL.splitlines()
    at = lines.index(f"{key}:") + 2
    error = refusal("\n".join([*lines[:at], entry, *lines[at:]]))
    assert error.code == "pack_id_twice"
    assert (error.values["key"], error.values["line"]) == (key, at + 1)


def test_a_rule_written_twice_is_refused_with_both_lines():
    rule = SMALL[SMALL.index("  - id: R1") :]
    error = refusal(SMALL + rule)
    first = line_with(SMALL, "- id: R1")
    assert error.code == "pack_dates_overlap"
    assert error.values["other_line"] == first
    assert error.values["line"] == first + len(rule.splitlines())


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
        ('comparator: ">="\n    value: 100',
         "comparator: tiers\n    value: [{up_to: 50, gives: 甲}, {up_to: 50, gives: 乙}]",
         "pack_tiers_order"),
        ('comparator: ">="\n    value: 100',
         "comparator: tiers\n    value: [{up_to: null, gives: 甲}, {up_to: 50, gives: 乙}]",
         "pack_tiers_order"),
        ('comparator: ">="\n    value: 100', "comparator: tiers\n    value: []",
         "pack_key_missing"),
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


TASKED = """    where: [{column: targets.indicator, comparator: "==", value: [任务]}]
    reads: {targets: [unit_id, year, indicator, target_value]}
"""


def test_a_least_value_may_be_the_task_of_each_unit_where_a_condition_names_it():
    untold = SMALL.replace("    value: 100\n", "")
    assert refusal(untold).code == "pack_key_missing"
    tasked = untold.replace("    reads: {land_parcels: [parcel_id, state]}\n", TASKED)
    rule = parse_pack(tasked, "small").rules[0]
    assert (rule.value, rule.is_against_task) == (None, True)
    assert not parse_pack(SMALL, "small").rules[0].is_against_task
    assert refusal(tasked.replace('    comparator: ">="', '    comparator: ">"')).code == (
        "pack_key_missing"
    )


def test_tiers_are_read_in_order_with_an_open_end():
    text = SMALL.replace('comparator: ">="', "comparator: tiers").replace(
        "value: 100", "value: [{up_to: 30, gives: 县长}, {up_to: null, gives: 常委会}]"
    )
    tiers = parse_pack(text, "small").rules[0].value
    assert [(tier.up_to, tier.gives) for tier in tiers] == [(30.0, "县长"), (None, "常委会")]
