"""What the search for the fewest changes gives: plans, or the rules that cannot hold together."""

from dataclasses import dataclass

from platforms.changes import VerdictChange
from platforms.scenario.edits import ScenarioEdit
from platforms.statement import Statement
from platforms.verdict import Verdict

PLAN_RULES = ("A1", "A2", "A3", "A13", "A14", "A15", "A16")
"""The rules a plan has to meet."""


@dataclass(frozen=True)
class ConsolidationQuery:
    """What is asked.

    Attributes
    ----------
    unit_id
        The unit.
    year
        Year of the figures.
    alternatives
        How many plans are asked for, the best first.
    time_limit_s
        Seconds for each run of the solver.
    """

    unit_id: str
    year: int
    alternatives: int = 3
    time_limit_s: float = 20.0


@dataclass(frozen=True)
class PlanChange:
    """One change of a plan.

    Attributes
    ----------
    layer, row_id
        ``parks`` or ``major_platforms``, and the row.
    before, after
        A platform's id, ``exit``, ``planned``, ``stay``; of a platform ``major`` or ``not_major``.
    reasons
        Why, and how near and related a park is to its platform.
    edit
        The same as an edit of a scenario.
    """

    layer: str
    row_id: str
    before: str
    after: str
    reasons: tuple[Statement, ...]
    edit: ScenarioEdit


@dataclass(frozen=True)
class PlanEffects:
    """What a plan does to other units.

    Attributes
    ----------
    statements
        Parks it takes from a platform of another unit.
    changes
        Verdicts of those units that differ.
    """

    statements: tuple[Statement, ...] = ()
    changes: tuple[VerdictChange, ...] = ()


@dataclass(frozen=True)
class ConsolidationPlan:
    """One way for a unit to meet the rules; a plan, no verdict.

    Attributes
    ----------
    changes
        The changes, parks first.
    verdicts
        What the checks say once the plan is carried out, of the unit.
    open_points
        What is missing or stays open.
    score
        Sum of nearness and industry (A17) over the parks joined, 0 to 1 each.
    gap
        How far the plan may be from the best, 0 where it is the best.
    elsewhere
        What it does to other units.
    """

    changes: tuple[PlanChange, ...]
    verdicts: tuple[Verdict, ...]
    open_points: tuple[Statement, ...]
    score: float
    gap: float
    elsewhere: PlanEffects = PlanEffects()

    @property
    def edits(self) -> tuple[ScenarioEdit, ...]:
        """The plan as the edits of a scenario."""
        return tuple(change.edit for change in self.changes)


@dataclass(frozen=True)
class Relaxation:
    """Rules that give way, each by the least amount, so that a plan exists.

    Attributes
    ----------
    rules
        The rules.
    amount
        By how much: 亩 for A2, else a number of parks or platforms.
    """

    rules: tuple[str, ...]
    amount: float


@dataclass(frozen=True)
class PlansFound:
    """Plans of a unit, the best first; or why there is none.

    Attributes
    ----------
    unit_id
        The unit.
    plans
        The plans.
    conflict
        The smallest set of rules that cannot hold together, empty where there is a plan.
    relaxations
        The fewest rules that have to give way, every such choice.
    open_points
        What is missing, so that it can't be counted on.
    """

    unit_id: str
    plans: tuple[ConsolidationPlan, ...]
    conflict: tuple[str, ...]
    relaxations: tuple[Relaxation, ...]
    open_points: tuple[Statement, ...]
