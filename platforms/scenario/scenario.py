"""A scenario: a name and what it would change."""

from dataclasses import dataclass

from platforms.scenario.edits import ScenarioEdit


@dataclass(frozen=True)
class Scenario:
    """A scenario of a workspace (方案).

    Attributes
    ----------
    name
        Its name.
    edits
        What it changes, in order.
    adopted_at
        When it was adopted (ISO), None where it wasn't.
    """

    name: str
    edits: tuple[ScenarioEdit, ...]
    adopted_at: str | None = None
