"""Gates of rules and of the project; all of them."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import Literal, cast

import numpy as np

from geo.arrays import Flags, Positions
from geo.units import compare
from platforms.completeness import KindOnFile, kinds_by_law
from platforms.industries.codes import division
from platforms.land.search import NET_LAND_STATES, NET_LAND_UTILITIES
from platforms.matching import land_gates
from platforms.matching.land_gates import (
    Answers,
    Asking,
    Gate,
    GateRule,
    ProjectStatus,
    Reason,
    everywhere,
    headroom,
    under_rule,
    utility_reason,
)
from platforms.matching.site import TOLERANCE_MU, Site, SiteColumns, columns_of
from platforms.policy.verdict import Force, Outcome, Statement, say
from platforms.projects.major_list import outcome_of


def increment(columns: SiteColumns, asked: Asking) -> Answers:
    """A18: no new increment of industrial land outside the major platforms."""
    return under_rule(columns, asked, "A18", "", lambda: _increment(columns))


def _increment(columns: SiteColumns) -> Answers:
    def outside_mu(site: Site) -> float:
        return site.area_mu * (1 - site.major_share)

    outside = columns.area_mu * (1 - columns.major_share) > TOLERANCE_MU
    known = ~np.isnan(columns.increment)
    is_open = columns.coded["is_major_open"].ranks(lambda value: int(bool(value))) == 1
    is_new = columns.increment == 1
    reason = np.where(~known, 1, np.where(~is_new, 3, np.where(is_open, 4, 2)))
    reason = np.where(outside, reason, 0)
    return Answers(
        reason,
        (
            Reason("met", say("inside_major_platform")),
            Reason("no_data", lambda s: say("increment_unknown", outside_mu=outside_mu(s))),
            Reason("not_met", lambda s: say("increment_outside", outside_mu=outside_mu(s))),
            Reason("met", lambda s: say("no_increment", outside_mu=outside_mu(s))),
            Reason("no_data", lambda s: say("increment_undrawn", outside_mu=outside_mu(s))),
        ),
    )


def industry(columns: SiteColumns, asked: Asking) -> Answers:
    """A20: no new high-energy project on a main platform; expansion of the six needs a decision."""
    return under_rule(columns, asked, "A20", "high_energy", lambda: _industry(columns, asked))


def _industry(columns: SiteColumns, asked: Asking) -> Answers:
    on_main, off_main = _industry_reasons(asked)
    return Answers(np.where(on_main_platform(columns), 0, 1), (on_main, off_main))


def _industry_reasons(asked: Asking) -> tuple[Reason, Reason]:
    """Return the answer on a main platform, and the one elsewhere."""
    code = asked.demand.industry_code
    if code is None:
        return (Reason("no_data", say("industry_unknown")), Reason("met", say("off_main")))
    number = division(code)
    high_energy = number in asked.policy.code_list("high_energy_industries").codes
    if not high_energy and number not in asked.policy.code_list("traditional_industries").codes:
        free = Reason("met", say("industry_unrestricted", industry=number))
        return free, free
    elsewhere = Reason("met", say("restricted_off_main", industry=number))
    if high_energy:
        refused = Reason("not_met", say("high_energy_on_main", industry=number))
        return refused, elsewhere
    if asked.demand.is_expansion is False:
        allowed = Reason("met", say("traditional_no_expansion", industry=number))
        return allowed, elsewhere
    undecided = Reason("no_data", say("traditional_needs_decision", industry=number))
    return undecided, elsewhere


def standard_land(columns: SiteColumns, asked: Asking) -> Answers:
    """A20: what is promised against the 标准地 figures of each parcel."""
    return under_rule(columns, asked, "A20", "standard_land", lambda: _standard(columns, asked))


Promised = Mapping[str, float | None]
"""What a project promises per 亩 [万元/亩], by the column it answers."""


def _standard(columns: SiteColumns, asked: Asking) -> Answers:
    """Hold the promise against every distinct set of figures; each site says its own."""
    facts = ("standards", "without_standards", "far_bounds", "allowed_industries")
    place = np.zeros(len(columns), dtype=np.intp)
    for name in facts:
        place = place * len(columns.coded[name].values) + columns.coded[name].place
    _, first, place = np.unique(place, return_index=True, return_inverse=True)
    promised = asked.demand.per_mu_wan_yuan
    reasons = [_standard_reason(columns.sites[position], asked, promised) for position in first]
    off_main = Reason("not_applicable", say("standard_land_off_main"))
    reason = np.where(on_main_platform(columns), place, len(reasons))
    return Answers(reason, (*reasons, off_main))


def _standard_reason(site: Site, asked: Asking, promised: Promised) -> Reason:
    for name, least in sorted(site.standards.items()):
        value = promised[name]
        if value is not None and compare(value, least) < 0:
            return Reason("not_met", partial(_short_statement, promised=promised))
    far, (low, high) = asked.demand.far, site.far_bounds
    if far is not None:
        below = low is not None and compare(far, low) < 0
        if below or (high is not None and compare(far, high) > 0):
            return Reason("not_met", lambda s: _far_statement(s, far))
    code = asked.demand.industry_code
    allowed = site.allowed_industries
    if allowed is not None and code is not None and division(code) not in allowed:
        return Reason("not_met", lambda s: _industry_statement(s, division(code)))
    return _open_reason(site, asked, promised)


def _open_reason(site: Site, asked: Asking, promised: Promised) -> Reason:
    """Compute what is missing where nothing is short."""
    if not site.standards and site.far_bounds == (None, None):
        return Reason("no_data", say("standard_land_not_stated"))
    if site.without_standards:
        return Reason(
            "no_data",
            lambda s: say("standard_land_lacking", parcels=", ".join(s.without_standards)),
        )
    missing = sorted(name for name in site.standards if promised[name] is None)
    if asked.demand.industry_code is None and site.allowed_industries is not None:
        missing.append("industry_code")
    if missing:
        columns = ";".join(missing)
        return Reason("no_data", say("standard_land_unknown", columns=columns))
    return Reason("met", lambda s: say("standard_land_met", count=len(s.standards)))


def _short_statement(site: Site, promised: Promised) -> Statement:
    short = [
        (name, value, least)
        for name, least in sorted(site.standards.items())
        if (value := promised[name]) is not None and compare(value, least) < 0
    ]
    name, value, least = short[0]
    return say(
        "standard_land_short", column=name, value_wan_yuan_per_mu=value,
        least_wan_yuan_per_mu=least, count=len(short),
    )  # fmt: skip


def _far_statement(site: Site, far: float) -> Statement:
    low, high = ("" if bound is None else f"{bound:g}" for bound in site.far_bounds)
    return say("standard_land_far", far=far, low=low, high=high)


def _industry_statement(site: Site, number: str) -> Statement:
    allowed = ", ".join(sorted(site.allowed_industries or ()))
    return say("standard_land_industry", industry=number, allowed=allowed)


def net_land(columns: SiteColumns, asked: Asking) -> Answers:
    """B4: net land (净地) – every parcel cleared, levelled and serviced."""
    return under_rule(columns, asked, "B4", "", lambda: _net_land(columns))


def _net_land(columns: SiteColumns) -> Answers:
    states, there = columns.coded["states"], columns.coded["utilities"]
    cleared = states.ranks(lambda value: int(cast("frozenset[str]", value) <= {*NET_LAND_STATES}))
    unknown = states.ranks(lambda value: int("unknown" in cast("frozenset[str]", value)))
    reasons = tuple(utility_reason(value, NET_LAND_UTILITIES) for value in there.values)
    count = len(reasons)
    return Answers(
        np.where(cleared == 1, there.place, np.where(unknown == 1, count, count + 1)),
        (
            *reasons,
            Reason("no_data", say("state_not_known")),
            Reason("not_met", lambda s: say("not_cleared", states=";".join(sorted(s.states)))),
        ),
    )


def utility_level(part: str) -> GateRule:
    """E3: 五通一平, 七通一平 or 九通一平 before a project lands.

    ``part``: ``five``, ``seven`` or ``nine``; the last only binds land of a platform
      (有条件的开发区).
    """

    def gate(columns: SiteColumns, asked: Asking) -> Answers:
        return under_rule(columns, asked, "E3", part, lambda: _level(columns, asked, part))

    return gate


def _level(columns: SiteColumns, asked: Asking, part: str) -> Answers:
    needed = frozenset(asked.policy.setting_texts("utility_levels", part))
    there = columns.coded["utilities"]
    reasons = tuple(utility_reason(value, needed) for value in there.values)
    if part != "nine":
        return Answers(there.place, reasons)
    in_zone = (
        columns.coded["platform_id"].ranks(lambda platform_id: int(platform_id is not None)) == 1
    )
    elsewhere = Reason("not_applicable", say("not_in_a_zone"))
    return Answers(np.where(in_zone, there.place, len(reasons)), (*reasons, elsewhere))


def on_main_platform(columns: SiteColumns) -> Flags:
    """Return which candidates lie on the outline of a major platform itself, beyond 1 m²."""
    on_main: Flags = columns.main_platform_share * columns.area_mu > TOLERANCE_MU
    return on_main


def eligible(force: Force) -> GateRule:
    """Return the gate of the parts of C4 with one force: exclusions bind, the rest are principles.

    ``force``: ``mandatory`` or ``principle``.

    The same answer for every candidate.

    C4 嘉政办发〔2018〕52号 三.
    """

    def gate(columns: SiteColumns, asked: Asking) -> Answers:
        mine = [v for v in asked.project.eligibility if v.force == force]
        outcome = outcome_of(tuple(mine), force)
        if outcome == "not_applicable":
            why = say("rule_out_of_force") if mine else say("rule_not_held", rule="C4")
            return everywhere(columns, "not_applicable", why)
        deciding = [v for v in mine if v.outcome == outcome and v.in_force]
        answers = everywhere(columns, outcome, deciding[0].reasons[0])
        return Answers(answers.reason, answers.reasons, force, deciding[0].clause)

    return gate


def exclusive(columns: SiteColumns, asked: Asking) -> Answers:
    """Ask of each unit whether it may take the project now (B5, C5).

    Where the unit that has the project on file holds it, or nobody does, land anywhere may take
    it: it goes there by transfer (流转). Where another unit holds it, only land of that unit may.

    By unit; ``not_applicable`` for a demand that isn't on file.

    B5, B6 《进一步推动招大引强工作实施方案》 二（一）3; C5 嘉政办发〔2018〕52号 四（二）.
    """
    project = asked.project
    if not project.is_on_file:
        return everywhere(columns, "not_applicable", say("talks_not_on_file"))
    if not (asked.policy.parts("B5") or asked.policy.parts("C5")):
        return everywhere(columns, "not_applicable", say("talks_no_rule"))
    units = columns.coded["unit_id"]
    reasons = [_reason(unit, project) for unit in units.values]
    clauses = {talks.clause for talks in project.talks.values() if talks.clause}
    return Answers(units.place, tuple(reasons), "mandatory", "；".join(sorted(clauses)))


def _reason(unit: Hashable, project: ProjectStatus) -> Reason:
    unit_id = None if unit is None else str(unit)
    outcome: Outcome
    talks = project.talks_on(unit_id)
    if talks is None:
        outcome, statement = "no_data", say("talks_unit_unknown")
    elif talks.outcome == "met" and project.by_transfer(unit_id) and talks.unit_id != unit_id:
        outcome, statement = "met", say("talks_by_transfer")
    else:
        outcome, statement = talks.outcome, talks.reasons[0]
    return Reason(outcome, statement)


Status = Literal["admitted", "undecided", "rejected"]

GATES: Mapping[str, GateRule] = MappingProxyType(
    {
        "size": land_gates.size,
        "width": land_gates.width,
        "frontage": land_gates.frontage,
        "land_use": land_gates.land_use,
        "state": land_gates.state,
        "cautions": land_gates.cautions,
        "utilities": land_gates.utilities,
        "E3_five": utility_level("five"),
        "E3_seven": utility_level("seven"),
        "E3_nine": utility_level("nine"),
        "net_land": net_land,
        "facilities": land_gates.facilities,
        "unit": land_gates.unit,
        "preferred_unit": land_gates.preferred_unit,
        "not_started": land_gates.not_started,
        "A18": increment,
        "A20": industry,
        "standard_land": standard_land,
        "headroom_land": headroom("land"),
        "headroom_energy": headroom("energy"),
        "headroom_emission": headroom("emission"),
        "C4": eligible("mandatory"),
        "C4_principle": eligible("principle"),
        "exclusivity": exclusive,
    }
)
"""Every gate by its name but those of the kinds of constraint, in the order they are shown."""

CONSTRAINT = "constraint:"
"""What the name of the gate of a kind of constraint begins with."""

QUOTA = "headroom_"
"""What the names of the gates of quotas begin with."""

SOFT_FORCES = ("target", "guidance")
"""Forces that neither reject nor warn, but score."""


@dataclass(frozen=True)
class Judged:
    """The answers of every gate for n candidates.

    ``columns``: The candidates.
    ``answers``: By gate, in order.
    """

    columns: SiteColumns
    answers: Mapping[str, Answers]

    @property
    def rejected(self) -> Flags:
        """Candidates that a mandatory gate fails; array of n."""
        return self._any("not_met", ("mandatory",))

    @property
    def undecided(self) -> Flags:
        """Candidates that no mandatory gate fails and some could not answer; array of n."""
        undecided: Flags = self._any("no_data", ("mandatory",)) & ~self.rejected
        return undecided

    @property
    def fits_but_for_quotas(self) -> Flags:
        """Candidates that no mandatory gate fails or leaves open, quotas aside; array of n."""
        barred = np.zeros(len(self.columns), dtype=bool)
        for name, answers in self.answers.items():
            if answers.force == "mandatory" and not name.startswith(QUOTA):
                barred |= answers.outcome_is("not_met") | answers.outcome_is("no_data")
        fits: Flags = ~barred
        return fits

    def count(self, outcome: Outcome) -> Positions:
        """Count the mandatory gates with an outcome; array of n."""
        none = np.zeros(len(self.columns), dtype=np.intp)
        binding = (answers for answers in self.answers.values() if answers.force == "mandatory")
        return sum((answers.outcome_is(outcome).astype(np.intp) for answers in binding), none)

    def barring(self, positions: Positions) -> list[str]:
        """Name the mandatory gate that bars each of some candidates first.

        The first that fails, else the first left open; ``""`` for an admitted one.
        """
        names = [name for name, answers in self.answers.items() if answers.force == "mandatory"]
        barred = np.full(len(positions), -1)
        for outcome in ("not_met", "no_data"):
            for place, name in enumerate(names):
                here = self.answers[name].outcome_is(outcome)[positions]
                barred[here & (barred < 0)] = place
        return [names[place] if place >= 0 else "" for place in barred.tolist()]

    def soft(self, outcome: Outcome) -> np.ndarray:
        """Count the target and guidance gates with an outcome; array of n."""
        answered = [answers for answers in self.answers.values() if answers.force in SOFT_FORCES]
        none = np.zeros(len(self.columns), dtype=np.intp)
        return sum((answers.outcome_is(outcome).astype(np.intp) for answers in answered), none)

    def gates(self, position: int) -> tuple[Gate, ...]:
        """Put the answers for one candidate into statements."""
        site = self.columns.sites[position]
        return tuple(
            self._gate(name, answers, int(answers.reason[position]), site)
            for name, answers in self.answers.items()
        )

    @cached_property
    def _alike(self) -> dict[tuple[str, int], Gate]:
        """Gates that say the same of every candidate, each once."""
        return {}

    def _gate(self, name: str, answers: Answers, place: int, site: Site) -> Gate:
        reason = answers.reasons[place]
        if not isinstance(reason.statement, Statement):
            said = reason.statement(site)
            return Gate(name, reason.outcome, said, answers.force, answers.clause)
        gate = self._alike.get((name, place))
        if gate is None:
            gate = Gate(name, reason.outcome, reason.statement, answers.force, answers.clause)
            self._alike[name, place] = gate
        return gate

    def _any(self, outcome: Outcome, forces: tuple[str, ...]) -> Flags:
        flags = np.zeros(len(self.columns), dtype=bool)
        for answers in self.answers.values():
            if answers.force in forces:
                flags |= answers.outcome_is(outcome)
        return flags


def gates_of(asked: Asking) -> dict[str, GateRule]:
    """Return every gate by its name, those of the kinds of constraint before the cautions."""
    needed = kinds_by_law(asked.policy).site_kinds
    kinds = {kind: KindOnFile("constraints", kind, 0, is_stated=False) for kind in needed}
    kinds |= {kind.kind: kind for kind in asked.kinds}
    of_kinds: dict[str, GateRule] = {
        f"{CONSTRAINT}{name}": land_gates.of_kind(kind, is_needed=name in needed)
        for name, kind in kinds.items()
    }
    if not needed:
        of_kinds[f"{CONSTRAINT}undeclared"] = land_gates.undeclared
    gates: dict[str, GateRule] = {}
    for name, gate in GATES.items():
        if name == "cautions":
            gates |= of_kinds
        gates[name] = gate
    return gates


def judged(columns: SiteColumns, asked: Asking) -> Judged:
    """Put candidates through every gate.

    One answer a gate and candidate.
    """
    return Judged(columns, {name: gate(columns, asked) for name, gate in gates_of(asked).items()})


def judge(site: Site, asked: Asking) -> tuple[Gate, ...]:
    """Put one site through every gate, as ``judged`` does with thousands."""
    return judged(columns_of([site]), asked).gates(0)


def status_of(gates: tuple[Gate, ...]) -> Status:
    """Compute what the gates of a site come to: its verdict, apart from score and confidence."""
    outcomes = {gate.outcome for gate in gates if gate.force == "mandatory"}
    if "not_met" in outcomes:
        return "rejected"
    return "undecided" if "no_data" in outcomes else "admitted"
