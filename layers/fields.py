"""One entry per column."""

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from geo.tools import plain_name
from layers.codes import (
    ADJACENCIES,
    ALLOTMENT_STATUSES,
    APPLIES,
    AREA_BASES,
    BARRIER_CLASSES,
    BOUNDARY_KINDS,
    BOUNDARY_STATUSES,
    CATEGORIES,
    CONSTRAINT_KINDS,
    COVERED_LAYERS,
    DISPOSITIONS,
    ELEMENTS,
    EVENT_KINDS,
    EXIT_REASONS,
    FACILITY_KINDS,
    INDUSTRY_SCHEMES,
    INTEGRATION_ROUTES,
    LAND_LISTS,
    LAND_USE_SCHEMES,
    LEADER_ROLES,
    PARCEL_STATES,
    PARK_KINDS,
    PROJECT_CLASSES,
    RESERVE_LEVELS,
    SEVERITIES,
    STAGES,
    UNIT_KINDS,
    UTILITIES,
    ZONE_LEVELS,
    Codes,
)

Kind = Literal["text", "int", "float", "bool", "date", "timestamp", "list", "code"]

SOURCE_PREFIX = "src_"
"""Columns of a file that the vocabulary doesn't know are kept under this prefix."""

UNITS = (
    "", "亩", "m²", "m", "万元", "亿元", "万美元", "亿美元", "吨标煤", "吨", "万元/亩", "人", "kWh",
    "%",
)  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One column of the vocabulary.

    ``name``: Column name in workspaces and results.
    ``kind``: What its values are; ``code`` values come from ``values``.
    ``unit``: Unit of measure, empty where there is none.
    ``zh, en``: Meaning, Chinese and English; the Chinese one heads the column in lists.
    ``values``: For codes: each code with its Chinese and English words.
    ``minimum``: Smallest value allowed, None where any is.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    unit: str = ""
    values: Codes = field(default_factory=lambda: MappingProxyType({}))
    minimum: float | None = None


def _field(
    name: str,
    kind: Kind,
    zh: str,
    en: str,
    values: Codes | None = None,
    *,
    unit: str = "",
    minimum: float | None = None,
) -> Field:
    if values is None:
        return Field(name, kind, zh, en, unit, minimum=minimum)
    return Field(name, kind, zh, en, unit, values, minimum)


def _amount(name: str, unit: str, zh: str, en: str, minimum: float | None = 0.0) -> Field:
    return Field(name, "float", zh, en, unit, minimum=minimum)


