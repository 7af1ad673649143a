"""Faults between the shapes of a layer: on the demonstration, on parcels drawn for it, refused."""

import csv
import shutil
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
import shapely
from click.testing import CliRunner

from app.cli.main import answer

EAST, NORTH = 571_000.0, 3_400_000.0
KINDS = ["empty", "invalid", "duplicate", "overlap", "gap", "sliver"]
DRAWN = {
    "=A1": (0, 0, 10, 10), "B": (9, 0, 10, 10), "C": (19.5, 0, 10, 10),
    "C2": (19.5, 0, 10, 10), "S": (100, 0, 0.5, 100),
}  # fmt: skip


@pytest.fixture(scope="module")
def drawn_once(new_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    path = shutil.copy(new_file, folder)
    shapes = [
        shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)
        for x, y, width, height in DRAWN.values()
    ]
    rows = gpd.GeoDataFrame({"parcel_id": list(DRAWN)}, geometry=shapes, crs="EPSG:4549")
    rows.to_parquet(folder / "in.parquet")
    with CliRunner().isolation():
        file = str(folder / "in.parquet")
        assert answer(["import", str(path), file, "--layer", "land_parcels"]) == 0
    return path


@pytest.fixture
def drawn(drawn_once, tmp_path):
    """A workspace with five parcels: an overlap, a duplicate, a slit, a strip."""
    return Path(shutil.copy(drawn_once, tmp_path))


def told(answer):
    return {(one["kind"], tuple(one["rows"])) for one in answer["findings"]}


def test_every_fault_is_listed_with_rows_area_width_and_a_sentence(drawn, muplan):
    before = drawn.read_bytes()
    answer = muplan("topology", drawn, "--json").json
    assert set(answer) == {
        "schema", "manifest", "layer", "row_count", "findings", "counts", "below_least_area",
    }  # fmt: skip
    assert told(answer) == {
        ("duplicate", ("C", "C2")), ("overlap", ("=A1", "B")), ("gap", ("B", "C", "C2")),
        ("sliver", ("S",)),
    }  # fmt: skip
    assert list(answer["counts"]) == KINDS
    assert list(answer["counts"].values()) == [0, 0, 1, 1, 1, 1]
    by_kind = {one["kind"]: one for one in answer["findings"]}
    for one in answer["findings"]:
        assert set(one) == {"kind", "rows", "area_m2", "width_m", "text"}
        assert all(row in one["text"] for row in one["rows"])
    assert by_kind["overlap"]["area_m2"] == pytest.approx(10, rel=1e-3)
    assert by_kind["gap"]["width_m"] == pytest.approx(0.5, abs=1e-3)
    assert by_kind["duplicate"]["width_m"] is None
    assert "重叠" in by_kind["overlap"]["text"]
    assert drawn.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        (("--min-overlap-m2", 11), {"duplicate", "sliver"}),
        (("--max-gap-m", 0.4), {"duplicate", "overlap", "sliver"}),
        (("--min-width-m", 0.4), {"duplicate", "overlap", "gap"}),
        (("--min-width-m", 0.4, "--min-compactness", 0.1),
         {"duplicate", "overlap", "gap", "sliver"}),
    ],
)  # fmt: skip
def test_thresholds_decide_what_is_listed(options, kinds, drawn, muplan):
    answer = muplan("topology", drawn, *options, "--json").json
    assert {one["kind"] for one in answer["findings"]} == kinds


def test_what_is_too_small_is_counted(drawn, muplan):
    answer = muplan("topology", drawn, "--min-overlap-m2", 11, "--json").json
    assert answer["below_least_area"] == {"overlap": 1, "gap": 1}
    assert "重叠 1 处、缝隙 1 处" in muplan("topology", drawn, "--min-overlap-m2", 11).out


