import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from layers.errors import LayerError
from layers.exchange.recognise.coverage import answered_for, check_statement, fill_kinds
from layers.exchange.request import DataStatement

UNITS = gpd.GeoDataFrame(
    {"unit_id": ["n", "s"], "name": ["北县", "南县"]},
    geometry=[box(0, 0, 100, 100), box(100, 0, 200, 100)], crs=4549,
)  # fmt: skip
TODAY = "2025-07-01"


def rows(**columns):
    count = len(next(iter(columns.values())))
    base = {"constraint_kind": ["permanent_farmland"] * count, "severity": [None] * count}
    shapes = [box(10, 10, 20, 20)] * count
    return gpd.GeoDataFrame({**base, **columns}, geometry=shapes, crs=4549)


def answered(statement, frame=None, layer="constraints"):
    frame = rows(constraint_id=["C1"]) if frame is None else frame
    return answered_for(statement, layer, frame, UNITS, "农田.shp")


def codes(found):
    return [note.code for note in found.evidence]


def test_a_file_that_states_its_units_answers_for_the_kinds_it_holds():
    found = answered(DataStatement("2025-06-30", "资规局", None, ("北县",)))
    (row,) = found.rows.to_dict("records")
    assert (row["covered_layer"], row["covered_kind"], row["unit_id"]) == (
        "constraints", "permanent_farmland", "n",
    )  # fmt: skip
    assert (row["data_on"], row["responsible"], row["source_doc"]) == (
        "2025-06-30", "资规局", "农田.shp",
    )  # fmt: skip
    assert codes(found) == ["coverage_stated"]


def test_kinds_named_are_answered_for_also_without_a_shape_of_them():
    found = answered(DataStatement(covers=("city",), kinds=("生态保护红线", "permanent_farmland")))
    assert set(zip(found.rows["covered_kind"], found.rows["unit_id"], strict=True)) == {
        (kind, unit) for kind in ("ecological_redline", "permanent_farmland") for unit in "ns"
    }


def test_without_a_statement_the_units_the_file_lies_in_are_proposed_and_nothing_is_stored():
    found = answered(DataStatement())
    assert len(found.rows) == 0
    assert codes(found) == ["coverage_proposed"]
    assert found.evidence[0].values["units"] == "n"


def test_columns_that_tell_date_office_and_source_are_recognised():
    frame = rows(
        constraint_id=["C1", "C2"], src_更新日期=["2025/3/1", "2025-02-01"],
        src_责任单位=["资规局", "资规局"], src_数据来源=["三调", "三调"],
    )  # fmt: skip
    (row,) = answered(DataStatement(covers=("n",)), frame).rows.to_dict("records")
    # of two days the older one: no row of the file is older than that
    assert (row["data_on"], row["responsible"], row["source_doc"]) == (
        "2025-02-01", "资规局", "三调",
    )  # fmt: skip


def test_what_is_stated_goes_before_what_columns_tell():
    frame = rows(constraint_id=["C1"], src_更新日期=["2024-01-01"], src_责任单位=["甲局"])
    stated = DataStatement("2025-06-01", "乙局", covers=("n",))
    (row,) = answered(stated, frame).rows.to_dict("records")
    assert (row["data_on"], row["responsible"]) == ("2025-06-01", "乙局")


def test_a_table_proposes_the_units_its_rows_name():
    frame = pd.DataFrame({"quota_id": ["Q1", "Q2"], "unit_id": ["s", "s"]})
    found = answered(DataStatement(), frame, "element_quotas")
    assert found.evidence[0].values["units"] == "s"


def test_a_kind_that_binds_in_several_ways_is_noted():
    frame = rows(constraint_id=["C1", "C2"])
    frame["severity"] = ["block", "info"]
    found = answered(DataStatement(covers=("n",)), frame)
    assert codes(found) == ["severities_differ", "coverage_stated"]


def test_a_layer_that_needs_no_statement_gets_none():
    assert codes(answered(DataStatement(), UNITS, "units")) == []


@pytest.mark.parametrize(
    ("statement", "layer", "code"),
    [
        (DataStatement("2025-07-02"), "constraints", "data_date_future"),
        (DataStatement("上个月"), "constraints", "data_date_bad"),
        (DataStatement(covers=("北先",)), "constraints", "coverage_unit_unknown"),
        (DataStatement(kinds=("farmland",)), "constraints", "kind_unknown"),
        (DataStatement(kinds=("signed",)), "land_parcels", "kinds_not_of_layer"),
        (DataStatement(covers=("n",)), "units", "coverage_not_of_layer"),
    ],
)
def test_what_cannot_be_stated_is_refused(statement, layer, code):
    with pytest.raises(LayerError) as caught:
        check_statement(statement, layer, UNITS, TODAY)
    assert caught.value.code == code
    assert caught.value.values.get("nearest") in (None, "北县", "permanent_farmland")


def test_data_of_today_are_taken():
    check_statement(DataStatement(TODAY, covers=("n",)), "constraints", UNITS, TODAY)


def filled(frame, statement=None, names=("图斑",)):
    found, notes = fill_kinds(frame, "constraints", statement or DataStatement(), names)
    kinds = found["constraint_kind"].tolist() if "constraint_kind" in found else None
    return kinds, [note.code for note in notes]


BARE = gpd.GeoDataFrame({"constraint_id": ["C1", "C2"]}, geometry=[None, None], crs=4549)


def test_a_file_with_nothing_but_id_and_shape_is_of_the_one_kind_stated():
    stated = DataStatement(kinds=("永久基本农田",))
    assert filled(BARE, stated) == (["permanent_farmland"] * 2, ["kind_stated"])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("嘉兴市永久基本农田2024", "permanent_farmland"), ("YJJBNT", "permanent_farmland"),
        ("生态红线", "ecological_redline"), ("城镇开发边界_南湖", "urban_growth_boundary"),
    ],
)  # fmt: skip
def test_the_name_of_a_file_tells_its_kind_where_none_is_stated(name, kind):
    assert filled(BARE, names=(name,)) == ([kind] * 2, ["kind_recognised"])


def test_a_row_that_says_its_kind_keeps_it():
    frame = BARE.assign(constraint_kind=["河道管理范围", None])
    assert filled(frame, names=("基本农田",))[0] == ["河道管理范围", "permanent_farmland"]


@pytest.mark.parametrize("names", [("图斑",), ("基本农田和生态红线",)])
def test_a_file_that_may_hold_several_kinds_is_not_guessed(names):
    assert filled(BARE, names=names) == (None, [])


def test_coverage_stated_of_shapes_without_a_kind_is_not_stored_and_that_is_said():
    bare = BARE.assign(constraint_kind=None, severity=None)
    found = answered(DataStatement("2025-06-30", covers=("city",)), bare)
    assert (len(found.rows), codes(found)) == (0, ["coverage_kindless"])
