"""Stone Soup over a measurement file (docs/tracking-files.md).

    stonesoup_run.py gnn|jpda|lbp|mht MEASUREMENTS.jsonl KNOWLEDGE.toml RESULTS.jsonl

gnn   global nearest neighbour by two-dimensional assignment
jpda  joint probabilistic data association, exact (EHM2)
lbp   the same by loopy belief propagation
mht   multi-frame assignment (Stone Soup's multiple hypothesis tracker)

The last line on standard error is JSON: scans, detections, seconds, and scan_ms,
the processor time of each scan, reading and writing apart.

How it is tuned. All four have the priors of the knowledge file: motion, process
noise, and for each scan the detection probability and clutter of its sensor. The
rest follows from them by the same rules in every scenario:

- A track begins with detections of which each is the nearest to where the one
  before would be by now (MultiMeasurementInitiator), with a speed of zero and the
  speed_sd of the file; meanwhile it may miss half as long as a track. It takes 3
  detections, or as many more (MOST_POINTS at most) as keep tracks begun by clutter
  below FALSE_BEGINNINGS a scan: with 3 everywhere, GNN on S3 had 10.9 instead of
  5.1, and on S4 157.8 instead of 50.1.
- A track ends when it was not detected for so long that a living target would be
  lost so with a chance of LOST, or when its position is LOOSE times as uncertain
  (in variance) as the worst detection.
- Gates hold the share GATE of the detections, of beginnings BEGIN_GATE.

RMS GOSPA over runs 1 to 5 of S1 (c = 10, p = 2), where LOST, LOOSE and GATE were
chosen: gnn 3.91, jpda 5.17; with a gate of 0.99: 3.97 and 5.04; of 0.95: 3.84 and
5.06; with LOOSE 30: jpda 5.13. On runs 1 and 2 alone, with a gate of 0.999: LOST
1e-6 gnn 5.29 5.54, jpda 5.86 6.63, and 4 detections gnn 4.84 4.05, jpda 5.35 4.32.
Runs differ a little from time to time, because Stone Soup goes through sets.

What the peer is given beyond what a live tracker has: the scans in the order of
time, however late they came, for Stone Soup has no way back. Range and bearing
become a position with its covariance, because clutter is known per square metre.
Identities that detections claim are not used: Stone Soup has no model of them.
"""

import argparse
import datetime
import itertools
import json
import math
import statistics
import sys
import time
import tomllib

import numpy as np
from scipy.stats import chi2
from stonesoup.dataassociator import mfa
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.dataassociator.probability import JPDAwithEHM2, JPDAwithLBP
from stonesoup.deleter.error import CovarianceBasedDeleter
from stonesoup.deleter.multi import CompositeDeleter
from stonesoup.deleter.time import UpdateTimeDeleter
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.hypothesiser.mfa import MFAHypothesiser
from stonesoup.hypothesiser.probability import PDAHypothesiser
from stonesoup.initiator.simple import MultiMeasurementInitiator
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.linear import LinearGaussian
from stonesoup.models.measurement.nonlinear import Cartesian2DToBearing
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.tracker.simple import MultiTargetMixtureTracker, MultiTargetTracker
from stonesoup.types.angle import Bearing
from stonesoup.types.array import CovarianceMatrix, StateVector
from stonesoup.types.detection import Detection
from stonesoup.types.mixture import GaussianMixture
from stonesoup.types.numeric import Probability
from stonesoup.types.state import GaussianState, TaggedWeightedGaussianState
from stonesoup.types.track import Track
from stonesoup.types.update import GaussianMixtureUpdate
from stonesoup.updater.kalman import ExtendedKalmanUpdater

EPOCH = datetime.datetime(2020, 1, 1)
LOST = 1e-3
GATE = 0.9999
BEGIN_GATE = 0.99
FALSE_BEGINNINGS = 5e-3  # of clutter, a scan
MOST_POINTS = 6
LOOSE = 8

# Reports of cooperative sensors are rare and never wrong by chance.
REPORTS = 0.5
STRAY = 1e-9
WINDOW = 3  # scans of the multi-frame assignment


def read(path):
    """The scans in the order of time; of equal times in the order of the file."""
    with open(path) as lines:
        header = json.loads(next(lines))["header"]
        if header["frame"] != "planar":
            sys.exit("only planar files are read")
        return sorted(map(json.loads, lines), key=lambda s: s["time"])


def moment(seconds):
    return EPOCH + datetime.timedelta(microseconds=round(seconds * 1e6))


