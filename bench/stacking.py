#!/usr/bin/python3
"""Times stacking beside scikit-learn's StackingClassifier of the same members, into bench/stacking.md.

    stacking.py DATA --ensemble PATH [--sets higgs_like_100k] [--rounds 1]

DATA is a folder as make_sets.py makes it. Programs run in turn, each fit in a process of its own, two threads each;
seconds are those of the fit alone. scikit-learn's takes three minutes a round.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import measure                                                          # noqa: E402

RECIPES = ["stacking(forest, gbdt, logistic)",
           "stacking(forest, gbdt, logistic, final_estimator=logistic)",
           "stacking(forest, gbdt, logistic, refit=false)",
           "selection(forest, extra_trees, gbdt, logistic, scoring=roc_auc)",
           "auto(time_limit=30)"]

HEAD = """# Stacking beside scikit-learn

Made by `bench/stacking.py DATA` on {date}, {machine}, `ensemble` {version}, scikit-learn {sklearn}.

scikit-learn's is `StackingClassifier` of `RandomForestClassifier(100)`, `HistGradientBoostingClassifier(max_iter=200)` and
`make_pipeline(StandardScaler(), LogisticRegression())`, five folds, `n_jobs` as many as threads; scores are of the test rows; seconds the least of {rounds}.

| set | recipe | seconds | scikit-learn's | times as long | AUC | scikit-learn's | model file, MB |
|---|---|--:|--:|--:|--:|--:|--:|
"""


def peer(train, test, threads):
    """Run in a process of its own: one JSON object."""
    import time
    import pandas
    import sklearn
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, StackingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    a, b = pandas.read_csv(train), pandas.read_csv(test)
    model = StackingClassifier([("forest", RandomForestClassifier(100, n_jobs=threads, random_state=0)),
                                ("gbdt", HistGradientBoostingClassifier(max_iter=200, early_stopping=False,
                                                                        random_state=0)),
                                ("logistic", make_pipeline(StandardScaler(), LogisticRegression()))], cv=5)
    start = time.perf_counter()
    model.fit(a.drop(columns="y"), a["y"])
    seconds = time.perf_counter() - start
    auc = roc_auc_score(b["y"], model.predict_proba(b.drop(columns="y"))[:, 1])
    print(json.dumps({"seconds": seconds, "roc_auc": auc, "sklearn": sklearn.__version__}))


def ours(args, recipe, train, test, work):
    path = os.path.join(work, "model.ens")
    text = subprocess.run([args.ensemble, "train", train, "--target", "y", "--task", "classification", "--valid", test,
                           "--learner", recipe, "--threads", str(args.threads), "-o", path],
                          capture_output=True, text=True, check=True)
    text = text.stdout + text.stderr
    return {"seconds": float(re.search(r"fitted on \d+ rows in ([\d.]+) s", text).group(1)),
            "roc_auc": float(re.search(r"roc_auc +([\d.]+)", text).group(1)),
            "mb": os.path.getsize(path) / 1e6}


def best(runs):
    return min(runs, key=lambda r: r["seconds"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--ensemble", default="ensemble")
    parser.add_argument("--sets", default="higgs_like_100k")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        return peer(*args.peer, args.threads)
    rows, sklearn = [], ""
    with tempfile.TemporaryDirectory() as work:
        for name in args.sets.split(","):
            train, test = (os.path.join(args.data, f"{name}_{part}.csv") for part in ("train", "test"))
            runs, theirs = {recipe: [] for recipe in RECIPES}, []
            for _ in range(args.rounds):
                for recipe in RECIPES:
                    runs[recipe].append(ours(args, recipe, train, test, work))
                theirs.append(measure.run([sys.executable, os.path.abspath(__file__), args.data, "--threads",
                                           str(args.threads), "--peer", train, test]))
            t = best(theirs)
            sklearn = t["sklearn"]
            for recipe in RECIPES:
                o = best(runs[recipe])
                rows.append(f"| {name} | `{recipe}` | {o['seconds']:.2f} | {t['seconds']:.1f} | "
                            f"{t['seconds'] / o['seconds']:.1f} | {o['roc_auc']:.4f} | {t['roc_auc']:.4f} | {o['mb']:.2f} |")
    version = subprocess.run([args.ensemble, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    with open(os.path.join(HERE, "stacking.md"), "w") as f:
        f.write(HEAD.format(date=measure.today(), machine=measure.machine(), version=version, sklearn=sklearn,
                            rounds=args.rounds))
        f.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
