"""Options of the runs: a picture, as clip/pictures.py reads it, and a question in words that the model was taught."""

from __future__ import annotations

from typing import Any, Literal

from genai_demo.core.options import Options, option
from genai_demo.language.conversation import TURNS
from genai_demo.language.options import rivals_option

PICTURE = 16_000  # characters of a picture in base64
QUESTION, LINES = 300, 2_000  # characters of a question, of several
PICTURE_HELP = "The picture: a scene (world:12, or built:small red house 25 60; grey), an emoji, or one of yours"
SCENE_HELP = "The scene: world:12, or built:small red house 25 60; grey"
TWO = "built:large red house 25 65; small yellow star 70 30; light blue"
ACROSS = "built:large red house 25 25; small yellow star 50 75; light blue"
THREE = "built:large red house 25 65; small yellow star 70 30; small green fish 75 75; light blue"
Stage = Literal["the whole training", "language", "aligned", "llava", "fusion"]
Direction = Literal["of patches that show it", "of its word"]


def picture_option(default: str = TWO) -> Any:
    return option(default, PICTURE_HELP, longest=PICTURE)


def question_option(default: str, help: str = "What is asked about the picture") -> Any:
    return option(default, help, longest=QUESTION)


class AskOptions(Options):
    picture: str = picture_option(THREE)
    turns: str = option(
        "Where is the house?",
        'The conversation as JSON, [["user", "..."], ["assistant", "..."], ...], or one question',
        longest=TURNS,
    )
    temperature: float = option(
        0.0, "How much chance has a say; 0 always takes the likeliest word", at_least=0, at_most=2
    )
    max_new_tokens: int = option(48, "How long an answer may get", unit="tokens", at_least=1, at_most=128, more=True)
    top: int = rivals_option()


class RestOptions(Options):
    picture: str = picture_option(THREE)
    question: str = question_option("Describe the picture.")
    dropped: str = option(
        "",
        "Numbers of patches that are left out for good, as in 43 44: from 1, row by row; empty for none",
        longest=400,
    )


class PatchesOptions(Options):
    picture: str = picture_option(THREE)
    listed: int = option(8, "How many words are listed", at_least=1, at_most=20, more=True)


class EraseOptions(Options):
    picture: str = picture_option(THREE)
    word: str = option("house", "The word that is taken out of the patches: a thing or a colour", longest=40)
    question: str = question_option("Is there a house?")
    direction: Direction = option(
        "of patches that show it",
        "Which direction is subtracted: from patches without the thing to patches with it, measured on drawn scenes; "
        "or the one the decoder has for the word",
    )
    strength: float = option(2.0, "How much of it is taken away in the last frame; 1 for all", at_least=0, at_most=5)
    steps: int = option(9, "Frames, from nothing taken away", at_least=2, at_most=30, more=True)


class MoveOptions(Options):
    picture: str = option(ACROSS, SCENE_HELP, longest=1000)
    thing: int = option(1, "Which thing is moved, as they stand in the scene", at_least=1, at_most=5)
    x: int = option(75, "Where its centre goes, from the left", unit="%", at_least=0, at_most=100)
    y: int = option(25, "Where its centre goes, from the top", unit="%", at_least=0, at_most=100)
    questions: str = option(
        "Where is the house?\nIs the house to the left or to the right of the star?\nWhat is above the star?\n"
        "Which colour is the house?\nHow many things are there?",
        "What is asked at each step, one question a line",
        longest=LINES,
    )
    steps: int = option(9, "Steps of the way", at_least=2, at_most=30, more=True)


class PartsOptions(Options):
    picture: str = picture_option(THREE)
    question: str = question_option("Which colour is the house?")
    scenes: int = option(
        8, "Held-out scenes whose questions are asked in each way as well", at_least=1, at_most=64, unit="scenes"
    )


class StagesOptions(Options):
    training: Stage = option("the whole training", "Which training is shown, as it was recorded")
    picture: str = picture_option(THREE)
    question: str = question_option(
        "Which colour is the house?", "What the weights at the end of each stage are asked about the picture"
    )


class InventOptions(Options):
    scenes: int = option(16, "How many held-out scenes are asked", at_least=1, at_most=100, unit="scenes")
    asked: int = option(4, "Things that are not there, asked for in each scene", at_least=1, at_most=8, more=True)


class CaptionOptions(Options):
    picture: str = picture_option(THREE)
    others: int = option(
        48, "Drawn scenes among which CLIP looks for the picture by its caption", at_least=1, at_most=400, unit="scenes"
    )
