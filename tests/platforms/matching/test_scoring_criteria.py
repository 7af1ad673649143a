import numpy as np
import pytest

from platforms.elements.quotas import Headroom
from platforms.land.carving import Carving
from platforms.land.site_carving import CarvedSite
from platforms.matching.gates import judged
from platforms.matching.scoring import Setting, Surroundings, criterion_values, score_of
from platforms.matching.site import columns_of
from tests.matching_frames import ROOMS, TABLE, asking, demand, site
from tests.planning_frames import rect

PLATFORM = {"leading_industries": "36;39", "specialty_industries": "14"}
SHARES = {
    "met": {"inside": 1000.0, "total": 1000.0},
    "not_met": {"inside": 0.0, "total": 1000.0},
    "no_data": {"inside": 1000.0, "total": 1000.0, "open_points": ("A001",)},
}
"""A land share that holds, breaks or stays open whatever 100 亩 more do to it."""


def scored(
    one=None, wanted=None, platform=PLATFORM, tax=30.0, share=None, table=TABLE, rooms=ROOMS
):
    one = one or site()
    asked = asking(wanted, table=table, rooms=rooms)
    row = None if share is None else {"share": 1.0, "threshold": 0.7, **SHARES[share]}
    around = Surroundings(
        {} if platform is None else {"P1": platform},
        {} if tax is None else {"P1": tax},
        {} if row is None else {("N", "land", None): row},
    )
    values = criterion_values(Setting(judged(columns_of([one]), asked), asked, around))[0]
    return score_of(values, np.array(list(table.weights.values())), tuple(table.weights))


def value(name, *args, **kwargs):
    parts = {part.criterion: part for part in scored(*args, **kwargs).criteria}
    return parts[name].value


@pytest.mark.parametrize(
    ("industry", "expected"),
    [("C3982", 1.0), ("36", 1.0), ("C14", 0.7), ("C26", 0.3), (None, None)],
)
def test_an_industry_fits_a_platform_that_leads_or_specialises_in_it(industry, expected):
    assert value("industry_fit", wanted=demand(industry_code=industry)) == expected


@pytest.mark.parametrize(
    ("industry", "expected"), [("3973", 1.0), ("3976", 0.9), ("3911", 0.8), ("1411", 0.7)]
)
def test_an_industry_fits_less_where_only_its_group_or_division_is_listed(industry, expected):
    platform = {"leading_industries": "3973", "specialty_industries": "14"}
    found = value("industry_fit", wanted=demand(industry_code=industry), platform=platform)
    assert found == pytest.approx(expected)


def test_outside_every_platform_no_industry_fits():
    assert value("industry_fit", platform=None) == 0.0


@pytest.mark.parametrize("missing", ["leading_industries", "specialty_industries"])
def test_a_platform_that_does_not_state_its_industries_leaves_the_fit_unknown(missing):
    platform = PLATFORM | {missing: None}
    wanted = demand(industry_code="C26")
    assert value("industry_fit", wanted=wanted, platform=platform) is None


@pytest.mark.parametrize(
    ("area_mu", "expected"),
    [(100, 0.5), (110, 0.75), (120, 1.0), (150, 1.0), (200, 0.75), (300, 0.5)],
)
def test_land_fits_best_between_the_ideal_and_the_most(area_mu, expected):
    wanted = demand(land_ideal_mu=120, land_max_mu=150)
    assert value("land_fit", site(area_mu=float(area_mu)), wanted) == pytest.approx(expected)


@pytest.mark.parametrize("area_mu", [100 * (1 - 1e-12), 100, 100 * (1 + 1e-12)])
def test_land_that_equals_the_only_figure_stated_fits_fully(area_mu):
    assert value("land_fit", site(area_mu=area_mu)) == 1.0


@pytest.mark.parametrize(
    ("zone_share", "outcome", "expected"),
    [
        (1.0, "met", 1.0),
        (1.0, "no_data", 1.0),
        (0.0, "met", 0.5),
        (0.0, "not_met", 0.0),
        (0.5, "met", 0.75),
        (0.5, "not_met", 0.5),
        (0.5, "no_data", None),
        (None, "met", None),
    ],
)
def test_the_share_counts_by_the_part_inside_a_zone(zone_share, outcome, expected):
    assert value("share_effect", site(zone_share=zone_share), share=outcome) == pytest.approx(
        expected
    )


