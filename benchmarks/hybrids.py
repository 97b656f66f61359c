"""Hybrids through run(recipe), with all that is shown, against their bare loops: the networks' own calls, no frames."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from benchmarks import Row, alternate, seconds
from genai_demo.core.device import threads
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import find_run, run
from genai_demo.data import shapes
from genai_demo.hybrids import VAEGANS, grid, likeness, order, weigh
from genai_demo.hybrids.decision import SCALE
from genai_demo.hybrids.grid import World
from genai_demo.hybrids.learn import LEARNT, SHOWN, every
from genai_demo.hybrids.train_vaegan import TrainConfig, Training

FRAMES, SENTENCES = 6, 4
AIM = "run(recipe) (at most 1.1)"


@threads(1)
def rows() -> list[Row]:
    """Seconds of a walk, of VAE-GANs at all weights, of a short training, and of hidden words put back."""
    return [
        seconds(f"hybrids: a walk of {grid.STEPS} steps, {AIM}", *alternate(_done("hybrids/decide"), _walk(), 9)),
        seconds(f"hybrids: VAE-GANs of {len(VAEGANS)} weights, {AIM}", *alternate(_done("hybrids/weigh"), _weigh, 9)),
        seconds(f"hybrids: VAE and VAE-GAN learn, {FRAMES} frames, {AIM}", *alternate(_learnt, _train, 3)),
        seconds(
            f"hybrids: words put back in {SENTENCES + 1} sentences, {AIM}",
            *alternate(_done("hybrids/order", sentences=SENTENCES), _order(), 3),
        ),
    ]


def _done(name: str, **options: object) -> Callable[[], None]:
    """The whole run."""

    def whole() -> None:
        for _ in run(Recipe(name, options)):
            pass

    return whole


def _walk() -> Callable[[], None]:
    """Transformers' network in the world, asked once for each step of an episode that grows; what it says is done."""
    network = load("hybrids/decision").network

    @torch.inference_mode()
    def bare() -> None:
        world, random = World(grid.FREE[0]), torch.Generator().manual_seed(0)
        states, actions = torch.zeros(1, grid.STEPS, grid.STATE), torch.zeros(1, grid.STEPS, len(grid.ACTIONS))
        to_go = torch.full((1, grid.STEPS, 1), 0.8)
        for t in range(grid.STEPS):
            states[0, t] = torch.from_numpy(world.numbers())
            out = network(
                states=states[:, : t + 1],
                actions=actions[:, : t + 1],
                returns_to_go=to_go[:, : t + 1],
                timesteps=torch.arange(t + 1)[None],
                attention_mask=torch.ones(1, t + 1, dtype=torch.long),
                output_attentions=True,
            )
            done = int(torch.multinomial((out.action_preds[0, -1] / 0.5).softmax(0), 1, generator=random))
            actions[0, t, done] = 1
            world, gathered = world.after(done)
            to_go[0, t + 1 :] -= gathered / SCALE

    return bare


def _weigh() -> None:
    """Every network makes the same pictures again, invents as many, and the judge looks at both."""
    shown, beside = (torch.rand(n, 28, 28).mul(255).byte().numpy() for n in (weigh.SHOWN, len(weigh.BESIDE)))
    judge = load(likeness.JUDGE)
    for spec in VAEGANS:
        model = load(spec)
        for given in (shown, beside):
            back = likeness.again(model, given)
        likeness.invented(model, weigh.INVENTED, 0)
        likeness.feature_error(judge, beside, back)


def _learnt() -> None:
    """The run as it is by default, until FRAMES were shown."""
    for _ in itertools.islice(run(Recipe("hybrids/learn")), FRAMES):
        pass


def _train() -> None:
    """As many steps of the same training without a frame."""
    drawn, _ = shapes.load(LEARNT + SHOWN, 0)
    options = find_run("hybrids/learn").options.parse({})
    cfg = replace(TrainConfig(), learning_rate=options.learning_rate, rising=options.steps // 4, batch_size=32)
    for weight in (0.0, options.weight):
        training = Training(cfg, torch.from_numpy(drawn[SHOWN:]), weight, options.steps)
        for _ in range(every(options.steps) * (FRAMES - 1)):
            training.advance()


def _order() -> Callable[[], None]:
    """Transformers' own calls: as many passes of both networks, over as many tokens."""
    encoder, decoder = load(order.MASKED), load("decoder/smollm2")
    options = find_run("hybrids/order").options.parse({"sentences": SENTENCES})
    gaps = [order.hidden(options.text, options.first, options.hidden)]
    gaps += [gap for gap, _ in zip(order.sentences(options.hidden, np.random.default_rng(0)), range(SENTENCES))]
    passes = [order.gone_on(decoder, gap).passes for gap in gaps]

    @torch.inference_mode()
    def bare() -> None:
        for gap, count in zip(gaps, passes):
            ids, words = order.laid_out(encoder, gap)
            places = [place for word in words for place in word]
            for seen in [ids] * (len(places) + -(-len(places) // 2)) + [[*ids[: at + 1], encoder.end] for at in places]:
                encoder.network(input_ids=torch.tensor([seen]))
            given = torch.tensor([decoder.encode(gap.text[: gap.start].rstrip())])
            decoder.network.generate(
                given,
                attention_mask=torch.ones_like(given),
                max_new_tokens=count,
                min_new_tokens=count,
                do_sample=False,
                pad_token_id=min(decoder.stops),
            )

    return bare
