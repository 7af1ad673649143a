"""Where the nine units of assessment lie: seven counties sharing borders, two zones inside.

Schematic: the city's hand-drawn outline is divided by a power diagram whose weights are moved until
each county has its published land area; the borders between the corners then wander a little.
"""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from layers.demo.drawing import largest_part, meander, places_xy, planned_area
from layers.demo.recipe import Recipe

WEIGHT_STEPS = 120
SAMPLE_M = 400.0
WANDERING_ROUNDS = 8
FITTED_SHARE = 0.012
BORDER_AMPLITUDE = 0.03
BORDER_STEP_M = 900.0

Floats = npt.NDArray[np.float64]


def make_units(recipe: Recipe, crs: CRS, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Draw the nine units of assessment.

    Parameters
    ----------
    recipe
        Outline, seats, areas, zones.
    crs
        Projected system of the workspace.
    rng
        Source of chance.

    Returns
    -------
    GeoDataFrame
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

    Parameters
    ----------
    recipe
        Outline, seats, areas.
    crs
        Projected system of the workspace.
    rng
        Source of chance.

    Returns
    -------
    list of Polygon
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

    Parameters
    ----------
    outline
        Land to divide.
    seats
        Points [m], n by 2.
    weights
        Weight of each seat [m²]; seats of one unit share theirs.

    Returns
    -------
    list of shape
        One cell per seat.
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
