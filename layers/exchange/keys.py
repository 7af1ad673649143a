"""Which rows of a file are already in the layer, by their keys."""

import dataclasses
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.conform import conform
from layers.contracts import Contract, key_columns
from layers.exchange.request import Mode
from layers.validate import Fault, row_names


def keys_of(frame: pd.DataFrame, contract: Contract) -> list[str]:
    """Name rows by their keys as the layer would store them.

    Parameters
    ----------
    frame
        Rows with the vocabulary's column names.
    contract
        What the layer must be.

    Returns
    -------
    list of str
        One name per row; ``#<number>`` where the key is missing.
    """
    columns = key_columns(contract)
    narrow = dataclasses.replace(contract, columns=columns, geometry="none")
    return row_names(conform(pd.DataFrame(frame[list(columns)]), narrow)[0], contract)


def key_faults(names: list[str], held: pd.DataFrame, contract: Contract, mode: Mode) -> list[Fault]:
    """Find rows that can't be added because they are there, or updated because they aren't.

    Parameters
    ----------
    names
        Keys of the new rows, by ``keys_of``.
    held
        Rows of the layer.
    contract
        What the layer must be.
    mode
        What is to be done with the rows.

    Returns
    -------
    list of Fault
        At most one, ``key_exists`` or ``key_absent``.
    """
    if mode == "replace":
        return []
    known = np.isin(np.asarray(names, dtype=object), row_names(held, contract))
    stated = np.array([not name.startswith("#") or name in known for name in names], dtype=bool)
    code, wrong = ("key_exists", known) if mode == "add" else ("key_absent", stated & ~known)
    positions = tuple(int(p) for p in np.flatnonzero(wrong))
    if not positions:
        return []
    column = "/".join(key_columns(contract))
    return [Fault(code, column, tuple(names[p] for p in positions), positions)]


def remaining(held: pd.DataFrame, names: list[str], contract: Contract, mode: Mode) -> pd.DataFrame:
    """Give the rows of the layer that stay as they are beside new ones.

    Parameters
    ----------
    held
        Rows of the layer.
    names
        Keys of the new rows, by ``keys_of``.
    contract
        What the layer must be.
    mode
        What is to be done with the new rows.
    """
    if mode == "add":
        return held
    if mode == "replace":
        return held.head(0)
    return held[~np.isin(np.asarray(row_names(held, contract), dtype=object), names)]


def fill_from_held(
    frame: pd.DataFrame, held: pd.DataFrame, contract: Contract, blanks_of: Sequence[str] = ()
) -> pd.DataFrame:
    """Complete rows of an update with the columns that the file doesn't bring.

    Parameters
    ----------
    frame
        New rows.
    held
        Rows of the layer.
    contract
        What the layer must be.
    blanks_of
        Columns of the new rows whose empty cells say nothing, and are filled too.

    Returns
    -------
    DataFrame
        The new rows; columns (and shapes) that only the layer has are taken from the row of the
        same key. A cell that the file leaves empty is emptied.
    """
    names = keys_of(frame, contract)
    there = held.set_axis(pd.Index(row_names(held, contract)), axis=0)
    there = pd.DataFrame(there[~there.index.duplicated()])
    added = {
        str(column): there[column].reindex(names).to_numpy(dtype=object)
        for column in there.columns
        if column not in frame.columns
    }
    for column in blanks_of:
        known = pd.Series(there[column].reindex(names).to_numpy(dtype=object), index=frame.index)
        filled = frame[column].astype("object").where(frame[column].notna(), known)
        added[column] = filled.to_numpy(dtype=object)
    shapes = added.pop("geometry", None)
    whole: pd.DataFrame = frame.assign(**added)
    if shapes is not None and isinstance(held, gpd.GeoDataFrame):
        shapes[pd.isna(shapes)] = None
        whole = gpd.GeoDataFrame(whole, geometry=shapes, crs=held.crs)
    return whole
