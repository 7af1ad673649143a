"""How an outcome is shown, and kept in the documentation."""

import re
from importlib.metadata import version
from pathlib import Path

from benchmarks.contest import Outcome

LIBRARIES = ("geopandas", "shapely", "numpy", "numba", "pyproj")
HEAD = "# Benchmarks\n\nEach section is written by `python -m benchmarks KERNEL --write`.\n"


def as_lines(outcome: Outcome) -> list[str]:
    """Show an outcome as a table.

    Parameters
    ----------
    outcome
        What was measured.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    rows = [("ours", outcome.ours_s, None), ("ours, first run (kernels load or compile)",
                                             outcome.cold_s, None)]  # fmt: skip
    rows += [(f"ours: {name}", seconds, outcome.step_ratios[name])
             for name, seconds in outcome.steps.items()]  # fmt: skip
    rows += [(name, seconds, outcome.ratios[name]) for name, seconds in outcome.peers.items()]
    figures = ", ".join(f"{name} {value:,.10g}" for name, value in outcome.figures.items())
    apart = ", ".join(f"{name} {value:.1e}" for name, value in outcome.differences.items())
    return [
        f"## {outcome.kernel}, n = {outcome.n:,}",
        "",
        f"| who | {outcome.clock} s (median of {outcome.rounds}) | times ours |",
        "|---|---|---|",
        *(
            f"| {name} | {seconds:.3f} | {'' if ratio is None else f'{ratio:.2f}'} |"
            for name, seconds, ratio in rows
        ),
        "",
        f"Answers agree: {'yes' if outcome.agree else 'NO'} (largest relative difference: "
        f"{apart or 'no peer'}). {figures}.",
        "",
        f"Memory of ours above the loaded input: {outcome.peak_mb:,.0f} MB; coordinates of the "
        f"input: {outcome.coordinate_mb:,.0f} MB.",
        "",
        f"{outcome.machine}; {libraries}.",
        "",
        *(f"- {note}." for note in outcome.notes if "SELECT" not in note),
        *(line for note in outcome.notes if "SELECT" in note for line in _as_code(note)),
    ]


def _as_code(query: str) -> list[str]:
    return ["", "```sql", *query.strip().splitlines(), "```"]


def written(document: Path, outcome: Outcome) -> None:
    """Put an outcome into the document, in place of the kernel's earlier one."""
    put(document, outcome.kernel, as_lines(outcome))


def put(document: Path, kernel: str, lines: list[str]) -> None:
    """Put the section of a kernel into the document, in place of its earlier one."""
    text = document.read_text(encoding="utf-8") if document.exists() else HEAD
    section = "\n".join(lines) + "\n"
    pattern = re.compile(rf"^## {kernel}, n = .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if pattern.search(text):
        text = pattern.sub(lambda _: section + "\n", text)
    else:
        text = f"{text.rstrip()}\n\n{section}"
    document.write_text(text.rstrip() + "\n", encoding="utf-8")
