"""First report, first talks, exclusivity (B5, C5)."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import combinations
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

import pandas as pd

from geo.tools import plain_name
from layers.fields import split_list
from platforms.ledger.calendar import Holidays, Period, moment_of, period_from
from platforms.ledger.counting import ProjectLedger
from platforms.ledger.events import in_force
from platforms.ledger.phases import phase_roots
from platforms.ledger.rows import Row, number_of, project_row, text_of
from platforms.policy.check import holds
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.verdict import Basis, Force, ForceStatus, Outcome, Statement, say


def filing_size(
    row: Row, policy: PolicySet, yuan_per_usd: float | None = None
) -> tuple[Outcome, Statement]:
    """Say whether a project reaches the size that has to be filed.

    ``row``: Row of ``projects``.
    ``policy``: Rules on the as-of date, with parts ``usd`` and ``rmb`` of B5.
    ``yuan_per_usd``: Central parity of the filing day, stored with the filing; None where none
      is.

    ``met`` or ``not_met`` with the amount that decided, ``no_data`` with what is missing.

    B5 《进一步推动招大引强工作实施方案》 二（一）3; S8. The threshold in USD compares the
    contracted USD, and a project contracted in RMB lies under it. Only a project contracted in
    USD and short of that threshold needs the rate, for the threshold in RMB.
    """
    usd, rmb = number_of(row, "investment_yi_usd"), number_of(row, "investment_yi_yuan")
    least_usd, least_rmb = policy.rule("B5", "usd").rule, policy.rule("B5", "rmb").rule
    if usd is not None and holds(least_usd, usd):
        return "met", say("filing_size_usd", usd=usd, least_usd=least_usd.number)
    if rmb is None and usd is None:
        return "no_data", say("filing_size_missing")
    if rmb is None and usd is not None:
        if yuan_per_usd is None or not math.isfinite(yuan_per_usd) or yuan_per_usd <= 0:
            return "no_data", say("filing_rate_missing", usd=usd)
        rmb = usd * yuan_per_usd
    amount = rmb if rmb is not None else 0.0
    if holds(least_rmb, amount):
        return "met", say("filing_size_rmb", rmb=amount, least_rmb=least_rmb.number)
    return "not_met", say("filing_size_small", rmb=amount, least_rmb=least_rmb.number)


Agreement = Literal["same", "near", "other"]


def same_project(one: Row, other: Row, digits: int) -> Agreement:
    """Say whether two projects are of one investor and content.

    ``one, other``: Rows of ``projects``.
    ``digits``: Digits of the industry code that must agree (pack, S14).

    ``same`` where both agree for certain, ``near`` where one of them only seems to agree: such a
    pair is for a person to look at.

    S14: same investor = same credit code or controller; same content = same four-digit industry
    and main product. The same name without the code, the same product under another industry, the
    same industry with another or no product are near.
    """
    investor = same_investor(one, other)
    content = same_content(one, other, digits)
    if "other" in (investor, content):
        return "other"
    return "same" if investor == content == "same" else "near"


def same_investor(one: Row, other: Row) -> Agreement:
    """Say whether two projects have one investor: by credit code, controller, then by name.

    A firm and its controller (实际控制人、母公司), and two firms of one controller, are one.
    """
    codes = [text_of(row, "credit_code") for row in (one, other)]
    names = [plain_name(text_of(row, "investor_name")) for row in (one, other)]
    if None not in codes:
        if codes[0] == codes[1]:
            return "same"
        heads = [text_of(row, "parent_credit_code") for row in (one, other)]
        if {codes[0], heads[0]} & {codes[1], heads[1]} - {None}:
            return "same"
        if None not in heads:
            return "other"
    return "near" if names[0] is not None and names[0] == names[1] else "other"


def same_content(one: Row, other: Row, digits: int) -> Agreement:
    """Say whether two projects have one content: by industry and main product."""
    schemes = {text_of(row, "industry_scheme") for row in (one, other)} - {None}
    classes = [_class(row, digits) for row in (one, other)]
    # codes of two editions mean different things and can't be compared
    industry = None if len(schemes) > 1 else _agree(*classes)
    product = _agree(*(plain_name(text_of(row, "product")) for row in (one, other)))
    if industry and product:
        return "same"
    if industry is False and product is False:
        return "other"
    # one of the two may be written otherwise or not at all; both missing tell nothing apart
    return "near"


def _agree(one: str | None, other: str | None) -> bool | None:
    return None if one is None or other is None else one == other


def _class(row: Row, digits: int) -> str | None:
    """Give the industry code to so many digits; a shorter one doesn't say which class it is."""
    code = (text_of(row, "industry_code") or "").upper().lstrip("ABCDEFGHIJKLMNOPQRST")
    return code[:digits] if len(code) >= digits else None


