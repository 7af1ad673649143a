"""What the validation report of an import says line by line: the row, the value, the land."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.edges import Numbers, Positions, Shapes
from layers.exchange.cells import as_text
from layers.validate import EXAMPLES_IN_A_FAULT, Fault

Flags = npt.NDArray[np.bool_]
LONGEST_VALUE = 200


def no_land() -> Shapes:
    """Give no shapes at all."""
    return np.empty(0, dtype=object)


@dataclass(frozen=True, eq=False)
class Lines:
    """One class of fault in one column, line by line: k lines.

    Attributes
    ----------
    code
        What is wrong; key of the sentence in the catalogue.
    column
        Column at fault, ``geometry`` for shapes.
    rows
        Position in the file of the row each line is about, array of k.
    values
        What stands there, or was measured, as text: k texts.
    others
        Keys of other rows concerned, divided by ``, ``: k texts.
    area_m2
        Land concerned [m²], missing where there is none, array of k.
    of_line, of_row
        Which rows of the file each line concerns: incidences, sorted by line.
    find_mendable, make_shapes
        Say of the first so many lines which a repair is offered for, and give the land concerned:
        both are worked out only for the lines that somebody looks at.
    """

    code: str
    column: str
    rows: Positions
    values: tuple[str, ...]
    others: tuple[str, ...]
    area_m2: Numbers
    of_line: Positions
    of_row: Positions
    find_mendable: Callable[[int], Flags] = field(repr=False)
    make_shapes: Callable[[int], Shapes] = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def concerned(self) -> Positions:
        """Positions of all rows concerned, each once."""
        return np.unique(self.of_row)

    def mendable(self, most: int | None = None) -> Flags:
        """Say for which lines a repair is offered, array of k or of the first ``most``."""
        return self.find_mendable(len(self) if most is None else min(most, len(self)))

    def shapes(self, most: int | None = None) -> Shapes:
        """Give the land concerned, array of k or of the first ``most``; missing where none is."""
        count = len(self) if most is None else min(most, len(self))
        made = self.make_shapes(count)
        return made if len(made) == count else np.full(count, None, dtype=object)

    def fault(self, names: list[str]) -> Fault:
        """Give the fault with all its rows at once.

        Parameters
        ----------
        names
            Keys of all rows of the file.
        """
        positions = tuple(self.concerned.tolist())
        examples = tuple(dict.fromkeys(filter(None, self.values)))[:EXAMPLES_IN_A_FAULT]
        rows = tuple(names[p] for p in positions)
        return Fault(self.code, self.column, rows, positions, examples)


def single_lines(
    code: str,
    column: str,
    rows: npt.ArrayLike,
    *,
    values: list[str] | None = None,
    others: list[str] | None = None,
    area_m2: Numbers | None = None,
    mendable: bool = False,
    make_shapes: Callable[[], Shapes] = no_land,
) -> Lines:
    """Make lines that concern one row each.

    Parameters
    ----------
    code, column
        What is wrong where.
    rows
        Positions, array of k.
    values, others, area_m2
        Of each line, None for nothing.
    mendable
        True where a repair is offered for all of them.
    make_shapes
        Gives their shapes.
    """
    held = np.asarray(rows, dtype=np.intp)
    count = len(held)
    return Lines(
        code, column, held, tuple(values or [""] * count), tuple(others or [""] * count),
        np.full(count, np.nan) if area_m2 is None else area_m2,
        np.arange(count), held, lambda most: np.full(most, mendable),
        lambda most: make_shapes()[:most],
    )  # fmt: skip


def lines_of_fault(
    fault: Fault, frame: pd.DataFrame, shapes: Shapes | None, *, mendable: bool
) -> Lines:
    """Make the lines of a fault that a contract found.

    Parameters
    ----------
    fault
        The fault.
    frame
        Rows as they came, for the values.
    shapes
        Their shapes, None where they have none.
    mendable
        True where a repair is offered.
    """
    rows = np.asarray(fault.positions, dtype=np.intp)
    values = list(fault.examples[:1]) * len(rows) if len(fault.examples) == 1 else None
    if fault.column != "geometry" and fault.column in frame.columns:
        values = [_shown(value) for value in frame[fault.column].iloc[rows].astype("object")]
    return single_lines(
        fault.code, fault.column, rows, values=values, mendable=mendable,
        make_shapes=no_land if shapes is None else lambda: shapes[rows],
    )  # fmt: skip


def _shown(value: object) -> str:
    return (as_text(value) or "")[:LONGEST_VALUE]
