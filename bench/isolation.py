#!/usr/bin/python3
"""How well isolation forests find rare rows, beside scikit-learn's IsolationForest, as a Markdown table.

    isolation.py DATA --ensemble PATH             into bench/isolation.md

DATA is a folder with the CSV files of datasets.py and mammography.csv.gz. A forest is fitted on all rows without the
target, and its scores of these same rows are compared with the target.
"""
import argparse
import json
import os
import subprocess
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import accuracy                                                         # noqa: E402
import datasets                                                         # noqa: E402
import measure                                                          # noqa: E402

RECIPE = "isolation(n_estimators=100)"
SCORES = {"roc_auc": "AUC", "average_precision": "average precision"}

HEAD = """# Anomalies beside scikit-learn

Made by `bench/isolation.py DATA --seeds {seeds}` on {date}, `ensemble` {version}, scikit-learn {sklearn}.

`{recipe}` and `IsolationForest(100)`, 256 rows a tree in both, are fitted on all rows, and score these rows; the target was not
seen. Ours has the CSV as it is; scikit-learn has, for a category, its place among the sorted levels, -1 for missing, and medians
for numeric gaps. Mean over {seeds} seeds, with the standard error of that mean over the seeds; d / s.e. is the difference over its standard
error, positive where ours is better.

| set | rows | anomalies | what they are | score | ours | scikit-learn's | d / s.e. |
|---|--:|--:|---|---|--:|--:|--:|
"""


# ---- Tables: features and which rows are anomalies -------------------------------------------------------

def breast_cancer(_):
    t = datasets.read_text(os.path.join(os.path.dirname(HERE), "data", "breast_cancer.csv"))
    bad = t["diagnosis"] == "malignant"
    t = t[~bad | (bad.cumsum() <= 21)]
    return t.drop(columns="diagnosis"), t["diagnosis"] == "malignant"


def mammography(data):
    t = datasets.read_text(os.path.join(data, "mammography.csv.gz"))
    return t.drop(columns="class"), t["class"].str.strip("'") == "1"


def kddcup(data):
    t = datasets.read_text(os.path.join(data, "kddcup99_unique.csv.gz"))
    rare = t["label"].map(t["label"].value_counts()) < 100
    t = t[rare | (t["label"] == "normal")]
    return t.drop(columns="label"), t["label"] != "normal"


def soybean(data):
    t = datasets.read_text(os.path.join(data, "soybean.csv"))
    return t.drop(columns="class"), t["class"].map(t["class"].value_counts()) < 20


def wine_quality(data):
    t = datasets.read_text(os.path.join(data, "wine_quality.csv"))
    return t.drop(columns="quality"), t["quality"].isin(["3", "9"])


SETS = {
    "breast_cancer": (breast_cancer, "the first 21 malignant, with all benign"),
    "mammography": (mammography, "calcifications"),
    "kddcup99_unique": (kddcup, "attacks of fewer than 100 rows, with the normal"),
    "soybean": (soybean, "diseases of fewer than 20 rows; all categories, many gaps"),
    "wine_quality": (wine_quality, "quality 3 or 9"),
}


# ---- Runs ------------------------------------------------------------------------------------------------

def ours(args, path, seed):
    words = [args.ensemble, "train", path, "--target", "anomaly", "--learner", RECIPE, "--seed", str(seed), "--json"]
    r = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if r.returncode:
        sys.exit(f"isolation.py: failed: {' '.join(words)}")
    return json.loads(r.stdout)["scores"]["train"]


def skl(x, y, seed):
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import average_precision_score, roc_auc_score
    s = -IsolationForest(n_estimators=100, random_state=seed).fit(x).score_samples(x)
    return {"roc_auc": roc_auc_score(y, s), "average_precision": average_precision_score(y, s)}


def mean_of(runs, name):
    v = np.array([r[name] for r in runs])
    return accuracy.Mean(float(v.mean()), float(v.std(ddof=1) / np.sqrt(len(v))), np.nan)


def rows(args):
    for name in args.sets:
        maker, what = SETS[name]
        t, rare = maker(args.data)
        t = t.assign(anomaly=np.where(rare, "yes", "no"))
        path = os.path.join(args.work, f"{name}.csv")
        t.to_csv(path, index=False)
        e = datasets.Encoded(path, path, "anomaly", False)
        x, y = e.imputed()[0], e.y
        both = [[call(seed) for seed in range(args.seeds)] for call in (lambda s: ours(args, path, s),
                                                                        lambda s: skl(x, y, s))]
        for key, word in SCORES.items():
            a, b = (mean_of(runs, key) for runs in both)
            ratio, _ = accuracy.verdict(a, b, "+")
            yield (f"| {name} | {len(t)} | {int(rare.sum())} | {what} | {word} | {accuracy.show(a, 4)} | "
                   f"{accuracy.show(b, 4)} | {ratio:+.1f} |\n")
            print(name, key, a.value, b.value, file=sys.stderr, flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("data", metavar="DATA")
    p.add_argument("--ensemble", metavar="PATH", default="ensemble", help="the command (default: found in PATH)")
    p.add_argument("--seeds", type=int, default=10)
    p.add_argument("--sets", default=",".join(SETS))
    p.add_argument("--work", default="/tmp/ensemble-isolation", help="folder of the tables as they are given")
    p.add_argument("--out", default=os.path.join(HERE, "isolation.md"), help="- for standard output")
    args = p.parse_args()
    args.sets = args.sets.split(",")
    if set(args.sets) - set(SETS) or args.seeds < 2:
        p.error(f"sets are {', '.join(SETS)}; seeds at least 2")
    os.makedirs(args.work, exist_ok=True)
    import sklearn
    head = HEAD.format(seeds=args.seeds, date=measure.today(), recipe=RECIPE, sklearn=sklearn.__version__,
                       version=accuracy.version_of([args.ensemble, "--version"]))
    measure.write(args.out, head + "".join(rows(args)))


if __name__ == "__main__":
    main()
