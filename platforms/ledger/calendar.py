"""Periods, working days, windows."""

import calendar as months_of_years
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from platforms.errors import PlanningError
from platforms.policy.pack import Rule

SATURDAY = 5


@dataclass(frozen=True)
class Holidays:
    """The public holidays of some years, as announced.

    ``years``: Years that are known in full; of others nothing can be said.
    ``days``: Public holidays, with the days off around them.
    ``moved_workdays``: Saturdays and Sundays that are worked instead.
    """

    years: frozenset[int]
    days: frozenset[date]
    moved_workdays: frozenset[date] = frozenset()

    def is_known(self, day: date) -> bool:
        """Say whether the year of a day is known."""
        return day.year in self.years

    def is_workday(self, day: date) -> bool:
        """Say whether a day is worked: no holiday, and no weekend unless it is worked instead."""
        if day in self.days:
            return False
        return day.weekday() < SATURDAY or day in self.moved_workdays


@dataclass(frozen=True)
class Period:
    """A period that runs to the end of a day (24:00).

    ``filed_on``: Day of filing, which isn't counted.
    ``last_day``: Its last day.
    ``is_certain``: False where the holidays that might move its end aren't known.
    """

    filed_on: date
    last_day: date
    is_certain: bool

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """Give the moment it is over: 24:00 of the last day."""
        over = self.last_day + timedelta(days=1)
        return datetime(over.year, over.month, over.day, tzinfo=zone)


def months_later(day: date, months: int) -> date:
    """Give the same day some months later, the last of the month where it has no such day.

    >>> months_later(date(2024, 1, 31), 1).isoformat(), months_later(date(2025, 1, 31), 1).day
    ('2024-02-29', 28)
    """
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = months_of_years.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day.day, last))


def period_from(filed_on: date, months: int, holidays: Holidays | None) -> Period:
    """Give the period that begins with a filing.

    ``filed_on``: Day of filing; it isn't counted.
    ``holidays``: Public holidays, None where they aren't known.

    It ends with the same day of the month (else the month's last), or, where that is a public
    holiday or a weekend that isn't worked instead, with the next working day.

    S12, the reading of B5 (民法典 203).
    """
    day = months_later(filed_on, months)
    if holidays is None or not holidays.is_known(day):
        return Period(filed_on, day, is_certain=False)
    while not holidays.is_workday(day):
        day += timedelta(days=1)
    return Period(filed_on, day, is_certain=holidays.is_known(day))


