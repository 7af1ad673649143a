"""One row of the project ledger with its values as plain types: what is missing is None."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from geo.nearest import nearest_name
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
