"""What a gate answers; the gates of land and quotas."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.arrays import Flags, Floats
from geo.units import compare_all
from layers.contracts import CONTRACTS
from layers.fields import FIELDS
from platforms.completeness import CoverageStatus, KindOnFile
from platforms.elements.allotments import AMOUNT_COLUMNS
from platforms.elements.quotas import Headroom, QuotaKey, Subject
from platforms.land.blocks import reaches_mu
from platforms.land.search import SUPPLY_READY_STATES
from platforms.ledger.calendar import official_holidays
from platforms.ledger.claims import Exclusivity, TalksQuestion, exclusivity_by_unit
from platforms.ledger.counting import ProjectLedger
from platforms.ledger.rows import text_of
from platforms.matching.demand import Demand, has_started
from platforms.matching.site import (
    KindFacts,
    MatchTable,
    Site,
    SiteColumns,
    Uses,
    can_compare,
    fitting_uses,
    use_fits,
)
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.verdict import Force, Outcome, Statement, Verdict, say
from platforms.projects.approval import ApprovalRoute, approval_route, land_supply_of
from platforms.projects.major_list import eligibility
from platforms.source import LayerSource

UnitId = str | None


@dataclass(frozen=True)
class ProjectStatus:
    """What is known of the project beside its demand.

    ``unit_id``: Unit it is on file with, None where it is on no file or states none.
    ``is_on_file``: Whether the ledger has it.
    ``eligibility``: One verdict a part of C4; of a demand that isn't on file by what it states.
    ``talks``: Who holds it, as each unit sees it (B5, C5); empty where it isn't on file.
    ``routes``: Who approves its land, by the unit that the land lies in (D1–D3).
    """

    unit_id: UnitId = None
    is_on_file: bool = False
    eligibility: tuple[Verdict, ...] = ()
    talks: Mapping[UnitId, Exclusivity] = field(default_factory=lambda: MappingProxyType({}))
    routes: Mapping[UnitId, ApprovalRoute] = field(default_factory=lambda: MappingProxyType({}))

    def talks_on(self, unit_id: UnitId) -> Exclusivity | None:
        """Return who holds the project where it goes to land of a unit.

        Where the unit that has it on file holds it, or nobody does, that unit's view counts for
        all land: elsewhere it goes by transfer (流转). Else the unit of the land is asked.
        """
        home = self.talks.get(self.unit_id)
        return home if home is None or home.outcome == "met" else self.talks.get(unit_id, home)

    def by_transfer(self, unit_id: UnitId) -> bool:
        """Whether the project would leave the unit that has it on file."""
        return self.is_on_file and unit_id not in (None, self.unit_id)


def project_status(
    source: LayerSource,
    demand: Demand,
    unit_ids: Iterable[UnitId],
    policy: PolicySet,
    ledger: ProjectLedger,
) -> ProjectStatus:
    """Look a project up in the ledger, and at what it states where it isn't there.

    ``source``: Gives ``units``.
    ``unit_ids``: Units that candidates lie in, None for those that lie in none.
    ``ledger``: The ledger as competition between units is judged.

    By unit where the answer depends on it.

    B5 《进一步推动招大引强工作实施方案》 二（一）3; C4, C5 嘉政办发〔2018〕52号 三, 四（二）;
    D1–D3 磐安 二（五）, 五1.
    """
    asked = list(dict.fromkeys(unit_ids))
    own = ledger.projects["project_id"].eq(demand.project_id).fillna(value=False)
    is_on_file = bool(own.any())
    if not is_on_file:
        ledger = ProjectLedger(_row_of(demand), ledger.entries.iloc[:0], policy.as_of)
    unit_id = _unit_of(ledger.projects, demand.project_id)
    question = TalksQuestion(demand.project_id, policy.as_of, official_holidays())
    seen = list(dict.fromkeys([*asked, unit_id]))
    talks = (
        dict(zip(seen, exclusivity_by_unit(question, seen, ledger, policy), strict=True))
        if is_on_file
        else {}
    )
    return ProjectStatus(
        unit_id,
        is_on_file,
        eligibility(demand.project_id, ledger, policy),
        talks,
        _routes(source, ledger, demand, asked, policy),
    )


def _row_of(demand: Demand) -> pd.DataFrame:
    """Lay a demand out as the one row of a ledger; what it doesn't say stays missing."""
    values = {
        "project_id": demand.project_id, "name": demand.name, "category": demand.category,
        "industry_code": demand.industry_code, "stage": demand.stage,
        "industry_scheme": demand.industry_scheme or "GBT4754_2017",
        "land_min_mu": demand.land_min_mu, "land_ideal_mu": demand.land_ideal_mu,
        "land_max_mu": demand.land_max_mu,
    }  # fmt: skip
    columns = CONTRACTS["projects"].columns
    return pd.DataFrame([{name: values.get(name) for name in columns}], dtype="object")


