"""Heads of the ledger deposited outside, with and without a signature."""

import json
import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)

from app.answers.changes import deposit_head, undo
from app.context import open_context
from geo.errors import MuPlanError
from layers.workspace.protocol import Provenance


@pytest.fixture
def context(small_demo, tmp_path):
    path = tmp_path / "w.gpkg"
    shutil.copyfile(small_demo, path)
    return open_context(path)


def pem(key, encryption=None):
    hidden = NoEncryption() if encryption is None else encryption
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden)


def test_a_deposit_states_the_head_and_a_signature_that_holds(context, tmp_path):
    key = Ed25519PrivateKey.generate()
    (tmp_path / "key.pem").write_bytes(pem(key))
    deposit_head(context, tmp_path / "head.json", tmp_path / "key.pem")
    kept = json.loads((tmp_path / "head.json").read_text(encoding="utf-8"))
    assert json.loads(kept["statement"])["head"] == context.workspace.head()
    public = load_pem_public_key(kept["public_key"].encode())
    public.verify(bytes.fromhex(kept["ed25519"]), kept["statement"].encode())


def test_a_deposit_without_a_key_is_not_signed_and_replaces_no_file(context, tmp_path):
    deposit_head(context, tmp_path / "head.json", None)
    assert set(json.loads((tmp_path / "head.json").read_text(encoding="utf-8"))) == {"statement"}
    with pytest.raises(MuPlanError, match="file_exists"):
        deposit_head(context, tmp_path / "head.json", None)
    with pytest.raises(MuPlanError, match="folder_missing"):
        deposit_head(context, tmp_path / "no" / "head.json", None)


@pytest.mark.parametrize(
    "content",
    [b"no key", pem(generate_private_key(SECP256R1())),
     pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"secret"))],
    ids=["text", "other kind", "locked"],
)  # fmt: skip
def test_another_key_is_refused_and_nothing_written(context, tmp_path, content):
    (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(MuPlanError, match="signing_key_bad"):
        deposit_head(context, tmp_path / "head.json", tmp_path / "key.pem")
    assert not (tmp_path / "head.json").exists()


def test_the_demonstration_is_whole(context):
    assert context.workspace.outside_changes() == []


def test_an_undo_that_corrected_the_ledger_says_that_it_stays(context):
    events = context.workspace.read("project_events")
    last = int(events["entry_seq"].max())
    row = events.tail(1).assign(event_id="sj-x", entry_seq=last + 1, corrects=None)
    with context.workspace.edit("a", "2025-10-31T08:00:00+08:00", kind="entry") as edit:
        edit.add("project_events", row, Provenance("a", "2025-10-31"))
    answer = undo(context, edit.number)
    assert "不能再撤销" in answer.summary[0]
    with pytest.raises(MuPlanError, match="undo_ledger"):
        undo(context, answer.result["change"])
