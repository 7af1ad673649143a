"""Commands on rules and figures: rules, check, shares, indicators, targets, ranking, evaluate."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from app.cli.reading import ANSWER, RULES, command, packs_asked, reads
from app.cli.screen import show
from app.cli.usage import LiteralChoice
from app.messages import Language, catalogue
from platforms.policy.verdict import Outcome

if TYPE_CHECKING:
    from app.answers.answer import Answer
    from app.context import Context
    from platforms.indicators.denominators import Basis
    from platforms.indicators.per_mu import By
    from platforms.indicators.ranking import RankedBy


@command("rules", *ANSWER, *RULES)
def rules(
    as_json: bool, out: Path | None, lang: Language, packs: tuple[str, ...], as_of: str | None
) -> None:
    """List thresholds with clauses."""
    from app.answers.answer import policy_stand
    from app.answers.rules import rule_answer
    from app.context import DEFAULT_PACK, load_settings, read_policy, today

    words, day = catalogue(lang), today() if as_of is None else as_of
    policy = read_policy(load_settings().policy_dir, packs or (DEFAULT_PACK,), day)
    show(rule_answer(policy, words), policy_stand(policy, words), as_json=as_json, out=out)


@reads("check", rules=True, ledger=True)
@click.option("--year", type=int)
@click.option("--rule", "rules", multiple=True)
@click.option("--unit", "units", multiple=True)
@click.option("--against")
@click.option("--fail-on", type=click.Choice(get_args(Outcome)))
def check(
    context: "Context",
    year: int | None,
    rules: tuple[str, ...],
    units: tuple[str, ...],
    against: str | None,
    fail_on: str | None,
) -> "tuple[Answer, int]":
    """Check the rules."""
    from app.answers.checks import changed_answer, check_answer, other_context, verdict_list
    from app.answers.to_do import year_before
    from platforms.checks import CheckQuery

    query = CheckQuery(year, rules, units, context.as_of)
    other = other_context(context, against, packs_asked()) if against else None
    verdicts = verdict_list(context, query)
    if other is None:
        before = None if rules else year_before(query, verdicts, partial(verdict_list, context))
        answer = check_answer(context, query, verdicts, before)
    else:
        answer = changed_answer(context, other, query, verdicts)
    return answer, int(any(verdict.outcome == fail_on for verdict in verdicts))


@reads("shares", rules=True)
@click.option("--year", type=int, required=True)
@click.option("--what-if", type=click.Path(path_type=Path))
def shares(context: "Context", year: int, what_if: Path | None) -> "Answer":
    """Compute the shares of elements going to zones."""
    from app.answers.checks import share_answer

    if what_if is None:
        return share_answer(context, year, None)
    from app.answers.imports import read_what_if

    return share_answer(context, year, read_what_if(context, what_if))


@reads("indicators", rules=True)
@click.option("--by", type=LiteralChoice("platforms.indicators.per_mu:By"), required=True)
@click.option("--period", required=True)
@click.option("--basis", type=LiteralChoice("platforms.indicators.denominators:Basis"))
@click.option("--scheme")
def indicators(
    context: "Context", by: "By", period: str, basis: "Basis | None", scheme: str | None
) -> "Answer":
    """Compute output and tax per 亩, under any denominator; grade enterprises."""
    from app.answers.indicators import indicator_answer
    from app.context import load_scheme

    chosen = None if scheme is None else load_scheme(context.settings, scheme)
    return indicator_answer(context, by, period, basis, chosen)


@reads("targets", rules=True)
@click.option("--year", type=int)
@click.option("--rule", "rules", multiple=True)
def targets(context: "Context", year: int | None, rules: tuple[str, ...]) -> "Answer":
    """Show the progress on tasks and targets."""
    from app.answers.targets import progress_list, target_answer

    return target_answer(context, year, rules, progress_list(context, year, rules))


@reads("ranking", rules=True)
@click.option(
    "--by", "ranked_by", type=LiteralChoice("platforms.indicators.ranking:RankedBy"), required=True
)
@click.option("--period", required=True)
@click.option("--measure", "measures", multiple=True)
def ranking(
    context: "Context", ranked_by: "RankedBy", period: str, measures: tuple[str, ...]
) -> "Answer":
    """Rank platforms or units by quarter or year."""
    from app.answers.targets import ranking_answer
    from platforms.indicators.ranking import RankingQuery

    return ranking_answer(context, RankingQuery(ranked_by, period, measures))


@reads("evaluate", rules=True)
@click.option("--year", type=int)
def evaluate(context: "Context", year: int | None) -> "Answer":
    """Hold what projects promised against what was reached."""
    from app.answers.targets import evaluation_answer

    return evaluation_answer(context, context.year if year is None else year)
