"""What the demonstration city is made from: real names and published facts, read from a file."""

from dataclasses import dataclass, field
from pathlib import Path

from geo.strict_yaml import Fault, read_data
from layers.errors import LayerError

Place = tuple[float, float]
"""Longitude and latitude [°], CGCS2000."""


@dataclass(frozen=True)
class SourceRow:
    """Where a figure was read: title and date of the source, and what finds it again."""

    title: str
    date: str = ""
    page: str = ""
    url: str = ""


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
    approved: list[ApprovedRow] = field(default_factory=list)


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
    sources: dict[str, SourceRow]
    outline: list[Place]
    units: list[UnitRow]
    zones: list[ZoneRow]
    platforms: list[PlatformRow]
    parks: list[ParkRow]
    barriers: list[CourseRow]
    facilities: list[FacilityRow]
    protected: list[ProtectedRow]
    marked_areas: list[ProtectedRow]
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
        return "，".join(word for word in (source.title, source.date) if word)


def read_recipe(path: Path) -> Recipe:
    """Read the recipe file.

    ``path``: YAML file (UTF-8).

    Raises LayerError: ``demo_recipe_missing``, ``demo_recipe_unreadable``,
    ``demo_recipe_key_unknown``, ``demo_recipe_key_missing``.
    """
    if not path.is_file():
        raise LayerError("demo_recipe_missing", path=str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise LayerError("demo_recipe_unreadable", path=str(path)) from error
    return read_data(text, Recipe, str(path), _recipe_error)


def _recipe_error(fault: Fault) -> LayerError:
    """Make the error of a fault of the recipe."""
    key = str(fault.values.get("key", ""))
    if fault.code == "key_unknown":
        nearest = fault.values["nearest"]
        return LayerError("demo_recipe_key_unknown", path=fault.source, key=key, nearest=nearest)
    if fault.code == "key_missing":
        return LayerError("demo_recipe_key_missing", path=fault.source, key=key)
    return LayerError("demo_recipe_unreadable", path=fault.source)
