"""How long work tells how far it is; whoever listens may end it by raising an error."""

from collections.abc import Callable

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
