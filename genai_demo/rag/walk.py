"""Run rag/walk: the graph of HNSW over the chunks of the library, and the walk through it to a question's nearest.

Malkov & Yashunin 2016, algorithms 2 and 5: from the top layer, where few chunks are, to the lowest, where all are;
above the lowest one goes to the nearest neighbour until none is nearer; there the best `ef` are kept. The graph is the
one that FAISS built; the walk is done here step by step.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import faiss
import numpy as np

from genai_demo.core.frames import Tok, curve, number, plane, prose, ranked
from genai_demo.rag.ask import DIRECTIONS, REACH
from genai_demo.rag.library import Library, built_in
from genai_demo.rag.options import WalkOptions
from genai_demo.rag.passages import embedder
from genai_demo.rag.retrieve import checked
from genai_demo.rag.store import BUILD_EFFORT

K = 3  # nearest that are wanted
MAP = "the graph, on the two main directions of the chunks"


@dataclass(frozen=True, slots=True, eq=False)
class WalkStep:
    """One chunk whose neighbours were looked at.

    nodes (n, 2): the chunks of this layer; links (e, 2, 2): its links, on the lowest layer those of the chunks looked
    at; walked (s, 4): the steps on this layer, place and step; kept (k, 2): the best so far; asked (1, 2): the
    question. compared: chunks compared with it so far; nearest: the best cosine so far; true: that of all chunks.
    """

    index: int
    total: int
    links: np.ndarray = plane(MAP, "paths", limit=REACH, called="links")
    nodes: np.ndarray = plane(MAP, "real", limit=REACH, called="chunks of this layer", axes=DIRECTIONS)
    kept: np.ndarray = plane(MAP, "generated", limit=REACH, called="the best so far")
    asked: np.ndarray = plane(MAP, "other", limit=REACH, called="your question")
    walked: np.ndarray = plane(MAP, "vectors", limit=REACH, called="the walk")
    words: str = prose("what happens")
    best: tuple[Tok, ...] = ranked("nearest so far", unit="cosine", long=True)
    layer: str = number("part of the walk", phase=True)
    compared: int = curve("compared", unit="chunks", digits=5)
    nearest: float = curve("nearest so far", unit="cosine", chart="nearness")
    true: float = curve("nearest of all", unit="cosine", chart="nearness")
    chunks: int = number("chunks in the library", digits=5)


@dataclass(frozen=True, slots=True)
class Graph:
    """links[l][i]: the neighbours of chunk i on layer l, 0 the lowest, which holds all; entry: where a walk begins."""

    links: list[dict[int, list[int]]]
    entry: int


@dataclass(slots=True)
class Move:
    """A chunk whose neighbours were compared. found: the best so far with their cosines, the best first."""

    layer: int
    at: int
    came_from: int | None
    new: int
    found: list[tuple[float, int]]
    compared: int = field(default=0)


def walk(options: WalkOptions, *, seed: int) -> Iterator[WalkStep]:
    """The graph is built, the question embedded; then a frame for each chunk that the walk comes to."""
    library = built_in(embedder())
    graph = graph_of(library.vectors, options.links)
    asked = embedder().encode([checked(options.question)])
    near = library.vectors @ asked[0]
    moves = list(moved(graph, near, options.ef))
    wanted = set(np.argsort(-near)[:K].tolist())
    placed, place = library.placed(library.vectors), library.placed(asked)
    steps: list[tuple[int, int]] = []
    looked: list[int] = []
    layer = -1
    for index, move in enumerate(moves):
        if move.layer != layer:
            layer, steps, looked = move.layer, [], []
        looked.append(move.at)
        if move.came_from is not None:
            steps.append((move.came_from, move.at))
        nodes, links = sorted(graph.links[layer]), graph.links[layer]
        yield WalkStep(
            index,
            len(moves),
            _lines(links if layer else {i: links[i] for i in looked}, placed),
            placed[nodes],
            placed[[i for _, i in move.found]],
            place,
            _arrows(steps, placed),
            words(library, graph, move, index == len(moves) - 1, wanted, options.ef),
            _listed(library, move.found),
            f"layer {layer}",
            move.compared,
            move.found[0][0],
            float(near.max()),
            len(near),
        )


def graph_of(vectors: np.ndarray, links: int) -> Graph:
    """The layers of the graph that FAISS builds of unit rows (n, d)."""
    faiss.omp_set_num_threads(1)  # with more the graph is never the same twice
    index = faiss.IndexHNSWFlat(vectors.shape[1], links, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = BUILD_EFFORT
    index.add(np.ascontiguousarray(vectors, np.float32))
    hnsw = index.hnsw
    links_of_all, offsets, levels, ends = (
        faiss.vector_to_array(part).astype(np.int64)  # some have no sign, and these can't be added to the others
        for part in (hnsw.neighbors, hnsw.offsets, hnsw.levels, hnsw.cum_nneighbor_per_level)
    )
    layers: list[dict[int, list[int]]] = [{} for _ in range(hnsw.max_level + 1)]
    for i, count in enumerate(levels.tolist()):
        for layer in range(count):
            start, stop = offsets[i] + ends[layer], offsets[i] + ends[layer + 1]
            layers[layer][i] = [j for j in links_of_all[start:stop].tolist() if j >= 0]
    return Graph(layers, int(hnsw.entry_point))


def moved(graph: Graph, near: np.ndarray, ef: int) -> Iterator[Move]:
    """The walk: near (n,) are the cosines of all chunks with the question, of which only those it meets are read."""
    at, compared = graph.entry, {graph.entry}
    for layer in range(len(graph.links) - 1, 0, -1):
        came: int | None = None
        while True:
            fresh = [j for j in graph.links[layer][at] if j not in compared]
            compared.update(fresh)
            yield Move(layer, at, came, len(fresh), [(float(near[at]), at)], len(compared))
            best = max((at, *graph.links[layer][at]), key=lambda j: near[j])
            if best == at:
                break
            came, at = at, best
    yield from _widely(graph.links[0], near, at, max(ef, K), compared)


def _widely(links: dict[int, list[int]], near: np.ndarray, start: int, ef: int, compared: set[int]) -> Iterator[Move]:
    """The lowest layer: candidates in order of nearness, until none is nearer than the worst of the `ef` kept."""
    seen, found = {start}, [(float(near[start]), start)]  # found: a heap, the farthest on top
    waiting: list[tuple[float, int, int | None]] = [(-float(near[start]), start, None)]
    while waiting:
        far, at, came = heapq.heappop(waiting)
        if len(found) == ef and -far < found[0][0]:
            break
        fresh = [j for j in links[at] if j not in seen]
        seen.update(fresh)
        new = len(set(fresh) - compared)
        compared.update(fresh)
        for j in fresh:
            if len(found) < ef or near[j] > found[0][0]:
                heapq.heappush(waiting, (-float(near[j]), j, at))
                heapq.heappush(found, (float(near[j]), j))
                if len(found) > ef:
                    heapq.heappop(found)
        yield Move(0, at, came, new, sorted(found, reverse=True), len(compared))


def words(library: Library, graph: Graph, move: Move, last: bool, wanted: set[int], ef: int) -> str:
    """What a frame shows."""
    title = _title(library, move.at)
    if last:
        right = len(wanted & {i for _, i in move.found[:K]})
        return (
            f"No chunk that waits is nearer than the worst of the {ef} kept: the walk ends. It found {right} of the "
            f"{K} nearest with {move.compared} comparisons; comparing with all takes {len(library.vectors)}."
        )
    if move.layer:
        return (
            f"Layer {move.layer} has {len(graph.links[move.layer])} chunks and long links. From one on {title} they "
            f"lead to {len(graph.links[move.layer][move.at])} others, {move.new} of them new; on to the nearest, or a "
            "layer down where none is nearer."
        )
    return (
        f"The lowest layer has all {len(library.vectors)} chunks. One on {title} is looked at: {move.new} of its "
        f"neighbours are new. The best {ef} are kept; next comes the nearest that was not looked at."
    )


def _title(library: Library, chunk: int) -> str:
    return library.entry(library.chunks[chunk].document).title


def _lines(links: dict[int, list[int]], placed: np.ndarray) -> np.ndarray:
    """(e, 2, 2): each link once."""
    pairs = sorted({(min(i, j), max(i, j)) for i, others in links.items() for j in others})
    return np.asarray(placed[np.array(pairs, int).reshape(-1, 2)])


def _arrows(steps: Sequence[tuple[int, int]], placed: np.ndarray) -> np.ndarray:
    """(s, 4): where each step begins, and how far it goes."""
    begins, ends = placed[np.array(steps, int).reshape(-1, 2).T]
    return np.concatenate([begins, ends - begins], 1)


def _listed(library: Library, found: Sequence[tuple[float, int]]) -> tuple[Tok, ...]:
    return tuple(
        Tok(f"{_title(library, i)}: {_start(library, i)}", max(0.0, near), id=i, value=round(near, 3))
        for near, i in found[:K]
    )


def _start(library: Library, chunk: int, longest: int = 60) -> str:
    """How its text begins, without the signs of a heading."""
    text = " ".join(word for word in library.chunks[chunk].text.split() if word.strip("#"))
    return text if len(text) <= longest else text[:longest].rsplit(" ", 1)[0] + " ..."
