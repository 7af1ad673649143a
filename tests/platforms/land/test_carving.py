"""Which parcels of a block are taken, against every connected subset tried one by one."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.errors import PlanningError
from platforms.land.carving import EXACT_UP_TO, Need, carve

ROW = [(0, 1), (1, 2), (2, 3), (3, 4)]


def ends(pairs):
    """Two arrays of positions."""
    both = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def best(areas_mu, pairs, *need, **options):
    return carve(areas_mu, ends(pairs), Need(*need), **options).best


def pieces_of(members, pairs):
    """Connected pieces of some parcels, by spreading."""
    left, found = set(members), []
    while left:
        piece, waiting = set(), [left.pop()]
        while waiting:
            one = waiting.pop()
            piece.add(one)
            beside = {b for a, b in pairs if a == one} | {a for a, b in pairs if b == one}
            waiting += beside & left
            left -= beside
        found.append(piece)
    return found


def by_trying_all(areas_mu, pairs, need, may_take=None):
    """The best connected subset by the definition, or None."""
    every, block = range(len(areas_mu)), sum(areas_mu)
    free = [i for i in every if may_take is None or may_take[i]]
    choices = []
    for taken in (t for k in range(1, len(free) + 1) for t in combinations(free, k)):
        area = sum(areas_mu[i] for i in taken)
        if area < need.least_mu or len(pieces_of(taken, pairs)) > 1:
            continue
        rest = pieces_of(set(every) - set(taken), pairs)
        largest = max((sum(areas_mu[i] for i in piece) for piece in rest), default=0.0)
        over = need.most_mu is not None and area > need.most_mu
        reachable = [mu for mu in need.lines_mu if block - need.wanted_mu >= mu]
        missed = sum(largest < mu for mu in reachable)
        cost = abs(area - need.wanted_mu) + block - area - largest
        surplus = max(0.0, area - need.wanted_mu)
        choices.append((over, missed, cost, surplus, len(taken), taken))
    return min(choices, default=None)


@st.composite
def blocks(draw, most_parcels):
    """A block in eighths of 亩, so that every sum is exact: ties are ties."""
    count = draw(st.integers(1, most_parcels))
    areas = [a / 8 for a in draw(st.lists(st.integers(8, 320), min_size=count, max_size=count))]
    tree = [(draw(st.integers(0, i - 1)), i) for i in range(1, count)]
    some = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    more = [(min(p), max(p)) for p in draw(st.lists(some, max_size=count)) if p[0] != p[1]]
    return areas, sorted({*tree, *more})


@st.composite
def needs(draw, block_mu):
    wanted = draw(st.integers(1, int(block_mu * 8) + 8)) / 8
    least = max(1 / 8, wanted - draw(st.integers(0, 80)) / 8)
    most = draw(st.none() | st.integers(0, 80).map(lambda eighths: wanted + eighths / 8))
    lines = draw(st.lists(st.integers(10, 200), max_size=2))
    return Need(least, wanted, most, tuple(map(float, lines)))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_best_is_that_of_trying_every_connected_subset(data):
    areas, pairs = data.draw(blocks(9))
    need = data.draw(needs(sum(areas)))
    may_take = data.draw(
        st.none() | st.lists(st.booleans(), min_size=len(areas), max_size=len(areas))
    )
    found = carve(areas, ends(pairs), need, may_take)
    wanted = by_trying_all(areas, pairs, need, may_take)
    assert found.is_exact
    if wanted is None:
        assert found.best is None
        return
    one = found.best
    assert one.places == wanted[-1]
    assert (one.is_over_most, one.lines_missed) == wanted[:2]
    assert (one.cost_mu, one.surplus_mu) == pytest.approx(wanted[2:4], abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_blocks_of_twelve_parcels_are_searched_through_and_through(seed):
    rng = np.random.default_rng(seed)
    areas = (rng.integers(20, 200, EXACT_UP_TO) / 4).tolist()
    pairs = [(i, i + 1) for i in range(11) if i % 4 < 3] + [(i, i + 4) for i in range(8)]
    need = Need(0.35 * sum(areas), 0.4 * sum(areas), None, (100.0, 200.0))
    found = carve(areas, ends(pairs), need)
    assert found.is_exact
    assert found.best.places == by_trying_all(areas, pairs, need)[-1]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_taken_and_left_are_the_block_and_costs_add_up(data):
    areas, pairs = data.draw(blocks(16))
    need = data.draw(needs(sum(areas)))
    one = carve(areas, ends(pairs), need).best
    if one is None:
        assert sum(areas) < need.least_mu
        return
    assert len(pieces_of(one.places, pairs)) == 1
    assert one.area_mu + one.remainder_mu + one.stranded_mu == pytest.approx(sum(areas))
    assert one.rest_mu == pytest.approx(one.remainder_mu + one.stranded_mu)
    assert one.cost_mu == pytest.approx(one.surplus_mu + one.short_mu + one.stranded_mu)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.randoms(use_true_random=False))
def test_the_order_of_the_parcels_changes_no_figure(data, random):
    areas, pairs = data.draw(blocks(9))
    need = data.draw(needs(sum(areas)))
    places = list(range(len(areas)))
    random.shuffle(places)
    moved = [0.0] * len(areas)
    for i, place in enumerate(places):
        moved[place] = areas[i]
    one = carve(areas, ends(pairs), need).best
    other = carve(moved, ends([(places[a], places[b]) for a, b in pairs]), need).best
    assert (one is None) == (other is None)
    if one is not None:
        assert (one.cost_mu, one.surplus_mu) == (other.cost_mu, other.surplus_mu)


def test_a_project_goes_to_an_end_and_not_into_the_middle():
    one = best([50, 50, 40, 50, 42], ROW, 40, 40)
    assert (one.places, one.surplus_mu, one.stranded_mu) == ((4,), 2.0, 0.0)
    assert one.remainder_mu == 190.0


def test_a_surplus_and_stranded_land_weigh_the_same():
    pairs = [(0, 1), (1, 2)]
    assert best([100, 40, 9], pairs, 40, 40).places == (1,)
    # Whatever it strands it may as well take; then the least surplus decides.
    assert best([100, 40, 9], pairs, 45, 45).places == (1, 2)


def test_a_line_that_can_be_kept_is_kept_at_the_price_of_a_smaller_wish():
    # Taking 30 + 12 leaves 98 in one piece; 39 at the other end leave 101.
    areas, pairs = [30.0, 12.0, 59.0, 39.0], [(0, 1), (1, 2), (2, 3)]
    assert best(areas, pairs, 38.0, 40.0, None, (100.0,)).places == (3,)
    assert best(areas, pairs, 40.0, 40.0, None, (100.0,)).places == (0, 1)


def test_more_than_the_most_is_taken_only_where_nothing_else_is_enough():
    pairs = [(0, 1), (1, 2)]
    assert best([41, 5, 60], pairs, 40, 60, 64).places == (2,)
    one = best([90, 5, 20], pairs, 40, 40, 44)
    assert (one.places, one.is_over_most) == ((0,), True)


@pytest.mark.parametrize(("area_mu", "is_enough"), [(39.9999, False), (40, True), (40.0001, True)])
def test_enough_is_enough_on_either_side_of_the_least(area_mu, is_enough):
    assert (best([area_mu], [], 40, 40) is not None) == is_enough
    assert best([40 * (1 - 1e-12)], [], 40, 40) is not None


def test_parcels_that_may_not_be_taken_stay_in_what_is_left():
    one = best([40, 60, 41], [(0, 1), (1, 2)], 40, 40, may_take=[False, True, True])
    assert (one.places, one.remainder_mu) == ((2,), 100.0)


def test_a_parcel_larger_than_the_need_is_offered_for_a_cut_with_what_is_left_at_best():
    cuts = carve([120.0, 30.0], ends([(0, 1)]), Need(40, 40)).cuts
    assert [(one.whole, one.cut, one.take_mu, one.least_cost_mu) for one in cuts] == [
        ((), 0, 40.0, 0.0), ((1,), 0, 10.0, 0.0),
    ]  # fmt: skip


def test_nothing_to_take_is_no_carving():
    assert carve([], ends([]), Need(40, 40)).best is None
    assert best([40.0], [], 40, 40, may_take=[False]) is None


@pytest.mark.parametrize("need", [(0, 40), (41, 40), (40, 40, 39)])
def test_a_need_that_contradicts_itself_is_refused(need):
    with pytest.raises(PlanningError, match="carving_need_bad"):
        Need(*need)


def grid_block(rng, rows, columns, missing=0.15):
    """Parcels in rows and columns, some pairs of neighbours parted, all of it connected."""
    count = rows * columns
    pairs = [(i, i + 1) for i in range(count) if (i + 1) % columns]
    pairs += [(i, i + columns) for i in range(count - columns)]
    kept = [pair for pair in pairs if rng.random() > missing]
    parts = pieces_of(range(count), kept)
    kept += [(min(one), min(two)) for one, two in pairwise(parts)]
    return (rng.integers(40, 320, count) / 8).tolist(), sorted(kept)


@pytest.mark.parametrize("seed", range(12))
def test_a_narrow_search_costs_little_more_than_the_exact_one(seed):
    rng = np.random.default_rng(seed)
    areas, pairs = grid_block(rng, 3, 4)
    need = Need(0.3 * sum(areas), 0.3 * sum(areas))
    exact = carve(areas, ends(pairs), need).best
    narrow = carve(areas, ends(pairs), need, widest=4).best
    assert exact.cost_mu <= narrow.cost_mu <= exact.cost_mu + 0.1 * need.wanted_mu


def test_a_large_block_is_carved_with_hardly_any_cost():
    areas, pairs = grid_block(np.random.default_rng(0), 10, 15)
    found = carve(areas, ends(pairs), Need(200.0, 200.0))
    assert len(pieces_of(found.best.places, pairs)) == 1
    assert found.best.cost_mu < 2.0