def _unit_of(projects: pd.DataFrame, project_id: str) -> UnitId:
    unit_ids = projects.loc[projects["project_id"].eq(project_id).fillna(value=False), "unit_id"]
    unit_id = unit_ids.iloc[0]
    return None if pd.isna(unit_id) else str(unit_id)


def _routes(
    source: LayerSource,
    ledger: ProjectLedger,
    demand: Demand,
    unit_ids: list[UnitId],
    policy: PolicySet,
) -> dict[UnitId, ApprovalRoute]:
    """Find the route of a project: that of the unit that files it, wherever its land lies (D1, D3).

    Of a demand that no unit has filed yet, that of the unit of the land, as if it filed it.
    """
    units = pd.DataFrame(source.read("units"))
    supply = land_supply_of(ledger, units, demand.project_id)
    if supply.unit_id is not None:
        return dict.fromkeys(unit_ids, approval_route(supply, policy))
    names = dict(zip(units["unit_id"], units["name"], strict=True))
    routes = {}
    for unit_id in unit_ids:
        name = text_of({"name": names.get(unit_id)}, "name")
        said = () if unit_id is None else (say("route_as_if_filed", unit_id=unit_id),)
        at_home = replace(supply, unit_id=unit_id, unit_name=name, reasons=(*supply.reasons, *said))
        routes[unit_id] = approval_route(at_home, policy)
    return routes


SiteStatement = Callable[[Site], Statement]


@dataclass(frozen=True)
class Asking:
    """What candidates are held against.

    ``demand``: What the project asks.
    ``policy``: Rules on the as-of date.
    ``table``: Weights, bounds and land uses.
    ``year``: Year of the quotas.
    ``rooms``: Quotas and what is taken of them, by unit or platform, element and pollutant.
    ``project``: What the rules say of the project itself.
    ``kinds``: Kinds of constraint that land is checked against, with what is on file of each.
    ``parcels``: What is on file of the parcels.
    """

    demand: Demand
    policy: PolicySet
    table: MatchTable
    year: int
    rooms: Mapping[QuotaKey, Headroom]
    project: ProjectStatus = field(default_factory=ProjectStatus)
    kinds: tuple[KindOnFile, ...] = ()
    parcels: KindOnFile | None = None


@dataclass(frozen=True)
class Reason:
    """One way a gate may come out, with what it says of every site, or of each its own."""

    outcome: Outcome
    statement: Statement | SiteStatement


@dataclass(frozen=True)
class Answers:
    """The answer of one gate for n candidates.

    ``reason``: Place in ``reasons`` of each candidate; array of n.
    ``reasons``: The ways the gate may come out.
    ``force``: Of the wording behind it: ``mandatory`` rejects, ``principle`` warns, ``target``
      and ``guidance`` only score. What the project itself asks is mandatory.
    ``clause``: Document and clause, empty where the gate follows from the demand itself.
    """

    reason: npt.NDArray[np.intp]
    reasons: tuple[Reason, ...]
    force: Force = "mandatory"
    clause: str = ""

    def outcome_is(self, outcome: Outcome) -> Flags:
        """Return which candidates come out so; array of n."""
        return np.array([reason.outcome == outcome for reason in self.reasons], dtype=bool)[
            self.reason
        ]


