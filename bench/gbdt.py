#!/usr/bin/python3
"""Gradient boosting beside scikit-learn's HistGradientBoosting and XGBoost: seconds on made tables, scores on real ones.

    gbdt.py SETS DATA --ensemble PATH                    everything, into bench/gbdt.md
    gbdt.py SETS DATA --ensemble PATH --sets friedman_reg --real wine_quality --rounds 1 --seeds 1
    gbdt.py SETS DATA --ensemble PATH --parts threads --out -    ours alone: threads, a busy neighbour, predictions

SETS is a folder with the tables of make_sets.py, DATA one with those of datasets.py. Programs run in turn, A B C A B C, each fit
in a process of its own, with equal threads. Scores on the real tables are of defaults against defaults; they are kept
in WORK/gbdt.jsonl, and only those that are missing are computed.
"""
import argparse
import json
import os
import subprocess
import sys
import warnings

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import accuracy                                                         # noqa: E402
import datasets                                                         # noqa: E402
import measure                                                          # noqa: E402

# rounds of each made table, its task
SETS = {"higgs_like_1m": (200, "classes"), "covtype_like": (100, "classes"), "friedman_reg": (200, "regression"),
        "airline_like": (200, "classes"), "wide": (200, "classes"), "higgs_like_100k": (200, "classes")}
NAMES = {"ours": "ensemble", "skl": "HistGradientBoosting", "xgb": "XGBoost"}
MANY = ["letter"]                                                       # more than two classes
REAL = ["adult", "california_housing", "diamonds", "letter", "wine_quality", "higgs7k", "bike_sharing_hour"]

HEAD = """# Gradient boosting beside scikit-learn and XGBoost

Made by `bench/gbdt.py SETS DATA --rounds {rounds} --seeds {seeds}` on {date}, {threads} threads, {machine}. Versions: `ensemble`
{version}, scikit-learn {sklearn}, XGBoost {xgboost}.

## Seconds

{rounds} runs in turn, medians; in brackets the least and the most. 200 rounds (covtype_like 100 of seven trees), learning rate 0.1, 63
leaves, 255 bins, at least 20 rows a leaf (XGBoost: its own minimum). A fit starts with the table in memory and includes making
bins. "fit MB" is what the process takes above the loaded table at its peak; "others" the share of the machine's processor time that
anything else took. {busy}

| set | program | runs | fit s | times ours | cpu s | fit MB | predict krow/s | score | others |
|---|---|--:|--:|--:|--:|--:|--:|---|--:|
"""
THREADS = """
## Threads, a neighbour, predictions

Fits of ours as above, and predictions of the test rows (a median of three); {rounds} runs in turn, medians. The neighbour is a process that
keeps one core busy.

| set | one thread s | {threads} threads s | times as fast | beside a neighbour s | times as long | predict krow/s, one thread | {threads} threads |
|---|--:|--:|--:|--:|--:|--:|--:|
"""
SCORES = """
## Scores with defaults

Mean over {seeds} seeds and its standard error; adult, letter and higgs7k have a fixed split, the others one by the seed. Ours has the CSV as it
is; the peers have, for a category, its place among the sorted levels, -1 for missing. Rank 1 is the best of the three.

| set | score | ours | HistGradientBoosting | XGBoost | rank of ours |
|---|---|--:|--:|--:|--:|
"""

PUBLISHED = """
## Published figures

XGBoost's demo on agaricus (learning rate 1, depth 3, gamma and lambda 1) and LightGBM 2.2's lambdarank example (issue 2205), whose 50 test queries make a figure
uncertain by .05.

| set | score | published | ours |
|---|---|--:|--:|
"""


# ---- Seconds ------------------------------------------------------------------------------------------

def paths(args, name):
    return [os.path.join(args.sets_dir, f"{name}_{part}.csv") for part in ("train", "test")]


