import pytest

from tests.ledger_frames import changchun, city, events, judged, one, project


def signed_list(signed, landed, listed_only=0, unit_id="N"):
    """Projects on the list of 2024: some signed, of these some started in the year."""
    projects, happened = [], []
    for number in range(signed + listed_only):
        name = f"{unit_id}{number}"
        projects.append(project(name, unit_id=unit_id))
        days = {"listed": "2024-02-01"}
        if number < signed:
            days["signed"] = "2024-03-01"
        if number < landed:
            days["started"] = "2024-09-01"
        happened.append(events(name, **days))
    return projects, happened


@pytest.mark.parametrize(
    ("landed", "signed", "outcome"),
    [(49, 100, "not_met"), (50, 100, "met"), (51, 100, "met"), (1, 2, "met"), (0, 3, "not_met")],
)
def test_half_of_the_signed_projects_of_the_list_must_start(landed, signed, outcome):
    found = one("C8", "", city(*signed_list(signed, landed)), "N")
    assert (found.outcome, found.measured) == (outcome, pytest.approx(landed / signed))
    assert (found.force, found.assumptions) == ("mandatory", ("S5",))
    assert len(found.evidence[0].rows if landed else ()) == landed


def test_the_share_of_all_listed_stands_beside_and_decides_nothing():
    found = one("C8", "", city(*signed_list(4, 2, listed_only=6)), "N")
    assert (found.outcome, found.measured) == ("met", 0.5)
    beside = next(r for r in found.reasons if r.code == "target_of_listed")
    assert beside.values == {"part": 2, "whole": 10, "share": 0.2}


def test_a_unit_without_a_signed_project_has_no_rate():
    found = one("C8", "", city(*signed_list(0, 0, listed_only=3)), "N")
    assert (found.outcome, found.reasons[0].code) == ("no_data", "target_base_empty")


def test_the_rate_of_the_city_is_that_of_all_projects_and_not_a_mean_of_rates():
    north, south = signed_list(8, 8), signed_list(2, 0, unit_id="S")
    held = city(north[0] + south[0], north[1] + south[1])
    found = {v.unit_id: v.measured for v in judged("C8", held)}
    assert found == {"N": 1.0, "S": 0.0, "Z": None, None: 0.8}
    assert {v.unit_id for v in judged("C8", held, units=("N",))} == {"N"}


@pytest.mark.parametrize(
    ("started", "measured"),
    [("2023-12-31", None), ("2024-01-01", 1.0), ("2024-12-31", 1.0), ("2025-01-01", 0.0)],
)
def test_a_project_stays_on_the_list_until_it_starts(started, measured):
    happened = events("a", listed="2023-02-01", signed="2023-03-01", started=started)
    held = city([project("a")], [happened])
    assert one("C8", "", held, "N").measured == measured


def test_a_start_whose_day_nobody_entered_leaves_the_rate_open():
    projects, happened = signed_list(2, 1)
    projects[1]["stage"] = "started"
    found = one("C8", "", city(projects, happened), "N")
    # One of two for certain, two of two at most: both reach the half.
    assert (found.outcome, found.measured) == ("met", 0.5)
    projects, happened = signed_list(3, 1)
    projects[1]["stage"] = "started"
    found = one("C8", "", city(projects, happened), "N")
    assert (found.outcome, found.measured) == ("no_data", None)
    assert found.reasons[0].values == {"low": 1 / 3, "high": 2 / 3, "count": 1}


@pytest.mark.parametrize(
    ("as_of", "outcome"),
    [("2024-12-30", "not_applicable"), ("2024-12-31", "not_met"), ("2025-01-01", "not_met")],
)
def test_the_rate_of_a_year_is_not_due_before_its_last_day(as_of, outcome):
    assert one("C8", "", city(*signed_list(4, 1)), "N", as_of=as_of).outcome == outcome


def floor(part, **values):
    row = project("a", project_class=part, **values)
    return one("C2", part, city([row], [events("a", listed="2024-02-01")]), "N")


@pytest.mark.parametrize(
    ("part", "amount", "outcome"),
    [("mayor", 19.99, "not_met"), ("mayor", 20.0, "met"), ("mayor", 20.01, "met"),
     ("county_head", 9.99, "not_met"), ("county_head", 10.0, "met"), ("county_head", 10.01, "met")],
)  # fmt: skip
def test_the_floors_include_the_number(part, amount, outcome):
    kind = {"is_frontier": True, "is_representative": True, "is_mid_high_end": True}
    found = floor(part, investment_yi_yuan=amount, **kind)
    assert (found.outcome, found.measured, found.force) == (outcome, amount, "mandatory")
    assert found.evidence[0].rows == ("a",)


