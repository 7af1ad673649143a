import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from layers.contracts import CONTRACTS
from layers.errors import LayerError
from layers.validate import row_names, validate

PARCELS, ALLOTMENTS, EVENTS = (
    CONTRACTS[n] for n in ("land_parcels", "element_allotments", "project_events")
)
INDICATORS = CONTRACTS["platform_indicators"]
CITY = CRS(4549)


def square(number=0):
    return shapely.box(20 * number, 0, 20 * number + 10, 10)


BOW_TIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


def parcels(shapes=None, **columns):
    count = len(next(iter(columns.values())))
    held = np.empty(count, dtype=object)
    held[:] = [square(i) for i in range(count)] if shapes is None else shapes
    return gpd.GeoDataFrame(columns, geometry=held, crs=CITY)


def faults_of(frame, contract=PARCELS):
    return {(f.code, f.column): f.rows for f in validate(frame, contract, CITY).faults}


def test_a_clean_frame_is_accepted_whole():
    report = validate(parcels(parcel_id=["A", "B"], area_declared_m2=[0.0, 5.5]), PARCELS)
    assert report.faults == ()
    assert report.repairs == ()
    assert len(report.quarantined) == 0
    assert report.accepted["parcel_id"].tolist() == ["A", "B"]
    report.raise_if_bad()


def test_only_key_and_shape_are_required():
    report = validate(parcels(parcel_id=["A"]), PARCELS)
    assert len(report.accepted) == 1
    assert report.accepted[list(PARCELS.columns[1:])].isna().all(axis=None)


def test_every_fault_of_every_row_is_reported_at_once():
    frame = parcels(
        shapes=[square(), None, shapely.Point(1, 1), shapely.Polygon(), square(), square()],
        parcel_id=["A", "B", "C", "D", "A", None],
        area_declared_m2=["-1", "x", "3", "4", "5", "6"],
        state=["净地", "净地", "净地", "不明", "净地", "净地"],
    )
    assert faults_of(frame) == {
        ("not_a_number", "area_declared_m2"): ("B",),
        ("code_unknown", "state"): ("D",),
        ("below_minimum", "area_declared_m2"): ("A",),
        ("value_missing", "parcel_id"): ("#6",),
        ("key_duplicate", "parcel_id"): ("A", "A"),
        ("geometry_missing", "geometry"): ("B", "D"),
        ("geometry_wrong_type", "geometry"): ("C",),
    }


def test_faulty_rows_are_set_apart_as_given_and_the_others_kept():
    frame = parcels(parcel_id=["A", "B", "C"], area_declared_m2=["1", "约2", "3"])
    report = validate(frame, PARCELS)
    assert report.accepted["parcel_id"].tolist() == ["A", "C"]
    assert report.accepted["area_declared_m2"].tolist() == [1.0, 3.0]
    assert report.quarantined["area_declared_m2"].tolist() == ["约2"]
    assert report.quarantined.index.tolist() == [1]


@pytest.mark.parametrize(("value", "is_fault"), [(-1e-9, True), (0.0, False), (1e-9, False)])
def test_zero_is_the_least_of_an_amount(value, is_fault):
    frame = parcels(parcel_id=["A"], area_declared_m2=[value])
    assert (("below_minimum", "area_declared_m2") in faults_of(frame)) is is_fault


@pytest.mark.parametrize(("year", "is_fault"), [("1989", True), ("1990", False)])
def test_the_least_year_is_1990(year, is_fault):
    frame = parcels(allotment_id=["A"], year=[year])
    assert bool(faults_of(frame, ALLOTMENTS)) is is_fault


def test_both_rows_of_a_double_key_are_faulty():
    frame = parcels(parcel_id=["A", "B", "A", "C"])
    assert faults_of(frame) == {("key_duplicate", "parcel_id"): ("A", "A")}


def test_keys_that_differ_only_in_their_spelling_are_one_key():
    assert faults_of(parcels(parcel_id=[" A", "A "])) == {
        ("key_duplicate", "parcel_id"): ("A", "A")
    }
    assert faults_of(parcels(parcel_id=[7.0, "7"])) == {("key_duplicate", "parcel_id"): ("7", "7")}


