"""Wrong input: one sentence, exit 2, and not a byte of the workspace changed."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from app.messages import catalogue

EAST, NORTH = 571_000.0, 3_400_000.0


def square(number, side=100.0):
    return shapely.box(EAST + 200 * number, NORTH, EAST + 200 * number + side, NORTH + side)


def frame(shapes=None, crs="EPSG:4549", **columns):
    columns = columns or {"parcel_id": ["P1", "P2"]}
    count = len(next(iter(columns.values())))
    shapes = [square(number) for number in range(count)] if shapes is None else shapes
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


@pytest.fixture
def workspace(new_workspace):
    return new_workspace


@pytest.fixture
def refused_import(workspace, refused):
    """Import a file that must be refused, and give the sentence."""

    def refuse(file, *options, layer="land_parcels"):
        before = workspace.read_bytes()
        sentence = refused("import", workspace, file, "--layer", layer, *options)
        assert workspace.read_bytes() == before
        return sentence

    return refuse


def parquet(folder, rows):
    path = folder / "in.parquet"
    rows.to_parquet(path)
    return path


def test_a_missing_file(refused_import, tmp_path):
    assert "没有.parquet" in refused_import(tmp_path / "没有.parquet")


@pytest.mark.parametrize(
    "name", ["图.geojson", "图.gpkg", "图.parquet", "图.zip", "图.shp", "图.txt"]
)
def test_a_file_that_is_no_gis_file(name, refused_import, tmp_path):
    path = tmp_path / name
    path.write_text("这不是图形文件" * 50, encoding="utf-8")
    assert name in refused_import(path)


def test_an_unknown_layer(refused_import, tmp_path):
    path = parquet(tmp_path, frame())
    assert "land_parcels" in refused_import(path, layer="land_parcel")


def test_a_wrong_crs(refused_import, tmp_path):
    path = parquet(tmp_path, frame(crs="EPSG:4513"))
    assert "EPSG:4513" in refused_import(path)


def test_a_crs_that_contradicts_the_file(refused_import, tmp_path):
    path = parquet(tmp_path, frame())
    sentence = refused_import(path, "--crs", "EPSG:4547")
    assert "EPSG:4549" in sentence
    assert "EPSG:4547" in sentence


def test_a_crs_nobody_knows(refused_import, tmp_path):
    assert "EPSG:99999" in refused_import(parquet(tmp_path, frame()), "--crs", "EPSG:99999")


def test_no_crs(refused_import, tmp_path):
    path = parquet(tmp_path, frame(crs=None))
    assert "没有说明坐标系" in refused_import(path)


def test_mixed_geometry(refused_import, tmp_path):
    shapes = [square(0), shapely.Point(EAST, NORTH)]
    sentence = refused_import(parquet(tmp_path, frame(shapes)))
    assert "点 1 个" in sentence
    assert "面 1 个" in sentence


def test_duplicate_ids(refused_import, tmp_path):
    sentence = refused_import(parquet(tmp_path, frame(parcel_id=["P1", "P1"])))
    assert "重复" in sentence
    assert "P1" in sentence


@pytest.mark.parametrize(("area", "shown"), [(-5.0, "-5"), ("约三亩", "约三亩")])
def test_a_negative_area_and_an_area_in_words(area, shown, refused_import, tmp_path):
    rows = frame(parcel_id=["P1", "P2"], area_declared_m2=[area, area])
    sentence = refused_import(parquet(tmp_path, rows))
    assert "登记面积" in sentence
    assert shown in sentence


def test_an_empty_layer(refused_import, tmp_path):
    path = parquet(tmp_path, frame(parcel_id=[]))
    assert "没有任何行" in refused_import(path)


def test_points_where_polygons_belong(refused_import, tmp_path):
    points = [shapely.Point(EAST, NORTH), shapely.Point(EAST + 5, NORTH)]
    assert "Point" in refused_import(parquet(tmp_path, frame(points)))


def test_a_table_without_shapes(refused_import, tmp_path):
    path = tmp_path / "表.csv"
    pd.DataFrame({"parcel_id": ["P1"]}).to_csv(path, index=False)
    assert "图形" in refused_import(path)


@pytest.mark.parametrize(
    ("pair", "named"),
    [
        ("编号", "编号"), ("=parcel_id", "=parcel_id"), ("编号=", "编号="),
        ("没有的列=parcel_id", "没有的列"), ("parcel_id=parcel_no", "parcel_id"),
    ],
)  # fmt: skip
def test_a_mapping_that_means_nothing(pair, named, refused_import, tmp_path):
    assert named in refused_import(parquet(tmp_path, frame()), "--map", pair)


def test_the_same_column_mapped_twice(refused_import, tmp_path):
    path = parquet(tmp_path, frame(编号=["P1", "P2"]))
    sentence = refused_import(path, "--map", "编号=parcel_id", "--map", "编号=name")
    assert "编号" in sentence


def test_no_column_with_the_ids(refused_import, tmp_path):
    sentence = refused_import(parquet(tmp_path, frame(甲=["P1", "P2"])))
    assert "parcel_id" in sentence
    assert "甲" in sentence


@pytest.mark.parametrize(
    ("option", "value", "nearest"),
    [("--mode", "ad", "add"), ("--declared-unit", "亩亩", "亩"), ("--encoding", "GBX", "GBK")],
)
def test_an_option_with_an_unknown_word(option, value, nearest, refused_import, tmp_path):
    path = parquet(tmp_path, frame())
    if option == "--encoding":
        path = tmp_path / "图.csv"
        path.write_text("parcel_id\nP1\n", encoding="utf-8")
    assert nearest in refused_import(path, option, value)


def test_the_sentence_is_english_where_asked(refused_import, tmp_path):
    sentence = refused_import(tmp_path / "no.parquet", "--lang", "en")
    assert sentence == catalogue("en").text("file_missing", path=str(tmp_path / "no.parquet"))


def test_a_hostile_file_name_stays_on_one_line(refused_import, tmp_path):
    name = "{坏}\n\x1b[31m" + "长" * 300 + ".parquet"
    sentence = refused_import(tmp_path / name)
    assert "{坏}" in sentence
    assert "\x1b" not in sentence


def test_bad_rows_among_good_ones_are_quarantined_and_counted(workspace, muplan, tmp_path):
    rows = frame(
        parcel_id=["P1", "P2", "P2", "P4", "P5", None],
        area_declared_m2=["1", "2", "3", "-4", "五", "6"],
    )
    path = parquet(tmp_path, rows)
    found = muplan("import", workspace, path, "--layer", "land_parcels", "--json").json
    assert set(found) == {
        "schema", "manifest", "detected", "read", "accepted", "quarantined", "repaired", "faults",
        "repairs", "lines", "line_count", "unchecked",
    }  # fmt: skip
    assert (found["read"], found["accepted"], found["quarantined"]) == (6, 1, 5)
    faults = {fault["code"]: fault for fault in found["faults"]}
    assert {code: fault["rows"] for code, fault in faults.items()} == {
        "key_duplicate": ["P2", "P2"], "below_minimum": ["P4"], "not_a_number": ["P5"],
        "value_missing": ["#6"],
        # Every area declared as a number is another than the shape has.
        "declared_area": ["P1", "P2", "P2", "P4", "#6"],
    }  # fmt: skip
    told = {"code", "column", "rows", "text", "action"}
    assert all(set(fault) == told for fault in found["faults"])
    assert {code for code, fault in faults.items() if fault["action"] == "accept"} == {
        "declared_area"
    }
    assert "P4" in faults["below_minimum"]["text"]
    held = {row["name"]: row for row in muplan("info", workspace, "--json").json["layers"]}
    assert held["land_parcels"]["rows"] == 1
    assert held["land_parcels"]["quarantined"] == 5


def test_an_outline_that_is_mended_is_counted_and_listed(workspace, muplan, tmp_path):
    bow = shapely.Polygon(
        [(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)]
    )
    path = parquet(tmp_path, frame([bow, square(1)]))
    found = muplan("import", workspace, path, "--layer", "land_parcels", "--json").json
    assert (found["accepted"], found["repaired"]) == (2, 1)
    assert [repair["row"] for repair in found["repairs"]] == ["P1"]


def test_a_dry_run_reports_and_changes_nothing(workspace, muplan, tmp_path):
    before = workspace.read_bytes()
    path = parquet(tmp_path, frame())
    ran = muplan("import", workspace, path, "--layer", "land_parcels", "--dry-run")
    assert ran.code == 0
    assert catalogue("zh").text("dry_run_said") in ran.out
    assert workspace.read_bytes() == before


def test_the_same_ids_again_are_refused_and_updated_where_asked(
    workspace, muplan, refused, tmp_path
):
    path = parquet(tmp_path, frame())
    assert muplan("import", workspace, path, "--layer", "land_parcels").code == 0
    before = workspace.read_bytes()
    assert "P1" in refused("import", workspace, path, "--layer", "land_parcels")
    assert workspace.read_bytes() == before
    options = ("--layer", "land_parcels", "--mode", "update", "--json")
    assert muplan("import", workspace, path, *options).json["accepted"] == 2


LAND = "land_min_mu: {}\ncategory: industry\nindustry_code: C39\n"


@pytest.mark.parametrize("land_mu", ["0", "-3", "100000", "约100", ".nan", ".inf"])
def test_a_project_that_needs_no_land_or_a_county(land_mu, refused, workspace, tmp_path):
    need = tmp_path / "need.yaml"
    need.write_text(LAND.format(land_mu), encoding="utf-8")
    before = workspace.read_bytes()
    refused("match", workspace, "--project", need)
    assert workspace.read_bytes() == before


@pytest.mark.parametrize("land_mu", [0.0, 100_000.0])
def test_a_project_of_the_ledger_that_needs_no_land_or_a_county(
    land_mu, refused, muplan, workspace, tmp_path
):
    table = tmp_path / "projects.csv"
    table.write_text(f"project_id,land_min_mu\nX1,{land_mu}\n", encoding="utf-8")
    assert muplan("import", workspace, table, "--layer", "projects").code == 0
    assert "X1" in refused("match", workspace, "--project", "X1")
    assert "X1" in refused("match", workspace, "--project", "X11")


@pytest.mark.parametrize(
    "text", ["", "[1, 2]", "land_min_mu: [", "land_min_m2: 5", "\xff\xfe", '{"land_min_mu": }']
)
@pytest.mark.parametrize("name", ["need.yaml", "need.json"])
def test_a_demand_file_that_cannot_be_read(name, text, refused, workspace, tmp_path):
    need = tmp_path / name
    need.write_bytes(text.encode("latin-1"))
    refused("match", workspace, "--project", need)


def test_a_demand_file_that_is_not_there(refused, workspace, tmp_path):
    assert "无.json" in refused("match", workspace, "--project", tmp_path / "无.json")


def test_a_project_of_an_empty_ledger(refused, workspace):
    assert "X1" in refused("match", workspace, "--project", "X1")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--min-mu", "0"], "0"),
        (["--min-mu", "-1"], "-1"),
        (["--min-mu", "nan"], "亩"),
        (["--min-mu", "百"], "--min-mu"),
        (["--gap-m", "51"], "51"),
        (["--min-edge-m", "0"], "0"),
        (["--state", "claered"], "cleared"),
        (["--unit", "330400"], "330400"),
        (["--as-of", ""], "日期"),
        (["--as-of", "2024-02-30"], "2024-02-30"),
        (["--pack", "jiaxin"], "jiaxing"),
        (["--lang", "fr"], "zh"),
    ],
)
def test_a_search_for_blocks_that_makes_no_sense(arguments, named, refused, workspace):
    assert named in refused("blocks", workspace, *arguments)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["check", "--rule", "B111"], "B11"),
        (["check", "--unit", "330400"], "330400"),
        (["check", "--year", "1800"], "1800"),
        (["check", "--year", "今年"], "--year"),
        (["check", "--fail-on", "notmet"], "not_met"),
        (["shares", "--year", "1"], "1990"),
        (["shares"], "--year"),
        (["indicators", "--by", "plattform", "--period", "2024"], "platform"),
        (["indicators", "--by", "unit", "--period", "2024Q5"], "2024Q5"),
        (["indicators", "--by", "unit", "--period", "2024Q1"], "2024Q1"),
        (["indicators", "--by", "unit", "--period", "2024", "--basis", "approved"], "supplied"),
        (["indicators", "--by", "unit", "--period", "2024", "--basis", "net"], "managed"),
        (
            ["indicators", "--by", "unit", "--period", "2024", "--scheme", "huangyan-2022"],
            "enterprise",
        ),
        (
            ["indicators", "--by", "enterprise", "--period", "2024", "--scheme", "huangyan-2202"],
            "huangyan-2022",
        ),
        (
            ["indicators", "--by", "enterprise", "--period", "2024", "--scheme", "没有.yaml"],
            "没有.yaml",
        ),
        (["match", "--project", "X", "--top", "0"], "1000"),
        (["export", "unit", "--out", "x.xlsx"], "units"),
        (["export", "units", "--out", "x.doc"], ".xlsx"),
        (["export", "units"], "--out"),
        (["info", "--out", "/没有/这个/x.xlsx"], "/没有/这个"),
    ],
)
def test_a_question_that_makes_no_sense(arguments, named, refused, workspace):
    command, *options = arguments
    assert named in refused(command, workspace, *options)


def test_a_faulty_scheme_file_is_refused_with_its_line(refused, workspace, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("scheme: mine\nwieght: 3\n", encoding="utf-8")
    options = ("--by", "enterprise", "--period", "2024", "--scheme", path)
    said = refused("indicators", workspace, *options)
    assert "mine" in said
    assert "2" in said
    assert "wieght" in said
    path.write_bytes("scheme: 方案".encode("gb18030"))
    assert "mine" in refused("indicators", workspace, *options)


def test_a_list_never_replaces_a_workspace(refused, workspace):
    before = workspace.read_bytes()
    refused("info", workspace, "--out", workspace)
    assert workspace.read_bytes() == before


@pytest.mark.parametrize("command", ["new", "demo"])
def test_a_new_workspace_never_replaces_a_file(command, refused, workspace):
    before = workspace.read_bytes()
    assert workspace.name in refused(command, workspace)
    assert workspace.read_bytes() == before


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:1", "嘉兴"])
def test_a_workspace_needs_a_projected_system(crs, refused, tmp_path):
    refused("new", tmp_path / "x.gpkg", "--crs", crs)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"not a workspace", b"SQLite format 3\x00" + b"\x00" * 99]
)
def test_a_workspace_that_is_none(content, refused, tmp_path):
    path = tmp_path / "坏.gpkg"
    path.write_bytes(content)
    assert "坏.gpkg" in refused("info", path)
    assert path.read_bytes() == content


def test_a_workspace_that_is_not_there(refused, tmp_path):
    assert "无.gpkg" in refused("info", tmp_path / "无.gpkg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "blocks"),
        (["project"], "list"),
        (["blockz"], "blocks"),
        (["project", "lst"], "list"),
        (["rules", "--js"], "--json"),
        (["rules", "--jsn"], "--json"),
        (["rules", "--asof", "2024-01-01"], "--as-of"),
        (["rules", "-j"], "-j"),
        (["rules", "--json=1"], "--json"),
        (["rules", "--as-of"], "--as-of"),
        (["rules", "更多"], "更多"),
        (["blocks"], "WORKSPACE"),
        (["import", "x.gpkg"], "FILE"),
        (["fields", "land_parcel"], "land_parcels"),
        (["--version"], "--help"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_command_that_is_typed_wrongly(arguments, named, lang, refused):
    said = ["--lang", lang] if len(arguments) > 1 and "--as-of" not in arguments[-1:] else []
    sentence = refused(*arguments, *said)
    assert named in sentence


def test_what_nobody_foresaw_is_one_sentence_too(refused, workspace, monkeypatch):
    def fail(*_):
        raise RuntimeError("第一行\n第二行 {x}")

    monkeypatch.setattr("app.answers.workspace.info_answer", fail)
    assert "RuntimeError：第一行 第二行 {x}" in refused("info", workspace)


def test_an_interrupt_is_one_sentence_too(refused, workspace, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("app.answers.workspace.info_answer", stop)
    assert refused("info", workspace) == catalogue("zh").text("stopped")
