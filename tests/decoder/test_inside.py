"""The layers written by hand against those of Transformers; the runs that look inside; positions; the cache."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.device import seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import pack
from genai_demo.decoder.attention import (
    Cache,
    next_logits,
    parts,
    predict,
    project,
    rotate,
    scores,
    shared,
    through,
    turns,
)
from genai_demo.decoder.cache import cache
from genai_demo.decoder.inside import LayerStep, inside
from genai_demo.decoder.options import CacheOptions, InsideOptions, RotaryOptions
from genai_demo.decoder.rotary import rotary
from genai_demo.language.model import LanguageModel

TEXT = "the cat and the rat in the hat ate the other rats"


def qwen(tiny: LanguageModel) -> LanguageModel:
    """Another kind, with biases in its projections, and the tiny model's tokenizer."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    config = Qwen2Config(
        vocab_size=tiny.network.config.vocab_size,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        initializer_range=0.2,
        eos_token_id=2,
    )
    with seeded(1):
        network = Qwen2ForCausalLM(config).eval().requires_grad_(False)
        for layer in network.model.layers:
            layer.self_attn.q_proj.bias.uniform_()
            layer.self_attn.k_proj.bias.uniform_()
    return LanguageModel(network, tiny.tokenizer)


def compare(model: LanguageModel, implementation: str) -> None:
    """Stream, weights and logits by hand are those of the library, to 1e-4."""
    ids, before = model.encode(TEXT), model.network.config._attn_implementation
    net = parts(model.network)
    try:
        model.network.set_attn_implementation(implementation)
        with torch.inference_mode():
            theirs = model.network(
                torch.tensor([ids]), output_hidden_states=True, output_attentions=implementation == "eager"
            )
            mine = list(through(net, ids))
            logits = predict(net, mine[-1][0])
    finally:
        model.network.set_attn_implementation(before)
    tolerance = {"atol": 1e-4, "rtol": 1e-4}
    torch.testing.assert_close(logits, theirs.logits[0], **tolerance)
    for (x, _), expected in zip(mine, theirs.hidden_states[:-1], strict=False):  # their last one is normed
        torch.testing.assert_close(x, expected[0], **tolerance)
    for (_, weights), expected in zip(mine[1:], theirs.attentions or ()):
        torch.testing.assert_close(weights, expected[0], **tolerance)


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_the_layers_by_hand_are_those_of_the_library(tiny: LanguageModel, kind: str, implementation: str) -> None:
    compare(tiny if kind == "llama" else qwen(tiny), implementation)


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
def test_the_real_model_by_hand_is_that_of_the_library(real: LanguageModel, implementation: str) -> None:
    compare(copy.deepcopy(real).float(), implementation)


def test_the_lens_reads_off_what_the_real_model_knows(real: LanguageModel) -> None:
    frames = look(real, text="The capital of France is")
    assert frames[-1].lens[0].text == " Paris"
    assert [frame.answer > 0.01 for frame in frames[:25]] == [False] * 25  # it comes up in the last layers


@torch.inference_mode()
def test_reading_in_pieces_with_a_cache_is_reading_at_once(tiny: LanguageModel) -> None:
    net, ids, kept = parts(tiny.network), tiny.encode(TEXT), Cache()
    whole = next_logits(net, ids)
    for new in (ids[:5], ids[5:6], ids[6:]):
        logits = next_logits(net, new, kept)
    torch.testing.assert_close(logits, whole, atol=1e-4, rtol=1e-4)
    one = len(net.layers) * 2 * net.g * net.d * 4  # bytes of a token's keys and values in float32
    assert (kept.tokens, kept.bytes) == (len(ids), len(ids) * one)


@torch.inference_mode()
def test_a_copy_of_a_cache_grows_alone(tiny: LanguageModel) -> None:
    net, ids, kept = parts(tiny.network), tiny.encode(TEXT), Cache()
    next_logits(net, ids[:-1], kept)
    held = kept.bytes
    other = next_logits(net, ids[-1:], kept.copy())
    assert kept.bytes == held
    torch.testing.assert_close(next_logits(net, ids[-1:], kept), other)


