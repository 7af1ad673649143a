"""Where one project should go: platforms, sites, and the reason for each."""

import geopandas as gpd
import pandas as pd
import streamlit as st

from app.answers.land import unit_names
from app.answers.matched_site import reason_text, share_sentence
from app.answers.matching import demand_in_ledger, match_answer, summary_lines
from app.answers.reports import match_report
from app.components.frame import hand_out, page_head
from app.components.map_view import show_map
from app.components.plain import as_text, say_lines
from app.components.table import styled
from app.context import Context
from app.session import context, map_view, matched, words
from geo.errors import MuPlanError
from layers.fields import FIELDS
from layers.maps.highlight import Highlight
from platforms.matching.demand import LARGEST_LAND_MU, Demand
from platforms.matching.match import MatchedSite, Matches, MatchResult
from platforms.matching.table import MatchTable

GATE_SIGNS = {"met": "✔", "not_met": "✖", "no_data": "○", "not_applicable": "–"}
SHOWN_SITES = 30
OWN = "own_demand"


def show() -> None:
    """Show the page."""
    held = context()
    text = words().text
    page_head(held, "page_match", "match_question")
    demand = _demand(held)
    if demand is None:
        return
    table = _weights(held.match_table())
    with st.spinner(text("working_match")):
        result = matched(demand, table)
    names = _platform_names(held)
    say_lines(summary_lines(held, result, names))
    ranking, sites, undecided, rejected = st.tabs(
        [
            text("tab_platforms", count=len(result.platforms)),
            text("tab_sites", count=len(result.sites)),
            text("tab_undecided", count=len(result.undecided)),
            text("tab_rejected", count=len(result.rejected)),
        ]
    )
    with ranking:
        _platform_table(result, names)
    with sites:
        _sites(held, result, names)
    with undecided:
        _reasons(held, result.undecided, names)
    with rejected:
        _reasons(held, result.rejected, names)
    answer = match_answer(held, result, table, SHOWN_SITES)
    hand_out(
        answer, held, (".xlsx", ".docx", ".csv", ".gpkg"), "match",
        report=lambda: match_report(held, result, table, map_view()),
    )  # fmt: skip


def _platform_names(held: Context) -> dict[str, str]:
    platforms = held.source.read("major_platforms")
    return dict(zip(platforms["platform_id"], platforms["name"], strict=True))


def _demand(held: Context) -> Demand | None:
    text = words().text
    projects = held.source.read("projects")
    # Those still looking for a place come first.
    waiting = ["in_talks", "signed", "registered"]
    order = projects["stage"].map({stage: place for place, stage in enumerate(waiting)})
    projects = projects.assign(order=order.fillna(len(waiting))).sort_values(
        ["order", "project_id"], kind="stable"
    )
    options = {OWN: text("match_own")}
    columns = ["project_id", "name", "land_min_mu"]
    for project_id, name, land_mu in projects[columns].itertuples(index=False):
        options[project_id] = str(name) if pd.isna(land_mu) else f"{name}（{land_mu:g} 亩）"
    chosen = st.selectbox(
        text("match_project"), list(options), index=min(1, len(options) - 1),
        format_func=options.get, key="match_project",
    )  # fmt: skip
    if chosen != OWN:
        try:
            return demand_in_ledger(held, chosen)
        except MuPlanError as error:
            st.warning(as_text(words().error(error)))
            return None
    return _own_demand()


def _own_demand() -> Demand | None:
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
        energy = first.number_input(heading("energy_tce"), 0.0, 1e7, 0.0)
        emission = second.number_input(heading("emission_t"), 0.0, 1e6, 0.0)
        pollutant = third.text_input(heading("pollutant"), max_chars=40).strip()
        needed = st.multiselect(
            heading("utilities_needed"), list(FIELDS["utilities"].values),
            format_func=lambda code: words().word("utilities", code),
            placeholder=text("choose"),
        )  # fmt: skip
        if not st.form_submit_button(text("match_run")):
            st.info(text("match_fill_in"))
            return None
    # An amount without a pollutant can't be held against any quota: it stays unknown.
    emissions: tuple[tuple[str, float], ...] | None = () if emission == 0 else None
    if pollutant:
        emissions = ((pollutant, emission),)
    return Demand(
        OWN, name, category, industry.strip() or None, least, ideal,
        utilities_needed=tuple(needed), investment_yi_yuan=investment, tax_wan_yuan=tax,
        output_wan_yuan=output, energy_tce=energy, emissions_t=emissions,
    )  # fmt: skip


