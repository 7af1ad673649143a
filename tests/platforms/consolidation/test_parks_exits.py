import pytest

from tests.planning_frames import PLATFORMS, UNITS, Frames, rect, verdicts_of


def parks(count: int, exited: int = 0, **values: object) -> list[dict]:
    return [
        {"park_id": f"K{n}", "unit_id": "N", "park_kind": "industrial_park", "is_baseline": True,
         "disposition": "exiting" if n < exited else "sub_park",
         "exited_on": "2024-05-01" if n < exited else None,
         "geometry": rect(n * 200, 5000, 100, 100), **values}
        for n in range(count)
    ]  # fmt: skip


def verdict_of(rows, unit_id="N", as_of="2025-06-30"):
    city = Frames(units=UNITS, major_platforms=PLATFORMS, parks=rows)
    (found,) = [v for v in verdicts_of("A13", city, as_of=as_of) if v.unit_id == unit_id]
    return found


@pytest.mark.parametrize(("exited", "outcome"), [(2, "not_met"), (3, "met"), (4, "met")])
def test_three_of_ten_exited_are_thirty_percent_and_meet_it(exited, outcome):
    found = verdict_of(parks(10, exited))
    assert found.outcome == outcome
    assert found.measured == pytest.approx(exited / 10)
    assert found.gap == pytest.approx(exited / 10 - 0.3)
    assert (found.basis, found.assumptions) == ("assumed", ("S1", "S16"))


@pytest.mark.parametrize(
    ("as_of", "outcome"), [("2024-04-30", "not_met"), ("2024-05-01", "met"), ("2024-05-02", "met")]
)
def test_an_exit_counts_from_its_own_day(as_of, outcome):
    assert verdict_of(parks(10, 3), as_of=as_of).outcome == outcome


def test_a_planned_exit_is_shown_and_not_counted():
    rows = parks(10, 2)
    rows[5]["disposition"] = "exiting"
    found = verdict_of(rows)
    assert found.measured == pytest.approx(0.2)
    assert {e.statement.code: e.rows for e in found.evidence}["a13_planned"] == ("K5",)


def test_a_park_outside_the_baseline_counts_neither_above_nor_below():
    rows = parks(11, 4)
    rows[0]["is_baseline"] = False
    assert verdict_of(rows).measured == pytest.approx(3 / 10)


@pytest.mark.parametrize(("opted_in", "count"), [(True, 11), (False, 10), (None, 10)])
def test_a_feature_town_counts_only_if_it_opted_in(opted_in, count):
    town = {**parks(11)[10], "park_kind": "feature_town", "is_opted_in": opted_in}
    found = verdict_of([*parks(10, 3), town])
    assert found.measured == pytest.approx(3 / count)


def test_a_missing_baseline_is_no_data_and_so_is_an_empty_one():
    rows = parks(10, 3)
    rows[4]["is_baseline"] = None
    unknown, empty = verdict_of(rows), verdict_of(parks(3, 1, is_baseline=False))
    assert (unknown.outcome, unknown.evidence[0].rows) == ("no_data", ("K4",))
    assert (empty.outcome, empty.reasons[0].code) == ("no_data", "a13_baseline_empty")
    assert verdict_of([]).outcome == "no_data"


def test_a_park_in_a_functional_zone_does_not_count_for_the_county():
    rows = parks(10, 3)
    rows[0]["geometry"] = rect(16e3, 16e3, 100, 100)
    assert verdict_of(rows).measured == pytest.approx(2 / 9)


def test_the_share_by_area_and_with_the_platforms_stand_beside():
    rows = parks(4, 1)
    rows[0]["geometry"] = rect(0, 8000, 300, 100)
    values = {s.code: dict(s.values) for s in verdict_of(rows).reasons}
    assert values["a13_count"] == {"exited_count": 1, "baseline_count": 4}
    assert values["a13_by_area"]["area_share"] == pytest.approx(3 / 6, rel=1e-5)
    assert values["a13_with_platforms"]["with_platforms_share"] == pytest.approx(1 / (4 + 2))