def test_a_key_of_two_columns_is_unique_as_a_pair():
    frame = pd.DataFrame({"platform_id": ["P", "P", "Q"], "period": ["2024", "2025", "2024"]})
    assert faults_of(frame, INDICATORS) == {}
    twice = pd.concat([frame, frame.iloc[[1]]])
    assert faults_of(twice, INDICATORS) == {
        ("key_duplicate", "platform_id/period"): ("P/2025", "P/2025")
    }


def test_needed_columns_may_not_be_missing():
    frame = pd.DataFrame({"event_id": ["E"], "project_id": ["P"], "event_on": ["2024-01-01"]})
    assert faults_of(frame, EVENTS) == {
        ("value_missing", "event_kind"): ("E",), ("value_missing", "entered_at"): ("E",),
        ("value_missing", "entry_seq"): ("E",),
    }  # fmt: skip


def test_an_allotment_may_come_without_its_shape_and_a_parcel_may_not():
    shapes = [None, shapely.Polygon(), square()]
    frame = parcels(shapes=shapes, allotment_id=["A", "B", "C"])
    assert faults_of(frame, ALLOTMENTS) == {}
    assert faults_of(parcels(shapes=shapes, parcel_id=["A", "B", "C"])) == {
        ("geometry_missing", "geometry"): ("A", "B")
    }


def test_a_table_without_shapes_lacks_them_all_in_a_layer():
    assert faults_of(pd.DataFrame({"parcel_id": ["A", "B"]})) == {
        ("geometry_missing", "geometry"): ("A", "B")
    }


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_coordinate_that_is_no_number_is_a_fault(bad):
    with np.errstate(invalid="ignore"):
        shape = shapely.LineString([(0, 0), (bad, 5)])
    lines = gpd.GeoDataFrame({"barrier_id": ["A"]}, geometry=[shape], crs=CITY)
    found = faults_of(lines, CONTRACTS["barriers"])
    assert [key for key in found if key[1] == "geometry"] != []


@pytest.mark.parametrize("layer", [n for n, c in CONTRACTS.items() if c.is_spatial])
def test_each_layer_takes_its_kinds_of_shape_only(layer):
    contract = CONTRACTS[layer]
    kinds = {
        "Point": shapely.Point(1, 1), "LineString": shapely.LineString([(0, 0), (1, 1)]),
        "Polygon": square(), "MultiPolygon": shapely.MultiPolygon([square(0), square(1)]),
        "MultiPoint": shapely.MultiPoint([(0, 0), (1, 1)]),
        "GeometryCollection": shapely.GeometryCollection([square(), shapely.Point(0, 0)]),
    }  # fmt: skip
    taken = {
        "polygon": {"Polygon", "MultiPolygon"},
        "line_or_polygon": {"LineString", "Polygon", "MultiPolygon"},
        "point_or_polygon": {"Point", "Polygon", "MultiPolygon"},
    }[contract.geometry]
    needed = {column: next(iter(contract.field(column).values)) for column in contract.needed}
    frame = gpd.GeoDataFrame(
        {contract.key: list(kinds), **needed}, geometry=list(kinds.values()), crs=CITY
    )
    report = validate(frame, contract)
    assert set(report.accepted[contract.key]) == taken


def test_a_broken_outline_is_repaired_and_listed_by_its_key():
    report = validate(parcels(shapes=[BOW_TIE, square()], parcel_id=["X", "Y"]), PARCELS)
    assert report.faults == ()
    [(name, repair)] = report.repairs
    assert (name, repair.position, repair.area_after_m2) == ("X", 0, 50.0)
    assert report.accepted.geometry.is_valid.all()


def test_a_repair_of_a_row_in_quarantine_is_not_listed():
    frame = parcels(shapes=[BOW_TIE], parcel_id=["X"], state=["?"])
    report = validate(frame, PARCELS)
    assert report.repairs == ()
    assert report.quarantined.geometry.iloc[0].equals_exact(BOW_TIE)


def test_an_outline_without_area_is_a_fault_not_an_empty_parcel():
    flat = shapely.Polygon([(0, 0), (5, 0), (10, 0)])
    assert faults_of(parcels(shapes=[flat], parcel_id=["X"])) == {
        ("geometry_missing", "geometry"): ("X",)
    }


