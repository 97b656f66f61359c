"""What a visit transfers: texts compressed, what has a hash kept, Gradio's small style sheets in one."""

from __future__ import annotations

import gzip
import json
import re
import urllib.error
import urllib.request
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
