"""Text to picture in small: latent diffusion (Rombach et al. 2022) and its relatives, in classes of diffusers."""

from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, Hub, ModelSpec
from genai_demo.text_to_image import options as of

FAMILY = Family(
    "Text to picture",
    "Images and text",
    "Words become a picture: noise is taken off a small code of it, and every word says where it wants to be.",
    starts=(
        ("A prompt becomes a picture", "run=text_to_image/generate"),
        ("One word changed, the same noise", "run=text_to_image/fork"),
        ("The canvas grows", "run=text_to_image/outpaint"),
    ),
)

_EXAMPLE = "genai_demo.text_to_image.studio:example"
_HUB = "genai_demo.text_to_image.hub:build"

SPECS = (
    ModelSpec(
        "text_to_image/world",
        "Picture world, small",
        (
            Bundled(
                "text_to_image/denoiser.safetensors",
                ("text_to_image/autoencoder.safetensors", "text_to_image/detector.safetensors"),
            ),
        ),
        "genai_demo.text_to_image.studio:build",
        "Apache-2.0 (trained here on drawings of this project)",
        _EXAMPLE,
    ),
    ModelSpec(
        "text_to_image/emoji",
        "Emoji, small",
        (
            Bundled(
                "text_to_image/emoji.safetensors",
                (
                    "text_to_image/emoji-autoencoder.safetensors",
                    "text_to_image/emoji-text.safetensors",
                    "text_to_image/emoji-judge.safetensors",
                    "text_to_image/emoji-known.safetensors",
                ),
            ),
        ),
        "genai_demo.text_to_image.emoji_studio:build",
        "Apache-2.0 (trained here on emoji of Noto, Apache-2.0, Twemoji, CC-BY 4.0, and Fluent, MIT)",
        _EXAMPLE,
    ),
    ModelSpec(
        "text_to_image/cascade",
        "Picture world, cascade",
        (
            Bundled(
                "text_to_image/base.safetensors",
                (
                    "text_to_image/enlarger.safetensors",
                    "text_to_image/denoiser.safetensors",
                    "text_to_image/autoencoder.safetensors",
                    "text_to_image/detector.safetensors",
                ),
            ),
        ),
        "genai_demo.text_to_image.cascade:build",
        "Apache-2.0 (trained here on drawings of this project)",
        "genai_demo.text_to_image.cascade:example",
    ),
    ModelSpec(
        "text_to_image/codes",
        "Picture world, codes",
        (
            Bundled(
                "text_to_image/writer.safetensors",
                (
                    "text_to_image/fsq.safetensors",
                    "text_to_image/vq.safetensors",
                    "text_to_image/denoiser.safetensors",
                    "text_to_image/autoencoder.safetensors",
                    "text_to_image/detector.safetensors",
                ),
            ),
        ),
        "genai_demo.text_to_image.writer:build",
        "Apache-2.0 (trained here on drawings of this project)",
        "genai_demo.text_to_image.writer:example",
    ),
    ModelSpec(
        "text_to_image/dit",
        "Picture world, transformer",
        (
            Bundled(
                "text_to_image/dit.safetensors",
                (
                    "text_to_image/straight.safetensors",
                    "text_to_image/denoiser.safetensors",
                    "text_to_image/autoencoder.safetensors",
                    "text_to_image/detector.safetensors",
                ),
            ),
        ),
        "genai_demo.text_to_image.pair:build",
        "Apache-2.0 (trained here on drawings of this project)",
        "genai_demo.text_to_image.pair:example",
    ),
    ModelSpec(
        "text_to_image/sd-turbo",
        "SD-Turbo, 512x512 in one step",
        (Hub("stabilityai/sd-turbo"),),
        _HUB,
        "Stability AI non-commercial research licence",
        _EXAMPLE,
    ),
    ModelSpec(
        "text_to_image/sd-1-5",
        "Stable Diffusion 1.5, 512x512",
        (Hub("stable-diffusion-v1-5/stable-diffusion-v1-5"),),
        _HUB,
        "CreativeML OpenRAIL-M",
        _EXAMPLE,
    ),
    ModelSpec(
        "text_to_image/dit-xl",
        "DiT-XL/2, a class in place of a prompt, 256x256",
        (Hub("facebook/DiT-XL-2-256"),),
        "genai_demo.text_to_image.classes:build",
        "CC-BY-NC 4.0 (Meta)",
        _EXAMPLE,
    ),
)
WORLD = ("text_to_image/world",)
CASCADE, CODES, DIT = ("text_to_image/cascade",), ("text_to_image/codes",), ("text_to_image/dit",)
KEYS = tuple(spec.key for spec in SPECS if spec.key not in (*CASCADE, *CODES, *DIT))
LOOKING = tuple(key for key in KEYS if key != "text_to_image/dit-xl")  # at words
WAY = 0.1  # seconds a step on a lent GPU, at most