Signal = Literal["investor", "content", "site"]

POINTS: Mapping[Agreement, float] = MappingProxyType({"same": 1.0, "near": 0.5, "other": 0.0})
SIGNALS_WANTED = 2
TIMELINE = (
    "event_id", "project_id", "unit_id", "event_kind", "event_on", "entered_at", "entry_seq",
)  # fmt: skip


@dataclass(frozen=True)
class Conflict:
    """Two projects that may be one.

    ``one, other``: Their rows, the one with the smaller number first.
    ``agreement``: How far each of the three agrees.
    ``score``: Part of the three that agree (0–1), what only seems to by half.
    ``reasons``: Why, one statement for each that agrees or seems to.
    """

    one: Row
    other: Row
    agreement: Mapping[Signal, Agreement]
    score: float
    reasons: tuple[Statement, ...]

    @property
    def project_ids(self) -> tuple[str, str]:
        """Numbers of the two."""
        return str(self.one["project_id"]), str(self.other["project_id"])

    @property
    def is_between_units(self) -> bool:
        """Whether two known units have one of them each."""
        units = {text_of(row, "unit_id") for row in (self.one, self.other)}
        return len(units) > 1 and None not in units


def conflicts(projects: pd.DataFrame, policy: PolicySet) -> tuple[Conflict, ...]:
    """List the pairs of projects that may be one.

    Parameters
    ----------
    projects
        Table ``projects``.
    policy
        Rules on the as-of date: S14 says how many digits of the industry code must agree.

    Returns
    -------
    tuple of Conflict
        The highest score first, then by number; phases of one project are no conflict, and none is
        listed where the packs have no S14.

    Notes
    -----
    B5 《进一步推动招大引强工作实施方案》 二（一）3; C5 嘉政办发〔2018〕52号 四（二）; S14.
    """
    if "S14" not in policy.pack.assumptions:
        return ()
    digits = int(policy.setting_number("S14", "same_industry_digits"))
    rows: list[Row] = list(projects.to_dict("records"))
    found = []
    roots = phase_roots(rows)
    for first, second in sorted(_candidates(rows)):
        pair = sorted((rows[first], rows[second]), key=lambda row: str(row["project_id"]))
        if roots[str(pair[0]["project_id"])] == roots[str(pair[1]["project_id"])]:
            continue
        conflict = _judged(pair[0], pair[1], digits)
        if conflict is not None:
            found.append(conflict)
    return tuple(sorted(found, key=lambda one: (-one.score, one.project_ids)))


