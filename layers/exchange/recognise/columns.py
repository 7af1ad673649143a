"""Which column is which."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import pandas as pd

from geo.tools import nearest_name
from layers.contracts import Contract, key_columns
from layers.errors import LayerError
from layers.exchange.cells import unmapped_values
from layers.exchange.heading import field_title, plain_title, unmapped_names
from layers.exchange.readers.source import Evidence
from layers.exchange.recognise.area_unit import DECLARED, split_heading, unit_factor
from layers.fields import SOURCE_PREFIX
from layers.validate import as_numbers
from layers.workspace.protocol import Workspace
from layers.workspace.transaction import WorkspaceEdit

LAYER_SYNONYMS: MappingProxyType[str, MappingProxyType[str, str]] = MappingProxyType(
    {
        layer: MappingProxyType(words)
        for layer, words in {
            "units": {
                "unit_id": "单位代码 行政区代码 行政区划代码 区划代码 adcode xzqdm",
                "name": "单位名称 行政区名称 县市区名称 县(市、区) 县市区 xzqmc",
            },
            "major_platforms": {
                "platform_id": "平台编号 平台代码 开发区代码 ptdm",
                "name": "平台名称 开发区名称 园区名称 ptmc",
                "unit_id": "所属单位代码 所属区县代码 行政区代码 xzqdm",
            },
            "approved_boundaries": {
                "boundary_id": "区块编号 区块代码 四至编号",
                "name": "区块名称",
                "platform_id": "平台编号 平台代码 开发区代码",
            },
            "parks": {
                "park_id": "园区编号 园区代码 yqdm", "name": "园区名称 yqmc",
                "platform_id": "所属平台代码 平台编号 平台代码",
            },
            "land_parcels": {
                "parcel_id": "地块号 地块代码 宗地编号 宗地号 宗地代码 地块编码 dkbh dkdm zddm zdh "
                "图斑编号 图斑号 tbbh bsm 标识码",
                "name": "地块名称 宗地名称 dkmc",
                "area_declared_m2": "宗地面积 地块面积 土地面积 出让面积 用地面积 图斑面积 总面积 "
                "面积 亩数 zdmj dkmj tbmj mj",
                "investment_min_wan_yuan_per_mu": "固定资产投资强度 投资强度",
                "tax_min_wan_yuan_per_mu": "亩均税收",
                "output_min_wan_yuan_per_mu": "亩均产出 亩均产值",
                "allowed_industries": "准入行业 准入产业代码",
            },
            "barriers": {"width_m": "路宽 河宽 红线宽度", "name": "道路名称 河道名称 路名"},
            "constraints": {"name": "管控区名称 要素名称"},
            "facilities": {"name": "设施名称"},
            "enterprises": {
                "enterprise_id": "企业编号 企业编码 单位编号 qydm",
                "name": "企业名称 单位名称 单位详细名称 公司名称 qymc",
                "unit_id": "所属单位代码 所属区县代码",
                "founded_on": "成立时间 注册时间 注册日期",
            },
            "enterprise_indicators": {
                "enterprise_id": "企业编号 企业编码 单位编号 qydm",
                "land_in_use_mu": "占地面积 实际用地面积 用地亩数 亩数 土地面积",
                "output_wan_yuan": "总产值 工业产值 产值 年产值",
                "value_added_wan_yuan": "增加值 年增加值",
                "revenue_wan_yuan": "营业收入 销售收入 年营业收入 营收",
                "tax_wan_yuan": "实缴税金 实缴税收 入库税收 税收总额 税金 纳税额",
                "rd_wan_yuan": "研发投入 研发费用 研发经费支出 r&d经费 r&d经费支出",
                "investment_wan_yuan": "固投 固定资产投资额",
                "electricity_kwh": "年用电量 用电",
                "energy_tce": "能耗 能源消费量 年综合能耗 综合能源消费量",
                "emission_t": "排放量 污染物排放 主要污染物排放量",
                "employees": "从业人员 职工人数 员工人数 用工人数 平均用工人数 年平均职工人数",
            },
            "platform_indicators": {
                "platform_id": "平台编号 平台代码 开发区代码",
                "output_yi_yuan": "规上总产值 总产值 工业总产值", "tax_yi_yuan": "税收 规上税收",
                "value_added_yi_yuan": "工业增加值 规上增加值",
                "revenue_yi_yuan": "营业收入 规上营业收入", "rd_yi_yuan": "研发投入 r&d经费",
            },
            "element_allotments": {
                "unit_id": "所属单位代码 行政区代码", "land_mu": "用地面积 土地指标 亩数",
                "energy_tce": "能耗 用能 用能指标", "emission_t": "排放量 排污权",
            },
            "projects": {
                "project_id": "项目id 项目序号 xmbh", "name": "项目名称 xmmc",
                "investor_name": "投资方 投资单位 投资商 投资企业 建设单位 项目业主 业主单位",
                "investment_yi_yuan": "项目总投资 计划总投资 投资总额 投资额 投资",
                "investment_yi_usd": "外资总投资",
                "land_ideal_mu": "用地需求 拟用地 拟用地面积 需求用地 用地面积 用地亩数",
                "project_code": "项目赋码 投资项目代码 赋码",
                "started_on": "开工时间 实际开工时间 实际开工日期",
                "start_planned_on": "计划开工时间 拟开工时间",
                "stage": "项目阶段 进展阶段", "department": "责任部门 牵头单位",
                "leader": "牵头领导 包保领导 挂联领导", "output_wan_yuan": "达产产值 预计产值",
                "tax_wan_yuan": "达产税收 预计税收",
            },
            "targets": {"target_value": "目标 任务数", "actual_value": "完成数 实际完成"},
            "support_grants": {"grant_wan_yuan": "扶持资金 奖补金额 补助金额"},
        }.items()
    }
)  # fmt: skip
"""Layer -> column -> its words."""

COMMON: MappingProxyType[str, str] = MappingProxyType(
    {
        "parcel_id": "地块号 地块代码 宗地号 dkbh",
        "town": "镇街 乡镇 乡镇街道 镇(街道) 所属镇街 所在镇街 所在镇",
        "land_use_code": "地类编码 地类代码 用地代码 用地分类代码 规划用途代码 dlbm yddm 用地性质 "
        "规划用途 土地用途 用地类型 用途 地类名称 地类 dlmc ydxz",
        "state": "状态 供地状态 土地状态", "utilities": "配套 基础设施 配套设施",
        "credit_code": "社会信用代码 统一信用代码 信用代码 组织机构代码",
        "industry_code": "行业小类代码 行业类别代码 国民经济行业代码 所属行业代码 行业小类 hydm",
        "approved_area_mu": "批准面积 审核面积 核准亩数",
        "far": "容积率", "width_m": "宽度(米)", "year": "年份 统计年度 所属年度",
        "project_id": "项目代号", "note": "bz 说明", "source_doc": "文号 依据文件 批文号",
        "edition_on": "批准时间 批准日期", "contact": "联系人",
    }
)  # fmt: skip
"""Column -> words that mean it in every layer that has it."""

ANYWHERE_KEY = "编号 代码 编码 id bh"
ANYWHERE_NAME = "mc 名"

UNITS_OF_WORDS: MappingProxyType[str, str] = MappingProxyType(
    {"亩数": "亩", "用地亩数": "亩", "核准亩数": "亩", "tbmj": "m2"}
)
"""Words that say their unit themselves; TBMJ of the land survey is in m²."""


def synonyms_of(contract: Contract) -> Iterator[tuple[str, str]]:
    """Go through the words for the columns of a layer, the best first.

    Word in the form in which headings are compared (its unit taken off), and the column.

    >>> from layers.contracts import CONTRACTS
    >>> ("dkbh", "parcel_id") in set(synonyms_of(CONTRACTS["land_parcels"]))
    True
    """
    tables: tuple[Mapping[str, str], ...] = (LAYER_SYNONYMS.get(contract.name, {}), COMMON)
    used: set[str] = set()
    for table in tables:
        for column, words in table.items():
            if column not in contract.columns:
                continue
            for word in words.split():
                bare = "".join(word.casefold().split())
                if bare not in used:
                    used.add(bare)
                    yield bare, column
    for column in contract.columns:
        bare = split_heading(contract.field(column).zh)[0]
        if bare not in used:
            used.add(bare)
            yield bare, column
    keys = key_columns(contract)
    for word in ANYWHERE_KEY.split():
        yield word, keys[0]
    if "name" in contract.columns:
        for word in ANYWHERE_NAME.split():
            yield word, "name"


KEEP = "-"
"""Stated for a column that is to stay as it is, whatever its name is taken for."""


@dataclass(frozen=True)
class LastTime:
    """What was stated for a file of the same columns before.

    ``mapping``: File column -> vocabulary column, or ``-`` for one that was kept as it is.
    ``at``: When (ISO), empty where there was no such file.
    """

    mapping: Mapping[str, str]
    at: str

    def still_valid(
        self, current: Mapping[str, str], columns: Collection[str], known: Collection[str]
    ) -> dict[str, str]:
        """Give what still holds beside what is stated now.

        File column -> vocabulary column, or ``-``.
        """
        used = {target for target in current.values() if target != KEEP}
        return {
            column: target
            for column, target in self.mapping.items()
            if column in columns and column not in current and target not in used
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
        record = json.loads(text or "")
        return LastTime({str(c): str(t) for c, t in record["mapping"].items()}, str(record["at"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return NEVER


def remember_mapping(
    edit: WorkspaceEdit, layer: str, columns: Sequence[str], mapping: Mapping[str, str], at: str
) -> None:
    """Keep what was stated for a file of these columns.

    ``layer, columns``: As in ``recall_mapping``.
    ``mapping``: File column -> vocabulary column, or ``-``.
    ``at``: When (ISO).
    """
    text = json.dumps({"mapping": dict(mapping), "at": at}, ensure_ascii=False)
    edit.remember(_key(layer, columns), text)


def _key(layer: str, columns: Sequence[str]) -> str:
    names = json.dumps(sorted(columns), ensure_ascii=False)
    return f"columns:{layer}:{hashlib.sha256(names.encode()).hexdigest()}"


COLUMNS_SHOWN = 12


@dataclass(frozen=True)
class ColumnPlan:
    """What becomes of each column of a file.

    ``targets``: File column -> name in the workspace, in the file's order.
    ``evidence``: What was stated, recognised and kept.
    """

    targets: Mapping[str, str]
    evidence: tuple[Evidence, ...]


def plan_columns(
    columns: Sequence[str],
    contract: Contract,
    mapping: Mapping[str, str],
    last_time: LastTime = NEVER,
) -> ColumnPlan:
    """Decide what becomes of each column of a file.

    ``columns``: The file's columns, without the shape.
    ``mapping``: Stated: file column -> vocabulary column, or ``-`` to keep it as it is.

    Stated columns as stated; then those of last time; then those that bear a vocabulary name of the
    contract, its heading or a synonym; the rest under ``src_<name>``.

    Raises LayerError: ``target_unknown``, ``source_column_unknown``, ``target_twice``,
    ``key_column_missing``.
    """
    _check_mapping(columns, contract, mapping)
    evidence = [
        Evidence.of("column_stated", column=c, target=t) if t != KEEP else
        Evidence.of("column_stated_kept", column=c)
        for c, t in mapping.items()
    ]  # fmt: skip
    before = last_time.still_valid(mapping, columns, contract.columns)
    evidence += [
        Evidence.of("column_as_last_time", column=c, target=t, at=last_time.at[:10])
        for c, t in before.items()
        if t != KEEP
    ]
    targets = recognised_columns(columns, contract, {**mapping, **before})
    evidence += [
        Evidence.of("column_recognised", column=column, target=target)
        for column, target in targets.items()
        if column not in mapping and column not in before and column != target
    ]
    missing = [key for key in key_columns(contract) if key not in targets.values()]
    if missing:
        raise LayerError(
            "key_column_missing", layer=contract.name, column=missing[0], target=missing[0],
            columns=", ".join(columns[:COLUMNS_SHOWN]),
        )  # fmt: skip
    kept = unmapped_names([column for column in columns if column not in targets])
    evidence += [
        Evidence.of("column_kept", column=column, kept_as=name) for column, name in kept.items()
    ]
    everything = targets | kept
    return ColumnPlan({column: everything[column] for column in columns}, tuple(evidence))


def recognised_columns(
    columns: Sequence[str], contract: Contract, mapping: Mapping[str, str]
) -> dict[str, str]:
    """Recognise the columns that bear a vocabulary name of the contract, its heading or a synonym.

    Parameters
    ----------
    columns
        The file's columns, without the shape.
    contract
        What the layer must be.
    mapping
        Stated: file column -> vocabulary column, or ``-`` to keep it as it is.

    Returns
    -------
    dict
        The stated columns, then the recognised ones: file column -> vocabulary column.
    """
    targets = {column: target for column, target in mapping.items() if target != KEEP}
    free = [column for column in columns if column not in mapping]
    for form in (lambda name: name, str.casefold, plain_title):
        names = _known_names(contract, form)
        for column in free:
            target = names.get(form(column))
            if target is None or column in targets or target in targets.values():
                continue
            targets[column] = target
    return targets | _by_synonyms(free, contract, targets)


def _by_synonyms(
    columns: Sequence[str], contract: Contract, targets: Mapping[str, str]
) -> dict[str, str]:
    """Recognise columns by the words offices use; the better word wins, not the first column."""
    bare: dict[str, str] = {}
    for column in columns:
        if column not in targets:
            bare.setdefault(split_heading(column)[0], column)
            bare.setdefault("".join(plain_title(column).split()), column)
    more: dict[str, str] = {}
    for word, target in synonyms_of(contract):
        column_of_word = bare.get(word)
        if (
            column_of_word is None
            or column_of_word in more
            or target in {*targets.values(), *more.values()}
        ):
            continue
        unit = heading_unit(column_of_word)
        if unit is not None and unit_factor(unit, contract.field(target).unit) is None:
            continue
        more[column_of_word] = target
    return more


def heading_unit(column: str) -> str | None:
    """Give the unit that the heading of a column names, None where it names none."""
    bare, unit = split_heading(column)
    return UNITS_OF_WORDS.get(bare) if unit is None else unit


def rename_columns(frame: pd.DataFrame, plan: ColumnPlan) -> pd.DataFrame:
    """Give a file's rows the names planned; what the vocabulary doesn't know stays readable.

    Same rows and shapes; kept columns are numbers where the file has numbers, else text.
    """
    columns: dict[str, pd.Series] = {}
    for column, target in plan.targets.items():
        values = frame[column]
        columns[target] = unmapped_values(values) if target.startswith(SOURCE_PREFIX) else values
    renamed = pd.DataFrame(columns, index=frame.index)
    if isinstance(frame, gpd.GeoDataFrame):
        renamed = gpd.GeoDataFrame(renamed, geometry=frame.geometry, crs=frame.crs)
    return renamed


def convert_headings(
    frame: pd.DataFrame, plan: ColumnPlan, contract: Contract
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Turn figures into the vocabulary's unit where their heading names another one.

    ``frame``: Rows with the vocabulary's column names.

    The rows, values that are no numbers untouched, and what was done. Declared areas aren't
    touched: see ``declared_areas``.
    """
    notes = []
    for column, target in plan.targets.items():
        unit = heading_unit(column)
        if target not in contract.columns or target == DECLARED or unit is None:
            continue
        factor = unit_factor(unit, contract.field(target).unit)
        if factor is None or factor == 1.0:
            continue
        numbers = as_numbers(frame[target]) * factor
        values = frame[target].astype("object").where(numbers.isna(), numbers)
        frame = frame.assign(**{target: values})
        notes.append(
            Evidence.of(
                "heading_unit", column=column, unit=unit, target=target,
                count=int(numbers.notna().sum()),
            )
        )  # fmt: skip
    return frame, tuple(notes)


