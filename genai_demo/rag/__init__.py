"""Retrieval-augmented generation: a library of documents is asked, and one sees why it answers as it does."""

from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import Hub, ModelSpec
from genai_demo.decoder import CHAT, SMALL
from genai_demo.language import minilm
from genai_demo.rag import options

FAMILY = Family(
    "RAG",
    "Systems",
    "Ask a library of documents, and see why it answers as it does.",
    starts=(("Ask", "run=rag/ask"), ("Knock a passage out", "run=rag/knock"), ("See a text cut", "run=rag/chunk")),
)

MINILM = ModelSpec(
    "rag/minilm",
    "all-MiniLM-L6-v2, sentence embedder",
    (minilm.MINILM, Hub("sentence-transformers/all-MiniLM-L6-v2")),
    "genai_demo.rag.embed:build",
    "MIT (as packaged)",
    "genai_demo.rag.embed:example",
)

SPECS: tuple[ModelSpec, ...] = (MINILM,)

RUNS: tuple[Run, ...] = (
    Run(
        "rag/ask",
        "Ask a library, and see stage by stage why it answers as it does",
        options.AskOptions,
        "genai_demo.rag.ask:ask",
        CHAT,
        lambda o: 30 + o.max_new_tokens // 4,
    ),
    Run(
        "rag/knock",
        "The same question with passages knocked out, or without any, beside the whole answer",
        options.KnockOptions,
        "genai_demo.rag.knock:knock",
        CHAT,
        lambda o: 40 + o.max_new_tokens // 2,
    ),
    Run(
        "rag/chunk",
        "A text cut into chunks, the cuts drawn on it",
        options.ChunkOptions,
        "genai_demo.rag.cuts:chunk",
        seconds=lambda o: 5,
    ),
    Run(
        "rag/stores",
        "Comparing with every vector against walking a graph: recall for milliseconds",
        options.StoresOptions,
        "genai_demo.rag.compare:stores",
        seconds=lambda o: 20 + o.n // 1000,
        threads=1,
    ),
    Run(
        "rag/walk",
        "The graph of HNSW, and the walk through it to the chunks nearest to a question",
        options.WalkOptions,
        "genai_demo.rag.walk:walk",
        seconds=lambda o: 20,
        threads=1,
    ),
    Run(
        "rag/kin",
        "The same passages in one prompt, averaged token by token, and looked up again while writing",
        options.KinOptions,
        "genai_demo.rag.kin:kin",
        (SMALL.key,),
        lambda o: 20 + o.max_new_tokens,
        threads=1,
    ),
)
