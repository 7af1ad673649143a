"""Commands on the changes of a workspace: history, undo, backup, restore, head of the ledger."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.reading import JSON, LANG, command, open_workspace, reads, stand_on, writes
from app.cli.screen import show, tell
from app.messages import Language

if TYPE_CHECKING:
    from app.answers.answer import Answer
    from app.context import Context


@reads("history", ledger=True)
def history(context: "Context") -> "Answer":
    """List who changed what, when and why."""
    from app.answers.changes import history_answer

    return history_answer(context)


@writes("undo", ledger=True)
@click.option("--change", "change_number", type=click.IntRange(min=1), required=True)
@click.option("--reason", default="")
def undo(context: "Context", change_number: int, reason: str) -> "Answer":
    """Undo one change."""
    from app.answers.changes import undo as undo_change

    return undo_change(context, change_number, reason)


@writes("backup")
@click.option("--out", "backup_file", type=click.Path(path_type=Path), required=True)
def backup(context: "Context", backup_file: Path) -> "Answer":
    """Copy a workspace while others use it."""
    from app.answers.changes import back_up_to

    return back_up_to(context, backup_file)


@command("restore", JSON, LANG)
@click.argument("backup", type=click.Path(path_type=Path))
@click.option("--to", "restore_to", type=click.Path(path_type=Path), required=True)
@click.option("--reason", default="")
def restore(backup: Path, restore_to: Path, reason: str, as_json: bool, lang: Language) -> None:
    """Put a backup in the place of a workspace."""
    from app.answers.changes import restore as put_backup
    from app.answers.changes import restored_answer

    before, after = put_backup(backup, restore_to, reason)
    context = open_workspace(restore_to, lang)
    show(restored_answer(context, before, after), stand_on(context), as_json=as_json, out=None)


@reads("head", ledger=True)
@click.option("--deposit", type=click.Path(path_type=Path))
@click.option("--sign-with", "signing_key", type=click.Path(path_type=Path))
def head(context: "Context", deposit: Path | None, signing_key: Path | None) -> "Answer":
    """Give the head of the ledger, to be kept outside."""
    from app.answers.changes import deposit_head, head_answer

    if deposit is not None:
        deposit_head(context, deposit, signing_key)
        tell(context.words.text("written", path=str(deposit)))
    return head_answer(context)
