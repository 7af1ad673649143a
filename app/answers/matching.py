"""One project."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from app.answers.answer import Answer, SheetsOnDemand, column_titles, sheet_of
from app.context import Context, platform_names, unit_names
from app.messages import Catalogue
from geo.errors import MuPlanError, Value
from geo.tools import Progress, nearest_name, report, within
from platforms.elements.quotas import Headroom, QuotaKey
from platforms.industries.chains import chain_firms
from platforms.land.site_carving import CUT_SUFFIX, CarvedSite
from platforms.ledger.claims import Exclusivity
from platforms.matching.demand import Demand, demand_of
from platforms.matching.explanation import (
    Change,
    WouldBeFirst,
    losses,
    weight_ranges,
    would_be_first,
)
from platforms.matching.land_gates import UNRULED, Gate
from platforms.matching.match import (
    Evaluation,
    MatchedSite,
    MatchResult,
    evaluate,
    evaluate_cut_to_wish,
    fitting_blocks,
    promising_blocks,
    ranked,
)
from platforms.matching.scoring import Criterion
from platforms.matching.site import MatchTable
from platforms.matching.survey import ChainProximity, MatchInputs, Survey
from platforms.placement.limits import ShareRows, further_shares
from platforms.policy.verdict import Statement, say
from platforms.projects.approval import ApprovalRoute


def site_rows(result: MatchResult, top: int, words: Catalogue) -> list[dict[str, object]]:
    """Give the first admitted sites as plain values, each with what it loses to the first.

    As ``site_row``, with ``losses`` (points by criterion) and ``would_be_first`` (the smallest
    change of one value and of one weight that does it, None for a site that is first).
    """
    values = result.evaluation.values[result.evaluation.admitted]
    rows, gates = [], GateRows(words)
    for at, matched in enumerate(result.sites[:top]):
        place = int(result.ranking.order[at])
        lost = losses(values, result.weights, place)
        change = would_be_first(values, result.weights, place)
        rows.append(
            {
                **site_row(matched, gates),
                "losses": [
                    {"criterion": result.criteria[loss.criterion], "points": loss.points}
                    for loss in lost
                ],
                "would_be_first": None if change is None else _change(change, result, words),
            }
        )
    return rows


def weight_range_rows(result: MatchResult) -> list[dict[str, object]]:
    """Give for each weight the range in which the first place stands; ``high`` None: no end."""
    values = result.evaluation.values[result.evaluation.admitted]
    return [
        {
            "criterion": result.criteria[interval.criterion],
            "weight": float(result.weights[interval.criterion]), "low": interval.low,
            "high": None if math.isinf(interval.high) else interval.high,
        }
        for interval in weight_ranges(values, result.weights)
    ]  # fmt: skip


def _change(
    change_needed: WouldBeFirst, result: MatchResult, words: Catalogue
) -> dict[str, object]:
    def row(change: Change | None) -> dict[str, object] | None:
        if change is None:
            return None
        name = result.criteria[change.criterion]
        return {
            "criterion": name,
            "before": change.before,
            "after": change.after,
            "size": change.size,
        }

    return {
        "value": row(change_needed.value), "weight": row(change_needed.weight),
        "text": change_text(change_needed, result.criteria, words),
    }  # fmt: skip


def change_text(change_needed: WouldBeFirst, criteria: tuple[str, ...], words: Catalogue) -> str:
    """Say what would make a site first, or that no single change does."""

    def criterion_of(change: Change) -> str:
        return words.text(f"criterion_{criteria[change.criterion]}")

    sentences = []
    value, weight = change_needed.value, change_needed.weight
    if value is not None:
        before = words.text("no_value") if value.before is None else f"{100 * value.before:.1f}"
        after = 100 * value.after
        sentences.append(
            words.text("first_by_value", criterion=criterion_of(value), before=before, after=after)
        )
    if weight is not None:
        sentences.append(
            words.text(
                "first_by_weight", criterion=criterion_of(weight), before=weight.before or 0.0,
                after=weight.after,
            )
        )  # fmt: skip
    return words.joined(sentences) if sentences else words.text("first_by_nothing")


def criterion_rows(parts: tuple[Criterion, ...]) -> list[dict[str, object]]:
    """Give the parts of a score as plain values."""
    return [
        {
            "criterion": part.criterion, "value": part.value, "score": None
            if part.value is None else 100 * part.value, "weight": part.weight,
            "contribution": part.contribution,
        }
        for part in parts
    ]  # fmt: skip


class GateRows:
    """Gates as plain values; one that says the same of many sites is put into words once.

    ``words``: Sentences of the language.
    """

    def __init__(self, words: Catalogue) -> None:
        self.words = words
        self._rows: dict[int, tuple[Gate, dict[str, object]]] = {}

    def of(self, gate: Gate) -> dict[str, object]:
        """Give a gate as plain values, shared and not to be changed."""
        known = self._rows.get(id(gate))  # the gate is kept, so that no other takes its number
        if known is None:
            known = gate, {
                "gate": gate.gate, "outcome": gate.outcome, "force": gate.force,
                "code": gate.statement.code, "text": self.words.say(gate.statement),
                "clause": gate.clause,
            }  # fmt: skip
            self._rows[id(gate)] = known
        return known[1]


def route_row(route: ApprovalRoute | None, words: Catalogue) -> dict[str, object] | None:
    """Give who approves the land of a project, and why or why not (D1–D3)."""
    if route is None or not route.rule_ids:  # no pack has the rule
        return None
    return {
        "outcome": route.outcome, "tier": route.tier, "steps": list(route.steps),
        "rules": list(route.rule_ids), "clause": route.clause,
        "reasons": [{"code": why.code, "text": words.say(why)} for why in route.reasons],
    }  # fmt: skip


def is_ruled(talks: Exclusivity) -> bool:
    """Whether any pack chosen says who may talk about a project (B5, C5)."""
    return all(why.code not in UNRULED for why in talks.reasons)


def talks_row(
    talks: Exclusivity | None, unit_id: str | None, words: Catalogue
) -> dict[str, object] | None:
    """Give who holds a project where it goes to land of a unit, and whether by transfer."""
    if talks is None or not is_ruled(talks):
        return None
    return {
        "state": talks.state, "outcome": talks.outcome, "holder_unit_id": talks.holder_unit_id,
        "by_transfer": talks.unit_id != unit_id,
        "until": None if talks.until is None else talks.until.isoformat(),
        "clause": talks.clause,
        "reasons": [{"code": why.code, "text": words.say(why)} for why in talks.reasons],
    }  # fmt: skip


def route_text(route: ApprovalRoute | None, words: Catalogue) -> str:
    """Say the steps of approval, or why there are none."""
    if route is None:
        return words.text("no_value")
    reasons = words.joined(words.say(why) for why in route.reasons)
    return f"{' → '.join(route.steps)}　{reasons}" if route.steps else reasons


def site_row(matched: MatchedSite, gates: GateRows) -> dict[str, object]:
    """Give a site as plain values: verdict, score and confidence apart from each other."""
    site, words = matched.site, gates.words
    return {
        "rank": matched.rank,
        "site_id": site.site_id,
        "score": None if matched.score is None else matched.score.low,
        "low": None if matched.score is None else matched.score.low,
        "high": None if matched.score is None else matched.score.high,
        "unknown": [] if matched.score is None else list(matched.score.unknown),
        "confidence": None if matched.score is None else matched.score.confidence,
        "platform_id": site.platform_id,
        "unit_id": site.unit_id,
        "parcel_ids": list(site.parcel_ids),
        "area_mu": site.area_mu,
        "legal_mu": site.legal_mu,
        "area_basis": "registered" if site.excess_mu else "ellipsoidal",
        "carved": None if site.carved is None else _carved(site.carved),
        "gates": [gates.of(gate) for gate in matched.gates],
        "criteria": [] if matched.score is None else criterion_rows(matched.score.criteria),
        "effect_on_share": [
            {
                "unit_id": site.unit_id, "element": element, "pollutant": pollutant,
                "before": effect.before, "after": effect.after, "outcome": effect.outcome,
            }
            for (element, pollutant), effect in matched.effects.items()
        ],
        "losses": [],
        "would_be_first": None,
        "approval_route": route_row(matched.route, words),
        "exclusivity": talks_row(matched.talks, site.unit_id, words),
        "warnings": [gates.of(gate) for gate in matched.warnings],
        "reasons": [{"code": why.code, "text": words.say(why)} for why in _reasons(matched)],
    }  # fmt: skip


def _carved(site: CarvedSite) -> dict[str, object]:
    carving = site.carving
    return {
        "block_id": site.block_id, "block_mu": site.block_mu, "surplus_mu": carving.surplus_mu,
        "remainder_mu": carving.remainder_mu, "stranded_mu": carving.stranded_mu,
        "sizes_lost": carving.lines_missed, "is_exact": site.is_exact,
    }  # fmt: skip


def _carving_statement(site: CarvedSite) -> Statement:
    cut = any(part.endswith(CUT_SUFFIX) for part in site.parcel_ids)
    return say(
        "site_cut" if cut else "site_carved", block_id=site.block_id, block_mu=site.block_mu,
        remainder_mu=site.carving.remainder_mu, stranded_mu=site.carving.stranded_mu,
    )  # fmt: skip


def _reasons(matched: MatchedSite) -> list[Statement]:
    """Gather failed and open gates, then the three criteria that give most points."""
    reasons = [gate.statement for gate in matched.reasons]
    if matched.site.carved is not None:
        reasons.append(_carving_statement(matched.site.carved))
    parts = matched.score.criteria if matched.score is not None else ()
    best = sorted(parts, key=lambda part: -part.contribution)[:3]
    return reasons + [
        say(f"because_{part.criterion}", points=part.contribution)
        for part in best
        if part.contribution > 0
    ]


def share_sentence(matched: MatchedSite, words: Catalogue) -> str:
    """Say what the project would do to its unit's land share."""
    if matched.effect is None or matched.effect.after is None:
        return words.text("share_effect_unknown")
    return words.text(
        "share_effect_said", before=percent(matched.effect.before),
        after=matched.effect.after, threshold=matched.effect.threshold,
        outcome=words.text(f"outcome_{matched.effect.outcome}"),
    )  # fmt: skip


