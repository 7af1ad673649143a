"""The map of action (作战图) of projects on paper: a page each, with a map of the site."""

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from app.answers.answer import Answer, heading_of
from app.answers.ledger_chain import ledger_stand
from app.answers.pictures import picture_of, view_of
from app.answers.project_page import ProjectPage, project_page, sheets_of, summary_of
from app.context import Context
from geo.progress import Progress
from layers.exchange.board import Board, Boards, Grid
from layers.exchange.report import Picture
from layers.maps.highlight import Highlight
from layers.maps.view import Bounds, MapView
from platforms.projects.rows import text_of

ALL = "all"
LEAST_AROUND_M = 250.0
"""Land around the site that its map shows at least."""
PICTURE_PX, STYLE_WIDTH_PX = (1390, 840), 640.0
MOST_CONDITIONS, MOST_PROBLEMS, MOST_DOCUMENTS = 5, 3, 6
MARKED = 200
"""Constraints of the site that its map marks at most."""


def projects_asked(context: Context, asked: str) -> tuple[str, ...]:
    """Read which projects are meant: ``all``, or numbers divided by commas."""
    if asked.strip().lower() == ALL:
        return tuple(map(str, context.source.read("projects")["project_id"]))
    return tuple(dict.fromkeys(one.strip() for one in asked.split(",") if one.strip()))


def battle_maps(
    context: Context,
    project_ids: Sequence[str],
    view: MapView | None = None,
    progress: Progress | None = None,
) -> Boards:
    """Make the maps of action of projects.

    Parameters
    ----------
    context
        Workspace, rules, language.
    project_ids
        The projects, a page each in this order.
    view
        The prepared map, None to prepare it.
    progress
        Told the share done.

    Returns
    -------
    Boards
        With the head of the ledger's chain among the sources.

    Raises
    ------
    PlanningError
        ``project_not_on_file`` with the nearest number.

    Notes
    -----
    C12 嘉政办发〔2018〕52号 四（四）: 一个项目、一名领导、一张作战图、一个服务小组.
    """
    words = context.words
    pages = [project_page(context, one) for one in project_ids]
    seen = view if view is not None else view_of(context)
    boards = []
    for number, page in enumerate(pages, start=1):
        boards.append(_board(context, page, seen))
        if progress is not None:
            progress(number / len(pages))
    one = len(boards) == 1
    title = boards[0].title if one else words.text("title_battle_maps", count=len(boards))
    answer = Answer(title, {"report": "project", "project": ",".join(project_ids)}, {}, ())
    return Boards(heading_of(answer, ledger_stand(context)), tuple(boards))


def _board(context: Context, page: ProjectPage, view: MapView) -> Board:
    words = context.words
    facts, nodes, conditions, problems, documents = sheets_of(context, page)
    name = text_of(page.row, "name") or ""
    said = [words.text("as_of_said", as_of=context.as_of), *summary_of(context, page)]
    return Board(
        f"{words.text('title_project_page', project_id=str(page.row['project_id']))}　{name}",
        tuple(said),
        _picture(context, page, view),
        (
            _grid(context, conditions.name, conditions.frame,
                  ("name", "constraint_kind", "severity", "overlap_mu"), (0.42, 0.24, 0.14, 0.2),
                  MOST_CONDITIONS, "battle_map_no_conditions"),
            _grid(context, problems.name, problems.frame,
                  ("detail", "filed_on", "sent_on", "met_on", "resolved_on"),
                  (0.4, 0.15, 0.15, 0.15, 0.15), MOST_PROBLEMS, "battle_map_none", lines=2),
        ),
        (
            _facts(facts.name, facts.frame),
            _grid(context, nodes.name, nodes.frame,
                  ("node", "planned_on", "done_on", "light", "days"), (0.3, 0.2, 0.2, 0.2, 0.1),
                  len(nodes.frame), "project_page_no_nodes"),
            _grid(context, documents.name, documents.frame.iloc[::-1],
                  ("event_on", "event_kind", "detail", "actor"), (0.17, 0.23, 0.42, 0.18),
                  MOST_DOCUMENTS, "battle_map_none"),
        ),
    )  # fmt: skip