UNRULED = ("rule_not_held", "talks_no_rule")
"""Statements that no active pack has the rule of a gate."""


@dataclass(frozen=True)
class Gate:
    """The answer of one gate for one site.

    ``gate``: Its name.
    ``outcome``: ``met``, ``not_met``, ``no_data`` or ``not_applicable``.
    ``statement``: Why.
    ``force, clause``: As in ``Answers``.
    """

    gate: str
    outcome: Outcome
    statement: Statement
    force: Force = "mandatory"
    clause: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it was neither passed nor set aside."""
        return self.outcome in ("not_met", "no_data")

    @property
    def is_ruled(self) -> bool:
        """Whether an active pack has the rule it asks about, where it asks about one."""
        return self.statement.code not in UNRULED


GateRule = Callable[[SiteColumns, Asking], Answers]


def everywhere(columns: SiteColumns, outcome: Outcome, statement: Statement) -> Answers:
    """Return the same answer for every candidate."""
    return Answers(np.zeros(len(columns), dtype=np.intp), (Reason(outcome, statement),))


def under_rule(
    columns: SiteColumns, asked: Asking, rule_id: str, part: str, answer: Callable[[], Answers]
) -> Answers:
    """Answer under a rule, where the active pack holds it and it is in force.

    ``answer``: Gives the answers where it binds.

    With the force and clause of the rule; ``not_applicable`` where no active pack has the rule, and
    where it is out of force.
    """
    dated = rule_in_pack(asked.policy, rule_id, part)
    if dated is None:
        return everywhere(columns, "not_applicable", say("rule_not_held", rule=rule_id))
    answers = answer() if dated.in_force else None
    if answers is None:
        answers = everywhere(columns, "not_applicable", say("rule_out_of_force"))
    return replace(answers, force=dated.rule.force, clause=dated.clause)


def rule_in_pack(policy: PolicySet, rule_id: str, part: str = "") -> DatedRule | None:
    """Return a rule where an active pack has it, else None."""
    return policy.rule(rule_id, part) if part in policy.parts(rule_id) else None


LandUses = frozenset[tuple[str, str] | None]


def at_least(values: Floats, least: float | Floats) -> Flags:
    """Return which known values reach a threshold; an unknown one doesn't."""
    known = ~np.isnan(values)
    compared = compare_all(np.where(known, values, 0.0), least)
    reached: Flags = known & (compared >= 0)
    return reached


def size(columns: SiteColumns, asked: Asking) -> Answers:
    """Contiguous land of the least size, by its legal area (S17) as it is printed (S20)."""
    least = asked.demand.land_min_mu

    def enough(site: Site) -> Statement:
        return say("size_enough", area_mu=site.legal_mu, land_min_mu=least)

    def short(site: Site) -> Statement:
        gap = least - site.legal_mu
        return say("size_short", area_mu=site.legal_mu, land_min_mu=least, gap_mu=gap)

    reaches = [reaches_mu(area_mu, least) for area_mu in columns.legal_mu.tolist()]
    reason = np.where(np.array(reaches, dtype=bool), 0, 1)
    return Answers(reason, (Reason("met", enough), Reason("not_met", short)))


def width(columns: SiteColumns, asked: Asking) -> Answers:
    """Least width: the diameter of the largest circle that fits."""
    least = asked.demand.width_min_m
    if least is None:
        return everywhere(columns, "not_applicable", say("width_not_asked"))
    return _measured(
        columns.width_m, least, Reason("no_data", say("width_unknown")),
        Reason("met", lambda s: say("width_enough", width_m=s.width_m, least_m=least)),
        Reason("not_met", lambda s: say("width_short", width_m=s.width_m, least_m=least)),
    )  # fmt: skip


