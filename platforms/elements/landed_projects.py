"""The major projects that landed in a year, each with its land (重大项目落地)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.units import compare
from platforms.elements.bounds import Members
from platforms.elements.ledger import CITY
from platforms.elements.placing import allotment_shapes
from platforms.policy.dated import PolicySet

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MORE_THAN_HALF = 0.5
"""A project lies where more than this part of its land lies (S15)."""


@dataclass(frozen=True)
class LandedProjects:
    """Projects that landed in a year and are major ones, or may be; arrays of k.

    Attributes
    ----------
    ids, unit_id
        Project and the unit it is on file with, None where not known.
    major, major_open
        True where its investment makes it a major one; where it isn't known.
    investment_yi_yuan
        Investment [亿元], NaN where not stated in yuan.
    shapes
        Its land, None where not known.
    """

    ids: npt.NDArray[np.object_]
    unit_id: npt.NDArray[np.object_]
    major: Flags
    major_open: Flags
    investment_yi_yuan: Numbers
    shapes: npt.NDArray[np.object_]

    def of_unit(self, unit_id: str) -> tuple[Flags, Flags, Flags]:
        """Say which projects count for a unit, or the city.

        Parameters
        ----------
        unit_id
            Unit, or ``CITY``.

        Returns
        -------
        rows, certain, lost
            Projects that count or may; those that count for certain; those of an unknown unit.
        """
        unnamed = np.array([one is None for one in self.unit_id], dtype=bool)
        if unit_id == CITY:
            own, lost = np.ones(len(unnamed), dtype=bool), np.zeros(len(unnamed), dtype=bool)
        else:
            own, lost = np.asarray(self.unit_id == unit_id, dtype=bool), unnamed
        rows: Flags = (own | lost) & (self.major | self.major_open)
        return rows, own & self.major, lost

    def by_number(self, unit_id: str, least: Numbers, most: Numbers) -> Members:
        """Count each project of a unit as one, inside where more than half of its land is.

        Parameters
        ----------
        unit_id
            Unit, or ``CITY``.
        least, most
            1 where the project lies inside, else 0; at least and at most.

        Returns
        -------
        Members
            The projects that count or may.
        """
        rows, certain, _ = self.of_unit(unit_id)
        return Members(np.ones(int(rows.sum())), least[rows], most[rows], certain[rows])


def landed_projects(
    projects: pd.DataFrame, parcels: gpd.GeoDataFrame, year: int, policy: PolicySet
) -> LandedProjects:
    """Find the major projects that landed in a year.

    Parameters
    ----------
    projects, parcels
        Table ``projects`` and layer ``land_parcels``.
    year
        The year; a project landed in it if it started in it, on or before the as-of date (S6).
    policy
        Says in S6 what is a major project.

    Returns
    -------
    LandedProjects
        Those that landed, major or not.
    """
    started = projects["started_on"].fillna("")
    rows = projects[started.str[:4].eq(str(year)) & (started <= policy.as_of)]
    usd = rows["investment_yi_usd"].to_numpy(dtype=float, na_value=np.nan)
    yuan = rows["investment_yi_yuan"].to_numpy(dtype=float, na_value=np.nan)
    above_usd = policy.setting_number("S6", "above_yi_usd")
    from_yuan = policy.setting_number("S6", "from_yi_yuan")
    major = np.array(
        [
            (not np.isnan(dollars) and compare(float(dollars), above_usd) > 0)
            or (not np.isnan(own) and compare(float(own), from_yuan) >= 0)
            for dollars, own in zip(usd, yuan, strict=True)
        ],
        dtype=bool,
    )
    land = gpd.GeoDataFrame(
        {"parcel_ids": rows["parcel_ids"]}, geometry=[None] * len(rows), crs=parcels.crs
    )
    return LandedProjects(
        ids=rows["project_id"].to_numpy(dtype=object),
        unit_id=rows["unit_id"].astype(object).where(rows["unit_id"].notna(), None).to_numpy(),
        major=major,
        major_open=np.isnan(usd) & np.isnan(yuan),
        investment_yi_yuan=yuan,
        shapes=allotment_shapes(land, parcels),
    )


def lies_there(part: Numbers) -> Numbers:
    """Give 1 where more than half of the land lies inside, else 0 (S15).

    Examples
    --------
    >>> lies_there(np.array([0.5, 0.51])).tolist()
    [0.0, 1.0]
    """
    return np.array([float(compare(float(one), MORE_THAN_HALF) > 0) for one in part], dtype=float)