_IDENTITY = (
    _field("unit_id", "text", "考核单位代码", "unit of assessment"),
    _field("platform_id", "text", "重大平台代码", "platform"),
    _field("boundary_id", "text", "四至区块代码", "approved block"),
    _field("park_id", "text", "园区代码", "park"),
    _field("parcel_id", "text", "地块编号", "parcel"),
    _field("barrier_id", "text", "阻隔要素代码", "barrier"),
    _field("constraint_id", "text", "管控要素代码", "constraint"),
    _field("facility_id", "text", "设施代码", "facility"),
    _field("enterprise_id", "text", "企业代码", "enterprise"),
    _field("allotment_id", "text", "要素配置代码", "allotment"),
    _field("quota_id", "text", "指标代码", "quota"),
    _field("project_id", "text", "项目编号", "project"),
    _field("event_id", "text", "事件编号", "event"),
    _field("target_id", "text", "目标代码", "target"),
    _field("problem_id", "text", "问题编号", "problem"),
    _field("grant_id", "text", "扶持记录编号", "support grant"),
    _field("milestone_id", "text", "节点编号", "milestone code"),
    _field("coverage_id", "text", "资料编号", "statement on data"),
    _field("land_list_id", "text", "清单条目编号", "entry of a list of land"),
    _field("name", "text", "名称", "name"),
    _field("note", "text", "备注", "note"),
    _field("source_doc", "text", "依据文号", "source document"),
)
_PLACE = (
    _field("unit_kind", "code", "单位类别", "kind of unit", UNIT_KINDS),
    _field("level", "code", "级别", "level of the zone", ZONE_LEVELS),
    _field("is_major", "bool", "是否重大平台", "counted among the major platforms"),
    _field("boundary_kind", "code", "范围口径", "which outline is drawn", BOUNDARY_KINDS),
    _field("boundary_status", "code", "四至状态", "state of the outline", BOUNDARY_STATUSES),
    _field("edition", "text", "版本", "edition"),
    _field("edition_on", "date", "版本日期", "date of the edition"),
    _field("register_on", "date", "列入名录日期", "registered on"),
    _field("leading_industries", "list", "主导产业代码", "leading industries"),
    _field("specialty_industries", "list", "特色产业代码", "specialty industries"),
    _field("leading_chains", "list", "领跑产业链", "leading chains of industry"),
    _field("management_bodies", "list", "管理机构", "management bodies"),
    _field("extra_reason", "text", "超额保留理由", "reason for keeping more platforms"),
    _field("extra_review_on", "date", "复核日期", "review date of that reason"),
    _amount("approved_area_mu", "亩", "核准面积", "approved area"),
    _amount("developable_declared_mu", "亩", "申报可开发空间", "declared developable space"),
    _field("town", "text", "镇（街道）", "town or street"),
    _field("park_kind", "code", "园区类别", "kind of park", PARK_KINDS),
    _field("disposition", "code", "整治类型", "disposition", DISPOSITIONS),
    _field("disposition_on", "date", "整治类型认定日期", "disposition decided on"),
    _field("integration_route", "code", "纳入方式", "how it is taken in", INTEGRATION_ROUTES),
    _field("is_baseline", "bool", "列入2018年基数", "counted in the 2018 baseline"),
    _field("is_opted_in", "bool", "特色小镇纳入整合", "feature town opted in"),
    _field("exited_on", "date", "退出日期", "exited on"),
    _field("decision_id", "text", "认定编号", "decision"),
    _field("other_parcel_id", "text", "另一地块编号", "other parcel"),
    _field("adjacency", "code", "认定结果", "decision on adjacency", ADJACENCIES),
    _field("decided_by", "text", "认定人", "decided by"),
    _field("reason", "text", "理由", "reason"),
    _field("decided_on", "date", "认定日期", "decided on"),
    _field("barrier_class", "code", "阻隔类别", "class of barrier", BARRIER_CLASSES),
    _amount("width_m", "m", "宽度", "width"),
    _field("constraint_kind", "code", "管控类别", "kind of constraint", CONSTRAINT_KINDS),
    _field("severity", "code", "管控强度", "severity", SEVERITIES),
    _field("applies", "code", "作用范围", "where the constraint holds", APPLIES),
    _field("effective_from", "date", "生效日期", "in force from"),
    _field("effective_until", "date", "失效日期", "in force until"),
    _field("facility_kind", "code", "设施类别", "kind of facility", FACILITY_KINDS),
    _field("covered_layer", "code", "资料图层", "layer the statement is about", COVERED_LAYERS),
    _field(
        "covered_kind", "code", "资料类别", "kind the statement is about",
        MappingProxyType({**CONSTRAINT_KINDS, **EVENT_KINDS}),
    ),
    _field("data_on", "date", "资料日期", "date of the data"),
    _field("responsible", "text", "资料责任单位", "office responsible for the data"),
)  # fmt: skip
_PARCEL = (
    _field("land_use_code", "text", "用途代码", "land-use code"),
    _field("land_use_scheme", "code", "用途分类标准", "land-use scheme", LAND_USE_SCHEMES),
    _field("state", "code", "地块状态", "state of the parcel", PARCEL_STATES),
    _field("state_on", "date", "状态日期", "date of the state"),
    _field("utilities", "list", "配套条件", "utilities", UTILITIES),
    _amount("area_declared_m2", "m²", "登记面积", "declared area"),
    _field("allowed_industries", "list", "准入行业代码", "industries allowed"),
    _field("far_min", "float", "容积率下限", "least floor-area ratio", minimum=0.0),
    _field("far_max", "float", "容积率上限", "greatest floor-area ratio", minimum=0.0),
    _amount("investment_min_wan_yuan_per_mu", "万元/亩", "投资强度下限", "least investment"),
    _amount("tax_min_wan_yuan_per_mu", "万元/亩", "亩均税收下限", "least tax per 亩"),
    _amount("output_min_wan_yuan_per_mu", "万元/亩", "亩均产出下限", "least output per 亩"),
    _field("is_increment", "bool", "是否新增建设用地", "new construction land"),
    _field("revived_on", "date", "盘活日期", "idle or inefficient land revived on"),
)
_ENTERPRISE = (
    _field("credit_code", "text", "统一社会信用代码", "credit code"),
    _field(
        "parent_credit_code",
        "text",
        "母公司（实际控制人）统一社会信用代码",
        "credit code of the parent (controller)",
    ),
    _field("industry_code", "text", "行业代码", "industry code"),
    _field("industry_scheme", "code", "行业分类标准", "industry scheme", INDUSTRY_SCHEMES),
    _field("is_above_scale", "bool", "是否规上工业", "above scale"),
    _field("is_listed_company", "bool", "是否上市企业", "listed company"),
    _field("is_leading", "bool", "是否链主企业", "leads its chain"),
    _field("is_key_foreign", "bool", "是否重点外资企业", "key foreign firm"),
    _field("contact", "text", "联挂责任人", "contact who looks after it"),
    _amount("foreign_total_wan_usd", "万美元", "外资项目总投资", "total foreign-funded investment"),
    _amount("foreign_contracted_wan_usd", "万美元", "合同外资", "foreign capital contracted"),
    _amount("foreign_paid_in_wan_usd", "万美元", "实到外资", "foreign capital paid in"),
    _amount(
        "foreign_undistributed_wan_yuan",
        "万元",
        "外方股东未分配利润",
        "profit of foreign shareholders not distributed",
    ),
    _field("founded_on", "date", "成立日期", "founded on"),
    _field("land_supplied_on", "date", "供地日期", "land supplied on"),
    _amount("land_in_use_mu", "亩", "用地面积", "land in use"),
    _amount("output_wan_yuan", "万元", "工业总产值", "gross output"),
    _amount("value_added_wan_yuan", "万元", "工业增加值", "value added", None),
    _amount("revenue_wan_yuan", "万元", "主营业务收入", "revenue", None),
    _amount("tax_wan_yuan", "万元", "税收", "tax paid in", None),
    _amount("rd_wan_yuan", "万元", "研发经费", "R&D expenditure"),
    _amount("investment_wan_yuan", "万元", "固定资产投资", "fixed-asset investment"),
    _amount("electricity_kwh", "kWh", "用电量", "electricity"),
    _amount("energy_tce", "吨标煤", "综合能耗", "energy"),
    _amount("emission_t", "吨", "污染物排放量", "emissions"),
    _amount("employees", "人", "从业人数", "employees"),
)
_PLATFORM_FIGURES = (
    _field("year", "int", "年度", "year", minimum=1990),
    _field("period", "text", "期间", "period (2024 or 2024Q1)"),
    _amount("value_added_yi_yuan", "亿元", "规上工业增加值", "above-scale value added", None),
    _amount("output_yi_yuan", "亿元", "规上工业总产值", "above-scale gross output"),
    _amount("tax_yi_yuan", "亿元", "规上工业税收", "above-scale tax", None),
    _amount("revenue_yi_yuan", "亿元", "规上工业营业收入", "above-scale revenue", None),
    _amount("rd_yi_yuan", "亿元", "研发经费", "R&D expenditure"),
    _amount("hightech_value_added_yi_yuan", "亿元", "高新技术产业增加值", "high-tech value added"),
    _amount("above_scale_land_mu", "亩", "规上工业用地", "land used by above-scale firms"),
    _field("hightech_firms", "int", "国家级高新技术企业数", "national high-tech firms", minimum=0),
    _field("rd_centres", "int", "技术研发中心数", "R&D centres", minimum=0),
    _field("academician_stations", "int", "院士工作站数", "academician stations", minimum=0),
)
_ELEMENT = (
    _field("element", "code", "要素", "element", ELEMENTS),
    _field("pollutant", "text", "污染物", "pollutant"),
    _field("allotted_on", "date", "配置日期", "allotted on"),
    _field("allotment_status", "code", "配置状态", "status", ALLOTMENT_STATUSES),
    _field("is_industrial", "bool", "是否产业项目", "for an industrial project"),
    _field("declared_inside", "bool", "申报在省级以上园区内", "declared inside a zone"),
    _amount("land_mu", "亩", "用地数量", "land"),
    _field("parcel_ids", "list", "所用地块", "parcels taken from"),
)
_PROJECT = (
    _field("investor_name", "text", "投资主体", "investor"),
    _field("category", "code", "项目类别", "category", CATEGORIES),
    _field("product", "text", "主要产品", "main product"),
    _field("is_expansion", "bool", "是否一般性产能扩张", "general expansion of capacity"),
    _amount("investment_yi_yuan", "亿元", "总投资", "investment"),
    _amount("investment_yi_usd", "亿美元", "总投资（美元）", "investment in USD"),
    _field(
        "investment_stated",
        "text",
        "总投资（其他币种，原文）",
        "investment in another currency, as stated",
    ),
    _amount("land_min_mu", "亩", "最低用地", "least land"),
    _amount("land_ideal_mu", "亩", "理想用地", "ideal land"),
    _amount("land_max_mu", "亩", "最高用地", "most land"),
    _amount("width_min_m", "m", "最小宽度", "least width"),
    _amount("frontage_min_m", "m", "最小临路长度", "least frontage on roads"),
    _field("far", "float", "容积率", "floor-area ratio promised", minimum=0.0),
    _field("emissions_t", "list", "各污染物排放量（污染物:吨）", "emissions (pollutant:t)"),
    _field(
        "facilities_max_km", "list", "距设施最远距离（设施:公里）", "farthest facilities (kind:km)"
    ),
    _field("start_planned_on", "date", "计划开工日期", "start planned on"),
    _field("land_use_codes", "list", "可用用途代码", "land uses that fit"),
    _field("utilities_needed", "list", "所需配套", "utilities needed", UTILITIES),
    _field("preferred_units", "list", "意向单位", "preferred units"),
    _field("excluded_units", "list", "排除单位", "excluded units"),
    _field("stage", "code", "阶段", "stage", STAGES),
    _field("started_on", "date", "开工日期", "started on"),
)
_PIPELINE = (
    _field("project_code", "text", "项目代码", "project code"),
    _field("phase_of", "text", "所属总项目", "project it is a phase of"),
    _field("project_class", "code", "工程类别", "class of the project", PROJECT_CLASSES),
    _field("is_fortune_500", "bool", "是否世界500强投资", "invested by a Fortune 500 firm"),
    _field("is_frontier", "bool", "是否未来产业、前沿科技", "future industry, frontier technology"),
    _field("is_representative", "bool", "是否具有代表性、引领性", "representative and leading"),
    _field("is_mid_high_end", "bool", "是否三链中高端", "mid-to-high end of its chains"),
    _field("is_special_policy", "bool", "是否一事一议财政扶持", "case-by-case fiscal support"),
    _field("is_flagship", "bool", "是否“龙头”项目", "flagship of its county"),
    _field("is_landmark", "bool", "是否“标志性”项目", "landmark of its department"),
    _field("is_confidential", "bool", "是否限制知晓范围", "known to few"),
    _field("reserve_level", "code", "储备库级别", "level of the reserve", RESERVE_LEVELS),
    _field("department", "text", "牵头部门", "department in charge"),
    _field("leader", "text", "牵头（包保）领导", "leader in charge"),
    _field("leader_role", "code", "牵头领导类别", "role of that leader", LEADER_ROLES),
    _field("secretary", "text", "项目秘书", "project secretary"),
    _field("action_map", "text", "作战图", "map of action"),
    _field("service_team", "text", "服务小组", "service team"),
    _field("is_secretary_contact", "bool", "是否党委主要领导联系", "the party secretary's"),
)
_LEDGER = (
    _field("exit_reason", "code", "退出清单原因", "why it left the list", EXIT_REASONS),
    _field("event_kind", "code", "事件类别", "kind of event", EVENT_KINDS),
    _field("event_on", "date", "发生日期", "date of the event"),
    _field("entered_at", "timestamp", "录入时间", "time of entry"),
    _field("entry_seq", "int", "录入序号", "sequence of entry", minimum=1),
    _field("actor", "text", "录入人", "entered by"),
    _field("detail", "text", "内容", "details"),
    _field("planned_kind", "code", "计划的节点", "node planned", EVENT_KINDS),
    _field("planned_on", "date", "计划日期", "planned for"),
    _field("corrects", "text", "更正的事件", "event corrected"),
    _field("corrected_on", "date", "更正后日期（空为撤销）", "its right date, none: withdrawn"),
    _field("previous_sha256", "text", "前一条校验值", "hash of the entry before"),
    _field("row_sha256", "text", "本条校验值", "hash of the entry"),
    _field("indicator", "text", "指标", "indicator"),
    _field("target_value", "float", "目标值", "target value"),
    _field("actual_value", "float", "实际完成值", "value reached"),
    _field("measure_unit", "text", "计量单位", "unit of measure"),
    _field("found_on", "date", "发现日期", "found on"),
    _field("filed_on", "date", "上报日期", "filed on"),
    _field("sent_on", "date", "交办日期", "sent out on"),
    _field("met_on", "date", "会商日期", "meeting on"),
    _field("resolved_on", "date", "办结日期", "resolved on"),
    _field("granted_on", "date", "扶持日期", "granted on"),
    _field("listed_on", "date", "清单日期", "day of the list"),
    _field("list_kind", "code", "清单类别", "kind of list", LAND_LISTS),
    _amount("listed_mu", "亩", "清单面积", "area on the list"),
    _field("policy", "text", "扶持政策", "policy"),
    _amount("grant_wan_yuan", "万元", "扶持金额", "amount granted"),
    _field("milestone", "text", "工作节点", "milestone"),
    _field("due_on", "date", "应完成日期", "due on"),
    _field("done_on", "date", "完成日期", "done on"),
)
_ANSWERS = (
    _field("block_id", "text", "连片编号", "block"),
    _field("site_id", "text", "选址编号", "site"),
    _amount("area_mu", "亩", "面积（椭球）", "ellipsoidal area"),
    _amount("area_m2", "m²", "面积（椭球）", "ellipsoidal area"),
    _amount("planar_area_mu", "亩", "面积（平面）", "planar area"),
    _amount("legal_mu", "亩", "法定面积", "legal area"),
    _field("area_basis", "code", "面积依据", "basis of the legal area", AREA_BASES),
    _amount("declared_area_mu", "亩", "登记面积合计", "sum of declared areas"),
    _field("parcel_count", "int", "地块数", "number of parcels"),
    _amount("slope_mean_pct", "%", "平均坡度", "mean slope"),
    _field("steep_share", "float", "坡度大于15%占比", "share steeper than 15 %", minimum=0.0),
    _field(
        "slope_covered_share", "float", "有坡度数据占比", "share with a known slope", minimum=0.0
    ),
    _amount("flood_depth_max_m", "m", "最大淹没水深", "greatest flood depth"),
    _field("flooded_share", "float", "淹没占比", "share under flood water", minimum=0.0),
    _field(
        "flood_covered_share",
        "float",
        "有淹没数据占比",
        "share with a known flood depth",
        minimum=0.0,
    ),
    _field("is_on_200_list", "bool", "列入200亩储备", "on the 200 亩 reserve list"),
    _field("rank", "int", "排名", "rank"),
    _field("score", "float", "得分", "score"),
    _field("quadrant", "text", "象限", "quadrant"),
    _amount("output_wan_yuan_per_mu", "万元/亩", "亩均产出", "output per 亩"),
    _amount("tax_wan_yuan_per_mu", "万元/亩", "亩均税收", "tax per 亩"),
    _amount("output_land_mu", "亩", "产出对应用地", "land that the output stands over"),
    _amount("tax_land_mu", "亩", "税收对应用地", "land that the tax stands over"),
    _field("output_coverage_share", "float", "产出数据覆盖率", "part of rows with output and land"),
    _field("tax_coverage_share", "float", "税收数据覆盖率", "part of rows with tax and land"),
    _field("row_count", "int", "涉及行数", "rows taken together"),
    _field("tax_rank", "int", "税收排名", "rank by tax"),
    _field("span", "text", "统计口径", "one year, or cumulative"),
    _field("boundary_basis", "text", "范围依据", "outline in use, or approved"),
    _field("unit", "text", "计量单位", "unit of measure of the figures beside it"),
    _field("inside", "float", "园区内数量", "inside provincial-or-higher zones"),
    _field("total", "float", "总量", "total"),
    _field("share", "float", "占比", "share inside"),
    _field("share_low", "float", "占比下限", "least the share can be"),
    _field("share_high", "float", "占比上限", "most the share can be"),
    _field("threshold", "float", "阈值", "threshold"),
    _field("outcome", "text", "结论", "outcome"),
    _field("headroom", "float", "园区外余量", "what may still go outside"),
    _field("need_inside", "float", "园区内需补", "what must go inside to reach the share"),
    _field("planned_share", "float", "计入计划后占比", "share with what is planned", minimum=0.0),
    _field("repair_share", "float", "调整后占比", "share after the moves", minimum=0.0),
    _field("repair_allotment_ids", "list", "需改到园区内的计划配置", "planned allotments to move"),
    _field("basis_differs", "bool", "两种范围结论不同", "outcome differs by outline"),
    _field("declared_but_outside", "list", "申报在内实际在外", "declared inside, lies outside"),
    _field("open_points", "list", "待补信息", "what isn't known"),
    _field("allotment_ids", "list", "涉及要素配置", "allotments taken together"),
    _field("row_version", "text", "行版本", "row version"),
)

