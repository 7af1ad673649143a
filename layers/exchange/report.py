"""What a report says, as data: sections of sentences, tables and pictures, and its sources."""

from collections.abc import Sequence
from dataclasses import dataclass

from layers.exchange.heading import ExportHeading
from layers.exchange.sheet import Sheet


@dataclass(frozen=True)
class Picture:
    """A picture in a report.

    Attributes
    ----------
    png
        The picture (PNG).
    caption
        What stands below it, and what a screen reader says.
    """

    png: bytes
    caption: str


Content = str | Sheet | Picture
"""A paragraph, a table or a picture."""


@dataclass(frozen=True)
class Section:
    """A headed part of a report.

    Attributes
    ----------
    title
        Its heading.
    content
        Paragraphs, tables and pictures in order. The name of a table stands above it.
    """

    title: str
    content: tuple[Content, ...]


@dataclass(frozen=True)
class Report:
    """A report that can be written as a document.

    Attributes
    ----------
    heading
        Title, summary, sources, language, 演示数据 mark, headings of columns.
    sections
        What it says, in order; sources and manifest follow by themselves.
    """

    heading: ExportHeading
    sections: tuple[Section, ...]

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Its tables, in order."""
        return tuple(
            part for section in self.sections for part in section.content if isinstance(part, Sheet)
        )


def report_of_sheets(sheets: Sequence[Sheet], heading: ExportHeading) -> Report:
    """Make a report of plain lists: each a section of its own.

    Parameters
    ----------
    sheets
        The lists.
    heading
        Title, summary, sources.

    Returns
    -------
    Report
        The report.
    """
    return Report(heading, tuple(Section(sheet.name, (sheet,)) for sheet in sheets))