def detection(d, scan, sensor, models):
    """A detection of Stone Soup; its models are shared, they are slow to make."""
    place = scan.get("platform") or sensor.get("position") or [0, 0]
    if "pos" in d:
        key = tuple(itertools.chain(*d["cov"]))
        if key not in models:
            models[key] = LinearGaussian(4, (0, 2), CovarianceMatrix(d["cov"]))
        return Detection(StateVector(d["pos"][:2]), timestamp=moment(scan["time"]), measurement_model=models[key])
    east = math.radians(90 - d["bearing"])  # from the x axis, against the clock
    sd = math.radians(d["bearing_sd"])
    if "range" in d:
        r, c, s = d["range"], math.cos(east), math.sin(east)
        turn = np.array([[c, -s], [s, c]])
        cov = turn @ np.diag([d["range_sd"] ** 2, (r * sd) ** 2]) @ turn.T
        model = LinearGaussian(4, (0, 2), CovarianceMatrix(cov))
        return Detection(StateVector([place[0] + r * c, place[1] + r * s]), timestamp=moment(scan["time"]), measurement_model=model)
    key = (sd, *place)
    if key not in models:
        models[key] = Cartesian2DToBearing(
            4, (0, 2), CovarianceMatrix([[sd**2]]), translation_offset=StateVector(place)
        )
    return Detection(StateVector([Bearing(east)]), timestamp=moment(scan["time"]), measurement_model=models[key])


class Scans:
    """Hands the tracker one scan after the other, as its detector."""

    def __init__(self):
        self.now = None

    def __iter__(self):
        return self

    def __next__(self):
        return self.now


class Peer:
    def __init__(self, kind, knowledge, scans):
        prior = knowledge["prior"]
        self.sensors = knowledge["sensors"]
        motion = CombinedLinearGaussianTransitionModel([ConstantVelocity(prior["process_noise"])] * 2)
        predictor = KalmanPredictor(motion)
        self.updater = ExtendedKalmanUpdater(None)
        self.hypothesiser = PDAHypothesiser(predictor, self.updater, clutter_spatial_density=1.0, prob_gate=GATE)
        lost = silence(self.sensors, scans)
        points, loose = beginning(knowledge, scans)
        first = DistanceHypothesiser(predictor, self.updater, Mahalanobis(), missed_distance=math.sqrt(chi2.ppf(BEGIN_GATE, 2)))
        near = DistanceHypothesiser(predictor, self.updater, Mahalanobis(), missed_distance=math.sqrt(chi2.ppf(GATE, 2)))
        speed = prior["speed_sd"] ** 2
        self.initiator = MultiMeasurementInitiator(
            GaussianState([[0], [0], [0], [0]], np.diag([0, speed, 0, speed]), timestamp=EPOCH),
            UpdateTimeDeleter(datetime.timedelta(seconds=lost / 2)),
            GNNWith2DAssignment(first),
            self.updater,
            min_points=points,
            skip_non_reversible=True,
        )
        self.silence = datetime.timedelta(seconds=lost)
        self.deleter = CompositeDeleter(
            [UpdateTimeDeleter(self.silence), CovarianceBasedDeleter(loose, mapping=[0, 2])], intersect=False
        )
        self.detector = Scans()
        if kind == "mht":
            self.tracker = MultiFrame(self)
        elif kind == "gnn":
            self.tracker = self.tracked(MultiTargetTracker, GNNWith2DAssignment(near))
        else:
            associator = {"jpda": JPDAwithEHM2, "lbp": JPDAwithLBP}[kind]
            self.tracker = self.tracked(MultiTargetMixtureTracker, associator(self.hypothesiser))

    def tracked(self, tracker, associator):
        out = tracker(self.initiator, self.deleter, self.detector, associator, self.updater)
        iter(out)
        return out

    def scan(self, sensor, when, detections):
        known = self.sensors[sensor]
        density = known.get("clutter_per_m2", STRAY)
        if any(d.state_vector.shape[0] == 1 for d in detections):
            density = math.degrees(known.get("clutter_per_deg", STRAY))
        self.hypothesiser.clutter_spatial_density = density
        self.hypothesiser.prob_detect = Probability(known.get("detection_probability", REPORTS))
        self.detector.now = when, detections
        next(self.tracker)


def silence(sensors, scans):
    """How long a living target is not detected with a chance of LOST, seconds:
    the sensors miss one after the other, as often as they look."""
    begin, end = scans[0]["time"], scans[-1]["time"]
    rate = 0.0
    for s in scans:
        known = sensors[s["sensor"]]
        if known["kind"] == "surveillance" and any("bearing" not in d or "range" in d for d in s["detections"]):
            rate -= math.log(1 - known["detection_probability"])
    return -math.log(LOST) * (end - begin) / rate


