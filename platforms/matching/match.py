"""One project: platforms and sites."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, overload

import numpy as np

from geo.arrays import Floats, Positions
from geo.units import compare, compare_all
from platforms.elements.shares import ShareEffect
from platforms.ledger.claims import Exclusivity
from platforms.matching.demand import Demand
from platforms.matching.gates import Status, judged, status_of
from platforms.matching.land_gates import Asking, Gate
from platforms.matching.scoring import (
    Criterion,
    Ranking,
    Score,
    Setting,
    criterion_values,
    effects,
    rank,
    score_of,
)
from platforms.matching.site import MatchTable, Site
from platforms.matching.survey import MatchInputs, Survey
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.projects.approval import ApprovalRoute

Standing = Literal["admitted", "undecided"]
"""Whether every gate is passed, or something has yet to be settled before a place counts."""


@dataclass(frozen=True)
class MatchedSite:
    """A candidate with its gates, and its score where it was scored.

    ``rank``: Place by the lower end of the score among those of its standing, equal ones share
      one; None for a rejected site.
    ``site``: The land.
    ``gates``: Every gate's answer.
    ``score``: Score with its parts, None for a rejected site.
    ``effects``: Effect on the shares of its unit by element and pollutant, those that can be
      told.
    ``route``: Who approves the land there (D1–D3), None where that isn't known.
    ``talks``: Who holds the project, as its unit sees it (B5, C5); None where it is on no file.
    """

    rank: int | None
    site: Site
    gates: tuple[Gate, ...]
    score: Score | None
    effects: dict[tuple[str, str | None], ShareEffect]
    route: ApprovalRoute | None = None
    talks: Exclusivity | None = None

    @property
    def effect(self) -> ShareEffect | None:
        """Effect on the unit's land share, None where it can't be told."""
        return self.effects.get(("land", None))

    @property
    def status(self) -> Status:
        """The verdict: admitted, undecided or rejected."""
        return status_of(self.gates)

    @property
    def reasons(self) -> tuple[Gate, ...]:
        """The mandatory gates that rejected it, then those that could not be answered."""
        binding = [gate for gate in self.gates if gate.force == "mandatory"]
        failed = [gate for gate in binding if gate.outcome == "not_met"]
        return (*failed, *(gate for gate in binding if gate.outcome == "no_data"))

    @property
    def warnings(self) -> tuple[Gate, ...]:
        """The principles that it departs from, or of which that isn't known."""
        return tuple(gate for gate in self.gates if gate.force == "principle" and gate.is_open)


@dataclass(frozen=True)
class MatchedPlatform:
    """A platform ranked by the best site it offers.

    ``rank``: Place by the lower end of the score, equal ones share one; platforms with undecided
      sites only stand behind those with an admitted one.
    ``platform_id``: The platform.
    ``score, high``: Ends of the score of its best site (0–100).
    ``status``: Of that site: whether every gate is passed, or something has yet to be settled.
    ``site_count``: Sites of that standing it offers.
    ``best_site_id``: The best of them.
    ``criteria``: Parts of that site's score.
    """

    rank: int
    platform_id: str
    score: float
    high: float
    status: Standing
    site_count: int
    best_site_id: str
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class Evaluation:
    """Gates and values of every candidate: all that doesn't change with the weights.

    ``setting``: Candidates, their gates, demand, surroundings.
    ``values``: n × k criteria (0–1), NaN where not known.
    ``admitted, undecided``: Positions of the candidates by their name; no gate failed or is open,
      or only open.
    ``rejected``: Positions of those that a gate rejects, the largest first.
    """

    setting: Setting
    values: Floats
    admitted: Positions
    undecided: Positions
    rejected: Positions


