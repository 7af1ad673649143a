"""Names and headings of columns in files."""

import re
import unicodedata
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from layers.fields import FIELDS, SOURCE_PREFIX, Field, unit_in

Language = Literal["zh", "en"]

MAX_CELL_CHARACTERS = 32_767
"""What one cell of a spreadsheet holds; a longer text is a fault of its row."""

LABELS: MappingProxyType[Language, MappingProxyType[str, str]] = MappingProxyType(
    {
        "zh": MappingProxyType(
            {
                "sources": "来源与口径", "demo": "演示数据", "total": "合计", "item": "项目",
                "content": "内容", "kind_of_data": "数据性质", "yes": "是", "no": "否",
                "short_name": "字段名", "full_name": "全称", "meaning": "含义", "title": "标题",
                "text_layer": "注记",
                "page_of": "第 {page} 页，共 {pages} 页", "no_rows": "没有符合条件的行。",
                "total_of_all": "合计（全部 {count} 行）",
                "rows_left_out": "表中列出前 {shown} 行，另有 {left} 行未列；全部 {count} 行见同一"
                "查询导出的 .xlsx 或 .csv。",
                "columns_left_out": "限于版面未列的列：{columns}；见同一查询导出的 .xlsx。",
                "texts_cut": "{count} 处文字超过 {limit} 字，已截短并以 ✂ 标出；"
                "全文见同一查询导出的 .xlsx。",
            }
        ),
        "en": MappingProxyType(
            {
                "sources": "Sources and definitions", "demo": "Demonstration data",
                "total": "Total", "item": "Item", "content": "Content",
                "kind_of_data": "Kind of data", "yes": "yes", "no": "no",
                "short_name": "Short name", "full_name": "Full name", "meaning": "Meaning",
                "title": "Title", "text_layer": "labels",
                "page_of": "Page {page} of {pages}", "no_rows": "There are no such rows.",
                "total_of_all": "Total (all {count} rows)",
                "rows_left_out": "The first {shown} rows are listed and {left} are not; all "
                "{count} are in the same query written to .xlsx or .csv.",
                "columns_left_out": "Columns without room here: {columns}; they are in the same "
                "query written to .xlsx.",
                "texts_cut": "{count} texts longer than {limit} characters are cut and marked ✂; "
                "they are whole in the same query written to .xlsx.",
            }
        ),
    }
)  # fmt: skip
"""The few fixed words of an exported file."""


@dataclass(frozen=True)
class ExportHeading:
    """What an exported list says of itself.

    ``title``: Title in print headers and descriptions.
    ``manifest``: Version, as-of date, parameters, sources …: words and texts, in the order shown.
    ``is_demo``: True for synthetic data: the file is marked 演示数据.
    ``language``: Language of column headings and fixed words.
    ``titles``: Headings of columns that are not in the vocabulary.
    ``summary``: The answer in a few sentences; documents only have a place for it.
    """

    title: str
    manifest: Mapping[str, str]
    is_demo: bool = False
    language: Language = "zh"
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    summary: tuple[str, ...] = ()

    @property
    def labels(self) -> Mapping[str, str]:
        """The fixed words in the heading's language."""
        return LABELS[self.language]

    def lines(self) -> list[tuple[str, str]]:
        """Give the manifest with title and 演示数据 mark in front."""
        marks = [(self.labels["kind_of_data"], self.labels["demo"])] if self.is_demo else []
        return [(self.labels["title"], self.title), *marks, *self.manifest.items()]


def field_title(entry: Field, language: Language) -> str:
    """Head a column of the vocabulary with its meaning and unit.

    >>> field_title(FIELDS["area_declared_m2"], "zh"), field_title(FIELDS["rank"], "en")
    ('登记面积（m²）', 'rank')
    """
    if language == "zh":
        if entry.unit and entry.zh.endswith("）"):
            return f"{entry.zh[:-1]}，{entry.unit}）"
        return f"{entry.zh}（{entry.unit}）" if entry.unit else entry.zh
    return f"{entry.en} ({unit_in(entry.unit, language)})" if entry.unit else entry.en


def column_title(name: str, heading: ExportHeading) -> str:
    """Head any column of a list.

    Heading; the bare name where nothing better is known.
    """
    if name in heading.titles:
        return heading.titles[name]
    return field_title(FIELDS[name], heading.language) if name in FIELDS else name


def plain_title(title: str) -> str:
    """Make two spellings of the same heading equal: width of characters, case, blanks.

    Form in which headings are compared.

    >>> plain_title("登记面积（m²）") == plain_title("登记面积 (M2)")
    True
    """
    return "".join(unicodedata.normalize("NFKC", title).casefold().split())


def free_name(name: str, used: Container[str]) -> str:
    """Return a name, with a number behind it where it is used already.

    ``used``: Case-folded names.

    >>> free_name("ID", {"id", "id_2"}), free_name("name", {"id"})
    ('ID_3', 'name')
    """
    candidate, number = name, 1
    while candidate.casefold() in used:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


LONGEST_UNMAPPED_NAME = 60


def unmapped_names(columns: Iterable[str]) -> dict[str, str]:
    """Name the columns that the vocabulary doesn't know.

    File column -> ``src_<name>`` of letters, digits and ``_``, different whatever the case.

    >>> unmapped_names(["计划 (2024)", "计划(2024)", "src_x"])
    {'计划 (2024)': 'src_计划_2024', '计划(2024)': 'src_计划_2024_2', 'src_x': 'src_x'}
    """
    names: dict[str, str] = {}
    used: set[str] = set()
    for column in columns:
        text = unicodedata.normalize("NFKC", column)
        bare = re.sub(r"\W+", "_", text).strip("_") or "column"
        base = bare if bare.casefold().startswith(SOURCE_PREFIX) else SOURCE_PREFIX + bare
        base = SOURCE_PREFIX + base[len(SOURCE_PREFIX) :][:LONGEST_UNMAPPED_NAME]
        candidate = free_name(base, used)
        used.add(candidate.casefold())
        names[column] = candidate
    return names
