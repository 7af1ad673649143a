"""The command that looks for faults between the shapes of a layer."""

from pathlib import Path

import click

from app.answers.answer import stand_of
from app.answers.topology import topology_answer
from app.cli.output import context_of, reading_options, show, terminal_progress
from app.cli.usage import Command
from geo.faults import TopologyRule


@click.command("topology", cls=Command)
@click.argument("workspace", type=click.Path(path_type=Path))
@click.option("--layer", "checked_layer", default="land_parcels")
@click.option("--min-overlap-m2", type=float, default=TopologyRule.min_overlap_m2)
@click.option("--max-gap-m", type=float, default=TopologyRule.max_gap_m)
@click.option("--max-gap-m2", type=float, default=TopologyRule.max_gap_m2)
@click.option("--min-width-m", type=float, default=TopologyRule.min_width_m)
@click.option("--min-compactness", type=float, default=TopologyRule.min_compactness)
@reading_options
def topology_command(
    workspace: Path,
    checked_layer: str,
    min_overlap_m2: float,
    max_gap_m: float,
    max_gap_m2: float,
    min_width_m: float,
    min_compactness: float,
    as_json: bool,
    out: Path | None,
    lang: str,
) -> None:
    """List duplicates, overlaps, gaps and slivers."""
    rule = TopologyRule(min_overlap_m2, max_gap_m, max_gap_m2, min_width_m, min_compactness)
    context = context_of(workspace, lang)
    answer = topology_answer(context, checked_layer, rule, terminal_progress())
    show(answer, stand_of(context), as_json=as_json, out=out)
