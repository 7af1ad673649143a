"""Contiguous land asked of PostGIS, by the same definition as ours."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import psycopg
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.units import M2_PER_MU

CONTACT_M = 1e-6
QUARTER_SEGMENTS = 8
"""PostGIS draws a round corner with this many edges a quarter: 1 % of the gap is lost at most."""

NEAR = """
CREATE UNLOGGED TABLE {table}_near AS
SELECT id, geom, ST_Boundary(geom) AS edge,
       ST_Buffer(geom, {reach}, 'quad_segs={segments}') AS reach
FROM {table}
"""

RINGS = """
CREATE UNLOGGED TABLE {table}_ring AS
SELECT id, ST_ExteriorRing((ring).geom) AS edge FROM {table}, LATERAL ST_DumpRings(geom) ring
"""

FACING = """
CREATE UNLOGGED TABLE {table}_facing AS
SELECT a.id AS first, b.id AS second
FROM {table}_near a JOIN {table}_near b ON a.id < b.id AND a.geom && b.reach
WHERE ST_Length(ST_Intersection(a.edge, b.reach)) >= {need}
  AND ST_Length(ST_Intersection(b.edge, a.reach)) >= {need}
"""
"""Boundary within the gap of the other, all of it, on both sides: asked first, as it is quick."""

RUNS = """
CROSS JOIN LATERAL (
  SELECT coalesce(sum(greatest(
    ST_Length(run.geom) - 2 * ({gap} - least(ST_Distance(run.geom, {other}.geom), {gap})), 0
  )), 0) AS m
  FROM {table}_ring ring, LATERAL ST_Dump(ST_LineMerge(ST_CollectionExtract(
    ST_Intersection(ring.edge, {other}.reach), 2))) run
  WHERE ring.id = {one}.id AND ring.edge && {other}.reach
) {name}
"""
"""What the connected runs of boundary count: their length less twice what the gap goes beyond
their distance."""

PAIRS = (
    """
SELECT a.id, b.id
FROM {table}_facing JOIN {table}_near a ON a.id = first JOIN {table}_near b ON b.id = second
CROSS JOIN LATERAL (
  SELECT {edge} + 2 * least(ST_Distance(a.geom, b.geom), {gap}) - {contact} AS m
) need
"""
    + RUNS.format(one="a", other="b", name="forth", gap="{gap}", table="{table}")
    + RUNS.format(one="b", other="a", name="back", gap="{gap}", table="{table}")
    + "WHERE forth.m >= need.m AND back.m >= need.m"
)
"""Neighbours: runs of boundary within the gap of the other count enough, on both sides."""

CLUSTERS = "SELECT id, ST_ClusterDBSCAN(geom, eps := {gap}, minpoints := 1) OVER () FROM {table}"

LARGE = """
WITH large AS (
  SELECT label FROM {table} JOIN {table}_label USING (id)
  GROUP BY label HAVING sum(ST_Area(geom)) >= {least}
)
"""

UNION_AGGREGATE = (
    LARGE
    + """, unions AS (
  SELECT label, ST_Union(geom) AS geom
  FROM {table} JOIN {table}_label USING (id) JOIN large USING (label) GROUP BY label
)
SELECT label, ST_Area(ST_Transform({outline}, 4490)::geography) FROM unions
"""
)
"""One worker unites: PostGIS 3.3 does not share the aggregate between workers."""

GATHERED = (
    "CREATE UNLOGGED TABLE {table}_group AS"
    + LARGE
    + """
