"""State spaces: a state of fixed size that is read and written token by token, beside attention."""

from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, Hub, ModelSpec
from genai_demo.ssm import options

FAMILY = Family(
    "Mamba",
    "Text",
    "Carry a state of fixed size through the text, and choose at each token what to keep and what to forget.",
    starts=(
        ("Follow a signal, or forget it", "run=ssm/signal"),
        ("What is kept of a text?", "run=ssm/state"),
        ("Learn to look back, live", "run=ssm/tasks"),
    ),
)
BUILD, EXAMPLE = "genai_demo.ssm.network:build", "genai_demo.ssm.network:example"


def _shipped(name: str, title: str, file: str = "") -> ModelSpec:
    sources = (Bundled(file or f"ssm/{name}.safetensors"),)
    return ModelSpec(f"ssm/{name}", title, sources, BUILD, "Apache-2.0", EXAMPLE)


def _hub(name: str, title: str, repo: str, licence: str) -> ModelSpec:
    return ModelSpec(f"ssm/{name}", title, (Hub(repo),), BUILD, licence, EXAMPLE)


MAMBA2 = _shipped("mamba2", "Mamba-2, trained here")
SHIPPED = (
    MAMBA2,
    _shipped("s4", "S4D, without selection, trained here"),
    _shipped("hybrid", "Mamba-2 with a layer of attention, trained here"),
    _shipped("attention", "Attention: the page of experts' dense twin", "moe/active.safetensors"),
)
LARGER = _hub("mamba2-130m", "Mamba-2 130M, from the hub", "AntonV/mamba2-130m-hf", "Apache-2.0 (Dao & Gu)")
FIRST = _hub("mamba-130m", "Mamba 130M, from the hub", "state-spaces/mamba-130m-hf", "Apache-2.0 (Gu & Dao)")
BAMBA = _hub("bamba-9b", "Bamba 9B, a mixture, from the hub", "ibm-ai-platform/Bamba-9B-v2", "Apache-2.0 (IBM)")
SPECS: tuple[ModelSpec, ...] = (*SHIPPED, LARGER, FIRST, BAMBA)
READABLE = (MAMBA2.key, LARGER.key)  # those whose state is read through (reading.py)
EXACT = 1  # thread of what is to replay to the last bit

RUNS: tuple[Run, ...] = (
    Run(
        "ssm/signal",
        "One number of state follows a signal or forgets it: delta, kept, added, kernel",
        options.SignalOptions,
        "genai_demo.ssm.signal:signal",
        (),
        lambda o: 2,
        threads=EXACT,
    ),
    Run(
        "ssm/state",
        "The state of a Mamba-2 token by token: delta, B, C, what is kept and what forgotten",
        options.StateOptions,
        "genai_demo.ssm.state:state",
        READABLE,
        lambda o: 15,
        threads=EXACT,
    ),
    Run(
        "ssm/hidden",
        "Mamba-2's hidden attention beside a decoder's own on one text, layer by layer",
        options.HiddenOptions,
        "genai_demo.ssm.hidden:hidden",
        READABLE,
        lambda o: 15,
        threads=EXACT,
    ),
    Run(
        "ssm/tasks",
        "Copying, induction, recall: learnt live, with selection or the short convolution taken away",
        options.TaskOptions,
        "genai_demo.ssm.tasks:tasks",
        (),
        lambda o: 5 + o.steps * o.layers // 30,
        threads=EXACT,
    ),
    Run(
        "ssm/length",
        "Time and memory against the length of a text, measured: attention, a state space, both",
        options.LengthOptions,
        "genai_demo.ssm.length:length",
        (),
        lambda o: 5 + o.longest // 200,
        threads=EXACT,
    ),
    Run(
        "ssm/recall",
        "Recall that fades with distance, and recall that does not: learnt live, measured past what was learnt",
        options.RecallOptions,
        "genai_demo.ssm.recall:recall",
        (),
        lambda o: 5 + o.steps * (20 + o.learnt) // 120,
        threads=EXACT,
    ),
    Run(
        "ssm/compare",
        "One beginning gone on with by each model; perplexity by domain; what each keeps of what it read",
        options.CompareOptions,
        "genai_demo.ssm.compare:compare",
        tuple(spec.key for spec in SPECS),
        lambda o: 15 + o.max_new_tokens // 5,
        threads=EXACT,
    ),
)
