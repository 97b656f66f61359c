"""Encoders: a Transformer that reads both ways is looked into, layer by layer."""

from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, Hub, ModelSpec
from genai_demo.encoder import antiberty, options
from genai_demo.encoder.ways_options import WaysOptions
from genai_demo.language import minilm

FAMILY = Family(
    "Encoder",
    "Text",
    "Read a whole text at once, both ways, until every word is a vector that says what it means there.",
    starts=(
        ("Hide a word", "run=encoder/fill"),
        ("Swap a word, see what moves", "run=encoder/swap"),
        ("Which sentences mean the same?", "run=encoder/similar"),
    ),
)
MASKED = "genai_demo.encoder.masked"
MINILM = ModelSpec(
    "encoder/minilm",
    "all-MiniLM-L6-v2",
    (minilm.MINILM, Hub("sentence-transformers/all-MiniLM-L6-v2")),
    "genai_demo.encoder.model:build",
    "MIT (as packaged)",
    "genai_demo.encoder.model:example",
)


def _naming(key: str, title: str, source: Bundled | Hub, licence: str) -> ModelSpec:
    """One with a head that names hidden words."""
    return ModelSpec(f"encoder/{key}", title, (source,), f"{MASKED}:build", licence, f"{MASKED}:example")


WORDS = _naming(
    "words",
    "MiniLM, trained on gaps",
    Bundled("encoder/words-1.safetensors", ("encoder/words-2.safetensors", "encoder/words-3.safetensors")),
    "Apache-2.0; the network it was trained on from, all-MiniLM-L6-v2, MIT as packaged",
)
LARGER = (
    _naming("bert", "BERT base, from the hub", Hub("google-bert/bert-base-uncased"), "Apache-2.0 (Google)"),
    _naming("roberta", "RoBERTa base, from the hub", Hub("FacebookAI/roberta-base"), "MIT (Meta)"),
)
DISTIL = _naming(  # its layers have other names: it is not looked into
    "distilbert", "DistilBERT, from the hub", Hub("distilbert/distilbert-base-uncased"), "Apache-2.0 (Hugging Face)"
)
ANTIBERTY = ModelSpec(
    "encoder/antiberty",
    "AntiBERTy: antibodies, not English",
    (antiberty.PACKAGE,),
    "genai_demo.encoder.proteins:build",
    "MIT (as packaged)",
    "genai_demo.encoder.proteins:example",
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
    for name, title in (
        ("topic", "What a description is of: heads"),
        ("names", "People and places: heads"),
        ("next", "Next sentence, as BERT learnt it: heads"),
        ("order", "Next sentence, by order: heads"),
    )
)
SPANS = ModelSpec(
    "encoder/span",
    "Where the answer stands: best spans",
    (Bundled("encoder/span.safetensors"),),
    "genai_demo.encoder.span:build",
    "Apache-2.0",
    "genai_demo.encoder.span:example",
)
VIT = ModelSpec(
    "encoder/patches",
    "Vision Transformer, Fashion-MNIST",
    (Bundled("encoder/patches.safetensors"),),
    "genai_demo.encoder.vit:build",
    "Apache-2.0",
    "genai_demo.encoder.vit:example",
)
SPECS: tuple[ModelSpec, ...] = (MINILM, WORDS, *LARGER, DISTIL, ANTIBERTY, *HEADS, SPANS, VIT)
ENGLISH = tuple(spec.key for spec in (MINILM, WORDS, *LARGER))
MODELS = (*ENGLISH, ANTIBERTY.key)
NAMERS = tuple(spec.key for spec in (WORDS, *LARGER, DISTIL, ANTIBERTY))
EXACT = 1  # thread of what is to replay to the last bit

RUNS: tuple[Run, ...] = (
    Run(
        "encoder/fill",
        "What stood behind each mask, with probabilities",
        options.FillOptions,
        "genai_demo.encoder.fill:fill",
        NAMERS,
        lambda o: 15,
        threads=EXACT,
    ),
    Run(
        "encoder/unmask",
        "Masks filled one after the other, the surest first; a sentence out of nothing but masks",
        options.UnmaskOptions,
        "genai_demo.encoder.unmask:unmask",
        NAMERS,
        lambda o: 20,
        threads=EXACT,
    ),
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
        "encoder/answer",
        "A question put to a text: where the answer begins and ends, and the best stretch",
        options.AnswerOptions,
        "genai_demo.encoder.answer:answer",
        (MINILM.key,),
        lambda o: 15,
        threads=EXACT,
    ),
    Run(
        "encoder/follows",
        "Does one sentence follow another? Two heads: as BERT learnt it, and by order",
        options.FollowsOptions,
        "genai_demo.encoder.follows:follows",
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
    Run(
        "encoder/neurons",
        "One number inside a layer: the words of a library at which it is largest",
        options.NeuronsOptions,
        "genai_demo.encoder.neurons:neurons",
        ENGLISH,
        lambda o: 5 + o.sentences * 0.05,
        threads=EXACT,
    ),
    Run(
        "encoder/patches",
        "A picture read as words: its patches, what each head looks at, and what it is told to be",
        options.PatchesOptions,
        "genai_demo.encoder.patches:patches",
        (VIT.key,),
        lambda o: 10,
        threads=EXACT,
    ),
)
