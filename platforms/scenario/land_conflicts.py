"""Land that a scenario adds or gives away although it is held or given already."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.edges import Shapes
from geo.faults import TopologyRule
from geo.overlay import common_area_m2, intersecting_pairs
from layers.fields import split_list
from platforms.errors import PlanningError
from platforms.scenario.edits import AddLand, PlaceProject, ScenarioEdit
from platforms.source import LayerSource


def require_free_land(edits: Sequence[ScenarioEdit], source: LayerSource) -> None:
    """Refuse added land over land that is held, and land given to a project twice.

    Parameters
    ----------
    edits
        The edits of one scenario, whose ids are known and outlines valid.
    source
        The city they change.

    Raises
    ------
    PlanningError
        ``scenario_land_overlaps``, ``scenario_parcel_taken``, ``scenario_project_placed``,
        ``scenario_units_differ``.

    Notes
    -----
    Less common land than a check of the layer lists (``TopologyRule``) is drawing, not a conflict.
    """
    added = [edit for edit in edits if isinstance(edit, AddLand)]
    placed = [edit for edit in edits if isinstance(edit, PlaceProject)]
    if added:
        _require_apart(added, source)
    if placed:
        _require_not_given(placed, source)
        _require_one_unit(placed, added, source)


def _require_apart(added: Sequence[AddLand], source: LayerSource) -> None:
    parcels = gpd.GeoDataFrame(source.read("land_parcels"))
    held: Shapes = np.asarray(parcels.geometry.array, dtype=object)
    given: Shapes = np.array([shapely.from_wkt(edit.wkt) for edit in added], dtype=object)
    ids = [edit.parcel_id for edit in added]
    everything = np.concatenate([held, given])
    names = [*parcels["parcel_id"].astype(str), *ids]
    new, old = intersecting_pairs(given, everything)
    once = (old < len(held)) | (old - len(held) > new)
    new, old = new[once], old[once]
    areas = common_area_m2(given, everything, new, old, parcels.crs)
    for one, other, area_m2 in zip(new, old, areas, strict=True):
        if area_m2 >= TopologyRule().min_overlap_m2:
            raise PlanningError(
                "scenario_land_overlaps", parcel_id=ids[one], other_id=names[other],
                area_m2=float(area_m2),
            )  # fmt: skip


def given_parcels(source: LayerSource) -> dict[str, str]:
    """Give the parcels that are allotted already, each with the first allotment that names it."""
    given: dict[str, str] = {}
    land = _land_allotted(source)
    for allotment_id, listed in zip(land["allotment_id"], land["parcel_ids"], strict=True):
        for parcel_id in split_list(listed):
            given.setdefault(parcel_id, str(allotment_id))
    return given


def _land_allotted(source: LayerSource) -> pd.DataFrame:
    allotments = pd.DataFrame(source.read("element_allotments"))
    is_land = allotments["element"].eq("land") & allotments["allotment_status"].eq("allotted")
    return allotments[is_land.fillna(value=False).to_numpy(dtype=bool)]


def _require_not_given(placed: Sequence[PlaceProject], source: LayerSource) -> None:
    """Hold placements against the land allotted in the city: neither side may have it twice."""
    land = _land_allotted(source).drop_duplicates("project_id")
    of_project = dict(zip(land["project_id"], land["allotment_id"].astype(str), strict=True))
    of_parcel = given_parcels(source)
    for edit in placed:
        if edit.project_id in of_project:
            held = of_project[edit.project_id]
            raise PlanningError(
                "scenario_project_placed", project_id=edit.project_id, allotment_id=held
            )
        for parcel_id in edit.parcel_ids:
            if parcel_id in of_parcel:
                held = of_parcel[parcel_id]
                raise PlanningError("scenario_parcel_taken", parcel_id=parcel_id, allotment_id=held)


def _require_one_unit(
    placed: Sequence[PlaceProject], added: Sequence[AddLand], source: LayerSource
) -> None:
    """Refuse a placement across units: an allotment counts in one unit only."""
    parcels = source.read("land_parcels")
    wanted = {parcel_id for edit in placed for parcel_id in edit.parcel_ids}
    rows = parcels[parcels["parcel_id"].isin(wanted)]
    units = dict(zip(rows["parcel_id"].astype(str), rows["unit_id"], strict=True))
    units |= {edit.parcel_id: edit.unit_id for edit in added}
    for edit in placed:
        found = {str(units[one]) for one in edit.parcel_ids if not pd.isna(units[one])}
        if len(found) > 1:
            raise PlanningError(
                "scenario_units_differ", project_id=edit.project_id, units="、".join(sorted(found))
            )