@pytest.mark.parametrize(("lang", "words"), [("zh", "重复图斑"), ("en", "duplicate")])
def test_the_screen_shows_the_list_in_words(lang, words, drawn, muplan):
    ran = muplan("topology", drawn, "--lang", lang)
    assert ran.code == 0
    assert words in ran.out
    assert "C;C2" in ran.out


@pytest.mark.parametrize(("ending", "epsg"), [(".gpkg", 4549), (".geojson", 4326)])
def test_faults_leave_as_shapes(ending, epsg, drawn, muplan, tmp_path):
    path = tmp_path / f"问题{ending}"
    assert muplan("topology", drawn, "--out", path).code == 0
    frame = gpd.read_file(path, layer=pyogrio.list_layers(path)[0, 0])
    assert frame.crs.to_epsg() == epsg
    assert frame["finding_kind"].tolist() == ["重复图斑", "重叠", "缝隙", "狭长碎斑"]
    assert frame.geometry.is_valid.all()
    if epsg == 4549:
        assert frame.geometry.area.tolist() == pytest.approx([100, 10, 5, 50])
        assert frame["area_m2"].tolist() == pytest.approx([100, 10, 5, 50], rel=1e-3)


def test_faults_leave_as_tables_that_run_nothing(drawn, muplan, tmp_path):
    sheet, table = tmp_path / "问题.xlsx", tmp_path / "问题.csv"
    assert muplan("topology", drawn, "--out", sheet).code == 0
    assert muplan("topology", drawn, "--out", table).code == 0
    rows = list(openpyxl.load_workbook(sheet).worksheets[0].iter_rows(values_only=True))
    assert rows[0] == ("问题类型", "涉及图斑", "面积（椭球，m²）", "宽度（m）", "说明")
    assert [row[0] for row in rows[1:5]] == ["重复图斑", "重叠", "缝隙", "狭长碎斑"]
    with table.open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.reader(file))
    assert len(listed) == 5
    assert listed[2][1].startswith("'=A1")


def test_the_demonstration_has_faults_of_its_own_noise(asked):
    answer = asked("topology").json
    assert answer["manifest"]["is_demo"] is True
    assert answer["manifest"]["parameters"]["layer"] == "land_parcels"
    assert sum(answer["counts"].values()) == len(answer["findings"])
    assert answer["counts"]["overlap"] > 0
    assert answer["counts"]["gap"] > 0
    for one in answer["findings"]:
        assert one["rows"]
        if one["kind"] in ("overlap", "gap"):
            assert one["area_m2"] >= 1.0


def test_an_empty_layer_has_no_faults(muplan, tmp_path):
    path = tmp_path / "空.gpkg"
    assert muplan("new", path).code == 0
    answer = muplan("topology", path, "--json").json
    assert (answer["row_count"], answer["findings"]) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--layer", "land_parcel"], "land_parcels"),
        (["--layer", "projects"], "land_parcels"),
        (["--layer", "barriers"], "land_parcels"),
        (["--min-overlap-m2", "-1"], "-1"),
        (["--min-overlap-m2", "nan"], "min_overlap_m2"),
        (["--max-gap-m", "-0.5"], "-0.5"),
        (["--max-gap-m", "51"], "51"),
        (["--max-gap-m2", "-3"], "-3"),
        (["--min-width-m", "-2"], "-2"),
        (["--min-width-m", "窄"], "--min-width-m"),
        (["--min-compactness", "1.5"], "1.5"),
        (["--min-overlap", "1"], "--min-overlap-m2"),
        (["--out", "x.doc"], ".xlsx"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_question_that_makes_no_sense(arguments, named, lang, refused, drawn):
    before = drawn.read_bytes()
    assert named in refused("topology", drawn, *arguments, "--lang", lang)
    assert drawn.read_bytes() == before


def test_the_list_never_replaces_the_workspace(refused, drawn):
    before = drawn.read_bytes()
    refused("topology", drawn, "--out", drawn)
    assert drawn.read_bytes() == before