def evaluate(
    inputs: MatchInputs, demand: Demand, policy: PolicySet, table: MatchTable
) -> Evaluation:
    """Judge and value every candidate.

    Parameters
    ----------
    inputs
        What ``match_inputs`` reads for this demand.
    demand
        What the project asks.
    policy
        Rules on the as-of date.
    table
        Bounds and land uses.

    Returns
    -------
    Evaluation
        For ``ranked`` under any weights.
    """
    headrooms = inputs.quotas.headrooms(demand.project_id)
    asked = Asking(
        demand, policy, table, inputs.year, headrooms, inputs.project, inputs.kinds, inputs.parcels
    )
    answers = judged(inputs.columns, asked)
    setting = Setting(answers, asked, inputs.around)
    names = np.array([site.site_id for site in inputs.columns.sites], dtype=str)
    by_name = np.argsort(names, kind="stable")
    rejected, undecided = answers.rejected, answers.undecided
    return Evaluation(
        setting,
        criterion_values(setting),
        by_name[~(rejected | undecided)[by_name]],
        by_name[undecided[by_name]],
        np.flatnonzero(rejected),
    )


MOST_SHARED_BLOCKS = 16
"""So many blocks of a project, the best, are cut for it and others at once: in a city of hundreds
it needs none of the others, and cutting them all would take most of the time of a placement."""

OF_QUOTAS = frozenset({"headroom", "share_effect"})
"""Criteria that look at what is left of a quota or share."""


def fitting_blocks(evaluation: Evaluation) -> frozenset[str]:
    """Name the blocks that would suit a project best, quotas aside.

    How much is left of a quota must not decide how land is cut: with more of it there would else be
    other sites, and maybe fewer projects placed.
    """
    sites = evaluation.setting.columns.sites
    fitting = np.flatnonzero(evaluation.setting.judged.fits_but_for_quotas)
    table = evaluation.setting.asked.table
    weights = np.array(
        [0.0 if name in OF_QUOTAS else weight for name, weight in table.weights.items()]
    )
    low = np.nan_to_num(evaluation.values[fitting]) @ weights
    ids = [sites[at].block_id for at in fitting.tolist()]
    best = sorted(zip((-low.round(9)).tolist(), ids, strict=True))
    return frozenset(list(dict.fromkeys(block_id for _, block_id in best))[:MOST_SHARED_BLOCKS])


def promising_blocks(evaluation: Evaluation) -> frozenset[str]:
    """Name the blocks that are most worth cutting for a project.

    ``evaluation``: Of the blocks as a whole: a part of them may pass where the whole doesn't.

    Those that fewest mandatory gates reject, then leave open; then the best by the weights.
    """
    judged, table = evaluation.setting.judged, evaluation.setting.asked.table
    weights = np.array(list(table.weights.values()), dtype=float)
    points = np.nan_to_num(evaluation.values) @ weights
    order = np.lexsort((-points.round(9), judged.count("no_data"), judged.count("not_met")))
    sites = evaluation.setting.columns.sites
    return frozenset(sites[at].block_id for at in order[:MOST_SHARED_BLOCKS].tolist())


def evaluate_cut_to_wish(
    survey: Survey, demand: Demand, policy: PolicySet, table: MatchTable
) -> Evaluation:
    """Judge and value every candidate; where a quota has too little for a site, a cut of it too.

    A project that takes no more than the quota has left can be placed on a part of such a block
    (C9), so the part cut to the wish is a further candidate where it passes.

    Parameters
    ----------
    survey
        What matching reads of the city.
    demand, policy, table
        As for ``evaluate``.

    Returns
    -------
    Evaluation
        For ``ranked`` under any weights.
    """
    (inputs,) = survey.inputs([demand])
    evaluation = evaluate(inputs, demand, policy, table)
    judged = evaluation.setting.judged
    short = judged.fits_but_for_quotas & judged.answers["headroom_land"].outcome_is("not_met")
    larger = compare_all(inputs.columns.legal_mu, demand.land_wanted_mu) > 0
    names = {inputs.columns.sites[at].block_id for at in np.flatnonzero(short & larger).tolist()}
    if not names:
        return evaluation
    (wider,) = survey.sharing([demand], [inputs], [names])
    cut = evaluate(wider, demand, policy, table)
    some = any(
        wider.columns.sites[at].is_further_cut
        for at in np.flatnonzero(~cut.setting.judged.rejected).tolist()
    )
    return cut if some else evaluation


