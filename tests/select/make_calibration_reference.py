#!/usr/bin/python3
"""Prints values for test_calibration.c: scikit-learn's maps, and SciPy's minima of the beta and temperature losses."""
import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_softmax
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

i = np.arange(40)
p = np.round((np.sin(i * 2.7) + 1) / 2 * 0.98 + 0.01, 2)
y = (p + 0.4 * np.sin(i * 1.3) > 0.5).astype(int)
w = 1.0 + i % 3
at = np.array([0.0, 0.05, 0.3, 0.5, 0.77, 1.0])
s = _SigmoidCalibration().fit(p, y, w)
print("sigmoid", *map(repr, s.predict(at)))
t = IsotonicRegression(out_of_bounds="clip", y_min=0, y_max=1).fit(p, y, w)
print("isotonic", *map(repr, t.predict(at)))


def beta(c, q):
    return c[0] * np.log(q) - c[1] * np.log(1 - q) + c[2]


def loss(c):
    z = beta(c, p)
    return np.sum(w * (np.logaddexp(0, z) - y * z))


c = minimize(loss, [1, 1, 0], method="L-BFGS-B", bounds=[(0, None), (0, None), (None, None)],
             options=dict(ftol=1e-16, gtol=1e-10, maxiter=10000)).x
print("beta", *map(repr, expit(beta(c, at[1:5]))), c)
q = np.column_stack([p, (1 - p) * 0.7, (1 - p) * 0.3])
l = np.where(y == 1, 0, 1 + i % 2)
r = minimize(lambda v: -np.sum(w * log_softmax(np.exp(v[0]) * np.log(q), axis=1)[i, l]), [0.0], method="Nelder-Mead",
             options=dict(xatol=1e-12, fatol=1e-14)).x
print("1 / T", repr(np.exp(r[0])))
