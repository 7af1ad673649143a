"""From which gap on shapes are neighbours, by the compiled kernels."""

import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import Floats, Positions, Shapes
from geo.edges import Obstacles
from geo.kernels.boxes import box_pairs
from geo.kernels.clear_runs import obstructed_gaps
from geo.kernels.edges import CONTACT_M, Outlines, near_flags
from geo.kernels.obstacles import ASIDE_M, ObstacleEdges
from geo.kernels.polygons import PAIRS_AT_ONCE
from geo.kernels.runs import joining_gaps
from geo.prepared import PreparedShapes
from geo.tools import Progress, in_batches, within


def compiled_gaps(
    shapes: PreparedShapes,
    min_edge_m: float,
    obstacles: Obstacles,
    most_gap_m: float,
    *,
    exact: bool,
    progress: Progress | None = None,
) -> tuple[Positions, Positions, Floats]:
    """Do what ``geo.contiguity.joining_gaps`` does; without ``exact`` any gap up to the most.

    ``min_edge_m``: Least facing edge [m].
    ``obstacles``: What a gap may not be bridged over.
    ``most_gap_m``: Largest gap looked at [m].
    ``exact``: False where it is enough to know which pairs are neighbours at the largest gap.

    Pairs of neighbours, not sorted, and from which gap on they are [m].
    """
    most_gap_m, min_edge_m = float(most_gap_m), float(min_edge_m)  # one kind for the kernels
    outlines = shapes.outlines
    pairs = box_pairs(outlines.bounds, most_gap_m + CONTACT_M)
    gaps = np.empty(len(pairs))
    in_batches(
        len(pairs),
        PAIRS_AT_ONCE,
        lambda batch: joining_gaps(
            outlines, pairs[batch], most_gap_m, min_edge_m, exact, gaps[batch]
        ),
        within(progress, 0.0, 0.5),
    )
    kept = np.isfinite(gaps)
    pairs, gaps = pairs[kept], gaps[kept]
    if len(obstacles.cutting) or len(obstacles.covering):
        _hide(outlines, obstacles, pairs, gaps, most_gap_m, min_edge_m, exact, progress)
        kept = np.isfinite(gaps)
        pairs, gaps = pairs[kept], gaps[kept]
    return pairs[:, 0].astype(np.intp), pairs[:, 1].astype(np.intp), gaps


def compiled_near_pairs(shapes: PreparedShapes, reach_m: float) -> tuple[Positions, Positions]:
    """Do what ``geo.contiguity.near_pairs`` does; the pairs are not sorted."""
    reach_m = float(reach_m)
    outlines = shapes.outlines
    pairs = box_pairs(outlines.bounds, reach_m)
    flags = np.empty(len(pairs), dtype=bool)
    in_batches(
        len(pairs),
        PAIRS_AT_ONCE,
        lambda batch: near_flags(outlines, pairs[batch], reach_m, flags[batch]),
    )
    pairs = pairs[flags]
    return pairs[:, 0].astype(np.intp), pairs[:, 1].astype(np.intp)


