"""Placing projects on the land of a small city: what is handed out, shared, proven and left."""

import itertools
import random

import pytest
import shapely

from geo.units import RELATIVE_TOLERANCE
from platforms.elements.quotas import Headroom
from platforms.matching.match import evaluate, fitting_blocks, ranked
from platforms.matching.survey import Survey
from platforms.placement import place as place_module
from platforms.placement.limits import SMALLEST_OVERLAP_M2, _option, further_shares
from platforms.placement.place import Wishes, limits_of, place
from platforms.placement.relaxation import problem_of
from platforms.placement.solve import Solved, search, search_problem
from platforms.scenario.edits import PlaceProject
from platforms.scenario.overlay import apply_edits
from tests.matching_frames import TABLE, city, demand, parcel, site
from tests.planning_frames import (
    CITY_CRS,
    OUTSIDE,
    allotment,
    jiaxing,
    rect,
    rect_of_mu,
    verdicts_of,
)

YEAR = 2024
POLICY = jiaxing("2025-06-30")


@pytest.fixture(autouse=True)
def solved_here(monkeypatch):
    """Search in this process: a child for each of so many searches would take minutes."""

    def here(points, limits, required, gap, deadline_s, *, is_cancelled=None):
        if not points:
            return search(points, [], gap, deadline_s)
        rows = [(limit.weights, limit.most) for limit in limits]
        return search_problem(problem_of(points, rows, required), gap, deadline_s)

    monkeypatch.setattr(place_module, "solve", here)


def project(number, wanted_mu, **values):
    """A project that promises per 亩 what the parcels ask."""
    return demand(
        project_id=f"X{number}", land_min_mu=float(wanted_mu), tax_wan_yuan=30.0 * wanted_mu,
        **values,
    )  # fmt: skip


def land_quota(unit_id, land_mu, year=YEAR):
    return {
        "quota_id": f"q-{unit_id}-{year}", "unit_id": unit_id, "year": year, "element": "land",
        "land_mu": land_mu,
    }  # fmt: skip


def placed(source, demands):
    """Match some projects in one run, cut blocks for them, and place them."""
    survey = Survey(
        source, POLICY, TABLE, YEAR, CITY_CRS, None, min(d.land_min_mu for d in demands)
    )  # fmt: skip
    inputs = list(survey.inputs(demands))
    fitting = [
        fitting_blocks(evaluate(mine, d, POLICY, TABLE))
        for mine, d in zip(inputs, demands, strict=True)
    ]
    wider = survey.sharing(demands, inputs, fitting)
    results = [
        ranked(evaluate(mine, d, POLICY, TABLE), TABLE)
        for mine, d in zip(wider, demands, strict=True)
    ]
    ids = [d.project_id for d in demands]
    shares = {
        **survey.shares_without(ids), **further_shares(source, ids, YEAR, POLICY, CITY_CRS),
    }  # fmt: skip
    rooms = survey.quotas.headrooms_of_all(ids)
    return place(results, rooms, shares, POLICY, Wishes(gap=0.0, explain=False))


def sizes(placement):
    return {one.project_id: one.area_mu for one in placement.assignments}


def most_overlap_m2(placement):
    shapes = [one.geometry for one in placement.assignments]
    return max(
        (shapely.area(shapely.intersection(*pair)) for pair in itertools.combinations(shapes, 2)),
        default=0.0,
    )


def test_two_projects_of_100_mu_stand_on_one_parcel_of_320_mu():
    source = city([parcel("A", rect_of_mu(100, 100, 320))])
    placement = placed(source, [project(1, 100), project(2, 100)])
    assert sizes(placement) == pytest.approx({"X1": 100.0, "X2": 100.0}, rel=1e-9)
    assert most_overlap_m2(placement) <= SMALLEST_OVERLAP_M2
    assert placement.conflicts == ()
    assert placement.is_count_proven
    over = placement.proven_over
    assert over.carved_sites == over.sites > 1
    assert over.bounded
    (left,) = placement.leftovers
    assert (left.parcel_id, sorted(left.site_ids)) == (
        "A", sorted(one.site_id for one in placement.assignments),
    )  # fmt: skip
    assert left.left_mu == pytest.approx(120.0, rel=1e-6)
    assert not left.is_too_small


