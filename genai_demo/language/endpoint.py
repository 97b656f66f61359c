"""A server that speaks the OpenAI protocol (vLLM, llama.cpp, TGI, ...), for those who outgrow one machine.

GENAI_DEMO_ENDPOINT is its address, as in http://gpu:8000/v1; GENAI_DEMO_ENDPOINT_MODEL the model's name there (the
first it lists, where this is not set); GENAI_DEMO_ENDPOINT_KEY a key, where it wants one.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from genai_demo.core.errors import DemoError, shown
from genai_demo.language.conversation import CONTEXT, Message
from genai_demo.language.engines import Choice, Piece, Prompt
from genai_demo.language.options import Sampling
from genai_demo.language.text import clean

ADDRESS, MODEL, KEY = "GENAI_DEMO_ENDPOINT", "GENAI_DEMO_ENDPOINT_MODEL", "GENAI_DEMO_ENDPOINT_KEY"
LETTERS_A_TOKEN = 3  # for guessing how long a prompt is: the server alone could count
PATIENCE_S = 60.0


class Endpoint(nn.Module):
    """An Engine. context: what this program asks for at most; the length of a prompt is a guess."""

    runs_on = (torch.device("cpu"), "elsewhere")

    def __init__(self, address: str) -> None:
        super().__init__()
        import openai

        self.address, self.context = address, CONTEXT
        self.client = openai.OpenAI(base_url=address, api_key=os.environ.get(KEY) or "none", timeout=PATIENCE_S)
        self.errors = openai.OpenAIError
        with self._kindly():
            self.name = os.environ.get(MODEL) or self.client.models.list().data[0].id

    def to(self, *args: Any, **kwargs: Any) -> Endpoint:
        """Itself: nothing of it is here."""
        return self

    def ask(self, messages: Sequence[Message]) -> Prompt:
        safe = tuple({"role": m["role"], "content": clean(m["content"])} for m in messages)
        return Prompt(sum(len(m["content"]) for m in safe) // LETTERS_A_TOKEN, messages=safe)

    def begin(self, text: str) -> Prompt:
        return Prompt(len(text) // LETTERS_A_TOKEN, text=clean(text))

    def stream(self, prompt: Prompt, sampling: Sampling, *, seed: int, limit: int, top: int) -> Iterator[Piece]:
        """Raises DemoError where the server does not answer or refuses."""
        common: Any = {
            "model": self.name,
            "stream": True,
            "seed": seed,
            "max_tokens": limit,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "extra_body": {
                "top_k": sampling.top_k or -1,
                "min_p": sampling.min_p,
                "repetition_penalty": sampling.repetition_penalty,  # as vLLM calls it
                "repeat_penalty": sampling.repetition_penalty,
            },  # and llama.cpp
        }
        with self._kindly():
            if prompt.messages:
                common["messages"] = list(prompt.messages)
                chunks = self.client.chat.completions.create(logprobs=True, top_logprobs=top, **common)
                yield from self._pieces(chunks, prompt.tokens, lambda choice: choice.delta.content)
            else:
                chunks = self.client.completions.create(prompt=prompt.text, logprobs=top, **common)
                yield from self._pieces(chunks, prompt.tokens, lambda choice: choice.text)

    def _pieces(self, chunks: Any, held: int, text_of: Any) -> Iterator[Piece]:
        with contextlib.closing(chunks):
            for chunk in chunks:
                for choice in chunk.choices:
                    if text := text_of(choice):
                        taken, rivals = _chances(choice, text)
                        yield Piece(taken, text, rivals, held)
                        held += 1

    @contextlib.contextmanager
    def _kindly(self) -> Iterator[None]:
        try:
            yield
        except IndexError:
            raise DemoError(f"the server at {self.address} lists no model; set {MODEL}, see {ADDRESS}") from None
        except self.errors as error:
            raise DemoError(f"the server at {self.address} did not answer ({shown(error)}); see {ADDRESS}") from error
        except Exception as error:  # it answered something else
            kind = type(error).__name__
            raise DemoError(
                f"the server at {self.address} does not speak as OpenAI's ({kind}); see {ADDRESS}"
            ) from error


def _chances(choice: Any, text: str) -> tuple[Choice, tuple[Choice, ...]]:
    """What was taken and its rivals, where the server says; else a probability of 1, which is no claim.

    Of a chat, and of llama.cpp always, it comes as a list of tokens with their rivals; else as OpenAI's older columns.
    """
    said = choice.logprobs.model_dump() if getattr(choice, "logprobs", None) else {}
    if said.get("content"):
        own, rivals = said["content"][-1]["logprob"], said["content"][-1]["top_logprobs"]
        top = [(one["token"], one["logprob"]) for one in rivals]
    elif said.get("token_logprobs"):
        own, top = said["token_logprobs"][-1], list(((said.get("top_logprobs") or [{}])[-1] or {}).items())
    else:
        return Choice(None, text, 1.0), ()
    ranked = sorted(top, key=lambda one: -one[1])
    return Choice(None, text, math.exp(own)), tuple(Choice(None, token, math.exp(value)) for token, value in ranked)


def build(address: str) -> Endpoint:
    """The engine of the server at `address`."""
    return Endpoint(address)
