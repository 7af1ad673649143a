"""What the rows of an import say, held against their land and the rest of the workspace."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Floats, Positions, Shapes
from geo.overlay import areas_m2, common_area_m2
from geo.units import RELATIVE_TOLERANCE, compare_all
from layers.contracts import Contract, key_columns
from layers.exchange.checks.faults import FaultRows, FaultTable, Limits, no_land, single_lines
from layers.exchange.request import Mode
from layers.fields import split_list
from layers.validate import Fault, row_names

DECLARED = "area_declared_m2"


@dataclass(frozen=True)
class Holder:
    """A live project that has a parcel.

    ``project_id``: The project.
    ``whole``: The project it is a phase of; itself where it is none.
    """

    project_id: str
    whole: str


Claims = Mapping[str, tuple[Holder, ...]]
"""By parcel, the live projects that have it."""

NO_CLAIMS: Claims = MappingProxyType({})


def declared_lines(
    frame: pd.DataFrame, shapes: Shapes, area_m2: Floats, limits: Limits
) -> list[FaultRows]:
    """Find rows whose declared area is not the measured one.

    ``frame``: Rows with the contract's columns, n.
    ``shapes``: Their valid shapes.
    ``area_m2``: Their areas on the ellipsoid [m²], 0 where there is no land.

    ``declared_area``: at most one. The area of a line is what is declared less what is measured on
    the ellipsoid.

    In Jiaxing the plane is up to 0.036 % larger than the ellipsoid, which is within the limits
    from 1000 m² on: on which of the two an area was declared hardly ever decides.
    """
    if DECLARED not in frame.columns:
        return []
    declared = frame[DECLARED].to_numpy(dtype=np.float64, na_value=np.nan)
    rows = np.flatnonzero(~np.isnan(declared) & (shapely.get_dimensions(shapes) == 2))
    if not len(rows):
        return []
    measured_areas_m2, stated_m2 = area_m2[rows], declared[rows]
    allowed = np.maximum(limits.declared_area_m2, limits.declared_area_share * stated_m2)
    off = compare_all(np.abs(stated_m2 - measured_areas_m2), allowed) > 0
    if not off.any():
        return []
    rows, measured_areas_m2, stated_m2 = rows[off], measured_areas_m2[off], stated_m2[off]
    values = [
        f"{declared_m2:.2f} ≠ {measured_m2:.2f} m²"
        for declared_m2, measured_m2 in zip(
            stated_m2.tolist(), measured_areas_m2.tolist(), strict=True
        )
    ]
    return [
        single_lines(
            "declared_area", DECLARED, rows, values=values, area_m2=stated_m2 - measured_areas_m2,
            make_shapes=lambda: shapes[rows],
        )
    ]  # fmt: skip


def unit_lines(
    frame: pd.DataFrame, shapes: Shapes, units: pd.DataFrame, crs: CRS, limits: Limits
) -> list[FaultRows]:
    """Find rows that lie outside the unit they state, or state one that isn't known.

    ``frame``: Rows with the contract's columns, n.
    ``shapes``: Their valid shapes.
    ``units``: Layer ``units``.

    ``unit_absent`` and ``outside_unit``: what there is of each.
    """
    if "unit_id" not in frame.columns or not isinstance(units, gpd.GeoDataFrame) or not len(units):
        return []
    known = pd.Index(units["unit_id"])
    has_unit = frame["unit_id"].notna().to_numpy()
    unit = known.get_indexer(pd.Index(frame["unit_id"]))
    faults = []
    unknown = np.flatnonzero(has_unit & (unit < 0))
    if len(unknown):
        values = frame["unit_id"].iloc[unknown].astype(str).tolist()
        faults.append(single_lines("unit_absent", "unit_id", unknown, values=values,
                                  make_shapes=lambda: shapes[unknown]))  # fmt: skip
    placed = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    rows = np.flatnonzero(has_unit & (unit >= 0) & placed)
    outlines: Shapes = np.asarray(units.geometry.array, dtype=object)
    share, outside_m2 = _shares(shapes[rows], outlines, unit[rows], crs)
    out = share < limits.inside_unit_share * (1 - RELATIVE_TOLERANCE)
    if out.any():
        rows, share, outside_m2 = rows[out], share[out], outside_m2[out]
        values = [
            f"{unit_id}: {part:.1%}"
            for unit_id, part in zip(frame["unit_id"].iloc[rows], share.tolist(), strict=True)
        ]
        faults.append(single_lines(
            "outside_unit", "unit_id", rows, values=values, area_m2=outside_m2,
            others=_units_of(shapes[rows], outlines, units["unit_id"]),
            make_shapes=lambda: shapes[rows],
        ))  # fmt: skip
    return faults


def _shares(shapes: Shapes, outlines: Shapes, unit: Positions, crs: CRS) -> tuple[Floats, Floats]:
    """Give the part of each shape in its unit, and the land outside [m²]."""
    shapely.prepare(outlines)
    share = np.ones(len(shapes))
    outside = np.zeros(len(shapes))
    crossing = np.flatnonzero(~shapely.covers(outlines[unit], shapes))
    land = shapely.get_dimensions(shapes[crossing]) == 2
    share[crossing[~land]] = 0.0
    outside[crossing[~land]] = np.nan
    some = crossing[land]
    if len(some):
        whole = areas_m2(shapes[some], crs)
        inside = common_area_m2(shapes[some], outlines, np.arange(len(some)), unit[some], crs)
        share[some] = inside / np.where(whole > 0, whole, 1.0)
        outside[some] = np.maximum(whole - inside, 0.0)
    return share, outside


def _units_of(shapes: Shapes, outlines: Shapes, ids: pd.Series) -> list[str]:
    """Name the units in which shapes lie instead, by a point within each."""
    points = shapely.point_on_surface(shapes)
    of_point, of_unit = shapely.STRtree(outlines).query(points, predicate="intersects")
    names = [""] * len(shapes)
    for point, unit in zip(of_point.tolist(), of_unit.tolist(), strict=True):
        names[point] = str(ids.iloc[unit])
    return names


def taken_lines(
    frame: pd.DataFrame,
    contract: Contract,
    shapes: Shapes | None,
    table: FaultTable,
    claims: Claims,
) -> list[FaultRows]:
    """Find parcels on offer that a live project has, and projects that ask for a parcel of another.

    ``frame``: Rows with the contract's columns.
    ``shapes``: Their shapes, None where they have none.

    ``parcel_taken``: at most one.
    """
    if contract.name == "land_parcels":
        offered = frame["state"].isin(table.open_states).to_numpy()
        ids = frame["parcel_id"].astype("object")
        rows = np.flatnonzero(offered & ids.isin(list(claims)).to_numpy())
        others = [_project_ids(claims[str(parcel_id)]) for parcel_id in ids.iloc[rows]]
        column = "parcel_id"
    elif {"parcel_ids", "project_id"} <= set(contract.columns):
        rivals = _claims(frame, contract, claims)
        rows, others = np.array(sorted(rivals), dtype=np.intp), [rivals[p] for p in sorted(rivals)]
        column = "parcel_ids"
    else:
        return []
    if not len(rows):
        return []
    values = frame[column].iloc[rows].astype(str).tolist()
    return [
        single_lines(
            "parcel_taken", column, rows, values=values, others=others,
            make_shapes=_land_of(shapes, rows),
        )
    ]  # fmt: skip


def _project_ids(holders: tuple[Holder, ...]) -> str:
    return ", ".join(holder.project_id for holder in holders)


def _claims(frame: pd.DataFrame, contract: Contract, claims: Claims) -> dict[int, str]:
    """Name, for each row at fault, the projects that have its parcels: of file or workspace."""
    claimed: dict[str, list[tuple[int, Holder]]] = defaultdict(list)
    holders: dict[int, Holder] = {}
    claiming = frame["parcel_ids"].notna()
    if "stage" in frame.columns:
        claiming &= ~frame["stage"].eq("ended").fillna(value=False)
    for row in np.flatnonzero(claiming.to_numpy(dtype=bool)).tolist():
        project = frame["project_id"].iloc[row]
        if not isinstance(project, str):
            continue
        phase = frame["phase_of"].iloc[row] if "phase_of" in frame.columns else None
        holders[row] = Holder(project, phase if isinstance(phase, str) else project)
        for parcel in set(split_list(frame["parcel_ids"].iloc[row])):
            claimed[parcel].append((row, holders[row]))
    renewed = (
        {holder.project_id for holder in holders.values()} if contract.name == "projects" else ()
    )
    rivals_of: dict[int, set[str]] = defaultdict(set)
    for parcel, claimants in claimed.items():
        live = [holder for holder in claims.get(parcel, ()) if holder.project_id not in renewed]
        for row, mine in claimants:
            rivals = [*live, *(other for place, other in claimants if place != row)]
            rivals_of[row] |= {
                rival.project_id for rival in rivals
                if rival.whole not in (mine.whole, mine.project_id)
                and rival.project_id not in (mine.whole, mine.project_id)
            }  # fmt: skip
    return {row: ", ".join(sorted(rivals)) for row, rivals in rivals_of.items() if rivals}


def date_lines(
    frame: pd.DataFrame, shapes: Shapes | None, pairs: tuple[tuple[str, str], ...]
) -> list[FaultRows]:
    """Find rows of which one date lies after another that must come later.

    ``frame``: Rows with the contract's columns; dates are ISO texts.
    ``shapes``: Their shapes, None where they have none.

    ``dates_reversed``, one for each pair that some row breaks.
    """
    faults = []
    for first, second in pairs:
        earlier, later = (frame[name].astype("object") for name in (first, second))
        known = np.flatnonzero((earlier.notna() & later.notna()).to_numpy())
        begins, ends = (side.iloc[known].to_numpy(dtype=str) for side in (earlier, later))
        rows = known[begins > ends]
        if len(rows):
            values = [
                f"{a} > {b}" for a, b in zip(earlier.iloc[rows], later.iloc[rows], strict=True)
            ]
            faults.append(single_lines("dates_reversed", f"{first};{second}", rows, values=values,
                                      make_shapes=_land_of(shapes, rows)))  # fmt: skip
    return faults


def _land_of(shapes: Shapes | None, rows: Positions) -> Callable[[], Shapes]:
    return no_land if shapes is None else lambda: shapes[rows]


def key_faults(
    names: list[str], existing: pd.DataFrame, contract: Contract, mode: Mode
) -> list[Fault]:
    """Find rows that can't be added because they are there, or updated because they aren't.

    ``names``: Keys of the new rows, by ``keys_of``.
    ``mode``: What is to be done with the rows.

    At most one, ``key_exists`` or ``key_absent``.
    """
    if mode == "replace":
        return []
    known = np.isin(np.asarray(names, dtype=object), row_names(existing, contract))
    has_key = np.array([not name.startswith("#") or name in known for name in names], dtype=bool)
    code, wrong = ("key_exists", known) if mode == "add" else ("key_absent", has_key & ~known)
    positions = tuple(int(p) for p in np.flatnonzero(wrong))
    if not positions:
        return []
    column = "/".join(key_columns(contract))
    return [Fault(code, column, tuple(names[p] for p in positions), positions)]


def remaining(
    existing: pd.DataFrame, names: list[str], contract: Contract, mode: Mode
) -> pd.DataFrame:
    """Give the rows of the layer that stay as they are beside new ones.

    ``names``: Keys of the new rows, by ``keys_of``.
    ``mode``: What is to be done with the new rows.
    """
    if mode == "add":
        return existing
    if mode == "replace":
        return existing.head(0)
    return existing[~np.isin(np.asarray(row_names(existing, contract), dtype=object), names)]
