"""The public holidays as announced (国务院办公厅节假日安排), from a kept library."""

from datetime import date
from functools import cache

from chinese_calendar import constants

from platforms.projects.calendar import Holidays


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
    days = frozenset(constants.holidays)
    moved = frozenset(day for day in constants.workdays if day.weekday() > FRIDAY)
    return Holidays(frozenset(day.year for day in days), days, moved)


FRIDAY = 4


def working_days(first: date, last: date, holidays: Holidays) -> int | None:
    """Count the working days after a day, up to another (S12: the first isn't counted).

    Parameters
    ----------
    first, last
        The two days; the later one is counted where it is worked.
    holidays
        Public holidays.

    Returns
    -------
    int or None
        Working days; negative where ``last`` lies before ``first``, None where a year between
        them isn't known.

    Examples
    --------
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
