"""One comparison: ours and its peers in turn, answers compared, memory measured apart."""

import multiprocessing
import platform
import resource
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

Figures = dict[str, float]


@dataclass(frozen=True)
class Contest:
    """What is compared.

    Attributes
    ----------
    kernel, n
        Its name, and the size of the input.
    ours
        Gives the figures that must agree.
    peers
        The same question asked of each peer at its best.
    tolerance
        Relative difference up to which figures agree.
    tolerances
        The same for peers whose method is less exact.
    clock
        Which seconds the ratios are of; "cpu" sees this process alone, so no server.
    coordinate_mb
        Size of the input's coordinates [MB].
    notes
        Settings and queries, printed.
    steps
        Further things of ours that are timed, without a peer.
    close
        Puts away what the peers need.
    """

    kernel: str
    n: int
    ours: Callable[[], Figures]
    peers: dict[str, Callable[[], Figures]]
    tolerance: float
    clock: Literal["wall", "cpu"]
    coordinate_mb: float
    notes: tuple[str, ...]
    steps: dict[str, Callable[[], object]] = field(default_factory=dict)
    tolerances: dict[str, float] = field(default_factory=dict)
    close: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Outcome:
    """What was measured, seconds by the clock of the contest.

    Attributes
    ----------
    kernel, n, clock, rounds
        Of the contest.
    ours_s, cold_s
        Median of ours, and its first run, which loads or compiles the kernels.
    peers, ratios
        Median of each peer, and how many times ours it took.
    steps, step_ratios
        Median of each further thing of ours, and how many times ours it took.
    agree
        True where all figures agree.
    differences
        Largest relative difference from each peer.
    figures
        Ours.
    peak_mb, coordinate_mb
        Memory of ours above the loaded input, and the input's coordinates [MB].
    notes, machine
        Settings and queries; where it ran.
    """

    kernel: str
    n: int
    clock: str
    rounds: int
    ours_s: float
    cold_s: float
    peers: dict[str, float]
    ratios: dict[str, float]
    steps: dict[str, float]
    step_ratios: dict[str, float]
    agree: bool
    differences: dict[str, float]
    figures: Figures
    peak_mb: float
    coordinate_mb: float
    notes: tuple[str, ...]
    machine: str

    def as_dict(self) -> dict[str, object]:
        """Give the outcome as plain values."""
        return asdict(self)


def hold(contest: Contest, rounds: int = 3) -> Outcome:
    """Run ours and the peers in turn.

    Parameters
    ----------
    contest
        What is compared.
    rounds
        How often each runs; medians are given.

    Returns
    -------
    Outcome
        Times, ratios, agreement and memory.
    """
    cold_s, figures = _timed(contest.ours, contest.clock)
    times: dict[str, list[float]] = {"ours": []}
    differences: dict[str, float] = {}
    for _ in range(rounds):
        times["ours"].append(_timed(contest.ours, contest.clock)[0])
        for name, step in contest.steps.items():
            times.setdefault(f"step {name}", []).append(_timed(step, contest.clock)[0])
        for name, peer in contest.peers.items():
            seconds, answer = _timed(peer, contest.clock)
            times.setdefault(name, []).append(seconds)
            differences[name] = max(differences.get(name, 0.0), _difference(figures, answer))
    ours_s = median(times["ours"])
    peers = {name: median(times[name]) for name in contest.peers}
    steps = {name: median(times[f"step {name}"]) for name in contest.steps}
    return Outcome(
        kernel=contest.kernel,
        n=contest.n,
        clock=contest.clock,
        rounds=rounds,
        ours_s=ours_s,
        cold_s=cold_s,
        peers=peers,
        ratios={name: seconds / ours_s for name, seconds in peers.items()},
        steps=steps,
        step_ratios={name: seconds / ours_s for name, seconds in steps.items()},
        agree=all(
            difference <= contest.tolerances.get(name, contest.tolerance)
            for name, difference in differences.items()
        ),
        differences=differences,
        figures=figures,
        peak_mb=_peak_mb(contest.ours),
        coordinate_mb=contest.coordinate_mb,
        notes=contest.notes,
        machine=f"{platform.machine()}, {multiprocessing.cpu_count()} processors, "
        f"Python {platform.python_version()}",
    )


def _timed(run: Callable[[], object], clock: str) -> tuple[float, Figures]:
    wall, used = time.perf_counter(), _cpu_s()
    answer = run()
    seconds = time.perf_counter() - wall if clock == "wall" else _cpu_s() - used
    return seconds, answer if isinstance(answer, dict) else {}


def _cpu_s() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


def _difference(ours: Figures, theirs: Figures) -> float:
    """Give the largest relative difference of the figures that a peer can give."""
    if not theirs or not theirs.keys() <= ours.keys():
        return float("inf")
    return max(abs(ours[k] - theirs[k]) / max(abs(ours[k]), abs(theirs[k]), 1e-300) for k in theirs)


def _peak_mb(run: Callable[[], object]) -> float:
    """Measure by how much a run makes a copy of this process grow, the input loaded before."""
    if not hasattr(multiprocessing, "get_context") or platform.system() != "Linux":
        return float("nan")
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_watched, args=(run, sender))
    process.start()
    grown = float(receiver.recv())
    process.join()
    return grown


def _watched(run: Callable[[], object], sender: "multiprocessing.connection.Connection") -> None:
    done = threading.Event()
    before = _private_mb()
    peak = before

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, _private_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    run()
    done.set()
    watcher.join()
    sender.send(max(peak, _private_mb()) - before)


def _private_mb() -> float:
    """Give the memory that is this process's own [MB]: resident less shared with its parent."""
    total = 0.0
    with Path("/proc/self/smaps_rollup").open() as lines:
        for line in lines:
            if line.startswith(("Private_Dirty", "Private_Clean")):
                total += float(line.split()[1]) / 1024
    return total
