"""The least cost across random fields, by scipy's Dijkstra: standard input and
output are JSON. The graph is made here from what docs/terrain.md says of moves,
without looking at how Atalaya does it."""
import json, math, sys
import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

def speed(mover, s):
    if mover == "walker":
        return 0.6 * 6 / 3.6 * math.exp(-3.5 * abs(s + 0.05))
    if mover == "vehicle":
        return (20 - 50 * abs(s)) / 3.6
    return 5.0

def solve(p):
    w, h = p["width"], p["height"]
    east, north = p["east"], p["north"]
    z = np.array([math.nan if v is None else v for v in p["z"]]).reshape(h, w)
    rate = np.array(p["rate"]).reshape(h, w)
    free = np.array(p["free"]).reshape(h, w)
    moves = [(dc, dr) for dc in range(-2, 3) for dr in range(-2, 3)
             if (dc, dr) != (0, 0) and math.gcd(dc, dr) == 1 and (p["neighbours"] == 16 or max(abs(dc), abs(dr)) == 1)]
    assert len(moves) == p["neighbours"]
    rows, cols, costs = [], [], []
    inside = lambda c, r: 0 <= c < w and 0 <= r < h and free[r, c]

    def part(z0, z1, metres):
        s = (z1 - z0) / metres
        if math.isnan(s):
            s = 0
        return None if abs(s) > p["steepest"] else metres / speed(p["mover"], s)

    for r in range(h):
        for c in range(w):
            if not free[r, c]:
                continue
            for dc, dr in moves:
                if not inside(c + dc, r + dr):
                    continue
                length = math.hypot(dc * (east[r] + east[r + dr]) / 2, dr * (north[r] + north[r + dr]) / 2)
                a, b = (c, r), (c + dc, r + dr)
                if abs(dc) + abs(dr) == 3:
                    # Which cells does the middle of the first and of the second half lie in?
                    v = (c + (dc // 2 if abs(dc) == 2 else 0), r + (dr // 2 if abs(dr) == 2 else 0))
                    u = (a[0] + b[0] - v[0], a[1] + b[1] - v[1])
                    if not (inside(*v) and inside(*u)):
                        continue
                    mid = (z[v[1], v[0]] + z[u[1], u[0]]) / 2
                    t0, t1 = part(z[r, c], mid, length / 2), part(mid, z[b[1], b[0]], length / 2)
                    if t0 is None or t1 is None:
                        continue
                    e = t0 * (rate[r, c] + rate[v[1], v[0]]) / 2 + t1 * (rate[u[1], u[0]] + rate[b[1], b[0]]) / 2
                    t = t0 + t1
                else:
                    if dc and dr and not (inside(c + dc, r) or inside(c, r + dr)):
                        continue
                    t = part(z[r, c], z[b[1], b[0]], length)
                    if t is None:
                        continue
                    e = t * (rate[r, c] + rate[b[1], b[0]]) / 2
                rows.append(r * w + c)
                cols.append(b[1] * w + b[0])
                costs.append(e + p["haste"] / 3600 * t)
    graph = csr_matrix((costs, (rows, cols)), shape=(w * h, w * h))
    least = dijkstra(graph, indices=p["starts"], min_only=True)
    best = min((least[g] for g in p["goals"]), default=math.inf)
    return None if math.isinf(best) else best

json.dump([solve(p) for p in json.load(sys.stdin)], sys.stdout)
