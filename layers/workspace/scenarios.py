"""Named scenarios of a workspace, kept in a file beside it so that the workspace stays as it is."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import filelock

from layers.errors import LayerError
from layers.scratch import folder_beside
from layers.workspace.changes import undone_by
from layers.workspace.protocol import Workspace

LOCK_SECONDS = 20


@dataclass(frozen=True)
class KeptScenario:
    """A scenario as it is kept.

    ``edits``: Its edits as plain data.
    ``adopted_at``: When it was written into the workspace (ISO); None while it wasn't.
    """

    edits: tuple[dict[str, Any], ...] = ()
    adopted_at: str | None = None


Scenarios = dict[str, KeptScenario]
"""Scenarios by name, in the order they were made."""


def scenario_file(workspace: Path) -> Path:
    """Name the file that holds the scenarios of a workspace."""
    return workspace.with_name(f"{workspace.name}.scenarios.json")


def read_scenarios(workspace: Path) -> Scenarios:
    """Read the scenarios of a workspace, none where there is no file.

    Raises
    ------
    LayerError
        ``scenarios_unreadable``.
    """
    path = scenario_file(workspace)
    if not path.is_file():
        return {}
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))["scenarios"]
        return {str(name): _kept(scenario) for name, scenario in stored.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LayerError("scenarios_unreadable", path=str(path)) from error


def _kept(scenario: Mapping[str, Any]) -> KeptScenario:
    adopted_at = scenario.get("adopted_at")
    edits = tuple(dict(edit) for edit in scenario["edits"])
    return KeptScenario(edits, None if adopted_at is None else str(adopted_at))


def up_to_date(scenarios: Scenarios, workspace: Workspace, undoing: int | None = None) -> Scenarios:
    """Give scenarios as the workspace has them: a mark stands as long as its adoption does.

    An adoption that was undone, or that a restored backup doesn't have, leaves the scenario as
    it was before; undoing the undo brings the mark back.

    ``undoing``: A change to be taken as undone.
    """
    if all(kept.adopted_at is None for kept in scenarios.values()):
        return scenarios
    changes = workspace.changes()
    if undoing is not None and changes:
        last = changes[-1]
        changes.append(replace(last, number=last.number + 1, undoes=undoing))
    undone = undone_by(changes)
    adoptions = {
        (change.at, change.reason)
        for change in changes
        if change.kind == "adoption" and change.undoes is None and change.number not in undone
    }
    audit = workspace.audit()
    unnumbered = set(audit.loc[audit["change"].isna(), "at"])  # adopted before there were numbers
    return {
        name: kept
        if kept.adopted_at in unnumbered or (kept.adopted_at, name) in adoptions
        else replace(kept, adopted_at=None)
        for name, kept in scenarios.items()
    }


def marks_changed(path: Path, workspace: Workspace, undoing: int) -> tuple[tuple[str, bool], ...]:
    """Say which scenarios are marked as adopted (True) or open again (False) by undoing a change.

    ``path``: File of the workspace.
    """
    kept = read_scenarios(path)
    before, after = up_to_date(kept, workspace), up_to_date(kept, workspace, undoing)
    return tuple(
        (name, after[name].adopted_at is not None)
        for name in kept
        if before[name].adopted_at != after[name].adopted_at
    )


@contextmanager
def changing_scenarios(workspace: Path) -> Iterator[Scenarios]:
    """Change the scenarios of a workspace: read, changed and written under one lock.

    Two that change them at once wait for each other, so that neither loses what the other wrote;
    an error inside leaves the file as it was.

    Parameters
    ----------
    workspace
        File of the workspace.

    Yields
    ------
    dict of str to KeptScenario
        The scenarios, to be changed in place.

    Raises
    ------
    LayerError
        ``scenarios_unreadable``, ``workspace_locked``, ``workspace_in_use``.
    """
    path = scenario_file(workspace)
    lock = filelock.FileLock(f"{path}.lock", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise LayerError("workspace_locked", path=str(path)) from error
    except PermissionError as error:
        raise LayerError("workspace_in_use", path=str(path)) from error
    try:
        scenarios = read_scenarios(workspace)
        before = dict(scenarios)
        yield scenarios
        if scenarios != before:
            _write(path, scenarios)
    finally:
        lock.release()


def _write(path: Path, scenarios: Scenarios) -> None:
    """Write to a file beside, which then takes the place."""
    rows = {name: _plain(kept) for name, kept in scenarios.items()}
    text = json.dumps({"schema": 1, "scenarios": rows}, ensure_ascii=False, indent=1)
    try:
        with folder_beside(path) as folder:
            draft = folder / path.name
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
    except PermissionError as error:
        raise LayerError("workspace_in_use", path=str(path)) from error


def _plain(kept: KeptScenario) -> dict[str, Any]:
    adopted = {} if kept.adopted_at is None else {"adopted_at": kept.adopted_at}
    return {"edits": list(kept.edits), **adopted}