def moment_of(text: str, zone: ZoneInfo) -> datetime:
    """Read a day or a moment as one in the time zone of the rules.

    Parameters
    ----------
    text
        ISO day (its beginning), or ISO moment; without offset it is meant in the zone.
    zone
        Time zone.

    Returns
    -------
    datetime
        In the zone.

    Raises
    ------
    PlanningError
        ``moment_bad``.

    Examples
    --------
    >>> moment_of("2025-03-01T16:30:00+00:00", ZoneInfo("Asia/Shanghai")).isoformat()
    '2025-03-02T00:30:00+08:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PlanningError("moment_bad", moment=text) from None
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


@cache
def official_holidays() -> Holidays:
    """Give the holidays and the weekends worked instead, of the years that the library holds.

    Returns
    -------
    Holidays
        A year that isn't announced yet isn't among its years: of its days nothing can be said.

    Examples
    --------
    >>> from datetime import date
    >>> held = official_holidays()
    >>> held.is_workday(date(2025, 10, 8)), held.is_workday(date(2025, 10, 11))
    (False, True)
    """
    from chinese_calendar import constants

    days = frozenset(constants.holidays)
    moved = frozenset(day for day in constants.workdays if day.weekday() > FRIDAY)
    return Holidays(frozenset(day.year for day in days), days, moved)


FRIDAY = 4


def working_days(first: date, last: date, holidays: Holidays) -> int | None:
    """Count the working days after a day, up to another (S12: the first isn't counted).

    ``first, last``: The two days; the later one is counted where it is worked.

    Working days; negative where ``last`` lies before ``first``, None where a year between them
    isn't known.

    >>> from datetime import date
    >>> working_days(date(2025, 9, 30), date(2025, 10, 10), official_holidays())
    2
    """
    if last < first:
        back = working_days(last, first, holidays)
        return None if back is None else -back
    if not set(range(first.year, last.year + 1)) <= holidays.years:
        return None
    span = range(first.toordinal() + 1, last.toordinal() + 1)
    return sum(holidays.is_workday(date.fromordinal(day)) for day in span)


PERIOD = re.compile(r"(?P<year>[0-9]{4})(?:Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?")


@dataclass(frozen=True)
class PeriodsPeriod:
    """A span of whole months.

    ``name``: ``2024``, ``2024Q3`` or ``2024-07``.
    ``first, last``: First and last day (ISO).
    """

    name: str
    first: str
    last: str

    @property
    def year(self) -> int:
        """Year it lies in."""
        return int(self.name[:4])

    @property
    def before(self) -> "PeriodsPeriod":
        """The period of the same length before it."""
        first = date.fromisoformat(self.first)
        months = _months(self.name)
        year, month = divmod(first.year * 12 + first.month - 1 - months, 12)
        names = {12: f"{year:04d}", 3: f"{year:04d}Q{month // 3 + 1}"}
        return period_named(names.get(months, f"{year:04d}-{month + 1:02d}"))


def period_named(name: str) -> PeriodsPeriod:
    """Read a period (``ledger_period_bad``).

    Examples
    --------
    >>> period_named("2024-02").last, period_named("2024Q1").before.name
    ('2024-02-29', '2023Q4')
    """
    found = PERIOD.fullmatch(name.strip())
    if found is None or found["year"] == "0000":
        raise PlanningError("ledger_period_bad", period=name)
    quarter, month = found["quarter"], found["month"]
    begins = int(month) if month else 3 * (int(quarter) - 1) + 1 if quarter else 1
    first = date(int(found["year"]), begins, 1)
    last = months_later(first, _months(found[0])) - timedelta(days=1)
    return PeriodsPeriod(found[0], first.isoformat(), last.isoformat())


def _months(name: str) -> int:
    return 3 if "Q" in name else 1 if "-" in name else 12


@dataclass(frozen=True)
class Window:
    """The days over which something is counted.

    ``first``: First day (ISO).
    ``due``: Last day, by which the target is to be reached (ISO).
    ``as_of``: Day on which it is looked at (ISO).
    ``year``: The year, None where the window is not one year.
    """

    first: str
    due: str
    as_of: str
    year: int | None

    @property
    def last(self) -> str:
        """Last day that counts: the due day, or the as-of date where that comes first."""
        return min(self.due, self.as_of)

    @property
    def has_begun(self) -> bool:
        """Whether its first day has come."""
        return self.first <= self.as_of

    @property
    def is_running(self) -> bool:
        """Whether the due day is still to come; on the day itself the figures stand."""
        return self.as_of < self.due


def window_of(rule: Rule, year: int, as_of: str, *, since: str | None = None) -> Window:
    """Give the window of a rule.

    ``rule``: The rule: its period, else the year asked; its target date, else the end of these.
    ``as_of``: Day on which it is looked at (ISO).
    ``since``: First day where the rule counts from a day on, up to its target date.

    >>> from types import SimpleNamespace
    >>> june = SimpleNamespace(period=(2018, 2018), target_date="2018-06-30")
    >>> window_of(june, 2025, "2018-05-01").last
    '2018-05-01'
    """
    if since is not None:
        return Window(since, rule.target_date or as_of, as_of, None)
    first, last = rule.period or (year, year)
    due = rule.target_date or f"{last}-12-31"
    return Window(f"{first}-01-01", due, as_of, first if first == last else None)
