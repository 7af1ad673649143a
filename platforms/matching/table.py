"""The weights, bounds and land uses of matching, read from data."""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from platforms.errors import PolicyError
from platforms.nearest import nearest_known

_SECTIONS = ("criteria", "bounds", "land_uses")
_BOUNDS = ("access_near_km", "access_far_km", "efficiency_span_wan_yuan_per_mu")


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
    land_uses
        For each category the beginnings of fitting land-use codes, by scheme.
    """

    weights: Mapping[str, float]
    access_near_km: float
    access_far_km: float
    efficiency_span_wan_yuan_per_mu: float
    land_uses: Mapping[str, Mapping[str, tuple[str, ...]]]

    def with_weights(self, weights: Mapping[str, float]) -> "MatchTable":
        """Give the same table with other weights (``criterion_unknown``, ``weights_empty``)."""
        for name in weights:
            if name not in self.weights:
                raise PolicyError(
                    "criterion_unknown", name=name, nearest=nearest_known(name, self.weights)
                )
        merged = {name: float(weights.get(name, 0.0)) for name in self.weights}
        if min(merged.values()) < 0 or sum(merged.values()) <= 0:
            raise PolicyError("weights_empty")
        return MatchTable(
            merged, self.access_near_km, self.access_far_km,
            self.efficiency_span_wan_yuan_per_mu, self.land_uses,
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
    if not isinstance(data, dict):
        raise PolicyError("match_table_bad", key="criteria")
    _exactly(data, _SECTIONS)
    _exactly(data["criteria"], criteria)
    _exactly(data["bounds"], _BOUNDS)
    weights = {
        name: _positive(entry.get("weight"), name) for name, entry in data["criteria"].items()
    }
    near, far, span = (_positive(data["bounds"][name], name) for name in _BOUNDS)
    if not near < far:
        raise PolicyError("match_table_bad", key="access_far_km")
    uses = {
        category: {scheme: tuple(map(str, codes)) for scheme, codes in schemes.items()}
        for category, schemes in data["land_uses"].items()
    }
    return MatchTable(weights, near, far, span, uses)


def _exactly(section: Mapping[str, object], names: tuple[str, ...]) -> None:
    for name in (*section, *names):
        if name not in names or name not in section:
            raise PolicyError("match_table_bad", key=str(name))


def _positive(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise PolicyError("match_table_bad", key=key)
    return float(value)
