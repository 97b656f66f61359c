"""A vision-language model as it is loaded: tower, projector and decoder, and how a picture stands in a conversation.

pictures x (b, 3, 64, 64) in [-1, 1]; features (b, 64, FEATURES); patches (b, 64, width); ids: token numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from genai_demo.core.spec import WEIGHTS
from genai_demo.core.training import halved
from genai_demo.data.scenes import Question
from genai_demo.language.model import LanguageModel
from genai_demo.text_to_image import detector
from genai_demo.text_to_image.autoencoder import as_input
from genai_demo.vlm import network, words
from genai_demo.vlm.tower import PATCHES, Tower

FOLDER = WEIGHTS / "vlm"
DETECTOR = WEIGHTS / "text_to_image" / "detector.safetensors"
Turns = Sequence[Question]


class Seer(nn.Module):
    """tower: frozen eye; projector: its features -> patches; language: the decoder, a LanguageModel.

    fused: the decoder sees by cross-attention, and no patch stands among the tokens.
    """

    def __init__(self, tower: Tower, projector: network.Projector, language: LanguageModel) -> None:
        super().__init__()
        self.tower, self.projector, self.language = tower, projector, language

    @property
    def fused(self) -> bool:
        return bool(network.crossings(self.language.network))

    @property
    def device(self) -> torch.device:
        return next(self.projector.parameters()).device

    def features(self, pictures: Any) -> Tensor:
        """(b, 64, 64, 3) uint8 -> (b, 64, FEATURES)."""
        weight = next(self.projector.parameters())
        found: Tensor = self.tower(as_input(pictures).to(weight.device, weight.dtype))
        return found

    def patches(self, pictures: Any) -> Tensor:
        """(b, 64, 64, 3) uint8 -> (b, 64, width)."""
        found: Tensor = self.projector(self.features(pictures))
        return found

    def prompt(self, turns: Turns, question: str) -> list[int]:
        """Tokens of a conversation about a picture up to where the answer begins: its place, turns, the question."""
        known, encode = words.numbers(), self._encode  # as the template has it, without asking it
        ids = [] if self.fused else [known[words.PICTURE]] * PATCHES
        for turn in turns:
            ids += [known[words.USER], *encode(turn.text), known[words.END]]
            ids += [known[words.ASSISTANT], *encode(turn.answer), known[words.END]]
        return [*ids, known[words.USER], *encode(question), known[words.END], known[words.ASSISTANT]]

    def _encode(self, text: str) -> Sequence[int]:
        return words.known_ids(text) or self.language.encode(text)

    def sight(self, patches: Tensor) -> Sight:
        """The network with a picture before it: patches (b, 64, width). It is used as any causal network is."""
        return Sight(self.language.network, patches, fused=self.fused)

    def seeing(self, patches: Tensor) -> LanguageModel:
        """The decoder as a LanguageModel that has this one picture (1, 64, width) in place of its PICTURE tokens.

        `language.decode.decode` and `language.engines.Local` take it; nothing of the model itself changes.
        """
        return Looking(self.language, self.sight(patches))


class Sight:
    """A causal network over tokens among which stand patches, or which looks at them by cross-attention.

    One is made for each picture that is asked about, and so it is no Module: that takes longer than its first lines.
    """

    def __init__(self, inner: Any, patches: Tensor, *, fused: bool) -> None:
        self.inner, self.patches, self.fused = inner, patches, fused
        self.picture = words.numbers()[words.PICTURE]

    @property
    def device(self) -> torch.device:
        return self.patches.device

    @property
    def config(self) -> Any:
        return self.inner.config

    @property
    def generation_config(self) -> Any:
        return self.inner.generation_config

    def __call__(self, input_ids: Tensor, **more: Any) -> Any:
        """input_ids (b, n), and what the network takes besides: cache, logits_to_keep, attention_mask."""
        if self.fused:
            return self.inner(input_ids=input_ids, patches=self.patches, **more)
        return self.inner(inputs_embeds=self.embedded(input_ids), **more)

    def embedded(self, ids: Tensor) -> Tensor:
        """(b, n, width): words as the network embeds them, patches in the places of PICTURE."""
        found: Tensor = self.inner.get_input_embeddings()(ids)
        places = ids == self.picture
        if bool(places.any()):
            found = found.masked_scatter(places[..., None], self.patches.expand(len(ids), -1, -1).to(found.dtype))
        return found


class Looking(LanguageModel):
    """A LanguageModel with a picture before its eyes; tokenizer and all else are those of `model`.

    It ends with its answer, and nothing that it has read is kept.
    """

    kept = False

    def __init__(self, model: LanguageModel, sight: Sight) -> None:
        self.__dict__.update(model.__dict__, network=sight)


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def eye() -> Tower:
    """The tower with the detector that is shipped; its statistics come with the weights of what stands on it."""
    return Tower(detector.build(DETECTOR))


def empty(*, fused: bool = False) -> Seer:
    """A model with random weights, but for the tower's."""
    made = network.decoder()
    language = LanguageModel(made, words.tokenizer())
    if fused:
        network.gated(made)
    return Seer(eye(), network.Projector(), language)


