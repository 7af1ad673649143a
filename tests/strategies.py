"""Random small arrangements of land for property tests."""

import numpy as np
import shapely
from hypothesis import strategies as st
from shapely import affinity


@st.composite
def seeded(draw):
    """A seeded generator: the arrangement follows from one number."""
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


def jittered_rectangles(rng, gap_m, rows=2, columns=3):
    """Rectangles in rows and columns, with gaps on both sides of the threshold, turned as one.

    Some are shifted, some cut to an L, so that facing edges vary in length too.
    """
    shapes, north = [], 0.0
    for _ in range(rows):
        east, height = float(rng.uniform(-6, 6)), float(rng.uniform(6, 25))
        for _ in range(columns):
            width = float(rng.uniform(4, 25))
            lift = float(rng.choice([0.0, rng.uniform(-4, 4)]))
            shape = shapely.box(east, north + lift, east + width, north + height + lift)
            if rng.random() < 0.3:
                notch = shapely.box(east - 1, north + lift - 1, east + width / 2, north + lift + 3)
                shape = shape.difference(notch)
            shapes.append(shape)
            east += width + some_gap(rng, gap_m)
        north += height + some_gap(rng, gap_m)
    turned = [affinity.rotate(s, float(rng.uniform(0, 90)) if rng.random() < 0.1 else 0)
              for s in shapes]  # fmt: skip
    angle = float(rng.choice([0.0, rng.uniform(0, 90)]))
    return [affinity.rotate(s, angle, origin=(0, 0)) for s in turned]


def some_gap(rng, gap_m):
    return float(rng.choice([0.0, 0.3, 0.6 * gap_m, gap_m, 1.3 * gap_m, 1.3 * gap_m + 3]))


def random_obstacles(rng, shapes):
    """Barrier lines and polygons, and constraints, laid across the arrangement."""
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))

    def point():
        return float(rng.uniform(west, east)), float(rng.uniform(south, north))

    cutting, covering = [], []
    for _ in range(int(rng.integers(0, 3))):
        line = shapely.LineString([point(), point()])
        cutting.append(line if rng.random() < 0.5 else line.buffer(float(rng.uniform(0.2, 2))))
    for _ in range(int(rng.integers(0, 4))):
        x, y = point()
        covering.append(shapely.box(x, y, x + rng.uniform(0.5, 12), y + rng.uniform(0.5, 12)))
    return cutting, covering


@st.composite
def arrangements(draw):
    """Parcels, gap, cutting and covering obstacles; parcels of one arrangement may overlap."""
    rng = draw(seeded())
    gap_m = float(rng.choice([0.0, 0.5, 2.0, 5.0, 15.0]))
    shapes = jittered_rectangles(rng, gap_m)
    return shapes, gap_m, *random_obstacles(rng, shapes)
