"""A server elsewhere: here llama.cpp's own, which speaks the OpenAI protocol, with a tiny random model behind it."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.load import clear, load
from genai_demo.decoder import ELSEWHERE
from genai_demo.decoder.chat import chat, complete
from genai_demo.decoder.options import ChatOptions, CompleteOptions
from genai_demo.language import endpoint
from genai_demo.language.engines import Piece
from genai_demo.language.options import Sampling
from tests.language import stand_in

pytest.importorskip("xllamacpp")
pytest.importorskip("openai")


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The model behind the server."""
    from genai_demo.language import llama_cpp

    yield llama_cpp.build(stand_in.gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf"))
    gc.collect()


@pytest.fixture
def engine(behind: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[endpoint.Endpoint]:
    monkeypatch.setenv(endpoint.ADDRESS, f"{behind.server.listening_address}/v1")
    clear()
    yield load(ELSEWHERE)
    clear()


def said(engine: Any, prompt: Any, limit: int = 8, top: int = 4) -> list[Piece]:
    return list(engine.stream(prompt, Sampling(0.0), seed=0, limit=limit, top=top))


def test_it_answers_as_the_model_behind_it(engine: endpoint.Endpoint, behind: Any) -> None:
    asked = [{"role": "system", "content": "in other words"}, {"role": "user", "content": "the ring"}]
    pieces, wanted = said(engine, engine.ask(asked)), said(behind, behind.ask(asked))
    assert "".join(piece.text for piece in pieces) == "".join(piece.text for piece in wanted)
    assert pieces[0].taken.probability == pytest.approx(wanted[0].taken.probability, abs=1e-3)
    assert [one.probability for one in pieces[0].top] == pytest.approx(
        [one.probability for one in wanted[0].top], abs=1e-3
    )
    assert all(piece.cache_bytes is None for piece in pieces)


def test_it_goes_on_with_a_text(engine: endpoint.Endpoint, behind: Any) -> None:
    pieces, wanted = said(engine, engine.begin("then the")), said(behind, behind.begin("then the"))
    assert "".join(piece.text for piece in pieces) == "".join(piece.text for piece in wanted)


def test_the_runs_go_over_it(engine: endpoint.Endpoint) -> None:
    frames = list(chat(engine, ChatOptions(turns="the ring", max_new_tokens=6), seed=0))
    assert frames
    assert "".join(frame.said for frame in frames)
    assert [tok.kind for tok in frames[0].likeliest].count("picked") == 1
    assert frames[0].cache_kb is None
    *_, last = complete(engine, CompleteOptions(text="x =", max_new_tokens=6, until="length"), seed=0)
    assert last.code.startswith("x =")
    assert len(last.code) > 3


def test_a_seed_draws_the_same(engine: endpoint.Endpoint) -> None:
    def texts(seed: int) -> list[str]:
        pieces = engine.stream(engine.begin("the"), Sampling(1.2, 40, 0.95), seed=seed, limit=8, top=1)
        return [piece.text for piece in pieces]

    assert texts(1) == texts(1) != texts(2)


def test_stop_ends_the_stream_and_the_next_one_is_answered(engine: endpoint.Endpoint) -> None:
    pieces = engine.stream(engine.begin("the"), Sampling(2.0), seed=0, limit=400, top=1)
    next(pieces)
    pieces.close()
    assert said(engine, engine.begin("the"), limit=2)


def test_the_name_is_the_first_the_server_lists_or_the_one_that_is_set(
    engine: endpoint.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine.name
    monkeypatch.setenv(endpoint.MODEL, "mine")
    assert endpoint.Endpoint(engine.address).name == "mine"


def test_without_the_variable_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(endpoint.ADDRESS, raising=False)
    with pytest.raises(DemoError, match=r"^no server is named; set GENAI_DEMO_ENDPOINT to its address, as in http"):
        load(ELSEWHERE)


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{found.getsockname()[1]}/v1"


def test_without_a_server_it_is_said(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(endpoint.ADDRESS, nobody)
    with pytest.raises(DemoError, match=rf"^the server at {nobody} did not answer .*; see GENAI_DEMO_ENDPOINT$"):
        load(ELSEWHERE)


@pytest.mark.parametrize("address", ["nonsense", "", "ftp://x", "http://", "http://127.0.0.1:99999/v1"])
def test_an_address_that_is_none_is_said(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(endpoint.ADDRESS, address)
    with pytest.raises(DemoError) as refused:
        load(ELSEWHERE)
    assert "GENAI_DEMO_ENDPOINT" in str(refused.value)


def test_a_server_that_goes_away_is_said(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(endpoint.MODEL, "mine")
    engine = endpoint.build(nobody)
    for prompt in (engine.ask([{"role": "user", "content": "hi"}]), engine.begin("x")):
        with pytest.raises(DemoError, match="did not answer"):
            said(engine, prompt)


class Odd(BaseHTTPRequestHandler):
    """Answers every request with what it was told to."""

    status, body, kind = 200, b"", "application/json"

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def odd() -> Iterator[tuple[type[Odd], str]]:
    class Own(Odd):
        pass

    server = HTTPServer(("127.0.0.1", 0), Own)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Own, f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"object": "list", "data": []}', "application/json"),
        (200, b"<html>a page</html>", "text/html"),
        (200, b"{}", "application/json"),
        (200, b"not json", "application/json"),
        (401, b'{"error": {"message": "no key"}}', "application/json"),
        (404, b"nothing", "text/plain"),
    ],
)
def test_a_server_of_another_kind_is_said(odd: Any, status: int, body: bytes, kind: str) -> None:
    handler, address = odd
    handler.status, handler.body, handler.kind = status, body, kind
    with pytest.raises(DemoError) as refused:
        endpoint.build(address)
    assert address in str(refused.value)
    assert "GENAI_DEMO_ENDPOINT" in str(refused.value)


@pytest.mark.parametrize(
    "body", [b"data: not json\n\n", b"data: {}\n\n", b"", b'data: {"error": {"message": "full"}}\n\n']
)
def test_a_stream_of_another_kind_is_said_and_an_empty_one_is_no_answer(
    odd: Any, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, address = odd
    monkeypatch.setenv(endpoint.MODEL, "mine")
    engine = endpoint.build(address)
    handler.body, handler.kind = body, "text/event-stream"
    if not body:
        assert said(engine, engine.begin("x")) == []
        return
    with pytest.raises(DemoError, match=address):
        said(engine, engine.begin("x"))


def test_the_older_columns_of_probabilities_are_read(odd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    handler, address = odd
    monkeypatch.setenv(endpoint.MODEL, "mine")
    engine = endpoint.build(address)
    logprobs = b'{"tokens": ["hi"], "token_logprobs": [-1.0], "top_logprobs": [{"ho": -2.0, "hi": -1.0}]}'
    chunk = b'data: {"id": "1", "object": "text_completion", "created": 1, "model": "m", "choices": [{"text": "hi", '
    handler.body = chunk + b'"index": 0, "finish_reason": null, "logprobs": ' + logprobs + b"}]}\n\ndata: [DONE]\n\n"
    handler.kind = "text/event-stream"
    (piece,) = said(engine, engine.begin("x"))
    assert piece.taken.probability == pytest.approx(0.3679, abs=1e-4)
    assert [one.shown for one in piece.top] == ["hi", "ho"]


def test_a_server_that_says_no_probabilities_is_taken_as_it_is(odd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    handler, address = odd
    monkeypatch.setenv(endpoint.MODEL, "mine")
    engine = endpoint.build(address)
    chunk = b'data: {"id": "1", "object": "text_completion", "created": 1, "model": "m", "choices": '
    handler.body = chunk + b'[{"text": "hi", "index": 0, "logprobs": null, "finish_reason": null}]}\n\ndata: [DONE]\n\n'
    handler.kind = "text/event-stream"
    (piece,) = said(engine, engine.begin("x"))
    assert (piece.text, piece.top) == ("hi", ())