def _weights(table: MatchTable) -> MatchTable:
    text = words().text
    with st.expander(text("match_weights")):
        st.caption(text("match_weights_help"))
        columns = st.columns(len(table.weights))
        chosen = {
            name: float(
                column.slider(text(f"criterion_{name}"), 0, 50, int(weight), key=f"weight_{name}")
            )
            for column, (name, weight) in zip(columns, table.weights.items(), strict=True)
        }
    return table.with_weights(chosen)


def _platform_table(result: MatchResult, names: dict[str, str]) -> None:
    text = words().text
    if not result.platforms:
        st.info(text("match_none"))
        return
    rows = [
        {
            text("column_rank"): p.rank,
            text("column_platform_name"): names.get(p.platform_id, p.platform_id),
            text("column_score"): round(p.score, 1),
            text("column_site_count"): p.site_count,
            text("column_best_site"): p.best_site_id,
            **{
                text(f"criterion_{part.criterion}"): None
                if part.value is None
                else round(part.contribution, 1)
                for part in p.criteria
            },
        }
        for p in result.platforms
    ]
    st.caption(text("match_platform_hint"))
    st.dataframe(styled(pd.DataFrame(rows)), hide_index=True, width="stretch")


@st.fragment
def _sites(held: Context, result: MatchResult, names: dict[str, str]) -> None:
    text = words().text
    if not result.sites:
        st.info(text("match_none"))
        return
    shown = result.sites[:SHOWN_SITES]
    if len(result.sites) > len(shown):
        st.caption(text("match_first_sites", shown=len(shown), count=len(result.sites)))
    left, right = st.columns([1, 1])
    with left:
        event = st.dataframe(
            styled(_site_table(held, shown, names)), hide_index=True, width="stretch", height=330,
            on_select="rerun", selection_mode="single-row", key="site_rows",
        )  # fmt: skip
        chosen = shown[event.selection.rows[0] if event.selection.rows else 0]
        _site_detail(chosen)
    with right:
        shapes = gpd.GeoSeries([one.site.geometry for one in shown], crs=held.crs)
        captions = tuple(
            text("block_caption", block_id=one.site.site_id, area_mu=one.site.area_mu)
            for one in shown
        )
        place = gpd.GeoSeries([chosen.site.geometry], crs=held.crs)
        west, south, east, north = place.to_crs(4326).total_bounds.tolist()
        show_map(
            map_view(), words(), key="match_map",
            highlights=[Highlight("result", shapes, captions),
                        Highlight("selected", place, (chosen.site.site_id,))],
            focus=(west, south, east, north), base_map_url=held.settings.base_map_url,
            height_px=640,
            compact=True,
        )  # fmt: skip


def _site_table(
    held: Context, shown: tuple[MatchedSite, ...], names: dict[str, str]
) -> pd.DataFrame:
    text, units = words().text, unit_names(held)
    return pd.DataFrame(
        [
            {
                text("column_rank"): one.rank,
                text("column_score"): None if one.score is None or one.score.score is None
                else round(one.score.score, 1),
                text("column_platform_name"): names.get(
                    one.site.platform_id or "", text("no_platform")
                ),
                text("column_unit_name"): units.get(one.site.unit_id or ""),
                words().heading("area_mu"): round(one.site.area_mu, 2),
                words().heading("site_id"): one.site.site_id,
            }
            for one in shown
        ]
    )  # fmt: skip


def _site_detail(one: MatchedSite) -> None:
    text = words().text
    st.markdown(f"**{text('match_why')}**")
    st.text(one.site.site_id)
    if one.score is not None:
        st.caption(text("match_confidence", confidence=one.score.confidence))
        for part in one.score.criteria:
            label = text(f"criterion_{part.criterion}")
            if part.value is None:
                st.text(f"{label}：{text('no_value')}")
            else:
                st.progress(part.value, f"{label}　+{part.contribution:.1f}")
    for gate in one.gates:
        clause = f"（{gate.clause}）" if gate.clause else ""
        st.text(
            f"{GATE_SIGNS[gate.outcome]} {text(f'gate_{gate.gate}')}："
            f"{words().say(gate.statement)}{clause}"
        )
    st.text(share_sentence(one, words()))


def _reasons(held: Context, sites: Matches, names: dict[str, str]) -> None:
    text, units = words().text, unit_names(held)
    if not sites:
        st.info(text("match_none_here"))
        return
    rows = [
        {
            words().heading("site_id"): one.site.site_id,
            words().heading("area_mu"): round(one.site.area_mu, 2),
            text("column_platform_name"): names.get(
                one.site.platform_id or "", text("no_platform")
            ),
            text("column_unit_name"): units.get(one.site.unit_id or ""),
            text("column_why"): reason_text(one, words()),
        }
        for one in sites
    ]
    st.dataframe(styled(pd.DataFrame(rows)), hide_index=True, width="stretch")


show()