@pytest.mark.parametrize(
    ("flags", "code"),
    [({"is_frontier": True, "is_representative": None}, "c2_kind_unknown"),
     ({"is_frontier": True, "is_representative": True}, "target_amount_missing")],
)  # fmt: skip
def test_a_floor_claimed_in_part_or_without_an_amount_is_open(flags, code):
    found = floor("mayor", investment_yi_yuan=None, **flags)
    assert (found.outcome, [r.code for r in found.reasons]) == ("no_data", [code])


@pytest.mark.parametrize(
    "flags",
    [{"is_frontier": True, "is_representative": False}, {"is_representative": False}, {},
     {"is_frontier": False, "is_representative": False}],
)  # fmt: skip
def test_where_no_floor_is_claimed_nothing_is_said_of_the_project(flags):
    held = city([project("a", project_class="mayor", **flags)], [events("a", listed="2024-02-01")])
    (said,) = [v for v in judged("C2", held) if v.part == "mayor"]
    assert (said.unit_id, said.outcome) == (None, "not_applicable")
    assert said.reasons[0].code == "c2_none_claimed"


def builder(number, **values):
    usual = {"investment_yi_yuan": 1.0, "stage": "started", **values}
    return [project(f"p{n}", **usual) for n in range(number)]


def e_one(part, held, as_of="2018-12-31", rule="E1"):
    return one(rule, part, held, as_of=as_of, policy=changchun(as_of))


@pytest.mark.parametrize(
    ("rule", "part", "day", "threshold", "includes"),
    [("E1", "new_starts", "2018-12-31", 500, False),
     ("E1", "under_construction", "2018-12-31", 1200, False),
     ("E1", "started_june", "2018-06-30", 1000, True),
     ("E8", "new_starts_june", "2018-06-30", 400, False),
     ("E8", "starts_september", "2018-09-30", 1100, False)],
)  # fmt: skip
def test_construction_targets_count_up_to_their_date(rule, part, day, threshold, includes):
    number = threshold + 1
    rows = builder(number, started_on=day)
    at_date = e_one(part, city(rows), day, rule)
    assert (at_date.measured, at_date.outcome) == (number, "met")
    fewer = e_one(part, city(rows[:threshold]), day, rule)
    assert fewer.outcome == ("met" if includes else "not_met")
    next_day = f"{day[:8]}{int(day[8:]) - 1:02d}"
    assert e_one(part, city(rows), next_day, rule).measured == 0
    small = project("s", investment_yi_yuan=0.5, started_on="2017-01-01", stage="started")
    late = [small, *({**row, "started_on": "2019-01-01"} for row in rows)]
    assert e_one(part, city(late), "2019-06-30", rule).measured == 0


def test_a_small_project_is_no_start_of_the_target():
    rows = [*builder(1, started_on="2018-03-01"),
            project("s", investment_yi_yuan=0.99, started_on="2018-03-01")]  # fmt: skip
    assert e_one("new_starts", city(rows)).measured == 1


@pytest.mark.parametrize(("resumed", "outcome"), [(8, "not_met"), (9, "met"), (10, "met")])
def test_works_carried_over_must_be_resumed_by_june(resumed, outcome):
    rows = builder(10, started_on="2017-05-01")
    happened = [events(f"p{n}", resumed="2018-03-01") for n in range(resumed)]
    found = e_one("resumption_june", city(rows, happened))
    assert (found.outcome, found.measured) == (outcome, resumed / 10)
    # Works resumed are works under way by that day, but no new starts.
    assert e_one("started_june", city(rows, happened)).measured == resumed
    assert e_one("new_starts", city(rows, happened)).measured == 0


def test_where_nobody_enters_resumption_the_rate_is_not_zero():
    assert e_one("resumption_june", city(builder(10, started_on="2017-05-01"))).outcome == "no_data"


def test_works_that_ended_before_the_year_are_not_under_construction():
    rows = builder(3, started_on="2017-05-01")
    happened = [events("p0", production="2017-12-31"), events("p1", production="2018-01-01")]
    assert e_one("under_construction", city(rows, happened)).measured == 2


