"""No command hands a unit a word of a project that is another unit's to know (C10).

One project is hidden, and every text about it is unmistakable: in the ledger, in the tables that
name it, in columns that no contract knows, in what the workspace remembers of its entry.
"""

import shutil
import sqlite3
import zipfile
from contextlib import closing

import geopandas as gpd
import pandas as pd
import pytest

from app.answers.workspace import about_answer, since_answer
from app.cli.main import COMMANDS
from app.cli.usage import load
from app.context import open_context
from app.visits import Visit
from layers.contracts import CONTRACTS
from layers.workspace.geopackage import GeoPackageWorkspace
from layers.workspace.protocol import Provenance
from platforms.ledger.visibility import viewed

UNIT, OTHER = "330402", "330481"
MARK = "绝密QX"
HIDDEN = f"{MARK}-001"
NUMBER = "98765.25"
TABLES = (
    "projects", "project_events", "problems", "element_allotments", "support_grants", "targets",
)  # fmt: skip
SOURCE = Provenance(f"{MARK}来源", "2025-10-30T00:00:00+00:00", f"{MARK}版", f"{MARK}许可")


def marked_row(workspace, table, **values):
    """Make a row whose every text is marked, beside the values that make it what it is."""
    contract = CONTRACTS[table]
    row = {}
    for name in contract.columns:
        field = contract.field(name)
        if field.kind == "text":
            row[name] = f"{MARK}{name}"
        elif field.kind == "float":
            row[name] = float(NUMBER)
    row |= {"备注": f"{MARK}备注"} | values
    frame = pd.DataFrame([row])
    if contract.is_spatial:
        return gpd.GeoDataFrame(frame, geometry=[None], crs=workspace.facts.crs)
    return frame


@pytest.fixture(scope="module")
def secret(small_demo, tmp_path_factory):
    """A workspace in which one project of another unit is in talks."""
    path = tmp_path_factory.mktemp("secret") / "w.gpkg"
    shutil.copyfile(small_demo, path)
    workspace = GeoPackageWorkspace(path)
    like = {name: workspace.read(name) for name in TABLES}
    seq = int(like["project_events"]["entry_seq"].max()) + 1
    about = {"project_id": HIDDEN, "unit_id": OTHER}
    rows = {
        "projects": dict(
            about, stage="in_talks", category="industry", industry_code="39",
            industry_scheme="GB/T 4754-2017", is_confidential=True, land_use_codes="100101",
            far=1.0, platform_id=None, phase_of=None, start_planned_on="2025-12-01",
        ),
        "project_events": dict(
            about, event_kind="first_report", event_on="2025-10-29", entry_seq=seq,
            entered_at="2025-10-29T09:00:00+08:00", event_id=f"{MARK}-sj", corrects=None,
            previous_sha256=None, row_sha256=None,
        ),
        "problems": dict(
            about, filed_on="2025-10-01",
        ),
        "element_allotments": dict(
            about, allotment_id="pz-hidden", year=2025, element="land", pollutant=None,
            allotted_on="2025-10-01", land_mu=10.0, energy_tce=None, emission_t=None,
            platform_id=None, park_id=None,
        ),
        "support_grants": dict(
            about, granted_on="2025-10-01", enterprise_id=None, park_id=None, grant_id="fc-hidden",
        ),
        "targets": dict(
            about, target_id="rw-hidden", year=2025, indicator="projects", town=None,
        ),
    }  # fmt: skip
    with workspace.edit(f"{MARK}经办人", "2025-10-30T00:00:00+00:00") as edit:
        for table, values in rows.items():
            if values is not None:
                edit.add(table, marked_row(workspace, table, **values), SOURCE)
                frame = marked_row(workspace, table, **values)
                edit.quarantine(table, frame, pd.Series([f"key_twice:{MARK}"]))
    return path


def told(folder):
    """Read all that was written: packed files unpacked, also as the text of their bytes."""
    texts = []
    for file in sorted(folder.rglob("*")):
        if not file.is_file():
            continue
        texts.append(file.name)
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as packed:
                texts += [
                    packed.read(name).decode("utf-8", "replace") for name in packed.namelist()
                ]
        else:
            texts.append(file.read_bytes().decode("utf-8", "replace"))
    return "\n".join(texts)


