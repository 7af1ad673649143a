"""The map of a workspace, for pages, and as a picture for reports."""

from collections.abc import Collection, Sequence
from importlib.metadata import version
from typing import Any

from app.context import Context
from layers.contracts import CONTRACTS
from layers.maps.highlight import Highlight
from layers.maps.picture import map_picture
from layers.maps.picture_parts import PictureWords
from layers.maps.style_file import load_styles
from layers.maps.view import MapView, prepare_view


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
    shown: Collection[str] | None = None,
    **look: Any,  # noqa: ANN401
) -> bytes:
    """Draw the map around highlighted shapes (``picture_empty`` where there is nothing to draw).

    ``look`` are further arguments of ``map_picture``: extent, size.
    """
    words = picture_words(context, title)
    return map_picture(view, words, highlights=highlights, shown=shown, **look)