FIELDS: MappingProxyType[str, Field] = MappingProxyType(
    {
        entry.name: entry
        for group in (
            _IDENTITY, _PLACE, _PARCEL, _ENTERPRISE, _PLATFORM_FIGURES, _ELEMENT, _PROJECT,
            _PIPELINE, _LEDGER, _ANSWERS,
        )
        for entry in group
    }
)  # fmt: skip
"""Every field by its name."""


POLLUTANTS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "化学需氧量": ("COD", "CODcr"),
        "氨氮": ("NH3-N", "NH3N", "NH4-N"),
        "总氮": ("TN",),
        "总磷": ("TP",),
        "二氧化硫": ("SO2", "SO₂"),
        "氮氧化物": ("NOx", "NO2", "NO₂"),
        "VOCs": ("VOC", "挥发性有机物", "非甲烷总烃", "NMHC"),
        "烟粉尘": ("烟（粉）尘", "颗粒物", "粉尘", "烟尘", "PM", "TSP"),
    }
)
"""Pollutants by the name they go by here, with other names for the same."""

_POLLUTANT_OF = {
    plain_name(name): pollutant for pollutant, names in POLLUTANTS.items()
    for name in (pollutant, *names)
}  # fmt: skip


def pollutant_name(text: str | None) -> str | None:
    """Give a pollutant the one name it goes by: offices write NOx and 氮氧化物 for the same.

    ``text``: As written, None where it is missing.

    Another pollutant stays as written, without blanks at its ends.

    >>> pollutant_name(" nox "), pollutant_name("氨 氮"), pollutant_name("汞"), pollutant_name(None)
    ('氮氧化物', '氨氮', '汞', None)
    """
    if text is None or not text.strip():
        return None
    return _POLLUTANT_OF.get(plain_name(text), text.strip())


