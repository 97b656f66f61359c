"""Words written on a picture: does the model read them? Goh et al. 2021, "Multimodal Neurons", typographic attacks.

CLIPs whose pictures had words on them do, and take the thing written for the thing shown. But paper with strokes on it
hides a part and may look like anything: so the same is done with other letters, and the two are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.clip import features
from genai_demo.clip.classify import toks
from genai_demo.clip.compare import softmax, templated
from genai_demo.clip.model import Clip
from genai_demo.clip.options import CLASSES, TypographicOptions
from genai_demo.clip.pictures import Picture, lines, one, square
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, curve, number, pictures, prose, ranked
from genai_demo.data.signs import shifted, written

SIDE = 224  # pixels: letters are written finely, whatever the model then makes of them


@dataclass(frozen=True, slots=True, eq=False)
class TypographicStep:
    """One size of the letters. drawn (1, SIDE, SIDE, 3)."""

    index: int
    total: int
    drawn: np.ndarray = pictures("the picture with the word")
    classes: tuple[Tok, ...] = ranked("zero-shot classes", unit="probability")
    said: str = prose("what came of it")
    size: float = number("height of the letters, of the picture", unit="%", digits=0)
    first: float = curve("class seen before", chart="probability")
    word: float | None = curve("class written", chart="probability")
    control: float | None = curve("with other letters", chart="probability")
    cosine: float = curve("cosine of the picture and the word", chart="cosine")
    changed: float = curve("cosine of the picture and the picture without the word", chart="to the picture before")


def typographic(model: Clip, options: TypographicOptions, *, seed: int) -> Iterator[TypographicStep]:
    """The word grows on the picture; the classes are judged anew in each frame. Nothing is random."""
    word = " ".join(options.word.split())
    if not word:
        raise DemoError("the word is empty; write what is to stand on the picture")
    clean = square(one(options.picture, features.side(model)).pixels, SIDE)
    classes = list(dict.fromkeys(lines(options.classes, "class", CLASSES)))
    read = features.read(model, templated(options.template, classes))
    name = features.read(model, templated(options.template, [word]))[0]
    at = classes.index(word) if word in classes else None
    sizes = [options.size * i / (options.steps - 1) for i in range(options.steps)]
    drawn = [written(clean, word, share, options.place, paper=options.paper) for share in sizes]
    other = shifted(word)
    whole, best, t = None, 0, model.temperature
    for i, (share, pixels) in enumerate(zip(sizes, drawn, strict=True)):
        seen = features.see(model, [shown(pixels)])[0]
        cosines = read @ seen
        if whole is None:
            whole, best = seen, int(cosines.argmax())
        shares, now = softmax(cosines / t, 0), int(cosines.argmax())
        beside = written(clean, other, share, options.place, paper=options.paper)
        against = read @ features.see(model, [shown(beside)])[0]
        yield TypographicStep(
            i,
            options.steps,
            pixels[None],
            toks(classes, cosines, t),
            verdict(classes[best], classes[now], word, classes[int(against.argmax())], other),
            100 * share,
            float(shares[best]),
            None if at is None else float(shares[at]),
            None if at is None else float(softmax(against / t, 0)[at]),
            float(name @ seen),
            float(whole @ seen),
        )


def shown(pixels: np.ndarray) -> Picture:
    """Pixels as a picture that can be remembered."""
    import hashlib

    return Picture("written", pixels, f"written:{hashlib.sha256(pixels.tobytes()).hexdigest()}")


def verdict(before: str, now: str, word: str, control: str, other: str) -> str:
    """What came of it; control: what is seen with `other` written."""
    if now == before:
        return f"Still seen as {now}."
    if now == word == control:
        return f"Seen as {now}, as is written; but with “{other}” in its place it is seen as {now} too: it is not read."
    if now == word:
        return f"Seen as {now}, which is what is written; with “{other}” in its place as {control}."
    return f"Seen as {now}, without the word as {before}: it changed the answer, but not to what it says."
