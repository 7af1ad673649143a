"""Platforms of other units proposed for a project: the best site of each, both units credited."""

import pytest

from platforms.matching.match import credit_rule, placeable_at_home, transfer_proposals
from tests.matching_frames import city, demand, matched, parcel
from tests.planning_frames import jiaxing, rect, rect_of_mu

LAND = [
    parcel("N1", rect(1_000, 1_000, 400, 300)), parcel("N2", rect(1_000, 2_000, 400, 300)),
    parcel("S1", rect(22_500, 1_000, 400, 300)), parcel("S2", rect(22_500, 2_000, 400, 300)),
]  # fmt: skip


def test_only_platforms_of_other_units_are_proposed_each_by_its_best_site():
    result = matched(city(LAND))
    found = transfer_proposals(result, "N")
    assert found
    assert {one.unit_id for one in found} == {"S"}
    assert len({one.platform_id for one in found}) == len(found)
    for one in found:
        rivals = [
            site for site in (result.sites if one.status == "admitted" else result.undecided)
            if site.site.platform_id == one.platform_id
        ]  # fmt: skip
        assert one.score == pytest.approx(max(site.score.low for site in rivals))
        assert one.credited_unit_ids == ("N", "S")


def test_of_no_known_unit_every_platform_may_take_it_and_it_alone_is_credited():
    result = matched(city(LAND))
    found = transfer_proposals(result, None)
    assert {one.unit_id for one in found} == {"N", "S"}
    assert all(one.credited_unit_ids == (one.unit_id,) for one in found)


def test_admitted_sites_stand_before_those_not_decided():
    land = [{**LAND[0], "tax_min_wan_yuan_per_mu": None}, LAND[2]]
    found = transfer_proposals(matched(city(land)), None)
    statuses = [one.status for one in found]
    assert statuses == ["admitted", "undecided"]


def test_the_rule_by_which_both_score_alike_is_cited_where_a_pack_has_one():
    assert credit_rule(jiaxing("2024-07-01")).rule.rule_id == "B6"


@pytest.mark.parametrize(
    ("area_mu", "quota_mu", "is_placeable"),
    [
        (100.0, 100.0, True), (100.0, 100.0 * (1 - 5e-10), True),
        (100.0, 100.0 * (1 - 5e-9), False),
        (99.9951, 100.0, True), (99.9949, 100.0, False),
        # A part as large as the wish fits; of a quota that is smaller no part does.
        (120.0, 100.0, True), (120.0, 100.0 * (1 - 5e-9), False), (120.0, 99.0, False),
    ],
)  # fmt: skip
def test_a_project_that_fits_its_own_unit_exactly_needs_no_other_unit(
    area_mu, quota_mu, is_placeable
):
    # C9: area equals the wish and the quota is used up to nothing.
    land = [parcel("N1", rect_of_mu(1_000, 1_000, area_mu)), LAND[2]]
    quotas = [
        {"quota_id": unit, "unit_id": unit, "year": 2024, "element": "land", "land_mu": mu}
        for unit, mu in (("N", quota_mu), ("S", 1_000.0))
    ]
    result = matched(city(land, element_quotas=quotas), demand(tax_wan_yuan=3000.0))
    at_home = placeable_at_home(result, "N")
    assert (at_home is not None) is is_placeable
    assert placeable_at_home(result, None) is None
    if is_placeable:
        assert at_home.site.unit_id == "N"
        assert at_home.site.legal_mu == pytest.approx(min(area_mu, 100.0), rel=1e-9)
