"""Mixture of experts: small language models whose tokens go to a few of many experts, and their dense twins."""

from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, Hub, ModelSpec
from genai_demo.moe import options

FAMILY = Family(
    "Mixture of experts",
    "Text",
    "Many experts in each layer, and a router that sends every token to a few of them.",
    starts=(
        ("Where do your words go?", "run=moe/route"),
        ("Watch a router collapse", "run=moe/train"),
        ("Which words does an expert like?", "run=moe/words"),
    ),
)
BUILD, EXAMPLE = "genai_demo.moe.network:build", "genai_demo.moe.network:example"


def _bundled(name: str, title: str) -> ModelSpec:
    return ModelSpec(f"moe/{name}", title, (Bundled(f"moe/{name}.safetensors"),), BUILD, "Apache-2.0", EXAMPLE)


def _hub(key: str, title: str, repo: str, licence: str) -> ModelSpec:
    return ModelSpec(f"moe/{key}", title, (Hub(repo),), BUILD, licence, EXAMPLE)


TOP2 = _bundled("top2", "Eight experts, two a token")
TOP1 = _bundled("top1", "Eight experts, one a token")
ACTIVE = _bundled("active", "Dense twin, as wide as two experts")
TOTAL = _bundled("total", "Dense twin, as wide as all experts")
LARGER = (
    _hub("olmoe", "OLMoE 7B, from the hub", "allenai/OLMoE-1B-7B-0924", "Apache-2.0 (Allen AI)"),
    _hub("qwen", "Qwen1.5-MoE 14B, from the hub", "Qwen/Qwen1.5-MoE-A2.7B", "Tongyi Qianwen licence (Alibaba)"),
    _hub("mixtral", "Mixtral 8x7B, from the hub", "mistralai/Mixtral-8x7B-v0.1", "Apache-2.0 (Mistral AI)"),
)
SPECS: tuple[ModelSpec, ...] = (TOP2, TOP1, ACTIVE, TOTAL, *LARGER)
MODELS = (TOP2.key, TOP1.key, *(spec.key for spec in LARGER))
EXACT = 1  # thread of what is to replay to the last bit

RUNS: tuple[Run, ...] = (
    Run(
        "moe/route",
        "Where each token of a text goes, layer by layer, and how the experts are loaded",
        options.RouteOptions,
        "genai_demo.moe.route:route",
        MODELS,
        lambda o: 15,
        threads=EXACT,
    ),
    Run(
        "moe/context",
        "The same tokens in two texts: do they go to the same experts?",
        options.ContextOptions,
        "genai_demo.moe.context:context",
        MODELS,
        lambda o: 15,
        threads=EXACT,
    ),
    Run(
        "moe/topk",
        "From one expert a token to all of them: perplexity of your text, and of text held out",
        options.TopkOptions,
        "genai_demo.moe.topk:topk",
        MODELS,
        lambda o: 10 + o.stretches * 5,
        threads=EXACT,
    ),
    Run(
        "moe/force",
        "Experts switched off, or one forced: what comes next, before and after",
        options.ForceOptions,
        "genai_demo.moe.force:force",
        MODELS,
        lambda o: 30,
        threads=EXACT,
    ),
    Run(
        "moe/capacity",
        "Room for so many tokens at each expert, and those that find none",
        options.CapacityOptions,
        "genai_demo.moe.capacity:capacity",
        MODELS,
        lambda o: 30,
        threads=EXACT,
    ),
    Run(
        "moe/words",
        "The words each expert likes best, and which domains an expert tells apart",
        options.WordsOptions,
        "genai_demo.moe.words:words",
        MODELS,
        lambda o: 5 + o.stretches,
        threads=EXACT,
    ),
    Run(
        "moe/train",
        "Experts learn points live, side by side with the balance loss and without: load, regions, losses",
        options.TrainOptions,
        "genai_demo.moe.balance:train",
        (),
        lambda o: 5 + o.steps // 40,
        threads=EXACT,
    ),
    Run(
        "moe/twins",
        "Parameters held and used, FLOPs, time and memory, and perplexity, of mixtures and their dense twins",
        options.TwinsOptions,
        "genai_demo.moe.twins:twins",
        (),
        lambda o: 15 + o.times,
        threads=EXACT,
    ),
)
