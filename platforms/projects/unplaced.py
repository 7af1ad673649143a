"""Projects that their unit has no room for and hasn't passed on to the city (C9)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from geo.measure import ellipsoidal_area_m2
from geo.units import compare, m2_to_mu
from layers.fields import FIELDS, split_list
from platforms.assessed import assessed_units
from platforms.check_job import CheckJob
from platforms.elements.placing import AMOUNT_COLUMNS
from platforms.elements.room import Quotas, Room, RoomKey, quotas_of
from platforms.land.blocks import BlockQuery, LandLayers, find_blocks
from platforms.land.query import land_layers
from platforms.land.readiness import is_supply_ready, state_of
from platforms.outlines import shapes_of
from platforms.policy.dated import DatedRule
from platforms.projects.dossiers import Dossiers, finding, first_days, is_over, kinds_of
from platforms.projects.findings import Finding, list_verdicts
from platforms.projects.rows import Row, number_of, text_of
from platforms.statement import Statement, say
from platforms.verdict import Verdict

SITED_STAGES = ("started", "in_production")
SITED_EVENTS = ("land_permit", "construction_permit", "started", "production", "completed")
TRANSFERRED = "transferred"
LEAST_BLOCK_MU = 1e-3

Needs = list[tuple[str, str | None, float]]


@dataclass(frozen=True)
class _Room:
    """What each unit has left: land ready for supply, its quotas."""

    layers: LandLayers
    untold: frozenset[str]
    parcel_mu: Mapping[str, float]
    quotas: Quotas
    year: int

    @cached_property
    def block_mu(self) -> dict[str, float]:
        """Largest contiguous land of each unit [亩], looked for where no parcel is enough."""
        blocks = find_blocks(self.layers, BlockQuery(min_mu=LEAST_BLOCK_MU)).by_unit
        most = blocks.groupby("unit_id")["area_mu"].max()
        return {str(unit_id): float(area_mu) for unit_id, area_mu in most.items()}

    def most_mu(self, unit_id: str, wanted_mu: float) -> float:
        """Give the largest land of a unit [亩], or that of a parcel that is enough."""
        parcel_mu = self.parcel_mu.get(unit_id, 0.0)
        if compare(wanted_mu, parcel_mu) <= 0:
            return parcel_mu
        return self.block_mu.get(unit_id, 0.0)


def unplaced_verdicts(job: CheckJob, held: Dossiers, dated: DatedRule) -> list[Verdict]:
    """Judge whether units passed on to the city the projects that they have no room for.

    Parameters
    ----------
    job
        Units, year and layers.
    held
        The ledger.
    dated
        C9 [项]; its condition names the events by which a project is passed on.

    Returns
    -------
    list of Verdict
        One a unit. A project without a site departs where the largest contiguous land ready for
        supply of its unit is smaller than its least land, or what is left of the year's energy
        or emissions is less than it takes, and it wasn't passed on.

    Notes
    -----
    嘉政办发〔2018〕52号 四（五）. Land of unknown state may be ready, so it leaves a shortage of
    land open.
    """
    room = _room_of(job)
    findings = list(_findings(held, kinds_of(dated), room))
    return list_verdicts(job, dated, findings, held.is_on_file)


def _room_of(job: CheckJob) -> _Room:
    layers = land_layers(job.source)
    under = assessed_units(layers.parcels, layers.units)
    untold = under[state_of(layers.parcels).eq("unknown").to_numpy(dtype=bool)].dropna()
    ready = is_supply_ready(layers.parcels).to_numpy(dtype=bool)
    areas = m2_to_mu(ellipsoidal_area_m2(shapes_of(layers.parcels[ready]), job.crs))
    largest: dict[str, float] = {}
    for unit_id, area_mu in zip(under[ready], areas, strict=True):
        largest[str(unit_id)] = max(largest.get(str(unit_id), 0.0), float(area_mu))
    quotas = quotas_of(job.source, job.year, job.crs)
    return _Room(layers, frozenset(untold), largest, quotas, job.year)


def _findings(held: Dossiers, passing: tuple[str, ...], room: _Room) -> Iterator[Finding]:
    for row, events in held.rows():
        days = first_days(events)
        if is_over(row, events) or _has_site(row, days):
            continue
        passed = [kind for kind in passing if kind in days]
        if passed:
            kind = TRANSFERRED if TRANSFERRED in passed else passed[0]
            code = "c9_placed" if kind == TRANSFERRED else "c9_passed_on"
            yield finding(row, "keeps", say(code, on=days[kind]))
            continue
        short, open_ = _held_against(row, room)
        if short:
            yield finding(row, "departs", short[0])
        elif open_:
            yield finding(row, "open", open_[0])
        else:
            yield finding(row, "keeps", say("c9_room"))


def _has_site(row: Row, days: Mapping[str, str]) -> bool:
    return (
        text_of(row, "stage") in SITED_STAGES
        or any(kind in days for kind in SITED_EVENTS)
        or bool(split_list(row.get("parcel_ids")))
    )


def _held_against(row: Row, room: _Room) -> tuple[list[Statement], list[Statement]]:
    """Say what the unit lacks for a project, and what isn't known."""
    unit_id = text_of(row, "unit_id")
    if unit_id is None:
        return [], [say("c9_unit_missing")]
    short, open_ = _land(row, unit_id, room)
    rooms = room.quotas.rooms(str(row["project_id"]))
    for element, needs in (("energy", _energy(row)), ("emission", _emissions(row))):
        if needs is None:
            open_.append(say("need_not_stated", element=element))
            continue
        for need in needs:
            lacking, unknown = _element(unit_id, need, rooms, room.year)
            short += lacking
            open_ += unknown
    return short, open_