def frontage(columns: SiteColumns, asked: Asking) -> Answers:
    """Least boundary along roads."""
    least = asked.demand.frontage_min_m
    if least is None:
        return everywhere(columns, "not_applicable", say("frontage_not_asked"))
    return _measured(
        columns.frontage_m, least, Reason("no_data", say("frontage_unknown")),
        Reason("met", lambda s: say("frontage_enough", frontage_m=s.frontage_m, least_m=least)),
        Reason("not_met", lambda s: say("frontage_short", frontage_m=s.frontage_m, least_m=least)),
    )  # fmt: skip


def _measured(
    values: Floats, least: float, unknown: Reason, enough: Reason, short: Reason
) -> Answers:
    reason = np.where(np.isnan(values), 0, np.where(at_least(values, least), 1, 2))
    return Answers(reason, (unknown, enough, short))


def land_use(columns: SiteColumns, asked: Asking) -> Answers:
    """Land uses that fit the project or its category."""
    wanted = fitting_uses(asked.demand, asked.table)
    if wanted is None:
        return everywhere(columns, "no_data", say("category_unknown"))
    uses = columns.coded["land_uses"]
    answers = [_use_reason(cast("LandUses", value), wanted) for value in uses.values]
    return Answers(uses.place, tuple(answers))


def _use_reason(uses: LandUses, wanted: Uses) -> Reason:
    known_uses = sorted(use for use in uses if use)
    unfit = [
        code for scheme, code in known_uses
        if can_compare(scheme, wanted) and not use_fits(scheme, code, wanted)
    ]  # fmt: skip
    if unfit:
        return Reason("not_met", say("land_use_unfit", codes=", ".join(unfit)))
    if None in uses:
        return Reason("no_data", say("land_use_unknown"))
    foreign = [code for scheme, code in known_uses if not can_compare(scheme, wanted)]
    if foreign:
        return Reason("no_data", say("land_use_not_comparable", codes=", ".join(foreign)))
    codes = ", ".join(code for _, code in known_uses)
    return Reason("met", say("land_use_fits", codes=codes))


def state(columns: SiteColumns, asked: Asking) -> Answers:
    """Ready for supply: every parcel cleared or listed (可供), by data recent enough (S21)."""
    states, dating = columns.coded["states"], columns.coded["state_dating"]
    reasons = [
        _state_reason(cast("frozenset[str]", value), str(dated), asked)
        for value in states.values
        for dated in dating.values
    ]
    return Answers(states.place * len(dating.values) + dating.place, tuple(reasons))


def _state_reason(states: frozenset[str], dating: str, asked: Asking) -> Reason:
    waiting = sorted(states - {*SUPPLY_READY_STATES, "unknown"})
    if waiting:
        return Reason("not_met", say("state_not_ready", states=";".join(waiting)))
    if "unknown" in states:
        return Reason("no_data", say("state_not_known"))
    if dating != "recent":
        data_on = "" if asked.parcels is None else asked.parcels.data_on
        return Reason("no_data", say(f"state_{dating}", data_on=data_on))
    return Reason("met", say("state_ready", states=";".join(sorted(states))))


def of_kind(kind: KindOnFile, *, is_needed: bool) -> GateRule:
    """Return the gate of one kind of constraint: no land under one of severity ``block``.

    ``kind``: What is on file of it.
    ``is_needed``: Whether a site must be checked against it (S18).

    A hit counts at once; to say that there is none, the kind must be on file with source and date,
    cover the site, and not be too old (S21).
    """

    def gate(columns: SiteColumns, asked: Asking) -> Answers:
        facts = columns.coded["kind_facts"]
        reasons = tuple(
            _kind_reason(kind, cast("KindFacts", dict(value).get(kind.kind)), is_needed=is_needed)
            for value in cast("tuple[frozenset[tuple[str, KindFacts]], ...]", facts.values)
        )
        return Answers(facts.place, reasons)

    return gate


