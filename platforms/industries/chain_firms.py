"""Which firms there are, in which industry, on which platforms and in which unit."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from platforms.errors import PlanningError
from platforms.indicators.firms import firms_inside
from platforms.indicators.placing import placed_firms
from platforms.industries.codes import IndustryTable
from platforms.source import LayerSource


@dataclass(frozen=True)
class ChainFirms:
    """The firms of a city as chains need them.

    Attributes
    ----------
    firms
        One row a firm: ``enterprise_id``, ``name``, ``key`` (credit code, else the id: rows of
        one key are one firm), ``digits`` (industry code, missing where it can't be used),
        ``lacking`` (why not: ``missing``, ``unknown``, ``other_scheme``), ``unit_id`` (where most
        of its land lies), ``output_wan_yuan`` of the year, ``is_leading``.
    of_platform
        Positions of the firms on each platform with its sub-parks; every platform is named.
    year
        Year of the output.
    """

    firms: pd.DataFrame
    of_platform: Mapping[str, tuple[int, ...]]
    year: int


def chain_firms(source: LayerSource, table: IndustryTable, year: int) -> ChainFirms:
    """Read the firms of a city.

    Parameters
    ----------
    source
        Gives ``enterprises``, ``enterprise_indicators``, ``major_platforms``, ``parks``, ``units``.
    table
        Sections and divisions.
    year
        Year of the output.

    Returns
    -------
    ChainFirms
        The firms. One on the land of two platforms stands on both; one drawn as a point, or not
        at all, is in the unit its row states.
    """
    read = gpd.GeoDataFrame(source.read("enterprises")).reset_index(drop=True)
    figures = pd.DataFrame(source.read("enterprise_indicators"))
    figures = figures[figures["year"].eq(year).fillna(value=False).to_numpy(dtype=bool)]
    output = figures.drop_duplicates("enterprise_id").set_index("enterprise_id")["output_wan_yuan"]
    placed = placed_firms("unit", source).sort_values("part_share", ascending=False, kind="stable")
    unit_of = placed.drop_duplicates("enterprise_id").set_index("enterprise_id")["unit_id"]
    ids = read["enterprise_id"]
    codes = [
        _usable(code, scheme, table)
        for code, scheme in zip(read["industry_code"], read["industry_scheme"], strict=True)
    ]
    firms = pd.DataFrame(
        {
            "enterprise_id": ids,
            "name": read["name"],
            "key": read["credit_code"].where(read["credit_code"].notna(), ids),
            "digits": pd.Series([digits for digits, _ in codes], dtype="object"),
            "lacking": pd.Series([why for _, why in codes], dtype="object"),
            "unit_id": ids.map(unit_of).astype("object"),
            "output_wan_yuan": ids.map(output).astype("float64"),
            "is_leading": read["is_leading"].fillna(value=False).astype(bool),
        }
    )
    return ChainFirms(firms, _of_platforms(source, read), year)


def _usable(code: object, scheme: object, table: IndustryTable) -> tuple[str | None, str | None]:
    """Give the digits of a code, or why it can't be used."""
    if not isinstance(code, str) or not code.strip():
        return None, "missing"
    if scheme != table.scheme:
        return None, "other_scheme"
    try:
        return table.code(code).digits, None
    except PlanningError:
        return None, "unknown"


def _of_platforms(source: LayerSource, firms: gpd.GeoDataFrame) -> dict[str, tuple[int, ...]]:
    """Say which firms stand on which platform: by geometry, else as stated."""
    platforms = gpd.GeoDataFrame(source.read("major_platforms"))
    parks = gpd.GeoDataFrame(source.read("parks"))
    found = {}
    for _, row in platforms.iterrows():
        inside, _ = firms_inside(firms, row, parks)
        found[str(row["platform_id"])] = tuple(int(n) for n in inside.nonzero()[0])
    return found
