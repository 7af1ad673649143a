"""When this computer last looked at each workspace: kept in their folder, not in the workspace.

A workspace goes from desk to desk; who looked at it last, and where, is no fact of the plan.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from layers.errors import LayerError
from layers.scratch import folder_beside

FILE_NAME = "visits.json"


@dataclass(frozen=True)
class Visit:
    """One look at a workspace.

    ``at``: When (ISO, UTC).
    ``seq``: Number of its last change by then, 0 before the first.
    """

    at: str
    seq: int


def last_visit(folder: Path, workspace: str) -> Visit | None:
    """Give the last visit noted of a workspace.

    None where none is noted, or the note can't be read.
    """
    row = _read(folder).get(workspace)
    if not isinstance(row, Mapping):
        return None
    at, seq = row.get("at"), row.get("seq")
    return Visit(at, seq) if isinstance(at, str) and isinstance(seq, int) else None


def note_visit(folder: Path, workspace: str, visit: Visit) -> bool:
    """Note a visit in place of the one before.

    Whether it could be written: a folder may be for reading only.
    """
    kept = {**_read(folder), workspace: asdict(visit)}
    try:
        # A whole file takes the old one's place: another session may be reading it.
        with folder_beside(folder / FILE_NAME) as scratch:
            draft = scratch / FILE_NAME
            text = json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True)
            draft.write_text(text, encoding="utf-8")
            draft.replace(folder / FILE_NAME)
    except (OSError, LayerError):
        return False
    return True


def _read(folder: Path) -> dict[str, object]:
    try:
        visits = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return visits if isinstance(visits, dict) else {}
