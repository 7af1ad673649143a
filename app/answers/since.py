"""What changed in a workspace since a visit: which tables, by how many rows, when and by whom."""

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.checks import plain
from app.answers.ledger import layer_name
from app.context import Context, local_minute
from app.visits import Visit
from layers.contracts import CONTRACTS, RASTERS
from layers.exchange.sheet import Sheet

COLUMNS = ("since_layer", "since_action", "since_rows", "since_times", "since_last", "since_actor")
LEDGER = ("projects", "project_events", "problems")
"""Tables that are looked at on the page of projects; others on that of data."""


def changes_since(context: Context, visit: Visit) -> pd.DataFrame:
    """Gather the changes after a visit, one row for each table and kind of change.

    Parameters
    ----------
    context
        Workspace, language.
    visit
        The visit; its ``seq`` is the last change that was there.

    Returns
    -------
    DataFrame
        ``layer``, ``action``, ``rows``, ``times``, ``last`` (ISO, UTC), ``actor``; the last first.
    """
    audit = context.workspace.audit()
    later = audit[audit["seq"] > visit.seq]
    found = later.groupby(["layer", "action"], sort=False, dropna=False).agg(
        rows=("rows", "sum"), times=("seq", "size"), last=("at", "max"),
        actor=("actor", lambda names: "、".join(dict.fromkeys(map(str, names)))),
    )  # fmt: skip
    return found.reset_index().sort_values("last", ascending=False, ignore_index=True)


def since_answer(context: Context, visit: Visit) -> Answer:
    """Answer what changed since a visit.

    Parameters
    ----------
    context
        Workspace, language.
    visit
        The visit.

    Returns
    -------
    Answer
        JSON key ``changes``; one sheet.
    """
    words = context.words
    found = changes_since(context, visit)
    listed = pd.DataFrame(
        {
            "since_layer": [named_layer(context, str(one)) for one in found["layer"]],
            "since_action": [action_word(context, one) for one in found["action"]],
            "since_rows": found["rows"],
            "since_times": found["times"],
            "since_last": [local_minute(one) for one in found["last"]],
            "since_actor": found["actor"],
        },
        columns=list(COLUMNS),
    )
    at = local_minute(visit.at)
    said = (
        words.text("summary_since", at=at, tables=found["layer"].nunique(),
                   times=int(found["times"].sum()))
        if len(found)
        else words.text("summary_since_none", at=at)
    )  # fmt: skip
    return Answer(
        title=words.text("title_since"),
        parameters={"since": visit.at},
        result={
            "changes": [
                {str(key): plain(value) for key, value in row.items()}
                for row in found.to_dict("records")
            ]
        },
        sheets=(Sheet(words.text("title_since"), listed),),
        titles=column_titles(words, COLUMNS),
        summary=(said,),
    )


def named_layer(context: Context, layer: str) -> str:
    """Name a layer, table or raster in words."""
    if layer in RASTERS:
        return RASTERS[layer][0 if context.words.language == "zh" else 1]
    return layer_name(layer, context.words) if layer in CONTRACTS else layer


def action_word(context: Context, action: object) -> str:
    """Name a kind of change in words, the code itself where there is no word."""
    code = f"since_{action}"
    return context.words.text(code) if code in context.words.sentences else str(action)
