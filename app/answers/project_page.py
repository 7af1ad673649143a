"""One project on a page and on paper."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from app.answers.answer import Answer, column_titles, heading_of, plain, sheet_of
from app.answers.coverage import checked_on_site, completeness_of
from app.answers.map import picture_of, view_of
from app.answers.matching import is_ruled
from app.answers.project_ledger import ledger_stand
from app.context import Context, unit_names
from geo.tools import Progress
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.word import Picture
from layers.exchange.writers.word_board import Board, Boards, Grid
from layers.fields import split_list
from layers.maps.find import Highlight
from layers.maps.view import Bounds, MapView
from platforms.completeness import constraints_in_force
from platforms.ledger.calendar import official_holidays
from platforms.ledger.claims import Exclusivity, TalksQuestion, exclusivity
from platforms.ledger.counting import KIND_ORDER, STAGE_ORDER, ProjectLedger
from platforms.ledger.entry import Node, nodes_of
from platforms.ledger.events import stage_models
from platforms.ledger.rows import Row, project_row, text_of
from platforms.projects.approval import ApprovalRoute, approval_route, land_supply_of
from platforms.projects.site_conditions import ProjectSite, project_site
from platforms.source import competition_of

FACTS = (
    "name", "unit_id", "stage", "project_class", "category", "industry_code", "product",
    "investor_name", "investment_yi_yuan", "investment_yi_usd", "investment_stated",
    "land_min_mu", "land_ideal_mu",
    "leader", "leader_role", "secretary", "service_team", "action_map", "department",
)  # fmt: skip
NODE_COLUMNS = ("node", "planned_on", "done_on", "light", "days")
CONDITION_COLUMNS = ("constraint_id", "name", "constraint_kind", "severity", "overlap_mu")
EVENT_COLUMNS = ("event_on", "event_kind", "unit_id", "detail", "actor", "event_id")
PROBLEM_COLUMNS = (
    "problem_id", "found_on", "filed_on", "sent_on", "met_on", "resolved_on", "detail",
)  # fmt: skip


@dataclass(frozen=True)
class ProjectPage:
    """All that is known of one project.

    ``row``: Its row.
    ``events, problems``: What happened to it by the as-of date, and its problems.
    ``nodes``: Its nodes with their lights.
    ``talks``: Who may talk about it (B5, C5).
    ``route``: Who approves its land (D1–D3).
    ``site``: Its land and boundary conditions.
    ``are_stages``: Whether the nodes are stages of a model, not the nodes of C7.
    """

    row: Row
    events: tuple[Row, ...]
    problems: pd.DataFrame
    nodes: tuple[Node, ...]
    talks: Exclusivity
    route: ApprovalRoute
    site: ProjectSite
    are_stages: bool = False

    @property
    def next_step(self) -> Node | None:
        """The first node that isn't done, None where all are; none before the stage reached.

        Behind the furthest one done, where the nodes are stages: nobody may enter the earlier ones.
        """
        stage = text_of(self.row, "stage")
        if stage == "ended":
            return None
        reached = [
            at for at, node in enumerate(self.nodes, start=1)
            if KIND_ORDER.get(node.kind, len(STAGE_ORDER)) <= STAGE_ORDER.get(stage or "", 0)
            or (self.are_stages and node.done_on is not None)
        ]  # fmt: skip
        ahead = self.nodes[max(reached, default=0) :]
        return next((node for node in ahead if node.done_on is None), None)


def project_page(context: Context, project_id: str) -> ProjectPage:
    """Gather what is known of a project (``project_not_on_file``)."""
    source, policy = context.source, context.policy
    projects, events, units = (
        pd.DataFrame(source.read(name)) for name in ("projects", "project_events", "units")
    )
    row = project_row(projects, project_id)
    ledger = ProjectLedger(projects, events, policy.as_of)
    history = next(each.events for each in ledger.histories if each.row["project_id"] == project_id)
    models = {model.name: model for model in stage_models(policy)}
    model = models.get("milestones") or next(iter(models.values()), None)
    problems = pd.DataFrame(source.read("problems"))
    question = TalksQuestion(project_id, policy.as_of, official_holidays())
    book = competition_of(source)
    rivals, rival_events = (pd.DataFrame(book.read(n)) for n in ("projects", "project_events"))
    return ProjectPage(
        row,
        tuple(history),
        problems[problems["project_id"].eq(project_id).fillna(value=False)],
        nodes_of(history, model.stages, policy) if model is not None else (),
        exclusivity(question, rivals, rival_events, policy),
        approval_route(land_supply_of(ledger, units, project_id), policy),
        project_site(
            split_list(row.get("parcel_ids")), gpd.GeoDataFrame(source.read("land_parcels")),
            constraints_in_force(gpd.GeoDataFrame(source.read("constraints")), policy), context.crs,
        ),
        are_stages=model is not None and model.name != "milestones",
    )  # fmt: skip


def project_page_answer(context: Context, page: ProjectPage) -> Answer:
    """Answer ``project show``: one page of one project."""
    words = context.words
    name = str(page.row["project_id"])
    return Answer(
        title=words.text("title_project_page", project_id=name),
        parameters={"project": name},
        result={"project": _as_result(context, page)},
        sheets=tuple(sheets_of(context, page)),
        titles=column_titles(words, ("node", "done_on", "light", "days", "overlap_mu", "fact")),
        summary=tuple(summary_of(context, page)),
    )


def summary_of(context: Context, page: ProjectPage) -> list[str]:
    """Say where a project stands, what comes next, who may talk, who approves, what is open."""
    words = context.words
    step, site = page.next_step, page.site
    open_problems = int(page.problems["resolved_on"].isna().sum())
    lines = []
    if step is None:
        unentered = sum(node.done_on is None for node in page.nodes)
        code = "project_page_done" if page.nodes else "project_page_no_nodes"
        lines.append(words.text("project_page_last_stage" if unentered else code, count=unentered))
    else:
        light = words.text(f"light_{step.light}")
        node = words.word("event_kind", step.kind)
        lines.append(words.text("project_page_next", node=node, on=step.planned_on, light=light))
    # What the packs don't rule is left out.
    lines += [words.say(reason) for reason in page.talks.reasons if is_ruled(page.talks)]
    if page.route.steps:
        lines.append(words.text("project_page_route", steps=" → ".join(page.route.steps)))
    if site.area_mu is None:
        lines.append(words.text("project_page_no_land"))
    else:
        if site.shape is not None and completeness_of(context).law.site_kinds:
            lines.append(checked_on_site(context, site.shape))
        blocked = sum(condition.severity == "block" for condition in site.conditions)
        lines.append(
            words.text(
                "project_page_land", count=len(site.parcel_ids) - len(site.missing_ids),
                area_mu=site.area_mu, met=len(site.conditions), blocked=blocked,
            )
        )  # fmt: skip
    if site.missing_ids:
        lines.append(words.text("project_page_missing", parcels="、".join(site.missing_ids)))
    lines.append(words.text("project_page_problems", count=open_problems))
    return lines


def sheets_of(context: Context, page: ProjectPage) -> list[Sheet]:
    """Give the lists of a project's page: facts, nodes, conditions, problems, documents."""
    words = context.words
    units = unit_names(context)
    facts = [(_title(column, context), _fact(context, page.row, column, units)) for column in FACTS]
    nodes = [
        (words.word("event_kind", node.kind), node.planned_on, node.done_on,
         words.text(f"light_{node.light}"), node.days)
        for node in page.nodes
    ]  # fmt: skip
    conditions = [
        (
            condition.constraint_id,
            condition.name,
            condition.kind,
            condition.severity,
            condition.overlap_mu,
        )
        for condition in page.site.conditions
    ]
    events = pd.DataFrame(list(page.events), columns=list(EVENT_COLUMNS))
    return [
        sheet_of(words, "project_facts", pd.DataFrame(facts, columns=["fact", "detail"])),
        sheet_of(
            words, "project_nodes",
            pd.DataFrame(nodes, columns=list(NODE_COLUMNS)).astype({"days": "Int64"}),
        ),
        sheet_of(words, "project_conditions",
              pd.DataFrame(conditions, columns=list(CONDITION_COLUMNS))),
        sheet_of(words, "project_problems", page.problems[list(PROBLEM_COLUMNS)]),
        sheet_of(words, "project_documents", events),
    ]  # fmt: skip


