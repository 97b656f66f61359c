"""Options of the runs of text to picture. Pictures travel as text, as clip/pictures.py reads it: "world:12"."""

from __future__ import annotations

from typing import Literal

from genai_demo.core.options import Options, option

LONGEST = 400  # characters of a prompt
PICTURE = 16_000  # characters of a picture in base64, or of a mask
PROMPT = "a red house to the left of a yellow tree"
OTHER = "a blue house to the left of a yellow tree"
PROMPT_HELP = "What the picture shall show; empty means anything"
PICTURE_HELP = "The picture: a scene (world:12, or built:small red house 25 60; grey) or one of yours"
SAMPLER_HELP = "Which rule turns the network's guess into a step; DDPM adds fresh noise in each"

SamplerName = Literal["ddim", "dpm", "ddpm"]


class PromptOptions(Options):
    """What all runs share that draw from a prompt."""

    prompt: str = option(PROMPT, PROMPT_HELP, longest=LONGEST)
    negative_prompt: str = option("", "What it shall not show: guidance leads away from it", longest=LONGEST, more=True)
    samples: int = option(4, "How many pictures", at_least=1, at_most=9)
    steps: int = option(20, "Denoising steps from noise to picture", at_least=1, at_most=1000)
    guidance_scale: float = option(
        3.0, "How strongly to follow the prompt; 1 asks once, 0 ignores it", at_least=0, at_most=100
    )
    sampler: SamplerName = option("ddim", SAMPLER_HELP, more=True)


class GenerateOptions(PromptOptions):
    maps: bool = option(True, "Show what each word looks at, in the first picture")
    planes: bool = option(
        False, "Also show the guess with the prompt, the one without, and their difference", more=True
    )
    look_for: str = option("", "Other words to look for, which are not drawn", longest=LONGEST, more=True)


class ForkOptions(PromptOptions):
    samples: int = option(3, "How many pictures a way", at_least=1, at_most=6)
    other_prompt: str = option(OTHER, "What B shall show; empty: the same as A", longest=LONGEST)
    fork: int = option(0, "After how many steps B leaves A; 0 from the first noise on", at_least=0, at_most=1000)
    other_guidance: float = option(3.0, "How strongly B follows its prompt", at_least=0, at_most=100)
    word: str = option("", "A word of B's prompt that is looked at more or less", longest=40)
    weight: float = option(1.0, "How many times as much it is looked at; 0 not at all", at_least=0, at_most=20)
    other_sampler: Literal["as A", "ddim", "dpm", "ddpm"] = option("as A", "B's rule for a step", more=True)


class EditOptions(PromptOptions):
    prompt: str = option("a yellow star", PROMPT_HELP, longest=LONGEST)
    picture: str = option("world:12", PICTURE_HELP, longest=PICTURE)
    where: Literal["everywhere", "painted"] = option("everywhere", "All of the picture, or what you paint over")
    mask: str = option(
        "", "Painted only: a 28x28 picture, white where to paint anew; empty takes the right half", longest=PICTURE
    )
    strength: float = option(
        0.7, "How much noise is put on: 0 leaves the picture, 1 begins with noise alone", at_least=0, at_most=1
    )
    resample: int = option(
        2, "With a mask: how often each step is repeated so that both parts agree", at_least=1, at_most=10, more=True
    )


class OutpaintOptions(PromptOptions):
    prompt: str = option("a green tree", PROMPT_HELP, longest=LONGEST)
    picture: str = option("world:12", PICTURE_HELP, longest=PICTURE)
    samples: int = option(1, "How many answers to draw", at_least=1, at_most=4)
    side: Literal["right", "left", "below", "above"] = option("right", "Where the canvas grows")
    times: int = option(1, "How often it grows, by half a picture each time", at_least=1, at_most=6)
    resample: int = option(
        3, "How often each step is repeated so that old and new agree", at_least=1, at_most=10, more=True
    )


