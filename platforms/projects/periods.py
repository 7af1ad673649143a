"""Periods of the ledger: a month, a quarter or a year, and the one before."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from platforms.errors import PlanningError
from platforms.projects.calendar import months_later

PERIOD = re.compile(r"(?P<year>[0-9]{4})(?:Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?")


@dataclass(frozen=True)
class Period:
    """A span of whole months.

    Attributes
    ----------
    name
        ``2024``, ``2024Q3`` or ``2024-07``.
    first, last
        First and last day (ISO).
    """

    name: str
    first: str
    last: str

    @property
    def year(self) -> int:
        """Year it lies in."""
        return int(self.name[:4])

    @property
    def before(self) -> "Period":
        """The period of the same length before it."""
        first = date.fromisoformat(self.first)
        months = _months(self.name)
        year, month = divmod(first.year * 12 + first.month - 1 - months, 12)
        if months == 12:
            return period_named(f"{year:04d}")
        quarter = f"{year:04d}Q{month // 3 + 1}"
        return period_named(quarter if months == 3 else f"{year:04d}-{month + 1:02d}")


def period_named(name: str) -> Period:
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
    return Period(found[0], first.isoformat(), last.isoformat())


def _months(name: str) -> int:
    return 3 if "Q" in name else 1 if "-" in name else 12
