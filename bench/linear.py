#!/usr/bin/python3
"""Linear and logistic regression beside scikit-learn's: seconds of its solvers on made tables, scores on real ones.

    linear.py SETS DATA --ensemble PATH                  everything, into bench/linear.md
    linear.py SETS DATA --ensemble PATH --sets covtype_like --real kin8nm --rounds 1 --seeds 1

SETS is a folder with the tables of make_sets.py, DATA one with those of datasets.py. Programs run in turn, A B C A B C, each fit
in a process of its own, with equal threads. Standardising is part of every fit.
"""
import argparse
import os
import sys
import warnings

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import accuracy                                                         # noqa: E402
import datasets                                                         # noqa: E402
import gbdt                                                             # noqa: E402
import measure                                                          # noqa: E402

SETS = ["higgs_like_1m", "covtype_like", "higgs_like_100k"]
SOLVERS = ["lbfgs", "newton-cholesky", "liblinear"]
REAL = ["adult", "higgs7k", "german_credit", "letter", "california_housing", "kin8nm"]
RECIPES = {True: "standardize | onehot | linear", False: "standardize | onehot | logistic"}

HEAD = """# Linear and logistic regression beside scikit-learn

Made by `bench/linear.py SETS DATA --rounds {rounds} --seeds {seeds}` on {date}, {threads} threads, {machine}. Versions: `ensemble`
{version}, scikit-learn {sklearn}, with its copy of liblinear.

## Seconds

{rounds} runs in turn, medians; in brackets the least and the most. A fit starts with the table of float64 in memory and includes
standardising; solvers have their defaults. newton-cholesky and liblinear are one-against-rest on more than two classes. "fit MB" is
what the process takes above the loaded table at its peak; "others" the share of the machine's processor time that anything else took. {busy}

| set | program | runs | fit s | times ours | cpu s | fit MB | log loss | score | others |
|---|---|--:|--:|--:|--:|--:|--:|---|--:|
"""
SCORES = """
## Scores

`{numbers}` and `{classes}` with their defaults, and scikit-learn's LinearRegression and LogisticRegression (1000 steps) on the same
columns: gaps of numbers filled by the mean, numbers standardised, categories one-hot. Mean over {seeds} seeds and its standard error; adult, letter and
higgs7k have a fixed split, the others one by the seed. Both minimise the same function, so what differs is where they end.

| set | score | ours | scikit-learn |
|---|---|--:|--:|
"""


# ---- Seconds ------------------------------------------------------------------------------------------

def ours(args, name):
    train, test = gbdt.paths(args, name)
    return measure.run([os.path.join(args.work, "fit"), "-t", str(args.threads), "-n", "3", "-s", test, train, "y",
                        "classification", "logistic"], args.env, args.limit)


def theirs(args, name, solver):
    return measure.run([sys.executable, os.path.join(HERE, "linear_peers.py"), solver, *gbdt.paths(args, name)],
                       {**args.env, "OMP_NUM_THREADS": str(args.threads)}, args.limit)


def rows_of(args, name):
    calls = {"ensemble": lambda: ours(args, name), **{s: (lambda s=s: theirs(args, name, s)) for s in args.peers}}
    runs = measure.in_turn(calls, args.rounds, args.budget)
    base = measure.median(runs["ensemble"], "fit_s")
    for program, r in runs.items():
        s, others = measure.median(r, "fit_s"), sum(x["others_cpu_s"] for x in r)
        label = f"{name}, {r[0]['rows']} x {r[0]['features']}" if program == "ensemble" else name
        yield (f"| {label} | {program} | {len(r)} | {s:.3f} ({measure.spread(r, 'fit_s')}) | {s / base:.1f} | "
               f"{measure.median(r, 'cpu_s'):.1f} | {measure.median(r, 'fit_mb'):.0f} | {r[0]['log_loss']:.5f} | "
               f"{gbdt.score(r[0])} | {100 * others / (others + sum(x['cpu_s'] for x in r)):.0f} % |")


# ---- Scores -------------------------------------------------------------------------------------------

def fit_sklearn(e, regression):
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer([("n", numbers, ~e.categorical),
                                 ("c", OneHotEncoder(handle_unknown="ignore"), e.categorical)])
    m = make_pipeline(columns, LinearRegression() if regression else LogisticRegression(max_iter=1000)).fit(e.x, e.y)
    return m.predict(e.xt) if regression else m.predict_proba(e.xt)


def score_one(args, name, program, seed):
    files = datasets.split(args.data, args.work, name, seed)
    target, regression = datasets.SETS[name]["target"], datasets.is_regression(name)
    if program == "ours":
        model = os.path.join(args.work, "linear.ens")
        accuracy.command(args, "train", files[0], "--target", target, "--task",
                         "regression" if regression else "classification", "--learner", RECIPES[regression], "--threads",
                         str(args.threads), "--json", "-o", model)
        return accuracy.command(args, "evaluate", model, files[1], "--json")["scores"]
    e = datasets.Encoded(*files, target, regression)
    p = fit_sklearn(e, regression)
    return accuracy.number_scores(e.yt, p)[0] if regression else accuracy.class_scores(e.yt, p)[0]


def score_row(args, name):
    metric = "rmse" if datasets.is_regression(name) else "log_loss"
    seeds = range(1 if datasets.is_fixed(name) else args.seeds)
    shown = []
    for program in ("ours", "sklearn"):
        v = [score_one(args, name, program, seed)[metric] for seed in seeds]
        shown.append(f"{np.mean(v):.6g} ± {np.std(v, ddof=1) / len(v) ** 0.5 if len(v) > 1 else 0:.2g}")
    return f"| {name} | {metric} | {' | '.join(shown)} |"


# ---- The whole ----------------------------------------------------------------------------------------

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sets_dir", metavar="SETS")
    p.add_argument("data", metavar="DATA")
    p.add_argument("--ensemble", metavar="PATH", default="ensemble")
    p.add_argument("--sets", nargs="*", default=SETS)
    p.add_argument("--real", nargs="*", default=REAL)
    p.add_argument("--peers", nargs="*", default=SOLVERS)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--budget", type=float, default=30, help="seconds after which a program sits out the later rounds of a set")
    p.add_argument("--limit", type=float, default=600, help="seconds after which a run is given up")
    p.add_argument("--work", default="/tmp/bench-linear")
    p.add_argument("--out", default=os.path.join(HERE, "linear.md"))
    args = p.parse_args()
    warnings.filterwarnings("ignore")
    gbdt.prepare(args)
    import sklearn
    known = dict(rounds=args.rounds, seeds=args.seeds, threads=args.threads, date=measure.today(), machine=measure.machine(),
                 version=accuracy.version_of([args.ensemble, "--version"]), sklearn=sklearn.__version__,
                 numbers=RECIPES[True], classes=RECIPES[False])
    rows = [row for name in args.sets for row in rows_of(args, name)]
    load = os.getloadavg()[0]
    busy = f"Other programs ran meanwhile: the load was {load:.0f}." if load > 2.5 else "The machine was otherwise idle."
    text = HEAD.format(busy=busy, **known) + "\n".join(rows) + "\n" + SCORES.format(**known)
    measure.write(args.out, text + "\n".join(score_row(args, name) for name in args.real) + "\n")


if __name__ == "__main__":
    main()
