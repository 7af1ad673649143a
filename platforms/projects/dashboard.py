"""Figures of a period; ranking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from platforms.indicators.per_mu import ranks_with_ties
from platforms.ledger.calendar import PeriodsPeriod as Period
from platforms.ledger.calendar import Window
from platforms.ledger.counting import ProjectLedger, read_ledger, with_ledger
from platforms.policy.check import CheckJob
from platforms.policy.in_force import PolicySet, policy_on
from platforms.policy.registry import verdicts_of
from platforms.policy.uncertain import Maybe
from platforms.policy.verdict import Verdict
from platforms.source import LayerSource
from platforms.targets.counts import fits, listed, on_years_list, signed_and_landed
from platforms.targets.progress import TARGET_RULES, progress_rows, state_of

TASKS = ("city_level", "county_head", "landing_share")
"""Columns of the annex (C3): counts and rate of the year up to the last day of the period."""
HAPPENED = ("first_report", "listed", "signed", "registered", "started")
"""Kinds of event counted within the period."""
LANDED = "landed"
"""Signed projects of the year's list that started within the period (S5)."""
RACED = ("manufacturing", "major")
"""Parts of D9: started projects that count in the race."""


@dataclass(frozen=True)
class Figure:
    """One figure.

    ``least, most``: What it is at least and at most; equal where it can be told, None where
      nothing can.
    ``target``: The task, None where there is none.
    ``verdict``: What the rule says of it, None where no rule does.
    ``project_ids, open_ids``: Projects counted, and those that say too little to be counted or
      left out.
    """

    least: float | None
    most: float | None
    target: float | None
    verdict: Verdict | None
    project_ids: tuple[str, ...]
    open_ids: tuple[str, ...]

    @property
    def value(self) -> float | None:
        """The figure, None where it can't be told."""
        return self.least if self.least == self.most else None


@dataclass(frozen=True)
class UnitFigures:
    """The figures of a unit.

    ``unit_id``: The unit, None for the city: all projects, those without a unit among them.
    ``figures``: By name: ``HAPPENED``, and of ``TASKS``, ``landed`` and ``RACED`` what the packs
      rule.
    """

    unit_id: str | None
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class Standpoint:
    """ProjectLedger and rules on the last day of a period.

    ``source``: Gives the layers.
    ``ledger``: As it is known on the as-of date; later days than the last haven't happened.
    ``policy``: Rules on that day.
    ``period``: The period.
    """

    source: LayerSource
    ledger: ProjectLedger
    policy: PolicySet
    period: Period

    @property
    def year_until(self) -> Window:
        """The year up to that day."""
        first = f"{self.period.year:04d}-01-01"
        return Window(first, self.period.last, self.ledger.as_of, self.period.year)

    def verdicts(
        self, rule_id: str, unit_ids: Sequence[str], *, is_whole_city: bool
    ) -> list[Verdict]:
        """Judge a rule on that day; none where the packs don't hold it."""
        job = CheckJob(
            rule_id, self.period.year, tuple(unit_ids), self.source, self.policy,
            gpd.GeoDataFrame(self.source.read("units")).crs, is_whole_city=is_whole_city,
        )  # fmt: skip
        return verdicts_of(with_ledger(job, self.ledger))


def standpoint(source: LayerSource, policy: PolicySet, period: Period) -> Standpoint:
    """Take the ledger and the rules to the last day of a period, or the as-of date before it."""
    known = read_ledger(source, policy.as_of)
    day = min(period.last, policy.as_of)
    ledger = replace(known, as_of=day, known_on=policy.as_of)
    return Standpoint(source, ledger, policy_on(policy.pack, day), period)


