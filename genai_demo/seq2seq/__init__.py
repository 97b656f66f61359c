"""Encoder-decoders: one half reads a text both ways, the other writes another text, looking at what was read."""

from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, Hub, ModelSpec
from genai_demo.seq2seq import options

FAMILY = Family(
    "Encoder-decoder",
    "Text",
    "Read a text both ways, then write another one piece by piece, looking back at what was read.",
    starts=(
        ("Translate, piece by piece", "run=seq2seq/translate"),
        ("Watch the beams", "run=seq2seq/beam"),
        ("Longer than it has learnt", "run=seq2seq/exact"),
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
EXACT_MODEL = ModelSpec(
    "seq2seq/exact",
    "Numbers and dates, trained here",
    (Bundled("seq2seq/exact.safetensors"),),
    "genai_demo.seq2seq.model:build_exact",
    "Apache-2.0",
    "genai_demo.seq2seq.model:example_exact",
)


def _hub(key: str, title: str, repo: str, licence: str) -> ModelSpec:
    return ModelSpec(
        f"seq2seq/{key}", title, (Hub(repo),), "genai_demo.seq2seq.hub:build", licence, "genai_demo.seq2seq.hub:example"
    )


OPUS = _hub("opus-fr", "opus-mt, into French, from the hub", "Helsinki-NLP/opus-mt-en-fr", "CC-BY-4.0 (Helsinki-NLP)")
FLAN = _hub("flan-t5", "FLAN-T5 small, from the hub", "google/flan-t5-small", "Apache-2.0 (Google)")
BART = _hub("bart", "BART base, from the hub", "facebook/bart-base", "Apache-2.0 (Meta)")
SPECS: tuple[ModelSpec, ...] = (TRANSLATOR, EXACT_MODEL, OPUS, FLAN, BART)
MODELS = (TRANSLATOR.key, OPUS.key, FLAN.key)
MENDERS = (TRANSLATOR.key, BART.key, FLAN.key)
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
        "A given translation scored piece by piece, beside what is written forced and running free",
        options.ForceOptions,
        "genai_demo.seq2seq.force:force",
        MODELS,
        lambda o: 20,
        threads=EXACT,
    ),
    Run(
        "seq2seq/compare",
        "Greedy, beam search and chance side by side on one text",
        options.CompareOptions,
        "genai_demo.seq2seq.compare:compare",
        MODELS,
        lambda o: 30,
        threads=EXACT,
    ),
    Run(
        "seq2seq/mend",
        "A text with gaps mended, written whole or only what is missing",
        options.MendOptions,
        "genai_demo.seq2seq.mend:mend",
        MENDERS,
        lambda o: 20,
        threads=EXACT,
    ),
    Run(
        "seq2seq/exact",
        "A number or a date in words, and how many are right, by their length",
        options.ExactOptions,
        "genai_demo.seq2seq.exact:exact",
        (EXACT_MODEL.key,),
        lambda o: 30,
        threads=EXACT,
    ),
)
