"""Decorators that make a command of a function from a workspace to an answer."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.screen import say_waiting, show
from app.cli.usage import Command, printable
from app.messages import Language, catalogue

if TYPE_CHECKING:
    from app.answers.answer import Answer, Stand
    from app.context import Context

Function = Callable[..., Any]
Option = Callable[[Function], Function]

WORKSPACE = click.argument("workspace", type=click.Path(path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True)
OUT = click.option("--out", type=click.Path(path_type=Path))
LANG = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
PACK = click.option("--pack", "packs", multiple=True)
AS_OF = click.option("--as-of", "as_of")
VIEWER = click.option("--viewer")
"""Who looks (C10)."""

GEOMETRY_ERRORS = ("GEOSException", "TopologicalError")
"""By name: a command that fails otherwise loads no geometry to say so."""

RULES = (PACK, AS_OF)
ANSWER = (JSON, OUT, LANG)


def command(name: str, *options: Option) -> Callable[[Function], Command]:
    """Make a command of a function, with further options behind those it has already.

    ``options``: In the order in which help lists them.
    """
    return lambda function: _command(name, function, (), options, function)


def reads(name: str, *, rules: bool = False, ledger: bool = False) -> Callable[[Function], Command]:
    """Make a command of a function that answers from a workspace.

    ``rules``: True where it uses rules: it takes packs and an as-of date.
    ``ledger``: True where its answer stands on the head of the ledger's chain.

    The function takes the open ``Context`` and its own options, and gives an ``Answer``, or an
    ``Answer`` and an exit code. The command also takes a workspace, who looks, and where the
    answer goes.
    """
    options = (VIEWER, *ANSWER, *(RULES if rules else ()))
    return _on_workspace(name, options, ledger=ledger, is_renewed=False)


def writes(
    name: str, *, packs: bool = False, ledger: bool = False
) -> Callable[[Function], Command]:
    """Make a command of a function that changes a workspace and answers with what was done.

    ``packs``: True where entries are checked by rules.

    Otherwise like ``reads``; the answer stands on the workspace as it is afterwards.
    """
    options = (*((PACK,) if packs else ()), JSON, LANG)
    return _on_workspace(name, options, ledger=ledger, is_renewed=True)


def makes(name: str) -> Callable[[Function], Command]:
    """Make a command of a function that makes a workspace.

    The function takes the language and its own options, and gives the path of the file.
    """

    def make(function: Function) -> Command:
        def run(*, as_json: bool, lang: Language, **own: object) -> None:
            from app.answers.workspace import made_answer

            context = open_workspace(function(lang, **own), lang)
            show(made_answer(context), stand_on(context), as_json=as_json, out=None)

        return _command(name, function, (), (JSON, LANG), run)

    return make


def _on_workspace(
    name: str, options: tuple[Option, ...], *, ledger: bool, is_renewed: bool
) -> Callable[[Function], Command]:
    def make(function: Function) -> Command:
        def run(
            *,
            workspace: Path,
            as_json: bool,
            lang: Language,
            out: Path | None = None,
            packs: tuple[str, ...] = (),
            as_of: str | None = None,
            viewer: str | None = None,
            **own: object,
        ) -> int:
            context = open_workspace(workspace, lang, packs, as_of, viewer)
            result: Answer | tuple[Answer, int]
            try:
                result = function(context, **own)
            except Exception as error:
                raise _told(context, error) from error
            answer, code = result if isinstance(result, tuple) else (result, 0)
            afterwards = context.renewed() if is_renewed else context
            show(answer, stand_on(afterwards, ledger=ledger), as_json=as_json, out=out)
            _say_faults(context)
            return code

        return _command(name, function, (WORKSPACE,), options, run)

    return make


def _say_faults(context: "Context") -> None:
    """Say, beside the answer, where results couldn't be kept or taken."""
    for fault in context.workspace.stored_results.faults.values():
        click.echo(printable(context.words.error(fault)), err=True)


def _told(context: "Context", error: Exception) -> Exception:
    """Say which shapes stand in the way where GEOS gives up on one."""
    if type(error).__name__ not in GEOMETRY_ERRORS:
        return error
    from app.answers.topology import broken_shapes

    return broken_shapes(context) or error


def _command(
    name: str,
    function: Function,
    first: tuple[Option, ...],
    last: tuple[Option, ...],
    run: Function,
) -> Command:
    """Make a command that has the options of a function between others, and runs another one."""
    parameters = reversed(getattr(function, "__click_params__", []))
    return Command(
        name, params=[*_parameters(first), *parameters, *_parameters(last)], callback=run
    )


def _parameters(options: tuple[Option, ...]) -> list[click.Parameter]:
    def bare() -> None: ...

    for option in options:
        option(bare)
    return getattr(bare, "__click_params__", [])


def packs_asked() -> tuple[str, ...]:
    """Return the packs that the running command was asked for."""
    from app.context import DEFAULT_PACK

    return click.get_current_context().params["packs"] or (DEFAULT_PACK,)


def open_workspace(
    path: Path,
    language: Language,
    packs: tuple[str, ...] = (),
    as_of: str | None = None,
    viewer: str | None = None,
) -> "Context":
    """Open the workspace of a command."""
    from app.context import open_context

    return open_context(
        path, language=language, as_of=as_of, packs=packs, viewer=viewer,
        waiting=say_waiting(catalogue(language)),
    )  # fmt: skip


def stand_on(context: "Context", *, ledger: bool = False) -> "Stand":
    """Say what the answer of a command stands on."""
    if ledger:
        from app.answers.project_ledger import ledger_stand

        return ledger_stand(context)
    from app.answers.answer import stand_of

    return stand_of(context)
