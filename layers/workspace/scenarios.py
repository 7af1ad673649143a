"""Named scenarios of a workspace, kept in a file beside it so that the workspace stays as it is."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import filelock

from layers.errors import LayerError

LOCK_SECONDS = 20
Scenarios = dict[str, list[dict[str, Any]]]
"""The edits of each scenario, by its name."""


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
        held = json.loads(path.read_text(encoding="utf-8"))["scenarios"]
        return {
            str(name): [dict(edit) for edit in scenario["edits"]] for name, scenario in held.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LayerError("scenarios_unreadable", path=str(path)) from error


def write_scenarios(workspace: Path, scenarios: Mapping[str, list[dict[str, Any]]]) -> None:
    """Write the scenarios of a workspace: to a file beside, which then takes the place."""
    path = scenario_file(workspace)
    held = {name: {"edits": edits} for name, edits in scenarios.items()}
    text = json.dumps({"schema": 1, "scenarios": held}, ensure_ascii=False, indent=1)
    try:
        with (
            filelock.FileLock(f"{path}.lock", timeout=LOCK_SECONDS),
            tempfile.TemporaryDirectory(dir=path.parent) as folder,
        ):
            draft = Path(folder) / path.name
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
    except filelock.Timeout as error:
        raise LayerError("workspace_locked", path=str(path)) from error
