"""The weights, bounds and land uses of matching, read from data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from geo.nearest import nearest_name
from layers.fields import FIELDS
from platforms.errors import PolicyError

_SECTIONS = ("criteria", "bounds", "land_uses")
_BOUNDS = ("access_near_km", "access_far_km", "efficiency_span_wan_yuan_per_mu", "surplus_share")


@dataclass(frozen=True)
class MatchTable:
    """What a score is made of.

    Attributes
    ----------
    weights
        Weight of each criterion, at least one above 0.
    access_near_km, access_far_km
        Distance to an expressway exit that scores full and nothing [km].
    efficiency_span_wan_yuan_per_mu
        Lead in tax per 亩 over the platform that scores full [万元/亩].
    surplus_share
        Land beyond the wish that a project takes where it states no most, as a share of the wish.
    land_uses
        For each category the beginnings of fitting land-use codes, by scheme.
    """

    weights: Mapping[str, float]
    access_near_km: float
    access_far_km: float
    efficiency_span_wan_yuan_per_mu: float
    surplus_share: float
    land_uses: Mapping[str, Mapping[str, tuple[str, ...]]]

    def with_weights(self, weights: Mapping[str, float]) -> "MatchTable":
        """Give the same table with other weights (``criterion_unknown``, ``weights_empty``)."""
        for name in weights:
            if name not in self.weights:
                raise PolicyError(
                    "criterion_unknown", name=name, nearest=nearest_name(name, self.weights)
                )
        merged = {name: float(weights.get(name, 0.0)) for name in self.weights}
        if min(merged.values()) < 0 or not 0 < sum(merged.values()) < math.inf:
            raise PolicyError("weights_empty")
        return MatchTable(
            merged, self.access_near_km, self.access_far_km,
            self.efficiency_span_wan_yuan_per_mu, self.surplus_share, self.land_uses,
        )  # fmt: skip


def parse_match_table(text: str, criteria: tuple[str, ...]) -> MatchTable:
    """Read the table strictly.

    Parameters
    ----------
    text
        YAML of ``data/matching/criteria.yaml``.
    criteria
        Criteria that can be computed; the table names exactly these.

    Returns
    -------
    MatchTable
        The table.

    Raises
    ------
    PolicyError
        ``match_table_bad`` naming the key at fault.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PolicyError("match_table_bad", key=str(error).splitlines()[0]) from error
    sections = {name: _mapping(data, name) for name in _exactly(data, _SECTIONS)}
    weights = {
        name: _positive(_mapping(sections["criteria"], name).get("weight"), name)
        for name in _exactly(sections["criteria"], criteria)
    }
    near, far, span, surplus = (
        _positive(sections["bounds"][name], name) for name in _exactly(sections["bounds"], _BOUNDS)
    )
    if not near < far:
        raise PolicyError("match_table_bad", key="access_far_km")
    uses = {category: _uses(sections["land_uses"], category) for category in sections["land_uses"]}
    return MatchTable(weights, near, far, span, surplus, uses)


def _exactly(section: object, names: tuple[str, ...]) -> tuple[str, ...]:
    """Hold a section against the names it must have, no more and no less."""
    held = section if isinstance(section, dict) else {}
    for name in (*held, *names):
        if name not in names or name not in held:
            raise PolicyError("match_table_bad", key=str(name))
    return names


def _mapping(section: Mapping[str, object], name: str) -> Mapping[str, object]:
    held = section[name]
    if not isinstance(held, dict):
        raise PolicyError("match_table_bad", key=str(name))
    return held


def _uses(section: Mapping[str, object], category: str) -> Mapping[str, tuple[str, ...]]:
    """Read the land uses that fit a category."""
    if category not in FIELDS["category"].values:
        raise PolicyError("match_table_bad", key=str(category))
    schemes = _mapping(section, category)
    return {scheme: _beginnings(codes, scheme, category) for scheme, codes in schemes.items()}


def _beginnings(codes: object, scheme: str, category: str) -> tuple[str, ...]:
    """Read the beginnings of fitting codes; an empty one would fit every code."""
    is_known = scheme in FIELDS["land_use_scheme"].values
    items = codes if isinstance(codes, list) else []
    if not is_known or not items or not all(isinstance(c, str) and c.strip() for c in items):
        raise PolicyError("match_table_bad", key=f"{category}.{scheme}")
    return tuple(items)


def _positive(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise PolicyError("match_table_bad", key=key)
    return float(value)
