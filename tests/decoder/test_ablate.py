"""Parts of a decoder switched off: what is off, that it is off, and that nobody else notices."""

from __future__ import annotations

import itertools
import json
import threading
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, pack
from genai_demo.decoder.ablate import AblateStep, ablate
from genai_demo.decoder.attention import Cache, next_logits, parts, through
from genai_demo.decoder.options import AblateOptions
from genai_demo.decoder.switched_off import Off, read_heads, read_layers
from genai_demo.language.model import LanguageModel

TEXT = "the cat and the rat in the hat"


def frames_of(model: LanguageModel, **options: Any) -> list[AblateStep]:
    return list(ablate(model, AblateOptions(**{"text": TEXT, "max_new_tokens": 8, **options}), seed=0))


def written(toks: Any) -> list[int | None]:
    return [tok.id for tok in toks if tok.kind != "prompt"]


def text_of(frames: list[AblateStep], name: str) -> list[int | None]:
    return [i for frame in frames for i in written(getattr(frame, name))]


def chances(toks: tuple[Tok, ...] | None) -> dict[int | None, float | None]:
    assert toks is not None
    return {tok.id: tok.share for tok in toks}


@torch.inference_mode()
def hooked(model: LanguageModel, ids: list[int], off: Off) -> torch.Tensor:
    """The library's own pass with the heads' values zeroed before the output projection, layers by an early return."""
    d, handles = parts(model.network).d, []

    def silence(heads: tuple[int, ...]) -> Any:
        def hook(module: Any, args: Any) -> Any:
            x = args[0].clone()
            for head in heads:
                x[..., head * d : (head + 1) * d] = 0
            return (x,)

        return hook

    layers = model.network.model.layers
    for layer, heads in off.heads.items():
        handles.append(layers[layer].self_attn.o_proj.register_forward_pre_hook(silence(heads)))
    for layer in off.layers:
        handles.append(layers[layer].register_forward_hook(lambda module, args, out: args[0]))
    try:
        logits: torch.Tensor = model.network(torch.tensor([ids])).logits[0, -1]
        return logits
    finally:
        for handle in handles:
            handle.remove()


@pytest.mark.parametrize(
    "off", [Off({0: (1,)}), Off({0: (0, 1, 2, 3), 2: (3,)}), Off(layers=frozenset([1])), Off({2: (0,)}, frozenset([0]))]
)
def test_switching_off_is_what_hooks_on_the_library_would_do(tiny: LanguageModel, off: Off) -> None:
    net, ids = parts(tiny.network), tiny.encode(TEXT)
    with torch.inference_mode():
        mine, whole = next_logits(net, ids, None, off), next_logits(net, ids)
    torch.testing.assert_close(mine, hooked(tiny, ids, off), atol=1e-4, rtol=1e-4)
    assert not torch.allclose(mine, whole, atol=1e-2)


@torch.inference_mode()
def test_a_cache_works_with_parts_off(tiny: LanguageModel) -> None:
    net, ids, off, kept = parts(tiny.network), tiny.encode(TEXT), Off({0: (2,)}, frozenset([1])), Cache()
    for token in ids:
        logits = next_logits(net, [token], kept, off)
    torch.testing.assert_close(logits, next_logits(net, ids, None, off), atol=1e-4, rtol=1e-4)
    assert set(kept.held) == {0, 2}  # a layer that is off keeps nothing


@torch.inference_mode()
def test_with_everything_off_the_embedding_passes_through(tiny: LanguageModel) -> None:
    net, ids = parts(tiny.network), tiny.encode(TEXT)
    stream = [x for x, _ in through(net, ids, off=Off(layers=frozenset(range(3))))]
    assert all(torch.equal(x, stream[0]) for x in stream)


