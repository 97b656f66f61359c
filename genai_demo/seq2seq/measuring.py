"""What the cards say: translations, gaps, numbers and dates in words, all of texts that were held out."""

from __future__ import annotations

import difflib
import random
from collections.abc import Sequence
from typing import Any

import sacrebleu
import torch

from genai_demo.core.device import threads
from genai_demo.data import english, translations
from genai_demo.quality.cards import Watch
from genai_demo.seq2seq.exact import LENGTHS, tries
from genai_demo.seq2seq.mend import by_sentinels, gapped
from genai_demo.seq2seq.model import MASK, SENTINELS, Translator
from genai_demo.seq2seq.options import GAP
from genai_demo.seq2seq.tasks import damaged
from genai_demo.seq2seq.write import pieces_written, written

PAIRS, TRIED, SENTENCES = 150, 200, 150  # of each language; of each length; of each way
BEAMS = 4


def measure(model: Translator, watch: Watch) -> dict[str, Any]:
    """Of the translator, everything for its card. Raises DemoError where the texts can't be had."""
    found: dict[str, Any] = {"sentences": SENTENCES, "beams": BEAMS}
    with threads(1), torch.inference_mode():
        held = translations.load_all("held out")
        for language in watch(translations.LANGUAGES, "translations"):
            found |= {f"{name}_{language}": score for name, score in _translated(model, language, held[language])}
        for way in watch(("repair", "spans"), "gaps"):
            found |= {f"{way}_{name}": share for name, share in mended(model, way).items()}
    return found


def _translated(model: Translator, language: str, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, float]]:
    """chrF and BLEU of a fixed subset, by beams, greedy, and of the English text left as it is."""
    fitting = [pair for pair in pairs if max(len(model.segment(text)) for text in pair) < model.longest - 1]
    some = random.Random(0).sample(fitting, min(PAIRS, len(fitting)))
    read = [model.encode(language, one) for one, _ in some]
    right = [other for _, other in some]
    out: list[tuple[str, float]] = [("pairs", len(some))]
    for name, texts in (
        ("beams", written(model, read, BEAMS)),
        ("greedy", written(model, read, 1)),
        ("copy", [one for one, _ in some]),
    ):
        out.append((f"chrf_{name}", round(float(sacrebleu.corpus_chrf(texts, [right]).score), 1)))
        out.append((f"bleu_{name}", round(float(sacrebleu.corpus_bleu(texts, [right]).score), 1)))
    return out


def exact(model: Translator, watch: Watch) -> dict[str, Any]:
    """Of the small model: the share of the numbers, and dates, of each length that is right to the last word."""
    found: dict[str, Any] = {"tried": TRIED}
    with threads(1), torch.inference_mode():
        for what in watch(LENGTHS, "numbers and dates"):
            for digits in LENGTHS[what]:
                tried = tries(model, what, digits, TRIED, seed=0)
                found[f"{what}_{digits}"] = round(sum(one.wrote == one.right for one in tried) / TRIED, 4)
    return found


def mended(model: Translator, way: str) -> dict[str, float]:
    """Of held-out sentences: the share of the missing words that came back, of the others that stayed, and of the
    sentences that were restored to the last word."""
    texts = random.Random(0).sample(english.load("held out")["wordnet"], SENTENCES)
    holes = [damaged(text, random.Random(i), spans=True) for i, text in enumerate(texts)]
    read, parts, gone = [], [], []
    for shown, answer in holes:
        cut = shown.split(" ", 1)[1]
        for sign in SENTINELS:
            cut, answer = cut.replace(sign, MASK), answer.replace(sign, MASK)
        parts.append([part.strip() for part in cut.split(MASK)])
        gone.append([part.split() for part in answer.split(MASK)[1:]])
        read.append(gapped(model, parts[-1], way))
    made = pieces_written(model, read)
    back = kept = lost = stood = whole = 0
    for text, one, missing, pieces in zip(texts, parts, gone, made):
        new = model.text(pieces)
        if way == "spans":
            new = "".join(tok.text for tok in by_sentinels(model, one, pieces) if tok.text.strip() != GAP)
        hits, there, gaps = restored(one, missing, new.split())
        back, kept, lost, stood = back + hits, kept + there, lost + gaps, stood + sum(len(p.split()) for p in one)
        whole += new.split() == text.split()
    return {"restored": back / lost, "kept": kept / stood, "whole": whole / len(texts)}


def restored(parts: Sequence[str], missing: Sequence[Sequence[str]], new: Sequence[str]) -> tuple[int, int, int]:
    """Missing words that stand in the new text where they stood, the other words that do; how many were missing."""
    old: list[str] = []
    hidden: list[bool] = []
    for place, part in enumerate(parts):
        for words, gone in ((part.split(), False), (missing[place] if place < len(missing) else (), True)):
            old += words
            hidden += [gone] * len(words)
    same = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    found = [i for block in same for i in range(block.a, block.a + block.size)]
    hits = sum(hidden[i] for i in found)
    return hits, len(found) - hits, sum(hidden)
