"""From a trained classifier to what is shipped: weights in half precision and a card with the accuracy of that file."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.data import fashion_mnist
from genai_demo.quality.classifier.model import Classifier, build


def export(notes: kit.Journal) -> Path:
    """Write the weights of a finished training (fp16) and the card; accuracy is that of the file. -> the card.

    Needs the test split.
    """
    path = notes.weights
    kit.write_weights(path, kit.halved(notes.state["model"]))
    model = build(path)
    pictures, labels = fashion_mnist.load("test")
    found = (predict(model, torch.from_numpy(pictures.copy())) == torch.from_numpy(labels)).double().mean()
    return write_card(
        path,
        title="Fashion classifier, the judge of generated pictures",
        data="Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), 60,000 training pictures, MIT",
        licence="Apache-2.0",
        config=notes.config,
        seed=notes.config["seed"],
        epochs=notes.step,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        wall_seconds=round(notes.seconds),
        loss=round(notes.history[-1][1], 4),
        device=notes.device,
        quality={"split": f"test, {len(labels)} pictures", "accuracy": round(float(found), 4)},
    )


@torch.inference_mode()
def predict(model: Classifier, pictures: Tensor) -> Tensor:
    """The class of each picture: (n, 28, 28) uint8 -> (n,) int64."""
    return torch.cat([model(x.float().div(255).unsqueeze(1)).argmax(1) for x in pictures.split(1000)])
