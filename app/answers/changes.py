"""History of a workspace, the way back, backups; and what was changed without the product."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from app.answers.answer import Answer, actor, column_titles, sheet_of
from app.answers.map import layer_title
from app.context import Context, local_minute, now
from app.messages import Catalogue
from geo.errors import MuPlanError
from layers.contracts import CONTRACTS, contract_of
from layers.errors import LayerError
from layers.hash_chain import ORIGIN
from layers.scratch import folder_beside
from layers.workspace.backup import (
    Backup,
    back_up,
    back_up_beside,
    backup_folder,
    backups,
    put_back,
    set_aside,
)
from layers.workspace.changes import Change, OutsideChange
from layers.workspace.geopackage import GeoPackageWorkspace
from layers.workspace.scenarios import marks_changed
from platforms.ledger.visibility import require_city

CHANGE_COLUMNS = (
    "change_no", "changed_at", "change_actor", "kind_of_change", "change_reason", "change_did",
)  # fmt: skip
BACKUP_COLUMNS = ("backup_at", "backup_name", "backup_mb")
NAMED = 3
"""So many places are named in a warning."""


def history_answer(context: Context) -> Answer:
    """Answer ``history``: every change with who, when and why, the last first (city only)."""
    require_city(context.source)
    words = context.words
    changes = list(reversed(context.workspace.changes()))
    rows = [_row(context, change) for change in changes]
    frame = pd.DataFrame(rows, columns=list(CHANGE_COLUMNS))
    kept = backups(context.path)
    place = words.text(
        "summary_backups", count=len(kept), folder=str(backup_folder(context.path)),
        newest=backup_moment(kept[-1]) if kept else "–",
    )  # fmt: skip
    return Answer(
        title=words.text("title_history"),
        parameters={},
        result={
            "changes": [
                {
                    "change": change.number, "at": change.at, "actor": change.actor,
                    "kind": change.kind, "reason": change.reason, "undoes": change.undoes,
                    "layers": list(dict.fromkeys(layer for layer, _, _ in change.layers)),
                    "rows": sum(count for _, _, count in change.layers),
                }
                for change in changes
            ],
            "backups": [{"path": str(backup.path), "made_at": backup.made_at} for backup in kept],
        },
        sheets=(sheet_of(words, "history", frame),),
        titles=column_titles(words, CHANGE_COLUMNS),
        summary=(words.text("summary_history", count=len(changes)), place),
    )  # fmt: skip


def _row(context: Context, change: Change) -> tuple[object, ...]:
    words = context.words
    did = "；".join(
        words.text(
            "change_did",
            layer=_layer(words, layer),
            action=words.text(f"did_{action}"),
            count=count,
        )
        if layer
        else words.text(f"did_{action}")
        for layer, action, count in change.layers
    )
    kind = kind_text(words, change)
    return change.number, local_minute(change.at), change.actor, kind, change.reason, did


def _layer(words: Catalogue, layer: str) -> str:
    """Name a layer, a table of records, or nothing."""
    if layer in CONTRACTS:
        return layer_title(CONTRACTS[layer], words.language)
    return words.text(f"record_{layer}") if layer else ""


def kind_text(words: Catalogue, change: Change) -> str:
    """Say what sort of change it is."""
    if change.undoes is not None:
        return words.text("change_undoes", change=change.undoes)
    return words.text(f"change_kind_{change.kind}")


def undo_steps(context: Context, number: int) -> tuple[tuple[str, int, int], ...]:
    """Say what undoing a change would do: layer, rows taken out, rows put back (city only).

    Raises LayerError: what stands in the way, as ``layers.workspace.changes.way_back``.
    """
    require_city(context.source)
    return tuple(
        (part.contract.name, len(part.remove), len(part.restore))
        for part in context.workspace.way_back(number)
    )


def scenario_lines(context: Context, number: int) -> tuple[str, ...]:
    """Say which scenarios are open or adopted again by undoing a change (city only)."""
    require_city(context.source)
    return tuple(
        context.words.text("undo_adopted" if is_adopted else "undo_open", name=name)
        for name, is_adopted in marks_changed(context.path, context.workspace, number)
    )


def step_lines(words: Catalogue, steps: Iterable[tuple[str, int, int]]) -> tuple[str, ...]:
    """Put the steps of an undoing into sentences."""
    return tuple(
        words.text(
            "undo_corrected" if contract_of(layer).append_only else "undo_did",
            layer=_layer(words, layer),
            removed=removed,
            restored=restored,
        )
        for layer, removed, restored in steps
    )


def undo(context: Context, number: int, reason: str = "") -> Answer:
    """Undo a change and answer with what was put back (city only).

    Raises LayerError: what stands in the way, as ``layers.workspace.changes.way_back``.
    """
    require_city(context.source)
    words = context.words
    scenarios = scenario_lines(context, number)
    aside = len(context.workspace.quarantined())
    with context.workspace.edit(actor(), now(), kind="undo", reason=reason) as edit:
        layers = edit.undo(number)
    now_aside = len(context.workspace.quarantined())
    others = scenarios
    if now_aside != aside:
        others = (*scenarios, words.text("undo_aside", before=aside, after=now_aside))
    steps = [(part.contract.name, len(part.remove), len(part.restore)) for part in layers]
    # Corrections of the ledger stay, so an undo that made some can't be undone.
    is_final = any(part.contract.append_only for part in layers)
    sentence = "summary_undo_entries" if is_final else "summary_undo"
    rows: list[dict[str, object]] = [
        {"layer": layer, "rows_removed": removed, "rows_restored": restored}
        for layer, removed, restored in steps
    ]
    frame = pd.DataFrame(rows, columns=["layer", "rows_removed", "rows_restored"])
    frame["layer"] = [_layer(words, layer) for layer in frame["layer"]]
    return Answer(
        title=words.text("title_undo", change=number),
        parameters={"change": number},
        result={"undone": number, "change": edit.number, "layers": rows},
        sheets=(sheet_of(words, "undo", frame),),
        titles=column_titles(words, ("layer", "rows_removed", "rows_restored")),
        summary=(
            words.text(sentence, change=number, by=edit.number),
            *step_lines(words, steps),
            *others,
        ),
    )


def back_up_to(context: Context, target: Path) -> Answer:
    """Make a backup of a workspace while others may use it (city only)."""
    require_city(context.source)
    back_up(context.path, target)
    head = GeoPackageWorkspace(target).head()
    return Answer(
        title=context.words.text("title_backup"),
        parameters={"out": str(target)},
        result={"backup": {"path": str(target), "head": head}},
        sheets=(),
        summary=(context.words.text("summary_backup", path=str(target)),),
    )


def keep_backup(context: Context) -> Answer:
    """Make a backup in the folder beside a workspace, where restoring looks for it (city only)."""
    require_city(context.source)
    path = back_up_beside(context.path, now())
    return Answer(
        title=context.words.text("title_backup"),
        parameters={},
        result={"backup": {"path": str(path), "head": GeoPackageWorkspace(path).head()}},
        sheets=(),
        summary=(context.words.text("summary_backup", path=str(path)),),
    )


def backup_moment(backup: Backup) -> str:
    """Give the moment of a backup by the clock of this computer; its name where that has none."""
    moment = local_minute(f"{backup.made_at}+00:00")
    return backup.path.stem if moment.endswith("+00:00") else moment


def backup_frame(kept: Sequence[Backup]) -> pd.DataFrame:
    """List backups, the newest first, with their size."""
    rows = [
        (backup_moment(backup), backup.path.name, backup.path.stat().st_size / 1e6)
        for backup in reversed(kept)
    ]
    return pd.DataFrame(rows, columns=list(BACKUP_COLUMNS))


def restore_lines(context: Context, backup: Path) -> tuple[str, ...]:
    """Say what restoring a backup would do (city only; what opening the backup raises)."""
    require_city(context.source)
    words, head = context.words, GeoPackageWorkspace(backup).head()
    heads = [ORIGIN, *(change.head for change in context.workspace.changes())]
    if head not in heads:
        return (words.text("restore_elsewhere"),)
    later = len(heads) - 1 - heads.index(head)
    return (words.text("restore_would", later=later),)


def restore(backup: Path, target: Path, reason: str = "") -> tuple[str, str]:
    """Put a backup in a workspace's place, and record it as a change.

    Parameters
    ----------
    backup
        A workspace file.
    target
        The workspace; it may be damaged, or gone. What it held is kept beside it.
    reason
        Why, in the planner's words.

    Returns
    -------
    before, after
        Heads of the chain: that of the file before, empty where it couldn't be read, and that of
        the backup.

    Raises
    ------
    MuPlanError
        What opening the backup raises; ``restore_onto_itself``.
    """
    if target.exists() and backup.exists() and target.samefile(backup):
        raise MuPlanError("restore_onto_itself", path=str(backup))
    after = GeoPackageWorkspace(backup).head()
    moment, before = now(), ""
    if target.exists():
        try:
            before = GeoPackageWorkspace(target).head()
            back_up_beside(target, moment, spared=backup)
        except LayerError as error:
            if error.code in {"workspace_busy", "workspace_read_only", "disk_full"}:
                raise
            before = ""
    if not before:
        set_aside(target, moment)
    with folder_beside(target) as folder:
        # Recorded before it is put back: the workspace is the former one or the restored one.
        draft = folder / "restored.gpkg"
        back_up(backup, draft)
        with GeoPackageWorkspace(draft).edit(
            actor(), moment, kind="restore", reason=reason
        ) as edit:
            edit.record("restore", f"{before or ORIGIN[:8]} → {after}")
        if target.exists():
            put_back(draft, target)
        else:
            back_up(draft, target)
    return before, after


def restored_answer(context: Context, before: str, after: str) -> Answer:
    """Answer ``restore``: the head before and after."""
    words = context.words
    return Answer(
        title=words.text("title_restore"),
        parameters={},
        result={"restore": {"head_before": before or None, "head_restored": after,
                            "head": context.workspace.head()}},
        sheets=(),
        summary=(words.text("summary_restore", before=before or "–", after=after),),
    )  # fmt: skip


def head_answer(context: Context) -> Answer:
    """Answer ``project head``: the hash that stands for the whole ledger."""
    words, head = context.words, context.workspace.head()
    changes = len(context.workspace.changes())
    return Answer(
        title=words.text("title_head"),
        parameters={},
        result={"head": head, "changes": changes},
        sheets=(),
        summary=(words.text("summary_head", head=head, changes=changes),),
    )


def deposit_head(context: Context, target: Path, signing_key: Path | None) -> None:
    """Write the head to a file that is kept elsewhere, signed where there is a key.

    Raises
    ------
    MuPlanError
        ``file_exists``, ``folder_missing``, ``signing_key_bad``, ``signing_unavailable``.
    """
    if target.exists():
        raise LayerError("file_exists", path=str(target))
    if not target.parent.is_dir():
        raise LayerError("folder_missing", path=str(target.parent))
    statement = {
        "workspace": context.facts.title, "head": context.workspace.head(),
        "changes": len(context.workspace.changes()), "at": now(), "actor": actor(),
    }  # fmt: skip
    text = json.dumps(statement, ensure_ascii=False, sort_keys=True)
    signed = {} if signing_key is None else _signature(text, signing_key)
    target.write_text(
        json.dumps({"statement": text, **signed}, ensure_ascii=False, indent=1), encoding="utf-8"
    )


def _signature(text: str, key_file: Path) -> dict[str, str]:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            PublicFormat,
            load_pem_private_key,
        )
    except ImportError as error:
        raise MuPlanError("signing_unavailable") from error
    try:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise MuPlanError("signing_key_bad", path=str(key_file)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise MuPlanError("signing_key_bad", path=str(key_file))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {"ed25519": key.sign(text.encode()).hex(), "public_key": public.decode()}


def ledger_warnings(context: Context) -> tuple[str, ...]:
    """Say what was changed in the ledger without the product: one sentence, or none."""
    outside = context.workspace.outside_changes()
    if not outside:
        return ()
    words = context.words
    places = [outside_text(words, change) for change in outside]
    if context.viewer is not None:
        places = []
    more = " …" if len(places) > NAMED else ""
    return (
        words.text("ledger_broken", count=len(outside), places="；".join(places[:NAMED]) + more),
    )


def outside_text(words: Catalogue, change: OutsideChange) -> str:
    """Put what was changed without the product into words."""
    return words.text(
        change.code, layer=_layer(words, change.layer), row=change.row, event_id=change.row,
        others="、".join(change.others),
    )  # fmt: skip