def commands(table=COMMANDS, before=()):
    """Go through the command table: words of each command, and the command."""
    for name, address in table.items():
        if isinstance(address, str):
            yield (*before, name), load(address)
        else:
            yield from commands(address, (*before, name))


NEAR = f"{MARK}-002"
"""Number of no project: the nearest one that is known would be the hidden one."""
ASKED = {
    "info": [()],
    "history": [()],
    "blocks": [("--min-mu", "50")],
    "topology": [("--layer", "land_parcels")],
    "report": [
        *(("--kind", kind) for kind in ("land", "check", "ledger", "investment-map")),
        ("--kind", "ranking", "--period", "2025"),
        ("--kind", "match", "--project", "xm-0002"),
        ("--kind", "project", "--project", "all"),
        ("--kind", "project", "--project", NEAR),
    ],
    "chains": [()],
    "consolidate": [(), ("--unit", UNIT), ("--unit", OTHER)],
    "scenario add": [("甲",)],
    "scenario edit": [("甲", "--exit", "a=b")],
    "scenario remove": [("甲",)],
    "scenario list": [()],
    "scenario compare": [()],
    "scenario adopt": [("甲",)],
    "place": [("--projects", "all"), ("--projects", NEAR)],
    "targets": [("--year", "2025"), ()],
    "ranking": [("--by", by, "--period", "2025") for by in ("platform", "unit")],
    "evaluate": [("--year", "2025")],
    "project add": [
        ("--project", "X-1", "--name", "甲", "--on", "2025-10-30", "--unit", UNIT,
         "--investor", f"{MARK}investor_name",),
    ],
    "project event": [
        ("--project", NEAR, "--kind", "signed", "--on", "2025-10-30", "--unit", UNIT),
    ],
    "project list": [()],
    "project show": [("--project", NEAR), ("--project", "xm-0002")],
    "project conflicts": [(), ("--project", NEAR)],
    "project problems": [(), ("--unit", UNIT), ("--unit", OTHER)],
    "project transfer": [("--project", NEAR), ("--project", "xm-0002")],
    "project warnings": [(), ("--unit", UNIT), ("--unit", OTHER)],
    "project ranking": [("--period", "2025")],
    "project dashboard": [("--period", "2025"), ("--period", "2025", "--unit", OTHER)],
    "project verify": [(), ("--head", "0" * 64)],
    "project head": [()],
    "match": [("--project", NEAR), ("--project", "xm-0002")],
    "check": [("--year", "2025"), ("--year", "2025", "--against", "2018-01-01")],
    "shares": [("--year", "2025")],
    "indicators": [
        ("--by", by, "--period", "2025") for by in ("platform", "unit", "enterprise")
    ],
    "export": [(name,) for name in CONTRACTS],
}  # fmt: skip
ECHOED = (NEAR, f"{MARK}investor_name")
"""What the command was asked for and may repeat."""


def takes_viewer(command):
    return any("--viewer" in option.opts for option in command.params)


def test_every_command_that_asks_who_looks_is_tried_here():
    asking = {" ".join(words) for words, command in commands() if takes_viewer(command)}
    assert asking == set(ASKED)


def test_a_command_that_cannot_heed_who_looks_refuses_the_option(refused, secret):
    for words, command in commands():
        if not takes_viewer(command):
            assert "--viewer" in refused(*words, "--viewer", UNIT), words


def test_the_words_looked_for_are_there_for_the_city(muplan, secret, tmp_path):
    for table in TABLES:
        out = tmp_path / f"{table}.csv"
        assert muplan("export", secret, table, "--out", out).code == 0
        assert MARK in told(tmp_path), table
    assert MARK in muplan("info", secret, "--json").out
    assert HIDDEN in muplan("project", "list", secret, "--json").out
    assert HIDDEN in viewed(GeoPackageWorkspace(secret), UNIT).hidden


def calls():
    for words, command in commands():
        name = " ".join(words)
        if not takes_viewer(command):
            continue
        options = {option for param in command.params for option in param.opts}
        for asked in ASKED[name]:
            yield pytest.param(words, asked, options, id=f"{name} {' '.join(asked)}"[:60])


