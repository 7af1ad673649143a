"""Bounds on what a user may hand in: each with its unit, and why it is that large.

Beyond a bound an input is refused with one sentence that names the number, the bound and what to
do. What inputs at the bounds take is measured by ``python -m tests.reliability.bounds`` and stands
in ``docs/reliability.md``.
"""

# --- Data files in YAML: policy packs, schemes, styles, demands -------------------------------

LARGEST_BYTES = 2_000_000
"""Size of a YAML file [bytes]: ten times the largest pack of the product."""

DEEPEST = 12
"""Levels of nesting in a YAML file: twice what a pack needs."""

MOST_ALIASES = 2_000
"""References (``*name``) in a YAML file."""

MOST_NODES = 500_000
"""Values of a YAML file with every reference written out: references to references multiply, while
2 MB of plain text hold less."""

# --- Files of rows ----------------------------------------------------------------------------

MAX_ROWS = 2_000_000
"""Rows of a GIS file: a city's survey has about a million; an import takes some 4 kB of memory for
each."""

MAX_LIST_ROWS = 1_048_576
"""Rows of a CSV file, heading included: what a spreadsheet holds. Each cell is a text of its own
while it is read, some 2 kB of memory for a row with an outline."""

MAX_LIST_BYTES = 768 * 1024**2
"""Size of a CSV file [bytes]: a million rows with outlines of 20 corners."""

MAX_BOOK_ROWS = 1_048_576
"""Rows of a sheet: more than a spreadsheet has; a number beyond would be filled up with empty
ones."""

MAX_BOOK_BYTES = 500 * 1024**2
"""Size of a spreadsheet, unpacked [bytes]."""

MAX_COLUMNS = 2_000
"""Columns of a list."""

MAX_MEMBERS = 2_000
"""Files in an archive."""

MAX_UNPACKED_BYTES = 2 * 1024**3
"""Size of an archive, unpacked [bytes]: more than a Shapefile may have by its own limits of 2 GB a
part is a bomb or a mistake."""

MAX_DXF_BYTES = 256 * 1024**2
"""Size of a drawing [bytes]."""

MAX_ENTITIES = 3_000_000
"""Objects of a drawing with its blocks taken apart: blocks in blocks multiply, a small file can
stand for more than any drawing holds."""

MAX_BLOCK_DEPTH = 16
"""Levels of blocks in blocks of a drawing."""

MAX_DEPTH = 200
"""Levels of XML in a KML file: folders in folders, and shapes in shapes, deeper than anyone nests
them."""

MAX_KML_BYTES = 512 * 1024**2
"""Size of a KML file [bytes]: a million parcels with their data are less."""

MAX_TEXT_BYTES = 256 * 1024**2
"""Size of a survey's text file [bytes]: about five million points; a larger file is no survey's."""

MAX_PARCELS = 1_000_000
"""Parcels of a survey's text file."""

MAX_RINGS = 2_000
"""Rings of one parcel in a survey's text file; more are a broken file, and would be compared each
with each."""

# --- Rasters ----------------------------------------------------------------------------------

MAX_CELLS = 200_000_000
"""Cells of a raster: a frame of 5 000 km² in cells of 5 m. A city of 4 000 km² has 160 million
within its outline. Answers hold a raster in memory as a whole, 4 bytes a cell; a DEM of
20 000 × 20 000 cells is to be cut to the city, or resampled: slopes of land are asked for on
parcels of a hectare and more, for which 5 m are fine enough."""

# --- Shapes -----------------------------------------------------------------------------------

MAX_CROSSINGS = 2_000
"""Places where a broken outline crosses or touches itself: rebuilding takes a quarter of a
millisecond for each, and can't be ended in between. Surveys have a few; a thousand corners in no
order have a hundred thousand."""

MAX_BROKEN_CORNERS = 200_000
"""Corners of a broken outline."""

MAX_NEAR_SIDES = 2_000_000
"""Pairs of sides of a broken outline whose boxes meet: rebuilding takes half a microsecond for
each, in one step. An outline of 100 000 corners has some 200 000, a comb of as many teeth 30
million."""

MAX_SIDE_TESTS = 500_000_000
"""Pairs of sides compared in one broken outline to count those."""

MAX_NECK_TESTS = 200_000_000
"""Pieces of a shape held together by necks, times the corners of its outline: each piece is held
against the outline, some 0.1 microseconds a corner. A thousand pieces of an outline of 200 000
corners are more than the land of a city."""

PAIRS_PER_SHAPE, LEAST_PAIRS, MAX_PAIRS = 100, 2_000_000, 60_000_000
"""Pairs of shapes whose boxes meet: so many for each shape on average, at least and at most so many
in all. Parcels of a city have some ten; where each lies over each other, work and memory grow with
the square of their number."""


def pairs_limit(count: int) -> int:
    """Return how many pairs of boxes may meet among so many shapes.

    >>> pairs_limit(10_000), pairs_limit(50_000), pairs_limit(5_000_000)
    (2000000, 5000000, 60000000)
    """
    return min(max(PAIRS_PER_SHAPE * count, LEAST_PAIRS), MAX_PAIRS)
