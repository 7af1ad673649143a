"""The data dictionary: every layer, column and code in both languages, as a page of Markdown."""

from collections.abc import Iterable

from layers.contracts import CONTRACTS, RASTERS, Contract, key_columns
from layers.fields import FIELDS, Field

INTRO = """# 数据字典 · Data dictionary

由 `muplan fields --markdown docs/data-dictionary.md` 从代码生成，不要手改；
`muplan fields 图层` 在命令行列出同样内容。
*Made from the code by that command: don't edit it by hand.*

- 必需列只有 **主键**、标“需”的列和（有图形的图层）图形；其他列缺了，用到它的规则答“无数据”。
  *Only keys, columns marked “needed” and shapes are required; a rule that lacks another column
  answers `no_data`.*
- 列名带单位：`_mu` 亩，`_m2` 平方米，`_m` 米，`_wan_yuan` 万元，`_yi_yuan` 亿元，
  `_tce` 吨标煤，`_t` 吨，`_pct` %，`_share` 0–1。
  *A name carries its unit.*
- `list` 是以 `;` 分隔的文字，`date` 是 `2024-04-01`，`code` 的取值见[代码表](#代码表--codes)。
  *Lists are texts divided by `;`, dates ISO texts; codes stand below.*
"""
KINDS = {"key": "主键 key", "needed": "需 needed", "": ""}
SHAPES = {
    "polygon": "面 polygons", "none": "表 table",
    "line_or_polygon": "线或面 lines or polygons", "point_or_polygon": "点或面 points or polygons",
}  # fmt: skip


def data_dictionary() -> str:
    """Write the data dictionary.

    Returns
    -------
    str
        Markdown: layers and tables with their columns, rasters, columns of answers, codes.
    """
    parts = [INTRO]
    for contract in CONTRACTS.values():
        parts.append(_layer(contract))
    parts.append(
        "## 栅格 · Rasters\n\n"
        + _table(
            ("名称 name", "含义", "meaning", "单位 unit"),
            ((f"`{name}`", zh, en, unit) for name, (zh, en, unit) in RASTERS.items()),
        )
    )
    stored = {name for contract in CONTRACTS.values() for name in contract.columns}
    answers = [field for field in FIELDS.values() if field.name not in stored]
    parts.append("## 结果列 · Columns of answers\n\n" + _columns(answers, {}))
    parts.append("## 代码表 · Codes\n\n" + "\n".join(_codes()))
    return "\n".join(parts)


def _layer(contract: Contract) -> str:
    shape = SHAPES[contract.geometry]
    if contract.geometry_optional:
        shape += "，可无图形 optional"
    if contract.append_only:
        shape += "，只增不改 append only"
    roles = dict.fromkeys(contract.needed, "needed") | dict.fromkeys(key_columns(contract), "key")
    fields = [contract.field(name) for name in contract.columns]
    return f"## {contract.name} · {contract.zh} · {contract.en}\n\n{shape}\n\n" + _columns(
        fields, roles
    )


def _columns(fields: Iterable[Field], roles: dict[str, str]) -> str:
    return _table(
        ("列 column", "含义", "meaning", "类型 kind", "单位 unit", "最小 least", ""),
        (
            (
                f"`{field.name}`", field.zh, field.en, field.kind, field.unit,
                "" if field.minimum is None else f"{field.minimum:g}",
                KINDS[roles.get(field.name, "")],
            )
            for field in fields
        ),
    )  # fmt: skip


def _codes() -> Iterable[str]:
    """Give the codes of each vocabulary once, whatever columns use it."""
    columns: dict[int, list[Field]] = {}
    for field in FIELDS.values():
        if field.values:
            columns.setdefault(id(field.values), []).append(field)
    for fields in columns.values():
        names = "、".join(f"`{field.name}`" for field in fields)
        values = fields[0].values.items()
        rows = ((f"`{code}`", zh, en) for code, (zh, en) in values)
        yield f"### {names}\n\n" + _table(("代码 code", "中文", "English"), rows)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )
