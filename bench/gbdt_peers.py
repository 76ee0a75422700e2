#!/usr/bin/python3
"""One fit of scikit-learn's HistGradientBoosting or of XGBoost for gbdt.py: prints its seconds, memory and scores as JSON.

    gbdt_peers.py skl|xgb classes|regression TRAIN TEST ROUNDS THREADS

Trees of 63 leaves, learning rate 0.1, 255 bins, at least 20 rows a leaf. Tables are as those of forest_peers.py; categories are
native: XGBoost's all of them, scikit-learn's those of at most 255 levels, which is its limit.
"""
import json
import sys
import time

from forest_peers import forget_peak, scores, status_mb, tables


def categories(train):
    """Which columns are text, and how many levels each has."""
    import pandas as pd
    a = pd.read_csv(train).drop(columns="y")
    return [0 if a[c].dtype != object else a[c].nunique() for c in a.columns]


def skl(regression, levels, x, y, rounds):
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    import numpy as np
    native = np.array([0 < n <= 255 for n in levels])
    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    m = kind(max_iter=rounds, max_leaf_nodes=63, learning_rate=0.1, min_samples_leaf=20, max_bins=255,
             early_stopping=False, random_state=1, categorical_features=native if native.any() else None)
    x = x.copy()
    x[:, native] = np.where(x[:, native] < 0, np.nan, x[:, native])
    m.fit(x, y)
    return m.predict if regression else m.predict_proba


def xgb(regression, levels, x, y, rounds, threads):
    import numpy as np
    import xgboost
    classes = 0 if regression else int(y.max()) + 1
    parameters = {"objective": "reg:squarederror" if regression else "binary:logistic" if classes == 2 else
                  "multi:softprob", "tree_method": "hist", "eta": 0.1, "grow_policy": "lossguide", "max_leaves": 63,
                  "max_depth": 0, "max_bin": 255, "nthread": threads, "seed": 1}
    if classes > 2:
        parameters["num_class"] = classes
    types = ["c" if n else "q" for n in levels]

    def matrix(x, y=None):
        x = np.where((x < 0) & (np.array(levels) > 0), np.nan, x)
        return xgboost.DMatrix(x, y, nthread=threads, feature_types=types, enable_categorical=True)
    m = xgboost.train(parameters, matrix(x, y), rounds)

    def predict(xt):
        p = m.predict(matrix(xt))
        return np.stack([1 - p, p], axis=1) if classes == 2 else p
    return predict


def main():
    program, task, train, test, rounds, threads = sys.argv[1:7]
    regression, rounds, threads = task == "regression", int(rounds), int(threads)
    __import__({"skl": "sklearn.ensemble", "xgb": "xgboost"}[program])
    x, y, xt, yt = tables(train, test, regression)
    levels = categories(train)
    forget_peak()
    loaded, start = status_mb("VmRSS"), time.perf_counter()
    predict = skl(regression, levels, x, y, rounds) if program == "skl" else \
        xgb(regression, levels, x, y, rounds, threads)
    said = {"rows": len(x), "features": x.shape[1], "fit_s": time.perf_counter() - start, "loaded_mb": loaded,
            "fit_mb": status_mb("VmHWM") - loaded}
    start = time.perf_counter()
    p = predict(xt)
    said.update(predict_s=time.perf_counter() - start, test_rows=len(xt), **scores(regression, yt, p))
    print(json.dumps(said))


if __name__ == "__main__":
    main()
