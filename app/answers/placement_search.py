"""How far the search for a placement came, in words."""

from app.messages import Catalogue
from platforms.placement.place import Placement, Wishes


def search_summary(found: Placement, wishes: Wishes, words: Catalogue) -> tuple[str, ...]:
    """Say how good the answer is where the search was not carried to its end.

    Parameters
    ----------
    found
        The placement.
    wishes
        What was asked of it.
    words
        Sentences of the language.

    Returns
    -------
    tuple of str
        That it is an estimate, that time ran out, that pairs were not looked at, among which sites
        reasons were searched for: what applies.
    """
    placed = len(found.assignments)
    most = placed + len(found.unplaced) if found.count_bound is None else found.count_bound
    said = []
    if wishes.is_quick:
        said.append(words.text("summary_place_quick", placed=placed, most=most))
    elif found.is_late:
        said.append(words.text("summary_place_late", placed=placed, most=most))
    if found.pairs_left:
        said.append(words.text("summary_place_pairs_left", count=found.pairs_left))
    if found.explained_within is not None:
        said.append(words.text("summary_place_within", best=found.explained_within))
    return tuple(said)
