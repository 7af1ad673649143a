import pytest

from tests.planning_frames import PLATFORMS, UNITS, Frames, rect, rect_of_mu, verdicts_of


def park(number, **values):
    return {
        "park_id": f"K{number}", "unit_id": "N", "park_kind": "industrial_park",
        "disposition": "exiting", "is_baseline": True,
        "geometry": rect(number * 300, 9000, 200, 200), **values,
    }  # fmt: skip


def sub_park(number, **values):
    return park(number, **{"disposition": "sub_park", "platform_id": "P1", **values})


def verdict_of(rule_id, *rows, part="", unit_id="N", platforms=PLATFORMS, **options):
    city = Frames(units=UNITS, major_platforms=platforms, parks=list(rows))
    found = verdicts_of(rule_id, city, **options)
    return next(v for v in found if v.part == part and v.unit_id == unit_id)


def listed(verdict):
    return {e.rows[0]: e.statement.code for e in verdict.evidence}


def test_parks_of_one_kind_each_are_sorted_completely():
    for part in ("neither", "both"):
        found = verdict_of("A14", park(1), sub_park(2), park(3, exited_on="2020-01-01"), part=part)
        assert (found.outcome, found.measured, found.evidence) == ("met", 0, ())
        assert (found.basis, found.assumptions) == ("assumed", ("S1", "S16"))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (park(1, disposition="unclassified"), "a14_unclassified"),
        (sub_park(1, platform_id="P2"), "a14_platform_not_major"),
    ],
)
def test_a_park_that_is_neither_is_listed(row, code):
    platforms = [PLATFORMS[0], {**PLATFORMS[1], "is_major": False}]
    found = verdict_of("A14", row, park(2), part="neither", platforms=platforms)
    assert (found.outcome, found.measured, found.gap) == ("not_met", 1, 1)
    assert listed(found) == {"K1": code}


@pytest.mark.parametrize(
    "row", [park(1, disposition=None), sub_park(1, platform_id=None), sub_park(1, platform_id="P9")]
)
def test_a_park_of_unknown_kind_leaves_it_open_unless_another_is_listed(row):
    alone = verdict_of("A14", row, park(2), part="neither")
    assert (alone.outcome, alone.measured) == ("no_data", None)
    beside = verdict_of("A14", row, park(2, disposition="unclassified"), part="neither")
    assert (beside.outcome, beside.measured) == ("not_met", 1)


def test_an_unclassified_park_that_has_exited_is_one_that_exits():
    row = park(1, disposition="unclassified", exited_on="2025-06-30")
    assert verdict_of("A14", row, part="neither").outcome == "met"
    assert verdict_of("A14", row, part="neither", as_of="2025-06-29").outcome == "not_met"


@pytest.mark.parametrize(
    ("opted_in", "outcome"), [(True, "not_met"), (False, "met"), (None, "met")]
)
def test_a_feature_town_is_sorted_only_where_the_unit_opted_in(opted_in, outcome):
    town = park(1, park_kind="feature_town", disposition="unclassified", is_opted_in=opted_in)
    assert verdict_of("A14", town, park(2), part="neither").outcome == outcome


@pytest.mark.parametrize(
    ("row", "code"),
    [(park(1, platform_id="P1"), "a14_exiting_with_platform"),
     (sub_park(1, exited_on="2024-01-01"), "a14_sub_park_exited")],
)  # fmt: skip
def test_a_park_that_is_both_is_listed(row, code):
    found = verdict_of("A14", row, sub_park(2), part="both")
    assert (found.outcome, listed(found)) == ("not_met", {"K1": code})


@pytest.mark.parametrize(("width", "count"), [(1.98, 0), (2.0, 0), (2.02, 2)])
def test_outlines_of_different_kind_may_share_one_percent_of_the_smaller(width, count):
    # 200 m by 200 m against a larger one: the common strip is width / 200 of the smaller
    rows = [
        sub_park(1, geometry=rect(0, 9000, 200, 200)),
        park(2, geometry=rect(200 - width, 9000, 400, 200)),
    ]
    found = verdict_of("A14", *rows, part="both")
    assert found.measured == count
    assert found.outcome == ("not_met" if count else "met")


