"""Scenarios beside the base: verdicts, shares and figures per 亩."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import geopandas as gpd
import pandas as pd

from app.answers.answer import Answer, column_titles, in_percent, plain, rule_title, sheet_of
from app.answers.checks import CHANGE_COLUMNS, change_list, change_row, share_frame, verdict_list
from app.answers.evidence import light, outcome_word
from app.answers.scenarios import (
    CHANGED_COLUMNS,
    EDIT_COLUMNS,
    changed_rows,
    context_with,
    edit_frame,
    scenario_rows,
)
from app.context import Context, platform_names, unit_names
from geo.tools import Progress, report
from platforms.checks import CheckQuery
from platforms.errors import PlanningError
from platforms.policy.check import VerdictChange, verdict_changes
from platforms.policy.verdict import Verdict, say
from platforms.scenario.edits import Scenario
from platforms.scenario.yields import PerMuEffects, period_of, yields_with

MOST_COMPARED = 4
SHARE_KEYS = ["unit_id", "element", "pollutant"]
SHARE_COLUMNS = (
    "unit_name", "element_name", "pollutant", "threshold_share", "share_base", "outcome_base",
)  # fmt: skip
VERDICT_COLUMNS = ("rule_id", "rule_title", "clause", "subject", "threshold_said", "base_said")
YIELD_COLUMNS = ("scenario_name", "by_said", "name", "period", "output_before", "output_after",
                 "output_change", "tax_before", "tax_after", "tax_change",
                 "output_coverage_share", "tax_coverage_share", "why")  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """What is said of a city, as it is or as a scenario has it.

    ``verdicts``: Those of every rule.
    ``shares``: Shares of the year by unit, element and pollutant.
    """

    verdicts: tuple[Verdict, ...]
    shares: pd.DataFrame


@dataclass(frozen=True)
class Compared:
    """A scenario held against the base.

    ``scenario``: The scenario.
    ``state``: What is said of it.
    ``changes``: Verdicts that differ from the base.
    ``yields``: Output and tax per 亩 before and after.
    """

    scenario: Scenario
    state: Standing
    changes: tuple[VerdictChange, ...]
    yields: PerMuEffects


def standing_of(context: Context, year: int) -> Standing:
    """Judge a city: every rule, and the shares of a year."""
    query = CheckQuery(context.asked_year(year), (), (), context.as_of)
    shares = share_frame(context, year)
    # An earlier year has no row of its own in the spans that are summed up.
    of_year = shares["span"].eq("year") & shares["boundary_basis"].eq("in_use")
    return Standing(tuple(verdict_list(context, query)), shares[of_year])


def compared(context: Context, scenario: Scenario, base: Standing, year: int) -> Compared:
    """Hold one scenario against the base.

    ``base``: What ``standing_of`` says of the base in that year.

    Raises PlanningError: ``scenario_adopted``: the base has it already; those of
    ``require_consistent``.
    """
    if scenario.adopted_at is not None:
        raise PlanningError("scenario_adopted", name=scenario.name, adopted_at=scenario.adopted_at)
    other = context_with(context, scenario.edits)
    verdicts_then = standing_of(other, year)
    yields = yields_with(
        context.source, other.source, scenario.edits, period_of(context.source, year),
        context.policy, context.crs,
    )  # fmt: skip
    changes = verdict_changes(base.verdicts, verdicts_then.verdicts)
    return Compared(scenario, verdicts_then, tuple(_worded(change) for change in changes), yields)


def _worded(change: VerdictChange) -> VerdictChange:
    """Say of a verdict that only one side has that it isn't judged: the rules are the same."""
    if change.before is None:
        return replace(change, reasons=(say("scenario_newly_judged"),))
    if change.after is None:
        return replace(change, reasons=(say("scenario_no_longer_judged"),))
    return change


def comparison(
    context: Context, scenarios: Sequence[Scenario], year: int, progress: Progress | None = None
) -> tuple[Standing, list[Compared]]:
    """Hold scenarios against the base, one after the other."""
    steps = len(scenarios) + 1
    report(progress, 0.0)
    base = standing_of(context, year)
    comparisons = []
    for n, scenario in enumerate(scenarios, 1):
        report(progress, n / steps)
        comparisons.append(compared(context, scenario, base, year))
    report(progress, 1.0)
    return base, comparisons


