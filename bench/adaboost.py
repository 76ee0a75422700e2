#!/usr/bin/python3
"""AdaBoost and gradient boosting over trees beside scikit-learn's: scores on real tables, and seconds of fits, as Markdown.

    adaboost.py DATA SETS --ensemble PATH             into bench/adaboost.md

DATA is a folder with the CSV files of datasets.py, SETS one with those of make_sets.py. Scores are kept in
WORK/adaboost.jsonl, and only those that are missing are computed. --trees: fits of so many in the table of seconds; the
times of boosting grow with them, so that fewer tell as much.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import accuracy                                                         # noqa: E402
import datasets                                                         # noqa: E402
import measure                                                          # noqa: E402

SETS = ["spambase", "adult", "wine_quality", "concrete", "california_housing"]
# what is compared, by task: our recipe, scikit-learn's learner
CLASSES = {
    "adaboost": "AdaBoostClassifier()",
    "adaboost(algorithm=samme)": "AdaBoostClassifier(algorithm='SAMME')",
    "adaboost(tree(max_depth=3), n_estimators=100)": "AdaBoostClassifier(tree(3), n_estimators=100)",
    "boosting": "GradientBoostingClassifier()",
}
NUMBERS = {
    "adaboost": "AdaBoostRegressor()",
    "adaboost(loss=square)": "AdaBoostRegressor(loss='square')",
    "boosting": "GradientBoostingRegressor()",
    "boosting(loss=huber)": "GradientBoostingRegressor(loss='huber')",
}
# seconds: set, rows (0: all), our recipe, scikit-learn's learner; %d is the number of trees
FITS = [
    ("higgs_like_100k", 0, "adaboost(tree(max_depth=3), n_estimators=%d)",
     "AdaBoostClassifier(tree(3), n_estimators=%d)"),
    ("higgs_like_100k", 0, "adaboost(n_estimators=%d)", "AdaBoostClassifier(n_estimators=%d)"),
    ("friedman_reg", 100000, "adaboost(n_estimators=%d)", "AdaBoostRegressor(n_estimators=%d)"),
    ("friedman_reg", 100000, "boosting(n_estimators=%d)", "GradientBoostingRegressor(n_estimators=%d)"),
]
SHOWN = {"roc_auc": "+", "accuracy": "+", "log_loss": "-", "rmse": "-"}

HEAD = """# AdaBoost and gradient boosting beside scikit-learn

Made by `bench/adaboost.py DATA SETS --seeds {seeds} --trees {trees}` on {date}, {machine}, `ensemble` {version}, scikit-learn
{sklearn}.

## Scores

Mean over {seeds} seeds and the standard error of that mean; adult has a fixed split, the others one by the seed. d / s.e. is the
difference over its standard error, positive where ours is better; a word where the seed makes next to no difference. Ours has the CSV as it is; scikit-learn has, for a category, its place
among the sorted levels, -1 for missing, and medians for numeric gaps.

| set | recipe | score | ours | scikit-learn's | d / s.e. |
|---|---|---|--:|--:|--:|
"""
SECONDS = """
## Seconds

Fits of {trees} trees, {threads} threads; medians of {rounds} runs in turn, least and most in brackets, loading left out. {busy}

| set | rows x features | recipe | ours | scikit-learn's | times as fast | test score: ours, theirs |
|---|--:|---|--:|--:|--:|--:|
"""


def peer(text, seed):
    """scikit-learn's learner."""
    from sklearn.ensemble import (AdaBoostClassifier, AdaBoostRegressor, GradientBoostingClassifier,
                                  GradientBoostingRegressor)
    from sklearn.tree import DecisionTreeClassifier
    names = dict(AdaBoostClassifier=AdaBoostClassifier, AdaBoostRegressor=AdaBoostRegressor,
                 GradientBoostingClassifier=GradientBoostingClassifier,
                 GradientBoostingRegressor=GradientBoostingRegressor,
                 tree=lambda depth: DecisionTreeClassifier(max_depth=depth))
    return eval(text, names).set_params(random_state=seed)


# ---- Scores -----------------------------------------------------------------------------------------

def peer_scores(learner, e, regression, seed):
    (x, xt), model = e.imputed(), peer(learner, seed)
    model.fit(x, e.y)
    if regression:
        return accuracy.number_scores(e.yt, model.predict(xt))[0]
    return accuracy.class_scores(e.yt, model.predict_proba(xt))[0]


def our_scores(args, files, target, regression, recipe, seed):
    model = os.path.join(args.work, "boosted.ens")
    accuracy.command(args, "train", files[0], "--target", target, "--task",
                     "regression" if regression else "classification", "--learner", recipe, "--seed", str(seed), "--json",
                     "-o", model)
    return accuracy.command(args, "evaluate", model, files[1], "--json")["scores"]