def percent(share: float | None) -> str | None:
    """Show a share (0–1) as a percentage."""
    return None if share is None else f"{share:.1%}"


def standing_of(matched: MatchedSite, words: Catalogue) -> str:
    """Say whether a site is admitted, undecided or rejected."""
    return words.text(f"standing_{matched.status}")


def reason_text(matched: MatchedSite, words: Catalogue) -> str:
    """Say why a site is where it is: failed and open gates, else what carries its score."""
    return words.joined(words.say(why) for why in _reasons(matched))


SCREEN_COLUMNS = (
    "rank", "standing", "score", "score_high", "site_id", "platform_name", "unit_name", "area_mu",
    "share_after", "why",
)  # fmt: skip
FIRST_PLATFORMS = 5
NAMED_RIVALS = 3
"""Places that a sentence names beside the first, where the order is open."""
SITE_COLUMNS = (
    "standing", "score_high", "confidence", "platform_name", "unit_name", "carved_from",
    "remainder_mu", "share_before", "share_after", "why",
)  # fmt: skip
PLATFORM_COLUMNS = ("score_high", "standing", "site_count", "best_site")
GATE_COLUMNS = ("gate", "outcome", "force", "reason", "clause")


def demand_in_ledger(context: Context, project_id: str) -> Demand:
    """Read the demand of a project of the ledger.

    Raises MuPlanError: ``ledger_empty``, ``project_unknown`` with the nearest number, and those of
    ``demand_of``.
    """
    projects = context.source.read("projects")
    if not len(projects):
        raise MuPlanError("ledger_empty", project_id=project_id)
    rows = projects[projects["project_id"] == project_id]
    if not len(rows):
        raise MuPlanError(
            "project_unknown", project_id=project_id,
            nearest=nearest_name(project_id, list(projects["project_id"])),
        )  # fmt: skip
    return demand_of(rows.iloc[0].to_dict())


