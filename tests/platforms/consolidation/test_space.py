import pytest

from geo.units import M2_PER_MU
from tests.planning_frames import UNITS, Frames, coverage, rect, rect_of_mu, verdicts_of

FAR_CONSTRAINT = {
    "constraint_id": "C0", "severity": "block", "applies": "inside",
    "geometry": rect(19e3, 0, 10, 10),
}  # fmt: skip
TEN_THOUSAND = rect_of_mu(0, 0, 10_000)


def verdict_of(shape, constraints=(FAR_CONSTRAINT,), parks=(), parcels=(), as_of="2025-06-30",
               statements=None, **values):  # fmt: skip
    platform = {"platform_id": "P1", "unit_id": "N", "boundary_kind": "managed",
                "geometry": shape, **values}  # fmt: skip
    city = Frames(
        units=UNITS, major_platforms=[platform], parks=list(parks),
        constraints=list(constraints), land_parcels=list(parcels),
        **({} if statements is None else {"data_coverage": statements}),
    )  # fmt: skip
    (found,) = verdicts_of("A2", city, as_of=as_of)
    return found


def codes(verdict) -> list[str]:
    return [statement.code for statement in verdict.reasons]


@pytest.mark.parametrize(
    ("area_mu", "outcome"), [(9_999.99, "not_met"), (10_000, "met"), (10_000.01, "met")]
)
def test_ten_thousand_mu_meet_the_rule_and_a_hundredth_less_does_not(area_mu, outcome):
    found = verdict_of(rect_of_mu(0, 0, area_mu))
    assert found.outcome == outcome
    assert found.measured == pytest.approx(area_mu, rel=1e-9)
    assert found.gap == pytest.approx(area_mu - 10_000, abs=1e-5)
    assert (found.unit, found.platform_id, found.unit_id) == ("亩", "P1", "N")
    assert (found.basis, found.assumptions) == ("assumed", ("S2", "S16", "S18", "S21", "S20"))


def test_a_blocking_constraint_is_taken_off_and_a_warning_is_not():
    farmland = {**FAR_CONSTRAINT, "geometry": rect(0, 0, 100, 100)}
    assert verdict_of(TEN_THOUSAND, [farmland]).measured == pytest.approx(
        10_000 - 10_000 / M2_PER_MU, rel=1e-6
    )
    assert verdict_of(TEN_THOUSAND, [{**farmland, "severity": "warn"}]).outcome == "met"


def test_a_growth_boundary_leaves_only_what_lies_inside_it():
    boundary = {"constraint_id": "C1", "constraint_kind": "urban_growth_boundary",
                "severity": "block", "applies": "outside"}  # fmt: skip
    whole = {**boundary, "geometry": rect(-10, -10, 9000, 9000)}
    assert verdict_of(TEN_THOUSAND, [whole]).outcome == "met"
    half = {**boundary, "geometry": rect(-10, -10, 1000, 9000)}
    assert verdict_of(TEN_THOUSAND, [half]).outcome == "not_met"


@pytest.mark.parametrize(
    ("dates", "outcome"),
    [
        ({"effective_from": "2025-06-30"}, "not_met"), ({"effective_from": "2025-07-01"}, "met"),
        ({"effective_until": "2025-06-30"}, "not_met"), ({"effective_until": "2025-06-29"}, "met"),
    ],
)  # fmt: skip
def test_a_constraint_counts_on_the_days_it_is_in_force(dates, outcome):
    farmland = {**FAR_CONSTRAINT, "geometry": rect(0, 0, 100, 100), **dates}
    assert verdict_of(TEN_THOUSAND, [farmland]).outcome == outcome


def test_sub_parks_are_part_of_the_platform_and_land_counts_once():
    park = {"park_id": "K", "disposition": "sub_park", "platform_id": "P1"}
    apart = {**park, "geometry": rect_of_mu(9000, 0, 2_000)}
    assert verdict_of(rect_of_mu(0, 0, 8_000), parks=[apart]).outcome == "met"
    within = {**park, "geometry": rect(0, 0, 500, 500)}
    assert verdict_of(rect_of_mu(0, 0, 8_000), parks=[within]).measured == pytest.approx(8_000)
    leaving = {**apart, "disposition": "exiting"}
    assert verdict_of(rect_of_mu(0, 0, 8_000), parks=[leaving]).outcome == "not_met"


NEEDED = ("permanent_farmland", "ecological_redline", "urban_growth_boundary", "river_management")


@pytest.mark.parametrize("missing", NEEDED)
def test_where_a_kind_is_not_on_file_only_too_small_can_be_said(missing):
    statements = [coverage(kind=kind) for kind in NEEDED if kind != missing]
    large = verdict_of(TEN_THOUSAND, [], statements=statements)
    small = verdict_of(rect_of_mu(0, 0, 9_000), [], statements=statements)
    assert (large.outcome, large.measured, large.gap) == ("no_data", None, None)
    assert small.outcome == "not_met"
    assert codes(large)[0] == "a2_kinds_missing"
    assert large.reasons[0].values["constraint_kinds"] == missing


def test_a_layer_with_nothing_but_a_shape_blocks_by_its_kind():
    farmland = {"constraint_id": "C1", "constraint_kind": "permanent_farmland",
                "geometry": rect(0, 0, 100, 100)}  # fmt: skip
    assert verdict_of(TEN_THOUSAND, [farmland]).outcome == "not_met"


def test_a_constraint_that_does_not_say_whether_it_blocks_leaves_it_open():
    unclear = {**FAR_CONSTRAINT, "severity": None, "geometry": rect(0, 0, 100, 100)}
    found = verdict_of(TEN_THOUSAND, [unclear])
    assert found.outcome == "no_data"
    assert found.evidence[1].rows == ("C0",)
    assert verdict_of(rect_of_mu(0, 0, 9_000), [unclear]).outcome == "not_met"


@pytest.mark.parametrize(
    ("declared", "code"),
    [(12_000.0, "a2_declared_agrees"), (9_999.0, "a2_declared_disagrees"),
     (None, "a2_declared_missing")],
)  # fmt: skip
def test_the_declared_figure_stands_beside_and_a_disagreement_is_said(declared, code):
    assert codes(verdict_of(TEN_THOUSAND, developable_declared_mu=declared))[0] == code


def test_the_unbuilt_remainder_stands_beside_and_may_be_too_small():
    used = {"parcel_id": "L1", "state": "in_production", "geometry": rect(0, 0, 1000, 1000)}
    found = verdict_of(TEN_THOUSAND, parcels=[used])
    remainder = next(s for s in found.reasons if s.code == "a2_remainder")
    assert remainder.values["remainder_mu"] == pytest.approx(10_000 - 1500, rel=1e-4)
    assert found.outcome == "met"
    assert codes(found)[-1] == "a2_met_reading_1_only"
    lost = next(
        s for s in verdict_of(TEN_THOUSAND, parcels=[{**used, "state": None}]).reasons
        if s.code == "a2_remainder"
    )  # fmt: skip
    assert lost.values["remainder_mu"] == pytest.approx(10_000)
    assert lost.values["unknown_mu"] == pytest.approx(1500, rel=1e-4)
    poor = {**used, "state": "inefficient"}
    assert "a2_met_reading_1_only" not in codes(verdict_of(TEN_THOUSAND, parcels=[poor]))
    assert "a2_remainder_unknown" in codes(verdict_of(TEN_THOUSAND))


def test_a_schematic_outline_is_said():
    assert "outline_schematic" in codes(verdict_of(TEN_THOUSAND, boundary_kind="schematic"))
    assert "outline_schematic" not in codes(verdict_of(TEN_THOUSAND))
