"""How soon a command answers: CPU seconds of whole processes beside importing geopandas."""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

BASELINE = "baseline_geopandas_s"
AS_OF = "2025-12-31"


def measured(rounds: int) -> dict[str, float]:
    """Measure every start in turn, round by round.

    ``rounds``: Times that each is started; the median counts.

    The CPU seconds (user and system) of ``import geopandas``, and those of each command as
    multiples of it.
    """
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "small.gpkg"
        # also writes the compiled byte code, so that no round pays for it
        cpu_seconds(["-m", "app.cli.main", "demo", str(workspace)])
        starts = starts_of(workspace)
        seconds: dict[str, list[float]] = {name: [] for name in starts}
        for _ in range(rounds):
            for name, arguments in starts.items():
                seconds[name].append(cpu_seconds(arguments))
    baseline, *commands = ((name, median(taken)) for name, taken in seconds.items())
    return {
        BASELINE: round(baseline[1], 4),
        **{name: round(of_command / baseline[1], 4) for name, of_command in commands},
    }


def starts_of(workspace: Path) -> dict[str, list[str]]:
    """List what is started: arguments of Python by name, the baseline first."""
    command = ["-m", "app.cli.main"]
    return {
        BASELINE: ["-c", "import geopandas"],
        "help": [*command, "--help"],
        "info": [*command, "info", str(workspace), "--json"],
        "rules": [*command, "rules", "--as-of", AS_OF, "--json"],
        "shares_small": [*command, "shares", str(workspace), "--year", "2025", "--json"],
    }


def cpu_seconds(arguments: Sequence[str]) -> float:
    """Run Python to its end and measure it, threads and all.

    ``arguments``: Behind ``python``; what it prints is thrown away.

    Raises RuntimeError: Where it leaves with anything but 0.
    """
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    process = os.posix_spawn(
        sys.executable, [sys.executable, *arguments], dict(os.environ), file_actions=quiet
    )
    _, status, used = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"python {' '.join(arguments)} left with {status}")
    return used.ru_utime + used.ru_stime


def as_lines(found: dict[str, float], rounds: int) -> list[str]:
    """Show the ratios as a table of Markdown."""
    baseline, *commands = found.items()
    return [
        f"## start, n = {rounds}",
        "",
        f"| start | CPU as multiples of `import geopandas` (median of {rounds}) |",
        "|---|---|",
        *(f"| {name} | {ratio:.2f} |" for name, ratio in commands),
        "",
        f"`import geopandas`: {baseline[1]:.2f} s of CPU.",
    ]
