"""Which place each figure takes, ties sharing one."""

import numpy as np
import pandas as pd

from geo.units import compare


def ranks_with_ties(values: pd.Series) -> pd.Series:
    """Rank figures from the largest down.

    Parameters
    ----------
    values
        Figures; missing ones take no place.

    Returns
    -------
    Series of Int64
        Place from 1; figures equal within a relative 1e-9 share a place, and the next one counts
        them all (1, 1, 3). Index of ``values``.

    Examples
    --------
    >>> ranks_with_ties(pd.Series([0.3, 5.0, 0.1 * 3, None])).tolist()
    [2, 1, 2, <NA>]
    """
    ranks = pd.Series(pd.NA, index=values.index, dtype="Int64")
    figures = values.to_numpy(dtype=float)
    order = np.argsort(-figures, kind="stable")
    leader, place = np.nan, 0
    for count, position in enumerate(order, start=1):
        if np.isnan(figures[position]):
            break
        if count == 1 or compare(float(figures[position]), float(leader)) != 0:
            leader, place = figures[position], count
        ranks.iloc[int(position)] = place
    return ranks