def dashboard(at: Standpoint, unit_ids: Sequence[str], *, with_city: bool) -> list[UnitFigures]:
    """Give the figures of units and of the city.

    Parameters
    ----------
    at
        ProjectLedger and rules on the last day of the period.
    unit_ids
        The units, in order.
    with_city
        Whether the city stands first, as in the annex.

    Returns
    -------
    list of UnitFigures
        One each.

    Notes
    -----
    C1, C3, C8 嘉政办发〔2018〕52号 一、二、附件; D9 磐安 一（四）.
    """
    asked: list[str | None] = [*([None] if with_city else []), *unit_ids]
    tasks = _tasks(at, asked)
    moved = {name: _moved(at, (name,)) for name in HAPPENED}
    if LANDING in at.policy.pack.assumptions:
        moved[LANDED] = _landed(at)
    for part in _raced_parts(at.policy):
        moved[part] = moved["started"] & fits(at.ledger, at.policy.rule("D9", part))
    rows = []
    for unit_id in asked:
        of_unit = at.ledger.of_unit(unit_id)
        counted = {name: _counted(at, fit & of_unit) for name, fit in moved.items()}
        figures = {**tasks[unit_id], **counted}
        rows.append(UnitFigures(unit_id, MappingProxyType(figures)))
    return rows


def task_verdicts(at: Standpoint, unit_ids: Sequence[str], rules: Sequence[str]) -> list[Verdict]:
    """Judge rules of tasks and targets on the last day of a period.

    Parameters
    ----------
    at
        ProjectLedger and rules on that day.
    unit_ids
        Units judged; the city where these are all.
    rules
        Rules; what the packs don't have, or isn't a task or target, is passed over.

    Returns
    -------
    list of Verdict
        By rule.
    """
    known = set(map(str, at.source.read("units")["unit_id"]))
    is_whole_city = bool(known) and known <= set(unit_ids)
    return [
        verdict
        for rule in rules
        if rule in TARGET_RULES
        for verdict in at.verdicts(rule, unit_ids, is_whole_city=is_whole_city)
    ]


def is_short(figure: Figure) -> bool:
    """Whether a figure lies below its task, today or at its end."""
    if figure.verdict is None:
        return False
    return state_of(figure.verdict) in ("below_target", "past_target_date")


def _tasks(at: Standpoint, asked: Sequence[str | None]) -> dict[str | None, dict[str, Figure]]:
    """Judge the columns of the annex that the packs rule; what no verdict names can't be told."""
    unit_ids = [unit_id for unit_id in asked if unit_id is not None]
    ruled = {name for (rule, part), name in COLUMN_OF.items() if part in at.policy.parts(rule)}
    names = [name for name in TASKS if name in ruled]
    figures = {unit_id: dict.fromkeys(names, _nothing()) for unit_id in asked}
    for rule_id in ("C3", "C1", "C8"):
        for verdict in at.verdicts(rule_id, unit_ids, is_whole_city=None in asked):
            name = COLUMN_OF.get((verdict.rule_id, verdict.part))
            if name is not None:
                figures[verdict.unit_id][name] = _judged(at, verdict)
    if None in figures and "city_level" in at.policy.parts("C3"):
        figures[None]["city_level"] = _city_level(at, figures[None]["city_level"])
    return figures


COLUMN_OF = MappingProxyType({
    ("C3", "city_level"): "city_level", ("C3", "county_head"): "county_head",
    ("C3", "county_head_port"): "county_head", ("C8", ""): "landing_share",
    ("C1", "mayor"): "city_level", ("C1", "county_head"): "county_head",
})  # fmt: skip


def _city_level(at: Standpoint, mayors: Figure) -> Figure:
    """Count 市级以上 for the city as for its units; the annex states the number of 市长工程 for it.

    The verdict on 市长工程 alone is C1's own.
    """
    return replace(_on_list(at, "C3", "city_level", None), target=mayors.target)


def _on_list(at: Standpoint, rule_id: str, part: str, unit_id: str | None) -> Figure:
    """Count the projects that came on the list in the year, as the checks do."""
    came = listed(at.ledger, at.year_until) & fits(at.ledger, at.policy.rule(rule_id, part))
    return _counted(at, came & at.ledger.of_unit(unit_id))


def _judged(at: Standpoint, verdict: Verdict) -> Figure:
    """Give the figure of a verdict; a count stands where the rule names no number for the unit."""
    dated = at.policy.rule(verdict.rule_id, verdict.part)
    if verdict.unit != "share":
        figure = _on_list(at, verdict.rule_id, verdict.part, verdict.unit_id)
        is_named = all(reason.code != "target_unit_not_named" for reason in verdict.reasons)
        target = dated.rule.number if is_named else None
        return replace(figure, target=target, verdict=verdict)
    (row,) = progress_rows([verdict], at.policy)
    return Figure(
        verdict.measured, verdict.measured, dated.rule.number, verdict, row.project_ids,
        row.open_project_ids,
    )  # fmt: skip


