import numpy as np
import pandas as pd

from layers.demo.projects import with_firms, with_programmes


def test_the_class_of_a_project_follows_its_investment():
    projects = pd.DataFrame({"investment_yi_yuan": [9.99, 10.0, 19.99, 20.0]})
    classes = with_programmes(projects, np.random.default_rng(0))["project_class"]
    assert classes.tolist() == ["other", "county_head", "county_head", "mayor"]


def test_only_landed_projects_take_a_firm_of_their_unit_and_no_firm_runs_two():
    projects = pd.DataFrame(
        {"unit_id": ["N"] * 30, "started_on": ["2024-01-01"] * 29 + [None],
         "credit_code": "own", "investor_name": "own"}
    )  # fmt: skip
    firms = pd.DataFrame(
        {"unit_id": ["N"] * 40 + ["S"] * 40, "is_above_scale": True,
         "credit_code": [f"C{n}" for n in range(80)], "name": [f"F{n}" for n in range(80)]}
    )  # fmt: skip
    taken = with_firms(projects, firms, np.random.default_rng(0))["credit_code"]
    run = taken[taken != "own"]
    assert taken.iloc[-1] == "own"
    assert len(run) > 15
    assert run.is_unique
    assert run.str[1:].astype(int).max() < 40
