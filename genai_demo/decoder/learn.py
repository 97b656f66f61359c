"""A decoder of some hundred thousand parameters that learns to write, letter by letter, in front of the visitor.

x: characters by number (b, n), each the question, what comes next?, to the one behind it; n is the context. The loss
is the cross-entropy in nats a character (Bengio et al. 2003). The network is a LLaMA (Touvron et al. 2023) of
Transformers, of the same parts as the large one of this page; its vocabulary are the characters of its text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM

from genai_demo.core.device import generator, pick_device, seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, curve, number, ranked, tokens
from genai_demo.decoder.learn_options import LearnOptions
from genai_demo.language.characters import WORD, Text, entropy, some, text_of

WRITTEN, SAMPLES = 100, 8  # characters of a sample; how many are written, of which one is shown
LISTED = 8  # guesses that are shown
HEADS, JUDGED = 4, 32  # of attention; stretches of the text held out, for its loss
LOSS = "loss"
LEAST_WORD = 3  # letters; shorter ones exist by chance


@dataclass(frozen=True, slots=True, eq=False)
class LearnStep:
    """The network after `step` steps. written: one sample, each character with its probability as it was drawn.

    words: share of the words of all samples that stand somewhere in the text. learnt: loss of the last step, of the
    untrained network before the first; unseen: loss on text held out. even: of equal guesses for all characters;
    frequencies: of guesses by how often each occurs.
    """

    index: int
    total: int
    written: tuple[Tok, ...] = tokens("what it writes now")
    guesses: tuple[Tok, ...] = ranked("what comes next", unit="probability")
    step: int = number("step", digits=0)
    learnt: float = curve("learnt from", unit="nats a character", chart=LOSS, against="step")
    unseen: float = curve("held out", unit="nats a character", chart=LOSS, against="step")
    even: float = curve("all equally likely", unit="nats a character", chart=LOSS, against="step")
    frequencies: float = curve("by frequency", unit="nats a character", chart=LOSS, against="step")
    words: float = curve("words that exist", unit="%", digits=1, against="step")
    parameters: int = number("parameters", digits=0)


def learn(options: LearnOptions, *, seed: int) -> Iterator[LearnStep]:
    """Trains it for `steps` steps; a frame before, every `every`, and at the end.

    Raises DemoError where the text is too short, the beginning has no character of it, or the loss is no number.
    """
    text = text_of(options.text)
    begin = text.numbers(options.prompt)
    if not begin:
        raise DemoError(f"prompt has no character of the text; begin with some of {text.characters[:20]!r}")
    net = network(len(text.characters), options, seed)
    optimiser = torch.optim.AdamW(
        net.parameters(), lr=options.learning_rate, betas=(0.9, 0.99), weight_decay=0.01, fused=True
    )
    draws = generator(seed + 1)
    wanted = sorted({*range(0, options.steps, options.every), options.steps})
    loss = mean_loss(net, some(text.learnt, options.context, JUDGED, generator(seed)))
    step = 0
    for index, stop in enumerate(wanted):
        while step < stop:
            step += 1
            loss = advance(net, optimiser, some(text.learnt, options.context, options.batch_size, draws))
            if not math.isfinite(loss):
                raise DemoError(
                    f"learning_rate is {options.learning_rate:g}, and the loss was no number any more at step {step}; "
                    "choose a smaller one"
                )
        yield frame(net, text, begin, options, seed, index=index, total=len(wanted), step=step, learnt=loss)


def network(characters: int, options: LearnOptions, seed: int) -> Any:
    """The LLaMA with random weights."""
    config = LlamaConfig(
        vocab_size=characters,
        hidden_size=options.width,
        intermediate_size=2 * options.width,
        num_hidden_layers=options.layers,
        num_attention_heads=HEADS,
        max_position_embeddings=options.context + WRITTEN,
        bos_token_id=None,
        eos_token_id=None,
        tie_word_embeddings=True,
        attn_implementation="sdpa",
    )
    with seeded(seed):
        return LlamaForCausalLM(config).to(pick_device()).train()


def advance(net: Any, optimiser: torch.optim.Optimizer, x: Tensor) -> float:
    """One step on x (b, context + 1). -> the loss."""
    value = cross_entropy(net, x)
    optimiser.zero_grad(set_to_none=True)
    value.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimiser.step()
    return float(value.detach())


def cross_entropy(net: Any, x: Tensor) -> Tensor:
    """x (b, n + 1) -> its mean over the n characters that have one before them, in nats."""
    x = x.to(net.device)
    logits = net(x[:, :-1], use_cache=False).logits
    return F.cross_entropy(logits.flatten(0, 1), x[:, 1:].flatten())


@torch.inference_mode()
def mean_loss(net: Any, x: Tensor) -> float:
    return float(cross_entropy(net, x))


@torch.inference_mode()
def write(net: Any, begin: list[int], options: LearnOptions, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """-> characters (SAMPLES, WRITTEN), their probabilities, and those of all characters for the first one (v,).

    The same random numbers decide each time, so that what changes from frame to frame is the network.
    """
    random, cache = generator(seed + 2), DynamicCache(config=net.config)
    new = torch.tensor([begin[-options.context :]] * SAMPLES, device=net.device)
    found, chances, first = [], [], None
    for _ in range(WRITTEN):
        logits = net(new, cache=cache, use_cache=True).logits[:, -1]
        p = logits.float().div(options.temperature).softmax(1).cpu()
        first = p[0] if first is None else first
        picked = torch.multinomial(p, 1, generator=random)
        found.append(picked)
        chances.append(p.gather(1, picked))
        new = picked.to(net.device)
    assert first is not None
    return torch.cat(found, 1), torch.cat(chances, 1), first


def frame(net: Any, text: Text, begin: list[int], options: LearnOptions, seed: int, **rest: Any) -> LearnStep:
    """What the network writes and how well it guesses at this step."""
    written, chances, first = write(net, begin, options, seed)
    samples = ["".join(text.characters[i] for i in row) for row in written.tolist()]
    found = [word for sample in samples for word in whole_words(sample)]
    given = tuple(Tok(text.characters[i], None, "prompt") for i in begin)
    shown = tuple(Tok(c, p) for c, p in zip(samples[0], chances[0].tolist(), strict=True))
    likeliest = first.topk(min(LISTED, len(first)))
    return LearnStep(
        written=given + shown,
        guesses=tuple(
            Tok(text.characters[i], p, id=i)
            for p, i in zip(likeliest.values.tolist(), likeliest.indices.tolist(), strict=True)
        ),
        unseen=mean_loss(net, some(text.held, options.context, JUDGED, generator(seed + 3))),
        even=math.log(len(text.characters)),
        frequencies=entropy(text),
        words=100 * sum(word in text.words for word in found) / max(1, len(found)),
        parameters=sum(p.numel() for p in net.parameters()),
        **rest,
    )


def whole_words(sample: str) -> list[str]:
    """Words of three letters and more, in small letters, without the two that its ends may have cut."""
    return [word for word in WORD.findall(sample.lower())[1:-1] if len(word) >= LEAST_WORD]
