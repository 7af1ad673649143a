"""The map in the browser."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Literal, get_args
from urllib.parse import urlsplit

import folium
from branca.element import MacroElement
from folium.map import Layer
from folium.template import Template

from layers.errors import LayerError
from layers.maps.features import MAX_ZOOM
from layers.maps.find import Highlight, feature_collection, look_of
from layers.maps.legend import Language, legend_html, markup
from layers.maps.style import MapStyles, Mark
from layers.maps.view import LABELS, MapView


class MapControls(MacroElement):  # type: ignore[misc]  # folium has no types
    """Legend that follows the layer switches, zoom buttons, metric scale bar, and the zoom that a
    click carries to the server.

    Parameters
    ----------
    legend_title, legend_html
        HTML of the legend, escaped already.
    section_of_address
        Legend section by a part of the tile address that tells the layer.
    zoom_in, zoom_out
        Words on the buttons.
    attribution
        HTML that names the base map's owner, escaped already; empty for none.
    is_open
        Whether the legend is unfolded at first.
    """  # noqa: D205 (the sentence needs two lines)

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        (function (map) {
            const words = {{ this.words|tojson }};
            const sheet = document.createElement("style");
            sheet.textContent = {{ this.css|tojson }};
            document.head.appendChild(sheet);
            L.control.zoom({zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out}).addTo(map);
            L.control.scale({imperial: false, maxWidth: 140, position: "bottomright"}).addTo(map);
            if (words.attribution) {
                L.control.attribution({prefix: false}).addAttribution(words.attribution).addTo(map);
            }
            const legend = L.control({position: "bottomleft"});
            legend.onAdd = function () {
                const box = L.DomUtil.create("details", "mu-legend leaflet-bar");
                box.open = words.is_open;
                box.innerHTML = "<summary>" + words.legend_title + "</summary>"
                    + words.legend_html;
                L.DomEvent.disableClickPropagation(box);
                L.DomEvent.disableScrollPropagation(box);
                return box;
            };
            legend.addTo(map);
            const follow = function () {
                const seen = new Set();
                map.eachLayer(function (layer) {
                    for (const [part, name] of Object.entries(words.section_of_address)) {
                        if ((layer._url || "").includes(part)) { seen.add(name); }
                    }
                });
                for (const section of legend.getContainer().querySelectorAll(".mu-section")) {
                    section.hidden = !seen.has(section.dataset.layer);
                }
            };
            map.on("layeradd layerremove", follow);
            map.whenReady(follow);
            map.on("click", function (event) { event.latlng.zoom = map.getZoom(); });
        })({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )
    css = """
        .leaflet-container { background: #FAFAF7; cursor: crosshair;
            font-family: "Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "Noto Sans SC",
                sans-serif; }
        .leaflet-dragging .leaflet-container, .leaflet-container.leaflet-drag-target
            { cursor: grabbing; }
        .leaflet-control-layers { font-size: 13px; line-height: 1.55; border: 1px solid #C9CDD2;
            box-shadow: none; max-height: 60vh; overflow-y: auto; }
        .leaflet-control-layers label { margin: 0; }
        .mu-legend { background: rgba(255, 255, 255, 0.94); font-size: 12px; color: #222;
            border: 1px solid #C9CDD2 !important; border-radius: 5px; padding: 5px 9px;
            max-height: 68vh; max-width: 240px; overflow-y: auto; }
        .mu-legend summary { font-weight: 600; font-size: 13px; cursor: pointer; }
        .mu-title { font-weight: 600; margin-top: 5px; }
        .mu-line { display: flex; align-items: center; gap: 6px; line-height: 18px; }
        .mu-count { margin-left: auto; padding-left: 10px; color: #666;
            font-variant-numeric: tabular-nums; }
    """

    def __init__(
        self,
        *,
        legend_title: str,
        legend_html: str,
        section_of_address: Mapping[str, str],
        zoom_in: str,
        zoom_out: str,
        attribution: str,
        is_open: bool,
    ) -> None:
        super().__init__()
        self._name = "MapControls"
        self.words = {
            "legend_title": legend_title,
            "legend_html": legend_html,
            "section_of_address": dict(section_of_address),
            "zoom_in": zoom_in,
            "zoom_out": zoom_out,
            "attribution": attribution,
            "is_open": is_open,
        }


Tool = Literal["box", "outline", "length", "area", "print"]
TOOLS: tuple[Tool, ...] = get_args(Tool)
"""Box and outline choose, length and area measure, print hands over what is in view."""


@dataclass(frozen=True)
class ToolWords:
    """Words on the tools, in one language.

    ``title``: Of the bar, for those who hear the page.
    ``tools``: Word on each tool's button.
    ``hints``: What to do, per tool.
    ``about``: Stands before a length that is only known roughly.
    ``finish, undo, clear``: On the buttons of a drawing.
    """

    title: str
    tools: Mapping[str, str]
    hints: Mapping[str, str]
    about: str
    finish: str
    undo: str
    clear: str


class DrawTools(MacroElement):  # type: ignore[misc]  # folium has no types
    """The bar of tools.

    A drawing is told by the event that the map component listens to for drawings; its properties
    hold the tool, the layers that are switched on, and a mark that makes it another drawing than
    the one before.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        (function (map) {
            const words = {{ this.words|tojson }};
            const sheet = document.createElement("style");
            sheet.textContent = {{ this.css|tojson }};
            document.head.appendChild(sheet);
            const look = {color: "#E6007E", weight: 2.5, fillOpacity: 0.08, interactive: false};
            const least = {box: 2, outline: 3, area: 3, length: 2};
            const ground = map.getContainer();
            const buttons = {}, acts = {};
            let tool = "", points = [], drawn = null, hint;
            const shape = (places) => tool === "length" || places.length < 2
                ? L.polyline(places, look)
                : tool === "box" ? L.rectangle(L.latLngBounds(places), look)
                : places.length < 3 ? L.polyline(places, look) : L.polygon(places, look);
            const wipe = function () {
                if (drawn) { map.removeLayer(drawn); drawn = null; }
            };
            const said = function (places) {
                let metres = 0;
                for (let at = 1; at < places.length; at++) {
                    metres += map.distance(places[at - 1], places[at]);
                }
                const long = metres >= 1000 ? (metres / 1000).toFixed(2) + " km"
                    : metres.toFixed(0) + " m";
                const length = tool === "length" && metres ? " " + words.about + " " + long : "";
                hint.textContent = tool ? words.hints[tool] + length : "";
            };
            const show = function (loose) {
                wipe();
                const places = loose ? points.concat([loose]) : points;
                if (places.length) { drawn = shape(places).addTo(map); }
                said(places);
                acts.finish.disabled = points.length < least[tool];
                acts.undo.disabled = !points.length;
            };
            const choose = function (name) {
                tool = name;
                points = [];
                wipe();
                for (const [each, button] of Object.entries(buttons)) {
                    button.setAttribute("aria-pressed", each === name);
                }
                acts.box.hidden = !name;
                map.doubleClickZoom[name ? "disable" : "enable"]();
                ground.classList.toggle("mu-drawing", Boolean(name));
                if (name) { show(); }
            };
            const tell = function (layer, name) {
                const shown = [];
                map.eachLayer(function (each) {
                    const part = /maptiles\\/[^/]+\\/([^/]+)\\//.exec(each._url || "");
                    if (part) { shown.push(part[1]); }
                });
                const properties = {tool: name, shown: shown, at: Date.now()};
                layer.feature = {type: "Feature", properties: properties};
                map.fire("draw:created", {layer: layer, layerType: name});
            };
            const finish = function () {
                if (!tool || points.length < least[tool]) { return; }
                const name = tool, whole = shape(points);
                choose("");
                drawn = whole.addTo(map);
                tell(whole, name);
            };
            const undo = function () { points.pop(); show(); };
            const add = function (place) {
                points.push(place);
                show();
                if (tool === "box" && points.length === 2) { finish(); }
            };
            const bar = L.control({position: "topleft"});
            bar.onAdd = function () {
                const box = L.DomUtil.create("div", "mu-tools leaflet-bar");
                box.setAttribute("role", "toolbar");
                box.setAttribute("aria-label", words.title);
                const button = function (parent, text, act) {
                    const made = L.DomUtil.create("button", "", parent);
                    made.type = "button";
                    made.textContent = text;
                    made.addEventListener("click", act);
                    return made;
                };
                for (const [name, text] of words.tools) {
                    buttons[name] = button(box, text, function () {
                        if (name === "print") {
                            choose("");
                            tell(L.rectangle(map.getBounds()), name);
                        } else {
                            choose(tool === name ? "" : name);
                            ground.focus({preventScroll: true});
                        }
                    });
                    buttons[name].dataset.tool = name;
                }
                acts.box = L.DomUtil.create("div", "mu-acts", box);
                hint = L.DomUtil.create("div", "mu-hint", acts.box);
                hint.setAttribute("aria-live", "polite");
                acts.finish = button(acts.box, words.finish, finish);
                acts.undo = button(acts.box, words.undo, undo);
                acts.clear = button(acts.box, words.clear, () => choose(""));
                acts.box.hidden = true;
                L.DomEvent.disableClickPropagation(box);
                L.DomEvent.disableScrollPropagation(box);
                return box;
            };
            bar.addTo(map);
            // Before the map's own listeners: a point of a drawing is no click on the map.
            const ours = (event) => tool && !event.target.closest(".leaflet-control");
            ground.addEventListener("click", function (event) {
                if (!ours(event)) { return; }
                event.stopImmediatePropagation();
                if (event.detail > 1 || map.dragging.moved()) { return; }
                add(map.mouseEventToLatLng(event));
            }, true);
            ground.addEventListener("dblclick", function (event) {
                if (!ours(event)) { return; }
                event.stopImmediatePropagation();
                finish();
            }, true);
            map.on("mousemove", function (event) {
                if (tool && points.length) { show(event.latlng); }
            });
            ground.addEventListener("keydown", function (event) {
                if (!ours(event)) { return; }
                const act = {
                    Enter: finish, Backspace: undo, Escape: () => choose(""),
                    " ": () => add(map.getCenter()),
                }[event.key];
                if (act) { event.preventDefault(); act(); }
            });
        })({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )
    css = """
        .mu-tools { position: absolute; left: 44px; top: 0; width: max-content; background: white;
            border: 1px solid #C9CDD2 !important; }
        .mu-tools button { font: inherit; font-size: 14px; line-height: 1.5; padding: 4px 10px;
            border: 0; border-right: 1px solid #E1E4E8; background: white; color: #222;
            cursor: pointer; }
        .mu-tools button:hover, .mu-tools button:focus-visible { background: #EEF3F8; }
        .mu-tools button[aria-pressed=true] { background: #E6007E; color: white; }
        .mu-tools button:disabled { color: #8A8A8A; cursor: default; }
        .mu-acts { padding: 4px 0 2px; background: #FFF7FB; }
        .mu-acts button { background: none; border: 0; color: #1F5FA8; padding: 3px 8px; }
        .mu-hint { font-size: 13px; line-height: 1.45; padding: 2px 8px; color: #222; }
        .mu-drawing, .mu-drawing .leaflet-interactive { cursor: crosshair !important; }
    """

    def __init__(self, words: ToolWords) -> None:
        super().__init__()
        self._name = "DrawTools"
        # As pairs: an object would come out sorted by its names.
        self.words = {**asdict(words), "tools": list(words.tools.items())}


# The map's frame lies two levels below the app's root, so these addresses hold under any prefix.
VENDOR_ROOT = "../../vendor/leaflet"
TILE_ROOT = "../../maptiles"
BASE_MAP_ZOOM = 18
"""Deepest zoom of an online base map; beyond it its tiles are enlarged."""
CHINA = ((18.0, 73.0), (54.0, 135.0))
"""What an empty map shows: south-west and north-east corner [degrees, latitude first]."""


def checked_address(url: str) -> str:
    """Pass on the address of an online base map that can be one.

    ``url``: Address with ``{z}``, ``{x}``, ``{y}`` (and ``{s}`` for a choice of hosts).

    Raises LayerError: ``base_map_address_wrong``.
    """
    places = re.findall(r"\{[zxys]\}", url)
    plain = re.sub(r"\{[zxys]\}", "0", url)
    if re.fullmatch(r"https?://[^\s{}<>\"'`\\]+", plain) and {"{z}", "{x}", "{y}"} <= set(places):
        return url
    raise LayerError("base_map_address_wrong", url=url)


@dataclass(frozen=True)
class MapWords:
    """Words on the map that are no layer's name, in one language."""

    language: Language
    legend: str
    labels: str
    base_map: str
    zoom_in: str
    zoom_out: str


class OfflineMap(folium.Map):  # type: ignore[misc]  # folium has no types
    """A folium map whose scripts come from the app itself."""

    default_js: ClassVar[list[tuple[str, str]]] = [("leaflet", f"{VENDOR_ROOT}/leaflet.js")]
    default_css: ClassVar[list[tuple[str, str]]] = [("leaflet_css", f"{VENDOR_ROOT}/leaflet.css")]


def build_map(
    view: MapView,
    token: str,
    words: MapWords,
    visible: Collection[str] | None = None,
    base_map_url: str | None = None,
    compact: bool = False,
    tools: ToolWords | None = None,
) -> folium.Map:
    """Make the map of a view; the same arguments make the same map, word for word.

    Parameters
    ----------
    view
        What is shown.
    token
        Secret part of the tile addresses.
    words
        Words on the map.
    visible
        Names of the map layers switched on at first; None for those the styles switch on.
    base_map_url
        Address of an online base map, None for a blank ground; its host is named on the map.
    compact
        True for a map beside a list: switches and legend wait folded up.
    tools
        Words on the drawing tools, None for a map without them.

    Returns
    -------
    folium.Map
        Make it anew for every use: showing a map changes it.

    Raises
    ------
    LayerError
        ``base_map_address_wrong``.
    """
    page = OfflineMap(
        location=(30.75, 120.75),
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        attributionControl=False,
        max_zoom=MAX_ZOOM,
    )
    # Before the tiles: a map that moves after they are added asks for them twice.
    page.add_child(_Extent(_corners(view)))
    if base_map_url is not None:
        address = checked_address(base_map_url)
        _add_tiles(page, address, words.base_map, 1, True, BASE_MAP_ZOOM)
    _add_tiles(
        page, _address(token, LABELS), words.labels, 99, visible is None or LABELS in visible
    )
    for height, layer in enumerate(view.layers):
        style = layer.style
        title = style.zh if words.language == "zh" else style.en
        is_shown = style.is_shown if visible is None else style.name in visible
        _add_tiles(page, _address(token, style.name), title, 10 + height, is_shown)
    page.add_child(folium.LayerControl(collapsed=compact, autoZIndex=False))
    page.add_child(_map_controls(view, words, base_map_url, compact))
    if tools is not None:
        page.add_child(DrawTools(tools))
    return page


def _corners(view: MapView) -> tuple[tuple[float, float], tuple[float, float]]:
    if view.extent is None:
        return CHINA
    west, south, east, north = view.extent
    return (south, west), (north, east)


def _address(token: str, map_layer: str) -> str:
    return f"{TILE_ROOT}/{token}/{map_layer}/{{z}}/{{x}}/{{y}}.png"


def _add_tiles(
    page: folium.Map, url: str, title: str, height: int, is_visible: bool, max_zoom: int = MAX_ZOOM
) -> None:
    page.add_child(_Tiles(url, markup(title), height, is_visible, max_zoom))


def _map_controls(
    view: MapView, words: MapWords, base_map_url: str | None, compact: bool
) -> MapControls:
    host = urlsplit(base_map_url).hostname if base_map_url is not None else None
    addresses = {f"/{section.map_layer}/{{z}}": section.map_layer for section in view.legend}
    return MapControls(
        legend_title=markup(words.legend),
        legend_html=legend_html(view.legend, words.language),
        section_of_address=addresses,
        zoom_in=words.zoom_in,
        zoom_out=words.zoom_out,
        attribution=markup(f"{words.base_map} {host}") if host else "",
        is_open=not compact,
    )


class _Extent(MacroElement):  # type: ignore[misc]
    """The first view; folium's own way to fit bounds glides there and loads tiles twice."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        {{ this._parent.get_name() }}.fitBounds({{ this.corners|tojson }}, {animate: false});
        {% endmacro %}
        """
    )

    def __init__(self, corners: tuple[tuple[float, float], tuple[float, float]]) -> None:
        super().__init__()
        self._name = "Extent"
        self.corners = corners


