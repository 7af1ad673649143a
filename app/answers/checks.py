"""Verdicts, shares, changes."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from app.answers.answer import (
    Answer,
    column_titles,
    in_percent,
    number,
    plain,
    rule_title,
    sheet_of,
    unruled,
)
from app.answers.evidence import VERDICT_COLUMNS, verdict_frame
from app.answers.to_do import counts_by_force, group_of, in_order, missing_frame, of_group
from app.context import Context, platform_names, read_policy, unit_names
from app.messages import Catalogue
from geo.tools import Progress
from platforms.checks import FIRST_YEAR, LAST_YEAR, CheckQuery, run_checks
from platforms.elements.allotments import with_further
from platforms.elements.project_shares import project_shares
from platforms.elements.shares import element_shares
from platforms.errors import PlanningError
from platforms.policy.check import VerdictChange, verdict_changes
from platforms.policy.in_force import iso_day
from platforms.policy.verdict import Statement, Verdict, say

SCREEN_COLUMNS = (
    "rule_id", "outcome", "unit_name", "platform_name", "measured", "threshold", "measure",
    "force_status", "rule_title",
)  # fmt: skip
URGENCY = ("not_met", "no_data", "met", "not_applicable")
COUNT_UNIT = "个"
SHARE_SCREEN_COLUMNS = (
    "unit_name", "element_name", "pollutant", "outcome", "share", "threshold_share", "inside",
    "total", "unit", "headroom", "need_inside",
)  # fmt: skip
PRINTED_VERDICTS = (
    "rule_id", "rule_title", "unit_name", "platform_name", "outcome", "measured", "threshold",
    "gap", "measure", "force", "force_status", "clause",
)  # fmt: skip
PRINTED_SHARES = (
    "unit_name", "span", "element_name", "pollutant", "boundary_basis", "inside", "total", "unit",
    "share", "outcome", "headroom", "need_inside",
)  # fmt: skip


def verdict_list(
    context: Context,
    query: CheckQuery,
    progress: Progress | None = None,
    offer: Callable[[list[Verdict]], None] | None = None,
) -> list[Verdict]:
    """Run the checks asked, telling the share done and offering what is known so far."""
    return run_checks(context.source, query, context.policy, context.crs, progress, offer)


def check_answer(
    context: Context,
    query: CheckQuery,
    verdicts: list[Verdict],
    before: list[Verdict] | None = None,
) -> Answer:
    """Answer ``check``: what the rules say (``verdicts`` as ``verdict_list`` gives them).

    It leads with what somebody must do, then what is missing and from whom; the rest is folded.

    ``before``: Verdicts of the year before, whose counts stand beside; None for none.
    """
    words = context.words
    ordered = in_order(verdicts)
    frame = verdict_frame(context, ordered)
    lacking = missing_frame(context, of_group(verdicts, "missing"))
    asking = sum(group_of(verdict) != "rest" for verdict in ordered)
    # who asks for a rule by name sees all of it, also where nobody has anything to do
    shown = asking if asking and not query.rules else len(ordered)
    return Answer(
        title=words.text("title_check"),
        parameters={
            "year": query.figures_year, "rules": list(query.rules), "units": list(query.units),
        },
        result={"verdicts": [_verdict_row(verdict, context) for verdict in verdicts]},
        sheets=(
            sheet_of(words, "verdicts", frame, printed=PRINTED_VERDICTS),
            sheet_of(words, "missing", lacking),
        ),
        titles=column_titles(words, (*VERDICT_COLUMNS, "ask", "subject")),
        summary=(
            *(
                words.text("summary_check", force=words.text(f"force_{force}"), counts=counts)
                for force, counts in counts_by_force(context, verdicts, before)
            ),
            *([words.text("check_folded", count=len(ordered) - shown)] if shown < len(ordered)
              else []),
        ),
        screen=frame.iloc[:shown][list(SCREEN_COLUMNS)],
    )  # fmt: skip


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
        "reasons": [_reason_row(reason, context) for reason in verdict.reasons],
        "evidence": [
            {
                "layer": evidence.layer,
                "rows": list(evidence.rows),
                **({} if evidence.statement is None else _reason_row(evidence.statement, context)),
            }
            for evidence in verdict.evidence
        ],
    }


def _reason_row(statement: Statement, context: Context) -> dict[str, object]:
    return {"code": statement.code, "text": context.words.say(statement)}


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
            **{
                str(name): list(value) if isinstance(value, tuple) else plain(value)
                for name, value in row.items()
                if name not in ("open_points", "placed_by")
            },
            "placed_by": [
                {"allotment_id": name, "code": code} for name, code in row["placed_by"]
            ],
        }
        for row in frame.to_dict("records")
    ]  # fmt: skip
    listed = frame.assign(
        unit_name=[names.get(unit_id, words.text("whole_city")) for unit_id in frame["unit_id"]],
        element_name=[
            words.text("element_projects") if code == "projects" else words.word("element", code)
            for code in frame["element"]
        ],
        outcome=[words.text(f"outcome_{code}") for code in frame["outcome"]],
        span=[words.text(f"span_{code}") for code in frame["span"]],
        boundary_basis=[words.text(f"boundary_{code}") for code in frame["boundary_basis"]],
        declared_but_outside=["、".join(ids) for ids in frame["declared_but_outside"]],
        repair_allotment_ids=["、".join(ids) for ids in frame["repair_allotment_ids"]],
        threshold_share=frame["threshold"],
    )
    columns = (
        "unit_name", "year", "span", "element_name", "pollutant", "boundary_basis", "inside",
        "total", "unit", "share", "threshold", "outcome", "headroom", "need_inside",
        "planned_share", "repair_share", "repair_allotment_ids", "declared_but_outside",
    )  # fmt: skip
    return Answer(
        title=words.text("title_shares"),
        parameters={"year": year, "what_if": what_if is not None},
        result={"shares": rows},
        sheets=(sheet_of(words, "shares", listed[list(columns)], printed=PRINTED_SHARES),),
        titles={
            **column_titles(words, tuple(c for c in columns if c not in ("year", "pollutant"))),
            "threshold_share": words.text("column_threshold"),
        },
        summary=unruled(context, "B1")
        or (
            words.text(
                "summary_shares",
                count=len(frame),
                year=year,
                **{name: int(counts.get(name, 0)) for name in ("met", "not_met", "no_data")},
            ),
            *_places_said(frame, words),
        ),
        screen=listed.loc[urgent, list(SHARE_SCREEN_COLUMNS)],
    )


def _places_said(frame: pd.DataFrame, words: Catalogue) -> list[str]:
    """Say how many allotments have no land of their own, and what their place is taken from."""
    placed = {pair for pairs in frame["placed_by"] for pair in pairs}
    counts = Counter(code for _, code in sorted(placed))
    return [words.say(say(code, count=count)) for code, count in sorted(counts.items())]


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
    shares = element_shares(
        with_further(allotments, what_if), platforms, parks, parcels, units, year, context.policy,
        context.crs, approved_boundaries=approved, projects=context.source.read("projects"),
    ).assign(project_ids=lambda frame: [()] * len(frame))  # fmt: skip
    shares = _as_seen(context, shares)
    if year is None or not context.policy.parts("B2"):
        return shares
    landed = project_shares(
        context.source.read("projects"), platforms, parks, parcels, units, year, context.policy,
        context.crs, approved_boundaries=approved,
    )  # fmt: skip
    rows = _as_seen(context, landed).assign(
        span="year", element="projects", unit=COUNT_UNIT,
        **{name: lambda frame: [()] * len(frame) for name in
           ("declared_but_outside", "allotment_ids", "repair_allotment_ids", "placed_by")},
    )  # fmt: skip
    # Amounts of land have no counterpart among projects: those columns stay missing.
    return pd.concat([shares, rows.reindex(columns=shares.columns)], ignore_index=True)


def _as_seen(context: Context, shares: pd.DataFrame) -> pd.DataFrame:
    """Keep the shares of the unit that looks: what others' projects add isn't known to it."""
    if context.viewer is None:
        return shares
    return shares[shares["unit_id"].eq(context.viewer)].reset_index(drop=True)


LOOKS_LIKE_A_DAY = re.compile(r"\d")
CHANGE_COLUMNS = (
    "rule_id", "part", "rule_title", "unit_name", "platform_name", "outcome_before",
    "outcome_after", "measured_before", "measured_after", "threshold_before", "threshold_after",
    "measure", "why_changed",
)  # fmt: skip


def other_context(context: Context, against: str, packs: tuple[str, ...]) -> Context:
    """Give the same workspace under another date, or under another pack.

    ``against``: A day (ISO), or the name of a pack.
    ``packs``: Packs of the context, none given: that of Jiaxing; they stay where a day is given.

    The same layers with other rules.

    Raises MuPlanError: ``as_of_not_a_date``, ``pack_unknown``.
    """
    if LOOKS_LIKE_A_DAY.match(against):
        policy = read_policy(context.settings.policy_dir, packs, iso_day(against))
    else:
        policy = read_policy(context.settings.policy_dir, (against,), context.as_of)
    return replace(context, policy=policy)


def changes_between(
    context: Context, other: Context, query: CheckQuery, verdicts: list[Verdict]
) -> list[VerdictChange]:
    """Compare verdicts with those under other rules, on figures of the same year.

    ``verdicts``: What ``verdict_list`` gave for it.

    From the verdicts given to those under the other rules.
    """
    rules = tuple(rule for rule in query.rules if other.policy.parts(rule))
    if query.rules and not rules:
        return verdict_changes(verdicts, [])
    asked = CheckQuery(query.year, rules, query.units, other.as_of, query.figures_year)
    return verdict_changes(verdicts, verdict_list(other, asked))


def changed_answer(
    context: Context, other: Context, query: CheckQuery, verdicts: list[Verdict]
) -> Answer:
    """Answer ``check --against``: the verdicts, and which of them change.

    ``context, other, query, verdicts``: As for ``changes_between``.

    That of ``check`` with the key ``changes`` and a list of its own.
    """
    answer = check_answer(context, query, verdicts)
    changes = changes_between(context, other, query, verdicts)
    words = context.words
    frame = change_list(context, other, changes)
    outcomes = sum(change.is_outcome for change in changes)
    return replace(
        answer,
        parameters={
            **answer.parameters, "against_as_of": other.as_of,
            "against_pack": other.policy.pack.name,
        },
        result={**answer.result, "changes": [change_row(change, context) for change in changes]},
        sheets=(*answer.sheets, sheet_of(words, "changes", frame)),
        titles={**answer.titles, **column_titles(words, CHANGE_COLUMNS)},
        summary=(
            *answer.summary,
            words.text(
                "summary_changes", as_of=other.as_of, pack=other.policy.pack.title,
                count=len(changes), outcomes=outcomes, year=query.figures_year,
            ),
        ),
        screen=frame if len(frame) else answer.screen,
    )  # fmt: skip


def change_row(change: VerdictChange, context: Context) -> dict[str, object]:
    """Give a change as the command prints it."""
    return {
        "rule_id": change.rule_id,
        "part": change.part,
        "unit_id": change.unit_id,
        "platform_id": change.platform_id,
        "year": change.year,
        "before": _side(change.before),
        "after": _side(change.after),
        "reasons": [
            {"code": reason.code, "text": context.words.say(reason)} for reason in change.reasons
        ],
    }


def _side(verdict: Verdict | None) -> dict[str, object] | None:
    if verdict is None:
        return None
    return {
        "outcome": verdict.outcome,
        "measured": number(verdict.measured),
        "threshold": number(verdict.threshold),
        "unit": verdict.unit,
        "force": verdict.force,
        "force_status": verdict.force_status,
        "is_past_target": verdict.is_past_target,
        "clause": verdict.clause,
    }


def change_list(context: Context, other: Context, changes: list[VerdictChange]) -> pd.DataFrame:
    """List changes for people, one row each."""
    units = unit_names(context)
    names = platform_names(context)
    words = context.words
    rows = []
    for change in changes:
        known = context if change.before is not None else other
        sides = {"before": change.before, "after": change.after}
        rows.append(
            {
                "rule_id": change.rule_id,
                "part": change.part,
                "rule_title": rule_title(known, change.rule_id, change.part),
                "unit_name": units.get(change.unit_id or "", words.text("whole_city")),
                "platform_name": names.get(change.platform_id or ""),
                **{
                    f"outcome_{when}": words.text(f"outcome_{v.outcome}_{v.force}") if v else None
                    for when, v in sides.items()
                },
                **{
                    f"{name}_{when}": in_percent(getattr(v, name), v.unit) if v else None
                    for name in ("measured", "threshold")
                    for when, v in sides.items()
                },
                "measure": _measure(change),
                "why_changed": words.joined(words.say(reason) for reason in change.reasons),
            }
        )
    return pd.DataFrame(rows, columns=list(CHANGE_COLUMNS))


def _measure(change: VerdictChange) -> str:
    unit = next(v.unit for v in (change.before, change.after) if v is not None)
    return "%" if unit == "share" else unit