RUNS = (
    Run(
        "text_to_image/generate",
        "From a prompt to pictures, step by step, with what each word looks at",
        of.GenerateOptions,
        "genai_demo.text_to_image.generate:generate",
        KEYS,
        lambda o: 30 + int(WAY * o.steps * o.samples),
    ),
    Run(
        "text_to_image/fork",
        "Two ways from one noise: other words, a word weighed, other guidance, another sampler",
        of.ForkOptions,
        "genai_demo.text_to_image.fork:fork",
        KEYS,
        lambda o: 30 + int(2 * WAY * o.steps * o.samples),
    ),
    Run(
        "text_to_image/edit",
        "Change a picture by words, all of it or a part",
        of.EditOptions,
        "genai_demo.text_to_image.edit:edit",
        KEYS,
        lambda o: 30 + int(WAY * o.steps * o.samples * o.resample),
    ),
    Run(
        "text_to_image/outpaint",
        "The canvas grows, half a picture at a time",
        of.OutpaintOptions,
        "genai_demo.text_to_image.edit:outpaint",
        KEYS,
        lambda o: 30 + int(WAY * o.steps * o.samples * o.resample * o.times),
    ),
    Run(
        "text_to_image/blend",
        "From one prompt to another",
        of.BlendOptions,
        "genai_demo.text_to_image.blend:blend",
        KEYS,
        lambda o: 30 + int(WAY * o.steps * o.samples),
    ),
    Run(
        "text_to_image/attend",
        "Where words find themselves in a picture of yours",
        of.AttendOptions,
        "genai_demo.text_to_image.attend:attend",
        LOOKING,
        lambda o: 30 + int(WAY * o.steps),
    ),
    Run(
        "text_to_image/autoencoder",
        "The autoencoder alone: what it loses, and what its channels do",
        of.AutoencoderOptions,
        "genai_demo.text_to_image.codes:autoencoder",
        KEYS,
        lambda o: 30 + int(WAY * o.steps),
    ),
    Run(
        "text_to_image/cascade",
        "A small picture first, then a network that enlarges it, beside latent diffusion",
        of.CascadeOptions,
        "genai_demo.text_to_image.sizes:both",
        CASCADE,
        lambda o: 30 + int(WAY * (2 * o.steps + o.enlarging) * o.samples),
    ),
    Run(
        "text_to_image/write",
        "A picture written like a text, code by code; one code exchanged",
        of.WriteOptions,
        "genai_demo.text_to_image.write:write",
        CODES,
        lambda o: 30 + int(0.1 * WAY * 64 * o.samples),
    ),
    Run(
        "text_to_image/codebook",
        "A picture through two codebooks, VQ and FSQ, and how much of each is used",
        of.CodebookOptions,
        "genai_demo.text_to_image.codebook:codebook",
        CODES,
        lambda o: 30 + int(0.1 * WAY * o.scenes),
    ),
    Run(
        "text_to_image/dit",
        "A U-Net, a transformer, and one that flow matching taught, on the same noise",
        of.DitOptions,
        "genai_demo.text_to_image.dit:dit",
        DIT,
        lambda o: 30 + int(3 * WAY * o.steps * o.samples),
    ),
    Run(
        "text_to_image/guidance",
        "What guidance is worth: prompts obeyed against variety, measured live",
        of.GuidanceOptions,
        "genai_demo.text_to_image.guidance:guidance",
        WORLD,
        lambda o: 30 + int(0.1 * WAY * o.steps * o.samples * o.prompts * 10),
    ),
)
