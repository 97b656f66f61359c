"""Encoders: a Transformer that reads both ways is looked into, layer by layer."""

from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, Hub, ModelSpec
from genai_demo.encoder import options
from genai_demo.encoder.ways_options import WaysOptions
from genai_demo.language import minilm

FAMILY = Family(
    "Encoder",
    "Text",
    "Read a whole text at once, both ways, until every word is a vector that says what it means there.",
    starts=(
        ("Swap a word, see what moves", "run=encoder/swap"),
        ("Where each head looks", "run=encoder/inside"),
        ("Which sentences mean the same?", "run=encoder/similar"),
    ),
)
BUILD, EXAMPLE = "genai_demo.encoder.model:build", "genai_demo.encoder.model:example"
MINILM = ModelSpec(
    "encoder/minilm",
    "all-MiniLM-L6-v2",
    (minilm.MINILM, Hub("sentence-transformers/all-MiniLM-L6-v2")),
    BUILD,
    "MIT (as packaged)",
    EXAMPLE,
)


def _hub(key: str, title: str, repo: str, licence: str) -> ModelSpec:
    return ModelSpec(f"encoder/{key}", title, (Hub(repo),), BUILD, licence, EXAMPLE)


LARGER = (
    _hub("bert", "BERT base, from the hub", "google-bert/bert-base-uncased", "Apache-2.0 (Google)"),
    _hub("roberta", "RoBERTa base, from the hub", "FacebookAI/roberta-base", "MIT (Meta)"),
)
HEADS = tuple(
    ModelSpec(
        f"encoder/{name}",
        title,
        (Bundled(f"encoder/{name}.safetensors"),),
        "genai_demo.encoder.heads:build",
        "Apache-2.0",
        "genai_demo.encoder.heads:example",
    )
    for name, title in (("topic", "What a description is of: heads"), ("names", "People and places: heads"))
)
SPECS: tuple[ModelSpec, ...] = (MINILM, *LARGER, *HEADS)
MODELS = tuple(spec.key for spec in (MINILM, *LARGER))
EXACT = 1  # thread of what is to replay to the last bit

RUNS: tuple[Run, ...] = (
    Run(
        "encoder/inside",
        "What each head of each layer looks at, in both directions",
        options.InsideOptions,
        "genai_demo.encoder.inside:inside",
        MODELS,
        lambda o: 15,
        threads=EXACT,
    ),
    Run(
        "encoder/masks",
        "The same text read both ways, and from left to right only",
        options.MasksOptions,
        "genai_demo.encoder.masks:masks",
        MODELS,
        lambda o: 15,
        threads=EXACT,
    ),
    Run(
        "encoder/swap",
        "One word swapped for another: which tokens move, and how far, layer by layer",
        options.SwapOptions,
        "genai_demo.encoder.swap:swap",
        MODELS,
        lambda o: 15,
        threads=EXACT,
    ),
    Run(
        "encoder/similar",
        "Sentences as vectors: who is near whom, layer by layer",
        options.SimilarOptions,
        "genai_demo.encoder.similar:similar",
        MODELS,
        lambda o: 20,
        threads=EXACT,
    ),
    Run(
        "encoder/topic",
        "What kind of thing a description is of, read after each layer",
        options.TopicOptions,
        "genai_demo.encoder.topic:topic",
        (MINILM.key,),
        lambda o: 15,
        threads=EXACT,
    ),
    Run(
        "encoder/names",
        "Which words are a person's or a place's name, read after each layer",
        options.NamesOptions,
        "genai_demo.encoder.names:names",
        (MINILM.key,),
        lambda o: 15,
        threads=EXACT,
    ),
    Run(
        "encoder/ways",
        "Three ways to learn from one text: the next character, hidden ones, a hole",
        WaysOptions,
        "genai_demo.encoder.ways:learn_ways",
        (),
        lambda o: 2 + o.steps * 0.05,
        threads=EXACT,
    ),
)
