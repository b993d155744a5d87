"""Fixed points and Jacobians of a rank-2 network from its NPZ file alone, held against what `kappa analyze --json` says.

Usage: fixed_points.py NET.npz ANALYSIS.json

Newton's iteration starts from a grid over the box that holds all fixed points; Runge-Kutta trajectories from a coarser
grid say which states are stable. Nothing of kappa is used.
"""
import json
import sys

try:
    import numpy as np
except ImportError:
    sys.exit(77)

SAME = 1e-4  # weights are float32 in the file, and so are those of kappa: what differs is the search

file, analysis = sys.argv[1], json.load(open(sys.argv[2]))
with np.load(file) as network:
    m, n, w = (network[name].astype(float) for name in ("m", "n", "wi"))
neurons = len(m)


def force(kappa, current):
    return n.T @ np.tanh(m @ kappa + current) / neurons - kappa


def jacobian(kappa, current):
    slopes = 1 - np.tanh(m @ kappa + current) ** 2
    return (n * slopes[:, None]).T @ m / neurons - np.eye(2)


def fixed_points(current):
    box = np.abs(n).mean(0)
    found = []
    for x in np.linspace(-1, 1, 31):
        for y in np.linspace(-1, 1, 31):
            kappa = box * (x, y)
            for _ in range(60):
                step = np.linalg.solve(jacobian(kappa, current), force(kappa, current))
                size = np.linalg.norm(step)
                kappa = kappa - step / max(1, size / 0.3)
                if size < 1e-13:
                    break
            if np.linalg.norm(force(kappa, current)) < 1e-11 and all(np.linalg.norm(kappa - p) > SAME for p in found):
                found.append(kappa)
    return found


def attractors(current):
    """Ends of trajectories that come to rest."""
    box = np.abs(n).mean(0)
    ends = []
    for x in np.linspace(-0.9, 0.9, 5) + 0.013:  # off the lines of symmetry, where a trajectory ends at a saddle
        for y in np.linspace(-0.9, 0.9, 5) - 0.029:
            kappa, h = box * (x, y), 0.1
            for _ in range(1500):
                a = force(kappa, current)
                b = force(kappa + h / 2 * a, current)
                c = force(kappa + h / 2 * b, current)
                d = force(kappa + h * c, current)
                kappa = kappa + h / 6 * (a + 2 * b + 2 * c + d)
            if np.linalg.norm(force(kappa, current)) < 1e-6 and all(np.linalg.norm(kappa - p) > 1e-3 for p in ends):
                ends.append(kappa)
    return ends


for held in ["none"] + ["input %d" % s for s in range(len(w))]:
    current = np.zeros(neurons) if held == "none" else w[int(held.split()[1])]
    told = analysis["fixed_points"][held]
    found = fixed_points(current)
    assert len(found) == len(told), (held, len(found), len(told))
    for point in told:
        kappa = min(found, key=lambda p: np.linalg.norm(p - point["kappa"]))
        assert np.linalg.norm(kappa - point["kappa"]) < SAME, (held, kappa, point)
        # A pair of complex eigenvalues is sorted by its imaginary part, as kappa does.
        own = sorted(np.linalg.eigvals(jacobian(kappa, current)), key=lambda e: (-e.real, -e.imag))
        theirs = sorted((complex(*e) for e in point["eigenvalues"]), key=lambda e: (-e.real, -e.imag))
        assert np.allclose(own, theirs, atol=1e-3), (held, own, theirs)
        assert ("stable" in point["type"].split()) == all(e.real < 0 for e in own), (held, point)
    origin = np.array(analysis["effective_overlaps"][held]) - np.eye(2)
    assert np.allclose(jacobian(np.zeros(2), current), origin, atol=1e-5), (held, origin)
    stable = [p["kappa"] for p in told if p["type"].startswith("stable")]
    ends = attractors(current)
    assert len(ends) == len(stable), (held, ends, stable)
    assert all(min(np.linalg.norm(end - p) for p in stable) < 1e-3 for end in ends), (held, ends, stable)
    print(held, len(told), "fixed points,", len(stable), "stable")
