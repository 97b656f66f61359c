"""The runs of vision-language models: identities that hold for any weights, hence on random ones, and bad input."""

from __future__ import annotations

import base64
import io
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from genai_demo.clip.pictures import carry
from genai_demo.core.errors import DemoError
from genai_demo.data.world import draw, random_scene
from genai_demo.data.world_questions import Question
from genai_demo.inputs.pictures import sample_picture
from genai_demo.vlm import (
    answering,
    ask,
    caption,
    erase,
    hiding,
    invent,
    looking,
    maps,
    model,
    move,
    network,
    options,
    parts,
    patches,
    rest,
    stages,
)
from genai_demo.vlm.model import Seer

ASKED = "Which colour is the house?"


@pytest.fixture(scope="module", params=["among the words", "cross-attention"])
def seer(request: Any) -> Seer:
    torch.manual_seed(1)
    made = model.empty(fused=request.param == "cross-attention")
    for crossing in network.crossings(made.language.network):
        torch.nn.init.normal_(crossing.gates)
    for weight in made.projector.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return made.eval().requires_grad_(False)


@pytest.fixture
def seen(seer: Seer) -> torch.Tensor:
    return looking.look(seer, options.THREE).patches


def test_many_questions_at_once_are_answered_as_each_alone(seer: Seer, seen: torch.Tensor) -> None:
    prompts = [seer.prompt((), text) for text in (ASKED, "Where is it?", "Describe the picture.")]
    together = answering.answers(seer, seen, prompts, 6)
    for prompt, one in zip(prompts, together, strict=True):
        alone = answering.answer(seer, seen, prompt, 6)
        assert alone.ids == one.ids
        assert alone.chances == pytest.approx(one.chances, rel=1e-3)


def test_a_chance_is_that_of_the_words_one_after_the_other(seer: Seer, seen: torch.Tensor) -> None:
    prompt = seer.prompt((), ASKED)
    found = answering.answer(seer, seen, prompt, 5)
    logs = answering.log_chances(seer, seen, prompt, list(found.ids))[0]
    assert logs.exp().tolist() == pytest.approx(list(found.chances[: len(found.ids)]), rel=1e-3)
    twice = answering.log_chances(seer, torch.cat([seen, seen.flip(2)]), prompt, list(found.ids))
    assert twice[0].allclose(logs, atol=1e-4)
    assert not twice[1].allclose(logs, atol=1e-4)


@torch.inference_mode()
def test_patches_hidden_in_one_batch_are_those_hidden_one_by_one(seer: Seer, seen: torch.Tensor) -> None:
    prompt = seer.prompt((), ASKED)
    given = list(answering.answer(seer, seen, prompt, 4).ids) or [5]
    batch = hiding.hidden_one_by_one(seer, seen, prompt, given)
    assert batch.shape == (64, len(given))
    for place in (0, 17, 63):
        if seer.fused:
            fewer = torch.cat([seen[:, :place], seen[:, place + 1 :]], 1)
            alone = answering.log_chances(seer, fewer, prompt, given)
        else:
            ids = torch.tensor([[*prompt, *given][:-1]])
            n = ids.shape[1]
            mask = torch.zeros(1, 1, n, n).masked_fill(torch.ones(n, n).triu(1).bool(), -1e9)
            mask[..., 64:, place] = -1e9  # the patches themselves still see it, the words don't
            logits = seer.sight(seen)(ids, attention_mask=mask, use_cache=False, logits_to_keep=len(given)).logits
            alone = answering.of_given(logits, given)
        assert batch[place].allclose(alone[0], atol=1e-4)


def test_a_patch_that_is_gone_plays_no_part(seer: Seer, seen: torch.Tensor) -> None:
    prompt, other = seer.prompt((), ASKED), seen.clone()
    other[:, [3, 40]] = torch.randn(1, 2, seen.shape[2])
    for gone, same in (((3, 40), True), ((), False)):
        one, two = (answering.log_chances(seer, each, prompt, [9, 10], gone) for each in (seen, other))
        assert one.allclose(two, atol=1e-5) is same
        hidden = [hiding.hidden_one_by_one(seer, each, prompt, [9, 10], gone) for each in (seen, other)]
        assert hidden[0].allclose(hidden[1], atol=1e-4) is same
    first, second = (answering.answer(seer, each, prompt, 4, (3, 40)) for each in (seen, other))
    assert first.ids == second.ids


def test_attention_to_patches_adds_up(seer: Seer, seen: torch.Tensor) -> None:
    looks = hiding.attention(seer, seen, seer.prompt((), ASKED), [9, 10, 11])
    assert looks.shape == (3, 64)
    assert looks.sum(1).allclose(torch.ones(3), atol=1e-5)
    assert hiding.sinks(seer, looking.pixels_of(options.THREE), seen).dtype == torch.bool


