"""What offices call the columns of the vocabulary: Chinese headings, survey and GIS field names.

One table for all layers. A word means a column only in a layer that has it; where a word would
mean two, the layer's own list goes first. Within a list the earlier word is the better one.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from layers.contracts import Contract, key_columns
from layers.exchange.heading_units import split_heading

OWN: MappingProxyType[str, MappingProxyType[str, str]] = MappingProxyType(
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

    Parameters
    ----------
    contract
        What the layer must be.

    Yields
    ------
    word, column
        Word in the form in which headings are compared (its unit taken off), and the column.

    Examples
    --------
    >>> from layers.contracts import CONTRACTS
    >>> ("dkbh", "parcel_id") in set(synonyms_of(CONTRACTS["land_parcels"]))
    True
    """
    tables: tuple[Mapping[str, str], ...] = (OWN.get(contract.name, {}), COMMON)
    taken: set[str] = set()
    for table in tables:
        for column, words in table.items():
            if column not in contract.columns:
                continue
            for word in words.split():
                bare = "".join(word.casefold().split())
                if bare not in taken:
                    taken.add(bare)
                    yield bare, column
    for column in contract.columns:
        bare = split_heading(contract.field(column).zh)[0]
        if bare not in taken:
            taken.add(bare)
            yield bare, column
    keys = key_columns(contract)
    for word in ANYWHERE_KEY.split():
        yield word, keys[0]
    if "name" in contract.columns:
        for word in ANYWHERE_NAME.split():
            yield word, "name"
