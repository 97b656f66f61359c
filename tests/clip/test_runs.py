"""The runs of CLIP on the shipped weights: identities, what is computed once, bad input, seeds."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from open_clip.loss import ClipLoss
from PIL import Image

from genai_demo.clip import KEYS, compare, contrast, features, library, occlude, space, typographic
from genai_demo.clip.model import Clip
from genai_demo.clip.pictures import read, scene, world_picture
from genai_demo.core.caches import weigh
from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import find_spec
from genai_demo.data import signs
from genai_demo.data.world_kinds import KINDS
from genai_demo.results.files import steady

PICTURES = "world:17, world:54, world:42"
TEXTS = "three green cars\na red bird on the left\na red star"


@pytest.fixture(scope="module")
def model() -> Clip:
    found: Clip = load(find_spec(KEYS[0]))
    return found


@pytest.fixture
def passes(model: Clip) -> Iterator[list[tuple[str, int]]]:
    """Forward passes since, as (tower, rows); nothing is remembered from before."""
    features.forget()
    seen: list[tuple[str, int]] = []
    towers = {"pictures": model.net.visual, "texts": model.net.token_embedding}
    hooks = [
        tower.register_forward_pre_hook(lambda _, given, name=name: seen.append((name, len(given[0]))))
        for name, tower in towers.items()
    ]
    yield seen
    for hook in hooks:
        hook.remove()
    features.forget()


def frames(verb: str, seed: int = 0, **options: Any) -> list[Any]:
    return list(run(Recipe(f"clip/{verb}", options, seed)))


def similarity(**options: Any) -> list[Any]:
    return frames("similarity", **{"pictures": PICTURES, "texts": TEXTS, **options})


def mine(picture: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return "mine:" + base64.b64encode(buffer.getvalue()).decode()


# --- similarity


@torch.inference_mode()
def test_vectors_are_those_of_open_clip(model: Clip) -> None:
    features.forget()
    drawn, texts = read(PICTURES), TEXTS.splitlines()
    weight = model._weight()
    batch = torch.stack([model.prepare(Image.fromarray(p.pixels)) for p in drawn]).to(weight.dtype)
    near = {"atol": 1e-5} if weight.dtype == torch.float32 else {"atol": 0.01}
    for ours, theirs in (
        (features.see(model, drawn), model.net.encode_image(batch, normalize=True)),
        (features.read(model, texts), model.net.encode_text(model.tokenizer(texts), normalize=True)),
    ):
        np.testing.assert_allclose(ours, theirs.float().numpy(), **near)
        np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)


def test_a_text_read_alone_is_as_among_others(model: Clip) -> None:
    features.forget()
    texts = ["a red house", "a small blue cat and a very large tree on a grey background"]
    both = features.read(model, texts)
    for text, vector in zip(texts, both, strict=True):
        assert features.read(model, [text])[0] @ vector == pytest.approx(1, abs=1e-3)


def test_plain_letters_are_all_known(model: Clip) -> None:
    vocabulary = model.tokenizer.vocabulary  # type: ignore[attr-defined]
    assert all(chr(code).lower() in vocabulary for code in range(33, 127))
    assert model.tokenizer.context_length - 2 >= compare.PLAIN  # type: ignore[attr-defined]


def test_shares_sum_to_one_and_the_loss_is_open_clips(model: Clip) -> None:
    seen, written = features.see(model, read(PICTURES)), features.read(model, TEXTS.splitlines())
    for frame in similarity(steps=3):
        np.testing.assert_allclose(frame.by_picture.sum(1), 1, atol=1e-5)
        np.testing.assert_allclose(frame.by_text.sum(0), 1, atol=1e-5)
        expected = ClipLoss()(torch.from_numpy(seen), torch.from_numpy(written), torch.tensor(1 / frame.temperature))
        assert frame.loss == pytest.approx(float(expected), rel=1e-4, abs=1e-6)
        assert frame.loss == pytest.approx((frame.loss_by_picture + frame.loss_by_text) / 2)


def test_the_temperature_falls_to_the_learnt_one(model: Clip) -> None:
    found = [frame.temperature for frame in similarity(steps=5)]
    assert found[0] == 1
    assert found[-1] == pytest.approx(model.temperature)
    assert found == sorted(found, reverse=True)
    assert similarity(steps=1, temperature=0.5)[0].temperature == 0.5


def test_the_shipped_model_finds_the_pairs() -> None:
    frame = similarity(steps=1)[0]
    assert frame.right_text == frame.right_picture == 100
    assert frame.diagonal > frame.others + 0.2


def test_a_changed_temperature_costs_no_pass(passes: list[tuple[str, int]]) -> None:
    similarity()
    before = len(passes)
    assert before == 2
    similarity(temperature=0.3)
    assert len(passes) == before


def test_a_changed_template_or_text_costs_only_its_own_tower(passes: list[tuple[str, int]]) -> None:
    similarity()
    passes.clear()
    similarity(template="a picture of {}")
    assert [name for name, _ in passes] == ["texts"]
    passes.clear()
    similarity(pictures="world:17, world:54, world:43")
    assert [name for name, _ in passes] == ["pictures"]
    passes.clear()
    similarity(pictures="world:43, world:17")  # all known, in another order
    assert passes == []


def test_what_was_remembered_changes_no_bit() -> None:
    features.forget()
    similarity(pictures="world:42, world:54", texts="a red star\nsomething else")
    warm = similarity()
    features.forget()
    cold = similarity()
    for one, other in zip(warm, cold, strict=True):
        assert np.array_equal(one.cosines, other.cosines)


def test_the_memory_is_bounded_and_goes_with_the_model(model: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    similarity()
    one = weigh(features.see(model, read("world:1"))[0])
    monkeypatch.setattr(features, "MOST_BYTES", 4 * one)
    features.forget()
    similarity()
    assert len(features.memory(model)) == 4
    features.forget()


def test_one_of_each_and_unequal_numbers() -> None:
    frame = similarity(pictures="world:1", texts="a bird", steps=1)[0]
    assert frame.cosines.shape == (1, 1)
    assert frame.loss == pytest.approx(0, abs=1e-9)
    frame = similarity(texts="a bird\nein Vogel", steps=1)[0]
    assert frame.cosines.shape == (3, 2)
    assert frame.loss is None
    assert "no pairs" in frame.said


def test_duplicates_share_what_is_theirs() -> None:
    frame = similarity(pictures="world:17, world:17", texts="three green cars\nthree green cars", steps=1)[0]
    np.testing.assert_allclose(frame.by_picture, 0.5, atol=1e-6)
    assert frame.loss == pytest.approx(np.log(2), abs=1e-6)


def test_texts_that_are_not_read_whole_are_said_so() -> None:
    frame = similarity(texts=" ".join(["red"] * 45) + "\n日本語の文\nцерковь", steps=1)[0]
    assert "1 of the texts fill all 32 places" in frame.said
    assert "no token for" in frame.said
    assert np.isfinite(frame.cosines).all()


@pytest.mark.parametrize("picture", [np.zeros((1, 1, 3), np.uint8), np.full((128, 3, 3), 9, np.uint8)])
def test_odd_pictures_are_seen(picture: np.ndarray) -> None:
    assert np.isfinite(similarity(pictures=mine(picture), texts="a", steps=1)[0].cosines).all()


@pytest.mark.parametrize(
    ("verb", "options", "said"),
    [
        ("similarity", {"pictures": ""}, "there is no picture"),
        ("similarity", {"pictures": mine(np.zeros((9, 9, 3), np.uint8)), "texts": ""}, "there is no text and mine 1"),
        ("similarity", {"pictures": ", ".join(["world:1"] * 200)}, "there are 200 pictures; the limit is 32"),
        ("similarity", {"texts": "a\n" * 200}, "there are 200 lines of text; the limit is 32"),
        ("similarity", {"texts": "a" * 100_000}, "texts has 100000 characters; the limit is 20000"),
        ("similarity", {"template": "a picture"}, "write {} where the text goes"),
        ("classify", {"picture": "world:1, world:2"}, "there are 2 pictures; the limit is 1"),
        ("classify", {"classes": " "}, "there is no class"),
        ("classify", {"templates": "a {}\nb"}, "the template is b"),
        ("search", {"query": " "}, "the query is empty"),
        ("arithmetic", {"start": ""}, "start is empty"),
        ("arithmetic", {"plus": "x" * 300}, "plus has 300 characters; the limit of words is 200"),
        ("occlude", {"picture": mine(np.zeros((9, 9, 3), np.uint8)), "text": ""}, "there is no text"),
        ("space", {"pictures": PICTURES, "texts": "a"}, "the pictures are 3 and the texts 1"),
        ("space", {"pictures": "world:1, world:2"}, "give 3 or more pairs"),
        ("typographic", {"word": " "}, "the word is empty"),
    ],
)
def test_bad_input_is_one_sentence(verb: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(DemoError) as error:
        frames(verb, **options)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


# --- classify


def test_the_ensemble_is_the_mean_of_its_templates(model: Clip) -> None:
    options = {"picture": "world:27", "classes": "car\ncat\ncar", "templates": "{}\na drawing of a {}"}
    found = frames("classify", **options)
    assert len(found) == 2
    seen = features.see(model, [world_picture(27, 64)])[0]
    each = features.read(model, ["car", "cat", "a drawing of a car", "a drawing of a cat"]).reshape(2, 2, -1)
    for i, frame in enumerate(found):
        mean = each[: i + 1].mean(0)
        cosines = (mean / np.linalg.norm(mean, axis=1, keepdims=True)) @ seen
        shares = np.exp(cosines / frame.temperature)
        assert frame.first == pytest.approx(shares[0] / shares.sum(), rel=1e-3)
        assert sum(tok.share for tok in frame.ensemble) == pytest.approx(1, abs=1e-5)
        assert len(frame.each) == i + 2
    assert found[-1].best == "car"


def test_another_template_does_not_look_at_the_picture_again(passes: list[tuple[str, int]]) -> None:
    frames("classify")
    passes.clear()
    frames("classify", templates="{}\nmany {}", temperature=0.5)
    assert [name for name, _ in passes] == ["texts"]


# --- search and arithmetic


def test_search_finds_what_comparing_with_all_finds(model: Clip) -> None:
    found = frames("search", seed=3, query="a red house", pictures=50, k=7, steps=3)
    drawn = [world_picture(30_000 + i, 64) for i in range(50)]
    cosines = (
        features.grouped(model.embed_pictures, [p.pixels for p in drawn]) @ features.read(model, ["a red house"])[0]
    )
    for frame in found:
        order = np.argsort(-cosines[: frame.searched], kind="stable")[:7]
        assert frame.names == tuple(drawn[i].name for i in order)
        np.testing.assert_allclose([tok.value for tok in frame.best], cosines[order], atol=1e-4)  # it keeps 16 bits
        assert np.array_equal(frame.found[0], drawn[order[0]].pixels)
    assert [frame.searched for frame in found] == sorted(frame.searched for frame in found)
    assert found[-1].searched == 50


def test_a_library_is_embedded_once(passes: list[tuple[str, int]], model: Clip) -> None:
    library._kept.clear()
    frames("search", pictures=40, query="a cat")
    assert sum(n for name, n in passes if name == "pictures") == 48  # 32, and 8 filled up to 16
    passes.clear()
    frames("search", pictures=40, query="a dog")
    frames("arithmetic", pictures=40, start="a cat", minus="", plus="")
    assert {name for name, _ in passes} == {"texts"}


def test_a_picture_finds_itself_and_its_words() -> None:
    frame = frames("search", way="picture to pictures", picture="world:5", pictures=20, k=3, steps=1)[0]
    assert frame.names[0] == "world:5"
    assert frame.nearest == pytest.approx(1, abs=1e-3)
    frame = frames("search", way="picture to words", picture="world:34", k=5, steps=1)[0]
    assert frame.found is None
    assert frame.searched == 8 * len(KINDS)
    assert "a green triangle" in frame.names
    frame = frames("search", way="picture to words", picture="world:34", words="a cat\na triangle", steps=2)[-1]
    assert frame.names[0] == "a triangle"


def test_more_is_asked_for_than_is_there() -> None:
    assert len(frames("search", pictures=10, k=40, steps=20)[-1].names) == 10


def test_the_library_is_drawn_by_the_seed() -> None:
    options = {"pictures": 20, "k": 5, "steps": 2}
    one, again, other = (frames("search", seed=s, **options) for s in (1, 1, 2))
    assert [steady(frame) for frame in one] == [steady(frame) for frame in again]
    assert one[-1].names != other[-1].names


def test_adding_and_taking_away_the_same_is_nothing() -> None:
    for frame in frames("arithmetic", start="world:5", minus="red", plus="red", pictures=30):
        assert frame.to_start == pytest.approx(1, abs=1e-5)
    assert frame.names[0] == "world:5"


def test_red_less_red_plus_blue_is_blue() -> None:
    found = frames("arithmetic", start="a red house", minus="red", plus="blue", pictures=300, k=5)
    assert found[-1].to_plus > found[0].to_plus
    count = [sum("blue" in tok.text for tok in frame.best) for frame in (found[0], found[-1])]
    assert count[1] > count[0]


# --- occlude, space, typographic


def test_covering_grey_with_grey_changes_nothing() -> None:
    for frame in frames(
        "occlude", picture=mine(np.full((64, 64, 3), 128, np.uint8)), text="a cat", patch=20, stride=20
    ):
        np.testing.assert_allclose(frame.drops, 0, atol=1e-6)


def test_a_patch_covers_what_it_should() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    assert (occlude.covered(picture, 60, -4, 10) == 128).sum() == 3 * 4 * 6
    assert occlude.places(64, 16, 20) == [0, 20, 40, 48]
    assert occlude.places(64, 64, 8) == [0]
    assert picture.max() == 0


def test_the_flower_rests_on_the_flower() -> None:
    last = frames("occlude", picture="world:12", text="a pink flower", patch=16, stride=12)[-1]
    flower = scene(12)[0].things[1]
    assert flower.kind == "flower"
    row, column = (int(at) for at in np.unravel_index(last.drops.argmax(), last.drops.shape))
    at = occlude.places(64, 16, 12)
    assert abs((at[column] + 8) / 64 - flower.x) < 0.25
    assert abs((at[row] + 8) / 64 - flower.y) < 0.25


def test_the_gap_closes(model: Clip) -> None:
    found = frames("space", scenes=60, steps=5)
    gaps = [frame.gap for frame in found]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.2 * gaps[0]
    across = found[0].read[:, 0].mean() - found[0].seen[:, 0].mean()
    assert across > 0
    assert abs(found[-1].read[:, 0].mean() - found[-1].seen[:, 0].mean()) < 0.2 * across
    assert all(np.abs(frame.seen).max() <= 1.5 for frame in found)


def test_the_map_is_the_principal_components(model: Clip) -> None:
    rng = np.random.default_rng(0)
    u, v = (features.unit(rng.normal(size=(30, 8)) * np.arange(1, 9)) for _ in range(2))
    two, kept = space.plan(u, v, "most variance")
    x = np.concatenate([u, v]).astype(np.float64)
    values, vectors = np.linalg.eigh(np.cov(x.T))
    np.testing.assert_allclose(np.abs(two.T @ vectors[:, [-1, -2]]), np.eye(2), atol=1e-5)
    assert kept == pytest.approx(values[-2:].sum() / values.sum())
    two, _ = space.plan(u, v, "the gap across")
    np.testing.assert_allclose(two.T @ two, np.eye(2), atol=1e-5)


def test_first_on_paper() -> None:
    eye = np.eye(3)
    assert space.first(eye, eye) == 100
    assert space.first(eye, eye[[0, 2, 1]]) == pytest.approx(100 / 3)


def test_a_word_grows_on_the_picture() -> None:
    found = frames("typographic", steps=4, word="cat")
    clean = found[0].drawn[0]
    changed = [int((frame.drawn[0] != clean).any(-1).sum()) for frame in found]
    assert changed[0] == 0
    assert changed == sorted(changed)
    assert found[0].changed == pytest.approx(1, abs=1e-5)
    assert found[0].first == pytest.approx(max(tok.share for tok in found[0].classes))


def test_other_letters_tell_reading_from_accident() -> None:
    assert signs.shifted("Cat, xyz 1") == "Fdw, abc 1"
    assert "it is not read" in typographic.verdict("car", "cat", "cat", "cat", "fdw")
    assert "which is what is written" in typographic.verdict("car", "cat", "cat", "car", "fdw")
    found = frames("typographic", steps=2, word="cat")
    assert found[0].control == pytest.approx(found[0].word)
    assert found[1].control != found[1].word


@pytest.mark.parametrize("word", ["a very long word that can not fit at all", "日本", "i"])
def test_any_word_stays_on_the_picture(word: str) -> None:
    white = np.zeros((224, 224, 3), np.uint8)
    for place in signs.PLACES:
        out = signs.written(white, word, 1.0, place, paper=True)
        assert out.shape == white.shape
        assert out.any()
    assert signs.written(white, word, 0.0, "top", paper=True) is white


# --- contrast


def test_training_turns_the_matrix_diagonal() -> None:
    found = frames("contrast", texts="from nothing", steps=60, shown=8)
    assert found[-1].loss_shown < found[0].loss_shown - 0.3
    assert np.mean([f.loss for f in found[-10:]]) < np.mean([f.loss for f in found[1:11]]) - 0.3
    assert found[0].loss is None
    np.testing.assert_allclose(found[-1].by_picture.sum(1), 1, atol=1e-5)


def test_each_pair_may_be_judged_on_its_own() -> None:
    found = frames("contrast", loss="sigmoid")
    assert found[0].by_picture is None
    assert found[0].each.max() < 0.5, "at first nothing is a pair"
    assert found[-1].right_shown > found[0].right_shown + 25
    assert np.diag(found[-1].each).mean() > 2 * found[-1].each.mean()
    assert found[-1].bias != found[0].bias == contrast.BIAS
    scores = 3 * torch.tensor([[1.0, 0], [0, 1]]) - 1  # of two pairs: scale 3, bias -1
    by_hand = -(scores.diag().sigmoid().log().sum() + 2 * (1 - torch.sigmoid(torch.tensor(-1.0))).log()) / 2
    ours = contrast.sigmoid_loss(torch.eye(2), torch.eye(2), torch.tensor(3.0), torch.tensor(-1.0))
    assert float(ours) == pytest.approx(float(by_hand))


def test_a_locked_tower_needs_fewer_pairs() -> None:
    options = {"texts": "from nothing", "steps": 40, "shown": 16}
    locked, own = (frames("contrast", eyes=eyes, **options)[-1] for eyes in ("locked tower", "from nothing"))
    assert locked.loss_shown < own.loss_shown


@pytest.mark.parametrize("texts", ["frozen tower", "from nothing"])
@pytest.mark.parametrize("eyes", ["locked tower", "from nothing"])
def test_a_training_is_its_seeds(texts: str, eyes: str) -> None:
    options = {"texts": texts, "eyes": eyes, "steps": 3, "batch_size": 8, "shown": 4}
    one, again, other = (frames("contrast", seed=s, **options) for s in (1, 1, 2))
    assert all(np.array_equal(a.cosines, b.cosines) for a, b in zip(one, again, strict=True))
    assert not np.array_equal(one[-1].cosines, other[-1].cosines)


def test_what_is_shown_is_never_trained_on() -> None:
    assert contrast.POOL * 2**31 < contrast.HELD


def test_losses_on_paper() -> None:
    assert compare.losses(np.zeros((4, 4)), 0.1) == pytest.approx((np.log(4), np.log(4)))
    assert compare.losses(np.eye(2), 1.0)[0] == pytest.approx(np.log(1 + np.exp(-1)))
    assert compare.losses(np.eye(2), 1e-3) == pytest.approx((0, 0))
