"""Which unit is ahead on major projects in a period, and which is last, or last twice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from platforms.indicators.ranks import ranks_with_ties
from platforms.policy.dated import PolicySet
from platforms.projects.periods import Period
from platforms.targets.conditions import Fit
from platforms.targets.landing import on_years_list, signed_and_landed
from platforms.targets.ledger import Ledger
from platforms.targets.windows import Window

CITY_LEVEL = ("governor", "mayor")
COUNTS = ("city_level", "county_head", "listed", "signed", "registered", "started")
RANKED_BY = "landing_rate"


@dataclass(frozen=True)
class UnitStanding:
    """How one unit stands in a period.

    Attributes
    ----------
    unit_id
        The unit.
    projects
        Ids of the projects behind each of ``COUNTS`` and behind ``landed`` (of those signed, the
        started ones), by name.
    open_ids
        Projects of which something needed isn't on file.
    landing_rate
        Part of the signed projects of the year's list that started (S5); None without any.
    rank
        Place by landing rate, equal rates share one; None without a rate.
    is_first, is_last, is_last_twice
        Whether it takes the first or last place, and whether it was last in the period before too;
        nobody is where all rates are equal.
    """

    unit_id: str
    projects: dict[str, tuple[str, ...]]
    open_ids: tuple[str, ...]
    landing_rate: float | None
    rank: int | None
    is_first: bool
    is_last: bool
    is_last_twice: bool


def unit_standings(
    ledger: Ledger, unit_ids: Sequence[str], policy: PolicySet, period: Period
) -> list[UnitStanding]:
    """Rank the units by the landing rate of the list, as in the annex (附件).

    Parameters
    ----------
    ledger
        The ledger on the as-of date.
    unit_ids
        Units to rank.
    policy
        Rules on that date: S5 says what is signed and what is landed.
    period
        Month, quarter or year. The rate is that of the year up to the period's last day.

    Returns
    -------
    list of UnitStanding
        In the order given.

    Notes
    -----
    嘉政办发〔2018〕52号 附件, 四（三）, 四（六）: reported by month, the slow ones named.
    """
    now = {unit_id: _figures(ledger, unit_id, policy, period) for unit_id in unit_ids}
    past = {unit_id: _rate(ledger, unit_id, policy, period.before)[0] for unit_id in unit_ids}
    rates = pd.Series({unit_id: rate for unit_id, (_, _, rate) in now.items()}, dtype=float)
    ranks = ranks_with_ties(rates)
    last, last_before = _last(rates), _last(pd.Series(past, dtype=float))
    places = {unit_id: None if pd.isna(rank) else int(rank) for unit_id, rank in ranks.items()}
    return [
        UnitStanding(
            unit_id, projects, open_ids, rate, places[unit_id],
            is_first=bool(last) and places[unit_id] == 1, is_last=unit_id in last,
            is_last_twice=unit_id in last & last_before,
        )
        for unit_id, (projects, open_ids, rate) in now.items()
    ]  # fmt: skip


def _figures(
    ledger: Ledger, unit_id: str, policy: PolicySet, period: Period
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...], float | None]:
    own = ledger.of_unit(unit_id)
    on_list = own & on_years_list(ledger, _year_until(ledger, period))
    classes = ledger.projects["project_class"]
    rate, landed, unsure = _rate(ledger, unit_id, policy, period)
    found: dict[str, Fit] = {
        "city_level": on_list & _of_class(classes, CITY_LEVEL),
        "county_head": on_list & _of_class(classes, ("county_head",)),
        "landed": landed,
    }
    for kind in ("listed", "signed", "registered", "started"):
        found[kind] = own & ledger.happened((kind,), period.first, period.last)
    unclear = unsure | np.any([fit.open for fit in found.values()], axis=0)
    projects = {name: ledger.ids(fit.yes) for name, fit in found.items()}
    return projects, ledger.ids(unclear), rate


def _of_class(classes: pd.Series, wanted: Sequence[str]) -> Fit:
    missing = classes.isna().to_numpy(dtype=bool)
    return Fit(classes.isin(wanted).to_numpy(dtype=bool), missing)


def _rate(
    ledger: Ledger, unit_id: str, policy: PolicySet, period: Period
) -> tuple[float | None, Fit, np.ndarray]:
    """Give the landing rate, the landed projects, and those that leave it open."""
    window = _year_until(ledger, period)
    signed, begun = signed_and_landed(ledger, policy, window)
    whole = ledger.of_unit(unit_id) & signed
    landed = whole & begun
    unsure = whole.open | landed.open
    count = int(whole.yes.sum())
    return (int(landed.yes.sum()) / count if count else None), landed, unsure


def _year_until(ledger: Ledger, period: Period) -> Window:
    due = min(period.last, ledger.as_of)
    return Window(f"{period.year:04d}-01-01", due, ledger.as_of, period.year)


def _last(rates: pd.Series) -> set[str]:
    """Name the units at the end, none where all that have a rate are equal."""
    held = rates.dropna()
    ranks = ranks_with_ties(held)
    if held.empty or ranks.max() == 1:
        return set()
    return set(map(str, ranks.index[ranks == ranks.max()]))
