#!/usr/bin/python3
"""Nearest neighbours beside scikit-learn's, as lines of a Markdown table: knn.py --ensemble PATH

Tables are made here: rows of blobs, standardised. Timed are a fit and the predictions of rows that were not seen, in one process each
on both cores (`ensemble predict` less the time that it takes with `dummy`, which reads the same table)."""
import argparse
import os
import subprocess
import tempfile
import time

import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

SETS = [(100_000, 20_000, 5), (100_000, 20_000, 10), (50_000, 5_000, 30), (20_000, 5_000, 200)]


def table(n, p, rng):
    centre = np.random.default_rng(1).normal(size=(12, p)) * 1.5
    c = rng.integers(0, 12, n)
    return centre[c] + rng.normal(size=(n, p)), c % 3


def write(path, x, y):
    np.savetxt(path, np.column_stack([x, y]), delimiter=",", fmt="%.7g", comments="",
               header=",".join(["f%d" % j for j in range(x.shape[1])] + ["y"]))


def run(*command):
    start = time.perf_counter()
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - start, out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ensemble", required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--set", type=int, help="this one alone")
    o = parser.parse_args()
    print("| rows | predicted | columns | ours, s | scikit-learn, s | times | same classes |\n|--:|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as d:
        for n, m, p in SETS if o.set is None else SETS[o.set:o.set + 1]:
            path = [os.path.join(d, f) for f in ("train.csv", "test.csv", "knn.ens", "dummy.ens")]
            rng = np.random.default_rng(0)
            write(path[0], *table(n, p, rng))
            write(path[1], *table(m, p, rng))
            a, b = (np.loadtxt(f, delimiter=",", skiprows=1) for f in path[:2])
            ours, theirs = [], []
            for model, recipe in ((path[2], "knn"), (path[3], "dummy")):
                run(o.ensemble, "train", path[0], "--target", "y", "--task", "classification", "--learner", recipe, "-o", model)
            for _ in range(o.runs):
                seconds, out = run(o.ensemble, "predict", path[2], path[1])
                ours.append(seconds - run(o.ensemble, "predict", path[3], path[1])[0])
                scale = StandardScaler().fit(a[:, :-1])
                start = time.perf_counter()
                k = KNeighborsClassifier(n_jobs=-1).fit(scale.transform(a[:, :-1]), a[:, -1])
                label = k.predict(scale.transform(b[:, :-1]))
                theirs.append(time.perf_counter() - start)
            got = np.array([float(line.split(",")[0]) for line in out.split()[1:]])
            print("| %d | %d | %d | %.3f | %.3f | %.1f | %.4f |" % (n, m, p, min(ours), min(theirs), min(theirs) / min(ours),
                                                                   np.mean(got == label)), flush=True)


main()
