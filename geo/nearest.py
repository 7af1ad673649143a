"""Which known name a mistyped one probably means."""

import difflib
from collections.abc import Iterable

MOST_NAMED = 20
"""A sentence that lists more isn't read."""


def nearest_name(given: str, known: Iterable[str]) -> str:
    """Find the known name nearest to the one given.

    Parameters
    ----------
    given
        What was typed.
    known
        Names that exist.

    Returns
    -------
    str
        The nearest name; where none is near the list, cut after ``MOST_NAMED`` names.

    Examples
    --------
    >>> nearest_name("land_parcel", ["units", "land_parcels"])
    'land_parcels'
    >>> nearest_name("A99", ["A1", "B1"])
    'A1'
    """
    names = list(known)
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.4)
    if near:
        return near[0]
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
