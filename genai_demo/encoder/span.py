"""The best span: which stretch of a text answers a question (Rajpurkar et al. 2016, "SQuAD"; Seo et al. 2016).

Question and text go through the encoder, which is left as it is, one after the other; a small Transformer then reads
both together and says of each token of the text how likely an answer begins there, and ends there. One more place
stands for "nothing here answers it" (Devlin et al. 2018). q (n, s, width), c (n, t, width): vectors after layer LAYER.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import safe_open
from torch import Tensor, nn

from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.encoder.model import Encoder

SPAN = "span"
LAYER = 4  # of six: what a token is can still be told there, see the heads for names
MATCHES = 3  # numbers a token: see `matches`
LONGEST = 30  # tokens of an answer
SETTINGS = {"width": 384, "inner": 160, "layers": 2, "heads": 5}


class Read(NamedTuple):
    """A text after LAYER and after the last layer, (t, width) each, start and end left out; ids (t,)."""

    ids: Tensor
    middle: Tensor
    last: Tensor


class SpanHead(nn.Module):
    """Projects both texts to `inner` numbers a token, reads them together, gives begin and end a number each."""

    def __init__(self, width: int, inner: int, layers: int, heads: int) -> None:
        super().__init__()
        self.settings = {"width": width, "inner": inner, "layers": layers, "heads": heads}
        self.project = nn.Linear(width, inner)
        self.matched = nn.Linear(MATCHES, inner)
        self.kind = nn.Parameter(torch.randn(2, inner) * 0.1)  # of the question, of the text
        self.nothing = nn.Parameter(torch.randn(inner) * 0.1)
        layer = nn.TransformerEncoderLayer(inner, heads, 2 * inner, 0.0, "gelu", batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, layers, nn.LayerNorm(inner), enable_nested_tensor=False)
        self.ends = nn.Linear(inner, 2)

    def forward(self, q: Tensor, c: Tensor, match: Tensor, blank: Tensor) -> Tensor:
        """match (n, s + t, MATCHES), blank (n, s + t): padding -> (n, 2, 1 + t), begin and end; place 0: nothing."""
        n, s = q.shape[:2]
        x = self.project(torch.cat([q, c], 1)) + self.matched(match)
        x = x + torch.cat([self.kind[0].expand(s, -1), self.kind[1].expand(c.shape[1], -1)])
        x = torch.cat([self.nothing.expand(n, 1, -1), x], 1)  # (n, 1 + s + t, inner)
        blank = torch.cat([blank.new_zeros(n, 1), blank], 1)
        x = self.layers(x, src_key_padding_mask=blank)
        seen = torch.cat([x[:, :1], x[:, 1 + s :]], 1)
        found: Tensor = self.ends(seen).transpose(1, 2)
        return found.masked_fill(torch.cat([blank[:, :1], blank[:, 1 + s :]], 1)[:, None], -torch.inf)


def matches(q: Read, c: Read) -> Tensor:
    """(s + t, MATCHES): is the token in the other text; its largest cosine there; that of its neighbourhood's mean."""
    a, b = (nn.functional.normalize(one.last.float(), dim=-1) for one in (q, c))
    cosines = a @ b.T  # (s, t)
    same = q.ids[:, None] == c.ids
    whole = nn.functional.normalize(q.last.float().mean(0), dim=0)
    near = nn.functional.normalize(_smoothed(c.last.float()), dim=-1) @ whole
    asked = torch.stack([same.any(1).float(), cosines.amax(1), cosines.amax(1)], 1)
    return torch.cat([asked, torch.stack([same.any(0).float(), cosines.amax(0), near], 1)])


def _smoothed(x: Tensor, reach: int = 8) -> Tensor:
    """(t, width) -> the mean of each row and its neighbours up to `reach` away."""
    total = nn.functional.pad(x.cumsum(0), (0, 0, 1, 0))
    places = torch.arange(len(x))
    low, high = (places - reach).clamp(min=0), (places + reach + 1).clamp(max=len(x))
    return (total[high] - total[low]) / (high - low)[:, None]


def read(model: Encoder, ids: list[int]) -> Read:
    """A text, start and end among its tokens. Call it under torch.inference_mode."""
    device = next(model.parameters()).device
    out = model.network(input_ids=torch.tensor([ids], device=device), output_hidden_states=True)
    return Read(torch.tensor(ids[1:-1]), out.hidden_states[LAYER][0, 1:-1].cpu(), out.last_hidden_state[0, 1:-1].cpu())


def chances(head: SpanHead, q: Read, c: Read) -> tuple[Tensor, Tensor]:
    """Log-probabilities (1 + t,) that the answer begins, and ends, at each token; place 0: that there is none."""
    match = matches(q, c)[None]
    blank = torch.zeros(match.shape[:2], dtype=torch.bool)
    like = head.ends.weight
    put = (one.to(like)[None] for one in (q.middle, c.middle))
    begin, end = head(*put, match.to(like), blank.to(like.device))[0].float().cpu().log_softmax(-1)
    return begin, end


def spans(begin: Tensor, end: Tensor, most: int) -> list[tuple[int, int, float]]:
    """The likeliest spans (first, end token, log-probability), none overlapping a better one; none of them is empty."""
    allowed = torch.ones(len(begin) - 1, len(end) - 1, dtype=torch.bool).triu().tril(LONGEST - 1)
    pairs = (begin[1:, None] + end[None, 1:]).masked_fill(~allowed, -torch.inf)
    found: list[tuple[int, int, float]] = []
    while len(found) < most and bool(pairs.isfinite().any()):
        first, last = divmod(int(pairs.argmax()), pairs.shape[1])
        found.append((first, last + 1, float(pairs[first, last])))
        pairs[: last + 1, first:] = -torch.inf  # all that begin before its end and end behind its beginning
    return found


def f1(said: Sequence[Any], right: Sequence[Any]) -> float:
    """Of the share of what was said that is right, and of what is right that was said: their harmonic mean."""
    both = sum((Counter(said) & Counter(right)).values())
    return 2 * both / (len(said) + len(right)) if both else 0.0


def plain(text: str) -> list[str]:
    """The words of an answer as they are compared: small letters, no articles, no punctuation (Rajpurkar et al.)."""
    return [word for word in re.findall(r"[\w'-]+", text.lower()) if word not in ("a", "an", "the")]


def build(path: Path) -> SpanHead:
    """The head of a file of weights."""
    with safe_open(path, "pt") as file:
        made = SpanHead(**json.loads(file.metadata()["settings"]))
        made.load_state_dict({name: file.get_tensor(name).float() for name in file.keys()})  # noqa: SIM118
    return made


def example(head: SpanHead, batch: int = 1) -> Tensor:
    """One pass, (batch, 2, 3)."""
    width, like = head.settings["width"], head.ends.weight
    q, c, match = (like.new_zeros(batch, *shape) for shape in ((1, width), (2, width), (3, MATCHES)))
    found: Tensor = head(q, c, match, torch.zeros(batch, 3, dtype=torch.bool, device=like.device))
    return found


def trained(model: Encoder) -> SpanHead:
    """The head that is shipped. Raises DemoError where it was trained behind an encoder of another shape."""
    head: SpanHead = load(f"encoder/{SPAN}")
    if (model.network.config.hidden_size, model.network.config.num_hidden_layers) != (head.settings["width"], 6):
        raise DemoError("this head was trained behind all-MiniLM-L6-v2; choose that model")
    return head
