from datetime import UTC, date, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from layers.contracts import CONTRACTS
from layers.fields import FIELDS, split_list
from layers.validate import DTYPES, as_numbers, conform

PARCELS, PROJECTS, EVENTS = (CONTRACTS[n] for n in ("land_parcels", "projects", "project_events"))
ENTERPRISES = CONTRACTS["enterprises"]


def understood(name, values, contract=PARCELS):
    """The column after conforming, and the fault found in it, if any."""
    conformed, resisting = conform(pd.DataFrame({name: values}), contract)
    return conformed[name].tolist(), resisting


def only_values(name, values, contract=PARCELS):
    column, resisting = understood(name, values, contract)
    assert resisting == []
    return column


@pytest.mark.parametrize("layer", CONTRACTS)
def test_every_layer_gets_all_its_columns_in_order_and_type(layer):
    contract = CONTRACTS[layer]
    conformed, resisting = conform(pd.DataFrame(index=[0, 1]), contract, CRS(4549))
    assert resisting == []
    assert list(conformed.columns)[: len(contract.columns)] == list(contract.columns)
    for name in contract.columns:
        assert conformed[name].dtype == DTYPES[contract.field(name).kind], name
        assert conformed[name].isna().all()
    assert isinstance(conformed, gpd.GeoDataFrame) == contract.is_spatial


def test_numbers_are_read_however_they_are_written():
    given = [" 1,558.12 ", "１２．５", 3, "1e2", "-0", np.float64(7), "", None, "  "]
    numbers = only_values("area_declared_m2", given)
    assert numbers[:6] == [1558.12, 12.5, 3.0, 100.0, 0.0, 7.0]
    assert np.isnan(numbers[6:]).all()


@pytest.mark.parametrize(
    "text", ["约3", "3亩", "1.2.3", "nan", "inf", "-inf", "一百", "0x10", "#N/A"]
)
def test_what_is_no_finite_number_is_a_fault_and_never_zero(text):
    values, resisting = understood("area_declared_m2", ["5", text])
    assert values[0] == 5.0
    assert np.isnan(values[1])
    assert [(r.code, r.column, r.positions, r.examples) for r in resisting] == [
        ("not_a_number", "area_declared_m2", (1,), (text,))
    ]


def test_whole_numbers_are_whole():
    assert only_values("entry_seq", ["1", 2.0, "３"], EVENTS) == [1, 2, 3]
    values, resisting = understood("entry_seq", ["1", "2.5"], EVENTS)
    assert values[0] == 1
    assert values[1] is pd.NA
    assert resisting[0].code == "not_an_integer"


@pytest.mark.parametrize(
    ("word", "value"),
    [("是", True), ("有", True), ("Yes", True), ("TRUE", True), (1, True), (1.0, True),
     (True, True), ("否", False), ("无", False), ("n", False), (0, False), (False, False)],
)  # fmt: skip
def test_yes_and_no_are_understood_in_both_languages(word, value):
    assert only_values("is_increment", [word, None])[0] is value


@pytest.mark.parametrize("word", ["是否", "2", "maybe", "√", "真"])
def test_any_other_word_is_neither_yes_nor_no(word):
    values, resisting = understood("is_increment", [word])
    assert values == [pd.NA]
    assert resisting[0].code == "not_yes_no"


@pytest.mark.parametrize(
    "written",
    ["2024-04-01", "2024/4/1", "2024.4.1", "2024年4月1日", "２０２４-０４-０１", " 2024-04-01 ",
     "2024-04-01T00:00:00", "2024-04-01 00:00:00+08:00", date(2024, 4, 1),
     datetime(2024, 4, 1, 9, tzinfo=UTC), pd.Timestamp("2024-04-01")],
)  # fmt: skip
def test_dates_in_usual_spellings_become_iso(written):
    assert only_values("state_on", [written]) == ["2024-04-01"]


@pytest.mark.parametrize(
    "written", ["2024-02-30", "2024", "2024-04", "4月1日", "01/04/2024", "20240401", "45383"]
)
def test_dates_that_would_have_to_be_guessed_are_faults(written):
    values, resisting = understood("state_on", [written])
    assert pd.isna(values[0])
    assert resisting[0].code == "not_a_date"


@pytest.mark.parametrize("name", [n for n in PARCELS.columns if FIELDS[n].values])
def test_codes_are_understood_by_code_and_by_both_labels(name):
    for code, labels in FIELDS[name].values.items():
        assert only_values(name, [code, *labels, f" {code} "]) == [code] * 4


