"""What stands on a board (作战图): one matter on one sheet of paper, as data."""

from dataclasses import dataclass

from layers.exchange.heading import ExportHeading
from layers.exchange.report import Picture


@dataclass(frozen=True)
class Grid:
    """A small table on a board.

    Attributes
    ----------
    title
        What stands above it.
    titles
        Headings of its columns; empty for none.
    rows
        Texts, row by row.
    widths
        Share of the width that each column has; they add up to 1.
    cell_lines
        Lines a cell has; a longer text ends in …, so that the sheet stays one.
    note
        What stands below it: how much is left out, or that there is nothing; empty for nothing.
    """

    title: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    cell_lines: int = 1
    note: str = ""


@dataclass(frozen=True)
class Board:
    """One matter on one sheet.

    Attributes
    ----------
    title
        What it is of.
    lines
        Where it stands, in sentences.
    picture
        Its map, or the sentence that says why there is none.
    left, right
        Tables below the map, and beside it.
    """

    title: str
    lines: tuple[str, ...]
    picture: Picture | str
    left: tuple[Grid, ...]
    right: tuple[Grid, ...]


@dataclass(frozen=True)
class Boards:
    """Boards that can be written as a document, a page each.

    Attributes
    ----------
    heading
        Title, sources, language, 演示数据 mark; the sources stand small on every page.
    boards
        The boards.
    """

    heading: ExportHeading
    boards: tuple[Board, ...]
