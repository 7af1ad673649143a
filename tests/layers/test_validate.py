"""Columns become the contract's types; what resists is listed, row by row, all at once."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from layers.conform import conform
from layers.contracts import CONTRACTS
from layers.errors import LayerError
from layers.validate import validate

PARCELS = CONTRACTS["land_parcels"]
SQUARE = shapely.box(0, 0, 10, 10)


def frame(**columns):
    count = len(next(iter(columns.values())))
    shapes = columns.pop("geometry", [SQUARE] * count)
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS(4549))


def faults_of(report):
    return {(fault.code, fault.column): fault.rows for fault in report.faults}


def test_words_numbers_and_dates_are_understood_as_people_write_them():
    given_frame = frame(
        parcel_id=["a"], state=["净地"], utilities=["通路、给水"], is_increment=["是"],
        area_declared_m2=["１，234.5"], state_on=["2024年3月1日"], land_use_scheme=["MNR2023"],
    )  # fmt: skip
    row = conform(given_frame, PARCELS)[0].iloc[0]
    assert row["state"] == "cleared"
    assert row["utilities"] == "road;water"
    assert bool(row["is_increment"]) is True
    assert row["area_declared_m2"] == 1234.5
    assert row["state_on"] == "2024-03-01"


def test_blank_cells_are_missing_and_not_zero():
    row = conform(frame(parcel_id=["a"], area_declared_m2=["  "], state=[""]), PARCELS)[0].iloc[0]
    assert pd.isna(row["area_declared_m2"])
    assert pd.isna(row["state"])


def test_all_faults_of_a_file_are_found_at_once_with_their_rows():
    report = validate(
        frame(
            parcel_id=["a", "a", None, "d", "e", "f", "g"],
            area_declared_m2=["1", "2", "3", "-4", "约五亩", "6", "7"],
            state=["净地", "净地", "净地", "净地", "净地", "不存在", "净地"],
            geometry=[SQUARE] * 6 + [None],
        ),
        PARCELS,
    )
    found = faults_of(report)
    assert found[("key_duplicate", "parcel_id")] == ("a", "a")
    assert found[("value_missing", "parcel_id")] == ("#3",)
    assert found[("below_minimum", "area_declared_m2")] == ("d",)
    assert found[("not_a_number", "area_declared_m2")] == ("e",)
    assert found[("code_unknown", "state")] == ("f",)
    assert found[("geometry_missing", "geometry")] == ("g",)
    assert len(report.accepted) == 0
    assert len(report.quarantined) == 7
    with pytest.raises(LayerError) as caught:
        report.raise_if_bad()
    assert caught.value.code == "contract_broken"


def test_good_rows_are_accepted_beside_bad_ones():
    report = validate(frame(parcel_id=["a", "b"], area_declared_m2=["1", "x"]), PARCELS)
    assert list(report.accepted["parcel_id"]) == ["a"]
    assert list(report.quarantined["parcel_id"]) == ["b"]


def test_zero_is_allowed_where_the_least_value_is_zero():
    report = validate(frame(parcel_id=["a", "b"], area_declared_m2=[0.0, -0.001]), PARCELS)
    assert list(report.accepted["parcel_id"]) == ["a"]


def test_a_broken_outline_is_mended_and_the_change_listed():
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    report = validate(frame(parcel_id=["a"], geometry=[bow_tie]), PARCELS)
    assert report.faults == ()
    (name, repair), *_ = report.repairs
    assert name == "a"
    assert repair.area_after_m2 == 2.0
    assert report.accepted.geometry.iloc[0].is_valid


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (shapely.Point(1, 1), "geometry_wrong_type"),
        (shapely.LineString([(0, 0), (1, 1)]), "geometry_wrong_type"),
        (shapely.Polygon(), "geometry_missing"),
    ],
)
def test_a_shape_of_the_wrong_kind_is_a_fault_of_its_row(shape, code):
    report = validate(frame(parcel_id=["a", "b"], geometry=[SQUARE, shape]), PARCELS)
    assert faults_of(report) == {(code, "geometry"): ("b",)}


def test_an_allotment_may_come_without_its_shape():
    contract = CONTRACTS["element_allotments"]
    rows = gpd.GeoDataFrame({"allotment_id": ["a"]}, geometry=[None], crs=CRS(4549))
    assert validate(rows, contract).faults == ()


def test_columns_kept_from_a_file_stay():
    report = validate(frame(parcel_id=["a"], src_分区=["工业"]), PARCELS)
    assert list(report.accepted["src_分区"]) == ["工业"]


cells = st.one_of(
    st.none(), st.text(max_size=6), st.floats(allow_nan=True), st.integers(), st.booleans()
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=6))
def test_whatever_is_given_every_row_ends_in_exactly_one_place(rows):
    ids, areas, states = (list(column) for column in zip(*rows, strict=True))
    given_frame = pd.DataFrame(
        {"parcel_id": ids, "area_declared_m2": areas, "state": states}, dtype="object"
    )
    given_frame = gpd.GeoDataFrame(given_frame, geometry=[SQUARE] * len(rows), crs=CRS(4549))
    report = validate(given_frame, PARCELS)
    assert len(report.accepted) + len(report.quarantined) == len(rows)
    assert report.accepted["parcel_id"].is_unique
    assert not (report.accepted["area_declared_m2"] < 0).any()
