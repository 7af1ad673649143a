"""Which rules a pack holds on a date, and whether each is in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from geo.tools import nearest_name
from platforms.errors import PlanningError, PolicyError
from platforms.policy.pack import Assumption, CodeList, Pack, Rule, Setting
from platforms.policy.verdict import Basis, ForceStatus


@dataclass(frozen=True)
class DatedRule:
    """A rule as seen on one day.

    ``rule``: The rule.
    ``force_status``: ``in_force``, ``expired`` or ``not_yet``; out of force it is still computed.
    ``is_past_target``: True where its target date lies before the day (目标期已过).
    ``clause``: Document and clause as shown.
    """

    rule: Rule
    force_status: ForceStatus
    is_past_target: bool
    clause: str

    @property
    def in_force(self) -> bool:
        """Whether it holds on the day."""
        return self.force_status == "in_force"

    @property
    def basis(self) -> Basis:
        """``assumed`` where it rests on an assumption, else as the pack states."""
        return "assumed" if self.rule.assumptions else self.rule.basis


@dataclass(frozen=True)
class PolicySet:
    """The rules of a pack on one day.

    ``pack``: The pack.
    ``as_of``: The day (ISO).
    ``rules``: By rule id and part.
    """

    pack: Pack
    as_of: str
    rules: Mapping[tuple[str, str], DatedRule]

    def rule(self, rule_id: str, part: str = "") -> DatedRule:
        """Give a rule.

        Parameters
        ----------
        rule_id, part
            Its id, and its part where it has several.

        Returns
        -------
        DatedRule
            The rule.

        Raises
        ------
        PolicyError
            ``rule_unknown`` with the nearest known id, ``rule_part_unknown`` with its parts.
        """
        dated = self.rules.get((rule_id, part))
        if dated is not None:
            return dated
        parts = self.parts(rule_id)
        if parts:
            raise PolicyError(
                "rule_part_unknown", rule=rule_id, part=part, parts=", ".join(parts),
                pack=self.pack.name,
            )  # fmt: skip
        known = sorted({key[0] for key in self.rules})
        raise PolicyError(
            "rule_unknown", rule=rule_id, pack=self.pack.name, nearest=nearest_name(rule_id, known)
        )

    def parts(self, rule_id: str) -> tuple[str, ...]:
        """List the parts of a rule, empty where the pack doesn't have it."""
        return tuple(part for of_rule, part in self.rules if of_rule == rule_id)

    def assumption(self, assumption_id: str) -> Assumption:
        """Give an assumption (``assumption_unknown``)."""
        try:
            return self.pack.assumptions[assumption_id]
        except KeyError:
            raise PolicyError(
                "assumption_unknown", assumption=assumption_id, pack=self.pack.name
            ) from None

    def setting_texts(self, assumption_id: str, name: str) -> tuple[str, ...]:
        """Give a setting that is a list of texts (``setting_missing``)."""
        value = self._setting(assumption_id, name)
        if isinstance(value, float):
            raise self._no_setting(assumption_id, name)
        return (value,) if isinstance(value, str) else value

    def setting_number(self, assumption_id: str, name: str) -> float:
        """Give a setting that is a number (``setting_missing``)."""
        value = self._setting(assumption_id, name)
        if not isinstance(value, float):
            raise self._no_setting(assumption_id, name)
        return value

    def code_list(self, list_id: str) -> CodeList:
        """Give a list of industry codes (``list_unknown``)."""
        try:
            return self.pack.lists[list_id]
        except KeyError:
            raise PolicyError("list_unknown", list_id=list_id, pack=self.pack.name) from None

    def _setting(self, assumption_id: str, name: str) -> Setting:
        settings = self.assumption(assumption_id).settings
        if name not in settings:
            raise self._no_setting(assumption_id, name)
        return settings[name]

    def _no_setting(self, assumption_id: str, name: str) -> PolicyError:
        return PolicyError(
            "setting_missing", assumption=assumption_id, setting=name, pack=self.pack.name
        )


def policy_on(pack: Pack, as_of: str) -> PolicySet:
    """Give the rules of a pack as they stand on a day.

    Of several spans of one rule the one in force is taken; where none is, the last that ended,
    else the first to come: out of force it is still computed, and says so.

    Parameters
    ----------
    pack
        The pack.
    as_of
        The day (ISO).

    Returns
    -------
    PolicySet
        Every rule and part of the pack, in the pack's order.

    Raises
    ------
    PlanningError
        ``as_of_not_a_date``.
    """
    day = iso_day(as_of)
    spans: dict[tuple[str, str], list[Rule]] = {}
    for rule in pack.rules:
        spans.setdefault(rule.key, []).append(rule)
    dated = {key: _dated(pack, rules, day) for key, rules in spans.items()}
    return PolicySet(pack, day, dated)


def iso_day(text: str) -> str:
    """Check a date written as ``2024-04-01``.

    Parameters
    ----------
    text
        What was given.

    Returns
    -------
    str
        The same date.

    Raises
    ------
    PlanningError
        ``as_of_not_a_date``.
    """
    try:
        day = date.fromisoformat(text)
    except (ValueError, TypeError):
        raise PlanningError("as_of_not_a_date", as_of=str(text)) from None
    return day.isoformat()


def _dated(pack: Pack, rules: list[Rule], day: str) -> DatedRule:
    by_status: dict[ForceStatus, list[Rule]] = {"in_force": [], "expired": [], "not_yet": []}
    for rule in rules:
        by_status[_status(rule, day)].append(rule)
    expired = sorted(by_status["expired"], key=lambda rule: rule.effective_until or "")
    coming = sorted(by_status["not_yet"], key=lambda rule: rule.effective_from or "")
    rule = (by_status["in_force"] or expired[-1:] or coming)[0]
    document = pack.documents[rule.clause.document_id]
    return DatedRule(
        rule=rule,
        force_status=_status(rule, day),
        is_past_target=rule.target_date is not None and rule.target_date < day,
        clause=f"{document.short_name} {rule.clause.place}",
    )


def _status(rule: Rule, day: str) -> ForceStatus:
    if rule.effective_from is not None and day < rule.effective_from:
        return "not_yet"
    if rule.effective_until is not None and day > rule.effective_until:
        return "expired"
    return "in_force"