def ours(args, name, threads=None):
    rounds, task = SETS[name]
    train, test = paths(args, name)
    recipe = f"gbdt(n_estimators={rounds}, max_leaf_nodes=63)"
    return measure.run([os.path.join(args.work, "fit"), "-t", str(threads or args.threads), "-s", test, train, "y",
                        {"classes": "classification"}.get(task, task), recipe], args.env, args.limit)


def theirs(args, name, program):
    rounds, task = SETS[name]
    return measure.run([sys.executable, os.path.join(HERE, "gbdt_peers.py"), program, task, *paths(args, name), str(rounds),
                        str(args.threads)], {**args.env, "OMP_NUM_THREADS": str(args.threads)}, args.limit)


def score(r):
    shown = (("roc_auc", "AUC"), ("accuracy", "accuracy"), ("rmse", "RMSE"))
    return ", ".join(f"{word} {r[key]:.4f}" for key, word in shown if key in r)


def rows_of(args, name):
    calls = {"ours": lambda: ours(args, name), **{p: (lambda p=p: theirs(args, name, p)) for p in ("skl", "xgb")}}
    runs = measure.in_turn({p: c for p, c in calls.items() if p == "ours" or p in args.peers}, args.rounds, args.budget)
    base = measure.median(runs["ours"], "fit_s")
    for program, r in runs.items():
        s, others = measure.median(r, "fit_s"), sum(x["others_cpu_s"] for x in r)
        label = f"{name}, {r[0]['rows']} x {r[0]['features']}" if program == "ours" else name
        yield (f"| {label} | {NAMES[program]} | {len(r)} | {s:.2f} ({measure.spread(r, 'fit_s')}) | {s / base:.1f} | "
               f"{measure.median(r, 'cpu_s'):.1f} | {measure.median(r, 'fit_mb'):.0f} | "
               f"{r[0]['test_rows'] / measure.median(r, 'predict_s') / 1000:.0f} | {score(r[0])} | "
               f"{100 * others / (others + sum(x['cpu_s'] for x in r)):.0f} % |")


# ---- Threads ------------------------------------------------------------------------------------------

def thread_row(args, name):
    runs = measure.in_turn({"one": lambda: ours(args, name, 1), "all": lambda: ours(args, name),
                            "beside": lambda: measure.beside_busy(lambda: ours(args, name))}, args.rounds, args.budget)
    one, many, beside = (measure.median(runs[r], "fit_s") for r in ("one", "all", "beside"))
    krow = [runs[r][0]["test_rows"] / measure.median(runs[r], "predict_s") / 1000 for r in ("one", "all")]
    return (f"| {name} | {one:.2f} | {many:.2f} | {one / many:.2f} | {beside:.2f} | {beside / many:.2f} | {krow[0]:.0f} | "
            f"{krow[1]:.0f} |")


def small_fit(args):
    """Seconds of 100 rounds on the first 200 rows of a table."""
    path = os.path.join(args.work, "rows_200.csv")
    with open(os.path.join(args.sets_dir, "higgs_like_100k_train.csv")) as f, open(path, "w") as out:
        out.writelines(line for _, line in zip(range(201), f))
    return measure.run([os.path.join(args.work, "fit"), "-t", str(args.threads), "-n", "9", path, "y", "classification",
                        "gbdt(n_estimators=100)"], args.env)["fit_s"]


def one_row(args):
    """What row.c says of 200 trees of 63 leaves."""
    train, test = paths(args, "higgs_like_100k")
    model = os.path.join(args.work, "row.ens")
    accuracy.command(args, "train", train, "--target", "y", "--task", "classification", "--learner",
                     "gbdt(n_estimators=200, max_leaf_nodes=63)", "--json", "-o", model)
    return measure.run([os.path.join(args.work, "row"), model, test, "y"], args.env)


