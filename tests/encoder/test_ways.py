"""Three networks on one text: each loss is that of Transformers itself, all of them learn, and what is refused."""

from __future__ import annotations

import math

import pytest
import torch

from genai_demo import DemoError
from genai_demo.core.device import generator
from genai_demo.encoder import ways
from genai_demo.encoder.ways_options import WaysOptions
from genai_demo.language.characters import some, text_of

OWN = "the cat sat on the mat and the dog sat on the log. " * 20
QUICK = {"text": OWN, "width": 32, "layers": 1, "steps": 120, "every": 60, "learning_rate": 0.01, "hidden": 0.3}


def frames(**options):
    return list(ways.learn_ways(WaysOptions(**QUICK | options), seed=0))


@pytest.fixture(scope="module")
def classroom():
    return ways.Classroom(text_of(OWN), WaysOptions(**QUICK), 0)


def test_all_three_learn_more_than_how_often_letters_occur():
    first, *_, last = frames()
    for name in ("causal", "masked", "hole"):
        assert getattr(last, name) < last.frequencies < last.even
        assert getattr(last, name) < getattr(first, name)
    assert last.asked_causal == 16 * 47
    assert last.asked_hole == 16 * 12


def test_more_steps_go_on_as_fewer_did():
    short, long = frames(steps=20, every=20), frames(steps=40, every=20)
    assert [frame.causal for frame in short] == [frame.causal for frame in long[:2]]
    assert short[-1].wrote_hole == long[1].wrote_hole


def test_the_losses_are_those_that_transformers_computes(classroom):
    x = some(classroom.text.learnt, ways.CONTEXT - 1, 5, generator(1))
    draw = ways.drawn(x, classroom.options, generator(2))
    causal, masked, hole = classroom.nets
    theirs = causal(x, labels=x).loss
    assert torch.allclose(ways.ask_causal(causal, x, draw).loss, theirs, atol=1e-5)
    labels = x.masked_fill(~draw.hidden, -100)
    shown = x.masked_fill(draw.hidden, masked.config.pad_token_id)
    theirs = masked(shown, attention_mask=torch.ones_like(x), labels=labels).loss
    assert torch.allclose(ways.ask_masked(masked, x, draw).loss, theirs, atol=1e-5)
    source, target = ways.holed(x, draw.start, 12, hole.config.pad_token_id)
    assert torch.allclose(ways.ask_hole(hole, x, draw, 12).loss, hole(input_ids=source, labels=target).loss, atol=1e-5)


def test_a_line_is_given_back_whole_and_its_chances_are_what_the_loss_is_made_of(classroom):
    frame = classroom.look(0, 1, 0)
    line = "".join(classroom.text.characters[i] for i in classroom.line[0])
    for shown in (frame.sure_causal, frame.sure_masked, frame.sure_hole):
        assert "".join(token.text for token in shown) == line
    place = classroom.options.place - 1
    for stage, shown in zip(frame.apart, (frame.sure_causal, frame.sure_masked, frame.sure_hole), strict=True):
        (best,) = [token for token in stage.items if token.kind == "best"]
        assert best.text == line[place]
        assert best.share == pytest.approx(shown[place].share, abs=0.02)  # of the characters, the sign left out
        assert stage.note.endswith(f"{-math.log(best.share):.2f} nats")
    assert all(len(written) == ways.CONTEXT for written in (frame.wrote_causal, frame.wrote_masked, frame.wrote_hole))


def test_a_hole_may_lie_at_either_end(classroom):
    for place, inside in ((2, range(12)), (48, range(36, 48))):
        options = classroom.options.model_copy(update={"place": place})
        frame = ways.Classroom(classroom.text, options, 0).look(0, 1, 0)
        assert [i for i, token in enumerate(frame.sure_hole) if token.share is not None] == list(inside)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"text": "short"}, "text has 5 characters; write at least 400"),
        ({"text": "ab" * 210}, "too short to hold 48 characters"),
    ],
)
def test_what_can_not_be_learnt_from_is_refused(options, said):
    with pytest.raises(DemoError, match=said):
        frames(**options)


def test_a_loss_that_is_no_number_names_the_step_and_the_rate(monkeypatch):
    ask = ways.ask_causal
    steps = iter(range(1, 100))

    def runs_away(net, x, draw):  # whether a rate really leads there hangs on how a processor rounds
        found = ask(net, x, draw)
        learns = torch.is_grad_enabled()  # and does not only look
        return found._replace(logits=found.logits * math.nan) if learns and next(steps) == 3 else found

    monkeypatch.setattr(ways, "ask_causal", runs_away)
    with pytest.raises(DemoError, match=r"learning_rate is 0\.01, and a loss was no number at step 3; choose"):
        frames(steps=20, every=20)
