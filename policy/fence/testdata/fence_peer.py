"""A fence of its own, written from docs/fence.md on geographiclib.

Reads a JSON object a line with Bounds, Input and Verdict (texts), makes the
verdict again, and prints "same" or what differs.
"""
import hashlib, json, math, sys
from datetime import datetime, timezone
from functools import lru_cache
from geographiclib.geodesic import Geodesic

EARTH = Geodesic.WGS84
CAP = 100e3
SLACK = 0.1
TOLERANCE = 0.5 # metres


class Text:
    def __init__(self, text):
        self.lines = [line.partition(" ")[::2] for line in text.splitlines()]
        self.at = 0

    def take(self, key):
        k, v = self.lines[self.at]
        assert k == key, (k, key)
        self.at += 1
        return v

    def number(self, key): return float(self.take(key))

    def places(self, key, ring=False):
        v = self.take(key)
        ps = [] if v == "-" else [tuple(float(x) for x in w.split(",")) for w in v.split(" ")]
        return ps[:-1] if ring else ps


def bounds(text):
    t = Text(text)
    b = {"form": t.take("form")}
    for k in ("standoff_m", "sigma", "max_age_s", "max_clock_s"):
        b[k] = t.number(k)

    def zone(key):
        z = {"name": t.take(key) + "@" + t.take("version"), "accuracy": t.number("accuracy_m"), "kind": key}
        z["rings"] = [t.places("ring", True) for _ in range(int(t.take("rings")))]
        return z
    b["area"] = zone("area")
    b["no-look"] = [zone("no-look") for _ in range(int(t.take("no-looks")))]
    b["borders"] = []
    for _ in range(int(t.take("borders"))):
        n = {"name": t.take("border"), "version": t.take("version"), "accuracy": t.number("accuracy_m"), "kind": "border"}
        n["demonstration"] = t.take("demonstration") == "yes"
        n["lines"] = [t.places("line") for _ in range(int(t.take("lines")))]
        b["borders"].append(n)
    return b


