"""The month of exclusive talks: its last day, its end to the minute, holidays."""

import calendar
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.errors import PlanningError
from platforms.ledger.calendar import Holidays, moment_of, months_later, period_from

SHANGHAI = ZoneInfo("Asia/Shanghai")
AUTUMN = Holidays(
    frozenset({2025}),
    frozenset(date(2025, 10, day) for day in range(1, 9)),
    frozenset({date(2025, 9, 28), date(2025, 10, 11)}),
)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("filed_on", "months", "last"),
    [("2025-01-31", 1, "2025-02-28"), ("2024-01-31", 1, "2024-02-29"),
     ("2024-01-29", 1, "2024-02-29"), ("2025-01-29", 1, "2025-02-28"),
     ("2024-02-29", 1, "2024-03-29"), ("2024-02-29", 12, "2025-02-28"),
     ("2025-12-31", 1, "2026-01-31"), ("2025-03-31", 1, "2025-04-30"),
     ("2025-06-15", 1, "2025-07-15"), ("2025-06-15", 3, "2025-09-15")],
)  # fmt: skip
def test_the_period_ends_with_the_same_day_else_the_last_of_the_month(filed_on, months, last):
    assert months_later(date.fromisoformat(filed_on), months).isoformat() == last


@given(DAYS, st.integers(0, 30))
def test_a_month_later_lies_in_the_month_counted_and_never_on_a_later_day(day, months):
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == min(day.day, calendar.monthrange(later.year, later.month)[1])


@given(DAYS, DAYS)
def test_who_files_later_never_ends_earlier(one, other):
    first, second = sorted((one, other))
    assert months_later(first, 1) <= months_later(second, 1)


@given(DAYS)
def test_a_month_has_between_28_and_31_days(day):
    assert timedelta(28) <= months_later(day, 1) - day <= timedelta(31)


@given(DAYS)
def test_a_period_never_ends_on_a_holiday_that_is_known(day):
    holidays = Holidays(frozenset(range(1999, 2102)), frozenset(day + timedelta(n)
                        for n in range(28, 36)))  # fmt: skip
    period = period_from(day, 1, holidays)
    assert period.last_day not in holidays.days
    assert period.last_day >= months_later(day, 1)
    assert period.is_certain


@pytest.mark.parametrize(
    ("filed_on", "last"),
    [("2025-08-30", "2025-09-30"), ("2025-09-01", "2025-10-09"), ("2025-09-08", "2025-10-09"),
     ("2025-09-09", "2025-10-09"), ("2025-09-12", "2025-10-13"),
     # a Saturday that is worked instead is a working day, a plain one moves to Monday
     ("2025-09-11", "2025-10-11"), ("2025-07-13", "2025-08-13"), ("2025-07-16", "2025-08-18"),
     ("2025-07-31", "2025-09-01")],
)  # fmt: skip
def test_a_holiday_or_a_day_of_rest_moves_the_end_to_the_next_working_day(filed_on, last):
    assert period_from(date.fromisoformat(filed_on), 1, AUTUMN).last_day.isoformat() == last


def test_without_the_holidays_of_the_year_the_end_is_not_certain():
    assert not period_from(date(2025, 9, 1), 1, None).is_certain
    assert not period_from(date(2025, 12, 10), 1, AUTUMN).is_certain
    assert period_from(date(2025, 9, 1), 1, AUTUMN).is_certain


def test_a_moved_workday_after_a_holiday_is_a_working_day():
    holidays = Holidays(frozenset({2025}), frozenset({date(2025, 10, 10)}),
                        frozenset({date(2025, 10, 11)}))  # fmt: skip
    assert period_from(date(2025, 9, 10), 1, holidays).last_day == date(2025, 10, 11)


def test_a_moment_without_offset_is_meant_in_the_zone():
    assert moment_of("2025-03-01", SHANGHAI).isoformat() == "2025-03-01T00:00:00+08:00"
    assert moment_of("2025-03-01T09:30", SHANGHAI).isoformat() == "2025-03-01T09:30:00+08:00"
    with pytest.raises(PlanningError, match="moment_bad"):
        moment_of("1 March", SHANGHAI)