def _kind_reason(kind: KindOnFile, facts: KindFacts | None, *, is_needed: bool) -> Reason:
    name = kind.kind
    if facts is not None and facts.is_blocked:
        return Reason(
            "not_met",
            lambda s: say("kind_blocked", constraint_kind=name, blocked_mu=s.blocked_by_kind[name]),
        )
    if facts is not None and facts.is_unclear:
        return Reason("no_data", say("kind_unclear", constraint_kind=name))
    if not is_needed:
        return Reason("not_applicable", say("kind_not_hit", constraint_kind=name, count=kind.rows))
    status = facts.coverage if facts is not None else "missing"
    statement = coverage_statement(kind, status)
    return Reason("met" if status == "covered" else "no_data", statement)


def undeclared(columns: SiteColumns, asked: Asking) -> Answers:
    """Answer for a pack that doesn't say what a site must be checked against (S18)."""
    return everywhere(columns, "no_data", say("kinds_undeclared", pack=asked.policy.pack.name))


def coverage_statement(kind: KindOnFile, status: CoverageStatus) -> Statement:
    """Say against what a place was checked, or what is missing and whom to ask."""
    return say(
        f"coverage_{status}", constraint_kind=kind.kind, count=kind.rows, data_on=kind.data_on,
        data_source=kind.source,
        responsible=kind.responsible or f"office_{kind.kind or kind.layer}",
    )  # fmt: skip


def cautions(columns: SiteColumns, asked: Asking) -> Answers:
    """Constraints of severity ``warn``: the site stays, with a warning."""
    met = columns.coded["warnings"].ranks(lambda names: int(bool(names)))

    def free(site: Site) -> Statement:
        if site.notices:
            return say("noticed_land", names="、".join(site.notices))
        return say("unwarned_land")

    return Answers(
        met,
        (
            Reason("met", free),
            Reason("not_met", lambda s: say("warned_land", names="、".join(s.warnings))),
        ),
        force="principle",
    )


def utilities(columns: SiteColumns, asked: Asking) -> Answers:
    """Utilities that the project can't do without."""
    needed = frozenset(asked.demand.utilities_needed)
    if not needed:
        return everywhere(columns, "met", say("utilities_not_asked"))
    there = columns.coded["utilities"]
    return Answers(there.place, tuple(utility_reason(value, needed) for value in there.values))


def utility_reason(value: Hashable, needed: frozenset[str]) -> Reason:
    """Hold the utilities of a site against those needed; None: not on file."""
    if value is None:
        return Reason("no_data", say("utilities_unknown"))
    missing = ";".join(sorted(needed - cast("frozenset[str]", value)))
    if missing:
        return Reason("not_met", say("utilities_missing", utilities=missing))
    return Reason("met", say("utilities_there"))


def facilities(columns: SiteColumns, asked: Asking) -> Answers:
    """Facilities no farther than the project says."""
    wanted = asked.demand.facilities_max_km
    if not wanted:
        return everywhere(columns, "not_applicable", say("facilities_not_asked"))
    reason = np.zeros(len(columns), dtype=np.intp)
    reasons = [Reason("met", say("facilities_near", count=len(wanted)))]
    nowhere = np.full(len(columns), np.nan)
    for kind, most_km in wanted:
        km = columns.facility_km.get(kind, nowhere)
        unknown = np.isnan(km)
        far = ~unknown & (compare_all(np.where(unknown, 0.0, km), most_km) > 0)
        reasons += [_no_facility(kind), _far_facility(kind, most_km)]
        reason = np.where(unknown & (reason == 0), len(reasons) - 2, reason)
        passed = np.array([earlier.outcome != "not_met" for earlier in reasons], dtype=bool)[reason]
        reason = np.where(far & passed, len(reasons) - 1, reason)
    return Answers(reason, tuple(reasons))


