import pytest

from tests.planning_frames import PLATFORMS, UNITS, Frames, rect, verdicts_of

EXITING = {"park_id": "K1", "unit_id": "N", "park_kind": "industrial_park",
           "disposition": "exiting", "disposition_on": "2024-03-01",
           "geometry": rect(0, 9000, 200, 200)}  # fmt: skip
STAYING = {**EXITING, "park_id": "K2", "disposition": "unclassified",
           "geometry": rect(1000, 9000, 200, 200)}  # fmt: skip
IN_PARK, ELSEWHERE = rect(50, 9050, 10, 10), rect(5000, 9000, 10, 10)


def grant(number=1, **values):
    return {"grant_id": f"G{number}", "enterprise_id": "E1", "granted_on": "2024-06-01",
            "grant_wan_yuan": 50.0, **values}  # fmt: skip


def verdict_of(*grants, firm=None, parks=(EXITING, STAYING), unit_id="N", year=2024):
    firms = [{"enterprise_id": "E1", "geometry": ELSEWHERE, **(firm or {})}]
    city = Frames(
        units=UNITS, major_platforms=PLATFORMS, parks=list(parks), enterprises=firms,
        support_grants=list(grants),
    )  # fmt: skip
    return next(v for v in verdicts_of("A19", city, year=year) if v.unit_id == unit_id)


@pytest.mark.parametrize(
    ("row", "firm"),
    [
        (grant(park_id="K1"), {}),
        (grant(), {"park_id": "K1"}),
        (grant(), {"geometry": IN_PARK}),
        (grant(enterprise_id="E9", park_id="K1"), {}),
    ],
)
def test_a_firm_is_in_the_park_by_what_is_stated_or_by_geometry(row, firm):
    found = verdict_of(row, firm=firm)
    assert (found.outcome, found.measured) == ("not_met", 1)
    (evidence,) = found.evidence
    assert (evidence.layer, evidence.rows) == ("support_grants", ("G1",))
    assert evidence.statement.values["park_id"] == "K1"


@pytest.mark.parametrize(
    ("row", "firm"),
    [(grant(), {}), (grant(park_id="K2"), {}), (grant(), {"geometry": rect(1050, 9050, 9, 9)})],
)
def test_support_that_goes_elsewhere_is_fine(row, firm):
    assert verdict_of(row, firm=firm).outcome == "met"


@pytest.mark.parametrize(
    ("day", "outcome"),
    [("2024-02-29", "met"), ("2024-03-01", "not_met"), ("2024-03-02", "not_met"),
     (None, "no_data")],
)  # fmt: skip
def test_support_counts_from_the_day_the_park_was_listed_to_exit(day, outcome):
    assert verdict_of(grant(park_id="K1", granted_on=day)).outcome == outcome


def test_a_park_without_its_day_leaves_it_open_unless_it_had_exited_before():
    undated = {**EXITING, "disposition_on": None}
    gone = {**undated, "exited_on": "2024-05-31"}
    assert verdict_of(grant(park_id="K1"), parks=[undated]).outcome == "no_data"
    assert verdict_of(grant(park_id="K1"), parks=[gone]).outcome == "not_met"


def test_every_grant_is_listed_and_one_that_cannot_be_placed_does_not_undo_that():
    rows = [grant(1, park_id="K1"), grant(2, park_id="K1"), grant(3, enterprise_id="E9")]
    found = verdict_of(*rows)
    assert (found.outcome, found.measured) == ("not_met", 2)
    assert [e.rows[0] for e in found.evidence] == ["G1", "G2", "G3"]
    assert verdict_of(rows[2]).outcome == "no_data"


def test_a_year_without_support_on_record_and_a_city_without_parks_are_no_data():
    assert verdict_of(grant(park_id="K1"), year=2023).outcome == "no_data"
    assert verdict_of(grant(park_id="K1"), parks=()).outcome == "no_data"
    assert verdict_of().outcome == "no_data"


def test_the_grant_counts_for_the_unit_of_the_park():
    assert verdict_of(grant(park_id="K1"), unit_id="S").outcome == "met"