def score_all(args):
    path = os.path.join(args.work, "adaboost.jsonl")
    done = accuracy.load(path)
    for name in args.sets:
        target, regression = datasets.SETS[name]["target"], datasets.is_regression(name)
        for seed in range(args.seeds):
            files = datasets.split(args.data, args.work, name, seed)
            e = None
            for ours, theirs in (NUMBERS if regression else CLASSES).items():
                if (name, ours, "skl", seed) not in done:
                    e = e or datasets.Encoded(*files, target, regression)
                    accuracy.keep(path, {"key": [name, ours, "skl", seed],
                                         "scores": peer_scores(theirs, e, regression, seed)})
                accuracy.keep(path, {"key": [name, ours, "ours", seed],
                                     "scores": our_scores(args, files, target, regression, ours, seed)})
                print(name, ours, seed, file=sys.stderr, flush=True)
    return accuracy.load(path)


def score_rows(args, records):
    for name in args.sets:
        for recipe in NUMBERS if datasets.is_regression(name) else CLASSES:
            for metric, sign in SHOWN.items():
                ours, theirs = (accuracy.mean_of([records[name, recipe, who, s] for s in range(args.seeds)], metric)
                                for who in ("ours", "skl"))
                if ours is None or theirs is None:
                    continue
                digits = max(accuracy.digits_of(ours), accuracy.digits_of(theirs))
                ratio, word = accuracy.verdict(ours, theirs, sign)
                noisy = math.hypot(ours.error, theirs.error) > 1e-3 * abs(ours.value)
                yield (f"| {name} | `{recipe}` | {metric} | {accuracy.show(ours, digits)} | "
                       f"{accuracy.show(theirs, digits)} | {f'{ratio:+.1f}' if noisy else word} |")


# ---- Seconds ----------------------------------------------------------------------------------------

def cut(args, name, rows):
    """The training part, of the first rows only."""
    path = os.path.join(args.made, f"{name}_train.csv")
    if rows == 0:
        return path
    part = os.path.join(args.work, f"{name}_{rows}.csv")
    if not os.path.exists(part):
        pd.read_csv(path, nrows=rows).to_csv(part, index=False)
    return part


def main_score(y, p, regression):
    """RMSE, or the AUC."""
    if regression:
        return math.sqrt(((y - p) ** 2).mean())
    from sklearn.metrics import roc_auc_score
    return roc_auc_score(y, p)


def time_fit(args, name, rows, recipe, learner):
    train, test = cut(args, name, rows), os.path.join(args.made, f"{name}_test.csv")
    regression = name.endswith("_reg")
    a, b = pd.read_csv(train), pd.read_csv(test)
    x, y, xt, yt = a.drop(columns="y").to_numpy(), a["y"].to_numpy(), b.drop(columns="y").to_numpy(), b["y"].to_numpy()

    def ours():
        fit = accuracy.command(args, "train", train, "--target", "y", "--task",
                               "regression" if regression else "classification", "--learner", recipe % args.trees,
                               "--threads", str(args.threads), "--json", "-o", os.path.join(args.work, "timed.ens"))
        scores = accuracy.command(args, "evaluate", os.path.join(args.work, "timed.ens"), test, "--json")["scores"]
        return {"seconds": fit["fit_seconds"], "score": scores["rmse" if regression else "roc_auc"]}

    def theirs():
        model, start = peer(learner % args.trees, 0), time.perf_counter()
        model.fit(x, y)
        seconds = time.perf_counter() - start
        p = model.predict(xt) if regression else model.predict_proba(xt)[:, 1]
        return {"seconds": seconds, "score": main_score(yt, p, regression)}

    runs = measure.in_turn({"ours": ours, "theirs": theirs}, args.rounds, 1e9)
    t = {who: measure.median(r, "seconds") for who, r in runs.items()}
    shown = " | ".join(f"{t[who]:.2f} ({measure.spread(runs[who], 'seconds')})" for who in runs)
    return (f"| {name} | {len(x):,} x {x.shape[1]} | `{recipe % args.trees}` | {shown} | {t['theirs'] / t['ours']:.0f} | "
            f"{runs['ours'][0]['score']:.4f}, {runs['theirs'][0]['score']:.4f} |")


def busy():
    """Whether something else ran on the machine."""
    load = os.getloadavg()[0]
    return f"Other programs ran meanwhile: the load was {load:.0f}." if load > 1.5 else "The machine was otherwise idle."


# ---- The whole --------------------------------------------------------------------------------------

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("data")
    p.add_argument("made")
    p.add_argument("--ensemble", default="ensemble")
    p.add_argument("--work", default="/tmp/bench-adaboost")
    p.add_argument("--out", default=os.path.join(HERE, "adaboost.md"))
    p.add_argument("--sets", nargs="+", default=SETS)
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--trees", type=int, default=100)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    args = p.parse_args()
    warnings.filterwarnings("ignore")
    os.makedirs(args.work, exist_ok=True)
    import sklearn
    version = subprocess.run([args.ensemble, "--version"], stdout=subprocess.PIPE, text=True).stdout.split()[1]
    known = dict(seeds=args.seeds, trees=args.trees, threads=args.threads, rounds=args.rounds, date=measure.today(),
                 machine=measure.machine(), version=version, sklearn=sklearn.__version__)
    records = score_all(args)
    text = HEAD.format(**known) + "\n".join(score_rows(args, records)) + "\n"
    rows, note = [time_fit(args, *fit) for fit in FITS], busy()
    measure.write(args.out, text + SECONDS.format(busy=note, **known) + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
