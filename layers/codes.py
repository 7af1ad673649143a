"""Code lists with their words."""

from types import MappingProxyType

Codes = MappingProxyType[str, tuple[str, str]]


def _codes(**words: tuple[str, str]) -> Codes:
    return MappingProxyType(words)


ZONE_LEVELS = _codes(
    national=("国家级", "national"),
    provincial=("省级", "provincial"),
    municipal=("市级", "municipal"),
    county=("县级", "county"),
)
PARCEL_STATES = _codes(
    planned=("规划", "planned"),
    approved=("已批", "approved"),
    cleared=("净地", "cleared, net land"),
    listed=("可供", "listed for supply"),
    supplied=("已供", "supplied"),
    under_construction=("在建", "under construction"),
    in_production=("投产", "in production"),
    approved_not_supplied=("批而未供", "approved, not supplied"),
    supplied_not_used=("供而未用", "supplied, not used"),
    idle=("闲置", "idle"),
    inefficient=("低效", "inefficient"),
    withdrawn=("退出", "withdrawn"),
    unknown=("未知", "unknown"),
)
DISPOSITIONS = _codes(
    sub_park=("分区（分园）", "sub-park of a platform"),
    exiting=("退出园区", "exiting park"),
    unclassified=("未分类", "unclassified"),
)
BARRIER_CLASSES = _codes(
    expressway=("高速公路", "expressway"),
    railway=("铁路", "railway"),
    trunk_road=("主干路", "trunk road"),
    trunk_river=("骨干河道", "trunk river"),
    lane=("支路", "lane"),
    ditch=("沟渠", "ditch"),
)
ADJACENCIES = _codes(join=("连片", "joined"), part=("不连片", "parted"))
CONSTRAINT_KINDS = _codes(
    permanent_farmland=("永久基本农田", "permanent basic farmland"),
    ecological_redline=("生态保护红线", "ecological redline"),
    urban_growth_boundary=("城镇开发边界", "urban growth boundary"),
    industrial_control_line=("工业用地控制线", "industrial land control line"),
    river_management=("河道管理范围", "river management zone"),
    pipeline=("管线走廊", "pipeline corridor"),
    cultural_relic=("文物保护范围", "cultural relic protection"),
    drinking_water=("饮用水源一级保护区", "first-class drinking-water protection zone"),
    power_corridor=("高压走廊", "power-line corridor"),
    geohazard=("地质灾害中高易发区", "area prone to geological hazards"),
    other=("其他", "other"),
)
AREA_BASES = _codes(
    ellipsoidal=("图形（椭球）", "shape (ellipsoidal)"), registered=("登记面积", "registered area")
)
COVERED_LAYERS = _codes(
    constraints=("管控要素", "constraints"),
    land_parcels=("地块", "land parcels"),
    barriers=("阻隔要素", "barriers"),
    facilities=("配套设施", "facilities"),
    enterprises=("企业", "enterprises"),
    element_allotments=("要素配置", "element allotments"),
    element_quotas=("要素指标", "element quotas"),
    platform_indicators=("平台指标", "platform indicators"),
    enterprise_indicators=("企业指标", "enterprise indicators"),
    projects=("项目", "projects"),
    project_events=("项目事件", "project events"),
    targets=("目标任务", "targets"),
)
SEVERITIES = _codes(block=("禁止", "block"), warn=("提醒", "warn"), info=("提示", "information"))
UTILITIES = _codes(
    road=("通路", "road"),
    water=("给水", "water"),
    sewer=("污水", "sewer"),
    storm=("雨水", "storm drain"),
    power=("通电", "power"),
    telecom=("通信", "telecom"),
    gas=("燃气", "gas"),
    heat=("热力", "heat"),
    broadband=("宽带", "broadband"),
    catv=("有线电视", "cable tv"),
    levelled=("平整", "levelled"),
)
ELEMENTS = _codes(
    land=("用地", "land"), energy=("用能", "energy"), emission=("排放权", "emission rights")
)
CATEGORIES = _codes(
    industry=("工业", "industry"),
    logistics=("物流仓储", "logistics"),
    research=("研发", "research"),
    service=("服务业", "services"),
    tourism=("文旅", "culture and tourism"),
    health=("康养", "health and care"),
    agriculture=("农业", "agriculture"),
    commerce=("商业", "commerce"),
    infrastructure=("基础设施", "infrastructure"),
    real_estate=("房地产", "real estate"),
    hotel=("宾馆酒店", "hotel"),
    commercial_complex=("城市商业综合体", "commercial complex"),
    letting_platform=("二次招商平台", "platform that lets to others"),
)
STAGES = _codes(
    in_talks=("在谈", "in talks"),
    signed=("签约", "signed"),
    registered=("注册（备案）", "registered"),
    started=("开工", "started"),
    in_production=("投产", "in production"),
    ended=("终止", "ended"),
)
LAND_LISTS = _codes(
    supply=("连片可供土地", "contiguous land ready for supply"),
    reserve=("连片净地储备", "reserve of contiguous net land"),
)
EVENT_KINDS = _codes(
    first_report=("首报", "first report"),
    talks_renewed=("首谈续期", "first talks renewed"),
    listed=("列入清单", "listed"),
    signing_report=("签约报备", "signing filed"),
    signed=("签约", "signed"),
    agreement=("具约束力协议", "binding agreement"),
    registered=("注册（备案）", "registered"),
    project_code=("取得项目代码", "project code"),
    land_permit=("取得用地许可", "land-use permit"),
    drawings=("完成施工图设计", "construction drawings"),
    construction_permit=("取得施工许可", "construction permit"),
    started=("开工", "started"),
    resumed=("复工", "works resumed"),
    production=("投产", "production"),
    completed=("竣工", "works completed"),
    matched=("对接", "matched"),
    lead=("项目信息", "lead"),
    planned=("谋划", "planned"),
    intent=("达成意向", "intent stated"),
    feasibility=("分管领导论证", "feasibility argued"),
    approval_form=("填报落地审批表", "approval form filed"),
    review_panel=("研判小组会议", "review panel"),
    task_force=("组建洽谈专班", "task force for the talks"),
    leading_group=("领导小组会议", "leading group"),
    access_assessment=("统一准入评估", "access assessment"),
    expert_review=("专家评估", "expert review"),
    collective_decision=("集体商议", "collective decision"),
    final_decision=("主要负责人审定", "decided by the head"),
    head_consent=("主要负责人同意", "consented to by the head"),
    deputy_review=("分管负责人审核", "reviewed by the deputy head"),
    executive_meeting=("政府办公会议", "executive meeting"),
    party_committee=("党委常委会", "standing committee"),
    approved=("审批同意", "approved"),
    energy_review=("能评", "energy review"),
    environment_review=("环评审批", "environmental approval"),
    project_approval=("项目核准", "project approval"),
    credit=("新增授信", "new credit"),
    central_approval=("集中审批", "centralised approval"),
    list_opinion=("增列（退出）书面意见", "written opinion on the list"),
    list_review=("发改委核报", "list reviewed"),
    list_consent=("市政府同意", "list consented to"),
    list_recorded=("省发改委备案", "list put on record"),
    delisted=("退出清单", "left the list"),
    escalated=("上报市里统筹", "passed on to the city"),
    transferred=("流转", "transferred"),
    node_planned=("计划节点", "node planned"),
    updated=("更新", "update"),
    fields_changed=("字段变更", "fields changed"),
    corrected=("更正", "correction"),
    ended=("终止", "ended"),
)
LAND_USE_SCHEMES = _codes(
    MNR2023=("用地用海分类指南（2023）", "MNR 2023 guide"),
    GBT21010=("GB/T 21010-2017", "GB/T 21010-2017"),
    GB50137=("GB 50137-2011", "GB 50137-2011"),
    local=("地方分类", "local scheme"),
)
INDUSTRY_SCHEMES = _codes(
    GBT4754_2017=("GB/T 4754-2017", "GB/T 4754-2017"),
    GBT4754_2011=("GB/T 4754-2011", "GB/T 4754-2011"),
)
FACILITY_KINDS = _codes(
    expressway_exit=("高速公路出入口", "expressway exit"),
    port=("港口码头", "port"),
    rail_station=("铁路货站", "rail station"),
    substation=("变电站", "substation"),
    treatment_plant=("污水处理厂", "treatment plant"),
)
UNIT_KINDS = _codes(
    county=("县（市、区）", "county-level unit"), functional_zone=("功能区", "functional zone")
)
BOUNDARY_KINDS = _codes(
    managed=("委托管理范围", "managed outline"),
    integrated=("整合提升范围", "integrated outline"),
    planned=("规划范围", "planned outline"),
    schematic=("示意范围", "schematic outline"),
)
BOUNDARY_STATUSES = _codes(
    text_only=("仅文字四至", "text only"),
    sketched=("示意", "sketched"),
    surveyed=("实测", "surveyed"),
    official=("公布", "official"),
)
PARK_KINDS = _codes(
    industrial_park=("镇街工业园区", "town industrial park"),
    industrial_area=("工业片区", "industrial area"),
    feature_town=("特色小镇", "feature town"),
)
APPLIES = _codes(inside=("范围内", "inside"), outside=("范围外", "outside"))
ALLOTMENT_STATUSES = _codes(planned=("计划", "planned"), allotted=("已配置", "allotted"))
INTEGRATION_ROUTES = _codes(
    district_adjustment=("区划调整", "adjustment of districts"),
    holding_company=("控股开发公司", "held development company"),
)
PROJECT_CLASSES = _codes(
    governor=("省长工程", "governor's project"),
    mayor=("市长工程", "mayor's project"),
    county_head=("县长工程", "county head's project"),
    other=("不在工程内", "of none of them"),
)
LEADER_ROLES = _codes(
    city_leader=("市领导", "leader of the city"),
    unit_head=("地方主要负责人", "head of the unit"),
    unit_leader=("地方分管负责人", "deputy head of the unit"),
    department_head=("部门主要负责人", "head of a department"),
)
RESERVE_LEVELS = _codes(city=("市级", "city"), county=("县级", "county"))
EXIT_REASONS = _codes(
    started=("已落地开工", "started"),
    policy_changed=("不再符合产业政策和规划布局", "policy no longer fits"),
    investor_withdrew=("投资主体终止意向", "investor withdrew"),
)


