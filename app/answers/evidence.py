"""Signs of verdicts and what stands behind them."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from app.answers.answer import in_percent, layer_name, rule_title
from app.context import Context, platform_names, unit_names
from layers.contracts import contract_of
from layers.maps.find import HIGHLIGHT_LIMIT, Highlight
from layers.validate import row_names
from platforms.policy.verdict import Evidence, Verdict

LIGHTS = {"good": "●", "amber": "▲", "bad": "✖", "below": "◆", "unknown": "○"}
COLOURS = {"●": "#00795A", "▲": "#A86500", "✖": "#C2272D", "◆": "#1F5FA8", "○": "#6B6B6B"}


def light(verdict: Verdict) -> str:
    """Give the sign of a verdict."""
    if verdict.outcome in ("no_data", "not_applicable"):
        return LIGHTS["unknown"]
    if verdict.outcome == "met":
        return LIGHTS["good"]
    return {"mandatory": LIGHTS["bad"], "principle": LIGHTS["amber"]}.get(
        verdict.force, LIGHTS["below"]
    )


@dataclass(frozen=True)
class EvidenceRows:
    """Rows of one layer behind a verdict.

    ``title``: Name of the layer or table in words.
    ``statement``: What the rows show, empty where they speak for themselves.
    ``frame``: The rows with the columns that hold anything, shapes included where there are any.
    ``missing``: Rows that the verdict asked for and the layer doesn't have.
    """

    title: str
    statement: str
    frame: pd.DataFrame
    missing: tuple[str, ...]


def evidence_rows(context: Context, verdict: Verdict) -> tuple[EvidenceRows, ...]:
    """List the rows behind a verdict, layer by layer as it names them."""
    return tuple(_rows(context, evidence) for evidence in verdict.evidence if evidence.rows)


def _rows(context: Context, evidence: Evidence) -> EvidenceRows:
    contract, frame = contract_of(evidence.layer), context.source.read(evidence.layer)
    wanted = dict.fromkeys(evidence.rows)
    names = pd.Series(row_names(frame, contract), index=frame.index, dtype="object")
    known = set(names)
    rows = frame[names.isin(list(wanted))]
    filled = [
        name for name in contract.columns if name in rows.columns and rows[name].notna().any()
    ]
    if isinstance(rows, gpd.GeoDataFrame) and contract.is_spatial:
        filled.append(str(rows.active_geometry_name))
    return EvidenceRows(
        title=layer_name(evidence.layer, context.words),
        statement="" if evidence.statement is None else context.words.say(evidence.statement),
        frame=rows[filled],
        missing=tuple(row for row in wanted if row not in known),
    )


def evidence_highlight(context: Context, verdict: Verdict) -> Highlight | None:
    """Give the shapes behind a verdict; where the rows have none, the outline of its subject.

    At most ``HIGHLIGHT_LIMIT`` shapes, each once; None where there is no shape at all.
    """
    shapes: list[object] = []
    captions: list[str] = []
    seen: set[tuple[str, str]] = set()
    for evidence in (*verdict.evidence, *_subject(verdict)):
        contract = contract_of(evidence.layer)
        is_subject = (
            evidence.layer in ("units", "major_platforms") and evidence not in verdict.evidence
        )
        if not contract.is_spatial or (is_subject and shapes):
            continue
        frame = gpd.GeoDataFrame(context.source.read(evidence.layer))
        keys = frame[contract.key].astype("str")
        rows = frame[keys.isin(evidence.rows) & frame.geometry.notna()]
        for key, row in zip(keys[rows.index], rows.to_dict("records"), strict=True):
            if (evidence.layer, key) in seen or row["geometry"].is_empty:
                continue
            seen.add((evidence.layer, key))
            name = row.get("name")
            captions.append(f"{name}　{key}" if isinstance(name, str) else key)
            shapes.append(row["geometry"])
    if not shapes:
        return None
    series = gpd.GeoSeries(shapes[:HIGHLIGHT_LIMIT], crs=context.crs)
    return Highlight("selected", series, tuple(captions[:HIGHLIGHT_LIMIT]))


def _subject(verdict: Verdict) -> tuple[Evidence, ...]:
    if verdict.platform_id is not None:
        return (Evidence("major_platforms", (verdict.platform_id,)),)
    return () if verdict.unit_id is None else (Evidence("units", (verdict.unit_id,)),)


VERDICT_COLUMNS = (
    "rule_id", "part", "rule_title", "unit_name", "platform_name", "year", "outcome", "measured",
    "threshold", "gap", "measure", "force", "force_status", "clause", "basis", "why",
)  # fmt: skip


def verdict_frame(context: Context, verdicts: list[Verdict]) -> pd.DataFrame:
    """List verdicts for people, one row each."""
    words, units = context.words, unit_names(context)
    names = platform_names(context)
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
            "gap": shown_gap(v),
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


MOST_DECIMALS = 6
"""So many decimals show the smallest difference that is a difference."""


def decimals_of(verdict: Verdict) -> int:
    """Count the decimals that figure and threshold are shown with: two, more where a cap is passed.

    What isn't met never reads like the threshold: 30.004 亩 of at most 30 has three.
    """
    measured, threshold = (
        in_percent(v, verdict.unit) for v in (verdict.measured, verdict.threshold)
    )
    if verdict.outcome == "not_met" and measured is not None and threshold is not None:
        for decimals in range(2, MOST_DECIMALS + 1):
            if round(measured, decimals) != round(threshold, decimals):
                return decimals
    return 2


def shown_gap(verdict: Verdict) -> float | None:
    """Give the gap for people: what is met and prints like its threshold has none (S20)."""
    gap = in_percent(verdict.gap, verdict.unit)
    is_none = gap is not None and verdict.outcome == "met" and round(gap, 2) == 0
    return 0.0 if is_none else gap


def outcome_word(context: Context, verdict: Verdict) -> str:
    """Say an outcome in the words that fit the rule's force: a target is never 'not met'."""
    return context.words.text(f"outcome_{verdict.outcome}_{verdict.force}")


def verdict_table(context: Context, verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """List verdicts as pages and reports show them: with lights, and what dates them.

    ``verdicts``: The verdicts, in the order wanted.

    Columns of ``verdict_frame``; ``outcome`` with its light, ``force_status`` with 目标期已过, and
    ``subject``: platform, unit or city; a rule told by pollutant names it.
    """
    words = context.words
    frame = verdict_frame(context, list(verdicts))
    return frame.assign(
        outcome=[f"{light(v)} {outcome_word(context, v)}" for v in verdicts],
        force_status=[words.joined(time_marks(context, v)) for v in verdicts],
        rule_title=[
            f"{title}：{word}" if word else title
            for title, word in zip(
                frame["rule_title"], (v.part.partition(":")[2] for v in verdicts), strict=True
            )
        ],
        subject=frame["platform_name"].where(frame["platform_name"].notna(), frame["unit_name"]),
    )


def time_marks(context: Context, verdict: Verdict) -> list[str]:
    """Say whether the rule is in force on the as-of date, and whether its target date is past."""
    words = context.words
    past = [words.text("past_target")] if verdict.is_past_target else []
    return [words.text(f"force_status_{verdict.force_status}"), *past]


def assumption_texts(context: Context, verdicts: Sequence[Verdict]) -> list[tuple[str, str]]:
    """Give number and wording of the assumptions that verdicts rest on, each once, by number."""
    used = {name for verdict in verdicts for name in verdict.assumptions}
    ordered = sorted(used, key=lambda name: (len(name), name))
    return [(name, context.policy.assumption(name).text) for name in ordered]