def split_list(text: object) -> tuple[str, ...]:
    """Divide a list column's text into its items.

    Parameters
    ----------
    text
        ``a;b`` (full-width ；、， and the half-width comma are taken too), or a missing value.

    Returns
    -------
    tuple of str
        The items, blanks left out.

    Examples
    --------
    >>> split_list("C38; C39、C40"), split_list(None)
    (('C38', 'C39', 'C40'), ())
    """
    if not isinstance(text, str):
        return ()
    return tuple(item.strip() for item in re.split(r"[;；,，、]", text) if item.strip())


ENGLISH = MappingProxyType(
    {
        "万元": "10k yuan", "亿元": "100m yuan", "亿美元": "100m USD", "吨标煤": "tce", "吨": "t",
        "万元/亩": "10k yuan/亩", "人": "people", "个": "number", "家": "number", "项": "items",
        "次/月": "times a month", "次/双周": "times a fortnight", "次/季": "times a quarter",
        "次/周": "times a week", "位": "digits", "年": "years", "级": "levels",
        "日": "day of the month", "月": "months", "天": "days", "期": "phases",
        "工作日": "working days",
    }
)  # fmt: skip


def unit_in(unit: str, language: Literal["zh", "en"]) -> str:
    """Give a unit of measure in a language.

    Parameters
    ----------
    unit
        Unit of a column or rule, in Chinese or as a symbol.
    language
        ``zh`` or ``en``.

    Returns
    -------
    str
        The unit; as it is where it needs no words.

    Examples
    --------
    >>> unit_in("亿元", "en"), unit_in("亿元", "zh"), unit_in("m²", "en")
    ('100m yuan', '亿元', 'm²')
    """
    return ENGLISH.get(unit, unit) if language == "en" else unit
