"""The page that compares: the same points, the same clothes, the same sentence for every family."""

from __future__ import annotations

from typing import Any

from pages.parts.bench import Bench
from pages.parts.lead import Try
from pages.parts.pads.drawn import drawn_points
from pages.parts.page import build_page
from pages.parts.timeline import Entry

LABELS = {
    "data": "Points",
    "budget": "Seconds for each",
    "bet": "You bet on",
    "samples": "Pictures of each",
    "moments": "Looks",
    "text": "Sentence",
    "pieces": "Pieces to go on",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "bet": [
        ("Nobody", "nobody"),
        ("VAE", "vae"),
        ("GAN", "gan"),
        ("Diffusion", "diffusion"),
        ("Flow", "flow"),
        ("Energy", "ebm"),
    ]
}
TIMELINE = (
    Entry("VAE", 2013, "vae/points", "Codes that are Gaussian, and a bound on the likelihood", page="vae"),
    Entry("GAN", 2014, "gan/points", "Two networks against each other", page="gan"),
    Entry("Sequence to sequence", 2014, "seq2seq/beam", "Read all, then write", page="seq2seq"),
    Entry("Normalizing flows", 2015, "flow/points", "Layers that can be undone, and the exact likelihood", page="flow"),
    Entry("Diffusion", 2015, "diffusion/points", "Noise, and the way back", page="diffusion"),
    Entry("Transformer", 2017, "decoder/inside", "Attention in place of recurrence", page="decoder"),
    Entry("Sparsely gated", 2017, "moe/route", "A few experts of many", page="moe"),
    Entry("GPT", 2018, "decoder/tokens", "Only the decoder; the next token", page="decoder"),
    Entry("BERT", 2018, "encoder/fill", "Gaps filled from both sides", page="encoder"),
    Entry("Energies by chains", 2019, "ebm/points", "Data low, all else high", page="ebm"),
    Entry("DDPM", 2020, "diffusion/denoise", "Pictures out of noise", page="diffusion"),
    Entry("RAG", 2020, "rag/ask", "Look it up, then answer", page="rag"),
    Entry("CLIP", 2021, "clip/similarity", "Pictures and words in one space", page="clip"),
    Entry("Decision Transformer", 2021, "hybrids/decide", "Acting is the next token, after the return", page="hybrids"),
    Entry("Latent diffusion", 2021, "text_to_image/generate", "Words become pictures", page="text-to-image"),
    Entry("Flow matching", 2022, "flow/matching", "Straight ways from noise to data", page="flow"),
    Entry("InstructGPT", 2022, "decoder/tokens", "Taught to answer", "text=What is gravity?&chat=true", page="decoder"),
    Entry("Mamba", 2023, "ssm/signal", "What is kept depends on what is read", "selection=true&delta=5", page="mamba"),
    Entry("LLaVA", 2023, "vlm/ask", "A picture's patches among words", page="vlm"),
    Entry("Masked diffusion", 2024, "encoder/unmask", "Write from nothing but gaps", "text=&masks=10", page="encoder"),
)
LOOK = (
    "Five ways to learn the same points, in the same time. Where do points lie that are made up, and what is left out?"
)
TRIES = (
    Try(
        "Who is nearest to the data after two seconds?",
        "run=compare/race&data=moons",
        "Bet first. Then run it with another seed: which places change, and which stay?",
        "Flow, energy and diffusion come about as near as real points would, and change places from seed to seed. VAE "
        "and GAN are about twice as far, whoever of the two is last.",
    ),
    Try(
        "Twenty-five heaps: who leaves some out, and who fills the gaps?",
        "run=compare/race&data=grid",
        "Coverage says how much of the data is reached, precision how many of the made points lie on it. Who is bad at "
        "which?",
        "The GAN leaves heaps out. The VAE reaches nearly all of them, but half of its points lie between: its "
        "decoder is one smooth sheet, and has to cross the gaps.",
    ),
    Try(
        "Who can say how likely a point is?",
        "run=compare/race&data=moons",
        "The last frame has a list of log-likelihoods. Why are two families missing?",
        "The flow counts it exactly. The energy needs a sum over the whole plane, which two dimensions allow. The VAE "
        "gives a bound. A GAN has none, and diffusion's takes a long integral that the race leaves out.",
    ),
    Try(
        "And what does a sample cost?",
        "run=compare/race&data=moons",
        "See who asks its networks how often. Is the one that is nearest to the data also the cheapest?",
        "Not as a rule: diffusion asks its network again and again for each sample, VAE, GAN and flow once. An energy "
        "is not in the list: its chains never end.",
    ),
    Try(
        "Who gives the best bits, and who the best pictures?",
        "run=compare/clothes",
        "Glow has the lower bits per dimension of the two flows. Look at what it draws, and at its distance to test "
        "pictures. Then at the times: what does the best picture cost?",
        "They are not the same: Glow spends its likelihood on texture and draws the least like clothes. GAN and "
        "diffusion are nearest to the test pictures; diffusion takes many times as long for each.",
    ),
    Try(
        "One sentence: who goes on, who fills, who writes it anew?",
        "run=compare/words",
        "All seven read the same words. Before you run it: which of them can't go on with a sentence at all? Then send "
        "“The doctor looked at the patient” through, and compare the surprise with that of the first sentence.",
        "The encoder names the hidden word and stops; with gaps behind the text it goes on after all, and repeats "
        "itself. The encoder-decoder writes the sentence anew. The four that go on learnt descriptions of packages: "
        "the doctor surprises each of them many times as much.",
    ),
)
BENCHES = (
    Bench(
        "Race",
        "compare/race",
        "VAE, GAN, diffusion, flow and energy learn the same points in the same time.",
        ("data", "budget", "bet"),
        primary="Start the race",
        labels={**LABELS, "samples": "Samples"},
        **drawn_points(),
    ),
    Bench(
        "Clothes",
        "compare/clothes",
        "The trained models of all families draw clothes, and their cards are laid beside each other.",
        ("samples",),
        primary="Draw",
    ),
    Bench(
        "Words",
        "compare/words",
        "One sentence through seven kinds of language models: what each does with it, and what it takes.",
        ("text", "pieces"),
        primary="Send it through",
    ),
)


def build() -> None:
    """The page."""
    build_page("compare", BENCHES, labels=LABELS, choices=CHOICES, timeline=TIMELINE, tries=TRIES, look=LOOK)
