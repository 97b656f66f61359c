"""llama.cpp in this process (xllamacpp): a quantised model that answers several visitors at once in one batch.

Plain chat only: tokens and their likeliest rivals, no insides. Its keys and values are kept in half precision.
"""

from __future__ import annotations

import importlib
import itertools
import json
import math
import queue
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import torch
from torch import nn

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.home import whole
from genai_demo.language.conversation import CONTEXT, Message
from genai_demo.language.engines import Choice, Piece, Prompt
from genai_demo.language.options import Sampling
from genai_demo.language.text import CUT, ENDS, Pieces, clean, visible

SLOTS = 8  # conversations that are computed in one batch; more wait
KEPT_MB = 256  # of keys and values of conversations that have no slot at the moment
MOST_THREADS = 4
CACHE_BYTES = 2  # of a number in the cache
ORDER = ["penalties", "temperature", "top_k", "top_p", "min_p"]  # the samplers, as in Transformers
STOPPED_S = 1.0  # how long to wait for a stopped answer to end; one that waits for a slot ends later, by itself
BETWEEN = 2**31 - 1  # no token; the server passes on what is a number already


class LlamaCpp(nn.Module):
    """An Engine. Torch knows its weights by their number alone."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        library = importlib.import_module("xllamacpp")
        self.server = library.Server(_settings(library, path))
        self.http = httpx.Client(base_url=self.server.listening_address, timeout=60, trust_env=False)
        about = self.http.get("/v1/models").json()["data"][0]["meta"]
        self.context = int(about["n_ctx"])
        self.runs_on = (torch.device("cpu"), str(about["ftype"]))
        count = torch.empty(int(about["n_params"]), dtype=torch.int8, device="meta")
        self.weights = nn.Parameter(count, requires_grad=False)
        ends = [str(self.http.get("/props").json()["eos_token"]), *ENDS]
        self.ends = {ids[0]: name for name, ids in zip(ends, self._ids(ends, control=True)) if len(ids) == 1}
        facts = header(path)
        kind = facts["general.architecture"]
        heads, width = facts[f"{kind}.attention.head_count_kv"], facts[f"{kind}.embedding_length"]
        each = width // facts[f"{kind}.attention.head_count"]
        self.bytes_a_token = 2 * facts[f"{kind}.block_count"] * heads * each * CACHE_BYTES

    def to(self, *args: Any, **kwargs: Any) -> LlamaCpp:
        """Itself: nothing of it can be moved or cast."""
        return self

    def ask(self, messages: Sequence[Message]) -> Prompt:
        marked = [{"role": m["role"], "content": f"{CUT}{clean(m['content'])}{CUT}"} for m in messages]
        parts = str(self.http.post("/apply-template", json={"messages": marked}).json()["prompt"]).split(CUT)
        template, said = self._ids(parts[::2], control=True), self._ids(parts[1::2], control=False)
        ids = tuple(itertools.chain(*(each for pair in zip(template, [*said, []], strict=True) for each in pair)))
        return Prompt(len(ids), ids)

    def begin(self, text: str) -> Prompt:
        ids = self._ids([clean(text)], control=False)[0]
        return Prompt(len(ids), tuple(ids))

    def _ids(self, texts: Sequence[str], *, control: bool) -> list[list[int]]:
        """Token numbers of each; control: whether <|im_end|> and its like are control tokens in them, or characters."""
        between = [part for text in texts for part in (text, BETWEEN)]
        wanted = {"content": between, "add_special": False, "parse_special": control}
        found: list[list[int]] = [[]]
        for number in self.http.post("/tokenize", json=wanted).json()["tokens"]:
            if number == BETWEEN:
                found.append([])
            else:
                found[-1].append(number)
        return found[:-1]

    def stream(self, prompt: Prompt, sampling: Sampling, *, seed: int, limit: int, top: int) -> Iterator[Piece]:
        """Raises DemoError where llama.cpp refuses."""
        wanted = {
            "prompt": list(prompt.ids),
            "n_predict": limit,
            "stream": True,
            "seed": seed,
            "n_probs": max(1, top),
            "temperature": sampling.temperature,
            "top_k": sampling.top_k,
            "top_p": sampling.top_p,
            "min_p": sampling.min_p,
            "repeat_penalty": sampling.repetition_penalty,
            "repeat_last_n": self.context,
            "samplers": ORDER,
            "cache_prompt": not prompt.anew,
            "timings_per_token": True,
        }
        answers, stopped = queue.SimpleQueue[Any](), threading.Event()

        def take(answer: Any) -> bool:
            answers.put(answer)
            return stopped.is_set()

        def compute() -> None:
            try:
                self.server.handle_completions(wanted, take)
                answers.put(None)
            except Exception as error:  # it is said in the thread that reads
                answers.put(error)

        worker = threading.Thread(target=compute, name="llama.cpp", daemon=True)
        worker.start()
        try:
            yield from self._pieces(answers, prompt.tokens, top)
        finally:
            stopped.set()
            worker.join(STOPPED_S)

    def _pieces(self, answers: queue.SimpleQueue[Any], held: int, top: int) -> Iterator[Piece]:
        pieces, known = Pieces(), 0
        while (answer := answers.get()) is not None:
            if isinstance(answer, Exception):
                raise answer
            if "error" in answer:
                raise DemoError(f"the model could not answer: {shown(answer['error'].get('message', ''))}")
            said = answer["choices"][0].get("logprobs") or {}
            for token in said.get("content", ()):
                times = answer["timings"]
                now, reused = held + times["predicted_n"] - 1, times["cache_n"]
                text = pieces.add(bytes(token["bytes"]))
                rivals = tuple(self._choice(one) for one in token["top_logprobs"][:top])
                last = token["id"] in self.ends
                yield Piece(
                    self._choice(token),
                    text,
                    rivals,
                    now,
                    now * self.bytes_a_token,
                    reused,
                    last,
                    times["predicted_n"] - known,
                )
                known = times["predicted_n"]

    def _choice(self, token: Any) -> Choice:
        name = visible(bytes(token["bytes"])) or self.ends.get(token["id"], "<control>")
        return Choice(token["id"], name, round(math.exp(token["logprob"]), 5))


def _settings(library: Any, path: Path) -> Any:
    settings = library.CommonParams()
    settings.model.path = str(path)
    settings.n_ctx, settings.n_parallel, settings.cache_ram_mib = CONTEXT * SLOTS, SLOTS, KEPT_MB
    settings.verbosity, settings.ui, settings.offline = -1, False, True
    settings.cpuparams.n_threads = 1  # for one visitor more are no faster, and as they spin they slow down all else
    settings.cpuparams_batch.n_threads = max(1, min(MOST_THREADS, torch.get_num_threads()))
    return settings


def header(path: Path) -> dict[str, Any]:
    """What a GGUF file says of its model, without its vocabulary; read once, then kept beside it as JSON."""
    kept = path.with_suffix(".json")
    if not kept.exists():
        from gguf import GGUFReader

        fields = GGUFReader(path).fields
        facts = {name: field.contents() for name, field in fields.items() if not name.startswith("tokenizer.")}
        with whole(kept) as partial:
            partial.write_text(json.dumps(facts))
    found: dict[str, Any] = json.loads(kept.read_text())
    return found


def build(path: Path) -> LlamaCpp:
    """The engine of a GGUF file."""
    return LlamaCpp(path)