def _no_facility(kind: str) -> Reason:
    return Reason("no_data", say("facility_not_on_file", facility_kind=kind))


def _far_facility(kind: str, most_km: float) -> Reason:
    return Reason(
        "not_met",
        lambda s: say("facility_far", facility_kind=kind, km=s.facility_km[kind], most_km=most_km),
    )


def unit(columns: SiteColumns, asked: Asking) -> Answers:
    """Not a unit that the project excludes."""
    excluded = asked.demand.excluded_units
    reasons = (
        Reason("met", say("unit_admitted")),
        Reason("not_met", say("unit_excluded")),
        Reason("no_data", say("unit_not_known")),
    )
    place = columns.coded["unit_id"].ranks(lambda u: 2 if u is None else int(u in excluded))
    return Answers(place, reasons)


def preferred_unit(columns: SiteColumns, asked: Asking) -> Answers:
    """Prefer the units that the project would like: a wish, which only scores."""
    preferred = asked.demand.preferred_units
    if not preferred:
        return everywhere(columns, "not_applicable", say("no_unit_preferred"))
    reasons = (
        Reason("not_met", say("unit_not_preferred")),
        Reason("met", say("unit_preferred")),
        Reason("no_data", say("unit_not_known")),
    )
    place = columns.coded["unit_id"].ranks(lambda u: 2 if u is None else int(u in preferred))
    return Answers(place, reasons, force="guidance")


def not_started(columns: SiteColumns, asked: Asking) -> Answers:
    """C4: the project has not started yet; a principle (exclusions alone are mandatory)."""
    if not has_started(asked.demand, asked.policy.as_of):
        waiting = everywhere(columns, "met", say("project_waiting"))
        return replace(waiting, force="principle")
    day = asked.demand.started_on or ""
    begun = everywhere(columns, "not_met", say("project_started", started_on=day))
    return replace(begun, force="principle")


SUBJECTS: tuple[Subject, ...] = ("unit", "platform")


@dataclass(frozen=True)
class ElementDemand:
    """What a project takes of one element.

    ``element, pollutant``: The element.
    ``amount``: Of each candidate [亩, 吨标煤 or 吨], NaN where not known; array of n.
    """

    element: str
    pollutant: str | None
    amount: Floats


def element_demands(
    columns: SiteColumns, asked: Asking, element: str
) -> tuple[ElementDemand, ...] | None:
    """Compute what a project takes of an element at each candidate.

    ``element``: ``land`` (the legal area of the site, increment alone: existing land takes no
      quota), ``energy`` or ``emission``.

    One a pollutant for emissions; None where the project doesn't state it.
    """
    demand = asked.demand
    if element == "land":
        # What is handed out is the site, whatever was wished for.
        return (ElementDemand("land", None, columns.legal_mu * columns.increment),)
    if element == "energy":
        if demand.energy_tce is None:
            return None
        return (ElementDemand("energy", None, np.full(len(columns), demand.energy_tce)),)
    if demand.emissions_t is None:
        return None
    return tuple(
        ElementDemand("emission", pollutant, np.full(len(columns), amount))
        for pollutant, amount in demand.emissions_t
    )


def quota_left(
    columns: SiteColumns, asked: Asking, subject: Subject, need: ElementDemand
) -> Floats:
    """Return what is left of a quota at each candidate.

    ``subject``: Whose quota: the unit's or the platform's.

    [亩, 吨标煤 or 吨]; NaN where the quota is missing or what is taken isn't known; infinite off
    every platform, and where no platform has a quota of the element at all.
    """
    key = need.element, need.pollutant
    is_kept = any(room_key[0] == subject and room_key[2:] == key for room_key in asked.rooms)

    def of(subject_id: object) -> float:
        if subject == "platform" and (subject_id is None or not is_kept):
            return np.inf
        room = asked.rooms.get((subject, str(subject_id), *key))
        return np.nan if room is None else room.left

    return columns.coded[f"{subject}_id"].numbers(of)


