"""The decoder page as a visitor and as a program use it, on the real model."""

from __future__ import annotations

import json
import re

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from genai_demo.decoder import SMOLLM2
from tests.pages.conftest import live
from tests.real import borrowed

CHAT, TOKENS, ABLATE = "p-decoder-chat", "p-decoder-tokens", "p-decoder-ablate"
SHORT = "max_new_tokens=12"


@pytest.fixture(scope="module", autouse=True)
def real_model(tmp_path_factory):
    with borrowed(tmp_path_factory.mktemp("home"), SMOLLM2):
        yield


def answer(page):
    """The text of the last answer in the chat."""
    return page.locator(f"#{CHAT} .chat-turn.assistant .chat-text").last.inner_text()


def say(page, text):
    """Sends a message and waits for the whole answer."""
    before = page.evaluate(f"document.querySelector('#{CHAT}-strip .film')?.told?.run")
    page.fill(f"#{CHAT} .chat-form textarea", text)
    page.keyboard.press("Enter")
    page.wait_for_function(
        f"""before => {{
            const told = document.querySelector('#{CHAT}-strip .film')?.told;
            return told && told.run !== before && told.done && told.badge === 'live';
        }}""",
        arg=before,
    )


def open_chat(visit, query=SHORT, **how):
    page = visit(f"decoder?run=decoder/chat&{query}&turns=Say hello.", **how)
    live(page, CHAT)
    return page


@pytest.mark.browser
def test_opens_on_a_recorded_conversation(visit):
    page = visit("decoder")
    page.locator(f"#{CHAT} .chat-turn.assistant").wait_for()
    assert "Recorded" in page.locator(f"#{CHAT} .chat-note").inner_text()
    assert page.locator(f"#{CHAT} .chat-hints button").count() >= 3


ANSWER = """# Tides

1. **Two** of them
2. *each* day
   - high

```
a <b> c
```
<img src=x onerror=alert(1)> [here](javascript:alert(1)) and `code`"""


@pytest.mark.browser
def test_an_answer_has_its_markdown_and_no_html_and_an_empty_message_says_so(visit):
    page = visit("decoder")
    page.locator(f"#{CHAT} .chat-turn.assistant").wait_for()
    written = page.evaluate(
        """([bench, said]) => {
            document.getElementById(bench).dispatchEvent(new CustomEvent('film-shown', {detail: {
                run: 'made', recipe: {options: {turns: 'Tides?'}}, frames: [{grown: {said}}], index: 0,
                badge: 'recorded',
            }}));
            return document.querySelector(`#${bench} .chat-turn.assistant .chat-text`).innerHTML;
        }""",
        [CHAT, ANSWER],
    )
    assert re.sub(' class=""', "", written) == (
        '<h4>Tides</h4><ol start="1"><li><strong>Two</strong> of them</li><li><em>each</em> day'
        "<ul><li>high</li></ul></li></ol><pre><code>a &lt;b&gt; c</code></pre>"
        "<p>&lt;img src=x onerror=alert(1)&gt; [here](javascript:alert(1)) and <code>code</code></p>"
    )
    page.locator(f"#{CHAT} .chat-send").click()
    assert page.locator(f"#{CHAT} .chat-state").inner_text() == "Write a message first."
    assert "English only" in page.locator(f"#{CHAT} .chat-aside").inner_text()


