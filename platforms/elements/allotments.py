"""What each allotment counts for and where."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Flags, Floats, Objects, Shapes
from geo.contiguity import single_parts
from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2
from geo.units import m2_to_mu
from layers.fields import pollutant_name, split_list
from platforms.errors import PlanningError
from platforms.policy.in_force import PolicySet
from platforms.policy.uncertain import Maybe
from platforms.source import LayerSource
from platforms.territory import platform_outlines, shapes_of, undrawn_sub_parks, unit_of_place


@dataclass(frozen=True)
class Outlines:
    """Outlines that count, and those of which it isn't known.

    ``certain``: Polygons that count.
    ``possible``: Polygons that may count: the level of the zone, or the zone of a sub-park, isn't
      stated.
    ``is_on_record``: False where no platform is on record at all, so that nothing can be said of
      any place.
    """

    certain: Shapes
    possible: Shapes
    is_on_record: bool


def zone_outlines(
    platforms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame, policy: PolicySet
) -> Outlines:
    """Give the outlines in use of the provincial-or-higher zones with their sub-parks (S15).

    ``platforms, parks``: Layers ``major_platforms`` and ``parks``.
    ``policy``: States in S15 which levels count.

    Their polygons, in the system of the layers; where a sub-park of theirs isn't drawn, all land
    around may be inside.
    """
    counts, unknown = _zone_level(platforms, policy)
    ids, unknown_ids = platforms["platform_id"][counts], platforms["platform_id"][unknown]
    sub_parks = parks[parks["disposition"].eq("sub_park").fillna(value=False)]
    of_zones = sub_parks["platform_id"].isin(ids)
    unclear = sub_parks["platform_id"].isin(unknown_ids) | sub_parks["platform_id"].isna()
    possible = [shapes_of(platforms[unknown]), shapes_of(sub_parks[unclear])]
    if len(platforms) and len(undrawn_sub_parks(sub_parks[of_zones | unclear])):
        possible.append(np.array([_anywhere(platforms)], dtype=object))
    certain = np.concatenate([shapes_of(platforms[counts]), shapes_of(sub_parks[of_zones])])
    return Outlines(
        certain[~shapely.is_missing(certain)], np.concatenate(possible), len(platforms) > 0
    )


ANYWHERE_M = 200_000.0
"""A sub-park on a list only may lie anywhere this near to the platforms [m]."""


def _anywhere(platforms: gpd.GeoDataFrame) -> shapely.Geometry:
    return shapely.buffer(shapely.box(*platforms.total_bounds), ANYWHERE_M, join_style="mitre")


def approved_outlines(
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    approved: gpd.GeoDataFrame,
    policy: PolicySet,
) -> Outlines:
    """Give the approved outlines (核准四至) of the provincial-or-higher zones (S15).

    ``platforms, parks, approved``: Layers ``major_platforms``, ``parks`` and
      ``approved_boundaries``.
    ``policy``: States in S15 which levels count; its as-of date decides which edition holds.

    Their polygons. A zone whose approved outline isn't on record may have it anywhere in its
    outline in use, which therefore is ``possible``.
    """
    counts, unknown = _zone_level(platforms, policy)
    newest = newest_edition(approved, policy.as_of)
    drawn = newest["platform_id"].isin(platforms["platform_id"][counts])
    undrawn = counts & ~platforms["platform_id"].isin(newest["platform_id"])
    rest = platforms[undrawn | unknown]
    in_use = zone_outlines(rest, parks, policy)
    possible = np.concatenate([in_use.certain, in_use.possible])
    return Outlines(shapes_of(newest[drawn]), possible, len(platforms) > 0)


def _zone_level(platforms: gpd.GeoDataFrame, policy: PolicySet) -> tuple[pd.Series, pd.Series]:
    """Say which platforms are provincial-or-higher zones, and of which it isn't known."""
    levels = policy.setting_texts("S15", "zone_levels")
    return platforms["level"].isin(levels), platforms["level"].isna()