def _check_mapping(columns: Sequence[str], contract: Contract, mapping: Mapping[str, str]) -> None:
    source_of: dict[str, str] = {}
    for column, target in mapping.items():
        if target not in contract.columns and target != KEEP:
            raise LayerError(
                "target_unknown", layer=contract.name, target=target,
                nearest=nearest_name(target, contract.columns),
            )  # fmt: skip
        if column not in columns:
            raise LayerError(
                "source_column_unknown", column=column, nearest=nearest_name(column, columns)
            )
        if target == KEEP:
            continue
        if target in source_of:
            raise LayerError("target_twice", target=target, first=source_of[target], second=column)
        source_of[target] = column


def _known_names(contract: Contract, form: object) -> dict[str, str]:
    """Map each form of a name or heading that stands for one column only to that column."""
    assert callable(form)
    names: dict[str, set[str]] = {}
    for name in contract.columns:
        entry = contract.field(name)
        spellings = {
            name, entry.zh, entry.en, field_title(entry, "zh"), field_title(entry, "en"),
            f"{entry.en} ({entry.unit})",
        }  # fmt: skip
        for spelling in spellings:
            names.setdefault(form(spelling), set()).add(name)
    unambiguous = {spelling: min(owners) for spelling, owners in names.items() if len(owners) == 1}
    # A vocabulary name is never ambiguous, even where it is another column's English word.
    return unambiguous | {form(name): name for name in contract.columns}
