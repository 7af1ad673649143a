"""What cannot be meant together in one scenario, and ids that nothing in the city has."""

from collections.abc import Collection, Iterable, Sequence

import shapely

from geo.nearest import nearest_name
from layers.fields import FIELDS
from platforms.errors import PlanningError
from platforms.policy.dated import iso_day
from platforms.scenario.edits import (
    AddLand,
    ChangeLand,
    ExitPark,
    JoinPark,
    PlaceProject,
    ScenarioEdit,
    SetMajor,
)
from platforms.scenario.land_conflicts import require_free_land
from platforms.source import LayerSource


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
            held = [one for one in edit.parcel_ids if one not in added]
            _require_known("parcel_id", held, known("land_parcels", "parcel_id"))
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
