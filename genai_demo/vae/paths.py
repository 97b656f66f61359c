"""Paths between two codes: straight, spherical, through the data. All return (n, k) with exact ends."""

from __future__ import annotations

import heapq

import numpy as np

PARALLEL = 1e-4  # radians; closer directions than this are joined straight


def straight(a: np.ndarray, b: np.ndarray, n: int) -> np.ndarray:
    """(k,), (k,) -> (n, k), evenly spaced."""
    t = np.linspace(0, 1, n)[:, None]
    return _ends(a + t * (b - a), a, b)


def spherical(a: np.ndarray, b: np.ndarray, n: int) -> np.ndarray:
    """Turns evenly from the direction of a to that of b while the length goes evenly from |a| to |b|.

    After Shoemake 1985 (slerp) and White 2016: most of a Gaussian's mass lies in a shell, which a straight line
    cuts through. Where a and b have the same length, so has every point between.
    """
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if min(lengths) == 0:
        return straight(a, b, n)
    u, v = a / lengths[0], b / lengths[1]
    angle = np.arccos(np.clip(u @ v, -1, 1))
    if angle < PARALLEL:
        return straight(a, b, n)
    if np.pi - angle < PARALLEL:  # opposite: any way round will do, this one is always the same
        side = np.eye(len(u))[np.argmin(np.abs(u))]
    else:
        side = v
    side = side - (side @ u) * u  # u and side span the plane in which it turns
    side = side / np.linalg.norm(side)
    t = np.linspace(0, 1, n)[:, None]
    turned = np.cos(t * angle) * u + np.sin(t * angle) * side
    return _ends(((1 - t) * lengths[0] + t * lengths[1]) * turned, a, b)


def through_data(a: np.ndarray, b: np.ndarray, known: np.ndarray, n: int, neighbours: int) -> np.ndarray:
    """The shortest way from a to b over known codes (m, k), hopping among nearest neighbours, resampled evenly.

    A hop costs its squared length, so that many short hops among data beat one long one across a gap
    (as Isomap does, Tenenbaum et al. 2000, with the cost that favours dense regions).
    """
    nodes = np.vstack([a, b, known]).astype(np.float64)
    route = _shortest(_links(nodes, neighbours), 0, 1)
    corners = nodes[route]
    lengths = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    corners, lengths = corners[np.r_[True, lengths > 0]], lengths[lengths > 0]
    if len(corners) < 2:
        return straight(a, b, n)
    walked = np.r_[0, lengths.cumsum()]
    at = np.linspace(0, walked[-1], n)
    return _ends(np.stack([np.interp(at, walked, column) for column in corners.T], 1), a, b)


def _ends(path: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    path = path.astype(np.float32)
    path[0], path[-1] = a, b
    return path


def _links(nodes: np.ndarray, neighbours: int) -> list[list[tuple[float, int]]]:
    """For each node its links (cost, other), in both directions; cost is the squared distance.

    Where the nearest neighbours leave islands, each node is also linked, dearly, along a minimum spanning walk.
    """
    square = (nodes**2).sum(1)
    cost = np.maximum(square[:, None] + square[None] - 2 * nodes @ nodes.T, 0)
    np.fill_diagonal(cost, np.inf)
    links: list[list[tuple[float, int]]] = [[] for _ in nodes]
    nearest = np.argpartition(cost, min(neighbours, len(nodes) - 1) - 1, axis=1)[:, :neighbours]
    pairs = {(min(i, int(j)), max(i, int(j))) for i, row in enumerate(nearest) for j in row if i != int(j)}
    for i, j in sorted(pairs | _spanning(cost)):
        links[i].append((float(cost[i, j]), j))
        links[j].append((float(cost[i, j]), i))
    return links


def _spanning(cost: np.ndarray) -> set[tuple[int, int]]:
    """Edges of a minimum spanning tree (Prim 1957), which connects everything with the shortest hops there are."""
    m = len(cost)
    best, parent = cost[0].copy(), np.zeros(m, int)
    inside = np.zeros(m, bool)
    inside[0] = True
    edges = set()
    for _ in range(m - 1):
        j = int(np.where(inside, np.inf, best).argmin())
        if inside[j]:  # all that is left coincides with something inside
            j = int(np.flatnonzero(~inside)[0])
        edges.add((min(j, int(parent[j])), max(j, int(parent[j]))))
        inside[j] = True
        closer = cost[j] < best
        best[closer], parent[closer] = cost[j][closer], j
    return edges


def _shortest(links: list[list[tuple[float, int]]], start: int, end: int) -> list[int]:
    """Dijkstra 1959: the cheapest route from start to end."""
    best, before = {start: 0.0}, {start: start}
    queue = [(0.0, start)]
    while queue:
        spent, node = heapq.heappop(queue)
        if node == end:
            break
        if spent > best[node]:
            continue
        for cost, other in links[node]:
            if spent + cost < best.get(other, np.inf):
                best[other], before[other] = spent + cost, node
                heapq.heappush(queue, (spent + cost, other))
    route = [end]
    while route[-1] != start:
        route.append(before[route[-1]])
    return route[::-1]
