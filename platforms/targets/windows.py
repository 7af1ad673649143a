"""Over which days a target is counted, and when it is due."""

from dataclasses import dataclass

from platforms.policy.rules import Rule


@dataclass(frozen=True)
class Window:
    """The days over which something is counted.

    Attributes
    ----------
    first
        First day (ISO).
    due
        Last day, by which the target is to be reached (ISO).
    as_of
        Day on which it is looked at (ISO).
    year
        The year, None where the window is not one year.
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

    Parameters
    ----------
    rule
        The rule: its period, else the year asked; its target date, else the end of these.
    year
        Year asked.
    as_of
        Day on which it is looked at (ISO).
    since
        First day where the rule counts from a day on, up to its target date.

    Returns
    -------
    Window
        The window.

    Examples
    --------
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
