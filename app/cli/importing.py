"""How the import command runs: with its bar, its report in a file, its answer on the screen."""

from pathlib import Path

import click

from app.answers.answer import stand_of, write_answer
from app.answers.import_report import check_report_path, parse_actions
from app.answers.transfer import import_answer, import_file, refused_result
from app.cli.output import printable, show, terminal_progress
from app.context import Context
from layers.exchange.request import ImportRequest, NothingAcceptedError


def import_and_report(
    context: Context,
    request: ImportRequest,
    pairs: tuple[str, ...],
    report: Path | None,
    *,
    as_json: bool,
) -> None:
    """Import a file, write its report where asked, and show the answer.

    Parameters
    ----------
    context
        Workspace, language.
    request
        What is asked.
    pairs
        ``CLASS=ACTION`` each: what is done with a class of fault.
    report
        File for the report, None for none. It is written, too, where no row could be stored.
    as_json
        True for one JSON object.
    """
    actions = parse_actions(pairs)
    if report is not None:
        check_report_path(report)
    try:
        answer = import_file(
            context, request, actions, terminal_progress(), is_whole=report is not None
        )
    except NothingAcceptedError as error:
        if report is not None:
            refused = import_answer(context, request, refused_result(request, error), actions)
            write_answer(refused, stand_of(context), report)
        raise
    stand = stand_of(context)
    if report is not None:
        for note in write_answer(answer, stand, report):
            click.echo(printable(note), err=True)
        click.echo(printable(context.words.text("written", path=str(report))), err=True)
    show(answer, stand, as_json=as_json, out=None)