class BlendOptions(PromptOptions):
    prompt: str = option("a red house", "What the first picture shows", longest=LONGEST)
    other_prompt: str = option("a blue tree", "What the last picture shows", longest=LONGEST)
    samples: int = option(7, "How many pictures on the way", at_least=2, at_most=12)
    way: Literal["words", "noise", "both"] = option(
        "words", "What goes from one end to the other: the words' features, the noise, or both"
    )


class AutoencoderOptions(Options):
    picture: str = option("world:12", PICTURE_HELP, longest=PICTURE)
    channel: int = option(1, "Which channel of the latents is turned up", at_least=1, at_most=4)
    amount: float = option(
        2.0, "By how much, in deviations of the latents; below 0 turns it down", at_least=-5, at_most=5
    )
    steps: int = option(8, "Pictures on the way", at_least=1, at_most=40, more=True)


class GuidanceOptions(Options):
    prompts: int = option(6, "Over how many prompts, drawn at random", at_least=1, at_most=20)
    samples: int = option(4, "Pictures of each prompt, which differ in their noise", at_least=2, at_most=8)
    steps: int = option(10, "Denoising steps", at_least=1, at_most=100)
    most: float = option(12.0, "The largest guidance", at_least=1, at_most=100)
    prompts_of: Literal["seen", "new_colour", "new_relation"] = option(
        "seen", "What is new in the prompts: nothing, a colour of a thing, or how two things lie", more=True
    )


class DitOptions(Options):
    prompt: str = option(PROMPT, PROMPT_HELP, longest=LONGEST)
    samples: int = option(4, "How many pictures of each network", at_least=1, at_most=9)
    steps: int = option(20, "Denoising steps from noise to picture, of each network", at_least=1, at_most=200)
    guidance_scale: float = option(
        3.0, "How strongly to follow the prompt; 1 asks once, 0 ignores it", at_least=0, at_most=100
    )
    block: int = option(4, "Whose attention is shown: the transformer's first block to its last", at_least=1, at_most=7)
    place: int = option(36, "Which patch asks: 8 times its row, and its column, from 0", at_least=0, at_most=63)


class AttendOptions(Options):
    picture: str = option("world:41", PICTURE_HELP, longest=PICTURE)
    prompt: str = option("a purple apple and a yellow star", "Words to look for in it", longest=LONGEST)
    steps: int = option(12, "Noise levels at which the network is asked", at_least=1, at_most=50)


class CascadeOptions(Options):
    prompt: str = option(PROMPT, PROMPT_HELP, longest=LONGEST)
    samples: int = option(4, "How many pictures", at_least=1, at_most=9)
    steps: int = option(20, "Denoising steps to the small picture, and of latent diffusion", at_least=1, at_most=200)
    enlarging: int = option(10, "Denoising steps from the small picture to the large one", at_least=1, at_most=100)
    guidance_scale: float = option(
        3.0, "How strongly to follow the prompt; 1 asks once, 0 ignores it", at_least=0, at_most=100
    )
    rough: float = option(
        0.1, "Noise put on the small picture before it is enlarged, and told", at_least=0, at_most=0.3, more=True
    )


class WriteOptions(Options):
    prompt: str = option(PROMPT, PROMPT_HELP, longest=LONGEST)
    samples: int = option(4, "How many pictures", at_least=1, at_most=9)
    guidance_scale: float = option(
        3.0, "How strongly to follow the prompt; 1 asks once, 0 ignores it", at_least=0, at_most=20
    )
    temperature: float = option(
        0.8, "How freely to choose among the next codes; 0 takes the likeliest", at_least=0, at_most=5
    )
    exchange: int = option(
        20,
        "After how many codes the next one of the first picture is exchanged, and what follows anew",
        at_least=0,
        at_most=63,
    )
    rank: int = option(
        0,
        "What comes in its place: 1 the likeliest code, 2 the second ...; 0: nothing is exchanged",
        at_least=0,
        at_most=20,
    )


class CodebookOptions(Options):
    picture: str = option("world:12", PICTURE_HELP, longest=PICTURE)
    scenes: int = option(128, "In how many other scenes codes are counted", at_least=8, at_most=1024)
