"""A map as one file that opens anywhere: no server, no internet, nothing but what is written in it.

Texts of the data stand in the page escaped, and in the script's data as text that the browser
never reads as markup. The page forbids itself every request.
"""

import base64
import json
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import geopandas as gpd
import shapely
from xstatic.pkg import leaflet

from layers.maps.legend import Language
from layers.maps.public_script import SCRIPT, STYLE
from layers.maps.style import Mark

WGS84 = "EPSG:4326"
DECIMALS = 5
"""Of longitude and latitude on the screen: a metre."""
SAME_PLACE = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
)
"""What the browser is told the page may load: nothing from elsewhere."""


@dataclass(frozen=True)
class PublicItem:
    """A thing on the map: its name, and what is said of it as label and value."""

    name: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PublicGroup:
    """Things drawn alike.

    Attributes
    ----------
    layer
        Title of the switch that shows and hides it; groups of one layer share it.
    title
        Words in the legend.
    mark
        How they are drawn.
    items
        The things, in the order of ``shapes``.
    shapes
        Their shapes in any CRS.
    simplify_m
        How far an outline on the screen may lie from the true one [m].
    is_listed
        True for what an investor looks for: listed beside the map, answering clicks and keys.
    answers
        Whether a click says what a thing is that isn't listed.
    name_rank
        Names with a smaller number are written first, where there is no room for all; None where
        none are.
    """

    layer: str
    title: str
    mark: Mark
    items: tuple[PublicItem, ...]
    shapes: gpd.GeoSeries
    simplify_m: float = 0.0
    is_listed: bool = False
    answers: bool = False
    name_rank: int | None = None


@dataclass(frozen=True)
class PublicPage:
    """All that the file says.

    Attributes
    ----------
    title
        Above the map.
    facts
        Label and value: date, source, contact.
    notes
        Disclaimer, one paragraph each.
    mark
        Mark of synthetic data, empty for real data.
    groups
        From the bottom to the top.
    words
        ``legend``, ``north``, ``zoom_in``, ``zoom_out``, ``close``, ``show_all``, ``map``,
        ``print``.
    language
        Of the page.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    mark: str
    groups: tuple[PublicGroup, ...]
    words: Mapping[str, str]
    language: Language


def page_html(page: PublicPage) -> str:
    """Make the file.

    Parameters
    ----------
    page
        What it says.

    Returns
    -------
    str
        HTML with everything inside; the same page makes the same text.
    """
    lang = "zh-CN" if page.language == "zh" else "en"
    shown = page.words
    head = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>"
        for label, value in page.facts
    )
    return "\n".join(
        (
            f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{SAME_PLACE}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(page.title)}</title>",
            f"<style>{_leaflet_css()}</style>\n<style>{STYLE}</style>\n</head>\n<body>",
            f"<header><h1>{escape(page.title)}{_mark(page.mark)}</h1><dl>{head}</dl>",
            f'<p class="tools"><button id="all">{escape(shown["show_all"])}</button> '
            f'<button id="print">{escape(shown["print"])}</button></p></header>',
            '<main><div id="sheet">'
            f'<div id="map" role="region" aria-label="{escape(shown["map"])}"></div>',
            "<footer>"
            + "".join(f"<p>{escape(note)}</p>" for note in page.notes)
            + "</footer></div>",
            f"<aside>{_lists(page.groups)}</aside></main>",
            f'<template id="legend">{_legend(page)}</template>',
            f'<script id="content" type="application/json">{_json(_content(page))}</script>',
            f"<script>{_leaflet_js()}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        )
    )


def _mark(mark: str) -> str:
    return f' <span class="mark">{escape(mark)}</span>' if mark else ""


def _lists(groups: Sequence[PublicGroup]) -> str:
    parts, titled = [], set()
    for at, group in enumerate(groups):
        if not group.is_listed or not group.items:
            continue
        if group.layer not in titled:
            titled.add(group.layer)
            parts.append(f"<h2>{escape(group.layer)}</h2>")
        parts.append("<ul>")
        for number, item in enumerate(group.items):
            facts = "".join(
                f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>"
                for label, value in item.facts
            )
            parts.append(
                f'<li id="i{at}-{number}"><button data-item="i{at}-{number}">'
                f"{escape(item.name)}</button><dl>{facts}</dl></li>"
            )
        parts.append("</ul>")
    return "".join(parts)


def _legend(page: PublicPage) -> str:
    lines = "".join(
        f'<div class="line">{_swatch(group)}<span>{escape(group.title)}</span></div>'
        for group in reversed(page.groups)
        if group.items
    )
    north = f'<div class="north" aria-hidden="true">↑ {escape(page.words["north"])}</div>'
    return f"<summary>{escape(page.words['legend'])}</summary>{lines}{north}"


def _swatch(group: PublicGroup) -> str:
    """Draw the mark itself, so that the legend can't say another thing than the map."""
    mark = group.mark
    paint = (
        f'fill="{mark.fill or "none"}" fill-opacity="{mark.opacity:g}" '
        f'stroke="{mark.stroke or "none"}" stroke-width="{mark.width_px:g}" '
        f'stroke-dasharray="{" ".join(f"{part:g}" for part in mark.dash_px)}"'
    )
    kinds = " ".join(group.shapes.geom_type)
    if "Point" in kinds:
        shape = f'<circle cx="13" cy="9" r="5" {paint}/>'
    elif "LineString" in kinds:
        shape = f'<path d="M1 9H25" {paint}/>'
    else:
        shape = f'<rect x="2" y="2" width="22" height="14" {paint}/>'
    return f'<svg width="26" height="18" aria-hidden="true">{shape}</svg>'


