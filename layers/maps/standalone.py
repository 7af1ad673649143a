"""One-file map for the public."""

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
from layers.maps.style import Mark

SCRIPT = """
(function () {
    "use strict";
    const content = JSON.parse(document.getElementById("content").textContent);
    const words = content.words;
    const box = document.getElementById("map");
    const map = L.map(box, {
        attributionControl: false, zoomControl: false, zoomSnap: 0.25, maxZoom: 18,
        renderer: L.svg({padding: 1}),
    });
    const shapes = new Map(), switches = {}, labels = [];
    const text = function (tag, said) {
        const element = document.createElement(tag);
        element.textContent = said;
        return element;
    };
    const popupOf = function (group, item) {
        const popup = document.createElement("div");
        popup.append(text("h3", item.name));
        const listed = document.querySelector("#" + item.id + " dl");
        popup.append(listed ? listed.cloneNode(true) : text("div", group.title));
        return popup;
    };
    const open = function (shape) {
        const bounds = shape.getBounds ? shape.getBounds() : null;
        shape.openPopup(bounds ? bounds.getCenter() : shape.getLatLng());
        const close = box.querySelector(".leaflet-popup-close-button");
        if (close) { close.focus(); }
    };
    const byKeys = function (shape, name) {
        const element = shape.getElement();
        if (!element) { return; }
        element.setAttribute("tabindex", "0");
        element.setAttribute("role", "button");
        element.setAttribute("aria-label", name);
        element.addEventListener("keydown", function (event) {
            if (event.key !== "Enter" && event.key !== " ") { return; }
            event.preventDefault();
            open(shape);
        });
    };
    const drawn = function (group, item) {
        const isLine = item.shape.type.endsWith("LineString");
        const style = Object.assign({}, group.style, isLine ? {fill: false} : {});
        const layer = L.geoJSON(item.shape, {
            style: style,
            interactive: group.answers,
            pointToLayer: (feature, place) =>
                L.circleMarker(place, Object.assign({radius: 5}, style)),
        }).getLayers()[0];
        if (!layer) { return null; }
        if (group.answers) {
            layer.bindPopup(() => popupOf(group, item), {maxWidth: 340});
            layer.on("add", () => byKeys(layer, item.name));
            shapes.set(item.id, layer);
        }
        if (group.rank !== null) {
            layer.bindTooltip(L.tooltip({
                permanent: true, direction: "center", opacity: 1, interactive: false,
                className: group.answers ? "name" : "name ground",
            }).setContent(text("span", item.name)));
            labels.push({layer: layer, rank: group.rank});
        }
        return layer;
    };
    for (const group of content.groups) {
        const title = text("span", group.layer).innerHTML;
        switches[title] = switches[title] || L.featureGroup().addTo(map);
        for (const item of group.items) {
            const layer = drawn(group, item);
            if (layer) { switches[title].addLayer(layer); }
        }
    }
    const whole = L.latLngBounds([]);
    for (const layer of shapes.values()) {
        whole.extend(layer.getBounds ? layer.getBounds() : layer.getLatLng());
    }
    const showAll = function () {
        if (whole.isValid()) { map.fitBounds(whole, {animate: false, padding: [12, 12]}); }
        else { map.setView([30.75, 120.75], 9); }
    };
    // Names that would lie over others wait until there is room: what is listed goes first.
    labels.sort((a, b) => a.rank - b.rank);
    const makeRoom = function () {
        const taken = [], found = [];
        for (const one of labels) {
            const tip = one.layer.getTooltip(), element = tip && tip.getElement();
            if (element) { found.push([element, element.getBoundingClientRect()]); }
        }
        for (const [element, r] of found) {
            const hides = taken.some((t) => r.left < t.right && t.left < r.right
                && r.top < t.bottom && t.top < r.bottom);
            element.style.visibility = hides ? "hidden" : "visible";
            if (!hides) { taken.push(r); }
        }
    };
    let isWaiting = false;
    const makeRoomSoon = function () {
        if (isWaiting) { return; }
        isWaiting = true;
        window.requestAnimationFrame(function () { isWaiting = false; makeRoom(); });
    };
    L.control.zoom({zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out}).addTo(map);
    L.control.layers(null, switches, {collapsed: false}).addTo(map);
    L.control.scale({imperial: false, maxWidth: 140, position: "bottomright"}).addTo(map);
    const legend = L.control({position: "bottomleft"});
    legend.onAdd = function () {
        const sheet = L.DomUtil.create("details", "legend leaflet-bar");
        sheet.open = true;
        sheet.append(document.getElementById("legend").content.cloneNode(true));
        L.DomEvent.disableClickPropagation(sheet);
        L.DomEvent.disableScrollPropagation(sheet);
        return sheet;
    };
    legend.addTo(map);
    map.on("zoomend layeradd layerremove", makeRoomSoon);
    map.on("popupopen", function (event) {
        const close = event.popup.getElement().querySelector(".leaflet-popup-close-button");
        if (close) { close.setAttribute("aria-label", words.close); close.title = words.close; }
    });
    map.on("popupclose", function (event) {
        if (box.contains(document.activeElement) && event.popup._source) {
            const element = event.popup._source.getElement();
            if (element) { element.focus({preventScroll: true}); }
        }
    });
    box.addEventListener("keydown", function (event) {
        if (event.key === "Escape") { map.closePopup(); }
    });
    document.querySelector("aside").addEventListener("click", function (event) {
        const button = event.target.closest("button[data-item]");
        const shape = button && shapes.get(button.dataset.item);
        if (!shape) { return; }
        if (shape.getBounds) {
            map.fitBounds(shape.getBounds(), {animate: false, maxZoom: 15, padding: [60, 60]});
        } else { map.setView(shape.getLatLng(), 14, {animate: false}); }
        const bounds = shape.getBounds ? shape.getBounds().getCenter() : shape.getLatLng();
        shape.openPopup(bounds);
    });
    document.getElementById("all").addEventListener("click", showAll);
    document.getElementById("print").addEventListener("click", () => window.print());
    let before = null;
    window.addEventListener("beforeprint", function () {
        before = {centre: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds()};
        box.classList.add("printed");
        map.invalidateSize({animate: false});
        map.fitBounds(before.bounds, {animate: false});
        makeRoom();
    });
    window.addEventListener("afterprint", function () {
        box.classList.remove("printed");
        map.invalidateSize({animate: false});
        if (before) { map.setView(before.centre, before.zoom, {animate: false}); }
    });
    showAll();
    makeRoomSoon();
})();
"""