class Matches(Sequence[MatchedSite]):
    """Sites of one standing in order, each put together only when it is looked at.

    Parameters
    ----------
    evaluation
        Gates and values.
    positions
        The candidates, in order.
    weights
        Weights of the criteria; None where they aren't scored.
    ranks
        Their ranks; None where they have none.
    """

    def __init__(
        self,
        evaluation: Evaluation,
        positions: Positions,
        weights: Floats | None = None,
        ranks: Positions | None = None,
    ) -> None:
        self._evaluation, self.positions = evaluation, positions
        self._weights, self._ranks = weights, ranks

    def __len__(self) -> int:
        """Count them."""
        return len(self.positions)

    @overload
    def __getitem__(self, at: int) -> MatchedSite: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[MatchedSite, ...]: ...
    def __getitem__(self, at: int | slice) -> MatchedSite | tuple[MatchedSite, ...]:
        """Put one site together, or some."""
        if isinstance(at, slice):
            return tuple(self._matched_site(index) for index in range(*at.indices(len(self))))
        return self._matched_site(range(len(self))[at])

    def __iter__(self) -> Iterator[MatchedSite]:
        """Put them together one by one."""
        return (self._matched_site(index) for index in range(len(self)))

    def _matched_site(self, at: int) -> MatchedSite:
        evaluation, position = self._evaluation, int(self.positions[at])
        names = tuple(evaluation.setting.asked.table.weights)
        score = None
        if self._weights is not None:
            score = score_of(evaluation.values[position], self._weights, names)
        site, project = evaluation.setting.columns.sites[position], evaluation.setting.asked.project
        return MatchedSite(
            None if self._ranks is None else int(self._ranks[at]),
            site,
            tuple(gate for gate in evaluation.setting.judged.gates(position) if gate.is_ruled),
            score,
            effects(evaluation.setting, position),
            project.routes.get(site.unit_id),
            project.talks_on(site.unit_id),
        )


@dataclass(frozen=True)
class MatchResult:
    """The answer for one project.

    ``evaluation``: Gates and values, for other weights.
    ``weights``: Weight of each criterion, in the order of the table.
    ``sites``: Admitted: all mandatory gates passed, by score.
    ``undecided``: No mandatory gate failed, some could not be answered; by score.
    ``rejected``: A mandatory gate failed; the largest first.
    ``ranking``: Of the admitted sites, in the order of ``evaluation.admitted``.
    """

    evaluation: Evaluation
    weights: Floats
    sites: Matches
    undecided: Matches
    rejected: Matches
    ranking: Ranking

    @property
    def demand(self) -> Demand:
        """What was asked."""
        return self.evaluation.setting.asked.demand

    @property
    def year(self) -> int:
        """Year of shares, quotas and figures per 亩."""
        return self.evaluation.setting.asked.year

    @property
    def criteria(self) -> tuple[str, ...]:
        """Names of the criteria, in the order of the weights."""
        return tuple(self.evaluation.setting.asked.table.weights)

    @cached_property
    def platforms(self) -> tuple[MatchedPlatform, ...]:
        """Platforms by their best site."""
        return tuple(_platforms(self))


def ranked(evaluation: Evaluation, table: MatchTable) -> MatchResult:
    """Rank what was judged and valued, under the weights of a table.

    Parameters
    ----------
    evaluation
        What ``evaluate`` gives.
    table
        The weights; gates and values stay as they are.

    Returns
    -------
    MatchResult
        The sites in their new order.
    """
    names = tuple(evaluation.setting.asked.table.weights)
    weights = np.array([table.weights[name] for name in names], dtype=float)
    ranking = rank(evaluation.values[evaluation.admitted], weights)
    undecided_ranking = rank(evaluation.values[evaluation.undecided], weights)
    admitted = evaluation.admitted[ranking.order]
    undecided = evaluation.undecided[undecided_ranking.order]
    return MatchResult(
        evaluation,
        weights,
        Matches(evaluation, admitted, weights, ranking.rank[ranking.order]),
        Matches(evaluation, undecided, weights, undecided_ranking.rank[undecided_ranking.order]),
        Matches(evaluation, evaluation.rejected),
        ranking,
    )


