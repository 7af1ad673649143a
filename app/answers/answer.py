"""What an answer is: JSON for machines, lists for people, a manifest for the audit office."""

import getpass
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.context import Context, load_settings
from app.messages import Catalogue
from layers.contracts import contract_of
from layers.exchange.heading import ExportHeading
from layers.exchange.writers.sheet import Columns, Sheet
from layers.fields import FIELDS
from layers.workspace.sqlite_file import file_sha256
from platforms.policy.in_force import PolicySet

if TYPE_CHECKING:
    import pandas as pd

    from layers.exchange.writers.shapefile import ShapefileEncoding
    from layers.maps.qgis_style import QgisStyles

SCHEMA = "muplan/1"


class SheetsOnDemand(Sequence[Sheet]):
    """Lists that are made when they are first asked for: JSON and a terminal need none.

    ``make``: Makes all of them.
    """

    def __init__(self, make: Callable[[], tuple[Sheet, ...]]) -> None:
        self._make = make

    @cached_property
    def _sheets(self) -> tuple[Sheet, ...]:
        return self._make()

    def __getitem__(self, place: int | slice) -> Sheet | tuple[Sheet, ...]:
        """Give one list, or some."""
        return self._sheets[place]

    def __len__(self) -> int:
        """Count the lists."""
        return len(self._sheets)


@dataclass(frozen=True)
class Answer:
    """The answer of one job.

    ``title``: What it answers, in the language of the context.
    ``parameters``: What was asked, so that it can be run again.
    ``result``: The JSON keys of the command.
    ``sheets``: The lists for people, the main one first.
    ``titles``: Headings of columns outside the vocabulary.
    ``summary``: The answer in a sentence or two.
    ``screen``: The main list as it is shown in a terminal: fewer columns, the urgent rows first;
      names for these columns of the first sheet, None for all of them.
    ``is_whole_on_screen``: True where a terminal shows every row: a list to look things up in.
    """

    title: str
    parameters: Mapping[str, object]
    result: Mapping[str, object]
    sheets: Sequence[Sheet]
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    summary: tuple[str, ...] = ()
    screen: "pd.DataFrame | Columns | tuple[str, ...] | None" = None
    is_whole_on_screen: bool = False

    def sheet(self, key: str) -> Sheet:
        """Find the list of a key (``KeyError`` where the answer has none of it)."""
        for sheet in self.sheets:
            if sheet.key == key:
                return sheet
        raise KeyError(key)

    @property
    def on_screen(self) -> "pd.DataFrame | Columns | None":
        """The list a terminal shows, None where there is none."""
        if isinstance(self.screen, tuple):
            return self.sheets[0].frame[list(self.screen)]
        if self.screen is not None or not self.sheets:
            return self.screen
        return self.sheets[0].frame


@dataclass(frozen=True)
class Stand:
    """What an answer stands on, whatever was asked.

    ``words``: Sentences of the language.
    ``facts``: Version, workspace and its hash, CRS, as-of date, pack and edition: what there is
      of it.
    ``is_demo``: True for synthetic data.
    ``warnings``: What whoever reads it has to know first, in sentences.
    """

    words: Catalogue
    facts: Mapping[str, object]
    is_demo: bool = False
    warnings: tuple[str, ...] = ()


def stand_of(context: Context) -> Stand:
    """Say what answers from a workspace stand on."""
    facts = {
        "workspace": context.facts.title,
        "workspace_sha256": file_sha256(context.path),
        "crs": ":".join(context.crs.to_authority() or (context.crs.name,)),
        **policy_stand(context.policy, context.words).facts,
    }
    if context.viewer is not None:
        facts["viewer"] = context.viewer
    return Stand(context.words, facts, context.facts.is_demo)


def policy_stand(policy: PolicySet, words: Catalogue) -> Stand:
    """Say what answers from the rules alone stand on."""
    facts = {"as_of": policy.as_of, "pack": policy.pack.name, "pack_edition": policy.pack.edition}
    return Stand(words, facts)


def manifest(answer: Answer, stand: Stand) -> dict[str, object]:
    """Give the manifest of an answer: what it stands on and what was asked."""
    return {
        "muplan": version("muplan"),
        **stand.facts,
        "is_demo": stand.is_demo,
        **({"warnings": list(stand.warnings)} if stand.warnings else {}),
        "parameters": dict(answer.parameters),
    }


