"""Neighbours by runs of facing boundary, at gaps from 0 to 10 m: kernel, numpy, PostGIS."""

from contextlib import ExitStack
from functools import partial
from zlib import crc32

import numpy as np
import numpy.typing as npt
import psycopg

from benchmarks.blocks import MIN_EDGE_M, coordinate_mb
from benchmarks.contest import Contest, Figures
from benchmarks.parcels import parcels
from benchmarks.postgis import loaded
from benchmarks.postgis_blocks import FACING, NEAR, PAIRS, RINGS, edge_pairs
from geo.arrays import Shapes
from geo.contiguity import NeighbourRule, joining_gaps, neighbour_pairs
from geo.contiguity_numpy import plain_gaps
from geo.edges import NO_OBSTACLES
from geo.prepared import prepared

GAPS_M = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

SEGMENTS = 32
"""Edges of a round corner, a quarter: at 10 m a corner falls short by 3 mm."""


def contest(n: int) -> Contest:
    """Set up the contest for n parcels, every one of them asked for its neighbours."""
    shapes = parcels(n).polygons
    stack = ExitStack()
    peers = {"numpy, the reference": partial(_by_numpy, shapes)}
    connection, said = loaded(stack, land=shapes)
    if connection is not None:
        peers["PostGIS"] = partial(_by_postgis, connection)
    return Contest(
        kernel="runs",
        n=n,
        ours=partial(_by_kernel, shapes),
        peers=peers,
        tolerance=0.0,
        clock="wall",
        coordinate_mb=coordinate_mb(shapes),
        notes=(
            f"every parcel joins at gaps of {', '.join(f'{gap:g}' for gap in GAPS_M)} m, asked one "
            f"after the other, and an edge of {MIN_EDGE_M} m; the number of pairs and a sum over "
            "all of them have to be the same at each gap; from loaded shapes, PostGIS from an "
            "indexed table and not counting the load",
            f"PostGIS draws a round corner with {SEGMENTS} edges a quarter; {said}",
            NEAR, RINGS, FACING, PAIRS,
        ),
        steps={
            f"joining gaps up to {most:g} m, exact": partial(_exact, shapes, most)
            for most in (2.0, 10.0, 50.0)
        },
        close=stack.close,
    )  # fmt: skip


def _figures(pairs_of_gap: dict[float, npt.NDArray[np.intp]]) -> Figures:
    """Give the number of pairs at each gap, and a number that is the same for the same pairs."""
    figures: Figures = {}
    for gap_m, pairs in pairs_of_gap.items():
        in_order = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
        figures[f"pairs_{gap_m:g}_m"] = float(len(pairs))
        figures[f"sum_{gap_m:g}_m"] = float(crc32(in_order.astype("<i4").tobytes()))
    return figures


def _by_kernel(shapes: Shapes) -> Figures:
    known = prepared(shapes)
    return _figures(
        {
            gap_m: np.column_stack(neighbour_pairs(known, NeighbourRule(gap_m, MIN_EDGE_M)))
            for gap_m in GAPS_M
        }
    )


def _by_numpy(shapes: Shapes) -> Figures:
    return _figures(
        {
            gap_m: np.column_stack(
                plain_gaps(shapes, MIN_EDGE_M, NO_OBSTACLES, gap_m, exact=False)[:2]
            )
            for gap_m in GAPS_M
        }
    )


def _by_postgis(connection: psycopg.Connection) -> Figures:
    return _figures(
        {gap_m: edge_pairs(connection, "land", gap_m, MIN_EDGE_M, SEGMENTS) for gap_m in GAPS_M}
    )


def _exact(shapes: Shapes, most_gap_m: float) -> None:
    joining_gaps(shapes, MIN_EDGE_M, most_gap_m=most_gap_m)
