"""Headings of offices, units in headings, units told by the shapes, and what was stated before."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from geo.errors import MuPlanError
from geo.units import AREA_UNITS_IN_M2
from layers.contracts import CONTRACTS
from layers.exchange.importing import run_import
from layers.exchange.recognise.area_unit import split_heading, split_number, unit_factor
from layers.exchange.recognise.columns import (
    COMMON,
    LAYER_SYNONYMS,
    NEVER,
    plan_columns,
    recall_mapping,
    recognised_columns,
    synonyms_of,
)
from layers.exchange.request import ImportRequest
from layers.workspace.geopackage import create_workspace

AT, LATER = "2025-01-02T03:04:05", "2025-06-07T08:09:10"
SIDE_M = 200.0  # 40 000 m² = 60 亩 = 4 公顷


@pytest.fixture
def workspace(tmp_path):
    return create_workspace(tmp_path / "ws.gpkg", CRS(4549), title="t", created_at=AT)


def lots(**columns):
    count = len(next(iter(columns.values())))
    shapes = [shapely.box(571_000 + 300 * i, 3.4e6, 571_000 + SIDE_M + 300 * i, 3.4e6 + SIDE_M)
              for i in range(count)]  # fmt: skip
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4549)


def saved(folder, frame, name="in.parquet"):
    path = folder / name
    if isinstance(frame, gpd.GeoDataFrame):
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


def imported(workspace, path, layer="land_parcels", at=AT, **options):
    return run_import(workspace, ImportRequest(path, layer, **options), "planner", at)


def refused(workspace, path, **options):
    with pytest.raises(MuPlanError) as caught:
        imported(workspace, path, **options)
    return caught.value


def notes(result, code):
    return [dict(note.values) for note in result.detected if note.code == code]


# Headings


@pytest.mark.parametrize(
    ("layer", "headings", "targets"),
    [
        ("land_parcels", "地块编号 用地性质 面积（亩）",
         "parcel_id land_use_code area_declared_m2"),
        ("land_parcels", "宗地号 亩数 备注", "parcel_id area_declared_m2 note"),
        ("land_parcels", "DKBH DKMC DLBM TBMJ", "parcel_id name land_use_code area_declared_m2"),
        ("land_parcels", "TBBH DLMC", "parcel_id land_use_code"),
        ("land_parcels", "图斑编号 ＤＬＢＭ", "parcel_id land_use_code"),
        ("land_parcels", "地块_编号 投资强度（万元/亩）",
         "parcel_id investment_min_wan_yuan_per_mu"),
        ("enterprises", "编号 企业名称 统一社会信用代码 行业代码",
         "enterprise_id name credit_code industry_code"),
        ("projects", "项目编号 项目名称 投资方 总投资（万元） 用地需求(亩)",
         "project_id name investor_name investment_yi_yuan land_ideal_mu"),
        ("enterprise_indicators", "企业编号 年份 占地面积 实缴税收 研发费用",
         "enterprise_id year land_in_use_mu tax_wan_yuan rd_wan_yuan"),
        ("units", "adcode 名称", "unit_id name"),
        ("parks", "园区代码 园区名称 所属镇街", "park_id name town"),
    ],
)  # fmt: skip
def test_the_headings_of_offices_are_known(layer, headings, targets):
    # A blank inside a heading doesn't matter.
    columns = [heading.replace("_", " ") for heading in headings.split()]
    found = recognised_columns(columns, CONTRACTS[layer], {})
    assert found == dict(zip(columns, targets.split(), strict=True))


def test_the_better_word_wins_whatever_the_order_and_the_other_is_kept():
    plan = plan_columns(["BSM", "TBBH", "DKBH"], CONTRACTS["land_parcels"], {})
    assert plan.targets == {"BSM": "src_BSM", "TBBH": "src_TBBH", "DKBH": "parcel_id"}


def test_a_heading_with_a_unit_of_another_kind_is_not_taken():
    found = recognised_columns(
        ["DKBH", "面积（米）", "占地（公顷）"], CONTRACTS["land_parcels"], {}
    )
    assert found == {"DKBH": "parcel_id"}


def test_a_column_stated_to_be_kept_is_kept_though_its_name_is_known():
    plan = plan_columns(["DKBH", "备注"], CONTRACTS["land_parcels"], {"备注": "-"})
    assert plan.targets == {"DKBH": "parcel_id", "备注": "src_备注"}
    assert plan.evidence[0].code == "column_stated_kept"


@pytest.mark.parametrize("layer", CONTRACTS)
def test_every_word_means_one_column_of_its_layer(layer):
    contract = CONTRACTS[layer]
    words = [word for word, _ in synonyms_of(contract)]
    pairs = list(dict(synonyms_of(contract)).items())
    assert all(column in contract.columns for _, column in pairs)
    own = [word for words in LAYER_SYNONYMS.get(layer, {}).values() for word in words.split()]
    assert len(own) == len(set(own))
    assert len(words) >= len(own)
    assert set(LAYER_SYNONYMS.get(layer, {})) <= set(contract.columns)
    assert set(COMMON) <= {name for one in CONTRACTS.values() for name in one.columns}


@pytest.mark.parametrize(
    ("heading", "bare", "unit"),
    [("用地面积（公顷）", "用地面积", "公顷"), ("总投资(单位：万元)", "总投资", "万元"),
     ("面积/亩", "面积", "亩"), ("总投资【亿元】", "总投资", "亿元"),
     ("面积(km²)", "面积", "km2"), ("亩均税收", "亩均税收", None),
     ("平台面积(核准)", "平台面积(核准)", None), ("投资强度(元/㎡)", "投资强度", "元/m2")],
)  # fmt: skip
def test_a_unit_is_taken_out_of_a_heading(heading, bare, unit):
    assert split_heading(heading) == (bare, unit)


@pytest.mark.parametrize(
    ("unit", "field_unit", "factor"),
    [("公顷", "亩", 15.0), ("m2", "亩", 0.0015), ("万亩", "亩", 1e4), ("km2", "亩", 1500.0),
     ("元", "万元", 1e-4), ("亿元", "万元", 1e4), ("万元", "亿元", 1e-4),
     ("万美元", "亿美元", 1e-4),
     ("万元/公顷", "万元/亩", 1 / 15), ("元/m2", "万元/亩", 2 / 30), ("万吨标煤", "吨标煤", 1e4),
     ("kg", "吨", 1e-3), ("万千瓦时", "kWh", 1e4), ("万元", "亩", None), ("斤", "吨", None)],
)  # fmt: skip
def test_units_are_converted_within_their_kind(unit, field_unit, factor):
    found = unit_factor(unit, field_unit)
    assert found == (factor if factor is None else pytest.approx(factor, rel=1e-12))


def test_figures_are_converted_from_the_unit_in_their_heading(tmp_path, workspace):
    table = pd.DataFrame(
        {
            "项目编号": ["X1", "X2"],
            "总投资（万元）": ["12,000", None],
            "用地需求（公顷）": [2.0, 3.0],
        }
    )
    result = imported(workspace, saved(tmp_path, table, "in.csv"), "projects")
    stored = workspace.read("projects")
    assert stored["investment_yi_yuan"].tolist()[0] == pytest.approx(1.2)
    assert pd.isna(stored["investment_yi_yuan"][1])
    assert stored["land_ideal_mu"].tolist() == [30.0, 45.0]
    assert {
        "column": "总投资（万元）",
        "unit": "万元",
        "target": "investment_yi_yuan",
        "count": 1,
    } in notes(result, "heading_unit")


# Declared areas


def declared(unit, factor=1.0):
    return SIDE_M**2 / AREA_UNITS_IN_M2[unit] * factor


@pytest.mark.parametrize("unit", AREA_UNITS_IN_M2)
@pytest.mark.parametrize(
    ("factor", "is_told"), [(0.951, True), (0.949, False), (1.049, True), (1.051, False)]
)
def test_the_shapes_tell_the_unit_of_declared_areas_within_five_per_cent(
    tmp_path, workspace, unit, factor, is_told
):
    path = saved(tmp_path, lots(地块编号=["P1", "P2"], 面积=[declared(unit, factor)] * 2))
    if not is_told:
        error = refused(workspace, path)
        assert (error.code, error.values["count"]) == ("declared_unit_unclear", 2)
        assert imported(workspace, path, declared_unit=unit).accepted == 2
    else:
        told = notes(imported(workspace, path), "declared_unit_by_shapes")
        assert [(one["unit"], one["count"]) for one in told] == [(unit, 2)]
    stored = workspace.read("land_parcels")["area_declared_m2"]
    assert stored.tolist() == pytest.approx([SIDE_M**2 * factor] * 2)


@pytest.mark.parametrize(("agreeing", "is_told"), [(4, True), (3, False)])
def test_at_least_half_of_the_rows_must_agree_by_themselves(tmp_path, workspace, agreeing, is_told):
    # An even number of rows off by a fifth to either side leaves the median where it is.
    off = 8 - agreeing
    factors = [1.0] * agreeing + [0.8] * (off // 2) + [1.2] * (off - off // 2)
    areas = [declared("亩", factor) for factor in factors]
    path = saved(tmp_path, lots(地块编号=[f"P{i}" for i in range(8)], 面积=areas))
    if is_told:
        assert imported(workspace, path).accepted == 8
    else:
        assert refused(workspace, path).code == "declared_unit_unclear"


@pytest.mark.parametrize(
    ("heading", "option", "really"),
    [("面积（公顷）", None, "亩"), ("area_declared_m2", None, "亩"), ("面积", "m2", "公顷"),
     ("登记面积（m²）", None, "公顷"), ("面积", "亩", "m2")],
)  # fmt: skip
def test_shapes_that_speak_for_another_unit_than_is_written_or_stated_are_an_error(
    tmp_path, workspace, heading, option, really
):
    path = saved(tmp_path, lots(**{"地块编号": ["P1"], heading: [declared(really)]}))
    error = refused(workspace, path, declared_unit=option)
    assert (error.code, error.values["unit"]) == ("declared_unit_contradicts", really)
    assert imported(workspace, path, declared_unit=really).accepted == 1


def test_the_unit_in_the_heading_holds_where_the_shapes_are_silent(tmp_path, workspace):
    path = saved(tmp_path, lots(地块编号=["P1"], **{"面积（万平方米）": [1.0]}))
    result = imported(workspace, path)
    assert workspace.read("land_parcels")["area_declared_m2"].tolist() == [10_000.0]
    assert notes(result, "declared_unit_by_heading")[0]["unit"] == "万平方米"


def test_cells_with_their_own_unit_are_taken_by_it(tmp_path, workspace):
    areas = ["60亩", "4 公顷", "40000㎡", "60", "约60亩"]
    path = saved(tmp_path, lots(地块编号=[f"P{i}" for i in range(5)], 面积=areas))
    result = imported(workspace, path)
    stored = workspace.read("land_parcels")["area_declared_m2"].tolist()
    assert stored == pytest.approx([SIDE_M**2] * 4)
    assert result.quarantined == 1  # what is about 60 亩 is no figure
    assert notes(result, "declared_cells_with_unit") == [{"count": 3}]


def test_an_empty_column_of_areas_needs_no_unit(tmp_path, workspace):
    path = saved(tmp_path, lots(地块编号=["P1"], 面积=[None]))
    assert imported(workspace, path).accepted == 1


def test_an_update_without_shapes_is_compared_with_those_held(tmp_path, workspace):
    imported(workspace, saved(tmp_path, lots(地块编号=["P1"])))
    table = saved(tmp_path, pd.DataFrame({"地块编号": ["P1"], "面积": [60.0]}), "in.csv")
    imported(workspace, table, mode="update")
    assert workspace.read("land_parcels")["area_declared_m2"].tolist() == pytest.approx([SIDE_M**2])


@pytest.mark.parametrize("value", ["约3亩", "亩", "", None, 4.0, "3元"])
def test_only_a_number_with_a_unit_of_area_is_parted(value):
    assert split_number(value) == (value, None)


# Remembered


def test_what_was_stated_is_proposed_for_the_next_file_of_the_same_columns(tmp_path, workspace):
    first = saved(tmp_path, lots(甲=["P1"], 乙=["A"], 备注=["x"]))
    assert refused(workspace, first).code == "key_column_missing"
    imported(workspace, first, mapping={"甲": "parcel_id", "乙": "name", "备注": "-"})
    again = saved(tmp_path, lots(乙=["B"], 备注=["y"], 甲=["P2"])[["备注", "乙", "甲", "geometry"]])
    result = imported(workspace, again, at=LATER)
    assert {"column": "甲", "target": "parcel_id", "at": AT[:10]} in notes(
        result, "column_as_last_time"
    )
    stored = workspace.read("land_parcels").set_index("parcel_id")
    assert stored["name"].to_dict() == {"P1": "A", "P2": "B"}
    assert stored["src_备注"].to_dict() == {"P1": "x", "P2": "y"}


def test_what_is_stated_now_overrules_what_was_stated_before(tmp_path, workspace):
    columns = {"甲": ["P1"], "乙": ["A"], "丙": ["C"]}
    imported(workspace, saved(tmp_path, lots(**columns)), mapping={"甲": "parcel_id", "乙": "name"})
    other = saved(tmp_path, lots(**{**columns, "甲": ["P2"]}))
    imported(workspace, other, mapping={"丙": "name"}, at=LATER)
    stored = workspace.read("land_parcels").set_index("parcel_id")
    assert stored["name"].to_dict() == {"P1": "A", "P2": "C"}
    kept = recall_mapping(workspace, "land_parcels", ["丙", "乙", "甲"])
    assert (kept.mapping, kept.at) == ({"甲": "parcel_id", "丙": "name"}, LATER)


def test_another_layer_other_columns_and_a_dry_run_remember_nothing(tmp_path, workspace):
    path = saved(tmp_path, lots(甲=["P1"]))
    imported(workspace, path, mapping={"甲": "parcel_id"}, dry_run=True)
    assert recall_mapping(workspace, "land_parcels", ["甲"]) == NEVER
    imported(workspace, path, mapping={"甲": "parcel_id"})
    assert recall_mapping(workspace, "parks", ["甲"]) == NEVER
    assert recall_mapping(workspace, "land_parcels", ["甲", "乙"]) == NEVER
    with workspace.edit("t", AT) as edit:
        edit.remember("columns:x", "no JSON")
    assert workspace.recall("columns:x") == "no JSON"
    assert workspace.recall("columns:y") is None
