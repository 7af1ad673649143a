"""The unified social credit code (统一社会信用代码): 18 places, the last a check digit."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The places of the code: no I, O, S, V, Z."""

PLACES = 18
BASE = 31
STEP = 3


def check_digit(places: str) -> str | None:
    """Give the check digit of the first 17 places.

    Parameters
    ----------
    places
        The first 17 places.

    Returns
    -------
    str or None
        The 18th place; None where a place is none of the alphabet or there aren't 17.

    Notes
    -----
    GB 32100-2015: weights are the powers of 3, modulo 31.

    Examples
    --------
    >>> check_digit("91350100M000100Y4")
    '3'
    """
    if len(places) != PLACES - 1 or not set(places) <= set(ALPHABET):
        return None
    total = sum(
        ALPHABET.index(place) * pow(STEP, n, BASE) for n, place in enumerate(places)
    )  # fmt: skip
    return ALPHABET[-total % BASE]


def is_credit_code(text: str) -> bool:
    """Say whether a text is a whole code with the right check digit.

    Parameters
    ----------
    text
        The code, in capitals.

    Returns
    -------
    bool
        False too where it isn't 18 places long.

    Examples
    --------
    >>> is_credit_code("91350100M000100Y43"), is_credit_code("91350100M000100Y44")
    (True, False)
    """
    return text[-1:] == (check_digit(text[:-1]) or "-")
