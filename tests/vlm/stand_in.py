"""Vision-language models of the hub in the place of which tiny ones of the same classes stand, made here."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}: {% for c in m['content'] %}{% if c['type'] == 'image' %}<image>{% else %}"
    "{{ c['text'] }}{% endif %}{% endfor %}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"
)
TEXT = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
EYE = {**TEXT, "image_size": 32, "patch_size": 8}


def tokenizer() -> Any:
    """Letters as tokens, and the marks of pictures."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    inner.pre_tokenizer, inner.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="</s>", pad_token="</s>")
    marks = ["<image>", "<fake_token_around_image>", "<end_of_utterance>", "<global-img>"]
    made.add_special_tokens({"additional_special_tokens": marks})
    return made


def llava_folder(place: Path) -> None:
    """A LLaVA of a few thousand weights, with its processor."""
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    words = tokenizer()
    image = words.convert_tokens_to_ids("<image>")
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**EYE),
        text_config=LlamaConfig(vocab_size=len(words), num_key_value_heads=4, **TEXT),
        image_token_id=image,
        vision_feature_layer=-1,
    )
    eye = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    torch.manual_seed(0)
    LlavaForConditionalGeneration(config).save_pretrained(place)
    LlavaProcessor(
        eye, words, patch_size=8, vision_feature_select_strategy="default", chat_template=TEMPLATE,
        num_additional_image_tokens=1,
    ).save_pretrained(place)  # fmt: skip


def smolvlm_folder(place: Path) -> None:
    """A SmolVLM of a few thousand weights, of the class that its own weights are of, with its processor."""
    from transformers import (
        Idefics3Config,
        Idefics3ForConditionalGeneration,
        Idefics3ImageProcessor,
        Idefics3Processor,
        LlamaConfig,
    )

    words = tokenizer()
    config = Idefics3Config(
        vision_config=EYE,
        text_config=LlamaConfig(vocab_size=len(words), num_key_value_heads=4, pad_token_id=0, **TEXT),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        pad_token_id=0,
    )
    eye = Idefics3ImageProcessor(size={"longest_edge": 32}, max_image_size={"longest_edge": 32})
    torch.manual_seed(0)
    Idefics3ForConditionalGeneration(config).save_pretrained(place)
    Idefics3Processor(eye, words, image_seq_len=4, chat_template=TEMPLATE).save_pretrained(place)


def _made(folder: Callable[[Path], None]) -> Any:
    from genai_demo.vlm import hub

    with tempfile.TemporaryDirectory() as place:
        folder(Path(place))
        return hub.build(place)


@functools.cache
def llava() -> Any:
    return _made(llava_folder)


@functools.cache
def smolvlm() -> Any:
    return _made(smolvlm_folder)


STAND_INS = {"vlm/llava-7b": llava, "vlm/smolvlm": smolvlm, "vlm/smolvlm-500m": smolvlm}
QUICK = {"vlm/stages": {"training": "aligned"}}  # the whole is more frames than a recording keeps
