"""Lists and layers that leave by --out, read again; real files that come in."""

import csv
import json
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
ZONING = SHARED / "land" / "zoning_subset"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="no reference data beside the project"
)
DEMO = "演示数据"
NET_HEADINGS = (
    "净面积（亩）", "最大净块（亩）", "第二净块（亩）", "宽度（最大内切圆直径，米）",
    "紧凑度", "临路长度（米）",
)  # fmt: skip
TERRAIN_HEADINGS = (
    "平均坡度（%）", "坡度大于15%占比", "有坡度数据占比", "最大淹没水深（m）", "淹没占比",
    "有淹没数据占比",
)  # fmt: skip
LISTS = (
    "连片土地",
    "200亩以上",
    "分单位",
    "未达标连片",
    "未达标原因",
    "搭接",
    "净地分块",
    "管控扣除",
)
HEADINGS = (
    "连片编号", "考核单位代码", "考核单位", "面积（椭球，亩）", "法定面积（亩）", "面积依据",
    "面积（平面，亩）",
    "登记面积合计（亩）", *NET_HEADINGS, *TERRAIN_HEADINGS, "搭接数", "地块数",
    "列入200亩储备", "所用地块", "数据性质",
)  # fmt: skip


@pytest.fixture
def exported(muplan, small_demo, tmp_path):
    """Write the list of blocks in the format of an ending."""

    def export(ending, *options):
        path = tmp_path / f"清单{ending}"
        ran = muplan("blocks", small_demo, "--out", path, *options)
        assert ran.code == 0
        assert ran.out == ""
        assert path.name in ran.err
        return path

    return export


def test_a_spreadsheet_holds_every_list_marked_with_its_manifest(exported, asked):
    blocks = asked("blocks").json["blocks"]
    book = openpyxl.load_workbook(exported(".xlsx"))
    names = [sheet.title for sheet in book]
    assert names[:-1] == [f"{DEMO} {name}" for name in LISTS]
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0] == HEADINGS
    listed = {row[0]: row for row in rows[1:] if row[0] in {b["block_id"] for b in blocks}}
    assert len(listed) == len(blocks)
    for block in blocks:
        row = listed[block["block_id"]]
        assert row[3] == pytest.approx(block["area_mu"])
        assert row[HEADINGS.index("净面积（亩）")] == pytest.approx(block["net_area_mu"])
        assert row[HEADINGS.index("地块数")] == block["parcel_count"]
        assert row[HEADINGS.index("列入200亩储备")] == ("是" if block["is_on_200_list"] else "否")
        assert row[-1] == DEMO
    total = next(row for row in rows[1:] if row[0] not in listed and row[3] is not None)
    assert total[3] == f"=SUM(D2:D{len(blocks) + 1})" or isinstance(total[3], int | float)
    manifest = dict(book.worksheets[-1].iter_rows(values_only=True))
    assert manifest["数据性质"] == DEMO
    assert manifest["基准日期"] == "2025-10-31"
    assert manifest["坐标系"] == "EPSG:4549"
    assert manifest["政策包"] == "jiaxing"
    assert len(manifest["工作区校验值"]) == 64
    assert "min_mu=100" in manifest["参数"]


