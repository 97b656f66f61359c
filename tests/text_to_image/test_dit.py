"""U-Net and transformer on one noise: what is shown of the latter is what it computes, and looking changes nothing."""

from __future__ import annotations

import copy
import functools
import itertools
import json
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor, AttnProcessor2_0
from safetensors.torch import load_file

from genai_demo.core.device import seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.spec import WEIGHTS
from genai_demo.diffusion.samplers import ddim
from genai_demo.text_to_image import counting, denoiser, options, patches, reading
from genai_demo.text_to_image.attention import Neighbours, Watched
from genai_demo.text_to_image.dit import MARK, PatchGuide, cut, dit, halves, looked
from genai_demo.text_to_image.guide import Guide, features_of, noise_of
from genai_demo.text_to_image.pair import Pair
from genai_demo.text_to_image.verdict import Seen
from tests.text_to_image.stand_in import tiny

DIT: dict[str, Any] = {**denoiser.DIT, "num_attention_heads": 2, "attention_head_dim": 8}
WEIGHTS_OF = WEIGHTS / "text_to_image"


@functools.cache
def tiny_pair() -> Pair:
    """U-Net and transformer with random weights, so small that a run takes moments."""
    with seeded(0):
        network, straight = patches.Patches(**DIT), patches.Straight(denoiser.scheduler().alphas_cumprod, **DIT)
    return Pair(tiny(), network, straight, (3000, 2000, 2500)).eval().requires_grad_(False)


def steps(**asked: Any) -> list[Any]:
    given = {"steps": 3, "samples": 2, "prompt": "a red cat", **asked}
    return list(dit(tiny_pair(), options.DitOptions(**given), seed=3))


def asked_of(net: Any, watcher: Any = None) -> torch.Tensor:
    torch.manual_seed(0)
    x, words = torch.randn(2, 4, 16, 16), torch.randn(2, denoiser.WORDS, denoiser.WIDTH)
    told = {"watcher": watcher} if watcher else None
    with torch.inference_mode():
        found: torch.Tensor = net(x, torch.tensor(600), words, cross_attention_kwargs=told).sample
    return found


@pytest.mark.parametrize("theirs", [AttnProcessor(), AttnProcessor2_0()])
def test_the_network_says_what_it_says_with_the_library_s_own_attention(theirs: Any) -> None:
    ours, plain = tiny_pair().dit.unet, copy.deepcopy(tiny_pair().dit.unet)
    plain.set_attn_processor(theirs)
    watched = asked_of(ours, Neighbours(1, 2))
    assert torch.allclose(watched, asked_of(plain), atol=1e-5)
    assert torch.equal(watched, asked_of(ours)), "watched or not, bit for bit"


def test_shares_are_those_the_library_reckons_with() -> None:
    net, row, block, found = copy.deepcopy(tiny_pair().dit.unet), 1, 5, []

    class Spy(AttnProcessor):
        def __call__(self, attn: Any, hidden_states: Any, encoder_hidden_states: Any = None, *more: Any, **of: Any):
            if encoder_hidden_states is None:
                query, key = (attn.head_to_batch_dim(part(hidden_states)) for part in (attn.to_q, attn.to_k))
                found.append(attn.get_attention_scores(query, key).unflatten(0, (-1, attn.heads)).mean(1)[row])
            return super().__call__(attn, hidden_states, encoder_hidden_states, *more, **of)

    watcher = Neighbours(row, block)
    asked_of(net.requires_grad_(False), None)
    net.set_attn_processor(Watched())
    asked_of(net, watcher)
    net.set_attn_processor(Spy())
    asked_of(net)
    shares = watcher.maps(16, 16)
    assert shares.shape == (64, 64)
    assert torch.allclose(shares.sum(1), torch.ones(64), atol=1e-5)
    assert torch.allclose(shares, found[block], atol=1e-5)
    assert not torch.allclose(shares, found[block - 1], atol=1e-5)


