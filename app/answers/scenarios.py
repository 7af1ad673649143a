"""Scenarios."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.answers.answer import Answer, actor, column_titles, layer_name, sheet_of
from app.context import Context, now, platform_names, unit_names
from geo.errors import MuPlanError
from geo.measure import ellipsoidal_area_m2
from geo.tools import nearest_name
from geo.units import m2_to_mu
from layers.contracts import contract_of
from layers.exchange.read import read_file
from layers.maps.find import HIGHLIGHT_LIMIT, Highlight
from layers.scratch import temporary_folder
from layers.workspace.protocol import Provenance
from layers.workspace.scenarios import (
    KeptScenario,
    Scenarios,
    changing_scenarios,
    read_scenarios,
    up_to_date,
)
from platforms.errors import PlanningError
from platforms.ledger.visibility import require_city
from platforms.scenario.edits import (
    AddLand,
    ChangeLand,
    ExitPark,
    JoinPark,
    PlaceProject,
    Scenario,
    ScenarioEdit,
    SetMajor,
    from_plain,
    kind_of,
    require_consistent,
    to_plain,
)
from platforms.scenario.overlay import Overlay, apply_edits
from platforms.source import ReadOnce

EDIT_COLUMNS = ("scenario_name", "edit_number", "edit_kind", "edit_said", "adopted_at")


def edit_frame(context: Context, scenarios: Mapping[str, Scenario]) -> pd.DataFrame:
    """List the edits of scenarios, one row each; a scenario without any has a row too."""
    words, edit_words = context.words, EditWords(context)
    rows: list[tuple[object, ...]] = []
    for name, scenario in scenarios.items():
        for number, edit in enumerate(scenario.edits, 1):
            kind = words.text(f"edit_{kind_of(edit)}")
            rows.append((name, number, kind, edit_words.sentence(edit), scenario.adopted_at))
        if not scenario.edits:
            rows.append((name, None, None, words.text("scenario_no_edit"), scenario.adopted_at))
    frame = pd.DataFrame(rows, columns=list(EDIT_COLUMNS))
    return frame.astype({"edit_number": "Int64"})


class EditWords:
    """Says what an edit changes, by the names on file."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._names = {
            "platform": platform_names(context),
            "unit": unit_names(context),
            "park": names_of(context, "parks", "park_id"),
            "project": names_of(context, "projects", "project_id"),
        }

    def name_of(self, kind: str, row_id: str) -> str:
        """Give name and id of a row; the id alone where it has no name or is gone."""
        name = self._names[kind].get(row_id)
        return row_id if name is None or pd.isna(name) else f"{name}（{row_id}）"

    def sentence(self, edit: ScenarioEdit) -> str:
        """Say an edit in one sentence."""
        words, name_of = self._context.words, self.name_of
        if isinstance(edit, JoinPark):
            return words.text(
                "said_join_park", park=name_of("park", edit.park_id),
                platform=name_of("platform", edit.platform_id),
            )  # fmt: skip
        if isinstance(edit, ExitPark):
            return words.text(
                "said_exit_park", park=name_of("park", edit.park_id), day=edit.exited_on
            )
        if isinstance(edit, SetMajor):
            platform = name_of("platform", edit.platform_id)
            return words.text(
                "said_major" if edit.is_major else "said_not_major", platform=platform
            )
        if isinstance(edit, AddLand):
            return words.text(
                "said_add_land", parcel_id=edit.parcel_id, unit=name_of("unit", edit.unit_id),
                state=words.word("state", edit.state), area_mu=self._area_mu(edit),
            )  # fmt: skip
        if isinstance(edit, ChangeLand):
            return words.text(
                "said_change_land", parcel_id=edit.parcel_id, day=edit.state_on,
                state=words.word("state", edit.state),
            )  # fmt: skip
        return self._placed(edit)

    def _placed(self, edit: PlaceProject) -> str:
        return self._context.words.text(
            "said_place_project", project=self.name_of("project", edit.project_id),
            parcels="、".join(edit.parcel_ids), day=edit.allotted_on,
        )  # fmt: skip

    def _area_mu(self, edit: AddLand) -> float | None:
        shape = shapely.from_wkt(edit.wkt, on_invalid="ignore")
        if shape is None:
            return None
        return m2_to_mu(float(ellipsoidal_area_m2([shape], self._context.crs)[0]))


def names_of(context: Context, layer: str, key: str) -> dict[str, str]:
    """Give the name of each row of a layer."""
    frame = context.source.read(layer)
    return dict(zip(frame[key].astype(str), frame["name"], strict=True))


MOST_ADDED = 500


