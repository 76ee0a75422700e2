#!/usr/bin/python3
"""`mlp` beside scikit-learn's MLPClassifier and MLPRegressor: seconds an epoch on a made table, scores on real ones.

    mlp.py SETS DATA --ensemble PATH                      everything, into bench/mlp.md
    mlp.py SETS DATA --ensemble PATH --real kin8nm --seeds 1 --rounds 1

SETS is a folder with the tables of make_sets.py, DATA one with those of datasets.py. Scores are of defaults against defaults, and
kept in WORK/mlp.jsonl; only those that are missing are computed. scikit-learn's products of matrices are OpenBLAS's: set
OPENBLAS_CORETYPE to what the processor can do, which OpenBLAS may not know.
"""
import argparse
import os
import subprocess
import sys
import time
import warnings

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import accuracy                                                         # noqa: E402
import datasets                                                         # noqa: E402
import gbdt                                                             # noqa: E402
import measure                                                          # noqa: E402

REAL = ["adult", "higgs7k", "california_housing", "letter", "german_credit", "kin8nm"]
EPOCHS = 10
NET = f"hidden_layer_sizes=[64, 32], optimizer=adam, batch_size=256, max_iter={EPOCHS}, n_iter_no_change=1000"
# what is timed: recipe, threads
TIMED = {"mlp, one thread": (f"mlp({NET})", 1), "mlp, all threads": (f"mlp({NET})", 0),
         "bagging of 16, one thread": (f"bagging(mlp({NET.replace(str(EPOCHS), '2')}), n_estimators=16)", 1),
         "bagging of 16, all threads": (f"bagging(mlp({NET.replace(str(EPOCHS), '2')}), n_estimators=16)", 0)}

HEAD = """# Neural networks beside scikit-learn

Made by `bench/mlp.py SETS DATA --rounds {rounds} --seeds {seeds}` on {date}, {threads} threads, {machine}, OPENBLAS_CORETYPE={core}.
Versions: `ensemble` {version}, scikit-learn {sklearn}.

## Seconds

higgs_like_100k, 100,000 x 28, layers of 64 and 32 units, Adam, batches of 256: {epochs} epochs of a network, 2 of each of a bag. {rounds} runs in turn,
medians, standardising included; in brackets the least and the most. scikit-learn's is `partial_fit` on standardised floats, all threads. {busy}

| program | fit s | s an epoch |
|---|--:|--:|
"""
SCORES = """
## Scores with defaults

Mean over {seeds} seeds and its standard error; adult, letter and higgs7k have a fixed split, the others one by the seed. Ours has the CSV as it is; scikit-learn's has
gaps filled with medians, one-hot categories and standardised numbers. `d / s.e.` is the difference over its standard error, positive where ours is better.

| set | score | ours | scikit-learn | d / s.e. |
|---|---|--:|--:|--:|
"""


# ---- Seconds ------------------------------------------------------------------------------------------

def ours(args, recipe, threads):
    train = os.path.join(args.sets_dir, "higgs_like_100k_train.csv")
    return measure.run([os.path.join(args.work, "fit"), "-t", str(threads or args.threads), train, "y", "classification", recipe],
                       args.env, 600)


def theirs(args):
    """Seconds of the same epochs in this process."""
    import pandas as pd
    from sklearn.neural_network import MLPClassifier
    x = pd.read_csv(os.path.join(args.sets_dir, "higgs_like_100k_train.csv"))
    y = x.pop("y").to_numpy()
    x = ((x - x.mean()) / x.std()).to_numpy(np.float32)
    m = MLPClassifier((64, 32), batch_size=256, max_iter=EPOCHS, n_iter_no_change=1000, random_state=0)
    start = time.perf_counter()
    m.fit(x, y)
    return {"fit_s": time.perf_counter() - start}


def second_rows(args):
    programs = {name: (lambda r=r, t=t: ours(args, r, t)) for name, (r, t) in TIMED.items()}
    programs["MLPClassifier"] = lambda: theirs(args)
    for name, runs in measure.in_turn(programs, args.rounds, 300).items():
        s = measure.median(runs, "fit_s")
        epochs = 32 if "bagging" in name else EPOCHS
        yield f"| {name} | {s:.3f} [{measure.spread(runs, 'fit_s')}] | {s / epochs:.4f} |"


