"""Three small cities with the gaps that cities have, worked out by hand.

All sites are 120 亩 for a project of 100 亩, so that only the data decide.
"""

import pytest

from tests.matching_frames import SITE_KINDS, city, matched, parcel
from tests.planning_frames import coverage, rect, rect_of_mu

WEST = parcel("W", rect_of_mu(100, 100, 120))
EAST = parcel("E", rect_of_mu(22_100, 100, 120))
ALL = [
    coverage(kind=kind, unit_id=unit_id) for kind in SITE_KINDS for unit_id in ("N", "S", "Z")
] + [coverage("land_parcels", None, unit_id=unit_id) for unit_id in ("N", "S", "Z")]


def names(sites):
    return sorted(site.site.parcel_ids[0].split("#")[0] for site in sites)


def outcomes(site):
    return {gate.gate: gate.outcome for gate in site.gates}


# --- city 1: the survey bureau's farmland, id and shape, no severity ------------------------------

# 200 m × 100 m of farmland on the western site: 20 000 m² / (2000/3) = 30 亩 of its 120
FARMLAND = {
    "constraint_id": "NT-1", "constraint_kind": "permanent_farmland",
    "geometry": rect(100, 100, 200, 100),
}  # fmt: skip


def test_farmland_with_nothing_but_a_shape_is_taken_off_and_never_ranked_as_free():
    result = matched(city([WEST, EAST], constraints=[FARMLAND], data_coverage=ALL))
    assert names(result.sites) == ["E"]
    # 120 − 30 = 90 亩 are left in the west: too little
    (west,) = [site for site in result.rejected if site.site.unit_id == "N"]
    assert west.site.area_mu == pytest.approx(90.0, abs=0.05)
    assert outcomes(west)["size"] == "not_met"


# --- city 2: one kind isn't on file at all -------------------------------------------------------


@pytest.mark.parametrize("missing", SITE_KINDS)
def test_without_one_kind_no_site_counts_and_all_are_ranked(missing):
    known = [row for row in ALL if row["covered_kind"] != missing]
    result = matched(city([WEST, EAST], data_coverage=known))
    assert names(result.sites) == []
    assert names(result.undecided) == ["E", "W"]
    assert [site.rank for site in result.undecided] in ([1, 2], [1, 1])
    for site in result.undecided:
        assert [gate.gate for gate in site.reasons] == [f"constraint:{missing}"]
        assert site.reasons[0].statement.code == "coverage_missing"
    assert {platform.status for platform in result.platforms} == {"undecided"}


# --- city 3: farmland covers half of the northern unit -------------------------------------------


def test_where_a_layer_covers_half_a_unit_only_that_half_is_checked():
    half = coverage(coverage_id="FG-half", unit_id=None, geometry=rect(0, 0, 1000, 20e3))
    beyond = parcel("B", rect_of_mu(1_500, 1_500, 120))
    across = parcel("A", rect(900, 1_000, 200, 420))
    rest = [
        row for row in ALL
        if (row["covered_kind"], row["unit_id"]) != ("permanent_farmland", "N")
    ]  # fmt: skip
    result = matched(city([WEST, across, beyond], data_coverage=[*rest, half]))
    assert names(result.sites) == ["W"]
    codes = {
        site.site.parcel_ids[0].split("#")[0]: site.reasons[0].statement.code
        for site in result.undecided
    }
    assert codes == {"A": "coverage_partly", "B": "coverage_elsewhere"}


# --- a platform without figures beside one with bad ones ------------------------------------------


def test_a_platform_without_figures_never_stands_before_the_same_with_bad_ones():
    twin = parcel("T", rect_of_mu(22_100, 100, 120))

    def lows(figures):
        result = matched(city([WEST, twin], platform_indicators=figures, data_coverage=ALL))
        return {site.site.platform_id: (site.score.low, site.score.high) for site in result.sites}

    bad = [
        {"platform_id": "P1", "period": "2024", "output_yi_yuan": 1.0, "tax_yi_yuan": 0.01,
         "above_scale_land_mu": 200.0},
    ]  # fmt: skip
    blank, known = lows([])["P1"], lows(bad)["P1"]
    # 100 万元 on 200 亩 are 0.5 of the 60 万元/亩 that score full: 10 points × 0.5 / 60
    assert known[0] - blank[0] == pytest.approx(10 * 0.5 / 60, abs=1e-9)
    assert blank[1] > known[1]