@pytest.mark.parametrize(
    ("block_mu", "wishes", "count"),
    [
        (200, (100, 100), 2), (199.9, (100, 100), 1), (240, (60, 80, 100), 3),
        (239.9, (60, 80, 100), 2), (200, (100, 120, 100), 2), (300, (50,) * 6, 6),
    ],
)  # fmt: skip
def test_projects_fill_a_parcel_exactly_and_no_more(block_mu, wishes, count):
    demands = [project(number, wish) for number, wish in enumerate(wishes)]
    placement = placed(city([parcel("A", rect_of_mu(100, 100, block_mu))]), demands)
    assert len(placement.assignments) == count
    assert most_overlap_m2(placement) <= SMALLEST_OVERLAP_M2
    for one in placement.assignments:
        wish = demands[int(one.project_id[1:])].land_wanted_mu
        assert one.area_mu == pytest.approx(wish, rel=1e-9)


@pytest.mark.parametrize("block_mu", [100.0, 95.0])
def test_a_project_takes_less_than_its_wish_beside_another(block_mu):
    # The block is no larger than the wish of the first, which can do with 75.
    first = demand(project_id="X1", land_min_mu=75.0, land_ideal_mu=100.0, tax_wan_yuan=3000.0)
    source = city([parcel("A", rect_of_mu(100, 100, block_mu))])
    placement = placed(source, [first, project(2, 20)])
    assert sizes(placement) == pytest.approx({"X1": block_mu - 20, "X2": 20.0}, rel=1e-9)
    assert placement.leftovers == ()


def test_sites_that_overlap_are_told_even_where_the_search_let_them_through(monkeypatch):
    def careless(points, *_, **__):
        return Solved((0, len(points) - 1), None, is_count_proven=False)

    monkeypatch.setattr(place_module, "solve", careless)
    # The least of each is more than half of the parcel: whatever is cut shares land.
    source = city([parcel("A", rect_of_mu(100, 100, 190))])
    placement = placed(source, [project(1, 100), project(2, 100)])
    assert len(placement.assignments) == 2
    assert most_overlap_m2(placement) > SMALLEST_OVERLAP_M2
    assert "limit_overlap" in {one.code for one in placement.conflicts}


def test_a_parcel_registered_at_the_very_wish_is_given_whole():
    # 100 亩 by the register, 100.05 by the shape; the project takes no more than 100.
    registered = {"area_declared_m2": 100 * 2000 / 3}
    source = city([parcel("A", rect_of_mu(100, 100, 100.05), **registered)],
                  element_quotas=[land_quota("N", 100.0)])  # fmt: skip
    (one,) = placed(source, [project(1, 100, land_max_mu=100)]).assignments
    assert one.parcel_ids == ("A",)
    assert one.legal_mu == pytest.approx(100.0, rel=1e-12)


def test_what_is_used_up_leaves_nothing_and_what_is_too_small_is_said():
    parcels = [parcel("A", rect_of_mu(100, 100, 200))]
    both = placed(city(parcels), [project(1, 100), project(2, 100)])
    assert both.leftovers == ()
    (left,) = placed(city(parcels), [project(1, 100), project(2, 70)]).leftovers
    assert left.left_mu == left.largest_mu == pytest.approx(30.0, rel=1e-6)
    assert left.least_mu == 70.0
    assert left.is_too_small


