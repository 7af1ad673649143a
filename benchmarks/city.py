"""What a planner waits for: whole commands on the city demonstration, as multiples of reading it.

R, the baseline, is the CPU time of ``import geopandas`` and reading every layer with pyogrio.
"""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

BASELINE = "R_s"
AS_OF = "2025-10-31"

READ_ALL = """
import sys
import geopandas, pyogrio
for name, _ in pyogrio.list_layers(sys.argv[1]):
    pyogrio.read_dataframe(sys.argv[1], layer=name)
"""

OVERVIEW = """
import sys
from pathlib import Path
from app.answers.checks import verdict_list
from app.answers.land import listed_blocks
from app.answers.project_ledger import due_answer
from app.context import open_context
from platforms.checks import CheckQuery
from platforms.land.blocks import counted_once_m2
from platforms.land.search import BlockQuery, lines_mu
context = open_context(Path(sys.argv[1]), as_of=sys.argv[2])
land = listed_blocks(context, BlockQuery(min_mu=lines_mu(context.policy)[0]))
counted_once_m2(land.blocks)
verdict_list(context, CheckQuery(None, (), (), context.as_of))
due_answer(context)
"""
"""What the page 总览 works out, without drawing it."""


@dataclass(frozen=True)
class Taken:
    """Seconds of one process."""

    cpu_s: float
    wall_s: float


def measured(rounds: int) -> dict[str, float]:
    """Measure every command in turn, round by round, each round on a workspace of its own.

    ``rounds``: The median of so many counts.

    R in CPU seconds; of each command the CPU time in R, and under ``wall`` what one waits, in R.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made.gpkg"
        run(["-m", "app.cli.main", "demo", str(made), "--size", "city"])
        taken: dict[str, list[Taken]] = {}
        _round(made, {})  # writes byte code and compiled kernels: the rounds start alike
        for _ in range(rounds):
            _round(made, taken)
    cpu = {name: median(t.cpu_s for t in times) for name, times in taken.items()}
    wall = {name: median(t.wall_s for t in times) for name, times in taken.items()}
    base = cpu.pop(BASELINE)
    del wall[BASELINE]
    return {
        BASELINE: round(base, 3),
        **{name: round(seconds / base, 3) for name, seconds in cpu.items()},
        **{f"{name}_wall": round(seconds / base, 3) for name, seconds in wall.items()},
    }


def _round(made: Path, taken: dict[str, list[Taken]]) -> None:
    """Run everything once, in one order, on a fresh copy."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "city.gpkg"
        workspace.write_bytes(made.read_bytes())
        for name, arguments in steps(workspace).items():
            taken.setdefault(name, []).append(run(arguments))


def steps(workspace: Path) -> dict[str, list[str]]:
    """List what is run: arguments of Python by name, in the order of a day.

    ``workspace``: Nothing was worked out of it before.
    """
    first, second = "xm-0002", "xm-0006"
    asked = ("--as-of", AS_OF, "--json")

    def command(*arguments: str) -> list[str]:
        name, *rest = arguments
        return ["-m", "app.cli.main", *name.split(), str(workspace), *rest]

    overview = ["-c", OVERVIEW, str(workspace), AS_OF]
    return {
        BASELINE: ["-c", READ_ALL, str(workspace)],
        "info": command("info", "--json"),
        "shares": command("shares", "--year", "2025", *asked),
        "blocks": command("blocks", *asked),
        "blocks_again": command("blocks", *asked),
        "match": command("match", "--project", first, *asked),
        "match_again": command("match", "--project", second, *asked),
        "check": command("check", *asked),
        "check_again": command("check", *asked),
        "indicators": command("indicators", "--by", "platform", "--period", "2024", *asked),
        "place_quick": command("place", "--projects", "all", "--quick", *asked),
        "overview_first": overview,
        "overview_again": overview,
        "event": command(
            "project event", "--project", first, "--kind", "updated", "--on", AS_OF,
            "--unit", "330402", "--json",
        ),
        "overview_after_event": overview,
    }  # fmt: skip


def run(arguments: Sequence[str]) -> Taken:
    """Run Python to its end and measure it, threads and all.

    ``arguments``: Behind ``python``; what it prints is thrown away.

    Raises RuntimeError: Where it leaves with bad input or a fault; 1 says that a rule isn't met.
    """
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    process = os.posix_spawn(
        sys.executable, [sys.executable, *arguments], environment, file_actions=quiet
    )
    _, status, used = os.wait4(process, 0)
    seconds = time.perf_counter() - begun
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1):
        raise RuntimeError(f"python {' '.join(arguments)} left with {code}")
    return Taken(used.ru_utime + used.ru_stime, seconds)


def as_lines(found: dict[str, float], rounds: int) -> list[str]:
    """Show the ratios as a table of Markdown."""
    names = [name for name in found if name != BASELINE and not name.endswith("_wall")]
    return [
        f"## city, n = {rounds}",
        "",
        f"| command | CPU in R (median of {rounds}) | wall in R |",
        "|---|---|---|",
        *(f"| {name} | {found[name]:.2f} | {found[f'{name}_wall']:.2f} |" for name in names),
        "",
        f"R = {found[BASELINE]:.2f} s of CPU: `import geopandas`, every layer read with pyogrio.",
    ]