@pytest.mark.browser
def test_chat_over_several_turns(visit):
    page = open_chat(visit, "max_new_tokens=24&temperature=0")
    say(page, "<b>What</b> is the capital of <script>alert(1)</script> Italy?")
    turns = page.locator(f"#{CHAT} .chat-turn")
    assert turns.count() == 4
    assert "<script>alert(1)</script>" in turns.nth(2).inner_text()
    assert page.locator(f"#{CHAT} .chat-turn b").count() == 0
    first = answer(page)
    assert first.strip()
    turns.nth(2).hover()
    turns.nth(2).get_by_role("button", name="Edit").click()
    page.get_by_label("Your message, changed").fill("What is gravity?")
    before = page.evaluate(f"document.querySelector('#{CHAT}-strip .film').told.run")
    page.get_by_role("button", name="Ask this").click()
    page.wait_for_function(
        f"before => {{ const told = document.querySelector('#{CHAT}-strip .film').told;"
        " return told.run !== before && told.done; }",
        arg=before,
    )
    assert turns.count() == 4
    assert answer(page) != first
    recipe = page.evaluate(f"document.querySelector('#{CHAT}-strip .film').told.recipe")
    assert [turn[1] for turn in json.loads(recipe["options"]["turns"])][-1] == "What is gravity?"


@pytest.mark.browser
def test_exports_and_a_new_conversation(visit):
    page = open_chat(visit)
    with page.expect_download() as markdown:
        page.locator(f"#{CHAT} [data-do=markdown]").click()
    text = markdown.value.path().read_text()
    assert "**You**" in text
    assert "Say hello." in text
    assert "**Model**" in text
    with page.expect_download() as exported:
        page.locator(f"#{CHAT} [data-do=json]").click()
    found = json.loads(exported.value.path().read_text())
    assert [one["role"] for one in found["messages"]] == ["user", "assistant"]
    assert found["recipe"]["run"] == "decoder/chat"
    page.locator(f"#{CHAT} [data-do=new]").click()
    assert page.locator(f"#{CHAT} .chat-turn").count() == 0


@pytest.mark.browser
def test_stopping_keeps_what_was_written_and_the_next_message_is_not_lost(visit):
    page = open_chat(visit, "max_new_tokens=1024&repetition_penalty=1&temperature=0")
    page.route("**/cancel", lambda route: (page.wait_for_timeout(700), route.continue_()))  # as on a slow network
    told = f"document.querySelector('#{CHAT}-strip .film').told"
    stopped = f"""before => {told}.run !== before && !{told}.done && {told}.frames.length > 3
        && (document.querySelector('#{CHAT} .chat-stop').click(), true)"""  # in that moment: an answer is soon written
    for text in ("Write a long story about rain.", "Write another, longer, about snow."):
        before = page.evaluate(f"{told}.run")
        page.fill(f"#{CHAT} .chat-form textarea", text)
        page.keyboard.press("Enter")
        page.wait_for_function(stopped, arg=before)
        page.locator(f"#{CHAT} .chat-send").wait_for()
    page.unroute_all(behavior="ignoreErrors")
    answers = page.locator(f"#{CHAT} .chat-turn.assistant .chat-text")
    assert page.locator(f"#{CHAT} .chat-turn").count() == 6
    assert all(answers.nth(k).inner_text().strip() for k in range(3))


@pytest.mark.browser
def test_a_message_that_is_refused_is_not_lost(visit):
    page = open_chat(visit)
    long = "word " * 4000
    page.fill(f"#{CHAT} .chat-form textarea", long)
    page.keyboard.press("Enter")
    page.get_by_text("shorten it").first.wait_for()
    page.wait_for_function(f"document.querySelector('#{CHAT} .chat-form textarea').value.length > 10000")
    assert page.locator(f"#{CHAT} .chat-turn").count() == 2


@pytest.mark.browser
def test_another_token_is_taken_and_the_branches_can_be_walked(visit):
    page = visit("decoder?run=decoder/tokens&max_new_tokens=6&temperature=0")
    live(page, TOKENS)
    told = f"document.querySelector('#{TOKENS}-strip .film').told"
    trunk = page.evaluate(f"{told}.frames.map(frame => frame.carried.path.at(-1))")
    page.evaluate(f"document.querySelector('#{TOKENS}-strip .film').bring({told}.run, 2)")
    page.wait_for_function(f"{told}.index === 2")
    first = page.evaluate(f"{told}.run")
    page.locator(f"#{TOKENS}-strip .film-ranked .film-row").nth(1).click()
    page.wait_for_function(f"first => {told}.run !== first && {told}.done", arg=first)
    branch = page.evaluate(f"{told}.frames.map(frame => frame.carried.path.at(-1))")
    assert branch[:2] == trunk[:2]
    assert branch[2] != trunk[2]
    tree = page.locator(f"#{TOKENS} .branches-token")
    assert tree.count() == 2 + (6 - 2) + (len(branch) - 2)
    tree.nth(3).click()  # on the trunk again
    page.wait_for_function(f"first => {told}.run === first", arg=first)
    page.click(f"#{TOKENS}-copy")
    page.wait_for_function("location.search.includes('decoder/tokens') && !location.search.includes('given')")


