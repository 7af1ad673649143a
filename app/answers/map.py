"""Map selection, sheet, picture."""

import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image

from app.answers.answer import Answer
from app.context import Context, today
from geo.measure import ellipsoidal_area_m2, geodesic_length_m
from geo.overlay import areas_m2
from geo.union import united_area_m2
from geo.units import m2_to_mu
from layers.contracts import CONTRACTS, Contract, contract_of
from layers.exchange.writers.sheet import Sheet
from layers.maps.find import Highlight
from layers.maps.picture import PictureWords, map_picture
from layers.maps.style import load_styles
from layers.maps.view import Bounds, MapView, prepare_view


def view_of(context: Context) -> MapView:
    """Prepare the map of a workspace."""
    frames = {
        name: context.source.read(name)
        for name, contract in CONTRACTS.items()
        if contract.is_spatial
    }
    styles = load_styles(context.settings.data_dir / "styles" / "layers.yaml")
    return prepare_view(frames, styles, context.as_of)


def picture_words(context: Context, title: str) -> PictureWords:
    """Give what is written on a map picture: its title and what it stands on."""
    words, pack = context.words, context.policy.pack
    return PictureWords(
        title=title,
        sources=words.text(
            "picture_sources", workspace=context.facts.title, as_of=context.as_of,
            crs=":".join(context.crs.to_authority() or (context.crs.name,)), pack=pack.title,
            edition=pack.edition, version=version("muplan"),
        ),
        demo=words.text("demo_short") if context.facts.is_demo else "",
        legend=words.text("map_legend"),
        north=words.text("map_north"),
        more=words.sentences["map_legend_more"],
        language=words.language,
    )  # fmt: skip


def picture_of(
    context: Context,
    view: MapView,
    title: str,
    highlights: Sequence[Highlight],
    visible: Collection[str] | None = None,
    **look: Any,  # noqa: ANN401
) -> bytes:
    """Draw the map around highlighted shapes (``picture_empty`` where there is nothing to draw).

    ``look`` are further arguments of ``map_picture``: extent, size.
    """
    words = picture_words(context, title)
    return map_picture(view, words, highlights=highlights, visible=visible, **look)


