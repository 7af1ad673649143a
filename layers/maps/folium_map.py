"""The map in the browser: made by folium, fed by the app's own addresses, without internet."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

import folium
from branca.element import MacroElement
from folium.map import Layer
from folium.template import Template

from layers.errors import LayerError
from layers.maps.draw_tools import DrawTools, ToolWords
from layers.maps.furniture import Furniture
from layers.maps.highlight import Highlight, feature_collection, look_of
from layers.maps.legend import Language, legend_html
from layers.maps.markup import markup
from layers.maps.mercator import MAX_ZOOM
from layers.maps.style import MapStyles, Mark
from layers.maps.view import LABELS, MapView

# The map's frame lies two levels below the app's root, so these addresses hold under any prefix.
VENDOR_ROOT = "../../vendor/leaflet"
TILE_ROOT = "../../maptiles"
BASE_MAP_ZOOM = 18
"""Deepest zoom of an online base map; beyond it its tiles are enlarged."""
CHINA = ((18.0, 73.0), (54.0, 135.0))
"""What an empty map shows: south-west and north-east corner [degrees, latitude first]."""


def checked_address(url: str) -> str:
    """Pass on the address of an online base map that can be one.

    Parameters
    ----------
    url
        Address with ``{z}``, ``{x}``, ``{y}`` (and ``{s}`` for a choice of hosts).

    Returns
    -------
    str
        The same address.

    Raises
    ------
    LayerError
        ``base_map_address_wrong``.
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
    shown: Collection[str] | None = None,
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
    shown
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
    _add_tiles(page, _address(token, LABELS), words.labels, 99, shown is None or LABELS in shown)
    for height, layer in enumerate(view.layers):
        style = layer.style
        title = style.zh if words.language == "zh" else style.en
        is_shown = style.is_shown if shown is None else style.name in shown
        _add_tiles(page, _address(token, style.name), title, 10 + height, is_shown)
    page.add_child(folium.LayerControl(collapsed=compact, autoZIndex=False))
    page.add_child(_furniture(view, words, base_map_url, compact))
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
    page: folium.Map, url: str, title: str, height: int, shown: bool, max_zoom: int = MAX_ZOOM
) -> None:
    page.add_child(_Tiles(url, markup(title), height, shown, max_zoom))


def _furniture(
    view: MapView, words: MapWords, base_map_url: str | None, compact: bool
) -> Furniture:
    host = urlsplit(base_map_url).hostname if base_map_url is not None else None
    addresses = {f"/{section.map_layer}/{{z}}": section.map_layer for section in view.legend}
    return Furniture(
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
