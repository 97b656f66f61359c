"""Vision-language models: a picture's patches stand among the words of a small decoder, or are looked at from it."""

from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, Hub, ModelSpec
from genai_demo.vlm import options

FAMILY = Family(
    "Vision-language",
    "Images and text",
    "Show a language model a picture: its patches become vectors among those of words, and you can ask about it.",
    starts=(
        ("Build a scene and ask", "run=vlm/ask"),
        ("What does an answer rest on?", "run=vlm/rest"),
        ("Erase a thing from its sight", "run=vlm/erase"),
        ("Ask for what isn't there", "run=vlm/invent"),
    ),
)
_MODEL = "genai_demo.vlm.model"


def _trained(name: str, title: str, *more: str, build: str = "build") -> ModelSpec:
    sources = (Bundled(f"vlm/{name}.safetensors", (*more, "text_to_image/detector.safetensors")),)
    return ModelSpec(f"vlm/{name}", title, sources, f"{_MODEL}:{build}", "Apache-2.0", f"{_MODEL}:example", threads=1)


LLAVA = _trained("llava", "LLaVA in small")
FUSION = _trained("fusion", "Flamingo in small", "vlm/language.safetensors")
ALIGNED = _trained("aligned", "LLaVA in small, first stage", "vlm/language.safetensors")
LANGUAGE = _trained("language", "The decoder before it sees", build="build_language")


def _hub(name: str, title: str, repo: str, licence: str) -> ModelSpec:
    build = "genai_demo.vlm.hub"
    return ModelSpec(f"vlm/{name}", title, (Hub(repo),), f"{build}:build", licence, f"{build}:example")


LARGER = (
    _hub("smolvlm", "SmolVLM 256M, from the hub", "HuggingFaceTB/SmolVLM-256M-Instruct", "Apache-2.0 (Hugging Face)"),
    _hub(
        "smolvlm-500m", "SmolVLM 500M, from the hub", "HuggingFaceTB/SmolVLM-500M-Instruct", "Apache-2.0 (Hugging Face)"
    ),
    _hub("llava-7b", "LLaVA 1.5 7B, from the hub", "llava-hf/llava-1.5-7b-hf", "Llama 2 licence (Meta)"),
)
SPECS: tuple[ModelSpec, ...] = (LLAVA, FUSION, ALIGNED, LANGUAGE, *LARGER)
SEEING = (LLAVA.key, FUSION.key, ALIGNED.key)
ANY = (*SEEING, *(spec.key for spec in LARGER))

RUNS: tuple[Run, ...] = (
    Run(
        "vlm/ask",
        "Questions about a picture, answered word by word, each beside the answer to a grey picture",
        options.AskOptions,
        "genai_demo.vlm.ask:ask",
        ANY,
        lambda o: 20,
        threads=1,
    ),
    Run(
        "vlm/rest",
        "What an answer rests on: each patch left out, covered, attended to, and how far these agree",
        options.RestOptions,
        "genai_demo.vlm.rest:rest",
        SEEING,
        lambda o: 20,
        threads=1,
    ),
    Run(
        "vlm/patches",
        "The nearest word of each patch, behind the projector and behind each layer",
        options.PatchesOptions,
        "genai_demo.vlm.patches:patches",
        SEEING,
        lambda o: 10,
        threads=1,
    ),
    Run(
        "vlm/erase",
        "A thing erased by subtracting its direction from the patches, and what is answered then",
        options.EraseOptions,
        "genai_demo.vlm.erase:erase",
        SEEING,
        lambda o: 10 + o.steps,
        threads=1,
    ),
    Run(
        "vlm/move",
        "One thing of a scene moves, and at each step the same questions are asked: which answers flip?",
        options.MoveOptions,
        "genai_demo.vlm.move:move",
        SEEING,
        lambda o: 10 + o.steps,
        threads=1,
    ),
    Run(
        "vlm/parts",
        "The projector as trained, shuffled, new, left out, noise; a grey picture; cross-attention in its place",
        options.PartsOptions,
        "genai_demo.vlm.parts:parts",
        (),
        lambda o: 15 + o.scenes,
        threads=1,
    ),
    Run(
        "vlm/stages",
        "How the models were trained: the decoder, the projector, both; gates that open",
        options.StagesOptions,
        "genai_demo.vlm.stages:stages",
        (),
        lambda o: 10,
        threads=1,
    ),
    Run(
        "vlm/invent",
        "Asked for what is not there: how often does it see it nevertheless?",
        options.InventOptions,
        "genai_demo.vlm.invent:invent",
        SEEING,
        lambda o: 10 + o.scenes,
        threads=1,
    ),
    Run(
        "vlm/caption",
        "A caption, and what CLIP finds by its words",
        options.CaptionOptions,
        "genai_demo.vlm.caption:caption",
        ANY,
        lambda o: 20 + o.others // 20,
        threads=1,
    ),
)
