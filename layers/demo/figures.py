"""How the platforms perform: yearly and quarterly above-scale figures, all drawn by chance.

The figures are spread evenly over their range, so that every threshold has platforms on both sides.
"""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.units import m2_to_mu
from layers.demo.recipe import Recipe

QUARTERS = {"2024": ("Q1", "Q2", "Q3", "Q4"), "2025": ("Q1", "Q2", "Q3")}
MOST_OUTPUT_WAN_YUAN_PER_MU = 800.0
LAND_SHARE = 0.55
"""Greatest part of a platform that above-scale firms may use."""

FLOWS = (
    "value_added_yi_yuan",
    "output_yi_yuan",
    "tax_yi_yuan",
    "revenue_yi_yuan",
    "rd_yi_yuan",
    "hightech_value_added_yi_yuan",
    "energy_tce",
)

Floats = npt.NDArray[np.float64]


def make_platform_indicators(
    recipe: Recipe, platforms: gpd.GeoDataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the figures of every major platform for 2024, 2025 and their quarters.

    Parameters
    ----------
    recipe
        Names the platform that has no figures for 2025.
    platforms
        Layer ``major_platforms``.
    rng
        Source of chance.

    Returns
    -------
    DataFrame
        Table ``platform_indicators``; the quarters of 2024 sum to the year.
    """
    major = platforms[platforms["is_major"].astype(bool)]
    first = _year_2024(major, rng)
    growth = rng.uniform(0.95, 1.12, (len(first), 1))
    second = first.assign(**{name: first[name] * growth[:, 0] for name in FLOWS})
    second = second[second["platform_id"] != recipe.cases.platform_without_2025]
    second = second.assign(hightech_firms=second["hightech_firms"] + 4)
    frames = []
    for period, frame in (("2024", first), ("2025", second)):
        frames.append(frame.assign(period=period))
        shares = rng.normal([0.22, 0.25, 0.26, 0.27], 0.012, (len(frame), 4))
        shares = shares / shares.sum(axis=1, keepdims=True)
        for number, quarter in enumerate(QUARTERS[period]):
            flows = {name: frame[name] * shares[:, number] for name in FLOWS}
            frames.append(frame.assign(period=f"{period}{quarter}", **flows))
    whole = pd.concat(frames, ignore_index=True).round(dict.fromkeys(FLOWS, 4))
    return whole.assign(note="演示数据")


def _year_2024(major: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    count = len(major)
    area_mu = m2_to_mu(ellipsoidal_area_m2(major.geometry.array, CRS(major.crs)))
    output_per_mu = _spread(320, 780, count, rng)
    tax_per_mu = _spread(16, 44, count, rng)
    ratio = rng.uniform(0.17, 0.24, count)
    # Larger platforms draw the larger figures, with some disorder.
    order = np.argsort(np.argsort(area_mu * rng.uniform(0.6, 1.6, count)))
    value_added = np.geomspace(62, 295, count)[order]
    room = LAND_SHARE * area_mu
    output = np.minimum(value_added / ratio, room * MOST_OUTPUT_WAN_YUAN_PER_MU / 1e4)
    land = np.minimum(output * 1e4 / output_per_mu, room)
    revenue = output * rng.uniform(0.95, 1.06, count)
    # Firms and centres follow the value added, so that no chance is drawn for them.
    hightech_firms = np.floor(output * ratio / 2).astype(int) + 5
    return pd.DataFrame(
        {
            "platform_id": major["platform_id"].to_numpy(),
            "hightech_firms": hightech_firms,
            "rd_centres": hightech_firms // 4,
            "academician_stations": hightech_firms // 20,
            "value_added_yi_yuan": output * ratio,
            "output_yi_yuan": output,
            "tax_yi_yuan": tax_per_mu * land / 1e4,
            "revenue_yi_yuan": revenue,
            "rd_yi_yuan": revenue * _spread(0.018, 0.043, count, rng),
            "hightech_value_added_yi_yuan": output * ratio * _spread(0.34, 0.66, count, rng),
            "above_scale_land_mu": np.round(land, 1),
            "energy_tce": output * rng.uniform(350, 1400, count),
        }
    )


def _spread(low: float, high: float, count: int, rng: np.random.Generator) -> Floats:
    return rng.permutation(np.linspace(low, high, count))
