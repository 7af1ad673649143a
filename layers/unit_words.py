"""Units of measure in the language of a reader; 亩 stays 亩 in English too."""

from types import MappingProxyType
from typing import Literal

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
