"""Barriers, planning lines, relief."""

from dataclasses import replace
from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import shapely.ops
from pyproj import CRS

from geo.arrays import Shapes
from geo.raster import Raster
from layers.demo.drawing import GRID_M, meander, places_xy, planned_area
from layers.demo.recipe import CourseRow, Recipe

ROAD_AMPLITUDE, RIVER_AMPLITUDE = 0.02, 0.07
STEP_M = 1200.0
MARGIN_M = 8.0
"""Between a corridor and the parcels beside it."""

LANE_WIDTHS_M = (4.0, 9.0)
DITCH_WIDTHS_M = (2.5, 5.0)


def make_trunks(
    recipe: Recipe, units: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Draw the trunk roads, railways and rivers of the city.

    ``units``: Layer ``units``; courses end at the city's border.

    Layer ``barriers`` without lanes; lines with their width, one river as its water surface.
    """
    crs = CRS(units.crs)
    city = shapely.union_all(units.geometry.array)
    shapes = [shapely.intersection(course(row, crs, rng), city) for row in recipe.barriers]
    drawn = [
        shapely.intersection(shape.buffer(row.width_m / 2, cap_style="flat"), city)
        if row.drawn == "polygon" else shape
        for row, shape in zip(recipe.barriers, shapes, strict=True)
    ]  # fmt: skip
    return gpd.GeoDataFrame(
        {
            "barrier_id": [f"bz-{n:03d}" for n in range(1, len(drawn) + 1)],
            "name": [row.name for row in recipe.barriers],
            "barrier_class": [row.barrier_class for row in recipe.barriers],
            "width_m": [np.nan if r.drawn == "polygon" else r.width_m for r in recipe.barriers],
            "note": "走向为示意，宽度为演示设定",
        },
        geometry=drawn,
        crs=crs,
    )


def course(row: CourseRow, crs: CRS, rng: np.random.Generator) -> shapely.LineString:
    """Draw one course with small bends.

    In ``crs``.
    """
    amplitude = RIVER_AMPLITUDE if row.barrier_class == "trunk_river" else ROAD_AMPLITUDE
    return shapely.LineString(meander(places_xy(row.course, crs), amplitude, STEP_M, rng))


def corridors(trunks: gpd.GeoDataFrame) -> Shapes:
    """Give the land the trunk barriers take, with a margin on both sides.

    ``trunks``: Layer ``barriers``.
    """
    half = np.nan_to_num(trunks["width_m"].to_numpy(dtype=np.float64)) / 2 + MARGIN_M
    shapes: Shapes = shapely.buffer(
        trunks.geometry.to_numpy(), half, cap_style="flat", join_style="mitre"
    )
    return shapes


def make_lanes(
    lines: Shapes, widths_m: npt.NDArray[np.float64], crs: CRS, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Turn the gaps inside blocks into lanes and ditches.

    ``widths_m``: Width of each gap [m].

    Layer ``barriers``: classes ``lane`` and, where narrow, ``ditch``.
    """
    narrow = widths_m <= DITCH_WIDTHS_M[1]
    is_ditch = narrow & (rng.random(len(lines)) < 0.7)
    kinds = np.where(is_ditch, "ditch", "lane")
    words = np.where(is_ditch, "演示沟渠", "演示支路")
    numbers = np.arange(1, len(lines) + 1)
    return gpd.GeoDataFrame(
        {
            "barrier_id": [f"zl-{n:03d}" for n in numbers],
            "name": [f"{word}{n:03d}" for word, n in zip(words, numbers, strict=True)],
            "barrier_class": kinds,
            "width_m": np.round(widths_m, 1),
            "note": "演示设定",
        },
        geometry=list(lines),
        crs=crs,
    )


FARMLAND_PER_UNIT, FARMLAND_KM2 = 6, (4.0, 14.0)
RIVER_ZONE_M = 30.0
GROWTH_MARGIN_M, GROWTH_STEP_M = 260.0, 40.0
CONTROL_SHARE = 0.6
IN_FORCE = {
    "permanent_farmland": "2022-10-14", "ecological_redline": "2022-10-14",
    "urban_growth_boundary": "2022-10-14", "industrial_control_line": "2021-06-01",
    "river_management": "2019-01-01", "pipeline": "2018-01-01", "cultural_relic": "2017-01-01",
    "drinking_water": "2019-01-01", "power_corridor": "2018-01-01", "geohazard": "2020-01-01",
}  # fmt: skip
SEVERITY = {
    "permanent_farmland": "block", "ecological_redline": "block",
    "urban_growth_boundary": "block", "industrial_control_line": "info",
    "river_management": "warn", "pipeline": "warn", "cultural_relic": "warn",
    "drinking_water": "block", "power_corridor": "warn", "geohazard": "warn",
}  # fmt: skip

Rows = list[tuple[str, str, shapely.Geometry]]


def make_constraints(
    recipe: Recipe,
    units: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    trunks: gpd.GeoDataFrame,
    *,
    intrusions: int,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Draw the layer of constraints.

    ``units, platforms, parks, parcels, trunks``: Layers of those names, ``barriers`` without
      lanes.

    Layer ``constraints``; the growth boundary binds outside itself, all others inside.
    """
    crs = CRS(units.crs)
    city = shapely.union_all(units.geometry.array)
    protected = _protected(recipe, city, crs, rng)
    farmland = _farmland(units, platforms, parks, parcels, rng)
    patches = _intrusions(parcels, intrusions, rng)
    spared = shapely.union_all([shape for _, _, shape in [*farmland, *patches]])
    rows = [
        *farmland, *patches, *protected,
        *_growth(units, platforms, parks, spared),
        *_control_lines(recipe, platforms, rng),
        *_river_zones(trunks, city), *_pipelines(recipe, crs, city, rng),
        *_marked_areas(recipe, crs, city),
    ]  # fmt: skip
    kinds = [kind for kind, _, _ in rows]
    return gpd.GeoDataFrame(
        {
            "constraint_id": [f"gk-{n:03d}" for n in range(1, len(rows) + 1)],
            "name": [name for _, name, _ in rows],
            "constraint_kind": kinds,
            "severity": [SEVERITY[kind] for kind in kinds],
            "applies": [
                "outside" if kind == "urban_growth_boundary" else "inside" for kind in kinds
            ],
            "effective_from": [IN_FORCE[kind] for kind in kinds],
            "note": "示意范围（演示），非法定界线",
        },
        geometry=shapely.set_precision([shape for *_, shape in rows], GRID_M),
        crs=crs,
    )


def _protected(recipe: Recipe, city: shapely.Geometry, crs: CRS, rng: np.random.Generator) -> Rows:
    rows: Rows = []
    for row in recipe.protected:
        x, y = places_xy([row.at], crs)[0]
        angles = (np.arange(24) + rng.uniform(-0.3, 0.3, 24)) * np.pi / 12
        radii = rng.normal(1, 0.12, 24).clip(0.6, 1.4)
        ring = np.column_stack([np.cos(angles) * 1.2, np.sin(angles)]) * radii[:, None]
        scale = np.sqrt(row.km2 * 1e6 / shapely.Polygon(ring).area)
        placed = shapely.Polygon(ring * scale + np.array([x, y]))
        rows.append((row.constraint_kind, row.name, shapely.intersection(placed, city)))
    return rows


def _farmland(
    units: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> Rows:
    outside = shapely.union_all([*platforms.geometry, *parks.geometry]).buffer(150, quad_segs=1)
    built = shapely.buffer(parcels.geometry.to_numpy(), 60, quad_segs=1)
    tree = shapely.STRtree(built)
    rows: Rows = []
    for unit, land in zip(units.itertuples(), units.geometry, strict=True):
        if unit.unit_kind != "county":
            continue
        room = land.buffer(-200).difference(outside)
        west, south, east, north = room.bounds
        drawn: list[shapely.Polygon] = []
        while len(drawn) < FARMLAND_PER_UNIT:
            x, y = rng.uniform(west, east), rng.uniform(south, north)
            if not shapely.contains_xy(room, x, y):
                continue
            patch = planned_area(
                (x, y), float(rng.uniform(*FARMLAND_KM2)) * 1e6, turn=float(rng.uniform(-45, 45)),
                stretch=float(rng.uniform(1, 2)), rng=rng, within=room,
            )  # fmt: skip
            room = room.difference(patch.buffer(100))
            near = built[tree.query(patch)]
            drawn.append(patch.difference(shapely.union_all(near)))
        rows += [
            ("permanent_farmland", f"{unit.name}永久基本农田{n}片", shape)
            for n, shape in enumerate(drawn, start=1)
        ]
    return rows


def _intrusions(parcels: gpd.GeoDataFrame, wanted: int, rng: np.random.Generator) -> Rows:
    ready = np.flatnonzero(parcels["state"].isin(["cleared", "listed"]))
    rows: Rows = []
    for number, position in enumerate(rng.choice(ready, wanted, replace=False), start=1):
        centre = shapely.get_coordinates(shapely.point_on_surface(parcels.geometry.iloc[position]))[
            0
        ]
        length, width = rng.uniform(180, 420), rng.uniform(60, 160)
        turn = rng.uniform(0, np.pi)
        along = np.array([np.cos(turn), np.sin(turn)]) * length / 2
        across = np.array([-np.sin(turn), np.cos(turn)]) * width / 2
        corners = [along + across, along - across, -along - across * 0.7, -along + across]
        patch = shapely.Polygon([centre + corner for corner in corners])
        rows.append(("permanent_farmland", f"零星永久基本农田{number}", patch))
    return rows


def _growth(
    units: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    spared: shapely.Geometry,
) -> Rows:
    kept = parks.geometry[parks["exited_on"].isna()]
    towns = shapely.union_all([*platforms.geometry, *kept])
    grown = towns.buffer(GROWTH_MARGIN_M, quad_segs=2).simplify(GROWTH_STEP_M).difference(spared)
    counties = units[units["unit_kind"] == "county"]
    return [
        ("urban_growth_boundary", f"{name}城镇开发边界", shapely.intersection(land, grown))
        for name, land in zip(counties["name"], counties.geometry, strict=True)
    ]


def _control_lines(recipe: Recipe, platforms: gpd.GeoDataFrame, rng: np.random.Generator) -> Rows:
    rows: Rows = []
    for row, outline in zip(recipe.platforms, platforms.geometry, strict=True):
        for part in shapely.get_parts(outline):
            middle = part.point_on_surface() if not part.contains(part.centroid) else part.centroid
            line = planned_area(
                (middle.x, middle.y), part.area * CONTROL_SHARE, turn=row.turn, stretch=1.3,
                rng=rng, within=part.buffer(-40),
            )  # fmt: skip
            rows.append(("industrial_control_line", f"{row.short}工业用地控制线", line))
    return rows


def _river_zones(trunks: gpd.GeoDataFrame, city: shapely.Geometry) -> Rows:
    rivers = trunks[trunks["barrier_class"] == "trunk_river"]
    half = rivers["width_m"].fillna(0).to_numpy(dtype=np.float64) / 2 + RIVER_ZONE_M
    zones = shapely.intersection(
        shapely.buffer(rivers.geometry.to_numpy(), half, quad_segs=2), city
    )
    return [
        ("river_management", f"{name}河道管理范围", zone)
        for name, zone in zip(rivers["name"], zones, strict=True)
    ]


def _pipelines(recipe: Recipe, crs: CRS, city: shapely.Geometry, rng: np.random.Generator) -> Rows:
    return [
        (
            "pipeline", row.name,
            shapely.intersection(course(row, crs, rng).buffer(row.width_m / 2, quad_segs=2), city),
        )
        for row in recipe.pipelines
    ]  # fmt: skip


def _marked_areas(recipe: Recipe, crs: CRS, city: shapely.Geometry) -> Rows:
    """Draw one circle a place: what a city has little of."""
    centres = shapely.points(places_xy([row.at for row in recipe.marked_areas], crs))
    radii_m = [np.sqrt(row.km2 * 1e6 / np.pi) for row in recipe.marked_areas]
    circles = shapely.intersection(shapely.buffer(centres, radii_m, quad_segs=6), city)
    return [
        (row.constraint_kind, row.name, circle)
        for row, circle in zip(recipe.marked_areas, circles, strict=True)
    ]


def make_facilities(
    recipe: Recipe, units: gpd.GeoDataFrame, platforms: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Place the facilities: the recipe's, and two substations and a plant in each large platform.

    Layer ``facilities``, points.
    """
    city = shapely.union_all(units.geometry.array).buffer(-100)
    places = shapely.points(places_xy([row.at for row in recipe.facilities], CRS(units.crs)))
    shapes = [shapely.ops.nearest_points(city, point)[0] for point in places]
    names = [row.name for row in recipe.facilities]
    kinds = [row.facility_kind for row in recipe.facilities]
    for row, outline in zip(recipe.platforms, platforms.geometry, strict=True):
        for kind, word in (
            ("substation", "变电站"),
            ("substation", "变电站"),
            ("treatment_plant", "污水处理厂"),
        ):
            west, south, east, north = outline.bounds
            spot = shapely.Point(rng.uniform(west, east), rng.uniform(south, north))
            shapes.append(shapely.ops.nearest_points(outline.buffer(-100), spot)[0])
            kinds.append(kind)
            names.append(f"演示{word}（{row.short}{len(names):02d}）")
    rounded = shapely.transform(np.array(shapes, dtype=object), lambda xy: np.round(xy, 2))
    frame = pd.DataFrame(
        {
            "facility_id": [f"ss-{n:03d}" for n in range(1, len(names) + 1)],
            "name": names,
            "facility_kind": kinds,
            "note": "位置示意（演示）",
        }
    )
    return gpd.GeoDataFrame(frame, geometry=rounded, crs=units.crs)


CELL_M = 50.0
PLAIN_M = (1.0, 8.0)
WAVES = 6


def make_relief(recipe: Recipe, units: gpd.GeoDataFrame, rng: np.random.Generator) -> Raster:
    """Draw the elevation of the city.

    ``units``: Layer ``units``; cells outside have no value.

    Elevation [m].
    """
    west, south, east, north = (float(v) for v in units.total_bounds)
    west, north = np.floor(west / CELL_M) * CELL_M, np.ceil(north / CELL_M) * CELL_M
    x = np.arange(west + CELL_M / 2, east, CELL_M)
    y = np.arange(north - CELL_M / 2, south, -CELL_M)
    grid = np.zeros((len(y), len(x)), dtype=np.float64)
    for _ in range(WAVES):
        length, turn, phase = rng.uniform(4e3, 3e4), rng.uniform(0, np.pi), rng.uniform(0, 6.28)
        wave = 2 * np.pi / length
        a, b = (x - west) * np.cos(turn) * wave + phase, (north - y) * np.sin(turn) * wave
        # sin(a + b), row by column: two products of lines instead of a sine of every cell.
        grid += np.outer(np.cos(b), np.sin(a)) + np.outer(np.sin(b), np.cos(a))
    low, high = grid.min(), grid.max()
    grid = PLAIN_M[0] + (grid - low) / (high - low) * (PLAIN_M[1] - PLAIN_M[0])
    for hill in recipe.hills:
        at = places_xy([hill.at], CRS(units.crs))[0]
        spread = 2 * (hill.radius_m / 2) ** 2
        across, along = np.exp(-((x - at[0]) ** 2) / spread), np.exp(-((y - at[1]) ** 2) / spread)
        grid += hill.height_m * np.outer(along, across)
    city = shapely.union_all(units.geometry.array).buffer(CELL_M)
    shapely.prepare(city)
    xs, ys = np.meshgrid(x, y)
    grid[~shapely.contains_xy(city, xs.ravel(), ys.ravel()).reshape(grid.shape)] = np.nan
    heights = np.round(grid, 2).astype(np.float32)
    return Raster(heights, float(west), float(north), CELL_M, CELL_M, CRS(units.crs))


def make_flood_depth(relief: Raster, level_m: float) -> Raster:
    """Fill the land up to one level, as far as it lies lower.

    ``relief``: Elevation [m].
    ``level_m``: Level of the water [m].

    Depth [m], 0 on land that stays dry.
    """
    return replace(relief, cells=np.maximum(np.float32(level_m) - relief.cells, np.float32(0)))


COVERING = {
    "permanent_farmland": ("自然资源和规划局", 90), "ecological_redline": ("自然资源和规划局", 90),
    "urban_growth_boundary": ("自然资源和规划局", 90),
    "industrial_control_line": ("经济和信息化局", 180), "river_management": ("水利局", 200),
    "pipeline": ("发展和改革委员会", 200), "cultural_relic": ("文化广电旅游局", 200),
    "drinking_water": ("生态环境局", 200), "power_corridor": ("供电公司", 200),
    "geohazard": ("自然资源和规划局", 200),
}  # fmt: skip
"""Who answers for a kind of constraint, and how many days old the data are."""

LAYERS_COVERING = {
    "land_parcels": ("自然资源和规划局", 20), "barriers": ("交通运输局", 120),
    "facilities": ("发展和改革委员会", 120), "enterprises": ("市场监督管理局", 60),
    "element_allotments": ("自然资源和规划局", 10), "element_quotas": ("发展和改革委员会", 10),
    "platform_indicators": ("统计局", 250), "enterprise_indicators": ("统计局", 250),
    "projects": ("投资促进局", 1), "project_events": ("投资促进局", 1),
    "targets": ("投资促进局", 30),
}  # fmt: skip


def make_coverage(units: gpd.GeoDataFrame, as_of: str) -> gpd.GeoDataFrame:
    """State for every unit that all data are on file, whose they are and of which day.

    ``units``: Layer ``units``.
    ``as_of``: Day (ISO) of the demonstration.

    Table ``data_coverage``.
    """
    subjects: list[tuple[str, str | None, str, int]] = [
        ("constraints", kind, *who) for kind, who in COVERING.items()
    ]
    subjects += [(layer, None, *who) for layer, who in LAYERS_COVERING.items()]
    rows = [
        {
            "coverage_id": f"FG-{kind or layer}-{unit_id}", "covered_layer": layer,
            "covered_kind": kind, "unit_id": unit_id,
            "data_on": (date.fromisoformat(as_of) - timedelta(days=age)).isoformat(),
            "responsible": office, "source_doc": "演示数据", "note": "演示设定",
        }
        for layer, kind, office, age in subjects
        for unit_id in units["unit_id"]
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    return gpd.GeoDataFrame(frame, geometry=np.full(len(frame), None), crs=units.crs)


def with_gaps(
    coverage: gpd.GeoDataFrame, quotas: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, str]:
    """Take out of a demonstration what cities often lack.

    ``coverage, quotas``: Tables ``data_coverage`` and ``element_quotas``.

    Redlines without a date, farmland on file in all units but the first, quotas of the last year
    missing; and the unit without farmland.
    """
    unit_id = str(coverage["unit_id"].iloc[0])
    undated = coverage["covered_kind"].eq("ecological_redline")
    coverage = coverage.assign(data_on=coverage["data_on"].mask(undated))
    lost = coverage["covered_kind"].eq("permanent_farmland") & coverage["unit_id"].eq(unit_id)
    last_year = quotas["year"].max()
    return coverage[~lost], quotas[quotas["year"] < last_year], unit_id
