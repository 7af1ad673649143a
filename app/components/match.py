"""Parts of the page of one project."""

import geopandas as gpd
import pandas as pd
import streamlit as st

from app.answers.matching import (
    change_text,
    demand_in_ledger,
    percent,
    route_text,
    share_sentence,
    site_frame,
    standing_of,
)
from app.components.map_view import show_map
from app.components.page import as_text, error_text, show_list, shown_columns
from app.context import Context, unit_names
from app.session import map_view, words
from geo.errors import MuPlanError
from layers.fields import FIELDS
from layers.maps.find import Highlight
from platforms.matching.demand import LARGEST_LAND_MU, Demand
from platforms.matching.explanation import losses, would_be_first
from platforms.matching.match import MatchedSite, Matches, MatchResult
from platforms.matching.scoring import Score

OWN_DEMAND = "own_demand"


def choose_demand(context: Context) -> Demand | None:
    """Let a project of the ledger be chosen, or a demand be filled in; None while there is none."""
    text = words().text
    projects = context.source.read("projects")
    # Those still looking for a place come first.
    waiting = ["in_talks", "signed", "registered"]
    order = projects["stage"].map({stage: place for place, stage in enumerate(waiting)})
    projects = projects.assign(order=order.fillna(len(waiting))).sort_values(
        ["order", "project_id"], kind="stable"
    )
    options = {OWN_DEMAND: text("match_own")}
    columns = ["project_id", "name", "land_min_mu"]
    for project_id, name, land_mu in projects[columns].itertuples(index=False):
        options[project_id] = str(name) if pd.isna(land_mu) else f"{name}（{land_mu:g} 亩）"
    chosen = st.selectbox(
        text("match_project"), list(options), index=min(1, len(options) - 1),
        format_func=options.get, key="match_project",
    )  # fmt: skip
    if chosen != OWN_DEMAND:
        try:
            return demand_in_ledger(context, chosen)
        except MuPlanError as error:
            st.warning(error_text(error))
            return None
    return _own_demand(context)


def _own_demand(context: Context) -> Demand | None:
    text, heading = words().text, words().heading
    with st.form("own_demand"):
        first, second, third, fourth = st.columns(4)
        name = first.text_input(heading("name"), value=text("match_own_name"), max_chars=80)
        category = second.selectbox(
            heading("category"), ["industry", "logistics", "research", "service"],
            format_func=lambda code: words().word("category", code),
        )  # fmt: skip
        industry = third.text_input(heading("industry_code"), value="38", max_chars=5)
        investment = fourth.number_input(heading("investment_yi_yuan"), 0.0, 10_000.0, 10.0)
        least = first.number_input(heading("land_min_mu"), 0.1, LARGEST_LAND_MU, 100.0)
        ideal = second.number_input(heading("land_ideal_mu"), 0.1, LARGEST_LAND_MU, 120.0)
        tax = third.number_input(heading("tax_wan_yuan"), 0.0, 1e7, 5000.0)
        output = fourth.number_input(heading("output_wan_yuan"), 0.0, 1e8, 80_000.0)
        energy = first.number_input(heading("energy_tce"), 0.0, 1e7, None)
        emission = second.number_input(heading("emission_t"), 0.0, 1e6, None)
        pollutant = third.text_input(heading("pollutant"), max_chars=40).strip()
        needed = st.multiselect(
            heading("utilities_needed"), list(FIELDS["utilities"].values),
            format_func=lambda code: words().word("utilities", code),
            placeholder=text("choose"),
        )  # fmt: skip
        width = fourth.number_input(heading("width_min_m"), 0.0, 5000.0, 0.0)
        units = unit_names(context)
        wished, barred = st.columns(2)
        preferred = wished.multiselect(
            heading("preferred_units"), list(units), format_func=units.get,
            placeholder=text("choose"),
        )  # fmt: skip
        excluded = barred.multiselect(
            heading("excluded_units"), list(units), format_func=units.get,
            placeholder=text("choose"),
        )  # fmt: skip
        if not st.form_submit_button(text("match_run")):
            st.info(text("match_fill_in"))
            return None
    # Left blank is unknown, as is an amount without a pollutant; 0 says that there are none.
    emissions: tuple[tuple[str, float], ...] | None = () if emission == 0 else None
    if pollutant and emission is not None:
        emissions = ((pollutant, emission),)
    return Demand(
        OWN_DEMAND, name, category, industry.strip() or None, least, ideal,
        utilities_needed=tuple(needed), investment_yi_yuan=investment, tax_wan_yuan=tax,
        output_wan_yuan=output, energy_tce=energy, emissions_t=emissions,
        width_min_m=width or None, preferred_units=tuple(preferred),
        excluded_units=tuple(excluded),
    )  # fmt: skip