def test_a_csv_opens_in_a_spreadsheet_and_is_marked(exported, asked):
    path = exported(".csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == HEADINGS
    assert len(rows) == 1 + len(asked("blocks").json["blocks"])
    assert {row[-1] for row in rows[1:]} == {DEMO}


def test_a_geopackage_holds_lists_and_manifest(exported, asked):
    path = exported(".gpkg")
    layers = pyogrio.list_layers(path)[:, 0].tolist()
    assert set(layers) == {*LISTS, "muplan_manifest"}
    frame = gpd.read_file(path, layer="连片土地")
    assert frame.crs.to_epsg() == 4549
    blocks = asked("blocks").json["blocks"]
    assert frame["block_id"].tolist() == [block["block_id"] for block in blocks]
    assert frame["area_mu"].tolist() == pytest.approx([block["area_mu"] for block in blocks])
    manifest = pyogrio.read_dataframe(path, layer="muplan_manifest")
    assert DEMO in manifest.to_string()


@pytest.mark.parametrize(
    ("ending", "epsg"), [(".geojson", 4326), (".parquet", 4549), (".shp.zip", 4549)]
)
def test_shapes_leave_in_the_system_of_the_format(ending, epsg, exported, asked):
    path = exported(ending)
    frame = gpd.read_parquet(path) if ending == ".parquet" else gpd.read_file(path)
    blocks = asked("blocks").json["blocks"]
    assert frame.crs.to_epsg() == epsg
    assert frame["block_id"].tolist() == [block["block_id"] for block in blocks]
    assert frame.geometry.is_valid.all()
    if ending == ".geojson":
        assert json.loads(path.read_text(encoding="utf-8"))["manifest"]["数据性质"] == DEMO
    else:
        assert DEMO.encode() in path.read_bytes() or ending == ".shp.zip"


def test_english_lists_have_english_headings(exported):
    book = openpyxl.load_workbook(exported(".xlsx", "--lang", "en"))
    first = next(book.worksheets[0].iter_rows(values_only=True))
    assert (first[0], first[3]) == ("block", "ellipsoidal area (亩)")
    assert book.worksheets[0].title.startswith("Demonstration data")


def test_a_list_and_json_may_be_asked_for_together(muplan, small_demo, tmp_path, asked):
    path = tmp_path / "sites.xlsx"
    ran = muplan("match", small_demo, "--project", "xm-0003", "--json", "--out", path)
    book = openpyxl.load_workbook(path)
    titles = [sheet.title for sheet in book]
    assert titles[:3] == [f"{DEMO} {name}" for name in ("选址", "平台排序", "门槛")]
    answer = ran.json
    listed = sum(len(answer[key]) for key in ("sites", "undecided", "rejected"))
    assert book.worksheets[0].max_row == 1 + listed
    assert book.worksheets[1].max_row == 1 + len(answer["platforms"])
    standing = [row[1] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)]
    assert {"可选", "待核实", "不符合"} == set(standing)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert all(row[rows[0].index("理由")] for row in rows[1:])


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("check", ("--rule", "A1")),
        ("shares", ("--year", 2024)),
        ("indicators", ("--by", "platform", "--period", 2024)),
        ("info", ()),
        ("project list", ()),
    ],
)
def test_every_reading_command_writes_its_list(command, options, muplan, small_demo, tmp_path):
    path = tmp_path / "list.xlsx"
    assert muplan(*command.split(), small_demo, *options, "--out", path).code == 0
    book = openpyxl.load_workbook(path)
    assert book.worksheets[0].max_row > 1
    assert book.worksheets[0].title.startswith(DEMO)


@pytest.mark.parametrize(
    ("by", "options", "sheets"),
    [
        ("park", (), ["亩均", "未计入汇总", "未计入明细"]),
        ("platform", ("--basis", "built"),
         ["亩均", "分母口径并列", "排名变化", "土地集约指标", "未计入汇总", "未计入明细"]),
        ("enterprise", ("--scheme", "huangyan-2021"),
         ["亩均", "企业分级", "分级得分明细", "未计入汇总", "未计入明细"]),
    ],
)  # fmt: skip
def test_a_spreadsheet_per_mu_holds_what_stands_beside_the_figures(
    by, options, sheets, muplan, small_demo, tmp_path
):
    path = tmp_path / "mu.xlsx"
    ran = muplan("indicators", small_demo, "--by", by, "--period", 2024, *options, "--out", path)
    assert ran.code == 0
    book = openpyxl.load_workbook(path)
    titles = [sheet.title.removeprefix(DEMO).strip("_- ") for sheet in book.worksheets]
    assert titles[: len(sheets)] == sheets
    for sheet in book.worksheets[: len(sheets)]:
        headings = [cell.value for cell in sheet[1]]
        assert not [name for name in headings if name.replace("_", "").isascii()], headings
        cells = {cell for row in sheet.iter_rows(min_row=2, values_only=True) for cell in row}
        codes = {"supplied", "above_scale", "land_missing", "graded", "tax_per_mu", "no_data"}
        assert not cells & codes


def test_shares_in_lists_of_verdicts_are_percentages(muplan, small_demo, tmp_path, asked):
    path = tmp_path / "check.csv"
    assert muplan("check", small_demo, "--rule", "B1", "--year", 2024, "--out", path).code == 0
    rows = pd.read_csv(path)
    assert set(rows["单位"]) == {"%"}
    assert set(rows["阈值"]) == {70.0}


