"""Which project is matched: one of the ledger, or a demand filled in by hand."""

import pandas as pd
import streamlit as st

from app.answers.land import unit_names
from app.answers.matching import demand_in_ledger
from app.components.plain import as_text
from app.context import Context
from app.session import words
from geo.errors import MuPlanError
from layers.fields import FIELDS
from platforms.matching.demand import LARGEST_LAND_MU, Demand

OWN = "own_demand"


def choose_demand(held: Context) -> Demand | None:
    """Let a project of the ledger be chosen, or a demand be filled in; None while there is none."""
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
    return _own_demand(held)


def _own_demand(held: Context) -> Demand | None:
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
        units = unit_names(held)
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
        OWN, name, category, industry.strip() or None, least, ideal,
        utilities_needed=tuple(needed), investment_yi_yuan=investment, tax_wan_yuan=tax,
        output_wan_yuan=output, energy_tce=energy, emissions_t=emissions,
        width_min_m=width or None, preferred_units=tuple(preferred),
        excluded_units=tuple(excluded),
    )  # fmt: skip
