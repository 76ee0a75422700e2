#!/usr/bin/python3
"""One fit of scikit-learn or XGBoost for forest.py: prints its seconds, memory and scores as JSON.

    forest_peers.py PROGRAM WORK classes|regression TRAIN TEST TREES THREADS [TIMES]

PROGRAM is skl or xgb; WORK is forest, extra_trees, bagging or bins. Numbers are float32; a category is the place of
its level among the sorted ones, missing and levels that only TEST has are -1. The fit starts with that array in
memory. Memory is what the process takes above it at its peak. TIMES fits are made and the median told.
"""
import ctypes
import glob
import json
import statistics
import sys
import time


def status_mb(name, process="self"):
    with open(f"/proc/{process}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(name + ":")) / 1024


def children_mb():
    """The most that each living child has taken: scikit-learn's bagging works in processes of its own."""
    total = 0
    for task in glob.glob("/proc/self/task/*/children"):
        with open(task) as f:
            total += sum(status_mb("VmHWM", pid) for pid in f.read().split())
    return total


def forget_peak():
    """Give back what loading left over; the kernel then counts the peak anew."""
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as f:
        f.write("5")


def tables(train, test, regression):
    """x, y, and the same of the test table."""
    import numpy as np
    import pandas as pd
    a, b = pd.read_csv(train), pd.read_csv(test)
    for c in a.columns:
        if a[c].dtype == object and not (c == "y" and regression):
            levels = {v: i for i, v in enumerate(sorted(a[c].dropna().unique()))}
            a[c], b[c] = a[c].map(levels), b[c].map(levels)
    ya, yb = a.pop("y"), b.pop("y")
    if not regression:
        place = {v: i for i, v in enumerate(sorted(ya.unique()))}
        ya, yb = ya.map(place), yb.map(place)
    x, xt = (np.ascontiguousarray(t.fillna(-1).to_numpy(dtype=np.float32)) for t in (a, b))
    return x, ya.to_numpy(), xt, yb.to_numpy()


# ---- What is fitted: a function of the test rows is returned ------------------------------------------

def skl(work, regression, x, y, trees, threads):
    from sklearn import ensemble, tree
    kind = "Regressor" if regression else "Classifier"
    if work == "bagging":
        m = getattr(ensemble, "Bagging" + kind)(getattr(tree, "DecisionTree" + kind)(), n_estimators=trees,
                                                n_jobs=threads, random_state=1)
    else:
        name = {"forest": "RandomForest", "extra_trees": "ExtraTrees"}[work]
        m = getattr(ensemble, name + kind)(trees, max_features="sqrt", n_jobs=threads, random_state=1)
    m.fit(x, y)
    return m.predict if regression else m.predict_proba


def xgb(work, regression, x, y, trees, threads):
    """One round of parallel trees. XGBoost has no limitless depth at a bearable cost: 20 levels."""
    import xgboost
    classes = 0 if regression else int(y.max()) + 1
    parameters = {"objective": "reg:squarederror" if regression else "binary:logistic" if classes == 2 else
                  "multi:softprob", "tree_method": "hist", "eta": 1, "num_parallel_tree": trees, "subsample": 0.632,
                  "colsample_bynode": x.shape[1] ** -0.5, "max_depth": 20, "max_bin": 256, "lambda": 1e-6,
                  "min_child_weight": 1 if regression else 0.2, "nthread": threads, "seed": 1}
    if classes > 2:
        parameters["num_class"] = classes
    m = xgboost.train(parameters, xgboost.DMatrix(x, y, nthread=threads), 1)

    def predict(xt):
        import numpy as np
        p = m.predict(xgboost.DMatrix(xt, nthread=threads))
        return np.stack([1 - p, p], axis=1) if classes == 2 else p
    return predict


def bins(program, x, threads):
    """Only what turns the array into bins."""
    if program == "skl":
        from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper
        _BinMapper(n_bins=256, random_state=1, n_threads=threads).fit_transform(x)
    else:
        import xgboost
        xgboost.QuantileDMatrix(x, max_bin=256, nthread=threads)


def scores(regression, y, p):
    import numpy as np
    from sklearn.metrics import roc_auc_score
    if regression:
        return {"rmse": float(np.sqrt(np.mean((p - y) ** 2)))}
    s = {"accuracy": float((p.argmax(axis=1) == y).mean())}
    if p.shape[1] == 2:
        s["roc_auc"] = float(roc_auc_score(y, p[:, 1]))
    return s


def main():
    program, work, task, train, test, trees, threads = sys.argv[1:8]
    times = int(sys.argv[8]) if len(sys.argv) > 8 else 1
    regression, trees, threads = task == "regression", int(trees), int(threads)
    __import__({"skl": "sklearn.ensemble", "xgb": "xgboost"}[program])
    x, y, xt, yt = tables(train, test, regression)
    seconds, predict = [], None
    for _ in range(times):
        predict = None
        forget_peak()
        loaded, start = status_mb("VmRSS"), time.perf_counter()
        if work == "bins":
            bins(program, x, threads)
        else:
            predict = {"skl": skl, "xgb": xgb}[program](work, regression, x, y, trees, threads)
        seconds.append(time.perf_counter() - start)
    said = {"rows": len(x), "features": x.shape[1], "fit_s": statistics.median(seconds), "loaded_mb": loaded,
            "fit_mb": status_mb("VmHWM") - loaded + children_mb()}
    if predict is not None:
        start = time.perf_counter()
        p = predict(xt)
        said.update(predict_s=time.perf_counter() - start, test_rows=len(xt), **scores(regression, yt, p))
    print(json.dumps(said))


if __name__ == "__main__":
    main()
