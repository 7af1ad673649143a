"""The report of an import: each class of fault on both sides of its limit, decided, exported."""

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from layers.workspace.geopackage import GeoPackageWorkspace

EAST, NORTH = 571_000.0, 3_400_000.0
CITY = CRS(4549)


def box(x, y=0.0, width=100.0, height=100.0):
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def area(shape):
    return float(ellipsoidal_area_m2([shape], CITY)[0])


@pytest.fixture
def workspace(new_workspace):
    return new_workspace


@pytest.fixture
def bring(tmp_path, workspace, muplan):
    """Import rows into the workspace and give the answer."""

    def run(shapes, *options, layer="land_parcels", **columns):
        path = tmp_path / f"{layer}.parquet"
        if shapes is None:
            pd.DataFrame(columns).to_parquet(path)
        else:
            gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CITY).to_parquet(path)
        return muplan("import", workspace, path, "--layer", layer, *options, "--json").json

    return run


def fault(answer, code):
    (found,) = [one for one in answer["faults"] if one["code"] == code]
    return found


def codes(answer):
    return {one["code"] for one in answer["faults"]}


def lines(answer, code):
    return [one for one in answer["lines"] if one["code"] == code]


def stored(workspace, layer="land_parcels"):
    return pyogrio.read_dataframe(workspace, layer=layer)


# --- overlaps, duplicates ------------------------------------------------------------------------


def test_an_overlap_is_listed_with_both_rows_its_area_and_the_repair_offered(bring, workspace):
    # 0.5 m over a front of 100 m: 50 m², a strip of mean width 2·50/201 = 0.498 m.
    answer = bring([box(0), box(99.5)], parcel_id=["A", "B"])
    found = fault(answer, "overlap")
    assert (found["rows"], found["action"]) == (["A", "B"], "accept")
    (line,) = lines(answer, "overlap")
    assert (line["row_number"], line["row_id"], line["others"]) == (2, "B", "A")
    assert line["area_m2"] == pytest.approx(50, rel=1e-3)
    assert line["repair"] == "overlap_cut"
    assert (answer["accepted"], answer["quarantined"], answer["repaired"]) == (2, 0, 0)
    assert len(stored(workspace)) == 2


@pytest.mark.parametrize(("front_m", "is_fault"), [(9.99, False), (10.01, True)])
def test_an_overlap_counts_from_one_square_metre_on(bring, front_m, is_fault):
    # 0.1 m over this front: 0.999 and 1.001 m² in the plane; the ellipsoid takes 0.01 % at most.
    answer = bring([box(0), box(99.9, height=front_m)], parcel_id=["A", "B"])
    assert ("overlap" in codes(answer)) == is_fault


def test_both_rows_of_an_overlap_are_kept_aside_where_asked(bring):
    answer = bring(
        [box(0), box(99.5), box(500)], "--on", "overlap=quarantine", parcel_id=["A", "B", "C"]
    )
    assert (answer["accepted"], answer["quarantined"]) == (1, 2)
    assert {one["is_stored"] for one in lines(answer, "overlap")} == {False}


def test_a_strip_is_cut_out_of_the_later_row_and_both_areas_are_told(bring, workspace):
    answer = bring([box(0), box(99.5)], "--on", "overlap=repair", parcel_id=["A", "B"])
    (repair,) = answer["repairs"]
    assert (repair["row"], repair["reason"]) == ("B", "overlap_cut")
    assert repair["area_before_m2"] == pytest.approx(10_000)
    assert repair["area_after_m2"] == pytest.approx(9_950)
    assert (answer["accepted"], answer["quarantined"], answer["repaired"]) == (2, 0, 1)
    shapes = stored(workspace).set_index("parcel_id").geometry
    assert shapes["A"].equals(box(0))
    assert shapes["A"].intersection(shapes["B"]).area < 1e-6


def test_an_overlap_too_wide_to_be_cut_is_kept_aside_instead(bring):
    # 10 m over 100 m: mean width 2·1000/220 = 9.1 m.
    answer = bring([box(0), box(90), box(500)], "--on", "overlap=repair", parcel_id=["A", "B", "C"])
    assert (answer["accepted"], answer["quarantined"], answer["repairs"]) == (1, 2, [])
    assert lines(answer, "overlap")[0]["repair"] is None


def test_an_overlap_with_a_row_held_is_about_the_new_row_only(bring):
    bring([box(0)], parcel_id=["A"])
    answer = bring([box(99.5), box(500)], "--on", "overlap=quarantine", parcel_id=["B", "C"])
    assert fault(answer, "overlap")["rows"] == ["B"]
    assert lines(answer, "overlap")[0]["others"] == "A"
    assert (answer["accepted"], answer["quarantined"]) == (1, 1)