def test_another_kind_of_network_is_refused_by_name() -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    network = GPT2LMHeadModel(GPT2Config(vocab_size=20, n_embd=8, n_layer=1, n_head=1))
    with pytest.raises(DemoError, match=r"gpt2.*llama or qwen2"):
        parts(network)


def look(model: LanguageModel, **options: Any) -> list[LayerStep]:
    return list(inside(model, InsideOptions(**options), seed=0))


def test_there_is_a_frame_for_the_embedding_each_layer_and_the_norm(tiny: LanguageModel) -> None:
    frames, n = look(tiny, text=TEXT), len(tiny.encode(TEXT))
    assert [frame.index for frame in frames] == list(range(5))
    assert {frame.total for frame in frames} == {5}
    assert not frames[0].attention.any(), "the embedding looks at nothing"
    assert np.array_equal(frames[-1].attention, frames[-2].attention)
    for frame in frames[1:-1]:
        assert frame.attention.shape == (4, n, n)
        assert len(frame.heads) == 4
        np.testing.assert_allclose(frame.attention.sum(-1), 1, atol=1e-5)
        assert not np.triu(frame.attention, 1).any()
        assert frame.outside is None
    for frame in frames:
        assert len(frame.labels) == len(frame.given) == len(frame.guesses) == len(frame.sizes) == n
        shares = [tok.share or 0 for tok in frame.lens]
        assert shares == sorted(shares, reverse=True)
        assert frame.gap >= 0
        json.dumps(pack(frame), allow_nan=False)


def test_the_lens_ends_at_the_answer_of_the_model(tiny: LanguageModel) -> None:
    frames = look(tiny, text=TEXT)
    with torch.inference_mode():
        chances = tiny(torch.tensor([tiny.encode(TEXT)]))[0].softmax(-1)
    for frame in frames[-2:]:  # the last layer, and the norm that the lens applies anyway
        assert frame.lens[0].id == int(chances[-1].argmax())
        assert frame.answer == pytest.approx(float(chances[-1].max()), abs=1e-5)
        assert frame.gap == pytest.approx(0, abs=1e-6)
        assert [tok.id for tok in frame.guesses] == chances.argmax(-1).tolist()
    assert max(frame.gap for frame in frames[:-2]) > 0.01


def test_guesses_that_come_true_are_marked(tiny: LanguageModel) -> None:
    ids = tiny.encode(TEXT)
    for frame in look(tiny, text=TEXT):
        for guess, follows in zip(frame.guesses, ids[1:]):
            assert (guess.kind == "picked") == (guess.id == follows)


def test_a_long_text_is_drawn_in_pages_that_say_so(tiny: LanguageModel) -> None:
    text = "the hat in the rain " * 12
    n, frames = len(tiny.encode(text)), look(tiny, text=text, page=1)
    assert 144 < n < 192
    first, last = look(tiny, text=text, page=0), look(tiny, text=text, page=20)
    for frame in frames:
        assert len(frame.labels) == 48
        assert f"tokens 49 to 96 of {n}" in frame.said
    attention, outside = frames[2].attention, frames[2].outside
    assert attention is not None
    assert outside is not None
    assert outside == pytest.approx(100 * (1 - attention.sum(-1).mean()), abs=1e-3)
    assert f"tokens 145 to {n} of {n}" in last[0].said  # a page past the end is the last one
    assert [f.lens for f in first] == [f.lens for f in frames]  # the last token's guess is the same on every page


@pytest.mark.parametrize("text", ["", " \n\t", "\u3000"])
def test_an_empty_text_is_refused(tiny: LanguageModel, text: str) -> None:
    with pytest.raises(DemoError, match="text is empty"):
        next(inside(tiny, InsideOptions(text=text), seed=0))


def test_too_long_a_text_is_refused_with_its_limit(tiny: LanguageModel) -> None:
    with pytest.raises(DemoError, match="2001 characters; the limit is 2000"):
        InsideOptions.parse({"text": "a" * 2001})
    with pytest.raises(DemoError, match="1000000 characters"):
        InsideOptions.parse({"text": "a" * 1_000_000})
    with pytest.raises(DemoError, match="600 tokens; the limit here is 512"):
        next(inside(tiny, InsideOptions(text="b" * 600), seed=0))
    with pytest.raises(DemoError, match="the limit here is 256"):
        next(cache(tiny, CacheOptions(text="b" * 600), seed=0))


