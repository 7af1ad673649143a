"""Which shapes don't fit: held against land in common, and against contact that is a corner's."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.kernels.facing import LEAST_M
from geo.kernels.union import coverage_fault_pairs
from tests.arrays import array_of


def misfits(*shapes: shapely.Geometry) -> list[list[int]]:
    return sorted(coverage_fault_pairs(array_of(shapes)).tolist())


def test_squares_with_equal_edges_and_corners_fit():
    assert misfits(*(shapely.box(x, y, x + 10, y + 10) for x in (0, 10) for y in (0, 10))) == []


def test_a_shape_drawn_twice_does_not_fit_whichever_way_round_it_is_drawn():
    square = shapely.box(0, 0, 10, 10)
    assert misfits(square, square) == [[0, 1]]
    assert misfits(square, shapely.reverse(square)) == [[0, 1]]


def test_neighbours_fit_whichever_way_round_they_are_drawn():
    one, two = shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)
    assert misfits(one, shapely.reverse(two)) == []


def test_a_corner_on_the_middle_of_an_edge_of_the_neighbour_does_not_fit():
    assert misfits(shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 20)) == [[0, 1]]


def test_a_shape_inside_another_does_not_fit_and_one_in_its_hole_does():
    outer, inner = shapely.box(0, 0, 30, 30), shapely.box(10, 10, 20, 20)
    assert misfits(outer, inner) == [[0, 1]]
    assert misfits(inner, outer) == [[0, 1]]
    assert misfits(outer - inner, inner) == []


@pytest.mark.parametrize(("metres", "expected"), [(0.9, []), (1.1, [[0, 1]])])
def test_contact_beside_equal_edges_counts_from_a_millimetre_on(metres, expected):
    # The neighbour's edge goes on along the line of the common edge for this much.
    beyond = metres * LEAST_M
    one = shapely.box(0, 0, 10, 10)
    two = shapely.Polygon([(10, 0), (20, 0), (20, 20), (10 - 1e-9, 10 + beyond), (10, 10)])
    three = shapely.Polygon([(0, 10), (10, 10), (10, 10 + beyond), (5, 20)])
    assert misfits(two, three) == expected
    assert misfits(one, three) == []


def test_land_that_hangs_on_by_a_hair_is_seen_from_its_own_side():
    square = shapely.Polygon([(0, 0), (10, 0), (10, 4.9999), (10, 5), (10, 10), (0, 10)])
    # From outside a neck of a tenth of a millimetre leads to a field inside the square.
    hair = shapely.Polygon(
        [(10, 4.9999), (20, 0), (20, 10), (10, 5), (8, 8), (2, 8), (2, 2), (8, 2)]
    )
    assert hair.is_valid
    assert square.intersection(hair).area > 30
    assert misfits(square, hair) == misfits(hair, square) == [[0, 1]]


def test_pairs_of_different_groups_are_not_looked_at():
    squares = array_of([shapely.box(x, 0, x + 10, 10) for x in (0, 5, 8)])
    found = coverage_fault_pairs(squares, np.array([0, 1, 0]))
    assert found.tolist() == [[0, 2]]


def test_missing_and_empty_shapes_fit():
    assert misfits(shapely.box(0, 0, 1, 1), None, shapely.Polygon()) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_pair_with_land_in_common_is_found(seed):
    rng = np.random.default_rng(seed)
    nodes = np.stack(np.meshgrid(np.arange(6.0), np.arange(6.0), indexing="ij"), axis=-1) * 20
    nodes += rng.uniform(-4, 4, nodes.shape)
    shapes = array_of(
        shapely.Polygon([nodes[i, j], nodes[i + 1, j], nodes[i + 1, j + 1], nodes[i, j + 1]])
        for i in range(5)
        for j in range(5)
    )
    moved = rng.random(25) < 0.3
    shapes[moved] = shapely.transform(
        shapes[moved], lambda points: points + rng.uniform(-0.5, 0.5, points.shape[1])
    )
    turned = rng.random(25) < 0.5
    shapes[turned] = shapely.reverse(shapes[turned])
    shapes = np.concatenate([shapes, shapes[rng.integers(0, 25, 2)]])
    found = {tuple(pair) for pair in coverage_fault_pairs(shapes).tolist()}
    common = {
        (i, j)
        for i in range(len(shapes))
        for j in range(i + 1, len(shapes))
        if shapes[i].intersection(shapes[j]).area > 1e-6
    }
    assert common <= found
