"""Lists are read up to a number of rows and a size."""

import pytest

from layers.errors import LayerError
from layers.exchange.read import read_file


def written(folder, rows):
    path = folder / "list.csv"
    lines = ["parcel_id,name", *(f"P{number},a" for number in range(rows))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(path, progress=None):
    return read_file(path, encoding=None, source_layer=None, progress=progress)


def test_a_list_may_have_as_many_rows_as_allowed_heading_included(tmp_path, monkeypatch):
    path = written(tmp_path, 5)
    monkeypatch.setattr("layers.exchange.readers.tables.MAX_LIST_ROWS", 6)
    assert len(read(path).frame) == 5
    monkeypatch.setattr("layers.exchange.readers.tables.MAX_LIST_ROWS", 5)
    with pytest.raises(LayerError) as caught:
        read(path)
    assert (caught.value.code, caught.value.values["limit"]) == ("rows_too_many", 5)


def test_a_list_may_be_as_large_as_allowed(tmp_path, monkeypatch):
    path = written(tmp_path, 5)
    size = path.stat().st_size
    monkeypatch.setattr("layers.exchange.readers.tables.MAX_LIST_BYTES", size)
    assert len(read(path).frame) == 5
    monkeypatch.setattr("layers.exchange.readers.tables.MAX_LIST_BYTES", size - 1)
    with pytest.raises(LayerError) as caught:
        read(path)
    assert caught.value.code == "file_too_large"


def test_a_listener_ends_the_reading_between_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("layers.exchange.readers.tables.ROWS_BETWEEN", 2)
    heard = []

    def listen(share):
        heard.append(share)
        if len(heard) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        read(written(tmp_path, 100), listen)
    assert len(heard) == 3
