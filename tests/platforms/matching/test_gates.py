from dataclasses import replace

import pytest

from platforms.elements.quotas import Headroom
from platforms.matching.gates import GATES, judge, status_of
from platforms.matching.site import KindFacts
from tests.matching_frames import FIT, ROOMS, SITE_KINDS, asking, demand, gate, site
from tests.planning_frames import jiaxing, pack_on

M2_IN_MU = 1.0 / (2000.0 / 3.0)
JUST_BEFORE, FIRST_DAY = "2018-06-07", "2018-06-08"


@pytest.mark.parametrize(
    ("area_mu", "outcome"),
    [
        (99.99, "not_met"),
        (99.9949, "not_met"),
        (99.995, "met"),
        (99.9968, "met"),
        (100.0, "met"),
        (100.001, "met"),
    ],
)
def test_size_is_enough_from_the_least_land_on(area_mu, outcome):
    assert gate("size", site(area_mu=area_mu)).outcome == outcome


def test_size_says_how_much_is_missing():
    statement = gate("size", site(area_mu=88.0)).statement
    assert statement.code == "size_short"
    assert statement.values["gap_mu"] == 12.0


@pytest.mark.parametrize(
    ("scheme", "code", "category", "outcome"),
    [
        ("MNR2023", "100101", "industry", "met"),
        ("MNR2023", "1001", "industry", "met"),
        ("MNR2023", "100", "industry", "not_met"),
        ("MNR2023", "0601", "industry", "not_met"),
        ("GBT21010", "0601", "industry", "met"),
        ("GBT21010", "1001", "industry", "not_met"),
        ("GB50137", "M2", "industry", "met"),
        ("GB50137", "1001", "industry", "not_met"),
        ("MNR2023", "110101", "logistics", "met"),
        ("MNR2023", "100101", "logistics", "not_met"),
        ("MNR2023", "0802", "research", "met"),
        ("MNR2023", "0802", "industry", "not_met"),
        ("local", "1001", "industry", "no_data"),
    ],
)
def test_a_land_use_code_counts_only_within_its_scheme(scheme, code, category, outcome):
    one = site(land_uses=frozenset({(scheme, code)}))
    assert gate("land_use", one, demand(category=category)).outcome == outcome


def test_a_parcel_without_land_use_leaves_the_gate_open():
    assert gate("land_use", site(land_uses=frozenset({FIT, None}))).outcome == "no_data"


def test_an_unfit_use_rejects_whatever_else_is_unknown():
    uses = frozenset({None, ("local", "9"), ("MNR2023", "0901")})
    answer = gate("land_use", site(land_uses=uses))
    assert answer.outcome == "not_met"
    assert answer.statement.values["codes"] == "0901"


@pytest.mark.parametrize("category", [None, "tourism"])
def test_a_category_without_land_uses_leaves_the_gate_open(category):
    answer = gate("land_use", wanted=demand(category=category))
    assert (answer.outcome, answer.statement.code) == ("no_data", "category_unknown")


def test_the_uses_a_project_states_go_before_those_of_its_category():
    wanted = demand(land_use_codes="0802;0901")
    assert gate("land_use", site(land_uses=frozenset({("MNR2023", "0802")})), wanted).outcome == (
        "met"
    )
    assert gate("land_use", site(), wanted).outcome == "not_met"
    same_digits = site(land_uses=frozenset({("GBT21010", "0802")}))
    assert gate("land_use", same_digits, wanted).outcome == "no_data"


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ({"cleared"}, "met"),
        ({"cleared", "listed"}, "met"),
        ({"unknown"}, "no_data"),
        ({"approved"}, "not_met"),
        ({"approved", "unknown"}, "not_met"),
        ({"cleared", "unknown"}, "no_data"),
    ],
)
def test_only_land_known_to_be_ready_passes(states, outcome):
    assert gate("state", site(states=frozenset(states))).outcome == outcome


@pytest.mark.parametrize("dating", ["stale", "undated"])
def test_states_too_old_or_without_a_day_show_no_readiness_and_no_reprieve(dating):
    answer = gate("state", site(state_dating=dating))
    assert (answer.outcome, answer.statement.code) == ("no_data", f"state_{dating}")
    waiting = site(state_dating=dating, states=frozenset({"approved"}))
    assert gate("state", waiting).outcome == "not_met"


FARMLAND = "permanent_farmland"


