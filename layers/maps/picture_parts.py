"""What stands around the map in a picture: title, demo mark, legend, scale bar, north, sources."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from layers.maps.fonts import map_font
from layers.maps.legend import HEIGHT_PX, WIDTH_PX, Language, LegendSection

GROUND = "#FAFAF7"
INK, GREY, RED = "#1E1E1E", "#595959", "#C00000"
PAPER = (255, 255, 255, 225)
EDGE, TITLE, PANEL = 14, 20, 200
"""Margin, letters of the title, width of the legend [px of the style]."""
SMALL = 10
LEGEND_SIZES = (11.0, 10.0, 9.0, 8.0, 7.0)
"""Letters tried for the legend, until all of it has room."""
SOURCE_LINES = 3


@dataclass(frozen=True)
class PictureWords:
    """What is written on a picture, in one language.

    Attributes
    ----------
    title
        Stands above the map.
    sources
        Line below the map: data, as-of date, version.
    demo
        Mark of synthetic data, empty for real data.
    legend, north
        Heading of the legend, letter of the north arrow.
    more
        Stands at the end of a legend that has no room for all, with ``{count}``.
    language
        Of the legend.
    """

    title: str
    sources: str
    demo: str
    legend: str
    north: str
    more: str
    language: Language


def frame_of(
    size_px: tuple[int, int], words: PictureWords, scale: float
) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """Lay out the sheet and write what stands above and below the map.

    Parameters
    ----------
    size_px
        Width and height of the sheet [px].
    words
        What is written.
    scale
        Pixels for one pixel of the style.

    Returns
    -------
    image
        The sheet (RGB).
    inner
        Left, top, right, bottom [px] of the map on it.
    """
    image = Image.new("RGB", size_px, "white")
    draw = ImageDraw.Draw(image)
    edge, width = round(EDGE * scale), size_px[0]
    title, small = map_font(round(TITLE * scale)), map_font(round(SMALL * scale))
    mark_width = 0.0
    if words.demo:
        mark_width = title.getlength(words.demo) + 2 * edge
        box = (width - edge - mark_width + edge, edge, width - edge, edge + 1.5 * TITLE * scale)
        draw.rectangle(box, outline=RED, width=max(round(1.5 * scale), 1))
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        draw.text(middle, words.demo, font=title, fill=RED, anchor="mm")
    head = lines_of(words.title, title, width - 2 * edge - mark_width, 1)
    draw.text((edge, edge + 0.75 * TITLE * scale), head[0], font=title, fill=INK, anchor="lm")
    below = lines_of(words.sources, small, width - 2 * edge, SOURCE_LINES)
    step = round(SMALL * 1.5 * scale)
    top = size_px[1] - edge // 2 - step * len(below)
    for at, line in enumerate(below):
        draw.text((edge, top + (at + 0.5) * step), line, font=small, fill=GREY, anchor="lm")
    inner = (
        edge,
        edge + round(1.9 * TITLE * scale),
        width - 2 * edge - round(PANEL * scale),
        top - edge // 2,
    )
    return image, inner


def lines_of(text: str, font: object, room_px: float, most: int) -> list[str]:
    """Break a text into lines; what has no room ends in an ellipsis.

    Parameters
    ----------
    text
        Any text; control characters and line breaks become nothing and blanks.
    font
        Its font.
    room_px
        Width of a line [px].
    most
        Number of lines there may be.

    Returns
    -------
    list of str
        At least one line.
    """
    clean = "".join(mark for mark in " ".join(text.split()) if mark.isprintable())
    lines, line = [], ""
    for mark in clean:
        if line and font.getlength(line + mark) > room_px:  # type: ignore[attr-defined]
            lines.append(line)
            line = ""
        line += mark
        if len(lines) == most:
            return [*lines[:-1], f"{lines[-1][:-1]}…"]
    return [*lines, line]


def draw_scale_bar(picture: Image.Image, metres_per_px: float, scale: float) -> None:
    """Draw the scale bar into the map's lower left corner.

    Parameters
    ----------
    picture
        The map (RGBA).
    metres_per_px
        True metres on the ground for a pixel, in the middle of the map.
    scale
        Pixels for one pixel of the style.
    """
    length_m = round_length_m(metres_per_px * picture.width * 0.22)
    length = length_m / metres_per_px
    text = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    pad, high = 8 * scale, 5 * scale
    left, base = 2 * pad, picture.height - 2 * pad
    plate = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(plate)
    draw.rectangle((pad, base - 26 * scale, left + length + 4 * pad, base + pad), fill=PAPER)
    half = left + length / 2
    draw.rectangle((left, base - high, half, base), fill=INK)
    draw.rectangle((half, base - high, left + length, base), fill="white", outline=INK)
    font = map_font(round(11 * scale))
    draw.text((left + length, base - high - 9 * scale), text, font=font, fill=INK, anchor="mm")
    draw.text((left, base - high - 9 * scale), "0", font=font, fill=INK, anchor="mm")
    picture.alpha_composite(plate)


def round_length_m(most_m: float) -> float:
    """Give the longest length of 1, 2 or 5 times a power of ten within a limit [m].

    Examples
    --------
    >>> round_length_m(4999.0), round_length_m(5000.0), round_length_m(0.7)
    (2000.0, 5000.0, 0.5)
    """
    power = 10.0 ** math.floor(math.log10(most_m))
    return max(power * digit for digit in (1, 2, 5) if power * digit <= most_m)


def draw_north(picture: Image.Image, words: PictureWords, scale: float) -> None:
    """Draw the north arrow into the map's upper right corner; the map's north is up."""
    x, top = picture.width - 24 * scale, 10 * scale
    plate = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(plate)
    draw.rectangle((x - 15 * scale, top - 4 * scale, x + 15 * scale, top + 48 * scale), fill=PAPER)
    font = map_font(round(12 * scale))
    draw.text((x, top + 7 * scale), words.north, font=font, fill=INK, anchor="mm")
    tip, foot, notch = top + 15 * scale, top + 43 * scale, top + 36 * scale
    draw.polygon([(x, tip), (x - 9 * scale, foot), (x, notch)], fill=INK)
    draw.polygon([(x, tip), (x + 9 * scale, foot), (x, notch)], fill="white", outline=INK)
    picture.alpha_composite(plate)


def draw_legend(
    image: Image.Image,
    inner: tuple[int, int, int, int],
    sections: Sequence[LegendSection],
    words: PictureWords,
    scale: float,
) -> None:
    """Draw the legend beside the map, as small as it must be to have room.

    Parameters
    ----------
    image
        The sheet.
    inner
        Left, top, right, bottom [px] of the map on it.
    sections
        What is explained, in order.
    words
        Heading and language.
    scale
        Pixels for one pixel of the style.
    """
    rows = _rows(sections, words)
    room = inner[3] - inner[1]
    size = next((s for s in LEGEND_SIZES if len(rows) * s * 1.75 * scale <= room), LEGEND_SIZES[-1])
    step = size * 1.75 * scale
    fitting = math.floor(room / step + 1e-9)
    if len(rows) > fitting:
        kept = max(fitting - 1, 0)
        rest = sum(png is not None for _, png in rows[kept:])
        rows = [*rows[:kept], (words.more.format(count=rest), None)]
    draw = ImageDraw.Draw(image)
    font = map_font(round(size * scale))
    left = inner[2] + round(EDGE * scale)
    wide = round(WIDTH_PX * scale * size / LEGEND_SIZES[0])
    high = round(HEIGHT_PX * scale * size / LEGEND_SIZES[0])
    for at, (text, png) in enumerate(rows):
        middle = inner[1] + (at + 0.5) * step
        x: float = left
        if png is not None:
            swatch = Image.open(io.BytesIO(png)).convert("RGBA").resize((wide, high))
            image.paste(swatch, (left, round(middle - high / 2)), swatch)
            x = left + wide + 6 * scale
        line = lines_of(text, font, image.width - x - 4 * scale, 1)[0]
        draw.text((x, middle), line, font=font, fill=INK, anchor="lm")
        if png is None:
            # The font has one weight: written twice, a pixel apart, it looks bold.
            draw.text((x + 1, middle), line, font=font, fill=INK, anchor="lm")


def _rows(sections: Sequence[LegendSection], words: PictureWords) -> list[tuple[str, bytes | None]]:
    """Give headings (without a picture) and classes; a single class stands beside its layer."""
    position = 0 if words.language == "zh" else 1
    rows: list[tuple[str, bytes | None]] = [(words.legend, None)]
    for section in sections:
        title = (section.zh, section.en)[position]
        if len(section.entries) == 1:
            only = section.entries[0]
            word = (only.zh, only.en)[position]
            joint = ("：", ": ")[position]
            said = title if word == title else f"{title}{joint}{word}"
            rows.append((said, only.png))
            continue
        rows.append((title, None))
        rows += [((entry.zh, entry.en)[position], entry.png) for entry in section.entries]
    return rows
