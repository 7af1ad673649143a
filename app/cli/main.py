"""``muplan``: the same jobs as the pages, stable for automation.

Exit 0 done, 1 a check asked for failed, 2 bad input with exactly one line on standard error.
"""

import io
import sys
from collections.abc import Sequence
from itertools import pairwise

import click

from app.answers.imports import refusal_text
from app.cli.commands import muplan
from app.cli.usage import printable, usage_sentence
from app.messages import Catalogue, Language, catalogue
from geo.errors import MuPlanError
from layers.exchange.importing import NothingAcceptedError

BAD_INPUT = 2


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; what it prints is UTF-8 everywhere."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    sys.exit(answer(list(sys.argv[1:] if arguments is None else arguments)))


def answer(arguments: list[str]) -> int:
    """Run one command.

    ``arguments``: What stands behind ``muplan``.
    """
    words = catalogue(_language(arguments))
    put_into_words(muplan, words)
    try:
        with muplan.make_context("muplan", arguments) as context:
            result = muplan.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        return _refuse(usage_sentence(error, words))
    except NothingAcceptedError as error:
        return _refuse(refusal_text(error, words))
    except MuPlanError as error:
        return _refuse(words.error(error))
    except (click.Abort, KeyboardInterrupt):
        return _refuse(words.text("stopped"))
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001  # the one border: a planner never sees a traceback
        return _refuse(words.text("command_failed", kind=type(error).__name__, detail=str(error)))
    return result if isinstance(result, int) else 0


def put_into_words(command: click.Command, words: Catalogue, name: str = "muplan") -> None:
    """Take the help of a command, its options and its sub-commands from the catalogue.

    ``name``: Name under which the catalogue holds it: ``command_<name>``, ``option_<parameter>``.
    """
    command.help = words.text(f"command_{name}")
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name != "help":
            parameter.help = words.text(f"option_{parameter.name}")
    help_option = command.get_help_option(click.Context(command))
    if help_option is not None:
        help_option.help = words.text("option_help")
    if isinstance(command, click.Group):
        for child, sub_command in command.commands.items():
            path = child if name == "muplan" else f"{name}_{child}"
            put_into_words(sub_command, words, path)


def _language(arguments: list[str]) -> Language:
    """Find the language before the options are read, for errors in the options themselves."""
    stated = [value for name, value in pairwise([*arguments, ""]) if name == "--lang"]
    return "en" if stated[-1:] == ["en"] or "--lang=en" in arguments else "zh"


def _refuse(sentence: str) -> int:
    click.echo(printable(sentence), err=True)
    return BAD_INPUT


if __name__ == "__main__":
    run()
