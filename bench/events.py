"""A made-up two-class table of 28 numbers, hard enough that no forest gets near its Bayes rate.

Eight tracks of a momentum, an angle and a height are 24 of them, four sums over tracks the rest. Whether a row is
signal depends on sums and products of a few tracks, so single features say little and the trees get deep.
"""
import numpy as np
import pandas as pd


def make(n, seed):
    rng = np.random.default_rng([seed, n])
    momentum = rng.gamma(2.0, 1.0, (n, 8))
    angle = rng.uniform(-np.pi, np.pi, (n, 8))
    height = rng.normal(0.0, 1.5, (n, 8))
    east, north = (momentum * f(angle) for f in (np.cos, np.sin))
    balance = np.hypot(east.sum(axis=1), north.sum(axis=1))
    pull = momentum[:, 0] * momentum[:, 1] * (1 - np.cos(angle[:, 0] - angle[:, 1]))
    lean = (momentum * height).sum(axis=1) / momentum.sum(axis=1)
    odd = height[:, 2] * height[:, 3] - 0.4 * momentum[:, 4] * np.cos(2 * angle[:, 4])
    score = 0.9 * np.log1p(pull) - 0.35 * balance + 0.8 * np.abs(lean) + 0.4 * odd
    score += rng.logistic(0.0, 0.7, n)
    blurred = np.stack([balance, pull, lean, momentum.sum(axis=1)], axis=1) * rng.lognormal(0.0, 0.15, (n, 4))
    x = np.concatenate([momentum, angle, height, blurred], axis=1)
    table = pd.DataFrame(x, columns=[f"x{j}" for j in range(28)])
    table["y"] = np.where(score > -0.7, "signal", "noise")
    return table


def write(path, n, seed):
    make(n, seed).to_csv(path, index=False, float_format="%.6g")
