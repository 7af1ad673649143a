"""What the installation and the workspace stand on: packs, and sources of data with licences."""

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.checks import plain
from app.answers.ledger import layer_name
from app.context import Context, today
from app.messages import Catalogue
from app.packs import PackFolder, read_policy
from app.settings import Settings
from geo.errors import MuPlanError
from layers.exchange.sheet import Sheet

PACK_COLUMNS = ("pack", "pack_title", "pack_edition", "rule_count", "document_count", "note")
SOURCE_COLUMNS = (
    "layer_title", "source", "data_edition", "licence", "imported_at", "sha256",
)  # fmt: skip


def pack_frame(settings: Settings, words: Catalogue) -> pd.DataFrame:
    """List the packs of the installation; one at fault says what is wrong."""
    rows = []
    for name in PackFolder(settings.policy_dir):
        try:
            pack = read_policy(settings.policy_dir, (name,), today()).pack
        except MuPlanError as error:
            rows.append((name, None, None, None, None, words.error(error)))
            continue
        rows.append((name, pack.title, pack.edition, len(pack.rules), len(pack.documents), None))
    frame = pd.DataFrame(rows, columns=list(PACK_COLUMNS))
    return frame.astype({"rule_count": "Int64", "document_count": "Int64"})


def source_frame(context: Context) -> pd.DataFrame:
    """List where each layer came from, with edition and licence."""
    rows = [
        (
            layer_name(layer.name, context.words), one.source, one.edition, one.licence,
            one.imported_at, one.sha256,
        )
        for layer in context.workspace.layers()
        for one in layer.sources
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(SOURCE_COLUMNS))


def about_answer(context: Context) -> Answer:
    """Answer what a workspace and its rules stand on, as files for the audit office."""
    words = context.words
    packs, sources = pack_frame(context.settings, words), source_frame(context)
    return Answer(
        title=words.text("title_about"),
        parameters={},
        result={
            "sources": [
                {str(key): plain(value) for key, value in row.items()}
                for row in sources.to_dict("records")
            ]
        },
        sheets=(
            Sheet(words.text("sheet_sources"), sources),
            Sheet(words.text("sheet_packs"), packs),
        ),
        titles=column_titles(words, (*SOURCE_COLUMNS, *PACK_COLUMNS)),
    )
