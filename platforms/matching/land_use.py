"""Which land uses fit a project, by the scheme each code belongs to."""

from collections.abc import Mapping

import pandas as pd

from platforms.matching.demand import Demand
from platforms.matching.table import MatchTable

Uses = Mapping[str, tuple[str, ...]]


def fitting_uses(demand: Demand, table: MatchTable) -> Uses | None:
    """Give the beginnings of fitting codes, by scheme.

    Parameters
    ----------
    demand
        What the project asks: its own codes (of the scheme MNR2023) go before its category.
    table
        Land uses of each category.

    Returns
    -------
    mapping or None
        Beginnings by scheme; None where the project states neither codes nor a known category.
    """
    if demand.land_use_codes:
        return {"MNR2023": demand.land_use_codes}
    return table.land_uses.get(demand.category) if demand.category is not None else None


def use_fits(scheme: str, code: str, uses: Uses) -> bool:
    """Say whether a code of a scheme is among the fitting ones.

    Parameters
    ----------
    scheme, code
        Land use of a parcel.
    uses
        What ``fitting_uses`` gives.

    Returns
    -------
    bool
        True where the code begins with one of its scheme.

    See Also
    --------
    can_compare : whether anything is stated of the scheme at all.

    Examples
    --------
    The same digits mean another thing in another scheme:

    >>> uses = {"MNR2023": ("1001",), "GBT21010": ("0601",)}
    >>> use_fits("MNR2023", "100102", uses), use_fits("MNR2023", "0601", uses)
    (True, False)
    """
    return code.startswith(uses.get(scheme, ()))


def can_compare(scheme: str, uses: Uses) -> bool:
    """Say whether a code of a scheme can be judged: codes of an unlisted scheme are unknown.

    Parameters
    ----------
    scheme
        Scheme of a parcel's land use.
    uses
        What ``fitting_uses`` gives.

    Returns
    -------
    bool
        True where fitting codes of the scheme are stated.

    Examples
    --------
    >>> can_compare("GBT21010", {"MNR2023": ("1001",)})
    False
    """
    return scheme in uses


def may_be_used(parcels: pd.DataFrame, uses: Uses | None) -> pd.Series:
    """Say which parcels aren't plainly unfit: an unknown use is left to the gate.

    Parameters
    ----------
    parcels
        Layer ``land_parcels``.
    uses
        What ``fitting_uses`` gives.

    Returns
    -------
    Series
        False where scheme and code are stated, can be compared and don't fit, index of
        ``parcels``.
    """
    pairs = zip(parcels["land_use_scheme"], parcels["land_use_code"], strict=True)
    fits = [
        uses is None
        or pd.isna(scheme)
        or pd.isna(code)
        or not can_compare(str(scheme), uses)
        or use_fits(str(scheme), str(code), uses)
        for scheme, code in pairs
    ]
    return pd.Series(fits, index=parcels.index, dtype=bool)
