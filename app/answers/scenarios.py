"""Named scenarios: made, edited, compared with the base, adopted."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.changes import CHANGE_COLUMNS, change_list, change_row
from app.answers.checks import share_frame, verdict_list
from app.answers.transfer import actor
from app.context import Context, now
from geo.errors import MuPlanError
from geo.nearest import nearest_name
from layers.exchange.sheet import Sheet
from layers.workspace.protocol import Provenance
from layers.workspace.scenarios import read_scenarios, write_scenarios
from platforms.changes import verdict_changes
from platforms.checks import CheckQuery
from platforms.errors import PlanningError
from platforms.scenario.contradictions import require_consistent
from platforms.scenario.edits import ScenarioEdit, from_plain, kind_of, to_plain
from platforms.scenario.overlay import Overlay, apply_edits
from platforms.source import ReadOnce

EDIT_COLUMNS = ("scenario_name", "edit_kind", "edit_values")
SHARE_COLUMNS = ("scenario_name", "unit_id", "element", "pollutant", "share_base", "share_scenario")
KEYS = {
    "parks": "park_id", "major_platforms": "platform_id", "land_parcels": "parcel_id",
    "element_allotments": "allotment_id",
}  # fmt: skip


def scenarios_of(context: Context) -> dict[str, tuple[ScenarioEdit, ...]]:
    """Give the scenarios of the workspace by name."""
    held = read_scenarios(context.path)
    return {name: tuple(from_plain(one) for one in edits) for name, edits in held.items()}


def scenario_edits(context: Context, name: str) -> tuple[ScenarioEdit, ...]:
    """Give the edits of a scenario (``scenario_unknown`` with the nearest name)."""
    held = scenarios_of(context)
    if name not in held:
        nearest = nearest_name(name, held) or "–"
        raise PlanningError("scenario_unknown", name=name, nearest=nearest)
    return held[name]


def add_scenario(context: Context, name: str, edits: Sequence[ScenarioEdit] = ()) -> None:
    """Make a scenario (``scenario_exists``, ``scenario_name_bad``); nothing else is written."""
    held = read_scenarios(context.path)
    if not name.strip():
        raise PlanningError("scenario_name_bad")
    if name in held:
        raise PlanningError("scenario_exists", name=name)
    require_consistent(edits, context.source)
    write_scenarios(context.path, {**held, name: [to_plain(one) for one in edits]})


def edit_scenario(context: Context, name: str, edits: Sequence[ScenarioEdit]) -> None:
    """Add edits to a scenario; where they contradict what it has, nothing is written."""
    together = [*scenario_edits(context, name), *edits]
    require_consistent(together, context.source)
    held = read_scenarios(context.path)
    write_scenarios(context.path, {**held, name: [to_plain(one) for one in together]})


def read_edits(path: Path) -> list[ScenarioEdit]:
    """Read edits from a JSON file: a list of objects (``file_missing``, ``scenario_file_bad``)."""
    if not path.is_file():
        raise MuPlanError("file_missing", path=str(path))
    try:
        plain: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        plain = None
    if not isinstance(plain, list) or not all(isinstance(one, dict) for one in plain):
        raise PlanningError("scenario_file_bad", path=str(path))
    return [from_plain(one) for one in plain]


def context_with(context: Context, name: str) -> Context:
    """Give the workspace as a scenario has it; the base stays untouched."""
    overlay = apply_edits(context.source, scenario_edits(context, name), context.crs)
    return replace(context, source=ReadOnce(overlay))


def adopt_scenario(context: Context, name: str) -> Overlay:
    """Write a scenario into the workspace, in one set of changes with its audit."""
    edits = scenario_edits(context, name)
    overlay = apply_edits(context.source, edits, context.crs)
    at = now()
    detail = json.dumps([to_plain(one) for one in edits], ensure_ascii=False)
    provenance = Provenance(context.words.text("scenario_source", name=name), at, detail=detail)
    with context.workspace.edit(actor(), at) as changes:
        for layer, frame in overlay.frames.items():
            ids = frame[KEYS[layer]]
            for write, keys in ((changes.update, overlay.changed), (changes.add, overlay.added)):
                if keys.get(layer):
                    write(layer, frame[ids.isin(keys[layer])], provenance)
    return overlay


def scenario_answer(context: Context, differences: Sequence[str] | None = None) -> Answer:
    """Answer ``scenario``: the scenarios and, for those named, how verdicts and shares differ."""
    words, held = context.words, scenarios_of(context)
    listed = [
        (name, words.text(f"edit_{kind_of(one)}"), "、".join(
            f"{k}={v}" for k, v in to_plain(one).items() if k != "kind"))
        for name, edits in held.items() for one in edits
    ]  # fmt: skip
    sheets = [Sheet(words.text("sheet_scenarios"), pd.DataFrame(listed, columns=EDIT_COLUMNS))]
    result: dict[str, object] = {
        "scenarios": [
            {"name": name, "edits": [to_plain(one) for one in edits]}
            for name, edits in held.items()
        ]
    }
    summary = [words.text("summary_scenarios", count=len(held), names="、".join(held) or "–")]
    if differences is not None:
        rows, frames, shares = [], [], []
        for name in differences:
            row, frame, share = _difference(context, name)
            rows.append(row)
            frames.append(frame)
            shares.append(share)
            summary.append(words.text("summary_difference", name=name, count=len(frame)))
        result["differences"] = rows
        columns = ["scenario_name", *CHANGE_COLUMNS]
        found = pd.concat(frames) if frames else pd.DataFrame(columns=columns)
        of_shares = pd.concat(shares) if shares else pd.DataFrame(columns=list(SHARE_COLUMNS))
        sheets = [
            Sheet(words.text("sheet_differences"), found.reindex(columns=columns)),
            Sheet(words.text("sheet_share_differences"), of_shares),
            *sheets,
        ]
    own = (*EDIT_COLUMNS, *CHANGE_COLUMNS, *SHARE_COLUMNS)
    return Answer(
        title=words.text("title_scenarios"),
        parameters={"scenarios": list(differences or ())},
        result=result,
        sheets=tuple(sheets),
        titles=column_titles(words, tuple(c for c in own if f"column_{c}" in words.sentences)),
        summary=tuple(summary),
    )


def _difference(
    context: Context, name: str
) -> tuple[dict[str, object], pd.DataFrame, pd.DataFrame]:
    other = context_with(context, name)
    query = CheckQuery(None, (), (), context.as_of)
    found = verdict_changes(verdict_list(context, query), verdict_list(other, query))
    frame = change_list(context, other, found)
    frame.insert(0, "scenario_name", name)
    keys = ["unit_id", "year", "span", "element", "pollutant", "boundary_basis"]
    sides = [share_frame(one, context.year)[[*keys, "share"]] for one in (context, other)]
    both = sides[0].merge(sides[1], on=keys, suffixes=("_base", "_scenario"))
    both = both[both["span"].eq("year") & both["boundary_basis"].eq("in_use")]
    one, two = both["share_base"].astype(float), both["share_scenario"].astype(float)
    shares = both[(one != two) & ~(one.isna() & two.isna())].assign(scenario_name=name)
    row = {
        "scenario": name,
        "verdicts": [change_row(change, context) for change in found],
        "shares": json.loads(shares.to_json(orient="records", force_ascii=False)),
    }
    return row, frame, shares[list(SHARE_COLUMNS)]
