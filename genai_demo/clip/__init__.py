"""CLIP: pictures and words in one space, trained by contrast."""

from genai_demo.clip import options as of
from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, Hub, ModelSpec

FAMILY = Family(
    "CLIP",
    "Images and text",
    "Pictures and words in one space: what belongs together lies together.",
    starts=(
        ("Every picture against every text", "run=clip/similarity"),
        ("What does it look at?", "run=clip/occlude"),
        ("Watch one learn", "run=clip/contrast"),
    ),
    data=("genai_demo.data.emoji:drawn_library",),
)

_EXAMPLE = "genai_demo.clip.model:example"
_HUB = "genai_demo.clip.hub:build"

SPECS: tuple[ModelSpec, ...] = (
    ModelSpec(
        "clip/atlas",
        "CLIP, small",
        (Bundled("clip/atlas.safetensors"),),
        "genai_demo.clip.model:build",
        "Apache-2.0 (trained here on emoji of Noto and Firefox OS, Apache-2.0, of Fluent, MIT, and on drawings of this "
        "project; word vectors from all-MiniLM-L6-v2, MIT)",
        _EXAMPLE,
        threads=1,
    ),
    ModelSpec(
        "clip/vit-b-32",
        "CLIP ViT-B/32, LAION-2B",
        (Hub("laion/CLIP-ViT-B-32-laion2B-s34B-b79K"),),
        _HUB,
        "MIT",
        _EXAMPLE,
    ),
    ModelSpec(
        "clip/vit-l-14",
        "CLIP ViT-L/14, LAION-2B",
        (Hub("laion/CLIP-ViT-L-14-laion2B-s32B-b82K"),),
        _HUB,
        "MIT",
        _EXAMPLE,
    ),
)
KEYS = tuple(spec.key for spec in SPECS)

RUNS: tuple[Run, ...] = (
    Run(
        "clip/similarity",
        "Pictures against texts: cosines, softmax by rows and columns, the loss of the pairs",
        of.SimilarityOptions,
        "genai_demo.clip.compare:similarity",
        KEYS,
        lambda o: 30,
    ),
    Run(
        "clip/classify",
        "Zero-shot: the classes are texts, made by templates",
        of.ClassifyOptions,
        "genai_demo.clip.classify:classify",
        KEYS,
        lambda o: 30,
    ),
    Run(
        "clip/search",
        "Words find pictures, pictures find pictures and words",
        of.SearchOptions,
        "genai_demo.clip.search:search",
        KEYS,
        lambda o: 20 + o.pictures // 100,
    ),
    Run(
        "clip/arithmetic",
        "A - B + C of words and pictures, and what is near",
        of.ArithmeticOptions,
        "genai_demo.clip.arithmetic:arithmetic",
        KEYS,
        lambda o: 20 + o.pictures // 100,
    ),
    Run(
        "clip/occlude",
        "A grey patch slides over the picture: what a similarity rests on",
        of.OccludeOptions,
        "genai_demo.clip.occlude:occlude",
        KEYS,
        lambda o: 40,
    ),
    Run(
        "clip/space",
        "The map of pictures and texts: the gap between them, and how it closes",
        of.SpaceOptions,
        "genai_demo.clip.space:space",
        KEYS,
        lambda o: 20 + o.scenes // 20,
    ),
    Run(
        "clip/typographic",
        "A word written on the picture, and what the picture is then taken for",
        of.TypographicOptions,
        "genai_demo.clip.typographic:typographic",
        KEYS,
        lambda o: 20 + o.steps,
    ),
    Run(
        "clip/contrast",
        "Contrastive training, live: the matrix turns diagonal",
        of.ContrastOptions,
        "genai_demo.clip.contrast:contrast",
        KEYS,
        lambda o: 30 + o.steps // 4,
        threads=1,
    ),
)