def comparison_answer(
    context: Context, base: Standing, comparisons: Sequence[Compared], year: int
) -> Answer:
    """Answer ``scenario compare``: verdicts, shares and figures per 亩 beside the base.

    JSON keys ``scenarios`` and ``differences`` (by scenario ``verdicts``, ``shares``, ``per_mu``);
    lists side by side and, with outlines, what is changed.
    """
    words = context.words
    by_name = {comparison.scenario.name: comparison.scenario for comparison in comparisons}
    differences = verdict_differences(context, comparisons)
    changed = pd.concat(
        [gpd.GeoDataFrame(changed_rows(context, comparison.scenario)) for comparison in comparisons]
        or [gpd.GeoDataFrame(columns=[*CHANGED_COLUMNS, "geometry"], geometry="geometry")]
    )
    edits = edit_frame(context, by_name)
    summary = [
        words.text(
            "summary_difference", name=comparison.scenario.name, count=len(comparison.changes)
        )
        for comparison in comparisons
    ]
    headed = (
        *EDIT_COLUMNS, *CHANGE_COLUMNS, *SHARE_COLUMNS, *VERDICT_COLUMNS, *YIELD_COLUMNS,
        *CHANGED_COLUMNS, "is_changed",
    )  # fmt: skip
    known = tuple(c for c in headed if f"column_{c}" in words.sentences)
    return Answer(
        title=words.text("title_scenarios"),
        parameters={"scenarios": list(by_name), "year": year},
        result={
            "scenarios": scenario_rows(by_name),
            "differences": [
                _difference_row(context, base, comparison) for comparison in comparisons
            ],
        },
        sheets=(
            sheet_of(words, "side_by_side", verdicts_side_by_side(context, base, comparisons)),
            sheet_of(words, "share_differences", shares_side_by_side(context, base, comparisons)),
            sheet_of(words, "yields", yield_frame(context, comparisons)),
            sheet_of(words, "differences", differences),
            sheet_of(words, "scenarios", edits),
            sheet_of(words, "scenario_changed", changed),
        ),
        titles={
            **column_titles(words, known),
            "threshold_share": words.text("column_threshold"),
            **scenario_titles(context, comparisons),
        },
        summary=(*summary, words.text("yield_hint")),
        screen=differences,
    )


def scenario_titles(context: Context, comparisons: Sequence[Compared]) -> dict[str, str]:
    """Head the columns of scenarios that stand side by side."""
    text = context.words.text
    return {
        column: text(heading, name=comparison.scenario.name)
        for n, comparison in enumerate(comparisons, 1)
        for column, heading in (
            (f"scenario_{n}", "column_of_scenario"), (f"outcome_{n}", "column_of_outcome"),
        )
    }  # fmt: skip


def verdict_differences(context: Context, comparisons: Sequence[Compared]) -> pd.DataFrame:
    """List the verdicts that differ, scenario by scenario, each with its clause."""
    frames = []
    for comparison in comparisons:
        changes = list(comparison.changes)
        frame = change_list(context, context, changes)
        frame.insert(0, "scenario_name", comparison.scenario.name)
        frame["clause"] = [cast("Verdict", c.after or c.before).clause for c in changes]
        frames.append(frame)
    columns = ["scenario_name", *CHANGE_COLUMNS, "clause"]
    return (
        pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
    )


def verdicts_side_by_side(
    context: Context, base: Standing, comparisons: Sequence[Compared]
) -> pd.DataFrame:
    """List every verdict that differs in some scenario: in the base, and in each of them."""
    units, names = unit_names(context), platform_names(context)
    sides = [
        _by_key(base.verdicts),
        *(_by_key(comparison.state.verdicts) for comparison in comparisons),
    ]
    changed = {
        (c.rule_id, c.part, c.unit_id, c.platform_id, c.year)
        for comparison in comparisons
        for c in comparison.changes
    }
    ordered = [key for key in dict.fromkeys(k for side in sides for k in side) if key in changed]
    rows = []
    for key in ordered:
        first = next(side[key] for side in sides if key in side)
        subject = names.get(key[3] or "") or units.get(
            key[2] or "", context.words.text("whole_city")
        )
        row = {
            "rule_id": first.rule_id,
            "rule_title": rule_title(context, first.rule_id, first.part),
            "clause": first.clause,
            "subject": subject,
            "threshold_said": _measured(context, first.threshold, first.unit),
            "base_said": _verdict_text(context, sides[0].get(key)),
        }
        row |= {
            f"scenario_{n}": _verdict_text(context, side.get(key))
            for n, side in enumerate(sides[1:], 1)
        }
        rows.append(row)
    columns = [*VERDICT_COLUMNS, *(f"scenario_{n}" for n in range(1, len(comparisons) + 1))]
    return pd.DataFrame(rows, columns=columns)