def test_agreement_is_a_correlation() -> None:
    one, other = torch.tensor([1.0, 2, 3, 4]), torch.tensor([1.0, 2, 4, 3])
    assert hiding.agreement(one, one) == pytest.approx(1)
    assert hiding.agreement(one, -one) == pytest.approx(-1)
    assert hiding.agreement(one, other) == pytest.approx(0.8)
    assert hiding.agreement(one, torch.zeros(4)) == 0


def test_an_answer_streams_and_its_control_knows_no_picture(seer: Seer) -> None:
    told = [
        list(ask.ask(seer, options.AskOptions(picture=picture, max_new_tokens=5), seed=0))
        for picture in (options.TWO, "world:7")
    ]
    looked = looking.look(seer, options.TWO)
    greedy = answering.answer(seer, looked.patches, seer.prompt((), "Where is the house?"), 5)
    assert tuple(frame.answer[0].id for frame in told[0][:-1])[: len(greedy.ids)] == greedy.ids
    assert told[0][-1].control == told[1][-1].control
    assert all(not frame.control for frame in told[0][:-1])
    assert told[0][-1].seeing == pytest.approx(greedy.chance, rel=1e-2)


def test_a_conversation_is_what_the_template_makes_of_it(seer: Seer) -> None:
    turns = [Question("Is there a house?", "yes"), Question("Which <|end|> colour is it?", "red")]
    said = [(role, text) for one in turns for role, text in (("user", one.text), ("assistant", one.answer))]
    messages = [{"role": role, "content": text} for role, text in [*said, ("user", "Where is it?")]]
    ids = seer.prompt(turns, "Where is it?")
    assert ids[0 if seer.fused else 64 :] == seer.language.chat(messages)


def test_a_chat_goes_on_and_its_oldest_turns_fold_away(seer: Seer) -> None:
    turns = [["user", "Is there a house?"], ["assistant", "yes"], ["user", "Which colour is it?"]]
    frames = list(ask.ask(seer, options.AskOptions(turns=json.dumps(turns), max_new_tokens=3), seed=0))
    messages = [{"role": role, "content": text} for role, text in turns]
    long = ask.Asked(seer, looking.look(seer, options.TWO).patches).ask(messages)
    assert long.ids == tuple(seer.prompt([Question("Is there a house?", "yes")], "Which colour is it?"))
    assert frames[0].folded == 0
    many = [[role, text] for _ in range(60) for role, text in (("user", "Is there a house?"), ("assistant", "yes"))]
    turns = [*many, ["user", "Where is it?"]]
    frames = list(ask.ask(seer, options.AskOptions(turns=json.dumps(turns), max_new_tokens=3), seed=0))
    assert frames[0].folded > 0
    assert "left out" in frames[0].notice


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no question"),
        ("   ", "no question"),
        ("Where is the elephant?", "elephant is a word that the model was never taught"),
        ("Wo ist das Haus?", "never taught"),
        ("house " * 300, "tokens with the picture; the limit is"),
    ],
)
def test_what_can_not_be_asked_gets_a_sentence(seer: Seer, text: str, said: str) -> None:
    with pytest.raises(DemoError, match=said) as error:
        looking.question(seer, text)
    assert ";" in str(error.value)


@pytest.mark.parametrize("run", ["AskOptions", "RestOptions", "EraseOptions", "PartsOptions"])
def test_ten_thousand_words_are_refused_before_anything_is_computed(run: str) -> None:
    name = "turns" if run == "AskOptions" else "question"
    with pytest.raises(DemoError, match="characters; the limit is"):
        getattr(options, run).parse({name: "house " * 11_000})


def mine(picture: Image.Image, **saved: Any) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, **saved)
    return "mine:" + base64.b64encode(buffer.getvalue()).decode()


def test_pictures_of_all_sorts_are_seen_or_refused(seer: Seer) -> None:
    clear = Image.new("RGBA", (40, 90), (255, 0, 0, 0))
    assert looking.look(seer, mine(clear, format="PNG")).pixels.shape == (64, 64, 3)
    frames = [Image.new("P", (32, 32), k) for k in (1, 200)]
    moving = mine(frames[0], format="GIF", save_all=True, append_images=frames[1:])
    assert looking.look(seer, moving).patches.shape == (1, 64, network.WIDTH)
    with pytest.raises(DemoError, match="there is no picture"):
        looking.look(seer, "")
    with pytest.raises(DemoError):
        looking.look(seer, "mine:" + base64.b64encode(b"no picture").decode())
    with pytest.raises(DemoError, match="20000"):
        carry(Image.new("1", (20_000, 20_000)))


