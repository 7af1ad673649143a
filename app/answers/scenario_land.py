"""Land to add to a scenario: the outline of a park, or the polygons of a file."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from app.context import Context
from layers.exchange.read import read_file
from platforms.errors import PlanningError
from platforms.scenario.edits import AddLand

MOST_ADDED = 500


def added_from_park(
    context: Context, park_id: str, parcel_id: str, unit_id: str, state: str
) -> list[AddLand]:
    """Add what of a park is no parcel yet.

    Parameters
    ----------
    context
        Workspace.
    park_id
        The park.
    parcel_id, unit_id, state
        Of the new parcel; a blank id is refused.

    Returns
    -------
    list of AddLand
        One parcel, of one part or more.

    Raises
    ------
    PlanningError
        ``scenario_parcel_id_missing``, ``scenario_park_full`` where all of it is held.
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

    Parameters
    ----------
    context
        Workspace.
    name
        Name of the file; only its ending is used.
    content
        The file.
    parcel_id, unit_id, state
        Of the new parcels; several are numbered.

    Returns
    -------
    list of AddLand
        One a polygon row.

    Raises
    ------
    MuPlanError
        ``scenario_parcel_id_missing``, ``scenario_file_no_land``, ``scenario_file_many``, and
        those of reading a file.
    """
    _require_id(parcel_id)
    ending = "".join(Path(name).suffixes[-1:])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"land{ending}"
        path.write_bytes(content)
        frame = read_file(path, encoding=None, source_layer=None).frame
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        raise PlanningError("scenario_file_no_land")
    shapes = [_areas(one) for one in frame.to_crs(context.crs).geometry]
    land = [one for one in shapes if one is not None]
    if not land:
        raise PlanningError("scenario_file_no_land")
    if len(land) > MOST_ADDED:
        raise PlanningError("scenario_file_many", count=len(land), most=MOST_ADDED)
    ids: Sequence[str] = (
        [parcel_id] if len(land) == 1 else [f"{parcel_id}-{n}" for n in range(1, len(land) + 1)]
    )
    return [AddLand(one, unit_id, state, shape.wkt) for one, shape in zip(ids, land, strict=True)]


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