@pytest.mark.parametrize(
    ("tax", "expected"), [(0.0, 0.0), (15.0, 0.25), (30.0, 0.5), (60.0, 1.0), (90.0, 1.0)]
)
def test_a_platform_scores_higher_the_more_tax_it_pays_per_mu(tax, expected):
    assert value("efficiency", wanted=demand(tax_wan_yuan=3000.0), tax=tax) == expected


def test_efficiency_without_figures_of_the_platform_is_unknown_and_outside_platforms_nothing():
    assert value("efficiency", wanted=demand(tax_wan_yuan=3000.0), tax=None) is None
    assert value("efficiency", site(platform_id=None), tax=30.0) == 0.0


@pytest.mark.parametrize(
    ("tax_wan_yuan", "output_wan_yuan", "expected"),
    [
        (3000.0, 50_000.0, 1.0),  # 30 and 500 万元/亩 on 100 亩, what A9 and A8 ask
        (1500.0, 50_000.0, 0.75),
        (1500.0, 25_000.0, 0.5),
        (9000.0, 90_000.0, 1.0),
        (0.0, 0.0, 0.0),
        (3000.0, None, None),
        (None, 50_000.0, None),
    ],
)
def test_a_promise_counts_by_the_part_of_a8_and_a9_it_reaches(
    tax_wan_yuan, output_wan_yuan, expected
):
    wanted = demand(tax_wan_yuan=tax_wan_yuan, output_wan_yuan=output_wan_yuan)
    assert value("promise", wanted=wanted) == expected


@pytest.mark.parametrize(
    ("there", "needed", "expected"),
    [
        ({"road", "water", "power"}, "", 3 / 6),
        ({"road", "water", "power"}, "heat", 3 / 7),
        ({"road", "water", "power", "heat"}, "heat", 4 / 7),
        ({"road", "water", "power", "telecom", "gas", "levelled"}, "", 1.0),
        (None, "", None),
    ],
)
def test_infrastructure_is_the_part_of_the_utilities_there(there, needed, expected):
    one = site(utilities=None if there is None else frozenset(there))
    assert value("infrastructure", one, demand(utilities_needed=needed)) == expected


@pytest.mark.parametrize(
    ("exit_km", "expected"), [(0.0, 1.0), (2.0, 1.0), (11.0, 0.5), (20.0, 0.0), (50.0, 0.0)]
)
def test_access_falls_between_the_near_and_the_far_distance(exit_km, expected):
    assert value("access", site(facility_km={"expressway_exit": exit_km})) == pytest.approx(
        expected
    )


def test_access_without_an_exit_on_file_is_unknown():
    assert value("access", site(facility_km={})) is None


def carved(block_mu, remainder_mu, lines_missed=0):
    """100 亩 out of a block that could have kept the rest whole."""
    stranded_mu = block_mu - 100.0 - remainder_mu
    held = Carving((0,), 100.0, 0.0, 0.0, block_mu - 100.0, remainder_mu, stranded_mu, stranded_mu,
                   False, lines_missed)  # fmt: skip
    return CarvedSite("LP-1", block_mu, ("D1#cut",), rect(0, 0, 200, 333), held, True)


@pytest.mark.parametrize(
    ("block_mu", "remainder_mu", "lines_missed", "expected"),
    [
        (300, 200, 0, 1.0),  # the rest stays whole
        (300, 150, 0, 0.75),
        (300, 150, 1, 0.25),  # 200 亩 would have been left otherwise
        (300, 90, 2, 0.0),
    ],
)
def test_the_rest_of_the_block_counts_by_its_largest_piece(
    block_mu, remainder_mu, lines_missed, expected
):
    one = site(carved=carved(block_mu, remainder_mu, lines_missed))
    assert value("remainder", one) == pytest.approx(expected)