GATE_SIGNS = {"met": "✔", "not_met": "✖", "no_data": "○", "not_applicable": "–"}
SITE_COLUMNS = ("rank", "score", "score_high", "platform_name", "unit_name", "area_mu", "site_id")
REASON_COLUMNS = ("site_id", "area_mu", "platform_name", "unit_name", "why")
SHOWN_SITES = 30
SHOWN_REASONS = 100
LIST_PX, MAP_PX = 330, 640


def show_sites(context: Context, result: MatchResult, names: dict[str, str]) -> None:
    """List the admitted sites beside the map, and say of one why it stands where it does.

    Where none is admitted, the undecided ones in order: what has to be settled stands beside each.
    """
    text = words().text
    sites = result.sites or result.undecided
    if not sites:
        st.info(text("match_none"))
        return
    if not result.sites:
        st.info(text("match_undecided_only"))
    visible = sites[:SHOWN_SITES]
    if len(sites) > len(visible):
        st.caption(text("match_first_sites", shown=len(visible), count=len(sites)))
    left, right = st.columns([1, 1])
    with left:
        event = show_list(
            _site_table(context, visible, names, SITE_COLUMNS), height=LIST_PX, on_select="rerun",
            selection_mode="single-row", key="site_rows",
        )  # fmt: skip
        rows = [row for row in event.selection.rows if row < len(visible)]
        at = rows[0] if rows else 0
        _detail(result, visible[at], at)
    with right:
        _map(context, visible, visible[at])


def _site_table(
    context: Context,
    sites: Matches | tuple[MatchedSite, ...],
    names: dict[str, str],
    columns: tuple[str, ...],
) -> pd.DataFrame:
    """List sites with some columns of the answer's list."""
    frame = site_frame(context, sites, names)
    frame_named = frame.assign(
        platform_name=frame["platform_name"].fillna(words().text("no_platform"))
    )
    return shown_columns(frame_named, columns, words())


def _map(context: Context, sites: tuple[MatchedSite, ...], chosen: MatchedSite) -> None:
    shapes = gpd.GeoSeries([matched.site.geometry for matched in sites], crs=context.crs)
    captions = tuple(
        words().text("block_caption", block_id=matched.site.site_id, area_mu=matched.site.area_mu)
        for matched in sites
    )
    place = gpd.GeoSeries([chosen.site.geometry], crs=context.crs)
    west, south, east, north = place.to_crs(4326).total_bounds.tolist()
    show_map(
        map_view(), words(), key="match_map",
        highlights=[Highlight("result", shapes, captions),
                    Highlight("selected", place, (chosen.site.site_id,))],
        focus=(west, south, east, north), base_map_url=context.settings.base_map_url,
        height_px=MAP_PX, compact=True,
    )  # fmt: skip


def _detail(result: MatchResult, matched: MatchedSite, at: int) -> None:
    text = words().text
    st.markdown(f"**{text('match_why')}　{as_text(matched.site.site_id)}**")
    if matched.score is not None:
        st.caption(
            text("match_score", score=score_text(matched.score))
            + text("match_confidence", confidence=matched.score.confidence)
        )
        for part in matched.score.criteria:
            label = text(f"criterion_{part.criterion}")
            if part.value is None:
                st.text(f"{label}：{text('no_value')}")
            else:
                st.progress(part.value, f"{label}　+{part.contribution:.1f}")
    if matched.status == "admitted":
        _against_the_first(result, at)
    st.text(share_sentence(matched, words()))
    if matched.route is None or matched.route.rule_ids:
        st.text(f"{text('match_route')}：{route_text(matched.route, words())}")
    for gate in matched.gates:
        clause = f"（{gate.clause}）" if gate.clause else ""
        force = "" if gate.force == "mandatory" else f"〔{text(f'force_{gate.force}')}〕"
        st.text(
            f"{GATE_SIGNS[gate.outcome]} {words().gate(gate.gate)}{force}："
            f"{words().say(gate.statement)}{clause}"
        )


