"""The chain of the ledger: its head on what is handed out, and whether it still holds."""

import pandas as pd

from app.answers.answer import Answer, Stand, column_titles, stand_of
from app.context import Context
from layers.chain import Chain, examine, hash_of
from layers.contracts import contract_of
from layers.exchange.sheet import Sheet

LEDGER_TABLES = ("projects", "project_events")


def chain_of(context: Context) -> Chain:
    """Follow the chain of the ledger."""
    contract = contract_of("project_events")
    return examine(context.whole.read(contract.name), contract)


def ledger_stand(context: Context) -> Stand:
    """Say what an answer from the ledger stands on: also the head of its chain."""
    stand = stand_of(context)
    return Stand(stand.words, {**stand.facts, "ledger_head": chain_of(context).head}, stand.is_demo)


def holds(context: Context, head: str) -> bool:
    """Say whether the chain is whole and once ended, or ends, with this head."""
    chain = chain_of(context)
    return not chain.breaks and chain.since(hash_of(head)) is not None


def chain_answer(context: Context, head: str) -> Answer:
    """Answer ``project verify`` (``chain_hash_bad``)."""
    words, asked, chain = context.words, hash_of(head), chain_of(context)
    since = chain.since(asked)
    rows: list[dict[str, object]] = [
        {
            "event_id": one.key, "code": one.code,
            "text": words.text(one.code, event_id=one.key, others="、".join(one.others)),
        }
        for one in chain.breaks
    ]  # fmt: skip
    if since is None:
        rows.append({"event_id": None, "code": "chain_head_unknown",
                     "text": words.text("chain_head_unknown", head=asked)})  # fmt: skip
    lines = [
        words.text("summary_chain_whole", count=len(chain.heads) - 1, since=since or 0)
        if not rows
        else words.text("summary_chain_broken", count=len(rows))
    ]
    if chain.unsealed:
        lines.append(words.text("summary_chain_unsealed", count=chain.unsealed))
    listed = pd.DataFrame(
        [(row["event_id"], row["text"]) for row in rows], columns=["event_id", "reason"]
    )
    return Answer(
        title=words.text("title_chain"),
        parameters={"head": asked},
        result={
            "verify": {
                "is_intact": not rows, "head": chain.head, "entries": len(chain.heads) - 1,
                "entries_since": since, "entries_unsealed": chain.unsealed, "faults": rows,
            }
        },
        sheets=(Sheet(words.text("sheet_chain"), listed),),
        titles=column_titles(words, ("reason",)),
        summary=tuple(lines),
    )  # fmt: skip
