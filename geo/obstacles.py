"""What a gap between shapes may not be bridged over."""

from dataclasses import dataclass, field

import numpy as np

from geo.edges import Numbers, Positions, Shapes


@dataclass(frozen=True)
class Obstacles:
    """What a gap may not be bridged over.

    Attributes
    ----------
    cutting
        Lines and polygons that part two shapes even where these touch (roads, rivers).
    covering
        Polygons that a bridged gap may not lie in (other parcels, blocking constraints).
    owner
        For each of ``covering`` the position of the shape that it is itself, -1 for none: a shape
        is no obstacle to its own neighbourhood.
    bridged_up_to_m
        For each of ``cutting`` how wide a gap may be bridged over it all the same [m], -1 for
        none and the default.
    """

    cutting: Shapes
    covering: Shapes
    owner: Positions
    bridged_up_to_m: Numbers = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        if not len(self.bridged_up_to_m):
            object.__setattr__(self, "bridged_up_to_m", np.full(len(self.cutting), -1.0))


NO_OBSTACLES = Obstacles(np.empty(0, object), np.empty(0, object), np.empty(0, np.intp))
