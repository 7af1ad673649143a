"""LibreOffice opens every spreadsheet and document that is written; one run for all of them."""

import os
import shutil
import subprocess
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers.exchange.heading import ExportHeading
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.write import write_table

OFFICE = shutil.which("soffice")
PARTS = {".docx": "libswlo.so", ".xlsx": "libsclo.so"}  # Writer and Calc can be there alone
SECONDS = 180


def tables():
    """Give lists of every sort: words, dates, totals, hostile cells, no rows, many columns."""
    plain = pd.DataFrame(
        {
            "parcel_id": ["P1", "=1+1"], "name": ["地块一", "A\x00B & <c>"],
            "state": ["listed", "cleared"], "state_on": ["2024-04-01", None],
            "utilities": ["road;power", None], "area_mu": [102.5, -3.25],
            "is_increment": pd.array([True, None], dtype="boolean"),
            "entered_at": ["2024-04-01T08:30:00", "1850-01-01"], "note": ["x" * 40_000, None],
        }
    )  # fmt: skip
    shapes = gpd.GeoDataFrame(plain, geometry=[shapely.box(0, 0, 1, 1), None], crs="EPSG:4549")
    wide = pd.DataFrame({f"src_{n}": np.arange(3.0) for n in range(60)})
    return {
        "plain": [Sheet("地块", plain, totals=("area_mu",))],
        "shapes": [Sheet("地块", shapes)],
        "empty": [Sheet("无", plain.iloc[:0])],
        "wide": [Sheet("宽", wide)],
        "several": [Sheet("甲: [1]/'", plain), Sheet("甲: [1]/'", wide), Sheet("来源与口径", wide)],
    }


def openable():
    """Say which files the LibreOffice here can open."""
    if OFFICE is None:
        return []
    folder = Path(OFFICE).resolve().parent
    if not any(folder.glob("lib*lo.so")):  # another system: it comes whole there
        return list(PARTS)
    return [ending for ending, part in PARTS.items() if (folder / part).exists()]


def test_every_spreadsheet_and_document_opens(tmp_path):
    endings = openable()
    if os.environ.get("CI") == "true":
        assert set(endings) == {".docx", ".xlsx"}, "LibreOffice has to be there"
    if OFFICE is None or not endings:
        pytest.skip("LibreOffice isn't here")
    written = []
    for number, (name, sheets) in enumerate(tables().items()):
        heading = ExportHeading(
            f"清单 & {name}", {"软件": "MuPlan", "公式": "=1+1"}, is_demo=name == "plain",
            language="en" if number % 2 else "zh",
        )  # fmt: skip
        for ending in endings:
            path = tmp_path / f"{name}_{ending[1:]}{ending}"
            write_table(path, sheets, heading=heading)
            written.append(path)
    out = tmp_path / "out"
    profile = (tmp_path / "profile").as_uri()
    ran = subprocess.run(
        [OFFICE, f"-env:UserInstallation={profile}", "--headless", "--norestore",
         "--convert-to", "pdf", "--outdir", str(out), *map(str, written)],
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    opened = {Path(path).stem for path in out.glob("*.pdf") if path.stat().st_size > 1_000}
    assert {path.stem for path in written} - opened == set()