def build(place: Path) -> Seer:
    """The model of a weights file; its decoder lies beside it where it was left as it is, in language.safetensors."""
    with safe_open(place, "pt") as file:
        kind = file.metadata()["kind"]
    weights = load_file(place)
    if kind in ("aligned", "fusion"):
        weights = {**_language(place.with_name("language.safetensors"), fused=kind == "fusion"), **weights}
    return _filled(empty(fused=kind == "fusion"), weights)


def from_language(place: Path, *, fused: bool) -> Seer:
    """A decoder that has not seen anything, with a new projector, and new cross-attention where it shall be fused."""
    made = empty(fused=fused)
    return _filled(made, {**_own(made), **_language(place, fused=fused)})


def build_language(place: Path) -> LanguageModel:
    """The decoder alone, as it was before it saw anything."""
    return from_language(place, fused=False).language


def _filled(made: Seer, weights: dict[str, Tensor]) -> Seer:
    missing, unexpected = made.load_state_dict({k: v.float() for k, v in weights.items()}, strict=False)
    left = [name for name in missing if not name.startswith(NOT_SHIPPED)]
    assert not left, left
    assert not unexpected, unexpected
    return made.eval()


NOT_SHIPPED = ("tower.detector", "language.network.lm_head")  # the detector is text_to_image's; the head is tied
TRAINED = {
    "language": ("tower", "language"),
    "aligned": ("projector",),
    "llava": ("tower", "projector", "language"),
    "fusion": ("projector", "language"),
}


def shipped(seer: Seer, kind: str) -> dict[str, Tensor]:
    """What a stage's file holds, halved: what it trained, and the tower's statistics with a whole decoder."""
    state = _own(seer)
    if kind == "fusion":
        state = {name: value for name, value in state.items() if "crossing" in name or name.startswith("projector")}
    kept = {name: value for name, value in state.items() if name.startswith(TRAINED[kind])}
    return halved(kept, but=tuple(name for name in kept if name.startswith("tower")))


def _own(seer: Seer) -> dict[str, Tensor]:
    return {name: value for name, value in seer.state_dict().items() if not name.startswith(NOT_SHIPPED)}


def _language(place: Path, *, fused: bool) -> dict[str, Tensor]:
    """Weights of the decoder and the tower's statistics, under the names that they have in a Seer."""
    return {(_inside(name) if fused else name): value for name, value in load_file(place).items()}


def _inside(name: str) -> str:
    """The name of a weight of a layer once the layer stands behind a Crossing."""
    before, layers, after = name.partition(".layers.")
    number, _, rest = after.partition(".")
    return f"{before}{layers}{number}.layer.{rest}" if layers else name


def example(model: Seer | LanguageModel, batch: int = 1) -> Tensor:
    """One question about grey pictures, or to the decoder alone: logits (batch, n, vocabulary)."""
    if isinstance(model, LanguageModel):
        ids = model.chat([_message("user", "What is in the picture?")])
        logits: Tensor = model(torch.tensor([ids] * batch, device=model.network.device))
        return logits
    pictures = torch.full((batch, 64, 64, 3), 165, dtype=torch.uint8).numpy()
    ids = model.prompt((), "What is in the picture?")
    found: Tensor = model.sight(model.patches(pictures))(torch.tensor([ids] * batch, device=model.device)).logits
    return found
