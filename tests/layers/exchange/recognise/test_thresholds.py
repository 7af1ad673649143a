"""Texts of thresholds, and how they fill columns of least and greatest values."""

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from layers.contracts import CONTRACTS
from layers.errors import LayerError
from layers.exchange.importing import run_import
from layers.exchange.recognise.thresholds import (
    parse_threshold,
    parse_thresholds,
    read_threshold_texts,
)
from layers.exchange.request import ImportRequest
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace

PARCELS = CONTRACTS["land_parcels"]
INVESTMENT, TAX = "investment_min_wan_yuan_per_mu", "tax_min_wan_yuan_per_mu"


@pytest.mark.parametrize(
    ("text", "operators", "lower", "upper", "unit"),
    [
        ("≥500万元/亩", "≥", 500, None, "万元/亩"),
        ("＞５００", ">", 500, None, ""),
        ("不低于 500 万元/亩·年", "≥", 500, None, "万元/亩"),
        ("500万元/亩以上", "≥", 500, None, "万元/亩"),
        ("超过500", ">", 500, None, ""),
        ("≥374（万元/亩）", "≥", 374, None, "万元/亩"),
        ("固定资产投资强度不低于500万元/亩", "≥", 500, None, "万元/亩"),
        ("不大于50%", "≤", None, 50, "%"),
        ("建筑密度≤50％", "≤", None, 50, "%"),
        ("20%以内", "≤", None, 20, "%"),
        ("不足20%", "<", None, 20, "%"),
        ("2.0-4.0", "≥≤", 2, 4, ""),
        ("２．０～４．０", "≥≤", 2, 4, ""),
        ("2.0—4.0", "≥≤", 2, 4, ""),
        ("容积率：1.5至3.5", "≥≤", 1.5, 3.5, ""),
        ("1.5≤容积率≤3.5", "≥≤", 1.5, 3.5, ""),
        ("1.5＜容积率≤3.5", ">≤", 1.5, 3.5, ""),
        ("不低于1.5，不高于3.5", "≥≤", 1.5, 3.5, ""),
        ("小于3.0且大于1.5", "><", 1.5, 3, ""),
        ("10%-20%", "≥≤", 10, 20, "%"),
        ("2.0-2.0", "≥≤", 2, 2, ""),
        ("1,200", "=", 1200, 1200, ""),
        ("50年", "=", 50, 50, "年"),
        ("0.998吨标煤/万元", "=", 0.998, 0.998, "吨标煤/万元"),
    ],
)
def test_a_threshold_says_operator_bounds_and_unit(text, operators, lower, upper, unit):
    read = parse_threshold(text)
    assert (read.operators, read.lower, read.upper, read.unit) == (
        tuple(operators), lower, upper, unit,
    )  # fmt: skip
    assert (read.years, read.event, read.text) == (None, "", text)


@pytest.mark.parametrize(
    ("text", "lower", "years", "event"),
    [
        ("投产后2年39.13", 39.13, (2, 2), "投产"),
        ("投产后第2年≥39.13万元/亩", 39.13, (2, 2), "投产"),
        ("≥35万元/亩（连续3年）", 35, (1, 3), ""),
        ("连续3年35", 35, (1, 3), ""),
        ("达产后亩均税收≥38.5万元/亩", 38.5, None, "达产"),
        ("2026年≥35", 35, (2026, 2026), "历年"),
    ],
)
def test_a_threshold_says_its_years(text, lower, years, event):
    read = parse_threshold(text)
    assert (read.lower, read.years, read.event) == (lower, years, event)


def test_a_value_per_year_gives_a_threshold_per_year():
    read = parse_thresholds("投产后前3年≥30、≥35、≥40万元/亩")
    assert [(one.years, one.lower, one.unit) for one in read] == [
        ((1, 1), 30.0, "万元/亩"), ((2, 2), 35.0, "万元/亩"), ((3, 3), 40.0, "万元/亩"),
    ]  # fmt: skip
    with pytest.raises(LayerError) as caught:
        parse_threshold("投产后前3年30、35、40")
    assert caught.value.code == "threshold_of_years"


