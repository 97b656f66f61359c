"""A visitor's documents: theirs alone, for a while, the same in another process."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genai_demo.core.errors import DemoError
from genai_demo.core.home import home
from genai_demo.core.limits import DOCUMENTS_EACH
from genai_demo.inputs import store
from genai_demo.inputs.documents.document import Document
from genai_demo.rag import own_documents
from genai_demo.rag.own_documents import STORE, OwnDocuments


def a_document(text: str = "words", name: str = "a.txt") -> Document:
    return Document(name, "text", text, (0,), ((0, "Title"),), hashlib.sha256(text.encode()).hexdigest(), ("a remark",))


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    STORE.forget_memory()
    yield
    STORE.forget_memory()


def forget(*held: OwnDocuments) -> None:
    """As after a restart: nothing is in memory."""
    STORE.forget_memory()


def folder_of(one: OwnDocuments) -> Path:
    return home() / "inboxes" / hashlib.sha256(one.secret.encode()).hexdigest()


def aged(one: OwnDocuments, seconds: float) -> None:
    """As if it was last used so long ago."""
    then = time.time() - seconds
    for path in (folder_of(one) / "used", folder_of(one)):
        os.utime(path, (then, then))


def test_documents_are_kept_in_their_order_and_found_again_after_a_restart() -> None:
    mine = STORE.open(None)
    documents = [a_document(f"text {number}", f"{number}.txt") for number in range(5)]
    for document in documents:
        mine.add(document)
    mine.add(documents[0])  # again: nothing moves
    assert mine.documents() == tuple(documents)
    forget()
    again = STORE.open(mine.secret)
    assert again is not mine
    assert again.secret == mine.secret
    assert again.documents() == tuple(documents)
    assert again.find(documents[3].sha256) == documents[3]


def test_another_process_finds_it_and_sees_what_changes() -> None:
    mine = STORE.open(None)
    mine.add(a_document("one"))
    code = (
        "import sys; from genai_demo.rag.own_documents import STORE; mine = STORE.open(sys.argv[1])\n"
        "(one,) = mine.documents(); assert one.text == 'one', one\n"
        "mine.drop(one.sha256)"
    )
    subprocess.run([sys.executable, "-c", code, mine.secret], check=True)
    assert mine.documents() == ()


def test_a_hash_of_another_visitor_is_refused_as_one_that_does_not_exist() -> None:
    mine, theirs = STORE.open(None), STORE.open(None)
    assert mine.secret != theirs.secret
    theirs.add(a_document("theirs"))
    with pytest.raises(DemoError) as taken:
        mine.find(a_document("theirs").sha256)
    with pytest.raises(DemoError) as unknown:
        mine.find(a_document("nobody's").sha256)
    about = [str(error.value).split(" ", 2)[2] for error in (taken, unknown)]
    assert about[0] == about[1]
    mine.drop(a_document("theirs").sha256)
    assert len(theirs.documents()) == 1
    with pytest.raises(DemoError):
        mine.attach(a_document("theirs").sha256, "vectors", np.zeros(1))
    with pytest.raises(DemoError):
        mine.attached(a_document("theirs").sha256, "vectors")


@given(st.text(max_size=100) | st.sampled_from(["../x", "/etc/passwd", "a" * 64, "*", "[a]", "\ud800"]))
@settings(max_examples=50)
def test_texts_of_visitors_never_become_paths(text: str) -> None:
    mine = STORE.open(text)
    assert mine.secret != text  # nobody chooses a token
    mine.add(a_document())
    for use in (mine.find, lambda sha256: mine.attached(sha256, "x")):
        with pytest.raises(DemoError):
            use(text)
    mine.drop(text)
    mine.attach(a_document().sha256, text, np.arange(3))
    assert np.array_equal(mine.attached(a_document().sha256, text), np.arange(3))
    assert {path.parent for path in home().rglob("*.npy")} <= set((home() / "inboxes").iterdir())
    mine.delete()
    assert mine.documents() == ()


def test_expired_is_gone_for_who_holds_it_and_for_who_comes_back() -> None:
    for back in (False, True):
        mine = STORE.open(None)
        mine.add(a_document())
        aged(mine, store.TIME_TO_LIVE - 60)
        assert mine.documents()  # this use begins the time anew
        aged(mine, store.TIME_TO_LIVE + 1)
        if back:
            again = STORE.open(mine.secret)
            assert again.secret != mine.secret
            assert again.documents() == ()
        with pytest.raises(DemoError, match="2 hours"):
            mine.find(a_document().sha256)
        assert not folder_of(mine).exists()


def test_sweeping_takes_the_expired_and_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SWEEP", 0)
    monkeypatch.setattr(STORE, "visitors", 3)
    all_ = [STORE.open(None) for _ in range(6)]
    for number, one in enumerate(all_):
        one.add(a_document())
        aged(one, 600 - 60 * number)
    aged(all_[5], store.TIME_TO_LIVE + 1)
    STORE.open(None)
    assert [folder_of(one).exists() for one in all_] == [False, False, True, True, True, False]
    monkeypatch.setattr(STORE, "disk", 2 * store.size_of(folder_of(all_[2])))
    STORE.open(None)
    assert [folder_of(one).exists() for one in all_] == [False, False, False, True, True, False]


def test_memory_keeps_so_many_and_the_disk_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(STORE, "_held", deque(maxlen=3))
    tokens = []
    for number in range(6):
        one = STORE.open(None)
        one.add(a_document(str(number)))
        tokens.append(one.secret)
        del one
    assert len(STORE._held) == 3
    assert [STORE.open(token).documents()[0].text for token in tokens] == [str(number) for number in range(6)]
    assert len(STORE._held) == 3


def test_one_visitors_place_is_one_object_while_somebody_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(STORE, "_held", deque(maxlen=1))
    mine = STORE.open(None)
    STORE.open(None)
    assert STORE.open(mine.secret) is mine  # so that its lock is one


def test_limits_on_documents_and_text(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = STORE.open(None)
    for number in range(DOCUMENTS_EACH.usual):
        mine.add(a_document(str(number)))
    with pytest.raises(DemoError, match="one too many; the limit is 20"):
        mine.add(a_document("one more"))
    mine.add(a_document("3"))  # one that is there already
    mine.delete()
    monkeypatch.setattr(own_documents, "TEXT", 100)
    mine.add(a_document("é" * 40))
    with pytest.raises(DemoError, match="remove a document"):
        mine.add(a_document("é" * 11))
    mine.add(a_document("é" * 10))
    monkeypatch.setattr(own_documents, "ATTACHED", 100)
    with pytest.raises(DemoError, match="larger chunks"):
        mine.attach(a_document("é" * 10).sha256, "vectors", np.zeros(100))


def test_arrays_stand_beside_their_document() -> None:
    mine, one = STORE.open(None), a_document("one")
    mine.add(one)
    vectors = np.random.default_rng(0).normal(size=(7, 384)).astype(np.float16)
    assert mine.attached(one.sha256, "vectors") is None
    mine.attach(one.sha256, "vectors", vectors)
    forget()
    found = STORE.open(mine.secret).attached(one.sha256, "vectors")
    assert found is not None
    assert found.dtype == np.float16
    assert np.array_equal(found, vectors)
    next(folder_of(mine).glob("*.npy")).write_bytes(b"\x93NUMPY cut")
    assert mine.attached(one.sha256, "vectors") is None
    mine.drop(one.sha256)
    mine.add(one)
    assert mine.attached(one.sha256, "vectors") is None
    with pytest.raises(ValueError, match="pickle"):
        mine.attach(one.sha256, "objects", np.array([object()]))
    assert not list(folder_of(mine).glob(".new-*"))


def test_what_a_list_says_of_a_document() -> None:
    mine = STORE.open(None)
    assert mine.until() is None
    mine.add(a_document())
    assert mine.rows(a_document().sha256) is None
    mine.attach(a_document().sha256, "vectors", np.zeros((7, 3)))
    assert mine.rows(a_document().sha256) == 7
    assert mine.until() == pytest.approx(time.time() + store.TIME_TO_LIVE, abs=60)


def test_export_holds_texts_and_a_manifest() -> None:
    mine = STORE.open(None)
    mine.add(a_document("first", "same.txt"))
    mine.add(a_document("second", "../../same.txt"))
    with zipfile.ZipFile(io.BytesIO(mine.export())) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        texts = [archive.read(entry["file"]).decode() for entry in manifest]
        assert all(".." not in name for name in archive.namelist())
    assert texts == ["first", "second"]
    assert [entry["characters"] for entry in manifest] == [5, 6]
    assert all("text" not in entry for entry in manifest)


def test_delete_leaves_nothing_and_a_document_in_use_stays_usable() -> None:
    mine = STORE.open(None)
    mine.add(a_document("words in use"))
    held = mine.find(a_document("words in use").sha256)
    mine.delete()
    assert mine.documents() == ()
    assert held.text == "words in use"
    assert list((home() / "inboxes").iterdir()) == []
    forget()
    assert STORE.open(mine.secret).secret != mine.secret


def test_a_damaged_file_is_no_document() -> None:
    mine = STORE.open(None)
    for text in ("a", "b", "c"):
        mine.add(a_document(text))
    for document, content in zip(mine.documents(), ('{"cut', '{"added": 1}')):
        (folder_of(mine) / f"{document.sha256}.json").write_text(content)
    forget()
    assert [document.text for document in STORE.open(mine.secret).documents()] == ["c"]


def test_a_disk_that_refuses_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    mine = STORE.open(None)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DemoError, match=r"No space left on device\); try again"):
        mine.add(a_document())
    assert mine.documents() == ()
    assert not list(folder_of(mine).glob(".new-*"))


def test_threads_share_a_place() -> None:
    token = STORE.open(None).secret
    keep = STORE.open(token)
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                mine = STORE.open(token)
                mine.add(a_document(f"{number} {turn % 2}"))
                mine.documents()
                mine.drop(a_document(f"{number} 1").sha256)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert sorted(document.text for document in keep.documents()) == [f"{number} 0" for number in range(6)]


def test_nobody_else_on_the_machine_may_read_it() -> None:
    if os.name != "posix":
        pytest.skip("modes of files are those of POSIX")
    mine = STORE.open(None)
    mine.add(a_document())
    assert folder_of(mine).stat().st_mode & 0o077 == 0
    assert mine.secret not in "".join(str(path) for path in home().rglob("*"))
