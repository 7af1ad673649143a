"""What a pattern and a point symbol look like in pixels."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from layers.maps.fonts import map_font
from layers.maps.style import Mark, Pattern, rgba

VEIL_SHARE = 0.14
"""Opacity between the strokes of a pattern, as a share of the pattern's own."""
PERIOD_PX = 16
"""Distance of the strokes of a pattern; divides the canvas, so that patterns meet at borders."""


@lru_cache(maxsize=64)
def pattern_image(pattern: Pattern, colour: tuple[int, int, int, int], side_px: int) -> Image.Image:
    """Make the square that fills areas with a pattern.

    Parameters
    ----------
    pattern
        Which pattern.
    colour
        Red, green, blue, alpha of its strokes.
    side_px
        Side [px].

    Returns
    -------
    Image
        RGBA; copy it before painting on it.
    """
    down, right = np.mgrid[0:side_px, 0:side_px]
    rising = (right + down) % PERIOD_PX < 3
    falling = (right - down) % PERIOD_PX < 3
    from_centre = np.hypot(right % PERIOD_PX - 7.5, down % PERIOD_PX - 7.5)
    strokes = {
        "solid": np.ones_like(rising),
        "hatch": rising,
        "back_hatch": falling,
        "cross": rising | falling,
        "dots": from_centre < 2.6,
    }[pattern]
    ink = np.empty((side_px, side_px, 4), dtype=np.uint8)
    ink[...] = colour
    ink[..., 3] = np.where(strokes, colour[3], round(colour[3] * VEIL_SHARE))
    return Image.fromarray(ink, "RGBA")


def paint_symbol(draw: ImageDraw.ImageDraw, x: float, y: float, mark: Mark, scale: float) -> None:
    """Paint the symbol of a point.

    Parameters
    ----------
    draw
        Canvas.
    x, y
        Its centre [px].
    mark
        Its looks.
    scale
        Canvas pixels for one pixel of the style.
    """
    half = mark.size_px * scale / 2
    box = (x - half, y - half, x + half, y + half)
    fill = rgba(mark.fill or "#808080", mark.opacity)
    outline = rgba(mark.stroke) if mark.stroke else None
    width = max(round(mark.width_px * scale), 1)
    if mark.symbol == "square":
        draw.rounded_rectangle(box, radius=half * 0.4, fill=fill, outline=outline, width=width)
    else:
        draw.ellipse(box, fill=fill, outline=outline, width=width)
    if mark.glyph:
        font = map_font(max(round(half * 1.25), 4))
        draw.text((x, y), mark.glyph, font=font, fill=(255, 255, 255, 255), anchor="mm")