def test_a_picture_of_another_world_is_answered_with_a_warning(seer: Seer) -> None:
    rng = np.random.default_rng(0)
    noise, blur = (carry(rng.integers(0, 255, (side, side, 3), np.uint8)) for side in (64, 6))
    garment = carry(np.stack([sample_picture(3)] * 3, -1))
    for picture in (noise, blur, garment):
        assert looking.look(seer, picture).notice == looking.STRANGE
    scenes = [looking.drawn(random_scene(rng, 4)) for _ in range(40)]
    assert [looking.notice(seer, pixels) for pixels in scenes] == [""] * len(scenes)


def test_maps_come_word_by_word_and_then_for_all(seer: Seer) -> None:
    frames = list(rest.rest(seer, options.RestOptions(question=ASKED), seed=0))
    words = len(frames[-1].answer)
    assert len(frames) == (words + 1 if words > 1 else 1)
    summed = np.sum([frame.drops for frame in frames[:-1]], 0) if words > 1 else frames[0].drops
    assert np.allclose(summed, frames[-1].drops, atol=1e-3)
    assert [sum(tok.kind == "best" for tok in frame.answer) for frame in frames[:-1]] == [1] * (len(frames) - 1)
    gone = list(rest.rest(seer, options.RestOptions(question=ASKED, dropped="1, 64"), seed=0))[-1]
    assert gone.gone == (1, 64)
    assert gone.drops[0] == pytest.approx(0, abs=1e-3), "what is gone can't be missed"


@pytest.mark.parametrize("text", ["0", "65", "x", "1.5", "-1", "99999999", " ".join(map(str, range(1, 65)))])
def test_patches_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(DemoError, match="patches"):
        rest.dropped(text, 64)


def test_what_is_built_where_patches_meet_is_drawn_a_little_aside() -> None:
    assert looking.beside_edges(0.5) == pytest.approx(0.51)
    assert looking.beside_edges(0.37) == pytest.approx(0.365)
    assert [looking.beside_edges(value) for value in (0.0, 0.3, 0.995, 1.0)] == [0.0, 0.3, 0.995, 1.0]
    tower = model.eye()
    scene = looking.scene_of("built:large red house 50 50; grey")
    assert scene is not None
    for pixels, sure in ((looking.pixels_of("built:large red house 50 50; grey"), True), (draw(scene), False)):
        there = tower.detector(model.as_input([pixels])).there.sigmoid().max()
        assert (float(there) > 0.9) is sure


def test_covering_takes_one_patch_of_the_picture() -> None:
    pixels = looking.pixels_of(options.TWO)
    found = hiding.covered(pixels, 8)
    where = (found[43] != pixels).any(2)
    assert where.any()
    assert not where[:40].any() | where[48:].any() | where[:, :24].any() | where[:, 32:].any()


def test_each_patch_has_a_word_at_each_layer(seer: Seer) -> None:
    frames = list(patches.patches(seer, options.PatchesOptions(), seed=0))
    assert len(frames) == (1 if seer.fused else network.LAYERS + 1)
    table = seer.language.network.get_input_embeddings().weight
    ids, near = patches.by_cosine(seer, table[30:35])
    assert ids.tolist() == list(range(30, 35))
    assert near.allclose(torch.ones(5), atol=1e-4)
    assert all(0 <= frame.named <= 100 for frame in frames)


def test_an_erased_direction_is_gone_and_nothing_else(seer: Seer, seen: torch.Tensor) -> None:
    for way in ("of its word", "of patches that show it"):
        away = erase.direction(seer, "house", way, 0)
        assert float(away.norm()) == pytest.approx(1, abs=1e-5)
    frames = list(erase.erase(seer, options.EraseOptions(steps=3, strength=1), seed=0))
    assert frames[0].kept == pytest.approx(100)
    assert frames[-1].kept < 100
    with pytest.raises(DemoError, match="name a kind of thing or a colour"):
        erase.direction(seer, "none", "of its word", 0)


def test_a_thing_goes_where_it_is_sent_and_nothing_else_moves(seer: Seer) -> None:
    scene = looking.scene_of(options.THREE)
    assert scene is not None
    way = move.path(scene, options.MoveOptions(x=90, y=10, steps=4))
    assert [(round(100 * one.things[0].x), round(100 * one.things[0].y)) for one in way][:: len(way) - 1] == [
        (25, 65),
        (90, 10),
    ]
    assert all(one.things[1:] == way[0].things[1:] for one in way)
    frames = list(move.move(seer, options.MoveOptions(steps=3, questions="Where is the house?"), seed=0))
    assert frames[0].changed == 0
    assert frames[-1].flips.shape == (1, 3)
    with pytest.raises(DemoError, match="the scene has 3"):
        move.path(way[0], options.MoveOptions(thing=5))
    with pytest.raises(DemoError, match="no scene"):
        list(move.move(seer, options.MoveOptions(picture="emoji:grinning face"), seed=0))