def of_farmland(**facts):
    """The site whose farmland is known so, its other kinds covered and free."""
    others = {kind: KindFacts("covered") for kind in SITE_KINDS if kind != FARMLAND}
    kinds = {**others, FARMLAND: KindFacts(**facts)}
    return site(kind_facts=frozenset(kinds.items()), blocked_by_kind={FARMLAND: 2.5})


@pytest.mark.parametrize(
    ("coverage", "outcome", "code"),
    [
        ("covered", "met", "coverage_covered"),
        ("stale", "no_data", "coverage_stale"),
        ("undated", "no_data", "coverage_undated"),
        ("partly", "no_data", "coverage_partly"),
        ("elsewhere", "no_data", "coverage_elsewhere"),
        ("unstated", "no_data", "coverage_unstated"),
        ("missing", "no_data", "coverage_missing"),
    ],
)
def test_only_a_kind_that_covers_the_site_shows_that_there_is_none(coverage, outcome, code):
    answer = gate(f"constraint:{FARMLAND}", of_farmland(coverage=coverage))
    assert (answer.outcome, answer.statement.code) == (outcome, code)


@pytest.mark.parametrize("coverage", ["covered", "missing"])
def test_a_hit_counts_whether_the_kind_covers_the_site_or_not(coverage):
    answer = gate(f"constraint:{FARMLAND}", of_farmland(coverage=coverage, is_blocked=True))
    assert (answer.outcome, answer.statement.values["blocked_mu"]) == ("not_met", 2.5)


def test_a_hit_by_a_shape_that_says_not_how_it_binds_is_no_data():
    answer = gate(f"constraint:{FARMLAND}", of_farmland(coverage="covered", is_unclear=True))
    assert (answer.outcome, answer.statement.code) == ("no_data", "kind_unclear")


def test_a_site_of_which_nothing_is_on_file_is_undecided_on_every_kind_it_must_be_checked_against():
    answers = {answer.gate: answer for answer in judge(site(kind_facts=frozenset()), asking())}
    assert {answers[f"constraint:{kind}"].outcome for kind in SITE_KINDS} == {"no_data"}


def test_a_pack_that_names_no_kinds_leaves_every_site_undecided():
    held = jiaxing("2025-06-30")
    assumptions = {k: v for k, v in held.pack.assumptions.items() if k != "S18"}
    policy = replace(held, pack=replace(held.pack, assumptions=assumptions))
    assert gate("constraint:undeclared", policy=policy).outcome == "no_data"


def test_a_warning_is_named_and_does_not_reject():
    warned = site(warnings=("管线走廊", "河道"))
    answer = gate("cautions", warned)
    assert (answer.outcome, answer.force) == ("not_met", "principle")
    assert answer.statement.values["names"] == "管线走廊、河道"
    assert status_of(judge(warned, asking(demand(tax_wan_yuan=3000.0)))) == "admitted"


@pytest.mark.parametrize(
    ("there", "needed", "outcome"),
    [
        (None, "", "met"),
        (None, "gas", "no_data"),
        ({"road"}, "gas", "not_met"),
        ({"gas"}, "gas", "met"),
        ({"gas", "road"}, "gas;heat", "not_met"),
    ],
)
def test_utilities_asked_for_must_be_on_file(there, needed, outcome):
    one = site(utilities=None if there is None else frozenset(there))
    assert gate("utilities", one, demand(utilities_needed=needed)).outcome == outcome


@pytest.mark.parametrize(
    ("unit_id", "outcome"), [("N", "not_met"), ("S", "met"), (None, "no_data")]
)
def test_an_excluded_unit_rejects_and_no_unit_is_unknown(unit_id, outcome):
    assert gate("unit", site(unit_id=unit_id), demand(excluded_units="N")).outcome == outcome


@pytest.mark.parametrize(
    ("outside_m2", "is_increment", "outcome"),
    [
        (0.0, True, "met"),
        (0.99, True, "met"),
        (1.01, True, "not_met"),
        (1.01, None, "no_data"),
        (1.01, False, "met"),
        (30_000.0, True, "not_met"),
    ],
)
def test_a18_refuses_new_land_outside_within_one_square_metre(outside_m2, is_increment, outcome):
    whole_m2 = 100.0 / M2_IN_MU
    one = site(major_share=1 - outside_m2 / whole_m2, is_increment=is_increment)
    answer = gate("A18", one)
    assert answer.outcome == outcome
    assert "二（五）" in answer.clause