def headroom(element: str) -> GateRule:
    """Make the gate of an element.

    ``element``: ``land``, ``energy`` or ``emission``.

    Met where unit and platform have left what the project takes.
    """

    def gate(columns: SiteColumns, asked: Asking) -> Answers:
        demands = element_demands(columns, asked, element)
        if demands is None:
            return everywhere(columns, "no_data", say("need_not_stated", element=element))
        assumed = _assumed_from(asked, element)
        enough = say("headroom_enough", element=element)
        if assumed is not None:
            enough = say("headroom_enough_assumed", element=element, quota_year=assumed)
        reasons = [Reason("met", enough)]
        reason = np.zeros(len(columns), dtype=np.intp)
        failed = np.zeros(len(columns), dtype=bool)
        for need, subject in _pairs(demands):
            room = quota_left(columns, asked, subject, need)
            short, unknown = _compared(need.amount, room)
            statements = _QuotaStatements(asked, subject, need)
            reasons += [Reason("no_data", statements.open), Reason("not_met", statements.short)]
            reason = np.where(unknown & (reason == 0), len(reasons) - 2, reason)
            reason = np.where(short & ~failed, len(reasons) - 1, reason)
            failed |= short
        return Answers(reason, tuple(reasons))

    return gate


def _assumed_from(asked: Asking, element: str) -> int | None:
    """Return the year whose quotas of an element stand in for those not on file yet."""
    years = (room.assumed_from for key, room in asked.rooms.items() if key[2] == element)
    return next((year for year in years if year is not None), None)


def _pairs(demands: tuple[ElementDemand, ...]) -> Iterator[tuple[ElementDemand, Subject]]:
    return ((need, subject) for need in demands for subject in SUBJECTS)


def _compared(amount: Floats, room: Floats) -> tuple[Flags, Flags]:
    """Return where the room is too small and where that isn't known; taking nothing needs none."""
    known = ~np.isnan(amount) & ~np.isnan(room)
    over = compare_all(np.where(known, amount, 0.0), np.where(known, room, 0.0)) > 0
    return known & over & (amount > 0), ~known & (amount != 0)


@dataclass(frozen=True)
class _QuotaStatements:
    """The sentences about one quota."""

    asked: Asking
    subject: Subject
    need: ElementDemand

    def short(self, site: Site) -> Statement:
        room = self.asked.rooms[self._key(site)]
        code = "headroom_short" if room.assumed_from is None else "headroom_short_assumed"
        return say(
            code, quota_year=room.assumed_from, subject_id=self._subject_id(site),
            year=self.asked.year, element=self.need.element,
            pollutant=self.need.pollutant or "", left=room.left, quota=room.quota,
            need=self._amount(site), unit=self._unit,
        )  # fmt: skip

    def open(self, site: Site) -> Statement:
        element, pollutant = self.need.element, self.need.pollutant or ""
        where, year = self._subject_id(site), self.asked.year
        if getattr(site, f"{self.subject}_id") is None:
            return say("unit_not_known")
        room = self.asked.rooms.get(self._key(site))
        if room is None or np.isnan(room.quota):
            return say(
                "quota_missing", subject_id=where, year=year, element=element, pollutant=pollutant
            )
        if np.isnan(room.committed):
            return say(
                "quota_taken_unknown", subject_id=where, year=year, element=element,
                pollutant=pollutant,
            )  # fmt: skip
        return say("land_increment_unknown")

    def _key(self, site: Site) -> tuple[Subject, str, str, str | None]:
        return (self.subject, self._subject_id(site), self.need.element, self.need.pollutant)

    def _subject_id(self, site: Site) -> str:
        return str(getattr(site, f"{self.subject}_id"))

    def _amount(self, site: Site) -> float:
        return site.legal_mu if self.need.element == "land" else float(self.need.amount[0])

    @property
    def _unit(self) -> str:
        return FIELDS[AMOUNT_COLUMNS[self.need.element]].unit
