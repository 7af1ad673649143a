"""What a scenario changes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Shapes
from geo.overlay import common_area_m2, intersecting_pairs
from geo.tools import nearest_name
from geo.topology import TopologyRule
from layers.fields import FIELDS, split_list
from platforms.errors import PlanningError
from platforms.policy.in_force import iso_day
from platforms.source import LayerSource


@dataclass(frozen=True)
class JoinPark:
    """A park becomes a sub-park of a platform."""

    park_id: str
    platform_id: str


@dataclass(frozen=True)
class ExitPark:
    """A park exits on a day (ISO)."""

    park_id: str
    exited_on: str


@dataclass(frozen=True)
class SetMajor:
    """A platform is, or is no longer, counted among the major platforms."""

    platform_id: str
    is_major: bool


@dataclass(frozen=True)
class AddLand:
    """A parcel is added: its outline [WKT, system of the workspace] and state."""

    parcel_id: str
    unit_id: str
    state: str
    wkt: str


@dataclass(frozen=True)
class ChangeLand:
    """A parcel comes into another state on a day (ISO)."""

    parcel_id: str
    state: str
    state_on: str


@dataclass(frozen=True)
class PlaceProject:
    """A project is given parcels on a day (ISO): land, and the energy and emission it states."""

    project_id: str
    parcel_ids: tuple[str, ...]
    allotted_on: str

    @property
    def allotment_id(self) -> str:
        """Id of the allotment of land it makes; those of energy and emission begin with it."""
        return f"plan-{self.project_id}"


ScenarioEdit = JoinPark | ExitPark | SetMajor | AddLand | ChangeLand | PlaceProject

KINDS: dict[str, type[ScenarioEdit]] = {
    "join_park": JoinPark,
    "exit_park": ExitPark,
    "set_major": SetMajor,
    "add_land": AddLand,
    "change_land": ChangeLand,
    "place_project": PlaceProject,
}
"""Every kind of edit by the name it is kept under."""


def kind_of(edit: ScenarioEdit) -> str:
    """Return the name an edit is kept under."""
    return next(name for name, kind in KINDS.items() if type(edit) is kind)


def to_plain(edit: ScenarioEdit) -> dict[str, Any]:
    """Return an edit as it is kept in a file.

    Examples
    --------
    >>> to_plain(JoinPark("K1", "P1"))
    {'kind': 'join_park', 'park_id': 'K1', 'platform_id': 'P1'}
    """
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(edit).items()}
    return {"kind": kind_of(edit), **values}


def from_plain(plain: Mapping[str, Any]) -> ScenarioEdit:
    """Read an edit as it is kept in a file.

    Parameters
    ----------
    plain
        ``kind`` and the values of that kind.

    Returns
    -------
    ScenarioEdit
        The edit.

    Raises
    ------
    PlanningError
        ``scenario_kind_unknown`` with the nearest field, ``scenario_value_missing``,
        ``scenario_value_bad``.
    """
    kind = str(plain.get("kind", ""))
    if kind not in KINDS:
        raise PlanningError(
            "scenario_kind_unknown", kind=kind, nearest=nearest_name(kind, KINDS) or "–"
        )
    values: dict[str, Any] = {}
    for field in fields(KINDS[kind]):
        value = plain.get(field.name)
        if value is None or value in ("", []):
            raise PlanningError("scenario_value_missing", kind=kind, name=field.name)
        wanted = {"is_major": bool, "parcel_ids": (list, tuple)}.get(field.name, str)
        if not isinstance(value, wanted):  # type: ignore[arg-type]
            raise PlanningError("scenario_value_bad", kind=kind, name=field.name)
        values[field.name] = tuple(map(str, value)) if field.name == "parcel_ids" else value
    return KINDS[kind](**values)


@dataclass(frozen=True)
class Scenario:
    """A scenario of a workspace (方案).

    ``name``: Its name.
    ``edits``: What it changes, in order.
    ``adopted_at``: When it was adopted (ISO), None where it wasn't.
    """

    name: str
    edits: tuple[ScenarioEdit, ...]
    adopted_at: str | None = None


def require_free_land(edits: Sequence[ScenarioEdit], source: LayerSource) -> None:
    """Refuse added land over land that is held, and land given to a project twice.

    Raises PlanningError: ``scenario_land_overlaps``, ``scenario_parcel_taken``,
    ``scenario_project_placed``, ``scenario_units_differ``.

    Less common land than a check of the layer lists (``TopologyRule``) is drawing, not a conflict.
    """
    added = [edit for edit in edits if isinstance(edit, AddLand)]
    placed = [edit for edit in edits if isinstance(edit, PlaceProject)]
    if added:
        _require_apart(added, source)
    if placed:
        _require_unallotted(placed, source)
        _require_one_unit(placed, added, source)


def _require_apart(added: Sequence[AddLand], source: LayerSource) -> None:
    parcels = gpd.GeoDataFrame(source.read("land_parcels"))
    existing: Shapes = np.asarray(parcels.geometry.array, dtype=object)
    added_shapes: Shapes = np.array([shapely.from_wkt(edit.wkt) for edit in added], dtype=object)
    ids = [edit.parcel_id for edit in added]
    everything = np.concatenate([existing, added_shapes])
    names = [*parcels["parcel_id"].astype(str), *ids]
    new, old = intersecting_pairs(added_shapes, everything)
    once = (old < len(existing)) | (old - len(existing) > new)
    new, old = new[once], old[once]
    areas = common_area_m2(added_shapes, everything, new, old, parcels.crs)
    for new_at, other, area_m2 in zip(new, old, areas, strict=True):
        if area_m2 >= TopologyRule().min_overlap_m2:
            raise PlanningError(
                "scenario_land_overlaps", parcel_id=ids[new_at], other_id=names[other],
                area_m2=float(area_m2),
            )  # fmt: skip


def allotted_parcels(source: LayerSource) -> dict[str, str]:
    """Return the parcels that are allotted already, each with the first allotment that names it."""
    allotted: dict[str, str] = {}
    land = _land_allotted(source)
    for allotment_id, listed in zip(land["allotment_id"], land["parcel_ids"], strict=True):
        for parcel_id in split_list(listed):
            allotted.setdefault(parcel_id, str(allotment_id))
    return allotted


def _land_allotted(source: LayerSource) -> pd.DataFrame:
    allotments = pd.DataFrame(source.read("element_allotments"))
    is_land = allotments["element"].eq("land") & allotments["allotment_status"].eq("allotted")
    return allotments[is_land.fillna(value=False).to_numpy(dtype=bool)]


def _require_unallotted(placed: Sequence[PlaceProject], source: LayerSource) -> None:
    """Hold placements against the land allotted in the city: neither side may have it twice."""
    land = _land_allotted(source).drop_duplicates("project_id")
    of_project = dict(zip(land["project_id"], land["allotment_id"].astype(str), strict=True))
    of_parcel = allotted_parcels(source)
    for edit in placed:
        if edit.project_id in of_project:
            allotment_id = of_project[edit.project_id]
            raise PlanningError(
                "scenario_project_placed", project_id=edit.project_id, allotment_id=allotment_id
            )
        for parcel_id in edit.parcel_ids:
            if parcel_id in of_parcel:
                allotment_id = of_parcel[parcel_id]
                raise PlanningError(
                    "scenario_parcel_taken", parcel_id=parcel_id, allotment_id=allotment_id
                )


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
        unit_ids = {
            str(units[parcel_id]) for parcel_id in edit.parcel_ids if not pd.isna(units[parcel_id])
        }
        if len(unit_ids) > 1:
            raise PlanningError(
                "scenario_units_differ",
                project_id=edit.project_id,
                units="、".join(sorted(unit_ids)),
            )


def require_consistent(edits: Sequence[ScenarioEdit], source: LayerSource) -> None:
    """Refuse edits that contradict each other, or name what isn't there.

    Parameters
    ----------
    edits
        The edits of one scenario; their order is irrelevant.
    source
        The city they change.

    Raises
    ------
    PlanningError
        ``scenario_id_unknown`` with the nearest id, ``scenario_id_taken``,
        ``scenario_joined_and_exited``, ``scenario_joined_twice``, ``scenario_edit_twice``,
        ``scenario_parcel_twice``, ``scenario_not_major``, ``scenario_state_unknown``,
        ``scenario_outline_bad``, ``as_of_not_a_date``, and those of ``require_free_land``.
    """
    _require_ids(edits, source)
    _require_values(edits)
    _require_parks_once(edits)
    _require_majors(edits, source)
    _require_parcels_once(edits)
    require_free_land(edits, source)


def _require_ids(edits: Sequence[ScenarioEdit], source: LayerSource) -> None:
    sets: dict[str, set[str]] = {}

    def known(layer: str, key: str) -> set[str]:
        if layer not in sets:
            sets[layer] = set(source.read(layer)[key].astype(str))
        return sets[layer]

    added = {edit.parcel_id for edit in edits if isinstance(edit, AddLand)}
    for edit in edits:
        if isinstance(edit, JoinPark | ExitPark):
            _require_known("park_id", [edit.park_id], known("parks", "park_id"))
        if isinstance(edit, JoinPark | SetMajor):
            known_ids = known("major_platforms", "platform_id")
            _require_known("platform_id", [edit.platform_id], known_ids)
        if isinstance(edit, AddLand):
            _require_known("unit_id", [edit.unit_id], known("units", "unit_id"))
            if edit.parcel_id in known("land_parcels", "parcel_id"):
                raise PlanningError("scenario_id_taken", value=edit.parcel_id)
        if isinstance(edit, ChangeLand):
            _require_known("parcel_id", [edit.parcel_id], known("land_parcels", "parcel_id"))
        if isinstance(edit, PlaceProject):
            _require_known("project_id", [edit.project_id], known("projects", "project_id"))
            existing = [parcel_id for parcel_id in edit.parcel_ids if parcel_id not in added]
            _require_known("parcel_id", existing, known("land_parcels", "parcel_id"))
            if edit.allotment_id in known("element_allotments", "allotment_id"):
                raise PlanningError("scenario_id_taken", value=edit.allotment_id)


def _require_known(column: str, wanted: Iterable[str], known: Collection[str]) -> None:
    for value in wanted:
        if value not in known:
            nearest = nearest_name(value, sorted(known)) or "–"
            raise PlanningError("scenario_id_unknown", column=column, value=value, nearest=nearest)


def _require_values(edits: Sequence[ScenarioEdit]) -> None:
    for edit in edits:
        if isinstance(edit, ExitPark | ChangeLand | PlaceProject):
            iso_day(
                edit.exited_on if isinstance(edit, ExitPark)
                else edit.state_on if isinstance(edit, ChangeLand) else edit.allotted_on
            )  # fmt: skip
        if isinstance(edit, AddLand | ChangeLand) and edit.state not in FIELDS["state"].values:
            nearest = nearest_name(edit.state, FIELDS["state"].values) or "–"
            raise PlanningError("scenario_state_unknown", state=edit.state, nearest=nearest)
        if isinstance(edit, AddLand):
            shape = shapely.from_wkt(edit.wkt, on_invalid="ignore")
            is_area = shape is not None and shape.geom_type in ("Polygon", "MultiPolygon")
            if not is_area or shape.area == 0 or not shape.is_valid:
                raise PlanningError("scenario_outline_bad", parcel_id=edit.parcel_id)


def _require_parks_once(edits: Sequence[ScenarioEdit]) -> None:
    joined: dict[str, str] = {}
    exited = [edit.park_id for edit in edits if isinstance(edit, ExitPark)]
    for edit in edits:
        if not isinstance(edit, JoinPark):
            continue
        if edit.park_id in exited:
            raise PlanningError("scenario_joined_and_exited", park_id=edit.park_id)
        if edit.park_id in joined:
            raise PlanningError(
                "scenario_joined_twice", park_id=edit.park_id, first=joined[edit.park_id],
                second=edit.platform_id,
            )  # fmt: skip
        joined[edit.park_id] = edit.platform_id
    changed = [edit.platform_id for edit in edits if isinstance(edit, SetMajor)]
    placed = [edit.project_id for edit in edits if isinstance(edit, PlaceProject)]
    for group in (exited, changed, placed):
        for value in group:
            if group.count(value) > 1:
                raise PlanningError("scenario_edit_twice", value=value)


def _require_majors(edits: Sequence[ScenarioEdit], source: LayerSource) -> None:
    platforms = source.read("major_platforms")
    major = dict(
        zip(platforms["platform_id"], platforms["is_major"].fillna(value=True), strict=True)
    )
    major |= {edit.platform_id: edit.is_major for edit in edits if isinstance(edit, SetMajor)}
    for edit in edits:
        if isinstance(edit, JoinPark) and not major[edit.platform_id]:
            raise PlanningError(
                "scenario_not_major", park_id=edit.park_id, platform_id=edit.platform_id
            )


def _require_parcels_once(edits: Sequence[ScenarioEdit]) -> None:
    """Refuse a parcel that is added twice, or changed or given to a project twice."""
    added, used = [], []
    for edit in edits:
        if isinstance(edit, AddLand):
            added.append(edit.parcel_id)
        if isinstance(edit, ChangeLand):
            used.append(edit.parcel_id)
        if isinstance(edit, PlaceProject):
            used += edit.parcel_ids
    for group in (added, used):
        for parcel_id in group:
            if group.count(parcel_id) > 1:
                raise PlanningError("scenario_parcel_twice", parcel_id=parcel_id)