STYLE = """
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; color: #1e1e1e; background: #fff; font: 14px/1.5
    "Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "Noto Sans SC", sans-serif; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 24px;
    padding: 10px 16px; border-bottom: 2px solid #0b3c7a; }
h1 { font-size: 21px; margin: 0; } h2 { font-size: 16px; margin: 14px 0 6px; }
h3 { font-size: 14px; margin: 0 0 4px; overflow-wrap: anywhere; }
.mark { color: #c00000; font-size: 14px; border: 1px solid; padding: 0 6px; border-radius: 3px; }
header dl { display: flex; flex-wrap: wrap; gap: 0 18px; margin: 0; }
dl div { display: flex; gap: 6px; } dt { color: #595959; flex: none; }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.tools { margin: 0 0 0 auto; }
button { font: inherit; cursor: pointer; border: 1px solid #8fa9bf; border-radius: 4px;
    background: #fff; color: #0b3c7a; padding: 1px 10px; }
button:hover { background: #eaf1f8; }
:focus-visible { outline: 3px solid #e6007e; outline-offset: 1px; }
main { flex: 1; min-height: 0; display: flex; }
#sheet { flex: 1; min-width: 0; display: flex; flex-direction: column; }
#map { flex: 1; min-height: 0; background: #fafaf7; }
aside { width: 380px; overflow-y: auto; padding: 0 14px 14px; border-left: 1px solid #c9cdd2; }
aside ul { list-style: none; margin: 0; padding: 0; }
aside li { padding: 7px 0; border-bottom: 1px solid #e3e6e9; }
aside li button { font-weight: 600; text-align: left; border: none; padding: 0;
    overflow-wrap: anywhere; }
aside dl { margin: 2px 0 0; display: flex; flex-wrap: wrap; gap: 0 14px; font-size: 13px; }
footer { padding: 6px 16px; border-top: 1px solid #c9cdd2; color: #595959; font-size: 12px; }
footer p { margin: 0; }
.leaflet-container { font: inherit; }
.leaflet-popup-content dl { margin: 0; font-size: 13px; }
.leaflet-popup-content { max-height: 300px; overflow-y: auto; }
.leaflet-control-layers label { margin: 0; }
.leaflet-tooltip.name { background: none; border: none; box-shadow: none; padding: 0;
    font-weight: 600; font-size: 12px; color: #0b3c7a;
    text-shadow: 0 0 3px #fff, 0 0 3px #fff, 0 0 3px #fff; }
.leaflet-tooltip.ground { color: #595959; font-size: 13px; font-weight: 400; }
.legend { background: rgba(255, 255, 255, .94); padding: 5px 9px; font-size: 12px; }
.legend summary { font-weight: 600; font-size: 13px; cursor: pointer; }
.line { display: flex; align-items: center; gap: 6px; line-height: 18px; }
.north { margin-top: 4px; font-weight: 600; }
@media (max-width: 760px) {
    html, body { height: auto; } main { flex-direction: column; }
    #sheet { flex: none; } #map { flex: none; height: 62vh; }
    aside { width: auto; border: none; }
}
@media print {
    @page { size: A4 landscape; margin: 10mm; }
    html, body { height: auto; } body, main, #sheet, aside { display: block; }
    .tools, .leaflet-control-zoom, .leaflet-control-layers { display: none; }
    aside { width: auto; border: none; padding: 0; overflow: visible; break-before: page; }
    aside ul { columns: 2; column-gap: 24px; } aside li { break-inside: avoid; }
    aside li button { color: #1e1e1e; }
    * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
#map.printed { width: 272mm; height: 150mm; flex: none; }
"""


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

    ``layer``: Title of the switch that shows and hides it; groups of one layer share it.
    ``title``: Words in the legend.
    ``mark``: How they are drawn.
    ``items``: The things, in the order of ``shapes``.
    ``shapes``: Their shapes in any CRS.
    ``simplify_m``: How far an outline on the screen may lie from the true one [m].
    ``is_listed``: True for what an investor looks for: listed beside the map, answering clicks
      and keys.
    ``answers``: Whether a click says what a thing is that isn't listed.
    ``name_rank``: Names with a smaller number are written first, where there is no room for all;
      None where none are.
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

    ``title``: Above the map.
    ``facts``: Label and value: date, source, contact.
    ``notes``: Disclaimer, one paragraph each.
    ``mark``: Mark of synthetic data, empty for real data.
    ``groups``: From the bottom to the top.
    ``words``: ``legend``, ``north``, ``zoom_in``, ``zoom_out``, ``close``, ``show_all``, ``map``,
      ``print``.
    ``language``: Of the page.
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
    words = page.words
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
            f'<p class="tools"><button id="all">{escape(words["show_all"])}</button> '
            f'<button id="print">{escape(words["print"])}</button></p></header>',
            '<main><div id="sheet">'
            f'<div id="map" role="region" aria-label="{escape(words["map"])}"></div>',
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
