"""Updates states by measurements with Stone Soup's filters.

Standard input: [{"x": [4], "p": [[4]], "sensor": [x, y], "range", "range_sd" (0: a
bearing only), "bearing", "bearing_sd" (rad, from north)}, ..], states (x, y, vx, vy).
Standard output, in the same order: {"unscented": {"x", "p"}, "iterated": .., "particles":
.., "likelihood"}, the likelihood per rad, and per m of range.
"""
import datetime
import json
import sys

import numpy as np
from stonesoup.models.measurement.nonlinear import Cartesian2DToBearing, CartesianToBearingRange
from stonesoup.types.angle import Bearing
from stonesoup.types.array import StateVector, StateVectors
from stonesoup.types.detection import Detection
from stonesoup.types.hypothesis import SingleHypothesis
from stonesoup.types.prediction import GaussianStatePrediction
from stonesoup.types.state import State
from stonesoup.updater.kalman import IteratedKalmanUpdater, UnscentedKalmanUpdater

NOW = datetime.datetime(2020, 1, 1)
PARTICLES = 200_000


def flat(x, p):
    return {"x": np.asarray(x, float).ravel().tolist(), "p": np.asarray(p, float).tolist()}


def main():
    random = np.random.default_rng(1)
    answers = []
    for case in json.load(sys.stdin):
        offset = np.array(case["sensor"], float)[:, None]
        angle = np.pi / 2 - case["bearing"]
        if case["range_sd"] > 0:
            model = CartesianToBearingRange(
                4, (0, 1), np.diag([case["bearing_sd"] ** 2, case["range_sd"] ** 2]), translation_offset=offset)
            seen = [angle, case["range"]]
        else:
            model = Cartesian2DToBearing(4, (0, 1), np.diag([case["bearing_sd"] ** 2]), translation_offset=offset)
            seen = [angle]
        z = StateVector([[Bearing(seen[0])]] + [[v] for v in seen[1:]])
        detection = Detection(z, timestamp=NOW, measurement_model=model)
        prior = GaussianStatePrediction(np.array(case["x"])[:, None], np.array(case["p"]), timestamp=NOW)
        answer = {}
        for name, updater in (("unscented", UnscentedKalmanUpdater(model)), ("iterated", IteratedKalmanUpdater(model))):
            post = updater.update(SingleHypothesis(prior, detection))
            answer[name] = flat(post.mean, post.covar)
        cloud = random.multivariate_normal(np.array(case["x"]), np.array(case["p"]), PARTICLES).T
        weights = np.asarray(model.pdf(detection, State(StateVectors(cloud))), float).ravel()
        mean = np.average(cloud, axis=1, weights=weights)
        answer["particles"] = flat(mean, np.cov(cloud, aweights=weights, ddof=0))
        answer["likelihood"] = float(weights.mean())
        answer["effective"] = float(weights.sum() ** 2 / (weights**2).sum())
        answers.append(answer)
    json.dump(answers, sys.stdout)


main()