def test_both_answers_grow_side_by_side(tiny: LanguageModel) -> None:
    frames = frames_of(tiny, heads="1.*, 2.1")
    assert frames[0].said == "5 of 12 heads are off."
    whole, less = text_of(frames, "whole"), text_of(frames, "less")
    assert whole != less
    common = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(whole, less))))
    assert frames[-1].same == common
    assert frames[-1].index == frames[-1].total - 1
    ids = tiny.encode(TEXT)
    for frame, taken in zip(frames, whole):
        with torch.inference_mode():
            true = tiny(torch.tensor([ids]))[0, -1].softmax(-1)
            other = hooked(tiny, ids, Off({0: (0, 1, 2, 3), 1: (0,)})).softmax(-1)
        assert taken == int(true.argmax())
        assert list(chances(frame.before)) == list(chances(frame.after))
        for found, expected in ((frame.before, true), (frame.after, other)):
            assert int(expected.argmax()) in chances(found)
            for i, p in chances(found).items():
                assert p == pytest.approx(float(expected[i]), abs=1e-4)
        assert frame.gap == pytest.approx(float((true * (true / other).log()).sum()), abs=1e-3)
        ids.append(taken or 0)
    for frame in frames:
        json.dumps(pack(frame), allow_nan=False)


def test_nothing_off_changes_nothing(tiny: LanguageModel) -> None:
    frames = frames_of(tiny, heads="", layers=" ")
    assert frames[0].said == "Nothing is off."
    assert text_of(frames, "whole") == text_of(frames, "less")
    assert all(frame.gap == 0 for frame in frames)
    assert frames[-1].same == len(frames)


def test_without_the_cache_the_tokens_are_the_same(tiny: LanguageModel) -> None:
    cached, uncached = frames_of(tiny, heads="2.*"), frames_of(tiny, heads="2.*", use_cache=False)
    assert text_of(cached, "less") == text_of(uncached, "less")
    assert "cache" in uncached[0].said
    assert "cache" not in cached[0].said


def test_an_answer_that_ends_waits_for_the_other(tiny: LanguageModel) -> None:
    """The whole network's second token is made a stop; the other writes on as long as it does not meet it."""
    frames = frames_of(tiny, heads="1.*")
    stop = text_of(frames, "whole")[1]
    assert stop not in text_of(frames, "less")
    stopped = LanguageModel(tiny.network, tiny.tokenizer)
    stopped.stops = frozenset([stop or 0])
    shorter = frames_of(stopped, heads="1.*")
    assert len(shorter) == len(frames)
    assert [len(frame.whole) for frame in shorter[2:]] == [0] * (len(frames) - 2)
    assert shorter[1].whole[-1].note == "the answer ends here"
    assert all(frame.before is None and frame.gap is None and frame.whole_ms is None for frame in shorter[2:])
    assert text_of(shorter, "less") == text_of(frames, "less")


def test_one_visitor_switches_off_while_another_reads(tiny: LanguageModel) -> None:
    """At the same moment, in two threads, on the same module: each gets what it gets alone."""
    net, ids, off = parts(tiny.network), tiny.encode(TEXT), Off({0: (0, 1, 2, 3), 1: (0, 1)}, frozenset([2]))
    with torch.inference_mode():
        alone = {name: next_logits(net, ids, None, how) for name, how in (("whole", Off()), ("less", off))}
        library = tiny.network(torch.tensor([ids])).logits[0, -1]
    wrong, start = [], threading.Barrier(3)

    def read(name: str, how: Off | None) -> None:
        with torch.inference_mode():
            start.wait()
            for _ in range(60):
                if how is None:
                    good = torch.equal(tiny.network(torch.tensor([ids])).logits[0, -1], library)
                else:
                    good = torch.equal(next_logits(net, ids, None, how), alone[name])
                if not good:
                    wrong.append(name)

    jobs = [("whole", Off()), ("less", off), ("library", None)]
    crew = [threading.Thread(target=read, args=job) for job in jobs]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert wrong == []
    assert not torch.allclose(alone["whole"], alone["less"], atol=1e-2)


def hooks_of(model: LanguageModel) -> list[int]:
    return [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()]