def timeline(conflict: Conflict, events: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Give what happened to both projects of a pair, in the order in which it happened.

    Parameters
    ----------
    conflict
        The pair.
    events
        Table ``project_events`` as entered.
    as_of
        The day (ISO).

    Returns
    -------
    DataFrame
        Columns ``TIMELINE``; corrections applied, of one day in the order of entry.
    """
    past = in_force(events, as_of)
    return past.loc[past["project_id"].isin(conflict.project_ids), list(TIMELINE)]


def _candidates(rows: list[Row]) -> set[tuple[int, int]]:
    """Pair the rows that share an investor, by code, name or controller, or a parcel."""
    shared: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        firm, parent = (text_of(row, one) for one in ("credit_code", "parent_credit_code"))
        name = plain_name(text_of(row, "investor_name"))
        for kind, value in {("code", firm), ("code", parent), ("name", name)}:
            if value is not None:
                shared[kind, value].append(place)
        for parcel in set(split_list(row.get("parcel_ids"))):
            shared["parcel", parcel].append(place)
    return {pair for places in shared.values() for pair in combinations(places, 2)}


def _judged(one: Row, other: Row, digits: int) -> Conflict | None:
    common = sorted(
        set(split_list(one.get("parcel_ids"))) & set(split_list(other.get("parcel_ids")))
    )
    found: dict[Signal, Agreement] = {
        "investor": same_investor(one, other),
        "content": same_content(one, other, digits),
        "site": "same" if common else "other",
    }
    agreeing = [signal for signal, agreement in found.items() if agreement != "other"]
    if len(agreeing) < SIGNALS_WANTED and found["investor"] != "same":
        return None
    reasons = []
    if found["investor"] != "other":
        reasons.append(
            say("conflict_investor" if found["investor"] == "same" else "conflict_investor_near")
        )
    if found["content"] != "other":
        reasons.append(
            say("conflict_content" if found["content"] == "same" else "conflict_content_near")
        )
    if common:
        reasons.append(say("conflict_site", parcels="、".join(common)))
    score = sum(POINTS[agreement] for agreement in found.values()) / len(found)
    return Conflict(one, other, MappingProxyType(found), score, tuple(reasons))


Doubt = Literal["review", "no_data"]
RENEWAL = "talks_renewed"
GIVEN_UP = ("ended", "transferred", "escalated")


@dataclass(frozen=True)
class TalksQuestion:
    """Which project is asked about, when, and what is known beside the ledger.

    ``project_id``: The project.
    ``as_of``: ISO day, or moment to the minute; without offset in the time zone of the rules.
    ``holidays``: Public holidays, None where they aren't known.
    ``yuan_per_usd``: Stored central parity by project, for those contracted in USD.
    """

    project_id: str
    as_of: str
    holidays: Holidays | None = None
    yuan_per_usd: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """A claim of one unit on the project.

    ``unit_id, project_id``: Who claims, by which row of the ledger; the unit is None where it
      isn't known.
    ``rule``: B5 or C5 on the day.
    ``until``: When it ends; None where it has no end.
    ``statement``: Why.
    ``doubt``: None where it is certain; ``review`` where a person has to compare two projects,
      ``no_data`` where something is missing.
    ``why_doubt``: What makes it doubtful.
    """

    unit_id: str | None
    project_id: str
    rule: DatedRule
    until: datetime | None
    statement: Statement
    doubt: Doubt | None = None
    why_doubt: Statement | None = None


@dataclass(frozen=True)
class _Step:
    """A dated entry in the ledger of one project, for the order of who came first."""

    row: Row
    unit_id: str | None
    on: str
    order: tuple[str, str, float]
    same_project: Agreement


def claims_on(
    question: TalksQuestion, ledger: ProjectLedger, policy: PolicySet
) -> tuple[Claim, ...]:
    """List the claims on a project at a moment.

    Parameters
    ----------
    question
        The project and the moment.
    ledger
        The ledger; its day is not asked.
    policy
        Rules on the as-of date.

    Returns
    -------
    tuple of Claim
        The standing ones, those in doubt among them; none where the packs have neither rule.

    Raises
    ------
    PlanningError
        ``project_not_on_file``, ``moment_bad``.

    Notes
    -----
    B5 《进一步推动招大引强工作实施方案》 二（一）3, S12; C5 嘉政办发〔2018〕52号 四（二）, S14.
    """
    asked = ledger.row(question.project_id)
    zone = zone_of(policy)
    moment = moment_of(question.as_of, zone)
    until_then = _entered_by(ledger, question.as_of, moment, zone)
    if "S14" not in policy.pack.assumptions:
        return ()
    digits = int(policy.setting_number("S14", "same_industry_digits"))
    rows = ledger.rows
    alike = {
        project_id: "same" if project_id == question.project_id
        else same_project(asked, row, digits)
        for project_id, row in rows.items()
    }  # fmt: skip
    rivals = {key: (rows[key], found) for key, found in alike.items() if found != "other"}
    own = ledger.projects["project_id"].isin(list(rivals)).to_numpy(dtype=bool)
    theirs = until_then["project_id"].isin(list(rivals)).to_numpy(dtype=bool)
    book = _Book(
        question, rivals, until_then[theirs], ledger.projects[own].reset_index(drop=True), policy,
        moment, zone,
    )  # fmt: skip
    found: list[Claim] = []
    if "exclusive_talks" in policy.parts("B5"):
        found += book.by_first_talks()
    if policy.parts("C5"):
        found += book.by_list()
    return tuple(found)


def zone_of(policy: PolicySet) -> ZoneInfo:
    """Give the time zone in which days end (S12)."""
    if "S12" not in policy.pack.assumptions:
        return ZoneInfo("Asia/Shanghai")
    return ZoneInfo(policy.setting_texts("S12", "time_zone")[0])


def _entered_by(
    ledger: ProjectLedger, as_of: str, moment: datetime, zone: ZoneInfo
) -> pd.DataFrame:
    """Keep what had happened; where the moment is to the minute, what had been entered by then."""
    day = moment.date().isoformat()
    happened = ledger.past if ledger.as_of == day else in_force(ledger.entries, day)
    if len(as_of) <= len("2025-01-31"):
        return happened
    entered = [moment_of(str(text), zone) <= moment for text in happened["entered_at"]]
    return happened[entered]


@dataclass(frozen=True)
class _Book:
    """What is on file at the moment of the projects that may be one."""

    question: TalksQuestion
    same_project: Mapping[str, tuple[Row, Agreement]]
    events: pd.DataFrame
    projects: pd.DataFrame
    policy: PolicySet
    moment: datetime
    zone: ZoneInfo

    def steps(self, kind: str) -> list[_Step]:
        """Give the first event of a kind of each such project, earliest first."""
        chosen = self.events[self.events["event_kind"].eq(kind).fillna(value=False).to_numpy(bool)]
        first: dict[str, _Step] = {}
        for event in chosen.to_dict("records"):
            key = str(event["project_id"])
            if key not in self.same_project:
                continue
            row, found = self.same_project[key]
            entered = moment_of(str(event["entered_at"]), self.zone).isoformat()
            on = str(event["event_on"])
            unit_id = text_of(event, "unit_id") or text_of(row, "unit_id")
            step = _Step(row, unit_id, on, (on, entered, float(event["entry_seq"])), found)
            if key not in first or step.order < first[key].order:
                first[key] = step
        return sorted(first.values(), key=lambda step: step.order)

    def over(self) -> set[str]:
        """Name the projects that their unit gave up: ended, passed on, left to the city (C9)."""
        kinds = self.events["event_kind"].isin(GIVEN_UP)
        gone = {str(one) for one in self.events["project_id"][kinds]}
        ended = self.projects["stage"].eq("ended").fillna(value=False).to_numpy(dtype=bool)
        return gone | {str(one) for one in self.projects["project_id"][ended]}

    def by_first_talks(self) -> list[Claim]:
        """B5: the first to file has exclusive talks for the period."""
        over = self.over()
        claiming = [
            step for step in self.steps("first_report")
            if str(step.row["project_id"]) not in over and self._size(step)[0] != "not_met"
        ]  # fmt: skip
        return self._first(claiming, self._talks)

    def _size(self, step: _Step) -> tuple[Outcome, Statement]:
        rate = self.question.yuan_per_usd.get(str(step.row["project_id"]))
        return filing_size(step.row, self.policy, rate)

    def by_list(self) -> list[Claim]:
        """C5: the first on the list with a binding agreement shuts out the others."""
        bound = {str(step.row["project_id"]) for step in self.steps("agreement")}
        ledger = ProjectLedger(self.projects, self.events, self.moment.date().isoformat())
        left = ledger.left_list(ledger.as_of)
        gone, unsaid = set(ledger.ids(left.yes)), set(ledger.ids(left.open))
        listed = [
            step for step in self.steps("listed")
            if str(step.row["project_id"]) in bound - gone - self.over()
        ]  # fmt: skip
        return self._first(listed, lambda step: self._listed(step, unsaid))

    @staticmethod
    def _first(steps: list[_Step], claim_of: Callable[[_Step], Claim | None]) -> list[Claim]:
        """Take claims in their order up to the first that is certain."""
        found: list[Claim] = []
        for step in steps:
            claim = claim_of(step)
            if claim is not None:
                found.append(claim)
            if step.same_project == "same" and (claim is None or claim.doubt is None):
                break
        return found

    def _talks(self, step: _Step) -> Claim | None:
        """Give the claim of a filing; None where its period is over."""
        dated = self.policy.rule("B5", "exclusive_talks")
        project_id = str(step.row["project_id"])
        size, why_size = self._size(step)
        period = self._period(step, int(dated.rule.number))
        until = period.ends_at(self.zone)
        doubt: tuple[Doubt | None, Statement | None] = (None, None)
        if self.moment >= until:
            days = self.policy.setting_number("unknown_holidays", "longest_holiday_days")
            if period.is_certain or (self.moment - until).days >= days:
                return None
            doubt = "no_data", say("talks_end_unknown", last_day=period.last_day.isoformat())
        elif size == "no_data":
            doubt = "no_data", why_size
        elif step.same_project == "near":
            doubt = "review", say("matter_near", project_id=project_id)
        code = "talks_first" if period.is_certain else "talks_first_open"
        said = say(
            code, unit_id=step.unit_id or "–", project_id=project_id, filed_on=step.on,
            last_day=period.last_day.isoformat(),
        )  # fmt: skip
        return Claim(step.unit_id, project_id, dated, until, said, *doubt)

    def _period(self, step: _Step, months: int) -> Period:
        """Give the period of a filing with the renewals that were entered while it ran."""
        filed_on, holidays = date.fromisoformat(step.on), self.question.holidays
        period = period_from(filed_on, months, holidays)
        most = int(self.policy.setting_number("talks_renewal", "most"))
        own = self.events["project_id"].eq(str(step.row["project_id"]))
        renewed = self.events["event_kind"].eq(RENEWAL) & own
        days = sorted(str(day) for day in self.events["event_on"][renewed.fillna(value=False)])
        for count, day in enumerate(days[:most], start=2):
            if not step.on <= day <= period.last_day.isoformat():
                break
            period = period_from(filed_on, months * count, holidays)
        return period

    def _listed(self, step: _Step, unsaid: set[str]) -> Claim:
        project_id = str(step.row["project_id"])
        doubt: tuple[Doubt | None, Statement | None] = (None, None)
        if step.same_project == "near":
            doubt = "review", say("matter_near", project_id=project_id)
        elif project_id in unsaid:
            doubt = "no_data", say("exit_reason_missing", project_id=project_id)
        said = say(
            "listed_first", unit_id=step.unit_id or "–", project_id=project_id, listed_on=step.on
        )
        return Claim(
            step.unit_id, project_id, self.policy.rule("C5"), None, said, *doubt
        )  # fmt: skip


ClaimState = Literal["free", "held_by_own_unit", "held_by_other", "review", "no_data"]


@dataclass(frozen=True)
class Exclusivity:
    """Who holds a project at a moment, as one unit sees it.

    ``project_id, unit_id``: The project, and the unit that asks.
    ``state``: ``free``, ``held_by_own_unit``, ``held_by_other``, ``review`` (a person has to
      compare two projects), ``no_data``.
    ``holder_unit_id, holder_project_id``: Who holds it, or may hold it, by which row of the
      ledger; None where nobody does.
    ``until``: When that ends, to the minute and with the offset; None where it has no end.
    ``reasons``: Why.
    ``rule_id, clause, force, force_status, basis, assumptions``: Of the rule that decides; None
      and empty where none does.
    """

    project_id: str
    unit_id: str | None
    state: ClaimState
    reasons: tuple[Statement, ...]
    holder_unit_id: str | None = None
    holder_project_id: str | None = None
    until: datetime | None = None
    rule_id: str | None = None
    clause: str = ""
    force: Force | None = None
    force_status: ForceStatus | None = None
    basis: Basis | None = None
    assumptions: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Whether the unit may take the project: ``not_met`` where another one holds it.

        ``not_applicable`` where the rule that would shut it out isn't in force.
        """
        if self.state in ("free", "held_by_own_unit"):
            return "met"
        if self.force_status != "in_force" and self.state == "held_by_other":
            return "not_applicable"
        return "not_met" if self.state == "held_by_other" else "no_data"


def exclusivity(
    question: TalksQuestion, projects: pd.DataFrame, events: pd.DataFrame, policy: PolicySet
) -> Exclusivity:
    """Say who holds a project, as seen by the unit it is on file with.

    Parameters
    ----------
    question
        The project, the moment, and what is known beside the ledger.
    projects, events
        Tables ``projects`` and ``project_events``.
    policy
        Rules on the as-of date.

    Returns
    -------
    Exclusivity
        The answer.

    Raises
    ------
    PlanningError
        ``project_not_on_file``, ``moment_bad``.

    Notes
    -----
    B5 《进一步推动招大引强工作实施方案》 二（一）3; C5 嘉政办发〔2018〕52号 四（二）.
    """
    own = text_of(project_row(projects, question.project_id), "unit_id")
    ledger = ProjectLedger(projects, events, question.as_of[: len("2025-01-31")])
    return exclusivity_by_unit(question, [own], ledger, policy)[0]


def exclusivity_by_unit(
    question: TalksQuestion,
    unit_ids: Sequence[str | None],
    ledger: ProjectLedger,
    policy: PolicySet,
) -> tuple[Exclusivity, ...]:
    """Say of each candidate unit whether it may take the project now.

    ``unit_ids``: Candidate units; None for a unit that isn't known.
    ``ledger``: The ledger; its day is not asked.

    One a unit, in the order given; ``outcome`` says whether it may.

    Raises PlanningError: ``project_not_on_file``, ``moment_bad``.
    """
    claims = claims_on(question, ledger, policy)
    return tuple(_seen_by(unit_id, claims, question.project_id, policy) for unit_id in unit_ids)


def _seen_by(
    unit_id: str | None, claims: tuple[Claim, ...], project_id: str, policy: PolicySet
) -> Exclusivity:
    if not (policy.parts("B5") or policy.parts("C5")):
        return Exclusivity(project_id, unit_id, "free", (say("talks_no_rule"),))
    if not claims:
        return Exclusivity(project_id, unit_id, "free", (say("talks_free"),))
    if unit_id is None or any(claim.unit_id is None for claim in claims):
        return _held(project_id, unit_id, "no_data", claims[0], say("talks_unit_unknown"))
    others = [claim for claim in claims if claim.unit_id != unit_id]
    own = [claim for claim in claims if claim.unit_id == unit_id]
    against = [claim for claim in others if claim.doubt is None]
    mine = [claim for claim in own if claim.doubt is None]
    if against and own:
        # a doubtful claim came before the certain one, or it would not be among them
        both = say("talks_two_claims", unit_id=unit_id)
        return _held(
            project_id, unit_id, own[0].doubt or "review", against[0], both, own[0].statement
        )
    if against:
        return _held(project_id, unit_id, "held_by_other", _last(against))
    if others:
        worst = next((claim for claim in others if claim.doubt == "review"), others[0])
        return _held(project_id, unit_id, worst.doubt or "review", worst)
    if mine:
        return _held(project_id, unit_id, "held_by_own_unit", _last(mine))
    # a doubtful claim of one's own keeps nobody out: the project is free or held by this unit
    return _held(project_id, unit_id, "free", own[0], say("talks_free"))


def _last(claims: list[Claim]) -> Claim:
    """Choose the claim that lasts longest; one without end lasts longest of all."""
    ends = [float("inf") if one.until is None else one.until.timestamp() for one in claims]
    return claims[ends.index(max(ends))]


def _held(
    project_id: str, unit_id: str | None, state: ClaimState, claim: Claim, *said: Statement
) -> Exclusivity:
    doubt = () if claim.why_doubt is None else (claim.why_doubt,)
    dated = claim.rule
    return Exclusivity(
        project_id=project_id,
        unit_id=unit_id,
        state=state,
        reasons=(claim.statement, *doubt, *said),
        holder_unit_id=claim.unit_id,
        holder_project_id=claim.project_id,
        until=claim.until,
        rule_id=dated.rule.rule_id,
        clause=dated.clause,
        force=dated.rule.force,
        force_status=dated.force_status,
        basis=dated.basis,
        assumptions=dated.rule.assumptions,
    )
