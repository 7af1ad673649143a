"""Where a project fits best on land of other units, for a transfer (流转) through the city."""

from dataclasses import dataclass
from typing import Literal

from platforms.matching.match import MatchedSite, MatchResult
from platforms.policy.dated import DatedRule, PolicySet

CREDIT_RULES = ("B6", "D4")
"""Rules by which the unit that brought a project and the one that takes it score alike."""


@dataclass(frozen=True)
class TransferProposal:
    """A platform of another unit that could take a project.

    Attributes
    ----------
    platform_id, unit_id
        The platform and the unit of its best site.
    site
        The best site on it.
    standing
        ``admitted`` where every gate is passed, ``undecided`` where something has to be found out.
    credited_unit_ids
        Who scores for the project after the transfer, alike: the unit that brought it, and this
        one.
    """

    platform_id: str
    unit_id: str
    site: MatchedSite
    standing: Literal["admitted", "undecided"]
    credited_unit_ids: tuple[str, ...]

    @property
    def score(self) -> float | None:
        """Score of the best site (0–100), None where none is given."""
        return None if self.site.score is None else self.site.score.score


def transfer_proposals(result: MatchResult, home: str | None) -> tuple[TransferProposal, ...]:
    """Propose platforms of other units for a project.

    Parameters
    ----------
    result
        Where the project may go in the whole city.
    home
        Unit that has the project on file, None where that isn't known.

    Returns
    -------
    tuple of TransferProposal
        One a platform, by its best site: admitted ones first, then by score.

    Notes
    -----
    B6 《进一步推动招大引强工作实施方案》 二（一）3; C9 嘉政办发〔2018〕52号 四（五）;
    D4 磐安 三（一）.
    """
    found: dict[str, TransferProposal] = {}
    groups: tuple[tuple[Literal["admitted", "undecided"], tuple[MatchedSite, ...]], ...] = (
        ("admitted", tuple(result.sites)), ("undecided", tuple(result.undecided)),
    )  # fmt: skip
    for standing, sites in groups:
        for one in sites:
            platform_id, unit_id = one.site.platform_id, one.site.unit_id
            if platform_id is None or unit_id in (None, home) or platform_id in found:
                continue
            credited = tuple(dict.fromkeys(u for u in (home, unit_id) if u is not None))
            found[platform_id] = TransferProposal(
                platform_id, str(unit_id), one, standing, credited
            )
    return tuple(found.values())


def credit_rule(policy: PolicySet) -> DatedRule | None:
    """Give the rule by which both units score alike, None where the packs have none."""
    for rule_id in CREDIT_RULES:
        parts = policy.parts(rule_id)
        if parts:
            return policy.rule(rule_id, parts[-1])
    return None
