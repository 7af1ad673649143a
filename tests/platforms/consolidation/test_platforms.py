import pytest

from tests.planning_frames import UNITS, Frames, rect
from tests.planning_frames import verdicts_of as verdicts_on


def platforms(count: int, **values: object) -> list[dict]:
    return [
        {"platform_id": f"P{n}", "unit_id": "N", "geometry": rect(n * 1000, 0, 500, 500), **values}
        for n in range(count)
    ]


def verdicts_of(rows, unit_id="N", as_of="2025-06-30"):
    city = Frames(units=UNITS, major_platforms=rows)
    found = verdicts_on("A1", city, as_of=as_of)
    return {verdict.part: verdict for verdict in found if verdict.unit_id == unit_id}


ELSEWHERE = [{"platform_id": "S1", "unit_id": "S", "geometry": rect(25e3, 0, 500, 500)}]
ON_FILE = {"extra_reason": "跨区协作", "extra_review_on": "2026-12-31"}


@pytest.mark.parametrize(
    ("count", "principle", "limit"),
    [(0, "not_met", "not_met"), (1, "met", "met"), (2, "met", "met"), (3, "not_met", "met"),
     (4, "not_met", "met"), (5, "not_met", "not_met")],
)  # fmt: skip
def test_one_or_two_are_kept_in_principle_and_more_need_reasons(count, principle, limit):
    found = verdicts_of(platforms(count) + ELSEWHERE)
    assert (found["principle"].outcome, found["limit"].outcome) == (principle, limit)
    assert found["principle"].measured == count
    assert (found["principle"].force, found["limit"].force) == ("principle", "mandatory")


@pytest.mark.parametrize(("count", "outcome"), [(3, "met"), (4, "met"), (5, "not_met")])
def test_three_or_four_with_their_reason_on_file_are_no_deviation(count, outcome):
    found = verdicts_of(platforms(count, **ON_FILE))
    assert (found["principle"].outcome, found["limit"].outcome) == (outcome, outcome)
    assert found["principle"].reasons[0].code == "a1_reason_on_file"


def test_a_reason_needs_no_review_date_and_four_need_two_reasons():
    found = verdicts_of(platforms(3, extra_reason="跨区协作"))["principle"]
    assert (found.outcome, found.reasons[0].code) == ("met", "a1_reason_without_review")
    one_of_two = [*platforms(3), {**platforms(4)[3], **ON_FILE}]
    found = verdicts_of(one_of_two)["principle"]
    assert (found.outcome, found.reasons[0].code) == ("not_met", "a1_reason_missing")
    assert dict(found.reasons[0].values) == {"extra": 2, "on_file": 1}


def test_a_review_date_that_has_passed_is_said():
    rows = platforms(3, extra_reason="跨区协作", extra_review_on="2025-06-29")
    assert [s.code for s in verdicts_of(rows)["limit"].reasons] == [
        "a1_reason_on_file", "a1_review_due",
    ]  # fmt: skip
    same_day = verdicts_of(rows, as_of="2025-06-29")["limit"].reasons
    assert [s.code for s in same_day] == ["a1_reason_on_file"]


def test_the_threshold_shown_is_the_end_of_the_range_that_is_broken():
    none = verdicts_of(ELSEWHERE)["principle"]
    many = verdicts_of(platforms(5))["limit"]
    assert (none.threshold, none.gap) == (1, -1)
    assert (many.threshold, many.gap) == (4, 1)


def test_a_platform_in_a_functional_zone_does_not_count_for_the_county():
    in_zone = {"platform_id": "Z1", "unit_id": "N", "geometry": rect(16e3, 16e3, 500, 500)}
    found = verdicts_of([*platforms(2), in_zone])["principle"]
    assert (found.measured, found.outcome) == (2, "met")
    assert found.evidence[1].rows == ("Z1",)
    assert found.evidence[1].statement.code == "platform_counted_under_zone"


def test_a_zone_that_is_no_major_platform_does_not_count():
    assert verdicts_of([*platforms(1), {**platforms(2)[1], "is_major": False}])[
        "principle"
    ].measured == 1  # fmt: skip


def test_no_platform_on_record_is_no_data_and_so_is_one_of_no_unit():
    assert {v.outcome for v in verdicts_of([]).values()} == {"no_data"}
    nowhere = {"platform_id": "X", "unit_id": None, "geometry": rect(90e3, 0, 500, 500)}
    found = verdicts_of([*platforms(1), nowhere])["limit"]
    assert (found.outcome, found.evidence[0].rows) == ("no_data", ("X",))
