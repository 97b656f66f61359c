"""A decoder language model: a causal model of Transformers with its tokenizer, as a chat page needs them.

Vaswani et al. 2017, "Attention Is All You Need" (the decoder, without cross-attention); Touvron et al. 2023, "LLaMA".
ids: token numbers; logits (batch, tokens, vocabulary).
"""

from __future__ import annotations

import functools
import inspect
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.home import making
from genai_demo.core.weights import file_sum
from genai_demo.language.conversation import CONTEXT, Message
from genai_demo.language.text import CUT, ENDS, byte_of, clean, guarded, refuse_empty

SUMS = "checksums.json"  # in the folder of a converted model


class LanguageModel(nn.Module):
    """`network`: an AutoModelForCausalLM with a key-value cache; `tokenizer`: its own. Nothing changes it: it serves
    every visitor. Raises DemoError where the network has no such cache, unless a subclass is not `cached`.

    kept: whether what it has read is kept for a later turn (language/prefixes.py).
    """

    cached = True
    kept = True

    def __init__(self, network: Any, tokenizer: Any) -> None:
        super().__init__()
        if self.cached:
            refuse_without_cache(network)
        self.network, self.tokenizer = network, tokenizer
        config = network.config
        self.context = min(CONTEXT, getattr(config, "max_position_embeddings", CONTEXT))
        ends = getattr(network.generation_config, "eos_token_id", None) or config.eos_token_id
        added = tokenizer.get_added_vocab()
        named = {added[name] for name in ENDS if name in added} | {tokenizer.eos_token_id}
        self.stops = frozenset(ends if isinstance(ends, (list, tuple)) else [ends]) | named
        self.specials, self.control = tuple(added), frozenset(added.values())
        self._pieces = functools.lru_cache(maxsize=100_000)(functools.partial(_piece, tokenizer))  # goes with the model
        self._marks = functools.lru_cache(100)(functools.partial(_numbers, tokenizer))  # what stands between messages
        self.opening = self._opening()

    def forward(self, ids: Tensor) -> Tensor:
        """ids (batch, n) -> logits (batch, n, vocabulary)."""
        logits: Tensor = self.network(ids).logits
        return logits

    def encode(self, text: str) -> list[int]:
        """Token numbers of plain text; what looks like a control token is read as characters."""
        return self._encode(guarded(clean(text), self.specials))

    def chat(self, messages: Sequence[Message]) -> list[int]:
        """Token numbers of a conversation in the model's own template, up to where its answer begins."""
        safe = [
            {"role": m["role"], "content": f"{CUT}{guarded(clean(m['content']), self.specials)}{CUT}"} for m in messages
        ]
        if not self.tokenizer.chat_template:
            return self._encode("".join(f"{m['role']}: {m['content']}\n" for m in safe) + "assistant:")
        text = self.tokenizer.apply_chat_template(safe, add_generation_prompt=True, tokenize=False)
        return self._encode(text)

    def _opening(self) -> tuple[int, ...]:
        """Token numbers of what stands in a conversation before each answer; none where the model has no template."""
        if not self.tokenizer.chat_template:
            return ()
        asked, told = [{"role": "user", "content": "?"}], {"tokenize": False}
        whole, before = (
            self.tokenizer.apply_chat_template(asked, add_generation_prompt=add, **told) for add in (True, False)
        )
        return tuple(self._encode(whole.removeprefix(before))) if whole != before else ()

    def _encode(self, text: str) -> list[int]:
        """Part by part. Only what a template says can begin with a control token: that comes again and is kept."""
        found = list[int]()
        for part in text.split(CUT):
            found += self._marks(part) if part.startswith(self.specials) else _numbers(self.tokenizer, part)
        return found

    def piece(self, number: int) -> bytes:
        """The bytes a token stands for; a control token's name."""
        return self._pieces(number)


def _numbers(tokenizer: Any, part: str) -> tuple[int, ...]:
    return tuple(tokenizer.encode(part, add_special_tokens=False)) if part else ()


