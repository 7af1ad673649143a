"""Figures per 亩 with every denominator, what they leave out, land ratios, and grades of firms."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from app.answers.answer import Answer, column_titles, plain, sheet_of
from app.context import Context, unit_names
from layers.exchange.writers.sheet import Sheet
from platforms.errors import PlanningError
from platforms.indicators.denominators import (
    Denominators,
    check_basis,
    denominators,
    gap_totals,
    indicator_gaps,
)
from platforms.indicators.grading import Grading, Scheme, grade_firms
from platforms.indicators.land_use import LandEfficiency, land_efficiency
from platforms.indicators.per_mu import By, per_mu
from platforms.policy.verdict import Statement

SCREEN_COLUMNS = (
    "rank", "name", "unit_name", "output_wan_yuan_per_mu", "output_coverage_share", "tax_rank",
    "tax_wan_yuan_per_mu", "tax_coverage_share", "quadrant",
)  # fmt: skip
BASIS_SCREEN_COLUMNS = (
    "basis_rank", "name", "unit_name", "land_basis", "basis_land_mu",
    "basis_output_wan_yuan_per_mu", "rank_change", "basis_tax_rank",
    "basis_tax_wan_yuan_per_mu", "tax_rank_change",
)  # fmt: skip
GRADE_SCREEN_COLUMNS = ("grade_rank", "name", "unit_name", "score", "grade", "standing", "why")
TITLED = (
    "output_land_mu", "tax_land_mu", "output_coverage_share", "tax_coverage_share", "row_count",
    "tax_rank", "unit_name", "land_basis", "land_open_mu", "output_low_wan_yuan_per_mu",
    "tax_low_wan_yuan_per_mu", "figure", "default_rank", "rank_change", "tax_rank_change",
    "compared_count", "issue", "row_id", "place_ids", "standing", "grade", "grade_rank",
    "indicator", "base", "ratio", "weight", "points", "status", "numerator", "numerator_value",
    "denominator", "denominator_mu", "open_mu", "outcome", "basis", "why", "basis_land_mu",
    "basis_land_open_mu", "basis_output_wan_yuan_per_mu", "basis_tax_wan_yuan_per_mu",
    "basis_rank", "basis_tax_rank", "unit",
)  # fmt: skip
CODES = {
    "land_basis": "land_basis", "figure": "figure", "issue": "gap", "standing": "standing",
    "indicator": "measure", "status": "points", "numerator": "land_kind",
    "denominator": "land_kind", "quadrant": "quadrant", "ratio_name": "ratio",
}  # fmt: skip
"""Columns of codes, with the beginning of the keys of their words."""


def indicator_answer(
    context: Context, by: By, period: str, basis: str | None = None, scheme: Scheme | None = None
) -> Answer:
    """Answer ``indicators``: output and tax per 亩; with a basis all denominators side by side.

    With a scheme the enterprises are graded.
    """
    gaps = indicator_gaps(by, period, context.source)
    parts = _Parts(per_mu(by, period, context.source, context.policy), gaps)
    if basis is not None:
        measured = denominators(by, period, context.source, context.policy, context.crs)
        parts.frame = _with_basis(parts.frame, measured, f"{by}_id", check_basis(by, basis))
        parts.sheets += _basis_part(context, measured, parts.result, parts.summary)
        parts.screen = BASIS_SCREEN_COLUMNS
        if by == "platform":
            ratios = land_efficiency(
                period, context.source, context.policy, context.crs, measured.balance
            )
            parts.sheets.append(_efficiency_part(context, ratios, parts.result))
    if scheme is not None:
        if by != "enterprise":
            raise PlanningError("scheme_needs_enterprise", by=by)
        grading = grade_firms(scheme, period, context.source)
        parts.frame = _with_grades(context, parts.frame, grading)
        parts.sheets += _grading_part(context, scheme, grading, parts.result, parts.summary)
        parts.screen = GRADE_SCREEN_COLUMNS
    if basis is not None or scheme is not None:
        parts.result["missing"] = {"totals": _records(gap_totals(gaps)), "rows": _records(gaps)}
    return _answer(context, by, period, basis, scheme, parts)


@dataclass
class _Parts:
    """What the parts of the answer add to, one after another."""

    frame: pd.DataFrame
    gaps: pd.DataFrame
    result: dict[str, object] = field(default_factory=dict)
    sheets: list[Sheet] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)
    screen: tuple[str, ...] = SCREEN_COLUMNS


def _answer(
    context: Context, by: By, period: str, basis: str | None, scheme: Scheme | None, parts: _Parts
) -> Answer:
    words = context.words
    listed = _worded(context, parts.frame)
    asked: dict[str, object] = {"by": by, "period": period}
    if basis is not None:
        asked["basis"] = basis
    if scheme is not None:
        asked["scheme"] = scheme.name
    in_order = listed.sort_values(parts.screen[0], kind="stable", na_position="last")
    totals = gap_totals(parts.gaps)
    sentences = [words.text("summary_indicators", count=len(parts.frame)), *parts.summary]
    if len(totals):
        counts = words.joined(
            f"{words.text(f'gap_{issue}')} {count:,}"
            for issue, count in zip(totals["issue"], totals["row_count"], strict=True)
        )
        sentences.append(words.text("summary_gaps", counts=counts))
    return Answer(
        title=words.text("title_indicators", by=words.text(f"by_{by}"), period=period),
        parameters=asked,
        result={"rows": _records(parts.frame), **parts.result},
        sheets=(
            sheet_of(words, "indicators", listed),
            *parts.sheets,
            sheet_of(words, "gap_totals", _worded(context, totals)),
            sheet_of(words, "gaps", _worded(context, parts.gaps)),
        ),
        titles={
            **column_titles(words, TITLED),
            **_measure_titles(context, scheme),
            "ratio_name": words.text("column_ratio_name"),
            "value": words.text("column_ratio_value"),
        },
        summary=tuple(sentences),
        screen=in_order[list(parts.screen)],
    )


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(k): plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _worded(context: Context, frame: pd.DataFrame) -> pd.DataFrame:
    """Put codes into words for people."""
    words = context.words
    worded = frame.copy()
    for column, beginning in CODES.items():
        if column in worded:
            worded[column] = [
                words.text(f"{beginning}_{code}") if isinstance(code, str) else None
                for code in worded[column]
            ]
    if "outcome" in worded:
        worded["outcome"] = [words.text(f"ratio_outcome_{code}") for code in worded["outcome"]]
    if "basis" in worded:
        worded["basis"] = [words.text(f"definition_{code}") for code in worded["basis"]]
    if "unit_id" in worded:
        worded["unit_name"] = worded["unit_id"].map(unit_names(context))
    return worded


def _statement_rows(context: Context, statements: Sequence[Statement]) -> list[dict[str, str]]:
    return [
        {"code": statement.code, "text": context.words.say(statement)} for statement in statements
    ]


def _why(context: Context, reasons: Sequence[Sequence[Statement]]) -> list[str]:
    words = context.words
    return [
        words.joined(words.say(statement) for statement in statements) for statements in reasons
    ]


def _with_basis(frame: pd.DataFrame, measured: Denominators, key: str, basis: str) -> pd.DataFrame:
    """Put the figures under one basis beside those under the default."""
    rows = measured.rows[measured.rows["land_basis"] == basis].set_index(key)
    moved = measured.changes[measured.changes["land_basis"] == basis]
    ids = frame[key]
    result = frame.assign(land_basis=basis)
    for name in ("land_mu", "land_open_mu", "output_wan_yuan_per_mu", "tax_wan_yuan_per_mu",
                 "rank", "tax_rank"):  # fmt: skip
        result[f"basis_{name}"] = ids.map(rows[name])
    for figure, name in (("output", "rank_change"), ("tax", "tax_rank_change")):
        changes = moved[moved["figure"] == figure].set_index(key)["rank_change"]
        rank = result["basis_rank" if figure == "output" else "basis_tax_rank"]
        default = result["rank" if figure == "output" else "tax_rank"]
        compared = rank.notna() & default.notna()
        change = ids.map(changes).astype("Int64").fillna(0)
        result[name] = change.where(compared)
    for name in ("basis_rank", "basis_tax_rank"):
        result[name] = result[name].astype("Int64")
    return result


def _basis_part(
    context: Context, measured: Denominators, result: dict[str, object], summary: list[str]
) -> list[Sheet]:
    words = context.words
    result["denominators"] = [
        {**row, "reasons": _statement_rows(context, reasons)}
        for row, reasons in zip(_records(measured.rows), measured.reasons, strict=True)
    ]
    result["rank_changes"] = _records(measured.changes)
    counts = measured.changes.drop_duplicates(["land_basis", measured.changes.columns[0]])
    counts = counts["land_basis"].value_counts()
    bases = [basis for basis in measured.rows["land_basis"].unique() if basis != "above_scale"]
    known = measured.rows[measured.rows["rank"].notna()]["land_basis"].value_counts()
    for basis in bases:
        summary.append(
            words.text(
                "summary_basis", basis=words.text(f"land_basis_{basis}"),
                known=int(known.get(basis, 0)), moved=int(counts.get(basis, 0)),
            )
        )  # fmt: skip
    listed = _worded(context, measured.rows).assign(why=_why(context, measured.reasons))
    return [
        sheet_of(words, "denominators", listed),
        sheet_of(words, "rank_changes", _worded(context, measured.changes)),
    ]


def _efficiency_part(context: Context, ratios: LandEfficiency, result: dict[str, object]) -> Sheet:
    result["land_efficiency"] = [
        {**row, "reasons": _statement_rows(context, reasons)}
        for row, reasons in zip(_records(ratios.rows), ratios.reasons, strict=True)
    ]
    rows = ratios.rows.rename(columns={"ratio": "ratio_name"})
    listed = _worded(context, rows).assign(why=_why(context, ratios.reasons))
    is_share = listed["unit"] == "share"
    listed["value"] = listed["value"].where(~is_share, listed["value"] * 100)
    listed["unit"] = listed["unit"].where(~is_share, "%")
    return sheet_of(context.words, "land_efficiency", listed)


def _with_grades(context: Context, frame: pd.DataFrame, grading: Grading) -> pd.DataFrame:
    why = pd.Series(_why(context, grading.reasons), index=grading.firms.index, dtype="str")
    grades = grading.firms[["enterprise_id", "standing", "score", "rank", "grade"]].assign(why=why)
    return frame.merge(grades.rename(columns={"rank": "grade_rank"}), on="enterprise_id")


def _grading_part(
    context: Context, scheme: Scheme, grading: Grading, result: dict[str, object],
    summary: list[str],
) -> list[Sheet]:  # fmt: skip
    words = context.words
    points = grading.points.groupby("enterprise_id", sort=False)
    by_firm = {str(name): _records(rows.drop(columns="enterprise_id")) for name, rows in points}
    firms = [
        {**row, "contributions": by_firm.get(str(row["enterprise_id"]), []),
         "reasons": _statement_rows(context, reasons)}
        for row, reasons in zip(_records(grading.firms), grading.reasons, strict=True)
    ]  # fmt: skip
    counts = grading.firms["grade"].value_counts()
    standings = grading.firms["standing"].value_counts()
    classes = [
        {
            "grade": grade_class.grade,
            "limit": grade_class.limit,
            "count": int(counts.get(grade_class.grade, 0)),
        }
        for grade_class in scheme.classes
    ]
    result["grading"] = {
        "scheme": scheme.name, "title": scheme.title, "year": scheme.year, "scope": scheme.scope,
        "basis": scheme.basis, "source": scheme.source, "note": scheme.note, "by": scheme.by,
        "classes": classes, "standings": {str(k): int(v) for k, v in standings.items()},
        "notes": _statement_rows(context, grading.notes), "firms": firms,
    }  # fmt: skip
    listed = words.joined(
        f"{grade_class['grade']} {grade_class['count']}" for grade_class in classes
    )
    summary.append(
        words.text(
            "summary_grading", title=scheme.title, source=scheme.source, grades=listed,
            basis=words.text(f"definition_{scheme.basis}"),
            **{name: int(standings.get(name, 0))
               for name in ("graded", "exempt", "no_data", "out_of_scope")},
        )
    )  # fmt: skip
    summary += [words.say(note) for note in grading.notes]
    graded = _worded(context, grading.firms.rename(columns={"rank": "grade_rank"}))
    wide = grading.points.pivot(index="enterprise_id", columns="indicator", values="points")
    wide = wide.reindex(columns=[criterion.measure for criterion in scheme.criteria]).add_prefix(
        "points_of_"
    )
    graded = graded.merge(wide.reset_index(), on="enterprise_id", how="left")
    graded["why"] = _why(context, grading.reasons)
    points_named = grading.points.rename(columns={"value": "measured"})
    return [
        sheet_of(words, "grading", graded),
        sheet_of(words, "points", _worded(context, points_named)),
    ]


def _measure_titles(context: Context, scheme: Scheme | None) -> dict[str, str]:
    words = context.words
    if scheme is None:
        return {}
    return {
        "measured": words.text("column_measured"),
        **{
            f"points_of_{criterion.measure}": words.text(
                "column_points_of", measure=words.text(f"measure_{criterion.measure}")
            )
            for criterion in scheme.criteria
        },
    }
