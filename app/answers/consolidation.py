"""How far a unit's platforms are consolidated, and the fewest changes that meet the rules."""

import geopandas as gpd
import pandas as pd

from app.answers.answer import Answer, column_titles, number, sheet_of, unruled
from app.answers.checks import CHANGE_COLUMNS as VERDICT_CHANGES
from app.answers.checks import VERDICT_COLUMNS, change_list, change_row, check_answer, verdict_list
from app.answers.evidence import verdict_frame
from app.context import Context, platform_names, unit_names
from geo.tools import Progress, nearest_name, within
from platforms.checks import CheckQuery
from platforms.consolidation_plan.plan import (
    PLAN_RULES,
    ConsolidationPlan,
    ConsolidationQuery,
    PlanChange,
    PlansFound,
    Relaxation,
    consolidation_plans,
)
from platforms.errors import PlanningError
from platforms.policy.verdict import Verdict

CHANGE_COLUMNS = (
    "plan_unit_name", "plan_number", "row_layer", "row_id", "row_name", "plan_before",
    "plan_after", "why",
)  # fmt: skip
PLAN_COLUMNS = ("plan_unit_name", "plan_number", "change_count", "plan_score", "plan_said")


def state_verdicts(context: Context, unit_id: str | None, year: int | None) -> list[Verdict]:
    """Say where units stand on the rules a plan has to meet (``check_unit_unknown``)."""
    rules = tuple(rule for rule in PLAN_RULES if context.policy.parts(rule))
    query = CheckQuery(year, rules, () if unit_id is None else (unit_id,), context.as_of)
    return verdict_list(context, query) if rules else []


def solve(
    context: Context,
    unit_id: str | None,
    year: int | None,
    alternatives: int,
    progress: Progress | None = None,
) -> list[PlansFound]:
    """Find the plans of one unit, or of every unit."""
    known = [str(name) for name in context.source.read("units")["unit_id"]]
    if unit_id is not None and unit_id not in known:
        nearest = nearest_name(unit_id, known)
        raise PlanningError("check_unit_unknown", unit_id=unit_id, nearest=nearest)
    asked = known if unit_id is None else [unit_id]
    plans = []
    for n, unit_asked in enumerate(asked):
        query = ConsolidationQuery(unit_asked, year, alternatives)
        stretch = within(progress, n / len(asked), (n + 1) / len(asked))
        plans.append(
            consolidation_plans(context.source, query, context.policy, context.crs, stretch)
        )
    return plans


def consolidation_answer(
    context: Context,
    unit_id: str | None,
    year: int | None,
    verdicts: list[Verdict],
    plans_found: list[PlansFound] | None,
) -> Answer:
    """Answer ``consolidate``: the state and, where it was asked for, the plans."""
    words = context.words
    query = CheckQuery(year, (), () if unit_id is None else (unit_id,), context.as_of)
    state = check_answer(context, query, verdicts)
    plans = [_plans_row(context, plans) for plans in plans_found or ()]
    best = (
        plans_found[0].plans[0]
        if plans_found is not None and len(plans_found) == 1 and plans_found[0].plans
        else None
    )
    result: dict[str, object] = {
        **state.result, "plan": None if best is None else _plan_row(context, best),
    }  # fmt: skip
    sheets, screen, summary = list(state.sheets), state.screen, state.summary
    if plans_found is not None:
        result["plans"] = plans
        changes = change_frame(context, plans_found)
        after = [v for plans in plans_found if plans.plans for v in plans.plans[0].verdicts]
        sheets = [
            sheet_of(words, "plan_changes", changes),
            sheet_of(words, "plans", plan_frame(context, plans_found)),
            sheet_of(words, "plan_verdicts", verdict_frame(context, after)),
            sheet_of(words, "plan_elsewhere", elsewhere_frame(context, plans_found)),
            *sheets,
        ]
        screen = pd.DataFrame(changes.drop(columns="geometry"))
        summary = tuple(line for plans in plans_found for line in plan_lines(context, plans))
    headed = (*VERDICT_COLUMNS, *CHANGE_COLUMNS, *PLAN_COLUMNS, *VERDICT_CHANGES)
    return Answer(
        title=words.text("title_consolidate"),
        parameters={"unit": unit_id, "year": query.figures_year, "solve": plans_found is not None},
        result=result,
        sheets=tuple(sheets),
        titles=column_titles(words, tuple(c for c in headed if f"column_{c}" in words.sentences)),
        summary=(*(() if verdicts else unruled(context, "A2", "A13", "A14", "A15")), *summary),
        screen=screen,
    )


def plan_lines(context: Context, plans: PlansFound) -> tuple[str, ...]:
    """Say what was found for a unit: plans, or what clashes and what would have to give way."""
    words = context.words
    unit_name = unit_names(context).get(plans.unit_id, plans.unit_id)
    if not plans.plans:
        rules = "、".join(_rule_name(context, rule) for rule in plans.conflict)
        ways = words.joined(
            _relaxation_text(context, relaxation) for relaxation in plans.relaxations
        )
        return (
            words.text("summary_plan_none", unit_name=unit_name, rules=rules),
            *((words.text("summary_plan_relax", ways=ways),) if ways else ()),
            *(words.say(point) for point in plans.open_points),
        )
    best = plans.plans[0]
    others = len(plans.plans) - 1
    if best.changes:
        first = words.text(
            "summary_plan", unit_name=unit_name, count=len(best.changes), others=others
        )
    else:
        code = "summary_plan_open" if best.open_points else "summary_plan_nothing"
        first = words.text(code, unit_name=unit_name, others=others, count=len(best.open_points))
    return (
        first,
        *((words.text("summary_plan_gap", gap=best.gap),) if best.gap else ()),
        *((words.text("summary_plan_a3"),) if context.policy.parts("A3") else ()),
        *(words.say(point) for point in best.open_points),
        *(words.say(point) for point in best.elsewhere.statements),
    )