ODD = [
    "\x00\x01\x1b[31m",
    "مرحبا بالعالم",
    "🙂👩‍👩‍👧",
    "<script>alert(1)</script>",
    "<|im_end|><|im_start|>",
    "\ufffd\u202e",
    "é" * 9,
]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("chat", [False, True])
def test_odd_texts_give_frames_that_travel(tiny: LanguageModel, text: str, chat: bool) -> None:
    for frame in look(tiny, text=text, chat=chat):
        json.dumps(pack(frame), allow_nan=False).encode()


def test_cached_and_uncached_writing_take_the_same_tokens(tiny: LanguageModel) -> None:
    frames = list(cache(tiny, CacheOptions(text=TEXT, max_new_tokens=20), seed=0))
    last, n = frames[-1], len(tiny.encode(TEXT))
    assert last.index == last.total - 1
    assert last.agreed == len(frames)
    with torch.inference_mode():
        ids = tiny.encode(TEXT)
        for frame in frames:
            assert frame.text[-1].id == int(tiny(torch.tensor([ids]))[0, -1].argmax())
            ids.append(int(frame.text[-1].id or 0))
    assert [frame.tokens_held for frame in frames] == list(range(n, n + len(frames)))
    assert all(frame.held == pytest.approx(frame.per_token * frame.tokens_held) for frame in frames)
    assert [len(frame.reads) for frame in frames[1:]] == [1] * (len(frames) - 1)
    assert [len(frame.rereads) for frame in frames] == [min(49, n + i) for i in range(len(frames))]
    assert frames[-1].rereads[0].note == f"{n + len(frames) - 1 - 48} tokens before this are not drawn"


def test_a_stop_ends_the_writing(tiny: LanguageModel) -> None:
    first = next(cache(tiny, CacheOptions(text=TEXT), seed=0)).text[-1].id
    assert first is not None
    stopped = LanguageModel(tiny.network, tiny.tokenizer)
    stopped.stops = frozenset([first])
    frames = list(cache(stopped, CacheOptions(text=TEXT), seed=0))
    assert (len(frames), frames[0].total) == (1, 1)


def test_scores_depend_on_the_distance_alone(tiny: LanguageModel) -> None:
    frames = list(rotary(tiny, RotaryOptions(text=TEXT, layer=2, head=3, distance=40), seed=0))
    assert len(frames) == frames[0].total == 41
    assert np.ptp([frame.score for frame in frames]) > 0.01
    for frame in frames:
        assert frame.moved == pytest.approx(frame.score, abs=1e-4)
        assert frame.score == pytest.approx(frame.adds.sum(), abs=1e-5)
        assert ((frame.angles >= 0) & (frame.angles < 360)).all()
        lengths = np.linalg.norm(frame.turned[:, 2:], axis=1)
        np.testing.assert_allclose(lengths, lengths[0], rtol=1e-4)


@torch.inference_mode()
def test_the_score_at_distance_one_is_that_of_the_network(tiny: LanguageModel) -> None:
    """The last token stands one place behind the one whose key is taken."""
    ids, layer, head = tiny.encode(TEXT), 1, 2
    net = parts(tiny.network)
    part, x = net.layers[layer], [x for x, _ in through(net, ids)][layer]
    q, k, _ = project(part, part.input_layernorm(x), net.d)
    score = scores(rotate(q, turns(net, x)), shared(rotate(k, turns(net, x)), net.h))[head, -1, -2]
    frames = list(rotary(tiny, RotaryOptions(text=TEXT, layer=layer + 1, head=head + 1), seed=0))
    assert frames[1].score == pytest.approx(float(score), abs=1e-4)


@pytest.mark.parametrize(("name", "value"), [("layer", 4), ("head", 5)])
def test_a_layer_or_head_that_is_not_there_is_refused(tiny: LanguageModel, name: str, value: int) -> None:
    with pytest.raises(DemoError, match=rf"{name} is {value}; the model has {value - 1}"):
        next(rotary(tiny, RotaryOptions.parse({name: value}), seed=0))
