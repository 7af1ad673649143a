"""Chains: strict reading, which links a city has and lacks, how near a platform is."""

from pathlib import Path

import pytest

from platforms.errors import PlanningError, PolicyError
from platforms.industries.chains import chain_firms, chain_map, chain_proximity, parse_chains
from platforms.industries.codes import parse_industries
from tests.planning_frames import UNITS, Frames, rect

DATA = Path(__file__).resolve().parents[3] / "data" / "industries"
TABLE = parse_industries((DATA / "gbt4754-2017-divisions.yaml").read_text(encoding="utf-8"))
TEXT = """
name: chains
title: 试
edition: "1"
industry_scheme: GBT4754_2017
basis: assumed
note: 试
proximity: {same_link: 1, next_link: 0.7, same_chain: 0.4, none: 0}
chains:
  - id: chips
    title: 芯片
    links:
      - {id: material, title: 材料, stage: upstream, industries: ["3985"]}
      - {id: chip, title: 芯片, stage: midstream, industries: ["3973"]}
      - {id: phone, title: 终端, stage: downstream, industries: ["39", "652"]}
  - id: cells
    title: 光伏
    links:
      - {id: cell, title: 电池片, stage: midstream, industries: ["3825"], leading_firms: [甲]}
      - {id: station, title: 电站, stage: downstream, industries: ["4416"]}
""".replace('"39", "652"', '"392", "652"')
CHAINS = parse_chains(TEXT, TABLE)


def test_the_chains_that_come_with_the_product_are_read():
    chains = parse_chains((DATA / "chains.yaml").read_text(encoding="utf-8"), TABLE)
    assert chains.basis == "assumed"
    assert all(link.leading_firms == () for chain in chains.chains for link in chain.links)
    for chain in chains.chains:
        assert {link.stage for link in chain.links} == {"upstream", "midstream", "downstream"}


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("basis: assumed", "basis: guessed", "pack_word_unknown"),
        ("GBT4754_2017", "GBT4754_2011", "chain_scheme_differs"),
        ("id: cells", "id: chips", "pack_id_twice"),
        ("{id: station", "{id: cell", "pack_id_twice"),
        ('["3985"]', '["3973"]', "chain_code_twice"),
        ('["3985"]', '["39"]', "chain_code_twice"),
        ('["392", "652"]', '["392", "3921"]', "chain_code_twice"),
        ('["3985"]', '["9985"]', "chain_code_unknown"),
        ('["3985"]', '["I3985"]', "chain_code_unknown"),
        ('["3985"]', "[3985]", "pack_not_text"),
        ('["3985"]', "[]", "pack_key_missing"),
        ("stage: upstream", "stage: downstream", "chain_links_order"),
        ("next_link: 0.7", "next_link: 1", "chain_proximity_order"),
        ("same_link: 1,", "same_link: 1.1,", "chain_proximity_order"),
        ("none: 0}", "none: -0.1}", "chain_proximity_order"),
        ("title: 终端", "titel: 终端", "pack_key_unknown"),
        ("name: chains\n", "name: chains\nname: chains\n", "pack_key_twice"),
    ],
)  # fmt: skip
def test_a_fault_in_the_chains_is_refused_with_its_line(before, after, code):
    assert before in TEXT
    with pytest.raises(PolicyError) as caught:
        parse_chains(TEXT.replace(before, after, 1), TABLE)
    assert caught.value.code == code
    assert int(caught.value.values["line"]) > 1


PLATFORMS = [
    {"platform_id": "p1", "name": "P1", "unit_id": "N", "geometry": rect(0, 0, 100, 100)},
    {"platform_id": "p2", "name": "P2", "unit_id": "S", "geometry": rect(1000, 0, 100, 100)},
    {"platform_id": "p3", "name": "P3", "unit_id": "S", "geometry": rect(3000, 0, 100, 100)},
]
PARKS = [{"park_id": "k", "name": "K", "unit_id": "N", "platform_id": "p1",
          "disposition": "sub_park", "geometry": rect(2000, 0, 100, 100)}]  # fmt: skip


def firm(number, code, x=10.0, **values):
    row = {"enterprise_id": f"q{number}", "name": f"Q{number}", "unit_id": "N",
           "industry_code": code, "industry_scheme": "GBT4754_2017",
           "geometry": rect(x, 10, 5, 5)}  # fmt: skip
    return {**row, **values}


def mapped(*firms, output=()):
    figures = [{"enterprise_id": name, "year": year, "output_wan_yuan": amount}
               for name, year, amount in output]  # fmt: skip
    city = Frames(
        units=UNITS, major_platforms=PLATFORMS, parks=PARKS, enterprises=list(firms),
        enterprise_indicators=figures,
    )  # fmt: skip
    return chain_map(chain_firms(city, TABLE, 2024), CHAINS)


def link(found, link_id):
    (one,) = [held for held in found.links if held.link.link_id == link_id]
    return one


def codes(held):
    return [one.code for one in held.reasons]


