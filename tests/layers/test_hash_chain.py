"""The chain over the entries of the ledger: whatever is done to a row later is found and named."""

import hashlib
import json

import pandas as pd
import pytest

from layers.contracts import CONTRACTS
from layers.errors import LayerError
from layers.hash_chain import ORIGIN, examine, hash_of, seal
from layers.validate import conform

EVENTS = CONTRACTS["project_events"]
AT = "2024-03-01T09:00:00+08:00"


def entries(*numbers, **values):
    rows = [
        {"event_id": f"E{n}", "project_id": "P", "event_kind": "updated", "event_on": "2024-03-01",
         "entered_at": AT, "entry_seq": n, **values} for n in numbers
    ]  # fmt: skip
    return conform(pd.DataFrame(rows), EVENTS)[0]


@pytest.fixture
def five():
    return seal(entries(1).head(0), entries(1, 2, 3, 4, 5), EVENTS)


def found(frame):
    return [(one.code, one.key, one.others) for one in examine(frame, EVENTS).breaks]


def by_hand(previous, number):
    values = {"event_id": f"E{number}", "project_id": "P", "event_kind": "updated",
              "event_on": "2024-03-01", "entered_at": AT, "entry_seq": number}  # fmt: skip
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def test_the_head_is_the_hash_of_each_row_over_the_hash_before(five):
    head = ORIGIN
    for number in range(1, 6):
        head = by_hand(head, number)
    assert examine(five, EVENTS).head == head
    assert found(five) == []


def test_the_order_of_the_rows_in_the_file_is_irrelevant(five):
    assert examine(five.iloc[::-1], EVENTS) == examine(five, EVENTS)


def test_an_empty_ledger_has_the_origin_for_its_head():
    assert examine(entries(1).head(0), EVENTS).head == ORIGIN


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize(
    ("column", "value"),
    [("event_on", "2024-02-01"), ("unit_id", "330481"), ("detail", "改"), ("project_id", "Q")],
)
def test_a_changed_row_is_named(five, place, column, value):
    five.loc[five.index[place], column] = value
    assert found(five) == [("chain_row_changed", f"E{place + 1}", ())]


@pytest.mark.parametrize("place", range(4))
def test_a_removed_row_is_missed_by_the_one_behind_it(five, place):
    cut = five.drop(index=five.index[place])
    # Nothing stands before the second row then, and its predecessor is nowhere.
    assert found(cut) == [("chain_rows_removed", f"E{place + 2}", ())]


def test_the_last_row_removed_is_missed_by_the_head_that_was_printed(five):
    printed = examine(five, EVENTS).head
    cut = examine(five.iloc[:4], EVENTS)
    assert cut.breaks == ()
    assert cut.since(printed) is None


def test_a_row_put_in_between_is_named_even_with_a_hash_of_its_own(five):
    spread = entries(10, 20, 40)
    spread = seal(spread.head(0), spread, EVENTS)
    forged = seal(spread.iloc[:2], entries(30), EVENTS)
    both = pd.concat([spread, forged], ignore_index=True)
    assert found(both) == [("chain_rows_inserted", "E40", ("E30",))]


def test_a_row_put_in_without_a_hash_is_named():
    spread = entries(10, 20, 40)
    both = pd.concat([seal(spread.head(0), spread, EVENTS), entries(30)], ignore_index=True)
    assert ("chain_row_unsealed", "E30", ()) in found(both)


def test_two_rows_that_changed_places_are_named(five):
    five.loc[five.index[[1, 2]], "entry_seq"] = [3, 2]
    assert {key for code, key, _ in found(five) if code == "chain_row_changed"} == {"E2", "E3"}


def test_a_file_older_than_the_chain_has_one_computed_from_its_order():
    old = entries(1, 2)
    grown = pd.concat([old, seal(old, entries(3), EVENTS)], ignore_index=True)
    chain = examine(grown, EVENTS)
    assert (chain.unsealed, chain.breaks) == (2, ())
    assert chain.heads[2] == by_hand(by_hand(ORIGIN, 1), 2)
    grown.loc[0, "detail"] = "改"
    assert found(grown) == [("chain_rows_removed", "E3", ())]


def test_a_head_of_an_earlier_day_says_how_much_was_entered_since(five):
    printed = examine(five.iloc[:3], EVENTS).head
    assert examine(five, EVENTS).since(printed) == 2


def test_a_column_added_to_the_vocabulary_later_changes_no_hash(five):
    assert "exit_reason" in EVENTS.columns
    assert examine(five.drop(columns="exit_reason"), EVENTS).head == examine(five, EVENTS).head


@pytest.mark.parametrize("text", ["", "abc", "g" * 64, "0" * 63, "0" * 65])
def test_what_is_no_hash_is_refused(text):
    with pytest.raises(LayerError, match="chain_hash_bad"):
        hash_of(text)


def test_a_hash_is_read_in_any_case_and_with_blanks_around():
    assert hash_of(" " + "AB" * 32 + "\n") == "ab" * 32