SELECT label, ST_Collect(geom) AS geom
FROM {table} JOIN {table}_label USING (id) JOIN large USING (label) GROUP BY label
"""
)

UNION_OF_ROWS = """
SELECT label, ST_Area(ST_Transform({outline}, 4490)::geography) FROM {table}_group
"""
"""All workers unite: each row is a group of its own."""


@dataclass(frozen=True)
class Labelled:
    """Groups found by PostGIS.

    Attributes
    ----------
    label
        Group of each shape, array of n.
    area_m2
        Ellipsoidal area of the union of each group [m²]; 0 for one that cannot reach 100 亩.
    """

    label: npt.NDArray[np.intp]
    area_m2: npt.NDArray[np.float64]


def edge_blocks(
    connection: psycopg.Connection,
    table: str,
    gap_m: float,
    min_edge_m: float,
    *,
    shared: bool = True,
    segments: int = QUARTER_SEGMENTS,
) -> Labelled:
    """Find contiguous land by gap and facing edge.

    Parameters
    ----------
    connection
        To a server with the parcels in ``table``.
    table
        ``(id, geom)``, ids from 0.
    gap_m, min_edge_m
        The rule [m].
    shared
        True where all workers unite, False for the plain aggregate.
    segments
        Edges of a round corner, a quarter.

    Returns
    -------
    Labelled
        Groups by label; components are labelled on this side from the pairs fetched.
    """
    pairs = edge_pairs(connection, table, gap_m, min_edge_m, segments)
    count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    size = int(count[0]) if count else 0
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    label = connected_components(links, directed=False)[1].astype(np.intp)
    return Labelled(label, united_area_m2(connection, table, label, shared=shared))


def edge_pairs(
    connection: psycopg.Connection,
    table: str,
    gap_m: float,
    min_edge_m: float,
    segments: int = QUARTER_SEGMENTS,
) -> npt.NDArray[np.intp]:
    """Find the pairs of neighbours, k by 2."""
    connection.execute(f"DROP TABLE IF EXISTS {table}_near, {table}_ring, {table}_facing")
    reach = gap_m + CONTACT_M
    connection.execute(NEAR.format(table=table, reach=reach, segments=segments))
    connection.execute(RINGS.format(table=table))
    connection.execute(f"CREATE INDEX ON {table}_near USING gist (geom)")
    connection.execute(f"ANALYZE {table}_near, {table}_ring")
    need = min_edge_m + 2 * gap_m - 4 * CONTACT_M
    connection.execute(FACING.format(table=table, need=need))
    # Made before, the index of ids is searched for a.id < b.id: half of it for every row.
    for made in ("near", "ring"):
        connection.execute(f"CREATE INDEX ON {table}_{made} (id)")
    connection.execute(f"ANALYZE {table}_facing")
    ask = PAIRS.format(table=table, gap=gap_m, edge=min_edge_m, contact=4 * CONTACT_M)
    return _fetched(connection, ask)


def distance_blocks(
    connection: psycopg.Connection, table: str, gap_m: float, *, shared: bool = True
) -> Labelled:
    """Find land that lies nearer than a gap, corners included."""
    rows = _fetched(connection, CLUSTERS.format(table=table, gap=gap_m))
    label = np.empty(len(rows), dtype=np.intp)
    label[rows[:, 0]] = rows[:, 1]
    return Labelled(label, united_area_m2(connection, table, label, shared=shared))


def united_area_m2(
    connection: psycopg.Connection,
    table: str,
    label: npt.NDArray[np.intp],
    *,
    shared: bool = True,
    least_mu: float = 100.0,
    longest_edge_m: float | None = None,
) -> npt.NDArray[np.float64]:
    """Unite the groups whose parcels add up to a least area; the others are given 0.

    Parameters
    ----------
    connection, table
        As for ``edge_blocks``.
    label
        Group of each shape, array of n.
    shared
        True where all workers unite, False for the plain aggregate.
    least_mu
        Least area [亩].
    longest_edge_m
        Longer edges are divided before they are measured: PostGIS takes an edge for the shortest
        way between its ends, we for the straight line of the map. None for as they are.

    Returns
    -------
    array of float
        Ellipsoidal area of the union of each group [m²].
    """
    connection.execute(f"DROP TABLE IF EXISTS {table}_label, {table}_group")
    connection.execute(f"CREATE UNLOGGED TABLE {table}_label (id int4, label int4)")
    lines = "\n".join(f"{place}\t{one}" for place, one in enumerate(label.tolist()))
    with connection.cursor() as cursor, cursor.copy(f"COPY {table}_label FROM STDIN") as copy:
        copy.write(lines)
    connection.execute(f"ANALYZE {table}_label")
    least = least_mu * M2_PER_MU * (1 - 1e-3)  # planar areas choose, ellipsoidal ones decide
    if shared:
        connection.execute(GATHERED.format(table=table, least=least))
    query, outline = (UNION_OF_ROWS, "ST_UnaryUnion(geom)") if shared else (UNION_AGGREGATE, "geom")
    if longest_edge_m is not None:
        outline = f"ST_Segmentize({outline}, {longest_edge_m})"
    rows = connection.execute(query.format(table=table, least=least, outline=outline)).fetchall()
    area_m2 = np.zeros(int(label.max()) + 1)
    for one, area in rows:
        area_m2[one] = area
    return area_m2


def _fetched(connection: psycopg.Connection, query: str) -> npt.NDArray[np.intp]:
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
        data = b"".join(bytes(block) for block in copy)
    if not data:
        return np.empty((0, 2), dtype=np.intp)
    return np.array(data.split(), dtype=np.intp).reshape(-1, 2)