def _content(page: PublicPage) -> dict[str, object]:
    return {
        "words": {
            name: page.words[name] for name in ("zoom_in", "zoom_out", "close", "legend")
        },
        "groups": [_group(at, group) for at, group in enumerate(page.groups) if group.items],
    }  # fmt: skip


def _group(at: int, group: PublicGroup) -> dict[str, object]:
    mark = group.mark
    shapes = group.shapes
    if group.simplify_m:
        shapes = shapes.simplify(group.simplify_m)
    placed = shapely.set_precision(
        shapes.to_crs(WGS84).to_numpy(), 10.0**-DECIMALS, mode="pointwise"
    )
    return {
        "layer": group.layer,
        "title": group.title,
        "answers": group.is_listed or group.answers,
        "rank": group.name_rank,
        "style": {
            "color": mark.stroke,
            "stroke": mark.stroke is not None,
            "weight": mark.width_px,
            "fill": mark.fill is not None,
            "fillColor": mark.fill,
            "fillOpacity": mark.opacity,
            "dashArray": " ".join(f"{length:g}" for length in mark.dash_px) or None,
        },
        "items": [
            {
                "id": f"i{at}-{number}",
                "name": item.name,
                "shape": json.loads(shapely.to_geojson(shape)),
            }
            for number, (item, shape) in enumerate(zip(group.items, placed, strict=True))
        ],
    }


def _json(content: Mapping[str, object]) -> str:
    """Write JSON in which nothing ends the script or starts a comment of the page."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _leaflet_js() -> str:
    text = Path(leaflet.BASE_DIR, "leaflet.js").read_text(encoding="utf-8")
    return re.sub(r"//# sourceMappingURL=\S+", "", text)


def _leaflet_css() -> str:
    text = Path(leaflet.BASE_DIR, "leaflet.css").read_text(encoding="utf-8")

    def inlined(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("#"):
            return match[0]
        data = base64.b64encode(Path(leaflet.BASE_DIR, name).read_bytes()).decode("ascii")
        return f"url(data:{mimetypes.guess_type(name)[0]};base64,{data})"

    without_comments = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"url\(([^)]+)\)", inlined, without_comments)
