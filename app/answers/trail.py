"""What the workspace remembers: rows kept aside, rows replaced or removed, who changed what."""

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.since import action_word, named_layer
from app.context import Context, local_minute
from layers.exchange.sheet import Sheet
from layers.fields import FIELDS
from platforms.projects.viewing import require_city

AUDIT = ("trail_seq", "trail_at", "trail_actor", "trail_layer", "trail_action", "trail_rows")
ASIDE = ("trail_seq", "trail_at", "trail_layer", "trail_row", "trail_reasons", "trail_data")
HISTORY = ("trail_seq", "trail_until", "trail_layer", "trail_row", "trail_action", "trail_data")
RENAMED = {"at": "trail_at", "valid_until": "trail_until", "change": "trail_action"}


def trail_answer(context: Context) -> Answer:
    """Answer what the workspace remembers.

    Parameters
    ----------
    context
        Workspace, language.

    Returns
    -------
    Answer
        Three sheets, the last entries first: changes, rows kept aside, rows replaced or removed.

    Raises
    ------
    PlanningError
        ``viewer_city_only``: rows kept aside and replaced ones are shown as they were.
    """
    require_city(context.source)
    words, workspace = context.words, context.workspace
    sheets = (
        Sheet(words.text("trail_audit"), _worded(context, workspace.audit(), AUDIT)),
        Sheet(words.text("trail_quarantine"), _worded(context, workspace.quarantined(), ASIDE)),
        Sheet(words.text("trail_history"), _worded(context, workspace.history(), HISTORY)),
    )
    return Answer(
        title=words.text("title_trail"),
        parameters={},
        result={},
        sheets=sheets,
        titles=column_titles(words, tuple(dict.fromkeys((*AUDIT, *ASIDE, *HISTORY)))),
    )


def _worded(context: Context, frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    shown = frame.rename(columns=lambda name: RENAMED.get(name, f"trail_{name}"))
    shown = shown.sort_values("trail_seq", ascending=False, ignore_index=True)
    for name, said in (
        ("trail_at", local_minute), ("trail_until", local_minute),
        ("trail_layer", lambda one: named_layer(context, one)),
        ("trail_action", lambda one: action_word(context, one)),
        ("trail_reasons", lambda one: _reasons(context, one)),
    ):  # fmt: skip
        if name in shown:
            shown[name] = [said(str(one)) for one in shown[name]]
    return shown.reindex(columns=list(columns))


def _reasons(context: Context, reasons: str) -> str:
    """Name the faults with their columns; what has no word stays as it is."""
    words = context.words
    said = []
    for one in reasons.split("; "):
        code, _, column = one.partition(":")
        named = words.sentences.get(f"fault_{code}", code)
        headed = words.heading(column) if column in FIELDS else column
        said.append(f"{named}{words.text('colon')}{headed}" if headed else named)
    return words.joined(said)
