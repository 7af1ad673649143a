import pytest

from platforms.targets.progress import progress_rows
from tests.ledger_frames import city, events, judged, one, project
from tests.planning_frames import PLATFORMS, UNITS, jiaxing, rect


def led(number, **values):
    return [project(f"x{n}", leader_role="unit_head", investment_yi_yuan=50.0, **values)
            for n in range(number)]  # fmt: skip


def registered(projects, day="2024-05-01"):
    return [events(row["project_id"], registered=day) for row in projects]


@pytest.mark.parametrize(("number", "outcome"), [(1, "not_met"), (2, "met"), (3, "met")])
def test_the_head_of_a_unit_brings_in_two_projects_of_fifty_yi_yuan(number, outcome):
    projects = led(number)
    found = one("B9", "rmb", city(projects, registered(projects)), "N")
    assert (found.outcome, found.measured, found.threshold) == (outcome, number, 2)
    assert found.evidence[0].rows == tuple(f"x{n}" for n in range(number))
    assert (found.force, found.basis) == ("mandatory", "assumed")
    assert found.assumptions == ("S6", "no_real_estate")


@pytest.mark.parametrize(("amount", "count"), [(49.99, 0), (50.0, 1), (50.01, 1)])
def test_fifty_yi_yuan_includes_the_number(amount, count):
    rows = [project("a", leader_role="unit_head", investment_yi_yuan=amount)]
    assert one("B9", "rmb", city(rows, registered(rows)), "N").measured == count


@pytest.mark.parametrize(("usd", "count"), [(0.99, 0), (1.0, 0), (1.01, 1)])
def test_more_than_a_hundred_million_dollars_excludes_the_number(usd, count):
    rows = [project("a", leader_role="unit_head", investment_yi_usd=usd)]
    assert one("B9", "usd", city(rows, registered(rows)), "N").measured == count


def test_an_amount_in_one_currency_is_never_converted_into_the_other():
    dollars = project("a", leader_role="unit_head", investment_yi_yuan=None, investment_yi_usd=9.0)
    yuan = project("b", leader_role="unit_head", investment_yi_yuan=90.0)
    held = city([dollars, yuan], registered([dollars, yuan]))
    by_usd, by_rmb = one("B9", "usd", held, "N"), one("B9", "rmb", held, "N")
    assert (by_usd.outcome, by_usd.measured) == ("not_met", 1)
    # In RMB the first isn't known: one for certain, two at most, and two would do.
    assert (by_rmb.outcome, by_rmb.measured) == ("no_data", None)
    assert by_rmb.reasons[0].values == {"low": 1.0, "high": 2.0, "count": 1}


@pytest.mark.parametrize(
    ("day", "as_of", "count"),
    [("2023-12-31", "2025-06-30", 0), ("2024-01-01", "2025-06-30", 1),
     ("2024-12-31", "2025-06-30", 1), ("2025-01-01", "2025-06-30", 0),
     ("2024-05-02", "2024-05-01", 0), ("2024-05-02", "2024-05-02", 1),
     ("2024-05-02", "2024-05-03", 1)],
)  # fmt: skip
def test_only_what_happened_in_the_year_and_by_the_day_counts(day, as_of, count):
    rows = led(1)
    held = city([*rows, OLD], [*registered(rows, day), OLD_EVENTS])
    assert one("B9", "rmb", held, "N", as_of=as_of).measured == count


@pytest.mark.parametrize(
    ("as_of", "outcome"),
    [("2024-12-30", "not_applicable"), ("2024-12-31", "not_met"), ("2025-01-01", "not_met")],
)
def test_a_duty_of_the_year_is_not_breached_before_the_year_is_over(as_of, outcome):
    rows = led(1)
    found = one("B9", "rmb", city(rows, registered(rows)), "N", as_of=as_of)
    assert (found.outcome, found.measured, found.gap) == (outcome, 1, -1)
    (row,) = progress_rows([found], jiaxing(as_of))
    assert row.state == ("running" if outcome == "not_applicable" else "below_target")
    assert (row.share_done, row.project_ids) == (0.5, ("x0",))


def test_without_a_ledger_nothing_is_counted_and_with_one_an_idle_unit_has_none():
    assert one("B9", "rmb", city(), "N").outcome == "no_data"
    assert one("B9", "rmb", city(), "N").reasons[0].code == "target_no_projects"
    rows = led(2)
    south = one("B9", "rmb", city(rows, registered(rows)), "S")
    assert (south.outcome, south.measured) == ("not_met", 0)


