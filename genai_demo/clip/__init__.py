"""CLIP: pictures and words in one space, trained by contrast."""

from genai_demo.run import Run
from genai_demo.spec import Bundled, Hub, ModelSpec

_EXAMPLE = "genai_demo.clip.model:example"
_HUB = "genai_demo.clip.hub:build"

SPECS: tuple[ModelSpec, ...] = (
    ModelSpec(
        "clip/atlas", "CLIP, small", (Bundled("clip/atlas.safetensors"),), "genai_demo.clip.model:build",
        "Apache-2.0 (trained here on Noto, Apache-2.0, and Fluent, MIT, emoji and on drawings of this project; "
        "word vectors from all-MiniLM-L6-v2, MIT)", _EXAMPLE,
    ),
    ModelSpec("clip/vit-b-32", "CLIP ViT-B/32, LAION-2B", (Hub("laion/CLIP-ViT-B-32-laion2B-s34B-b79K"),), _HUB, "MIT",
              _EXAMPLE),
    ModelSpec("clip/vit-l-14", "CLIP ViT-L/14, LAION-2B", (Hub("laion/CLIP-ViT-L-14-laion2B-s32B-b82K"),), _HUB, "MIT",
              _EXAMPLE),
)  # fmt: skip
KEYS = tuple(spec.key for spec in SPECS)

RUNS: tuple[Run, ...] = ()
