"""Codes and names of land uses in the schemes in use, and which of them are the same.

The digits of one scheme mean another thing in the other: ``1001`` is 工业用地 in the planning guide
and 铁路用地 in the land survey. Only the uses that lists of supply name are held here; a code or a
word that isn't is left as it is.

Sources: 国土空间调查、规划、用途管制用地用海分类指南 (自然资发〔2023〕234号), GB/T 21010-2017.
"""

from types import MappingProxyType

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
SURVEY_BY_NAME = MappingProxyType({name: code for code, name in SURVEY.items()})