def _moved(at: Standpoint, kinds: Sequence[str]) -> Maybe:
    return at.ledger.happened(kinds, at.period.first, at.period.last)


def _landed(at: Standpoint) -> Maybe:
    signed, _ = signed_and_landed(at.ledger, at.policy, at.year_until)
    return signed & _moved(at, at.policy.setting_texts("S5", "landed_events"))


def _counted(at: Standpoint, fit: Maybe) -> Figure:
    """Count projects; before the first day on file and after the as-of date nothing can be told."""
    least, more = int(fit.yes.sum()), int(fit.open.sum())
    ids, open_ids = at.ledger.ids(fit.yes), at.ledger.ids(fit.open)
    begins = _first_day(at.ledger)
    is_told = begins is not None and begins <= at.period.last
    if at.ledger.is_empty or not is_told or at.period.first > at.ledger.as_of:
        return replace(_nothing(), project_ids=ids, open_ids=open_ids)
    return Figure(float(least), float(least + more), None, None, ids, open_ids)


def _first_day(ledger: ProjectLedger) -> str | None:
    days = pd.concat([ledger.events["event_on"], ledger.projects["started_on"]]).dropna()
    return str(np.min(days.to_numpy(dtype=object))) if len(days) else None


def _nothing() -> Figure:
    return Figure(None, None, None, None, (), ())


CITY_LEVEL = ("governor", "mayor")
CLASSES = ("city_level", "county_head")
"""Counts by class of the programmes of major projects, where the packs rule them (C1, C3)."""
COUNTS = (*CLASSES, "listed", "signed", "registered", "started")

LIST_RULES = ("C1", "C3")
LANDING = "S5"
"""The assumption that says what is signed and what is landed."""


@dataclass(frozen=True)
class UnitStatus:
    """How one unit stands in a period.

    ``unit_id``: The unit.
    ``projects``: Ids of the projects behind each of ``COUNTS``, behind ``landed`` (of those
      signed, the started ones) and behind ``RACED``, by name: what the packs rule.
    ``open_ids``: Projects of which something needed isn't on file.
    ``landing_rate``: Part of the signed projects of the year's list that started (S5); None
      without any.
    ``rank``: Place by landing rate, else by what the unit landed in the race (D9); equal ones share
      one; None without a rate, and where the packs rank nobody.
    ``is_first, is_last, is_last_twice``: Whether it takes the first or last place, and whether it
      was last in the period before too; nobody is where all are equal.
    """

    unit_id: str
    projects: dict[str, tuple[str, ...]]
    open_ids: tuple[str, ...]
    landing_rate: float | None
    rank: int | None
    is_first: bool
    is_last: bool
    is_last_twice: bool


RankedBy = Literal["landing_rate", "race", "nothing"]


def ranked_by(policy: PolicySet) -> RankedBy:
    """Say by what the packs rank the units: the landing rate (S5), the race (D9), or nothing."""
    if LANDING in policy.pack.assumptions:
        return "landing_rate"
    return "race" if _raced_parts(policy) else "nothing"


def _raced_parts(policy: PolicySet) -> tuple[str, ...]:
    return tuple(part for part in RACED if part in policy.parts("D9"))


def unit_statuses(
    ledger: ProjectLedger, unit_ids: Sequence[str], policy: PolicySet, period: Period
) -> list[UnitStatus]:
    """Rank the units by the landing rate of the list, as in the annex (附件), or by the race of D9.

    Parameters
    ----------
    ledger
        The ledger on the as-of date.
    unit_ids
        Units to rank.
    policy
        Rules on that date: S5 says what is signed and what is landed.
    period
        Month, quarter or year. The rate is that of the year up to the period's last day, the race
        that of the period.

    Returns
    -------
    list of UnitStatus
        In the order given.

    Notes
    -----
    嘉政办发〔2018〕52号 附件, 四（三）, 四（六）: reported by month, the slow ones named. 磐安
    一（四）: raced by quarter; manufacturing first, then major projects, is assumed (``race``).
    """
    now = {unit_id: _figures(ledger, unit_id, policy, period) for unit_id in unit_ids}
    past = {unit_id: _figures(ledger, unit_id, policy, period.before) for unit_id in unit_ids}
    scores = _scores({unit_id: figures.score for unit_id, figures in now.items()})
    before = _scores({unit_id: figures.score for unit_id, figures in past.items()})
    ranks = ranks_with_ties(scores)
    last, last_before = _last(scores), _last(before)
    places = {unit_id: None if pd.isna(rank) else int(rank) for unit_id, rank in ranks.items()}
    return [
        UnitStatus(
            unit_id, figures.projects, figures.open_ids, figures.rate, places[unit_id],
            is_first=bool(last) and places[unit_id] == 1, is_last=unit_id in last,
            is_last_twice=unit_id in last & last_before,
        )
        for unit_id, figures in now.items()
    ]  # fmt: skip


