import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import yaml
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2
from geo.units import compare
from layers.contracts import CONTRACTS, RASTERS
from layers.demo.build import SIZES, build_demo, make_frames
from layers.demo.drawing import stream
from layers.demo.environment import make_relief
from layers.demo.projects import LIST_STEPS, STEP_WORDS
from layers.demo.recipe import read_recipe
from layers.errors import LayerError
from layers.fields import split_list
from layers.hash_chain import is_chained, seal
from layers.validate import validate
from layers.workspace.geopackage import GeoPackageWorkspace
from layers.workspace.transaction import frame_hash

ROOT = Path(__file__).resolve().parents[3]
RECIPE = ROOT / "data" / "demo" / "jiaxing.yaml"
REFERENCE = ROOT.parent / "shared" / "data" / "admin" / "jiaxing_counties_datav_wgs84.geojson"
PUBLISHED_KM2 = {
    "330402": 436, "330411": 547.73, "330421": 506.6, "330424": 507.6, "330481": 862.74,
    "330482": 554.14, "330483": 727,
}  # fmt: skip
MADE_AT = "2025-11-01T09:00:00+08:00"
READY = ["cleared", "listed"]


def silent(fraction: float, step: str) -> None:
    """Hear of no progress."""


@pytest.fixture(scope="module")
def steps() -> list[tuple[float, str]]:
    return []


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, steps) -> GeoPackageWorkspace:
    return build_demo(
        tmp_path_factory.mktemp("demo") / "嘉兴.gpkg", RECIPE, size="small", seed=7,
        created_at=MADE_AT, progress=lambda fraction, step: steps.append((fraction, step)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def frames(workspace) -> dict[str, pd.DataFrame]:
    return {name: workspace.read(name) for name in workspace}


@pytest.fixture(scope="module")
def again() -> dict[str, pd.DataFrame]:
    return make_frames(read_recipe(RECIPE), SIZES["small"], 7, silent)


@pytest.fixture(scope="module")
def other() -> dict[str, pd.DataFrame]:
    return make_frames(read_recipe(RECIPE), SIZES["small"], 8, silent)


@pytest.mark.parametrize("layer", list(CONTRACTS))
def test_the_same_seed_gives_the_same_rows_and_every_row_meets_its_contract(
    layer, again, workspace
):
    report = validate(again[layer], CONTRACTS[layer], CRS(4549))
    assert not report.faults
    assert not report.repairs
    assert len(report.accepted) == len(workspace.read(layer)) > 0
    made = report.accepted
    if is_chained(CONTRACTS[layer]):
        made = seal(made.head(0), made, CONTRACTS[layer])
    assert frame_hash(made, CONTRACTS[layer]) == workspace.content_hash(layer)


@pytest.mark.parametrize("layer", [name for name in CONTRACTS if name != "data_coverage"])
def test_another_seed_gives_other_rows(layer, again, other):
    assert not pd.DataFrame(again[layer]).equals(pd.DataFrame(other[layer]))


def test_the_workspace_says_that_it_is_a_demo_and_where_its_rows_come_from(workspace):
    facts = workspace.facts
    assert (facts.title, facts.as_of, facts.is_demo) == ("嘉兴（演示数据）", "2025-10-31", True)
    assert facts.crs.equals(CRS(4549), ignore_axis_order=True)
    sources = {source.source for layer in workspace.layers() for source in layer.sources}
    assert sources == {"演示数据（合成，种子 7）"}
    assert set(workspace.audit()["at"]) == {MADE_AT}


def test_progress_rises_to_one_in_steps_that_have_words(steps):
    fractions = [fraction for fraction, _ in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    for language in ("zh", "en"):
        path = ROOT / "app" / "locale" / language / "demo.yaml"
        assert {step for _, step in steps} <= set(yaml.safe_load(path.read_text("utf-8")))


def test_nothing_but_the_finished_file_lies_in_the_folder(workspace):
    assert [path.name for path in workspace.path.parent.iterdir()] == [workspace.path.name]


def test_an_existing_file_is_left_alone(workspace):
    before = workspace.path.read_bytes()
    with pytest.raises(LayerError) as caught:
        build_demo(workspace.path, RECIPE, size="small", seed=1, created_at=MADE_AT)
    assert caught.value.code == "file_exists"
    assert workspace.path.read_bytes() == before


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(LayerError) as caught:
        build_demo(tmp_path / "no" / "a.gpkg", RECIPE, size="small", seed=1, created_at=MADE_AT)
    assert caught.value.code == "folder_missing"


def test_seven_counties_have_their_published_area_and_two_zones_theirs(frames):
    units = frames["units"].set_index("unit_id")
    area_km2 = pd.Series(ellipsoidal_area_m2(units.geometry, units.crs) / 1e6, index=units.index)
    assert list(units["unit_kind"]).count("county") == 7
    for unit_id, published in {**PUBLISHED_KM2, "jxjk": 110, "jxgq": 54}.items():
        assert area_km2[unit_id] == pytest.approx(published, rel=0.03), unit_id


@pytest.mark.parametrize("seed", [7, 8])
def test_the_counties_share_their_borders_without_gap_or_overlap(seed, again, other):
    units = {7: again, 8: other}[seed]["units"]
    counties = units.geometry[units["unit_kind"] == "county"]
    city = shapely.union_all(counties.array)
    assert city.geom_type == "Polygon"
    assert len(city.interiors) == 0
    assert counties.area.sum() == pytest.approx(city.area, abs=1.0)


def test_the_zones_lie_in_their_host_units(frames):
    units = frames["units"].set_index("unit_id").geometry
    jxjk = [units["jxjk"].intersection(units[u]).area for u in ("330402", "330411")]
    assert min(jxjk) > 0.1 * units["jxjk"].area
    assert sum(jxjk) == pytest.approx(units["jxjk"].area, rel=1e-6)
    assert units["jxgq"].within(units["330482"])


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the reference outlines are not beside us")
def test_the_counties_lie_at_their_true_places(frames):
    true = gpd.read_file(REFERENCE).to_crs(4549).set_index("name").geometry
    drawn = frames["units"].set_index("name").geometry
    for name in true.index:
        if name == "海盐县":  # the reference includes the sea
            assert drawn[name].intersection(true[name]).area > 0.8 * drawn[name].area
            continue
        overlap = drawn[name].intersection(true[name]).area / drawn[name].union(true[name]).area
        assert overlap > 0.5, name
        assert drawn[name].centroid.distance(true[name].centroid) < 8_000, name


def test_platforms_do_not_overlap_and_lie_in_their_units(frames):
    platforms = frames["major_platforms"]
    shapes = platforms.geometry.to_numpy()
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum())
    units = frames["units"].set_index("unit_id").geometry
    for shape, unit_id in zip(shapes, platforms["unit_id"], strict=True):
        assert shape.within(units[unit_id])


def test_the_numbers_of_major_platforms_show_all_cases_of_their_rule(frames):
    major = frames["major_platforms"].query("is_major")
    counts = major.groupby("unit_id").size()
    reasons = major.groupby("unit_id")["extra_reason"].count()
    assert sorted(counts) == [1, 1, 1, 1, 1, 2, 2, 3, 3]
    assert sorted(reasons[counts == 3]) == [0, 3]
    assert {"municipal", "provincial", "national"} == set(major["level"])
    assert not frames["major_platforms"].set_index("platform_id").loc["pt-bonded-b", "is_major"]


def test_haiyan_has_its_managed_and_its_approved_area(frames):
    platforms = frames["major_platforms"].set_index("platform_id")
    managed = ellipsoidal_area_m2([platforms.geometry["pt-haiyan"]], platforms.crs)[0] / 1e6
    blocks = frames["approved_boundaries"].set_index("platform_id")
    approved = ellipsoidal_area_m2([blocks.geometry["pt-haiyan"]], blocks.crs)[0] / 1e6
    assert managed == pytest.approx(91.81, rel=0.005)
    assert approved == pytest.approx(4.41, rel=0.005)


def test_approved_blocks_lie_inside_the_outline_in_use(frames):
    outlines = frames["major_platforms"].set_index("platform_id").geometry
    blocks = frames["approved_boundaries"]
    for shape, platform_id in zip(blocks.geometry, blocks["platform_id"], strict=True):
        assert shape.within(outlines[platform_id])


def test_the_shares_of_exited_parks_lie_below_at_and_above_thirty_percent(frames):
    parks = frames["parks"]
    counted = parks[parks["is_baseline"] & (parks["park_kind"] != "feature_town")]
    exited = counted["exited_on"].fillna("9999") <= "2025-10-31"
    share = exited.groupby(counted["unit_id"]).mean()
    outcomes = {unit_id: compare(share[unit_id], 0.3) for unit_id in PUBLISHED_KM2}
    assert outcomes["330483"] == 0
    assert {-1, 0, 1} == set(outcomes.values())


def test_only_one_of_the_two_zones_has_closed_its_town_parks(frames):
    parks = frames["parks"]
    kept = parks[~(parks["exited_on"].fillna("9999") <= "2025-10-31")]
    assert (kept["unit_id"] == "jxjk").sum() == 1
    assert (kept["unit_id"] == "jxgq").sum() == 0


def test_parks_that_leave_lie_outside_all_platforms(frames):
    parks = frames["parks"].query("disposition != 'sub_park'")
    platforms = shapely.union_all(frames["major_platforms"].geometry.array)
    assert shapely.disjoint(parks.geometry.to_numpy(), platforms).all()
    assert parks["platform_id"].isna().all()


def test_there_are_about_1500_valid_parcels_and_a_fifth_is_supply_ready(frames):
    parcels = frames["land_parcels"]
    assert len(parcels) == pytest.approx(1500, rel=0.05)
    assert parcels.geometry.is_valid.all()
    assert 0.19 < parcels["state"].isin(READY).mean() < 0.26
    area_mu = ellipsoidal_area_m2(parcels.geometry, parcels.crs) * 3 / 2000
    assert 25 < area_mu.mean() < 45
    assert ((area_mu > 10) & (area_mu < 80)).mean() > 0.8
    assert (parcels.geometry.geom_type == "MultiPolygon").any()


def test_the_parcels_show_what_real_cadastral_data_are_like(frames):
    shapes = frames["land_parcels"].geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, "dwithin", distance=2.0)
    once = first < second
    gap = shapely.distance(shapes[first[once]], shapes[second[once]])
    overlap = shapely.area(shapely.intersection(shapes[first[once]], shapes[second[once]]))
    assert ((gap > 0.1) & (gap < 1.6)).sum() > 50
    assert ((overlap > 0.5) & (overlap < 500)).sum() > 20
    width = 2 * shapely.area(shapes) / shapely.length(shapes)
    assert (width < 2.0).sum() >= 3


def test_declared_areas_mostly_equal_the_outline_and_sometimes_differ(frames):
    parcels = frames["land_parcels"]
    measured = ellipsoidal_area_m2(parcels.geometry, parcels.crs)
    off = (parcels["area_declared_m2"] / measured - 1).abs()
    assert 0.02 < (off > 1e-3).mean() < 0.12
    assert parcels["area_declared_m2"].isna().any()


def test_no_parcel_lies_in_the_corridor_of_a_trunk_road_railway_or_river(frames):
    trunk = frames["barriers"].query("barrier_class not in ['lane', 'ditch']")
    half = trunk["width_m"].fillna(0) / 2
    corridor = shapely.buffer(trunk.geometry.to_numpy(), half.to_numpy(), cap_style="flat")
    hit, _ = shapely.STRtree(frames["land_parcels"].geometry.to_numpy()).query(
        corridor, "intersects"
    )
    assert len(hit) == 0


def test_lanes_and_ditches_run_in_the_gaps_between_parcels(frames):
    narrow = frames["barriers"].query("barrier_class in ['lane', 'ditch']")
    parcels = shapely.union_all(frames["land_parcels"].geometry.array)
    covered = shapely.length(shapely.intersection(narrow.geometry.to_numpy(), parcels))
    assert len(narrow) > 0
    assert covered.sum() < 0.02 * narrow.length.sum()


def test_everything_on_the_map_lies_in_the_city(frames):
    west, south, east, north = frames["units"].total_bounds
    for name, frame in frames.items():
        if isinstance(frame, gpd.GeoDataFrame) and name != "data_coverage":
            x0, y0, x1, y1 = frame.total_bounds
            assert west - 1 <= x0 < x1 <= east + 1, name
            assert south - 1 <= y0 < y1 <= north + 1, name


def test_every_kind_of_barrier_and_constraint_is_there(frames):
    for layer, column in (
        ("barriers", "barrier_class"), ("constraints", "constraint_kind"),
        ("facilities", "facility_kind"),
    ):  # fmt: skip
        known = set(CONTRACTS[layer].field(column).values) - {"other"}
        assert set(frames[layer][column]) == known, layer
    assert set(frames["barriers"].geom_type) >= {"LineString", "Polygon"}


def test_most_parcels_lie_inside_the_growth_boundary_and_farmland_reaches_some_ready_ones(frames):
    constraints, parcels = frames["constraints"], frames["land_parcels"]
    growth = constraints[constraints["constraint_kind"] == "urban_growth_boundary"]
    farmland = constraints[constraints["constraint_kind"] == "permanent_farmland"]
    inside = area_inside_m2(parcels.geometry, growth.geometry, parcels.crs)
    assert inside.sum() > 0.8 * parcels.area.sum()
    ready = parcels[parcels["state"].isin(READY)]
    assert (area_inside_m2(ready.geometry, farmland.geometry, parcels.crs) > 1).any()


def test_references_resolve(frames):
    keys = {
        "unit_id": set(frames["units"]["unit_id"]),
        "platform_id": set(frames["major_platforms"]["platform_id"]),
        "park_id": set(frames["parks"]["park_id"]),
        "project_id": set(frames["projects"]["project_id"]),
        "enterprise_id": set(frames["enterprises"]["enterprise_id"]),
    }
    parcels = set(frames["land_parcels"]["parcel_id"])
    for name, frame in frames.items():
        for column, known in keys.items():
            if column in frame:
                assert set(frame[column].dropna()) <= known, (name, column)
        if "parcel_ids" in frame:
            named = {i for text in frame["parcel_ids"].dropna() for i in split_list(text)}
            assert named <= parcels, name


def industrial_land(frames, unit_id: str, year: int) -> pd.DataFrame:
    rows = frames["element_allotments"]
    return rows[
        (rows["unit_id"] == unit_id) & (rows["year"] == year) & (rows["element"] == "land")
        & rows["is_industrial"] & (rows["allotment_status"] == "allotted")
    ]  # fmt: skip


def share_inside(frames, unit_id: str, year: int) -> float:
    rows = industrial_land(frames, unit_id, year)
    parcels = frames["land_parcels"].set_index("parcel_id").geometry
    shapes = [
        shape if shape is not None
        else shapely.union_all([parcels[i] for i in split_list(ids)])
        for shape, ids in zip(rows.geometry, rows["parcel_ids"], strict=True)
    ]  # fmt: skip
    high = frames["major_platforms"].query("level in ['national', 'provincial']")
    parks = frames["parks"]
    subs = parks[parks["platform_id"].isin(high["platform_id"])]
    zones = [*high.geometry, *subs.geometry]
    inside = area_inside_m2(shapes, zones, rows.crs).sum()
    return float(inside / ellipsoidal_area_m2(shapes, rows.crs).sum())


@pytest.mark.parametrize("year", [2024, 2025])
def test_one_unit_puts_exactly_seventy_percent_of_its_land_into_zones_and_one_sixty(frames, year):
    assert compare(share_inside(frames, "330411", year), 0.7) == 0
    assert share_inside(frames, "330481", year) == pytest.approx(0.6, abs=0.005)
    for unit_id in ("330402", "330424", "330483", "jxjk"):
        assert 0.7 < share_inside(frames, unit_id, year) < 1 or unit_id == "330483"


def test_energy_of_that_unit_is_seventy_percent_too(frames):
    rows = frames["element_allotments"]
    energy = rows[
        (rows["unit_id"] == "330411") & (rows["element"] == "energy") & rows["is_industrial"]
    ]
    land = industrial_land(frames, "330411", 2024)
    assert len(land) == 10
    assert set(energy["energy_tce"]) == {1500.0}


def test_rows_of_one_project_stand_on_the_same_land(frames):
    rows = frames["element_allotments"].copy()
    rows["group"] = rows["allotment_id"].str.rsplit("-", n=1).str[0]
    rows["wkb"] = shapely.to_wkb(rows.geometry.to_numpy())
    for column in ("wkb", "parcel_ids", "project_id", "unit_id"):
        assert (rows.groupby("group")[column].nunique(dropna=False) == 1).all()
    neither = rows.geometry.isna() & rows["parcel_ids"].isna()
    assert neither.any()
    assert set(rows["element"]) == {"land", "energy", "emission"}
    assert set(rows["year"]) == {2024, 2025}


def test_platform_figures_are_there_for_both_years_and_the_quarters_sum_to_the_year(frames):
    figures = frames["platform_indicators"]
    assert {"2024", "2025", "2024Q1", "2025Q3"} <= set(figures["period"])
    output = figures.pivot_table(index="platform_id", columns="period", values="output_yi_yuan")
    quarters = output[[f"2024Q{n}" for n in range(1, 5)]].sum(axis=1)
    assert np.allclose(quarters, output["2024"], rtol=1e-4)
    assert output["2025"].isna().sum() == 1
    year = figures[figures["period"] == "2024"]
    for name, threshold in (("output_yi_yuan", 500), ("tax_yi_yuan", 30)):
        per_mu = year[name] * 1e4 / year["above_scale_land_mu"]
        assert per_mu.min() < threshold < per_mu.max()


def test_enterprises_stand_on_parcels_of_their_platform(frames):
    firms = frames["enterprises"]
    assert len(firms) == 300
    tree = shapely.STRtree(frames["land_parcels"].geometry.to_numpy())
    assert len(np.unique(tree.query(firms.geometry.to_numpy(), "intersects")[0])) == 300
    assert set(frames["enterprise_indicators"]["year"]) == {2024, 2025}
    assert firms["credit_code"].str.len().eq(18).all()
    assert firms["credit_code"].str.contains("O").all()


def test_events_are_numbered_in_the_order_of_entry_and_follow_the_chain(frames):
    events = frames["project_events"].sort_values("entry_seq")
    assert list(events["entry_seq"]) == list(range(1, len(events) + 1))
    assert events["entered_at"].is_monotonic_increasing
    assert (events["event_on"] <= events["entered_at"].str[:10]).all()
    assert set(events["event_on"].str[:4]) == {"2024", "2025"}
    assert events["event_on"].max() <= "2025-10-31"
    # steps of the approval are entered on their day, the others up to some days later
    beside = {*STEP_WORDS, "signing_report", *(kind for kind, *_ in LIST_STEPS)}
    of_chain = events[~events["event_kind"].isin(beside)]
    first = of_chain.groupby("project_id")["event_on"].min()
    assert (events["event_on"] >= events["project_id"].map(first)).all()
    for _, history in of_chain.groupby("project_id"):
        assert history["event_on"].is_monotonic_increasing
    started = events[events["event_kind"] == "started"].set_index("project_id")["event_on"]
    projects = frames["projects"].set_index("project_id")["started_on"].dropna()
    assert started.to_dict() == projects.to_dict()


def test_two_units_talk_with_one_investor_within_a_month(frames):
    projects = frames["projects"]
    twins = projects[projects.duplicated(["investor_name", "product"], keep=False)]
    assert twins.groupby("investor_name")["unit_id"].nunique().eq(2).all()
    talks = twins[(twins["stage"] == "in_talks") & (twins["investment_yi_yuan"] >= 10)]
    events = frames["project_events"].query("event_kind == 'first_report'")
    days = pd.to_datetime(events.set_index("project_id")["event_on"])
    gaps = [
        abs((days[group.iloc[0]] - days[group.iloc[1]]).days)
        for _, group in talks.groupby("investor_name")["project_id"] if len(group) == 2
    ]  # fmt: skip
    assert any(gap <= 31 for gap in gaps)


def test_one_grant_went_to_a_firm_in_a_park_that_leaves(frames):
    leaving = set(frames["parks"].query("disposition == 'exiting'")["park_id"])
    assert frames["support_grants"]["park_id"].isin(leaving).sum() == 1


def test_the_elevation_is_a_plain_with_hills(workspace, frames):
    relief = workspace.read_raster("dem")
    assert relief.cell_width == relief.cell_height == 50
    west, _, _, north = frames["units"].total_bounds
    assert relief.west <= west
    assert relief.north >= north
    assert np.nanmin(relief.cells) > 0
    assert np.nanmedian(relief.cells) < 8
    assert 100 < np.nanmax(relief.cells) < 250


def test_the_flood_stands_on_the_low_land_alone_and_is_known_wherever_the_height_is(workspace):
    relief, depth = workspace.read_raster("dem"), workspace.read_raster("flood_depth")
    level_m = read_recipe(RECIPE).flood_level_m
    known = ~np.isnan(relief.cells)
    np.testing.assert_array_equal(~np.isnan(depth.cells), known)
    heights, depths = relief.cells[known], depth.cells[known]
    assert (depths[heights >= level_m] == 0).all()
    low = heights < level_m
    np.testing.assert_allclose(depths[low] + heights[low], level_m, rtol=1e-6)
    assert 0.01 < low.mean() < 0.3


def test_the_same_seed_gives_the_same_heights_and_another_seed_others(workspace, frames):
    units = gpd.GeoDataFrame(frames["units"])
    held = workspace.read_raster("dem").cells
    same, others = (
        make_relief(read_recipe(RECIPE), units, stream(seed, "relief")).cells for seed in (7, 8)
    )
    np.testing.assert_array_equal(same, held)
    assert not np.array_equal(others, held, equal_nan=True)


def test_the_file_is_a_geopackage_that_lists_all_layers(workspace):
    with closing(sqlite3.connect(workspace.path)) as connection:
        held = {name for (name,) in connection.execute("SELECT table_name FROM gpkg_contents")}
    assert set(CONTRACTS) | set(RASTERS) <= held