DEGREES = 4490
"""Longitude and latitude of CGCS2000 (EPSG)."""


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows of one layer.

    ``layer``: Name of the workspace layer.
    ``rows``: The rows, with their own ellipsoidal area [亩] as ``area_mu``.
    ``union_mu``: Land they cover [亩, ellipsoidal]: what several cover counts once.
    ``sum_mu``: Their own areas added up [亩].
    ``missing``: Numbers asked for that the layer doesn't have.
    """

    layer: str
    rows: gpd.GeoDataFrame
    union_mu: float
    sum_mu: float
    missing: tuple[str, ...] = ()


def layers_to_choose_from(context: Context) -> list[str]:
    """List the layers whose rows have areas, parcels first."""
    names = [
        name
        for name, contract in CONTRACTS.items()
        if contract.geometry == "polygon" and len(context.source.read(name))
    ]
    return sorted(names, key=lambda name: name != "land_parcels")


def layer_title(contract: Contract, language: str) -> str:
    """Name a layer in a language."""
    return contract.zh if language == "zh" else contract.en


def chosen_within(
    context: Context, layer: str, area: shapely.Geometry, *, is_whole: bool
) -> Selection:
    """Choose what lies in a drawn area.

    ``area``: Polygon [degrees, CGCS2000]; one that crosses itself is taken as the land within its
      line.
    ``is_whole``: True for rows that lie in it altogether, False for those that share land with
      it; to touch its line is neither.

    In the order of the layer.
    """
    frame = gpd.GeoDataFrame(context.source.read(layer))
    drawn = shapely.make_valid(on_plane(context, area))
    near = np.sort(frame.sindex.query(drawn, predicate="intersects"))
    shapes = shapely.make_valid(np.asarray(frame.geometry.iloc[near], dtype=object))
    shapely.prepare(drawn)
    if is_whole:
        inside = shapely.covers(drawn, shapes)
    else:
        inside = shapely.area(shapely.intersection(shapes, drawn)) > 0
    return _selection(context, layer, frame.iloc[near[inside]])


def numbers_in(text: str) -> list[str]:
    r"""Take the numbers out of a pasted text.

    ``text``: Numbers parted by blanks, tabs, lines, commas, semicolons or 、.

    Each once, in order.

    >>> numbers_in("P1，P2;P1\nP3、 P4")
    ['P1', 'P2', 'P3', 'P4']
    """
    return list(dict.fromkeys(part for part in re.split(r"[\s,，;；、]+", text) if part))


def chosen_by_number(context: Context, layer: str, numbers: Sequence[str]) -> Selection:
    """Choose rows by their numbers.

    In the order of the numbers, and which of them there are not.
    """
    frame = gpd.GeoDataFrame(context.source.read(layer))
    keys = frame[contract_of(layer).key].astype(str)
    place = {key: at for at, key in enumerate(keys)}
    known = [place[number] for number in numbers if number in place]
    missing = tuple(number for number in numbers if number not in place)
    return _selection(context, layer, frame.iloc[known], missing)


def _selection(
    context: Context, layer: str, rows: gpd.GeoDataFrame, missing: tuple[str, ...] = ()
) -> Selection:
    shapes = shapely.make_valid(np.asarray(rows.geometry, dtype=object))
    areas = m2_to_mu(areas_m2(shapes, context.crs))
    union_m2 = 0.0
    if len(shapes):
        whole = np.zeros(len(shapes), dtype=np.intp)
        union_m2 = float(united_area_m2(shapes, whole, 1, context.crs)[0])
    listed = gpd.GeoDataFrame(rows.assign(area_mu=areas))
    return Selection(layer, listed, m2_to_mu(union_m2), float(areas.sum()), missing)


def on_plane(context: Context, shape: shapely.Geometry) -> shapely.Geometry:
    """Carry a shape [degrees] into the system of the workspace."""
    return gpd.GeoSeries([shape], crs=DEGREES).to_crs(context.crs).iloc[0]


def length_m(line: shapely.Geometry) -> float:
    """Measure a drawn line on the ellipsoid [m]."""
    return geodesic_length_m(shapely.get_coordinates(line))


def area_mu(context: Context, area: shapely.Geometry) -> float:
    """Measure a drawn area on the ellipsoid [亩]; one that crosses itself by what it holds."""
    shapes: npt.NDArray[np.object_] = np.array(
        [shapely.make_valid(on_plane(context, area))], dtype=object
    )
    return float(m2_to_mu(ellipsoidal_area_m2(shapes, context.crs))[0])


def listed_columns(selection: Selection) -> list[str]:
    """List the columns that say something of the rows chosen: number, name, area first."""
    contract = contract_of(selection.layer)
    first = [contract.key, *(["name"] if "name" in contract.columns else []), "area_mu"]
    filled = selection.rows.notna().any()
    rest = [
        name for name in contract.columns
        if name not in first and name in filled.index and filled[name]
    ]  # fmt: skip
    return first + rest


def selection_answer(context: Context, selection: Selection) -> Answer:
    """Make the list of rows chosen, ready to leave the product."""
    text = context.words.text
    title = layer_title(contract_of(selection.layer), context.words.language)
    frame = selection.rows[[*listed_columns(selection), "geometry"]]
    return Answer(
        title=text("map_selection_title", layer=title),
        parameters={"layer": selection.layer, "rows": len(frame)},
        result={"union_mu": selection.union_mu, "sum_mu": selection.sum_mu},
        sheets=(Sheet(title, frame, key="selection"),),
        summary=(selection_said(context, selection),),
    )


def selection_said(context: Context, selection: Selection) -> str:
    """Say how many rows are chosen and how much land they cover."""
    return context.words.text(
        "map_selection_said", count=len(selection.rows), union_mu=selection.union_mu,
        overlap_mu=max(selection.sum_mu - selection.union_mu, 0.0),
    )  # fmt: skip


Paper = Literal["A4", "A3"]
PAPER_MM: dict[str, tuple[int, int]] = {"A4": (297, 210), "A3": (420, 297)}
"""Width and height of a sheet laid across [mm]."""
DPI = 150
MM_PER_INCH = 25.4


def paper_px(paper: Paper) -> tuple[int, int]:
    """Give width and height [px] of a sheet.

    At 150 points to the inch.

    297 mm are 11.693 inches:

    >>> paper_px("A4")
    (1754, 1240)
    """
    width, height = PAPER_MM[paper]
    return round(width / MM_PER_INCH * DPI), round(height / MM_PER_INCH * DPI)


def map_sheet(
    context: Context,
    view: MapView,
    title: str,
    paper: Paper,
    *,
    extent: Bounds | None,
    visible: Collection[str] | None = None,
    highlights: Sequence[Highlight] = (),
) -> bytes:
    """Draw a sheet: title, legend, scale bar, north arrow, sources, and the day it was made.

    ``extent``: West, south, east, north [degrees] to be seen; None for the highlights, else all.
    ``visible``: Map layers drawn; None for those switched on at first.

    PNG that knows its size on paper.
    """
    words = picture_words(context, title)
    made_on = context.words.text("map_made_on", day=today())
    png = map_picture(
        view, replace(words, sources=f"{words.sources}{made_on}"), extent=extent, visible=visible,
        highlights=highlights, size_px=paper_px(paper),
    )  # fmt: skip
    return _written(png, "PNG")


def as_pdf(png: bytes) -> bytes:
    """Give a sheet as a page to print."""
    return _written(png, "PDF")


def _written(png: bytes, kind: str) -> bytes:
    file = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    if kind == "PDF":
        picture.save(file, kind, resolution=float(DPI), quality=92)
    else:
        picture.save(file, kind, dpi=(DPI, DPI))
    return file.getvalue()
