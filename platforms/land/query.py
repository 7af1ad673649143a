"""What a search for contiguous land asks, and what it reads."""

from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from geo.contiguity import MOST_GAP_M, NeighbourRule
from layers.fields import FIELDS
from platforms.errors import PlanningError
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource

LISTED_MU, RESERVE_MU = 100.0, 200.0
"""What a list of contiguous land starts from, and its reserve [亩], where no pack says (B3, B4)."""


def lines_mu(policy: PolicySet) -> tuple[float, float]:
    """Give the least area of the list of contiguous land and of the reserve.

    Parameters
    ----------
    policy
        Rules on the as-of date.

    Returns
    -------
    listed, reserve
        Thresholds of B3 and B4 [亩]; those of the plan of 2024 where the packs hold neither.
    """
    held = zip(("B3", "B4"), (LISTED_MU, RESERVE_MU), strict=True)
    listed, reserve = (
        policy.rule(rule_id).rule.number if policy.parts(rule_id) else usual
        for rule_id, usual in held
    )
    return listed, reserve


@dataclass(frozen=True)
class BlockQuery:
    """What counts as a block.

    Attributes
    ----------
    min_mu
        Least area [亩], the number included.
    gap_m, min_edge_m
        Largest gap bridged and least facing edge [m].
    bridge_width_m
        How wide a lane or ditch may be to be bridged [m]; a wider one parts land. Where the width
        of one is not known, the gap over it may not be wider than this.
    min_neck_m
        Land held together by a strip narrower than this is not contiguous [m]; 0 leaves it so.
    states
        States of parcel taken; none given: those ready for supply (B3).
    net
        True for the net land of B4: cleared, levelled, serviced; ``less_constraints`` goes
        with it.
    less_constraints
        True to take off what lies under a blocking constraint before anything is joined.
    unit_id
        One unit: its connected parts inside are listed; None for the whole city.

    Raises
    ------
    PlanningError
        ``min_mu_out_of_range``, ``state_unknown``, ``bridge_width_out_of_range``,
        ``min_neck_out_of_range``.
    """

    min_mu: float = LISTED_MU
    gap_m: float = 2.0
    min_edge_m: float = 5.0
    bridge_width_m: float = 6.0
    min_neck_m: float = 0.0
    states: tuple[str, ...] = ()
    net: bool = False
    less_constraints: bool = False
    unit_id: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.min_mu <= 1_000_000:
            raise PlanningError("min_mu_out_of_range", min_mu=self.min_mu)
        known = FIELDS["state"].values
        for state in self.states:
            if state not in known:
                raise PlanningError("state_unknown", state=state, known=", ".join(known))
        if not 0 <= self.bridge_width_m <= MOST_GAP_M:
            raise PlanningError("bridge_width_out_of_range", bridge_width_m=self.bridge_width_m)
        if not 0 <= self.min_neck_m <= 1000:
            raise PlanningError("min_neck_out_of_range", min_neck_m=self.min_neck_m)
        NeighbourRule(self.gap_m, self.min_edge_m)

    @property
    def rule(self) -> NeighbourRule:
        """When two parcels count as neighbours."""
        return NeighbourRule(self.gap_m, self.min_edge_m)


@dataclass(frozen=True)
class LandLayers:
    """The layers that a search for land reads, all in the workspace's system.

    Attributes
    ----------
    parcels, barriers, constraints, units
        The layers of these names.
    decisions
        Table ``adjacency_decisions``: parcels that planners joined or parted by hand.
    """

    parcels: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    constraints: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    decisions: pd.DataFrame = field(default_factory=pd.DataFrame)


def land_layers(source: LayerSource) -> LandLayers:
    """Read the layers that a search for land needs."""

    def layer(name: str) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(source.read(name))

    return LandLayers(
        layer("land_parcels"), layer("barriers"), layer("constraints"), layer("units"),
        source.read("adjacency_decisions"),
    )  # fmt: skip
