"""Which parks, platforms and parcels a scenario changes: as a list, and laid over the map."""

from collections.abc import Iterator

import geopandas as gpd
import pandas as pd
import shapely

from app.answers.scenario_words import EditWords
from app.context import Context
from layers.maps.highlight import HIGHLIGHT_LIMIT, Highlight
from platforms.scenario.edits import (
    AddLand,
    ChangeLand,
    ExitPark,
    JoinPark,
    PlaceProject,
    ScenarioEdit,
    SetMajor,
)
from platforms.scenario.scenario import Scenario

CHANGED_COLUMNS = ("scenario_name", "row_id", "state_before", "edit_said")
KEYS = {"parks": "park_id", "major_platforms": "platform_id", "land_parcels": "parcel_id"}


def changed_rows(context: Context, scenario: Scenario) -> gpd.GeoDataFrame:
    """List what a scenario changes, one row each, with outlines.

    Returns
    -------
    GeoDataFrame
        ``CHANGED_COLUMNS`` and ``is_leaving``: True for what exits or changes its state, False for
        what is joined, added or given land. A row without outline, or gone, has no shape.
    """
    said = EditWords(context)
    layers = {
        name: gpd.GeoDataFrame(context.source.read(name)).drop_duplicates(key).set_index(key)
        for name, key in KEYS.items()
    }
    added = {e.parcel_id: e for e in scenario.edits if isinstance(e, AddLand)}
    rows, shapes = [], []
    for edit in scenario.edits:
        for layer, row_id in _touched(edit):
            held = layers[layer]
            is_held = row_id in held.index
            if is_held:
                shape = held.at[row_id, "geometry"]
            else:
                new = added.get(row_id)
                shape = None if new is None else shapely.from_wkt(new.wkt, on_invalid="ignore")
            before = _state(context, layer, held.loc[row_id]) if is_held else None
            rows.append((scenario.name, row_id, before, said.sentence(edit), _is_leaving(edit)))
            shapes.append(shape)
    frame = pd.DataFrame(rows, columns=[*CHANGED_COLUMNS, "is_leaving"])
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=context.crs))


def changed_highlights(context: Context, rows: gpd.GeoDataFrame) -> list[Highlight]:
    """Mark what a scenario changes: what leaves in one look, what is joined or added in another."""
    words = context.words
    found = []
    for is_leaving, look, title in (
        (False, "result", "scenario_mark_joining"), (True, "selected", "scenario_mark_leaving"),
    ):  # fmt: skip
        mine = rows[(rows["is_leaving"] == is_leaving) & rows.geometry.notna()][:HIGHLIGHT_LIMIT]
        if len(mine):
            captions = tuple(mine["edit_said"].astype(str))
            found.append(Highlight(look, mine.geometry, captions, words.text(title)))
    return found


def _touched(edit: ScenarioEdit) -> Iterator[tuple[str, str]]:
    if isinstance(edit, JoinPark | ExitPark):
        yield "parks", edit.park_id
    elif isinstance(edit, SetMajor):
        yield "major_platforms", edit.platform_id
    elif isinstance(edit, PlaceProject):
        yield from (("land_parcels", one) for one in edit.parcel_ids)
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
    named = [] if pd.isna(platform_id) else [EditWords(context).named("platform", platform_id)]
    return "　".join([words.word("disposition", row["disposition"]), *named])
