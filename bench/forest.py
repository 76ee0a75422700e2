#!/usr/bin/python3
"""Times a full-depth forest of 100 trees on 100,000 rows of 28 numbers beside scikit-learn, ranger and XGBoost.

    forest.py --ensemble PATH                            into bench/forest.md
    forest.py --ensemble PATH --train A.csv --test B.csv  on other rows; the target is y

Programs run in turn, A B C A B C, each in a process of its own, with the same files and threads. Training
time starts with the table in memory, and what a program makes of it (bins, factors, a DMatrix) is included.
"""
import argparse
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import events                                                           # noqa: E402
import measure                                                          # noqa: E402

HEAD = """# A forest of {trees} full-depth trees

Made by `{command}` on {date}:
{rows} rows of {features} features, {test} to test, {threads} threads, {rounds} rounds in turn on
{machine}.

Medians, in brackets smallest to largest; "cpu s" and peak memory are those of the whole process, loading
included; "others" is the share of the machine's processor time that anything else took meanwhile. A program that
took more than {budget:.0f} s sat out the later rounds. Versions: {versions}.

| program | runs | fit s | times ours | cpu s | peak MB | predict krow/s | test AUC | test accuracy | others |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""


# ---- The peers, each in a process of its own ----------------------------------------------------------

def arrays(path):
    import numpy as np
    import pandas as pd
    t = pd.read_csv(path)
    y = t.pop("y")
    return np.ascontiguousarray(t.to_numpy(dtype=np.float32)), (y == sorted(y.unique())[1]).to_numpy().astype(int)


def fit_skl(x, y, trees, threads):
    from sklearn.ensemble import RandomForestClassifier
    m = RandomForestClassifier(trees, n_jobs=threads, random_state=1).fit(x, y)
    return lambda xt: m.predict_proba(xt)[:, 1]


def fit_xgb(x, y, trees, threads):
    """One round of parallel trees. XGBoost has no limitless depth at a bearable cost: 20 levels."""
    import xgboost
    parameters = {"objective": "binary:logistic", "tree_method": "hist", "eta": 1, "num_parallel_tree": trees,
                  "subsample": 0.632, "colsample_bynode": x.shape[1] ** -0.5, "max_depth": 20, "max_bin": 256,
                  "min_child_weight": 0.25, "lambda": 1e-6, "nthread": threads, "seed": 1}
    m = xgboost.train(parameters, xgboost.DMatrix(x, y, nthread=threads), 1)
    return lambda xt: m.predict(xgboost.DMatrix(xt, nthread=threads))


def one(program, train, test, trees, threads):
    """The child's part: fit, predict, print."""
    import importlib
    from sklearn.metrics import roc_auc_score
    importlib.import_module({"skl": "sklearn.ensemble", "xgb": "xgboost"}[program])
    x, y = arrays(train)
    start = time.perf_counter()
    predict = {"skl": fit_skl, "xgb": fit_xgb}[program](x, y, trees, threads)
    fitted = time.perf_counter()
    xt, yt = arrays(test)
    asked = time.perf_counter()
    p = predict(xt)
    print(json.dumps({"fit_s": fitted - start, "predict_s": time.perf_counter() - asked, "rows": len(yt),
                      "auc": float(roc_auc_score(yt, p)), "accuracy": float(((p > 0.5) == yt).mean())}))


def ranger(args):
    r = measure.run(["Rscript", os.path.join(HERE, "ranger.R"), args.train, args.test, "y", "classes", "ignore", "1",
                     str(args.trees), str(args.threads), os.path.join(args.work, "ranger.csv")])
    import numpy as np
    import pandas as pd
    from sklearn.metrics import roc_auc_score
    y = pd.read_csv(args.test)["y"]
    yt = (y == sorted(y.unique())[1]).to_numpy()
    p = np.loadtxt(os.path.join(args.work, "ranger.csv"), delimiter=",")[:, 1]
    return {**r, "auc": float(roc_auc_score(yt, p)), "accuracy": float(((p > 0.5) == yt).mean())}


