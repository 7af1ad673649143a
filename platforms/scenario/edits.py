"""What a scenario changes, as plain data: parks joined or leaving, land added, projects placed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from geo.nearest import nearest_name
from platforms.errors import PlanningError


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
    """Give the name an edit is kept under."""
    return next(name for name, kind in KINDS.items() if type(edit) is kind)


def to_plain(edit: ScenarioEdit) -> dict[str, Any]:
    """Give an edit as it is kept in a file.

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
        ``scenario_kind_unknown`` with the nearest one, ``scenario_value_missing``,
        ``scenario_value_bad``.
    """
    kind = str(plain.get("kind", ""))
    if kind not in KINDS:
        raise PlanningError(
            "scenario_kind_unknown", kind=kind, nearest=nearest_name(kind, KINDS) or "–"
        )
    values: dict[str, Any] = {}
    for one in fields(KINDS[kind]):
        value = plain.get(one.name)
        if value is None or value in ("", []):
            raise PlanningError("scenario_value_missing", kind=kind, name=one.name)
        wanted = {"is_major": bool, "parcel_ids": (list, tuple)}.get(one.name, str)
        if not isinstance(value, wanted):  # type: ignore[arg-type]
            raise PlanningError("scenario_value_bad", kind=kind, name=one.name)
        values[one.name] = tuple(map(str, value)) if one.name == "parcel_ids" else value
    return KINDS[kind](**values)
