"""Follows a thing with Stone Soup's Schmidt-Kalman filter.

Standard input: [{"leans": the start is a plot of the sensor, "start": [x, y], "j": [[3], [3]]
(how the plot's place moves with the bias), "b": [[3]] (covariance of the bias), "steps":
[{"z": [2], "r": [[2]]}, ..]}, ..]; steps are 2 s apart.
Standard output, in the same order: {"x": (x, y, vx, vy, bias), "p"}.
"""
import datetime
import json
import sys

import numpy as np
from stonesoup.models.measurement.linear import LinearGaussian
from stonesoup.types.detection import Detection
from stonesoup.types.hypothesis import SingleHypothesis
from stonesoup.types.prediction import GaussianStatePrediction
from stonesoup.updater.kalman import SchmidtKalmanUpdater

NOW = datetime.datetime(2020, 1, 1)
DT, Q = 2.0, 0.1


class Plot(LinearGaussian):
    """A place that a bias moves."""

    slopes = None

    def matrix(self, **kwargs):
        return np.hstack([np.eye(2), np.zeros((2, 2)), self.slopes])


def main():
    move = np.eye(7)
    move[0, 2] = move[1, 3] = DT
    noise = np.zeros((7, 7))
    for k in range(2):
        noise[k, k] = Q * DT**3 / 3
        noise[k, k + 2] = noise[k + 2, k] = Q * DT**2 / 2
        noise[k + 2, k + 2] = Q * DT
    consider = np.array([False] * 4 + [True] * 3)
    answers = []
    for case in json.load(sys.stdin):
        j, b = np.array(case["j"], float), np.array(case["b"], float)
        x = np.zeros((7, 1))
        x[:2, 0] = case["start"]
        p = np.zeros((7, 7))
        p[:2, :2] = 25.0**2 * np.eye(2)
        p[2:4, 2:4] = 64 * np.eye(2)
        p[4:, 4:] = b
        if case["leans"]:  # the place is wrong by the bias: truth less estimate is - j bias
            p[:2, :2] += j @ b @ j.T
            p[:2, 4:] = -j @ b
            p[4:, :2] = p[:2, 4:].T
        for step in case["steps"]:
            x, p = move @ x, move @ p @ move.T + noise
            model = Plot(ndim_state=7, mapping=(0, 1), noise_covar=np.array(step["r"], float))
            model.slopes = j
            prior = GaussianStatePrediction(x, p, timestamp=NOW)
            seen = Detection(np.array(step["z"], float)[:, None], timestamp=NOW, measurement_model=model)
            post = SchmidtKalmanUpdater(model, consider=consider).update(SingleHypothesis(prior, seen))
            x, p = np.array(post.mean, float), np.array(post.covar, float)
        answers.append({"x": x.ravel().tolist(), "p": p.tolist()})
    json.dump(answers, sys.stdout)


main()