def ids_of(model: LanguageModel, text: str, *, chat: bool, most: int, room: int = 0) -> list[int]:
    """The text's tokens, as a message to be answered or as it stands; `room`: tokens that will be added.

    Raises DemoError where there are none, or more than `most` or than the model's context holds.
    """
    refuse_empty(text)
    ids = model.chat([{"role": "user", "content": text}]) if chat else model.encode(text)
    most = min(most, model.context - room)
    if len(ids) > most:
        raise DemoError(f"text makes {len(ids)} tokens; the limit here is {most}, shorten it")
    return ids


def refuse_without_cache(network: Any) -> None:
    """Raises DemoError where a layer keeps anything but a key and a value of each token it has read.

    A state space or a recurrent network keeps a state that cannot be cut at an earlier token, as decode.read does.
    """
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer, LinearAttentionCacheLayerMixin

    plain = "cache" in inspect.signature(network.forward).parameters and not getattr(network, "_is_stateful", False)
    layers = DynamicCache(config=network.config).layers if plain else []
    kept = all(isinstance(one, DynamicLayer) and not isinstance(one, LinearAttentionCacheLayerMixin) for one in layers)
    if not plain or not kept:
        raise DemoError(
            f"the model is {shown(type(network).__name__)}, which keeps no key and value of each token; choose one "
            "that does, such as LlamaForCausalLM or Qwen2ForCausalLM"
        )


def _piece(tokenizer: Any, number: int) -> bytes:
    token = str(tokenizer.convert_ids_to_tokens(number))
    letters = byte_of()
    if token in tokenizer.get_added_vocab():
        return token.encode()
    if all(letter in letters for letter in token):
        return bytes(letters[letter] for letter in token)
    if len(token) == 6 and token.startswith("<0x"):
        return bytes([int(token[3:5], 16)])
    return token.replace("\u2581", " ").encode()


def build(place: Path | str) -> LanguageModel:
    """The model of a GGUF file (converted once, beside it), of a folder, or of the hub.

    Raises DemoError where the file is no model.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = converted(place) if isinstance(place, Path) else place
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return LanguageModel(AutoModelForCausalLM.from_pretrained(folder, dtype="auto"), tokenizer)


def converted(gguf: Path) -> Path:
    """The folder beside a GGUF file that holds it as bf16 safetensors; made on first use, and again once damaged.

    Raises DemoError where it can't be made.
    """
    folder = gguf.parent / f"{gguf.stem}.bf16"
    if not _as_written(folder):
        with making(folder.name) as scratch:
            if not _as_written(folder):  # else somebody else was quicker
                _convert(gguf, scratch / folder.name)
                shutil.rmtree(folder, ignore_errors=True)
                shutil.move(scratch / folder.name, folder)
    return folder


def _convert(gguf: Path, folder: Path) -> None:
    """Writes model, tokenizer and a checksum of each file into a new folder."""
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    where: dict[str, Any] = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    plain = GgufConfig(dequantize=True)
    try:
        network = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.bfloat16, quantization_config=plain)
        network.save_pretrained(folder)
        _as_trained(AutoTokenizer.from_pretrained(**where), gguf).save_pretrained(folder)
        written = {path.name: file_sum(path) for path in sorted(folder.iterdir())}
        (folder / SUMS).write_text(json.dumps(written, indent=1))
    except OSError as error:
        raise DemoError(
            f"{gguf.name} could not be converted ({error}); free some disk, or set GENAI_DEMO_HOME"
        ) from None


def _as_written(folder: Path) -> bool:
    """Whether every file is there and has the checksum that it had when it was converted."""
    try:
        written: dict[str, int] = json.loads((folder / SUMS).read_text())
        return all(file_sum(folder / name) == known for name, known in written.items())
    except (OSError, ValueError):
        return False


def _as_trained(tokenizer: Any, gguf: Path) -> Any:
    """The tokenizer of a GGUF file with what Transformers leaves out of it: SmolLM's splits numbers into digits."""
    from gguf import GGUFReader
    from tokenizers import pre_tokenizers

    before = GGUFReader(gguf).fields.get("tokenizer.ggml.pre")
    if before is not None and before.contents() == "smollm":
        parts = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(parts)
    return tokenizer


def example(model: LanguageModel, batch: int) -> Tensor:
    """One pass over `batch` short texts: logits (batch, n, vocabulary)."""
    ids = model.encode("The cat sat on the mat.")
    logits: Tensor = model(torch.tensor([ids] * batch, device=model.network.device))
    return logits