def to_json(answer: Answer, stand: Stand) -> dict[str, object]:
    """Give the one object that ``--json`` prints."""
    return {"schema": SCHEMA, "manifest": manifest(answer, stand), **answer.result}


def heading_of(answer: Answer, stand: Stand) -> ExportHeading:
    """Say what an exported list says of itself."""
    words = stand.words
    facts = {"muplan": version("muplan"), **stand.facts}
    lines = {}
    if stand.warnings:
        lines[words.text("manifest_warning")] = words.joined(stand.warnings)
    lines |= {words.text(f"manifest_{name}"): str(value) for name, value in facts.items()}
    asked = [f"{k}={v}" for k, v in answer.parameters.items() if v not in (None, [], "")]
    if asked:
        lines[words.text("manifest_parameters")] = "; ".join(asked)
    return ExportHeading(
        answer.title,
        lines,
        stand.is_demo,
        words.language,
        answer.titles,
        (*stand.warnings, *answer.summary),
    )


def write_answer(
    answer: Answer, stand: Stand, path: Path, shapefile_encoding: "ShapefileEncoding" = "UTF-8"
) -> tuple[str, ...]:
    """Write the lists of an answer to a file, in the format of its ending.

    ``path``: File to write; formats with room for one list take the main one only.

    What the format could not hold as it is, in words.
    """
    from layers.exchange.writers.write import write_table

    several = path.name.lower().endswith((".xlsx", ".docx", ".gpkg"))
    sheets = answer.sheets if several else answer.sheets[:1]
    notes = write_table(
        path, sheets, heading=heading_of(answer, stand), shapefile_encoding=shapefile_encoding,
        styles=_styles(stand) if path.suffix.lower() == ".gpkg" else None,
    )  # fmt: skip
    return tuple(stand.words.text(note.code, **note.values) for note in notes)


def _styles(stand: Stand) -> "QgisStyles":
    from layers.maps.qgis_style import QgisStyles
    from layers.maps.style import load_styles

    drawn = load_styles(load_settings().data_dir / "styles" / "layers.yaml")
    return QgisStyles(drawn, str(stand.facts.get("as_of", "")))


def sheet_of(
    words: Catalogue,
    key: str,
    frame: "pd.DataFrame",
    totals: tuple[str, ...] = (),
    printed: tuple[str, ...] = (),
    groups: Mapping[str, str] = MappingProxyType({}),
) -> Sheet:
    """Make a list named by the sentence ``sheet_<key>``."""
    return Sheet(words.text(f"sheet_{key}"), frame, totals, printed, groups, key)


def column_titles(words: Catalogue, columns: tuple[str, ...]) -> dict[str, str]:
    """Head the columns of an answer (``column_<name>``); others have the vocabulary's heading."""
    return {
        name: words.text(f"column_{name}")
        for name in columns
        if name not in FIELDS or f"column_{name}" in words.sentences
    }


def unruled(context: Context, *rules: str) -> tuple[str, ...]:
    """Say that no pack chosen has any of these rules: nothing where one has."""
    if any(context.policy.parts(rule) for rule in rules):
        return ()
    return (context.words.text("answer_no_rule", rules="、".join(rules)),)


def number(value: float | None) -> float | None:
    """Give a number JSON can hold, None for what is missing."""
    return None if value is None or not math.isfinite(value) else float(value)


def in_percent(value: float | None, unit: str) -> float | None:
    """Give the figure of a list for people: shares (0–1) as percentages."""
    plain_value = number(value)
    return plain_value * 100 if plain_value is not None and unit == "share" else plain_value


def rule_title(context: Context, rule_id: str, part: str) -> str:
    """Give the title of a rule, with what stands behind its part: pollutant, leader, stage."""
    key, _, behind = part.partition(":")
    title = context.policy.rule(rule_id, key).rule.title
    return f"{title}（{context.words.word('event_kind', behind)}）" if behind else title


def plain(value: object) -> object:
    """Give a JSON value: missing becomes null, numpy numbers become plain ones."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str | int | float | bool | list) or value is None:
        return value
    import pandas as pd

    if pd.isna(value):  # type: ignore[call-overload]
        return None
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)


def layer_name(layer: str, words: Catalogue) -> str:
    """Give the name of a layer or table in words."""
    contract = contract_of(layer)
    return contract.zh if words.language == "zh" else contract.en


def actor() -> str:
    """Name the person at this computer, for the audit trail."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "?"
