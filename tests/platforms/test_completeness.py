import numpy as np
import pytest

from platforms.completeness import Completeness, constraints_in_force, months_after
from tests.planning_frames import UNITS, Frames, coverage, jiaxing, rect, rows_of

FARMLAND = ("constraints", "permanent_farmland")
IN_N, IN_S, ACROSS, IN_NONE = (
    rect(100, 100, 500, 500), rect(25e3, 100, 500, 500), rect(19_900, 100, 200, 200),
    rect(90e3, 0, 100, 100),
)  # fmt: skip


def city(statements, constraints=()):
    return Frames(units=UNITS, constraints=list(constraints), data_coverage=list(statements))


def status(shape, statements, as_of="2025-06-30", constraints=()):
    on_file = Completeness(city(statements, constraints), jiaxing(as_of))
    (found,) = on_file.statuses([FARMLAND], np.array([shape], dtype=object))[FARMLAND]
    return found


SHAPE_ONLY = {
    "constraint_id": "C1", "constraint_kind": "permanent_farmland",
    "geometry": rect(5000, 5000, 100, 100),
}  # fmt: skip


def test_a_kind_that_is_nowhere_on_file_is_missing():
    assert status(IN_N, []) == "missing"


def test_shapes_of_which_nobody_stated_the_coverage_are_unstated():
    assert status(IN_N, [], constraints=[SHAPE_ONLY]) == "unstated"


def test_a_statement_without_a_place_covers_nothing():
    nowhere = coverage(unit_id=None)
    assert status(IN_N, [nowhere], constraints=[SHAPE_ONLY]) == "unstated"


def test_a_statement_covers_its_unit_also_where_there_is_no_shape_of_the_kind():
    assert status(IN_N, [coverage()]) == "covered"
    assert status(IN_S, [coverage()]) == "elsewhere"


def test_a_place_in_two_units_is_covered_by_the_statements_of_both_only():
    both = [coverage(unit_id="N"), coverage(unit_id="S")]
    assert status(ACROSS, both[:1]) == "partly"
    assert status(ACROSS, both) == "covered"


def test_a_functional_zone_lies_in_what_its_county_covers():
    assert status(rect(16e3, 16e3, 100, 100), [coverage(unit_id="N")]) == "covered"


def test_half_a_unit_is_covered_by_a_statement_with_a_shape_of_its_own():
    west = coverage(unit_id=None, geometry=rect(0, 0, 10e3, 20e3))
    assert status(IN_N, [west]) == "covered"
    assert status(rect(15e3, 100, 500, 500), [west]) == "elsewhere"
    assert status(rect(9_900, 100, 200, 200), [west]) == "partly"


@pytest.mark.parametrize(
    ("east_m", "found"), [(0.002, "covered"), (0.006, "covered"), (1.0, "partly")]
)
def test_outlines_drawn_apart_may_differ_by_a_square_metre_or_a_thousandth(east_m, found):
    # 200 m of edge sticking out by 2 mm and 6 mm are 0.4 m² and 1.2 m² of 40 000 m²; by 1 m 200 m².
    sticking_out = rect(20e3 - 200 + east_m, 100, 200, 200)
    assert status(sticking_out, [coverage()]) == found


def test_a_place_in_no_unit_is_covered_by_none():
    assert status(IN_NONE, [coverage(unit_id="N"), coverage(unit_id="S")]) == "elsewhere"


@pytest.mark.parametrize("lacking", ["data_on", "source_doc"])
def test_data_without_date_or_source_show_nothing(lacking):
    assert status(IN_N, [coverage(**{lacking: None})]) == "undated"


@pytest.mark.parametrize(
    ("data_on", "found"),
    [("2024-06-29", "stale"), ("2024-06-30", "covered"), ("2025-07-01", "covered")],
)
def test_farmland_is_too_old_after_twelve_months_and_data_of_later_days_count(data_on, found):
    assert status(IN_N, [coverage(data_on=data_on)]) == found


def test_the_best_data_that_cover_a_place_count():
    old, new = coverage(data_on="2020-01-01"), coverage(coverage_id="FG-2")
    assert status(IN_N, [old, new]) == "covered"


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [("2024-11-30", 3, "2025-02-28"), ("2023-12-31", 18, "2025-06-30"),
     ("2024-01-31", 1, "2024-02-29"), ("2025-03-15", 12, "2026-03-15")],
)  # fmt: skip
def test_months_end_on_the_same_day_or_the_last_of_the_month(day, months, later):
    assert months_after(day, months) == later


def test_the_matrix_has_a_line_for_every_unit_and_kind():
    matrix = Completeness(city([coverage()]), jiaxing("2025-06-30")).matrix()
    farmland = matrix[matrix["covered_kind"].eq("permanent_farmland")]
    # the functional zone Z lies in county N
    assert dict(zip(farmland["unit_id"], farmland["status"], strict=True)) == {
        "N": "covered", "S": "elsewhere", "Z": "covered",
    }  # fmt: skip
    redline = matrix[matrix["covered_kind"].eq("ecological_redline")]
    assert set(redline["status"]) == {"missing"}
    assert {"land_parcels", "project_events", "element_quotas"} <= set(matrix["covered_layer"])


def held(**values):
    row = {"constraint_id": "C1", "constraint_kind": "permanent_farmland", **values}
    frame = rows_of("constraints", [{"geometry": rect(0, 0, 10, 10), **row}])
    rows = constraints_in_force(frame, jiaxing("2025-06-30"))
    return [(r["severity"], r["applies"]) for r in rows.to_dict("records")]


def test_a_row_with_nothing_but_id_kind_and_shape_binds_by_its_kind():
    assert held() == [("block", "inside")]
    assert held(constraint_kind="urban_growth_boundary") == [("block", "outside")]
    assert held(constraint_kind="geohazard") == [("warn", "inside")]


def test_what_a_row_states_itself_counts():
    assert held(severity="info") == [("info", "inside")]
    assert held(constraint_kind="urban_growth_boundary", applies="inside") == [("block", "inside")]


def test_a_kind_of_which_the_pack_says_nothing_stays_open():
    ((severity, applies),) = held(constraint_kind=None)
    assert (severity != severity, applies) == (True, "inside")


def test_constraints_out_of_force_are_left_out():
    assert held(effective_until="2025-06-29") == []
    assert held(effective_from="2025-07-01") == []


def test_rows_milder_than_their_kind_are_counted_and_equal_or_unstated_ones_are_not():
    rows = [
        {**SHAPE_ONLY, "constraint_id": f"C{n}", "severity": severity}
        for n, severity in enumerate(("info", "warn", "block", None))
    ]
    assert Completeness(city([], rows), jiaxing("2025-06-30")).milder() == {"permanent_farmland": 2}
