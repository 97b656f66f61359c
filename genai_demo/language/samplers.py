"""From logits to the next token: repetition penalty, temperature, top-k, top-p, min-p, one stage after the other.

Keskar et al. 2019 (penalty), Fan et al. 2018 (top-k), Holtzman et al. 2020 (top-p), Nguyen et al. 2024 (min-p).
The order and each stage are those of Transformers. logits: (vocabulary,) float32; u: a uniform number in [0, 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from genai_demo.language.options import Sampling


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may still be taken, likeliest first. ids (n,) int64; logits (n,) float32, after all stages so far."""

    ids: Tensor
    logits: Tensor

    @property
    def probabilities(self) -> Tensor:
        """(n,) float32, summing to 1."""
        return self.logits.softmax(0)


def penalised(logits: Tensor, seen: Sequence[int], penalty: float) -> Tensor:
    """Logits of tokens that were seen, divided by `penalty` where positive and multiplied where negative; a copy."""
    if penalty == 1 or not seen:
        return logits
    where = torch.tensor(sorted(set(seen)), device=logits.device)
    old = logits[where]
    return logits.index_put((where,), torch.where(old > 0, old / penalty, old * penalty))


def cooled(candidates: Candidates, temperature: float) -> Candidates:
    """Logits divided by the temperature, the largest being 0: nothing overflows next to temperature 0."""
    if temperature == 0:
        return Candidates(candidates.ids[:1], candidates.logits[:1])
    away = candidates.logits - candidates.logits[0]
    return Candidates(candidates.ids, away / max(temperature, 1e-9))


def top_k(candidates: Candidates, k: int) -> Candidates:
    """The k likeliest, and all that are as likely as the last of them; all where k is 0."""
    if not 0 < k < len(candidates.ids):
        return candidates
    count = int((candidates.logits >= candidates.logits[k - 1]).sum())
    return Candidates(candidates.ids[:count], candidates.logits[:count])


def top_p(candidates: Candidates, p: float) -> Candidates:
    """The fewest likeliest that together reach the probability p."""
    if p >= 1:
        return candidates
    before = candidates.probabilities.cumsum(0) - candidates.probabilities
    count = max(1, int((before < p).sum()))
    return Candidates(candidates.ids[:count], candidates.logits[:count])


def min_p(candidates: Candidates, p: float) -> Candidates:
    """Those at least p times as likely as the likeliest."""
    if p <= 0:
        return candidates
    chances = candidates.probabilities
    count = max(1, int((chances >= p * chances[0]).sum()))
    return Candidates(candidates.ids[:count], candidates.logits[:count])


def stages(logits: Tensor, seen: Sequence[int], sampling: Sampling) -> dict[str, Candidates]:
    """Each stage that does something, by name, with the candidates it leaves; the first is "logits", all of them."""
    now = _sorted(logits, 0)
    found = {"logits": now}
    if sampling.repetition_penalty != 1:
        found["repetition penalty"] = now = _sorted(penalised(logits, seen, sampling.repetition_penalty), 0)
    if sampling.temperature != 1:
        found["temperature"] = now = cooled(now, sampling.temperature)
    if sampling.top_k and sampling.temperature:
        found["top-k"] = now = top_k(now, sampling.top_k)
    if sampling.top_p < 1 and sampling.temperature:
        found["top-p"] = now = top_p(now, sampling.top_p)
    if sampling.min_p and sampling.temperature:
        found["min-p"] = min_p(now, sampling.min_p)
    return found


def _sorted(logits: Tensor, count: int) -> Candidates:
    """The `count` likeliest, and all that are as likely as the last of them; all where it is 0."""
    if not 0 < count < len(logits):
        values, ids = logits.sort(descending=True)
        return Candidates(ids, values)
    values, ids = logits.topk(count)
    if int((logits >= values[-1]).sum()) == count:
        return Candidates(ids, values)
    ids = (logits >= values[-1]).nonzero()[:, 0]
    values, order = logits[ids].sort(descending=True, stable=True)
    return Candidates(ids[order], values)


def final(logits: Tensor, seen: Sequence[int], sampling: Sampling) -> Candidates:
    """What the last stage leaves, computed without sorting what top-k drops anyway."""
    now = penalised(logits, seen, sampling.repetition_penalty)
    if sampling.temperature == 0:
        best = now.argmax()
        return Candidates(best[None], now[best][None])
    left = cooled(_sorted(now, sampling.top_k), sampling.temperature)
    return min_p(top_p(left, sampling.top_p), sampling.min_p)


def draw(candidates: Candidates, u: float) -> int:
    """The token at which the cumulated probability passes u: the same u, the same token, whatever came before."""
    if len(candidates.ids) == 1:
        return int(candidates.ids)
    reached = candidates.probabilities.double().cumsum(0)
    at = int((reached <= u * float(reached[-1])).sum())
    return int(candidates.ids[min(at, len(candidates.ids) - 1)])