@pytest.mark.parametrize(("industry", "outcome"), [(4, "not_met"), (5, "met"), (6, "met")])
def test_half_of_the_new_starts_are_industrial(industry, outcome):
    rows = builder(10, started_on="2018-05-01")
    for n, row in enumerate(rows):
        row["category"] = "industry" if n < industry else "infrastructure"
    found = e_one("industrial_share", city(rows))
    assert (found.outcome, found.measured) == (outcome, industry / 10)


def test_the_reserve_holds_what_is_entered_and_not_started():
    rows = builder(3, reserve_level="city", stage="in_talks")
    rows[2]["started_on"] = "2018-02-01"
    assert e_one("reserve", city(rows)).measured == 2
    assert e_one("reserve", city(rows), "2018-01-31").measured == 3


def test_the_rate_of_planned_starts_has_no_base_in_the_ledger():
    found = e_one("new_start_rate_june", city(builder(3, started_on="2018-02-01")))
    assert (found.outcome, found.reasons[0].code) == ("no_data", "target_plan_missing")


def task(unit_id, year=2024, target=10.0, actual=10.0, indicator="任务", **values):
    return {"target_id": f"{unit_id}{year}{indicator}", "unit_id": unit_id, "year": year,
            "indicator": indicator, "target_value": target, "actual_value": actual,
            **values}  # fmt: skip


def b11(part, *rows, unit_id="N", **options):
    return one("B11", part, city(targets=list(rows)), unit_id, **options)


@pytest.mark.parametrize(
    ("actual", "outcome"), [(6.99, "not_met"), (7.0, "met"), (7.01, "met"), (10.0, "met")]
)
def test_less_than_seventy_percent_bars_the_prize(actual, outcome):
    found = b11("excellence", task("N", actual=actual))
    assert (found.outcome, found.measured) == (outcome, pytest.approx(actual / 10))


def test_the_mean_of_the_tasks_decides_each_counted_up_to_the_whole_with_the_worst_beside():
    rows = task("N", actual=20.0), task("N", actual=3.9, indicator="第二项")
    found = b11("excellence", *rows)
    # (100 % + 39 %) / 2: the 200 % of the first make up for nothing
    assert (found.outcome, found.measured) == ("not_met", pytest.approx(0.695))
    said = found.reasons[0].values
    assert (said["indicator"], said["count"], said["least"]) == ("第二项", 2, pytest.approx(0.39))
    assert found.basis == "assumed"


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [([], "no_data"), ([task("N", actual=None)], "no_data"), ([task("N", target=0.0)], "no_data"),
     ([task("N"), task("N", actual=None, indicator="另")], "no_data"),
     # 30 % to 80 %; 10 % to 60 %: the second can't reach 70 % any more
     ([task("N", actual=6.0), task("N", actual=None, indicator="另")], "no_data"),
     ([task("N", actual=2.0), task("N", actual=None, indicator="另")], "not_met")],
)  # fmt: skip
def test_a_task_without_its_figure_is_neither_done_nor_undone(rows, outcome):
    assert b11("excellence", *rows).outcome == outcome


@pytest.mark.parametrize(
    ("as_of", "outcome"),
    [("2024-12-30", "not_applicable"), ("2024-12-31", "not_met"), ("2025-01-01", "not_met")],
)
def test_the_year_must_be_over_before_its_completion_counts(as_of, outcome):
    assert b11("excellence", task("N", actual=5.0), as_of=as_of).outcome == outcome


def scores(year, **by_unit):
    return [task(unit, year, None, value, "招大引强考核得分") for unit, value in by_unit.items()]


def test_last_two_years_running_is_flagged():
    rows = scores(2023, N=70.0, S=80.0, Z=90.0) + scores(2024, N=60.0, S=61.0, Z=62.0)
    # Two years are too many whatever came before; a year further back isn't needed.
    assert b11("last_two_years", *rows).outcome == "not_met"
    assert b11("last_two_years", *rows).measured == 2
    assert b11("last_two_years", *rows, unit_id="S").measured == 0
    once = b11("last_two_years", *scores(2023, N=90.0, S=80.0, Z=90.0), *rows[3:])
    assert (once.outcome, once.measured) == ("met", 1)


def test_who_ties_for_the_last_place_is_last():
    rows = scores(2023, N=70.0, S=70.0, Z=90.0) + scores(2024, N=60.0, S=60.0, Z=62.0)
    assert {u: b11("last_two_years", *rows, unit_id=u).outcome for u in "NSZ"} == {
        "N": "not_met", "S": "not_met", "Z": "met",
    }  # fmt: skip


