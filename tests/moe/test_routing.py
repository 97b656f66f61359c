"""Routing: held to Transformers' own pass, what is changed in it, what is refused, and what each run shows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.options import Options
from genai_demo.moe import measuring, network, options
from genai_demo.moe.capacity import capacity
from genai_demo.moe.context import context, overlap
from genai_demo.moe.force import force
from genai_demo.moe.information import apart, mutual_information
from genai_demo.moe.route import route
from genai_demo.moe.routing import AS_TRAINED, Plan, checked, room, through
from genai_demo.moe.topk import topk, tried
from genai_demo.moe.words import commented, words
from tests.language import stand_in as dense
from tests.moe.stand_in import MAKERS, tiny

TEXT = "This package contains the library.\n    def read(self):\n        return self.file"
STARTS: dict[str, tuple[type[Options], Any]] = {
    "route": (options.RouteOptions, route),
    "context": (options.ContextOptions, context),
    "topk": (options.TopkOptions, topk),
    "force": (options.ForceOptions, force),
    "capacity": (options.CapacityOptions, capacity),
    "words": (options.WordsOptions, words),
}
SMALL = {"topk": {"stretches": 1}, "force": {"max_new_tokens": 3}, "words": {"stretches": 2, "layer": 1}}


def frames(name: str, model: str = "mixtral", **given: Any) -> list[Any]:
    kind, start = STARTS[name]
    text = {"text": TEXT} if "text" in kind.model_fields else {}
    return list(start(tiny(model), kind.parse({**text, **SMALL.get(name, {}), **given}), seed=0))


def ids(model: str = "mixtral", rows: int = 2) -> torch.Tensor:
    found = tiny(model).encode(TEXT)
    return torch.tensor([found, found[::-1]])[:rows]


each = pytest.mark.parametrize("name", MAKERS)


@each
@torch.inference_mode()
def test_a_pass_as_trained_is_transformers_own_to_the_last_digit_that_counts(name: str) -> None:
    model, x = tiny(name), ids(name)
    theirs = model.network(x, use_cache=False, output_router_logits=True)
    logits, passed = through(model, x)
    assert torch.allclose(logits, theirs.logits, atol=1e-5)
    assert len(passed) == network.layers_of(model) == len(theirs.router_logits)
    for at, own in zip(passed, theirs.router_logits, strict=True):
        assert torch.allclose(at.chances, own.float().softmax(-1), atol=1e-6)
        assert at.index.shape[1] == network.top_k(model)


@each
@torch.inference_mode()
def test_room_for_all_and_the_usual_k_change_nothing(name: str) -> None:
    model, x = tiny(name), ids(name)
    plain, _ = through(model, x)
    for plan in (Plan(k=network.top_k(model)), Plan(capacity=network.experts_of(model)), Plan(temperature=1.0)):
        assert torch.equal(through(model, x, plan)[0], plain), plan


@torch.inference_mode()
def test_what_is_dropped_passes_the_layer_by_and_the_shared_model_stays_as_it_was() -> None:
    model, x = tiny(), ids(rows=1)
    before = [p.clone() for p in model.parameters()]
    _, passed = through(model, x, Plan(capacity=0.5))
    assert all(
        int((at.kept & (at.index == e)).sum()) <= math.ceil(0.5 * x.numel() * 2 / 4) for at in passed for e in range(4)
    )
    assert all(float(at.weights[~at.kept].abs().max()) == 0 for at in passed)
    nothing, _ = through(model, x, Plan(capacity=1e-9))  # room for one each
    assert not torch.equal(nothing, through(model, x)[0])
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_who_comes_first_has_room_and_first_choices_come_before_second_ones() -> None:
    index, weights = torch.tensor([[0, 1], [0, 1], [1, 0]]), torch.tensor([[0.6, 0.4], [0.9, 0.1], [0.7, 0.3]])
    stand = room(index, weights, 2, Plan(capacity=0.5))  # room for two each
    assert stand.tolist() == [[True, True], [True, False], [True, False]]
    sure = room(index, weights, 2, Plan(capacity=0.3, order="surest first"))  # for one
    assert sure.tolist() == [[False, False], [True, False], [True, False]]


@torch.inference_mode()
def test_experts_that_are_off_are_chosen_by_none_and_a_forced_one_by_all() -> None:
    model, x = tiny(), ids(rows=1)
    _, off = through(model, x, checked(model, (1, 3), None, 2))
    assert {0, 2} & set(off[0].index.flatten().tolist())
    assert not {0, 2} & set(off[1].index.flatten().tolist())
    assert torch.allclose(off[1].weights.sum(-1), torch.ones(x.numel()), atol=1e-6)
    _, forced = through(model, x, checked(model, (), 2, 0))
    assert all(at.index.unique().tolist() == [1] for at in forced)
    _, few = through(model, x, checked(model, (1, 2, 3), None, 0))
    assert all(at.index.shape[1] == 1 for at in few), "fewer are left than a token usually goes to"


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("route", {"text": " "}, "text is empty"),
        ("route", {"text": "word " * 700}, "the limit here is 256"),
        ("route", {"temperature": 0}, "temperature is 0"),
        ("context", {"other": "%"}, "other has no token of text"),
        ("context", {"other": " "}, "the other text is empty"),
        ("context", {"other": "file " * 400}, "the other text makes 401 tokens"),
        ("force", {"off": "1 2 3 4"}, "off leaves none of the 4 experts"),
        ("force", {"off": "9"}, "expert is 9; a layer of this model has 4"),
        ("force", {"off": "first"}, "off is first"),
        ("force", {"force": 9}, "expert is 9"),
        ("force", {"off": "2", "force": 2}, "force is 2, which is switched off"),
        ("force", {"layer": 9}, "layer is 9; this model has 2"),
        ("capacity", {"layer": 9}, "layer is 9; this model has 2"),
        ("words", {"layer": 9}, "layer is 9; this model has 2"),
        ("topk", {"stretches": 0}, "stretches is 0"),
    ],
)
def test_what_can_not_be_is_one_sentence(name: str, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence):
        frames(name, **given)


def test_a_model_without_experts_is_refused() -> None:
    with pytest.raises(DemoError, match="has no experts"):
        network.with_experts(dense.tiny())


def test_another_script_is_said() -> None:
    assert "script" in frames("route", text="Привет, как дела сегодня?")[0].said
    assert "script" not in frames("route")[0].said


@pytest.mark.parametrize("model", ["olmoe", "qwen"])
@pytest.mark.parametrize("run", STARTS)
def test_every_run_shows_every_class_of_the_menu(run: str, model: str) -> None:
    assert frames(run, model)


def test_the_film_of_a_text_has_a_colour_a_token_and_a_load_that_adds_up() -> None:
    shown = frames("route")
    assert len(shown) == 2
    count = len(tiny().encode(TEXT))
    for frame in shown:
        assert len(frame.text) == count
        assert all(tok.group in range(4) for tok in frame.text)
        assert sum(tok.share for tok in frame.load) == pytest.approx(1)
        assert np.allclose(frame.chances.sum(0), 1, atol=1e-5)
        assert 0 <= frame.even <= 1
    assert shown[0].text != shown[1].text


def test_a_token_agrees_with_itself_in_the_same_text() -> None:
    shown = frames("context", other=TEXT)
    assert all(frame.same > frame.others for frame in shown)
    at = through(tiny(), ids(rows=1))[1][0]
    assert torch.equal(overlap(at, at).diagonal(), torch.ones(len(at.index)))


def test_another_script_is_said_of_either_text() -> None:
    strange = "Привет, мир"
    for given in ({"text": strange, "other": f"{strange} {TEXT}"}, {"text": f"{TEXT} {strange}", "other": strange}):
        assert all("of a script" in frame.said for frame in frames("context", **given))


def test_each_k_is_tried_and_the_usual_one_costs_what_a_plain_pass_costs() -> None:
    shown = frames("topk")
    assert [frame.k for frame in shown] == [1, 2, 3, 4]
    assert tried(64, 8) == [1, 2, 4, 8, 16, 32, 64]
    usual = shown[1]
    assert all(tok.value == pytest.approx(1) for tok in usual.domains)
    x = ids(rows=1)
    logits = tiny().network(x, use_cache=False).logits
    own = torch.nn.functional.cross_entropy(logits[0, :-1], x[0, 1:])
    assert usual.yours == pytest.approx(math.exp(float(own)), rel=1e-4)


def test_nothing_changed_writes_the_same_and_a_change_moves_the_next_token() -> None:
    same = frames("force", off="", force=0)
    assert all(frame.gap == 0 and frame.whole[-1] == frame.less[-1] for frame in same)
    moved = frames("force", force=1)
    assert moved[0].gap > 0
    assert {tok.id for tok in moved[0].before} == {tok.id for tok in moved[0].after}


def test_less_room_drops_more() -> None:
    shown = frames("capacity")
    assert shown[0].dropped == 0
    assert [frame.dropped for frame in shown] == sorted(frame.dropped for frame in shown)
    assert any(tok.kind == "off" for tok in shown[-1].text)


def test_words_of_experts_are_counted_over_the_stretches() -> None:
    shown = frames("words")
    assert [frame.read for frame in shown] == [640, 1280]
    assert len(shown[-1].favourites) == 4
    assert np.allclose(shown[-1].shares.sum(1), 1)
    assert len(shown[-1].told_apart) == 12
    assert all(0 <= tok.share <= 1 for tok in shown[-1].told_apart)


def test_what_is_said_in_python_is_told_from_its_code() -> None:
    pieces = ["x", " =", " 1", "  # ", "one", "\n", '"""', "Doc", '"""', "y"]
    assert commented(pieces) == [False, False, False, False, True, False, True, True, True, False]


def test_bits_are_none_where_all_go_alike_and_one_where_two_are_told_apart() -> None:
    alike, parted = torch.tensor([[3, 5], [30, 50]]), torch.tensor([[4, 0], [0, 9]])
    assert mutual_information(alike) == pytest.approx(0, abs=1e-9)
    assert mutual_information(parted) == pytest.approx(1)
    assert float(apart(alike[0], alike[1])) == pytest.approx(0, abs=1e-9)


def test_what_is_measured_of_a_router(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "LENGTH", 12)
    random = torch.Generator().manual_seed(0)
    rows = {
        name: torch.randint(low, low + 20, (4, 13), generator=random) for name, low in (("english", 9), ("python", 99))
    }
    found = measuring.routing(tiny(), rows)
    assert found["bits"][0] > 0.05, "different tokens go to different experts"
    assert found["told"] > 0.5
    assert found["topk"]["english"][1] == pytest.approx(
        measuring._perplexity(tiny(), rows["english"], AS_TRAINED.k or 2), abs=1e-3
    )
    assert all(sum(layer) == pytest.approx(1, abs=1e-3) for layer in found["load"]["python"])
    assert found["context"][0]["same"] > found["context"][0]["others"]
