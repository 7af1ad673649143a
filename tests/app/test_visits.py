"""When this computer last looked at a workspace."""

import json

from app.visits import FILE_NAME, Visit, last_visit, note_visit


def test_a_visit_noted_is_given_back_and_takes_the_place_of_the_one_before(tmp_path):
    assert last_visit(tmp_path, "a.gpkg") is None
    assert note_visit(tmp_path, "a.gpkg", Visit("2025-01-01T08:00:00+00:00", 3))
    assert note_visit(tmp_path, "b.gpkg", Visit("2025-01-02T08:00:00+00:00", 0))
    assert note_visit(tmp_path, "a.gpkg", Visit("2025-01-03T08:00:00+00:00", 5))
    assert last_visit(tmp_path, "a.gpkg") == Visit("2025-01-03T08:00:00+00:00", 5)
    assert last_visit(tmp_path, "b.gpkg") == Visit("2025-01-02T08:00:00+00:00", 0)
    assert [file.name for file in tmp_path.iterdir()] == [FILE_NAME]


def test_a_note_that_cannot_be_read_counts_as_none_and_is_written_anew(tmp_path):
    for text in ("no json", "[]", json.dumps({"a.gpkg": {"at": 1, "seq": "x"}})):
        (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
        assert last_visit(tmp_path, "a.gpkg") is None
    assert note_visit(tmp_path, "a.gpkg", Visit("2025-01-01T08:00:00+00:00", 1))
    assert last_visit(tmp_path, "a.gpkg") is not None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    assert not note_visit(tmp_path / "gone", "a.gpkg", Visit("2025-01-01T08:00:00+00:00", 1))
