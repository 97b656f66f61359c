"""A small decoder that learns letters: what it learns, that its loss is the network's, and what it refuses."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from genai_demo import DemoError, Recipe, run
from genai_demo.core.device import generator
from genai_demo.decoder import learn
from genai_demo.decoder.learn_options import LearnOptions
from genai_demo.language import characters

OWN = "the cat sat on the mat and the dog sat on the log. " * 20
QUICK = {"text": OWN, "prompt": "the ", "width": 32, "layers": 1, "context": 16, "steps": 60, "every": 30}


def frames(**options):
    return list(run(Recipe("decoder/learn", QUICK | options, 0)))


def test_it_learns_more_than_how_often_letters_occur():
    first, *_, last = frames(learning_rate=0.02)
    assert first.unseen == pytest.approx(first.even, abs=0.3)
    assert last.unseen < last.frequencies < last.even == pytest.approx(math.log(len(set(OWN))))
    assert last.words > first.words


def test_more_steps_go_on_as_fewer_did():
    short, long = frames(steps=30), frames(steps=60)
    assert [f.unseen for f in short] == [f.unseen for f in long[:2]]
    assert short[-1].written == long[1].written


def test_a_sample_has_the_probabilities_that_the_network_gives():
    options = LearnOptions(**QUICK, temperature=1.0)
    text = characters.text_of(OWN)
    net, begin = learn.network(len(text.characters), options, 0), text.numbers("the ")
    written, chances, first = learn.write(net, begin, options, 0)
    with torch.inference_mode():
        whole = torch.cat([torch.tensor(begin), written[0]])[None]
        p = net(whole[:, :-1]).logits[0, len(begin) - 1 :].softmax(1)
    assert torch.allclose(p[0], first, atol=1e-5)
    assert torch.allclose(p.gather(1, written[0][:, None])[:, 0], chances[0], atol=1e-4)


def test_stretches_lie_in_the_text_also_where_it_is_shorter_than_the_context():
    numbers = torch.arange(10)
    for row in characters.some(numbers, 4, 20, generator(0)):
        assert row.diff().eq(1).all()
        assert len(row) == 5
    assert characters.some(numbers, 50, 2, generator(0)).tolist() == [list(range(10))] * 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"text": "short"}, "text has 5 characters; write at least 400"),
        ({"prompt": "\u6c34"}, "prompt has no character of the text"),
        ({"learning_rate": 1e9}, "from 1e-05 to 10"),
        ({"layers": 0}, "from 1 to 4"),
    ],
)
def test_what_it_cannot_learn_from_is_refused(options, said):
    with pytest.raises(DemoError, match=said):
        frames(**options)


def test_the_articles_have_no_signs_of_markdown():
    text = characters.library()
    assert len(text) > 100_000
    assert not set("#|$`") & set(text)


def test_words_at_the_ends_may_be_cut_and_do_not_count():
    assert learn.whole_words("ing the cat is on the ma") == ["the", "cat", "the"]
    assert list(itertools.chain(learn.whole_words("x"), learn.whole_words(""))) == []
