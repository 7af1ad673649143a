import pytest
import shapely

from tests.planning_frames import PLATFORMS, UNITS, Frames, rect, rect_of_mu, verdicts_of

KM2_MU = 1500.0  # 1 km2 = 1 000 000 m2, 1 亩 = 2000/3 m2


def edition(day, shape, approved_mu=1000.0, number=1, **values):
    return {
        "boundary_id": f"B{number}-{day}", "platform_id": "P1", "edition": f"{day[:4]}版",
        "edition_on": day, "approved_area_mu": approved_mu, "boundary_status": "official",
        "geometry": shape, **values,
    }  # fmt: skip


def verdict_of(part, *rows, platform=PLATFORMS[0], **options):
    city = Frames(units=UNITS, major_platforms=[platform], approved_boundaries=list(rows))
    return next(v for v in verdicts_of("A4", city, **options) if v.part == part)


def said(verdict):
    return {s.code: s.values for s in verdict.reasons}


@pytest.mark.parametrize(
    ("beyond_mu", "outcome"),
    [(-100, "met"), (0, "met"), (0.003, "not_met"), (7.5, "not_met"), (300, "not_met")],
)  # fmt: skip
def test_the_approved_outline_may_not_exceed_the_approved_area(beyond_mu, outcome):
    found = verdict_of("area", edition("2018-02-26", rect_of_mu(0, 0, 1000 + beyond_mu)))
    assert found.outcome == outcome
    assert found.measured == pytest.approx(beyond_mu, abs=1e-6)
    assert (found.threshold, found.gap) == (0, pytest.approx(beyond_mu, abs=1e-6))
    beyond = said(found).get("a4_beyond_approved")
    assert (beyond is None) is (outcome == "met")
    if beyond is not None:
        assert beyond["excess_m2"] == pytest.approx(beyond_mu * 2000 / 3, abs=1e-3)


def test_what_a_zone_manages_stands_beside_and_decides_nothing():
    # 海盐: 4.41 km2 approved in 1992, 91.81 km2 managed since 2019
    managed = {**PLATFORMS[0], "geometry": rect_of_mu(0, 0, 91.81 * KM2_MU)}
    row = edition("1992-07-31", rect_of_mu(100, 100, 4.41 * KM2_MU), 4.41 * KM2_MU)
    found = verdict_of("area", row, platform=managed)
    assert found.outcome == "met"
    values = said(found)["a4_managed"]
    assert values["managed_km2"] == pytest.approx(91.81)
    assert values["approved_km2"] == pytest.approx(4.41)
    assert values["beyond_mu"] == pytest.approx((91.81 - 4.41) * KM2_MU)


def test_blocks_of_one_edition_are_taken_together():
    rows = [
        edition("2018-02-26", rect_of_mu(0, 0, 600), 550.0, 1),
        edition("2018-02-26", rect_of_mu(2000, 0, 500), 450.0, 2),
    ]
    assert verdict_of("area", *rows).measured == pytest.approx(100)


def test_the_register_stands_in_for_an_approved_area_that_the_blocks_do_not_state():
    row = edition("2018-02-26", rect_of_mu(0, 0, 900), None)
    stated = {**PLATFORMS[0], "approved_area_mu": 1000.0}
    assert verdict_of("area", row, platform=stated).measured == pytest.approx(-100)
    assert verdict_of("area", row).outcome == "no_data"


@pytest.mark.parametrize("part", ["outline", "area"])
@pytest.mark.parametrize(
    "rows",
    [
        [],
        [edition("2018-02-26", None)],
        [edition("2018-02-26", rect(0, 0, 9, 9), boundary_status="text_only")],
        [edition("2018-02-26", rect(0, 0, 9, 9)),
         edition("2019", rect(0, 0, 9, 9), edition_on=None)],
    ],
)  # fmt: skip
def test_without_a_digital_outline_there_is_no_data(part, rows):
    found = verdict_of(part, *rows)
    assert (found.outcome, found.measured) == ("no_data", None)
    assert found.reasons


BEFORE = rect(0, 0, 1000, 1000)


@pytest.mark.parametrize(
    ("wider_m", "outcome"),
    [(0, "met"), (1.99, "met"), (2, "met"), (2.01, "not_met"), (200, "not_met")],
)
def test_an_outline_changed_since_consolidation_is_not_met(wider_m, outcome):
    rows = [edition("2018-02-26", BEFORE), edition("2019-12-31", rect(0, 0, 1000 + wider_m, 1000))]
    found = verdict_of("outline", *rows)
    assert (found.outcome, found.measured) == (outcome, float(outcome == "not_met"))
    changed = said(found)["a4_changed"]
    assert changed["changed_mu"] == pytest.approx(wider_m * 1000 * 3 / 2000, rel=1e-3, abs=1e-6)
    assert (changed["before_on"], changed["edition_on"]) == ("2018-02-26", "2019-12-31")


@pytest.mark.parametrize(("moved_m", "outcome"), [(1.4, "met"), (1.42, "not_met")])
def test_a_corner_may_lie_two_metres_off_and_no_farther(moved_m, outcome):
    # 1.4 m east and north are 1.98 m, 1.42 m are 2.008 m
    cut = shapely.Polygon(
        [*list(BEFORE.exterior.coords)[:1], *(
            (x + moved_m, y + moved_m) if n == 0 else (x, y)
            for n, (x, y) in enumerate(list(BEFORE.exterior.coords)[1:4])
        )]
    )  # fmt: skip
    assert len(cut.exterior.coords) == 5
    rows = [edition("2018-02-26", BEFORE), edition("2019-12-31", cut)]
    assert verdict_of("outline", *rows).outcome == outcome


def test_land_given_up_is_a_change_as_much_as_land_taken():
    moved = shapely.affinity.translate(BEFORE, 100, 0)
    found = verdict_of("outline", edition("2018-02-26", BEFORE), edition("2019-12-31", moved))
    assert found.outcome == "not_met"
    assert said(found)["a4_changed"]["changed_mu"] == pytest.approx(300, rel=1e-3)


def test_a_change_of_before_consolidation_is_said_and_not_counted():
    rows = [edition("2006-12-31", rect(0, 0, 800, 1000)), edition("2018-02-26", BEFORE)]
    found = verdict_of("outline", *rows)
    assert (found.outcome, found.measured) == ("met", 0)
    assert {"a4_no_later_edition", "a4_changed_before"} <= set(said(found))


def test_an_edition_after_the_day_asked_is_not_looked_at():
    rows = [edition("2018-02-26", BEFORE), edition("2019-12-31", rect(0, 0, 1200, 1000))]
    assert verdict_of("outline", *rows, as_of="2019-12-30", year=2019).outcome == "met"
    assert verdict_of("outline", *rows, as_of="2019-12-31", year=2019).outcome == "not_met"


def test_without_an_edition_of_before_there_is_nothing_to_compare_with():
    found = verdict_of("outline", edition("2019-12-31", BEFORE))
    assert (found.outcome, found.reasons[0].code) == ("no_data", "a4_no_edition_before")


def test_a_sketched_outline_is_marked_as_a_guide():
    found = verdict_of("area", edition("2018-02-26", BEFORE, boundary_status="sketched"))
    assert "a4_sketched" in said(found)


def test_zones_of_the_city_or_county_level_have_no_approved_outline_to_keep():
    city = Frames(units=UNITS, major_platforms=PLATFORMS)
    assert {v.platform_id for v in verdicts_of("A4", city)} == {"P1", "P3"}
