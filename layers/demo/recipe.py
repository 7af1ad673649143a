"""What the demonstration city is made from: real names and published facts, read from a file."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml

from geo.tools import nearest_name
from layers.errors import LayerError

Place = tuple[float, float]
"""Longitude and latitude [°], CGCS2000."""


@dataclass(frozen=True)
class UnitRow:
    """One county-level unit: towns its outline grows from, land area it is fitted to [km²]."""

    unit_id: str
    name: str
    seats: list[Place]
    land_km2: float
    source: str
    confidence: str = "ok"


@dataclass(frozen=True)
class ZoneRow:
    """One functional zone (功能区) inside its host units."""

    unit_id: str
    name: str
    at: Place
    km2: float
    turn: float
    stretch: float
    hosts: list[str]
    source: str


@dataclass(frozen=True)
class ApprovedRow:
    """One block of an approved boundary (核准四至) in one edition."""

    name: str
    km2: float
    edition: str
    edition_on: str
    status: str
    drawn_km2: float | None = None


@dataclass(frozen=True)
class PlatformRow:
    """One platform of the register; ``parts`` are pieces of its outline (lon, lat, km²)."""

    platform_id: str
    name: str
    short: str
    unit_id: str
    level: str
    parts: list[tuple[float, float, float]]
    boundary_kind: str
    turn: float
    leading: list[str]
    specialty: list[str]
    register_on: str
    source: str
    is_major: bool = True
    declared_mu: float | None = None
    extra_reason: str | None = None
    extra_review_on: str | None = None
    note: str | None = None
    confidence: str = "ok"
    approved: list[ApprovedRow] = dataclasses.field(default_factory=list)


@dataclass(frozen=True)
class ParkRow:
    """One town park and what became of it (``sub_park|exiting|exited|unclassified``)."""

    unit_id: str
    town: str
    at: Place
    fate: str
    name: str | None = None
    kind: str = "industrial_park"
    baseline: bool = True
    opted_in: bool | None = None
    exited_on: str | None = None


@dataclass(frozen=True)
class CourseRow:
    """A road, railway, river or pipeline by its schematic course."""

    name: str
    width_m: float
    course: list[Place]
    barrier_class: str = ""
    drawn: str = "line"


@dataclass(frozen=True)
class FacilityRow:
    """One facility by name and place."""

    name: str
    facility_kind: str
    at: Place


@dataclass(frozen=True)
class ProtectedRow:
    """One protected place with its size."""

    name: str
    constraint_kind: str
    at: Place
    km2: float


@dataclass(frozen=True)
class HillRow:
    """One hill: top above the plain [m] and radius [m]."""

    name: str
    at: Place
    height_m: float
    radius_m: float


@dataclass(frozen=True)
class ProductRow:
    """A four-digit industry class and what a demo project of it makes."""

    industry_code: str
    product: str


@dataclass(frozen=True)
class Cases:
    """Units and platforms that show a special case, whatever the seed."""

    share_exact_unit: str
    share_low_unit: str
    no_shape_units: list[str]
    platform_without_2025: str


@dataclass(frozen=True)
class Recipe:
    """Everything the demo is made from."""

    title: str
    crs: str
    as_of: str
    sources: dict[str, dict[str, str]]
    outline: list[Place]
    units: list[UnitRow]
    zones: list[ZoneRow]
    platforms: list[PlatformRow]
    parks: list[ParkRow]
    barriers: list[CourseRow]
    facilities: list[FacilityRow]
    protected: list[ProtectedRow]
    pipelines: list[CourseRow]
    hills: list[HillRow]
    flood_level_m: float
    products: list[ProductRow]
    cases: Cases

    @property
    def assessed(self) -> list[UnitRow | ZoneRow]:
        """The nine units of assessment: counties, then functional zones."""
        return [*self.units, *self.zones]

    def source_words(self, key: str) -> str:
        """Give title and date of a source as one line."""
        source = self.sources[key]
        return "，".join(word for word in (source["title"], source.get("date", "")) if word)


def read_recipe(path: Path) -> Recipe:
    """Read the recipe file.

    ``path``: YAML file (UTF-8).

    Raises LayerError: ``demo_recipe_missing``, ``demo_recipe_unreadable``,
    ``demo_recipe_key_unknown``, ``demo_recipe_key_missing``.
    """
    if not path.is_file():
        raise LayerError("demo_recipe_missing", path=str(path))
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LayerError("demo_recipe_unreadable", path=str(path)) from error
    if not isinstance(data, dict):
        raise LayerError("demo_recipe_unreadable", path=str(path))
    return _row(Recipe, data, path)


Row = TypeVar("Row")


def _row(kind: type[Row], data: dict[str, Any], path: Path) -> Row:
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if unknown := [key for key in data if key not in fields]:
        raise LayerError(
            "demo_recipe_key_unknown", path=str(path), key=str(unknown[0]),
            nearest=nearest_name(str(unknown[0]), fields),
        )  # fmt: skip
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in data:
            values[name] = _value(field.type, data[name], path)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise LayerError("demo_recipe_key_missing", path=str(path), key=name)
    return kind(**values)


def _value(kind: Any, given: Any, path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    inner = get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _row(kind, given, path)
    if isinstance(given, list) and inner:
        if dataclasses.is_dataclass(inner[0]):
            return [_value(inner[0], item, path) for item in given]
        if any(isinstance(item, list) for item in given):
            return [tuple(item) for item in given]
    return given