def test_gates_are_those_by_which_the_blocks_multiply() -> None:
    """Of each block: (what reads the words - what came in) / what attention gave, and likewise of the MLP."""
    net, kept = copy.deepcopy(tiny_pair().dit.unet), []
    for block in net.transformer_blocks:
        kept.append(heard := {})
        block.register_forward_hook(
            lambda module, given, out, heard=heard: heard.update(into=given[0], out=out), always_call=True
        )
        for name in ("attn1", "attn2", "ff"):
            part = getattr(block, name)
            part.register_forward_hook(
                lambda module, given, out, heard=heard, name=name: heard.update({name: out, f"{name} of": given[0]})
            )
    asked_of(net)
    reckoned = patches.gates(net, 600)
    assert reckoned.shape == (len(kept), 2)
    for heard, (attention, mlp) in zip(kept, reckoned.tolist(), strict=True):
        first = (heard["attn2 of"] - heard["into"]) / heard["attn1"]
        second = (heard["out"] - heard["attn2"] - heard["attn2 of"]) / heard["ff"]
        for gate, size in ((first, attention), (second, mlp)):
            assert float(gate.flatten(0, 1).median(0).values.abs().mean()) == pytest.approx(size, rel=1e-3)


def test_both_begin_with_the_same_noise_prompt_and_times() -> None:
    pair, told = tiny_pair(), {"latent": [], "dit": [], "straight": []}
    assert pair.costs, "counted once, by a call of its own"
    hooks = [
        getattr(pair, name).unet.register_forward_pre_hook(lambda net, given, said=said: said.append(given[:3]))
        for name, said in told.items()
    ]
    try:
        steps()
    finally:
        for hook in hooks:
            hook.remove()
    for name in ("dit", "straight"):
        assert len(told["latent"]) == len(told[name]) == 3
        assert torch.equal(told["latent"][0][0], told[name][0][0])
        for (_, t, words), (_, own_t, own_words) in zip(told["latent"], told[name], strict=True):
            assert torch.equal(t, own_t)
            assert torch.equal(words, own_words)


def test_flow_matching_is_drawn_along_straight_lines() -> None:
    """DDIM's steps are Euler's on what the network tells inside: noise - latents, at (1 - s) * latents + s * noise."""
    pair, noise = tiny_pair(), noise_of(tiny_pair().latent, 3, 2)
    net, x, (grid, times) = pair.straight.unet, noise(), pair.latent.levels(5)
    words = torch.zeros(1, denoiser.WORDS, denoiser.WIDTH)
    drawn = list(ddim(Guide(pair.straight, words, words, 1.0, (grid, times)), x, grid, noise))
    share = [b / (a + b) for a, b in zip(grid.alpha, grid.sigma, strict=True)]
    line = x / (grid.alpha[0] + grid.sigma[0])
    with torch.inference_mode():
        for at, (t, step) in enumerate(zip(times, drawn, strict=True)):
            told = patches.Patches.forward(net, line, torch.tensor(t), words.expand(2, -1, -1)).sample
            line = line + (share[at + 1] - share[at]) * told
            assert torch.allclose(line, step.after / (grid.alpha[at + 1] + grid.sigma[at + 1]), atol=1e-4)


def test_flow_matching_is_taught_the_difference_of_noise_and_latents() -> None:
    with seeded(0):
        model = denoiser.empty("flow")
    random = torch.Generator().manual_seed(0)
    z, noise = torch.randn(2, 3, 4, 16, 16, generator=random)
    t, ids = torch.tensor([0, 500, 999]), denoiser.ids_of(["a red cat"] * 3)
    a, b = model.unet.measures(t)
    s = b / (a + b)
    with torch.inference_mode():
        read = model.text_encoder(ids).last_hidden_state
        told = patches.Patches.forward(model.unet, (1 - s) * z + s * noise, t, read).sample
        found = denoiser.loss(model, z, ids, t=t, noise=noise)
    assert float(found) == pytest.approx(float((told - (noise - z)).square().mean()), rel=1e-4)


