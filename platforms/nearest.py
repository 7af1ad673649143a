"""Which known name a mistyped one probably means."""

import difflib
from collections.abc import Iterable


def nearest_known(given: str, known: Iterable[str]) -> str:
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
        The nearest name; all of them where none is near.

    Examples
    --------
    >>> nearest_known("evaluater", ["evaluator", "effective_from"])
    'evaluator'
    >>> nearest_known("A99", ["A1", "B1"])
    'A1'
    """
    names = list(known)
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.4)
    return near[0] if near else ", ".join(names)