def _by_key(verdicts: Sequence[Verdict]) -> dict[tuple[object, ...], Verdict]:
    return {(v.rule_id, v.part, v.unit_id, v.platform_id, v.year): v for v in verdicts}


def _verdict_text(context: Context, verdict: Verdict | None) -> str:
    if verdict is None:
        return context.words.text("scenario_not_judged")
    measured = _measured(context, verdict.measured, verdict.unit)
    return f"{light(verdict)} {outcome_word(context, verdict)}　{measured}"


def _measured(context: Context, value: float | None, unit: str) -> str:
    figure = in_percent(value, unit)
    if figure is None:
        return context.words.text("no_value")
    return f"{figure:,.2f}%" if unit == "share" else f"{figure:,.2f} {unit}".strip()


def shares_side_by_side(
    context: Context, base: Standing, comparisons: Sequence[Compared]
) -> pd.DataFrame:
    """List the shares of the year by unit and element: in the base, and in each scenario."""
    words, units = context.words, unit_names(context)
    both = _shares(base, "base")
    for n, comparison in enumerate(comparisons, 1):
        both = both.merge(_shares(comparison.state, str(n)), on=SHARE_KEYS, how="outer", sort=False)
    both = both.rename(
        columns={f"share_{n}": f"scenario_{n}" for n in range(1, len(comparisons) + 1)}
    )
    thresholds = both.filter(regex="^threshold_")
    outcomes = [name for name in both if str(name).startswith("outcome_")]
    scenario = [
        f"{name}_{n}" for n in range(1, len(comparisons) + 1) for name in ("scenario", "outcome")
    ]
    frame = both.assign(
        unit_name=[units.get(unit_id, words.text("whole_city")) for unit_id in both["unit_id"]],
        element_name=[
            words.text("element_projects") if code == "projects" else words.word("element", code)
            for code in both["element"]
        ],
        threshold_share=thresholds.bfill(axis=1).iloc[:, 0].astype(float),
        **{
            str(name): [
                words.text(f"outcome_{code}") if isinstance(code, str) else None
                for code in both[name]
            ]
            for name in outcomes
        },
    )  # fmt: skip
    shares = ["share_base", *(f"scenario_{n}" for n in range(1, len(comparisons) + 1))]
    frame["is_changed"] = [
        any(differ(row[0], other) for other in row[1:])
        for row in frame[shares].astype(float).to_numpy()
    ]
    return frame[[*SHARE_COLUMNS, *scenario, "is_changed"]]


def differ(first: float, other: float) -> bool:
    """Whether two figures differ; two that are missing don't."""
    return bool(first != other) and not (pd.isna(first) and pd.isna(other))


def _shares(state: Standing, name: str) -> pd.DataFrame:
    kept = state.shares[[*SHARE_KEYS, "share", "outcome", "threshold"]]
    renamed = {column: f"{column}_{name}" for column in ("share", "outcome", "threshold")}
    return pd.DataFrame(kept.astype({"share": float, "threshold": float}).rename(columns=renamed))


def yield_frame(context: Context, comparisons: Sequence[Compared]) -> pd.DataFrame:
    """List output and tax per 亩 of units and platforms, before and after, for each scenario."""
    words = context.words
    frames = []
    for comparison in comparisons:
        rows = comparison.yields.rows
        frames.append(
            rows.assign(
                scenario_name=comparison.scenario.name,
                by_said=[words.text(f"by_{by}") for by in rows["by"]],
                why=[words.joined(words.say(w) for w in why) for why in comparison.yields.reasons],
            )
        )
    columns = list(YIELD_COLUMNS)
    return (
        pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
    )


def _difference_row(context: Context, base: Standing, comparison: Compared) -> dict[str, object]:
    sides = _shares(base, "base").merge(
        _shares(comparison.state, "scenario"), on=SHARE_KEYS, how="outer", sort=False
    )
    moved = [
        differ(a, b) for a, b in zip(sides["share_base"], sides["share_scenario"], strict=True)
    ]
    yields = [
        {**_plain(row), "reasons": [{"code": w.code, "text": context.words.say(w)} for w in why]}
        for row, why in zip(
            comparison.yields.rows.to_dict("records"), comparison.yields.reasons, strict=True
        )
    ]
    return {
        "scenario": comparison.scenario.name,
        "verdicts": [change_row(change, context) for change in comparison.changes],
        "shares": json.loads(sides[moved].to_json(orient="records", force_ascii=False)),
        "per_mu": yields,
    }


def _plain(row: Mapping[object, object]) -> dict[str, object]:
    return {str(name): plain(value) for name, value in row.items()}
