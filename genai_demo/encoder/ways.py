"""Three ways to learn a language from the same text, side by side: the next character, hidden ones, a hole.

Each step gives the same stretches of text x, characters by number (b, CONTEXT), to three small networks of Transformers
with random weights: a decoder (LLaMA) asked for each character from those before it (Bengio et al. 2003); an encoder
(RoFormer, Su et al. 2021) asked for some that were replaced by a sign, from both sides, as BERT is (Devlin et al.
2018); an encoder-decoder (T5, Raffel et al. 2019) that reads the stretch with a hole and writes what was in it, told
the right beginning while it learns (teacher forcing). A loss is the cross-entropy in nats for each character asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    RoFormerConfig,
    RoFormerForMaskedLM,
    T5Config,
    T5ForConditionalGeneration,
)

from genai_demo.core.device import generator, pick_device, seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Stage, Tok, curve, number, stages, tokens
from genai_demo.encoder.ways_options import WaysOptions
from genai_demo.language.characters import Text, entropy, some, text_of

CONTEXT = 48  # characters of a stretch
HEADS, JUDGED = 4, 64  # of attention; stretches of the text held out, for the losses
LISTED = 6  # guesses that are shown
LOSS = "loss on text held out"
NATS = "nats"
SIGN = "\u2423"  # how a hidden character is shown


@dataclass(frozen=True, slots=True, eq=False)
class WaysStep:
    """The three networks after `step` steps, all on one stretch of the text held out.

    wrote_*: what it writes now, each character with its probability, those it was given as "prompt". sure_*: the true
    characters, each with the probability that it gives them. apart: its guesses at one place, and what the true one
    costs. causal, masked, hole: mean losses on text held out; asked_*: characters asked for in a step.
    """

    index: int
    total: int
    wrote_causal: tuple[Tok, ...] = tokens("the decoder writes on")
    wrote_masked: tuple[Tok, ...] = tokens("the encoder fills in")
    wrote_hole: tuple[Tok, ...] = tokens("the encoder-decoder mends the hole")
    apart: tuple[Stage, ...] = stages("one character's loss", unit="probability", pick=False)
    sure_causal: tuple[Tok, ...] = tokens("the true line, from the left")
    sure_masked: tuple[Tok, ...] = tokens("the true line, each character hidden alone")
    sure_hole: tuple[Tok, ...] = tokens("the true line, the hole written with help")
    step: int = number("step", digits=0)
    causal: float = curve("decoder", unit=NATS, chart=LOSS, against="step")
    masked: float = curve("encoder", unit=NATS, chart=LOSS, against="step")
    hole: float = curve("encoder-decoder", unit=NATS, chart=LOSS, against="step")
    even: float = curve("all equally likely", unit=NATS, chart=LOSS, against="step")
    frequencies: float = curve("by frequency", unit=NATS, chart=LOSS, against="step")
    asked_causal: int = number("characters asked of the decoder", unit="a step", digits=0)
    asked_masked: int = number("of the encoder", unit="a step", digits=0)
    asked_hole: int = number("of the encoder-decoder", unit="a step", digits=0)


class Asked(NamedTuple):
    """What a network says where it was asked, logits (m, v), and the right answers (m,)."""

    logits: Tensor
    answers: Tensor

    @property
    def loss(self) -> Tensor:
        return F.cross_entropy(self.logits, self.answers)

    @property
    def chances(self) -> list[float]:
        """The probability of each right answer."""
        found: list[float] = self.logits.softmax(1).gather(1, self.answers[:, None])[:, 0].tolist()
        return found


class Draw(NamedTuple):
    """What chance decides in a step: which characters are hidden (b, n) bool, where the hole begins."""

    hidden: Tensor
    start: int


def ask_causal(net: Any, x: Tensor, draw: Draw) -> Asked:
    """Each character but the first, from those before it."""
    return Asked(net(x[:, :-1], use_cache=False).logits.flatten(0, 1), x[:, 1:].flatten())


def ask_masked(net: Any, x: Tensor, draw: Draw) -> Asked:
    """The hidden characters, from all that are not."""
    hidden = draw.hidden.to(x.device)
    shown = x.masked_fill(hidden, net.config.pad_token_id)
    return Asked(net(shown, attention_mask=torch.ones_like(x)).logits[hidden], x[hidden])


def ask_hole(net: Any, x: Tensor, draw: Draw, hole: int) -> Asked:
    """Those of the hole, from what is around it and the right ones before."""
    source, target = holed(x, draw.start, hole, net.config.pad_token_id)
    return Asked(net(input_ids=source, labels=target).logits.flatten(0, 1), target.flatten())


def holed(x: Tensor, start: int, hole: int, sign: int) -> tuple[Tensor, Tensor]:
    """x (b, n) -> what is read, one sign in place of the hole (b, n - hole + 1), and what was in it (b, hole)."""
    one = torch.full_like(x[:, :1], sign)
    return torch.cat([x[:, :start], one, x[:, start + hole :]], 1), x[:, start : start + hole].contiguous()


def learn_ways(options: WaysOptions, *, seed: int) -> Iterator[WaysStep]:
    """Trains the three for `steps` steps; a frame before, every `every`, and at the end.

    Raises DemoError where the text is too short or a loss is no number.
    """
    text = text_of(options.text)
    classroom = Classroom(text, options, seed)
    draws = generator(seed + 1)
    wanted = sorted({*range(0, options.steps, options.every), options.steps})
    step = 0
    for index, stop in enumerate(wanted):
        while step < stop:
            step += 1
            x = some(text.learnt, CONTEXT - 1, options.batch_size, draws)
            classroom.advance(x, drawn(x, options, draws), step)
        yield classroom.look(index, len(wanted), step)


def drawn(x: Tensor, options: WaysOptions, random: torch.Generator) -> Draw:
    """Chance for x (b, n): at least one character is hidden."""
    hidden = torch.rand(x.shape, generator=random) < options.hidden
    hidden[0, int(torch.randint(x.shape[1], (1,), generator=random))] = True
    return Draw(hidden, int(torch.randint(x.shape[1] - options.hole + 1, (1,), generator=random)))


def networks(characters: int, options: WaysOptions, seed: int) -> tuple[Any, Any, Any]:
    """Decoder, encoder and encoder-decoder with random weights; the number behind the characters' is the sign."""
    width, layers = options.width, options.layers
    common: dict[str, Any] = {"vocab_size": characters + 1, "pad_token_id": characters}
    with seeded(seed):
        causal = LlamaForCausalLM(
            LlamaConfig(
                **common,
                hidden_size=width,
                intermediate_size=2 * width,
                num_hidden_layers=layers,
                num_attention_heads=HEADS,
                max_position_embeddings=CONTEXT,
                bos_token_id=None,
                eos_token_id=None,
                tie_word_embeddings=True,
            )
        )
        masked = RoFormerForMaskedLM(
            RoFormerConfig(
                **common,
                hidden_size=width,
                embedding_size=width,
                intermediate_size=2 * width,
                num_hidden_layers=layers,
                num_attention_heads=HEADS,
                max_position_embeddings=CONTEXT,
                type_vocab_size=1,
                hidden_dropout_prob=0.0,
                attention_probs_dropout_prob=0.0,
            )
        )
        hole = T5ForConditionalGeneration(
            T5Config(
                **common,
                d_model=width,
                d_kv=width // HEADS,
                d_ff=2 * width,
                num_layers=layers,
                num_heads=HEADS,
                dropout_rate=0.0,
                decoder_start_token_id=characters,
                eos_token_id=None,
            )
        )
    return tuple(net.to(pick_device()).train() for net in (causal, masked, hole))


