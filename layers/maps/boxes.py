"""How thousands of areas too small to have a form are painted at once."""

import numpy as np
import numpy.typing as npt
from PIL import Image

TINY_PX = 6
"""Areas smaller than this (3 on the screen) are painted as boxes of their own area."""


def paint_boxes(
    image: Image.Image,
    corner: npt.NDArray[np.intp],
    size: npt.NDArray[np.intp],
    colours: npt.NDArray[np.uint8],
) -> Image.Image:
    """Paint many small boxes at once.

    Parameters
    ----------
    image
        RGBA canvas.
    corner
        Upper left pixels x, y, array of n by 2; boxes may reach over the border.
    size
        Width and height [px], array of n by 2, at most ``TINY_PX`` each.
    colours
        Red, green, blue, alpha, array of n by 4.

    Returns
    -------
    Image
        A new canvas.
    """
    width, height = image.size
    pad = TINY_PX + 1
    near = ((corner > -pad) & (corner < (width, height))).all(axis=1)
    corner, size, colours = corner[near] + pad, size[near], colours[near]
    canvas = np.zeros((height + 2 * pad, width + 2 * pad, 4), dtype=np.uint8)
    canvas[pad:-pad, pad:-pad] = np.asarray(image)
    flat = canvas.view(np.uint32).reshape(-1)
    ink = np.ascontiguousarray(colours).view(np.uint32).reshape(-1)
    stride = width + 2 * pad
    first = corner[:, 1] * stride + corner[:, 0]
    for down in range(int(size[:, 1].max(initial=0))):
        for right in range(int(size[:, 0].max(initial=0))):
            covered = np.flatnonzero((size[:, 0] > right) & (size[:, 1] > down))
            flat[first[covered] + down * stride + right] = ink[covered]
    return Image.fromarray(np.ascontiguousarray(canvas[pad:-pad, pad:-pad]), "RGBA")
