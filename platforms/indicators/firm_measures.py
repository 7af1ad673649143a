"""The ratios that firms are graded by (domain: 亩均税收, 亩均增加值 ...), and how each is made."""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class Measure:
    """A ratio of two columns of ``enterprise_indicators``.

    Attributes
    ----------
    unit
        Unit of the ratio, which a scheme has to state beside its base value.
    numerator, denominator
        Columns.
    factor
        From the columns' units to the ratio's.
    """

    unit: str
    numerator: str
    denominator: str
    factor: float = 1.0


MEASURES: MappingProxyType[str, Measure] = MappingProxyType(
    {
        "tax_per_mu": Measure("万元/亩", "tax_wan_yuan", "land_in_use_mu"),
        "value_added_per_mu": Measure("万元/亩", "value_added_wan_yuan", "land_in_use_mu"),
        "output_per_mu": Measure("万元/亩", "output_wan_yuan", "land_in_use_mu"),
        "revenue_per_mu": Measure("万元/亩", "revenue_wan_yuan", "land_in_use_mu"),
        "value_added_per_energy": Measure("万元/吨标煤", "value_added_wan_yuan", "energy_tce"),
        "value_added_per_emission": Measure("万元/吨", "value_added_wan_yuan", "emission_t"),
        "value_added_per_employee": Measure("万元/人", "value_added_wan_yuan", "employees"),
        "rd_share": Measure("%", "rd_wan_yuan", "revenue_wan_yuan", 100.0),
        "tax_per_electricity": Measure("元/kWh", "tax_wan_yuan", "electricity_kwh", 10_000.0),
    }
)
"""Every ratio by its id."""


def measure_of(figures: pd.DataFrame, measure: str) -> npt.NDArray[np.float64]:
    """Compute a ratio of each firm.

    Parameters
    ----------
    figures
        Rows of ``enterprise_indicators``, n of them.
    measure
        Key of ``MEASURES``.

    Returns
    -------
    array of float
        Ratio [unit of the measure], array of n; NaN where a figure is missing or nothing positive
        stands below: without land there is no yield of land.

    Examples
    --------
    >>> rows = pd.DataFrame({"tax_wan_yuan": [300.0, 5.0], "land_in_use_mu": [10.0, 0.0]})
    >>> measure_of(rows, "tax_per_mu").tolist()
    [30.0, nan]
    """
    made = MEASURES[measure]
    above = figures[made.numerator].to_numpy(dtype=float)
    below = figures[made.denominator].to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: npt.NDArray[np.float64] = np.where(below > 0, above / below * made.factor, np.nan)
    return ratio
