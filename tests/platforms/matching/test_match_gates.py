import pytest

from tests.matching_frames import FIT, demand, gate, site

M2_IN_MU = 1.0 / (2000.0 / 3.0)
JUST_BEFORE, FIRST_DAY = "2018-06-07", "2018-06-08"


@pytest.mark.parametrize(
    ("area_mu", "outcome"),
    [
        (99.999, "not_met"),
        (100.0 * (1 - 1e-8), "not_met"),
        (100.0 * (1 - 1e-10), "met"),
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


@pytest.mark.parametrize(
    ("blocked_m2", "outcome"), [(0.0, "met"), (0.999, "met"), (1.0, "met"), (1.001, "not_met")]
)
def test_land_under_a_blocking_constraint_rejects_beyond_one_square_metre(blocked_m2, outcome):
    assert gate("constraints", site(blocked_mu=blocked_m2 * M2_IN_MU)).outcome == outcome


def test_a_warning_is_named_and_does_not_reject():
    answer = gate("constraints", site(warnings=("管线走廊", "河道")))
    assert answer.outcome == "met"
    assert answer.statement.values["names"] == "管线走廊、河道"


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