def _land(row: Row, unit_id: str, room: _Room) -> tuple[list[Statement], list[Statement]]:
    least = number_of(row, "land_min_mu")
    if least is None:
        return [], [say("need_not_stated", element="land")]
    if not len(room.layers.parcels):
        return [], [say("c9_no_land_on_file")]
    most = room.most_mu(unit_id, least)
    if compare(least, most) <= 0:
        return [], []
    said = say("c9_land_short", need=least, most=most)
    if unit_id in room.untold:
        return [], [say("c9_land_untold", need=least, most=most)]
    return [said], []


def _energy(row: Row) -> Needs | None:
    amount = number_of(row, "energy_tce")
    return None if amount is None else [("energy", None, amount)]


def _emissions(row: Row) -> Needs | None:
    """Give what is emitted of each pollutant; an amount that can't be read isn't stated."""
    found: dict[str, float] = {}
    for item in split_list(row.get("emissions_t")):
        name, _, stated = item.replace("：", ":").partition(":")
        try:
            found[name.strip()] = float(stated)
        except ValueError:
            return None
    amount, pollutant = number_of(row, "emission_t"), text_of(row, "pollutant")
    if amount is not None and pollutant is not None:
        found.setdefault(pollutant, amount)
    if not found and amount != 0:
        return None
    return [("emission", name, tonnes) for name, tonnes in found.items()]


def _element(
    unit_id: str, need: tuple[str, str | None, float], rooms: Mapping[RoomKey, Room], year: int
) -> tuple[list[Statement], list[Statement]]:
    element, pollutant, amount = need
    if compare(amount, 0.0) <= 0:
        return [], []
    room = rooms.get(("unit", unit_id, element, pollutant))
    if room is None or room.quota != room.quota:
        return [], [say("quota_missing", subject_id=unit_id, year=year, element=element,
                        pollutant=pollutant or "")]  # fmt: skip
    if room.taken != room.taken:
        return [], [say("quota_taken_unknown", subject_id=unit_id, year=year, element=element,
                        pollutant=pollutant or "")]  # fmt: skip
    if compare(amount, room.left) <= 0:
        return [], []
    return [
        say(
            "headroom_short", subject_id=unit_id, year=year, element=element,
            pollutant=pollutant or "", left=room.left, quota=room.quota, need=amount,
            unit=FIELDS[AMOUNT_COLUMNS[element]].unit,
        )
    ], []  # fmt: skip