def test_a18_names_the_land_outside_of_a_site_partly_outside():
    answer = gate("A18", site(major_share=0.75))
    assert answer.statement.code == "increment_outside"
    assert answer.statement.values["outside_mu"] == pytest.approx(25.0)


@pytest.mark.parametrize("name", ["A18", "A20", "standard_land"])
def test_a_rule_binds_from_its_first_day_on(name):
    worst = site(major_share=0.0)
    wanted = demand(industry_code="C30", tax_wan_yuan=1.0)
    assert gate(name, worst, wanted, JUST_BEFORE).outcome == "not_applicable"
    assert gate(name, worst, wanted, FIRST_DAY).outcome == "not_met"


ON_MAIN, ON_SUB_PARK, OUTSIDE = (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)


@pytest.mark.parametrize(
    ("place", "industry", "outcome"),
    [
        (ON_MAIN, "C30", "not_met"),
        (ON_MAIN, "3011", "not_met"),
        (ON_SUB_PARK, "C30", "met"),
        (OUTSIDE, "C30", "met"),
        (ON_MAIN, "C39", "met"),
        (ON_MAIN, None, "no_data"),
        (ON_SUB_PARK, None, "met"),
        (OUTSIDE, None, "met"),
    ],
)
def test_a20_refuses_high_energy_industry_on_a_main_platform_only(place, industry, outcome):
    main, major = place
    one = site(main_platform_share=main, major_share=major)
    assert gate("A20", one, demand(industry_code=industry)).outcome == outcome


@pytest.mark.parametrize(("on_main_m2", "outcome"), [(0.99, "met"), (1.01, "not_met")])
def test_a20_counts_a_site_as_on_the_main_platform_beyond_one_square_metre(on_main_m2, outcome):
    one = site(main_platform_share=on_main_m2 * M2_IN_MU / 100.0)
    assert gate("A20", one, demand(industry_code="C30")).outcome == outcome


@pytest.mark.parametrize(
    ("is_expansion", "outcome"), [(True, "no_data"), (None, "no_data"), (False, "met")]
)
def test_a20_leaves_an_expansion_of_a_traditional_industry_to_a_decision(is_expansion, outcome):
    assert gate("A20", wanted=demand(industry_code="C17", is_expansion=is_expansion)).outcome == (
        outcome
    )


@pytest.mark.parametrize(
    ("tax_wan_yuan", "outcome"),
    [(2999.9, "not_met"), (3000.0, "met"), (3000.1, "met"), (None, "no_data")],
)
def test_standard_land_holds_the_promise_per_mu_against_the_parcels_figure(tax_wan_yuan, outcome):
    assert gate("standard_land", wanted=demand(tax_wan_yuan=tax_wan_yuan)).outcome == outcome


def test_standard_land_reckons_per_mu_of_the_ideal_land():
    wanted = demand(tax_wan_yuan=3000.0, land_ideal_mu=120.0)
    statement = gate("standard_land", wanted=wanted).statement
    assert statement.code == "standard_land_short"
    assert statement.values["value_wan_yuan_per_mu"] == pytest.approx(25.0)


@pytest.mark.parametrize(("yi_yuan", "outcome"), [(4.9, "not_met"), (5.0, "met")])
def test_investment_in_yi_yuan_is_held_against_wan_yuan_per_mu(yi_yuan, outcome):
    one = site(standards={"investment_min_wan_yuan_per_mu": 500.0})
    assert gate("standard_land", one, demand(investment_yi_yuan=yi_yuan)).outcome == outcome


def test_a_figure_that_is_short_goes_before_one_that_is_missing():
    figures = {"tax_min_wan_yuan_per_mu": 30.0, "output_min_wan_yuan_per_mu": 500.0}
    answer = gate("standard_land", site(standards=figures), demand(tax_wan_yuan=1.0))
    assert answer.outcome == "not_met"
    assert answer.statement.values["column"] == "tax_min_wan_yuan_per_mu"


def test_parcels_without_standard_land_figures_leave_the_gate_open():
    assert gate("standard_land", site(standards={})).outcome == "no_data"


@pytest.mark.parametrize("place", [ON_SUB_PARK, OUTSIDE])
def test_standard_land_binds_main_platforms_only(place):
    one = site(main_platform_share=place[0], major_share=place[1])
    assert gate("standard_land", one, demand(tax_wan_yuan=1.0)).outcome == "not_applicable"


