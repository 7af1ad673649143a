"""A city as a scenario has it: the layers it changes are copies, all others those of the base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.units import m2_to_mu
from platforms.land.search import registered_excess_m2
from platforms.matching.demand import demand_of
from platforms.scenario.edits import (
    AddLand,
    ChangeLand,
    ExitPark,
    JoinPark,
    PlaceProject,
    ScenarioEdit,
    SetMajor,
    require_consistent,
)
from platforms.source import LayerSource, competition_of, viewer_of

INDUSTRIAL = "industry"
DEMANDED = ("energy_tce", "emission_t", "pollutant", "emissions_t")
"""What a project states of its needs besides land."""


@dataclass
class Overlay:
    """The layers of a city with the edits of a scenario.

    ``base``: The city, which stays as it is.
    ``frames``: Copies of the layers that are changed.
    ``changed, added``: Keys of the rows changed and added, by layer.
    """

    base: LayerSource
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    added: dict[str, list[str]] = field(default_factory=dict)

    @property
    def viewer(self) -> str | None:
        """Unit that looks, None for the city."""
        return viewer_of(self.base)

    @property
    def sealed(self) -> LayerSource:
        """Layers on which competition between units is judged."""
        return competition_of(self.base)

    def read(self, layer: str) -> pd.DataFrame:
        """Read a layer, as ``LayerSource.read``."""
        return self.frames[layer] if layer in self.frames else self.base.read(layer)

    def put(self, layer: str, key: str, row_id: str, values: Mapping[str, object]) -> None:
        """Change some values of one row."""
        if layer not in self.frames:
            self.frames[layer] = self.base.read(layer).copy()
        frame = self.frames[layer]
        here = frame[key].eq(row_id).fillna(value=False).to_numpy(dtype=bool)
        for column, value in values.items():
            frame.loc[here, column] = cast("Any", value)
        known = [*self.changed.get(layer, ()), *self.added.get(layer, ())]
        if row_id not in known:
            self.changed.setdefault(layer, []).append(row_id)

    def add(self, layer: str, key: str, values: Mapping[str, object], crs: CRS) -> None:
        """Add one row; what isn't given is missing."""
        frame = self.read(layer)
        row = gpd.GeoDataFrame([dict(values)], geometry="geometry", crs=crs)
        row = row.reindex(columns=frame.columns).astype(frame.drop(columns="geometry").dtypes)
        stacked = pd.concat([frame, row], ignore_index=True) if len(frame) else row
        self.frames[layer] = gpd.GeoDataFrame(stacked, geometry="geometry", crs=crs)
        self.added.setdefault(layer, []).append(str(values[key]))


def apply_edits(source: LayerSource, edits: Sequence[ScenarioEdit], crs: CRS) -> Overlay:
    """Return a city as a scenario has it.

    Parameters
    ----------
    source
        The city; nothing in it is changed.
    edits
        What is changed.
    crs
        Projected system of the city in metres.

    Returns
    -------
    Overlay
        A source with the changes, and which rows they are.

    Raises
    ------
    PlanningError
        What ``require_consistent`` raises.
    """
    require_consistent(edits, source)
    overlay = Overlay(source)
    # Land comes first, because a project may be placed on a parcel that is added.
    for edit in sorted(edits, key=lambda edit: not isinstance(edit, AddLand)):
        _apply(overlay, edit, crs)
    return overlay


def _apply(overlay: Overlay, edit: ScenarioEdit, crs: CRS) -> None:
    if isinstance(edit, JoinPark):
        values = {"disposition": "sub_park", "platform_id": edit.platform_id, "exited_on": None}
        overlay.put("parks", "park_id", edit.park_id, values)
    elif isinstance(edit, ExitPark):
        values = {"disposition": "exiting", "platform_id": None, "exited_on": edit.exited_on}
        overlay.put("parks", "park_id", edit.park_id, values)
    elif isinstance(edit, SetMajor):
        is_major = {"is_major": edit.is_major}
        overlay.put("major_platforms", "platform_id", edit.platform_id, is_major)
    elif isinstance(edit, ChangeLand):
        state = {"state": edit.state, "state_on": edit.state_on}
        overlay.put("land_parcels", "parcel_id", edit.parcel_id, state)
    elif isinstance(edit, AddLand):
        land = {
            "parcel_id": edit.parcel_id, "unit_id": edit.unit_id, "state": edit.state,
            "geometry": shapely.from_wkt(edit.wkt),
        }  # fmt: skip
        overlay.add("land_parcels", "parcel_id", land, crs)
    else:
        _place(overlay, edit, crs)


def _place(overlay: Overlay, edit: PlaceProject, crs: CRS) -> None:
    """Allot parcels, energy and emission to a project; the parcels are supplied.

    Land counts with its legal area (S17), as it does where sites are matched and placed.
    What the project doesn't state becomes an allotment without amount: shares that it belongs to
    stay open until somebody fills it in, for what is missing is never none.
    """
    parcels = overlay.read("land_parcels")
    placed = parcels[parcels["parcel_id"].isin(edit.parcel_ids)]
    projects = overlay.read("projects")
    project = projects[projects["project_id"].eq(edit.project_id)].iloc[0]
    shape = shapely.union_all(np.asarray(gpd.GeoDataFrame(placed).geometry.array, dtype=object))
    increments = (
        set(placed["is_increment"].dropna()) if placed["is_increment"].notna().all() else ()
    )
    category = project["category"]
    common = {
        "unit_id": placed["unit_id"].iloc[0],
        "year": int(edit.allotted_on[:4]),
        "allotted_on": edit.allotted_on,
        "allotment_status": "allotted",
        "is_industrial": None if pd.isna(category) else category == INDUSTRIAL,
        "is_increment": next(iter(increments)) if len(increments) == 1 else None,
        "project_id": edit.project_id,
        "parcel_ids": ";".join(edit.parcel_ids),
        "geometry": shape,
    }
    excess_m2 = float(registered_excess_m2(gpd.GeoDataFrame(placed), crs).sum())
    land_mu = m2_to_mu(float(ellipsoidal_area_m2([shape], crs)[0]) + excess_m2)
    needs = [
        {"allotment_id": edit.allotment_id, "element": "land", "land_mu": land_mu},
        *_energy_and_emission(project, edit.allotment_id),
    ]
    for need in needs:
        overlay.add("element_allotments", "allotment_id", {**common, **need}, crs)
    supplied = {"state": "supplied", "state_on": edit.allotted_on}
    for parcel_id in edit.parcel_ids:
        overlay.put("land_parcels", "parcel_id", parcel_id, supplied)


def _energy_and_emission(project: pd.Series, land_id: str) -> list[dict[str, object]]:
    """Return what a project needs besides land, in the words of its demand."""
    demanded = {name: project[name] for name in DEMANDED}
    demand = demand_of({"project_id": str(project["project_id"]), "land_min_mu": 1.0, **demanded})
    needs: list[dict[str, object]] = []
    if demand.energy_tce != 0:
        needs.append(
            {
                "allotment_id": f"{land_id}-energy", "element": "energy",
                "energy_tce": demand.energy_tce,
            }
        )  # fmt: skip
    emissions = ((None, None),) if demand.emissions_t is None else demand.emissions_t
    for pollutant, amount_t in emissions:
        if amount_t != 0:
            name = "emission" if pollutant is None else pollutant
            needs.append(
                {
                    "allotment_id": f"{land_id}-{name}", "element": "emission",
                    "pollutant": pollutant, "emission_t": amount_t,
                }
            )  # fmt: skip
    return needs
