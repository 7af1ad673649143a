"""The assignment as numbers: scores, a sparse matrix of limits, groups of one choice at most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array

Numbers = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

Row = tuple[Mapping[int, float], float]
"""Weights by position, and the most they may add up to."""

SLACK = 1e-9
"""A limit holds up to this part of itself: figures compare to 1e-9 everywhere."""


@dataclass(frozen=True)
class Problem:
    """What is chosen among n options under m limits.

    Attributes
    ----------
    points
        Score of each option; array of n.
    matrix
        Weights, m × n by column: ``matrix @ chosen`` is at most ``most``.
    most
        The limits; array of m.
    group
        Group of each option, of which at most one may be chosen (a project); array of n. It stands
        beside the matrix because bounds are taken group by group.
    required
        True for a limit that is there to make a choice be taken; array of m.
    """

    points: Numbers
    matrix: csc_array
    most: Numbers
    group: Positions
    required: Flags

    @cached_property
    def matrix_by_row(self) -> csr_array:
        """The same matrix, quick to read a limit of."""
        return csr_array(self.matrix)

    def in_limit(self, row: int) -> Positions:
        """Give the options that weigh in a limit."""
        held = self.matrix_by_row
        found: Positions = held.indices[held.indptr[row] : held.indptr[row + 1]]
        return found

    @cached_property
    def groups(self) -> int:
        """Number of groups."""
        return int(self.group.max()) + 1 if len(self.group) else 0

    def holds(self, chosen: Positions) -> bool:
        """Tell whether a choice keeps every limit, added up anew.

        Parameters
        ----------
        chosen
            Positions of the options taken.

        Returns
        -------
        bool
            True where it keeps all.
        """
        if len(np.unique(self.group[chosen])) < len(chosen):
            return False
        used = np.asarray(self.matrix[:, chosen].sum(axis=1)).ravel()
        return bool((used <= self.most + SLACK * np.maximum(1.0, abs(self.most))).all())


def problem_of(
    points: Sequence[float], limits: Sequence[Row], required: Sequence[Sequence[int]]
) -> Problem:
    """Write limits as a matrix.

    Parameters
    ----------
    points
        Score of each option.
    limits
        Weights of options by position, and the most they may add up to.
    required
        Sets of options of which one must be taken.

    Returns
    -------
    Problem
        Limits "one of these at most" that meet no earlier one become groups.
    """
    group = np.full(len(points), -1, dtype=np.intp)
    count, rows = 0, []
    for held, most in limits:
        at = np.fromiter(held, dtype=np.intp, count=len(held))
        weights = np.fromiter(held.values(), dtype=float, count=len(at))
        if most == 1 and (weights == 1).all() and (group[at] < 0).all():
            group[at] = count
            count += 1
        else:
            rows.append((at, weights, most))
    alone = np.flatnonzero(group < 0)
    group[alone] = count + np.arange(len(alone))
    rows += [(np.array(one, dtype=np.intp), -np.ones(len(one)), -1.0) for one in required]
    line = np.repeat(np.arange(len(rows)), [len(at) for at, _, _ in rows])
    columns = np.concatenate([at for at, _, _ in rows]) if rows else np.array([], dtype=np.intp)
    values = np.concatenate([weights for _, weights, _ in rows]) if rows else np.array([])
    shape = (len(rows), len(points))
    return Problem(
        np.asarray(points, dtype=float),
        csc_array((values, (line, columns)), shape=shape),
        np.array([most for _, _, most in rows], dtype=float),
        group,
        np.arange(len(rows)) >= len(rows) - len(required),
    )
