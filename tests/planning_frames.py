"""Small frames for tests of the planning domain, at coordinates that can be reckoned."""

from functools import cache, lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.units import M2_PER_MU
from layers.contracts import CONTRACTS
from layers.validate import conform
from platforms.checks import CheckQuery, run_checks
from platforms.policy.in_force import PolicySet, policy_on
from platforms.policy.pack_file import parse_pack
from platforms.policy.verdict import Verdict

CITY_CRS = CRS(4549)
EAST, NORTH = 550_000.0, 3_400_000.0
PACK_PATH = Path(__file__).resolve().parents[1] / "data" / "policy" / "jiaxing.yaml"
PACK_TEXT = PACK_PATH.read_text(encoding="utf-8")


@cache
def jiaxing(as_of: str = "2025-06-30") -> PolicySet:
    return policy_on(parse_pack(PACK_TEXT, "jiaxing"), as_of)


@cache
def pack_on(name: str, as_of: str = "2025-06-30") -> PolicySet:
    """One of the packs that come with the product."""
    text = (PACK_PATH.parent / f"{name}.yaml").read_text(encoding="utf-8")
    return policy_on(parse_pack(text, name), as_of)


def rect(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    """A rectangle [m] from a corner near Jiaxing."""
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def rect_of_mu(x: float, y: float, area_mu: float) -> shapely.Polygon:
    """A rectangle whose ellipsoidal area is the one given to 1e-12, found by correction."""
    height = width = (area_mu * M2_PER_MU) ** 0.5
    for _ in range(4):
        area = ellipsoidal_area_m2([rect(x, y, width, height)], CITY_CRS)[0] / M2_PER_MU
        width *= area_mu / area
    return rect(x, y, width, height)


@cache
def no_rows(layer: str) -> pd.DataFrame:
    return rows_of(layer, [])


def rows_of(layer: str, rows: list[dict]) -> pd.DataFrame:
    """Rows under the contract of a layer; ``geometry`` is the shape.

    Frames of the same rows are made once, tests being many; each caller has a copy of its own.
    """
    # With the kinds of values: 1, 1.0 and True are alike, and not the same in a table.
    stated = tuple(tuple((key, type(value), value) for key, value in row.items()) for row in rows)
    return _conformed(layer, stated).copy()


@lru_cache(maxsize=1024)
def _conformed(
    layer: str, stated: tuple[tuple[tuple[str, type, object], ...], ...]
) -> pd.DataFrame:
    rows = [{key: value for key, _, value in row} for row in stated]
    contract = CONTRACTS[layer]
    frame = pd.DataFrame(rows)
    if contract.is_spatial:
        shapes = np.array([row.get("geometry") for row in rows], dtype=object)
        plain = frame.drop(columns="geometry", errors="ignore")
        frame = gpd.GeoDataFrame(plain, geometry=shapes, crs=CITY_CRS)
    conformed, resisting = conform(frame, contract, CITY_CRS)
    assert not resisting, resisting
    return conformed


class Frames:
    """A city held in memory: layers by name, empty where none is given."""

    def __init__(self, **layers: list[dict]) -> None:
        self.layers = {name: rows_of(name, rows) for name, rows in layers.items()}

    def read(self, layer: str) -> pd.DataFrame:
        if layer not in self.layers:
            # Tests of anything else stand on a city whose data are all on file.
            return covered_frame(self._unit_ids()) if layer == "data_coverage" else no_rows(layer)
        return self.layers[layer]

    def _unit_ids(self) -> tuple[str, ...]:
        return tuple(self.layers["units"]["unit_id"]) if "units" in self.layers else ()


COVERED = (
    *(("constraints", kind) for kind in (
        "permanent_farmland", "ecological_redline", "urban_growth_boundary", "river_management",
        "industrial_control_line",
    )),
    ("land_parcels", None), ("project_events", None), ("element_quotas", None),
    ("platform_indicators", None), ("enterprise_indicators", None),
)  # fmt: skip
"""Layer and kind of everything a rule may ask for."""


def coverage(layer="constraints", kind="permanent_farmland", unit_id="N", **values: object) -> dict:
    """A statement that data of a kind, of 2025-06-30, cover a unit."""
    row = {
        "coverage_id": f"FG-{layer}-{kind}-{unit_id}", "covered_layer": layer,
        "covered_kind": kind, "unit_id": unit_id, "data_on": "2025-06-30",
        "responsible": "资规局", "source_doc": "测试资料",
    }  # fmt: skip
    return {**row, **values}


@cache
def covered_frame(unit_ids: tuple[str, ...]) -> pd.DataFrame:
    """Make the statements of a city whose data are all on file, dated and covering."""
    rows = [coverage(layer, kind, unit_id) for layer, kind in COVERED for unit_id in unit_ids]
    return rows_of("data_coverage", rows)


UNITS = [
    {"unit_id": "N", "name": "北县", "unit_kind": "county", "geometry": rect(0, 0, 20e3, 20e3)},
    {"unit_id": "S", "name": "南县", "unit_kind": "county", "geometry": rect(20e3, 0, 20e3, 20e3)},
    {"unit_id": "Z", "name": "功能区", "unit_kind": "functional_zone",
     "geometry": rect(15e3, 15e3, 5e3, 5e3)},
]  # fmt: skip
"""Two counties side by side, and a functional zone in the north-east corner of the first."""

PLATFORMS = [
    {"platform_id": "P1", "name": "国家级区", "unit_id": "N", "level": "national",
     "geometry": rect(0, 0, 3000, 3000)},
    {"platform_id": "P2", "name": "市级区", "unit_id": "N", "level": "municipal",
     "geometry": rect(6000, 0, 2000, 2000)},
    {"platform_id": "P3", "name": "省级区", "unit_id": "S", "level": "provincial",
     "geometry": rect(22e3, 0, 3000, 3000)},
]  # fmt: skip

SUB_PARK = {
    "park_id": "K1", "unit_id": "N", "park_kind": "industrial_park", "disposition": "sub_park",
    "platform_id": "P1", "geometry": rect(4000, 0, 1000, 1000),
}  # fmt: skip

INSIDE, OUTSIDE = rect(100, 100, 50, 50), rect(10e3, 10e3, 50, 50)


def allotment(number: int, **values: object) -> dict:
    """An allotment of 1 亩 to an industrial project of county N in 2024, inside P1."""
    row = {
        "allotment_id": f"A{number:03d}", "unit_id": "N", "year": 2024, "element": "land",
        "land_mu": 1.0, "allotment_status": "allotted", "is_industrial": True,
        "is_increment": True, "declared_inside": True, "geometry": INSIDE,
    }  # fmt: skip
    return {**row, **values}


def verdicts_of(
    rule_id: str, city: Frames, *, year: int = 2024, as_of: str = "2025-06-30", policy=None
) -> list[Verdict]:
    """Check one rule on a city held in memory."""
    query = CheckQuery(year, (rule_id,), (), as_of)
    return run_checks(city, query, policy or jiaxing(as_of), CITY_CRS)