def thread_rows(args):
    for name in args.sets:
        yield thread_row(args, name)
    row = one_row(args)
    yield (f"\n100 rounds on 200 rows of 28 numbers: {1000 * small_fit(args):.1f} ms. One row by 200 trees of 63 leaves, through "
           f"`ens_model_predict_row()`: {row['median_us']:.2f} µs (99 of 100 rows within {row['p99_us']:.2f}).")


# ---- Scores -------------------------------------------------------------------------------------------

def fit_peer(program, e, regression, seed):
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    import xgboost
    if program == "skl":
        m = (HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier)(random_state=seed)
    else:
        m = (xgboost.XGBRegressor if regression else xgboost.XGBClassifier)(random_state=seed, n_jobs=1)
    m.fit(e.x, e.y)
    return m.predict(e.xt) if regression else m.predict_proba(e.xt)


def score_one(args, name, program, seed):
    files = datasets.split(args.data, args.work, name, seed)
    target, regression = datasets.SETS[name]["target"], datasets.is_regression(name)
    if program == "ours":
        model = os.path.join(args.work, "gbdt.ens")
        accuracy.command(args, "train", files[0], "--target", target, "--task",
                         "regression" if regression else "classification", "--learner", args.recipe, "--seed", str(seed),
                         "--threads", str(args.threads), "--json", "-o", model)
        return accuracy.command(args, "evaluate", model, files[1], "--json")["scores"]
    e = datasets.Encoded(*files, target, regression)
    p = fit_peer(program, e, regression, seed)
    return accuracy.number_scores(e.yt, p)[0] if regression else accuracy.class_scores(e.yt, p)[0]


def score_row(args, name, done, path):
    metric = "rmse" if datasets.is_regression(name) else "log_loss" if name in MANY else "roc_auc"
    means = {}
    for program in NAMES:
        found = []
        for seed in range(args.seeds):
            key = (name, args.recipe if program == "ours" else program, program, seed)
            if key not in done:
                done[key] = {"key": list(key), "scores": score_one(args, name, program, seed)}
                accuracy.keep(path, done[key])
            found.append(done[key]["scores"])
        v = [f[metric] for f in found]
        means[program] = (np.mean(v), np.std(v, ddof=1) / len(v) ** 0.5 if len(v) > 1 else 0.0)
    sign = -1 if metric == "roc_auc" else 1
    rank = 1 + sum(sign * means[p][0] < sign * means["ours"][0] for p in ("skl", "xgb"))
    shown = " | ".join(f"{m:.5g} ± {s:.2g}" for m, s in means.values())
    return f"| {name} | {metric} | {shown} | {rank} |", rank


def score_rows(args):
    path = os.path.join(args.work, "gbdt.jsonl")
    done, ranks = accuracy.load(path), []
    for name in args.real:
        row, rank = score_row(args, name, done, path)
        ranks.append(rank)
        yield row
        print(row, file=sys.stderr, flush=True)
    yield f"\nMean rank of ours: {np.mean(ranks):.2f}."


# ---- Published figures ----------------------------------------------------------------------------------

def published_rows(args):
    """Errors of XGBoost's command line demo, NDCG of LightGBM's issue 2205, both after rounds 1 and 2."""
    def path(name):
        return os.path.join(args.data, name)

    def score(table, metrics, recipe, *more):
        model = os.path.join(args.work, "published.ens")
        found = {}
        for part in ("train", "test"):
            rest = [f"--{more[0]}", path(f"{table}_{part}.{more[0]}")] if more else []
            name = next(path(f"{table}_{part}.libsvm{z}") for z in (".gz", "")
                        if os.path.exists(path(f"{table}_{part}.libsvm{z}")))
            if part == "train":
                accuracy.command(args, "train", name, "--learner", recipe, "--json", "-o", model, *rest)
            found[part] = accuracy.command(args, "evaluate", model, name, "-m", metrics, "--json", *rest)["scores"]
        return found

    for rounds, test, train in ((1, 0.016139, 0.014433), (2, 0, 0.001228)):
        s = score("agaricus", "accuracy", f"gbdt(n_estimators={rounds}, eta=1, max_depth=3, max_leaf_nodes=none, grow_policy=depthwise, "
                  "min_samples_leaf=1, min_child_weight=1, gamma=1, reg_lambda=1)")
        yield (f"| agaricus, round {rounds} | error, test and training | {test:.6f}, {train:.6f} | "
               f"{1 - s['test']['accuracy']:.6f}, {1 - s['train']['accuracy']:.6f} |")
    for rounds, known in ((1, ".482, .582, .642"), (2, ".571, .622, .648")):
        s = score("lgb_rank", "ndcg@1,ndcg@3,ndcg@5", f"gbdt(loss=lambdarank(norm=false, sigma=2, truncation=10000), n_estimators={rounds})", "query")
        yield (f"| lgb_rank, round {rounds} | NDCG@1, 3, 5 | {known} | "
               + ", ".join(f"{s['test'][f'ndcg@{k}']:.3f}"[1:] for k in (1, 3, 5)) + " |")