@pytest.mark.parametrize(
    ("width_m", "outcome"), [(None, "no_data"), (99.9, "not_met"), (100.0, "met"), (100.1, "met")]
)
@pytest.mark.parametrize("name", ["width", "frontage"])
def test_width_and_frontage_are_enough_from_the_least_on(name, width_m, outcome):
    wanted = demand(width_min_m=100.0, frontage_min_m=100.0)
    assert gate(name, site(width_m=width_m, frontage_m=width_m), wanted).outcome == outcome


@pytest.mark.parametrize(
    ("km", "outcome"), [(9.99, "met"), (10.0, "met"), (10.01, "not_met"), (None, "no_data")]
)
def test_a_facility_may_lie_as_far_as_the_project_says(km, outcome):
    one = site(facility_km={} if km is None else {"port": km})
    assert gate("facilities", one, demand(facilities_max_km="port:10")).outcome == outcome


@pytest.mark.parametrize("order", ["port:1;rail_station:1", "rail_station:1;port:1"])
def test_a_facility_too_far_goes_before_one_not_on_file(order):
    one = site(facility_km={"port": 5.0})
    assert gate("facilities", one, demand(facilities_max_km=order)).outcome == "not_met"


ENERGY = ("unit", "N", "energy", None)


@pytest.mark.parametrize(
    ("need", "outcome"), [(0.0, "met"), (39.9, "met"), (40.0, "met"), (40.1, "not_met")]
)
def test_energy_fits_while_the_quota_of_the_unit_has_room(need, outcome):
    rooms = {**ROOMS, ENERGY: Headroom(100.0, 60.0)}
    assert gate("headroom_energy", wanted=demand(energy_tce=need), rooms=rooms).outcome == outcome


def test_a_missing_quota_is_named():
    answer = gate("headroom_emission", wanted=demand(emission_t=None, emissions_t="氨氮:0.1"))
    assert (answer.outcome, answer.statement.code) == ("no_data", "quota_missing")
    assert answer.statement.values["pollutant"] == "氨氮"
    assert answer.statement.values["subject_id"] == "N"


def test_every_pollutant_is_held_against_its_own_quota():
    rooms = {
        **ROOMS,
        ("unit", "N", "emission", "氨氮"): Headroom(1.0, 0.0),
        ("unit", "N", "emission", "氮氧化物"): Headroom(1.0, 0.95),
    }
    wanted = demand(emission_t=None, emissions_t={"氨氮": 0.1, "氮氧化物": 0.1})
    answer = gate("headroom_emission", wanted=wanted, rooms=rooms)
    assert (answer.outcome, answer.statement.values["pollutant"]) == ("not_met", "氮氧化物")


@pytest.mark.parametrize(
    ("quota", "outcome"),
    [(None, "met"), (Headroom(50.0, 0.0), "met"), (Headroom(49.0, 0.0), "not_met")],
)
def test_a_platform_with_a_quota_of_its_own_is_held_to_it(quota, outcome):
    rooms = {**ROOMS, ENERGY: Headroom(100.0, 0.0)}
    if quota is not None:
        rooms["platform", "P1", "energy", None] = quota
    assert gate("headroom_energy", wanted=demand(energy_tce=50.0), rooms=rooms).outcome == outcome


@pytest.mark.parametrize(
    ("is_increment", "left", "outcome"),
    [(True, 100.0, "met"), (True, 99.9, "not_met"), (False, 0.0, "met"), (None, 500.0, "no_data")],
)
def test_only_new_construction_land_takes_quota(is_increment, left, outcome):
    rooms = {("unit", "N", "land", None): Headroom(left, 0.0)}
    assert gate("headroom_land", site(is_increment=is_increment), rooms=rooms).outcome == outcome


@pytest.mark.parametrize(
    ("area_mu", "excess_mu", "left", "outcome"),
    [
        (240.0, 0.0, 230.0, "not_met"), (240.0, 0.0, 240.0, "met"),
        (240.0, 0.0, 240.0 * (1 - 1e-10), "met"), (240.0, 0.0, 240.0 * (1 - 1e-8), "not_met"),
        # Registered as 240.00, though the ellipsoid gives less.
        (239.9, 0.1, 239.95, "not_met"), (239.9, 0.1, 240.0, "met"),
    ],
)  # fmt: skip
def test_the_quota_is_charged_with_the_legal_area_of_the_site_not_with_the_wish(
    area_mu, excess_mu, left, outcome
):
    rooms = {("unit", "N", "land", None): Headroom(left + 100.0, 100.0)}
    one, wanted = site(area_mu=area_mu, excess_mu=excess_mu), demand(land_ideal_mu=230)
    answer = gate("headroom_land", one, wanted, rooms=rooms)
    assert answer.outcome == outcome
    if outcome == "not_met":
        assert answer.statement.values["need"] == 240.0
        assert answer.statement.values["left"] == pytest.approx(left)