def test_a_whole_block_leaves_no_rest_to_spoil():
    assert value("remainder", site(carved=None)) == 1.0


def test_a_score_is_the_weighted_mean_of_its_parts():
    found = scored(
        site(facility_km={"expressway_exit": 11.0}),
        demand(tax_wan_yuan=3000.0, output_wan_yuan=50_000.0),
        share="met",
    )  # industry, land, share, promise and remainder 1; efficiency, infrastructure and access 0.5;
    # land left is 9900 of 10 000 亩, and the land is no net land (not levelled)
    known = 15 + 15 + 10 + 5 + 5 + (10 + 10 + 5) * 0.5 + 10 * 0.99 + 5 * 0
    assert found.low == pytest.approx(known)  # the weights add up to 100
    assert found.low == pytest.approx(sum(part.contribution for part in found.criteria))
    assert found.high == pytest.approx(known + 10)  # nothing is known of the chains
    assert found.confidence == pytest.approx(0.9)


def test_missing_criteria_open_the_score_and_lower_the_confidence():
    wanted = demand(tax_wan_yuan=3000.0, output_wan_yuan=50_000.0)
    found = scored(site(facility_km={}, utilities=None), wanted)
    # Without utilities nobody knows whether it is net land, the one wish there is.
    known = 15 + 15 + 10 + 5 + 5 + 10 * 0.5 + 10 * 0.99
    assert (found.low, found.high) == (pytest.approx(known), pytest.approx(known + 30))
    assert found.confidence == pytest.approx(70 / 100)
    missing = [part.criterion for part in found.criteria if part.value is None]
    assert missing == ["chain", "infrastructure", "access", "wishes"]
    assert found.unknown == tuple(missing)
    assert all(part.contribution == 0 for part in found.criteria if part.value is None)


def test_without_any_known_criterion_the_score_may_be_anything():
    found = scored(site(facility_km={}), table=TABLE.with_weights({"access": 1}))
    assert (found.low, found.high, found.confidence) == (0.0, 100.0, 0.0)


@pytest.mark.parametrize("factor", [0.01, 7, 1000])
def test_scaling_all_weights_changes_nothing(factor):
    wanted = demand(tax_wan_yuan=2000.0)
    scaled = TABLE.with_weights({name: factor * w for name, w in TABLE.weights.items()})
    assert scored(wanted=wanted, table=scaled).low == pytest.approx(
        scored(wanted=wanted).low, rel=1e-12
    )


@pytest.mark.parametrize(
    ("taken", "expected"), [(0.0, 0.9), (50.0, 0.8), (90.0, 0.0), (95.0, 0.0), (None, None)]
)
def test_headroom_is_the_part_of_the_scarcest_quota_that_is_left(taken, expected):
    energy = Headroom(100.0, float("nan") if taken is None else taken)
    rooms = {
        ("unit", "N", "land", None): Headroom(10_000.0, 0.0), ("unit", "N", "energy", None): energy,
    }  # fmt: skip
    found = value("headroom", wanted=demand(energy_tce=10.0), rooms=rooms)
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("preferred", "there", "expected"),
    [
        ("N", "road;water;power;levelled", 1.0),
        ("N", "road", 0.5),
        ("S", "road", 0.0),
        ("", "road;water;power;levelled", 1.0),
    ],
)
def test_wishes_count_by_the_part_that_is_met(preferred, there, expected):
    one = site(utilities=frozenset(there.split(";")))
    assert value("wishes", one, demand(preferred_units=preferred)) == expected


@pytest.mark.parametrize(("platform_id", "expected"), [("P1", 0.7), ("P2", None), (None, 0.0)])
def test_a_platform_counts_by_how_near_its_firms_are_along_the_chains(platform_id, expected):
    around = Surroundings({}, {}, {}, {"P1": 0.7, None: 0.0})
    judged_one = judged(columns_of([site(platform_id=platform_id)]), asking())
    values = criterion_values(Setting(judged_one, asking(), around))[0]
    found = values[list(TABLE.weights).index("chain")]
    assert found == pytest.approx(expected if expected is not None else float("nan"), nan_ok=True)
