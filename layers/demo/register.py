"""Where the platforms of the register lie, and which part of each the state approved.

Names, levels and published areas come from the recipe; outlines are schematic and never overlap.
"""

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo.units import m2_to_mu
from layers.demo.drawing import places_xy, planned_area
from layers.demo.recipe import ApprovedRow, PlatformRow, Recipe

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

    Parameters
    ----------
    recipe
        Names, levels, places and areas.
    units
        Layer ``units``.
    rng
        Source of chance.

    Returns
    -------
    GeoDataFrame
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
        taken = [shape for shapes in drawn.values() for shape in shapes]
        if row.unit_id not in zones:
            taken += [land[zone] for zone in zones]
        room = shapely.difference(
            land[row.unit_id].buffer(-SPACING_M),
            shapely.union_all(shapely.buffer(taken, SPACING_M, join_style="mitre")),
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

    Parameters
    ----------
    recipe
        Blocks with area and edition; a platform without blocks is known by text only.
    platforms
        Layer ``major_platforms``.
    rng
        Source of chance.

    Returns
    -------
    GeoDataFrame
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

    Parameters
    ----------
    platforms
        Layer ``major_platforms``.
    parks
        Layer ``parks``.

    Returns
    -------
    Geometry
        One shape.
    """
    high = platforms[platforms["level"].isin(["national", "provincial"])]
    belongs = (parks["disposition"] == "sub_park") & parks["platform_id"].isin(high["platform_id"])
    return shapely.union_all([*high.geometry, *parks.geometry[belongs]])
