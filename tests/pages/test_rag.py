"""The RAG page as a visitor and as a program use it, on the real models, over the built-in library."""

from __future__ import annotations

import io
import json
import zipfile

import httpx
import pytest
from gradio_client.exceptions import AppError
from reportlab.pdfgen.canvas import Canvas

from genai_demo.data.knowledge import articles
from genai_demo.decoder import SMOLLM2
from genai_demo.language.minilm import MINILM
from genai_demo.rag import orders, own_documents
from tests.pages.conftest import live
from tests.real import borrowed

ASK, KNOCK = "p-rag-ask", "p-rag-knock"
FACT = "22 August 2022"
WALRUS = "The walrus of Tromso plays chess against the harbour master on Tuesdays."
PAGES = ("Tromso is a town in the north of Norway. It has a harbour and a bridge.", WALRUS)


@pytest.fixture(scope="module", autouse=True)
def real_models(tmp_path_factory):
    with borrowed(tmp_path_factory.mktemp("home"), MINILM, SMOLLM2):
        yield


def a_pdf(*pages):
    out = io.BytesIO()
    canvas = Canvas(out, invariant=True)
    for text in pages:
        canvas.drawString(50, 800, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@pytest.fixture
def desk(base_url):
    """desk("POST", data, name="a.pdf", path="/export", secret="...") -> the last line of the answer, as a dict."""

    def asked(method, content=b"", name="", path="", secret=""):
        headers = {"X-Visitor": secret, "X-Name": name}
        answer = httpx.request(method, f"{base_url}/documents{path}", content=content, headers=headers, timeout=60)
        return json.loads(answer.text.splitlines()[-1])

    return asked


def test_a_fault_with_a_document_has_a_name_that_the_log_has_too(desk, monkeypatch, caplog):
    def broken(secret):
        raise ZeroDivisionError

    monkeypatch.setattr(own_documents.STORE, "open", broken)
    said = desk("GET")["error"]
    (record,) = [one for one in caplog.records if one.exc_info]
    name = record.getMessage().split()[1].rstrip(":")
    assert f"fault {name}" in said


@pytest.mark.browser
def test_opens_on_a_recorded_answer(visit):
    page = visit("rag")
    page.wait_for_function(f"document.querySelector('#{ASK}-strip .film')?.told?.badge === 'recorded'")


@pytest.mark.browser
def test_the_answer_and_the_span_it_rests_on(visit):
    page = visit("rag?run=rag/ask", width=390, dark=True)
    frames = live(page, ASK)
    assert FACT in saying(frames)
    lit = page.locator(f"#{ASK}-strip .film-tok[data-kind=picked]")
    assert any(FACT in text for text in lit.all_inner_texts())
    assert page.locator(f"#{ASK}-strip figcaption", has_text="best span").first.is_visible()
    assert page.locator(f"#{ASK}-strip .film-column:visible").count() == 4, "what no longer changes stays on stage"


def again(page, bench, do):
    """Does something that starts a run, and waits for the end of that run."""
    page.wait_for_function(f"document.querySelector('#{bench}-strip .film')?.told?.run")
    before = told(page, bench)["run"]
    do()
    page.wait_for_function(f"document.querySelector('#{bench}-strip .film').told.run !== '{before}'")
    return live(page, bench)


def told(page, bench):
    return page.evaluate(
        f"(({{run, recipe}}) => ({{run, recipe}}))(document.querySelector('#{bench}-strip .film').told)"
    )


def saying(frames):
    return "".join(frame.get("grown", {}).get("said", "") for frame in frames)


@pytest.mark.browser
def test_a_pdf_is_added_asked_and_the_right_span_is_lit(visit, client, desk):
    page = visit("rag")
    shelf = page.locator(f"#{ASK} .shelf")
    files = {"name": "north.pdf", "mimeType": "application/pdf", "buffer": a_pdf(*PAGES)}
    shelf.locator("input[type=file]").set_input_files([files])
    row = shelf.locator("li", has_text="north.pdf")
    row.wait_for()
    assert "2 pages" in row.inner_text()
    assert row.locator("input").is_checked()
    dimmed = "getComputedStyle(document.querySelector('#p-rag-ask-strip .film-stage')).opacity"
    page.wait_for_function(f"{dimmed} < 1")  # a recorded answer is not about this document
    page.fill(f"#{ASK}-question textarea", "Who plays chess in Tromso?")
    again(page, ASK, lambda: page.click(f"#{ASK}-run"))
    assert "north.pdf, page 2" in page.locator(f"#{ASK}-strip .film-words", has_text="best span").inner_text()
    lit = page.locator(f"#{ASK}-strip .film-tok:is([data-kind=picked], [data-kind=best])")
    assert any(WALRUS in one for one in lit.all_inner_texts())

    secret = page.evaluate("atlas.secret()")
    sha256 = told(page, ASK)["recipe"]["options"]["hashes"]
    assert [one["sha256"] for one in desk("GET", secret=secret)["documents"]] == [sha256]
    page.click(f"#{ASK}-copy")
    page.wait_for_url("**hashes=**")
    assert len(secret) > 40
    assert secret not in page.url + json.dumps(page.evaluate(f"document.querySelector('#{ASK}-strip .film').told"))
    with pytest.raises(AppError, match=r"is not (among yours|here)"):  # the link in another visitor's hands
        client.predict(hashes=sha256, api_name="/rag_ask")
    row.get_by_role("button").click()
    row.wait_for(state="detached")
    assert desk("GET", secret=secret)["documents"] == []


def test_a_program_keeps_documents_too_and_nobody_else_sees_them(client, desk, base_url):
    added = desk("POST", a_pdf(*PAGES), name="..%2F..%2Fnorth.pdf")
    secret, sha256 = added["secret"], added["added"]
    assert (added["documents"][0]["name"], added["documents"][0]["pages"]) == ("north.pdf", 2)
    assert added["documents"][0]["chunks"] == 1
    question = {"question": "Who plays chess in Tromso?", "max_new_tokens": 4, "hashes": sha256}
    film, *_ = client.predict(**question, visitor=secret, api_name="/rag_ask")
    best = next(found["carried"]["best_at"] for found in film["frames"] if found.get("carried", {}).get("best_at"))
    with own_documents.visiting(secret) as mine:
        assert mine.find(sha256).text[slice(*best["span"])] == WALRUS
    assert secret not in json.dumps(film)

    other = desk("POST", b"Another visitor writes.", name="other.txt")["secret"]
    assert other != secret
    with pytest.raises(AppError, match="not among yours"):
        client.predict(**question, visitor=other, api_name="/rag_ask")
    desk("DELETE", path=f"/{sha256}", secret=other)  # nothing happens
    packed = httpx.get(f"{base_url}/documents/export", headers={"X-Visitor": secret}).content
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert secret not in archive.read("manifest.json").decode()
        assert WALRUS in archive.read(archive.namelist()[0]).decode()
    assert desk("DELETE", path=f"/{sha256}", secret=secret)["documents"] == []
    with pytest.raises(AppError, match="not among yours"):
        client.predict(**question, visitor=secret, api_name="/rag_ask")
    assert desk("DELETE", secret=other)["documents"] == []


def test_files_that_cannot_be_read_are_one_sentence_each(desk):
    blank = a_pdf("")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w:p/>" * 2_000_000)
    for content, name, said in [
        (b"", "empty.txt", "empty"),
        (blank, "scan.pdf", "scan"),
        (bomb.getvalue(), "bomb.docx", "unpacks"),
        (b"\x89PNG\r\n" + b"0" * 99, "letter.docx", "picture"),
        (b"x" * 20_000_001, "huge.txt", "20 MB"),
    ]:
        error = desk("POST", content, name=name)["error"]
        assert said in error
        assert error.startswith(name)
        assert "\n" not in error
    assert desk("GET", secret="no such visitor") == {"documents": [], "until": None}


@pytest.mark.browser
def test_a_hidden_instruction_is_marked_for_what_it_is(visit):
    page = visit("rag")
    frames = again(page, ASK, lambda: page.click(f"#{ASK} .shelf [data-do=example]"))
    marked = page.locator(f"#{ASK}-strip .film-tok[data-kind=order]")
    assert ["BANANAS" in marked.first.inner_text(), "1999" in marked.last.inner_text()] == [True, True]
    assert "1811" in next(
        frame["lanes"][title]["text"] for frame in frames for title in frame["lanes"] if "best" in title
    )
    assert page.input_value(f"#{ASK}-question textarea") == orders.ASKED


@pytest.mark.browser
def test_a_click_on_a_passage_asks_without_it_and_another_brings_it_back(visit):
    page = visit("rag?run=rag/ask", width=390)
    assert FACT in saying(live(page, ASK))
    best = page.locator(f"#{ASK}-strip .film-column").last.locator("button.film-row").first
    assert FACT not in saying(again(page, ASK, best.click))
    chip = page.locator(f"#{ASK} .leftout-one")
    assert "Stable Diffusion" in chip.inner_text()
    assert FACT in saying(again(page, ASK, chip.click))
    assert told(page, ASK)["recipe"]["options"]["without"] == ""


@pytest.mark.browser
def test_articles_are_chosen_from_a_menu(visit):
    page = visit("rag")
    menu = page.locator(f"#{ASK} .articles")
    menu.locator("summary").click()
    menu.get_by_role("searchbox").fill("laTent diff")
    menu.get_by_role("checkbox", name="Latent diffusion").check()
    again(page, ASK, lambda: page.click(f"#{ASK}-run"))
    assert f"1 of {len(articles())}" in menu.locator("summary").inner_text()
    rows = page.locator(f"#{ASK}-strip .film-column:visible .label").all_inner_texts()
    assert len(set(rows)) == 1


@pytest.mark.browser
def test_knocking_the_passage_out_changes_the_answer(visit):
    page = visit("rag?run=rag/knock")
    live(page, KNOCK)
    text = page.locator(f"#{KNOCK}-strip").inner_text()
    assert "Knocked out: Stable Diffusion" in text
    second = page.locator(f"#{KNOCK}-strip .film-column").first.locator("button.film-row").nth(1)
    again(page, KNOCK, second.click)
    assert told(page, KNOCK)["recipe"]["options"]["out"] == "1, 2"
    assert page.locator(f"#{KNOCK} .leftout-one").count() == 2


def test_programs_ask_too(client):
    film, *_ = client.predict(question="What is BM25?", max_new_tokens=8, api_name="/rag_ask")
    assert film["frames"][0]["numbers"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"question": "   "}, "empty"),
        ({"question": "x" * 100_000}, "limit"),
        ({"documents": "nowhere"}, "nowhere"),
        ({"hashes": "a" * 64}, "document"),
        ({"without": "one"}, "whole numbers"),
    ],
    ids=["blank", "a hundred kilobytes", "no such article", "somebody else's document", "no number"],
)
def test_bad_questions_get_one_sentence(client, options, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(**options, api_name="/rag_ask")


def test_cutting_needs_no_model(client):
    film, *_ = client.predict(text="One. Two three four. Five.", how="sentences", size=8, api_name="/rag_chunk")
    assert film["frames"]
