"""The glossary: finding a word, reading its article, asking RAG about it."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from genai_demo.data.knowledge import articles
from pages.words import explained, plain


@pytest.mark.browser
def test_a_word_is_found_read_and_asked_about(visit):
    page = visit("glossary")
    page.wait_for_selector(".glossary details")
    entries = page.locator(".glossary details:visible")
    assert entries.count() == len(articles())
    page.fill(".glossary input", "reciprocal RANK")
    assert entries.count() == 1
    assert f"1 of {len(articles())} words" in page.locator(".glossary [role=status]").inner_text()
    entries.locator("summary").click()
    page.wait_for_function("document.querySelector('.glossary details[open] .article').innerText.includes('Cormack')")
    name = entries.get_attribute("id")
    assert page.url.endswith(f"/glossary#{name}")
    page.reload()
    page.wait_for_selector(f"#{name}[open]")
    page.fill(".glossary input", "qwertz")
    assert entries.count() == 0
    assert "try a shorter one" in page.locator(".glossary [role=status]").inner_text()
    page.fill(".glossary input", "ddim")
    assert page.locator("#ddim .ask").get_attribute("href") == (
        "./rag?run=rag/ask&documents=ddim&question=What%20is%20DDIM%3F"
    )


@pytest.mark.browser
def test_a_word_has_an_address(visit):
    page = visit("glossary#clip", 390, True)
    page.wait_for_function("document.querySelector('#clip .article').innerText.length > 200")
    assert page.locator("#clip").get_attribute("open") is not None
    assert page.locator("header.atlas [aria-current=page]").all_text_contents() == ["Glossary"]


@pytest.mark.parametrize("name", ["nothing", "..%2Fquestions", "questions.json", "%00"])
def test_what_is_no_article_is_not_there(base_url, name):
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{base_url}/articles/{name}")
    assert error.value.code == 404


def test_an_article_is_what_the_page_does_not_show_yet(base_url):
    text = urllib.request.urlopen(f"{base_url}/articles/ddim").read().decode()
    one = next(article for article in articles() if article.stem == "ddim")
    assert one.definition not in text
    assert "<h2>References</h2>" in text
    assert "Also called" not in text


@pytest.mark.browser
def test_a_word_of_a_text_shows_its_definition(visit):
    page = visit("gan")
    word = page.locator("#info a[href$='glossary#mode-collapse']").first
    word.wait_for()
    one = next(article for article in articles() if article.stem == "mode-collapse")
    assert word.get_attribute("title") == one.definition
    assert page.locator("#info a[href$='glossary#mode-collapse']").count() == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("DDIM and again DDIM", ["DDIM"]),
        ("Cross-attention, cross-attention", ["Cross-attention"]),
        ("two GANs", ["GANs"]),
        ("ddim, organ, gane", []),  # capitals count where a name has them; no part of a word is a name
        ("$VAE$, `VAE`, **VAE**, [VAE](./vae)", []),
        ("# VAE\nis", []),
    ],
)
def test_words_are_found_once_and_never_in_formulas_or_links(text, words):
    found = explained(text)
    assert [part.rpartition("[")[2] for part in found.split("](./glossary#")[:-1]] == words


@pytest.mark.browser
def test_a_word_of_a_lesson_is_explained_at_once_and_by_the_keyboard_too(visit):
    page = visit("gan?lesson=gan-variety&part=1")
    page.locator(".guide h2").wait_for()
    page.mouse.move(300, 300)
    word = page.locator(".guide a.term[href$='glossary#gan']")
    word.wait_for()
    means = next(article for article in articles() if article.stem == "gan").definition
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    took = word.evaluate(
        """one => {
            const from = performance.now();
            one.dispatchEvent(new PointerEvent('pointerover', {bubbles: true}));
            document.querySelector('.term-tip').getBoundingClientRect();
            return performance.now() - from;
        }"""
    )
    tip = page.locator("[role=tooltip].term-tip")
    assert tip.inner_text() == plain(means)
    assert took < 50, "ms"
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    word.focus()
    assert tip.is_visible()
    assert word.get_attribute("aria-describedby") == tip.get_attribute("id")
    box, window = tip.bounding_box(), page.viewport_size
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= window["width"]
    assert not asked
    page.locator("#info a[href*='glossary#']").first.focus()
    assert tip.is_visible()