GUIDE = MappingProxyType(
    {
        "01": "耕地", "02": "园地", "03": "林地", "04": "草地", "05": "湿地",
        "06": "农业设施建设用地", "07": "居住用地", "08": "公共管理与公共服务用地",
        "09": "商业服务业用地", "10": "工矿用地", "11": "仓储用地", "12": "交通运输用地",
        "13": "公用设施用地", "14": "绿地与开敞空间用地", "15": "特殊用地", "16": "留白用地",
        "17": "陆地水域", "23": "其他土地",
        "0101": "水田", "0601": "农村道路用地", "0602": "设施农用地", "0802": "科研用地",
        "0901": "商业用地", "0902": "商务金融用地",
        "1001": "工业用地", "100101": "一类工业用地", "100102": "二类工业用地",
        "100103": "三类工业用地", "1002": "采矿用地", "1003": "盐田",
        "1101": "物流仓储用地", "110101": "一类物流仓储用地", "110102": "二类物流仓储用地",
        "110103": "三类物流仓储用地", "1102": "储备库用地",
        "1201": "铁路用地", "1202": "公路用地", "1203": "机场用地", "1204": "港口码头用地",
        "1205": "管道运输用地", "1207": "城镇村道路用地",
        "1301": "供水用地", "1302": "排水用地", "1303": "供电用地", "1304": "供燃气用地",
        "1305": "供热用地", "1306": "通信用地", "1309": "环卫用地", "1310": "消防用地",
        "1311": "水工设施用地", "1401": "公园绿地", "1402": "防护绿地", "1403": "广场用地",
    }
)  # fmt: skip
"""Scheme ``MNR2023``: code -> name."""

