"""Which rows of the map a name or number means."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from layers.maps.drawn import DrawnLayer
from layers.maps.hit import Hit


@dataclass(frozen=True)
class Found:
    """A row found, with its name (empty where it has none)."""

    hit: Hit
    name: str


def rows_named(layers: Sequence[DrawnLayer], wanted: str, limit: int) -> list[Found]:
    """Find rows by a part of their number or name.

    Parameters
    ----------
    layers
        Drawn layers from the bottom to the top.
    wanted
        Text looked for; capitals and blanks around it don't matter.
    limit
        Most rows given.

    Returns
    -------
    list of Found
        The number or name that is the text first, then those that begin with it, then those that
        hold it; within these the short ones first, then the layers from the top. Each row once.
    """
    text = wanted.strip().casefold()
    if not text:
        return []
    ranked: list[tuple[int, int, int, int]] = []
    tops = list(reversed(layers))
    for place, layer in enumerate(tops):
        keys, names = _folded(layer.keys), _folded(layer.names)
        for row in range(len(keys)):
            if text in keys[row] or text in names[row]:
                rank, length = min(_rank(said, text) for said in (keys[row], names[row]))
                ranked.append((rank, length, place, row))
    ranked.sort()
    found: dict[tuple[str, str], Found] = {}
    for _, _, place, row in ranked:
        layer = tops[place]
        hit = Hit(layer.style.name, layer.style.layer, str(layer.keys[row]))
        found.setdefault((hit.layer, hit.key), Found(hit, str(layer.names[row])))
        if len(found) == limit:
            break
    return list(found.values())


def _folded(texts: npt.NDArray[np.object_]) -> list[str]:
    return [str(text).casefold() for text in texts]


def _rank(said: str, text: str) -> tuple[int, int]:
    if said == text:
        return 0, len(said)
    if said.startswith(text):
        return 1, len(said)
    return (2 if text in said else 3), len(said)