def test_looking_changes_no_bit() -> None:
    pair, frames = tiny_pair(), steps()
    prompt, free = (features_of(pair.latent, reading.read(pair.latent, text)) for text in ("a red cat", ""))
    grid, noise = pair.latent.levels(3), noise_of(pair.latent, 3, 2)
    x = noise()
    with torch.inference_mode():
        plain = list(ddim(Guide(pair.dit, prompt, free, 3.0, grid), x, grid[0], noise))
        watched = list(ddim(PatchGuide(pair.dit, prompt, free, 3.0, grid, block=6), x, grid[0], noise))
    assert all(torch.equal(one.after, other.after) for one, other in zip(plain, watched, strict=True))
    assert np.array_equal(frames[1].dit, pair.latent.glance(plain[1].x0))
    other = steps(block=7, place=0)
    assert np.array_equal(frames[-1].dit, other[-1].dit)
    assert not np.array_equal(frames[-1].look, other[-1].look)


def test_what_stands_under_a_network_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    pair, said = tiny_pair(), iter((Seen(("u",), "", 1), Seen(("d",), "", 2), Seen(("f",), "", 3)))
    monkeypatch.setattr("genai_demo.text_to_image.dit.seen", lambda *_: next(said))
    *_, before, shown, last = steps(samples=1)
    prompt, free = (features_of(pair.latent, reading.read(pair.latent, text)) for text in ("a red cat", ""))
    grid, noise = pair.latent.levels(3), noise_of(pair.latent, 3, 1)
    x = noise()
    for name, net in {"unet": pair.latent, "dit": pair.dit, "flow": pair.straight}.items():
        with torch.inference_mode():
            own = list(ddim(Guide(net, prompt, free, 3.0, grid), x, grid[0], noise))
        assert np.array_equal(getattr(shown, name), pair.latent.glance(own[-1].x0)), name
        turned = getattr(shown, {"dit": "turned"}.get(name, f"{name}_turned"))
        assert turned == pytest.approx(float((own[-1].x0 - own[-2].x0).square().mean().sqrt()), rel=1e-4)
    assert (last.unet_right, last.right, last.flow_right) == (1, 2, 3)
    assert (last.unet_captions, last.captions, last.flow_captions) == (("u",), ("d",), ("f",))
    assert before.right is shown.right is None


def test_maps_are_of_the_first_picture_under_the_prompt() -> None:
    usual, own = steps()[0].itself, {}
    for name, asked in {"once": {"guidance_scale": 1}, "free": {"guidance_scale": 0}, "alone": {"samples": 1}}.items():
        own[name] = steps(**asked)[0].itself
    assert own["once"] == pytest.approx(usual, rel=1e-3), "at first both see the same noise under the same prompt"
    assert own["alone"] == pytest.approx(usual, rel=1e-3)
    assert own["free"] != pytest.approx(usual, rel=1e-3)


