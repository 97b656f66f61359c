"""What a visit transfers: texts compressed, what has a hash kept, Gradio's small style sheets in one."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import brotli
import pytest

from pages.parts import cached, joined

PLAIN = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}


def get(address: str, accepted: str = "", **more: str) -> tuple[bytes, Any]:
    """(body as it came, headers)"""
    asked = urllib.request.Request(address, headers={"Accept-Encoding": accepted or "identity", **more})
    with urllib.request.urlopen(asked) as answer:
        return answer.read(), answer.headers


@pytest.mark.parametrize("path", ["gan", "config", "parts.js", "joined.css", "theme.css"])
def test_a_text_travels_as_the_browser_takes_it(base_url: str, path: str) -> None:
    bodies = {}
    for accepted, name in (("", ""), ("gzip, deflate", "gzip"), ("gzip, deflate, br, zstd", "br")):
        body, headers = get(f"{base_url}/{path}", accepted)
        assert headers.get("content-encoding", "") == name
        assert "accept-encoding" in headers["vary"].lower()
        assert int(headers["content-length"]) == len(body)
        bodies[name] = body
    assert len({PLAIN[name](body) for name, body in bodies.items()}) == 1
    assert len(bodies["br"]) <= len(bodies["gzip"]) < len(bodies[""]) / 2


def test_hashed_files_are_kept_and_pages_are_not(base_url: str) -> None:
    page, headers = get(f"{base_url}/gan", "br")
    assert "immutable" not in headers.get("cache-control", "")
    text = brotli.decompress(page).decode()
    kept = [*re.findall(r"\./(assets/[^\"'?]+\.(?:js|css))", text)[:3], *re.findall(r"\./(joined\.css\?\w+)", text)]
    assert len(kept) == 4
    for file in kept:
        body, headers = get(f"{base_url}/{file}", "br")
        assert "immutable" in headers["cache-control"]
        assert headers["content-encoding"] == "br"
        assert brotli.decompress(body)


def test_what_is_no_text_for_everybody_travels_as_it_is(base_url: str) -> None:
    picture, headers = get(f"{base_url}/sheets/gan.png", "br")
    assert "content-encoding" not in headers
    assert picture.startswith(b"\x89PNG")
    file = next(iter(joined.sheets()))
    part, headers = get(f"{base_url}/assets/{file}", "", Range="bytes=0-9")
    assert len(part) == 10
    with pytest.raises(urllib.error.HTTPError) as error:
        get(f"{base_url}/nothing.js", "br")
    assert json.loads(error.value.read()) == {"detail": "Not Found"}


@pytest.mark.parametrize(
    ("accepted", "name"), [("br", "br"), ("gzip;q=0.5, br;q=0", "gzip"), ("deflate", ""), ("", ""), ("gzip, br", "br")]
)
def test_a_browser_says_what_it_takes(accepted: str, name: str) -> None:
    assert cached.encoding(accepted) == name


class Counted:
    """An app that takes a moment, tells what was asked of it, and knows no path with "nothing" in it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope["path"])
        number = len(self.asked)
        await asyncio.sleep(0.01)
        status = 404 if "nothing" in scope["path"] else 200
        kind = (b"content-type", b"text/html" if "." not in scope["path"] else b"text/css")
        await send({"type": "http.response.start", "status": status, "headers": [kind]})
        await send({"type": "http.response.body", "body": f"{scope['path']} {number} ".encode() * 200})


def answers(kept: cached.Kept, *asked: tuple[str, str, dict[str, str]]) -> list[tuple[Any, bytes]]:
    """(start, body) of requests at the same time: path, query, headers."""

    async def one(path: str, query: str, headers: dict[str, str]) -> tuple[Any, bytes]:
        sent: list[Any] = []
        named = [(name.encode(), value.encode()) for name, value in {"host": "here", **headers}.items()]
        scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": named}

        async def send(message: Any) -> None:
            if "headers" in message:
                message["headers"].append((b"x-outside", b"1"))
            sent.append(message)

        await kept(scope, None, send)  # type: ignore[arg-type]
        return sent[0], b"".join(message.get("body", b"") for message in sent[1:])

    async def all_of_them() -> list[tuple[Any, bytes]]:
        return await asyncio.gather(*(one(*each) for each in asked))

    with ThreadPoolExecutor(1) as apart:  # a browser of another test may have a loop in this thread
        return apart.submit(asyncio.run, all_of_them()).result()


def test_what_many_ask_for_at_once_is_made_once() -> None:
    app = Counted()
    kept = cached.Kept(app, pages=frozenset({"/gan"}))
    for path in ("/assets/x.css", "/gan"):
        found = [*answers(kept, *[(path, "seed=1", {})] * 5), *answers(kept, (path, "seed=2", {}))]
        assert app.asked.count(path) == 1
        assert len({body for _, body in found}) == 1
        assert all(sum(name == b"x-outside" for name, _ in start["headers"]) == 1 for start, _ in found)
    assert not kept._begun


def test_a_page_is_made_anew_for_another_name_of_the_server_and_for_what_gradio_keeps() -> None:
    app = Counted()
    kept = cached.Kept(app, pages=frozenset({"/gan"}))
    others = [("", {"host": "there"}), ("", {"x-forwarded-proto": "https"}), ("", {"x-forwarded-host": "there"})]
    links = [("deep_link=a", {}), ("deep%5flink=a", {}), ("deep_link=a", {})]
    found = answers(kept, *[("/gan", *each) for each in (("", {}), *others, *links)])
    assert len(app.asked) == len({body for _, body in found}) == 7
    answers(kept, *[("/gan", *each) for each in (("", {}), *others)])
    assert len(app.asked) == 7


def test_what_is_not_there_is_asked_for_again_and_so_is_what_may_be_a_part() -> None:
    app = Counted()
    kept = cached.Kept(app)
    for path, headers in (("/nothing.js", {}), ("/x.js", {"range": "bytes=0-9"}), ("/x.js", {"if-none-match": "a"})):
        before = len(app.asked)
        answers(kept, *[(path, "", headers)] * 2)
        assert len(app.asked) == before + 2
    answers(kept, *[("/gradio_api/file=/tmp/x.css", "", {}), ("/other", "", {})] * 2)
    assert app.asked.count("/other") == app.asked.count("/gradio_api/file=/tmp/x.css") == 2


@pytest.mark.browser
def test_a_page_asks_for_few_files_and_when_it_comes_again_for_hardly_any(chromium: Any, base_url: str) -> None:
    from benchmarks.transfers import COLD_KB, COLD_REQUESTS, WARM_KB, visited

    context = chromium.new_context()
    for path in ("gan", "vae"):
        size, requests = visited(context, f"{base_url}/{path}")
        assert 0 < requests <= COLD_REQUESTS
        assert size < 1000 * COLD_KB
        assert visited(context, f"{base_url}/{path}")[0] < 1000 * WARM_KB
    context.close()