class Classroom:
    """The three networks, their optimisers, and the stretches of held-out text that they are looked at with."""

    def __init__(self, text: Text, options: WaysOptions, seed: int) -> None:
        self.text, self.options, self.seed = text, options, seed
        self.nets = networks(len(text.characters), options, seed)
        self.optimisers = [
            torch.optim.AdamW(net.parameters(), lr=options.learning_rate, fused=True) for net in self.nets
        ]
        held = some(text.held, CONTEXT - 1, JUDGED + 1, generator(seed + 3))
        if held.shape[1] < CONTEXT:
            raise DemoError(f"text is too short to hold {CONTEXT} characters of it out; write at least {10 * CONTEXT}")
        self.line, self.judged = held[:1], held[1:]
        self.asks: tuple[Callable[[Any, Tensor, Draw], Asked], ...] = (
            ask_causal,
            ask_masked,
            lambda net, x, draw: ask_hole(net, x, draw, options.hole),
        )
        self.trial = drawn(self.judged, options, generator(seed + 4))

    def advance(self, x: Tensor, draw: Draw, step: int) -> None:
        """One step of each. Raises DemoError."""
        for net, optimiser, ask in zip(self.nets, self.optimisers, self.asks, strict=True):
            loss = ask(net, x.to(net.device), draw).loss
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            if not math.isfinite(float(loss.detach())):
                raise DemoError(
                    f"learning_rate is {self.options.learning_rate:g}, and a loss was no number at step {step}; "
                    "choose a smaller one"
                )

    @torch.inference_mode()
    def look(self, index: int, total: int, step: int) -> WaysStep:
        """What each writes, how sure it is of the true line, and what it loses on the text held out."""
        options, line = self.options, self.line
        place = options.place - 1
        start = min(max(0, place - options.hole // 2), CONTEXT - options.hole)
        alone = torch.eye(CONTEXT, dtype=torch.bool)
        causal, masked, hole = self.nets
        on = line.to(causal.device)
        sides = Draw(alone, start)
        left = ask_causal(causal, on, sides)
        both = ask_masked(masked, on.expand(CONTEXT, -1), sides)
        told = ask_hole(hole, on, sides, options.hole)
        one, two, three = (
            float(ask(net, self.judged.to(net.device), self.trial).loss)
            for net, ask in zip(self.nets, self.asks, strict=True)
        )
        size = options.batch_size
        on_from, filled, mended = self._written(start)
        return WaysStep(
            index,
            total,
            on_from,
            filled,
            mended,
            (
                self._apart("decoder", left.logits[place - 1], place),
                self._apart("encoder", both.logits[place], place),
                self._apart("encoder-decoder", told.logits[place - start], place),
            ),
            self._sure([None, *left.chances]),
            self._sure(list(both.chances)),
            self._sure([None] * start + told.chances + [None] * (CONTEXT - start - options.hole)),
            step,
            one,
            two,
            three,
            math.log(len(self.text.characters)),
            entropy(self.text),
            size * (CONTEXT - 1),
            round(size * CONTEXT * options.hidden),
            size * options.hole,
        )

    def _written(self, start: int) -> tuple[tuple[Tok, ...], tuple[Tok, ...], tuple[Tok, ...]]:
        """The line's second half by the decoder, its hidden characters by the encoder, its hole by the last."""
        options, random = self.options, generator(self.seed + 2)
        causal, masked, hole = self.nets
        half, line = CONTEXT // 2, self.line[0].tolist()

        def draw(logits: Tensor) -> tuple[int, float]:
            chances = logits[..., : len(self.text.characters)].float().div(options.temperature).softmax(-1).cpu()
            picked = int(torch.multinomial(chances, 1, generator=random))
            return picked, float(chances[picked])

        ahead: list[tuple[int, float]] = []
        for _ in range(CONTEXT - half):
            known = torch.tensor([line[:half] + [found for found, _ in ahead]], device=causal.device)
            ahead.append(draw(causal(known, use_cache=False).logits[0, -1]))
        places = drawn(self.line, options, random).hidden[0]
        shown = self.line.masked_fill(places, masked.config.pad_token_id).to(masked.device)
        gaps = masked(shown, attention_mask=torch.ones_like(shown)).logits[0]
        filled = [draw(gaps[i]) if places[i] else (line[i], None) for i in range(CONTEXT)]
        source, _ = holed(self.line.to(hole.device), start, options.hole, hole.config.pad_token_id)
        read, inside = hole.encoder(source), list[tuple[int, float]]()
        for _ in range(options.hole):
            begun = torch.tensor([[hole.config.pad_token_id] + [found for found, _ in inside]], device=hole.device)
            inside.append(draw(hole(encoder_outputs=read, decoder_input_ids=begun).logits[0, -1]))
        given: list[tuple[int, float | None]] = [(number, None) for number in line]
        return (
            self._shown([*given[:half], *ahead]),
            self._shown(filled),
            self._shown([*given[:start], *inside, *given[start + options.hole :]]),
        )

    def _shown(self, written: Sequence[tuple[int, float | None]]) -> tuple[Tok, ...]:
        return tuple(Tok(self.text.characters[i], p, "prompt" if p is None else "") for i, p in written)

    def _sure(self, chances: list[float | None]) -> tuple[Tok, ...]:
        """The true line; a character that was asked for says what it costs."""
        found = []
        for i, p in zip(self.line[0].tolist(), chances, strict=True):
            note = "given" if p is None else f"-ln {p:.3g} = {-math.log(max(p, 1e-30)):.2f} nats"
            found.append(Tok(self.text.characters[i], p, "prompt" if p is None else "", note=note))
        return tuple(found)

    def _apart(self, name: str, logits: Tensor, place: int) -> Stage:
        """Its likeliest characters at one place, the true one among them, and the loss that follows."""
        chances = logits[: len(self.text.characters)].softmax(0)
        true = int(self.line[0, place])
        listed = chances.topk(min(LISTED, len(chances))).indices.tolist()
        items = [Tok(self.text.characters[i], float(chances[i]), "best" if i == true else "", id=i) for i in listed]
        if true not in listed:
            items[-1] = Tok(self.text.characters[true], float(chances[true]), "best", id=true)
        return Stage(
            name, f"-ln {chances[true]:.2g} = {-math.log(max(float(chances[true]), 1e-30)):.2f} nats", tuple(items)
        )
