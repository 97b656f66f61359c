"""A latent space to turn: codes of the bundled test pictures on their three directions of most variance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from genai_demo.quality.charts import SYMBOLS, finished

if TYPE_CHECKING:
    from plotly import graph_objects as go

MODEL = "vae/vae-16"


def figures() -> dict[str, Callable[[], go.Figure]]:
    """Title -> maker."""
    return {"A latent space to turn": latent_space}


def latent_space() -> go.Figure:
    """Means q(z | x) of the pictures, centred, on three principal directions; hover tells picture and class."""
    import numpy as np
    from plotly import graph_objects as go

    from genai_demo.core.load import load
    from genai_demo.core.spec import find_spec
    from genai_demo.data.fashion_mnist import CLASSES
    from genai_demo.inputs import pictures
    from genai_demo.vae import codes

    model = load(find_spec(MODEL))
    numbers = np.arange(pictures.SAMPLES)
    label = numbers // (pictures.SAMPLES // len(CLASSES))  # ten a class, class by class
    mean, _ = codes.encode(model, np.stack([pictures.sample_picture(int(i)) for i in numbers]))
    centred = (mean - mean.mean(0)).astype(np.float64)
    _, spread, directions = np.linalg.svd(centred, full_matrices=False)
    at = centred @ directions[:3].T  # (n, 3)
    share = 100 * spread**2 / (spread**2).sum()
    figure = go.Figure()
    for i, name in enumerate(CLASSES):
        x, y, z = at[label == i].T.tolist()
        figure.add_scatter3d(
            x=x,
            y=y,
            z=z,
            name=name,
            mode="markers",
            marker={"size": 5, "symbol": SYMBOLS[i % len(SYMBOLS)]},
            text=[f"{name}, sample:{number}" for number in numbers[label == i]],
            hovertemplate="%{text}<extra></extra>",
        )
    titles = [f"direction {i + 1} ({share[i]:.0f} %)" for i in range(3)]
    figure.update_scenes(xaxis_title=titles[0], yaxis_title=titles[1], zaxis_title=titles[2], aspectmode="data")
    said = (
        f"{len(at)} test pictures as {mean.shape[1]} numbers each, shown along the three directions in which they vary "
        f"most, which hold {share[:3].sum():.0f} % of their variance; in standard deviations of the prior."
    )
    return finished(figure, said, live=True)