@pytest.mark.browser
def test_a_layer_is_switched_off(visit):
    page = visit(
        "decoder?run=decoder/ablate&text=The capital of France is&heads=24.5, 1.5&max_new_tokens=3",
        width=390,
        dark=True,
    )
    live(page, ABLATE)
    frames = page.evaluate(f"document.querySelector('#{ABLATE}-strip .film').told.frames")
    lanes = frames[0]["lanes"]
    chance = {name: {one["text"]: one["share"] for one in lanes[name]["items"]} for name in lanes if "next" in name}
    whole, less = chance["next token, as it is"], chance["next token, with parts off"]
    assert whole[" Paris"] > 0.5 > less[" Paris"]
    assert "2 of 270 heads" in page.locator(f"#{ABLATE}-strip").inner_text()


def chat(client: Client, turns: str, **options):
    film, *_ = client.predict(
        turns=turns, api_name="/decoder_chat", **{"max_new_tokens": 16, "temperature": 0, **options}
    )
    return "".join(frame["grown"]["said"] for frame in film["frames"])


def test_programs_chat_too_and_get_the_same_twice(client):
    turns = json.dumps([["user", "What is the capital of Italy?"]])
    assert chat(client, turns) == chat(client, turns) != ""


@pytest.mark.parametrize(
    ("turns", "sentence"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("x" * 1_000_000, "the limit is"),
        ('[["assistant", "no"]]', "user"),
        ('[["user", "a"], ["assistant", "b"]]', "user"),
        ('[["nobody", "a"]]', "write"),
        ("word " * 4000, "shorten"),
    ],
    ids=["empty", "blank", "a megabyte", "assistant first", "no question", "stranger", "past the context"],
)
def test_bad_conversations_get_one_sentence(client, turns, sentence):
    if not turns:
        return  # an empty text is the default conversation
    with pytest.raises(AppError, match=sentence):
        chat(client, turns)


@pytest.mark.parametrize(
    "text", ["\u202eolleh", "\U0001f600 smile", "\x00\x07bell", "a\ud800b", "<|im_end|>", "<img src=x>"]
)
def test_odd_text_is_answered(client, text):
    assert isinstance(chat(client, json.dumps([["user", text]]), max_new_tokens=2), str)


@pytest.mark.parametrize("temperature", [1e-9, 0.001, 2])
def test_temperatures_next_to_the_limits(client, temperature):
    assert chat(client, "Say yes.", temperature=temperature, max_new_tokens=2) is not None


def test_code_goes_on(client):
    film, *_ = client.predict(text="def add(a, b):\n    return", max_new_tokens=24, api_name="/decoder_complete")
    lanes = film["frames"][-1]["lanes"]
    assert lanes["code"]["text"].startswith("def add(a, b):\n    return")
    assert "+" in lanes["code"]["text"]


@pytest.mark.browser
def test_token_by_token(visit):
    page = visit("decoder?run=decoder/tokens&max_new_tokens=1&temperature=0")
    live(page, TOKENS)
    told = f"document.querySelector('#{TOKENS}-strip .film').told"
    for count in (2, 3):
        page.locator(f"#{TOKENS} .branches-on").click()
        page.wait_for_function(f"count => {told}.done && {told}.frames.length === count", arg=count)
    assert len(page.evaluate(f"{told}.frames.at(-1).carried.path")) == 3
