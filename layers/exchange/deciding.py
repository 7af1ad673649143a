"""What is done with the rows at fault of an import: stored, mended or kept aside."""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.edges import Positions
from geo.validity import Repair
from layers.exchange.fault_table import EMPTIED, Action, FaultTable
from layers.exchange.lines import Flags, Lines
from layers.exchange.mending import cut_overlaps, keep_emptied
from layers.validate import Report


@dataclass(frozen=True, eq=False)
class Divided:
    """The rows of an import after the decision.

    Attributes
    ----------
    accepted
        Rows to store, mended, index = position in the file.
    bad
        Which rows are kept aside, by position.
    reasons
        Of each of them, ``code:column`` of each fault for which it is, divided by ``; ``.
    repairs
        What was mended of the rows to store.
    """

    accepted: pd.DataFrame
    bad: Flags
    reasons: pd.Series
    repairs: tuple[Repair, ...]


@dataclass(eq=False)
class _Aside:
    """Rows kept aside so far, with their causes."""

    bad: Flags
    causes: list[tuple[str, Positions]] = field(default_factory=list)

    def put(self, lines: Lines, rows: Positions) -> None:
        if len(rows):
            self.bad[rows] = True
            self.causes.append((f"{lines.code}:{lines.column}", rows))

    def reasons(self) -> pd.Series:
        texts: dict[int, list[str]] = {int(p): [] for p in np.flatnonzero(self.bad)}
        for reason, rows in self.causes:
            for position in np.unique(rows).tolist():
                if reason not in texts[position]:
                    texts[position].append(reason)
        joined = {position: "; ".join(codes) for position, codes in texts.items()}
        return pd.Series(joined, dtype="str")


def divide(
    frame: pd.DataFrame, result: Report, lines: list[Lines], table: FaultTable | None
) -> Divided:
    """Decide about every row, and mend what is to be mended.

    Parameters
    ----------
    frame
        Rows as they came, index 0 … n-1.
    result
        The same rows held against their contract.
    lines
        Every fault.
    table
        What is done with each class; None to keep aside all rows at fault.

    Returns
    -------
    Divided
        Every row is either stored or kept aside. Of two rows that a fault is between, both are
        kept aside: which is right is not ours to say.
    """
    aside = _Aside(np.zeros(len(frame), dtype=bool))
    for one in lines:
        action: Action = "quarantine" if table is None else table.action(one.code)
        if action == "quarantine":
            aside.put(one, one.concerned)
        elif action == "repair":
            left = ~one.mendable()
            aside.put(one, one.of_row[left[one.of_line]])
            if one.code == "shape_duplicate":
                aside.put(one, one.rows)
    accepted, repairs = result.conformed, [*result.mended]
    mended = [] if table is None else [one for one in lines if table.action(one.code) == "repair"]
    for one in mended:
        if one.code == "overlap":
            accepted, cut = _cut(accepted, one, aside)
            repairs += cut
    if aside.bad.any():
        accepted = accepted[~aside.bad]
    emptied = [
        one for one in mended
        if table is not None and table.entry(one.code).repair == EMPTIED and one.mendable().all()
    ]  # fmt: skip
    return Divided(
        keep_emptied(accepted, frame, emptied), aside.bad, aside.reasons(),
        tuple(one for one in repairs if not aside.bad[one.position]),
    )  # fmt: skip


def _cut(accepted: pd.DataFrame, lines: Lines, aside: _Aside) -> tuple[pd.DataFrame, list[Repair]]:
    drawn = gpd.GeoDataFrame(accepted).geometry
    cut, repairs, vanished = cut_overlaps(np.asarray(drawn.array, object), lines, aside.bad)
    aside.put(lines, np.array(vanished, dtype=np.intp))
    return gpd.GeoDataFrame(accepted).set_geometry(gpd.GeoSeries(cut, crs=drawn.crs)), repairs
