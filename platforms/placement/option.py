"""One project on one site as a choice, and the limits that choices meet together."""

from collections.abc import Mapping
from dataclasses import dataclass

import shapely

from platforms.statement import Statement

ElementKey = tuple[str, str | None]
"""Element and pollutant."""


@dataclass(frozen=True, slots=True)
class Option:
    """One project on one admitted site.

    Attributes
    ----------
    project_id, site_id
        The project and the land.
    unit_id, platform_id
        Where it lies, None where in none.
    parcel_ids
        Its parcels, a cut one as ``id#cut``.
    area_mu
        Its area [亩].
    points
        Score (0–100), 0 where the site has none.
    zone_share
        Part of it in provincial-or-higher zones (0–1), None where not known.
    takes
        What it takes of each element [亩, 吨标煤 or 吨].
    increment_mu
        New construction land that it takes [亩].
    geometry
        Its shape [system of the layers].
    is_carved
        True where it is a part of a block.
    block_id, block_mu
        The block and its land [亩], None where it lies in none.
    investment_yi_yuan
        What the project invests [亿元], None where not stated.
    """

    project_id: str
    site_id: str
    unit_id: str | None
    platform_id: str | None
    parcel_ids: tuple[str, ...]
    area_mu: float
    points: float
    zone_share: float | None
    takes: Mapping[ElementKey, float]
    increment_mu: float
    geometry: shapely.Geometry
    is_carved: bool = False
    block_id: str | None = None
    block_mu: float | None = None
    investment_yi_yuan: float | None = None


@dataclass(frozen=True)
class Limit:
    """What some choices may not exceed together: the sum of ``weights`` is at most ``most``.

    Attributes
    ----------
    name
        The limit in words.
    weights
        Weight of each option by its position.
    most
        The most they may add up to [unit of the weights].
    """

    name: Statement
    weights: Mapping[int, float]
    most: float
