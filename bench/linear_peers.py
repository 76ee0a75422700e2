#!/usr/bin/python3
"""One logistic regression of scikit-learn for linear.py, standardising included: prints seconds, memory and scores as JSON.

    linear_peers.py lbfgs|newton-cholesky|liblinear TRAIN TEST

StandardScaler and LogisticRegression with their defaults and that solver; liblinear is the library of Fan et al. (2008) that
scikit-learn carries. Tables are numbers in float64, in memory as the fit starts.
"""
import json
import sys
import time

from forest_peers import forget_peak, scores, status_mb


def table(path):
    import numpy as np
    import pandas as pd
    a = pd.read_csv(path)
    y = a.pop("y").to_numpy()
    return np.ascontiguousarray(a.to_numpy(dtype=np.float64)), np.searchsorted(np.unique(y), y)


def main():
    solver, train, test = sys.argv[1:4]
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    x, y = table(train)
    xt, yt = table(test)
    forget_peak()
    loaded, start = status_mb("VmRSS"), time.perf_counter()
    m = make_pipeline(StandardScaler(), LogisticRegression(solver=solver)).fit(x, y)
    said = {"rows": len(x), "features": x.shape[1], "fit_s": time.perf_counter() - start, "loaded_mb": loaded,
            "fit_mb": status_mb("VmHWM") - loaded}
    start = time.perf_counter()
    p = m.predict_proba(xt)
    said.update(predict_s=time.perf_counter() - start, test_rows=len(xt), log_loss=log_loss(yt, p), **scores(False, yt, p))
    print(json.dumps(said))


if __name__ == "__main__":
    main()
