"""Which font writes Chinese on maps, whatever the machine has installed."""

from functools import lru_cache
from importlib import resources

from PIL import ImageFont


@lru_cache(maxsize=32)
def map_font(size_px: int) -> ImageFont.FreeTypeFont:
    """Load the map's font, which comes with a dependency.

    Parameters
    ----------
    size_px
        Height of the letters [px].

    Returns
    -------
    FreeTypeFont
        Noto Sans SC.
    """
    file = resources.files("pylopdf_fonts_zh_cn").joinpath("NotoSansSC-Regular.otf")
    with resources.as_file(file) as path:
        return ImageFont.truetype(str(path), size_px)
