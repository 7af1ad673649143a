"""Verdicts, shares, rules and figures per 亩, for pages, command line and export."""

import math
from typing import get_args

import geopandas as gpd
import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.land import unit_names
from app.context import Context
from app.messages import Catalogue
from layers.exchange.sheet import Sheet
from platforms.checks import FIRST_YEAR, LAST_YEAR, CheckQuery, run_checks
from platforms.elements.shares import element_shares
from platforms.errors import PlanningError
from platforms.indicators.per_mu import By, per_mu
from platforms.policy.dated import PolicySet
from platforms.statement import Statement
from platforms.verdict import Force, Verdict

SCREEN_COLUMNS = (
    "rule_id", "outcome", "unit_name", "platform_name", "measured", "threshold", "measure",
    "force_status", "rule_title",
)  # fmt: skip
URGENCY = ("not_met", "no_data", "met", "not_applicable")
SHARE_SCREEN_COLUMNS = (
    "unit_name", "element_name", "pollutant", "outcome", "share", "threshold_share", "inside",
    "total", "unit", "headroom", "need_inside",
)  # fmt: skip
INDICATOR_SCREEN_COLUMNS = (
    "rank", "name", "unit_name", "output_wan_yuan_per_mu", "output_coverage_share", "tax_rank",
    "tax_wan_yuan_per_mu", "tax_coverage_share", "quadrant",
)  # fmt: skip
RULE_SCREEN_COLUMNS = (
    "rule_id", "comparator", "value", "unit", "force", "force_status", "clause", "title",
)  # fmt: skip
PRINTED_VERDICTS = (
    "rule_id", "rule_title", "unit_name", "platform_name", "outcome", "measured", "threshold",
    "gap", "measure", "force", "force_status", "clause",
)  # fmt: skip
PRINTED_SHARES = (
    "unit_name", "span", "element_name", "pollutant", "boundary_basis", "inside", "total", "unit",
    "share", "outcome", "headroom", "need_inside",
)  # fmt: skip
PRINTED_RULES = (
    "rule_id", "part", "title", "comparator", "value", "unit", "force", "force_word",
    "force_status", "target_date", "basis", "clause",
)  # fmt: skip
SIGNS = {">=": "≥", ">": ">", "<=": "≤", "<": "<", "==": "=", "share": "≥"}
VERDICT_COLUMNS = (
    "rule_id", "part", "rule_title", "unit_name", "platform_name", "year", "outcome", "measured",
    "threshold", "gap", "measure", "force", "force_status", "clause", "basis", "why",
)  # fmt: skip


def verdict_list(context: Context, query: CheckQuery) -> list[Verdict]:
    """Run the checks asked."""
    return run_checks(context.source, query, context.policy, context.crs)


def check_answer(context: Context, query: CheckQuery, verdicts: list[Verdict]) -> Answer:
    """Answer ``check``: what the rules say (``verdicts`` as ``verdict_list`` gives them)."""
    words = context.words
    frame = verdict_frame(context, verdicts)
    urgent = sorted(range(len(verdicts)), key=lambda n: URGENCY.index(verdicts[n].outcome))
    return Answer(
        title=words.text("title_check"),
        parameters={
            "year": query.figures_year, "rules": list(query.rules), "units": list(query.units),
        },
        result={"verdicts": [_verdict_row(verdict, context) for verdict in verdicts]},
        sheets=(Sheet(words.text("sheet_verdicts"), frame, printed=PRINTED_VERDICTS),),
        titles=column_titles(words, VERDICT_COLUMNS),
        summary=tuple(
            words.text(
                "summary_check", force=words.text(f"force_{force}"),
                counts=force_counts(context, [v for v in verdicts if v.force == force]),
            )
            for force in get_args(Force)
            if any(v.force == force for v in verdicts)
        ),
        screen=frame.iloc[urgent][list(SCREEN_COLUMNS)],
    )  # fmt: skip


def force_counts(context: Context, verdicts: list[Verdict]) -> str:
    """Count the outcomes of verdicts of one force; totals never mix forces."""
    words, urgent = context.words, sorted(verdicts, key=lambda v: URGENCY.index(v.outcome))
    counts = pd.Series([outcome_word(context, v) for v in urgent], dtype="object")
    listed = words.joined(
        f"{word} {count}" for word, count in counts.value_counts(sort=False).items()
    )
    return words.text("force_counts", count=len(verdicts), counts=listed)