@pytest.mark.parametrize("layer", ["units", "projects"])
def test_a_layer_leaves_and_comes_back_as_it_was(layer, muplan, small_demo, tmp_path, asked):
    ending = "parquet" if layer == "units" else "csv"
    path, other = tmp_path / f"{layer}.{ending}", tmp_path / "other.gpkg"
    assert muplan("export", small_demo, layer, "--out", path).code == 0
    assert muplan("new", other).code == 0
    found = muplan("import", other, path, "--layer", layer, "--json").json
    counts = {one["name"]: one["rows"] for one in asked("info").json["layers"]}
    assert (found["accepted"], found["quarantined"]) == (counts[layer], 0)


@needs_shared
def test_the_counties_come_in_as_units(muplan, tmp_path):
    workspace = tmp_path / "u.gpkg"
    muplan("new", workspace)
    file = SHARED / "admin" / "jiaxing_counties_datav_wgs84.geojson"
    options = ("--layer", "units", "--map", "adcode=unit_id", "--json")
    found = muplan("import", workspace, file, *options).json
    assert (found["read"], found["accepted"], found["quarantined"]) == (7, 7, 0)
    codes = [note["code"] for note in found["detected"]]
    assert "shapes_transformed" in codes
    verdicts = muplan("check", workspace, "--rule", "A13", "--json").json["verdicts"]
    assert len({v["unit_id"] for v in verdicts} - {None}) == 7
    assert {v["outcome"] for v in verdicts} == {"no_data"}


@needs_shared
def test_a_shapefile_without_cpg_comes_in_with_its_chinese_texts(muplan, tmp_path):
    workspace, out = tmp_path / "g.gpkg", tmp_path / "g.parquet"
    muplan("new", workspace, "--crs", "EPSG:3826")
    file = ZONING / "zoning_gbk_no_cpg.zip"
    found = muplan("import", workspace, file, "--layer", "land_parcels", "--json").json
    assert found["read"] == found["accepted"] > 0
    assert {"code": "encoding_sniffed", "encoding": "GB18030"}.items() <= next(
        note for note in found["detected"] if note["code"].startswith("encoding")
    ).items()
    muplan("export", workspace, "land_parcels", "--out", out)
    kept = pd.read_parquet(out)
    text = " ".join(kept.filter(like="src_").astype(str).to_numpy().ravel())
    assert "�" not in text
    assert "用地" in text


@needs_shared
def test_a_plan_of_real_zoning_comes_in_and_its_land_is_listed(muplan, tmp_path):
    every = gpd.read_parquet(ZONING / "zoning_28plans.parquet")
    plan = every[every["src_file"] == every["src_file"].mode()[0]]
    file, workspace = tmp_path / "plan.parquet", tmp_path / "z.gpkg"
    plan.to_parquet(file)
    muplan("new", workspace, "--crs", "EPSG:3826")
    options = ("--layer", "land_parcels", "--map", "登记面积=area_declared_m2", "--json")
    found = muplan("import", workspace, file, *options).json
    assert found["read"] == found["accepted"] == len(plan)
    assert found["repaired"] == int((~plan.geometry.is_valid).sum())
    ready = muplan("blocks", workspace, "--json").json
    assert (ready["blocks"], ready["unknown_state_count"]) == ([], len(plan))
    blocks = muplan("blocks", workspace, "--state", "unknown", "--json").json["blocks"]
    assert blocks
    for block in blocks:
        assert block["area_mu"] >= 100
        # The register's figures agree with the shapes to better than one in a hundred.
        assert block["declared_area_mu"] == pytest.approx(block["area_mu"], rel=0.01)


@needs_shared
def test_zoning_in_a_workspace_of_another_place_is_refused(muplan, refused, tmp_path):
    workspace = tmp_path / "j.gpkg"
    muplan("new", workspace, "--crs", "EPSG:4544")
    before = workspace.read_bytes()
    file = ZONING / "zoning_28plans.parquet"
    assert "EPSG:3826" in refused("import", workspace, file, "--layer", "land_parcels")
    assert workspace.read_bytes() == before