def _title(column: str, context: Context) -> str:
    words = context.words
    return words.text("column_unit_name") if column == "unit_id" else words.heading(column)


def _fact(context: Context, row: Row, column: str, units: dict[str, str]) -> str:
    value = row.get(column)
    if text_of(row, column) is None:
        return context.words.text("no_value")
    if column == "unit_id":
        return units.get(str(value), str(value))
    return context.words.word(column, str(value)) if column in CODED else str(value)


CODED = ("stage", "project_class", "category", "leader_role")


def _as_result(context: Context, page: ProjectPage) -> dict[str, object]:
    words, site, talks = context.words, page.site, page.talks
    return {
        **{str(key): plain(value) for key, value in page.row.items()},
        "nodes": [
            {
                "kind": n.kind,
                "planned_on": n.planned_on,
                "done_on": n.done_on,
                "light": n.light,
                "days": n.days,
            }
            for n in page.nodes
        ],
        "next_step": None if page.next_step is None else page.next_step.kind,
        "talks": None
        if not is_ruled(talks)
        else {
            "state": talks.state,
            "holder_unit_id": talks.holder_unit_id,
            "until": None if talks.until is None else talks.until.isoformat(),
            "reasons": [
                {"code": reason.code, "text": words.say(reason)} for reason in talks.reasons
            ],
        },
        "approval_route": {"tier": page.route.tier, "steps": list(page.route.steps)},
        "site": {
            "parcel_ids": list(site.parcel_ids),
            "missing_ids": list(site.missing_ids),
            "area_mu": site.area_mu,
            "conditions": [
                {
                    "constraint_id": condition.constraint_id,
                    "name": condition.name,
                    "kind": condition.kind,
                    "severity": condition.severity,
                    "overlap_mu": condition.overlap_mu,
                }
                for condition in site.conditions
            ],
        },
        "problems": [
            {str(key): plain(value) for key, value in row.items()}
            for row in page.problems[list(PROBLEM_COLUMNS)].to_dict("records")
        ],
        "events": [{key: plain(event.get(key)) for key in EVENT_COLUMNS} for event in page.events],
    }


