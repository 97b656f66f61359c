"""The vision-language models' parts: what the tower says, rows of questions, two ways to see, and their training."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from genai_demo.core import training as kit
from genai_demo.core.device import seeded
from genai_demo.core.errors import DemoError
from genai_demo.data.world import Scene, Thing, draw
from genai_demo.data.world_questions import asked, scene_to_ask
from genai_demo.language.decode import decode
from genai_demo.language.options import Sampling
from genai_demo.vlm import measuring, model, network, packing, train, words
from genai_demo.vlm.model import Seer
from genai_demo.vlm.tower import FEATURES, PARTS, PATCHES

SCENE = Scene((Thing("house", "red", "large", 0.3, 0.3, 0.2), Thing("cat", "blue", "small", 0.8, 0.7, 0.12)), "grey")


def seer(*, fused: bool = False) -> Seer:
    with seeded(0):
        found = model.empty(fused=fused)
    rng = np.random.default_rng(0)
    found.tower.fit(model.as_input([draw(scene_to_ask(rng)) for _ in range(64)]))
    if fused:
        for one in network.crossings(found.language.network):
            torch.nn.init.constant_(one.gates, 0.5)
    return found.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def llava() -> Seer:
    return seer()


@pytest.fixture(scope="module")
def fusion() -> Seer:
    return seer(fused=True)


def rounds(count: int = 3) -> list[measuring.Round]:
    return measuring.questions(count, seed=7)


def test_the_tower_says_where_a_thing_is_and_what_it_is(llava: Seer) -> None:
    features = llava.features([draw(SCENE)])
    assert features.shape == (1, PATCHES, FEATURES)
    parts = dict(zip(PARTS, features[0].split(list(PARTS.values()), -1)))
    for thing in SCENE.things:
        row, column = int(thing.y * 8), int(thing.x * 8)
        patch = row * 8 + column
        assert parts["there"][patch] > 0.5
        assert list(model.detector.NAMES[0])[int(parts["kind"][patch].argmax())] == thing.kind
        assert list(model.detector.NAMES[1])[int(parts["colour"][patch].argmax())] == thing.colour
        assert (int(parts["row"][patch].argmax()), int(parts["column"][patch].argmax())) == (row, column)
    assert int((parts["there"] > 0.5).sum()) == len(SCENE.things)


@pytest.mark.parametrize("kind", ["pictured", "unseen", "told"])
def test_a_row_of_questions_answers_each_as_if_it_stood_alone(llava: Seer, fusion: Seer, kind: str) -> None:
    one = rounds(1)[0]
    rng = np.random.default_rng
    who = fusion if kind == "unseen" else llava
    features = None if kind == "told" else who.features([draw(one.scene)])

    def logits(questions: tuple) -> torch.Tensor:  # type: ignore[type-arg]
        if kind == "told":
            pack = packing.told([one.scene], [questions], rng(5), 400)
        else:
            pack = getattr(packing, kind)([questions], 400)
        return measuring.answers(who, pack, features)[0]

    together = logits(one.asked)
    alone = torch.cat([logits((each,)) for each in one.asked])
    assert torch.allclose(together, alone, atol=2e-4)


@pytest.mark.parametrize("fused", [False, True])
def test_right_word_for_word_is_what_greedy_decoding_writes(llava: Seer, fusion: Seer, fused: bool) -> None:
    who = fusion if fused else llava
    for one in rounds(2):
        single = [each for each in one.asked if len(each.turns) == 1][:3]
        patches = who.patches([draw(one.scene)])
        for each in single:
            ids = who.prompt((), each.text)
            looking = who.seeing(patches)
            steps = decode(looking, ids, Sampling(), seed=0, limit=30)
            wanted = [*words.ids_of(each.answer), words.numbers()[words.END]]
            found = [step.id for step in itertools.islice(steps, len(wanted))]
            part = measuring.Round(one.scene, (each,))
            assert (found == wanted) == measuring.right(who, [part])[0][1]


def test_reading_with_a_cache_is_reading_at_once(llava: Seer) -> None:
    patches = llava.patches([draw(SCENE)])
    ids = llava.prompt((), "Where is the house?")
    whole = llava.sight(patches)(torch.tensor([ids])).logits[0, -1]
    step = next(iter(decode(llava.seeing(patches), ids, Sampling(), seed=0, limit=1)))
    assert torch.allclose(step.logits, whole, atol=1e-4)


def test_gates_that_are_shut_hide_the_picture_and_open_ones_show_it() -> None:
    with seeded(0):
        made = model.empty(fused=True).eval().requires_grad_(False)
    ids = torch.tensor([made.prompt((), "What is red?")])
    assert words.numbers()[words.PICTURE] not in ids
    views = [made.patches([draw(scene)]) for scene in (SCENE, Scene((), "black"))]
    shut = [made.sight(view)(ids).logits for view in views]
    assert torch.equal(*shut)
    assert torch.allclose(shut[0], made.language.network(ids).logits)
    for one in network.crossings(made.language.network):
        one.gates.fill_(1.0)
    assert not torch.allclose(*(made.sight(view)(ids).logits for view in views))


def test_what_a_crossing_looks_at_adds_up_and_gives_what_it_takes(fusion: Seer) -> None:
    one = network.crossings(fusion.language.network)[0]
    h, patches = torch.randn(2, 5, network.WIDTH), torch.randn(2, PATCHES, network.WIDTH)
    weights = one.weights(h, patches)
    assert torch.allclose(weights.sum(-1), torch.ones(()))
    value = one._split(one.key_value(one.seen(patches)).chunk(2, -1)[1])
    byhand = one.out((weights @ value).transpose(1, 2).flatten(2))
    assert torch.allclose(byhand, one.attended(h, patches), atol=1e-5)


def test_notes_are_true_and_said_in_order() -> None:
    found = {
        " ".join(words.tokenizer().convert_ids_to_tokens(ids)).replace(words.SPACE, ""): said
        for seed in range(5)
        for ids, said in packing.notes(SCENE, np.random.default_rng(seed))
    }
    assert found == {
        "house red large row3 column3": [False, True, True, True, True],
        "cat blue small row6 column7": [False, True, True, True, True],
        "house cat left": [False, False, True],
        "cat house right": [False, False, True],
    }


def quick(name: str) -> train.TrainConfig:
    long = train.STAGES[name]
    return replace(long, steps=2, rows=2, warmup=1, noting=min(1, long.noting), naming=min(1, long.naming))


def test_a_patch_is_to_be_named_after_the_thing_whose_centre_it_has() -> None:
    named = packing.named(SCENE)
    pieces = words.tokenizer()
    said = [pieces.decode([i for i in one.tolist() if i >= 0]) for one in named]
    assert said[2 * 8 + 2] == "large red house row3 column3"
    assert said[5 * 8 + 6] == "small blue cat row6 column7"
    assert said.count("grey background") == PATCHES - 2


def test_naming_is_done_where_patches_are_their_words_added(llava: Seer) -> None:
    table = llava.language.network.get_input_embeddings()
    wanted = measuring.summed(table, packing.named(SCENE)[None])
    assert float(train.naming(llava, [SCENE])) > 0.1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Seer, "patches", lambda self, pictures: wanted)
        assert float(train.naming(llava, [SCENE])) == 0


def test_all_stages_train_one_after_the_other_and_are_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    monkeypatch.setattr(model, "FOLDER", tmp_path / "none")
    monkeypatch.setattr(train, "FITTED", 16)
    monkeypatch.setattr(train, "WATCHED", 2)
    with pytest.raises(DemoError, match="language, which is not trained"):
        list(train.train_one("aligned", quick("aligned")))
    folder = kit.folder_of("vlm")
    for name in train.STAGES:
        told = list(train.train_one(name, quick(name)))
        assert [(one.index, one.model) for one in told] == [(2, name)]
        assert list(train.train_one(name, quick(name))) == [], "what is finished is left alone"
    card = kit._card(folder / "fusion.safetensors")
    assert all(len(row) == len(card["columns"]) for row in card["history"])
    before, after = (model.build(folder / f"{name}.safetensors") for name in ("aligned", "llava"))
    states = [one.language.state_dict() for one in (before, after)]
    assert any(not torch.equal(states[0][name], states[1][name]) for name in states[0])
    alone = model.build_language(folder / "language.safetensors")
    assert torch.equal(alone.network.lm_head.weight, before.language.network.lm_head.weight)
    assert card["parameters"] == sum(p.numel() for p in model.build(folder / "fusion.safetensors").parameters())


def test_the_first_stage_moves_the_projector_alone_and_fusion_leaves_the_decoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with seeded(0):
        made = {False: model.empty(), True: model.empty(fused=True)}
    made[False].language.requires_grad_(False)
    names = {
        fused: {name.split(".")[0] for name, p in one.named_parameters() if p.requires_grad}
        for fused, one in made.items()
    }
    assert names[False] == {"projector"}
    learnt = [name for name, p in made[True].named_parameters() if p.requires_grad]
    assert all(name.startswith("projector") or "crossing" in name for name in learnt)


def test_the_loss_falls() -> None:
    with seeded(0):
        made = model.empty().train()
    rng = np.random.default_rng(0)
    scenes = [scene_to_ask(rng) for _ in range(4)]
    pack = packing.pictured([asked(scene, rng, 6) for scene in scenes])
    features = made.features([draw(scene) for scene in scenes])
    optimiser = torch.optim.AdamW([p for p in made.parameters() if p.requires_grad], lr=3e-3)
    losses = []
    for _ in range(12):
        value = train.loss(made, pack, features)
        losses.append(float(value.detach()))
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
    assert losses[-1] < losses[0] / 2