def test_a_block_of_several_parcels_takes_projects_side_by_side():
    row = [parcel(f"A{n}", rect(100 + 200 * n, 100, 200, 200)) for n in range(5)]  # 60 亩 each
    placement = placed(city(row), [project(1, 110), project(2, 90), project(3, 90)])
    assert len(placement.assignments) == 3
    assert most_overlap_m2(placement) <= SMALLEST_OVERLAP_M2
    assert sum(sizes(placement).values()) <= 300.1


def test_projects_of_different_land_uses_share_a_block_both_may_use():
    parcels = [parcel("A", rect_of_mu(100, 100, 320))]
    demands = [project(1, 100), project(2, 100, land_use_codes="100101"),
               project(3, 60, land_use_codes="1001")]  # fmt: skip
    placement = placed(city(parcels), demands)
    assert len(placement.assignments) == 3
    assert most_overlap_m2(placement) <= SMALLEST_OVERLAP_M2


def test_240_mu_never_go_out_of_a_quota_of_230():
    # Wished for are 200, of which up to 240 go out whole: the block is 240.
    source = city([parcel("A", rect_of_mu(100, 100, 240))],
                  element_quotas=[land_quota("N", 230.0)])  # fmt: skip
    (one,) = placed(source, [project(1, 200)]).assignments
    assert one.takes["land", None] == one.legal_mu <= 230.0
    assert one.legal_mu == pytest.approx(200.0, rel=1e-9)
    assert not placed(source, [project(1, 231)]).assignments
    whole = city([parcel("A", rect_of_mu(100, 100, 240))],
                 element_quotas=[land_quota("N", 240.0)])  # fmt: skip
    (one,) = placed(whole, [project(1, 200)]).assignments
    assert one.legal_mu == pytest.approx(240.0, rel=1e-9)
    assert placed(whole, [project(1, 200)]).leftovers == ()


def test_two_projects_share_a_quota_by_what_each_is_handed():
    # 120 + 120 亩 are handed out for wishes of 110 each.
    parcels = [parcel("A", rect_of_mu(100, 100, 120)), parcel("B", rect_of_mu(100, 2000, 120))]
    demands = [project(1, 110, land_max_mu=120), project(2, 110, land_max_mu=120)]
    for left, least in ((239.0, 110.0), (240.0, 120.0)):
        source = city(parcels, element_quotas=[land_quota("N", left)])
        placement = placed(source, demands)
        assert len(placement.assignments) == 2
        assert sum(one.legal_mu for one in placement.assignments) <= left * (1 + 1e-9)
        assert min(sizes(placement).values()) == pytest.approx(least, rel=1e-9)
    source = city(parcels, element_quotas=[land_quota("N", 219.0)])
    assert len(placed(source, demands).assignments) == 1


def test_a_placement_of_whole_parcels_is_proven_over_all_its_candidates():
    parcels = [parcel("A", rect_of_mu(100, 100, 100)), parcel("B", rect_of_mu(100, 2000, 110))]
    over = placed(
        city(parcels),
        [demand(project_id="X1", land_min_mu=95.0, land_ideal_mu=120.0, tax_wan_yuan=3600.0)],
    ).proven_over
    assert (over.candidates, over.per_project, over.sites) == (2, 2, 2)
    assert (over.carved_sites, over.left_out, over.bounded) == (0, 0, False)


