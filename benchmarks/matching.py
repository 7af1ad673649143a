"""Matching: gates and values of every candidate at once, against the plain loop per site."""

from functools import partial
from pathlib import Path

import numpy as np
import shapely
from geopandas import GeoDataFrame
from pyproj import CRS

from benchmarks.contest import Contest, Figures
from platforms.elements.allotments import read_allotments
from platforms.elements.quotas import Quotas
from platforms.matching.demand import Demand
from platforms.matching.explanation import weight_ranges, would_be_first
from platforms.matching.land_gates import ProjectStatus
from platforms.matching.match import Evaluation, evaluate, ranked
from platforms.matching.scoring import CRITERIA, Surroundings, rank
from platforms.matching.site import KindFacts, MatchTable, Site, columns_of, parse_match_table
from platforms.matching.survey import MatchInputs
from platforms.policy.in_force import policy_on
from platforms.policy.pack_file import parse_pack

CITY = CRS(4549)
SLIDER_SITES = 5_000
KINDS = ("permanent_farmland", "ecological_redline", "urban_growth_boundary")
UTILITIES = ("road", "water", "power", "telecom", "gas", "levelled", "sewer", "heat")
UNITS, PLATFORMS = 9, 18


def contest(n: int) -> Contest:
    """Set up the contest for n parcels: each a candidate of its own, the most there can be."""
    data = Path(__file__).parent.parent / "data"
    pack = parse_pack((data / "policy" / "jiaxing.yaml").read_text(encoding="utf-8"), "jiaxing")
    text = (data / "matching" / "criteria.yaml").read_text(encoding="utf-8")
    table = parse_match_table(text, tuple(CRITERIA))
    policy, demand, ground = policy_on(pack, "2025-06-30"), _demand(), _ground(n)
    held = evaluate(ground, demand, policy, table)
    values = held.values[np.resize(np.arange(n), SLIDER_SITES)]
    weights = np.array(list(table.weights.values()))
    return Contest(
        kernel="matching",
        n=n,
        ours=lambda: _figures(evaluate(ground, demand, policy, table), table),
        peers={"plain loop per site": partial(_loop, ground, demand, table)},
        tolerance=1e-9,
        clock="wall",
        coordinate_mb=0.0,
        notes=(
            f"{n:,} parcels, each a candidate of its own (blocks make fewer); layers read and "
            "candidates enumerated before; the plain loop judges and values one site after the "
            "other, written apart and without any sentence",
            f"a new ranking, ranges and changes: {SLIDER_SITES:,} sites, {len(weights)} criteria",
        ),
        steps={
            f"new ranking of {SLIDER_SITES:,} sites (slider)": lambda: rank(values, weights),
            "weight ranges of the first place": lambda: weight_ranges(values, weights),
            "what would make one site first": lambda: would_be_first(values, weights, 7),
        },
    )


def _demand() -> Demand:
    return Demand(
        "X1", "X1", "industry", "C39", 20.0, 30.0, 60.0, utilities_needed=("road", "power"),
        investment_yi_yuan=2.0, output_wan_yuan=24_000.0, tax_wan_yuan=1_000.0, energy_tce=300.0,
        emissions_t=(("氮氧化物", 0.5),), width_min_m=60.0, preferred_units=("U1",),
        facilities_max_km=(("rail_station", 25.0),),
    )  # fmt: skip


def _ground(n: int) -> MatchInputs:
    rng = np.random.default_rng(0)
    sites = [_site(number, rng) for number in range(n)]
    around = Surroundings(
        {f"P{p}": {"leading_industries": "36;39" if p % 2 else "14", "specialty_industries": "26"}
         for p in range(PLATFORMS)},
        {f"P{p}": 20.0 + p for p in range(PLATFORMS)},
        {(f"U{u}", "land", None): {"inside": 700.0 + u, "total": 1000.0, "share": 0.7,
                                   "threshold": 0.7} for u in range(UNITS)},
        {f"P{p}": p / PLATFORMS for p in range(PLATFORMS)},
    )  # fmt: skip
    amounts = {}
    for u in range(UNITS):
        amounts["unit", f"U{u}", "land", None] = 25.0 + 10 * u
        amounts["unit", f"U{u}", "energy", None] = 250.0 + 100 * u
        amounts["unit", f"U{u}", "emission", "氮氧化物"] = 5.0
    empty = GeoDataFrame(
        {name: [] for name in (
            "allotment_id", "unit_id", "year", "allotted_on", "element", "pollutant", "land_mu",
            "energy_tce", "emission_t", "allotment_status", "is_industrial", "is_increment",
            "declared_inside", "parcel_ids", "parcel_id")},
        geometry=[], crs=CITY,
    ).astype({"allotted_on": "string"})  # fmt: skip
    ledger = read_allotments(empty, empty, empty, CITY)
    quotas = Quotas(amounts, ledger, np.empty(0, dtype=object), {}, 2025)
    return MatchInputs(columns_of(sites), around, quotas, 2025, ProjectStatus())


