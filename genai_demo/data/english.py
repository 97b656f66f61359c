"""English sentences from Debian packages, for a masked language model: nothing a visitor does needs them.

    wordnet       glosses and examples of WordNet 3.0 (Fellbaum 1998), its own free licence
    descriptions  what Debian says of its packages, under their licences
    python        the documentation of Python 3.11, PSF
    austen        six novels of Jane Austen, public domain (the package r-cran-janeaustenr)

Held out is one document in HELD: a synset, a package, a page of the documentation, a chapter's worth of a novel.
"""

from __future__ import annotations

import hashlib
import html
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from genai_demo.core.home import home, making, whole
from genai_demo.data.debian import descriptions, unpacked

Split = Literal["train", "held out"]
HELD = 50
SHORTEST, LONGEST = 4, 50  # words of a sentence
PARTS, LONG = 8, 110  # sentences and words of a paragraph, at most
PARAGRAPHS = 40  # of a novel make a document
END = re.compile(r"(?<=[.!?])[\"”']?\s+(?=[A-Z\"“'(])")
LETTERS = 0.7  # of the characters, at least, are letters
CHARSXP = re.compile(rb"\x00\x04\x00\x09(.{4})", re.DOTALL)  # R's mark of a string, then its bytes

Documents = Iterator[tuple[str, str]]  # (name of the document, text)


def load(split: Split) -> dict[str, list[str]]:
    """Source -> its sentences, each once; none of those held out is also in training. Raises DemoError.

    Fetched on first use into the cache folder.
    """
    return {source: _kept(source, source, sentences, split) for source in SOURCES}


def paragraphs(split: Split) -> dict[str, list[str]]:
    """As `load`: paragraphs of 2 to PARTS sentences, none of which `sentences` leaves out. WordNet has none."""
    return {
        source: _kept(source, f"{source}-paragraphs", _paragraphs, split) for source in SOURCES if source != "wordnet"
    }


def _kept(source: str, name: str, cut: Callable[[str], Iterator[str]], split: Split) -> list[str]:
    """What `cut` makes of a source's documents, of that half; kept in the cache folder under that name."""
    kept = home() / "data" / "english" / f"{name}.tsv"
    if not kept.exists():
        with making(f"english-{name}") as scratch, whole(kept) as partial:
            partial.write_text("\n".join(_lines(SOURCES[source](scratch), cut)))
    rows = [line.split("\t", 1) for line in kept.read_text().split("\n")]
    return [text for mark, text in rows if mark == split]


def _lines(documents: Documents, cut: Callable[[str], Iterator[str]]) -> Iterator[str]:
    """As "train<tab>text"; a text of both kinds counts as training."""
    marks: dict[str, str] = {}
    for name, document in documents:
        mark = "held out" if held_out(name) else "train"
        for text in cut(document):
            if marks.get(text) != "train":
                marks[text] = mark
    return (f"{mark}\t{text}" for text, mark in marks.items())


def held_out(name: str) -> bool:
    """Whether the document of that name is kept from training; the same on every machine."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % HELD == 0


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text that are mostly words, neither short nor long."""
    for sentence in END.split(" ".join(text.split())):
        letters = sum(letter.isalpha() or letter == " " for letter in sentence)
        if SHORTEST <= len(sentence.split()) <= LONGEST and letters >= LETTERS * len(sentence):
            yield sentence.strip('"“” ')


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a text that are all sentences, and several."""
    for part in text.split("\n\n"):
        found = list(sentences(part))
        line = " ".join(part.split())
        if 1 < len(found) <= PARTS and len(found) == len(END.split(line)) and len(line.split()) <= LONG:
            yield line


def wordnet(scratch: Path) -> Documents:
    """ "word: gloss" and the examples of each synset."""
    folder = unpacked("wordnet-base", scratch) / "usr/share/wordnet"
    for path in sorted(folder.glob("data.*")):
        for line in path.read_text().splitlines():
            entry, bar, gloss = line.partition(" | ")
            if bar and not line.startswith(" "):
                word = entry.split()[4].split("(")[0].replace("_", " ")
                meaning, *examples = re.split(r';\s*(?=")', gloss.strip())
                name = f"{path.name} {entry[:8]}"
                yield name, f"{word}: {meaning}"
                yield from ((name, example) for example in examples)


def described(_: Path) -> Documents:
    """The descriptions of packages, without their titles; what belongs together is held out together."""
    for one in descriptions("en"):
        yield family(one.package), "\n".join(f"{part}\n" for part in one.paragraphs[1:])


def family(package: str) -> str:
    """What packages of one source mostly share: the first part of a name, without the "lib" before it."""
    return re.split(r"[-0-9.+]", package.removeprefix("lib"), maxsplit=1)[0] or package


def python(scratch: Path) -> Documents:
    """The paragraphs of each page."""
    root = unpacked("python3.11-doc", scratch) / "usr/share/doc/python3.11/html"
    for path in sorted(root.rglob("*.html")):
        for part in re.findall(r"<p>(.*?)</p>", path.read_text(errors="ignore"), re.DOTALL):
            yield str(path.relative_to(root)), html.unescape(re.sub(r"<[^>]+>", "", part))


def austen(scratch: Path) -> Documents:
    """The paragraphs of the novels, which R keeps as lines, each book a compressed row of strings behind its length."""
    raw = (unpacked("r-cran-janeaustenr", scratch) / "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb").read_bytes()
    at = book = 0
    while at < len(raw):
        stream = zlib.decompressobj()
        lines = strings(stream.decompress(raw[at + 4 :]))
        at = len(raw) - len(stream.unused_data)
        for i, text in enumerate("\n".join(lines).replace("_", "").split("\n\n")):
            yield f"austen {book} {i // PARAGRAPHS}", text
        book += 1


def strings(data: bytes) -> Iterator[str]:
    """The texts of a serialised character vector of R."""
    at = 0
    while found := CHARSXP.search(data, at):
        size = struct.unpack(">i", found[1])[0]
        at = found.end() + max(size, 0)
        yield data[found.end() : at].decode("utf-8", "replace")


SOURCES: dict[str, Callable[[Path], Documents]] = {
    "wordnet": wordnet,
    "descriptions": described,
    "python": python,
    "austen": austen,
}
