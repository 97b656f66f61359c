"""The decode loop: equal to Transformers' own, the same with and without what was kept, safe to stop and to share."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence

import pytest
import torch

from genai_demo.core.caches import weigh
from genai_demo.language import prefixes
from genai_demo.language.decode import Step, decode
from genai_demo.language.model import LanguageModel
from genai_demo.language.options import Sampling

WARM = Sampling(1.5, 40, 0.95, 0.0, 1.1)
GREEDY = Sampling(0.0)


def ids_of(count: int, seed: int = 0) -> list[int]:
    return torch.randint(3, 250, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


def talk(model: LanguageModel, *counts: int, seed: int = 0) -> list[int]:
    """A conversation: for each turn so many tokens, and what stands before an answer."""
    return [number for i, count in enumerate(counts) for number in (*ids_of(count, seed + i), *model.opening)]


def run(
    model: LanguageModel,
    ids: Sequence[int],
    sampling: Sampling = WARM,
    seed: int = 0,
    limit: int = 12,
    given: Sequence[int] = (),
) -> list[Step]:
    return list(decode(model, ids, sampling, seed=seed, limit=limit, given=given))


def same(one: Sequence[Step], other: Sequence[Step]) -> bool:
    """To the last bit."""
    return [s.id for s in one] == [s.id for s in other] and all(
        torch.equal(a.logits, b.logits) for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("count", [1, 2, 40, 400])
def test_greedy_decoding_is_that_of_transformers(tiny: LanguageModel, count: int) -> None:
    ids = ids_of(count)
    out = tiny.network.generate(
        torch.tensor([ids]),
        attention_mask=torch.ones(1, count, dtype=torch.long),
        do_sample=False,
        max_new_tokens=12,
        eos_token_id=sorted(tiny.stops),
        pad_token_id=2,
    )
    assert [step.id for step in run(tiny, ids, GREEDY)] == out[0, count:].tolist()


def test_each_step_has_the_logits_of_the_whole_text(tiny: LanguageModel) -> None:
    ids = ids_of(70)
    steps = run(tiny, ids)
    whole = torch.tensor([[*ids, *(step.id for step in steps)]])
    with torch.inference_mode():
        wanted = tiny(whole)[0, len(ids) - 1 : -1]
    torch.testing.assert_close(torch.stack([step.logits for step in steps]), wanted, atol=1e-4, rtol=1e-4)


def test_a_step_says_what_the_cache_holds(tiny: LanguageModel) -> None:
    ids, config = ids_of(70), tiny.network.config
    each = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * 4
    for i, step in enumerate(run(tiny, ids)):
        assert step.cached == len(ids) + i
        assert step.cache_bytes == step.cached * each


def test_it_ends_with_a_stop_or_at_the_limit(tiny: LanguageModel) -> None:
    ends = {True: 0, False: 0}
    for seed in range(30):
        steps = run(tiny, ids_of(5), Sampling(2.0), seed, 40)
        stopped = steps[-1].id in tiny.stops
        assert stopped or len(steps) == 40
        assert not any(step.id in tiny.stops for step in steps[:-1])
        ends[stopped] += 1
    assert all(ends.values())


def test_a_seed_draws_the_same_and_another_seed_something_else(tiny: LanguageModel) -> None:
    ids = ids_of(20)
    assert same(run(tiny, ids, seed=4), run(tiny, ids, seed=4))
    assert [s.id for s in run(tiny, ids, seed=4)] != [s.id for s in run(tiny, ids, seed=5)]


def test_how_much_may_be_written_changes_nothing_before(tiny: LanguageModel) -> None:
    ids = ids_of(20)
    long = run(tiny, ids, limit=40)
    for limit in (1, 7, 16, 33):
        assert same(run(tiny, ids, limit=limit), long[:limit])


def test_given_tokens_are_taken_and_the_rest_follows_as_if_they_had_been_drawn(tiny: LanguageModel) -> None:
    ids = ids_of(20)
    free = run(tiny, ids)
    path = [step.id for step in free]
    for count in range(len(path) + 1):
        again = run(tiny, ids, given=path[:count])
        assert [step.id for step in again] == path
        for a, b in zip(again, free, strict=True):
            torch.testing.assert_close(a.logits, b.logits, atol=1e-4, rtol=1e-4)
            assert a.candidates.ids.tolist() == b.candidates.ids.tolist()
            assert a.cached == b.cached


def test_another_token_given_changes_what_follows_only(tiny: LanguageModel) -> None:
    ids = ids_of(20)
    free = run(tiny, ids)
    other = next(i for i in range(3, 250) if i != free[4].id)
    branch = run(tiny, ids, given=[*(step.id for step in free[:4]), other])
    assert [step.id for step in branch[:5]] == [*(step.id for step in free[:4]), other]
    for a, b in zip(branch[:5], free[:5], strict=True):
        torch.testing.assert_close(a.logits, b.logits, atol=1e-4, rtol=1e-4)
    assert [step.id for step in branch[5:]] != [step.id for step in free[5:]]


def test_a_given_stop_ends_the_answer(tiny: LanguageModel) -> None:
    stop = next(iter(tiny.stops))
    assert [step.id for step in run(tiny, ids_of(5), given=[7, stop, 9])] == [7, stop]


class Counted:
    """Counts the tokens that a network computes."""

    def __init__(self, model: LanguageModel) -> None:
        self.tokens = 0
        self.hook = model.network.register_forward_pre_hook(self.before, with_kwargs=True)

    def before(self, module: object, args: object, kwargs: dict[str, torch.Tensor]) -> None:
        self.tokens += kwargs["input_ids"].shape[1]

    def __enter__(self) -> Counted:
        return self

    def __exit__(self, *_: object) -> None:
        self.hook.remove()


def test_a_second_turn_computes_fewer_tokens_and_gives_the_same_bits(tiny: LanguageModel) -> None:
    first = talk(tiny, 90)
    answer = [step.id for step in run(tiny, first)]
    second = [*first, *answer, *talk(tiny, 15, seed=1)]
    with Counted(tiny) as counted:
        again = run(tiny, second, limit=1)
    assert again[0].reused == len(first)
    assert counted.tokens == len(second) - len(first)
    prefixes.forget()
    with Counted(tiny) as counted:
        fresh = run(tiny, second, limit=1)
    assert fresh[0].reused == 0
    assert counted.tokens == len(second)
    assert same(again, fresh)


@pytest.mark.parametrize("changed", [0, 1, 2, 3])
def test_what_was_kept_of_a_conversation_that_begins_the_same_changes_no_bit(tiny: LanguageModel, changed: int) -> None:
    counts, ends = (30, 20, 25), []
    text, other = talk(tiny, *counts), talk(tiny, *counts, seed=7)
    for count in counts:
        ends.append((ends[-1] if ends else 0) + count + len(tiny.opening))
    common = [0, *ends][changed]
    mixed = [*text[:common], *other[common:]]
    fresh = run(tiny, mixed)
    prefixes.forget()
    run(tiny, text)
    again = run(tiny, mixed)
    assert again[0].reused == common
    assert same(again, fresh)


def test_asking_again_computes_no_prompt_whatever_the_answer_is_to_begin_with(tiny: LanguageModel) -> None:
    ids = talk(tiny, 40)
    fresh = run(tiny, ids, given=[5, 6])
    with Counted(tiny) as counted:
        again = run(tiny, ids, given=[5, 6])
    assert again[0].reused == len(ids)
    assert counted.tokens == len(again) - 1
    assert same(again, fresh)


def test_of_the_middle_of_a_text_nothing_is_known(tiny: LanguageModel) -> None:
    ids = ids_of(60)
    fresh = run(tiny, ids[:40])
    prefixes.forget()
    run(tiny, ids)
    again = run(tiny, ids[:40])
    assert again[0].reused == 0
    assert same(again, fresh)


def test_what_is_kept_is_not_changed_by_those_who_use_it(tiny: LanguageModel) -> None:
    ids = talk(tiny, 60)
    run(tiny, ids)
    known = prefixes.longest(tiny.network, ids, [len(ids)])
    assert known
    kept = known.layers
    before = [keys.clone() for keys, _ in kept]
    run(tiny, [*ids, *ids_of(9, 3)], seed=3)
    run(tiny, ids, seed=9)
    assert all(torch.equal(keys, then) for (keys, _), then in zip(kept, before, strict=True))


def test_the_store_is_bounded_and_the_least_recently_used_goes(tiny: LanguageModel, monkeypatch) -> None:
    texts = [ids_of(50, seed) for seed in range(6)]
    run(tiny, texts[0], limit=1)
    known, count = prefixes.longest(tiny.network, texts[0], [50]), 3
    assert known
    monkeypatch.setattr(prefixes, "MOST_BYTES", count * weigh(known))
    for text in texts[1:3]:
        run(tiny, text, limit=1)
    run(tiny, texts[0], limit=1)  # used again: 1 is now the oldest
    run(tiny, texts[3], limit=1)
    assert [run(tiny, text, limit=1)[0].reused for text in (texts[0], texts[2], texts[3])] == [50] * 3
    assert run(tiny, texts[1], limit=1)[0].reused == 0
    run(tiny, texts[4], limit=1)
    run(tiny, texts[5], limit=1)
    kept = prefixes._kept.of(tiny.network)
    assert kept.bytes <= kept.limit
    assert len(kept) == count


def test_a_longer_text_takes_the_place_of_its_beginning(tiny: LanguageModel) -> None:
    ids = talk(tiny, 20, 20, 20)
    for turns in (1, 3, 2):
        run(tiny, ids[: turns * len(ids) // 3], limit=1)
    assert [len(key) for key in prefixes._kept.of(tiny.network)] == [len(ids), 2 * len(ids) // 3]


def test_another_model_does_not_get_it(tiny: LanguageModel) -> None:
    import copy

    other, ids = LanguageModel(copy.deepcopy(tiny.network), tiny.tokenizer), ids_of(55)
    run(tiny, ids)
    assert run(other, ids)[0].reused == 0
    assert other.network in prefixes._kept
    del other
    import gc

    gc.collect()
    assert len(prefixes._kept) == 1, "what was kept of a model outlives it"


@pytest.mark.parametrize("after", [0, 1, 5])
def test_closing_early_is_safe_and_what_was_read_is_still_kept(tiny: LanguageModel, after: int) -> None:
    ids = ids_of(45)
    free = run(tiny, ids)
    prefixes.forget()
    steps = decode(tiny, ids, WARM, seed=0, limit=12)
    list(itertools.islice(steps, after))
    steps.close()
    again = run(tiny, ids)
    assert again[0].reused == (len(ids) if after else 0)
    assert same(again, free)


def test_two_taken_in_turns_are_as_alone(tiny: LanguageModel) -> None:
    first = talk(tiny, 30)
    texts = [[*first, *talk(tiny, 9)], [*first, *talk(tiny, 20, seed=2)]]
    alone = []
    for text in texts:
        prefixes.forget()
        alone.append(run(tiny, text))
    prefixes.forget()
    pairs = list(zip(*(decode(tiny, text, WARM, seed=0, limit=12) for text in texts)))
    assert all(same([pair[i] for pair in pairs], alone[i][: len(pairs)]) for i in (0, 1))


def test_threads_at_once_are_as_alone(tiny: LanguageModel) -> None:
    texts = [[*talk(tiny, 30), *talk(tiny, 20, seed=seed)] for seed in range(1, 7)]
    alone = []
    for text in texts:
        prefixes.forget()
        alone.append(run(tiny, text))
    prefixes.forget()
    together: dict[int, list[list[Step]]] = {i: [] for i in range(len(texts))}

    def work(i: int) -> None:
        for _ in range(3):
            together[i].append(run(tiny, texts[i]))

    workers = [threading.Thread(target=work, args=(i,)) for i in together]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(len(found) == 3 for found in together.values())
    assert all(same(one, alone[i]) for i, found in together.items() for one in found)
