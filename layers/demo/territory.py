"""Units, platforms, parks."""

from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import shapely.ops
from pyproj import CRS

from geo.arrays import Floats
from geo.measure import ellipsoidal_area_m2
from geo.units import m2_to_mu
from layers.demo.drawing import largest_part, meander, places_xy, planned_area
from layers.demo.recipe import ApprovedRow, ParkRow, PlatformRow, Recipe

WEIGHT_STEPS = 120
SAMPLE_M = 400.0
WANDERING_ROUNDS = 8
FITTED_SHARE = 0.012
BORDER_AMPLITUDE = 0.03
BORDER_STEP_M = 900.0


def make_units(recipe: Recipe, crs: CRS, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Draw the nine units of assessment.

    Layer ``units``: seven counties without gap or overlap, then the functional zones.
    """
    counties = make_counties(recipe, crs, rng)
    shapes = dict(zip((u.unit_id for u in recipe.units), counties, strict=True))
    zones = []
    for zone in recipe.zones:
        x, y = places_xy([zone.at], crs)[0]
        host = shapely.union_all([shapes[unit_id] for unit_id in zone.hosts])
        zones.append(
            planned_area(
                (x, y), zone.km2 * 1e6, turn=zone.turn, stretch=zone.stretch, rng=rng,
                within=host.buffer(-50),
            )
        )  # fmt: skip
    rows = recipe.assessed
    return gpd.GeoDataFrame(
        {
            "unit_id": [row.unit_id for row in rows],
            "name": [row.name for row in rows],
            "unit_kind": ["county"] * len(recipe.units) + ["functional_zone"] * len(recipe.zones),
            "source_doc": [recipe.source_words(row.source) for row in rows],
            "note": "示意范围（演示），非法定界线",
        },
        geometry=[*counties, *zones],
        crs=crs,
    )


def make_counties(recipe: Recipe, crs: CRS, rng: np.random.Generator) -> list[shapely.Polygon]:
    """Divide the city among the counties.

    One per county of the recipe, in its order.
    """
    outline = shapely.Polygon(places_xy(recipe.outline, crs))
    seats = places_xy([seat for unit in recipe.units for seat in unit.seats], crs)
    of_unit = np.repeat(np.arange(len(recipe.units)), [len(u.seats) for u in recipe.units])
    published = np.array([unit.land_km2 * 1e6 for unit in recipe.units])
    draws = int(rng.integers(2**32))
    weights = np.zeros(len(recipe.units))
    wanted = published * (outline.area / published.sum())
    best, counties = np.inf, []
    for _ in range(WANDERING_ROUNDS):
        weights = _fitted_weights(outline, seats, of_unit, weights, wanted)
        cells = power_cells(outline, seats, weights[of_unit])
        drawn = _with_wandering_borders(
            cells, seats, weights, of_unit, np.random.default_rng(draws)
        )
        measured = ellipsoidal_area_m2(drawn, crs)
        off = float(np.abs(measured / published - 1).max())
        if off < best:
            best, counties = off, drawn
        if best < FITTED_SHARE:
            break
        wanted += published * (measured.sum() / published.sum()) - measured
    return counties


def _fitted_weights(
    outline: shapely.Polygon,
    seats: Floats,
    of_unit: npt.NDArray[np.intp],
    weights: Floats,
    wanted: Floats,
) -> Floats:
    west, south, east, north = outline.bounds
    xs, ys = np.meshgrid(np.arange(west, east, SAMPLE_M), np.arange(south, north, SAMPLE_M))
    points = np.column_stack([xs.ravel(), ys.ravel()])
    points = points[shapely.contains_xy(outline, points)]
    distances = ((points[:, None, :] - seats[None]) ** 2).sum(axis=2)
    for _ in range(WEIGHT_STEPS):
        owner = of_unit[(distances - weights[of_unit]).argmin(axis=1)]
        counts = np.bincount(owner, minlength=len(weights))
        weights = weights + 0.15 * (wanted - counts * wanted.sum() / len(points))
    return weights


def power_cells(outline: shapely.Polygon, seats: Floats, weights: Floats) -> list[shapely.Geometry]:
    """Cut the power diagram of the seats: each cell is nearest in distance² less weight.

    ``seats``: Points [m], n by 2.
    ``weights``: Weight of each seat [m²]; seats of one unit share theirs.
    """
    reach = 4 * float(np.ptp(np.asarray(outline.exterior.coords), axis=0).max())
    cells = []
    for i, seat in enumerate(seats):
        cell = outline
        for j, other in enumerate(seats):
            if i == j:
                continue
            leg = other - seat
            distance = float(np.hypot(*leg))
            along, across = leg / distance, np.array([-leg[1], leg[0]]) / distance
            limit = (distance**2 + weights[i] - weights[j]) / (2 * distance)
            edge = seat + along * limit
            near = [edge + across * reach, edge - across * reach]
            far = [point - along * 2 * reach for point in reversed(near)]
            cell = shapely.intersection(cell, shapely.Polygon([*near, *far]))
        cells.append(cell)
    return cells


def _with_wandering_borders(
    cells: list[shapely.Geometry],
    seats: Floats,
    weights: Floats,
    of_unit: npt.NDArray[np.intp],
    rng: np.random.Generator,
) -> list[shapely.Polygon]:
    snapped = shapely.set_precision(np.asarray(cells, dtype=object), 1.0)
    whole = [shapely.union_all(snapped[of_unit == i]) for i in range(len(weights))]
    edges = shapely.get_parts(shapely.union_all(shapely.boundary(whole)))
    edges = edges[np.lexsort(shapely.bounds(edges).T)]
    wandering = [
        shapely.LineString(
            meander(shapely.get_coordinates(edge), BORDER_AMPLITUDE, BORDER_STEP_M, rng)
        )
        for edge in edges
    ]
    faces = shapely.get_parts(shapely.polygonize(wandering))
    middles = shapely.get_coordinates(shapely.point_on_surface(faces))
    power = ((middles[:, None, :] - seats[None]) ** 2).sum(axis=2) - weights[of_unit]
    owner = of_unit[power.argmin(axis=1)]
    return [largest_part(shapely.union_all(faces[owner == i])) for i in range(len(weights))]


SPACING_M = 80.0
KM2 = 1e6
CHAINS = {
    "17": "现代纺织", "26": "化工新材料", "33": "紧固件", "36": "汽车零部件", "38": "光伏",
    "39": "集成电路", "40": "智能传感",
}  # fmt: skip
"""Leading chain of an industry, made up for the demonstration."""


def make_platforms(
    recipe: Recipe, units: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Draw the platforms of the register.

    ``units``: Layer ``units``.

    Layer ``major_platforms``, in the recipe's order.
    """
    outlines = _outlines(recipe, units, rng)
    rows = recipe.platforms
    approved = [sum(b.km2 for b in _latest(row)) * KM2 for row in rows]
    return gpd.GeoDataFrame(
        {
            "platform_id": [row.platform_id for row in rows],
            "name": [row.name for row in rows],
            "unit_id": [row.unit_id for row in rows],
            "level": [row.level for row in rows],
            "is_major": [row.is_major for row in rows],
            "boundary_kind": [row.boundary_kind for row in rows],
            "approved_area_mu": [m2_to_mu(area) if area else np.nan for area in approved],
            "developable_declared_mu": [row.declared_mu for row in rows],
            "leading_industries": [";".join(row.leading) for row in rows],
            "specialty_industries": [";".join(row.specialty) for row in rows],
            "industry_scheme": "GBT4754_2017",
            "register_on": [row.register_on for row in rows],
            "extra_reason": [row.extra_reason for row in rows],
            "extra_review_on": [row.extra_review_on for row in rows],
            "leading_chains": [
                ";".join(CHAINS[c] for c in row.leading if c in CHAINS) or None for row in rows
            ],
            "management_bodies": [f"{row.short}管理委员会" for row in rows],
            "source_doc": [recipe.source_words(row.source) for row in rows],
            "note": [row.note or "示意范围（演示）" for row in rows],
        },
        geometry=outlines,
        crs=units.crs,
    )


def _outlines(
    recipe: Recipe, units: gpd.GeoDataFrame, rng: np.random.Generator
) -> list[shapely.Geometry]:
    crs = CRS(units.crs)
    land = dict(zip(units["unit_id"], units.geometry, strict=True))
    zones = [zone.unit_id for zone in recipe.zones]
    drawn: dict[str, list[shapely.Polygon]] = {row.platform_id: [] for row in recipe.platforms}
    # The small ones first: a large one drawn before would leave them no room.
    pieces = sorted(
        ((part[2], row, part) for row in recipe.platforms for part in row.parts),
        key=lambda piece: piece[0],
    )
    for km2, row, part in pieces:
        occupied = [shape for shapes in drawn.values() for shape in shapes]
        if row.unit_id not in zones:
            occupied += [land[zone] for zone in zones]
        room = shapely.difference(
            land[row.unit_id].buffer(-SPACING_M),
            shapely.union_all(shapely.buffer(occupied, SPACING_M, join_style="mitre")),
        )
        x, y = places_xy([(part[0], part[1])], crs)[0]
        stretch = float(rng.uniform(1.0, 1.7))
        drawn[row.platform_id].append(
            planned_area((x, y), km2 * KM2, turn=row.turn, stretch=stretch, rng=rng, within=room)
        )
    return [
        shapes[0] if len(shapes) == 1 else shapely.MultiPolygon(shapes) for shapes in drawn.values()
    ]


def _latest(row: PlatformRow) -> list[ApprovedRow]:
    last = max((block.edition_on for block in row.approved), default="")
    return [block for block in row.approved if block.edition_on == last]


def make_approved_boundaries(
    recipe: Recipe, platforms: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Draw the approved blocks (核准四至) inside the outlines in use.

    ``recipe``: Blocks with area and edition; a platform without blocks is known by text only.
    ``platforms``: Layer ``major_platforms``.

    Layer ``approved_boundaries``; equal blocks of two editions have equal outlines.
    """
    crs = CRS(platforms.crs)
    rows = []
    for row, outline in zip(recipe.platforms, platforms.geometry, strict=True):
        drawn: dict[tuple[str, float], shapely.Polygon] = {}
        centre = places_xy([(row.parts[0][0], row.parts[0][1])], crs)[0]
        for number, block in enumerate(row.approved, start=1):
            km2 = block.drawn_km2 or block.km2
            if (block.name, km2) not in drawn:
                others = [s for (name, _), s in drawn.items() if name != block.name]
                room = shapely.difference(outline.buffer(-SPACING_M), shapely.union_all(others))
                step = sum(np.sqrt(s.area) for s in others) / 2 + np.sqrt(km2 * KM2) / 2
                shift = rng.uniform(-300, 300, 2) + np.array([step * bool(others), 0.0])
                drawn[block.name, km2] = planned_area(
                    (centre[0] + shift[0], centre[1] + shift[1]), km2 * KM2, turn=row.turn,
                    stretch=1.2, rng=rng, within=room,
                )  # fmt: skip
            rows.append((f"{row.platform_id}-{number}", row, block, drawn[block.name, km2]))
    return gpd.GeoDataFrame(
        {
            "boundary_id": [boundary_id for boundary_id, *_ in rows],
            "platform_id": [row.platform_id for _, row, _, _ in rows],
            "name": [f"{row.short}{block.name}" for _, row, block, _ in rows],
            "edition": [block.edition for *_, block, _ in rows],
            "edition_on": [block.edition_on for *_, block, _ in rows],
            "approved_area_mu": [m2_to_mu(block.km2 * KM2) for *_, block, _ in rows],
            "boundary_status": [block.status for *_, block, _ in rows],
            "source_doc": [recipe.source_words(row.source) for _, row, _, _ in rows],
            "note": "示意范围（演示），面积除注明外为演示设定",
        },
        geometry=[shape for *_, shape in rows],
        crs=platforms.crs,
    )


def qualified_land(platforms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame) -> shapely.Geometry:
    """Join the outlines of provincial-or-higher platforms with their sub-parks (省级以上开发区).

    ``platforms``: Layer ``major_platforms``.
    ``parks``: Layer ``parks``.

    One shape.
    """
    high = platforms[platforms["level"].isin(["national", "provincial"])]
    belongs = (parks["disposition"] == "sub_park") & parks["platform_id"].isin(high["platform_id"])
    return shapely.union_all([*high.geometry, *parks.geometry[belongs]])


PARK_SPACING_M = 120.0
ROOM_M = 450.0
WINDOW_M = 9_000.0
EXITS_FROM = date(2018, 9, 1)
EXITS_DAYS = 1200
SORTED_ON = date(2018, 8, 31)
"""Day on which the parks were sorted, the same for all."""
ID_OF_KIND = {"industrial_park": "gy", "industrial_area": "pq", "feature_town": "xz"}


def make_parks(
    recipe: Recipe, units: gpd.GeoDataFrame, platforms: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Draw the town parks.

    ``units, platforms``: Layers ``units`` and ``major_platforms``.

    Layer ``parks``. A sub-park belongs to the nearest major platform of its unit; a park that
    leaves or is not sorted lies outside all platforms.
    """
    outlines = _parks_outlines(recipe, units, platforms, rng)
    days = rng.integers(0, EXITS_DAYS, len(recipe.parks))
    rows = recipe.parks
    owners = [
        _owner(row, shape, platforms) if row.fate == "sub_park" else None
        for row, shape in zip(rows, outlines, strict=True)
    ]
    return gpd.GeoDataFrame(
        {
            "park_id": [
                f"{row.unit_id}-{ID_OF_KIND[row.kind]}{n:02d}" for n, row in enumerate(rows)
            ],
            "name": [row.name or f"{row.town}工业园区" for row in rows],
            "unit_id": [row.unit_id for row in rows],
            "town": [row.town for row in rows],
            "park_kind": [row.kind for row in rows],
            "disposition": ["exiting" if row.fate == "exited" else row.fate for row in rows],
            "platform_id": owners,
            "is_baseline": [row.baseline and row.kind != "feature_town" for row in rows],
            "is_opted_in": [row.opted_in for row in rows],
            "exited_on": [
                row.exited_on or _exit_day(row, int(day))
                for row, day in zip(rows, days, strict=True)
            ],
            "disposition_on": [
                None if row.fate == "unclassified" else SORTED_ON.isoformat() for row in rows
            ],
            "integration_route": [_route(row, n) for n, row in enumerate(rows)],
            "source_doc": recipe.source_words("TOWNS"),
            "note": "示意范围与整治类型为演示设定",
        },
        geometry=outlines,
        crs=units.crs,
    )  # fmt: skip


def _exit_day(row: ParkRow, day: int) -> str | None:
    return (EXITS_FROM + timedelta(days=day)).isoformat() if row.fate == "exited" else None


def _route(row: ParkRow, number: int) -> str | None:
    """Say how a sub-park was taken in; every eleventh doesn't."""
    if row.fate != "sub_park" or number % 11 == 10:
        return None
    return "holding_company" if number % 3 else "district_adjustment"


def _parks_outlines(
    recipe: Recipe, units: gpd.GeoDataFrame, platforms: gpd.GeoDataFrame, rng: np.random.Generator
) -> list[shapely.Polygon]:
    crs = CRS(units.crs)
    land = dict(zip(units["unit_id"], units.geometry, strict=True))
    zones = {zone.unit_id: land[zone.unit_id].buffer(PARK_SPACING_M) for zone in recipe.zones}
    built = shapely.buffer(platforms.geometry.to_numpy(), PARK_SPACING_M, quad_segs=1)
    drawn: list[shapely.Polygon] = []
    for row in recipe.parks:
        town = shapely.Point(places_xy([row.at], crs)[0])
        occupied = [*shapely.buffer(drawn, PARK_SPACING_M, quad_segs=1)]
        if row.unit_id not in zones:
            occupied += [*zones.values()]
        if row.fate != "sub_park":
            occupied += [*built]
        near = town.buffer(WINDOW_M).intersection(land[row.unit_id].buffer(-PARK_SPACING_M))
        occupied = [shape for shape in occupied if shape.intersects(near)]
        room = near.difference(shapely.union_all(occupied))
        middle = shapely.ops.nearest_points(room.buffer(-ROOM_M), town)[0]
        km2 = float(rng.uniform(0.9, 2.6))
        drawn.append(
            planned_area(
                (middle.x, middle.y), km2 * 1e6, turn=float(rng.uniform(-40, 40)),
                stretch=float(rng.uniform(1, 1.6)), rng=rng, within=room,
            )
        )  # fmt: skip
    return drawn


def _owner(row: ParkRow, shape: shapely.Polygon, platforms: gpd.GeoDataFrame) -> str:
    candidates = platforms[
        (platforms["unit_id"] == row.unit_id) & platforms["is_major"].astype(bool)
    ]
    distances = shapely.distance(np.asarray(candidates.geometry.array, dtype=object), shape)
    return str(candidates["platform_id"].iloc[int(distances.argmin())])