def ours(args):
    model = os.path.join(args.work, "forest.ens")
    fit = measure.run([args.ensemble, "train", args.train, "--target", "y", "--learner",
                       f"forest(n_estimators={args.trees})", "--seed", "1", "--threads", str(args.threads), "--json",
                       "-o", model])
    score = measure.run([args.ensemble, "evaluate", model, args.test, "--threads", str(args.threads), "--json"])
    return {"fit_s": fit["fit_seconds"], "predict_s": score["predict_seconds"], "rows": score["rows"],
            "auc": score["scores"]["roc_auc"], "accuracy": score["scores"]["accuracy"],
            **{k: fit[k] for k in ("peak_mb", "cpu_s", "others_cpu_s", "load_seconds", "model_bytes")}}


def programs(args):
    def child(name):
        return lambda: measure.run([sys.executable, os.path.abspath(__file__), "--one", name, "--train", args.train,
                                    "--test", args.test, "--trees", str(args.trees), "--threads", str(args.threads)],
                                   {"OMP_NUM_THREADS": str(args.threads)})
    every = {"ours": lambda: ours(args), "skl": child("skl"), "ranger": lambda: ranger(args), "xgb": child("xgb")}
    return {name: every[name] for name in args.programs.split(",")}


# ---- The table -----------------------------------------------------------------------------------------

NAMES = {"ours": "ensemble", "skl": "scikit-learn", "ranger": "ranger", "xgb": "XGBoost, depth 20"}


def versions(args):
    import sklearn
    import xgboost
    say = ["Rscript", "-e", "cat(format(packageVersion('ranger')))"]
    r = subprocess.run(say, stdout=subprocess.PIPE, text=True).stdout
    v = subprocess.run([args.ensemble, "--version"], stdout=subprocess.PIPE, text=True).stdout.split("\n")[0]
    return f"{v}, scikit-learn {sklearn.__version__}, ranger {r}, XGBoost {xgboost.__version__}"


def table(args, runs):
    with open(args.train) as f:
        features, rows = f.readline().count(","), sum(1 for _ in f)
    text = HEAD.format(trees=args.trees, threads=args.threads, rounds=args.rounds, command=args.shown,
                       date=measure.today(), machine=measure.machine(), versions=versions(args), rows=rows,
                       features=features, test=next(iter(runs.values()))[0]["rows"], budget=args.budget)
    base = measure.median(runs["ours"], "fit_s") if "ours" in runs else float("nan")
    for name, r in runs.items():
        fit = measure.median(r, "fit_s")
        others = sum(x["others_cpu_s"] for x in r) / sum(x["others_cpu_s"] + x["cpu_s"] for x in r)
        text += (f"| {NAMES[name]} | {len(r)} | {fit:.2f} ({measure.spread(r, 'fit_s')}) | {fit / base:.1f} | "
                 f"{measure.median(r, 'cpu_s'):.1f} | {measure.median(r, 'peak_mb'):.0f} | "
                 f"{r[0]['rows'] / measure.median(r, 'predict_s') / 1000:.0f} | "
                 f"{measure.median(r, 'auc'):.4f} | {measure.median(r, 'accuracy'):.4f} | {100 * others:.0f} % |\n")
    return text


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--ensemble", metavar="PATH", default="ensemble")
    p.add_argument("--train", help="CSV with a two-class target y (default: 100,000 rows of events.py)")
    p.add_argument("--test", help="likewise (default: 50,000 rows)")
    p.add_argument("--trees", type=int, default=100)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--budget", type=float, default=300, help="seconds after which a program is not run again")
    p.add_argument("--programs", default="ours,skl,ranger,xgb")
    p.add_argument("--work", default="/tmp/ensemble-forest")
    p.add_argument("--out", default=os.path.join(HERE, "forest.md"), help="- for standard output")
    p.add_argument("--one", choices=["skl", "xgb"], help=argparse.SUPPRESS)
    args = p.parse_args()
    if args.one:
        return one(args.one, args.train, args.test, args.trees, args.threads)
    os.makedirs(args.work, exist_ok=True)
    args.shown = f"bench/forest.py --trees {args.trees} --threads {args.threads} --rounds {args.rounds}"
    args.shown += " --train TRAIN --test TEST" if args.train else ""
    for part, n, seed in (("train", 100000, 1), ("test", 50000, 2)):
        if getattr(args, part) is None:
            setattr(args, part, os.path.join(args.work, f"events-{part}.csv"))
            events.write(getattr(args, part), n, seed)
    measure.write(args.out, table(args, measure.in_turn(programs(args), args.rounds, args.budget)))


if __name__ == "__main__":
    main()
