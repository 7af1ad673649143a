"""``muplan offline-kit``: a folder to install and start from without internet."""

import sys
from pathlib import Path
from typing import cast

import click

from app.cli.output import printable
from app.cli.usage import Command
from app.context import now
from app.messages import Language, catalogue
from app.offline.kit import make_kit
from app.offline.pins import PLATFORMS, PYTHONS

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@click.command("offline-kit", cls=Command)
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--platform", "kit_platforms", type=click.Choice(list(PLATFORMS)), multiple=True)
@click.option("--python", "kit_pythons", type=click.Choice(PYTHONS), multiple=True)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
def offline_command(
    out: Path, kit_platforms: tuple[str, ...], kit_pythons: tuple[str, ...], lang: str
) -> None:
    """Make a folder to install and start from without internet."""
    words = catalogue(cast(Language, lang))
    kit = make_kit(
        out,
        kit_platforms or tuple(PLATFORMS),
        kit_pythons or (RUNNING,),
        now(),
        words.text,
        lambda line: click.echo(printable(line), err=True),
    )
    said = words.text("offline_made", path=str(out), wheels=kit.wheels, megabytes=kit.bytes / 1e6)
    click.echo(printable(said))