def test_firms_are_counted_by_link_platform_and_unit_with_their_output():
    found = mapped(
        firm(1, "C3973"), firm(2, "3973", 1010, unit_id="S"), firm(3, "3973", 2010, name="Q"),
        firm(4, "3985", 500),
        output=[("q1", 2024, 100.0), ("q2", 2024, 50.0), ("q3", 2023, 7.0)],
    )  # fmt: skip
    chip = link(found, "chip")
    assert (chip.outcome, chip.city.firm_count) == ("met", 3)
    assert (chip.city.output_wan_yuan, chip.city.output_missing) == (150.0, 1)
    assert {key: held.enterprise_ids for key, held in chip.by_platform.items()} == {
        "p1": ("q1", "q3"), "p2": ("q2",),
    }  # fmt: skip
    material = link(found, "material")
    assert (material.city.firm_count, material.by_platform) == (1, {})
    assert material.city.output_wan_yuan is None
    assert (link(found, "phone").outcome, codes(link(found, "phone"))) == (
        "not_met", ["chain_link_missing"],
    )  # fmt: skip


def test_rows_of_one_credit_code_are_one_firm():
    found = mapped(firm(1, "3973", credit_code="91A"), firm(2, "3973", 1010, credit_code="91A"))
    chip = link(found, "chip")
    assert (chip.city.firm_count, chip.city.output_missing) == (1, 2)
    assert {key: held.firm_count for key, held in chip.by_platform.items()} == {"p1": 1, "p2": 1}


def test_firms_without_usable_code_are_named_and_leave_links_open():
    found = mapped(
        firm(1, "3973"), firm(2, None), firm(3, "9999"),
        firm(4, "3973", industry_scheme="GBT4754_2011"), firm(5, "3973", industry_scheme=None),
    )  # fmt: skip
    assert found.lacking == {
        "missing": ("q2",), "unknown": ("q3",), "other_scheme": ("q4", "q5"),
    }  # fmt: skip
    assert (link(found, "chip").outcome, codes(link(found, "chip"))[0]) == (
        "met", "chain_link_at_least",
    )  # fmt: skip
    assert link(found, "material").outcome == "no_data"
    assert link(found, "material").open_count == 4


def test_a_code_too_coarse_leaves_only_the_links_under_it_open():
    found = mapped(firm(1, "39"))
    outcomes = {held.link.link_id: held.outcome for held in found.links}
    assert outcomes == {"material": "no_data", "chip": "no_data", "phone": "no_data",
                        "cell": "not_met", "station": "not_met"}  # fmt: skip


def test_without_firms_no_link_can_be_called_missing():
    found = mapped()
    assert {held.outcome for held in found.links} == {"no_data"}
    assert codes(found.links[0]) == ["chain_no_firms"]


def test_the_named_leading_firms_of_the_data_and_those_on_file():
    found = mapped(firm(1, "3825", is_leading=True), firm(2, "3825", is_leading=False))
    cell = link(found, "cell")
    assert (cell.link.leading_firms, cell.city.leading_ids) == (("甲",), ("q1",))


@pytest.mark.parametrize(
    ("there", "value", "code"),
    [
        (["3973"], 1.0, "chain_same_link"),
        (["3973", "3985"], 1.0, "chain_same_link"),
        (["3985"], 0.7, "chain_next_link"),
        (["3921"], 0.7, "chain_next_link"),
        (["1811"], 0.0, "chain_none"),
        (["3825"], 0.0, "chain_none"),
        (["1811", None], None, "chain_platform_open"),
        (["1811", "39"], None, "chain_platform_open"),
        (["1811", "38"], 0.0, "chain_none"),
        (["3985", None], 0.7, "chain_next_link"),
        ([], None, "chain_platform_empty"),
    ],
)  # fmt: skip
def test_how_near_a_platform_is_to_an_industry(there, value, code):
    found = mapped(firm(99, "4416", 5000), *[firm(n, one) for n, one in enumerate(there)])
    near, said = chain_proximity("3973", "p1", found.firms, CHAINS, TABLE)
    assert (near, said.code) == (value, code)


def test_two_stages_apart_is_only_the_same_chain():
    near, said = chain_proximity("3985", "p1", mapped(firm(1, "6520")).firms, CHAINS, TABLE)
    assert (near, said.code) == (0.4, "chain_same_chain")
    assert said.values["links"] == "终端"


@pytest.mark.parametrize(
    ("industry", "platform_id", "value", "code"),
    [(None, "p1", None, "chain_industry_missing"), ("9999", "p1", None, "industry_code_unknown"),
     ("1811", "p1", None, "chain_industry_in_none"), ("39", "p1", None, "chain_industry_coarse"),
     ("3973", None, 0.0, "chain_off_platform"), ("3973", "p3", None, "chain_platform_empty")],
)  # fmt: skip
def test_what_cannot_be_told_is_said(industry, platform_id, value, code):
    near, said = chain_proximity(
        industry, platform_id, mapped(firm(1, "3973")).firms, CHAINS, TABLE
    )
    assert (near, said.code) == (value, code)


def test_a_platform_that_is_not_there_is_refused():
    with pytest.raises(PlanningError, match="chain_platform_unknown"):
        chain_proximity("3973", "p9", mapped(firm(1, "3973")).firms, CHAINS, TABLE)
