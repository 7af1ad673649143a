"""Where the dashes of a line lie on a tile, so that they meet at its borders."""

import numpy as np
import numpy.typing as npt

Segment = tuple[float, float, float, float]


def dashes(
    line: npt.NDArray[np.float64], pattern_px: tuple[float, ...], side_px: int, margin_px: float
) -> list[Segment]:
    """Cut a line into the dashes that are seen on a square of pixels.

    Dashes are counted from the line's beginning, wherever that lies, so that neighbouring tiles
    agree.

    Parameters
    ----------
    line
        Vertices [px], array of n by 2; x right, y down.
    pattern_px
        Lengths of dashes and gaps in turn [px].
    side_px
        Side of the square [px].
    margin_px
        Margin around the square within which dashes are kept [px].

    Returns
    -------
    list of tuple
        x, y of the beginning and x, y of the end of every dash [px].

    Examples
    --------
    >>> dashes(np.array([[0.0, 0.0], [10.0, 0.0]]), (4.0, 2.0), 8, 0)
    [(0.0, 0.0, 4.0, 0.0), (6.0, 0.0, 8.0, 0.0)]
    """
    step = np.diff(line, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    start = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    enters, leaves = _inside(line[:-1], step, -margin_px, side_px + margin_px)
    found: list[Segment] = []
    for at in np.flatnonzero((leaves > enters) & (length > 0)):
        low, high = start[at] + enters[at] * length[at], start[at] + leaves[at] * length[at]
        for begin, end in _on_stretches(low, high, pattern_px):
            from_x, from_y = line[at] + step[at] * ((begin - start[at]) / length[at])
            to_x, to_y = line[at] + step[at] * ((end - start[at]) / length[at])
            found.append((float(from_x), float(from_y), float(to_x), float(to_y)))
    return found


def _inside(
    origin: npt.NDArray[np.float64], step: npt.NDArray[np.float64], low: float, high: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give the shares of each segment at which it enters and leaves the square."""
    with np.errstate(divide="ignore", invalid="ignore"):
        first = (low - origin) / step
        second = (high - origin) / step
    level = step == 0
    within = (origin >= low) & (origin <= high)
    near = np.where(level, np.where(within, -np.inf, np.inf), np.minimum(first, second))
    far = np.where(level, np.where(within, np.inf, -np.inf), np.maximum(first, second))
    return np.maximum(near.max(axis=1), 0.0), np.minimum(far.min(axis=1), 1.0)


def _on_stretches(
    low: float, high: float, pattern_px: tuple[float, ...]
) -> list[tuple[float, float]]:
    period = sum(pattern_px)
    edge = period * np.floor(low / period)
    stretches = []
    while edge < high:
        for at, length in enumerate(pattern_px):
            begin, end = max(edge, low), min(edge + length, high)
            if at % 2 == 0 and end > begin:
                stretches.append((float(begin), float(end)))
            edge += length
    return stretches
