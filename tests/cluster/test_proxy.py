"""nginx in front of two processes of the app: a visitor stays with one, frames are not held back, limits agree."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from genai_demo.core import limits

ROOT = Path(__file__).resolve().parents[2]
SITE = (ROOT / "deploy" / "nginx.conf").read_text()
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not here: apt-get install nginx-light")
MAIN = """daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{ access_log off; {temporary}
{site}
}}
"""
PAUSE = 0.3


class Process(BaseHTTPRequestHandler):
    """Stands for a process of the app: says which it is, streams three events, counts what is uploaded."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if getattr(self.server, "gone", False):
            self.close_connection = True  # as of a process that died: no answer comes
            return
        if not self.path.startswith("/gradio_api/"):
            self._answer(str(self.server.server_port).encode())
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(3):
            event = f"data: {number}\n\n".encode()
            self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            self.wfile.flush()
            time.sleep(PAUSE)
        self.wfile.write(b"0\r\n\r\n")

    def do_POST(self) -> None:
        left = int(self.headers["Content-Length"])
        self._answer(str(sum(len(self.rfile.read(min(left - at, 2**16))) for at in range(0, left, 2**16))).encode())

    def _answer(self, text: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None: ...


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[tuple[str, list[ThreadingHTTPServer]]]:
    """The address of an nginx with our configuration, and the two servers behind it."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Process) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    port = free_port()
    site = SITE.replace("listen 7860;", f"listen 127.0.0.1:{port};")
    for told, server in zip(("7861", "7862"), servers, strict=True):
        site = site.replace(f"127.0.0.1:{told}", f"127.0.0.1:{server.server_port}")
    process = subprocess.Popen([str(NGINX), "-e", str(tmp_path / "log"), "-c", str(configured(tmp_path, site))])
    try:
        base = f"http://127.0.0.1:{port}"
        for _ in range(100):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(base)
                break
            time.sleep(0.05)
        yield base, servers
    finally:
        process.terminate()
        process.wait(timeout=10)
        for server in servers:
            server.shutdown()
            server.server_close()


def configured(folder: Path, site: str) -> Path:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    path = folder / "nginx.conf"
    path.write_text(MAIN.format(folder=folder, temporary=temporary, site=site))
    return path


@needs_nginx
def test_nginx_reads_it(tmp_path: Path) -> None:
    command = [str(NGINX), "-t", "-e", str(tmp_path / "log"), "-c", str(configured(tmp_path, SITE))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@needs_nginx
def test_a_visitor_stays_with_one_process_and_visitors_are_spread(
    proxied: tuple[str, list[ThreadingHTTPServer]],
) -> None:
    base, servers = proxied
    found = set()
    for _ in range(20):
        with httpx.Client(base_url=base) as visitor:
            visitor.get("/")  # gives the cookie
            answers = {visitor.get("/").text for _ in range(5)}
        assert len(answers) == 1
        found |= answers
    assert found == {str(server.server_port) for server in servers}


@needs_nginx
def test_when_a_process_is_gone_its_visitors_move(proxied: tuple[str, list[ThreadingHTTPServer]]) -> None:
    base, servers = proxied
    with httpx.Client(base_url=base) as visitor:
        visitor.get("/")
        mine = visitor.get("/").text
        gone, stays = sorted(servers, key=lambda one: str(one.server_port) != mine)
        gone.gone = True  # type: ignore[attr-defined]
        gone.socket.close()
        answers = {visitor.get("/").text for _ in range(3)}
        assert answers == {str(stays.server_port)}


@needs_nginx
def test_frames_are_passed_on_as_they_come(proxied: tuple[str, list[ThreadingHTTPServer]]) -> None:
    with httpx.stream("GET", f"{proxied[0]}/gradio_api/queue/data?session_hash=a") as answer:
        came = [time.monotonic() for chunk in answer.iter_raw() if chunk]
    assert len(came) >= 3
    assert came[2] - came[0] > PAUSE


@needs_nginx
def test_what_the_app_takes_passes(proxied: tuple[str, list[ThreadingHTTPServer]]) -> None:
    size = limits.UPLOAD_MB.most * 1_000_000
    answer = httpx.post(f"{proxied[0]}/gradio_api/upload", files={"files": b"x" * size}, timeout=60)
    assert answer.status_code == 200
    assert httpx.post(f"{proxied[0]}/gradio_api/upload", content=b"x" * (2 * size), timeout=60).status_code == 413


def test_the_limit_of_an_upload_is_a_little_more_than_the_apps() -> None:
    found = re.search(r"client_max_body_size (\d+)m;", SITE)
    assert found
    assert limits.UPLOAD_MB.most < int(found[1]) <= limits.UPLOAD_MB.most + 2