def chain_proximities(context: Context) -> ChainProximity:
    """Read the firms of the city along the chains, for matching."""
    industries = context.industries()
    firms = chain_firms(context.source, industries, context.year)
    return ChainProximity(firms, context.chains(), industries)


def survey_of(context: Context, table: MatchTable, least_mu: float | None = None) -> Survey:
    """Prepare the matching of projects in this context.

    ``least_mu``: Least land of the smallest project [亩], None where it isn't known.

    Reads the city once, whatever the number of projects.
    """
    policy, year, reach = context.policy, context.year, chain_proximities(context)
    return Survey(context.source, policy, table, year, context.crs, reach, least_mu)


def evaluate_match(context: Context, demand: Demand, table: MatchTable) -> Evaluation:
    """Judge and value the land of the city for a project, whatever the weights."""
    return evaluate_cut_to_wish(survey_of(context, table), demand, context.policy, table)


def evaluate_demand(context: Context, demand: Demand) -> Evaluation:
    """Judge and value the land of the city for a project, with the weights of the product."""
    return evaluate_match(context, demand, context.match_table())


def run_match(context: Context, demand: Demand, table: MatchTable) -> MatchResult:
    """Match a project in this context."""
    return ranked(evaluate_match(context, demand, table), table)


def match_answer(context: Context, result: MatchResult, table: MatchTable, top: int) -> Answer:
    """Answer ``match``: platforms and sites for one project.

    ``top``: Admitted sites shown; undecided and rejected ones are all listed.

    JSON keys ``platforms``, ``sites``, ``undecided``, ``rejected``, ``weight_ranges``.
    """
    words, demand = context.words, result.demand
    names, gates = platform_names(context), GateRows(words)
    undecided, rejected = tuple(result.undecided), tuple(result.rejected)
    listed = (*result.sites[:top], *undecided, *rejected)
    return Answer(
        title=words.text("title_match", name=demand.name),
        parameters={
            "project_id": demand.project_id, "land_min_mu": demand.land_min_mu,
            "land_ideal_mu": demand.land_ideal_mu, "year": result.year, "top": top,
            "weights": dict(table.weights),
        },
        result={
            "project_id": demand.project_id,
            "platforms": [
                {
                    "rank": p.rank, "platform_id": p.platform_id,
                    "name": names.get(p.platform_id), "score": p.score,
                    "low": p.score, "high": p.high, "standing": p.status,
                    "site_count": p.site_count, "best_site_id": p.best_site_id,
                    "criteria": criterion_rows(p.criteria),
                }
                for p in result.platforms
            ],
            "sites": site_rows(result, top, words),
            "preferred": result.sites[0].site.site_id if result.ranking.has_preferred else None,
            "weight_ranges": weight_range_rows(result),
            "undecided": [
                {**site_row(matched, gates), "missing": [gate.gate for gate in matched.reasons]}
                for matched in undecided
            ],
            "rejected": [site_row(matched, gates) for matched in rejected],
        },
        sheets=SheetsOnDemand(
            lambda: (
                sheet_of(
                    words, "sites", site_frame(context, listed, names), printed=SCREEN_COLUMNS
                ),
                sheet_of(words, "platforms", platform_frame(result, names, words)),
                sheet_of(words, "gates", _gate_frame(listed, words)),
            )
        ),
        titles=column_titles(words, (*SITE_COLUMNS, *PLATFORM_COLUMNS, *GATE_COLUMNS)),
        summary=(*summary_lines(context, result, names), *_platform_line(result, names, words)),
        screen=SCREEN_COLUMNS,
    )  # fmt: skip


