"""Printable reports of the ledger: maps of action, the notice of a period, the ranking."""

from app.answers.answer import Answer, heading_of
from app.answers.battle_map import battle_maps, projects_asked
from app.answers.ledger_chain import ledger_stand
from app.answers.ledger_notice import notice_answer
from app.answers.ledger_ranking import ledger_ranking_answer
from app.context import Context
from geo.errors import MuPlanError
from geo.progress import Progress
from layers.exchange.board import Boards
from layers.exchange.report import Report, report_of_sheets

LEDGER_KINDS = ("project", "ledger", "ranking")
"""Reports of the ledger."""
PERIODICAL = {"ledger": notice_answer, "ranking": ledger_ranking_answer}


def ledger_report_of(
    context: Context,
    kind: str,
    project: str | None,
    period: str | None,
    progress: Progress | None = None,
) -> Report | Boards:
    """Make a report of the ledger.

    Parameters
    ----------
    context
        Workspace, rules, language.
    kind
        One of ``LEDGER_KINDS``.
    project
        Of ``project``: a number, several divided by commas, or ``all``.
    period
        Of the others: month, quarter or year.
    progress
        Told the share done.

    Returns
    -------
    Report or Boards
        The report, with the head of the chain among its sources.

    Raises
    ------
    MuPlanError
        ``report_projects_needed``, ``report_project_unused``, ``report_period_needed``,
        ``report_period_unused``, ``project_not_on_file``, ``ledger_period_bad``.
    """
    if kind == "project":
        if period is not None:
            raise MuPlanError("report_period_unused", kind=kind)
        asked = projects_asked(context, project or "")
        if not asked:
            raise MuPlanError("report_projects_needed")
        return battle_maps(context, asked, progress=progress)
    if project is not None:
        raise MuPlanError("report_project_unused", kind=kind)
    if period is None:
        raise MuPlanError("report_period_needed", kind=kind)
    return listed_report(context, PERIODICAL[kind](context, period), kind)


def listed_report(context: Context, answer: Answer, kind: str) -> Report:
    """Print the lists of an answer from the ledger, each in a section of its own."""
    words = context.words
    named = Answer(
        title=answer.title,
        parameters={"report": kind, **answer.parameters},
        result={},
        sheets=answer.sheets,
        titles=answer.titles,
        summary=(words.text("as_of_said", as_of=context.as_of), *answer.summary),
    )
    return report_of_sheets(answer.sheets, heading_of(named, ledger_stand(context)))