def added_from_park(
    context: Context, park_id: str, parcel_id: str, unit_id: str, state: str
) -> list[AddLand]:
    """Add what of a park is no parcel yet.

    ``parcel_id, unit_id, state``: Of the new parcel; a blank id is refused.

    One parcel, of one part or more.

    Raises PlanningError: ``scenario_parcel_id_missing``, ``scenario_park_full`` where all of it is
    held.
    """
    _require_id(parcel_id)
    parks = gpd.GeoDataFrame(context.source.read("parks"))
    shape = parks.geometry[parks["park_id"].eq(park_id)].iloc[0]
    parcels = gpd.GeoDataFrame(context.source.read("land_parcels")).geometry
    rest = shape
    if shape is not None and len(parcels):
        near = parcels.iloc[parcels.sindex.query(shape, predicate="intersects")]
        rest = shapely.difference(shape, shapely.union_all(np.asarray(near.array, dtype=object)))
    land = _areas(rest)
    if land is None:
        raise PlanningError("scenario_park_full", park_id=park_id)
    return [AddLand(parcel_id, unit_id, state, land.wkt)]


def added_from_file(
    context: Context, name: str, content: bytes, parcel_id: str, unit_id: str, state: str
) -> list[AddLand]:
    """Add the polygons of a file.

    ``name``: Name of the file; only its ending is used.
    ``parcel_id, unit_id, state``: Of the new parcels; several are numbered.

    Raises MuPlanError: ``scenario_parcel_id_missing``, ``scenario_file_no_land``,
    ``scenario_file_many``, and those of reading a file.
    """
    _require_id(parcel_id)
    ending = "".join(Path(name).suffixes[-1:])
    with temporary_folder() as folder:
        path = folder / f"land{ending}"
        path.write_bytes(content)
        frame = read_file(path, encoding=None, source_layer=None).frame
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        raise PlanningError("scenario_file_no_land")
    shapes = [_areas(shape) for shape in frame.to_crs(context.crs).geometry]
    land = [shape for shape in shapes if shape is not None]
    if not land:
        raise PlanningError("scenario_file_no_land")
    if len(land) > MOST_ADDED:
        raise PlanningError("scenario_file_many", count=len(land), most=MOST_ADDED)
    ids: Sequence[str] = (
        [parcel_id] if len(land) == 1 else [f"{parcel_id}-{n}" for n in range(1, len(land) + 1)]
    )
    return [
        AddLand(parcel_id, unit_id, state, shape.wkt)
        for parcel_id, shape in zip(ids, land, strict=True)
    ]


def _areas(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """Take what has an area, without the lines and points a cut leaves behind."""
    if shape is None or shape.is_empty:
        return None
    parts = [p for p in shapely.get_parts(shape, return_index=False) if p.geom_type == "Polygon"]
    parts = [part for part in parts if part.area > 0]
    return shapely.union_all(parts) if parts else None


def _require_id(parcel_id: str) -> None:
    if not parcel_id:
        raise PlanningError("scenario_parcel_id_missing")


CHANGED_COLUMNS = ("scenario_name", "row_id", "state_before", "edit_said")
KEYS = {"parks": "park_id", "major_platforms": "platform_id", "land_parcels": "parcel_id"}


def changed_rows(context: Context, scenario: Scenario) -> gpd.GeoDataFrame:
    """List what a scenario changes, one row each, with outlines.

    ``CHANGED_COLUMNS`` and ``is_leaving``: True for what exits or changes its state, False for what
    is joined, added or given land. A row without outline, or gone, has no shape.
    """
    edit_words = EditWords(context)
    layers = {
        name: gpd.GeoDataFrame(context.source.read(name)).drop_duplicates(key).set_index(key)
        for name, key in KEYS.items()
    }
    added = {e.parcel_id: e for e in scenario.edits if isinstance(e, AddLand)}
    rows, shapes = [], []
    for edit in scenario.edits:
        for layer, row_id in _touched(edit):
            rows_of_layer = layers[layer]
            is_known = row_id in rows_of_layer.index
            if is_known:
                shape = rows_of_layer.at[row_id, "geometry"]
            else:
                new = added.get(row_id)
                shape = None if new is None else shapely.from_wkt(new.wkt, on_invalid="ignore")
            before = _state(context, layer, rows_of_layer.loc[row_id]) if is_known else None
            rows.append(
                (scenario.name, row_id, before, edit_words.sentence(edit), _is_leaving(edit))
            )
            shapes.append(shape)
    frame = pd.DataFrame(rows, columns=[*CHANGED_COLUMNS, "is_leaving"])
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=context.crs))


def changed_highlights(context: Context, rows: gpd.GeoDataFrame) -> list[Highlight]:
    """Mark what a scenario changes: what leaves in one look, what is joined or added in another."""
    words = context.words
    highlights = []
    for is_leaving, look, title in (
        (False, "result", "scenario_mark_joining"), (True, "selected", "scenario_mark_leaving"),
    ):  # fmt: skip
        mine = rows[(rows["is_leaving"] == is_leaving) & rows.geometry.notna()][:HIGHLIGHT_LIMIT]
        if len(mine):
            captions = tuple(mine["edit_said"].astype(str))
            highlights.append(Highlight(look, mine.geometry, captions, words.text(title)))
    return highlights


