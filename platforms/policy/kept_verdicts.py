"""Verdicts of an earlier run, taken again for each rule whose layers are what they were."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import numpy as np

from platforms.policy.run_memo import NotedReads, RunMemo
from platforms.policy.verdict import Evidence, Statement, Verdict
from platforms.results import content_of_frame
from platforms.source import ReadOnce

ALWAYS_READ = ("units",)
"""Whom a rule judges follows from it, whatever the rule reads itself."""


class KeptVerdicts:
    """Verdicts kept with the layers that they rest on.

    ``layers``: The layers as they are now.
    ``content``: Mark of all else that verdicts follow from: rules, day, what was asked.
    """

    def __init__(self, layers: ReadOnce, content: str) -> None:
        self._layers, self._content = layers, content
        self._marks: dict[str, str] = {}
        self._judged: dict[str, tuple[list[Verdict], NotedReads, RunMemo]] = {}
        stored = layers.results.get(content)
        self._kept: dict[str, Any] = {} if stored is None else _unpacked(stored["json"])

    def of(self, rule_id: str) -> list[Verdict] | None:
        """Give the verdicts of a rule, None where they have to be worked out."""
        kept = self._kept.get(rule_id)
        if kept is None or any(self._mark(name) != mark for name, mark in kept["reads"].items()):
            return None
        return [_verdict_of(row) for row in kept["verdicts"]]

    def add(self, rule_id: str, verdicts: list[Verdict], source: NotedReads, memo: RunMemo) -> None:
        """Take verdicts worked out, with what notes the layers read."""
        self._judged[rule_id] = verdicts, source, memo

    def keep(self) -> None:
        """Keep what was worked out, once the run is over and everything that it read is known."""
        if not self._judged:
            return
        for rule_id, (verdicts, source, memo) in self._judged.items():
            names = sorted({*ALWAYS_READ, *source.names, *memo.layers_read()})
            self._kept[rule_id] = {
                "reads": {name: self._mark(name) for name in names},
                "verdicts": [_row_of(verdict) for verdict in verdicts],
            }
        text = json.dumps(self._kept, ensure_ascii=False, default=_plain)
        packed = np.frombuffer(text.encode(), dtype=np.uint8)
        self._layers.results.put(self._content, {"json": packed})

    def _mark(self, layer: str) -> str:
        if layer not in self._marks:
            self._marks[layer] = content_of_frame(self._layers.read(layer))
        return self._marks[layer]


def _unpacked(packed: np.ndarray) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(packed.tobytes().decode())
    return kept


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(type(value).__name__)


NAMES = tuple(field.name for field in fields(Verdict))


def _row_of(verdict: Verdict) -> list[object]:
    """Put a verdict into what JSON has, field by field."""
    row = {name: getattr(verdict, name) for name in NAMES}
    row["evidence"] = [
        [each.layer, each.rows, None if each.statement is None else _said(each.statement)]
        for each in verdict.evidence
    ]
    row["reasons"] = [_said(reason) for reason in verdict.reasons]
    return list(row.values())


def _said(statement: Statement) -> list[object]:
    return [statement.code, dict(statement.values)]


def _verdict_of(row: Sequence[Any]) -> Verdict:
    values: dict[str, Any] = dict(zip(NAMES, row, strict=True))
    values["evidence"] = tuple(
        Evidence(layer, tuple(rows), None if said is None else _statement_of(said))
        for layer, rows, said in values["evidence"]
    )
    values["reasons"] = tuple(_statement_of(said) for said in values["reasons"])
    values["assumptions"] = tuple(values["assumptions"])
    return Verdict(**values)


def _statement_of(said: tuple[str, Mapping[str, Any]]) -> Statement:
    code, values = said
    return Statement(code, MappingProxyType(values))
