"""The map of action of a project (作战图): leader, land, nodes, and what stands in the way."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.checks import plain
from app.answers.land import unit_names
from app.context import Context
from layers.exchange.sheet import Sheet
from layers.fields import split_list
from platforms.projects.approval_route import ApprovalRoute, approval_route, land_supply_of
from platforms.projects.boundary_conditions import ProjectSite, project_site
from platforms.projects.claims import TalksQuestion
from platforms.projects.dossiers import Dossiers
from platforms.projects.exclusivity import Exclusivity, exclusivity
from platforms.projects.milestones import Node, nodes_of
from platforms.projects.official_calendar import official_holidays
from platforms.projects.rows import Row, project_row, text_of
from platforms.projects.stages import stage_models
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
PROBLEM_COLUMNS = ("problem_id", "filed_on", "sent_on", "met_on", "resolved_on", "detail")


@dataclass(frozen=True)
class ProjectPage:
    """All that is known of one project.

    Attributes
    ----------
    row
        Its row.
    events, problems
        What happened to it by the as-of date, and its problems.
    nodes
        Its nodes with their lights.
    talks
        Who may talk about it (B5, C5).
    route
        Who approves its land (D1–D3).
    site
        Its land and boundary conditions.
    """

    row: Row
    events: tuple[Row, ...]
    problems: pd.DataFrame
    nodes: tuple[Node, ...]
    talks: Exclusivity
    route: ApprovalRoute
    site: ProjectSite

    @property
    def next_step(self) -> Node | None:
        """The first node that isn't done, None where all are."""
        return next((node for node in self.nodes if node.done_on is None), None)


def project_page(context: Context, project_id: str) -> ProjectPage:
    """Gather what is known of a project (``project_not_on_file``)."""
    source, policy = context.source, context.policy
    projects, events, units = (
        pd.DataFrame(source.read(name)) for name in ("projects", "project_events", "units")
    )
    row = project_row(projects, project_id)
    held = Dossiers(projects, events, policy, context.year)
    own = next(found for one, found in held.rows() if one["project_id"] == project_id)
    models = {model.name: model for model in stage_models(policy)}
    model = models.get("milestones") or next(iter(models.values()), None)
    problems = pd.DataFrame(source.read("problems"))
    question = TalksQuestion(project_id, policy.as_of, official_holidays())
    book = competition_of(source)
    rivals, rival_events = (pd.DataFrame(book.read(n)) for n in ("projects", "project_events"))
    return ProjectPage(
        row,
        tuple(own),
        problems[problems["project_id"].eq(project_id).fillna(value=False)],
        nodes_of(own, model.stages, policy) if model is not None else (),
        exclusivity(question, rivals, rival_events, policy),
        approval_route(land_supply_of(projects, units, project_id), policy),
        project_site(
            split_list(row.get("parcel_ids")), gpd.GeoDataFrame(source.read("land_parcels")),
            gpd.GeoDataFrame(source.read("constraints")), policy.as_of, context.crs,
        ),
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
        lines.append(words.text("project_page_done" if page.nodes else "project_page_no_nodes"))
    else:
        said = words.text(f"light_{step.light}")
        node = words.word("event_kind", step.kind)
        lines.append(words.text("project_page_next", node=node, on=step.planned_on, light=said))
    lines += [words.say(one) for one in page.talks.reasons]
    if page.route.steps:
        lines.append(words.text("project_page_route", steps=" → ".join(page.route.steps)))
    if site.area_mu is None:
        lines.append(words.text("project_page_no_land"))
    else:
        blocked = sum(one.severity == "block" for one in site.conditions)
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
    facts = [(_title(one, context), _fact(context, page.row, one, units)) for one in FACTS]
    nodes = [
        (words.word("event_kind", node.kind), node.planned_on, node.done_on,
         words.text(f"light_{node.light}"), node.days)
        for node in page.nodes
    ]  # fmt: skip
    conditions = [
        (one.constraint_id, one.name, one.kind, one.severity, one.overlap_mu)
        for one in page.site.conditions
    ]
    events = pd.DataFrame(list(page.events), columns=list(EVENT_COLUMNS))
    return [
        Sheet(words.text("sheet_project_facts"), pd.DataFrame(facts, columns=["fact", "detail"])),
        Sheet(
            words.text("sheet_project_nodes"),
            pd.DataFrame(nodes, columns=list(NODE_COLUMNS)).astype({"days": "Int64"}),
        ),
        Sheet(words.text("sheet_project_conditions"),
              pd.DataFrame(conditions, columns=list(CONDITION_COLUMNS))),
        Sheet(words.text("sheet_project_problems"), page.problems[list(PROBLEM_COLUMNS)]),
        Sheet(words.text("sheet_project_documents"), events),
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
            {"kind": n.kind, "planned_on": n.planned_on, "done_on": n.done_on, "light": n.light,
             "days": n.days}
            for n in page.nodes
        ],
        "next_step": None if page.next_step is None else page.next_step.kind,
        "talks": {
            "state": talks.state, "holder_unit_id": talks.holder_unit_id,
            "until": None if talks.until is None else talks.until.isoformat(),
            "reasons": [{"code": one.code, "text": words.say(one)} for one in talks.reasons],
        },
        "approval_route": {"tier": page.route.tier, "steps": list(page.route.steps)},
        "site": {
            "parcel_ids": list(site.parcel_ids), "missing_ids": list(site.missing_ids),
            "area_mu": site.area_mu,
            "conditions": [
                {"constraint_id": one.constraint_id, "name": one.name, "kind": one.kind,
                 "severity": one.severity, "overlap_mu": one.overlap_mu}
                for one in site.conditions
            ],
        },
        "problems": [
            {str(key): plain(value) for key, value in row.items()}
            for row in page.problems[list(PROBLEM_COLUMNS)].to_dict("records")
        ],
        "events": [{key: plain(one.get(key)) for key in EVENT_COLUMNS} for one in page.events],
    }  # fmt: skip