def test_projectors_are_exchanged_and_the_model_stays_as_it_was(seer: Seer) -> None:
    before = {name: value.clone() for name, value in seer.state_dict().items()}
    pixels = looking.pixels_of(options.TWO)[None]
    plain = seer.patches(pixels)
    found = {way.name: way.make(seer, 3).patches(pixels) for way in parts.WAYS}
    assert found["as trained"].equal(plain)
    assert sorted(found["shuffled"].norm(dim=-1)[0].tolist()) == pytest.approx(sorted(plain.norm(dim=-1)[0].tolist()))
    assert not found["shuffled"].allclose(plain)
    assert found["left out"].norm(dim=-1).allclose(plain.norm(dim=-1), rtol=1e-3)
    assert found["noise"].equal(dict_way("noise", seer, 3).patches(pixels))
    assert not found["noise"].equal(dict_way("noise", seer, 4).patches(pixels))
    assert all(value.equal(seer.state_dict()[name]) for name, value in before.items())


def dict_way(name: str, seer: Seer, seed: int) -> Seer:
    return next(way for way in parts.WAYS if way.name == name).make(seer, seed)


def test_traps_ask_for_what_is_not_there(seer: Seer) -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        scene = random_scene(rng)
        here = {thing.kind for thing in scene.things}
        for trap in invent.set_for(scene, rng, 4):
            named = trap.text.rstrip("?").split()[-1]
            assert (named in here) is (trap.way in (invent.MIXED, invent.HERE))
            if trap.way == invent.MIXED:
                assert trap.text.split(maxsplit=3)[3].rstrip("?") not in {thing.words for thing in scene.things}
    no, yes = (answering.Answer((), (), text) for text in ("no", "yes"))
    trap = invent.Trap(0, "Is there a cat?")
    assert (trap.wrong(no), trap.wrong(yes)) == (False, True)
    assert replace(trap, way=invent.HERE).wrong(no)
    assert not replace(trap, way=invent.TAKEN).wrong(answering.Answer((), (), "there is no cat"))
    frames = list(invent.invent(seer, options.InventOptions(scenes=2, asked=1), seed=0))
    assert frames[-1].asked >= 2 * 4


def test_a_caption_grows_and_clip_looks_for_it(seer: Seer) -> None:
    frames = list(caption.caption(seer, options.CaptionOptions(others=4), seed=0))
    assert len(frames) == frames[-1].total
    assert all(1 <= frame.rank <= 5 for frame in frames)
    assert all(-1 <= frame.cosine <= 1 for frame in frames)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cards of two reports each, and no weights to load."""
    kinds = [*stages.ASKERS]
    gates = [f"gate {i}{side}" for i in (1, 2) for side in ("", " forward")]

    class Spec:
        def __init__(self, key: str) -> None:
            more = gates if key.endswith("fusion") else []
            rows = [[50 * k, 3.0 - k, *[0.1 * k] * len(kinds), *[0.2 * k] * len(more)] for k in (1, 2)]
            self.card = {"columns": ["step", "loss", *kinds, *more], "history": rows}

    monkeypatch.setattr(stages, "find_spec", Spec)
    monkeypatch.setattr(stages, "_answer", lambda name, given: f" {name} answers.")


@pytest.mark.usefixtures("card")
def test_stages_follow_each_other_and_gates_open() -> None:
    frames = list(stages.stages(options.StagesOptions(), seed=0))
    assert [frame.stage[:1] for frame in frames] == ["0", "0", "1", "1", "2", "2"]
    assert frames[1].said.endswith("language answers.")
    assert frames[-1].right == pytest.approx(20)
    assert frames[-1].gates is None
    fused = list(stages.stages(options.StagesOptions(training="fusion"), seed=0))
    assert fused[-1].gates.tolist() == [[pytest.approx(0.4)] * 2] * 2


def test_a_card_without_history_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "find_spec", lambda key: type("Spec", (), {"card": {}}))
    with pytest.raises(DemoError, match="restore"):
        stages.history("llava")


def test_maps_and_words_are_drawn_on_their_patches() -> None:
    pixels = looking.pixels_of(options.TWO)
    values = np.zeros((8, 8))
    values[2, 5] = 1
    drawn = maps.tinted(pixels, values).astype(int)
    blue = drawn[..., 2] - drawn[..., 0]
    y, x = np.unravel_index(blue.argmax(), blue.shape)
    assert (y // 32, x // 32) == (2, 5)
    assert maps.worded(pixels, ["house"] * 64).shape == (512, 512, 3)
    assert math.isclose(maps.tinted(pixels, -values)[80, 176, 0], drawn[80, 176, 0]) is False
