"""The command that places many projects at once."""

import json
from pathlib import Path

import click

from app.answers.answer import stand_of
from app.answers.placement import demands_asked, match_all, place_matched, placement_answer
from app.answers.placement_why import WordedLocksError
from app.cli.output import context_of, reading_options, rule_options, show, terminal_progress
from app.cli.usage import Command
from geo.errors import MuPlanError
from platforms.placement.place import Wishes


def _pairs(stated: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    pairs = []
    for one in stated:
        project_id, mark, site_id = one.partition("=")
        if not (project_id and mark and site_id):
            raise MuPlanError("placement_pair_malformed", pair=one)
        pairs.append((project_id, site_id))
    return tuple(pairs)


@click.command("place", cls=Command)
@click.argument("workspace", type=click.Path(path_type=Path))
@click.option("--projects", required=True)
@click.option("--gap", type=click.FloatRange(0, 1), default=0.005)
@click.option("--deadline", type=click.FloatRange(1, 86_400), default=60.0)
@click.option("--lock", multiple=True)
@click.option("--exclude", multiple=True)
@click.option("--explain/--no-explain", default=True)
@click.option("--quick", is_flag=True)
@click.option("--tolerance", type=click.FloatRange(0, 1), default=0.01)
@reading_options
@rule_options
def place_command(
    workspace: Path,
    projects: str,
    gap: float,
    deadline: float,
    lock: tuple[str, ...],
    exclude: tuple[str, ...],
    explain: bool,
    quick: bool,
    tolerance: float,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Place many projects at once, and say why some find no place."""
    context = context_of(workspace, lang, packs, as_of)
    wishes = Wishes(
        _pairs(lock), _pairs(exclude), gap, deadline, explain=explain, tolerance=tolerance,
        is_quick=quick,
    )  # fmt: skip
    demands, refused = demands_asked(context, projects)
    matched = match_all(context, demands, context.match_table(), terminal_progress())
    try:
        found = place_matched(context, matched, wishes)
    except WordedLocksError as error:
        if as_json:
            # The sentence names what clashes; whoever reads along gets it in parts.
            click.echo(json.dumps(error.result, ensure_ascii=False, allow_nan=False))
        raise
    answer = placement_answer(context, found, refused, wishes, projects, matched.results)
    show(answer, stand_of(context), as_json=as_json, out=out)
