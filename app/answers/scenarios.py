"""Named scenarios: made, edited, removed, adopted, listed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.answers.answer import Answer, column_titles
from app.answers.ledger import layer_name
from app.answers.scenario_words import EDIT_COLUMNS, edit_frame
from app.answers.transfer import actor
from app.context import Context, now
from geo.errors import MuPlanError
from geo.nearest import nearest_name
from layers.contracts import contract_of
from layers.exchange.sheet import Sheet
from layers.workspace.protocol import Provenance
from layers.workspace.scenarios import KeptScenario, changing_scenarios, read_scenarios
from platforms.errors import PlanningError
from platforms.land.site_carving import CUT_SUFFIX
from platforms.placement.option import Option
from platforms.projects.viewing import require_city
from platforms.scenario.contradictions import require_consistent
from platforms.scenario.edits import PlaceProject, ScenarioEdit, from_plain, to_plain
from platforms.scenario.overlay import Overlay, apply_edits
from platforms.scenario.scenario import Scenario
from platforms.source import ReadOnce

LONGEST_NAME = 100


def scenarios_of(context: Context) -> dict[str, Scenario]:
    """Give the scenarios of the workspace by name."""
    require_city(context.source)
    held = read_scenarios(context.path)
    return {name: Scenario(name, _edits(kept), kept.adopted_at) for name, kept in held.items()}


def scenario_named(context: Context, name: str) -> Scenario:
    """Give a scenario (``scenario_unknown`` with the nearest name)."""
    require_city(context.source)
    kept = _kept(read_scenarios(context.path), name)
    return Scenario(name, _edits(kept), kept.adopted_at)


def add_scenario(context: Context, name: str, edits: Sequence[ScenarioEdit] = ()) -> str:
    """Make a scenario; nothing else is written.

    Parameters
    ----------
    context
        Workspace.
    name
        Any text that isn't blank.
    edits
        What it begins with.

    Returns
    -------
    str
        Its name, without blanks around.

    Raises
    ------
    PlanningError
        ``scenario_name_bad``, ``scenario_name_long``, ``scenario_exists``, and those of
        ``require_consistent``.
    """
    name = " ".join(name.split())
    if not name:
        raise PlanningError("scenario_name_bad")
    if len(name) > LONGEST_NAME:
        raise PlanningError("scenario_name_long", most=LONGEST_NAME)
    require_consistent(edits, context.source)
    require_city(context.source)
    with changing_scenarios(context.path) as held:
        if name in held:
            raise PlanningError("scenario_exists", name=name)
        held[name] = KeptScenario(tuple(to_plain(one) for one in edits))
    return name


def edit_scenario(context: Context, name: str, edits: Sequence[ScenarioEdit]) -> None:
    """Add edits to a scenario; where they contradict what it has, nothing is written."""
    require_city(context.source)
    with changing_scenarios(context.path) as held:
        kept = _open(held, name)
        together = [*_edits(kept), *edits]
        require_consistent(together, context.source)
        held[name] = replace(kept, edits=tuple(to_plain(one) for one in together))


def remove_scenario(context: Context, name: str, number: int | None = None) -> None:
    """Remove a scenario, or the one of its edits with this number (from 1)."""
    require_city(context.source)
    with changing_scenarios(context.path) as held:
        if number is None:
            _kept(held, name)
            del held[name]
            return
        kept = _open(held, name)
        if not 1 <= number <= len(kept.edits):
            raise PlanningError(
                "scenario_edit_unknown", name=name, number=number, count=len(kept.edits)
            )
        rest = kept.edits[: number - 1] + kept.edits[number:]
        held[name] = replace(kept, edits=rest)


def scenario_of_assignments(
    context: Context, name: str, assignments: Sequence[Option], allotted_on: str
) -> str:
    """Keep a placement of projects as a scenario.

    Parameters
    ----------
    context
        Workspace.
    name
        Of the scenario.
    assignments
        Projects with the parcels of their sites. One that takes a part of a parcel only
        (``id#cut``) can't be kept: a scenario gives whole parcels.
    allotted_on
        Day on which they are given their land (ISO).

    Returns
    -------
    str
        Name of the scenario.

    Raises
    ------
    PlanningError
        ``scenario_carved``, and those of ``add_scenario``.
    """
    carved = [
        one.project_id
        for one in assignments
        if any(parcel_id.endswith(CUT_SUFFIX) for parcel_id in one.parcel_ids)
    ]
    if carved:
        raise PlanningError("scenario_carved", project_ids="、".join(carved))
    edits = [PlaceProject(one.project_id, one.parcel_ids, allotted_on) for one in assignments]
    return add_scenario(context, name, edits)


def read_edits(path: Path) -> list[ScenarioEdit]:
    """Read edits from a JSON file: a list of objects (``file_missing``, ``scenario_file_bad``)."""
    if not path.is_file():
        raise MuPlanError("file_missing", path=str(path))
    try:
        plain: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        plain = None
    if not isinstance(plain, list) or not all(isinstance(one, dict) for one in plain):
        raise PlanningError("scenario_file_bad", path=str(path))
    return [from_plain(one) for one in plain]


def context_with(context: Context, edits: Sequence[ScenarioEdit]) -> Context:
    """Give the workspace with edits; the base stays untouched."""
    overlay = apply_edits(context.source, edits, context.crs)
    return replace(context, source=ReadOnce(overlay))


def adopt_scenario(context: Context, name: str) -> Overlay:
    """Write a scenario into the workspace, in one set of changes with its audit.

    The layers are read anew under the workspace's lock: what somebody else wrote since they were
    looked at stays, and edits that no longer fit are refused.

    Parameters
    ----------
    context
        Workspace.
    name
        Of the scenario, which is marked as adopted.

    Returns
    -------
    Overlay
        Which rows were changed and added.

    Raises
    ------
    MuPlanError
        ``scenario_unknown``, ``scenario_adopted``, ``scenario_empty``, those of
        ``require_consistent`` and of the workspace.
    """
    require_city(context.source)
    at = now()
    with changing_scenarios(context.path) as held:
        kept = _open(held, name)
        if not kept.edits:
            raise PlanningError("scenario_empty", name=name)
        detail = json.dumps(list(kept.edits), ensure_ascii=False)
        source = context.words.text("scenario_source", name=name)
        provenance = Provenance(source, at, detail=detail)
        with context.workspace.edit(actor(), at) as changes:
            overlay = apply_edits(ReadOnce(context.workspace), _edits(kept), context.crs)
            for layer, frame in overlay.frames.items():
                ids = frame[contract_of(layer).key]
                both = ((changes.update, overlay.changed), (changes.add, overlay.added))
                for write, keys in both:
                    if keys.get(layer):
                        write(layer, frame[ids.isin(keys[layer])], provenance)
        held[name] = replace(kept, adopted_at=at)
    return overlay


def scenario_answer(context: Context, written: Overlay | None = None) -> Answer:
    """Answer ``scenario``: the scenarios with their edits; after an adoption what was written."""
    words, held = context.words, scenarios_of(context)
    listed = edit_frame(context, held)
    names = "、".join(held) or "–"
    lines = [words.text("summary_scenarios", count=len(held), names=names)]
    result: dict[str, object] = {"scenarios": scenario_rows(held)}
    if written is not None:
        rows = written_rows(written)
        result["written"] = rows
        lines = [*written_lines(context, written), *lines]
    return Answer(
        title=words.text("title_scenarios"),
        parameters={},
        result=result,
        sheets=(Sheet(words.text("sheet_scenarios"), listed),),
        titles=column_titles(words, EDIT_COLUMNS),
        summary=tuple(lines),
    )


def scenario_rows(held: Mapping[str, Scenario]) -> list[dict[str, object]]:
    """Give scenarios as the command prints them."""
    return [
        {
            "name": name, "edits": [to_plain(edit) for edit in one.edits],
            "adopted_at": one.adopted_at,
        }
        for name, one in held.items()
    ]  # fmt: skip


def written_rows(overlay: Overlay) -> list[dict[str, object]]:
    """List what an adoption wrote: layer, action and the ids of the rows."""
    return [
        {"layer": layer, "action": action, "ids": list(ids)}
        for action, keys in (("update", overlay.changed), ("add", overlay.added))
        for layer, ids in keys.items()
    ]


def written_lines(context: Context, overlay: Overlay) -> list[str]:
    """Say what an adoption wrote, a sentence for each layer and action."""
    words = context.words
    lines = []
    for action, keys in (("update", overlay.changed), ("add", overlay.added)):
        for layer, ids in keys.items():
            lines.append(
                words.text(
                    f"scenario_written_{action}", layer=layer_name(layer, words), count=len(ids),
                    ids="、".join(ids),
                )
            )  # fmt: skip
    return lines


def _edits(kept: KeptScenario) -> tuple[ScenarioEdit, ...]:
    return tuple(from_plain(one) for one in kept.edits)


def _kept(held: Mapping[str, KeptScenario], name: str) -> KeptScenario:
    if name not in held:
        raise PlanningError("scenario_unknown", name=name, nearest=nearest_name(name, held) or "–")
    return held[name]


def _open(held: Mapping[str, KeptScenario], name: str) -> KeptScenario:
    kept = _kept(held, name)
    if kept.adopted_at is not None:
        raise PlanningError("scenario_adopted", name=name, adopted_at=kept.adopted_at)
    return kept