def test_an_unknown_code_is_a_fault_with_its_examples():
    values, resisting = understood("state", ["净地", "毛地", "荒地", "毛地", "x", "y"])
    assert values[0] == "cleared"
    assert all(pd.isna(v) for v in values[1:])
    assert resisting[0].code == "code_unknown"
    assert resisting[0].positions == (1, 2, 3, 4, 5)
    assert resisting[0].examples == ("毛地", "荒地")


def test_lists_of_codes_are_divided_and_put_into_codes():
    assert only_values("utilities", ["通路；给水、power，levelled"]) == [
        "road;water;power;levelled"
    ]
    values, resisting = understood("utilities", ["通路;飞机"])
    assert pd.isna(values[0])
    assert resisting[0].code == "code_unknown"


def test_texts_lose_their_edges_and_numbers_their_point():
    assert only_values("name", ["  地块 A ", 7, 7.0, 7.25]) == ["地块 A", "7", "7", "7.25"]


def test_rows_keep_their_positions_whatever_their_index():
    frame = pd.DataFrame({"area_declared_m2": ["1", "?", "3", "?"]}, index=[9, 4, 7, 2])
    conformed, resisting = conform(frame, PARCELS)
    assert conformed.index.tolist() == [9, 4, 7, 2]
    assert resisting[0].positions == (1, 3)


def test_columns_of_the_source_are_kept_behind_and_others_left_out():
    frame = pd.DataFrame({"src_旧编号": ["甲"], "parcel_id": ["A"], "nonsense": [1]})
    conformed, _ = conform(frame, PARCELS)
    assert conformed["src_旧编号"].tolist() == ["甲"]
    assert "nonsense" not in conformed.columns
    assert list(conformed.columns).index("src_旧编号") >= len(PARCELS.columns)


def test_shapes_and_their_system_are_kept_and_missing_ones_stay_missing():
    shapes = [shapely.box(0, 0, 1, 1), None]
    frame = gpd.GeoDataFrame({"parcel_id": ["A", "B"]}, geometry=shapes, crs=4528)
    conformed, _ = conform(frame, PARCELS, CRS(4549))
    assert conformed.crs == CRS(4528)
    assert conformed.geometry.tolist() == shapes
    plain, _ = conform(pd.DataFrame({"parcel_id": ["A"]}), PARCELS, CRS(4549))
    assert plain.crs == CRS(4549)
    assert plain.geometry.tolist() == [None]


def test_the_frame_given_is_not_changed():
    frame = pd.DataFrame({"parcel_id": [" A "], "state": ["净地"], "area_declared_m2": ["1,0"]})
    before = frame.copy(deep=True)
    conform(frame, PARCELS)
    pd.testing.assert_frame_equal(frame, before)


VALUES = st.one_of(
    st.none(), st.text(max_size=8), st.integers(-(10**12), 10**12), st.booleans(),
    st.floats(allow_nan=True, allow_infinity=True), st.dates(), st.just(pd.NaT), st.just(pd.NA),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PARCELS.columns), st.lists(VALUES, min_size=1, max_size=5))
def test_any_value_is_understood_missing_or_listed_and_nothing_is_raised(name, values):
    frame = pd.DataFrame({name: pd.Series(values, dtype=object)})
    conformed, resisting = conform(frame, PARCELS)
    missing = set(np.flatnonzero(conformed[name].isna()))
    blank = {
        i for i, v in enumerate(values) if pd.isna(v) or (isinstance(v, str) and not v.strip())
    }
    listed = {p for r in resisting for p in r.positions}
    assert missing == blank | listed
    assert not blank & listed


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PARCELS.columns), st.lists(VALUES, min_size=1, max_size=5))
def test_conforming_twice_changes_nothing_more(name, values):
    once, _ = conform(pd.DataFrame({name: pd.Series(values, dtype=object)}), PARCELS)
    twice, resisting = conform(once, PARCELS)
    assert resisting == []
    pd.testing.assert_frame_equal(pd.DataFrame(once), pd.DataFrame(twice))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_numbers_written_out_are_the_same_numbers(numbers):
    assert as_numbers(pd.Series([repr(n) for n in numbers], dtype=object)).tolist() == numbers
    assert as_numbers(pd.Series(numbers)).tolist() == numbers


def test_lists_are_divided_at_every_usual_mark():
    assert split_list("a;b；c,d，e、f; ;") == ("a", "b", "c", "d", "e", "f")
    assert split_list("") == split_list(None) == split_list(float("nan")) == ()