class _Tiles(Layer):  # type: ignore[misc]
    """Tiles from one address; folium's own class searches all known services for it first."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.tileLayer({{ this.url|tojson }}, {{ this.options|tojson }});
        {% endmacro %}
        """
    )

    def __init__(
        self, url: str, title_html: str, height: int, is_shown: bool, max_zoom: int
    ) -> None:
        super().__init__(name=title_html, overlay=True, show=is_shown)
        self._name = "TileLayer"
        self.url = url
        self.options = {
            "maxZoom": MAX_ZOOM,
            "maxNativeZoom": max_zoom,
            "zIndex": height,
            "updateWhenZooming": False,
        }


class _Vectors(MacroElement):  # type: ignore[misc]
    """Shapes with captions.

    Captions travel percent-encoded, for the finished script is read as a template once more, and
    become text nodes, so that neither a template nor markup in them acts.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.geoJson({{ this.features|tojson }}, {
            style: {{ this.style|tojson }},
            pointToLayer: (feature, place) => L.circleMarker(place, {radius: 8}),
            onEachFeature: (feature, shape) => {
                if (!feature.properties.caption) { return; }
                const caption = document.createElement("div");
                caption.textContent = decodeURIComponent(feature.properties.caption);
                shape.bindTooltip(caption, {sticky: true});
            },
        }).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, features: dict[str, object], style: dict[str, object]) -> None:
        super().__init__()
        self._name = "Vectors"
        self.features = features
        self.style = style


def highlight_groups(
    highlights: Sequence[Highlight], styles: MapStyles
) -> list[folium.FeatureGroup]:
    """Make the groups that are laid over the map without building it anew.

    Parameters
    ----------
    highlights
        Shapes in their looks, the last on top.
    styles
        Known looks.

    Returns
    -------
    list of folium.FeatureGroup
        One per highlight; make them anew for every use.

    Raises
    ------
    LayerError
        ``highlight_unknown``, ``highlight_too_many``, ``highlight_uneven``, ``layer_without_crs``.
    """
    groups = []
    for highlight in highlights:
        look = look_of(highlight, styles)
        group = folium.FeatureGroup(name=markup(look.zh), control=False)
        group.add_child(_Vectors(feature_collection(highlight), _path_options(look.mark)))
        groups.append(group)
    return groups


def _path_options(mark: Mark) -> dict[str, object]:
    return {
        "color": mark.stroke,
        "weight": mark.width_px,
        "fill": mark.fill is not None,
        "fillColor": mark.fill,
        "fillOpacity": mark.opacity,
        "dashArray": " ".join(f"{length:g}" for length in mark.dash_px) or None,
    }
