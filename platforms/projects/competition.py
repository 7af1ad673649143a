"""Filing, competition, transfer (B5–B7 C5 C9 C14 D4)."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pandas as pd

from geo.measure import ellipsoidal_area_m2
from geo.units import compare, m2_to_mu
from layers.fields import FIELDS, pollutant_name, split_list
from platforms.elements.allotments import AMOUNT_COLUMNS
from platforms.elements.quotas import Headroom, QuotaKey, Quotas, quotas_of
from platforms.industries.codes import division
from platforms.land.blocks import find_blocks, reaches_mu
from platforms.land.search import (
    BlockQuery,
    LandLayers,
    is_supply_ready,
    land_layers,
    registered_excess_m2,
    state_of,
)
from platforms.ledger.calendar import official_holidays
from platforms.ledger.claims import (
    Exclusivity,
    TalksQuestion,
    conflicts,
    exclusivity_by_unit,
    filing_size,
)
from platforms.ledger.counting import competition_ledger, kept_until
from platforms.ledger.histories import (
    ENDED,
    FIRST_REPORT,
    Finding,
    State,
    filing_unit,
    finding,
    first_days,
    is_over,
    kinds_of,
    must_be_empty,
    verdicts_by_unit,
)
from platforms.ledger.rows import Row, number_of, text_of
from platforms.policy.check import CheckJob, counted_rows, judge
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.territory import shapes_of

SIGNED = "signed"
IN_TALKS = "in_talks"


GONE_ON = ("signed", "registered", "started", "production")
SIGNING_REPORT = "signing_report"


@check("B5", "filed")
@must_be_empty
def unfiled(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects so large that they have to be filed while in talks, and weren't (B5).

    Those in talks, and those that went on (signed, registered, started) in the year. Not filed is a
    breach where the unit's filings are kept, else it isn't known.

    《进一步推动招大引强工作实施方案》 二（一）3; S8.
    """
    kept = kept_until(job, FIRST_REPORT)
    for row, events in competition_ledger(job).histories:
        days = first_days(events)
        gone_on = min((days[kind] for kind in GONE_ON if kind in days), default=None)
        stage = text_of(row, "stage")
        is_of_year = gone_on is not None and gone_on.startswith(f"{job.year}-")
        is_undated = gone_on is None and stage not in (None, IN_TALKS, ENDED)
        if not (gone_on is None or is_of_year) or (stage == ENDED and not is_of_year):
            continue
        if gone_on is not None and gone_on < (dated.rule.effective_from or ""):
            continue
        size, why = filing_size(row, job.policy)
        if size == "not_met":
            continue
        filed_on = days.get(FIRST_REPORT)
        if filed_on is not None and gone_on is not None and filed_on > gone_on:
            yield finding(row, "departs", say("b5_filed_after", filed_on=filed_on, on=gone_on))
        elif filed_on is not None:
            yield finding(row, "keeps", say("b5_filed", on=filed_on))
        elif size == "no_data":
            yield finding(row, "open", why)
        elif is_undated or (stage is None and gone_on is None):
            yield finding(row, "open", say("b5_stage_undated"))
        elif (text_of(row, "unit_id") or "") not in kept:
            yield finding(row, "open", say("b5_not_kept"))
        else:
            yield finding(row, "departs", why)


