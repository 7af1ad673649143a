"""Script and looks of the map that stands alone; names become text nodes, never markup."""

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
