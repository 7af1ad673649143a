"""One door to all comparisons: ``python -m benchmarks KERNEL --n N [--json]``."""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from benchmarks.contest import Outcome, hold
from benchmarks.report import as_lines, put, written

SIZES = {
    "blocks": 1_000_000, "distance": 1_000_000, "ids": 1_000_000, "scaling": 1_000_000,
    "curve": 100_000, "runs": 10_000, "shares": 1_000_000, "net": 100_000, "zonal": 10_000,
    "matching": 100_000, "replay": 100_000, "importing": 1_000_000, "placement": 300,
}  # fmt: skip
"""Kernels, and the size each is compared at unless told otherwise."""

IN_A_BROWSER = "map"
"""Compared by what a browser shows, at several sizes."""

OF_A_PROCESS = ("start", "city")
"""Compared by what whole processes take."""

BESIDE_A_CHECKOUT = "store"
"""Compared with the same job of another checkout (``--against``)."""

COMPARED = (*SIZES, IN_A_BROWSER, *OF_A_PROCESS, BESIDE_A_CHECKOUT)

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Refuse in one sentence."""
        self.exit(2, f"benchmarks: {message}; kernels are {', '.join(COMPARED)}.\n")


def main(arguments: list[str]) -> int:
    """Hold one comparison and show it."""
    parser = _Parser(prog="benchmarks", allow_abbrev=False)
    parser.add_argument("kernel", choices=COMPARED)
    parser.add_argument("--n", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    parser.add_argument("--against", type=Path, help="another checkout, for store")
    asked = parser.parse_args(arguments)
    n = SIZES.get(asked.kernel, 1000) if asked.n is None else asked.n
    if not 100 <= n <= 10_000_000 or not 1 <= asked.rounds <= 100:
        parser.error("--n is 100 to 10000000, --rounds 1 to 100")
    if asked.kernel == IN_A_BROWSER:
        return _map(asked.n, asked.rounds, is_written=asked.write)
    if asked.kernel == BESIDE_A_CHECKOUT:
        if asked.against is None:
            parser.error("store needs --against CHECKOUT")
        from benchmarks.store import compared

        million = 1_000_000 if asked.n is None else asked.n
        print(json.dumps(compared(asked.against, million, asked.rounds), indent=1))
        return 0
    if asked.kernel in OF_A_PROCESS:
        return _processes(asked.kernel, asked.rounds, as_json=asked.json, is_written=asked.write)
    contest = import_module(f"benchmarks.{asked.kernel}").contest(n)
    try:
        outcome: Outcome = hold(contest, asked.rounds)
    finally:
        contest.close()
    if asked.write:
        written(DOCUMENT, outcome)
    if asked.json:
        print(json.dumps(outcome.as_dict(), ensure_ascii=False))
    else:
        print("\n".join(as_lines(outcome)))
    return 0


def _map(n: int | None, rounds: int, *, is_written: bool) -> int:
    """Compare maps in a browser: what is measured there is no answer's seconds."""
    from benchmarks.map import SIZES as MAP_SIZES
    from benchmarks.map import section

    lines = section(MAP_SIZES if n is None else (n,), rounds)
    if is_written:
        put(DOCUMENT, IN_A_BROWSER, lines)
    print("\n".join(lines))
    return 0


def _processes(kernel: str, rounds: int, *, as_json: bool, is_written: bool) -> int:
    """Compare what whole processes take."""
    module = import_module(f"benchmarks.{kernel}")
    figures: dict[str, float] = module.measured(rounds)
    lines: list[str] = module.as_lines(figures, rounds)
    if is_written:
        put(DOCUMENT, kernel, lines)
    print(json.dumps(figures) if as_json else "\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
