"""How the demonstration workspace is made: a seeded, synthetic Jiaxing in one file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.crs import parse_crs
from layers.contracts import CONTRACTS
from layers.demo.drawing import slivers, stream, survey_noise
from layers.demo.elements import allot, allotment_rows, make_land_lists, make_quotas
from layers.demo.enterprises import (
    make_enterprise_indicators,
    make_enterprises,
    make_platform_indicators,
)
from layers.demo.environment import (
    corridors,
    make_constraints,
    make_coverage,
    make_facilities,
    make_flood_depth,
    make_lanes,
    make_relief,
    make_trunks,
    with_gaps,
)
from layers.demo.parcels import (
    draw_parcels,
    make_decisions,
    make_demo_areas,
    make_parcels,
    ready_parcels,
)
from layers.demo.projects import (
    make_events,
    make_grants,
    make_milestones,
    make_problems,
    make_projects,
    make_targets,
    with_firms,
    with_programmes,
    with_reported,
)
from layers.demo.recipe import Recipe, read_recipe
from layers.demo.territory import (
    make_approved_boundaries,
    make_parks,
    make_platforms,
    make_units,
    qualified_land,
)
from layers.errors import LayerError
from layers.scratch import folder_beside
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance

ACTOR = "MuPlan"
LICENCE = "演示数据，可自由使用"

Frames = dict[str, pd.DataFrame]
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Amounts:
    """How much of everything a demo of one size has."""

    parcels: int
    villages: int
    intrusions: int
    enterprises: int
    coverage: float
    allotments: int
    projects: int
    problems: int
    grants: int


SIZES = {
    "small": Amounts(1_500, 2, 6, 300, 0.2, 6, 40, 24, 12),
    "city": Amounts(20_000, 9, 30, 2_000, 0.95, 14, 120, 80, 40),
}


def build_demo(
    path: Path,
    recipe: Path,
    *,
    size: Literal["small", "city"],
    seed: int,
    created_at: str,
    gaps: bool = False,
    progress: Progress | None = None,
) -> GeoPackageWorkspace:
    """Make the demonstration workspace: real names, published facts, synthetic figures.

    Parameters
    ----------
    path
        File to make; it must not exist. It appears only when it is whole.
    recipe
        The recipe file.
    size
        ``small`` (about 1 500 parcels) or ``city`` (about 20 000).
    seed
        Equal seeds make equal layers.
    created_at
        Moment of making (ISO).
    gaps
        True for a city with gaps: redlines undated, farmland missing in one unit, quotas of the
        last year missing.
    progress
        Called with the share done and the code of the step.

    Returns
    -------
    GeoPackageWorkspace
        The workspace, every layer and table filled.

    Raises
    ------
    LayerError
        ``file_exists``, ``folder_missing``, and those of the recipe.
    """
    if path.exists():
        raise LayerError("file_exists", path=str(path))
    if not path.parent.is_dir():
        raise LayerError("folder_missing", path=str(path.parent))
    tell = progress or (lambda fraction, step: None)
    plan = read_recipe(recipe)
    frames = make_frames(plan, SIZES[size], seed, tell)
    if gaps:
        frames = frames_with_gaps(frames)
    tell(0.7, "demo_relief")
    relief = make_relief(plan, gpd.GeoDataFrame(frames["units"]), stream(seed, "relief"))
    source = Provenance(f"演示数据（合成，种子 {seed}）", created_at, licence=LICENCE)
    with folder_beside(path) as folder:
        draft = create_workspace(
            folder / path.name, parse_crs(plan.crs), title=plan.title,
            created_at=created_at, as_of=plan.as_of, is_demo=True,
        )  # fmt: skip
        with draft.edit(ACTOR, created_at) as edit:
            for number, name in enumerate(CONTRACTS):
                tell(0.75 + 0.2 * number / len(CONTRACTS), "demo_store")
                edit.replace(name, frames[name], source)
            edit.replace_raster("dem", relief)
            edit.replace_raster("flood_depth", make_flood_depth(relief, plan.flood_level_m))
        draft.path.replace(path)
    tell(1.0, "demo_done")
    return GeoPackageWorkspace(path)


def make_frames(recipe: Recipe, amounts: Amounts, seed: int, tell: Progress) -> Frames:
    """Make all layers and tables of the demo.

    ``tell``: Called with the share done and the code of the step.

    Frame by layer name.
    """
    tell(0.0, "demo_units")
    units = make_units(recipe, parse_crs(recipe.crs), stream(seed, "units"))
    tell(0.1, "demo_platforms")
    platforms = make_platforms(recipe, units, stream(seed, "platforms"))
    places = {
        "units": units,
        "major_platforms": platforms,
        "approved_boundaries": make_approved_boundaries(
            recipe, platforms, stream(seed, "approved")
        ),
        "parks": make_parks(recipe, units, platforms, stream(seed, "parks")),
        "facilities": make_facilities(recipe, units, platforms, stream(seed, "facilities")),
    }
    tell(0.2, "demo_parcels")
    land = _land(recipe, amounts, places, seed)
    tell(0.5, "demo_enterprises")
    firms = _firms(recipe, amounts, {**places, **land}, seed)
    tell(0.6, "demo_projects")
    work = _work(recipe, amounts, {**places, **land, **firms}, seed)
    coverage = make_coverage(units, recipe.as_of)
    return {**places, **land, **firms, **work, "data_coverage": coverage}


def frames_with_gaps(frames: Frames) -> Frames:
    """Take out what cities often lack; farmland of the unit without it goes, too."""
    coverage, quotas, unit_id = with_gaps(frames["data_coverage"], frames["element_quotas"])
    constraints, units = frames["constraints"], gpd.GeoDataFrame(frames["units"])
    (outline,) = units.geometry[units["unit_id"].eq(unit_id)]
    here = gpd.GeoSeries(constraints.geometry).representative_point().within(outline)
    lost = here & constraints["constraint_kind"].eq("permanent_farmland")
    return {
        **frames, "data_coverage": coverage, "element_quotas": quotas,
        "constraints": constraints[~lost],
    }  # fmt: skip


def _land(
    recipe: Recipe, amounts: Amounts, places: dict[str, gpd.GeoDataFrame], seed: int
) -> dict[str, gpd.GeoDataFrame]:
    units, platforms, parks = places["units"], places["major_platforms"], places["parks"]
    trunks = make_trunks(recipe, units, stream(seed, "trunks"))
    demo_areas = make_demo_areas(
        recipe, units, platforms, parks, villages=amounts.villages, rng=stream(seed, "grounds")
    )
    closed = corridors(trunks)
    cadastre = draw_parcels(demo_areas, closed, amounts.parcels, stream(seed, "streets"))
    leaving = set(parks.loc[parks["disposition"] != "sub_park", "park_id"])
    ready = ready_parcels(cadastre, demo_areas, leaving, stream(seed, "ready"))
    noisy = survey_noise(cadastre.shapes, stream(seed, "noise"))
    thin, parcel_of_sliver = slivers(noisy, stream(seed, "slivers"))
    owners = np.array([demo_area.owner for demo_area in demo_areas])[cadastre.area_position]
    parcels = make_parcels(
        np.concatenate([noisy, thin]), np.concatenate([owners, owners[parcel_of_sliver]]),
        np.concatenate([ready, ready[parcel_of_sliver]]), units=units, platforms=platforms,
        parks=parks, rng=stream(seed, "parcels"),
    )  # fmt: skip
    between = np.isin(cadastre.lane_block, cadastre.block[ready])
    lanes = make_lanes(
        cadastre.lanes[between], cadastre.lane_m[between], parcels.crs, stream(seed, "lanes")
    )
    constraints = make_constraints(
        recipe, units, platforms, parks, parcels, trunks, intrusions=amounts.intrusions,
        rng=stream(seed, "constraints"),
    )  # fmt: skip
    barriers = pd.concat([trunks, lanes], ignore_index=True)
    return {"land_parcels": parcels, "barriers": barriers, "constraints": constraints}


def _firms(
    recipe: Recipe, amounts: Amounts, layers: dict[str, gpd.GeoDataFrame], seed: int
) -> Frames:
    platforms = layers["major_platforms"]
    enterprises = make_enterprises(
        recipe, amounts.enterprises, parcels=layers["land_parcels"], platforms=platforms,
        parks=layers["parks"], rng=stream(seed, "enterprises"),
    )  # fmt: skip
    figures = make_platform_indicators(recipe, platforms, stream(seed, "figures"))
    return {
        "enterprises": enterprises,
        "platform_indicators": figures,
        "enterprise_indicators": make_enterprise_indicators(
            enterprises, figures, amounts.coverage, stream(seed, "firms")
        ),
    }


def _work(
    recipe: Recipe, amounts: Amounts, layers: dict[str, gpd.GeoDataFrame], seed: int
) -> Frames:
    platforms, parks = layers["major_platforms"], layers["parks"]
    parcels = layers["land_parcels"]
    allotted = allot(
        recipe, amounts.allotments, parcels=parcels, qualified=qualified_land(platforms, parks),
        rng=stream(seed, "allotments"),
    )  # fmt: skip
    portfolio = make_projects(
        recipe, amounts.projects, allotted, parcels=parcels, platforms=platforms, parks=parks,
        rng=stream(seed, "projects"),
    )  # fmt: skip
    chance = stream(seed, "programmes")
    projects = with_firms(
        with_programmes(portfolio.projects, chance), layers["enterprises"], chance
    )
    rows = allotment_rows(
        recipe, allotted, portfolio.of_allotment, parcels, stream(seed, "elements")
    )
    return {
        "element_allotments": rows,
        "element_quotas": make_quotas(rows, stream(seed, "quotas")),
        "land_lists": make_land_lists(recipe, parcels),
        "projects": projects,
        "project_events": make_events(projects, portfolio.rivals, stream(seed, "events")),
        "targets": with_reported(make_targets(recipe, stream(seed, "targets")), recipe),
        "adjacency_decisions": make_decisions(parcels, stream(seed, "decisions")),
        "problems": make_problems(projects, amounts.problems, stream(seed, "problems")),
        "support_grants": make_grants(
            layers["enterprises"], parks, projects, amounts.grants, stream(seed, "grants")
        ),
        "unit_milestones": make_milestones(recipe, stream(seed, "milestones")),
    }