CITY_ONLY = (
    "history", "place", "scenario", "project ranking", "project dashboard", "report --kind ledger",
    "report --kind ranking",
)  # fmt: skip
"""Figures that every unit's projects go into."""


@pytest.mark.parametrize(("words", "asked", "options"), list(calls()))
def test_no_command_tells_a_unit_a_word_of_the_hidden_project(
    muplan, secret, tmp_path, words, asked, options
):
    path, folder = tmp_path / "w.gpkg", tmp_path / "out"
    folder.mkdir()
    shutil.copyfile(secret, path)
    called = " ".join((*words, *asked))
    line = [*words, path, *asked, "--viewer", UNIT]
    shapes = [[]]
    if "--json" in options:
        line.append("--json")
        shapes = [["--out", folder / "list.xlsx"]] if "--out" in options else [[]]
    elif words == ("export",):
        shapes = [["--out", folder / "list.xlsx"], ["--out", folder / "list.csv"]]
    else:
        shapes = [["--out", folder / ("map.html" if "investment-map" in asked else "report.docx")]]
    for shape in shapes:
        ran = muplan(*line, *shape)
        is_refused = NEAR in asked or (OTHER in asked and "dashboard" not in asked)
        assert (ran.code == 2) == (is_refused or called.startswith(CITY_ONLY)), ran.err
        text = ran.out + ran.err + told(folder)
        for echo in ECHOED:
            text = text.replace(echo, "")
        assert MARK not in text, text[max(0, text.index(MARK) - 300) : text.index(MARK) + 200]
        assert NUMBER not in text, text[max(0, text.index(NUMBER) - 300) :][:600]


@pytest.mark.parametrize("name", ["info", "project list", "project warnings", "project problems"])
def test_no_list_in_a_terminal_or_a_document_tells_of_it_either(muplan, secret, tmp_path, name):
    ran = muplan(*name.split(), secret, "--viewer", UNIT)
    assert ran.code == 0
    assert MARK not in ran.out
    assert muplan(*name.split(), secret, "--viewer", UNIT, "--out", tmp_path / "a.docx").code == 0
    assert MARK not in told(tmp_path)


def test_a_unit_is_told_neither_who_changed_the_ledger_nor_its_sources(secret):
    city, unit = (open_context(secret, viewer=viewer) for viewer in (None, UNIT))
    before = Visit("2025-10-01T00:00:00+00:00", 0)
    for answer in (about_answer, lambda context: since_answer(context, before)):
        texts = [
            "".join(sheet.frame.to_csv() for sheet in answer(context).sheets)
            for context in (city, unit)
        ]
        assert MARK in texts[0]
        assert MARK not in texts[1]
        assert "land_parcels" in texts[1] or "地块" in texts[1]


def test_a_unit_counts_the_rows_it_may_see(muplan, secret):
    counts = {
        viewer: {
            layer["name"]: layer
            for layer in muplan("info", secret, "--json", "--viewer", viewer).json["layers"]
        }
        for viewer in ("city", UNIT)
    }
    seen = viewed(GeoPackageWorkspace(secret), UNIT)
    for table in TABLES:
        layer = counts[UNIT][table]
        assert layer["rows"] == len(seen.read(table))
        assert (layer["sources"], layer["quarantined"]) == ([], None)
    assert counts[UNIT]["projects"]["rows"] < counts["city"]["projects"]["rows"]
    assert counts[UNIT]["land_parcels"] == counts["city"]["land_parcels"]


def test_a_broken_entry_of_a_hidden_project_is_told_without_its_number(muplan, secret, tmp_path):
    path = tmp_path / "w.gpkg"
    shutil.copyfile(secret, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE project_events SET detail = 'x' WHERE event_id = ?", (f"{MARK}-sj",)
        )
    whole = muplan("project", "verify", path, "--head", "0" * 64, "--json")
    seen = muplan("project", "verify", path, "--head", "0" * 64, "--json", "--viewer", UNIT)
    assert f"{MARK}-sj" in whole.out
    assert MARK not in seen.out
    assert len(seen.json["verify"]["faults"]) == len(whole.json["verify"]["faults"])