@pytest.mark.parametrize(
    ("text", "code"),
    [("4.0-2.0", "threshold_reversed"), ("不低于4，不高于3", "threshold_reversed")]
    + [
        (text, "threshold_unreadable")
        for text in [
            "约500", "***", "", "无", "原则上不低于500", "≥1.5以下", "≥500斤/亩", "≥5≥6",
            "投产后前3年30、35", "30、35", "5万元/亩-6%", "≥" * 200, "2..0", "≥-5",
        ]
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_code(text, code):
    with pytest.raises(LayerError) as caught:
        parse_thresholds(text)
    assert caught.value.code == code


@given(
    st.text(
        alphabet="≥≤＞<-～—至约不低于超过以上下内年后投产前第连续、，.（）%万元/亩12 ０５",
        max_size=24,
    )
)
def test_any_text_is_read_or_refused(text):
    try:
        read = parse_thresholds(text)
    except LayerError:
        return
    for one in read:
        assert one.lower is not None or one.upper is not None
        assert one.lower is None or one.upper is None or one.lower <= one.upper


@given(
    st.integers(0, 10_000), st.integers(0, 10_000),
    st.sampled_from(["-", "～", "—", "至", "~", "到"]), st.sampled_from(["", "%", "万元/亩"]),
)  # fmt: skip
def test_any_range_gives_its_two_bounds(one, other, mark, unit):
    low, high = sorted((one / 100, other / 100))
    read = parse_threshold(f"{low:.2f}{mark}{high:.2f}{unit}")
    assert (read.lower, read.upper, read.unit) == (low, high, unit)


# Columns


def columns(**values):
    frame, notes = read_threshold_texts(pd.DataFrame(values, dtype=object), PARCELS)
    return frame, {note.code: dict(note.values) for note in notes}


def test_a_least_value_takes_a_lower_bound_and_keeps_the_text():
    frame, notes = columns(**{INVESTMENT: ["≥500万元/亩", 400, "374", "≥75万元/公顷", None]})
    assert frame[INVESTMENT].tolist() == [500.0, 400, "374", pytest.approx(5.0), None]  # 15 亩/ha
    assert frame[f"src_{INVESTMENT}_text"].tolist()[0] == "≥500万元/亩"
    assert notes["threshold_read"]["count"] == 2


def test_a_range_fills_least_and_greatest_value():
    frame, _ = columns(far_min=["2.0-4.0", "≥1.5", "≤3.5", 1.0])
    assert frame["far_min"].tolist() == [2.0, 1.5, None, 1.0]
    assert frame["far_max"].tolist() == [4.0, None, 3.5, None]
    frame, _ = columns(far_max=["2.0-4.0", "不大于3.5", "3.0"])
    assert frame["far_max"].tolist() == [4.0, 3.5, "3.0"]
    assert frame["far_min"].tolist() == [2.0, None, None]


def test_a_range_never_overwrites_another_bound():
    frame, notes = columns(far_min=["2.0-4.0", "2.0-4.0"], far_max=[4.0, 3.5])
    assert frame["far_min"].tolist() == [2.0, "2.0-4.0"]
    assert frame["far_max"].tolist() == [4.0, 3.5]
    assert notes["threshold_read"]["count"] == 1


@pytest.mark.parametrize("text", ["≤500万元/亩", "300-500", "≥500%", "约500", "前2年30、35"])
def test_what_a_column_cannot_hold_stays_for_validation(text):
    frame, notes = columns(**{INVESTMENT: [text]})
    assert frame[INVESTMENT].tolist() == [text]
    assert notes == {}


def test_bounds_that_exclude_and_years_are_said():
    frame, notes = columns(**{TAX: ["＞35", "投产后2年39.13"]})
    assert frame[TAX].tolist() == [35.0, 39.13]
    assert notes["threshold_strict"]["examples"] == "＞35"
    assert notes["threshold_dated"]["examples"] == "投产后2年39.13"


def test_other_columns_and_numbers_are_left_alone():
    frame, notes = columns(parcel_id=["≥5"], area_declared_m2=["≥5"], far_min=[np.nan])
    assert frame.columns.tolist() == ["parcel_id", "area_declared_m2", "far_min"]
    assert notes == {}


def test_a_land_list_brings_its_thresholds_to_the_parcels(tmp_path):
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2025-01-01")
    workspace = GeoPackageWorkspace(made.path)
    shapes = [
        shapely.box(571_000 + 200 * n, 3_400_000, 571_100 + 200 * n, 3_400_100) for n in (0, 1)
    ]
    gpd.GeoDataFrame({"parcel_id": ["P1", "P2"]}, geometry=shapes, crs="EPSG:4549").to_file(
        tmp_path / "p.gpkg"
    )
    run_import(workspace, ImportRequest(tmp_path / "p.gpkg", "land_parcels"), "me", "2025-01-01")
    book = openpyxl.Workbook()
    for row in [["编号", "容积率", "投资强度", "亩均税收"], ["P1", "2.0-4.0", "≥374万元/亩", 38.5],
                ["P2", "2.0-4.0", "面议", 38.5]]:  # fmt: skip
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")
    mapping = {"编号": "parcel_id", "容积率": "far_min", "投资强度": INVESTMENT, "亩均税收": TAX}
    request = ImportRequest(tmp_path / "list.xlsx", "land_parcels", "update", mapping)
    result = run_import(workspace, request, "me", "2025-01-02")
    stored = workspace.read("land_parcels").set_index("parcel_id").loc["P1"]
    assert (stored["far_min"], stored["far_max"], stored[INVESTMENT]) == (2.0, 4.0, 374.0)
    assert stored["src_far_min_text"] == "2.0-4.0"
    assert [(fault.code, fault.examples) for fault in result.faults] == [
        ("not_a_number", ("面议",))
    ]


def test_a_range_of_one_parcel_leaves_the_greatest_value_of_another(tmp_path):
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2025-01-01")
    workspace = GeoPackageWorkspace(made.path)
    shapes = [
        shapely.box(571_000 + 200 * n, 3_400_000, 571_100 + 200 * n, 3_400_100) for n in (0, 1)
    ]
    gpd.GeoDataFrame(
        {"parcel_id": ["P1", "P2"], "far_max": [3.0, 3.0]}, geometry=shapes, crs="EPSG:4549"
    ).to_file(tmp_path / "p.gpkg")
    run_import(workspace, ImportRequest(tmp_path / "p.gpkg", "land_parcels"), "me", "2025-01-01")
    path = tmp_path / "list.csv"
    path.write_text("parcel_id,far_min\nP1,2.0-4.0\nP2,1.5\n", encoding="utf-8")
    run_import(workspace, ImportRequest(path, "land_parcels", "update"), "me", "2025-01-02")
    stored = workspace.read("land_parcels").set_index("parcel_id")
    assert stored["far_min"].to_dict() == {"P1": 2.0, "P2": 1.5}
    assert stored["far_max"].to_dict() == {"P1": 4.0, "P2": 3.0}