def test_costs_are_those_of_the_calls_that_were_made() -> None:
    frames, costs = steps(), tiny_pair().costs
    assert frames[-1].dit_cost == pytest.approx(3 * 2 * costs["dit"] / 1e9)
    assert frames[-1].unet_cost == pytest.approx(3 * 2 * costs["unet"] / 1e9)
    assert steps(guidance_scale=1)[-1].dit_cost == pytest.approx(3 * costs["dit"] / 1e9)


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_multiplications_by_size_of_a_patch_are_what_one_reckons_by_hand(size: int) -> None:
    n, words, w = (16 // size) ** 2, denoiser.WORDS, DIT["num_attention_heads"] * DIT["attention_head_dim"]
    told = denoiser.WIDTH
    attention = 4 * n * w * w + 2 * n * n * w
    reading_ = 2 * n * w * w + 2 * words * told * w + 2 * n * words * w
    block = attention + reading_ + 8 * n * w * w
    edges = 2 * n * w * 4 * size**2
    time = 256 * w + w * w + 6 * w * w
    assert tiny_pair().by_size[size] == DIT["num_layers"] * block + edges + time


def test_attention_is_counted_whoever_computes_it() -> None:
    net = copy.deepcopy(tiny_pair().latent.unet)
    found = []
    for processor in (AttnProcessor(), AttnProcessor2_0(), Watched()):
        net.set_attn_processor(processor)
        found.append(counting.multiplications(lambda: asked_of(net)))
    assert found[0] == found[1] == found[2]
    assert tiny_pair().by_size[DIT["patch_size"]] == tiny_pair().costs["dit"], "with weights and without"


def test_patches_put_together_are_the_picture() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    parts = cut(picture, 8, 20)
    for place, part in enumerate(parts):
        y, x = divmod(place, 8)
        there = picture[8 * y : 8 * y + 8, 8 * x : 8 * x + 8]
        inner = (slice(1, -1), slice(1, -1)) if place == 20 else (slice(None), slice(None))
        assert np.array_equal(part[inner], there[inner])
    assert (parts[20, 0] == MARK).all()


def test_heat_lies_where_the_shares_are() -> None:
    shares = torch.zeros(64)
    shares[9] = 1.0
    drawn = looked(shares, np.full((64, 64, 3), 255, np.uint8), 8, 63)
    warm = drawn[0, :, :, 2] < 100
    assert warm[16:32, 16:32].all()
    assert (drawn[0, 112, 112:] == MARK).all()
    assert (warm.sum(), halves(shares)) == (256, 1)
    assert halves(torch.full((64,), 1 / 64)) in (32, 33)


def test_frames_are_thinned_and_say_what_they_show() -> None:
    few, many = steps(), steps(steps=120, samples=1, guidance_scale=1)
    assert [frame.total for frame in few] == [4] * 4
    assert len(many) == many[0].total <= 101
    assert [frame.index for frame in many] == list(range(len(many)))
    times = [frame.t for frame in few]
    assert all(one > next_ for one, next_ in itertools.pairwise(times))
    assert times[-1] == 0
    assert few[-1].dit.shape == few[-1].unet.shape == (2, 64, 64, 3)
    assert "U-Net:" in few[-1].said
    assert "Transformer:" in few[-1].said
    assert "Flow matching:" in few[-1].said
    assert len(few[-1].captions) == len(few[-1].unet_captions) == len(few[-1].flow_captions) == 2
    assert few[0].turned is few[-1].turned is None, "there is no step before the first, and none after the last"
    assert min(few[1].turned, few[1].unet_turned, few[1].flow_turned) > 0
    assert (few[0].unet_learnt, few[0].learnt, few[0].flow_learnt) == (3, 2, 2.5)
    assert [row.kind for row in few[0].sizes] == ["", "picked", "", "", ""]
    assert few[0].dit_weights == pytest.approx(sum(w.numel() for w in tiny_pair().dit.parameters()) / 1e6)


def test_the_limits_are_those_of_the_network() -> None:
    net = patches.Patches(**DIT)
    for name, most in (("block", len(net.transformer_blocks)), ("place", net.grid**2 - 1)):
        options.DitOptions.parse({name: most})
        with pytest.raises(DemoError):
            options.DitOptions.parse({name: most + 1})


@pytest.mark.parametrize("asked", [{"block": 0}, {"place": -1}, {"steps": 1000}, {"samples": 0}])
def test_what_is_out_of_bounds_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(DemoError):
        options.DitOptions.parse(asked)


def test_a_prompt_of_unknown_words_alone_is_refused() -> None:
    with pytest.raises(DemoError, match="never saw"):
        steps(prompt="zebra")


def test_flow_matching_s_transformer_learnt_on_from_the_one_it_stands_beside() -> None:
    """Else what is said of how much it has learnt is wrong: it would have to begin anew with the other."""
    dit, straight = (json.loads((WEIGHTS_OF / f"{name}.json").read_text()) for name in ("dit", "straight"))
    root = straight["begun_from"]
    while "begun_from" in root:
        root = root["begun_from"]
    assert root == {"model": "dit", "steps": dit["steps"], "sha256": dit["sha256"]}
    assert straight["training"]["batch_size"] == dit["training"]["batch_size"]


@pytest.mark.parametrize("name", ["dit", "straight"])
def test_all_learnt_with_one_text_encoder(name: str) -> None:
    """So that the pair may use that of the U-Net for all."""
    own, latent = load_file(WEIGHTS_OF / f"{name}.safetensors"), load_file(WEIGHTS_OF / "denoiser.safetensors")
    names = [name for name in own if name.startswith("text_encoder.")]
    assert names
    assert all(torch.equal(own[name], latent[name]) for name in names)