def test_an_adopted_placement_is_checked_as_it_was_placed():
    # 300 of 400 亩 lie inside: 28.57 亩 more may go outside.
    parcels = [
        parcel("A", rect_of_mu(100, 100, 120), unit_id="N", area_declared_m2=80_010.0),
        parcel("B", rect_of_mu(6100, 100, 40), unit_id="N"),
        parcel("C", rect_of_mu(100, 2000, 30), unit_id="N"),
    ]
    rows = [
        {"project_id": "X1", "unit_id": "N", "category": "industry", "energy_tce": 0.0,
         "emission_t": 0.0},
        {"project_id": "X2", "unit_id": "N", "category": "industry", "energy_tce": 0.0,
         "emission_t": 0.0},
    ]  # fmt: skip
    source = city(
        parcels, projects=rows, element_quotas=[land_quota("N", 160.0)],
        element_allotments=[
            allotment(1, land_mu=300.0, is_increment=False),
            allotment(2, land_mu=100.0, is_increment=False, geometry=OUTSIDE),
        ],
    )  # fmt: skip
    placement = placed(source, [project(1, 100, land_max_mu=125), project(2, 30)])
    assert {one.project_id for one in placement.assignments} == {"X1", "X2"}
    edits = [
        PlaceProject(one.project_id, one.parcel_ids, "2024-12-31") for one in placement.assignments
    ]
    adopted = apply_edits(source, edits, CITY_CRS)
    (verdict,) = (
        v for v in verdicts_of("B1", adopted) if v.part == "land" and v.unit_id == "N"
    )  # fmt: skip
    after = placement.shares["N", "land", None]
    assert verdict.measured == pytest.approx(after.after, rel=1e-12)
    assert verdict.outcome == after.outcome == "met"
    made = adopted.read("element_allotments")
    handed_out = made["land_mu"][made["project_id"].isin(["X1", "X2"])].sum()
    assert handed_out == pytest.approx(sum(one.legal_mu for one in placement.assignments))
    # 80 010 m² are registered for A, ten more than the shape has.
    assert placement.assignments[0].legal_mu == pytest.approx(80_010 / (2000 / 3), rel=1e-12)
    assert handed_out <= 160.0


WISHES = (40.0, 60.0, 60.0, 75.0, 100.0, 130.0)


def random_case(draw):
    """Six projects and eight sites, some of which share land."""
    wanted = [draw.choice(WISHES) for _ in range(6)]
    demands = [
        demand(project_id=f"X{n}", land_min_mu=0.8 * mu, land_ideal_mu=mu, energy_tce=mu)
        for n, mu in enumerate(wanted)
    ]
    sites = []
    for number in range(8):
        area_mu = draw.choice(WISHES) + draw.choice([0.0, 0.0, 5.0])
        east = 400.0 * draw.randrange(4) + draw.choice([0.0, 100.0])
        sites.append(
            site(
                site_id=f"S{number}", parcel_ids=(f"D{number}#cut",), area_mu=area_mu,
                excess_mu=draw.choice([0.0, 0.05]), unit_id=draw.choice("NS"),
                zone_share=draw.choice([0.0, 0.5, 1.0]), is_increment=draw.choice([True, False]),
                geometry=rect(east, 0, 200, 200),
            )
        )  # fmt: skip
    options = [
        _option(wish, place_, float(draw.randint(1, 99)))
        for wish in demands for place_ in sites if draw.random() < 0.5
    ]  # fmt: skip
    rooms = {
        **{("unit", u, "land", None): Headroom(draw.choice([150.0, 250.0]), 20.0) for u in "NS"},
        **{("unit", u, "energy", None): Headroom(220.0, 0.0) for u in "NS"},
    }
    shares = {
        (u, "land", None): {"inside": 160.0, "total": 200.0, "threshold": 0.7} for u in "NS"
    }  # fmt: skip
    return options, sites, rooms, shares


def is_allowed(chosen, sites, rooms, shares, *, is_whole):
    """Say by itself, from sites and figures, whether a choice holds; shares only of a whole one."""
    by_id = {one.site_id: one for one in sites}
    for a, b in itertools.combinations(chosen, 2):
        if shapely.area(shapely.intersection(a.geometry, b.geometry)) > SMALLEST_OVERLAP_M2:
            return False
    for unit in "NS":
        mine = [one for one in chosen if one.unit_id == unit]
        lands = [by_id[one.site_id] for one in mine]
        new_mu = sum(s.area_mu + s.excess_mu for s in lands if s.is_increment)
        energy = sum(one.takes["energy", None] for one in mine)
        for element, amount in (("land", new_mu), ("energy", energy)):
            room = rooms["unit", unit, element, None]
            if amount > (room.quota - room.committed) * (1 + RELATIVE_TOLERANCE):
                return False
        if is_whole:
            row = shares[unit, "land", None]
            total = row["total"] + sum(s.area_mu + s.excess_mu for s in lands)
            inside = row["inside"] + sum((s.area_mu + s.excess_mu) * s.zone_share for s in lands)
            if inside < 0.7 * total * (1 - RELATIVE_TOLERANCE):
                return False
    return True


