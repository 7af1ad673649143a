"""How much contiguous land there is at every tolerance, so that the one used is a decision."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.contiguity import MOST_GAP_M
from geo.growth import growth, knee
from geo.measure import ellipsoidal_area_m2
from geo.overlaps import overlap_faces
from geo.progress import Progress
from geo.units import M2_PER_MU, m2_to_mu
from platforms.errors import PlanningError
from platforms.land.blocks import joined_land
from platforms.land.query import BlockQuery, LandLayers

LISTED_MU = (100.0, 200.0)
"""B3 and B4: the sizes whose number and area the curve shows [亩]."""

STEP_M = 0.5
"""The curve is given at these steps, finer below the first one."""


@dataclass(frozen=True)
class ToleranceCurve:
    """Number and area of blocks at every tolerance.

    Attributes
    ----------
    rows
        ``gap_m``, ``blocks_100``, ``area_mu_100``, ``blocks_200``, ``area_mu_200``; land in two
        blocks counted once.
    knee_gap_m
        Where the area of blocks of 100 亩 turns flat [m], None where it is flat all along.
    """

    rows: pd.DataFrame
    knee_gap_m: float | None


def tolerance_curve(
    layers: LandLayers, query: BlockQuery, progress: Progress | None = None
) -> ToleranceCurve:
    """Compute the joining gap of each pair once, and from it the blocks at every tolerance.

    Parameters
    ----------
    layers
        Parcels, barriers, constraints, units and decisions on adjacency.
    query
        What counts as a block; at its gap the curve equals the list.
    progress
        Told the share done.

    Returns
    -------
    ToleranceCurve
        From 0 to 50 m.

    Raises
    ------
    PlanningError
        ``unit_unknown``, ``decisions_contradict``; ``curve_with_neck``: parting at necks depends
        on the gaps bridged, so the curve knows none.
    """
    if query.min_neck_m > 0:
        raise PlanningError("curve_with_neck", min_neck_m=query.min_neck_m)
    land = joined_land(layers, query, None, MOST_GAP_M, progress)
    shapes = np.asarray(land.parts.geometry.array, dtype=object)
    crs = land.parts.crs
    area_m2 = ellipsoidal_area_m2(shapes, crs) if len(shapes) else np.empty(0)
    faces = overlap_faces(shapes, crs)
    gaps = _gaps(query.gap_m)
    columns: dict[str, object] = {"gap_m": gaps}
    for least_mu in LISTED_MU:
        steps = growth(area_m2, land.joining, faces, least_mu * M2_PER_MU)
        counts, areas = zip(*(steps.at(gap) for gap in gaps), strict=True)
        columns[f"blocks_{least_mu:g}"] = counts
        columns[f"area_mu_{least_mu:g}"] = m2_to_mu(np.array(areas))
    rows = pd.DataFrame(columns)
    return ToleranceCurve(
        rows, knee(rows["gap_m"].to_numpy(dtype=float), rows["area_mu_100"].to_numpy(dtype=float))
    )


def _gaps(asked_m: float) -> np.ndarray:
    fine = np.arange(0.0, STEP_M, 0.1)
    coarse = np.arange(STEP_M, MOST_GAP_M + STEP_M / 2, STEP_M)
    return np.unique(np.round(np.concatenate([fine, coarse, [asked_m]]), 9))
