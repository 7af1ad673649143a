"""The stage models of the packs over the one stream of events, and what contradicts them.

A model is the list of event kinds that its rule names, in their order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from platforms.policy.dated import PolicySet

EVENT_KIND = ("project_events", "event_kind")


@dataclass(frozen=True)
class StageModel:
    """The stages of a project by one rule.

    Attributes
    ----------
    name
        ``lists``, ``milestones``, ``approval``, ``reserve``.
    rule_id, part
        The rule.
    stages
        Kinds of event, in order.
    is_strict
        Whether no stage may be left out: a project passes from one list to the next.
    """

    name: str
    rule_id: str
    part: str
    stages: tuple[str, ...]
    is_strict: bool = False


_MODELS = (
    ("lists", "B8", "", True),
    ("milestones", "C7", "", False),
    ("approval", "D10", "order", False),
    ("reserve", "E2", "", False),
)


@dataclass(frozen=True)
class Contradiction:
    """Two stages of one project that can't both be as entered.

    Attributes
    ----------
    code
        ``event_before_predecessor`` or ``event_predecessor_missing``.
    kind, predecessor
        The later stage and the earlier one.
    on, predecessor_on
        Their days; None where the earlier one isn't on file.
    model
        The model they stand in.
    """

    code: str
    kind: str
    on: str
    predecessor: str
    predecessor_on: str | None
    model: StageModel


def stage_models(policy: PolicySet) -> tuple[StageModel, ...]:
    """List the stage models of the packs chosen.

    Parameters
    ----------
    policy
        Rules on the as-of date.

    Returns
    -------
    tuple of StageModel
        Those whose rule the packs have and that names its stages.

    Notes
    -----
    B8 《进一步推动招大引强工作实施方案》 二（一）1, 3; C7 嘉政办发〔2018〕52号 四（三）;
    D10 磐安 二; E2 长春 四（一）.
    """
    found = []
    for name, rule_id, part, is_strict in _MODELS:
        if part not in policy.parts(rule_id):
            continue
        for condition in policy.rule(rule_id, part).rule.where:
            column = (condition.layer, condition.column)
            if column == EVENT_KIND and isinstance(condition.value, tuple):
                found.append(StageModel(name, rule_id, part, condition.value, is_strict))
    return tuple(found)


def contradictions(
    first_days: Mapping[str, str], models: tuple[StageModel, ...]
) -> tuple[Contradiction, ...]:
    """List what contradicts the stage models in the history of one project.

    Parameters
    ----------
    first_days
        First day (ISO) of each kind of event that happened.
    models
        Stage models.

    Returns
    -------
    tuple of Contradiction
        Stages dated before an earlier stage; in a strict model also those whose predecessor isn't
        on file.

    Examples
    --------
    >>> model = StageModel("lists", "B8", "", ("signed", "started"))
    >>> contradictions({"signed": "2024-05-02", "started": "2024-05-01"}, (model,))[0].kind
    'started'
    """
    found = []
    for model in models:
        held = [kind for kind in model.stages if kind in first_days]
        for earlier, later in pairwise(held):
            if first_days[later] < first_days[earlier]:
                found.append(
                    Contradiction(
                        "event_before_predecessor", later, first_days[later], earlier,
                        first_days[earlier], model,
                    )
                )  # fmt: skip
        if model.is_strict:
            for earlier, later in pairwise(model.stages):
                if later in first_days and earlier not in first_days:
                    found.append(
                        Contradiction(
                            "event_predecessor_missing", later, first_days[later], earlier, None,
                            model,
                        )
                    )  # fmt: skip
    return tuple(found)
