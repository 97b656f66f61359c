"""The families beside each other: the same data, the same budget, one table."""

from genai_demo.compare import options
from genai_demo.core.registry import Family
from genai_demo.core.run import Run
from genai_demo.core.spec import ModelSpec

FAMILY = Family(
    "Compare",
    "Compare",
    "Five ways to learn the same data, side by side: who is fast, who is exact, who leaves something out.",
    starts=(("The race", "run=compare/race"), ("A race on a grid", "run=compare/race&data=grid")),
)
SPECS: tuple[ModelSpec, ...] = ()

RUNS = (
    Run(
        "compare/race",
        "VAE, GAN, diffusion, flow and energy learn the same points in the same time",
        options.RaceOptions,
        "genai_demo.compare.race:race",
        (),
        lambda o: 30 + int(10 * o.budget),
        threads=1,
    ),
    Run(
        "compare/clothes",
        "The families' trained models draw clothes side by side, with what was measured of each",
        options.ClothesOptions,
        "genai_demo.compare.clothes:clothes",
        (),
        lambda o: 30 + o.samples,
    ),
    Run(
        "compare/words",
        "One sentence through seven kinds of language models: what each does with it, and what it takes",
        options.WordsOptions,
        "genai_demo.compare.words:words",
        (),
        lambda o: 30 + o.pieces,
        threads=1,
    ),
)
