"""Vision-language models: a picture's patches stand among the words of a small decoder, or are looked at from it."""

from genai_demo.core.spec import Bundled, ModelSpec

_MODEL = "genai_demo.vlm.model"


def _trained(name: str, title: str, *more: str, build: str = "build") -> ModelSpec:
    sources = (Bundled(f"vlm/{name}.safetensors", (*more, "text_to_image/detector.safetensors")),)
    return ModelSpec(
        f"vlm/{name}", title, sources, f"{_MODEL}:{build}", "Apache-2.0", f"{_MODEL}:example", threads=1
    )


LLAVA = _trained("llava", "LLaVA in small")
FUSION = _trained("fusion", "Flamingo in small", "vlm/language.safetensors")
ALIGNED = _trained("aligned", "LLaVA in small, first stage", "vlm/language.safetensors")
LANGUAGE = _trained("language", "The decoder before it sees", build="build_language")
SPECS: tuple[ModelSpec, ...] = (LLAVA, FUSION, ALIGNED, LANGUAGE)