def _facts(title: str, frame: pd.DataFrame) -> Grid:
    """Put the facts side by side, down the left column first."""
    pairs = [(str(name), str(value)) for name, value in frame.itertuples(index=False)]
    half = (len(pairs) + 1) // 2
    right = [*pairs[half:], *[("", "")] * (2 * half - len(pairs))]
    rows = tuple((*one, *other) for one, other in zip(pairs[:half], right, strict=True))
    return Grid(title, (), rows, (0.21, 0.29, 0.21, 0.29), cell_lines=2)


def _grid(
    context: Context,
    title: str,
    frame: pd.DataFrame,
    columns: Sequence[str],
    widths: tuple[float, ...],
    most: int,
    none: str,
    lines: int = 1,
) -> Grid:
    words = context.words
    titles = tuple(_title(context, name) for name in columns)
    rows = tuple(
        tuple(_cell(context, name, value) for name, value in zip(columns, row, strict=True))
        for row in frame[list(columns)].head(most).itertuples(index=False)
    )
    left = len(frame) - len(rows)
    note = words.text(none) if not rows else ""
    if left:
        note = words.text("battle_map_more", count=left)
    return Grid(title, titles, rows, widths, lines, note)


def _title(context: Context, column: str) -> str:
    own = f"column_{column}"
    words = context.words
    return words.text(own) if own in words.sentences else words.heading(column)


def _cell(context: Context, column: str, value: object) -> str:
    if value is None or pd.isna(value):
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if column in ("constraint_kind", "severity", "event_kind"):
        return context.words.word(column, value)
    return str(value)


def _picture(context: Context, page: ProjectPage, view: MapView) -> Picture | str:
    words = context.words
    if page.site.shape is None:
        return words.text("project_page_no_land")
    title = words.text("battle_map_picture", project_id=str(page.row["project_id"]))
    shown = [layer.style.name for layer in view.layers if layer.style.is_shown]
    png = picture_of(
        context, view, title, site_marks(context, page), shown,
        extent=site_extent(context, page), size_px=PICTURE_PX, style_width_px=STYLE_WIDTH_PX,
    )  # fmt: skip
    return Picture(png, title)


def site_marks(context: Context, page: ProjectPage) -> list[Highlight]:
    """Give what a map marks of a project: the constraints its land meets, and its parcels."""
    words, site = context.words, page.site
    parcels = gpd.GeoDataFrame(context.source.read("land_parcels"))
    own = parcels[parcels["parcel_id"].isin(site.parcel_ids) & parcels.geometry.notna()]
    constraints = gpd.GeoDataFrame(context.source.read("constraints"))
    met = [one.constraint_id for one in site.conditions][:MARKED]
    touched = constraints[constraints["constraint_id"].isin(met)]
    marks = []
    if len(touched):
        names = tuple(touched["name"].fillna("").astype(str))
        # Outlines only: a constraint often covers all there is to see.
        lines = touched.geometry.boundary
        marks.append(Highlight("not_met", lines, names, words.text("battle_map_conditions")))
    if len(own):
        names = tuple(own["parcel_id"].astype(str))
        marks.append(Highlight("selected", own.geometry, names, words.text("battle_map_site")))
    return marks


def site_extent(context: Context, page: ProjectPage) -> Bounds | None:
    """Give west, south, east, north [degrees] of a project's land with what lies around it."""
    if page.site.shape is None:
        return None
    west, south, east, north = page.site.shape.bounds
    around = max((east - west) / 2, (north - south) / 2, LEAST_AROUND_M)
    seen = gpd.GeoSeries([page.site.shape.envelope.buffer(around)], crs=context.crs)
    low_x, low_y, high_x, high_y = seen.to_crs(4326).total_bounds.tolist()
    return low_x, low_y, high_x, high_y
