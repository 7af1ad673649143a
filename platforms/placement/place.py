"""Where many projects go at once, and why some go nowhere."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from geo.units import compare
from platforms.elements.quotas import Headroom, QuotaKey
from platforms.elements.shares import ShareEffect
from platforms.errors import PlanningError
from platforms.land.site_carving import SLIVER_M2
from platforms.matching.match import MatchResult
from platforms.placement.explain import (
    NOTHING_EXPLAINED,
    Explained,
    LocksConflictError,
    PlacementModel,
    Why,
    explain,
    explain_locks,
)
from platforms.placement.limits import (
    EXPLAINED_PAIRS,
    Limit,
    Option,
    Pairs,
    ShareRows,
    land_limits,
    land_taken_twice,
    pairs_of,
    project_limits,
    quota_limits,
    share_limits,
    shares_after,
    to_explain,
)
from platforms.placement.solve import Solved, quick, solve
from platforms.policy.in_force import PolicySet
from platforms.policy.verdict import Statement, say

LEAST_TO_EXPLAIN_S = 2.0
"""Time for the reasons where the search for a placement took all [s]."""


@dataclass(frozen=True)
class Wishes:
    """How to place.

    ``locked, excluded``: Pairs of project and site that must, and must not, be.
    ``gap``: Relative gap (0–1) at which the search ends.
    ``deadline_s``: Seconds.
    ``explain``: Whether to search for what clashes, what mends it, and near-best placements.
    ``tolerance``: Part (0–1) of the sum of scores that a near-best placement may lose.
    ``alternatives``: Near-best placements wanted.
    ``is_quick``: Whether the relaxation rounded will do; nothing is explained then.
    """

    locked: tuple[tuple[str, str], ...] = ()
    excluded: tuple[tuple[str, str], ...] = ()
    gap: float = 0.005
    deadline_s: float = 60.0
    explain: bool = True
    tolerance: float = 0.01
    alternatives: int = 3
    is_quick: bool = False

    @property
    def explains(self) -> bool:
        """True where reasons and near-best placements are searched for."""
        return self.explain and not self.is_quick

    def __post_init__(self) -> None:
        for project_id, site_id in self.locked:
            if (project_id, site_id) in self.excluded:
                raise PlanningError(
                    "placement_locked_and_excluded", project_id=project_id, site_id=site_id
                )


@dataclass(frozen=True)
class Unplaced:
    """A project without a place.

    ``project_id``: The project.
    ``reasons``: Limits in its way beside those that are placed.
    ``gates``: Gates that reject its sites, by number.
    ``why``: What clashes and what mends it; None where not asked, or no site is admitted.
    """

    project_id: str
    reasons: tuple[Statement, ...]
    gates: Mapping[str, int]
    why: Why | None = None


@dataclass(frozen=True)
class Offered:
    """The candidates that a proof is of.

    ``candidates``: Pairs of project and admitted site that were searched.
    ``per_project``: Most of them of one project.
    ``sites``: Different sites among them.
    ``carved_sites``: Sites cut from blocks: a sample of all the ways to cut them.
    ``left_out``: Pairs that were admitted and not searched.
    """

    candidates: int
    per_project: int
    sites: int
    carved_sites: int
    left_out: int

    @property
    def bounded(self) -> bool:
        """True where land was offered in some ways only: nothing is proven of all the land."""
        return bool(self.carved_sites or self.left_out)


@dataclass(frozen=True)
class Leftover:
    """What is left of a parcel of which a part is given to a project.

    ``parcel_id``: The parcel.
    ``site_ids``: Sites that take land of it.
    ``left_mu, largest_mu``: Land left, and its largest piece by itself [亩].
    ``least_mu``: Least land that any of the projects asks for [亩].
    """

    parcel_id: str
    site_ids: tuple[str, ...]
    left_mu: float
    largest_mu: float
    least_mu: float

    @property
    def is_too_small(self) -> bool:
        """True where no piece left is by itself enough for any of the projects."""
        return compare(self.largest_mu, self.least_mu) < 0


@dataclass(frozen=True)
class Placement:
    """The answer.

    ``assignments``: What goes where.
    ``unplaced``: What goes nowhere.
    ``shares``: Shares of B1 (of the year, cumulatively) and B2 by unit, element and pollutant,
      before and after.
    ``gap``: Relative gap of the sum of scores, None where not known.
    ``is_count_proven``: True where no more projects can be placed.
    ``conflicts``: Limits that the assignments break, and sites given whose shapes overlap; none
      unless the solver erred.
    ``explained``: What never changes, near-best placements, pairs that can swap.
    ``is_late``: True where time ended the search before the gap asked was reached.
    ``count_bound``: No more projects than this can be placed, None where not known.
    ``bound``: No placement of as many projects adds up to more points, None where not known.
    ``pairs_left``: Pairs of project and admitted site that were not looked at and may be part of
      a better one.
    ``explained_within``: So many of the best sites of each project ``explained`` looks at, None
      where at all.
    ``proven_over``: The candidates that gap, bounds and proofs are of.
    ``leftovers``: What is left of the parcels that are cut.
    """

    assignments: tuple[Option, ...]
    unplaced: tuple[Unplaced, ...]
    shares: Mapping[tuple[str, str, str | None], ShareEffect]
    gap: float | None
    is_count_proven: bool
    conflicts: tuple[Statement, ...]
    explained: Explained = NOTHING_EXPLAINED
    is_late: bool = False
    count_bound: int | None = None
    bound: float | None = None
    pairs_left: int = 0
    explained_within: int | None = None
    proven_over: Offered = Offered(0, 0, 0, 0, 0)
    leftovers: tuple[Leftover, ...] = ()


def place(
    results: Sequence[MatchResult],
    rooms: Mapping[QuotaKey, Headroom],
    shares: ShareRows,
    policy: PolicySet,
    wishes: Wishes,
    is_cancelled: Callable[[], bool] | None = None,
) -> Placement:
    """Place many projects at once: as many as can be, then with the highest sum of scores.

    Parameters
    ----------
    results
        What matching found for each project.
    rooms
        Quotas on file and what is taken of them.
    shares
        Shares of B1 and B2 as they are.
    policy
        Rules on the as-of date.
    wishes
        Locked and excluded pairs, gap, deadline.
    is_cancelled
        Asked again and again while the solver runs; it is ended once the answer is True.

    Returns
    -------
    Placement
        Assignments, and projects without a place with their reasons.

    Raises
    ------
    PlanningError
        ``placement_no_project``, ``placement_lock_impossible``, ``placement_locked_infeasible`` (a
        ``LocksConflictError``), ``placement_quick_locks``, ``placement_out_of_time``,
        ``placement_cancelled``.
    """
    if not results:
        raise PlanningError("placement_no_project")
    begun = time.monotonic()
    pairs = pairs_of(results, wishes.locked, wishes.excluded)
    options = pairs.options
    required = [_locked(options, pair) for pair in wishes.locked]
    year = results[0].year
    limits = limits_of(options, rooms, shares, policy, year)
    model = PlacementModel(options, limits, rooms, shares)
    solved = _solved(pairs, limits, required, wishes, is_cancelled)
    rest_s = max(LEAST_TO_EXPLAIN_S, wishes.deadline_s - (time.monotonic() - begun))
    if solved.chosen is None:
        wide = _widened(results, wishes)
        wide_limits = limits_of(wide, rooms, shares, policy, year)
        wide_model = replace(model, options=wide, limits=wide_limits)
        why = explain_locks(wide_model, wishes.locked, rest_s, is_cancelled)
        raise LocksConflictError(len(wishes.locked), why)
    explained, within = _explained(model, solved.chosen, wishes, rest_s, is_cancelled)
    selected = set(solved.chosen)
    loads = [sum(limit.weights[at] for at in selected & limit.weights.keys()) for limit in limits]
    exceeded = [
        limit.name for limit, load in zip(limits, loads, strict=True)
        if compare(load, limit.most) > 0
    ]  # fmt: skip
    chosen = tuple(options[at] for at in solved.chosen)
    placed = {option.project_id for option in chosen}
    return Placement(
        chosen,
        tuple(
            replace(
                _unplaced(result, options, limits, loads),
                why=explained.why.get(result.demand.project_id),
            )
            for result in results if result.demand.project_id not in placed
        ),
        shares_after(chosen, shares, policy),
        solved.gap, solved.is_count_proven, (*exceeded, *land_taken_twice(chosen)), explained,
        solved.is_late, solved.count_bound, solved.bound, solved.pairs_left, within,
        offered(pairs, solved.pairs_left - pairs.left_out),
        leftovers(chosen, min(result.demand.land_min_mu for result in results)),
    )  # fmt: skip


def _explained(
    model: PlacementModel,
    chosen: Sequence[int],
    wishes: Wishes,
    seconds: float,
    is_cancelled: Callable[[], bool] | None,
) -> tuple[Explained, int | None]:
    """Return the explanation, and how many of the best sites of each project it looks at."""
    if not wishes.explains or not model.options:
        return NOTHING_EXPLAINED, None
    fewer = to_explain(model.options, model.limits, set(chosen))
    explained = explain(
        replace(model, options=fewer.options, limits=fewer.limits),
        [fewer.place[at] for at in chosen], wishes.tolerance, wishes.alternatives, seconds,
        is_cancelled,
    )  # fmt: skip
    return explained, fewer.best_of_each


def _solved(
    pairs: Pairs,
    limits: Sequence[Limit],
    required: Sequence[Sequence[int]],
    wishes: Wishes,
    is_cancelled: Callable[[], bool] | None,
) -> Solved:
    points = [option.points for option in pairs.options]
    if wishes.is_quick:
        result = quick(points, limits, required)
        if result.chosen is None and result.is_feasible:
            raise PlanningError("placement_quick_locks", count=len(required))
    else:
        result = solve(
            points, limits, required, wishes.gap, wishes.deadline_s, is_cancelled=is_cancelled
        )
    if not pairs.left_out or result.chosen is None:
        return result
    # The bounds were found without what was left out: they bound a part only.
    most = len({option.project_id for option in pairs.options})
    return Solved(
        result.chosen, None, is_count_proven=len(result.chosen) >= most, count_bound=most,
        pairs_left=result.pairs_left + pairs.left_out, is_late=result.is_late,
    )  # fmt: skip


def limits_of(
    options: Sequence[Option],
    rooms: Mapping[QuotaKey, Headroom],
    shares: ShareRows,
    policy: PolicySet,
    year: int,
) -> list[Limit]:
    """Return every limit that choices meet together."""
    return [
        *project_limits(options), *land_limits(options), *quota_limits(options, rooms),
        *share_limits(options, shares, policy, year),
    ]  # fmt: skip


def _widened(results: Sequence[MatchResult], wishes: Wishes) -> list[Option]:
    """Add the other sites of a locked project: without its lock it could go there."""
    locked = {name for name, _ in wishes.locked}
    options = pairs_of(results, (), wishes.excluded, EXPLAINED_PAIRS).options
    known = {(option.project_id, option.site_id) for option in options}
    locked_options = pairs_of(
        [result for result in results if result.demand.project_id in locked], wishes.locked, ()
    ).options
    return [
        *options,
        *(option for option in locked_options if (option.project_id, option.site_id) not in known),
    ]


def _locked(options: Sequence[Option], pair: tuple[str, str]) -> list[int]:
    positions = [
        at for at, option in enumerate(options) if (option.project_id, option.site_id) == pair
    ]
    if not positions:
        raise PlanningError("placement_lock_impossible", project_id=pair[0], site_id=pair[1])
    return positions


def _unplaced(
    result: MatchResult, options: Sequence[Option], limits: Sequence[Limit], loads: Sequence[float]
) -> Unplaced:
    name = result.demand.project_id
    positions = {at for at, option in enumerate(options) if option.project_id == name}
    if not positions:
        barred = np.concatenate([result.undecided.positions, result.rejected.positions])
        gates = Counter(filter(None, result.evaluation.setting.judged.barring(barred)))
        why = say(
            "placement_no_site", undecided=len(result.undecided), rejected=len(result.rejected)
        )
        return Unplaced(name, (why,), dict(gates.most_common()))
    reasons: dict[tuple[object, ...], Statement] = {}
    for limit, load in zip(limits, loads, strict=True):
        met = positions & limit.weights.keys()
        if any(compare(load + limit.weights[at], limit.most) > 0 for at in met):
            reasons[limit.name.code, *limit.name.values.values()] = limit.name
    return Unplaced(name, tuple(reasons.values()), {})


def offered(pairs: Pairs, left_by_search: int = 0) -> Offered:
    """Count what was searched.

    ``left_by_search``: Pairs that the search itself didn't look at.
    """
    options = pairs.options
    by_shape = {shapely.to_wkb(option.geometry): option.is_carved for option in options}
    each = Counter(option.project_id for option in options)
    return Offered(
        len(options), max(each.values(), default=0), len(by_shape), sum(by_shape.values()),
        pairs.left_out + left_by_search,
    )  # fmt: skip


def leftovers(chosen: Sequence[Option], least_mu: float) -> tuple[Leftover, ...]:
    """Measure what is left of each parcel that is cut; one used up leaves nothing and isn't named.

    ``chosen``: What goes where.
    ``least_mu``: Least land that any of the projects asks for [亩].
    """
    parcels = {parcel.parcel_id: parcel for option in chosen for parcel in option.cut_parcels}
    if not parcels:
        return ()
    sites = np.array([option.geometry for option in chosen], dtype=object)
    left = []
    for name, parcel in sorted(parcels.items()):
        shape = parcel.geometry
        taken = shapely.area(shapely.intersection(sites, shape)) > SLIVER_M2
        rest = shapely.difference(shape, shapely.union_all(sites[taken]))
        pieces = shapely.get_parts(rest)
        pieces = pieces[shapely.area(pieces) > SLIVER_M2]
        if len(pieces):
            areas_mu = shapely.area(pieces) / shape.area * parcel.area_mu
            ids = tuple(chosen[at].site_id for at in np.flatnonzero(taken).tolist())
            left.append(Leftover(name, ids, float(areas_mu.sum()), float(areas_mu.max()), least_mu))
    return tuple(left)