def _verdict_row(verdict: Verdict, context: Context) -> dict[str, object]:
    return {
        "rule_id": verdict.rule_id,
        "part": verdict.part,
        "clause": verdict.clause,
        "unit_id": verdict.unit_id,
        "platform_id": verdict.platform_id,
        "year": verdict.year,
        "outcome": verdict.outcome,
        "measured": number(verdict.measured),
        "threshold": number(verdict.threshold),
        "gap": number(verdict.gap),
        "unit": verdict.unit,
        "force": verdict.force,
        "in_force": verdict.in_force,
        "force_status": verdict.force_status,
        "is_past_target": verdict.is_past_target,
        "basis": verdict.basis,
        "assumptions": list(verdict.assumptions),
        "reasons": [_said(reason, context) for reason in verdict.reasons],
        "evidence": [
            {
                "layer": one.layer,
                "rows": list(one.rows),
                **({} if one.statement is None else _said(one.statement, context)),
            }
            for one in verdict.evidence
        ],
    }


def number(value: float | None) -> float | None:
    """Give a number JSON can hold, None for what is missing."""
    return None if value is None or not math.isfinite(value) else float(value)


def in_percent(value: float | None, unit: str) -> float | None:
    """Give the figure of a list for people: shares (0–1) as percentages."""
    plain_value = number(value)
    return plain_value * 100 if plain_value is not None and unit == "share" else plain_value


def _said(statement: Statement, context: Context) -> dict[str, object]:
    return {"code": statement.code, "text": context.words.say(statement)}


def rule_title(context: Context, rule_id: str, part: str) -> str:
    """Give the title of a rule; emission rights stand by pollutant behind their part."""
    return context.policy.rule(rule_id, part.split(":")[0]).rule.title


def verdict_frame(context: Context, verdicts: list[Verdict]) -> pd.DataFrame:
    """List verdicts for people, one row each."""
    words, units = context.words, unit_names(context)
    platforms = context.source.read("major_platforms")
    names = dict(zip(platforms["platform_id"], platforms["name"], strict=True))
    rows = [
        {
            "rule_id": v.rule_id,
            "part": v.part,
            "rule_title": rule_title(context, v.rule_id, v.part),
            "unit_name": units.get(v.unit_id or "", words.text("whole_city")),
            "platform_name": names.get(v.platform_id or ""),
            "year": v.year,
            "outcome": outcome_word(context, v),
            "measured": in_percent(v.measured, v.unit),
            "threshold": in_percent(v.threshold, v.unit),
            "gap": in_percent(v.gap, v.unit),
            "measure": "%" if v.unit == "share" else v.unit,
            "force": words.text(f"force_{v.force}"),
            "force_status": words.text(f"force_status_{v.force_status}"),
            "clause": v.clause,
            "basis": words.text(f"basis_{v.basis}", assumptions=" ".join(v.assumptions)),
            "why": words.joined(words.say(reason) for reason in v.reasons),
        }
        for v in verdicts
    ]
    return pd.DataFrame(rows, columns=list(VERDICT_COLUMNS)).astype({"year": "Int64"})


def outcome_word(context: Context, verdict: Verdict) -> str:
    """Say an outcome in the words that fit the rule's force: a target is never 'not met'."""
    return context.words.text(f"outcome_{verdict.outcome}_{verdict.force}")


def share_answer(
    context: Context, year: int | None, what_if: gpd.GeoDataFrame | None = None
) -> Answer:
    """Answer ``shares``: the 70 % shares, headroom and what is declared inside but lies outside."""
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        raise PlanningError("year_out_of_range", year=year, first=FIRST_YEAR, last=LAST_YEAR)
    frame = share_frame(context, year, what_if)
    words, names = context.words, unit_names(context)
    of_year = (frame["span"] == "year") & (frame["boundary_basis"] == "in_use")
    counts = frame.loc[of_year, "outcome"].value_counts()
    urgent = frame.loc[of_year, "outcome"].map(URGENCY.index).sort_values(kind="stable").index
    rows = [
        {
            str(name): list(value) if isinstance(value, tuple) else plain(value)
            for name, value in row.items()
            if name not in ("open_points",)
        }
        for row in frame.to_dict("records")
    ]
    listed = frame.assign(
        unit_name=[names.get(unit_id, words.text("whole_city")) for unit_id in frame["unit_id"]],
        element_name=[words.word("element", code) for code in frame["element"]],
        outcome=[words.text(f"outcome_{code}") for code in frame["outcome"]],
        span=[words.text(f"span_{code}") for code in frame["span"]],
        boundary_basis=[words.text(f"boundary_{code}") for code in frame["boundary_basis"]],
        declared_but_outside=["、".join(ids) for ids in frame["declared_but_outside"]],
        threshold_share=frame["threshold"],
    )
    columns = (
        "unit_name", "year", "span", "element_name", "pollutant", "boundary_basis", "inside",
        "total", "unit", "share", "threshold", "outcome", "headroom", "need_inside",
        "declared_but_outside",
    )  # fmt: skip
    return Answer(
        title=words.text("title_shares"),
        parameters={"year": year, "what_if": what_if is not None},
        result={"shares": rows},
        sheets=(Sheet(words.text("sheet_shares"), listed[list(columns)], printed=PRINTED_SHARES),),
        titles={
            **column_titles(words, tuple(c for c in columns if c not in ("year", "pollutant"))),
            "threshold_share": words.text("column_threshold"),
        },
        summary=(
            words.text(
                "summary_shares",
                count=len(frame),
                year=year,
                **{name: int(counts.get(name, 0)) for name in ("met", "not_met", "no_data")},
            ),
        ),
        screen=listed.loc[urgent, list(SHARE_SCREEN_COLUMNS)],
    )