def _touched(edit: ScenarioEdit) -> Iterator[tuple[str, str]]:
    if isinstance(edit, JoinPark | ExitPark):
        yield "parks", edit.park_id
    elif isinstance(edit, SetMajor):
        yield "major_platforms", edit.platform_id
    elif isinstance(edit, PlaceProject):
        yield from (("land_parcels", parcel_id) for parcel_id in edit.parcel_ids)
    else:
        yield "land_parcels", edit.parcel_id


def _is_leaving(edit: ScenarioEdit) -> bool:
    if isinstance(edit, SetMajor):
        return not edit.is_major
    return isinstance(edit, ExitPark | ChangeLand)


def _state(context: Context, layer: str, row: pd.Series) -> str:
    words = context.words
    if layer == "land_parcels":
        return words.word("state", row["state"])
    if layer == "major_platforms":
        is_major = pd.isna(row["is_major"]) or bool(row["is_major"])
        return words.text("plan_state_major" if is_major else "plan_state_not_major")
    platform_id = row["platform_id"]
    platform = [] if pd.isna(platform_id) else [EditWords(context).name_of("platform", platform_id)]
    return "　".join([words.word("disposition", row["disposition"]), *platform])


LONGEST_NAME = 100


def scenarios_of(context: Context) -> dict[str, Scenario]:
    """Give the scenarios of the workspace by name."""
    require_city(context.source)
    kept_scenarios = up_to_date(read_scenarios(context.path), context.workspace)
    return {
        name: Scenario(name, _edits(kept), kept.adopted_at) for name, kept in kept_scenarios.items()
    }


def scenario_named(context: Context, name: str) -> Scenario:
    """Give a scenario (``scenario_unknown`` with the nearest name)."""
    require_city(context.source)
    kept = _kept(up_to_date(read_scenarios(context.path), context.workspace), name)
    return Scenario(name, _edits(kept), kept.adopted_at)


def add_scenario(context: Context, name: str, edits: Sequence[ScenarioEdit] = ()) -> str:
    """Make a scenario; nothing else is written.

    ``name``: Any text that isn't blank.
    ``edits``: What it begins with.

    Its name, without blanks around.

    Raises PlanningError: ``scenario_name_bad``, ``scenario_name_long``, ``scenario_exists``, and
    those of ``require_consistent``.
    """
    name = " ".join(name.split())
    if not name:
        raise PlanningError("scenario_name_bad")
    if len(name) > LONGEST_NAME:
        raise PlanningError("scenario_name_long", most=LONGEST_NAME)
    require_consistent(edits, context.source)
    require_city(context.source)
    with changing_scenarios(context.path) as scenarios:
        if name in scenarios:
            raise PlanningError("scenario_exists", name=name)
        scenarios[name] = KeptScenario(tuple(to_plain(edit) for edit in edits))
    return name


def edit_scenario(context: Context, name: str, edits: Sequence[ScenarioEdit]) -> None:
    """Add edits to a scenario; where they contradict what it has, nothing is written."""
    require_city(context.source)
    with changing_scenarios(context.path) as scenarios:
        kept = _open(context, scenarios, name)
        together = [*_edits(kept), *edits]
        require_consistent(together, context.source)
        scenarios[name] = replace(kept, edits=tuple(to_plain(edit) for edit in together))


def remove_scenario(context: Context, name: str, number: int | None = None) -> None:
    """Remove a scenario, or the one of its edits with this number (from 1)."""
    require_city(context.source)
    with changing_scenarios(context.path) as scenarios:
        if number is None:
            _kept(scenarios, name)
            del scenarios[name]
            return
        kept = _open(context, scenarios, name)
        if not 1 <= number <= len(kept.edits):
            raise PlanningError(
                "scenario_edit_unknown", name=name, number=number, count=len(kept.edits)
            )
        rest = kept.edits[: number - 1] + kept.edits[number:]
        scenarios[name] = replace(kept, edits=rest)


def read_edits(path: Path) -> list[ScenarioEdit]:
    """Read edits from a JSON file: a list of objects (``file_missing``, ``scenario_file_bad``)."""
    if not path.is_file():
        raise MuPlanError("file_missing", path=str(path))
    try:
        plain: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        plain = None
    if not isinstance(plain, list) or not all(isinstance(edit, dict) for edit in plain):
        raise PlanningError("scenario_file_bad", path=str(path))
    return [from_plain(edit) for edit in plain]


