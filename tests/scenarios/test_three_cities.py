"""Three small cities worked out by hand: every figure below is reckoned beside it."""

import pytest

from platforms.checks import CheckQuery, run_checks
from platforms.ledger.calendar import official_holidays
from platforms.ledger.claims import TalksQuestion, exclusivity
from tests.ledger_frames import city, events, project
from tests.planning_frames import CITY_CRS, coverage, pack_on, rect, rows_of


def unit(unit_id, name, kind, x):
    return {"unit_id": unit_id, "name": name, "unit_kind": kind,
            "geometry": rect(x, 0, 10_000, 10_000)}  # fmt: skip


def answers(held, pack, as_of, year, *rules):
    """Outcome and figure by rule, part and unit."""
    query = CheckQuery(year, rules, (), as_of)
    return {
        (v.rule_id, v.part, v.unit_id): (v.outcome, v.measured)
        for v in run_checks(held, query, pack_on(pack, as_of), CITY_CRS)
    }


# 1. The city by the lake: two zones by other spellings of their names, one unit over its task, one
# under it. Listed 2025: harbour 3, zone 4, county A 6, county B 5 (one of them real estate).
LAKE = [
    unit("A", "嘉兴市南湖区", "county", 0), unit("B", "海盐县", "county", 10_000),
    unit("Z", "嘉兴经济技术开发区", "functional_zone", 20_000),
    unit("H", "浙江乍浦经济开发区（嘉兴港区）", "functional_zone", 30_000),
]  # fmt: skip
LISTED = {"H": 3, "Z": 4, "A": 6, "B": 5}


def lake(**layers):
    projects = [
        project(f"{unit_id}{n}", unit_id=unit_id, project_class="county_head")
        for unit_id, count in LISTED.items() for n in range(count)
    ]  # fmt: skip
    projects[-1]["category"] = "real_estate"
    happened = [events(row["project_id"], listed="2025-03-01") for row in projects]
    return city(projects, happened, units=LAKE, **layers)


def task(target_id, unit_id, indicator, target, actual=None):
    return {"target_id": target_id, "unit_id": unit_id, "year": 2025, "indicator": indicator,
            "target_value": target, "actual_value": actual}  # fmt: skip


def test_the_city_by_the_lake():
    tasks = [
        task("ta", "A", "市县长项目下达任务数", 5.0),
        task("tb", "B", "市县长项目下达任务数", 6.0),
    ]
    found = answers(lake(targets=tasks), "jiaxing", "2025-12-31", 2025, "C3", "C6")
    # the harbour has a number of its own: 3 of 3; the zone falls under the annex: 4 of 5
    assert found["C3", "county_head_port", "H"] == ("met", 3.0)
    assert ("C3", "county_head", "H") not in found
    assert found["C3", "county_head", "Z"] == ("not_met", 4.0)
    assert found["C3", "county_head", "A"] == ("met", 6.0)
    # of five one is real estate: 4 of 5
    assert found["C3", "county_head", "B"] == ("not_met", 4.0)
    # A is one over its task of 5, B one short of 6: the surplus fills no gap (11 of 11 in all)
    assert found["C6", "replenish", "A"] == ("met", 0.0)
    assert found["C6", "replenish", "B"] == ("not_met", 1.0)
    assert found["C6", "replenish", "H"] == ("no_data", None)


def test_what_a_unit_did_of_its_tasks_is_their_mean_each_up_to_the_whole():
    tasks = [
        task("u1", "A", "开工项目", 4.0, 8.0), task("u2", "A", "到位外资", 10.0, 4.0),
        task("u3", "B", "开工项目", 4.0, 3.0), task("u4", "B", "到位外资", 10.0, 6.4),
    ]  # fmt: skip
    found = answers(lake(targets=tasks), "jiaxing", "2025-12-31", 2025, "B11")
    # A: (min(8/4, 1) + 4/10) / 2 = 0.7; B: (3/4 + 6.4/10) / 2 = 0.695
    assert found["B11", "excellence", "A"] == ("met", pytest.approx(0.7))
    assert found["B11", "excellence", "B"] == ("not_met", pytest.approx(0.695))


@pytest.mark.parametrize(
    ("as_of", "outcome"),
    [("2025-12-30", "not_applicable"), ("2025-12-31", "not_met"), ("2026-01-01", "not_met")],
)
def test_a_task_of_the_year_is_due_on_its_last_day(as_of, outcome):
    found = answers(lake(), "jiaxing", as_of, 2025, "C3")
    assert found["C3", "county_head", "Z"] == (outcome, 4.0)


# 2. The county in the hills: land of phases in a chain, and a unit that files for another's site.
HILLS = [unit("J", "金磐扶贫经济开发区", "functional_zone", 0), unit("T", "某镇", "county", 10_000)]
LOW = {"head_consent": "2025-03-01", "approved": "2025-03-02"}
MIDDLE = {"deputy_review": "2025-03-01", "executive_meeting": "2025-03-02",
          "approved": "2025-03-03"}  # fmt: skip
OWN = {"review_panel": "2025-03-01", "leading_group": "2025-03-02", "approved": "2025-03-03"}