def _hide(
    outlines: Outlines,
    obstacles: Obstacles,
    pairs: npt.NDArray[np.int64],
    gaps: Floats,
    most_gap_m: float,
    min_edge_m: float,
    exact: bool,
    progress: Progress | None,
) -> None:
    """Look again at the pairs that have obstacles between them."""
    low = np.maximum(outlines.bounds[pairs[:, 0], :2], outlines.bounds[pairs[:, 1], :2])
    high = np.minimum(outlines.bounds[pairs[:, 0], 2:], outlines.bounds[pairs[:, 1], 2:])
    # Facing boundary and its ways lie where the boxes overlap once they are widened.
    margin = 2 * most_gap_m + 2 * ASIDE_M
    windows = np.hstack([low - margin, high + margin])
    doubtful, rows, obstacle = _near_obstacles(obstacles, pairs, gaps, windows)
    if not len(doubtful):
        return
    windows, some = windows[doubtful], pairs[doubtful]
    obstacle_edges = _obstacle_edges(obstacles, windows, rows, obstacle)
    if not exact:
        exact_gaps = np.empty(len(some))
        joining_gaps(outlines, some, most_gap_m, min_edge_m, True, exact_gaps)
    else:
        exact_gaps = gaps[doubtful]
    joined = np.empty(len(some))
    in_batches(
        len(some),
        PAIRS_AT_ONCE,
        lambda batch: obstructed_gaps(
            outlines,
            obstacle_edges._replace(
                rows=obstacle_edges.rows[batch.start : batch.stop + 1],
                window=obstacle_edges.window[batch],
                reference=obstacle_edges.reference[batch],
            ),
            some[batch], exact_gaps[batch], most_gap_m, min_edge_m, joined[batch],
        ),
        within(progress, 0.5, 1.0),
    )  # fmt: skip
    gaps[doubtful] = joined


def _near_obstacles(
    obstacles: Obstacles, pairs: npt.NDArray[np.int64], gaps: Floats, windows: Floats
) -> tuple[Positions, Positions, Positions]:
    """List the pairs with obstacles in their window, where their rows begin, and the obstacles.

    Obstacles that cover come after those that cut; they matter where there is a gap.
    """
    boxes = shapely.box(*windows.T)
    cut, cutting = shapely.STRtree(obstacles.cutting).query(boxes, predicate="intersects")
    apart = gaps > 0
    apart[cut] = True
    wide = np.flatnonzero(apart)
    row, covering = shapely.STRtree(obstacles.covering).query(boxes[wide])
    row = wide[row]
    owner = obstacles.owner[covering]
    others = (owner != pairs[row, 0]) & (owner != pairs[row, 1])
    pair = np.concatenate([cut, row[others]])
    obstacle = np.concatenate([cutting, covering[others] + len(obstacles.cutting)])
    order = np.lexsort((obstacle, pair))
    doubtful, begin = np.unique(pair[order], return_index=True)
    return doubtful, np.append(begin, len(order)), obstacle[order]


def _obstacle_edges(
    obstacles: Obstacles, windows: Floats, rows: Positions, obstacle: Positions
) -> ObstacleEdges:
    """Take the obstacles apart for the kernel, and place them by the windows' reference points."""
    every: Shapes = np.concatenate([obstacles.cutting, obstacles.covering])
    used, which = np.unique(obstacle, return_inverse=True)
    shapes = every[used]
    polygonal = shapely.get_dimensions(shapes) == 2
    lines = np.where(polygonal, shapely.boundary(shapes), shapes)
    points, line = shapely.get_coordinates(lines, return_index=True)
    _, part = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
    same = (part[1:] == part[:-1]) & (np.diff(points, axis=0) != 0).any(axis=1)
    vector = np.diff(points, axis=0)[same]
    # Off the middle, where edges of drawn land seldom run.
    reference = windows[:, :2] + (windows[:, 2:] - windows[:, :2]) * [0.4871, 0.5213]
    pair = np.repeat(np.arange(len(windows)), np.diff(rows))
    shapely.prepare(shapes)
    around = shapely.contains_xy(shapes[which], *reference[pair].T) & polygonal[which]
    bridged = np.concatenate([obstacles.bridged_up_to_m, np.zeros(len(obstacles.covering))])
    return ObstacleEdges(
        np.ascontiguousarray(points[:-1, 0][same]), np.ascontiguousarray(points[:-1, 1][same]),
        np.ascontiguousarray(vector[:, 0]), np.ascontiguousarray(vector[:, 1]),
        np.searchsorted(line[:-1][same], np.arange(len(shapes) + 1)).astype(np.int64),
        shapely.bounds(shapes).reshape(-1, 4), used < len(obstacles.cutting), polygonal,
        bridged[used],
        rows.astype(np.int64), which.astype(np.int64), around, reference, windows,
    )  # fmt: skip
