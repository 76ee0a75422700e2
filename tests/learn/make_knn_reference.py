#!/usr/bin/env python3
"""make_knn_reference.py - predictions of nearest neighbours: make_knn_reference.py > knn_reference.inc (scikit-learn)."""
import numpy as np
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(7)
N, M = 40, 12
x = np.round(rng.normal(size=(N + M, 3)) * [1, 20, 0.3], 3)
y = np.round(x[:, 0] * 2 + x[:, 1] / 10 + rng.normal(size=N + M), 3)
label = (y[:N] > 1).astype(int) + (y[:N] > -1)
scale = StandardScaler().fit(x[:N])
a, b = scale.transform(x[:N]), scale.transform(x[N:])
b[0] = a[3]  # a row of training
x[N] = x[3]
CASES = [("knn", {}), ("knn(n_neighbors=7, weights=distance)", dict(n_neighbors=7, weights="distance")),
         ("knn(n_neighbors=3, p=1, algorithm=kd_tree)", dict(n_neighbors=3, p=1)),
         ("knn(n_neighbors=9, p=3.5, weights=distance)", dict(n_neighbors=9, p=3.5, weights="distance"))]


def put(kind, name, a):
    print("static const double %s[%s] = {" % (name, kind))
    for row in np.atleast_2d(a):
        print("    {" + ", ".join(repr(float(v)) for v in row) + "},")
    print("};")


print("/* Made by tests/learn/make_knn_reference.py. */")
put("%d][3" % (N + M), "knn_x", x)
put("1][%d" % N, "knn_y", y[:N])
put("1][%d" % N, "knn_label", label)
print("static const char *const knn_recipe[%d] = {%s};" % (len(CASES), ", ".join('"%s"' % c[0] for c in CASES)))
print("static const double knn_mean[%d][%d] = {" % (len(CASES), M))
for _, options in CASES:
    print("    {" + ", ".join(repr(float(v)) for v in KNeighborsRegressor(**options).fit(a, y[:N]).predict(b)) + "},")
print("};\nstatic const double knn_proba[%d][%d] = {" % (len(CASES), 3 * M))
for _, options in CASES:
    p = KNeighborsClassifier(**options).fit(a, label).predict_proba(b)
    print("    {" + ", ".join(repr(float(v)) for v in p.ravel()) + "},")
print("};")