def hills(links, route=None, filer="T"):
    """Phases of 11, 10 and 10 亩 (31 in all) of one project, each by the low route."""
    lands = {"a": 11.0, "b": 10.0, "c": 10.0}
    rows = [
        project(name, unit_id="T", land_ideal_mu=land, phase_of=links.get(name),
                is_special_policy=False)
        for name, land in lands.items()
    ]  # fmt: skip
    happened = [events(name, **(route or LOW)) for name in lands]
    filings = [
        {**events(name, first_report="2025-01-02")[0], "unit_id": filer} for name in lands
    ]  # fmt: skip
    return city(rows, [*happened, filings], units=HILLS)


@pytest.mark.parametrize(
    "links",
    [{"b": "a", "c": "b"}, {"a": "b", "b": "c"}, {"a": "w", "b": "w", "c": "w"},
     {"a": "b", "b": "a", "c": "a"}],
    ids=["chain", "chain turned round", "a whole not on file", "each names another"],
)  # fmt: skip
def test_the_county_in_the_hills_counts_phases_together(links):
    # 11 + 10 + 10 = 31 亩 is above 30: three phases by the low route are three breaches
    found = run_checks(
        hills(links), CheckQuery(2025, ("D1",), (), "2025-12-31"),
        pack_on("panan", "2025-12-31"), CITY_CRS,
    )  # fmt: skip
    judged = [(v.outcome, v.measured) for v in found if v.part == "industry" and v.measured]
    assert judged == [("not_met", 31.0)] * 3


def test_phases_that_nothing_links_are_projects_of_their_own():
    found = answers(hills({}), "panan", "2025-12-31", 2025, "D1")
    assert found["D1", "industry", "T"] == ("met", 10.0)


def test_the_route_is_that_of_the_zone_where_the_zone_files_for_land_of_a_town():
    found = answers(hills({}, OWN, filer="J"), "panan", "2025-12-31", 2025, "D1", "D3")
    # the zone approves up to 50 亩 itself, wherever the land lies: no route of D1 is asked for
    assert found["D3", "", "J"] == ("met", 10.0)
    assert found["D1", "industry", "T"] == ("not_applicable", None)
    # filed by the town the same steps aren't its route
    by_town = answers(hills({}, OWN, filer="T"), "panan", "2025-12-31", 2025, "D1", "D3")
    assert by_town["D1", "industry", "T"][0] == "not_met"


# 3. The city by the sea: what counts is the day.
SEA = [unit("A", "平湖市", "county", 0), unit("B", "海宁市", "county", 10_000)]


def talks(filed_on, asked_on):
    rows = [project("p", unit_id="A", stage="in_talks")]
    happened = [{**events("p", first_report=filed_on)[0], "unit_id": "A"}]
    question = TalksQuestion("p", asked_on, official_holidays())
    policy = pack_on("jiaxing", asked_on)
    frames = rows_of("projects", rows), rows_of("project_events", happened)
    return exclusivity(question, *frames, policy).state


@pytest.mark.parametrize(
    ("filed_on", "last"),
    [
        # 31 January 2026 is a Saturday: Monday, 2 February
        ("2025-12-31", "2026-02-02"),
        # 28 February 2026 is a Saturday that is worked instead of a holiday
        ("2026-01-31", "2026-02-28"),
        # no 31 April: the 30th, a Wednesday
        ("2025-03-31", "2025-04-30"),
        # 1 May to 5 May 2025 are holidays: Tuesday, the 6th
        ("2025-04-01", "2025-05-06"),
    ],
)
def test_first_talks_end_on_the_last_working_day_of_their_month(filed_on, last):
    after = {"2026-02-02": "2026-02-03", "2026-02-28": "2026-03-01", "2025-04-30": "2025-05-01",
             "2025-05-06": "2025-05-07"}[last]  # fmt: skip
    assert talks(filed_on, last) == "held_by_own_unit"
    assert talks(filed_on, after) == "free"


@pytest.mark.parametrize(
    ("filed_on", "days", "outcome"),
    # signed on Saturday, 15 March 2025: the 8th is the last day, a Saturday that never moves
    [("2025-03-07", 8.0, "met"), ("2025-03-08", 7.0, "met"), ("2025-03-09", 6.0, "not_met")],
)
def test_a_signing_is_filed_seven_days_ahead_whatever_day_that_is(filed_on, days, outcome):
    rows = [project("p", unit_id="A", stage="signed", investment_yi_yuan=10.0)]
    happened = [events("p", signing_report=filed_on, signed="2025-03-15")]
    found = answers(city(rows, happened, units=SEA), "jiaxing", "2025-06-30", 2025, "B7")
    assert found["B7", "", "A"] == (outcome, days)
    assert found["B7", "", "B"] == ("not_applicable", None)


@pytest.mark.parametrize(
    ("kept_until", "outcome"),
    [("2025-03-14", ("no_data", None)), ("2025-03-15", ("not_met", 0.0)),
     ("2025-03-16", ("not_met", 0.0))],
)  # fmt: skip
def test_never_filed_is_a_breach_from_the_day_on_that_the_register_reaches(kept_until, outcome):
    rows = [project("p", unit_id="A", stage="signed", investment_yi_yuan=10.0)]
    happened = [events("p", first_report="2024-06-06", signed="2025-03-15")]
    kept = [coverage("project_events", "signing_report", "A", data_on=kept_until)]
    held = city(rows, happened, units=SEA, data_coverage=kept)
    assert answers(held, "jiaxing", "2025-06-30", 2025, "B7")["B7", "", "A"] == outcome