def test_an_update_is_not_held_against_the_row_it_replaces(bring):
    bring([box(0)], parcel_id=["A"])
    answer = bring([box(1)], "--mode", "update", parcel_id=["A"])
    assert codes(answer) == set()


def test_the_same_shape_under_two_ids_is_a_duplicate_and_no_overlap(bring):
    answer = bring([box(0), box(0), box(500)], parcel_id=["A", "B", "C"])
    assert codes(answer) == {"shape_duplicate"}
    assert lines(answer, "shape_duplicate")[0]["others"] == "A"


def test_of_two_same_shapes_the_first_is_kept_where_asked(bring, workspace):
    answer = bring([box(0), box(0)], "--on", "shape_duplicate=repair", parcel_id=["A", "B"])
    assert (answer["accepted"], answer["quarantined"]) == (1, 1)
    assert stored(workspace)["parcel_id"].tolist() == ["A"]


@pytest.mark.parametrize(("width_m", "code"), [(95.1, "parcel_two_names"), (94.9, "overlap")])
def test_two_shapes_with_nearly_all_land_in_common_are_one_parcel(bring, width_m, code):
    answer = bring([box(0), box(0, width=width_m)], parcel_id=["A", "B"])
    assert codes(answer) - {"gap", "sliver"} == {code}


# --- gaps, slivers, outlines ---------------------------------------------------------------------


@pytest.mark.parametrize(("gap_m", "is_fault"), [(1.9, True), (2.1, False)])
def test_a_slit_between_neighbours_is_a_gap_up_to_two_metres(bring, gap_m, is_fault):
    answer = bring([box(0), box(100 + gap_m)], parcel_id=["A", "B"])
    assert ("gap" in codes(answer)) == is_fault


def test_a_gap_to_a_row_held_is_told_of_the_new_row(bring):
    bring([box(0)], parcel_id=["A"])
    answer = bring([box(101)], parcel_id=["B"])
    assert fault(answer, "gap")["rows"] == ["B"]
    assert lines(answer, "gap")[0]["others"] == "A"


@pytest.mark.parametrize(("width_m", "is_fault"), [(0.9, True), (1.1, False)])
def test_a_strip_narrower_than_a_metre_is_a_sliver(bring, width_m, is_fault):
    answer = bring([box(0, width=width_m)], parcel_id=["A"])
    assert ("sliver" in codes(answer)) == is_fault


def test_a_broken_outline_is_mended_or_kept_aside(bring):
    tie = shapely.Polygon([(EAST, NORTH), (EAST + 50, NORTH + 50), (EAST + 50, NORTH),
                           (EAST, NORTH + 50)])  # fmt: skip
    answer = bring([tie, box(200)], "--dry-run", parcel_id=["A", "B"])
    assert (answer["repaired"], answer["quarantined"], answer["faults"]) == (1, 0, [])
    (line,) = lines(answer, "geometry_invalid")
    assert (line["row_id"], line["repair"]) == ("A", "outline_rebuilt")
    answer = bring([tie, box(200)], "--on", "geometry_invalid=quarantine", parcel_id=["A", "B"])
    assert (answer["repaired"], answer["quarantined"]) == (0, 1)
    assert fault(answer, "geometry_invalid")["rows"] == ["A"]


# --- what the rows say ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side_m", "off_m2", "is_fault"),
    [
        (10, 0.9, False), (10, 1.1, True), (10, -1.1, True),  # 100 m²: one square metre counts
        (100, 9.9, False), (100, 10.2, True), (100, -10.2, True),  # 10 000 m²: 0.1 % of it
    ],
)  # fmt: skip
def test_a_declared_area_may_differ_by_the_larger_of_a_square_metre_and_a_thousandth(
    bring, side_m, off_m2, is_fault
):
    shape = box(0, width=side_m, height=side_m)
    answer = bring([shape], parcel_id=["A"], area_declared_m2=[area(shape) + off_m2])
    assert ("declared_area" in codes(answer)) == is_fault
    if is_fault:
        (line,) = lines(answer, "declared_area")
        assert line["area_m2"] == pytest.approx(off_m2)


def test_without_declared_areas_it_is_said_that_they_were_not_checked(bring):
    answer = bring([box(0)], parcel_id=["A"])
    assert "unchecked_declared_area" in {one["code"] for one in answer["unchecked"]}


