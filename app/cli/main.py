"""``muplan``: the same jobs as the pages, stable for automation.

Exit 0 done, 1 a check asked for failed, 2 bad input with exactly one line on standard error.
"""

import sys
from collections.abc import Sequence

import click

from app.cli.commands import muplan
from app.messages import Catalogue, Language, catalogue
from geo.errors import MuPlanError

BAD_INPUT = 2


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(answer(list(sys.argv[1:] if arguments is None else arguments)))


def answer(arguments: list[str]) -> int:
    """Run one command.

    Parameters
    ----------
    arguments
        What stands behind ``muplan``.

    Returns
    -------
    int
        Exit code.
    """
    words = catalogue(_language(arguments))
    put_into_words(muplan, words)
    try:
        result = muplan.main(arguments, prog_name="muplan", standalone_mode=False)
    except click.ClickException as error:
        return _refuse(_usage(error, words))
    except MuPlanError as error:
        return _refuse(words.error(error))
    except (click.Abort, KeyboardInterrupt):
        return _refuse(words.text("stopped"))
    except BrokenPipeError:
        return 0
    return result if isinstance(result, int) else 0


def put_into_words(command: click.Command, words: Catalogue, name: str = "muplan") -> None:
    """Take the help of a command, its options and its sub-commands from the catalogue.

    Parameters
    ----------
    command
        The command.
    words
        Language of the help.
    name
        Name under which the catalogue holds it: ``command_<name>``, ``option_<parameter>``.
    """
    command.help = words.text(f"command_{name}")
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name != "help":
            parameter.help = words.text(f"option_{parameter.name}")
    if isinstance(command, click.Group):
        for child, sub_command in command.commands.items():
            path = child if name == "muplan" else f"{name}_{child}"
            put_into_words(sub_command, words, path)


def _language(arguments: list[str]) -> Language:
    """Find the language before the options are read, for errors in the options themselves."""
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    stated = [value for name, value in pairs if name == "--lang"]
    return "en" if stated[-1:] == ["en"] or "--lang=en" in arguments else "zh"


def _refuse(sentence: str) -> int:
    click.echo(" ".join(sentence.split()), err=True)
    return BAD_INPUT


def _usage(error: click.ClickException, words: Catalogue) -> str:
    """Say a usage error in the product's own words."""
    if isinstance(error, click.NoSuchOption):
        near = ", ".join(error.possibilities or []) or "--help"
        return words.text("option_unknown", option=error.option_name, nearest=near)
    if isinstance(error, click.MissingParameter):
        name = error.param.name if error.param else error.param_hint
        return words.text("parameter_missing", name=str(name))
    if isinstance(error, click.BadParameter):
        name = error.param.name if error.param else error.param_hint
        return words.text("parameter_bad", name=str(name), why=error.message)
    return words.text("usage_bad", why=error.format_message())


if __name__ == "__main__":
    run()