def test_outlines_of_one_kind_may_overlap():
    rows = [park(1, geometry=rect(0, 9000, 200, 200)), park(2, geometry=rect(50, 9000, 200, 200))]
    assert verdict_of("A14", *rows, part="both").outcome == "met"


def test_without_parks_there_is_no_data_and_for_a_unit_without_any_it_does_not_apply():
    assert verdict_of("A14", part="neither").outcome == "no_data"
    assert verdict_of("A14", park(1), part="neither", unit_id="S").outcome == "not_applicable"


def test_a_park_of_no_known_unit_may_be_anybodys():
    lost = park(1, unit_id=None, geometry=None, disposition="unclassified")
    for unit_id in ("N", "S", "Z"):
        assert (
            verdict_of("A14", lost, park(2), part="neither", unit_id=unit_id).outcome == "no_data"
        )


def in_zone(number, **values):
    return park(number, geometry=rect(16e3 + number * 300, 16e3, 200, 200), **values)


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (in_zone(1), "not_met"),
        (in_zone(1, disposition="unclassified"), "not_met"),
        (in_zone(1, exited_on="2025-06-30"), "met"),
        (in_zone(1, exited_on="2025-07-01"), "not_met"),
        (in_zone(1, disposition="sub_park", platform_id="P1"), "met"),
        (in_zone(1, park_kind="industrial_area"), "met"),
        (in_zone(1, park_kind=None), "no_data"),
    ],
)
def test_a_zone_keeps_no_town_industrial_park(row, outcome):
    found = verdict_of("A15", row, park(2), unit_id="Z")
    assert found.outcome == outcome
    assert found.force == "mandatory"


def test_only_functional_zones_are_asked_for_town_parks():
    city = Frames(units=UNITS, major_platforms=PLATFORMS, parks=[park(1)])
    assert {v.unit_id for v in verdicts_of("A15", city)} == {"Z"}
    units = [UNITS[0], {**UNITS[1], "unit_kind": None}, UNITS[2]]
    city = Frames(units=units, major_platforms=PLATFORMS, parks=[park(1)])
    assert {v.unit_id: v.outcome for v in verdicts_of("A15", city)} == {"Z": "met", "S": "no_data"}


def test_no_parks_at_all_are_no_data_for_the_zones():
    assert verdict_of("A15", unit_id="Z").outcome == "no_data"


@pytest.mark.parametrize(
    ("west", "outcome"), [(2899, "met"), (2900, "met"), (2902, "not_met"), (5000, "not_met")]
)
def test_a_new_park_is_outside_where_more_than_half_of_it_is(west, outcome):
    # platform P1 ends at 3000 m; half of 200 m lies beyond it from 2900 m on
    row = park(1, is_baseline=False, geometry=rect(west, 100, 200, 200))
    found = verdict_of("A18", row, part="new_parks")
    assert found.outcome == outcome
    assert found.unit == "个"


@pytest.mark.parametrize(
    ("values", "outcome"),
    [({}, "met"), ({"is_baseline": None}, "no_data"), ({"is_baseline": False}, "not_met"),
     ({"is_baseline": False, "park_kind": "feature_town"}, "met"),
     ({"is_baseline": False, "exited_on": "2024-01-01"}, "met")],
)  # fmt: skip
def test_only_industrial_parks_that_are_new_and_stand_are_listed(values, outcome):
    assert verdict_of("A18", park(1, **values), part="new_parks").outcome == outcome


def test_the_area_of_a_new_park_is_said_in_mu():
    row = park(1, is_baseline=False, geometry=rect_of_mu(5000, 9000, 60))
    (evidence,) = verdict_of("A18", row, part="new_parks").evidence
    assert evidence.statement.values["area_mu"] == pytest.approx(60)
