"""Units are meant by role: by code or any official name; who carries none or too many is said."""

import pytest

from platforms.errors import PolicyError
from platforms.policy.in_force import policy_on
from platforms.policy.pack_file import parse_pack
from platforms.policy.roles import addressed_units, carriers
from tests.planning_frames import pack_on, rows_of

TEXT = """name: a
title: 甲
edition: "1"
documents:
  - {id: d, title: 文件, number: null, issued_on: null, effective_from: null, effective_until: null}
roles:
  - {id: port, title: 港区, names: [甲港区（乙开发区）, 甲港区], codes: ["330499"], is_single: true}
  - {id: zone, title: 开发区, names: [丙开发区, 丁开发区]}
rules:
  - id: C3
    part: county_head
    title: 个数
    scope: U9
    unit: 个
    comparator: ">="
    value: 1
    force: principle
    force_word: 至少
    basis: cited
    clause: {document: d, place: 一}
    reads: {units: [unit_id, name]}
    roles: [zone]
    roles_except: [port]
"""


def units(*names):
    return rows_of("units", [{"unit_id": f"u{n}", "name": name} for n, name in enumerate(names)])


def role(name):
    return parse_pack(TEXT, "a").roles[name]


@pytest.mark.parametrize("name", ["甲港区", " 甲 港区", "甲港区(乙开发区)", "甲港区（乙开发区）"])
def test_a_unit_is_known_by_any_official_name_however_its_brackets_are_written(name):
    assert carriers(units("南县", name), role("port")) == ("u1",)


def test_a_unit_is_known_by_its_code_whatever_its_name():
    by_code = rows_of("units", [{"unit_id": "330499", "name": None}])
    assert carriers(by_code, role("port")) == ("330499",)


def test_two_units_may_carry_one_role():
    policy = policy_on(parse_pack(TEXT, "a"), "2025-06-30")
    rule = policy.rule("C3", "county_head").rule
    addressed = addressed_units(units("丙开发区", "丁开发区", "甲港区", "南县"), rule, policy)
    assert addressed.unit_ids == {"u0", "u1"}
    assert addressed.lacking is None


@pytest.mark.parametrize(
    ("names", "code"),
    [(("丙开发区",), "role_nobody"), (("丙开发区", "甲港区", "甲港区（乙开发区）"), "role_twice")],
)
def test_a_role_that_nobody_carries_or_two_units_though_one_may_is_said(names, code):
    policy = policy_on(parse_pack(TEXT, "a"), "2025-06-30")
    addressed = addressed_units(units(*names), policy.rule("C3", "county_head").rule, policy)
    assert addressed.lacking.code == code
    assert addressed.unit_ids == {"u0"}


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("roles: [zone]", "roles: [zones]", "pack_role_unknown"),
        ("roles_except: [port]", "roles_except: [harbour]", "pack_role_unknown"),
        ("丁开发区]", "甲港区]", "pack_role_name_shared"),
        ("names: [丙开发区, 丁开发区]", "names: []", "pack_key_missing"),
    ],
)
def test_a_role_that_is_not_defined_or_can_not_be_told_apart_is_refused(before, after, code):
    assert TEXT.count(before) == 1
    with pytest.raises(PolicyError, match=code):
        parse_pack(TEXT.replace(before, after), "a")


def test_the_port_of_the_first_city_is_known_by_the_names_it_goes_by():
    port = pack_on("jiaxing").pack.roles["port"]
    for name in ("嘉兴港区（浙江乍浦经济开发区）", "浙江乍浦经济开发区（嘉兴港区）", "嘉兴港区"):
        assert carriers(units(name, "平湖市"), port) == ("u0",)
