"""The one table from codes to sentences, in Chinese and English.

Sentences live in ``app/locale/<language>/*.yaml`` as ``code: "text with {named_value}"``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from geo.errors import MuPlanError, Value
from layers.fields import FIELDS, Field, unit_in
from platforms.policy.verdict import Statement

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same loader, six times as fast where PyYAML was built with its C library."""

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
LOCALE = Path(__file__).parent / "locale"

LONGEST_VALUE = 400
"""Characters of the data that a sentence quotes at most."""


@dataclass(frozen=True)
class Catalogue:
    """Every sentence of one language.

    ``language``: ``zh`` or ``en``.
    ``sentences``: Text of each code.
    """

    language: Language
    sentences: Mapping[str, str]

    def text(self, code: str, /, **values: Value) -> str:
        """Put a code into words.

        The sentence; the bare code with its values where the catalogue has none, so that a planner
        still learns what is known.
        """
        template = self.sentences.get(code)
        if template is None:
            listed = ", ".join(f"{name}={value}" for name, value in values.items())
            return f"{code} {listed}".strip()
        return template.format(**{name: self._shown(value) for name, value in values.items()})

    def _shown(self, value: Value) -> Value:
        if value is None or value != value:  # NaN differs from itself
            return _Word(self.text("no_value"))
        return value

    def say(self, statement: Statement) -> str:
        """Put a statement of the domain into words, codes in its values included."""
        return self.text(statement.code, **self._worded(statement.values))

    def note(self, code: str, values: Mapping[str, Value]) -> str:
        """Put what was recognised in a file into words; names of columns stay as they are."""
        worded = dict(values)
        for name, field in (("constraint_kind", "constraint_kind"), ("severities", "severity")):
            if isinstance(worded.get(name), str):
                worded[name] = self.codes(field, str(worded[name]))
        return self.text(code, **worded)

    def error(self, error: MuPlanError) -> str:
        """Put an error into one sentence, long texts of the data cut short."""
        values = {name: _cut(value) for name, value in self._worded(error.values).items()}
        return self.text(error.code, **values)

    def _worded(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Show lists of field codes (states, utilities, columns) by their words."""
        worded = dict(values)
        coded = (
            ("states", "state"), ("utilities", "utilities"), ("level", "level"),
            ("steps", "event_kind"), ("predecessor", "event_kind"), ("category", "category"),
            ("facility_kind", "facility_kind"), ("element", "element"),
            ("constraint_kind", "constraint_kind"), ("constraint_kinds", "constraint_kind"),
            ("severities", "severity"),
            ("covered_layer", "covered_layer"),
        )  # fmt: skip
        for name, field in coded:
            if isinstance(worded.get(name), str):
                worded[name] = self.codes(field, str(worded[name]))
        if str(worded.get("responsible", "")).startswith("office_"):
            worded["responsible"] = self.text(str(worded["responsible"]))
        if isinstance(worded.get("graded_by"), str):
            worded["graded_by"] = self.text(f"measure_{worded['graded_by']}")
        for name in ("column", "columns"):
            if isinstance(worded.get(name), str):
                parts = str(worded[name]).split(";")
                worded[name] = "、".join(map(self._column, parts))
        return worded

    def _column(self, name: str) -> str:
        if name == "geometry":
            return self.text("changed_shape")
        return self.heading(name) if name in FIELDS else name

    def word(self, field: str, code: object) -> str:
        """Give the word of a code of a field; the code itself where it has none."""
        if not isinstance(code, str):
            return self.text("no_value")
        words = FIELDS[field].values.get(code)
        return words[LANGUAGES.index(self.language)] if words else code

    def gate(self, name: str) -> str:
        """Name a gate of matching; the one of a kind of constraint by the kind."""
        gate, _, kind = name.partition(":")
        if kind in FIELDS["constraint_kind"].values:
            return self.text("gate_of_kind", constraint_kind=self.word("constraint_kind", kind))
        return self.text(f"gate_kinds_{kind}" if kind else f"gate_{gate}")

    def codes(self, field: str, codes: str) -> str:
        """Give the words of several codes divided by ``;``."""
        return "、".join(self.word(field, code) for code in codes.split(";") if code)

    def joined(self, texts: Iterable[str]) -> str:
        """Put several texts into one, divided as the language does; sentences need no divider."""
        divider, stop = ("；", "。") if self.language == "zh" else ("; ", ".")
        *first, last = [*texts] or [""]
        closed = (text if text.endswith(stop) else f"{text}{divider}".rstrip() for text in first)
        between = "" if self.language == "zh" else " "
        return between.join([*closed, last])

    def heading(self, column: str) -> str:
        """Give the heading of a column, with its unit."""
        field: Field = FIELDS[column]
        name = field.zh if self.language == "zh" else field.en
        if not field.unit:
            return name
        unit = unit_in(field.unit, self.language)
        return f"{name}（{unit}）" if self.language == "zh" else f"{name} ({unit})"


class _Word(str):
    """A word that stands where a number was expected, whatever format is asked."""

    __slots__ = ()

    def __format__(self, _: str) -> str:
        return str(self)


def _cut(value: Value) -> Value:
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        return value[:LONGEST_VALUE] + "…"
    return value


@cache
def catalogue(language: Language) -> Catalogue:
    """Read all sentences of a language.

    ``language``: ``zh`` or ``en``.
    """
    sentences: dict[str, str] = {}
    for path in sorted((LOCALE / language).glob("*.yaml")):
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER) or {}
        twice = sentences.keys() & entries.keys()
        if twice:
            raise MuPlanError("sentence_twice", file=path.name, codes=", ".join(sorted(twice)))
        sentences.update(entries)
    return Catalogue(language, sentences)
