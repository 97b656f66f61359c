"""Before pictures come in, the text tower learns to lay texts as all-MiniLM-L6-v2 does: a short distillation.

So it starts with what words and phrases mean, also those no caption of the training has. Made once, kept in the cache.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.clip import batches, words
from genai_demo.clip.batches import SEEN_VENDORS, Source
from genai_demo.clip.model import text_features, untrained
from genai_demo.clip.words import Words
from genai_demo.core.device import generator, seeded
from genai_demo.core.home import home, whole
from genai_demo.data import scenes, world

STEPS, BATCH, RATE = 700, 256, 1e-3
EMOJI, SCENES = 9_000, 2_000  # captions of either kind; beside them every word of the vocabulary
TOWER = ("transformer.", "positional_embedding", "ln_final.", "text_projection")


def taught(seed: int, vocabulary: list[str], table: Tensor) -> dict[str, Tensor]:
    """Weights of the text tower that has learnt from MiniLM, by their names in open_clip's CLIP."""
    path = home() / "data" / "clip" / f"reader-{seed}.pt"
    if path.exists():
        kept: dict[str, Tensor] = torch.load(path, weights_only=True)
        return kept
    texts = corpus(seed, vocabulary)
    found = _learnt(seed, texts, meanings(texts), Words(vocabulary), table)
    with whole(path) as partial:
        torch.save(found, partial)
    return found


def corpus(seed: int, vocabulary: list[str]) -> list[str]:
    """Words, captions of emoji that are taught, of scenes and of the picture world."""
    rng, source = np.random.default_rng(seed), Source(seed)
    texts = [word for word in vocabulary if word.isalpha() and len(word) > 2]
    taught = source.emoji.concepts
    texts += [batches.caption(taught[i], rng) for i in rng.choice(source.concepts, EMOJI)]
    for _ in range(SCENES):
        scene = scenes.random_scene(source.in_scenes[0], SEEN_VENDORS[0], rng)
        texts += [scenes.caption(scene, source.emoji, rng), world.caption(world.random_scene(rng), rng)]
    return list(dict.fromkeys(texts))


@torch.inference_mode()
def meanings(texts: list[str]) -> Tensor:
    """MiniLM's sentence embeddings, (n, 384) of length 1: means over the tokens, as it was trained."""
    from transformers import AutoModel, BertTokenizer

    model = AutoModel.from_pretrained(words.folder()).eval()
    tokenizer = BertTokenizer(str(words.folder() / "vocab.txt"))
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    out = torch.zeros(len(texts), model.config.hidden_size)
    for start in range(0, len(order), BATCH):
        which = order[start : start + BATCH]
        read = tokenizer([texts[i] for i in which], padding=True, truncation=True, max_length=64, return_tensors="pt")
        mask = read["attention_mask"][..., None].float()
        out[which] = F.normalize((model(**read).last_hidden_state * mask).sum(1) / mask.sum(1), dim=1)
    return out


def _learnt(seed: int, texts: list[str], wanted: Tensor, tokenizer: Words, table: Tensor) -> dict[str, Tensor]:
    """The tower's output, through one linear map that is then thrown away, is to point where MiniLM's does."""
    random = generator(seed)
    with seeded(seed):
        net: Any = untrained(table)
        head = nn.Linear(net.text_projection.shape[1], wanted.shape[1], bias=False)
    tower = [p for name, p in net.named_parameters() if name.startswith(TOWER)]
    optimiser = torch.optim.AdamW([*tower, *head.parameters()], RATE, weight_decay=0.01, fused=True)
    tokens = tokenizer(texts)
    for step in range(STEPS):
        pick = torch.randint(len(texts), (BATCH,), generator=random)
        optimiser.param_groups[0]["lr"] = RATE * min(1, (step + 1) / 50) * (1 + math.cos(math.pi * step / STEPS)) / 2
        loss = (1 - F.cosine_similarity(head(text_features(net, tokens[pick])), wanted[pick])).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    return {name: value.detach().clone() for name, value in net.state_dict().items() if name.startswith(TOWER)}
