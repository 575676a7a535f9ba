"""Intersects covariances with Stone Soup, with the share that is given; and finds the share
of least determinant with scipy.

Standard input: [{"x": [4], "p": [[4]], "ox": [4], "op": [[4]], "share"}, ..].
Standard output, in the same order: {"x", "p", "best"}.
"""
import datetime
import json
import sys

import numpy as np
from scipy.optimize import minimize_scalar
from stonesoup.mixturereducer.gaussianmixture import CovarianceIntersection
from stonesoup.types.state import GaussianState

NOW = datetime.datetime(2020, 1, 1)


def main():
    answers = []
    for case in json.load(sys.stdin):
        ours = GaussianState(np.array(case["x"])[:, None], np.array(case["p"]), timestamp=NOW)
        theirs = GaussianState(np.array(case["ox"])[:, None], np.array(case["op"]), timestamp=NOW)

        def merged(w, a=ours, b=theirs):
            return CovarianceIntersection.merge_components(a, b, weights=[w, 1 - w])

        one = merged(case["share"])
        best = minimize_scalar(
            lambda w: np.linalg.slogdet(np.array(merged(w).covar, float))[1], bounds=(0, 1), method="bounded",
            options={"xatol": 1e-7})
        answers.append({
            "x": np.asarray(one.mean, float).ravel().tolist(), "p": np.asarray(one.covar, float).tolist(),
            "best": float(best.x)})
    json.dump(answers, sys.stdout)


main()
