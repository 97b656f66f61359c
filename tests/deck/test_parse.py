"""The text of a deck: what is wrong with a screen is said there in one sentence, and the rest goes on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.registry import families
from genai_demo.deck import export, page, parse

GOOD = "# Good\n\nIt **goes** on.\n\nNotes: say it"
WRONG = {
    "# A\n\n<script>alert(1)</script>": "markup",
    "# A\n\nsee <b onclick=x>this</b>": "markup",
    "# A\n\n![x](http://example.org/x.png)": "picture",
    "no title": "title",
    "# A\n\n```recipe\nrun: diffusion/none\n```": "run is diffusion/none",
    "# A\n\n```recipe\nrun: vae/encode&samples=9000\n```": "samples",
    "# A\n\n```recipe\nruns: vae/encode\n```": "has a line runs",
    "# A\n\n```film\nrun: vae/encode\n```": "block is called film",
    "# A\n\n```table\nof: everything\n```": "table is of everything",
    "# A\n\n```recipe\nrun: vae/encode": "no end",
    "\x00\x01\x7f" * 300: "title",
    "# A\n\n```recipe\n\x00\x01\n```": "has a line",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_screen_says_so_and_the_rest_goes_on(wrong: str) -> None:
    first, broken, last = parse.parse(f"{GOOD}\n---\n{wrong}\n---\n{GOOD}").screens
    assert first.html == last.html == "<h1>Good</h1>\n<p>It <strong>goes</strong> on.</p>\n"
    assert WRONG[wrong].lower() in broken.error.lower()
    assert broken.error.count("\n") == 0
    assert "<script>" not in page.words(broken)
    assert "onclick" not in broken.html


def test_a_lane_that_the_run_lacks_is_said_beside_the_text() -> None:
    (screen,) = parse.parse("# A\n\n```recipe\nrun: diffusion/denoise\nshow: nothing\n```").screens
    assert "shows no 'nothing'" in page.visual(screen).error


def test_a_number_that_the_run_lacks_is_said_beside_the_text() -> None:
    (screen,) = parse.parse("# A\n\n```recipe\nrun: diffusion/denoise\nnumbers: nothing\n```").screens
    assert "shows no 'nothing'" in page.visual(screen).error
    assert "noise left" in page.visual(screen).error


def test_a_link_that_runs_a_script_is_no_link() -> None:
    (screen,) = parse.parse("# A\n\n[x](javascript:alert(1))").screens
    assert "<a" not in screen.html


def test_every_shipped_deck_is_whole() -> None:
    assert {"what-is-generative-ai", "how-a-language-model-answers", "which-architecture"} <= set(parse.names())
    for name in parse.names():
        for screen in parse.load(name).screens:
            assert not screen.error, f"{name}: {screen.error}"
            assert not page.visual(screen).error, f"{name}: {page.visual(screen).error}"
        assert len(export.page(parse.load(name)).encode()) < 15e6, "a file that can be sent by mail"


def test_own_decks_lie_in_a_folder_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("# Mine")
    (tmp_path / "damaged.md").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv(parse.OWN, str(tmp_path))
    assert parse.load("mine").title == "Mine"
    with pytest.raises(DemoError, match="no text in UTF-8"):
        parse.load("damaged")
    with pytest.raises(DemoError, match="deck is nowhere"):
        parse.load("nowhere")


@pytest.mark.parametrize("order", ["0", "3", "1,x", "-1", ",", "9" * 5000])
def test_an_order_that_names_no_screen_is_refused(order: str) -> None:
    with pytest.raises(DemoError, match="from 1 to 2"):
        export.order_of(order, 2)


def test_an_exported_deck_has_notes_only_when_asked_and_asks_no_network() -> None:
    deck = parse.parse(
        f"{GOOD}\n---\n# Two\n\n```chart\nof: laboratory coverage\n```\n---\n# Three\n\n"
        "```recipe\nrun: decoder/tokens\n```"
    )
    assert "say it" not in export.page(deck)
    assert "say it" in export.page(deck, notes=True)
    assert "Good" not in export.page(deck, order="3,2").split("</style>")[1].split("<script")[0]
    assert export.page(deck).count("plotly.js v") == 1


def test_two_screens_of_one_title_are_two_screens() -> None:
    one, two = parse.parse("# Same\n\nfirst\n---\n# Same\n\nsecond").screens
    assert "first" in one.html
    assert "second" in two.html


@pytest.mark.parametrize("content", [b"", b"\n \n", bytes(range(256)) * 40, b"# A\n" * 2_500_000])
def test_a_file_that_is_no_deck_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.md").write_bytes(content)
    with pytest.raises(DemoError) as raised:
        parse.read(tmp_path / "mine.md")
    assert "mine" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 200


def test_no_deck_is_too_long_or_empty() -> None:
    for text in ("", "---\n---\n", "# A\n---\n" * 100, "x" * 300_000):
        with pytest.raises(DemoError):
            parse.parse(text)


def test_a_long_table_takes_more_screens_and_loses_no_row() -> None:
    deck = parse.parse("# All\n\n```table\nof: architectures\n```\n")
    shown = [page.visual(screen).html for screen in deck.screens]
    titles = [family.title for family in families().values()]
    assert len(shown) > 1
    assert max(html.count("<tr>") for html in shown) <= 5, "four rows and the heading"
    assert all(sum(html.count(f"<td>{title}</td>") for html in shown) == 1 for title in titles)


def test_the_stages_from_scores_to_a_choice_are_drawn() -> None:
    deck = parse.parse("# Chosen\n\n```recipe\nrun: decoder/tokens\nshow: from logits to the choice\n```\n")
    assert "<p>logits</p>" in page.visual(deck.screens[0]).frames[0]


def test_bars_are_drawn_and_keep_their_axis() -> None:
    deck = parse.parse("# Bars\n\n```recipe\nrun: vae/encode\nshow: KL of each latent number\n```\n")
    frames = page.visual(deck.screens[0]).frames
    heights = [[float(one) for one in re.findall(r"height:([\d.]+)%", frame)] for frame in frames]
    assert len({len(bars) for bars in heights}) == 1, "as many bars in each frame"
    assert all(0 <= bar <= 100 for bars in heights for bar in bars)
    assert any(bar > 0 for bar in heights[-1])


def test_a_deck_is_read_again_only_after_its_file_has_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(parse.OWN, str(tmp_path))
    (tmp_path / "mine.md").write_text("# Mine")
    first = parse.load("mine")
    assert parse.load("mine") is first
    (tmp_path / "mine.md").write_text("# Another one")
    assert parse.load("mine").title == "Another one"