def _rule_name(context: Context, rule_id: str) -> str:
    """Name a rule in its own words."""
    policy = context.policy
    part = {"A1": "limit", "A3": "entry"}.get(rule_id, policy.parts(rule_id)[0])
    dated = policy.rule(rule_id, part)
    return f"{rule_id} {dated.rule.title}（{dated.clause}）"


def _relaxation_text(context: Context, way: Relaxation) -> str:
    unit = "亩" if way.rules == ("A2",) else "个"
    return context.words.text(
        "plan_gives_way", rules="、".join(way.rules), amount=way.amount, unit=unit
    )


def change_frame(context: Context, plans_found: list[PlansFound]) -> gpd.GeoDataFrame:
    """List the changes of every plan, with outlines."""
    units, words = unit_names(context), context.words
    layers = {name: gpd.GeoDataFrame(context.source.read(name)) for name in
              ("parks", "major_platforms")}  # fmt: skip
    rows, shapes = [], []
    for plans in plans_found:
        for n, plan in enumerate(plans.plans, 1):
            for change in plan.changes:
                frame = layers[change.layer]
                key = "park_id" if change.layer == "parks" else "platform_id"
                row = frame[frame[key].eq(change.row_id)].iloc[0]
                rows.append(
                    {
                        "plan_unit_name": units.get(plans.unit_id, plans.unit_id),
                        "plan_number": n,
                        "row_layer": words.text(f"plan_row_{change.layer}"),
                        "row_id": change.row_id,
                        "row_name": row["name"],
                        "plan_before": state_name(context, change.before),
                        "plan_after": state_name(context, change.after),
                        "why": words.joined(words.say(reason) for reason in change.reasons),
                    }
                )
                shapes.append(row.geometry)
    frame = pd.DataFrame(rows, columns=list(CHANGE_COLUMNS))
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=context.crs))


def plan_frame(context: Context, plans_found: list[PlansFound]) -> pd.DataFrame:
    """List the plans, one row each; a unit without plan has one that says why."""
    units, rows = unit_names(context), []
    for plans in plans_found:
        unit_name = units.get(plans.unit_id, plans.unit_id)
        for n, plan in enumerate(plans.plans, 1):
            points = (*plan.elsewhere.statements, *plan.open_points)
            remarks = context.words.joined(context.words.say(point) for point in points)
            rows.append((unit_name, n, len(plan.changes), plan.score, remarks))
        if not plans.plans:
            rows.append((unit_name, None, None, None, " ".join(plan_lines(context, plans))))
    return pd.DataFrame(rows, columns=list(PLAN_COLUMNS)).astype(
        {"plan_number": "Int64", "change_count": "Int64", "plan_score": "float64"}
    )


def elsewhere_frame(context: Context, plans_found: list[PlansFound]) -> pd.DataFrame:
    """List the verdicts of other units that differ under a plan, plan by plan."""
    units, frames = unit_names(context), []
    for plans in plans_found:
        for n, plan in enumerate(plans.plans, 1):
            frame = change_list(context, context, list(plan.elsewhere.changes))
            frame.insert(0, "plan_unit_name", units.get(plans.unit_id, plans.unit_id))
            frame.insert(1, "plan_number", n)
            frames.append(frame)
    columns = ["plan_unit_name", "plan_number", *VERDICT_CHANGES]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def state_name(context: Context, code: str) -> str:
    """Name what a park or platform is or becomes: a word, else the platform's name."""
    code_of = f"plan_state_{code}"
    if code_of in context.words.sentences:
        return context.words.text(code_of)
    return platform_names(context).get(code, code)


def _plans_row(context: Context, plans: PlansFound) -> dict[str, object]:
    return {
        "unit_id": plans.unit_id,
        "plans": [_plan_row(context, plan) for plan in plans.plans],
        "conflict": list(plans.conflict),
        "relaxations": [{"rules": list(r.rules), "amount": r.amount} for r in plans.relaxations],
        "open_points": [{"code": p.code, "text": context.words.say(p)} for p in plans.open_points],
    }


def _plan_row(context: Context, plan: ConsolidationPlan) -> dict[str, object]:
    words = context.words
    return {
        "changes": [_change_row(context, change) for change in plan.changes],
        "verdicts": [
            {
                "rule_id": v.rule_id, "part": v.part, "unit_id": v.unit_id,
                "platform_id": v.platform_id, "outcome": v.outcome,
                "measured": number(v.measured), "threshold": number(v.threshold),
                "force": v.force, "clause": v.clause,
            }
            for v in plan.verdicts
        ],
        "open_points": [{"code": p.code, "text": words.say(p)} for p in plan.open_points],
        "elsewhere": {
            "statements": [
                {"code": p.code, "text": words.say(p)} for p in plan.elsewhere.statements
            ],
            "verdicts": [change_row(change, context) for change in plan.elsewhere.changes],
        },
        "score": plan.score,
        "gap": plan.gap,
    }  # fmt: skip


def _change_row(context: Context, change: PlanChange) -> dict[str, object]:
    return {
        "layer": change.layer, "id": change.row_id, "from": change.before, "to": change.after,
        "reasons": [{"code": r.code, "text": context.words.say(r)} for r in change.reasons],
    }  # fmt: skip