def when(s): # seconds; nanoseconds kept
    day, frac = s[:-1].split(".")
    return datetime.strptime(day, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp(), int(frac)


def command(text):
    t = Text(text)
    c = {"form": t.take("form"), "bounds": t.take("bounds")}
    judged = when(t.take("judged"))
    c["known"] = t.take("pose") == "known"
    c["at"] = t.places("at")[0]
    time = when(t.take("time"))
    c["age"] = judged[0] - time[0] + (judged[1] - time[1]) / 1e9
    c["accuracy"], c["clock"] = t.number("accuracy_m"), t.number("clock_s")
    c["exercise"] = t.take("exercise") == "yes"
    c["speed"] = t.number("speed_mps")
    c["way"], c["loss"] = [], "none"
    if c["form"].startswith("atalaya.fence.command"):
        for k in ("braking_mps2", "radius_m", "latency_s", "wind_mps", "drift_s"):
            c[k] = t.number(k)
        c["way"] = t.places("way")
        c["loss"] = t.take("loss")
        c["home"] = t.places("home")[0]
        for k in ("hold_radius_m", "height_m", "descent_mps"):
            c[k] = t.number(k)
        c["stows"] = t.take("stows") == "yes"
    c["look"] = None
    if t.take("look") == "out":
        l = {k: t.number(k) for k in ("between_m", "holds_sigma", "error_m")}
        l["outlines"] = []
        for _ in range(int(t.take("outlines"))):
            assert t.take("picture") == "closed"
            l["outlines"].append(t.places("outline", True))
        c["look"] = l
    return c


@lru_cache(maxsize=None)
def flat(p, q):
    """q east and north of p, at its true distance and bearing (azimuthal equidistant)."""
    g = EARTH.Inverse(p[0], p[1], q[0], q[1], Geodesic.DISTANCE | Geodesic.AZIMUTH)
    a = math.radians(g["azi1"])
    return g["s12"] * math.sin(a), g["s12"] * math.cos(a)


def distance(p, q): return math.hypot(*flat(p, q))


@lru_cache(maxsize=None)
def cut(way, step=1000.0):
    out = [way[0]]
    for a, b in zip(way, way[1:]):
        line = EARTH.InverseLine(a[0], a[1], b[0], b[1])
        n = math.ceil(line.s13 / step)
        for k in range(1, n):
            g = line.Position(line.s13 * k / n)
            out.append((g["lat2"], g["lon2"]))
        out.append(b)
    return out


def foot(a, b):
    """Of the origin on the leg from a to b: distance and how far along."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    d2 = dx * dx + dy * dy
    t = min(1, max(0, -(a[0] * dx + a[1] * dy) / d2)) if d2 else 0
    return math.hypot(a[0] + t * dx, a[1] + t * dy), t


def coarse(p, q):
    """Metres, within some per cent: only to leave out what is far."""
    m = 111e3
    dlon = abs(p[1] - q[1]) % 360
    dlon = math.radians(min(dlon, 360 - dlon))
    a, b = math.radians(p[0]), math.radians(q[0])
    s = math.sin((a - b) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(dlon / 2) ** 2
    return 2 * 6371e3 * math.asin(min(1, math.sqrt(s)))


def nearest(p, way):
    """Distance, leg, how far along; of a way that is cut."""
    rough = [coarse(p, q) for q in way]
    least = min(rough) * 1.02 + 1100
    best = (math.inf, -1, 0)
    for i in range(len(way) - 1):
        if min(rough[i], rough[i + 1]) <= least:
            d, t = foot(flat(p, way[i]), flat(p, way[i + 1]))
            if d < best[0]:
                best = (d, i, t)
    return best


def inside(p, ring):
    """By the angle that the ring turns round p."""
    turn = 0.0
    way = cut(tuple(ring) + (ring[0],), 20e3)
    for a, b in zip(way, way[1:]):
        (ax, ay), (bx, by) = flat(p, a), flat(p, b)
        turn += math.atan2(ax * by - ay * bx, ax * bx + ay * by)
    return abs(turn) > math.pi


class Bound:
    def __init__(self, b):
        self.b = b
        ways = [r + [r[0]] for r in b["rings"]] if "rings" in b else b["lines"]
        self.plain = ways
        self.ways = [cut(tuple(w)) for w in ways]

    def signed(self, p):
        """Positive on the allowed side; None beyond the open end of a line."""
        found = [(nearest(p, w), w) for w in self.ways]
        (d, i, t), way = min(found, key=lambda f: f[0][0])
        if "rings" in self.b:
            within = inside(p, self.b["rings"][0]) and not any(inside(p, r) for r in self.b["rings"][1:])
            return d if within == (self.b["kind"] == "area") else -d
        closed = way[0] == way[-1]
        n = len(way) - 1
        corner = i if t == 0 else i + 1 if t == 1 else None
        if corner is None:
            a, b = flat(p, way[i]), flat(p, way[i + 1])
            left = a[0] * b[1] - a[1] * b[0] > 0
        else:
            if not closed and corner in (0, n):
                return None
            v = way[corner]
            before, after = way[corner - 1 if corner else n - 1], way[corner + 1 if corner < n else 1]
            (ax, ay), (bx, by) = flat(v, before), flat(v, after)
            left = ay * bx - ax * by < 0 # p is outside the turn: a right turn has it left
        return d if left else -d

    def clearance(self, region):
        at, closed = region
        way = cut(tuple(at) + ((at[0],) if closed else ()))
        least = CAP
        radius = max(distance(at[0], p) for p in at)
        for i, p in enumerate(way):
            d = self.signed(p)
            if d is None:
                return None
            if i == 0 and d - radius >= CAP:
                return CAP
            least = min(least, d)
        if least <= 0:
            return least
        # Does a finer look at the outline change sides?
        for p in cut(tuple(way), 100.0):
            d = self.signed(p)
            if d is not None and d <= 0:
                return 0.0
        for line in self.ways:
            for v in line[:-1] if line[0] == line[-1] else line:
                if coarse(at[0], v) > 1.02 * (least + radius) + 100:
                    continue
                if closed and inside(v, at):
                    return 0.0
                if len(way) == 1:
                    least = min(least, distance(v, way[0]))
                else:
                    least = min(least, nearest(v, way)[0])
        return min(least, CAP)


def hull(ps):
    origin = min(ps)
    # Any plane that keeps straight what is nearly straight does, within 1 m.
    pts = sorted((*flat(origin, p), p) for p in set(ps))
    if len(pts) <= 2:
        return [p[2] for p in pts]

    def half(points):
        out = []
        for p in points:
            while len(out) > 1 and (out[-1][0] - out[-2][0]) * (p[1] - out[-2][1]) - (out[-1][1] - out[-2][1]) * (p[0] - out[-2][0]) <= 0:
                out.pop()
            out.append(p)
        return out
    return [p[2] for p in half(pts)[:-1] + half(pts[::-1])[:-1]]


def judge(b, c, made):
    carried = 0.0
    if c["form"].startswith("atalaya.fence.report"):
        carried = c["speed"] * c["clock"]
    elif c["speed"] > 0:
        ground = c["speed"] + c["wind_mps"]
        carried = ground * (max(0, c["age"]) + c["clock"] + c["latency_s"])
        if c["braking_mps2"]:
            carried += ground ** 2 / (2 * c["braking_mps2"])
        else:
            carried += 2 * c["radius_m"] + c["wind_mps"] * math.pi * c["radius_m"] / c["speed"]
        carried += c["wind_mps"] * c["drift_s"]
        if c["loss"] == "hold":
            carried += 2 * c["hold_radius_m"]
        if c["loss"] == "land":
            carried += c["wind_mps"] * c["height_m"] / c["descent_mps"]
    grow = b["sigma"] * c["accuracy"] + carried

    way = [c["at"]]
    for p in c["way"]:
        if p != way[-1]:
            way.append(p)
    home = c.get("home") if c["loss"] == "return" and c["speed"] > 0 else None
    if home and len(way) == 1 and home != way[0]:
        way.append(home)
    regions = []
    if len(way) == 1:
        regions.append(("flight", ([way[0]], False), grow))
    for p, q in zip(way, way[1:]):
        at = [p, q] + ([home] if home and home not in (p, q) else [])
        regions.append(("flight", (at, len(at) > 2), grow))
    if c["look"]:
        l = c["look"]
        grow = b["sigma"] * l["error_m"] + l["between_m"] + carried
        o = l["outlines"]
        for ps in ([o[0]] if len(o) == 1 else [x + y for x, y in zip(o, o[1:])]):
            h = hull(ps)
            bend = max(map(lambda p: sum(map(abs, flat(min(ps), p))), ps)) ** 3 / (4 * 6335e3 ** 2)
            regions.append(("look", (h, len(h) > 2), grow + bend))

    reasons, classes, left = set(), {}, {}
    for z in [b["area"]] + b["no-look"] + b["borders"]:
        bound = made.setdefault(z["name"], Bound(z))
        needed = b["sigma"] * z["accuracy"] + (b["standoff_m"] if z["kind"] == "border" else 0)
        least, known = {}, True
        for of, region, grow in regions:
            d = bound.clearance(region)
            if d is None:
                known = False
                continue
            m = (d - grow - needed - SLACK, d)
            least[of] = min(least.get(of, (math.inf,)), m)
        if z["kind"] == "border":
            classes[z["name"]] = least[regions[-1][0]][1] if known else None
        if z["kind"] == "no-look" and not c["look"]:
            continue
        if not known:
            reasons.add("border-ends")
            continue
        for of, m in least.items():
            left[of, z["kind"], z["name"]] = m[0]
            if m[0] < 0:
                reasons.add({"area": "outside-area", "no-look": "inside-no-look", "border": "inside-stand-off"}[z["kind"]])
    return reasons, left, classes


def classof(m):
    for top, name in ((0, "inside"), (2e3, "<2"), (10e3, "2-10"), (50e3, "10-50")):
        if m <= 0 and name == "inside" or 0 < m < top:
            return name
    return ">50"


def compare(q, made):
    b, c = bounds(q["Bounds"]), command(q["Input"])
    v = [line.split(" ") for line in q["Verdict"].splitlines()]
    if c["bounds"] != hashlib.sha256(q["Bounds"].encode()).hexdigest():
        return "the bounds' hash is another"
    if v[3] != ["input", hashlib.sha256(q["Input"].encode()).hexdigest()]:
        return "the input's hash is another"
    said = set(v[5][1:]) - {"-"}
    reasons, left, classes = judge(b, c, made.setdefault(c["bounds"], {}))
    doubt = any(abs(m) <= TOLERANCE for m in left.values())
    if said != reasons and not doubt:
        return f"reasons {said}, by geographiclib {reasons}"
    for line in v:
        if line[0] == "margin":
            mine = left[line[1], line[2], line[3]]
            theirs = float(line[11])
            if float(line[5]) <= 0: # beyond: how deep, each says by other places
                if mine > TOLERANCE:
                    return f"{line}, by geographiclib {mine}"
            elif abs(mine - theirs) > TOLERANCE + 1e-5 * float(line[5]):
                return f"{line}, by geographiclib {mine}"
        if line[0] == "class":
            m = classes[line[1]]
            if m is None:
                if line[2] != "inside":
                    return f"{line} beyond the end of its line"
            elif line[2] not in {classof(m - TOLERANCE - 1), classof(m + TOLERANCE + 1)}:
                return f"{line}, by geographiclib {m}"
    if (v[4][1] == "pass") != (not said):
        return "it passes with reasons, or is refused without"
    return "same"


made = {}
for question in sys.stdin:
    print(compare(json.loads(question), made), flush=True)
