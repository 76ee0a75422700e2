#!/usr/bin/python3
"""make_reference.py - the figures of scikit-learn in test_permutation.c.

Run by hand, with scikit-learn 1.2:  python3 make_reference.py
"""
import numpy as np
from sklearn.inspection import permutation_importance
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

# The table of scikit_learn_has_the_same: no two splits are equally good, so all CART trees of depth 3 are the same.
n = 120
i = np.arange(n)
x = np.column_stack([i * 7 % 31, i * 11 % 29, i * 5 % 23, i * 3 % 19]).astype(float)
y = 3 * x[:, 0] + 2 * x[:, 1] * (x[:, 2] > 11)

for name, model, target, scoring in [
    ("r2", DecisionTreeRegressor(max_depth=3), y, "r2"),
    ("rmse", DecisionTreeRegressor(max_depth=3), y, "neg_root_mean_squared_error"),
    ("accuracy", DecisionTreeClassifier(max_depth=3), (y > 60).astype(int), "accuracy"),
    ("log_loss", DecisionTreeClassifier(max_depth=3), (y > 60).astype(int), "neg_log_loss"),
]:
    model.fit(x, target)
    r = permutation_importance(model, x, target, scoring=scoring, n_repeats=2000, random_state=0)
    print('    {"%s", {%s}, {%s}},' % (name, ", ".join("%.6g" % v for v in r.importances_mean),
                                       ", ".join("%.3g" % v for v in r.importances_std / np.sqrt(2000))))