@pytest.mark.parametrize(("inside_m", "is_fault"), [(95.1, False), (94.9, True)])
def test_a_row_lies_in_its_unit_with_all_but_a_twentieth_of_its_land(bring, inside_m, is_fault):
    bring([box(-1000, -1000, 1000 + inside_m, 5000), box(inside_m, -1000, 2000, 5000)],
          layer="units", unit_id=["U1", "U2"])  # fmt: skip
    answer = bring([box(0)], parcel_id=["A"], unit_id=["U1"])
    assert ("outside_unit" in codes(answer)) == is_fault


def test_a_row_in_another_unit_and_one_of_no_unit_are_told_apart(bring):
    bring([box(-1000, -1000, 1500, 5000), box(500, -1000, 2000, 5000)],
          layer="units", unit_id=["U1", "U2"])  # fmt: skip
    answer = bring([box(600), box(0)], parcel_id=["A", "B"], unit_id=["U1", "U9"])
    assert fault(answer, "outside_unit")["rows"] == ["A"]
    assert lines(answer, "outside_unit")[0]["others"] == "U2"
    assert fault(answer, "unit_absent")["rows"] == ["B"]


def taken(bring, **more):
    bring(None, layer="projects", project_id=["X1"], parcel_ids=["A;B"], **more)


def test_a_parcel_on_offer_that_a_live_project_has_is_told(bring):
    taken(bring)
    answer = bring([box(0), box(200)], parcel_id=["A", "B"], state=["可供", "已供"])
    assert fault(answer, "parcel_taken")["rows"] == ["A"]
    assert lines(answer, "parcel_taken")[0]["others"] == "X1"


def test_a_project_that_ended_has_no_parcel_any_more(bring):
    taken(bring, stage=["终止"])
    assert codes(bring([box(0)], parcel_id=["A"], state=["可供"])) == set()


def test_a_second_project_may_not_ask_for_the_parcel_of_the_first_unless_it_is_its_phase(bring):
    taken(bring)
    answer = bring(
        None, layer="projects", project_id=["X2", "X3", "X4"], parcel_ids=["B", "B", "C"],
        phase_of=["X1", None, None],
    )  # fmt: skip
    # X3 asks for B, which X1 has and, as its phase, X2; X2 asks beside X3.
    assert fault(answer, "parcel_taken")["rows"] == ["X2", "X3"]
    assert [one["others"] for one in lines(answer, "parcel_taken")] == ["X3", "X1, X2"]


def test_new_land_over_a_parcel_of_a_live_project_is_told(bring):
    bring([box(0)], parcel_id=["A"])
    taken(bring)
    answer = bring([box(50)], parcel_id=["N"])
    assert {"overlap", "parcel_taken"} <= codes(answer)
    assert "X1" in lines(answer, "parcel_taken")[0]["others"]


@pytest.mark.parametrize(("until", "is_fault"), [("2024-05-02", False), ("2024-04-30", True)])
def test_what_ends_before_it_begins_is_told(bring, until, is_fault):
    answer = bring(
        [box(0)], layer="constraints", constraint_id=["C"], effective_from=["2024-05-01"],
        effective_until=[until],
    )  # fmt: skip
    assert ("dates_reversed" in codes(answer)) == is_fault


def test_a_broken_date_keeps_its_row_aside_or_is_emptied_and_kept_as_text(bring, workspace):
    rows = {"parcel_id": ["A", "B"], "state_on": ["2024-02-30", "2024-02-29"]}
    answer = bring([box(0), box(500)], "--dry-run", **rows)
    assert fault(answer, "not_a_date")["rows"] == ["A"]
    assert answer["quarantined"] == 1
    answer = bring([box(0), box(500)], "--on", "not_a_date=repair", **rows)
    assert (answer["accepted"], answer["quarantined"]) == (2, 0)
    held = stored(workspace).set_index("parcel_id")
    assert held["state_on"].isna().tolist() == [True, False]
    assert held["src_state_on"]["A"] == "2024-02-30"


# --- the decision, the file ----------------------------------------------------------------------


def test_an_unknown_class_an_unfit_action_and_a_bad_pair_are_refused(workspace, tmp_path, refused):
    path = tmp_path / "in.parquet"
    gpd.GeoDataFrame({"parcel_id": ["A"]}, geometry=[box(0)], crs=CITY).to_parquet(path)
    for pair, word in (
        ("overlapp=accept", "overlap"), ("key_duplicate=accept", "quarantine"),
        ("overlap", "overlap=quarantine"), ("gap=repair", "accept"),
    ):  # fmt: skip
        assert word in refused("import", workspace, path, "--layer", "land_parcels", "--on", pair)
    bad = tmp_path / "r.csv"
    assert ".gpkg" in refused("import", workspace, path, "--layer", "land_parcels", "--report", bad)
    assert not bad.exists()