# ---- The whole ----------------------------------------------------------------------------------------

def prepare(args):
    folder = os.path.dirname(os.path.abspath(args.ensemble))
    libs = next(d for d in (os.path.join(folder, ".libs"), os.path.join(os.path.dirname(folder), "lib"), folder)
                if os.path.exists(os.path.join(d, "libensemble.so")))
    os.makedirs(args.work, exist_ok=True)
    args.env = {"LD_LIBRARY_PATH": libs, "OMP_NUM_THREADS": str(args.threads)}
    for program in ("fit", "row"):
        subprocess.run([os.environ.get("CC", "cc"), "-O2", f"-I{os.path.dirname(HERE)}/include", "-o",
                        os.path.join(args.work, program), os.path.join(HERE, f"{program}.c"), f"-L{libs}", "-lensemble"],
                       check=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sets_dir", metavar="SETS")
    p.add_argument("data", metavar="DATA")
    p.add_argument("--ensemble", metavar="PATH", default="ensemble")
    p.add_argument("--sets", nargs="*", default=list(SETS))
    p.add_argument("--real", nargs="*", default=REAL)
    p.add_argument("--peers", nargs="*", default=["skl", "xgb"])
    p.add_argument("--parts", nargs="*", default=["seconds", "threads", "scores", "published"], help="of the page")
    p.add_argument("--recipe", default="gbdt", help="of the scores")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--budget", type=float, default=120, help="seconds after which a program sits out the later rounds of a set")
    p.add_argument("--limit", type=float, default=600, help="seconds after which a run is given up")
    p.add_argument("--work", default="/tmp/bench-gbdt")
    p.add_argument("--out", default=os.path.join(HERE, "gbdt.md"))
    args = p.parse_args()
    warnings.filterwarnings("ignore")
    prepare(args)
    import sklearn
    import xgboost
    version = subprocess.run([args.ensemble, "--version"], stdout=subprocess.PIPE, text=True).stdout.split()[1]
    known = dict(rounds=args.rounds, seeds=args.seeds, threads=args.threads, date=measure.today(), machine=measure.machine(),
                 version=version, sklearn=sklearn.__version__, xgboost=xgboost.__version__)
    rows = [row for name in args.sets for row in rows_of(args, name)] if "seconds" in args.parts else []
    load = os.getloadavg()[0]
    busy = f"Other programs ran meanwhile: the load was {load:.0f}." if load > 2.5 else "The machine was otherwise idle."
    text = HEAD.format(busy=busy, **known) + "\n".join(rows) + "\n"
    if "threads" in args.parts:
        text += THREADS.format(**known) + "\n".join(thread_rows(args)) + "\n"
    if "scores" in args.parts:
        text += SCORES.format(**known) + "\n".join(score_rows(args)) + "\n"
    if "published" in args.parts:
        text += PUBLISHED + "\n".join(published_rows(args)) + "\n"
    measure.write(args.out, text)


if __name__ == "__main__":
    main()
