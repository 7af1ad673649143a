"""The candidates as columns, so that thousands are judged at once."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from platforms.matching.site import Site

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Coded:
    """A fact that few values can have.

    Attributes
    ----------
    place
        For each site the place of its value among ``values``; array of n.
    values
        The distinct values.
    """

    place: Places
    values: tuple[Hashable, ...]

    def numbers(self, of: Callable[[Hashable], float]) -> Numbers:
        """Reckon a number of each distinct value, and give each site its own."""
        return np.array([of(value) for value in self.values], dtype=float)[self.place]

    def ranks(self, of: Callable[[Hashable], int]) -> Places:
        """Reckon a whole number of each distinct value, and give each site its own."""
        return np.array([of(value) for value in self.values], dtype=np.intp)[self.place]


@dataclass(frozen=True)
class SiteColumns:
    """The candidates, n of them.

    Attributes
    ----------
    sites
        The candidates themselves.
    area_mu, blocked_mu, main_platform_share, major_share
        As in ``Site``.
    zone_share, width_m, frontage_m
        As in ``Site``, NaN where not known.
    increment
        1 for new construction land, 0 for other, NaN where not known.
    facility_km
        Way to the nearest facility of each kind on file, NaN where there is none.
    coded
        Facts with few distinct values, by the name they have in ``Site``.
    """

    sites: Sequence[Site]
    area_mu: Numbers
    blocked_mu: Numbers
    main_platform_share: Numbers
    major_share: Numbers
    zone_share: Numbers
    width_m: Numbers
    frontage_m: Numbers
    increment: Numbers
    facility_km: Mapping[str, Numbers]
    coded: Mapping[str, Coded]

    def __len__(self) -> int:
        """Count the candidates."""
        return len(self.sites)

    @property
    def unit_ids(self) -> tuple[str | None, ...]:
        """Units that candidates lie in, None where some lie in none."""
        return tuple(None if one is None else str(one) for one in self.coded["unit_id"].values)


CODED = (
    "states", "land_uses", "utilities", "unit_id", "platform_id", "far_bounds",
    "allowed_industries", "warnings", "notices",
)  # fmt: skip


def columns_of(sites: Sequence[Site]) -> SiteColumns:
    """Lay candidates out as columns.

    Parameters
    ----------
    sites
        The candidates.

    Returns
    -------
    SiteColumns
        In the same order.
    """
    kinds = sorted({kind for site in sites for kind in site.facility_km})
    coded = {name: coded_of([getattr(site, name) for site in sites]) for name in CODED}
    coded["standards"] = coded_of([tuple(sorted(site.standards.items())) for site in sites])
    coded["without_standards"] = coded_of([bool(site.without_standards) for site in sites])
    return SiteColumns(
        sites=sites,
        area_mu=_numbers(site.area_mu for site in sites),
        blocked_mu=_numbers(site.blocked_mu for site in sites),
        main_platform_share=_numbers(site.main_platform_share for site in sites),
        major_share=_numbers(site.major_share for site in sites),
        zone_share=_numbers(site.zone_share for site in sites),
        width_m=_numbers(site.width_m for site in sites),
        frontage_m=_numbers(site.frontage_m for site in sites),
        increment=_numbers(site.is_increment for site in sites),
        facility_km={k: _numbers(site.facility_km.get(k) for site in sites) for k in kinds},
        coded=coded,
    )


def coded_of(values: Iterable[Hashable]) -> Coded:
    """Take the distinct values in the order they come."""
    seen: dict[Hashable, int] = {}
    place = np.array([seen.setdefault(value, len(seen)) for value in values], dtype=np.intp)
    return Coded(place, tuple(seen))


def _numbers(values: Iterable[float | None]) -> Numbers:
    return np.array([np.nan if value is None else float(value) for value in values], dtype=float)