def test_a_missing_score_of_anyone_leaves_the_last_place_open():
    rows = scores(2023, N=70.0, S=80.0) + scores(2024, N=60.0, S=61.0, Z=62.0)
    found = b11("last_two_years", *rows)
    assert (found.outcome, found.reasons[0].values["year"]) == ("no_data", 2023)
    # The south scored more than another in the year asked, so it was not last whatever is missing.
    assert b11("last_two_years", *rows, unit_id="S").outcome == "met"


def test_short_two_years_running_is_flagged_from_the_second_year():
    short = [task("N", 2023, actual=9.99), task("N", 2024, actual=9.99)]
    assert b11("short_two_years", *short).outcome == "not_met"
    once = [task("N", 2023), task("N", 2024, actual=9.99)]
    assert (b11("short_two_years", *once).outcome, b11("short_two_years", *once).measured) == (
        "met", 1,
    )  # fmt: skip
    assert b11("short_two_years", task("N", 2024, actual=9.99)).outcome == "no_data"
    assert b11("short_two_years", task("N", 2024)).measured == 0


def test_one_year_last_and_one_year_short_do_not_make_two_years():
    rows = [*scores(2022, N=90.0, S=80.0, Z=90.0), *scores(2023, N=70.0, S=80.0, Z=90.0),
            *scores(2024, N=90.0, S=80.0, Z=90.0), task("N", 2023),
            task("N", 2024, actual=5.0),
            ]  # fmt: skip
    assert b11("last_two_years", *rows).measured == 0
    assert (b11("short_two_years", *rows).outcome, b11("short_two_years", *rows).measured) == (
        "met", 1,
    )  # fmt: skip


def test_tasks_of_towns_and_leaders_are_other_tasks():
    rows = task("N"), task("N", actual=1.0, indicator="镇", town="某镇")
    assert b11("excellence", *rows).measured == 1.0


def fdi(value, year=2024, unit_id=None, measure="亿美元"):
    return {"target_id": f"f{unit_id}{year}{value}", "unit_id": unit_id, "year": year,
            "indicator": "实际利用外资", "actual_value": value,
            "measure_unit": measure}  # fmt: skip


def b10(*rows, part="2024_fdi", **options):
    return one("B10", part, city(targets=list(rows)), **options)


@pytest.mark.parametrize(("value", "outcome"), [(29.99, "not_met"), (30.0, "met"), (30.01, "met")])
def test_thirty_hundred_million_dollars_of_foreign_investment(value, outcome):
    found = b10(fdi(value))
    assert (found.outcome, found.measured, found.unit) == (outcome, value, "亿美元")


@pytest.mark.parametrize(("last", "outcome"), [(29.99, "not_met"), (30.0, "not_met"), (31, "met")])
def test_the_five_years_must_exceed_their_sum(last, outcome):
    rows = [fdi(30.0, year) for year in (2021, 2022, 2023, 2024)]
    found = b10(*rows, fdi(last, 2025), part="five_years_fdi", as_of="2025-12-31")
    assert (found.outcome, found.measured) == (outcome, pytest.approx(120 + last))


def test_the_citys_own_figure_is_never_added_to_that_of_its_units():
    assert b10(fdi(30.0), *(fdi(10.0, unit_id=u) for u in "NSZ")).measured == 30.0
    assert b10(*(fdi(9.0, unit_id=u) for u in "NSZ")).measured == 27.0


def test_a_unit_that_reports_nothing_leaves_the_city_open_until_the_rest_suffice():
    assert b10(fdi(9.0, unit_id="N"), fdi(9.0, unit_id="S")).outcome == "no_data"
    assert b10(fdi(15.0, unit_id="N"), fdi(15.0, unit_id="S")).outcome == "met"
    assert b10().outcome == "no_data"


def test_a_figure_in_another_currency_is_not_converted_and_one_in_another_scale_is():
    assert b10(fdi(200.0, measure="亿元")).outcome == "no_data"
    assert b10(fdi(300_000.0, measure="万美元")).measured == pytest.approx(30.0)


@pytest.mark.parametrize(("value", "outcome"), [(9.99, "not_met"), (10.0, "met"), (10.01, "met")])
def test_investment_grows_by_ten_percent(value, outcome):
    row = {"target_id": "g", "year": 2018, "indicator": "全社会固定资产投资增长率",
           "actual_value": value, "measure_unit": "%"}  # fmt: skip
    found = e_one("investment_growth", city(targets=[row]), rule="E8")
    assert (found.outcome, found.measured) == (outcome, pytest.approx(value / 100))
