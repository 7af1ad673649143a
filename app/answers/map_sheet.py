"""A part of the map as a sheet of paper: picture or page, with what a planning map must say."""

import io
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Literal

from PIL import Image

from app.answers.pictures import picture_words
from app.context import Context, today
from layers.maps.highlight import Highlight
from layers.maps.picture import map_picture
from layers.maps.view import Bounds, MapView

Paper = Literal["A4", "A3"]
PAPER_MM: dict[str, tuple[int, int]] = {"A4": (297, 210), "A3": (420, 297)}
"""Width and height of a sheet laid across [mm]."""
DPI = 150
MM_PER_INCH = 25.4


def paper_px(paper: Paper) -> tuple[int, int]:
    """Give width and height [px] of a sheet.

    Parameters
    ----------
    paper
        Its size.

    Returns
    -------
    tuple of int
        At 150 points to the inch.

    Examples
    --------
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
    shown: Collection[str] | None = None,
    highlights: Sequence[Highlight] = (),
) -> bytes:
    """Draw a sheet: title, legend, scale bar, north arrow, sources, and the day it was made.

    Parameters
    ----------
    context
        The open workspace.
    view
        Its map.
    title
        Stands above it.
    paper
        Its size.
    extent
        West, south, east, north [degrees] to be seen; None for the highlights, else all.
    shown
        Map layers drawn; None for those switched on at first.
    highlights
        Shapes laid over it.

    Returns
    -------
    bytes
        PNG that knows its size on paper.
    """
    words = picture_words(context, title)
    made = context.words.text("map_made_on", day=today())
    png = map_picture(
        view, replace(words, sources=f"{words.sources}{made}"), extent=extent, shown=shown,
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