@pytest.mark.parametrize("name", ["energy", "emission"])
def test_a_project_that_does_not_say_what_it_takes_is_undecided(name):
    wanted = demand(energy_tce=None, emission_t=None)
    assert gate(f"headroom_{name}", wanted=wanted).outcome == "no_data"


@pytest.mark.parametrize("pack", ["panan", "changchun"])
def test_a_rule_that_no_active_pack_holds_does_not_apply(pack):
    policy = pack_on(pack)
    for name in ("A18", "A20", "standard_land", "net_land"):
        answer = gate(name, site(major_share=0.0), demand(industry_code="C30"), policy=policy)
        assert (answer.outcome, answer.statement.code) == ("not_applicable", "rule_not_held")


@pytest.mark.parametrize(
    ("part", "force", "there", "outcome"),
    [
        ("five", "mandatory", "road;water;power;telecom;gas;levelled", "met"),
        ("five", "mandatory", "road;water;power;telecom;gas", "not_met"),
        ("five", "mandatory", None, "no_data"),
        ("seven", "target", "road;water;power;telecom;gas;levelled", "not_met"),
    ],
)
def test_e3_binds_by_its_force_where_the_pack_holds_it(part, force, there, outcome):
    one = site(utilities=None if there is None else frozenset(there.split(";")))
    answer = gate(f"E3_{part}", one, policy=pack_on("changchun"))
    assert (answer.outcome, answer.force) == (outcome, force)


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"states": frozenset({"unknown"})}, "state"),
        ({"land_uses": frozenset({None})}, "land_use"),
        ({"unit_id": None}, "unit"),
        ({"is_increment": None}, "headroom_land"),
        ({"standards": {}}, "standard_land"),
        ({"without_standards": ("D2",)}, "standard_land"),
        ({"width_m": None}, "width"),
        ({"frontage_m": None}, "frontage"),
        ({"utilities": None}, "utilities"),
        ({"facility_km": {}}, "facilities"),
    ],
)
def test_one_unknown_of_the_land_leaves_the_site_undecided_and_is_named(changed, missing):
    wanted = demand(
        tax_wan_yuan=3000.0, width_min_m=10, frontage_min_m=10, utilities_needed="road",
        facilities_max_km="expressway_exit:5",
    )  # fmt: skip
    whole = {"width_m": 50.0, "frontage_m": 50.0}
    assert status_of(judge(site(**whole), asking(wanted))) == "admitted"
    gates = judge(site(**{**whole, **changed}), asking(wanted))
    assert status_of(gates) == "undecided"
    assert missing in {one.gate for one in gates if one.outcome == "no_data"}


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"category": None}, "land_use"), ({"industry_code": None}, "A20"),
        ({"tax_wan_yuan": None}, "standard_land"), ({"energy_tce": None}, "headroom_energy"),
        ({"emission_t": None}, "headroom_emission"),
    ],
)  # fmt: skip
def test_one_unknown_of_the_project_leaves_the_site_undecided_and_is_named(changed, missing):
    gates = judge(site(), asking(demand(**{"tax_wan_yuan": 3000.0, **changed})))
    assert status_of(gates) == "undecided"
    assert [one.gate for one in gates if one.outcome == "no_data" and one.force == "mandatory"] == [
        missing
    ]


def test_a_wish_for_a_unit_neither_rejects_nor_sets_apart():
    gates = judge(site(), asking(demand(tax_wan_yuan=3000.0, preferred_units="S")))
    answer = next(one for one in gates if one.gate == "preferred_unit")
    assert (answer.outcome, answer.force, status_of(gates)) == ("not_met", "guidance", "admitted")


def test_every_gate_answers():
    names = [answer.gate for answer in judge(site(), asking())]
    kinds = [f"constraint:{kind}" for kind in SITE_KINDS]
    at = names.index("cautions")
    assert (names[at - 3 : at], names[: at - 3] + names[at:]) == (kinds, list(GATES))
