"""Which columns the planner named when a file of the same columns came before."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from layers.workspace.protocol import Edit, Workspace

KEEP = "-"
"""Stated for a column that is to stay as it is, whatever its name is taken for."""


@dataclass(frozen=True)
class LastTime:
    """What was stated for a file of the same columns before.

    Attributes
    ----------
    mapping
        File column -> vocabulary column, or ``-`` for one that was kept as it is.
    at
        When (ISO), empty where there was no such file.
    """

    mapping: Mapping[str, str]
    at: str

    def beside(
        self, stated: Mapping[str, str], columns: Collection[str], known: Collection[str]
    ) -> dict[str, str]:
        """Give what still holds beside what is stated now.

        Parameters
        ----------
        stated
            Stated now: it overrules a column and a target of last time.
        columns
            Columns of the file.
        known
            Columns of the layer's contract.

        Returns
        -------
        dict
            File column -> vocabulary column, or ``-``.
        """
        taken = {target for target in stated.values() if target != KEEP}
        return {
            column: target
            for column, target in self.mapping.items()
            if column in columns and column not in stated and target not in taken
            and (target == KEEP or target in known)
        }  # fmt: skip


NEVER = LastTime(MappingProxyType({}), "")


def recall_mapping(workspace: Workspace, layer: str, columns: Sequence[str]) -> LastTime:
    """Recall what was stated for a file of these columns.

    Parameters
    ----------
    workspace
        Where it is kept.
    layer
        Layer the file went to.
    columns
        Columns of the file, in any order, without the shape.

    Returns
    -------
    LastTime
        ``NEVER`` where nothing is kept, or nothing that can be read.
    """
    text = workspace.recall(_key(layer, columns))
    try:
        held = json.loads(text or "")
        return LastTime({str(c): str(t) for c, t in held["mapping"].items()}, str(held["at"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return NEVER


def remember_mapping(
    edit: Edit, layer: str, columns: Sequence[str], mapping: Mapping[str, str], at: str
) -> None:
    """Keep what was stated for a file of these columns.

    Parameters
    ----------
    edit
        Open changes of the workspace.
    layer, columns
        As in ``recall_mapping``.
    mapping
        File column -> vocabulary column, or ``-``.
    at
        When (ISO).
    """
    text = json.dumps({"mapping": dict(mapping), "at": at}, ensure_ascii=False)
    edit.remember(_key(layer, columns), text)


def _key(layer: str, columns: Sequence[str]) -> str:
    names = json.dumps(sorted(columns), ensure_ascii=False)
    return f"columns:{layer}:{hashlib.sha256(names.encode()).hexdigest()}"