def beginning(knowledge, scans):
    """How many detections begin a track, and how uncertain a track may become
    (m2, both axes together): from the clutter that falls into the gate of a new
    track one scan later, and the error of one detection."""
    speed = knowledge["prior"]["speed_sd"]
    points, error = 3, 0.0
    for name, known in knowledge["sensors"].items():
        mine = [s for s in scans if s["sensor"] == name and s["detections"]]
        if "clutter_per_m2" not in known or len(mine) < 2:
            continue
        wait = (mine[-1]["time"] - mine[0]["time"]) / (len(mine) - 1)
        d = mine[0]["detections"][0]
        if "pos" in d:
            a, b = d["cov"][0][0], d["cov"][1][1]
        else:
            middle = statistics.median(x["range"] for s in mine for x in s["detections"])
            a, b = d["range_sd"] ** 2, (middle * math.radians(d["bearing_sd"])) ** 2
        drift = (speed * wait) ** 2
        gate = math.pi * chi2.ppf(BEGIN_GATE, 2) * math.sqrt((2 * a + drift) * (2 * b + drift))
        chance = min(0.9, gate * known["clutter_per_m2"])
        each = statistics.mean(len(s["detections"]) for s in mine)
        points = max(points, 1 + math.ceil(math.log(FALSE_BEGINNINGS / each) / math.log(chance)))
        error = max(error, a + b)
    return min(points, MOST_POINTS), LOOSE * error or math.inf


class MultiFrame:
    """Multi-frame assignment: Stone Soup has the associator and no tracker."""

    def __init__(self, peer):
        self.peer = peer
        self.tracks = set()
        self.associator = mfa.MFADataAssociator(MFAHypothesiser(peer.hypothesiser), WINDOW)
        # The associator keeps the best assignment for itself; it passes here.
        self.chosen = {}
        prune = mfa.prune_hypotheses

        def listen(chosen, hypotheses):
            self.chosen = {h.trackID: h.measHistory for h in chosen if not h.isDummy}
            return prune(chosen, hypotheses)

        mfa.prune_hypotheses = listen

    def __next__(self):
        when, detections = self.peer.detector.now
        used = set()
        for n, (track, hypotheses) in enumerate(self.associator.associate(self.tracks, detections, when).items()):
            parts = [self.peer.updater.update(h) if h else h.prediction for h in hypotheses]
            track.append(GaussianMixtureUpdate(hypothesis=hypotheses, components=parts))
            for h, part in zip(hypotheses, parts):
                if h.prediction.tag == self.chosen[n]:
                    track.best = part
                    if h:
                        used.add(h.measurement)
                        track.seen = when
        self.tracks = {t for t in self.tracks if when - t.seen <= self.peer.silence}
        for begun in self.peer.initiator.initiate(set(detections) - used, when):
            state = begun.state
            first = TaggedWeightedGaussianState(
                state.state_vector, state.covar, timestamp=state.timestamp, weight=Probability(1), tag=[]
            )
            track = Track([GaussianMixture([first])], id=begun.id)
            track.seen, track.best = when, first
            self.tracks.add(track)
        return when, self.tracks


ORDER = [0, 2, 1, 3]  # x y vx vy of Stone Soup's x vx y vy


def line(seconds, name, state):
    mean = [float(state.state_vector[i, 0]) for i in ORDER]
    cov = np.asarray(state.covar, dtype=float)[np.ix_(ORDER, ORDER)]
    return {"time": seconds, "id": name, "pos": mean[:2], "vel": mean[2:], "cov": cov.tolist()}


def main():
    args = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    args.add_argument("tracker", choices=["gnn", "jpda", "lbp", "mht"])
    args.add_argument("measurements")
    args.add_argument("knowledge")
    args.add_argument("results")
    args = args.parse_args()
    scans = read(args.measurements)
    with open(args.knowledge, "rb") as f:
        knowledge = tomllib.load(f)
    peer = Peer(args.tracker, knowledge, scans)
    models, names, spent, count = {}, {}, [], 0
    with open(args.results, "w") as out:
        print(json.dumps({"header": {"frame": "planar", "tracker": "stonesoup-" + args.tracker}}), file=out)
        for seconds, same in itertools.groupby(scans, key=lambda s: s["time"]):
            for scan in same:
                found = {detection(d, scan, peer.sensors[scan["sensor"]], models) for d in scan["detections"]}
                count += len(found)
                began = time.process_time()
                peer.scan(scan["sensor"], moment(seconds), found)
                spent.append((time.process_time() - began) * 1e3)
            for track in peer.tracker.tracks:
                # Track names by birth, for Stone Soup's own are drawn at random.
                name = names.setdefault(track.id, f"T{len(names) + 1}")
                print(json.dumps(line(seconds, name, getattr(track, "best", track.state))), file=out)
    summary = {"scans": len(spent), "detections": count, "seconds": sum(spent) / 1e3, "scan_ms": [round(ms, 3) for ms in spent]}
    print(json.dumps(summary), file=sys.stderr)


main()
