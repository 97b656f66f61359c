"""A loaded model as a drawing: boxes along the way of the data, and the whole module tree with times, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genai_demo.core.inspect import Block

ENOUGH = 6  # boxes from which on the drawing is not taken apart further


def diagram(blocks: Sequence[Block]) -> str:
    """Boxes in the order they ran: as tall as their picture is large, shaded by the time they take."""
    shown = [block for block in _front(blocks) if block.parameters or block.shape_in != block.shape_out]
    slowest = max((block.ms for block in shown), default=1.0) or 1.0
    boxes = "".join(_box(block, block.ms / slowest) for block in shown)
    start = escape(_size(blocks[0].shape_in))
    return f'<div class="scroller"><div class="flow"><span class="s">{start}</span>{boxes}</div></div>'


def _front(blocks: Sequence[Block]) -> list[Block]:
    """The top of the tree, taken apart until there are enough boxes."""
    depth = min(block.depth for block in blocks)
    while True:
        front = [
            block for block in blocks if block.depth == depth or (block.depth < depth and not _children(block, blocks))
        ]
        if len(front) >= ENOUGH or not any(_children(block, blocks) for block in front):
            return front
        depth += 1


def _children(block: Block, blocks: Sequence[Block]) -> list[Block]:
    start = f"{block.name}." if block.name else ""
    return [one for one in blocks if one.depth == block.depth + 1 and one.name.startswith(start) and one is not block]


def _box(block: Block, share: float) -> str:
    side = block.shape_out[-1] if len(block.shape_out) == 4 else 4
    name = ".".join(block.name.split(".")[-2:]) if block.name.split(".")[-1].isdigit() else block.name.split(".")[-1]
    height = 56 + min(64, 3 * side)
    return (
        f'<span class="box" style="height:{height}px; --share:{100 * share:.0f}%" title="{escape(block.name)}">'
        f"<b>{escape(name)}</b><i>{escape(block.kind)}</i><i>{_count(block.parameters)}, {block.ms:.2f} ms</i></span>"
        f'<span class="s">{escape(_size(block.shape_out))}</span>'
    )


def tree(blocks: Sequence[Block]) -> str:
    """Every block that ran, folded below the second level: name and class, shapes, parameters, milliseconds."""
    total = max((block.ms for block in blocks), default=1.0) or 1.0
    head = (
        '<div class="b h" style="--d:0"><span>block</span><span>shape in and out</span>'
        '<span class="r">parameters</span><span>time, with all inside</span></div>'
    )
    top = min(block.depth for block in blocks)
    return f'<div class="blocks">{head}{_branch(blocks, 0, top, total)[0]}</div>'


def _branch(blocks: Sequence[Block], at: int, depth: int, total: float) -> tuple[str, int]:
    """HTML of the blocks from `at` on that lie at `depth` or below, and the index after them."""
    html = ""
    while at < len(blocks) and blocks[at].depth >= depth:
        row = _row(blocks[at], total)
        inner, after = _branch(blocks, at + 1, depth + 1, total)
        html += f"<details{' open' if depth < 2 else ''}><summary>{row}</summary>{inner}</details>" if inner else row
        at = after
    return html, at


def _row(block: Block, total: float) -> str:
    shapes = f"{_size(block.shape_in)} &rarr; {_size(block.shape_out)}"
    name = escape(block.name or "(whole)")
    return (
        f'<div class="b" style="--d:{block.depth}"><span><span class="n">{name}</span> '
        f'<span class="k">{escape(block.kind)}</span></span><span>{shapes}</span>'
        f'<span class="r">{_count(block.parameters)}</span>'
        f'<span class="t"><i style="width:{65 * block.ms / total:.1f}%"></i><span>{block.ms:.2f} ms</span></span></div>'
    )


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "scalar"


def _count(number: int) -> str:
    for size, unit in ((1e6, " M"), (1e3, " k")):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return str(number)
