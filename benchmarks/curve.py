"""The tolerance curve from 0 to 50 m, against one run of blocks at one tolerance."""

import numpy as np

from benchmarks.blocks import (
    CITY,
    GAP_M,
    LISTED_M2,
    MIN_EDGE_M,
    RULE,
    coordinate_mb,
    edge_figures,
    measured,
    membership,
)
from benchmarks.contest import Contest, Figures
from benchmarks.parcels import Parcels, parcels
from geo.arrays import Shapes
from geo.contiguity import MOST_GAP_M, component_labels, growth, joining_gaps, neighbour_pairs
from geo.edges import NO_OBSTACLES, Obstacles
from geo.overlay import areas_m2
from geo.union import overlap_faces


def contest(n: int) -> Contest:
    """Set up the contest for n parcels, of which those ready for supply are joined."""
    made = parcels(n)
    ready = made.ready
    in_the_way = _other_parcels(made)
    return Contest(
        kernel="curve",
        n=n,
        ours=lambda: curve_figures(ready, NO_OBSTACLES),
        peers={"ours, one run of blocks": lambda: edge_figures(ready)},
        tolerance=1e-8,
        clock="wall",
        coordinate_mb=coordinate_mb(made.polygons),
        notes=(
            f"{len(ready):,} of the parcels are ready and joined; joining gaps up to "
            f"{MOST_GAP_M:g} m and the curve for 100 and 200 亩, against one list at {GAP_M} m "
            "with shapes; the curve at that gap has to equal the list",
            "the curve's time in runs of blocks is 1 / (times ours)",
            "with parcels in the way: no gap is bridged over any of the other parcels",
        ),
        steps={
            "curve, other parcels in the way": lambda: curve_figures(ready, in_the_way),
            "one run of blocks, other parcels in the way": lambda: _blocks(ready, in_the_way),
        },
    )


def curve_figures(ready: Shapes, obstacles: Obstacles) -> Figures:
    """Follow the blocks over all tolerances by the product's own functions."""
    joining = joining_gaps(ready, MIN_EDGE_M, obstacles)
    area_m2 = areas_m2(ready, CITY)
    overlaps = overlap_faces(ready, CITY)
    curves = [growth(area_m2, joining, overlaps, least) for least in LISTED_M2]
    (blocks_100, listed_m2), (blocks_200, _) = (curve.at(GAP_M) for curve in curves)
    label = component_labels(len(ready), *joining.within(GAP_M))
    return {
        "components": float(label.max()) + 1,
        "membership": membership(label),
        "blocks_100": float(blocks_100),
        "blocks_200": float(blocks_200),
        "area_m2": listed_m2,
    }


def _blocks(ready: Shapes, obstacles: Obstacles) -> Figures:
    return measured(ready, component_labels(len(ready), *neighbour_pairs(ready, RULE, obstacles)))


def _other_parcels(made: Parcels) -> Obstacles:
    owner = np.full(len(made.polygons), -1)
    owner[made.is_ready] = np.arange(int(made.is_ready.sum()))
    return Obstacles(np.empty(0, dtype=object), made.polygons, owner)
