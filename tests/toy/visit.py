"""Serves the copy of the program, looks at it as a visitor and as a program would, and prints what was seen as JSON."""

from __future__ import annotations

import json
import socket
import sys
import urllib.request

from gradio_client import Client

import app

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
torch_before = "torch" in sys.modules
app.demo.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, **app.launch_options())
base = f"http://127.0.0.1:{port}"


def read(path: str) -> str:
    with urllib.request.urlopen(base + path, timeout=60) as answer:
        return str(answer.read().decode())


config = json.loads(read("/config"))
components = json.dumps(config["components"])
front = read("/")
client = Client(base, verbose=False)
film = client.submit(0, 4, api_name="/toy_spin")
film.result(timeout=60)
frames = film.outputs()[-1][0]["frames"]
from pages.parts.film.recorded import recorded  # noqa: E402  after the app is built, as the page does it

print(
    json.dumps(
        {
            "routes": [page[0] for page in config["pages"]],
            "on_the_front_page": [
                part in front for part in ('href="./toy?run=toy/spin', ">Toy</a></h3>", 'class="reel none"')
            ],
            "found": [one["kind"] for one in json.loads(read("/search.json")) if one["href"].startswith("./toy")],
            "header": 'href=\\"./toy\\"' in components,
            "recorded": len(json.loads(read(recorded("toy/spin")["from"].removeprefix(".")))["frames"]),
            "live": len(frames),
            "torch_before_the_run": torch_before,
        }
    )
)
app.demo.close()