@check("B7")
def notice_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how many days ahead each major signing of the year was filed (B7).

    ``dated``: B7 [天].

    One a signed major project; a unit without any has one, ``not_applicable``. What is filed is the
    signing (签约报备); the first report of talks is none. Signed and never filed is a breach where
    the unit keeps filings of signings up to that day, else it isn't known.

    《进一步推动招大引强工作实施方案》 二（一）3; S6, S12: the day of filing isn't counted, so a
    signing on the 8th has to be filed on the 1st, whatever day that is.
    """
    kept = kept_until(job, SIGNING_REPORT)
    verdicts: list[tuple[str | None, Verdict]] = []
    for row, events in competition_ledger(job).histories:
        unit_id, days = text_of(row, "unit_id"), first_days(events)
        signed_on = days.get(SIGNED)
        if unit_id not in job.unit_ids:
            continue
        if signed_on is None:
            if text_of(row, "stage") != SIGNED:
                continue
        elif signed_on[:4] != str(job.year) or signed_on < (dated.rule.effective_from or ""):
            continue
        size, why = filing_size(row, job.policy)
        if size == "no_data":
            verdicts.append((unit_id, _unknown(row, dated, job.year, why)))
        elif size == "met" and signed_on is None:
            why = say("b7_signed_undated")
            verdicts.append((unit_id, _unknown(row, dated, job.year, why)))
        elif size == "met" and signed_on is not None:
            is_kept = kept.get(unit_id or "", "") >= signed_on
            verdicts.append((unit_id, _notice(row, days, dated, job.year, is_kept)))
    return verdicts_by_unit(job, dated, verdicts)


def _notice(
    row: Row, days: Mapping[str, str], dated: DatedRule, year: int, is_kept: bool
) -> Verdict:
    filed_on, signed_on = days.get(SIGNING_REPORT), days[SIGNED]
    if filed_on is None and not is_kept:
        return _unknown(row, dated, year, say("b7_not_kept", on=signed_on))
    unit_id, project_id = text_of(row, "unit_id"), str(row["project_id"])
    if filed_on is None:
        said = say("b7_not_filed", on=signed_on)
        return judge(
            dated, 0.0, unit_id=unit_id, year=year, reasons=(said,),
            evidence=(Evidence("projects", (project_id,), said),),
        )  # fmt: skip
    ahead = (date.fromisoformat(signed_on) - date.fromisoformat(filed_on)).days
    said = say("b7_days", filed_on=filed_on, on=signed_on)
    return judge(
        dated, float(ahead), unit_id=unit_id, year=year,
        evidence=(Evidence("projects", (project_id,), said),),
    )  # fmt: skip


def _unknown(row: Row, dated: DatedRule, year: int, why: Statement) -> Verdict:
    return judge(
        dated, None, unit_id=text_of(row, "unit_id"), year=year,
        evidence=(Evidence("projects", (str(row["project_id"]),)),), reasons=(why,),
    )  # fmt: skip


LIST_RULE, TALKS_RULE = "C5", "B5"
FREE = ("free", "held_by_own_unit")


@check("C5")
@must_be_empty
def competing_projects(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects shut out by one that is listed with a binding agreement elsewhere (C5).

    嘉政办发〔2018〕52号 四（二）; S14. Only a project that may be one with another is asked about;
    one that ended competes with nobody.
    """
    disputed, policy = job.per_run(_disputed), _without(job.policy, TALKS_RULE)
    for row, events in competition_ledger(job).histories:
        if is_over(row, events):
            continue
        if str(row["project_id"]) not in disputed:
            yield finding(row, "keeps", say("c5_alone"))
            continue
        yield _exclusivity_finding(row, _exclusivity_on(job, row, policy.as_of, policy))


