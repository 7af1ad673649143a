"""One rule to be checked on some units, and who stands in it: what every check is handed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from geo.units import compare
from platforms.assessed import assessed_units, major_rows
from platforms.judge import SIGNS
from platforms.policy.dated import DatedRule, PolicySet
from platforms.policy.rules import Condition, Rule
from platforms.source import LayerSource


@dataclass(frozen=True)
class CheckJob:
    """One rule to be checked on some units.

    Attributes
    ----------
    rule_id
        The rule.
    year
        Year of the figures.
    unit_ids
        Units to judge, within the scope of the rule.
    source
        Gives the layers and tables, in ``crs``.
    policy
        Rules on the as-of date.
    crs
        Projected system in metres.
    is_whole_city
        False where only some units were asked for, so that a rule for the city isn't.
    """

    rule_id: str
    year: int
    unit_ids: tuple[str, ...]
    source: LayerSource
    policy: PolicySet
    crs: CRS
    is_whole_city: bool = True

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Read a layer with shapes."""
        return cast("gpd.GeoDataFrame", self.source.read(name))

    def rules(self, *parts: str) -> list[DatedRule]:
        """Give the parts that the packs hold, those named or all, in the order of the packs."""
        held = self.policy.parts(self.rule_id)
        return [self.policy.rule(self.rule_id, p) for p in held if not parts or p in parts]

    def platforms(self) -> Iterator[tuple[str, pd.Series]]:
        """Give unit and row of every major platform to be judged, by unit in the order asked."""
        major = major_rows(self.layer("major_platforms"))
        under = assessed_units(major, self.layer("units"))
        for unit_id in self.unit_ids:
            for position in np.flatnonzero(under.eq(unit_id).to_numpy(dtype=bool)):
                yield unit_id, major.iloc[int(position)]


def counted_rows(rule: Rule, layer: str, rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Say which rows of a layer meet the conditions of a rule (``where``).

    Parameters
    ----------
    rule
        The rule.
    layer
        Layer the rows are of; conditions on other layers are left aside.
    rows
        The rows, with the columns that the conditions name.

    Returns
    -------
    yes, open
        Booleans, index of ``rows``: meets all conditions; may meet them, a value being missing.
        Amounts equal a threshold within a relative 1e-9.
    """
    yes = pd.Series(data=True, index=rows.index)
    may = yes.copy()
    for one in rule.where:
        if one.layer == layer:
            column = rows[one.column]
            fits = pd.Series([_fits(one, value) for value in column], index=rows.index, dtype=bool)
            yes &= fits
            may &= fits | column.isna()
    return yes, may & ~yes


def _fits(condition: Condition, value: object) -> bool:
    if pd.isna(value):  # type: ignore[call-overload]
        return False
    wanted = condition.value
    if isinstance(wanted, tuple):
        return value in wanted
    if isinstance(wanted, bool):
        return bool(value) is wanted
    return compare(float(cast("float", value)), wanted) in SIGNS[condition.comparator]