def share_frame(
    context: Context, year: int | None, what_if: gpd.GeoDataFrame | None = None
) -> pd.DataFrame:
    """Compute the shares."""
    allotments, platforms, parks, parcels, units, approved = (
        gpd.GeoDataFrame(context.source.read(name))
        for name in (
            "element_allotments", "major_platforms", "parks", "land_parcels", "units",
            "approved_boundaries",
        )
    )  # fmt: skip
    return element_shares(
        allotments, platforms, parks, parcels, units, year, context.policy, context.crs,
        approved_boundaries=approved, what_if=what_if,
    )  # fmt: skip


def indicator_answer(context: Context, by: By, period: str) -> Answer:
    """Answer ``indicators``: output and tax per 亩."""
    frame = per_mu(by, period, context.source, context.policy)
    words = context.words
    rows = [{str(k): plain(v) for k, v in row.items()} for row in frame.to_dict("records")]
    listed = frame.assign(
        quadrant=[
            words.text(f"quadrant_{code}") if isinstance(code, str) else None
            for code in frame["quadrant"]
        ],
        unit_name=frame["unit_id"].map(unit_names(context)),
    )
    own = tuple(
        name for name in ("output_land_mu", "tax_land_mu", "output_coverage_share",
                          "tax_coverage_share", "row_count", "tax_rank", "unit_name")
        if name in listed
    )  # fmt: skip
    return Answer(
        title=words.text("title_indicators", by=words.text(f"by_{by}"), period=period),
        parameters={"by": by, "period": period},
        result={"rows": rows},
        sheets=(Sheet(words.text("sheet_indicators"), listed, printed=INDICATOR_SCREEN_COLUMNS),),
        titles=column_titles(words, own),
        summary=(words.text("summary_indicators", count=len(frame)),),
        screen=listed[list(INDICATOR_SCREEN_COLUMNS)],
    )


def rule_answer(policy: PolicySet, words: Catalogue) -> Answer:
    """Answer ``rules``: the thresholds with their clauses."""
    rows = []
    for dated in policy.rules.values():
        rule = dated.rule
        rows.append(
            {
                "rule_id": rule.rule_id, "part": rule.part, "title": rule.title,
                "force": rule.force, "force_word": rule.force_word,
                "comparator": rule.comparator,
                "value": list(rule.value) if isinstance(rule.value, tuple) else rule.value,
                "unit": rule.unit, "effective_from": rule.effective_from,
                "effective_until": rule.effective_until, "target_date": rule.target_date,
                "force_status": dated.force_status, "basis": dated.basis,
                "assumptions": list(rule.assumptions), "clause": dated.clause,
                "evaluator": rule.evaluator,
            }
        )  # fmt: skip
    listed = pd.DataFrame(rows).assign(
        force=[words.text(f"force_{row['force']}") for row in rows],
        force_status=[words.text(f"force_status_{row['force_status']}") for row in rows],
        basis=[
            words.text(f"basis_{row['basis']}", assumptions=" ".join(map(str, row["assumptions"])))
            for row in rows
        ],
        comparator=[
            SIGNS.get(str(row["comparator"])) or words.text(f"comparator_{row['comparator']}")
            for row in rows
        ],
        value=[
            f"{row['value']:.0%}" if row["unit"] == "share" else value_text(row["value"])
            for row in rows
        ],
        unit=["" if row["unit"] == "share" else row["unit"] for row in rows],
    )
    columns = (
        "rule_id", "part", "title", "comparator", "value", "unit", "force", "force_word",
        "force_status", "effective_from", "effective_until", "target_date", "basis", "clause",
    )  # fmt: skip
    own = tuple(name for name in columns if not name.startswith("effective"))
    return Answer(
        title=words.text("title_rules", pack=policy.pack.title),
        parameters={},
        result={"rules": rows},
        sheets=(Sheet(words.text("sheet_rules"), listed[list(columns)], printed=PRINTED_RULES),),
        titles=column_titles(words, own),
        summary=(words.text("summary_rules", count=len(rows)),),
        screen=listed[list(RULE_SCREEN_COLUMNS)],
    )


def value_text(value: object) -> str:
    """Show a threshold: a number, or a span of two."""
    if isinstance(value, list | tuple):
        return "–".join(f"{part:g}" for part in value)
    return "" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)


def plain(value: object) -> object:
    """Give a JSON value: missing becomes null, numpy numbers become plain ones."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str | int | float | bool | list) or value is None:
        return value
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)