def newest_edition(approved: gpd.GeoDataFrame, as_of: str) -> gpd.GeoDataFrame:
    """Take of each platform the blocks of its newest edition not after the day.

    ``approved``: Layer ``approved_boundaries``.
    ``as_of``: Day (ISO); an edition without a date is older than any.
    """
    dated = approved["edition_on"].fillna("")
    reached = approved[dated <= as_of]
    day = reached["edition_on"].fillna("")
    return reached[day == day.groupby(reached["platform_id"].fillna("")).transform("max")]


AMOUNT_COLUMNS = {"land": "land_mu", "energy": "energy_tce", "emission": "emission_t"}
"""Column that holds the amount of each element."""


def allotment_shapes(allotments: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> Shapes:
    """Find the land of each allotment.

    ``allotments, parcels``: Layers ``element_allotments`` and ``land_parcels``, in one system.

    One per allotment: its polygon, else the union of its parcels (``id#2`` is the second part of a
    parcel); None where it has neither, or where one of its parcels isn't there.
    """
    shapes: Shapes = np.array(allotments.geometry.array, dtype=object)
    lacking = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    wanted = {p: split_list(allotments["parcel_ids"].iloc[p]) for p in lacking}
    known = _parcels_by_name(parcels, {name for names in wanted.values() for name in names})
    for position, names in wanted.items():
        geometries = [known[name] for name in names if name in known]
        whole = bool(names) and len(geometries) == len(names)
        shapes[position] = shapely.union_all(geometries) if whole else None
    return shapes


@dataclass(frozen=True)
class PlaceLayers:
    """Where energy and emission rights take their place from that have no land of their own.

    ``projects, platforms, parks``: Table ``projects``, layers ``major_platforms`` and ``parks``.
    """

    projects: pd.DataFrame
    platforms: gpd.GeoDataFrame
    parks: gpd.GeoDataFrame

    @classmethod
    def of(cls, source: LayerSource) -> "PlaceLayers":
        """Read them."""
        platforms, parks = (gpd.GeoDataFrame(source.read(n)) for n in ("major_platforms", "parks"))
        return cls(source.read("projects"), platforms, parks)


OWN, BY_PROJECT, BY_PLATFORM, BY_PARK = "own", "project", "platform", "park"
"""What the place of an allotment is taken from: its own land, its project's site, the outline of
its platform or of its park."""

COARSE = (BY_PLATFORM, BY_PARK)
"""Places that say where something lies to within an outline only."""

SETTLED = 1e-6
"""So little of an outline beyond a zone, or in it, is drawing."""


def places(
    allotments: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, elsewhere: PlaceLayers | None
) -> tuple[Shapes, Objects]:
    """Find where each allotment lies, and what says so.

    ``allotments, parcels``: Layers ``element_allotments``, with every ``element`` known or missing,
      and ``land_parcels``, in one system.
    ``elsewhere``: For energy and emission rights that name neither shape nor parcel: they lie on
      their project's site, else on their platform or that of the project, else in their park.

    Shapes, None where not known, and ``own``, ``project``, ``platform`` or ``park`` or None for
    each.
    """
    shapes = allotment_shapes(allotments, parcels)
    placed = ~shapely.is_missing(shapes)
    basis: Objects = np.array([OWN if known else None for known in placed], dtype=object)
    lacking = ~placed & allotments["element"].isin(("energy", "emission")).to_numpy(dtype=bool)
    lacking &= allotments["parcel_ids"].isna().to_numpy(dtype=bool)
    if elsewhere is None or not lacking.any():
        return shapes, basis
    finder = _PlaceFinder(allotments, shapes, parcels, elsewhere)
    for row in np.flatnonzero(lacking):
        shapes[row], basis[row] = finder.place(allotments.iloc[row])
    return shapes, basis


class _PlaceFinder:
    """Finds places of projects, platforms and parks, each once."""

    def __init__(
        self,
        allotments: gpd.GeoDataFrame,
        shapes: Shapes,
        parcels: gpd.GeoDataFrame,
        elsewhere: PlaceLayers,
    ) -> None:
        self._elsewhere = elsewhere
        projects = elsewhere.projects.drop_duplicates("project_id")
        self._platform_of = dict(zip(projects["project_id"], projects["platform_id"], strict=True))
        self._sites = _project_sites(allotments, shapes, projects, parcels)
        self._outlines: dict[tuple[str, str], shapely.Geometry | None] = {}

    def place(self, row: "pd.Series[Any]") -> tuple[shapely.Geometry | None, str | None]:
        """Return the place of one allotment, and what says so; None where nothing does."""
        project_id = row["project_id"]
        site = None if pd.isna(project_id) else self._sites.get(project_id)
        if site is not None:
            return site, BY_PROJECT
        stated = row["platform_id"]
        if pd.isna(stated) and not pd.isna(project_id):
            stated = self._platform_of.get(project_id)
        for basis, name in ((BY_PLATFORM, stated), (BY_PARK, row["park_id"])):
            outline = None if pd.isna(name) else self._outline(basis, str(name))
            if outline is not None:
                return outline, basis
        return None, None

    def _outline(self, basis: str, name: str) -> shapely.Geometry | None:
        if (basis, name) not in self._outlines:
            platforms, parks = self._elsewhere.platforms, self._elsewhere.parks
            if basis == BY_PLATFORM:
                here = platforms["platform_id"].eq(name).fillna(value=False)
                drawn = platform_outlines(platforms[here], parks)
            else:
                drawn = shapes_of(parks[parks["park_id"].eq(name).fillna(value=False)])
            drawn = drawn[~(shapely.is_missing(drawn) | shapely.is_empty(drawn))]
            self._outlines[basis, name] = shapely.union_all(drawn) if len(drawn) else None
        return self._outlines[basis, name]


def _project_sites(
    allotments: gpd.GeoDataFrame, shapes: Shapes, projects: pd.DataFrame, parcels: gpd.GeoDataFrame
) -> dict[Hashable, shapely.Geometry]:
    """Find the land of projects: what was allotted to them, else the parcels they name.

    A project of whose land a part isn't known is left out.
    """
    named = gpd.GeoDataFrame(
        {"parcel_ids": projects["parcel_ids"]}, geometry=[None] * len(projects), crs=parcels.crs
    )
    sites = dict(zip(projects["project_id"], allotment_shapes(named, parcels), strict=True))
    is_land = allotments["element"].eq("land") & allotments["project_id"].notna()
    rows = np.flatnonzero(is_land.fillna(value=False).to_numpy(dtype=bool))
    by_project = pd.Series(rows).groupby(allotments["project_id"].to_numpy(dtype=object)[rows])
    for project_id, own in by_project:
        lots = shapes[own.to_numpy()]
        sites[project_id] = (
            None if shapely.is_missing(lots).any() else shapely.union_all(lots)
        ) or sites.get(project_id)
    return {project_id: site for project_id, site in sites.items() if site is not None}


def parts_inside(allotments: "Allotments", outlines: Outlines, crs: CRS) -> tuple[Floats, Floats]:
    """Measure what part of each allotment lies inside, at least and at most, as ``inside_shares``.

    Of one placed by an outline only that is said where the outline lies inside, or outside, as a
    whole: where in it the energy is used isn't known.
    """
    least, most = inside_shares(allotments.shapes, outlines, crs)
    across = allotments.is_coarse & (least < 1 - SETTLED) & (most > SETTLED)
    whole = allotments.is_coarse & (least >= 1 - SETTLED)
    none = allotments.is_coarse & (most <= SETTLED)
    least = np.where(across | none, 0.0, np.where(whole, 1.0, least))
    most = np.where(across | whole, 1.0, np.where(none, 0.0, most))
    return least, most


def inside_shares(shapes: Shapes, outlines: Outlines, crs: CRS) -> tuple[Floats, Floats]:
    """Measure what part of each shape lies inside, at least and at most.

    ``shapes``: Polygons in ``crs``, array of n; None: unknown.
    ``crs``: Projected system in metres.

    Shares (0–1) of the ellipsoidal area; 0 and 1 where the place isn't known. They are equal unless
    the shape meets an outline of which it isn't known whether it counts.
    """
    areas = ellipsoidal_area_m2(shapes, crs) if len(shapes) else np.zeros(0)
    least, most = np.zeros(len(shapes)), np.ones(len(shapes))
    placed = (areas > 0) & outlines.is_on_record
    inside = area_inside_m2(shapes[placed], outlines.certain, crs)
    least[placed] = np.minimum(inside / areas[placed], 1.0)
    most[placed] = least[placed]
    if len(outlines.possible):
        both = np.concatenate([outlines.certain, outlines.possible])
        widest = area_inside_m2(shapes[placed], both, crs)
        most[placed] = np.minimum(widest / areas[placed], 1.0)
    return least, most


def amounts(allotments: gpd.GeoDataFrame, shapes: Shapes, crs: CRS) -> Floats:
    """Give the amount of each allotment in the unit of its element.

    ``allotments``: Layer ``element_allotments``, with every ``element`` known or missing.
    ``crs``: Projected system in metres.

    亩, 吨标煤 or 吨, array of n; land without a figure is measured on the ellipsoid; NaN where the
    amount isn't known.
    """
    amount = np.full(len(allotments), np.nan)
    element = allotments["element"].fillna("").to_numpy(dtype=object)
    for name, column in AMOUNT_COLUMNS.items():
        rows = element == name
        amount[rows] = allotments[column].to_numpy(dtype=float)[rows]
    measured = np.isnan(amount) & (element == "land") & ~shapely.is_missing(shapes)
    if measured.any():
        amount[measured] = m2_to_mu(ellipsoidal_area_m2(shapes[measured], crs))
    return amount


def _parcels_by_name(parcels: gpd.GeoDataFrame, names: set[str]) -> dict[str, shapely.Geometry]:
    """Find the parcels, and parts of parcels, that are named."""
    if not names:
        return {}
    ids = parcels["parcel_id"].to_numpy(dtype=object)
    rows = np.flatnonzero(np.isin(ids, sorted({name.split("#")[0] for name in names} | names)))
    shapes: Shapes = np.asarray(parcels.geometry.array, dtype=object)[rows]
    known = dict(zip(ids[rows], shapes, strict=True))
    parts, of_row, number = single_parts(shapes)
    for part, row, count in zip(parts, of_row, number, strict=True):
        if count:
            known[f"{ids[rows[row]]}#{count}"] = part
    return known


CITY = "city"
"""Stands for the whole city where a unit is named."""


@dataclass(frozen=True)
class Cell:
    """What one share is about: unit (or the city), element, pollutant, first and last year."""

    unit_id: str
    element: str
    pollutant: str | None
    first_year: int | None
    last_year: int | None


@dataclass(frozen=True)
class Allotments:
    """The allotments, n rows.

    ``ids``: Their ids.
    ``unit_id, element, pollutant, status``: Texts, None where not known.
    ``year``: Year, NaN where not known.
    ``amount``: 亩, 吨标煤 or 吨 by element, NaN where not known.
    ``industrial, increment``: Whether it is for an industrial project, whether it is new
      construction land.
    ``declared_inside``: True where declared so.
    ``shapes``: The land, None where not known.
    ``basis``: What its place is taken from (``own``, ``project``, ``platform``, ``park``), None
      where the place isn't known; None for all where nobody asked.
    """

    ids: Objects
    unit_id: Objects
    element: Objects
    pollutant: Objects
    status: Objects
    year: Floats
    amount: Floats
    industrial: Maybe
    increment: Maybe
    declared_inside: Flags
    shapes: Shapes
    basis: Objects | None = None

    @property
    def is_coarse(self) -> Flags:
        """True where the place is an outline somewhere in which it lies."""
        if self.basis is None:
            return np.zeros(len(self.ids), dtype=bool)
        return np.isin(self.basis.astype(str), COARSE)

    def borrowed_places(self, rows: Flags) -> tuple[tuple[str, str], ...]:
        """List the allotments without land of their own, and what their place is taken from.

        ``rows``: True for those asked about.

        Allotment and code of a sentence.
        """
        if self.basis is None:
            return ()
        return tuple(
            (str(self.ids[row]), f"allotment_placed_by_{self.basis[row]}")
            for row in np.flatnonzero(rows)
            if self.basis[row] not in (None, OWN)
        )


def read_allotments(
    allotments: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    crs: CRS,
    elsewhere: PlaceLayers | None = None,
) -> Allotments:
    """Find what each allotment counts for.

    ``allotments, parcels, units``: Layers ``element_allotments``, ``land_parcels`` and ``units``,
      in ``crs``.
    ``crs``: Projected system in metres.
    ``elsewhere``: As for ``places``.

    Unit stated, else by place; year stated, else of ``allotted_on``; element stated, else the only
    one with an amount.
    """
    element = allotments["element"].fillna(_only_element(allotments))
    shapes, basis = places(allotments.assign(element=element), parcels, elsewhere)
    drawn = gpd.GeoSeries(shapes, index=allotments.index, crs=crs)
    unit_id = allotments["unit_id"].where(allotments["unit_id"].isin(units["unit_id"]))
    lost = unit_id.isna()
    unit_id[lost] = unit_of_place(drawn[lost], units)
    of_date = pd.to_numeric(allotments["allotted_on"].str[:4], errors="coerce").astype("Int64")
    return Allotments(
        ids=_texts(allotments["allotment_id"]),
        unit_id=_texts(unit_id),
        element=_texts(element),
        pollutant=_texts(allotments["pollutant"].map(pollutant_name, na_action="ignore")),
        status=_texts(allotments["allotment_status"]),
        year=allotments["year"].fillna(of_date).to_numpy(dtype=float, na_value=np.nan),
        amount=amounts(allotments.assign(element=element), shapes, crs),
        industrial=_answer(allotments["is_industrial"]),
        increment=_answer(allotments["is_increment"]),
        declared_inside=_answer(allotments["declared_inside"]).yes,
        shapes=shapes,
        basis=basis,
    )


def made_until(allotments: gpd.GeoDataFrame, as_of: str) -> gpd.GeoDataFrame:
    """Leave out what is dated after a day, but for what is only planned.

    ``allotments``: Layer ``element_allotments``; without a day the year decides.
    """
    later = allotments["allotted_on"].fillna("") > as_of
    planned = allotments["allotment_status"].eq("planned").fillna(value=False)
    return allotments[~(later & ~planned).to_numpy(dtype=bool)].reset_index(drop=True)


def with_further(
    allotments: gpd.GeoDataFrame, further: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Append allotments that are only considered, as if they were made.

    ``allotments``: Layer ``element_allotments``.
    ``further``: Rows of the same kind, None for none; their status counts as allotted.

    Raises PlanningError: ``what_if_id_taken`` where an id is already there.
    """
    if further is None or further.empty:
        return allotments
    ids = pd.concat([allotments["allotment_id"], further["allotment_id"]])
    duplicates = ids[ids.duplicated()]
    if len(duplicates):
        raise PlanningError("what_if_id_taken", rows=", ".join(sorted(set(duplicates))))
    # Considered now: a day to come must not leave it out.
    of_day = pd.to_numeric(further["allotted_on"].str[:4], errors="coerce").astype("Int64")
    undated = pd.Series(pd.NA, index=further.index, dtype=further["allotted_on"].dtype)
    allotted = further.assign(
        allotment_status="allotted", year=further["year"].fillna(of_day), allotted_on=undated
    )
    if allotments.empty:
        return allotted
    return gpd.GeoDataFrame(
        pd.concat([allotments, allotted], ignore_index=True), crs=allotments.crs
    )


def counts_in(allotments: Allotments, cell: Cell, status: str = "allotted") -> Maybe:
    """Say which allotments count in a share: those made to industrial projects (产业项目).

    ``status``: ``allotted`` for those made, ``planned`` for those that are to be.
    """
    return allotments.industrial & on_record(allotments, cell, status)


def on_record(allotments: Allotments, cell: Cell, status: str = "allotted") -> Maybe:
    """Say which allotments were made in a cell, to whatever kind of project."""
    answer = _equals(allotments.status, status) & _equals(allotments.element, cell.element)
    if cell.unit_id != CITY:
        answer = answer & _equals(allotments.unit_id, cell.unit_id)
    if cell.pollutant is not None:
        answer = answer & _equals(allotments.pollutant, cell.pollutant)
    undated = np.isnan(allotments.year)
    if cell.first_year is not None:
        answer = answer & Maybe(allotments.year >= cell.first_year, undated)
    if cell.last_year is not None:
        answer = answer & Maybe(allotments.year <= cell.last_year, undated)
    return answer


def open_points(
    allotments: Allotments, cell: Cell, rows: Flags, unplaced: Flags
) -> tuple[tuple[str, str], ...]:
    """List what isn't known of the allotments of a share.

    ``rows``: True for those that count or may count.
    ``unplaced``: True where it isn't settled what part lies inside.

    Allotment and code of the first thing missing; settled allotments aren't listed.
    """
    shapeless = np.array([shape is None for shape in allotments.shapes], dtype=bool)
    tests = {
        "allotment_industrial_unknown": allotments.industrial.open,
        "allotment_status_unknown": _lacks(allotments.status),
        "allotment_unit_unknown": _lacks(allotments.unit_id) & (cell.unit_id != CITY),
        "allotment_year_unknown": np.isnan(allotments.year) & (cell.last_year is not None),
        "allotment_element_unknown": _lacks(allotments.element),
        "allotment_pollutant_unknown": _lacks(allotments.pollutant) & (cell.pollutant is not None),
        "allotment_amount_unknown": np.isnan(allotments.amount),
        "allotment_place_unknown": unplaced & shapeless,
        "allotment_zone_unknown": unplaced,
    }
    codes: dict[str, str] = {}
    for code, lacking in tests.items():
        for allotment_id in allotments.ids[rows & lacking]:
            codes.setdefault(str(allotment_id), code)
    return tuple(sorted(codes.items()))


def _lacks(values: Objects) -> Flags:
    return np.asarray(pd.isna(values), dtype=bool)


def _equals(values: Objects, wanted: str) -> Maybe:
    return Maybe(np.asarray(values == wanted, dtype=bool), _lacks(values))


def _answer(column: pd.Series) -> Maybe:
    yes = column.fillna(value=False).to_numpy(dtype=bool)
    return Maybe(yes, column.isna().to_numpy(dtype=bool))


def _texts(column: pd.Series) -> Objects:
    values = column.to_numpy(dtype=object)
    values[column.isna().to_numpy(dtype=bool)] = None
    return values


def _only_element(allotments: gpd.GeoDataFrame) -> pd.Series:
    """Name the element of which alone an amount is given."""
    has_amount = allotments[list(AMOUNT_COLUMNS.values())].notna()
    names = {column: element for element, column in AMOUNT_COLUMNS.items()}
    only = has_amount.idxmax(axis=1).map(names) if len(has_amount) else pd.Series(dtype="str")
    return only.where(has_amount.sum(axis=1) == 1)