SURVEY = MappingProxyType(
    {
        "0101": "水田", "05": "商服用地", "06": "工矿仓储用地", "0601": "工业用地",
        "0602": "采矿用地", "0603": "盐田", "0604": "仓储用地", "07": "住宅用地",
        "08": "公共管理与公共服务用地", "09": "特殊用地", "10": "交通运输用地",
        "1001": "铁路用地", "1003": "公路用地", "1004": "城镇村道路用地", "1006": "农村道路",
        "1007": "机场用地", "1008": "港口码头用地", "1009": "管道运输用地", "1202": "设施农用地",
        "0508": "物流仓储用地",
    }
)  # fmt: skip
"""Scheme ``GBT21010``: code -> name; 0508 stands in the working scheme of the third survey."""

SAME = MappingProxyType(
    {
        "0601": "1001", "0602": "1002", "0603": "1003", "0508": "1101", "1001": "1201",
        "1003": "1202", "1004": "1207", "1006": "0601", "1007": "1203", "1008": "1204",
        "1009": "1205", "0101": "0101", "1202": "0602",
    }
)  # fmt: skip
"""Survey -> guide where one use is exactly one other."""

SEVERAL = MappingProxyType(
    {
        "仓储用地": ("11", "1101", "1102"),
        "工矿仓储用地": ("10", "11"),
        "商服用地": ("09", "0901", "0902"),
        "住宅用地": ("0701", "0702", "0703"),
    }
)
"""Survey names that stand for one of several uses of the guide: only a person can choose.

仓储用地 is also the guide's name of its class 11; in the survey it is one use beside 物流仓储.
"""

GUIDE_BY_NAME = MappingProxyType(
    {name: code for code, name in GUIDE.items() if name not in SEVERAL}
)
