"""Demands, sites and a small city for tests of matching, with every figure round."""

from pathlib import Path

from platforms.elements.quotas import Headroom
from platforms.matching.demand import demand_of
from platforms.matching.gates import judge
from platforms.matching.land_gates import Asking
from platforms.matching.match import evaluate_cut_to_wish, ranked
from platforms.matching.scoring import CRITERIA
from platforms.matching.site import KindFacts, Site, parse_match_table
from platforms.matching.survey import Survey
from tests.planning_frames import CITY_CRS, PLATFORMS, SUB_PARK, UNITS, Frames, jiaxing, rect

TABLE_PATH = Path(__file__).resolve().parents[1] / "data" / "matching" / "criteria.yaml"
TABLE_TEXT = TABLE_PATH.read_text(encoding="utf-8")
TABLE = parse_match_table(TABLE_TEXT, tuple(CRITERIA))
FIT = ("MNR2023", "100101")
SITE_KINDS = ("permanent_farmland", "ecological_redline", "urban_growth_boundary")
"""Kinds of constraint that a site must be checked against (S18)."""


def demand(**values):
    """An industrial project in an unrestricted industry that needs 100 亩 and little else."""
    row = {
        "project_id": "X1", "category": "industry", "industry_code": "C39", "land_min_mu": 100.0,
        "energy_tce": 0.0, "emission_t": 0.0,
    }  # fmt: skip
    return demand_of({**row, **values})


def site(**facts):
    """100 亩 of cleared industrial land wholly on a main platform, nothing in the way."""
    held = {
        "site_id": "LP-1", "parcel_ids": ("D1",), "area_mu": 100.0, "blocked_mu": 0.0,
        "unit_id": "N", "platform_id": "P1", "main_platform_share": 1.0, "major_share": 1.0,
        "zone_share": 1.0, "states": frozenset({"cleared"}), "land_uses": frozenset({FIT}),
        "utilities": frozenset({"road", "water", "power"}), "is_increment": True,
        "standards": {"tax_min_wan_yuan_per_mu": 30.0}, "warnings": (),
        "facility_km": {"expressway_exit": 2.0}, "carved": None,
        "geometry": rect(0, 0, 200, 333),
        "state_dating": "recent",
        "kind_facts": frozenset((kind, KindFacts("covered")) for kind in SITE_KINDS),
    }  # fmt: skip
    return Site(**{**held, **facts})


ROOMS = {("unit", unit_id, "land", None): Headroom(10_000.0, 0.0) for unit_id in "NSZ"}
"""Land enough in every unit; nothing of energy and emissions, of which the project takes none."""


def asking(wanted=None, as_of="2025-06-30", rooms=ROOMS, policy=None, table=TABLE):
    """What a site is held against."""
    return Asking(wanted or demand(), policy or jiaxing(as_of), table, 2024, rooms)


def gate(name, one=None, wanted=None, as_of="2025-06-30", **asked):
    """The answer of one gate."""
    answers = judge(one or site(), asking(wanted, as_of, **asked))
    return next(answer for answer in answers if answer.gate == name)


def parcel(parcel_id, geometry, **values):
    """A parcel on which nothing is missing: cleared, of industrial use, new construction land."""
    row = {
        "parcel_id": parcel_id, "state": "cleared", "land_use_scheme": "MNR2023",
        "land_use_code": "100101", "utilities": "road;water;power", "is_increment": True,
        "tax_min_wan_yuan_per_mu": 30.0, "geometry": geometry,
    }  # fmt: skip
    return {**row, **values}


def quotas(year):
    """Land enough for every unit in a year."""
    return [
        {"quota_id": f"{unit_id}{year}", "unit_id": unit_id, "year": year, "element": "land",
         "land_mu": 10_000.0}
        for unit_id in "NSZ"
    ]  # fmt: skip


def city(parcels, **layers):
    """A city with its units and platforms and these parcels."""
    held = {
        "units": UNITS, "major_platforms": PLATFORMS, "parks": [SUB_PARK],
        "element_quotas": quotas(2024) + quotas(2025),
    }  # fmt: skip
    return Frames(land_parcels=parcels, **{**held, **layers})


def matched(source, wanted=None, as_of="2025-06-30", table=TABLE, year=2024):
    """Match a project that promises what the parcels ask."""
    wanted = wanted or demand(tax_wan_yuan=3000.0)
    policy = jiaxing(as_of)
    survey = Survey(source, policy, table, year, CITY_CRS)
    return ranked(evaluate_cut_to_wish(survey, wanted, policy, table), table)
