"""What a plan of one unit does to the platforms of another."""

from collections.abc import Sequence

import geopandas as gpd
from pyproj import CRS

from platforms.assessed import assessed_units
from platforms.changes import VerdictChange, verdict_changes
from platforms.checks import CheckQuery, run_checks
from platforms.consolidation.solver_options import Situation
from platforms.consolidation.solver_plan import (
    PLAN_RULES,
    ConsolidationQuery,
    PlanChange,
    PlanEffects,
)
from platforms.policy.dated import PolicySet
from platforms.scenario.overlay import apply_edits
from platforms.source import LayerSource
from platforms.statement import say


def effects_elsewhere(
    situation: Situation,
    changes: Sequence[PlanChange],
    source: LayerSource,
    query: ConsolidationQuery,
    policy: PolicySet,
    crs: CRS,
) -> PlanEffects:
    """Say what a plan changes for units other than its own.

    Parameters
    ----------
    situation
        The unit of the plan.
    changes
        Its changes.
    source
        The city without them.
    query
        What was asked.
    policy
        Rules on the as-of date.
    crs
        Projected system in metres.

    Returns
    -------
    PlanEffects
        Nothing where no park of the plan belongs to a platform of another unit; else each such
        park, and the verdicts of those units that differ.
    """
    outside = {park.park_id: park.outside_id for park in situation.parks if park.outside_id}
    touched = {c.row_id: outside[c.row_id] for c in changes if c.row_id in outside}
    held = tuple(rule for rule in PLAN_RULES if policy.parts(rule))
    if not touched or not held:
        return PlanEffects()
    platforms = gpd.GeoDataFrame(source.read("major_platforms"))
    units = assessed_units(platforms, gpd.GeoDataFrame(source.read("units")))
    unit_of = dict(zip(platforms["platform_id"], units, strict=True))
    said = tuple(
        say(
            "consolidate_leaves_unit", park_id=park_id, platform_id=platform_id,
            unit_id=str(unit_of[platform_id]),
        )
        for park_id, platform_id in touched.items()
    )  # fmt: skip
    known = [str(one) for one in source.read("units")["unit_id"]]
    others = tuple(
        dict.fromkeys(str(unit_of[one]) for one in touched.values() if unit_of[one] in known)
    )
    asked = CheckQuery(query.year, held, others, policy.as_of)
    before = run_checks(source, asked, policy, crs)
    edited = apply_edits(source, [change.edit for change in changes], crs)
    after = run_checks(edited, asked, policy, crs)
    found: list[VerdictChange] = verdict_changes(before, after)
    return PlanEffects(said, tuple(found))