def test_a_stage_without_its_event_leaves_the_count_open():
    rows = led(2, stage="started")
    found = one("B9", "rmb", city(rows, [events("x0", registered="2024-05-01")]), "N")
    assert (found.outcome, found.measured) == ("no_data", None)
    assert found.evidence[1].rows == ("x1",)
    talks = [rows[0], {**rows[1], "stage": "in_talks"}]
    decided = one("B9", "rmb", city(talks, [events("x0", registered="2024-05-01")]), "N")
    assert (decided.outcome, decided.measured) == ("not_met", 1)


def test_what_is_open_does_not_matter_once_enough_is_certain():
    rows = [*led(2), project("y", leader_role="unit_head", investment_yi_yuan=None)]
    found = one("B9", "rmb", city(rows, registered(rows)), "N")
    assert (found.outcome, found.measured) == ("met", 2)
    assert found.reasons[0].code == "target_open_projects"


def of_class(name, number, **values):
    return [project(f"{name}{n}", project_class=name, **values) for n in range(number)]


OLD = project("old", project_class="mayor", unit_id="Z")
OLD_EVENTS = events("old", registered="2018-01-05")
"""Something on file since early 2018, so that the ledger covers the days of A12."""


def on_list(projects, day="2024-05-01"):
    return [events(row["project_id"], listed=day) for row in projects]


@pytest.mark.parametrize(("number", "outcome"), [(39, "not_met"), (40, "met"), (41, "met")])
def test_the_city_counts_its_county_heads_projects_of_the_year(number, outcome):
    rows = of_class("county_head", number)
    found = one("C1", "county_head", city(rows, on_list(rows)))
    assert (found.outcome, found.measured, found.force) == (outcome, number, "target")


def test_about_an_amount_shows_the_distance_and_gives_no_verdict():
    rows = of_class("mayor", 1, investment_yi_yuan=42.0)
    (found,) = [v for v in judged("C1", city(rows, on_list(rows))) if v.part == "mayor_size"]
    assert (found.outcome, found.measured, found.gap) == ("not_applicable", 42.0, -8.0)
    assert progress_rows([found], jiaxing())[0].state == "no_verdict"


@pytest.mark.parametrize(("amount", "count"), [(1.0, 0), (1.01, 1)])
def test_starts_count_projects_of_more_than_one_yi_yuan_that_are_not_excluded(amount, count):
    begun = {"started_on": "2024-03-01"}
    rows = [project("a", category="industry", investment_yi_yuan=amount, **begun),
            project("b", category="hotel", investment_yi_yuan=9.0, **begun)]  # fmt: skip
    assert one("C1", "starts_1", city(rows)).measured == count


NAMED = [{**UNITS[0], "name": "南湖区"}, {**UNITS[1], "name": "嘉兴港区"}, UNITS[2]]


@pytest.mark.parametrize(
    ("unit_id", "part", "number", "outcome"),
    [("N", "county_head", 4, "not_met"), ("N", "county_head", 5, "met"),
     ("N", "county_head", 6, "met"), ("S", "county_head_port", 2, "not_met"),
     ("S", "county_head_port", 3, "met"), ("S", "county_head_port", 4, "met")],
)  # fmt: skip
def test_the_port_district_has_a_number_of_its_own_in_the_annex(unit_id, part, number, outcome):
    rows = of_class("county_head", number, unit_id=unit_id)
    held = city(rows, on_list(rows), units=NAMED)
    found = [v for v in judged("C3", held) if v.unit_id == unit_id and "county" in v.part]
    assert [(v.part, v.outcome, v.measured) for v in found] == [(part, outcome, number)]
    assert found[0].force == "principle"


def test_a_unit_that_the_annex_does_not_name_has_no_number():
    rows = of_class("county_head", 9, unit_id="Z")
    found = one("C3", "county_head", city(rows, on_list(rows), units=NAMED), "Z")
    assert (found.outcome, found.reasons[0].code) == ("no_data", "target_unit_not_named")


def test_one_project_above_county_level_meets_the_annex():
    rows = [*of_class("governor", 1), *of_class("county_head", 3, unit_id="S")]
    held = city(rows, on_list(rows), units=NAMED)
    assert one("C3", "city_level", held, "N").outcome == "met"
    assert one("C3", "city_level", held, "S").outcome == "not_met"


@pytest.mark.parametrize(
    ("reason", "count"), [("started", 1), ("investor_withdrew", 0), ("policy_changed", 0)]
)
def test_who_leaves_the_list_other_than_by_starting_no_longer_counts(reason, count):
    rows = of_class("mayor", 1)
    left = [events("mayor0", listed="2024-03-01", delisted=("2024-09-01", reason))]
    assert one("C1", "mayor", city(rows, left)).measured == count
    before = one("C1", "mayor", city(rows, left), as_of="2024-08-31")
    assert before.measured == 1


