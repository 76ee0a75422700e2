#!/usr/bin/python3
"""Writes the tables that forest.py is run on, made up, as NAME_train.csv and NAME_test.csv with the target y last.

    make_sets.py DIR [NAME ...]      all of them take 0.6 GB

    higgs_like_100k, higgs_like_1m   two classes, 28 numbers: see events.py
    covtype_like                     seven classes of unequal size, 10 whole numbers and 44 columns of 0 and 1
    airline_like                     two classes, 6 columns of text with 7 to 2000 levels, 2 numbers, 3 % missing
    friedman_reg                     a response of 5 of 20 numbers (Friedman 1991) with noise of deviation 1
    wide                             two classes, 5000 rows of 2000 numbers, 60 of which matter
"""
import os
import sys

import numpy as np
import pandas as pd

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import events                                                           # noqa: E402


def table(x, y, prefix="x"):
    t = pd.DataFrame(x, columns=[f"{prefix}{j}" for j in range(x.shape[1])])
    t["y"] = y
    return t


def drawn(rng, score):
    """0 or 1, 1 with the logistic probability of the score."""
    return (rng.logistic(size=len(score)) < score).astype(int)


def higgs_like(rng, n):
    t = events.make(n, int(rng.integers(2 ** 31)))
    t["y"] = (t["y"] == "signal").astype(int)
    return t


def covtype_like(rng, n):
    """Ten correlated measures, a region of 4 and a soil of 40 that go with the first; a random network names the
    class."""
    world = np.random.default_rng(1)
    height = rng.normal(size=n)
    measure = np.column_stack([height] + [0.5 * height + rng.normal(size=n) for _ in range(9)])
    region = np.digitize(height + rng.normal(0, 0.8, n), [-1.2, 0.0, 1.2])
    soil = np.clip(20 + 9 * height + rng.normal(0, 5, n), 0, 39).astype(int)
    seen = np.hstack([measure, world.normal(size=(4, 3))[region], world.normal(size=(40, 5))[soil]])
    first = world.normal(0, 1.2, (seen.shape[1], 40)) * (world.uniform(size=(seen.shape[1], 40)) < 0.2)
    hidden = np.cos(seen @ first + world.uniform(0, 2 * np.pi, 40))
    share = np.log([0.36, 0.49, 0.06, 0.005, 0.02, 0.03, 0.035])
    score = hidden @ world.normal(0, 0.5, (40, 7)) + 0.9 * share + rng.gumbel(0, 0.4, (n, 7))
    whole = np.round(measure * np.linspace(300, 1500, 10)).astype(int)
    flags = np.hstack([np.eye(4, dtype=int)[region], np.eye(40, dtype=int)[soil]])
    return table(np.hstack([whole, flags]), score.argmax(axis=1))


LEVELS = {"day": 7, "month": 12, "hour": 24, "from": 300, "to": 300, "flight": 2000}


def airline_like(rng, n):
    """Each level has an effect of its own, hours differ by month, and so do pairs of groups of places."""
    world = np.random.default_rng(2)
    code, score, t = {}, -1.2 + np.zeros(n), pd.DataFrame()
    for name, k in LEVELS.items():
        share = np.ones(k) if k < 100 else 1 / np.arange(1, k + 1) ** 0.8
        code[name] = rng.choice(k, n, p=share / share.sum())
        score += world.normal(0, 0.5 if k < 100 else 0.8, k)[code[name]]
        label = np.array([f"{name[0].upper()}{v:04d}" for v in world.permutation(k)], dtype=object)
        t[name] = label[code[name]]                             # the order of labels says nothing
    group = world.integers(0, 8, 300)
    score += world.normal(0, 0.5, (24, 12))[code["hour"], code["month"]]
    score += world.normal(0, 0.7, (8, 8))[group[code["from"]], group[code["to"]]]
    minute, miles = rng.uniform(0, 1440, n).round(), rng.lognormal(6.4, 0.7, n).round()
    score += 0.8 * np.sin(minute / 1440 * 2 * np.pi) + 0.4 * np.log(miles / 600 + 0.01)
    t["minute"], t["miles"] = minute, miles
    t = t.mask(rng.uniform(size=t.shape) < 0.03)
    t["y"] = drawn(rng, score)
    return t


def friedman_reg(rng, n):
    x = rng.uniform(size=(n, 20))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return table(x, y + rng.normal(size=n))


def wide(rng, n):
    """40 hidden factors make the columns alike; 40 columns act alone, 20 in pairs."""
    world = np.random.default_rng(3)
    load = world.normal(size=(40, 2000)) * (world.uniform(size=(40, 2000)) < 0.1)
    x = rng.normal(size=(n, 40)) @ load + rng.normal(size=(n, 2000))
    used = world.permutation(2000)[:60]
    score = x[:, used[:40]] @ world.normal(0, 0.25, 40)
    score += (np.tanh(x[:, used[40:50]]) * x[:, used[50:]]) @ world.normal(0, 0.6, 10)
    return table(x, drawn(rng, score))


#         maker, rows to train on, rows to test
SETS = {
    "higgs_like_100k": (higgs_like, 100_000, 200_000),
    "higgs_like_1m": (higgs_like, 1_000_000, 200_000),
    "covtype_like": (covtype_like, 200_000, 50_000),
    "airline_like": (airline_like, 500_000, 100_000),
    "friedman_reg": (friedman_reg, 500_000, 100_000),
    "wide": (wide, 5_000, 2_000),
}


def main():
    names = sys.argv[2:] or list(SETS)
    if len(sys.argv) < 2 or sys.argv[1].startswith("-") or set(names) - set(SETS):
        sys.exit(__doc__)
    os.makedirs(sys.argv[1], exist_ok=True)
    for name in names:
        maker, *rows = SETS[name]
        for seed, (part, n) in enumerate(zip(("train", "test"), rows)):
            path = os.path.join(sys.argv[1], f"{name}_{part}.csv")
            maker(np.random.default_rng([seed, n]), n).to_csv(path, index=False, float_format="%.6g")
            print(path, flush=True)


if __name__ == "__main__":
    main()
