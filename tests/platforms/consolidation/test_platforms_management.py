import pytest

from tests.planning_frames import PLATFORMS, SUB_PARK, UNITS, Frames, rect, verdicts_of


def verdict_of(rule_id, part="", platform_id="P1", unit_id="N", **layers):
    options = {"major_platforms": PLATFORMS, **layers}
    found = verdicts_of(rule_id, Frames(units=UNITS, **options))
    return next(
        v for v in found
        if v.part == part and v.unit_id == unit_id and v.platform_id == platform_id
    )  # fmt: skip


def platform(**values):
    return [{**PLATFORMS[0], **values}]


@pytest.mark.parametrize(
    ("level", "outcome", "measured"),
    [("national", "met", 0), ("provincial", "met", 0), ("municipal", "not_met", 1),
     ("county", "not_met", 1), (None, "no_data", None)],
)  # fmt: skip
def test_a_main_platform_is_a_state_or_provincial_zone(level, outcome, measured):
    found = verdict_of("A16", major_platforms=platform(level=level))
    assert (found.outcome, found.measured) == (outcome, measured)
    assert (found.basis, found.assumptions) == ("assumed", ("main_platform_levels",))


@pytest.mark.parametrize(
    ("bodies", "outcome", "measured"),
    [(None, "no_data", None), ("甲管委会", "met", 1), ("甲管委会;甲管委会", "met", 1),
     ("甲管委会；乙管委会", "not_met", 2)],
)  # fmt: skip
def test_one_platform_has_one_management_body(bodies, outcome, measured):
    found = verdict_of("A24", "one_body", major_platforms=platform(management_bodies=bodies))
    assert (found.outcome, found.measured) == (outcome, measured)


def sub_parks(*routes):
    return [
        {**SUB_PARK, "park_id": f"K{n}", "integration_route": route,
         "geometry": rect(n * 2000, 9000, 1000, 1000)}
        for n, route in enumerate(routes)
    ]  # fmt: skip


def test_routes_of_sub_parks_are_shown_and_not_judged():
    held = verdict_of("A24", "route", parks=sub_parks("holding_company", "district_adjustment"))
    short = verdict_of("A24", "route", parks=sub_parks("holding_company", None))
    assert (held.outcome, held.measured, held.force) == ("not_applicable", 0, "guidance")
    assert (short.outcome, short.measured, short.threshold) == ("not_applicable", 1, None)
    assert short.evidence[-1].rows == ("K1",)


def test_routes_kept_nowhere_are_no_data_and_a_platform_without_sub_parks_needs_none():
    assert verdict_of("A24", "route", parks=sub_parks(None, None)).outcome == "no_data"
    assert verdict_of("A24", "route").outcome == "no_data"
    other = verdict_of("A24", "route", "P2", parks=sub_parks("holding_company"))
    assert other.outcome == "not_applicable"


def task(number, **values):
    return {"target_id": f"T{number}", "unit_id": "N", "year": 2024, "indicator": "工业招商引资",
            "town": "乙镇", **values}  # fmt: skip


HOSTS = [{**PLATFORMS[0], "town": "甲镇"}, {**PLATFORMS[1], "town": "丙镇"}, PLATFORMS[2]]


@pytest.mark.parametrize(
    ("rows", "outcome", "measured"),
    [
        ([task(1)], "not_met", 1),
        ([task(1), task(2, town="丁镇")], "not_met", 2),
        ([task(1, town="甲镇")], "met", 0),
        ([task(1, town=None)], "no_data", None),
        ([task(1, indicator="实际利用外资")], "met", 0),
        ([task(1, indicator=None)], "no_data", None),
        ([task(1, year=2023)], "no_data", None),
        ([], "no_data", None),
    ],
)
def test_towns_that_host_no_main_platform_get_no_investment_tasks(rows, outcome, measured):
    found = verdict_of("A25", platform_id=None, major_platforms=HOSTS, targets=rows)
    assert (found.outcome, found.measured) == (outcome, measured)
    assert (found.force, found.year) == ("principle", 2024)


def test_a_platform_that_does_not_state_its_town_leaves_it_open():
    hosts = [HOSTS[0], {**HOSTS[1], "town": None}]
    found = verdict_of("A25", platform_id=None, major_platforms=hosts, targets=[task(1)])
    assert found.outcome == "no_data"
    assert found.reasons[0].code == "a25_host_unknown"
