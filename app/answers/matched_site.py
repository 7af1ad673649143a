"""One candidate of a match as plain values and in words, and why it is not the first."""

import math

from app.messages import Catalogue
from platforms.land.site_carving import CUT_SUFFIX, CarvedSite
from platforms.matching.explanation import (
    Change,
    WouldBeFirst,
    losses,
    weight_ranges,
    would_be_first,
)
from platforms.matching.gate import Gate
from platforms.matching.match import MatchedSite, MatchResult
from platforms.matching.score import Criterion
from platforms.projects.approval_route import ApprovalRoute
from platforms.projects.exclusivity import Exclusivity
from platforms.statement import Statement, say


def site_rows(result: MatchResult, top: int, words: Catalogue) -> list[dict[str, object]]:
    """Give the first admitted sites as plain values, each with what it loses to the first.

    Parameters
    ----------
    result
        What matching found.
    top
        How many.
    words
        Language.

    Returns
    -------
    list of dict
        As ``site_row``, with ``losses`` (points by criterion) and ``would_be_first`` (the smallest
        change of one value and of one weight that does it, None for a site that is first).
    """
    values = result.evaluation.values[result.evaluation.admitted]
    rows = []
    for at, one in enumerate(result.sites[:top]):
        place = int(result.ranking.order[at])
        lost = losses(values, result.weights, place)
        change = would_be_first(values, result.weights, place)
        rows.append(
            {
                **site_row(one, words),
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
            "criterion": result.criteria[one.criterion],
            "weight": float(result.weights[one.criterion]), "low": one.low,
            "high": None if math.isinf(one.high) else one.high,
        }
        for one in weight_ranges(values, result.weights)
    ]  # fmt: skip


def _change(found: WouldBeFirst, result: MatchResult, words: Catalogue) -> dict[str, object]:
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
        "value": row(found.value), "weight": row(found.weight),
        "text": change_text(found, result.criteria, words),
    }  # fmt: skip


def change_text(found: WouldBeFirst, criteria: tuple[str, ...], words: Catalogue) -> str:
    """Say what would make a site first, or that no single change does."""

    def named(change: Change) -> str:
        return words.text(f"criterion_{criteria[change.criterion]}")

    said = []
    if found.value is not None:
        one = found.value
        before = words.text("no_value") if one.before is None else f"{100 * one.before:.1f}"
        said.append(
            words.text("first_by_value", criterion=named(one), before=before, after=100 * one.after)
        )
    if found.weight is not None:
        one = found.weight
        said.append(
            words.text(
                "first_by_weight", criterion=named(one), before=one.before or 0.0, after=one.after
            )
        )
    return words.joined(said) if said else words.text("first_by_nothing")


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


def _gate_row(gate: Gate, words: Catalogue) -> dict[str, object]:
    return {
        "gate": gate.gate, "outcome": gate.outcome, "force": gate.force,
        "code": gate.statement.code, "text": words.say(gate.statement), "clause": gate.clause,
    }  # fmt: skip


def route_row(route: ApprovalRoute | None, words: Catalogue) -> dict[str, object] | None:
    """Give who approves the land of a project, and why or why not (D1–D3)."""
    if route is None:
        return None
    return {
        "outcome": route.outcome, "tier": route.tier, "steps": list(route.steps),
        "rules": list(route.rule_ids), "clause": route.clause,
        "reasons": [{"code": why.code, "text": words.say(why)} for why in route.reasons],
    }  # fmt: skip


def talks_row(
    talks: Exclusivity | None, unit_id: str | None, words: Catalogue
) -> dict[str, object] | None:
    """Give who holds a project where it goes to land of a unit, and whether by transfer."""
    if talks is None:
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
    said = words.joined(words.say(why) for why in route.reasons)
    return f"{' → '.join(route.steps)}　{said}" if route.steps else said


def site_row(one: MatchedSite, words: Catalogue) -> dict[str, object]:
    """Give a site as plain values: verdict, score and confidence apart from each other."""
    site = one.site
    return {
        "rank": one.rank,
        "site_id": site.site_id,
        "score": None if one.score is None else one.score.score,
        "confidence": None if one.score is None else one.score.confidence,
        "platform_id": site.platform_id,
        "unit_id": site.unit_id,
        "parcel_ids": list(site.parcel_ids),
        "area_mu": site.area_mu,
        "carved": None if site.carved is None else _carved(site.carved),
        "gates": [_gate_row(gate, words) for gate in one.gates],
        "criteria": [] if one.score is None else criterion_rows(one.score.criteria),
        "effect_on_share": [
            {
                "unit_id": site.unit_id, "element": element, "pollutant": pollutant,
                "before": effect.before, "after": effect.after, "outcome": effect.outcome,
            }
            for (element, pollutant), effect in one.effects.items()
        ],
        "losses": [],
        "would_be_first": None,
        "approval_route": route_row(one.route, words),
        "exclusivity": talks_row(one.talks, site.unit_id, words),
        "warnings": [_gate_row(gate, words) for gate in one.warnings],
        "reasons": [{"code": why.code, "text": words.say(why)} for why in _reasons(one)],
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


def _reasons(one: MatchedSite) -> list[Statement]:
    """Gather failed and open gates, then the three criteria that give most points."""
    reasons = [gate.statement for gate in one.reasons]
    if one.site.carved is not None:
        reasons.append(_carving_statement(one.site.carved))
    parts = one.score.criteria if one.score is not None else ()
    best = sorted(parts, key=lambda part: -part.contribution)[:3]
    return reasons + [
        say(f"because_{part.criterion}", points=part.contribution)
        for part in best
        if part.contribution > 0
    ]


def share_sentence(one: MatchedSite, words: Catalogue) -> str:
    """Say what the project would do to its unit's land share."""
    if one.effect is None or one.effect.after is None:
        return words.text("share_effect_unknown")
    return words.text(
        "share_effect_said", before=percent(one.effect.before),
        after=one.effect.after, threshold=one.effect.threshold,
        outcome=words.text(f"outcome_{one.effect.outcome}"),
    )  # fmt: skip


def percent(share: float | None) -> str | None:
    """Show a share (0–1) as a percentage."""
    return None if share is None else f"{share:.1%}"


def standing_of(one: MatchedSite, words: Catalogue) -> str:
    """Say whether a site is admitted, undecided or rejected."""
    return words.text(f"standing_{one.standing}")


def reason_text(one: MatchedSite, words: Catalogue) -> str:
    """Say why a site is where it is: failed and open gates, else what carries its score."""
    return words.joined(words.say(why) for why in _reasons(one))
