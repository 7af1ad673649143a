"""What the lines of a survey's boundary-point text are: header, parcels and their points."""

import re
from dataclasses import dataclass, field

from layers.errors import LayerError
from layers.exchange.oddities import Oddities
from layers.exchange.survey_text_points import (
    ParcelLine,
    PointLine,
    is_comment,
    parcel_of,
    point_of,
)

MAX_PARCELS = 1_000_000

_SECTION = re.compile(r"[\[［【]\s*([^\]］】]{0,40}?)\s*[\]］】]?")
_KEY = re.compile(r"([^,，@＠=＝]{1,40}?)\s*[=＝]\s*(.*)")
_MAY_OPEN = re.compile(r"[@＠]|[,，;；|\s][面线点](?:[,，;；|\s]|$)")
_BLANKS = " \t\u3000\ufeff\x00\x1a"
_NOTHING = ParcelLine(None, "", "", "", "", "", "", "", "", is_marked=False)


@dataclass
class Block:
    """One parcel as it stands in the file.

    Attributes
    ----------
    line
        Number of the line that opens it; of its first point where none does.
    parcel
        What that line says.
    points
        Its points in order.
    problem
        Why it can't be used, as code and number of the line; None where it can.
    """

    line: int
    parcel: ParcelLine
    points: list[PointLine] = field(default_factory=list)
    problem: tuple[str, int] | None = None

    @property
    def label(self) -> str:
        """What a planner knows it by."""
        return self.parcel.number or self.parcel.name or f"#{self.line}"

    def spoil(self, code: str, line: int) -> None:
        """Mark it as not to be used; the first reason stays."""
        if self.problem is None:
            self.problem = (code, line)


@dataclass
class Draft:
    """A file by its lines: keys of its header, its parcels, what is odd about it."""

    header: dict[str, str]
    blocks: list[Block]
    oddities: Oddities


def read_lines(text: str, name: str) -> Draft:
    """Take a survey text apart into header and parcels.

    Parameters
    ----------
    text
        The whole file.
    name
        Its name, for messages.

    Returns
    -------
    Draft
        Header, parcels, oddities. A parcel with a line that can't be read is marked, not left out.

    Raises
    ------
    LayerError
        ``txt_not_survey`` where it holds no point at all, ``rows_too_many``.
    """
    draft = Draft({}, [], Oddities())
    section = "none"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, raw in enumerate(lines, start=1):
        line = raw.strip(_BLANKS)
        if not line:
            continue
        if line[0] in "[［【":
            section = _section(line, number, draft)
        elif section in {"points", "none"} or not _KEY.fullmatch(line):
            section = _read_line(line, number, section, draft)
        elif section == "header":
            _read_key(line, number, draft)
        if len(draft.blocks) > MAX_PARCELS:
            raise LayerError("rows_too_many", path=name, limit=MAX_PARCELS)
    if not any(block.points for block in draft.blocks):
        raise LayerError("txt_not_survey", path=name)
    return draft


def _section(line: str, number: int, draft: Draft) -> str:
    match = _SECTION.fullmatch(line)
    title = line if match is None else match[1]
    if "属性" in title:
        return "header"
    if "坐标" in title:
        return "points"
    draft.oddities.note("txt_section_skipped", f"{number} [{title[:20]}]")
    return "skipped"


def _read_key(line: str, number: int, draft: Draft) -> None:
    match = _KEY.fullmatch(line)
    assert match is not None
    key, value = match[1].strip(_BLANKS), match[2].strip(_BLANKS)
    if draft.header.get(key, value) != value:
        draft.oddities.note("txt_key_twice", f"{number} {key[:20]}")
        return
    draft.header[key] = value


def _read_line(line: str, number: int, section: str, draft: Draft) -> str:
    """Read a line that may be a parcel's or a point's; tell the section that follows."""
    if section == "skipped":
        return section
    if section == "none" and _KEY.fullmatch(line):
        _read_key(line, number, draft)
        return section
    # A numbered plot's line could pass for a point's, so what may open a parcel is tried first.
    parcel = parcel_of(line) if _MAY_OPEN.search(line) else None
    if parcel is not None:
        if not parcel.is_marked:
            draft.oddities.note("txt_at_missing", number)
        draft.blocks.append(Block(number, parcel))
        return "points"
    point = point_of(line, number)
    if point is not None:
        _add_point(point, section, draft)
        return "points"
    if is_comment(line):
        draft.oddities.note("txt_lines_skipped", f"{number} {line[:20]}")
    elif section == "points" and draft.blocks:
        draft.blocks[-1].spoil("txt_line_unreadable", number)
    else:
        draft.oddities.note("txt_lines_skipped", f"{number} {line[:20]}")
    return section


def _add_point(point: PointLine, section: str, draft: Draft) -> None:
    if section != "points":
        draft.oddities.note("txt_section_missing", point.line)
    if not draft.blocks:
        draft.oddities.note("txt_parcel_line_missing", point.line)
        draft.blocks.append(Block(point.line, _NOTHING))
    if point.rest:
        draft.oddities.note("txt_fields_left_out", point.line)
    draft.blocks[-1].points.append(point)
