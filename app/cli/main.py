"""``muplan``: the same jobs as the pages, stable for automation.

Exit 0 done, 1 a check asked for failed, 2 bad input with exactly one line on standard error.
"""

import io
import sys
from collections.abc import Sequence
from itertools import pairwise

import click

from app.cli.usage import group, printable, put_into_words, usage_sentence
from app.messages import Language, catalogue
from geo.errors import MuPlanError

BAD_INPUT = 2

COMMANDS = {
    "demo": "app.cli.data:demo",
    "new": "app.cli.data:new",
    "info": "app.cli.data:info",
    "import": "app.cli.data:import_",
    "history": "app.cli.data:history",
    "undo": "app.cli.data:undo",
    "backup": "app.cli.data:backup",
    "restore": "app.cli.data:restore",
    "blocks": "app.cli.planning:blocks",
    "fields": "app.cli.data:fields",
    "topology": "app.cli.data:topology",
    "report": "app.cli.data:report",
    "chains": "app.cli.planning:chains",
    "consolidate": "app.cli.planning:consolidate",
    "scenario": {
        "add": "app.cli.planning:scenario_add",
        "edit": "app.cli.planning:scenario_edit",
        "remove": "app.cli.planning:scenario_remove",
        "list": "app.cli.planning:scenario_list",
        "compare": "app.cli.planning:scenario_compare",
        "adopt": "app.cli.planning:scenario_adopt",
    },
    "place": "app.cli.planning:place",
    "targets": "app.cli.rules:targets",
    "ranking": "app.cli.rules:ranking",
    "evaluate": "app.cli.rules:evaluate",
    "project": {
        "add": "app.cli.ledger:add",
        "event": "app.cli.ledger:event",
        "list": "app.cli.ledger:list_projects",
        "show": "app.cli.ledger:show_project",
        "conflicts": "app.cli.ledger:conflicts",
        "problems": "app.cli.ledger:problems",
        "transfer": "app.cli.ledger:transfer",
        "warnings": "app.cli.ledger:warnings",
        "ranking": "app.cli.ledger:ranking",
        "dashboard": "app.cli.ledger:dashboard",
        "verify": "app.cli.ledger:verify",
        "head": "app.cli.data:head",
    },
    "offline-kit": "app.cli.data:offline_kit",
    "match": "app.cli.planning:match",
    "check": "app.cli.rules:check",
    "shares": "app.cli.rules:shares",
    "indicators": "app.cli.rules:indicators",
    "rules": "app.cli.rules:rules",
    "export": "app.cli.data:export",
}
"""Every command, and where it stands; it is loaded when it is used."""

muplan = group("muplan", COMMANDS)


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
    put_into_words(muplan, words, "muplan")
    try:
        with muplan.make_context("muplan", arguments, obj=words) as context:
            result = muplan.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        return _refuse(usage_sentence(error, words))
    except MuPlanError as error:
        return _refuse(words.error(error))
    except (click.Abort, KeyboardInterrupt):
        return _refuse(words.text("stopped"))
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001  # the one border: a planner never sees a traceback
        return _refuse(words.text("command_failed", kind=type(error).__name__, detail=str(error)))
    return result if isinstance(result, int) else 0


def _language(arguments: list[str]) -> Language:
    """Find the language before the options are read, for errors in the options themselves."""
    stated = [value for name, value in pairwise([*arguments, ""]) if name == "--lang"]
    return "en" if stated[-1:] == ["en"] or "--lang=en" in arguments else "zh"


def _refuse(sentence: str) -> int:
    click.echo(printable(sentence), err=True)
    return BAD_INPUT


if __name__ == "__main__":
    run()
