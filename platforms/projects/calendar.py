"""Until when a period of months runs, and what that needs to be known of public holidays (S12)."""

import calendar as months_of_years
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from platforms.errors import PlanningError

SATURDAY = 5


@dataclass(frozen=True)
class Holidays:
    """The public holidays of some years, as announced.

    Attributes
    ----------
    years
        Years that are known in full; of others nothing can be said.
    days
        Public holidays, with the days off around them.
    moved_workdays
        Saturdays and Sundays that are worked instead.
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

    Attributes
    ----------
    filed_on
        Day of filing, which isn't counted.
    last_day
        Its last day.
    is_certain
        False where the holidays that might move its end aren't known.
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

    Parameters
    ----------
    day
        The day.
    months
        How many.

    Returns
    -------
    date
        The day.

    Examples
    --------
    >>> months_later(date(2024, 1, 31), 1).isoformat(), months_later(date(2025, 1, 31), 1).day
    ('2024-02-29', 28)
    """
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = months_of_years.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day.day, last))


def period_from(filed_on: date, months: int, holidays: Holidays | None) -> Period:
    """Give the period that begins with a filing.

    Parameters
    ----------
    filed_on
        Day of filing; it isn't counted.
    months
        Its length.
    holidays
        Public holidays, None where they aren't known.

    Returns
    -------
    Period
        It ends with the same day of the month (else the month's last), or, where that is a public
        holiday, with the next working day. A plain weekend doesn't move it.

    Notes
    -----
    S12, the reading of B5.
    """
    day = months_later(filed_on, months)
    if holidays is None or not holidays.is_known(day):
        return Period(filed_on, day, is_certain=False)
    if day in holidays.days:
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
