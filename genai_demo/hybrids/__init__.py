"""Hybrids: architectures that borrow from each other, each beside its parents."""

from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, ModelSpec
from genai_demo.decoder import TORCH
from genai_demo.hybrids import options
from genai_demo.hybrids.music import options as music

FAMILY = Family(
    "Hybrids",
    "Systems",
    "Take a part from one architecture and a part from another, and see what the child does that its parents don't.",
    starts=(
        ("Ask for a better return", "run=hybrids/decide"),
        ("From a VAE to a VAE-GAN", "run=hybrids/weigh"),
        ("From one tune to another", "run=hybrids/interpolate"),
        ("Who borrows what?", "run=hybrids/borrowed"),
    ),
)


def _trained(name: str, title: str, module: str) -> ModelSpec:
    build = f"genai_demo.hybrids.{module}"
    sources = (Bundled(f"hybrids/{name}.safetensors"),)
    return ModelSpec(f"hybrids/{name}", title, sources, f"{build}:build", "Apache-2.0", f"{build}:example", threads=1)


ACTORS = (
    _trained("decision", "Decision Transformer", "decision"),
    _trained("clone", "Decoder that imitates all walks", "decision"),
    _trained("clone-best", "Decoder that imitates the best tenth", "decision"),
)
VAEGANS = (
    _trained("vaegan-0", "Plain VAE", "vaegan"),
    *(_trained(f"vaegan-{share}", f"VAE-GAN, weight {share / 100:g}", "vaegan") for share in (25, 50, 75, 100)),
)
TUNES = _trained("tunes", "MusicVAE in small", "music.vae")
TUNES_COLLAPSED = _trained("tunes-collapsed", "MusicVAE, collapsed", "music.vae")
TUNES_DECODER = _trained("tunes-decoder", "Decoder of tunes", "music.decoder")
SPECS: tuple[ModelSpec, ...] = (*ACTORS, *VAEGANS, TUNES, TUNES_COLLAPSED, TUNES_DECODER)

RUNS: tuple[Run, ...] = (
    Run(
        "hybrids/decide",
        "A Decision Transformer walks and gathers, after the return that is asked for",
        options.DecideOptions,
        "genai_demo.hybrids.decide:decide",
        tuple(spec.key for spec in ACTORS),
        lambda o: 5,
        threads=1,
    ),
    Run(
        "hybrids/returns",
        "Returns asked for against returns had, beside decoders that only imitate",
        options.ReturnsOptions,
        "genai_demo.hybrids.returns:returns",
        (ACTORS[0].key,),
        lambda o: 10 + (o.highest - o.lowest) // 2,
        threads=1,
    ),
    Run(
        "hybrids/weigh",
        "From a plain VAE to a VAE-GAN: one picture through networks of five adversarial weights",
        options.WeighOptions,
        "genai_demo.hybrids.weigh:weigh",
        (),
        lambda o: 10,
        threads=1,
    ),
    Run(
        "hybrids/sides",
        "VAE, GAN and VAE-GAN on one picture; the GAN's code is searched",
        options.SidesOptions,
        "genai_demo.hybrids.sides:sides",
        (),
        lambda o: 5 + o.steps // 20,
        threads=1,
    ),
    Run(
        "hybrids/learn",
        "A VAE and a VAE-GAN learn drawn shapes side by side, live",
        options.LearnOptions,
        "genai_demo.hybrids.learn:learn",
        (),
        lambda o: 10 + o.steps // 3,
        threads=1,
    ),
    Run(
        "hybrids/order",
        "Hidden words put back by masked diffusion and from left to right: what is right, and what it costs",
        options.OrderOptions,
        "genai_demo.hybrids.order:order",
        TORCH,
        lambda o: 10 + o.sentences // 2,
        threads=1,
    ),
    Run(
        "hybrids/interpolate",
        "From one melody to another through the latent space of a recurrent VAE",
        music.InterpolateOptions,
        "genai_demo.hybrids.music.interpolate:interpolate",
        (TUNES.key, TUNES_COLLAPSED.key),
        lambda o: 5 + o.search // 10,
        threads=1,
    ),
    Run(
        "hybrids/compose",
        "Eight bars from codes drawn by chance, busier or higher",
        music.ComposeOptions,
        "genai_demo.hybrids.music.compose:compose",
        (TUNES.key,),
        lambda o: 5,
        threads=1,
    ),
    Run(
        "hybrids/continue",
        "A decoder goes on with your melody, a token a step",
        music.ContinueOptions,
        "genai_demo.hybrids.music.go_on:go_on",
        (TUNES_DECODER.key,),
        lambda o: 5,
        threads=1,
    ),
    Run(
        "hybrids/borrowed",
        "Who borrows what: the parts of each hybrid, and what it gains over its parents",
        options.BorrowedOptions,
        "genai_demo.hybrids.borrowed:borrowed",
        (),
        lambda o: 10,
        threads=1,
    ),
)
