"""Drawing on the map: boxes, outlines and lines, told to the server as GeoJSON when finished.

Points, rubber band and undoing stay in the browser, so that nothing is sent while one draws; no
package ships the customary plugin without a web framework beside it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from branca.element import MacroElement
from folium.template import Template

Tool = Literal["box", "outline", "length", "area", "print"]
TOOLS: tuple[Tool, ...] = get_args(Tool)
"""Box and outline choose, length and area measure, print hands over what is in view."""


@dataclass(frozen=True)
class ToolWords:
    """Words on the tools, in one language.

    Attributes
    ----------
    title
        Of the bar, for those who hear the page.
    tools
        Word on each tool's button.
    hints
        What to do, per tool.
    about
        Stands before a length that is only known roughly.
    finish, undo, clear
        On the buttons of a drawing.
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

    Parameters
    ----------
    words
        Words on the bar.
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