@pytest.mark.parametrize(
    ("unit_id", "part", "number", "outcome"),
    [("N", "with_national_zone", 19, "not_met"), ("N", "with_national_zone", 20, "met"),
     ("N", "with_national_zone", 21, "met"), ("S", "others", 14, "not_met"),
     ("S", "others", 15, "met"), ("S", "others", 16, "met")],
)  # fmt: skip
def test_a_county_with_a_state_level_zone_needs_twenty_good_projects(
    unit_id, part, number, outcome
):
    rows = of_class("county_head", number, unit_id=unit_id)
    held = city([*rows, OLD], [*on_list(rows, "2019-05-01"), OLD_EVENTS])
    found = [v for v in judged("A12", held) if v.unit_id == unit_id]
    assert [(v.part, v.outcome, v.measured) for v in found] == [(part, outcome, number)]
    assert (found[0].force, found[0].is_past_target) == ("target", True)


@pytest.mark.parametrize(
    ("day", "count"),
    [("2018-06-07", 0), ("2018-06-08", 1), ("2018-06-09", 1), ("2020-12-30", 1),
     ("2020-12-31", 1), ("2021-01-01", 0)],
)  # fmt: skip
def test_good_projects_count_from_the_day_of_the_document_to_the_target_date(day, count):
    rows = of_class("mayor", 1)
    held = city([*rows, OLD], [*on_list(rows, day), OLD_EVENTS])
    assert one("A12", "with_national_zone", held, "N").measured == count


@pytest.mark.parametrize(
    ("first", "number", "outcome"),
    [("2018-12-31", 19, "not_met"), ("2019-01-01", 19, "no_data"), ("2019-01-01", 20, "met")],
)
def test_a_ledger_that_begins_too_late_can_only_show_that_a_number_is_reached(
    first, number, outcome
):
    rows = of_class("mayor", number)
    found = one("A12", "with_national_zone", city(rows, on_list(rows, first)), "N")
    assert found.outcome == outcome


@pytest.mark.parametrize(
    ("as_of", "state"),
    [("2020-12-30", "below_target"), ("2020-12-31", "below_target"),
     ("2021-01-01", "past_target_date")],
)  # fmt: skip
def test_a_missed_target_reads_past_its_date_from_the_day_after(as_of, state):
    rows = of_class("mayor", 1)
    held = city([*rows, OLD], [*on_list(rows, "2019-01-01"), OLD_EVENTS])
    found = one("A12", "with_national_zone", held, "N", as_of=as_of)
    (row,) = progress_rows([found], jiaxing(as_of))
    assert (row.state, found.outcome) == (state, "not_met")


def test_a_state_level_zone_in_a_functional_zone_is_not_the_countys():
    inner = {**PLATFORMS[0], "platform_id": "PZ", "geometry": rect(16e3, 16e3, 500, 500)}
    rows = of_class("mayor", 1)
    held = city(rows, on_list(rows), major_platforms=[inner, PLATFORMS[1]])
    assert {v.part for v in judged("A12", held) if v.unit_id == "N"} == {"others"}


def test_where_no_level_decides_the_number_asked_for_is_not_guessed():
    rows = of_class("mayor", 1)
    unsaid = [{**PLATFORMS[0], "level": None}]
    found = [v for v in judged("A12", city(rows, major_platforms=unsaid)) if v.unit_id == "N"]
    assert [(v.outcome, v.reasons[0].code) for v in found] == [("no_data", "target_levels_unknown")]
    without = [v for v in judged("A12", city(rows, major_platforms=[])) if v.unit_id == "N"]
    assert [v.reasons[0].code for v in without] == ["platforms_missing"]


@pytest.mark.parametrize(("number", "outcome"), [(24, "not_met"), (25, "met"), (26, "met")])
def test_the_city_brings_in_twenty_five_fortune_500_projects_in_2024(number, outcome):
    rows = [project(f"f{n}", is_fortune_500=True) for n in range(number)]
    found = one("B10", "2024_fortune_500", city(rows, registered(rows)))
    assert (found.outcome, found.measured, found.year) == (outcome, number, 2024)


def test_the_five_years_are_a_period_of_their_own():
    rows = [project(f"f{n}", is_fortune_500=False, investment_yi_yuan=100.0) for n in range(6)]
    days = ["2020-12-31", "2021-01-01", "2023-07-01", "2024-07-01", "2025-06-30", "2025-07-01"]
    happened = [events(f"f{n}", registered=day) for n, day in enumerate(days)]
    held = city(rows, happened)
    assert one("B10", "2024_rmb_100", held).measured == 1
    assert one("B10", "five_years_rmb_100", held).measured == 4
    assert one("B10", "five_years_rmb_100", held, year=2030).measured == 4


def test_the_city_is_left_out_where_some_units_only_are_asked():
    rows = of_class("mayor", 1)
    assert judged("C1", city(rows, on_list(rows)), units=("N",)) == []
