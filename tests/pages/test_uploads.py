"""Files that nobody would send on purpose, through each door that takes one, and doors to others' files."""

from __future__ import annotations

import base64
import io
import re
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from genai_demo.clip import folder
from genai_demo.core.errors import DemoError
from genai_demo.core.run import visitor
from genai_demo.inputs import midi
from genai_demo.inputs.pictures import shrink
from genai_demo.rag import own_documents


def png(width: int, height: int, rows: int) -> bytes:
    """A picture of that size, of which so many rows are there, all black: small in a file, large in memory."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packed = zlib.compress(bytes(1 + width) * rows, 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


HOSTILE = {
    "20,000 pixels a side": png(20_000, 20_000, 2_000),
    "a thin one": png(60_000, 1, 1),
    "a size that is a lie": png(2**31 - 1, 2**31 - 1, 1),
    "a page called a picture": b"GIF89a/*<script>alert(1)</script>*/=1;",
    "an archive behind a picture's first bytes": b"\x89PNG\r\n\x1a\nPK\x03\x04" + bytes(200),
    "a drawing with a script": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n",
    "nothing": b"",
    "a pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_picture_is_refused_at_once(what: str) -> None:
    began = time.process_time()
    with pytest.raises(DemoError) as error:
        shrink(HOSTILE[what])
    assert time.process_time() - began < 2
    assert "\n" not in str(error.value)
    with pytest.raises(DemoError):
        midi.melody(HOSTILE[what])
    with pytest.raises(DemoError):
        folder.add("", [("../../x.png", "mine:" + base64.b64encode(HOSTILE[what]).decode()[:10_000])])


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_no_document_or_text(what: str, base_url: str) -> None:
    """By its content, whatever its name says; no answer is a fault of the server's."""
    for name in ("a.pdf", "..%2F..%2Fetc%2Fcron.d%2Fx.docx", "%00.html", "CON.md"):
        answer = httpx.post(f"{base_url}/documents", content=HOSTILE[what], headers={"x-name": name}, timeout=120)
        assert answer.status_code < 500
        last = answer.text.strip().splitlines()[-1]
        assert "Traceback" not in last
        assert "noted as fault" not in last


def test_a_visitors_secret_cannot_be_guessed_or_chosen(base_url: str) -> None:
    secrets = {own_documents.STORE.open(None).secret for _ in range(50)}
    assert len(secrets) == 50
    assert all(re.fullmatch(r"[\w-]{43}", one) for one in secrets), "256 bits"
    mine = own_documents.STORE.open(None)
    for guess in ("", "a", mine.secret[:-1], mine.secret + "a", "../" + mine.secret, own_documents.digest(mine.secret)):
        assert own_documents.STORE.open(guess or None).secret != mine.secret
        answer = httpx.get(f"{base_url}/documents", headers={"x-visitor": guess}, timeout=60)
        assert answer.json() == {"documents": [], "until": None}
        token = visitor.set(guess)
        try:
            with pytest.raises(DemoError):
                folder.read("0" * 64)
        finally:
            visitor.reset(token)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "requirements.txt",
        "../requirements.txt",
        "C:\\x",
        "http://127.0.0.1:9/x",
        ".env",
        "/proc/self/environ",
    ],
)
def test_no_address_gives_a_file_of_the_machine(path: str, base_url: str) -> None:
    for before in ("gradio_api/file=", "gradio_api/proxy=", "images/", "sheets/", "assets/", "static/"):
        answer = httpx.get(f"{base_url}/{before}{path}", timeout=60)
        assert answer.status_code in (400, 403, 404, 405, 422), before
        assert b"root:" not in answer.content
        assert b"gradio>=" not in answer.content


def test_what_gradio_is_sent_stays_in_its_folder_and_is_no_page(base_url: str) -> None:
    """A page in a picture's clothes: the name is cleaned, and what comes back may run nothing."""
    page = b"<html><script>parent.hits = 1</script></html>"
    for name in ("../../../tmp/x.html", "x.html", "a\x00b.svg", "....//x.png"):
        sent = {"files": (name, io.BytesIO(page), "text/html")}
        answer = httpx.post(f"{base_url}/gradio_api/upload", files=sent, timeout=60)
        assert answer.status_code < 500
        if answer.status_code != 200:
            continue
        (place,) = answer.json()
        assert ".." not in Path(place).parts
        back = httpx.get(f"{base_url}/gradio_api/file={place}", timeout=60)
        policy = back.headers["content-security-policy"]
        assert "'sha256-" not in policy
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
        assert back.headers["x-content-type-options"] == "nosniff"


def test_a_file_over_the_limit_is_refused(base_url: str) -> None:
    sent: Any = {"files": ("x.bin", io.BytesIO(bytes(20 * 2**20 + 10_000)), "application/octet-stream")}
    assert httpx.post(f"{base_url}/gradio_api/upload", files=sent, timeout=120).status_code == 413
