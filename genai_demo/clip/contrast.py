"""Contrastive training, live: a small picture tower learns to point where its caption points.

Radford et al. 2021, figure 3, on scenes of the picture world. Each step draws a batch of n pairs; every picture is
compared with every caption; the loss is the cross-entropy of finding the own one, both ways, the others its contrast.
Zhai et al. 2022 (LiT) lock a picture tower that was trained before; Zhai et al. 2023 (SigLIP) judge each pair alone.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.clip import features
from genai_demo.clip.model import Clip, contrastive_loss, normalised
from genai_demo.clip.options import ContrastOptions
from genai_demo.clip.pictures import scene
from genai_demo.core.device import generator, seeded
from genai_demo.core.frames import curve, matrix, number, pictures, prose
from genai_demo.data import world

SIDE, WIDTH, WORDS = 32, 128, 64  # pixels; numbers of a vector in the common space, of a word's
POOL = 2048  # scenes that are trained on, drawn when they are first met
HELD = 10**14  # scenes from here on are shown and never trained on
WARM = 10  # steps over which the rate rises
BIAS = -10.0  # of the sigmoid at the start: nothing is a pair (Zhai et al. 2023)


@dataclass(frozen=True, slots=True, eq=False)
class ContrastStep:
    """After `index` steps. cosines, by_picture (n, n) of pairs that are never trained on; drawn (n, SIDE, SIDE, 3)."""

    index: int
    total: int
    names: tuple[str, ...]
    texts: tuple[str, ...]
    cosines: np.ndarray = matrix(
        "cosines of pairs never trained on", rows="names", columns="texts", signed=True, icons="their pictures"
    )
    by_picture: np.ndarray | None = matrix("softmax by rows", rows="names", columns="texts", icons="their pictures")
    each: np.ndarray | None = matrix("is it a pair: sigmoid", rows="names", columns="texts", icons="their pictures")
    said: str = prose("what is shown")
    drawn: np.ndarray = pictures("their pictures", columns=8)
    loss: float | None = curve("loss of the batch", unit="nats", chart="loss")
    loss_shown: float = curve("loss of the pairs shown", unit="nats", chart="loss")
    right: float | None = curve("R@1 in the batch", unit="%", digits=0, chart="R@1")
    right_shown: float = curve("R@1 among the pairs shown", unit="%", digits=0, chart="R@1")
    temperature: float = number("temperature, learnt", digits=4)
    bias: float | None = number("bias, learnt", digits=2)
    speed: float | None = number("speed", unit="steps/s", digits=1, measured=True)


class Eye(nn.Module):
    """The picture tower: three convolutions that halve the side, largest and mean of each channel, a linear map.

    (n, 3, 32, 32) -> (n, WIDTH).
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        sizes = (3, width, 2 * width, 4 * width)
        self.layers = nn.Sequential(
            *(
                layer
                for a, b in itertools.pairwise(sizes)
                for layer in (nn.Conv2d(a, b, 3, 2, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU())
            )
        )
        self.out = nn.Linear(2 * sizes[-1], WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        h = self.layers(x)  # (n, 4 width, 4, 4)
        return self.out(torch.cat([h.amax((2, 3)), h.mean((2, 3))], 1))  # type: ignore[no-any-return]


class Bag(nn.Module):
    """A text tower from nothing: the mean of its words' vectors, then one linear map. Order plays no part."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(words, WORDS, mode="mean", padding_idx=0)
        self.out = nn.Linear(WORDS, WIDTH)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.out(self.table(tokens))  # type: ignore[no-any-return]


class Pairs:
    """Scenes and captions by number, drawn and read when first met, as the two towers want them.

    frozen: texts as the model's text tower reads them; locked: pictures as its picture tower sees them.
    """

    def __init__(self, model: Clip, *, frozen: bool, locked: bool) -> None:
        self.model, self.frozen, self.locked = model, frozen, locked
        self._met: dict[int, tuple[Tensor, Tensor]] = {}

    def __call__(self, numbers: Sequence[int]) -> tuple[Tensor, Tensor]:
        new = [n for n in dict.fromkeys(numbers) if n not in self._met]
        if new:
            texts = [scene(n)[1] for n in new]
            self._met |= {n: pair for n, *pair in zip(new, self._see(new), self._read(texts), strict=True)}  # type: ignore[misc]
        seen_, read = zip(*(self._met[n] for n in numbers), strict=True)
        return torch.stack(seen_), torch.stack(read)

    def _see(self, numbers: Sequence[int]) -> Tensor:
        if self.locked:
            side = features.side(self.model)
            drawn = [world.draw(scene(n)[0], side) for n in numbers]
            return torch.from_numpy(features.grouped(self.model.embed_pictures, drawn))
        small = torch.from_numpy(np.stack([world.draw(scene(n)[0], SIDE) for n in numbers]))
        return normalised(small.permute(0, 3, 1, 2).float() / 255)

    def _read(self, texts: Sequence[str]) -> Tensor:
        if self.frozen:
            return torch.from_numpy(features.grouped(self.model.embed_texts, texts))
        return self.model.tokenizer(list(texts))


class Trial:
    """Both towers, the temperature and the optimiser of one training."""

    def __init__(self, model: Clip, options: ContrastOptions, seed: int) -> None:
        frozen, locked = options.texts == "frozen tower", options.eyes == "locked tower"
        self.options, self.pairs = options, Pairs(model, frozen=frozen, locked=locked)
        width = int(model.net.text_projection.shape[-1])
        with seeded(seed):
            self.eye: nn.Module = nn.Linear(width, WIDTH) if locked else Eye()
            self.reader: nn.Module = nn.Linear(width, WIDTH) if frozen else Bag(int(model.net.vocab_size))
            self.scale = nn.Parameter(torch.tensor(-math.log(options.temperature)))
            self.bias = nn.Parameter(torch.tensor(BIAS), requires_grad=options.loss == "sigmoid")
        self.learnt = [*self.eye.parameters(), *self.reader.parameters(), self.scale, self.bias]
        self.optimiser = torch.optim.AdamW(self.learnt, options.learning_rate, betas=(0.9, 0.98), weight_decay=0.05)

    def embed(self, numbers: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Unit vectors of pictures and captions, (n, WIDTH) each."""
        seen, read = self.pairs(numbers)
        return F.normalize(self.eye(seen), dim=1), F.normalize(self.reader(read), dim=1)

    def step(self, i: int, numbers: Sequence[int]) -> tuple[float, float]:
        """One step on a batch. -> its loss, share of pictures whose own caption was the nearest."""
        self.eye.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.options.learning_rate * rate(i, self.options.steps)
        seen, read = self.embed(numbers)
        loss = self.loss(seen, read)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        with torch.no_grad():
            self.scale.clamp_(0, math.log(100))
        return float(loss.detach()), recall((seen @ read.T).detach())

    @torch.no_grad()
    def compared(self, numbers: Sequence[int]) -> tuple[np.ndarray, float]:
        """Cosines (n, n) of pairs, and their loss."""
        self.eye.eval()
        seen, read = self.embed(numbers)
        cosines: np.ndarray = (seen @ read.T).numpy()
        return cosines, float(self.loss(seen, read))

    def loss(self, seen: Tensor, read: Tensor) -> Tensor:
        """That of the options, of unit vectors (n, WIDTH) each, a pair a row."""
        if self.options.loss == "sigmoid":
            return sigmoid_loss(seen, read, self.scale.exp(), self.bias)
        return contrastive_loss(seen, read, self.scale.exp())


def sigmoid_loss(pictures: Tensor, texts: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Whether each of the n x n is a pair, on its own; their sum, over n (Zhai et al. 2023, algorithm 1)."""
    own = 2 * torch.eye(len(pictures)) - 1
    return -F.logsigmoid(own * (scale * pictures @ texts.T + bias)).sum() / len(pictures)


def rate(step: int, steps: int) -> float:
    """Of the learning rate: a straight line up, then a cosine down to 0."""
    if step < WARM:
        return (step + 1) / WARM
    return (1 + math.cos(math.pi * (step - WARM) / max(1, steps - WARM))) / 2


def recall(cosines: Tensor) -> float:
    """Share of rows whose largest is on the diagonal, in %."""
    return 100 * float(cosines.argmax(1).eq(torch.arange(len(cosines))).float().mean())


def contrast(model: Clip, options: ContrastOptions, *, seed: int) -> Iterator[ContrastStep]:
    """A training from random weights, a frame a step; the seed draws weights, scenes and batches."""
    trial = Trial(model, options, seed)
    random = generator(seed)
    shown = [HELD + options.shown * seed + i for i in range(options.shown)]
    texts, names = tuple(scene(n)[1] for n in shown), tuple(f"picture {i + 1}" for i in range(options.shown))
    drawn = np.stack([world.draw(scene(n)[0], SIDE) for n in shown])
    loss = right = speed = None
    for i in range(options.steps + 1):
        start = time.perf_counter()
        if i:
            batch = torch.randperm(POOL, generator=random)[: options.batch_size]
            loss, right = trial.step(i - 1, (POOL * seed + batch).tolist())
        cosines, held = trial.compared(shown)
        speed = 1 / max(1e-9, time.perf_counter() - start) if i else None
        t, bias = math.exp(-float(trial.scale.detach())), float(trial.bias.detach())
        alone = options.loss == "sigmoid"
        yield ContrastStep(
            i,
            options.steps + 1,
            names,
            texts,
            cosines,
            None if alone else softmax(cosines / t),
            sigmoid(cosines / t + bias) if alone else None,
            words(i, options),
            drawn,
            loss,
            held,
            right,
            recall(torch.from_numpy(cosines)),
            t,
            bias if alone else None,
            speed,
        )


def softmax(x: np.ndarray) -> np.ndarray:
    """By rows."""
    return np.asarray(F.softmax(torch.from_numpy(x), 1).numpy())


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Of each alone."""
    return np.asarray(torch.from_numpy(x).sigmoid().numpy())


def words(i: int, options: ContrastOptions) -> str:
    """What a frame shows."""
    if options.loss == "sigmoid":
        judged = i * options.batch_size**2
        return f"{judged:,} times it was said whether a picture and a caption are a pair, each time without the others."
    if i == 0:
        return f"Nothing is learnt yet: guessing among {options.shown} costs {math.log(options.shown):.2f} nats."
    return f"{i * options.batch_size} pairs have been compared, each with the {options.batch_size - 1} beside it."