def test_a_broken_report_raises_with_its_first_fault_and_few_rows():
    count = 12
    frame = parcels(parcel_id=[f"P{i}" for i in range(count)], state=["?"] * count)
    with pytest.raises(LayerError) as caught:
        validate(frame, PARCELS).raise_if_bad()
    assert caught.value.code == "contract_broken"
    assert caught.value.values["rows"] == "P0, P1, P2, P3, P4"


def test_rows_are_named_by_key_or_number():
    frame = validate(parcels(parcel_id=["甲/1", "B"]), PARCELS).accepted
    assert row_names(frame, PARCELS) == ["甲/1", "B"]
    indicators = pd.DataFrame({"platform_id": ["P", None, None], "period": ["2024", "2025", None]})
    assert row_names(indicators, INDICATORS) == ["P/2024", "/2025", "#3"]


def test_the_frame_given_is_not_changed():
    frame = parcels(shapes=[BOW_TIE], parcel_id=[" A "], state=["净地"])
    before = frame.copy(deep=True)
    validate(frame, PARCELS)
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))


def test_an_empty_frame_has_no_faults():
    assert faults_of(parcels(parcel_id=["A"]).iloc[:0]) == {}


CELLS = st.one_of(st.none(), st.sampled_from(["A", "B", "1", "-1", "净地", "x", " ", "2024-01-01"]))
SHAPES = st.sampled_from([None, square(), square(1), BOW_TIE, shapely.Point(0, 0)])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, SHAPES), min_size=1, max_size=5))
def test_every_row_is_either_accepted_or_set_apart_with_a_reason(rows):
    ids, states, areas, shapes = zip(*rows, strict=True)
    frame = parcels(shapes=list(shapes), parcel_id=list(ids), state=list(states),
                    area_declared_m2=list(areas))  # fmt: skip
    report = validate(frame, PARCELS)
    faulty = {p for fault in report.faults for p in fault.positions}
    assert set(report.quarantined.index) == faulty
    assert set(report.accepted.index) == set(range(len(rows))) - faulty
    again = validate(report.accepted, PARCELS)
    assert again.faults == ()
    assert len(again.accepted) == len(report.accepted)


def faults_row_by_row(rows):
    """Work out the faults of the columns of an event ledger one cell at a time."""
    faults = {}
    for position, (event_id, project_id, seq) in enumerate(rows):
        missing = {"event_id": event_id is None, "project_id": project_id is None,
                   "entry_seq": seq is None}  # fmt: skip
        for column, is_missing in missing.items():
            if is_missing:
                faults.setdefault(("value_missing", column), []).append(position)
        if seq is not None and seq < 1:
            faults.setdefault(("below_minimum", "entry_seq"), []).append(position)
        if event_id is not None and [row[0] for row in rows].count(event_id) > 1:
            faults.setdefault(("key_duplicate", "event_id"), []).append(position)
    return {fault: tuple(positions) for fault, positions in faults.items()}


WORDS = st.none() | st.sampled_from(["E1", "E2", "E3"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(WORDS, WORDS, st.none() | st.integers(-2, 3)), min_size=1, max_size=6)
)  # fmt: skip
def test_the_faults_of_columns_are_those_found_row_by_row(rows):
    ids, projects, numbers = (list(column) for column in zip(*rows, strict=True))
    frame = pd.DataFrame(
        {"event_id": ids, "project_id": projects, "entry_seq": numbers, "event_kind": "filed",
         "event_on": "2024-01-01", "entered_at": "2024-01-01T00:00:00"}
    )  # fmt: skip
    faults = validate(frame, EVENTS).faults
    columns = ("event_id", "project_id", "entry_seq")
    told = {(f.code, f.column): f.positions for f in faults if f.column in columns}
    assert told == faults_row_by_row(rows)


def test_a_whole_number_below_its_least_is_shown_as_it_stands():
    frame = pd.DataFrame({"event_id": ["E1"], "project_id": ["P1"], "entry_seq": [0]})
    examples = {f.column: f.examples for f in validate(frame, EVENTS).faults}
    assert examples["entry_seq"] == ("0",)
