"""A child process for one function, which can be ended at any moment."""

import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import IO, Literal

from platforms.errors import PlanningError

POLL_S = 0.05
"""So often the parent asks whether to cancel [s]."""

START_S = 60.0
"""Loading may take so long on a busy machine; it isn't taken off the function's time [s]."""

_Frame = tuple[Literal["begun", "interim", "final", "refused", "gone"], object]

_out: IO[bytes] | None = None
"""Where the child writes; None everywhere else."""


def run(
    function: str,
    task: object,
    deadline_s: float,
    *,
    is_cancelled: Callable[[], bool] | None = None,
    tell: Callable[[object], None] | None = None,
    grace_s: float = 0.0,
) -> object:
    """Answer a task in a child process.

    ``function``: ``package.module:name`` of a function that takes the task alone.
    ``task``: What it is given; it and the answer must be picklable.
    ``deadline_s``: Seconds that the function is given, once its module is loaded and, where it
      has a ``prepare``, that was called with the task.
    ``is_cancelled``: Asked again and again; the child is ended once it says True.
    ``tell``: Told every answer that the function hands over by ``report``.

    What the function returns; where it is late, the last that it reported.

    Raises PlanningError: ``placement_out_of_time``, ``placement_cancelled``,
    ``placement_solver_failed``, and what the function itself refuses.

    >>> run("platforms.placement.child:echo", 7, 30.0)
    7
    """
    process = subprocess.Popen(  # the interpreter itself
        [sys.executable, "-m", "platforms.placement.child"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        # Else a window opens for it where the parent has none.
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    frames: queue.SimpleQueue[_Frame] = queue.SimpleQueue()
    sent = pickle.dumps((function, task))
    # Both pipes are served by threads: on Windows neither can be waited for with a timeout.
    threads = [
        threading.Thread(target=_send, args=(process.stdin, sent), daemon=True),
        threading.Thread(target=_receive, args=(process.stdout, frames), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        return _awaited(process, frames, deadline_s, grace_s, is_cancelled, tell)
    finally:
        process.kill()
        process.wait()
        for thread in threads:
            thread.join()


def report(answer: object) -> None:
    """Hand over an answer that may still be bettered; outside a child nothing happens.

    ``answer``: Given by ``run`` if the function doesn't return in time.
    """
    if _out is not None:
        _write("interim", answer)


def echo(task: object) -> object:
    """Return the task back."""
    return task


def _awaited(
    process: subprocess.Popen[bytes],
    frames: queue.SimpleQueue[_Frame],
    deadline_s: float,
    grace_s: float,
    is_cancelled: Callable[[], bool] | None,
    tell: Callable[[object], None] | None,
) -> object:
    until = time.monotonic() + START_S
    latest: list[object] = []
    while time.monotonic() < until:
        if is_cancelled is not None and is_cancelled():
            raise PlanningError("placement_cancelled")
        try:
            kind, value = frames.get(timeout=POLL_S)
        except queue.Empty:
            continue
        if kind == "begun":
            until = time.monotonic() + deadline_s + grace_s
            continue
        if kind == "final":
            return value
        if kind == "refused" and isinstance(value, PlanningError):
            raise value
        if kind == "gone":
            raise PlanningError("placement_solver_failed", exit_code=process.wait())
        latest = [value]
        if tell is not None:
            tell(value)
    if not latest:
        raise PlanningError("placement_out_of_time", deadline_s=deadline_s)
    return latest[0]


def _send(pipe: IO[bytes], sent: bytes) -> None:
    try:
        with pipe:
            pipe.write(sent)
    except OSError:
        pass  # the child is gone, which the other thread tells


def _receive(pipe: IO[bytes], frames: queue.SimpleQueue[_Frame]) -> None:
    with pipe:
        while True:
            try:
                frames.put(pickle.load(pipe))  # our own child
            except (EOFError, OSError, pickle.UnpicklingError):
                frames.put(("gone", None))
                return


def _write(kind: str, value: object) -> None:
    if _out is not None:
        if isinstance(value, PlanningError):
            _out.write(pickle.dumps((kind, _Refusal(value))))
        else:
            _out.write(pickle.dumps((kind, value)))
        _out.flush()


class _Refusal:
    """Carries an error across: its own pickle would lose the names of its values."""

    def __init__(self, error: PlanningError) -> None:
        self.code, self.values = error.code, dict(error.values)

    def __reduce__(self) -> tuple[object, ...]:
        return _refused, (self.code, self.values)


def _refused(code: str, values: dict[str, str | int | float | bool | None]) -> PlanningError:
    return PlanningError(code, **values)


def serve() -> None:
    """Answer the task on the standard input."""
    global _out
    function, task = pickle.load(sys.stdin.buffer)  # our own parent
    # A solver that prints must not write between the answers.
    _out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    place, _, name = function.partition(":")
    module = import_module(place)
    asked = getattr(module, name)
    prepare = getattr(module, "prepare", None)
    if prepare is not None:
        prepare(task)
    _write("begun", None)
    try:
        _write("final", asked(task))
    except PlanningError as refusal:
        _write("refused", refusal)


if __name__ == "__main__":
    # By its own name, so that `report` of the importing function is the one that is served.
    from platforms.placement import child

    child.serve()