def _platforms(result: MatchResult) -> list[MatchedPlatform]:
    """Rank platforms: first those with an admitted site, then those with undecided ones only."""
    platforms: list[MatchedPlatform] = []
    offered = set[Hashable]()
    groups: tuple[tuple[Standing, Matches], ...] = (
        ("admitted", result.sites), ("undecided", result.undecided),
    )  # fmt: skip
    ids = result.evaluation.setting.columns.coded["platform_id"]
    for status, sites in groups:
        of_site = ids.place[sites.positions]
        _, first, count = np.unique(of_site, return_index=True, return_counts=True)
        before = len(platforms)
        for at, site_count in sorted(zip(first.tolist(), count.tolist(), strict=True)):
            platform_id, best = ids.values[of_site[at]], sites[at]
            if platform_id is None or platform_id in offered or best.score is None:
                continue
            last = platforms[-1] if len(platforms) > before else None
            tied = last is not None and compare(last.score, best.score.low) == 0
            place = last.rank if last is not None and tied else len(platforms) + 1
            offered.add(platform_id)
            platforms.append(
                MatchedPlatform(
                    place, str(platform_id), best.score.low, best.score.high, status, site_count,
                    best.site.site_id, best.score.criteria,
                )
            )  # fmt: skip
    return platforms


CREDIT_RULES = ("B6", "D4")
"""Rules by which the unit that brought a project and the one that takes it score alike."""


@dataclass(frozen=True)
class TransferProposal:
    """A platform of another unit that could take a project.

    ``platform_id, unit_id``: The platform and the unit of its best site.
    ``site``: The best site on it.
    ``standing``: ``admitted`` where every gate is passed, ``undecided`` where something has to be
      found out.
    ``credited_unit_ids``: Who scores for the project after the transfer, alike: the unit that
      brought it, and this one.
    """

    platform_id: str
    unit_id: str
    site: MatchedSite
    status: Standing
    credited_unit_ids: tuple[str, ...]

    @property
    def score(self) -> float | None:
        """Lower end of the score of the best site (0–100), None where none is given."""
        return None if self.site.score is None else self.site.score.low


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
    proposals: dict[str, TransferProposal] = {}
    groups: tuple[tuple[Standing, tuple[MatchedSite, ...]], ...] = (
        ("admitted", tuple(result.sites)), ("undecided", tuple(result.undecided)),
    )  # fmt: skip
    for status, sites in groups:
        for matched in sites:
            platform_id, unit_id = matched.site.platform_id, matched.site.unit_id
            if platform_id is None or unit_id in (None, home) or platform_id in proposals:
                continue
            credited = tuple(dict.fromkeys(u for u in (home, unit_id) if u is not None))
            proposals[platform_id] = TransferProposal(
                platform_id, str(unit_id), matched, status, credited
            )
    return tuple(proposals.values())


def placeable_at_home(result: MatchResult, home: str | None) -> MatchedSite | None:
    """Return the best site on which a project's own unit can place it; None where there is none.

    Then it isn't one that the unit can't place for land or environment (C9), however closely land
    or quota fit.

    Parameters
    ----------
    result
        Where the project may go in the whole city.
    home
        Unit that has the project on file, None where that isn't known.

    Returns
    -------
    MatchedSite or None
        An admitted site in that unit.
    """
    units = result.evaluation.setting.columns.coded["unit_id"]
    for at, position in enumerate(result.sites.positions.tolist()):
        if home is not None and units.values[units.place[position]] == home:
            return result.sites[at]
    return None


def credit_rule(policy: PolicySet) -> DatedRule | None:
    """Return the rule by which both units score alike, None where the packs have none."""
    for rule_id in CREDIT_RULES:
        parts = policy.parts(rule_id)
        if parts:
            return policy.rule(rule_id, parts[-1])
    return None
