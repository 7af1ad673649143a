"""What stands around the map: legend, zoom buttons, scale bar, owner of the base map."""

from collections.abc import Mapping

from branca.element import MacroElement
from folium.template import Template


class Furniture(MacroElement):  # type: ignore[misc]  # folium has no types
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
        self._name = "Furniture"
        self.words = {
            "legend_title": legend_title,
            "legend_html": legend_html,
            "section_of_address": dict(section_of_address),
            "zoom_in": zoom_in,
            "zoom_out": zoom_out,
            "attribution": attribution,
            "is_open": is_open,
        }
