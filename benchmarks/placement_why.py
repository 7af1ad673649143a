"""How long the reasons of a placement take: ``python -m benchmarks.placement_why PROJECTS SITES``.

A drawn city of seven units: most projects want one unit; one unit lacks land quota, one energy.
"""

import json
import random
import sys
import time
from datetime import date
from pathlib import Path

import shapely

from platforms.elements.quotas import Headroom, QuotaKey
from platforms.placement.explain import PlacementModel, explain
from platforms.placement.limits import (
    Option,
    land_limits,
    project_limits,
    quota_limits,
    share_limits,
)
from platforms.placement.solve import solve
from platforms.policy.in_force import policy_on
from platforms.policy.pack_file import parse_pack

UNITS = 7
BEST_OF_EACH = 20
DEADLINE_S = 60.0


def drawn_city(projects: int, sites: int, seed: int = 1) -> PlacementModel:
    """Draw projects, sites, quotas and shares."""
    draw = random.Random(seed)
    area = [draw.lognormvariate(4.5, 0.6) for _ in range(sites)]
    unit = [draw.randrange(UNITS) for _ in range(sites)]
    zone = [draw.choice([0.0, 0.5, 1.0, 1.0, 1.0]) for _ in range(sites)]
    good = [draw.uniform(40, 90) for _ in range(sites)]
    options = []
    asked: dict[tuple[int, str], float] = {}
    for project in range(projects):
        land, energy = draw.lognormvariate(4.1, 0.5), draw.lognormvariate(5.5, 1.0)
        home = draw.randrange(UNITS) if draw.random() < 0.6 else None
        fit = [s for s in range(sites) if area[s] >= land and home in (None, unit[s])]
        if home is not None:
            for element, amount in (("land", land), ("energy", energy)):
                asked[home, element] = asked.get((home, element), 0.0) + amount
        score = {s: min(100.0, good[s] + draw.uniform(-10, 10)) for s in fit}
        for site in sorted(fit, key=lambda s: -score[s])[:BEST_OF_EACH]:
            at = 1000.0 * site
            options.append(
                Option(
                    f"X{project}", f"S{site}", f"U{unit[site]}", None, (f"D{site}",), area[site],
                    score[site], zone[site], {("land", None): land, ("energy", None): energy},
                    land, shapely.box(at, 0, at + 250, 250),
                )
            )  # fmt: skip
    rooms: dict[QuotaKey, Headroom] = {}
    for (home, element), amount in asked.items():
        # Projects without a home need room too; two units lack some for those that have one.
        part = 0.7 if (home, element) in ((0, "land"), (1, "energy")) else 3.0
        rooms["unit", f"U{home}", element, None] = Headroom(part * amount, 0.0)
    shares = {
        (f"U{number}", "land", None): {"inside": 800.0, "total": 1000.0, "threshold": 0.7}
        for number in range(UNITS)
    }
    data = Path(__file__).parent.parent / "data" / "policy" / "jiaxing.yaml"
    policy = policy_on(parse_pack(data.read_text(encoding="utf-8"), "jiaxing"), "2025-06-30")
    limits = [
        *project_limits(options), *land_limits(options), *quota_limits(options, rooms),
        *share_limits(options, shares, policy, date.fromisoformat(policy.as_of).year),
    ]  # fmt: skip
    return PlacementModel(options, limits, rooms, shares)


def measured(projects: int, sites: int) -> dict[str, object]:
    """Place, explain, and say what was known when."""
    ground = drawn_city(projects, sites)
    points = [one.points for one in ground.options]
    begun = time.monotonic()
    solved = solve(points, ground.limits, [], 0.005, DEADLINE_S)
    placed_s = time.monotonic() - begun
    taken = solved.chosen or ()
    begun = time.monotonic()
    found = explain(ground, taken, 0.01, 3, DEADLINE_S)
    why = list(found.why.values())
    conflicts = [one.conflict for one in why if one.conflict is not None]
    known = list(found.stable.values())
    return {
        "projects": projects, "sites": sites, "options": len(points), "placed": len(taken),
        "is_count_proven": solved.is_count_proven, "gap": solved.gap, "place_s": placed_s,
        "explain_s": time.monotonic() - begun, "asked": len(why), "conflicts": len(conflicts),
        "smallest_proven": sum(one.is_smallest_proven for one in conflicts),
        "sizes": sorted(len(one.members) for one in conflicts),
        "mended": sum(bool(one.relaxation and one.relaxation.changes) for one in why),
        "given_up": sum(one.given_up is not None for one in why),
        "fits": sum(one.fits for one in why),
        "never": known.count(True), "can": known.count(False), "unknown": known.count(None),
        "alternatives": [one.loss for one in found.alternatives],
        "are_alternatives_proven": found.are_alternatives_proven, "swaps": len(found.swaps),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measured(*map(int, sys.argv[1:3]))))
