"""A language model of a few thousand random numbers in the place of the one that is fetched: same classes."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genai_demo.core.device import seeded
from genai_demo.language.model import LanguageModel, build
from genai_demo.language.text import byte_of

MERGES = ["t h", "th e", "i n", "a n", "e r", "Ġ t", "Ġt h", "Ġth e", "Ġ a", "Ġ s", "o n", "r e"]
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
STAND_INS: dict[str, Any] = {}  # no key is of language/ itself: an architecture names its own


def save(folder: Path, layers: int = 3) -> Path:
    """A LLaMA of width 32, four heads, two of keys and values, with a byte-level tokenizer; the folder."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = list(byte_of())
    vocabulary = {token: i for i, token in enumerate([*SPECIALS, *letters, *("".join(m.split()) for m in MERGES)])}
    inner = Tokenizer(models.BPE(vocab=vocabulary, merges=[tuple(m.split()) for m in MERGES]))
    parts = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    inner.pre_tokenizer = pre_tokenizers.Sequence(parts)
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<|im_start|>", eos_token="<|im_end|>", unk_token="<|endoftext|>"
    )
    tokenizer.chat_template = TEMPLATE
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=512,
        eos_token_id=2,
        bos_token_id=1,
        pad_token_id=2,
        tie_word_embeddings=True,
        initializer_range=0.2,
    )
    with seeded(0):
        network = LlamaForCausalLM(config)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def language_model(folder: Path) -> LanguageModel:
    """The tiny model, loaded from the folder as one of the hub is."""
    return build(str(save(folder))).to(torch.float32).eval().requires_grad_(False)


@functools.cache
def tiny() -> LanguageModel:
    """One for all tests of a process."""
    with tempfile.TemporaryDirectory(prefix="genai-demo-tiny-") as folder:
        return language_model(Path(folder))


def gguf(path: Path) -> Path:
    """The tiny model as a GGUF file, fp32."""
    from gguf import GGUFWriter, TokenType

    model = tiny()
    config, tokenizer = model.network.config, model.tokenizer
    names = [tokenizer.convert_ids_to_tokens(i) for i in range(config.vocab_size)]
    out = GGUFWriter(path, "llama")
    out.add_context_length(config.max_position_embeddings)
    out.add_embedding_length(config.hidden_size)
    out.add_block_count(config.num_hidden_layers)
    out.add_feed_forward_length(config.intermediate_size)
    out.add_head_count(config.num_attention_heads)
    out.add_head_count_kv(config.num_key_value_heads)
    out.add_layer_norm_rms_eps(config.rms_norm_eps)
    out.add_rope_dimension_count(config.head_dim)
    out.add_rope_freq_base(config.rope_parameters["rope_theta"])
    out.add_vocab_size(config.vocab_size)
    out.add_file_type(0)
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("smollm")
    out.add_token_list(names)
    out.add_token_types([TokenType.CONTROL if name in SPECIALS else TokenType.NORMAL for name in names])
    out.add_token_merges(MERGES)
    out.add_bos_token_id(1)
    out.add_eos_token_id(2)
    out.add_add_bos_token(False)
    out.add_chat_template(TEMPLATE)
    for name, tensor in _tensors(model):
        out.add_tensor(name, tensor.numpy())
    for step in (out.write_header_to_file, out.write_kv_data_to_file, out.write_tensors_to_file, out.close):
        step()
    return path


PLACES = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def _tensors(model: LanguageModel) -> Iterator[tuple[str, Tensor]]:
    """The weights under llama.cpp's names; it turns neighbours in queries and keys, where Transformers turns halves."""
    weights, config = model.network.state_dict(), model.network.config
    yield "token_embd.weight", weights["model.embed_tokens.weight"]
    yield "output_norm.weight", weights["model.norm.weight"]
    for layer in range(config.num_hidden_layers):
        for theirs, ours in PLACES.items():
            tensor = weights[f"model.layers.{layer}.{theirs}.weight"]
            if ours in ("attn_q", "attn_k"):
                pairs = tensor.unflatten(0, (-1, 2, config.head_dim // 2))
                tensor = pairs.transpose(1, 2).flatten(0, 2).contiguous()
            yield f"blk.{layer}.{ours}.weight", tensor
