"""Judges cases with Stone Soup, and trajectory GOSPA with scipy's solvers.

Standard input: {"sets": [{"c", "p", "truth": [[x, y, vx, vy]..], "tracks": ..}],
"runs": [{"c", "p", "gamma", "times": [..], "truth": {id: {scan: state}}, "tracks": ..}]}.
Standard output: {"sets": [..], "runs": [..]} in the same order.
"""
import datetime
import json
import sys

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array
from stonesoup.measures import Euclidean
from stonesoup.metricgenerator.manager import MultiManager
from stonesoup.metricgenerator.ospametric import GOSPAMetric, OSPAMetric
from stonesoup.metricgenerator.tracktotruthmetrics import SIAPMetrics
from stonesoup.types.association import AssociationSet, TimeRangeAssociation
from stonesoup.types.groundtruth import GroundTruthPath, GroundTruthState
from stonesoup.types.state import State
from stonesoup.types.time import TimeRange
from stonesoup.types.track import Track

EPOCH = datetime.datetime(2020, 1, 1)
POSITION, VELOCITY = Euclidean((0, 1)), Euclidean((2, 3))


def at(seconds):
    return EPOCH + datetime.timedelta(seconds=seconds)


def sets(case):
    truth = [State(s, timestamp=EPOCH) for s in case["truth"]]
    tracks = [State(s, timestamp=EPOCH) for s in case["tracks"]]
    gospa, _ = GOSPAMetric(p=case["p"], c=case["c"], measure=POSITION).compute_gospa_metric(tracks, truth)
    ospa = OSPAMetric(p=case["p"], c=case["c"], measure=POSITION).compute_OSPA_distance(tracks, truth)
    return {**{k: float(v) for k, v in gospa.value.items()}, "ospa": float(ospa.value)}


def siap(case):
    truths = {i: GroundTruthPath([GroundTruthState(s, timestamp=at(case["times"][int(k)]))
                                  for k, s in sorted(p.items(), key=lambda e: int(e[0]))])
              for i, p in case["truth"].items()}
    tracks = {i: Track([State(s, timestamp=at(case["times"][int(k)]))
                        for k, s in sorted(p.items(), key=lambda e: int(e[0]))])
              for i, p in case["tracks"].items()}
    found = {}  # (truth, track) -> scans
    for i, path in case["tracks"].items():
        for k, s in path.items():
            near = [(np.hypot(s[0] - p[k][0], s[1] - p[k][1]), j) for j, p in case["truth"].items() if k in p]
            if near and min(near)[0] < case["c"]:
                found.setdefault((min(near)[1], i), []).append(int(k))
    associations, returned = set(), False
    for (j, i), scans in found.items():
        scans.sort()
        parts = np.split(scans, np.where(np.diff(scans) != 1)[0] + 1)
        returned = returned or len(parts) > 1
        for part in parts:
            if len(part) == 1:
                return None  # its intervals cannot be of no length
            associations.add(TimeRangeAssociation(
                {truths[j], tracks[i]}, TimeRange(at(case["times"][part[0]]), at(case["times"][part[-1]]))))
    generator = SIAPMetrics(position_measure=POSITION, velocity_measure=VELOCITY)
    manager = MultiManager([generator])
    manager.add_data({"groundtruth_paths": set(truths.values()), "tracks": set(tracks.values())})
    manager.association_set = AssociationSet(associations)
    found = {m.title: float(m.value) for m in generator.compute_metric(manager) if not isinstance(m.value, list)}
    if returned:
        del found["SIAP Longest Track Segment"]  # it adds up the segments of one track
    return found


def trajectory(case, whole):
    """Trajectory GOSPA to the power p: the paper's linear programme, and with
    whole numbers the assignment it relaxes."""
    xs, ys, scans = list(case["truth"].values()), list(case["tracks"].values()), len(case["times"])
    n, m, c, p = len(xs), len(ys), case["c"], case["p"]
    cell = (n + 1) * (m + 1)
    changes = (scans - 1) * n * m
    cost = np.zeros(scans * cell + changes)
    cost[scans * cell:] = case["gamma"] ** p / 2
    high = np.full(len(cost), np.inf)
    rows, cols, values, low, top = [], [], [], [], []

    def constrain(entries, least, most):
        for col, value in entries:
            rows.append(len(low)), cols.append(col), values.append(value)
        low.append(least), top.append(most)

    for k in range(scans):
        def w(i, j):
            return k * cell + i * (m + 1) + j
        for i in range(n + 1):
            for j in range(m + 1):
                x = xs[i].get(str(k)) if i < n else None
                y = ys[j].get(str(k)) if j < m else None
                if x and y:
                    cost[w(i, j)] = min(np.hypot(x[0] - y[0], x[1] - y[1]), c) ** p
                elif x or y:
                    cost[w(i, j)] = c ** p / 2
        high[w(n, m)] = 0
        for i in range(n):
            constrain([(w(i, j), 1) for j in range(m + 1)], 1, 1)
        for j in range(m):
            constrain([(w(i, j), 1) for i in range(n + 1)], 1, 1)
        if k == 0:
            continue
        for i in range(n):
            for j in range(m):
                h = scans * cell + ((k - 1) * n + i) * m + j
                constrain([(h, 1), (w(i, j), -1), (w(i, j) - cell, 1)], 0, np.inf)
                constrain([(h, 1), (w(i, j), 1), (w(i, j) - cell, -1)], 0, np.inf)
    matrix = coo_array((values, (rows, cols)), shape=(len(low), len(cost))).tocsr()
    kind = np.zeros(len(cost))
    kind[:scans * cell] = whole
    result = milp(cost, constraints=LinearConstraint(matrix, low, top), bounds=Bounds(0, high), integrality=kind,
                  options={"mip_rel_gap": 0})
    if not result.success:
        raise RuntimeError(result.message)
    return result.fun


def run(case):
    return {"siap": siap(case), "whole": trajectory(case, 1), "relaxed": trajectory(case, 0)}


cases = json.load(sys.stdin)
json.dump({"sets": [sets(s) for s in cases["sets"]], "runs": [run(r) for r in cases["runs"]]}, sys.stdout)
