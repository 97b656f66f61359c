"""Encoder-decoders: one half reads a text both ways, the other writes another text, looking at what was read."""

from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, ModelSpec
from genai_demo.seq2seq import options

FAMILY = Family(
    "Encoder-decoder",
    "Text",
    "Read a text both ways, then write another one piece by piece, looking back at what was read.",
    starts=(
        ("Translate, piece by piece", "run=seq2seq/translate"),
        ("Watch the beams", "run=seq2seq/beam"),
        ("Why not that word?", "run=seq2seq/force"),
    ),
)
TRANSLATOR = ModelSpec(
    "seq2seq/translator",
    "Translator, trained here",
    (Bundled("seq2seq/translator.safetensors"),),
    "genai_demo.seq2seq.model:build",
    "Apache-2.0",
    "genai_demo.seq2seq.model:example",
)
SPECS: tuple[ModelSpec, ...] = (TRANSLATOR,)
MODELS = (TRANSLATOR.key,)
EXACT = 1  # thread of what is to replay to the last bit

RUNS: tuple[Run, ...] = (
    Run(
        "seq2seq/translate",
        "A text translated piece by piece, and where the decoder looks as it writes each",
        options.TranslateOptions,
        "genai_demo.seq2seq.translate:translate",
        MODELS,
        lambda o: 20,
        threads=EXACT,
    ),
    Run(
        "seq2seq/beam",
        "Beam search step by step: what is kept, what is pruned, what has ended",
        options.BeamOptions,
        "genai_demo.seq2seq.beam:beam",
        MODELS,
        lambda o: 30,
        threads=EXACT,
    ),
    Run(
        "seq2seq/force",
        "A given translation scored piece by piece, beside another one",
        options.ForceOptions,
        "genai_demo.seq2seq.force:force",
        MODELS,
        lambda o: 20,
        threads=EXACT,
    ),
)