@check("B5", "conflicts")
@must_be_empty
def in_others_talks(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects in talks with a unit while another has the exclusive first talks (B5).

    《进一步推动招大引强工作实施方案》 二（一）3; S12, S14.
    """
    disputed, policy = job.per_run(_disputed), _without(job.policy, LIST_RULE)
    for row, events in competition_ledger(job).histories:
        if is_over(row, events):
            continue
        if str(row["project_id"]) not in disputed:
            yield finding(row, "keeps", say("c5_alone"))
            continue
        yield _exclusivity_finding(row, _exclusivity_on(job, row, policy.as_of, policy))


def _exclusivity_finding(row: Row, talks: Exclusivity) -> Finding:
    if talks.state in FREE:
        return finding(row, "keeps", say("c5_alone"))
    state: State = "departs" if talks.state == "held_by_other" else "open"
    return finding(row, state, talks.reasons[0])


@check("C14")
@must_be_empty
def barred_steps(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects for which a step was taken in the year while they were shut out (C14).

    嘉政办发〔2018〕52号 四（二）: no land, energy, environment, approval or credit step. A step is
    judged by the day it was taken; one taken before the other project was listed isn't barred.
    """
    barred, disputed = kinds_of(dated), job.per_run(_disputed)
    for row, events in competition_ledger(job).histories:
        steps = [
            event for event in events
            if event["event_kind"] in barred and str(event["event_on"])[:4] == str(job.year)
        ]  # fmt: skip
        if not steps:
            continue
        if str(row["project_id"]) not in disputed:
            yield finding(row, "keeps", say("c14_free"))
            continue
        yield _worst(job, row, steps)


def _worst(job: CheckJob, row: Row, steps: Sequence[Row]) -> Finding:
    """Judge the steps of a disputed project: one that was barred decides, then one in doubt."""
    doubt, policy = None, _without(job.policy, TALKS_RULE)
    for step in steps:
        day = str(step["event_on"])
        talks = _exclusivity_on(job, row, day, policy)
        if talks.state in FREE:
            continue
        said = say(
            "c14_barred", steps=str(step["event_kind"]), on=day,
            other_project_id=talks.holder_project_id or "–",
        )  # fmt: skip
        if talks.state == "held_by_other":
            return finding(row, "departs", said)
        doubt = doubt or finding(row, "open", said)
    return doubt or finding(row, "keeps", say("c14_free"))


def _exclusivity_on(job: CheckJob, row: Row, day: str, policy: PolicySet) -> Exclusivity:
    question = TalksQuestion(str(row["project_id"]), day, official_holidays())
    ledger = competition_ledger(job)
    return exclusivity_by_unit(question, [text_of(row, "unit_id")], ledger, policy)[0]


def _disputed(job: CheckJob) -> set[str]:
    projects = competition_ledger(job).projects
    return {name for pair in conflicts(projects, job.policy) for name in pair.project_ids}


def _without(policy: PolicySet, rule_id: str) -> PolicySet:
    """Leave one of the two rules aside: first talks end, the list doesn't."""
    rules = {key: dated for key, dated in policy.rules.items() if key[0] != rule_id}
    return dataclasses.replace(policy, rules=rules)


TRANSFERRED = "transferred"
MAJOR = "major_projects"
MANUFACTURING = "industry"
Scores = dict[tuple[str, str], float]


@check("B6")
@check("D4", "equal_score")
@must_be_empty
def unequally_credited(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find transferred projects of which both units weren't credited alike (B6, D4).

    ``dated``: B6, or D4 ``equal_score`` of major projects alone [项]; a condition names the figure
      among the targets that holds the score of a unit for a project.

    A project departs where one of the two is credited and the other isn't, or with
    another score; where neither is, nothing is known yet.

    B6 《进一步推动招大引强工作实施方案》 二（一）3; D4 磐安 三（一）. The first unit is the one
    that filed it first, the receiving one that of the last transfer.
    """
    scores = _scores(job, dated)
    is_of_major = MAJOR in dated.rule.assumptions
    for row, events in competition_ledger(job).histories:
        moves = [event for event in events if event["event_kind"] == TRANSFERRED]
        major = is_major(row, job.policy) if is_of_major else True
        if not moves or major is False or not job.is_of_year(str(moves[-1]["event_on"])):
            continue
        first, last = filing_unit(row, events), text_of(moves[-1], "unit_id")
        if major is None:
            yield finding(row, "open", say("d4_size_missing"))
        elif first is None or last is None or first == last:
            yield finding(row, "open", say("b6_units_missing"))
        else:
            yield _compared(row, first, last, scores)


def _scores(job: CheckJob, dated: DatedRule) -> Scores:
    """Give the score of each unit for each project, what was given twice added up."""
    targets = pd.DataFrame(job.source.read("targets"))
    rows = targets[counted_rows(dated.rule, "targets", targets).yes]
    scores: Scores = {}
    for row in rows.to_dict("records"):
        project_id, unit_id = text_of(row, "project_id"), text_of(row, "unit_id")
        score = number_of(row, "actual_value")
        if project_id is not None and unit_id is not None and score is not None:
            scores[project_id, unit_id] = scores.get((project_id, unit_id), 0.0) + score
    return scores


def _compared(row: Row, first: str, last: str, scores: Scores) -> Finding:
    project_id = str(row["project_id"])
    of_first, of_last = scores.get((project_id, first)), scores.get((project_id, last))
    if of_first is None and of_last is None:
        return finding(row, "open", say("b6_no_score", first_unit=first, last_unit=last))
    if of_first is None or of_last is None:
        credited, left_out = (last, first) if of_first is None else (first, last)
        return finding(row, "departs", say("b6_one_only", unit_id=credited, left_out=left_out))
    said = say("b6_scores", first_unit=first, one=of_first, last_unit=last, other=of_last)
    return finding(row, "keeps" if compare(of_first, of_last) == 0 else "departs", said)


def is_major(row: Row, policy: PolicySet) -> bool | None:
    """Say whether a project is a major one (D4), None where that isn't known.

    ``row``: Row of ``projects``.
    ``policy``: Rules with ``major_projects``: from how many 亿元 on, and which categories are 产业.

    Manufacturing from its own amount on, other 产业 from theirs.
    """
    category, amount = text_of(row, "category"), number_of(row, "investment_yi_yuan")
    kinds = policy.setting_texts(MAJOR, "industrial_categories")
    if category is not None and category not in (MANUFACTURING, *kinds):
        return False
    least = {
        name: policy.setting_number(MAJOR, f"{name}_from_yi_yuan")
        for name in ("manufacturing", "industrial")
    }
    if amount is None:
        return None
    if category is None:
        sure = [compare(amount, from_yi_yuan) >= 0 for from_yi_yuan in least.values()]
        return sure[0] if len(set(sure)) == 1 else None
    wanted = least["manufacturing" if category == MANUFACTURING else "industrial"]
    return compare(amount, wanted) >= 0


SITED_STAGES = ("started", "in_production")
SITED_EVENTS = ("land_permit", "construction_permit", "started", "production", "completed")
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
        """Largest contiguous land of each unit [亩], looked for where no parcel is enough.

        By its legal area (S17); of a block in two units each has its part.
        """
        found = find_blocks(self.layers, BlockQuery(min_mu=LEAST_BLOCK_MU))
        legal = found.blocks.set_index("block_id")
        parts = found.by_unit
        area_mu = parts["area_mu"] * parts["block_id"].map(legal["legal_mu"] / legal["area_mu"])
        most = area_mu.groupby(parts["unit_id"]).max()
        return {str(unit_id): float(area_mu) for unit_id, area_mu in most.items()}

    def most_mu(self, unit_id: str, wanted_mu: float) -> float:
        """Give the largest land of a unit [亩], or that of a parcel that is enough."""
        parcel_mu = self.parcel_mu.get(unit_id, 0.0)
        if reaches_mu(parcel_mu, wanted_mu):
            return parcel_mu
        return self.block_mu.get(unit_id, 0.0)


@check("C9", unit="项")
@must_be_empty
def unplaced(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find projects that a unit has no room for and didn't pass on to the city (C9).

    ``dated``: C9 [项]; its condition names the events by which a project is passed on.

    A project without a site departs where the largest contiguous land ready for supply
    of its unit is smaller than its least land, or what is left of the year's energy or emissions is
    less than it takes, and it wasn't passed on. Land or a quota that is just enough is enough.

    嘉政办发〔2018〕52号 四（五）. Land of unknown state may be ready, so it leaves a shortage of
    land open.
    """
    room = _room_of(job)
    passing = kinds_of(dated)
    for row, events in competition_ledger(job).histories:
        days = first_days(events)
        if is_over(row, events) or _has_site(row, days):
            continue
        passed = [kind for kind in passing if kind in days]
        if passed:
            kind = TRANSFERRED if TRANSFERRED in passed else passed[0]
            code = "c9_placed" if kind == TRANSFERRED else "c9_passed_on"
            yield finding(row, "keeps", say(code, on=days[kind]))
            continue
        short, open_ = _shortages(row, room)
        if short:
            yield finding(row, "departs", short[0])
        elif open_:
            yield finding(row, "open", open_[0])
        else:
            yield finding(row, "keeps", say("c9_room"))


def _room_of(job: CheckJob) -> _Room:
    layers = land_layers(job.source, job.policy)
    under = job.assessed("land_parcels", layers.parcels)
    untold = under[state_of(layers.parcels).eq("unknown").to_numpy(dtype=bool)].dropna()
    ready = is_supply_ready(layers.parcels).to_numpy(dtype=bool)
    supplied = layers.parcels[ready]
    excess_m2 = registered_excess_m2(supplied, job.crs).to_numpy(dtype=float)
    areas = m2_to_mu(ellipsoidal_area_m2(shapes_of(supplied), job.crs) + excess_m2)
    largest: dict[str, float] = {}
    for unit_id, area_mu in zip(under[ready], areas, strict=True):
        largest[str(unit_id)] = max(largest.get(str(unit_id), 0.0), float(area_mu))
    quotas = quotas_of(job.source, job.year, job.crs)
    return _Room(layers, frozenset(untold), largest, quotas, job.year)


def _has_site(row: Row, days: Mapping[str, str]) -> bool:
    return (
        text_of(row, "stage") in SITED_STAGES
        or any(kind in days for kind in SITED_EVENTS)
        or bool(split_list(row.get("parcel_ids")))
    )


def _shortages(row: Row, room: _Room) -> tuple[list[Statement], list[Statement]]:
    """Say what the unit lacks for a project, and what isn't known."""
    unit_id = text_of(row, "unit_id")
    if unit_id is None:
        return [], [say("c9_unit_missing")]
    short, open_ = _land(row, unit_id, room)
    rooms = room.quotas.headrooms(str(row["project_id"]))
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
    if reaches_mu(most, least):
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
    emitted_t: dict[str, float] = {}
    for item in split_list(row.get("emissions_t")):
        name, _, amount_text = item.replace("：", ":").partition(":")
        try:
            amount_t, named = float(amount_text), pollutant_name(name)
        except ValueError:
            return None
        if named is None or named in emitted_t:
            return None
        emitted_t[named] = amount_t
    amount = number_of(row, "emission_t")
    pollutant = pollutant_name(text_of(row, "pollutant"))
    if amount is not None and pollutant is not None:
        emitted_t.setdefault(pollutant, amount)
    if not emitted_t and amount != 0:
        return None
    return [("emission", name, tonnes) for name, tonnes in emitted_t.items()]


def _element(
    unit_id: str, need: tuple[str, str | None, float], rooms: Mapping[QuotaKey, Headroom], year: int
) -> tuple[list[Statement], list[Statement]]:
    element, pollutant, amount = need
    if compare(amount, 0.0) <= 0:
        return [], []
    room = rooms.get(("unit", unit_id, element, pollutant))
    if room is None or room.quota != room.quota:
        return [], [say("quota_missing", subject_id=unit_id, year=year, element=element,
                        pollutant=pollutant or "")]  # fmt: skip
    if room.committed != room.committed:
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


LISTED_IN = ("leading_industries", "specialty_industries")


@check("D4", "best_platform")
def platform_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Show for each major project the platforms whose industries fit it (最优落地平台优先).

    ``dated``: D4 ``best_platform``, never judged.

    One a major project that hasn't ended: how many platforms name its industry (two digits) among
    their leading or specialty ones; which, and where it stands, is said. Which of their sites is
    best is answered by matching.

    磐安 三（一）.
    """
    platforms = pd.DataFrame(job.layer("major_platforms"))
    verdicts: list[tuple[str | None, Verdict]] = []
    for row, events in competition_ledger(job).histories:
        unit_id, major = text_of(row, "unit_id"), is_major(row, job.policy)
        if unit_id in job.unit_ids and major is not False and not is_over(row, events):
            count, said = _fitting(row, platforms) if major else (None, say("d4_size_missing"))
            verdict = judge(
                dated, count, unit_id=unit_id, year=job.year, reasons=(said,),
                evidence=(Evidence("projects", (str(row["project_id"]),), said),),
            )  # fmt: skip
            verdicts.append((unit_id, verdict))
    return verdicts_by_unit(job, dated, verdicts)


def _fitting(row: Row, platforms: pd.DataFrame) -> tuple[float | None, Statement]:
    """Count the platforms that name the industry; one that names none may do so."""
    code, scheme = text_of(row, "industry_code"), text_of(row, "industry_scheme")
    if code is None:
        return None, say("c4_industry_missing")
    fitting, silent = [], 0
    for platform in platforms.to_dict("records"):
        industries = [item for column in LISTED_IN for item in split_list(platform[column])]
        if not industries or text_of(platform, "industry_scheme") != scheme:
            silent += 1
        elif division(code) in {division(item) for item in industries}:
            fitting.append(str(platform["platform_id"]))
    if not fitting and silent:
        return None, say("d4_platforms_silent", count=silent)
    said = say(
        "d4_platforms", platform_ids="、".join(fitting) or "–",
        platform_id=text_of(row, "platform_id") or "–", count=silent,
    )  # fmt: skip
    return float(len(fitting)), said
