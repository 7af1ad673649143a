"""Whether a site may take a project at all: gates before scores, each with its sentence.

``met`` passes. Of a mandatory gate ``not_met`` rejects and ``no_data`` sets the site apart as
undecided: an unknown is never a pass. A principle only warns; targets and guidance only score.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from platforms.matching import land_gates, project_gates, rule_gates
from platforms.matching.columns import Flags, SiteColumns, columns_of
from platforms.matching.gate import Answers, Asking, Gate, GateRule
from platforms.matching.headroom import headroom
from platforms.matching.site import Site
from platforms.verdict import Outcome

Standing = Literal["admitted", "undecided", "rejected"]

GATES: Mapping[str, GateRule] = MappingProxyType(
    {
        "size": land_gates.size,
        "width": land_gates.width,
        "frontage": land_gates.frontage,
        "land_use": land_gates.land_use,
        "state": land_gates.state,
        "constraints": land_gates.constraints,
        "cautions": land_gates.cautions,
        "utilities": land_gates.utilities,
        "E3_five": rule_gates.utility_level("five"),
        "E3_seven": rule_gates.utility_level("seven"),
        "E3_nine": rule_gates.utility_level("nine"),
        "net_land": rule_gates.net_land,
        "facilities": land_gates.facilities,
        "unit": land_gates.unit,
        "preferred_unit": land_gates.preferred_unit,
        "not_started": land_gates.not_started,
        "A18": rule_gates.increment,
        "A20": rule_gates.industry,
        "standard_land": rule_gates.standard_land,
        "headroom_land": headroom("land"),
        "headroom_energy": headroom("energy"),
        "headroom_emission": headroom("emission"),
        "C4": project_gates.eligible("mandatory"),
        "C4_principle": project_gates.eligible("principle"),
        "exclusivity": project_gates.exclusive,
    }
)
"""Every gate by its name, in the order in which they are shown."""

SOFT_FORCES = ("target", "guidance")
"""Forces that neither reject nor warn, but score."""


@dataclass(frozen=True)
class Judged:
    """The answers of every gate for n candidates.

    Attributes
    ----------
    columns
        The candidates.
    answers
        By gate, in order.
    """

    columns: SiteColumns
    answers: Mapping[str, Answers]

    @property
    def rejected(self) -> Flags:
        """Candidates that a mandatory gate fails; array of n."""
        return self._any("not_met", ("mandatory",))

    @property
    def undecided(self) -> Flags:
        """Candidates that no mandatory gate fails and some could not answer; array of n."""
        undecided: Flags = self._any("no_data", ("mandatory",)) & ~self.rejected
        return undecided

    def soft(self, outcome: Outcome) -> np.ndarray:
        """Count the target and guidance gates with an outcome; array of n."""
        answered = [one for one in self.answers.values() if one.force in SOFT_FORCES]
        none = np.zeros(len(self.columns), dtype=np.intp)
        return sum((one.outcome_is(outcome).astype(np.intp) for one in answered), none)

    def gates(self, position: int) -> tuple[Gate, ...]:
        """Put the answers for one candidate into statements."""
        site = self.columns.sites[position]
        return tuple(_gate(name, one, position, site) for name, one in self.answers.items())

    def _any(self, outcome: Outcome, forces: tuple[str, ...]) -> Flags:
        held = np.zeros(len(self.columns), dtype=bool)
        for one in self.answers.values():
            if one.force in forces:
                held |= one.outcome_is(outcome)
        return held


def _gate(name: str, answers: Answers, position: int, site: Site) -> Gate:
    reason = answers.reasons[int(answers.reason[position])]
    return Gate(name, reason.outcome, reason.said(site), answers.force, answers.clause)


def judged(columns: SiteColumns, asked: Asking) -> Judged:
    """Put candidates through every gate.

    Parameters
    ----------
    columns
        The candidates.
    asked
        What they are held against.

    Returns
    -------
    Judged
        One answer a gate and candidate.
    """
    return Judged(columns, {name: gate(columns, asked) for name, gate in GATES.items()})


def judge(site: Site, asked: Asking) -> tuple[Gate, ...]:
    """Put one site through every gate, as ``judged`` does with thousands."""
    return judged(columns_of([site]), asked).gates(0)


def standing(gates: tuple[Gate, ...]) -> Standing:
    """Say what the gates of a site come to: its verdict, apart from score and confidence."""
    outcomes = {gate.outcome for gate in gates if gate.force == "mandatory"}
    if "not_met" in outcomes:
        return "rejected"
    return "undecided" if "no_data" in outcomes else "admitted"