def _against_the_first(result: MatchResult, at: int) -> None:
    """Say what a site loses to the first, and what would put it first."""
    text = words().text
    values = result.evaluation.values[result.evaluation.admitted]
    place = int(result.ranking.order[at])
    lost = losses(values, result.weights, place)
    if lost and result.ranking.rank[place] > 1:
        listed = words().joined(
            text("match_loss", criterion=text(f"criterion_{result.criteria[loss.criterion]}"),
                 points=loss.points)
            for loss in lost
        )  # fmt: skip
        st.text(text("match_losses", losses=listed))
    change = would_be_first(values, result.weights, place)
    if change is not None:
        st.text(change_text(change, result.criteria, words()))


def show_reasons(context: Context, sites: Matches, names: dict[str, str]) -> None:
    """List sites that aren't admitted, each with its reason."""
    text = words().text
    if not len(sites):
        st.info(text("match_none_here"))
        return
    visible = sites[:SHOWN_REASONS]
    if len(sites) > len(visible):
        st.caption(text("match_first_sites", shown=len(visible), count=len(sites)))
    show_list(_site_table(context, visible, names, REASON_COLUMNS))


def show_comparison(context: Context, result: MatchResult, names: dict[str, str]) -> None:
    """Show two candidates side by side: score by score, gate by gate."""
    text = words().text
    offered = (*result.sites[:SHOWN_SITES], *result.undecided[:SHOWN_SITES])
    if len(offered) < 2:
        st.info(text("match_compare_none"))
        return
    labels = [f"{matched.site.site_id}（{standing_of(matched, words())}）" for matched in offered]
    left, right = st.columns(2)
    first, second = (
        offered[
            column.selectbox(
                text(f"match_compare_{n}"), range(len(offered)), index=n - 1,
                format_func=labels.__getitem__, key=f"compare_{n}",
            )
        ]
        for n, column in ((1, left), (2, right))
    )  # fmt: skip
    rows = list(zip(_facts(context, first, names), _facts(context, second, names), strict=True))
    table = pd.DataFrame(
        {
            text("match_compare_item"): [left_fact[0] for left_fact, _ in rows],
            labels[offered.index(first)]: [left_fact[1] for left_fact, _ in rows],
            f"{labels[offered.index(second)]} ": [right_fact[1] for _, right_fact in rows],
        }
    )
    show_list(table, height=38 + 35 * len(table))


def score_text(score: Score) -> str:
    """Show a score: both ends where something isn't known."""
    if not score.unknown:
        return f"{score.low:.1f}"
    return f"{score.low:.1f}–{score.high:.1f}"


def _facts(context: Context, matched: MatchedSite, names: dict[str, str]) -> list[tuple[str, str]]:
    """Say all that two candidates are compared by, each fact under its name."""
    text, units = words().text, unit_names(context)
    score = matched.score
    rows = [
        (text("column_standing"), standing_of(matched, words())),
        (text("column_rank"), "–" if matched.rank is None else str(matched.rank)),
        (text("column_score"), "–" if score is None else score_text(score)),
        (
            text("column_platform_name"),
            names.get(matched.site.platform_id or "", text("no_platform")),
        ),
        (text("column_unit_name"), units.get(matched.site.unit_id or "", "–")),
        (words().heading("area_mu"), f"{matched.site.area_mu:,.2f}"),
        (
            text("match_share"),
            "–"
            if matched.effect is None or matched.effect.after is None
            else f"{percent(matched.effect.before) or '–'} → {percent(matched.effect.after)}",
        ),
    ]
    if matched.route is None or matched.route.rule_ids:
        rows.append((text("match_route"), route_text(matched.route, words())))
    for part in score.criteria if score is not None else ():
        label = text(f"criterion_{part.criterion}")
        value = text("no_value") if part.value is None else f"+{part.contribution:.1f}"
        rows.append((label, value))
    for gate in matched.gates:
        sentence = f"{GATE_SIGNS[gate.outcome]} {words().say(gate.statement)}"
        rows.append((words().gate(gate.gate), sentence))
    return rows
