import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from layers.codes import GUIDE, SAME, SEVERAL, SURVEY
from layers.contracts import CONTRACTS
from layers.exchange.importing import run_import
from layers.exchange.recognise.codes import recognise_land_use, use_of
from layers.exchange.request import ImportRequest
from layers.workspace.geopackage import create_workspace

PARCELS = CONTRACTS["land_parcels"]


def recognised(heading, values, **beside):
    frame = pd.DataFrame({"land_use_code": values, **{f"src_{k}": v for k, v in beside.items()}})
    targets = {heading: "land_use_code", **{k: f"src_{k}" for k in beside}}
    after, notes = recognise_land_use(frame, targets, PARCELS)
    pairs = list(zip(after["land_use_code"], after["land_use_scheme"], strict=True))
    return pairs, {note.code: dict(note.values) for note in notes}, after


def test_each_translation_is_between_uses_of_the_same_name():
    for survey, guide in SAME.items():
        assert SURVEY[survey] in {GUIDE[guide], GUIDE[guide].removesuffix("用地")}, survey
    assert all(code in GUIDE or code[:2] in GUIDE for codes in SEVERAL.values() for code in codes)


def test_codes_under_the_headings_of_the_survey_are_translated_and_kept():
    pairs, notes, after = recognised("DLBM", ["0601", "1001", "0604", None])
    # 1001 is 铁路用地 in the survey and 1201 in the guide, where 1001 is 工业用地.
    assert pairs[:3] == [("1001", "MNR2023"), ("1201", "MNR2023"), ("0604", "GBT21010")]
    assert pd.isna(pairs[3][0])
    assert pd.isna(pairs[3][1])
    assert after["src_DLBM"].tolist()[:2] == ["0601", "1001"]
    assert notes["land_use_translated"]["count"] == 2
    assert notes["land_use_scheme_recognised"]["scheme"] == "GBT21010"


def test_names_beside_the_codes_tell_the_scheme():
    guide, *_ = recognised("用地代码", ["1001", "1002"], 用地名称=["工业用地", "采矿用地"])
    assert guide == [("1001", "MNR2023"), ("1002", "MNR2023")]
    survey, *_ = recognised("用地代码", ["1001", "0601"], 用地名称=["铁路用地", "工业用地"])
    assert survey == [("1201", "MNR2023"), ("1001", "MNR2023")]


@pytest.mark.parametrize(
    ("codes", "scheme"),
    [(["100102", "1001"], "MNR2023"), (["1101", "0802"], "MNR2023"), (["0603", "0604"], "GBT21010"),
     (["1001"], None), (["M1", "W2"], "GB50137")],
)  # fmt: skip
def test_codes_alone_tell_the_scheme_only_where_one_scheme_has_them_all(codes, scheme):
    pairs, notes, _ = recognised("用地代码", codes)
    last = pairs[-1][1]
    assert (None if pd.isna(last) else last) == scheme
    assert ("land_use_undecided" in notes) is (scheme is None)
    if scheme is None:
        assert [code for code, _ in pairs] == codes


@pytest.mark.parametrize(
    ("text", "code", "kind"),
    [("工业用地", "1001", "named"), ("二类工业用地（标准厂房）", "100102", "named"),
     ("物流仓储用地", "1101", "named"), ("仓储用地", "仓储用地", "several"),
     ("新型产业用地", "新型产业用地", "unknown"), ("1001 工业用地", "1001", "guide"),
     ("0601工业用地", "1001", "translated"), ("1001-铁路用地", "1201", "translated"),
     ("05H1", "05H1", "unknown")],
)  # fmt: skip
def test_a_text_is_understood_where_it_means_one_use(text, code, kind):
    use = use_of(text, None)
    assert (use.code, use.kind) == (code, kind)
    assert (use.scheme is None) is (kind in {"several", "unknown"})


def test_a_file_that_states_its_scheme_is_left_as_it_is():
    frame = pd.DataFrame({"land_use_code": ["0601"], "land_use_scheme": ["GBT21010"]})
    after, notes = recognise_land_use(frame, {"DLBM": "land_use_code"}, PARCELS)
    assert after.equals(frame)
    assert notes == ()


def test_an_imported_list_stores_code_scheme_and_the_text_of_the_file(tmp_path):
    at = "2025-01-02T03:04:05"
    workspace = create_workspace(tmp_path / "ws.gpkg", CRS(4549), title="t", created_at=at)
    shapes = [shapely.box(571_000 + 300 * i, 3.4e6, 571_200 + 300 * i, 3.4002e6) for i in range(3)]
    frame = gpd.GeoDataFrame(
        {"地块编号": ["A", "B", "C"], "用地性质": ["工业用地", "仓储用地", None]},
        geometry=shapes, crs=4549,
    )  # fmt: skip
    frame.to_parquet(tmp_path / "in.parquet")
    request = ImportRequest(tmp_path / "in.parquet", "land_parcels")
    result = run_import(workspace, request, "planner", at)
    stored = workspace.read("land_parcels").set_index("parcel_id")
    assert stored.loc["A", ["land_use_code", "land_use_scheme"]].tolist() == ["1001", "MNR2023"]
    assert pd.isna(stored.loc["B", "land_use_scheme"])
    assert stored["src_用地性质"]["A"] == "工业用地"
    assert result.accepted == 3
    (several,) = [note for note in result.detected if note.code == "land_use_several"]
    assert several.values["choices"] == "仓储用地: 11 / 1101 / 1102"
