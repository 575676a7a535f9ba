"""Maximal covering by SciPy's HiGHS: the optimum and the optimum of the linear
relaxation, of problems on standard input, one JSON object a line."""
import json
import sys

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, hstack

for line in sys.stdin:
    p = json.loads(line)
    n, costs = p["candidates"], np.array(p["costs"])
    # cells: weight, need, sites that see it; alike ones are put together
    groups = {}
    for weight, need, sites in p["cells"]:
        key = (need, tuple(sites))
        groups[key] = groups.get(key, 0.0) + weight
    keys = list(groups)
    m = len(keys)
    rows, cols = [], []
    for i, (_, sites) in enumerate(keys):
        rows += [i] * len(sites)
        cols += sites
    seen = coo_array((np.ones(len(rows)), (rows, cols)), shape=(m, n))
    need = coo_array((-np.array([k[0] for k in keys], float), (range(m), range(m))), shape=(m, m))
    constraints = [LinearConstraint(hstack([seen, need]).tocsr(), lb=0)]
    if p["k"]:
        constraints.append(LinearConstraint(np.concatenate([np.ones(n), np.zeros(m)])[None, :], ub=p["k"]))
    if p["budget"]:
        constraints.append(LinearConstraint(np.concatenate([costs, np.zeros(m)])[None, :], ub=p["budget"]))
    value = -np.concatenate([np.zeros(n), np.array([groups[k] for k in keys])])
    out = {}
    for name, whole in (("relaxed", 0), ("best", 1)):
        r = milp(value, constraints=constraints, bounds=Bounds(0, 1),
                 integrality=np.concatenate([np.full(n, whole), np.zeros(m) if p["fold"] == 1 else np.full(m, whole)]),
                 options={"mip_rel_gap": 1e-7, "time_limit": 60})
        if not r.success:
            sys.exit(f"HiGHS: {r.message}")
        out[name] = p["before"] - r.fun
    print(json.dumps(out), flush=True)