ALL_PROJECTS = "all"
LEAST_AROUND_M = 250.0
"""Land around the site that its map shows at least."""
PICTURE_PX, STYLE_WIDTH_PX = (1390, 840), 640.0
MOST_CONDITIONS, MOST_PROBLEMS, MOST_DOCUMENTS = 5, 3, 6
MARKED = 200
"""Constraints of the site that its map marks at most."""


def projects_asked(context: Context, asked: str) -> tuple[str, ...]:
    """Read which projects are meant: ``all``, or numbers divided by commas."""
    if asked.strip().lower() == ALL_PROJECTS:
        return tuple(map(str, context.source.read("projects")["project_id"]))
    return tuple(
        dict.fromkeys(project_id.strip() for project_id in asked.split(",") if project_id.strip())
    )


def battle_maps(
    context: Context,
    project_ids: Sequence[str],
    view: MapView | None = None,
    progress: Progress | None = None,
) -> Boards:
    """Make the maps of action of projects.

    ``project_ids``: The projects, a page each in this order.
    ``view``: The prepared map, None to prepare it.

    With the head of the ledger's chain among the sources.

    Raises PlanningError: ``project_not_on_file`` with the nearest number.

    C12 嘉政办发〔2018〕52号 四（四）: 一个项目、一名领导、一张作战图、一个服务小组.
    """
    words = context.words
    pages = [project_page(context, project_id) for project_id in project_ids]
    seen = view if view is not None else view_of(context)
    boards = []
    for number, page in enumerate(pages, start=1):
        boards.append(_board(context, page, seen))
        if progress is not None:
            progress(number / len(pages))
    is_single = len(boards) == 1
    title = boards[0].title if is_single else words.text("title_battle_maps", count=len(boards))
    answer = Answer(title, {"report": "project", "project": ",".join(project_ids)}, {}, ())
    return Boards(heading_of(answer, ledger_stand(context)), tuple(boards))


def _board(context: Context, page: ProjectPage, view: MapView) -> Board:
    words = context.words
    facts, nodes, conditions, problems, documents = sheets_of(context, page)
    name = text_of(page.row, "name") or ""
    lines = [words.text("as_of_said", as_of=context.as_of), *summary_of(context, page)]
    return Board(
        f"{words.text('title_project_page', project_id=str(page.row['project_id']))}　{name}",
        tuple(lines),
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
    rows = tuple((*left, *other) for left, other in zip(pairs[:half], right, strict=True))
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
    titles = tuple(_column_title(context, name) for name in columns)
    rows = tuple(
        tuple(_cell(context, name, value) for name, value in zip(columns, row, strict=True))
        for row in frame[list(columns)].head(most).itertuples(index=False)
    )
    left = len(frame) - len(rows)
    note = words.text(none) if not rows else ""
    if left:
        note = words.text("battle_map_more", count=left)
    return Grid(title, titles, rows, widths, lines, note)


def _column_title(context: Context, column: str) -> str:
    column_code = f"column_{column}"
    words = context.words
    return words.text(column_code) if column_code in words.sentences else words.heading(column)


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
    visible = [layer.style.name for layer in view.layers if layer.style.is_shown]
    png = picture_of(
        context, view, title, site_marks(context, page), visible,
        extent=site_extent(context, page), size_px=PICTURE_PX, style_width_px=STYLE_WIDTH_PX,
    )  # fmt: skip
    return Picture(png, title)


def site_marks(context: Context, page: ProjectPage) -> list[Highlight]:
    """Give what a map marks of a project: the constraints its land meets, and its parcels."""
    words, site = context.words, page.site
    parcels = gpd.GeoDataFrame(context.source.read("land_parcels"))
    site_parcels = parcels[parcels["parcel_id"].isin(site.parcel_ids) & parcels.geometry.notna()]
    constraints = gpd.GeoDataFrame(context.source.read("constraints"))
    met = [condition.constraint_id for condition in site.conditions][:MARKED]
    touched = constraints[constraints["constraint_id"].isin(met)]
    marks = []
    if len(touched):
        names = tuple(touched["name"].fillna("").astype(str))
        # Outlines only: a constraint often covers all there is to see.
        lines = touched.geometry.boundary
        marks.append(Highlight("not_met", lines, names, words.text("battle_map_conditions")))
    if len(site_parcels):
        names = tuple(site_parcels["parcel_id"].astype(str))
        marks.append(
            Highlight("selected", site_parcels.geometry, names, words.text("battle_map_site"))
        )
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
