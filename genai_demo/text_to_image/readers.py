"""Which text encoder tells the U-Net what belongs to what: one trained along, or the small CLIP's, left as it is.

`python -m genai_demo.text_to_image.readers` asks both the same: a question about a caption ("which colour is the cat?",
"on which side of the other thing is it?") attends to the features of its words, as the U-Net's layers do, and a linear
layer answers. Texts alone, no pictures: some minutes each.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.data.world import COLOURS, OPPOSITE, random_scene
from genai_demo.data.world_kinds import KINDS
from genai_demo.data.world_splits import new_in
from genai_demo.data.world_words import described, parse
from genai_demo.text_to_image import denoiser

WIDTH = denoiser.WIDTH
STEPS, BATCH, RATE = 600, 48, 1e-3
ASKED = 600  # captions of the test
Features = Callable[[list[str]], Tensor]  # captions -> (b, words, width)


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """About captions of two things: texts; kind (b,) asked for; its colour (b,); how it lies to the other (b,)."""

    texts: list[str]
    kind: Tensor
    colour: Tensor
    side: Tensor


def questions(count: int, rng: np.random.Generator, held_out: bool) -> Questions:
    """Of captions that tell how two things of two kinds lie; held_out: a colour or a way no training has."""
    texts: list[str] = []
    rows: list[tuple[int, int, int]] = []
    ways = list(OPPOSITE)
    while len(texts) < count:
        scene = random_scene(rng, 2)
        text = described(scene, rng)
        wanted = parse(text)
        if bool(new_in(scene)) != held_out or wanted is None or not wanted.relations:
            continue
        which = int(rng.integers(2))
        first, way, _ = wanted.relations[0]
        asked, other = wanted.things[which], wanted.things[1 - which]
        if asked.kind != other.kind:
            side = way if first == which else OPPOSITE[way]
            texts.append(text)
            rows.append((list(KINDS).index(asked.kind), list(COLOURS).index(asked.colour), ways.index(side)))
    return Questions(texts, *torch.tensor(rows).T)


class Reader(nn.Module):
    """A query of the kind asked for attends to the words; its colour and side are read from what it finds."""

    def __init__(self, wide: int) -> None:
        super().__init__()
        self.query = nn.Embedding(len(KINDS), WIDTH)
        self.taken = nn.Linear(wide, WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, denoiser.UNET["attention_head_dim"], batch_first=True)
        self.colour, self.side = nn.Linear(WIDTH, len(COLOURS)), nn.Linear(WIDTH, len(OPPOSITE))

    def forward(self, features: Tensor, kind: Tensor) -> tuple[Tensor, Tensor]:
        h = self.taken(features)
        found, _ = self.attention(self.query(kind)[:, None], h, h, need_weights=False)
        return self.colour(found[:, 0]), self.side(found[:, 0])


def own() -> tuple[Features, list[nn.Parameter], int]:
    """The denoiser's text encoder with random weights, trained along; its width."""
    net = denoiser.empty().text_encoder
    return lambda texts: net(denoiser.ids_of(texts)).last_hidden_state, list(net.parameters()), WIDTH


def frozen_clip() -> tuple[Features, list[nn.Parameter], int]:
    """The small CLIP's features of every word, after its last norm; nothing of it is trained."""
    from genai_demo.core.load import load

    clip = load("clip/atlas")
    net = clip.net
    taken: dict[str, Tensor] = {}
    net.ln_final.register_forward_hook(lambda _module, _inputs, out: taken.update(last=out))

    @torch.no_grad()
    def features(texts: list[str]) -> Tensor:
        tokens = clip.tokenizer(texts)
        net.encode_text(tokens)
        found: Tensor = taken["last"].clone()
        return found

    return features, [], net.ln_final.normalized_shape[0]


def measured(
    encoder: Callable[[], tuple[Features, list[nn.Parameter], int]], seed: int = 0
) -> Iterator[dict[str, float]]:
    """Trains the reader, and the encoder where it is trained; every tenth of the way the shares that it gets right."""
    torch.manual_seed(seed)
    features, trained, wide = encoder()
    reader = Reader(wide)
    optimiser = torch.optim.AdamW([*reader.parameters(), *trained], RATE, weight_decay=0.01)
    test = questions(ASKED, np.random.default_rng((seed, 1)), held_out=True)
    for step in range(1, STEPS + 1):
        batch = questions(BATCH, np.random.default_rng((seed, 2, step)), held_out=False)
        colour, side = reader(features(batch.texts), batch.kind)
        loss = F.cross_entropy(colour, batch.colour) + F.cross_entropy(side, batch.side)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if step % (STEPS // 10) == 0:
            yield {"step": step, "loss": round(float(loss.detach()), 3), **_shares(reader, features, test)}


@torch.no_grad()
def _shares(reader: Reader, features: Features, test: Questions) -> dict[str, float]:
    right = []
    for first in range(0, len(test.texts), 200):
        part = slice(first, first + 200)
        colour, side = reader(features(test.texts[part]), test.kind[part])
        right.append(torch.stack([colour.argmax(1) == test.colour[part], side.argmax(1) == test.side[part]], 1))
    colour_share, side_share = torch.cat(right).float().mean(0).tolist()
    return {"colour": round(colour_share, 4), "side": round(side_share, 4)}


ENCODERS = {"own": own, "clip": frozen_clip}

if __name__ == "__main__":
    for name in sys.argv[1:] or ENCODERS:
        for found in measured(ENCODERS[name]):
            print(json.dumps({"encoder": name, **found}), flush=True)