def test_the_shared_network_is_left_as_it_was(tiny: LanguageModel) -> None:
    before, hooks = {name: value.clone() for name, value in tiny.state_dict().items()}, hooks_of(tiny)
    frames = ablate(tiny, AblateOptions(text=TEXT, heads="1.*", layers="2"), seed=0)
    next(frames)
    frames.close()  # a visitor who leaves early
    assert all(torch.equal(value, before[name]) for name, value in tiny.state_dict().items())
    assert hooks_of(tiny) == hooks


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("", {}),
        (" , ;\n", {}),
        ("1.1", {0: (0,)}),
        ("3.2, 1.*", {0: (0, 1, 2, 3), 2: (1,)}),
        ("*.4", {0: (3,), 1: (3,), 2: (3,)}),
        ("2.3 2.1;2.3,2.1", {1: (0, 2)}),
        ("2 . 3", {1: (2,)}),
        ("*.*", dict.fromkeys(range(3), (0, 1, 2, 3))),
        ("0002.03", {1: (2,)}),
    ],
)
def test_heads_are_read(text: str, heads: dict[int, tuple[int, ...]]) -> None:
    assert read_heads(text, 3, 4) == heads


@pytest.mark.parametrize(
    ("text", "layers"),
    [("", set()), ("1", {0}), ("1, 3", {0, 2}), ("1-3", {0, 1, 2}), ("2 - 3;1 ,1", {0, 1, 2}), ("3-3", {2})],
)
def test_layers_are_read(text: str, layers: set[int]) -> None:
    assert read_layers(text, 3) == layers


BAD = [
    "0.1",
    "4.1",
    "1.5",
    "1.0",
    "1",
    "1.",
    ".1",
    "a.b",
    "1.1.1",
    "-1.2",
    "1.1-2",
    "**",
    "٣.١",
    "1,1",
    "1.99999",
    "\x00",
]


@pytest.mark.parametrize("text", BAD)
def test_bad_heads_are_one_sentence_with_the_limits(text: str) -> None:
    with pytest.raises(DemoError, match=r"heads has .*layers from 1 to 3 and heads from 1 to 4"):
        read_heads(text, 3, 4)


@pytest.mark.parametrize("text", ["0", "4", "2-4", "3-1", "1-", "-1", "1.5", "x", "*", "²", "1-2-3", "99999999999"])
def test_bad_layers_are_one_sentence_with_the_limits(text: str) -> None:
    with pytest.raises(DemoError, match=r"layers has .*numbers from 1 to 3"):
        read_layers(text, 3)


@given(st.text(max_size=200) | st.text("0123456789.,-* ;\n", max_size=200))
def test_any_text_is_a_choice_of_what_is_there_or_a_refusal(text: str) -> None:
    for read in (lambda: read_heads(text, 3, 4), lambda: dict.fromkeys(read_layers(text, 3), (0,))):
        try:
            found = read()
        except DemoError as error:
            said = str(error)
        else:
            said = "fine"
            assert set(found) <= {0, 1, 2}
            assert all(heads and set(heads) <= {0, 1, 2, 3} for heads in found.values())
        assert "\n" not in said
        assert len(said) < 250


@given(st.sets(st.tuples(st.integers(1, 30), st.integers(1, 9)), max_size=20))
def test_a_list_that_is_written_out_is_read_back(wanted: set[tuple[int, int]]) -> None:
    found = read_heads(", ".join(f"{layer}.{head}" for layer, head in wanted), 30, 9)
    assert {(layer + 1, head + 1) for layer, heads in found.items() for head in heads} == wanted


def test_a_list_too_long_is_refused() -> None:
    with pytest.raises(DemoError, match="heads has 400 characters; the limit is 200"):
        AblateOptions.parse({"heads": "1.1," * 100})


def test_what_is_off_is_checked_before_anything_is_computed(tiny: LanguageModel) -> None:
    with pytest.raises(DemoError, match=r"heads has 24\.5"):
        next(ablate(tiny, AblateOptions(heads="24.5"), seed=0))