def _site(number: int, rng: np.random.Generator) -> Site:
    chance = rng.random(8)
    there = frozenset(np.array(UTILITIES)[rng.random(len(UTILITIES)) < 0.9].tolist())
    on_main = chance[0] < 0.6
    return Site(
        site_id=f"S{number:06d}", parcel_ids=(f"D{number}",),
        area_mu=float(rng.lognormal(3.6, 0.5)), blocked_mu=0.0 if chance[1] < 0.95 else 0.5,
        unit_id=f"U{number % UNITS}",
        platform_id=f"P{number % PLATFORMS}" if chance[2] < 0.8 else None,
        main_platform_share=1.0 if on_main else 0.0, major_share=1.0 if on_main else chance[3],
        zone_share=float(round(chance[4])),
        states=frozenset({"cleared" if chance[5] < 0.8 else "unknown"}),
        land_uses=frozenset({("MNR2023", "100101")}), utilities=there,
        is_increment=bool(chance[6] < 0.7),
        standards={"tax_min_wan_yuan_per_mu": float(25 + number % 15)}, warnings=(),
        facility_km={"expressway_exit": 25 * chance[7], "rail_station": 30 * chance[7]},
        carved=None, geometry=shapely.Point(0, 0), width_m=float(40 + 80 * chance[3]),
        kind_facts=frozenset(
            (kind, KindFacts("covered", is_blocked=chance[1] >= 0.95 and kind == KINDS[0]))
            for kind in KINDS
        ),
        blocked_by_kind={KINDS[0]: 0.5}, state_dating="recent",
    )  # fmt: skip


def _figures(held: Evaluation, table: MatchTable) -> Figures:
    result = ranked(held, table)
    values = held.values[held.admitted]
    return {
        "admitted": float(len(held.admitted)),
        "undecided": float(len(held.undecided)),
        "rejected": float(len(held.rejected)),
        "values": float(np.nansum(values)),
        "first": float(result.sites.positions[0]) if len(held.admitted) else -1.0,
    }


def _loop(ground: MatchInputs, demand: Demand, table: MatchTable) -> Figures:
    """Judge and value one site after the other in plain Python, written apart from the product."""
    counts, total, best = {"admitted": 0, "undecided": 0, "rejected": 0}, 0.0, (-1.0, -1)
    weights = list(table.weights.values())
    amounts, tax = ground.quotas.amounts, demand.tax_wan_yuan / demand.land_wanted_mu
    for position, site in sorted(enumerate(ground.columns.sites), key=lambda one: one[1].site_id):
        land = site.legal_mu if site.is_increment else 0.0
        needs = [("land", None, land), ("energy", None, demand.energy_tce)]
        needs += [("emission", *one) for one in demand.emissions_t]
        left = [(need, amounts["unit", site.unit_id, name, of]) for name, of, need in needs]
        on_main = site.main_platform_share > 0
        failed = (
            site.area_mu < demand.land_min_mu or site.width_m < demand.width_min_m
            or site.blocked_mu > 0.0015 or not set(demand.utilities_needed) <= site.utilities
            or any(site.facility_km[kind] > km for kind, km in demand.facilities_max_km)
            or (site.area_mu * (1 - site.major_share) > 0.0015 and site.is_increment)
            or (on_main and tax < site.standards["tax_min_wan_yuan_per_mu"])
            or any(need > room for need, room in left)
        )  # fmt: skip
        name = "rejected" if failed else "undecided" if "unknown" in site.states else "admitted"
        counts[name] += 1
        if name != "admitted":
            continue
        row = _plain_values(site, ground, demand, table, left)
        total += sum(value for value in row if value is not None)
        known = [(w, v) for w, v in zip(weights, row, strict=True) if v is not None]
        score = sum(w * v for w, v in known) / sum(weights)
        if score > best[0] * (1 + 1e-9):
            best = (score, position)
    found = {name: float(count) for name, count in counts.items()}
    return {**found, "values": total, "first": float(best[1])}


def _plain_values(
    site: Site,
    ground: MatchInputs,
    demand: Demand,
    table: MatchTable,
    left: list[tuple[float, float]],
) -> list[float | None]:
    around, ideal = ground.around, demand.land_wanted_mu
    platform = around.platforms.get(site.platform_id)
    fit = 0.0
    if platform is not None:
        fit = 1.0 if "39" in platform["leading_industries"].split(";") else 0.3
    size = 0.5 + 0.5 * (site.area_mu - demand.land_min_mu) / (ideal - demand.land_min_mu)
    if site.area_mu >= ideal:
        size = min(1.0, demand.land_max_mu / site.area_mu)
    share = around.shares[site.unit_id, "land", None]
    taken = site.legal_mu
    holds = (share["inside"] + taken * site.zone_share) / (share["total"] + taken) >= 0.7
    tax = around.tax_wan_yuan_per_mu.get(site.platform_id)
    yields = None if tax is None else min(1.0, tax / table.efficiency_full_wan_yuan_per_mu)
    if site.platform_id is None:
        yields = 0.0
    promised = [
        min(1.0, demand.output_wan_yuan / ideal / 500), min(1.0, demand.tax_wan_yuan / ideal / 30),
    ]  # fmt: skip
    basic = set(UTILITIES[:6]) | set(demand.utilities_needed)
    span = table.access_far_km - table.access_near_km
    access = (table.access_far_km - site.facility_km["expressway_exit"]) / span
    wishes = [
        site.states == {"cleared"} and {"road", "water", "power", "levelled"} <= site.utilities,
        site.unit_id in demand.preferred_units,
    ]
    return [
        fit, around.chain_proximity.get(site.platform_id), size,
        1.0 if site.zone_share == 1 else 0.5 if holds else 0.0, yields, sum(promised) / 2,
        min(1 - need / room if need else 1.0 for need, room in left),
        len(basic & site.utilities) / len(basic), min(1.0, max(0.0, access)), 1.0,
        sum(wishes) / 2,
    ]  # fmt: skip