def summary_lines(context: Context, result: MatchResult, names: dict[str, str]) -> tuple[str, ...]:
    """Say the answer in words that stand in a meeting."""
    words = context.words
    counts = words.text(
        "summary_match", sites=len(result.sites), undecided=len(result.undecided),
        rejected=len(result.rejected),
    )  # fmt: skip
    if not (result.sites or result.undecided or result.rejected):
        least = result.demand.land_min_mu
        return (words.text("summary_no_candidate", name=result.demand.name, land_min_mu=least),)
    causes = _main_causes(result, words)
    if not result.sites and len(result.undecided):
        best = result.undecided[0]
        first = words.text(
            "summary_undecided_first", name=result.demand.name,
            gates="、".join(words.gate(gate.gate) for gate in best.reasons),
            **_place_values(context, best, names),
        )  # fmt: skip
        return (first, counts, causes)
    if not result.sites:
        return (words.text("summary_no_site", name=result.demand.name), counts, causes)
    return (_first_line(context, result, names), counts)


def _first_line(context: Context, result: MatchResult, names: dict[str, str]) -> str:
    """Name the first place: 首选 only where nothing that is yet unknown could change it (S19)."""
    words, ranking = context.words, result.ranking
    best = result.sites[0]
    values = _place_values(context, best, names)
    if ranking.has_preferred:
        return words.text("summary_best_site", name=result.demand.name, **values)
    ahead = {*ranking.contenders.tolist(), *np.flatnonzero(ranking.rank == 1).tolist()}
    rivals = [at for at in ranking.order[1:].tolist() if at in ahead]
    sites = result.evaluation.setting.columns.sites
    admitted = result.evaluation.admitted
    named = words.joined(sites[admitted[at]].site_id for at in rivals[:NAMED_RIVALS])
    values_of = result.evaluation.values[admitted[[int(ranking.order[0]), *rivals]]]
    is_open = np.isnan(values_of).any(axis=0) & (result.weights > 0)
    unknown = [
        name for name, is_unknown in zip(result.criteria, is_open, strict=True) if is_unknown
    ]
    if not unknown:
        return words.text(
            "summary_tied_first", name=result.demand.name, others=named, count=len(rivals), **values
        )
    return words.text(
        "summary_open_first", name=result.demand.name, others=named, count=len(rivals),
        criteria="、".join(words.text(f"criterion_{criterion}") for criterion in unknown), **values,
    )  # fmt: skip


