"""The space of pictures and texts, to turn: the gap between the two (Liang et al. 2022, "Mind the Gap")."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from genai_demo.clip.quality import MODEL
from genai_demo.quality.charts import finished

if TYPE_CHECKING:
    from plotly import graph_objects as go

SCENES = 100  # of the picture world, each with its caption
PAIRS = 20  # joined by lines


def figures() -> dict[str, Callable[[], go.Figure]]:
    """Title -> maker."""
    return {"Pictures and texts, and the gap between them": modalities}


def modalities() -> go.Figure:
    """Unit vectors of scenes and captions on their three directions of most variance; lines join some pairs."""
    import numpy as np
    from plotly import graph_objects as go

    from genai_demo.clip import features
    from genai_demo.clip.pictures import world_picture
    from genai_demo.clip.space import principal
    from genai_demo.core.load import load
    from genai_demo.core.spec import find_spec

    model = load(find_spec(MODEL))
    scenes = [world_picture(n, features.side(model)) for n in range(SCENES)]
    said = [scene.about or scene.name for scene in scenes]
    u, v = features.see(model, scenes), features.read(model, said)
    both = np.concatenate([u, v]).astype(np.float64)
    centred = both - both.mean(0)
    at = centred @ principal(both, 3)  # (2 * SCENES, 3)
    share = 100 * (at**2).sum(0) / (centred**2).sum()
    figure = go.Figure()
    for name, part, symbol in (("pictures", at[:SCENES], "circle"), ("texts", at[SCENES:], "diamond")):
        x, y, z = part.T.tolist()
        figure.add_scatter3d(
            x=x,
            y=y,
            z=z,
            name=name,
            mode="markers",
            marker={"size": 4, "symbol": symbol},
            text=said,
            hovertemplate="%{text}<extra></extra>",
        )
    ends = [[value for i in range(PAIRS) for value in (at[i, k], at[SCENES + i, k], None)] for k in range(3)]
    lines = {"width": 2}
    figure.add_scatter3d(x=ends[0], y=ends[1], z=ends[2], name="pairs", mode="lines", line=lines, hoverinfo="skip")
    titles = [f"direction {i + 1} ({share[i]:.0f} %)" for i in range(3)]
    figure.update_scenes(xaxis_title=titles[0], yaxis_title=titles[1], zaxis_title=titles[2], aspectmode="data")
    gap = float(np.linalg.norm(u.mean(0) - v.mean(0)))
    told = (
        f"{SCENES} scenes and their captions along three directions that hold {share.sum():.0f} % of the variance; "
        f"vectors have length 1. The means of pictures and texts lie {gap:.2f} apart, which is "
        f"the gap. Lines join {PAIRS} pairs."
    )
    return finished(figure, told, live=True)
