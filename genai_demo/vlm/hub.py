"""Other people's vision-language models of the same kind: from the hub, or from a folder that save_pretrained wrote.

SmolVLM (Marafioti et al. 2025) and LLaVA (Liu et al. 2023): a tower, a projector, patches among the words of a decoder,
as Transformers' classes have them. What they are asked is not bounded to the words of the picture world.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from genai_demo.core.errors import DemoError, shown
from genai_demo.language.model import LanguageModel
from genai_demo.language.text import clean
from genai_demo.vlm.model import Looking, Sight, Turns


class Borrowed(nn.Module):
    """As a Seer is used: patches, prompt, sight, seeing. closed: whether only words of the picture world are known."""

    closed, fused = False, False

    def __init__(self, network: Any, processor: Any) -> None:
        super().__init__()
        self.network, self.processor = network, processor
        self.language = Decoder(network, processor.tokenizer)
        self.picture = int(network.config.image_token_id)

    @property
    def device(self) -> torch.device:
        device: torch.device = next(self.network.parameters()).device
        return device

    @torch.inference_mode()
    def patches(self, pictures: np.ndarray) -> Tensor:
        """(b, h, w, 3) uint8 -> (b, n, width): what stands in the places of a picture."""
        weight = next(self.network.parameters())
        images = [[Image.fromarray(one)] for one in pictures]
        seen = self.processor.image_processor(images=images, return_tensors="pt")
        more = {"pixel_attention_mask": seen["pixel_attention_mask"]} if "pixel_attention_mask" in seen else {}
        found = self.network.get_image_features(
            pixel_values=seen["pixel_values"].to(weight.device, weight.dtype), **more
        )
        parts = found.pooler_output if hasattr(found, "pooler_output") else found
        return torch.stack([part.flatten(0, -2) for part in parts])

    def prompt(self, turns: Turns, question: str) -> list[int]:
        """Tokens of a conversation about a picture up to where the answer begins, by the model's own template."""
        said = [(role, text) for turn in turns for role, text in (("user", turn.text), ("assistant", turn.answer))]
        messages = [
            {"role": role, "content": [{"type": "text", "text": self._plain(text)}]}
            for role, text in [*said, ("user", question)]
        ]
        messages[0]["content"] = [{"type": "image"}, *messages[0]["content"]]
        text = self.processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        grey = Image.new("RGB", (64, 64), (165, 165, 165))
        ids = self.processor(text=text, images=[grey], return_tensors="pt")["input_ids"][0]
        found: list[int] = ids.tolist()
        return found

    def _plain(self, text: str) -> str:
        """A visitor's text, in which no control token is one."""
        text = clean(text)
        for special in self.language.specials:
            text = text.replace(special, f"{special[:1]} {special[1:]}")
        return text

    def sight(self, patches: Tensor) -> Sight:
        """The network with a picture before it."""
        made = Sight(self.network, patches, fused=False)
        made.picture = self.picture
        return made

    def seeing(self, patches: Tensor) -> LanguageModel:
        """The decoder as a LanguageModel that has this one picture."""
        return Looking(self.language, self.sight(patches))


class Decoder(LanguageModel):
    """What a language model is asked for besides its network: tokens, pieces, where an answer ends."""

    def __init__(self, network: Any, tokenizer: Any) -> None:
        if getattr(network.config, "eos_token_id", None) is None:
            network.config.eos_token_id = tokenizer.eos_token_id
        super().__init__(network, tokenizer)


def build(place: str) -> Borrowed:
    """The model of a repository or folder. Raises DemoError where it is of another kind."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    processor = AutoProcessor.from_pretrained(place)
    network = AutoModelForImageTextToText.from_pretrained(place, dtype="auto")
    if not hasattr(network, "get_image_features") or not hasattr(network.config, "image_token_id"):
        raise DemoError(
            f"the model is {shown(type(network).__name__)}, which has no patches among its words; "
            "choose SmolVLM or LLaVA"
        )
    if hasattr(processor.image_processor, "do_image_splitting"):
        processor.image_processor.do_image_splitting = False  # one picture, not its tiles besides
    return Borrowed(network, processor).eval()


def example(model: Borrowed, batch: int = 1) -> Tensor:
    """One question about grey pictures: logits (batch, n, vocabulary)."""
    pictures = np.full((batch, 64, 64, 3), 165, np.uint8)
    ids = torch.tensor([model.prompt((), "What is in the picture?")] * batch, device=model.device)
    found: Tensor = model.sight(model.patches(pictures))(ids).logits
    return found
