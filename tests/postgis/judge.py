"""What PostGIS says of pairs and groups, and how its answer is compared with ours."""

import numpy as np
import pytest
import shapely

from benchmarks.blocks import area_figures
from benchmarks.postgis import load
from benchmarks.postgis_blocks import edge_pairs, united_area_m2
from geo.contiguity import NeighbourRule, neighbour_pairs
from geo.measure import ellipsoidal_area_m2
from geo.union import united
from geo.union import united_area_m2 as united_area_by_ours_m2

SAME = 1e-8
"""Relative difference of areas."""

LONGEST_EDGE_M = 20.0
"""The shortest way leaves the straight line of the map by less than a micrometre."""

AT_THE_LIMIT_M = 1e-3
"""Round corners are polygons to PostGIS: what is nearer to the limit is at it."""

SEGMENTS = 16

FINE_SEGMENTS = 128
"""Of a disputed pair PostGIS draws round corners so finely that it falls short by a millimetre."""

MARGIN = """
WITH pair AS (
  SELECT ST_GeomFromWKB(%(a)s) AS a, ST_GeomFromWKB(%(b)s) AS b
), gaps AS (
  SELECT gap, least(ST_Distance(a, b), gap) AS apart
  FROM pair, unnest(%(gaps)s::float8[]) AS gap
), side AS (
  SELECT gap, apart, a AS one, b AS other, 1 AS number FROM pair, gaps
  UNION ALL SELECT gap, apart, b, a, 2 FROM pair, gaps
), run AS (
  SELECT gap, apart, number, ST_Length(run.geom) AS metres,
    gap - least(ST_Distance(run.geom, other), gap) AS beyond
  FROM side, LATERAL ST_DumpRings(one) ring, LATERAL ST_Dump(ST_LineMerge(ST_CollectionExtract(
    ST_Intersection(ST_ExteriorRing(ring.geom), ST_Buffer(other, gap + 1e-6, %(segments)s)), 2
  ))) run
), shown AS (
  SELECT gap, number, least(
    sum(greatest(metres - 2 * beyond, 0)) - 2 * min(apart), sum(metres) - 2 * gap
  ) AS m FROM run GROUP BY gap, number
)
SELECT max(m) FROM (
  SELECT min(m) - %(edge)s AS m FROM shown GROUP BY gap HAVING count(*) = 2
) best
"""


def pairs_found_by_both(connection, shapes, gap_m, min_edge_m, srid=4549):
    """Ask both for the neighbours, and PostGIS again where they differ.

    A pair stays neighbours at every larger gap; the one query asks at the largest gap only. So
    each pair that only one of them names is measured by PostGIS at all smaller gaps too: it has
    to be as ours says, or at the limit.
    """
    load(connection, "land", shapes, srid)
    asked = edge_pairs(connection, "land", gap_m, min_edge_m, SEGMENTS)
    theirs = {tuple(pair) for pair in asked.tolist()}
    first, second = neighbour_pairs(shapes, NeighbourRule(gap_m, min_edge_m))
    ours = set(zip(first.tolist(), second.tolist(), strict=True))
    disputed = sorted(ours ^ theirs)
    for one, other in disputed:
        margin = _best_margin_m(connection, shapes[one], shapes[other], gap_m, min_edge_m)
        side = 1 if (one, other) in ours else -1
        assert side * margin >= -AT_THE_LIMIT_M, (one, other, side, margin)
    return first, second, disputed


def _best_margin_m(connection, one, other, gap_m, min_edge_m):
    a, b = shapely.to_wkb([one, other])
    gaps = np.linspace(0, gap_m, round(gap_m / 0.05) + 1).tolist()
    values = {"a": a, "b": b, "edge": min_edge_m, "segments": FINE_SEGMENTS, "gaps": gaps}
    return connection.execute(MARGIN, values).fetchone()[0]


def assert_same_land(connection, shapes, label, crs):
    """Compare number and area of the groups, with and without uniting them, to PostGIS's."""
    theirs = united_area_m2(connection, "land", label, longest_edge_m=LONGEST_EDGE_M)
    large = theirs > 0
    held = large[label]
    place = np.cumsum(large) - 1
    unions = united(shapes[held], place[label[held]], int(large.sum()))
    ours = ellipsoidal_area_m2(unions, crs)
    np.testing.assert_allclose(ours, theirs[large], rtol=SAME)
    without_shapes = united_area_by_ours_m2(shapes, label, len(theirs), crs)
    np.testing.assert_allclose(without_shapes[large], theirs[large], rtol=SAME)
    mine, other = area_figures(ours), area_figures(theirs)
    assert mine.keys() == other.keys()
    for count in ("blocks_100", "blocks_200"):
        assert mine[count] == other[count]
    assert mine["area_m2"] == pytest.approx(other["area_m2"], rel=SAME)
    return mine