# ---- Scores -------------------------------------------------------------------------------------------

def fit_peer(e, regression, seed):
    from sklearn.compose import ColumnTransformer
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    x, xt = e.imputed()
    before = ColumnTransformer([("numbers", StandardScaler(), ~e.categorical),
                                ("levels", OneHotEncoder(handle_unknown="ignore", sparse_output=False), e.categorical)])
    m = make_pipeline(before, (MLPRegressor if regression else MLPClassifier)(random_state=seed))
    m.fit(x, e.y)
    return m.predict(xt) if regression else m.predict_proba(xt)


def score_one(args, name, program, seed):
    if program == "ours":
        return gbdt.score_one(args, name, program, seed)
    e = datasets.Encoded(*datasets.split(args.data, args.work, name, seed), datasets.SETS[name]["target"],
                         datasets.is_regression(name))
    p = fit_peer(e, datasets.is_regression(name), seed)
    return (accuracy.number_scores if datasets.is_regression(name) else accuracy.class_scores)(e.yt, p)[0]


def score_rows(args):
    path = os.path.join(args.work, "mlp.jsonl")
    done = accuracy.load(path)
    for name in args.real:
        found = {}
        for program in ("ours", "skl"):
            for seed in range(args.seeds):
                key = (name, args.recipe if program == "ours" else program, program, seed)
                if key not in done:
                    done[key] = {"key": list(key), "scores": score_one(args, name, program, seed)}
                    accuracy.keep(path, done[key])
                found.setdefault(program, []).append(done[key]["scores"])
        for metric in ["rmse"] if datasets.is_regression(name) else ["accuracy", "log_loss"]:
            v = {p: np.array([s[metric] for s in found[p]]) for p in found}
            error = {p: v[p].std(ddof=1) / len(v[p]) ** 0.5 if len(v[p]) > 1 else 0.0 for p in v}
            d = (v["ours"].mean() - v["skl"].mean()) * (1 if metric == "accuracy" else -1)
            shown = " | ".join(f"{v[p].mean():.5g} ± {error[p]:.2g}" for p in ("ours", "skl"))
            row = f"| {name} | {metric} | {shown} | {d / max(1e-12, np.hypot(*error.values())):+.1f} |"
            print(row, file=sys.stderr, flush=True)
            yield row


# ---- The whole ----------------------------------------------------------------------------------------

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sets_dir", metavar="SETS")
    p.add_argument("data", metavar="DATA")
    p.add_argument("--ensemble", metavar="PATH", default="ensemble")
    p.add_argument("--real", nargs="*", default=REAL)
    p.add_argument("--recipe", default="mlp", help="of the scores")
    p.add_argument("--rounds", type=int, default=3, help="0: no seconds")
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--work", default="/tmp/bench-mlp")
    p.add_argument("--out", default=os.path.join(HERE, "mlp.md"))
    args = p.parse_args()
    warnings.filterwarnings("ignore")
    gbdt.prepare(args)
    import sklearn
    version = subprocess.run([args.ensemble, "--version"], stdout=subprocess.PIPE, text=True).stdout.split()[1]
    known = dict(rounds=args.rounds, seeds=args.seeds, threads=args.threads, date=measure.today(), machine=measure.machine(),
                 version=version, sklearn=sklearn.__version__, epochs=EPOCHS, core=os.environ.get("OPENBLAS_CORETYPE", "unset"))
    rows = list(second_rows(args)) if args.rounds else []
    load = os.getloadavg()[0]
    busy = f"Other programs ran meanwhile: the load was {load:.0f}." if load > 2.5 else "The machine was otherwise idle."
    text = HEAD.format(busy=busy, **known) + "\n".join(rows) + "\n" + SCORES.format(**known) + "\n".join(score_rows(args))
    measure.write(args.out, text + "\n")


if __name__ == "__main__":
    main()
