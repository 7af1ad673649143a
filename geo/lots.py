"""How long lists of shapes are worked through by all processors, a lot at a time."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from geo.progress import Progress, report

Result = TypeVar("Result")


def in_lots(
    count: int, at_once: int, do: Callable[[slice], Result], progress: Progress | None = None
) -> list[Result]:
    """Do the same work on each lot of a list, several at a time.

    Parameters
    ----------
    count, at_once
        Length of the list, and of a lot.
    do
        The work on one lot, which has to leave the interpreter free (compiled kernels, shapely).
    progress
        Told the share done; an error that it raises ends the work between two lots.

    Returns
    -------
    list
        The results, in the order of the lots.

    Examples
    --------
    >>> in_lots(5, 2, lambda lot: lot.stop - lot.start)
    [2, 2, 1]
    """
    lots = [slice(begin, min(begin + at_once, count)) for begin in range(0, count, at_once)]
    results: list[Result] = []
    if len(lots) <= 1:
        # Threads cost more than a short list takes.
        for lot in lots:
            results.append(do(lot))
            report(progress, 1.0)
        return results
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        waiting = [pool.submit(do, lot) for lot in lots]
        try:
            for done, one in enumerate(waiting, 1):
                results.append(one.result())
                report(progress, done / len(waiting))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return results
