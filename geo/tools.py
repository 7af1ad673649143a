"""Progress, work in batches, nearest known name, visible characters."""

import difflib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from threading import Thread
from typing import TypeVar

Progress = Callable[[float], None]
"""Takes the share of the work that is done, 0 to 1."""


def report(progress: Progress | None, share: float) -> None:
    """Tell the listener, if there is one, how far the work is.

    Parameters
    ----------
    progress
        The listener.
    share
        Share done, 0 to 1.
    """
    if progress is not None:
        progress(share)


def within(progress: Progress | None, begin: float, end: float) -> Progress | None:
    """Give a listener for one stretch of a longer work.

    Parameters
    ----------
    progress
        The listener of the whole work.
    begin, end
        Where the stretch begins and ends in the whole, 0 to 1.

    Examples
    --------
    >>> heard = []
    >>> report(within(heard.append, 0.5, 1.0), 0.5)
    >>> heard
    [0.75]
    """
    if progress is None:
        return None
    return lambda share: progress(begin + (end - begin) * share)


def batches(count: int, at_once: int, progress: Progress | None = None) -> Iterator[slice]:
    """Divide a list into batches, and tell the share done before each and at the end.

    ``progress``: An error that it raises ends the work between two batches.

    >>> [(batch.start, batch.stop) for batch in batches(5, 2)]
    [(0, 2), (2, 4), (4, 5)]
    """
    for begin in range(0, count, at_once):
        report(progress, begin / count)
        yield slice(begin, min(begin + at_once, count))
    report(progress, 1.0)


Result = TypeVar("Result")

WAITS_S = 0.25
"""So often a listener is asked while one call runs [s]."""


def awaited(call: Callable[[], Result], progress: Progress | None) -> Result:
    """Make one long call of a compiled library, and ask the listener meanwhile.

    Parameters
    ----------
    call
        The call; it leaves the interpreter free, tells nobody, and changes nothing.
    progress
        Told 0 again and again; an error that it raises ends the waiting. The call can't be ended:
        it runs on by itself, and what it gives is dropped. None to make the call as it is.

    Returns
    -------
    anything
        What the call gives.

    Raises
    ------
    Exception
        What the call or the listener raises.

    Examples
    --------
    >>> awaited(lambda: 1 + 1, print)
    2
    """
    if progress is None:
        return call()
    results: list[Result] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001 – raised by whoever waits
            errors.append(error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(WAITS_S)
        if thread.is_alive():
            progress(0.0)
    if errors:
        raise errors[0]
    return results[0]


def in_batches(
    count: int, at_once: int, do: Callable[[slice], Result], progress: Progress | None = None
) -> list[Result]:
    """Do the same work on each batch of a list, several at a time.

    ``do``: The work on one batch, which has to leave the interpreter free (compiled kernels,
      shapely).
    ``progress``: Told the share done; an error that it raises ends the work between two batches.

    The results, in the order of the batches.

    >>> in_batches(5, 2, lambda batch: batch.stop - batch.start)
    [2, 2, 1]
    """
    batches = [slice(begin, min(begin + at_once, count)) for begin in range(0, count, at_once)]
    results: list[Result] = []
    if len(batches) <= 1:
        # Threads cost more than a short list takes.
        for batch in batches:
            results.append(do(batch))
            report(progress, 1.0)
        return results
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        waiting = [pool.submit(do, batch) for batch in batches]
        try:
            for done, future in enumerate(waiting, 1):
                results.append(future.result())
                report(progress, done / len(waiting))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return results


MOST_NAMED = 20
"""A sentence that lists more isn't read."""


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Find the known name nearest to the one given.

    Parameters
    ----------
    name
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
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    if near:
        return near[0]
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")


@cache
def kernels_available() -> bool:
    """Say whether compiled kernels can be used on this computer."""
    try:
        import_module("numba")
    except (ImportError, OSError):
        return False
    return True


_NO_PICTURE = (0xFFFE, 0xFFFF, *range(0xD800, 0xE000))
_PICTURES = {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D)}
_PICTURES |= dict.fromkeys(_NO_PICTURE, 0xFFFD) | {0x7F: 0x2421}


def show_control_characters(text: str) -> str:
    r"""Put a visible picture in the place of each character that files can't carry.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        The text; tab and line ends stay.

    Examples
    --------
    >>> show_control_characters("A\x00B\x1f")
    'A␀B␟'
    """
    return text.translate(_PICTURES)


def plain_name(text: str | None) -> str | None:
    """Give a name without what people write differently: blanks, brackets, case.

    ``text``: The name, None where there is none.

    The signs that tell it apart, None where nothing is left.

    >>> plain_name("甲（中国） Co.")
    '甲中国co'
    """
    if text is None:
        return None
    plain = "".join(sign for sign in text.casefold() if sign.isalnum())
    return plain or None