def best_by_hand(options, sites, rooms, shares):
    """Try every assignment of every project to each of its sites, or to none."""
    names = sorted({one.project_id for one in options})
    by_project = [[one for one in options if one.project_id == name] for name in names]
    best = (0, 0.0)

    def go(level, chosen):
        nonlocal best
        if level == len(names):
            value = (len(chosen), sum(one.points for one in chosen))
            if value > best and is_allowed(chosen, sites, rooms, shares, is_whole=True):
                best = value
            return
        for one in by_project[level]:
            if is_allowed([*chosen, one], sites, rooms, shares, is_whole=False):
                go(level + 1, [*chosen, one])
        go(level + 1, chosen)

    go(0, [])
    return best


def chosen_of(options, rooms, shares):
    limits = limits_of(options, rooms, shares, POLICY, YEAR)
    rows = [(dict(limit.weights), limit.most) for limit in limits]
    found = search([one.points for one in options], rows, 0.0, 20.0)
    assert found.is_count_proven
    return [options[at] for at in found.chosen]


@pytest.mark.parametrize("seed", range(8))
def test_no_assignment_of_six_projects_to_eight_sites_is_better(seed):
    options, sites, rooms, shares = random_case(random.Random(seed))
    chosen = chosen_of(options, rooms, shares)
    assert is_allowed(chosen, sites, rooms, shares, is_whole=True)
    count, points = best_by_hand(options, sites, rooms, shares)
    assert len(chosen) == count
    assert sum(one.points for one in chosen) == pytest.approx(points)


@pytest.mark.parametrize("seed", range(8))
def test_more_quota_never_worsens_and_the_order_of_projects_does_not_matter(seed):
    draw = random.Random(100 + seed)
    options, _, rooms, shares = random_case(draw)

    def value(some, left):
        chosen = chosen_of(some, left, shares)
        return len(chosen), round(sum(one.points for one in chosen), 6)

    before = value(options, rooms)
    more = {key: Headroom(room.quota + 60.0, room.committed) for key, room in rooms.items()}
    assert value(options, more) >= before
    shuffled = options[:]
    draw.shuffle(shuffled)
    assert value(shuffled, rooms) == before


@pytest.mark.parametrize("seed", range(2))
def test_in_a_whole_city_more_quota_places_no_fewer_and_land_is_never_given_twice(seed):
    draw = random.Random(seed)
    parcels = [
        parcel(f"A{n}", rect_of_mu(100, 100 + 1000 * n, draw.choice([150, 200, 320])))
        for n in range(2)
    ]
    demands = [project(n, draw.choice([50, 60, 80, 100, 120])) for n in range(4)]
    counts = []
    for left in (150.0, 220.0, 400.0):
        source = city(parcels, element_quotas=[land_quota("N", left)])
        placement = placed(source, demands)
        assert placement.conflicts == ()
        assert most_overlap_m2(placement) <= SMALLEST_OVERLAP_M2
        assert sum(one.legal_mu for one in placement.assignments) <= left * (1 + 1e-9)
        counts.append(len(placement.assignments))
    assert counts == sorted(counts)
    again = placed(source, demands[::-1])
    assert len(again.assignments) == counts[-1]
    assert sum(one.points for one in again.assignments) == pytest.approx(
        sum(one.points for one in placement.assignments)
    )