def test_the_report_goes_into_a_file_with_the_shapes_of_the_faults(bring, tmp_path):
    path = tmp_path / "核查.gpkg"
    bring([box(0), box(99.5), None], "--report", path, parcel_id=["A", "B", "C"])
    found = pyogrio.read_dataframe(path, layer="逐条问题")
    by_kind = found.set_index("fault_kind")
    assert by_kind.loc["重叠"].geometry.area == pytest.approx(50)
    assert by_kind.loc["没有图形", "fault_done"] == "已隔离"
    for ending in ("xlsx", "docx"):
        path = tmp_path / f"核查.{ending}"
        bring([box(0), box(99.5), None], "--dry-run", "--report", path, parcel_id=list("DEF"))
        assert path.stat().st_size > 1000
    book = openpyxl.load_workbook(tmp_path / "核查.xlsx")
    assert "逐条问题" in book.sheetnames


def test_the_report_is_written_even_where_no_row_could_be_stored(workspace, tmp_path, refused):
    path, report = tmp_path / "in.parquet", tmp_path / "r.xlsx"
    rows = gpd.GeoDataFrame({"parcel_id": ["A", "A"]}, geometry=[box(0), box(200)], crs=CITY)
    rows.to_parquet(path)
    refused("import", workspace, path, "--layer", "land_parcels", "--report", report)
    sheet = openpyxl.load_workbook(report)["逐条问题"]
    assert {row[0].value for row in sheet.iter_rows(min_row=2)} == {"编号重复"}


# --- a newer edition -----------------------------------------------------------------------------


@pytest.fixture
def two_editions(bring):
    """Three parcels held; a newer edition moves one, renames it, leaves one out, adds one."""
    bring([box(0), box(200), box(400)], parcel_id=["A", "B", "C"], name=["甲", "乙", "丙"])
    return {"shapes": [box(0), box(205), box(600)], "parcel_id": ["A", "B", "D"],
            "name": ["甲", "新", "丁"]}  # fmt: skip


def test_a_dry_run_tells_what_a_newer_edition_changes(two_editions, bring, workspace):
    before = workspace.read_bytes()
    answer = bring(two_editions.pop("shapes"), "--mode", "replace", "--dry-run", **two_editions)
    changes = answer["changes"]
    assert changes["added"] == [{"row": "D"}]
    assert changes["removed"] == [{"row": "C"}]
    assert changes["unchanged"] == 1
    (changed,) = changes["changed"]
    assert changed["row"] == "B"
    assert changed["columns"] == [{"column": "name", "before": "乙", "after": "新"}]
    assert changed["shape_changed"]
    assert changed["moved_m"] == pytest.approx(5)
    assert changed["area_after_m2"] == pytest.approx(changed["area_before_m2"], rel=1e-6)
    assert workspace.read_bytes() == before


def test_an_update_removes_nothing_and_only_added_rows_have_no_changes(two_editions, bring):
    shapes = two_editions.pop("shapes")
    answer = bring(shapes, "--mode", "update", "--dry-run", **two_editions)
    assert (answer["changes"]["removed"], answer["quarantined"]) == ([], 1)
    added = bring([box(800)], "--dry-run", parcel_id=["E"])
    assert "changes" not in added


def test_the_changes_go_into_the_report_and_the_rows_before_are_kept(
    two_editions, bring, tmp_path, workspace
):
    path = tmp_path / "变化.gpkg"
    bring(two_editions.pop("shapes"), "--mode", "replace", "--report", path, **two_editions)
    names = [name for name, _ in pyogrio.list_layers(path)]
    assert {"新增", "变更", "移除"} <= set(names)
    assert pyogrio.read_dataframe(path, layer="移除")["parcel_id"].tolist() == ["C"]
    held = GeoPackageWorkspace(workspace).history("land_parcels")
    assert sorted(held[["row", "change"]].to_numpy().tolist()) == [
        ["B", "changed"], ["C", "removed"],
    ]  # fmt: skip


def test_a_row_removed_because_its_newer_self_is_kept_aside_is_counted(bring):
    bring([box(0), box(200)], parcel_id=["A", "B"])
    answer = bring([box(0), box(200)], "--mode", "replace", "--dry-run", parcel_id=["A", "B"],
                   state_on=["2024-01-01", "2024-13-01"])  # fmt: skip
    assert answer["changes"]["removed"] == [{"row": "B"}]
    assert fault(answer, "not_a_date")["rows"] == ["B"]
