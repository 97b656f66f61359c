"""Options of the CLIP runs. Pictures travel as lists of names (pictures.py), texts as lines."""

from __future__ import annotations

from typing import Any, Literal

from genai_demo.clip.pictures import LIST, LONGEST, MOST
from genai_demo.core.options import Options, option

TEXT = 200  # characters of a text
LINES = 20_000  # characters of a list of texts
TEXTS, CLASSES, TEMPLATES, WORDS = MOST, 64, 12, 64
LARGEST = 10_000  # pictures of a library
SIX = "three green cars\na red bird on the left\na red star\na green triangle\na large brown car\na purple umbrella"
Library = Literal["world", "emoji", "world and emoji"]
Searched = Literal["world", "emoji", "world and emoji", "yours"]
PICTURE_HELP = (
    "A picture: world:12 (a scene), built:small red house 25 60; grey, emoji:grinning face, "
    "or mine: and a PNG or WebP in base64"
)


def pictures_option(default: str) -> Any:
    return option(
        default,
        f"1 to {MOST} pictures, commas between: world:12, built:<things>, emoji:grinning face, mine:<base64>",
        longest=LIST,
    )


def picture_option(default: str) -> Any:
    return option(default, PICTURE_HELP, longest=LONGEST + 200)


def temperature_option() -> Any:
    return option(
        0.0, "Cosines are divided by it before the softmax; 0 takes the one the model learnt", at_least=0, at_most=1
    )


def library_option() -> Any:
    return option("world", "What is searched: scenes drawn by the seed, OpenMoji's pictures or your own")


def pictures_number(default: int = 1000) -> Any:
    return option(default, "How many scenes of the picture world are in the library", at_least=10, at_most=LARGEST)


def nearest_option() -> Any:
    return option(12, "How many of the nearest are shown", at_least=1, at_most=40)


class SimilarityOptions(Options):
    pictures: str = pictures_option("world:17, world:54, world:42, world:34, world:27, world:48")
    texts: str = option(
        SIX,
        f"1 to {TEXTS} texts, one a line, each belonging to the picture of its place; empty for the captions of scenes",
        longest=LINES,
    )
    template: str = option("{}", "Put around every text, whose place is {}", longest=TEXT)
    temperature: float = temperature_option()
    steps: int = option(
        9, "Frames, the temperature falling from 1 to the one chosen", at_least=1, at_most=40, more=True
    )


class ClassifyOptions(Options):
    picture: str = picture_option("world:63")
    classes: str = option(
        "house\ntree\ncar\nboat\ncat\nflower\nfish\nbird\ncup\nmushroom",
        f"The choice: 1 to {CLASSES} classes, one a line",
        longest=LINES,
    )
    templates: str = option(
        "{}\na {}\na picture of a {}\na red {}",
        f"1 to {TEMPLATES} templates, one a line, with {{}} for the class",
        longest=LINES,
    )
    temperature: float = temperature_option()


class SearchOptions(Options):
    way: Literal["words to pictures", "picture to pictures", "picture to words"] = option(
        "words to pictures", "What is asked with, and what is searched"
    )
    query: str = option("three green cars", "The words to search with", longest=TEXT)
    picture: str = picture_option("world:12")
    words: str = option(
        "",
        "What a picture is searched among, one a line; empty: the things of the picture world in "
        "every colour, or the names of the emoji",
        longest=LINES,
    )
    library: Searched = library_option()
    folder: str = option("", "Name of your own pictures, which the page keeps for you", longest=64)
    pictures: int = pictures_number()
    k: int = nearest_option()
    steps: int = option(4, "Frames, as the library grows to its full number", at_least=1, at_most=20, more=True)


class ArithmeticOptions(Options):
    start: str = option("a red car", f"A: words, or {PICTURE_HELP[2:]}", longest=LONGEST + 200)
    minus: str = option("red", "B, taken away: words or a picture; may be empty", longest=LONGEST + 200)
    plus: str = option("green", "C, added: words or a picture; may be empty", longest=LONGEST + 200)
    amount: float = option(1.0, "How often B is taken away and C added in the last frame", at_least=0, at_most=3)
    library: Library = library_option()
    pictures: int = pictures_number()
    k: int = nearest_option()
    steps: int = option(6, "Frames, from nothing added to all of it", at_least=1, at_most=40, more=True)


class OccludeOptions(Options):
    picture: str = picture_option("world:12")
    text: str = option(
        "a pink flower", "What is looked for in the picture; empty: the caption of a scene", longest=TEXT
    )
    patch: int = option(16, "Side of the grey patch, in 64ths of the picture", at_least=4, at_most=40)
    stride: int = option(6, "How far the patch moves on, in 64ths of the picture", at_least=2, at_most=32)


class SpaceOptions(Options):
    pictures: str = option("", "Pictures of your own, commas between; empty: scenes drawn by the seed", longest=LIST)
    texts: str = option("", "Their texts, one a line, in the same order", longest=LINES)
    scenes: int = option(200, "How many scenes are drawn where no pictures are given", at_least=4, at_most=1000)
    axes: Literal["the gap across", "most variance"] = option(
        "the gap across",
        "The map's axes: from one mean to the other and what varies most beside it, or the two "
        "directions of most variance",
    )
    steps: int = option(11, "Frames, as the gap is closed", at_least=2, at_most=40, more=True)


class TypographicOptions(Options):
    picture: str = picture_option("world:14113")
    word: str = option("house", "What is written on the picture", longest=40)
    classes: str = option(
        "apple\nhouse\nfish\ntree\ncar\ncat", f"The choice: 1 to {CLASSES} classes, one a line", longest=LINES
    )
    template: str = option("a picture of a {}", "Put around every class, whose place is {}", longest=TEXT)
    size: float = option(0.4, "Height of the largest letters, of the picture's side", at_least=0.05, at_most=1)
    paper: bool = option(True, "Write on white paper in place of the picture itself")
    place: Literal["top", "middle", "bottom"] = option("bottom", "Where it is written", more=True)
    steps: int = option(9, "Frames, from nothing written to the largest letters", at_least=2, at_most=40, more=True)


class ContrastOptions(Options):
    texts: Literal["frozen tower", "from nothing"] = option(
        "frozen tower",
        "What reads the captions: the model's text tower as it is with a linear map behind it, or a bag of words (the "
        "mean of their vectors, without their order), learnt along with the rest",
    )
    eyes: Literal["from nothing", "locked tower"] = option(
        "from nothing",
        "What sees the pictures: convolutions learnt along with the rest, or the model's picture tower "
        "as it is, with a linear map behind it (LiT)",
    )
    loss: Literal["softmax", "sigmoid"] = option(
        "softmax", "Each pair is told from all others of its row and column (CLIP), or judged on its own (SigLIP)"
    )
    steps: int = option(120, "Training steps", at_least=2, at_most=400)
    batch_size: int = option(32, "Pairs in a batch", at_least=4, at_most=64)
    shown: int = option(16, "Pairs of the matrix, which are in no batch", at_least=2, at_most=32)
    learning_rate: float = option(3e-3, "Learning rate", at_least=1e-5, at_most=0.1)
    temperature: float = option(
        0.07, "The temperature at the start; it is learnt too", at_least=0.01, at_most=1, more=True
    )
