"""What is said of a placement beside it: conflicts, what mends them, alternatives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from platforms.errors import PlanningError
from platforms.placement.option import Option
from platforms.statement import Statement

Kind = Literal["project", "lock", "limit"]


@dataclass(frozen=True)
class Member:
    """One of what cannot hold together: a project to place, a locked pair, or a limit."""

    kind: Kind
    said: Statement


@dataclass(frozen=True)
class Conflict:
    """What cannot hold together.

    Attributes
    ----------
    members
        The project asked about first.
    is_smallest_proven
        True where no set with fewer members clashes.
    is_minimal
        True where the rest can hold once any one member is left out.
    """

    members: tuple[Member, ...]
    is_smallest_proven: bool
    is_minimal: bool


@dataclass(frozen=True)
class Change:
    """One limit or lock that gives way.

    Attributes
    ----------
    limit
        The limit or lock.
    said
        What would have to be given, with its unit.
    amount
        By how much [unit of the limit]; 1 for a lock.
    share
        Share (0–1) that remains, None where the limit keeps none.
    """

    limit: Statement
    said: Statement
    amount: float
    share: float | None


@dataclass(frozen=True)
class Relaxation:
    """The fewest changes, by the least relative amount, with which all hold.

    Attributes
    ----------
    changes
        What gives way; empty where no limit that may give way mends it.
    is_least_proven
        True where less is proven not to do.
    is_checked
        True where a placement was found that keeps the limits as changed.
    """

    changes: tuple[Change, ...]
    is_least_proven: bool
    is_checked: bool


@dataclass(frozen=True)
class GivenUp:
    """Other projects given up so that one has a place.

    Attributes
    ----------
    project_ids
        Who would lose its place.
    loss
        By how much the sum of scores falls; below 0 where it rises.
    is_fewest_proven
        True where fewer are proven not to do.
    """

    project_ids: tuple[str, ...]
    loss: float
    is_fewest_proven: bool

    @property
    def is_score_only(self) -> bool:
        """True where as many would have a place: then the project is out for its score alone."""
        return len(self.project_ids) == 1


@dataclass(frozen=True)
class Why:
    """Why a project has no place; what time didn't suffice for is None.

    Attributes
    ----------
    conflict
        What cannot hold together.
    relaxation
        What would have to give way.
    given_up
        Who else would lose its place.
    fits
        True where it fits beside all that are placed: the search for most had not ended.
    """

    conflict: Conflict | None = None
    relaxation: Relaxation | None = None
    given_up: GivenUp | None = None
    fits: bool = False


@dataclass(frozen=True)
class Alternative:
    """A placement nearly as good.

    Attributes
    ----------
    assignments
        What goes where.
    loss
        By how much the sum of scores is lower; below 0 where it is higher.
    """

    assignments: tuple[Option, ...]
    loss: float


@dataclass(frozen=True)
class SwappedPair:
    """Two projects that can change places: as placed, as swapped, and the score lost."""

    placed: tuple[Option, Option]
    swapped: tuple[Option, Option]
    loss: float


@dataclass(frozen=True)
class Explained:
    """All that is said beside a placement.

    Attributes
    ----------
    why
        By project without a place.
    stable
        Whether an assignment never changes in near-best placements, by project; None where time
        ended before it was known.
    alternatives
        Near-best placements, the best first.
    are_alternatives_proven
        True where none better was passed over.
    swaps
        Pairs that can change places, the smallest loss first.
    """

    why: Mapping[str, Why]
    stable: Mapping[str, bool | None]
    alternatives: tuple[Alternative, ...] = ()
    are_alternatives_proven: bool = False
    swaps: tuple[SwappedPair, ...] = ()


NOTHING_EXPLAINED = Explained({}, {})


class LocksClashError(PlanningError):
    """Locked pairs cannot hold together; carries what clashes and what mends it."""

    def __init__(self, count: int, why: Why) -> None:
        said = [] if why.conflict is None else [one.said for one in why.conflict.members]
        listed = "; ".join("=".join(map(str, one.values.values())) for one in said)
        super().__init__("placement_locked_infeasible", count=count, members=listed, mend="")
        self.why = why
