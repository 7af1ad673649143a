"""What a placement was chosen from, and what it leaves of land that it cuts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geo.units import compare
from platforms.land.site_carving import SLIVER_M2
from platforms.placement.limits import Option, Pairs


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


def offered(pairs: Pairs, left_by_search: int = 0) -> Offered:
    """Count what was searched.

    ``left_by_search``: Pairs that the search itself didn't look at.
    """
    options = pairs.options
    # Projects that look at the same site hold the same object.
    by_shape = {id(option.geometry): option.is_carved for option in options}
    each = Counter(option.project_id for option in options)
    return Offered(
        len(options), max(each.values(), default=0), len(by_shape), sum(by_shape.values()),
        pairs.left_out + left_by_search,
    )  # fmt: skip


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
            ids = tuple(chosen[at].site_id for at in np.flatnonzero(taken))
            left.append(
                Leftover(name, ids, float(areas_mu.sum()), float(areas_mu.max()), least_mu)
            )
    return tuple(left)
