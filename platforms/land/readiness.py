"""Which parcels are ready for supply, and which are net land (净地).

A parcel of unknown state is never ready: it is counted apart, so that nobody takes it for a no.
"""

import pandas as pd

from layers.fields import split_list

SUPPLY_READY_STATES = ("cleared", "listed")
"""B3: 可供土地 – cleared or listed for supply."""

NET_LAND_STATES = ("cleared",)
"""B4: 净地 – rights clear, compensation done (S13)."""

NET_LAND_UTILITIES = frozenset({"road", "water", "power", "levelled"})
"""三通一平: what 'basic conditions for starting works' is taken to mean (docs/decisions)."""


def state_of(parcels: pd.DataFrame) -> pd.Series:
    """Give each parcel's state, ``unknown`` where none is stated.

    Parameters
    ----------
    parcels
        Layer ``land_parcels``.

    Returns
    -------
    Series
        State code, index of ``parcels``.
    """
    return parcels["state"].fillna("unknown")


def is_supply_ready(parcels: pd.DataFrame) -> pd.Series:
    """Say which parcels can be supplied now (B3).

    Parameters
    ----------
    parcels
        Layer ``land_parcels``.

    Returns
    -------
    Series
        True where the state is cleared or listed, index of ``parcels``.
    """
    return state_of(parcels).isin(SUPPLY_READY_STATES)


def is_net_land(parcels: pd.DataFrame) -> pd.Series:
    """Say which parcels are cleared, levelled and serviced (B4, before constraints).

    Parameters
    ----------
    parcels
        Layer ``land_parcels``.

    Returns
    -------
    Series
        True where state and utilities on file say so; missing utilities are no pass.
    """
    serviced = parcels["utilities"].map(lambda text: set(split_list(text)) >= NET_LAND_UTILITIES)
    return state_of(parcels).isin(NET_LAND_STATES) & serviced.astype(bool)