def _place_values(
    context: Context, matched: MatchedSite, names: dict[str, str]
) -> dict[str, Value]:
    """Give the values by which a sentence names a place."""
    words, site, score = context.words, matched.site, matched.score
    return {
        "platform": names.get(site.platform_id or "", words.text("no_platform")),
        "unit": unit_names(context).get(site.unit_id or "", words.text("no_value")),
        "site_id": site.site_id, "area_mu": site.area_mu,
        "low": None if score is None else score.low,
        "high": None if score is None else score.high,
    }  # fmt: skip


def _main_causes(result: MatchResult, words: Catalogue) -> str:
    """Say which gates kept most sites out."""
    positions = np.concatenate([result.undecided.positions, result.rejected.positions])
    counts = Counter(filter(None, result.evaluation.setting.judged.barring(positions)))
    listed = [f"{words.gate(gate)} {count}" for gate, count in counts.most_common(3)]
    return words.text("summary_causes", causes=words.joined(listed))


def site_frame(
    context: Context, matched: Sequence[MatchedSite], names: dict[str, str]
) -> gpd.GeoDataFrame:
    """List sites for people, one row each; ``names`` are those of the platforms."""
    words, units = context.words, unit_names(context)
    rows = [
        {
            "rank": match.rank,
            "standing": standing_of(match, words),
            "site_id": match.site.site_id,
            "score": None if match.score is None else match.score.low,
            "score_high": None if match.score is None else match.score.high,
            "confidence": None if match.score is None else match.score.confidence,
            "platform_name": names.get(match.site.platform_id or ""),
            "unit_name": units.get(match.site.unit_id or ""),
            "area_mu": match.site.area_mu,
            "carved_from": None if match.site.carved is None else match.site.carved.block_id,
            "remainder_mu": None
            if match.site.carved is None
            else match.site.carved.carving.remainder_mu,
            "share_before": None if match.effect is None else match.effect.before,
            "share_after": None if match.effect is None else match.effect.after,
            "why": reason_text(match, words),
            "parcel_ids": list(match.site.parcel_ids),
        }
        for match in matched
    ]
    columns = [
        "rank", "standing", "site_id", "score", "score_high", "confidence", "platform_name",
        "unit_name", "area_mu", "carved_from", "remainder_mu", "share_before", "share_after", "why",
        "parcel_ids",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns).astype({"rank": "Int64"})
    shapes = [match.site.geometry for match in matched]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=context.crs)