def context_with(context: Context, edits: Sequence[ScenarioEdit]) -> Context:
    """Give the workspace with edits; the base stays untouched."""
    overlay = apply_edits(context.source, edits, context.crs)
    return replace(context, source=ReadOnce(overlay))


@dataclass(frozen=True, eq=False)
class AdoptionSeen:
    """What whoever adopts a scenario looked at.

    ``edits``: The edits of the scenario.
    ``rows``: The rows of the workspace that they change, by layer.
    """

    edits: tuple[ScenarioEdit, ...]
    rows: Mapping[str, pd.DataFrame]


def adoption_seen(context: Context, scenario: Scenario) -> AdoptionSeen:
    """Gather what a scenario would change, as it stands now."""
    overlay = apply_edits(context.source, scenario.edits, context.crs)
    rows = {}
    for layer, ids in overlay.changed.items():
        frame = context.source.read(layer)
        rows[layer] = frame[frame[contract_of(layer).key].isin(ids)]
    return AdoptionSeen(scenario.edits, rows)


def adopt_scenario(context: Context, name: str, seen: AdoptionSeen | None = None) -> Overlay:
    """Write a scenario into the workspace, in one set of changes with its audit.

    ``seen``: What whoever adopts it looked at; None where nobody did.

    The layers are read anew under the workspace's lock: what somebody else wrote since they were
    looked at stays, and edits that no longer fit are refused.

    Which rows were changed and added.

    Raises MuPlanError: ``scenario_unknown``, ``scenario_adopted``, ``scenario_empty``,
    ``scenario_changed_meanwhile``, ``row_changed_meanwhile``, those of ``require_consistent`` and
    of the workspace.
    """
    require_city(context.source)
    at = now()
    with changing_scenarios(context.path) as scenarios:
        kept = _open(context, scenarios, name)
        if not kept.edits:
            raise PlanningError("scenario_empty", name=name)
        if seen is not None and seen.edits != _edits(kept):
            raise PlanningError(
                "scenario_changed_meanwhile", name=name, seen=len(seen.edits), now=len(kept.edits)
            )
        detail = json.dumps(list(kept.edits), ensure_ascii=False)
        source = context.words.text("scenario_source", name=name)
        provenance = Provenance(source, at, detail=detail)
        with context.workspace.edit(actor(), at, kind="adoption", reason=name) as changes:
            overlay = apply_edits(ReadOnce(context.workspace), _edits(kept), context.crs)
            for layer, frame in overlay.frames.items():
                ids = frame[contract_of(layer).key]
                if changed := overlay.changed.get(layer):
                    looked_at = None if seen is None else seen.rows.get(layer)
                    changes.update(layer, frame[ids.isin(changed)], provenance, looked_at)
                if added := overlay.added.get(layer):
                    changes.add(layer, frame[ids.isin(added)], provenance)
        scenarios[name] = replace(kept, adopted_at=at)
    return overlay


def scenario_answer(context: Context, written: Overlay | None = None) -> Answer:
    """Answer ``scenario``: the scenarios with their edits; after an adoption what was written."""
    words, scenarios = context.words, scenarios_of(context)
    listed = edit_frame(context, scenarios)
    names = "、".join(scenarios) or "–"
    lines = [words.text("summary_scenarios", count=len(scenarios), names=names)]
    result: dict[str, object] = {"scenarios": scenario_rows(scenarios)}
    if written is not None:
        rows = written_rows(written)
        result["written"] = rows
        lines = [*written_lines(context, written), *lines]
    return Answer(
        title=words.text("title_scenarios"),
        parameters={},
        result=result,
        sheets=(sheet_of(words, "scenarios", listed),),
        titles=column_titles(words, EDIT_COLUMNS),
        summary=tuple(lines),
    )


def scenario_rows(scenarios: Mapping[str, Scenario]) -> list[dict[str, object]]:
    """Give scenarios as the command prints them."""
    return [
        {
            "name": name, "edits": [to_plain(edit) for edit in scenario.edits],
            "adopted_at": scenario.adopted_at,
        }
        for name, scenario in scenarios.items()
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
    return tuple(from_plain(edit) for edit in kept.edits)


def _kept(scenarios: Mapping[str, KeptScenario], name: str) -> KeptScenario:
    if name not in scenarios:
        raise PlanningError(
            "scenario_unknown", name=name, nearest=nearest_name(name, scenarios) or "–"
        )
    return scenarios[name]


def _open(context: Context, scenarios: Scenarios, name: str) -> KeptScenario:
    """Give a scenario that may be changed, without a mark of an adoption that was undone."""
    kept = _kept(up_to_date(scenarios, context.workspace), name)
    if kept.adopted_at is not None:
        raise PlanningError("scenario_adopted", name=name, adopted_at=kept.adopted_at)
    return kept