class _UnitFigures(NamedTuple):
    """What a unit is shown and ranked by."""

    projects: dict[str, tuple[str, ...]]
    open_ids: tuple[str, ...]
    rate: float | None
    score: tuple[float, ...] | None


def _scores(by_unit: Mapping[str, tuple[float, ...] | None]) -> pd.Series:
    """Rank scores from the least up, NaN without one."""
    order = sorted({score for score in by_unit.values() if score is not None})
    numbers = {
        unit_id: np.nan if score is None else float(order.index(score))
        for unit_id, score in by_unit.items()
    }
    return pd.Series(numbers, dtype=float)


def _figures(
    ledger: ProjectLedger, unit_id: str, policy: PolicySet, period: Period
) -> _UnitFigures:
    of_unit = ledger.of_unit(unit_id)
    counted: dict[str, Maybe] = {}
    unsure = np.zeros(len(ledger.projects), dtype=bool)
    if any(policy.parts(rule) for rule in LIST_RULES):
        on_list = of_unit & on_years_list(ledger, _year_until(ledger, period))
        classes = ledger.projects["project_class"]
        counted["city_level"] = on_list & _of_class(classes, CITY_LEVEL)
        counted["county_head"] = on_list & _of_class(classes, ("county_head",))
    rate: float | None = None
    score: tuple[float, ...] | None = None
    if LANDING in policy.pack.assumptions:
        rate, counted[LANDED], unsure = _rate(ledger, unit_id, policy, period)
        score = None if rate is None else (rate,)
    for kind in ("listed", "signed", "registered", "started"):
        counted[kind] = of_unit & ledger.happened((kind,), period.first, period.last)
    raced = _raced_parts(policy)
    for part in raced:
        counted[part] = counted["started"] & fits(ledger, policy.rule("D9", part))
    if raced and ranked_by(policy) == "race" and not ledger.is_empty:
        score = tuple(float(counted[part].yes.sum()) for part in raced)
    unclear = unsure | np.any([fit.open for fit in counted.values()], axis=0)
    projects = {name: ledger.ids(fit.yes) for name, fit in counted.items()}
    return _UnitFigures(projects, ledger.ids(unclear), rate, score)


def _of_class(classes: pd.Series, wanted: Sequence[str]) -> Maybe:
    missing = classes.isna().to_numpy(dtype=bool)
    return Maybe(classes.isin(wanted).to_numpy(dtype=bool), missing)


def _rate(
    ledger: ProjectLedger, unit_id: str, policy: PolicySet, period: Period
) -> tuple[float | None, Maybe, np.ndarray]:
    """Give the landing rate, the landed projects, and those that leave it open."""
    window = _year_until(ledger, period)
    signed, begun = signed_and_landed(ledger, policy, window)
    whole = ledger.of_unit(unit_id) & signed
    landed = whole & begun
    unsure = whole.open | landed.open
    count = int(whole.yes.sum())
    return (int(landed.yes.sum()) / count if count else None), landed, unsure


def _year_until(ledger: ProjectLedger, period: Period) -> Window:
    due = min(period.last, ledger.as_of)
    return Window(f"{period.year:04d}-01-01", due, ledger.as_of, period.year)


def _last(rates: pd.Series) -> set[str]:
    """Name the units at the end, none where all that have a rate are equal."""
    known = rates.dropna()
    ranks = ranks_with_ties(known)
    if known.empty or ranks.max() == 1:
        return set()
    return set(map(str, ranks.index[ranks == ranks.max()]))
