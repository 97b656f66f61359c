"""Measures the small CLIP: names, captions and words among many pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.clip import model as clip
from genai_demo.clip.batches import SEEN_VENDORS, plain, readable, scene_concepts
from genai_demo.clip.quality import MODEL
from genai_demo.data import emoji, scenes, signs, world
from genai_demo.data.emoji import Emoji, Vendor
from genai_demo.data.world_kinds import KINDS
from genai_demo.quality import sheets
from genai_demo.quality.cards import Watch, weights, write

AMONG = 100  # pictures a caption of a scene is searched in
WRITTEN = 0.4  # height of the letters on a scene, of its side
GROUPS = 10  # so many searches of AMONG captions each
SEED = 1_000_000  # of the scenes that are measured on; training draws from (seed, step)


class Embedder:
    """Embeds with one network. pictures (n, 3, 64, 64) in [0, 1]; texts; both -> (n, d) of length 1."""

    def __init__(self, net: Any, tokenizer: Callable[[list[str]], Tensor]) -> None:
        self.net, self.tokenizer = net, tokenizer

    @torch.inference_mode()
    def see(self, pictures: Tensor) -> Tensor:
        parts = [self.net.encode_image(clip.normalised(part)) for part in pictures.split(256)]
        return F.normalize(torch.cat(parts), dim=1)

    @torch.inference_mode()
    def read(self, texts: Sequence[str]) -> Tensor:
        return F.normalize(clip.text_features(self.net, self.tokenizer(list(texts))), dim=1)


def ranks(queries: Tensor, found: Tensor, own: Tensor) -> Tensor:
    """For each query (n, d) how many of `found` (m, d) are nearer than its own, found[own]: (n,), 0 is best."""
    cosine = queries @ found.T
    return (cosine > cosine.gather(1, own[:, None])).sum(1)


def recall(ranked: Tensor, k: int) -> float:
    """Share of queries whose own is among the nearest k."""
    return round(float((ranked < k).float().mean()), 4)


def vendor_recall(embedder: Embedder, found: Emoji, vendor: Vendor) -> dict[str, float]:
    """The name of each concept searched among the pictures of one vendor, all of them, held-out concepts included."""
    here = np.flatnonzero(found.here[vendor])
    seen = embedder.see(plain(found.pictures[vendor][here]))
    read = embedder.read([found.concepts[i].name for i in here])
    own = torch.arange(len(here))
    to_picture, to_text = ranks(read, seen, own), ranks(seen, read, own)
    new = torch.from_numpy(found.held_out[here])
    out: dict[str, float] = {"pictures": len(here), "unseen_concepts": int(new.sum())}
    for name, which in (("seen", ~new), ("unseen", new)):
        for k in (1, 5):
            out[f"{name}_to_picture_{k}"] = recall(to_picture[which], k)
            out[f"{name}_to_text_{k}"] = recall(to_text[which], k)
    return out


def world_recall(embedder: Embedder) -> dict[str, float]:
    """Captions of the picture world among AMONG scenes, and the choice between a caption and its swap."""
    rng = np.random.default_rng(SEED)
    shown = [world.random_scene(rng) for _ in range(AMONG * GROUPS)]
    seen = embedder.see(_pictures([world.draw(scene) for scene in shown]))
    out = _in_groups(seen, embedder.read([world.caption(scene, rng) for scene in shown]))
    out["relation_swap"] = _swaps(embedder, seen, [world.relation_caption(scene, rng) for scene in shown])
    out["colour_swap"] = _swaps(embedder, seen, [world.colour_caption(scene) for scene in shown])
    return out


def scene_recall(embedder: Embedder, found: Emoji, vendor: Vendor) -> dict[str, float]:
    """The same for scenes of emoji; only concepts that were in training."""
    rng = np.random.default_rng(SEED)
    concepts = scene_concepts(found, (found.here[vendor] & ~found.held_out)[None])[0]
    shown = [scenes.random_scene(concepts, vendor, rng) for _ in range(AMONG * GROUPS)]
    seen = embedder.see(_pictures([scenes.draw(scene, found) for scene in shown]))
    out = _in_groups(seen, embedder.read([scenes.caption(scene, found, rng) for scene in shown]))
    pairs: list[tuple[str, str] | None] = []
    for scene in shown:
        one = next(iter(scenes.relations(scene)), None)
        pairs.append(
            None
            if one is None
            else (scenes.sentence(found, *one), scenes.sentence(found, one[0], world.OPPOSITE[one[1]], one[2]))
        )
    out["relation_swap"] = _swaps(embedder, seen, pairs)
    return out


def word_recall(embedder: Embedder, found: Emoji) -> dict[str, float]:
    """Words on white paper by themselves, each among all that training wrote."""
    words = readable([c.name for c, out in zip(found.concepts, found.held_out) if not out])
    grey = np.full((signs.SIDE, signs.SIDE, 3), 235, np.uint8)
    seen = embedder.see(_pictures([signs.written(grey, word, WRITTEN, "middle", paper=True) for word in words]))
    ranked = ranks(seen, embedder.read(words), torch.arange(len(words)))
    return {"words": len(words), "to_text_1": recall(ranked, 1)}


def attacked(embedder: Embedder) -> dict[str, float]:
    """Scenes of one kind of thing, taken for another kind: with nothing written, its name, and other letters."""
    rng, kinds = np.random.default_rng(SEED), list(KINDS)
    shown = [
        one
        for one in (world.random_scene(rng) for _ in range(AMONG * GROUPS))
        if len({t.kind for t in one.things}) == 1
    ]
    own = [kinds.index(one.things[0].kind) for one in shown]
    other = [(i + int(rng.integers(1, len(kinds)))) % len(kinds) for i in own]
    read = embedder.read([f"a picture of {world.with_article(kind)}" for kind in kinds])

    def answers(words: Sequence[str]) -> list[int]:
        drawn = [
            signs.written(world.draw(one), word, WRITTEN if word else 0, "bottom", paper=True)
            for one, word in zip(shown, words)
        ]
        return [int(i) for i in (embedder.see(_pictures(drawn)) @ read.T).argmax(1)]

    plain_, worded, lettered = (
        answers(words)
        for words in ([""] * len(shown), [kinds[i] for i in other], [signs.shifted(kinds[i]) for i in other])
    )
    return {
        "scenes": len(shown),
        "kinds": len(kinds),
        "right": _share(plain_, own),
        "right_with_word": _share(worded, own),
        "right_with_letters": _share(lettered, own),
        "word": _share(worded, other),
        "letters": _share(lettered, other),
    }


def _share(answers: Sequence[int], wanted: Sequence[int]) -> float:
    return round(float(np.mean(np.array(answers) == np.array(wanted))), 4)


def _pictures(drawn: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).float() / 255


def _in_groups(seen: Tensor, read: Tensor) -> dict[str, float]:
    """Each caption among the AMONG pictures of its group, and the other way round."""
    own = torch.arange(AMONG)
    pairs = list(zip(seen.split(AMONG), read.split(AMONG), strict=True))
    to_picture = torch.cat([ranks(r, s, own) for s, r in pairs])
    to_text = torch.cat([ranks(s, r, own) for s, r in pairs])
    return {"to_picture_1": recall(to_picture, 1), "to_text_1": recall(to_text, 1)}


def _swaps(embedder: Embedder, seen: Tensor, pairs: Sequence[tuple[str, str] | None]) -> float:
    """Share of pictures that are nearer to the true caption than to the swapped one; half is chance."""
    which = [i for i, pair in enumerate(pairs) if pair]
    true, false = (embedder.read([pair[side] for pair in pairs if pair]) for side in (0, 1))
    return round(float(((seen[which] * (true - false)).sum(1) > 0).float().mean()), 4)


def everything(embedder: Embedder, watch: Watch | None = None) -> dict[str, Any]:
    """All of it, name -> value, as on the card."""
    found = emoji.load()
    parts: dict[str, Callable[[], dict[str, float]]] = {
        "vendor": lambda: vendor_recall(embedder, found, emoji.UNSEEN_VENDOR),
        "taught": lambda: vendor_recall(embedder, found, SEEN_VENDORS[0]),
        "world": lambda: world_recall(embedder),
        "scenes": lambda: scene_recall(embedder, found, SEEN_VENDORS[0]),
        "scenes_vendor": lambda: scene_recall(embedder, found, emoji.UNSEEN_VENDOR),
        "words": lambda: word_recall(embedder, found),
        "attack": lambda: attacked(embedder),
    }
    out: dict[str, Any] = {"among": AMONG, "captions": AMONG * GROUPS}
    for title, part in watch(parts.items(), "measure") if watch else parts.items():
        out |= {f"{title}_{name}": value for name, value in part().items()}
    return out


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Write the card and the sheet; the numbers of pictures and captions are its own. -> what was found."""
    model = clip.build(weights(MODEL)).requires_grad_(False)
    out = everything(Embedder(model.net, model.tokenizer), watch)
    write(MODEL, out)
    sheets.write("clip", sheet_rows(emoji.load()))
    return out


def sheet_rows(found: Emoji) -> list[np.ndarray]:
    """A row of scenes of emoji, one of the picture world: (n, 64, 64, 3) uint8 each."""
    rng, vendor = np.random.default_rng(SEED), SEEN_VENDORS[0]
    concepts = scene_concepts(found, found.here[vendor][None])[0]
    emojis = [scenes.draw(scenes.random_scene(concepts, vendor, rng), found) for _ in range(sheets.SHOWN)]
    return [np.stack(emojis), np.stack([world.draw(world.random_scene(rng)) for _ in range(sheets.SHOWN)])]
