"""Scenarios in words: each edit as a sentence with the names of what it changes."""

from collections.abc import Mapping

import pandas as pd
import shapely

from app.answers.chains import platform_names
from app.answers.land import unit_names
from app.context import Context
from geo.measure import ellipsoidal_area_m2
from geo.units import m2_to_mu
from platforms.scenario.edits import (
    AddLand,
    ChangeLand,
    ExitPark,
    JoinPark,
    PlaceProject,
    ScenarioEdit,
    SetMajor,
    kind_of,
)
from platforms.scenario.scenario import Scenario

EDIT_COLUMNS = ("scenario_name", "edit_number", "edit_kind", "edit_said", "adopted_at")


def edit_frame(context: Context, held: Mapping[str, Scenario]) -> pd.DataFrame:
    """List the edits of scenarios, one row each; a scenario without any has a row too."""
    words, said = context.words, EditWords(context)
    rows: list[tuple[object, ...]] = []
    for name, one in held.items():
        for number, edit in enumerate(one.edits, 1):
            kind = words.text(f"edit_{kind_of(edit)}")
            rows.append((name, number, kind, said.sentence(edit), one.adopted_at))
        if not one.edits:
            rows.append((name, None, None, words.text("scenario_no_edit"), one.adopted_at))
    frame = pd.DataFrame(rows, columns=list(EDIT_COLUMNS))
    return frame.astype({"edit_number": "Int64"})


class EditWords:
    """Says what an edit changes, by the names on file.

    Parameters
    ----------
    context
        Workspace and language.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._names = {
            "platform": platform_names(context),
            "unit": unit_names(context),
            "park": names_of(context, "parks", "park_id"),
            "project": names_of(context, "projects", "project_id"),
        }

    def named(self, kind: str, row_id: str) -> str:
        """Give name and id of a row; the id alone where it has no name or is gone."""
        name = self._names[kind].get(row_id)
        return row_id if name is None or pd.isna(name) else f"{name}（{row_id}）"

    def sentence(self, edit: ScenarioEdit) -> str:
        """Say an edit in one sentence."""
        words, named = self._context.words, self.named
        if isinstance(edit, JoinPark):
            return words.text(
                "said_join_park", park=named("park", edit.park_id),
                platform=named("platform", edit.platform_id),
            )  # fmt: skip
        if isinstance(edit, ExitPark):
            return words.text(
                "said_exit_park", park=named("park", edit.park_id), day=edit.exited_on
            )
        if isinstance(edit, SetMajor):
            platform = named("platform", edit.platform_id)
            return words.text(
                "said_major" if edit.is_major else "said_not_major", platform=platform
            )
        if isinstance(edit, AddLand):
            return words.text(
                "said_add_land", parcel_id=edit.parcel_id, unit=named("unit", edit.unit_id),
                state=words.word("state", edit.state), area_mu=self._area_mu(edit),
            )  # fmt: skip
        if isinstance(edit, ChangeLand):
            return words.text(
                "said_change_land", parcel_id=edit.parcel_id, day=edit.state_on,
                state=words.word("state", edit.state),
            )  # fmt: skip
        return self._placed(edit)

    def _placed(self, edit: PlaceProject) -> str:
        return self._context.words.text(
            "said_place_project", project=self.named("project", edit.project_id),
            parcels="、".join(edit.parcel_ids), day=edit.allotted_on,
        )  # fmt: skip

    def _area_mu(self, edit: AddLand) -> float | None:
        shape = shapely.from_wkt(edit.wkt, on_invalid="ignore")
        if shape is None:
            return None
        return m2_to_mu(float(ellipsoidal_area_m2([shape], self._context.crs)[0]))


def names_of(context: Context, layer: str, key: str) -> dict[str, str]:
    """Give the name of each row of a layer."""
    frame = context.source.read(layer)
    return dict(zip(frame[key].astype(str), frame["name"], strict=True))
