"""Where a project could go by transfer (流转): platforms of other units, and who scores for it."""

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.chains import platform_names
from app.answers.land import unit_names
from app.answers.matched_site import reason_text, standing_of
from app.context import Context
from layers.exchange.sheet import Sheet
from platforms.matching.match import MatchResult
from platforms.matching.transfer import TransferProposal, credit_rule, transfer_proposals
from platforms.projects.rows import project_row, text_of

COLUMNS = (
    "rank", "platform_name", "unit_name", "standing", "score", "site_id", "area_mu", "credited",
    "why",
)  # fmt: skip


def transfer_answer(context: Context, result: MatchResult) -> Answer:
    """Answer ``project transfer``: where a project of the ledger fits best outside its unit.

    Parameters
    ----------
    context
        Workspace, rules, language.
    result
        Where the project may go in the whole city.

    Returns
    -------
    Answer
        JSON key ``proposals``, the best first.

    Raises
    ------
    PlanningError
        ``project_not_on_file``.
    """
    words, project_id = context.words, result.demand.project_id
    row = project_row(pd.DataFrame(context.source.read("projects")), project_id)
    home = text_of(row, "unit_id")
    found = transfer_proposals(result, home)
    listed = pd.DataFrame(
        [_line(rank, one, context) for rank, one in enumerate(found, start=1)],
        columns=list(COLUMNS),
    )
    return Answer(
        title=words.text("title_transfer", project_id=project_id),
        parameters={"project": project_id},
        result={"proposals": [_as_row(rank, one) for rank, one in enumerate(found, start=1)]},
        sheets=(Sheet(words.text("sheet_transfer"), listed),),
        titles=column_titles(words, tuple(c for c in COLUMNS if c not in ("site_id", "area_mu"))),
        summary=tuple(_summary(context, home, found)),
    )


def _summary(context: Context, home: str | None, found: tuple[TransferProposal, ...]) -> list[str]:
    words, units = context.words, unit_names(context)
    name = units.get(home or "", words.text("no_value"))
    admitted = sum(one.standing == "admitted" for one in found)
    lines = [
        words.text("summary_transfer", home=name, count=len(found), admitted=admitted)
        if found
        else words.text("summary_transfer_none", home=name)
    ]
    rule = credit_rule(context.policy)
    if rule is not None:
        lines.append(words.text("summary_transfer_credit", home=name, clause=rule.clause))
    return lines


def _line(rank: int, one: TransferProposal, context: Context) -> dict[str, object]:
    units = unit_names(context)
    return {
        "rank": rank,
        "platform_name": platform_names(context).get(one.platform_id),
        "unit_name": units.get(one.unit_id),
        "standing": standing_of(one.site, context.words),
        "score": one.score,
        "site_id": one.site.site.site_id,
        "area_mu": one.site.site.area_mu,
        "credited": "、".join(units.get(u, u) for u in one.credited_unit_ids),
        "why": reason_text(one.site, context.words),
    }


def _as_row(rank: int, one: TransferProposal) -> dict[str, object]:
    site = one.site.site
    return {
        "rank": rank, "platform_id": one.platform_id, "unit_id": one.unit_id,
        "standing": one.standing, "score": one.score, "site_id": site.site_id,
        "area_mu": site.area_mu, "parcel_ids": list(site.parcel_ids),
        "credited_unit_ids": list(one.credited_unit_ids),
    }  # fmt: skip
