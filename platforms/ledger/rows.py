"""Typed values of a row; credit code."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from geo.tools import nearest_name
from platforms.errors import PlanningError

Row = Mapping[Hashable, Any]


def project_row(projects: pd.DataFrame, project_id: str) -> Row:
    """Give the row of a project.

    Parameters
    ----------
    projects
        Table ``projects``.
    project_id
        Its number.

    Returns
    -------
    Mapping
        Its values by column.

    Raises
    ------
    PlanningError
        ``project_not_on_file`` with the nearest number.
    """
    found = projects[projects["project_id"].eq(project_id).fillna(value=False).to_numpy(dtype=bool)]
    if not len(found):
        known = [str(one) for one in projects["project_id"]]
        raise PlanningError(
            "project_not_on_file", project_id=project_id,
            nearest=nearest_name(project_id, known) or "–",
        )  # fmt: skip
    row: Row = found.iloc[0].to_dict()
    return row


def text_of(row: Row, column: str) -> str | None:
    """Give a text, None where it is missing or blank.

    Parameters
    ----------
    row
        The row.
    column
        Column name.

    Returns
    -------
    str or None
        Without blanks at its ends.

    Examples
    --------
    >>> text_of({"product": " 光伏组件 "}, "product"), text_of({"product": float("nan")}, "product")
    ('光伏组件', None)
    """
    value = row.get(column)
    return None if value is None or pd.isna(value) else str(value).strip() or None


def number_of(row: Row, column: str) -> float | None:
    """Give a number [unit of the column], None where it is missing; as ``text_of``."""
    value = row.get(column)
    return None if value is None or pd.isna(value) else float(value)


def flag_of(row: Row, column: str) -> bool | None:
    """Give a yes or no, None where it isn't said; as ``text_of``."""
    value = row.get(column)
    return None if value is None or pd.isna(value) else bool(value)


ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The places of the code: no I, O, S, V, Z."""

PLACES = 18
BASE = 31
STEP = 3


def check_digit(places: str) -> str | None:
    """Give the check digit of the first 17 places.

    ``places``: The first 17 places.

    The 18th place; None where a place is none of the alphabet or there aren't 17.

    GB 32100-2015: weights are the powers of 3, modulo 31.

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

    False too where it isn't 18 places long.

    >>> is_credit_code("91350100M000100Y43"), is_credit_code("91350100M000100Y44")
    (True, False)
    """
    return text[-1:] == (check_digit(text[:-1]) or "-")