def platform_frame(result: MatchResult, names: dict[str, str], words: Catalogue) -> pd.DataFrame:
    """List the platforms for people, one row each."""
    rows = [
        (
            p.rank, p.platform_id, names.get(p.platform_id), words.text(f"standing_{p.status}"),
            p.score, p.high, p.site_count, p.best_site_id,
        ) for p in result.platforms
    ]  # fmt: skip
    columns = [
        "rank", "platform_id", "platform_name", "standing", "score", "score_high", "site_count",
        "best_site",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _platform_line(result: MatchResult, names: dict[str, str], words: Catalogue) -> tuple[str, ...]:
    """Name the first platforms in order."""
    if not result.platforms:
        return ()
    ranked = [
        words.text(f"ranked_platform_{p.status}", rank=p.rank, low=p.score, high=p.high,
                   count=p.site_count, name=names.get(p.platform_id, p.platform_id))
        for p in result.platforms[:FIRST_PLATFORMS]
    ]  # fmt: skip
    return (words.text("summary_platforms", ranked=words.joined(ranked)),)


def _gate_frame(sites: tuple[MatchedSite, ...], words: Catalogue) -> pd.DataFrame:
    rows = [
        {
            "site_id": matched.site.site_id,
            "gate": words.gate(gate.gate),
            "outcome": words.text(f"outcome_{gate.outcome}"),
            "force": words.text(f"force_{gate.force}"),
            "reason": words.say(gate.statement),
            "clause": gate.clause,
        }
        for matched in sites
        for gate in matched.gates
    ]
    return pd.DataFrame(rows, columns=["site_id", *GATE_COLUMNS])


SHOWN_UNDECIDED = 3
"""So many undecided sites of a project are named, the best first."""

UNDECIDED_COLUMNS = ("project_id", "site_id", "platform_name", "area_mu", "missing")


def undecided_sites(
    results: Sequence[MatchResult], unplaced: Iterable[str], words: Catalogue
) -> dict[str, list[dict[str, object]]]:
    """Name the undecided sites of projects that have no admitted one.

    ``unplaced``: Projects without a place.

    By project its first undecided sites by score: ``site_id``, ``platform_id``, ``area_mu`` [亩],
    ``missing`` (each open gate in words). A project with an admitted site isn't listed: it stays
    out because of the others, not because something is missing.
    """
    wanted = set(unplaced)
    return {
        result.demand.project_id: [
            {
                "site_id": matched.site.site_id, "platform_id": matched.site.platform_id,
                "area_mu": matched.site.area_mu, "missing": _missing(matched, words),
            }
            for matched in result.undecided[:SHOWN_UNDECIDED]
        ]
        for result in results
        if result.demand.project_id in wanted and not len(result.sites) and len(result.undecided)
    }  # fmt: skip


def _missing(matched: MatchedSite, words: Catalogue) -> list[str]:
    return [
        words.text("placement_missing", gate=words.gate(gate.gate),
                   why=words.say(gate.statement))
        for gate in matched.reasons
    ]  # fmt: skip


def undecided_frame(
    undecided: Mapping[str, Sequence[Mapping[str, object]]],
    names: Mapping[str, str],
    words: Catalogue,
) -> pd.DataFrame:
    """List these sites, one a row; ``names`` are those of the platforms."""
    rows = [
        (
            project_id, site["site_id"], names.get(str(site["platform_id"])), site["area_mu"],
            words.joined(site["missing"] if isinstance(site["missing"], list) else ()),
        )
        for project_id, sites in undecided.items()
        for site in sites
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(UNDECIDED_COLUMNS))


@dataclass(frozen=True)
class Matched:
    """All that placing needs, whatever is wished for.

    ``results``: What matching found for each project, in the order asked.
    ``rooms``: Quotas beside the projects' own allotments.
    ``shares``: Shares of B1 (of the year, cumulatively) and B2 beside them.
    """

    results: tuple[MatchResult, ...]
    rooms: Mapping[QuotaKey, Headroom]
    shares: ShareRows


class Matching:
    """Projects matched each by itself, and blocks cut so that several can stand in one.

    ``demands``: The projects.
    """

    def __init__(self, context: Context, demands: Sequence[Demand]) -> None:
        self._context, self._demands = context, demands
        self._policy, self._table = context.policy, context.match_table()
        least_mu = min((demand.land_min_mu for demand in demands), default=None)
        self._survey = survey_of(context, self._table, least_mu)

    def quick(self, tell: Progress | None = None) -> Matched:
        """Match with the blocks that are most worth cutting for each project.

        ``tell`` hears the share done and may end it by an error.
        """
        wholes = self._survey.whole_blocks(self._demands)
        cut = [
            promising_blocks(evaluate(whole, demand, self._policy, self._table))
            for demand, whole in zip(self._demands, wholes, strict=True)
        ]
        report(tell, 0.2)
        return self._matched(cut, within(tell, 0.2, 1.0))

    def whole(self, tell: Progress | None = None) -> Matched:
        """Match with every block; ``tell`` as for ``quick``."""
        return self._matched(None, tell)

    def _matched(self, cut: Sequence[frozenset[str]] | None, tell: Progress | None) -> Matched:
        context, demands, policy, table = self._context, self._demands, self._policy, self._table
        inputs: list[MatchInputs] = []
        judged: list[Evaluation] = []
        inputs_of_all = self._survey.inputs(demands, within(tell, 0.0, 0.6), cut)
        for number, (demand, mine) in enumerate(zip(demands, inputs_of_all, strict=True), start=1):
            inputs.append(mine)
            judged.append(evaluate(mine, demand, policy, table))
            report(tell, 0.6 + 0.3 * number / len(demands))
        # Only now is it known which projects could stand in which block.
        wider = self._survey.sharing(demands, inputs, [fitting_blocks(one) for one in judged])
        results: list[MatchResult] = []
        for number, (demand, mine) in enumerate(zip(demands, wider, strict=True)):
            is_same = mine is inputs[number]
            evaluation = judged[number] if is_same else evaluate(mine, demand, policy, table)
            results.append(ranked(evaluation, table))
            report(tell, 0.9 + 0.1 * (number + 1) / len(demands))
        ids = [demand.project_id for demand in demands]
        shares = {
            **self._survey.shares_without(ids),
            **further_shares(context.source, ids, context.year, policy, context.crs),
        }
        return Matched(tuple(results), self._survey.quotas.headrooms_of_all(ids), shares)
