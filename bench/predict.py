#!/usr/bin/python3
"""Times the predictions of a full-depth forest of 100 trees beside scikit-learn and ranger, and of one row in C.

    predict.py DATA --build DIR      DATA holds TRAIN.csv and TEST.csv, see --train and --test; into bench/predict.md

DIR is the folder where `make` ran. Each program fits its forest once and predicts the test rows several times, with
them in memory; medians, in brackets smallest to largest.
"""
import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import measure                                                          # noqa: E402

HEAD = """# Predicting with a forest

Made by `{command}` on {date}: {rows} rows of {features} features, {threads} threads, {times} predictions each, on
{machine}. Forests of {trees} full-depth trees, {train} rows to fit. Versions: {versions}.

## Batches

| program | krow/s | seconds | times ours | model, MB | compressed by gzip, MB | nodes | bytes a node |
|---|--:|--:|--:|--:|--:|--:|--:|
"""

ROWS = """
## One row at a time

`ens_model_predict_row()`, one thread, {asked} different rows, microseconds a row.

| model | median | 99th percentile | mean |
|---|--:|--:|--:|
"""


# ---- The peers, each in a process of its own ----------------------------------------------------------

def sklearn_child(train, test, trees, threads, times):
    import numpy as np
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier

    def arrays(path):
        t = pd.read_csv(path)
        y = t.pop("y")
        return np.ascontiguousarray(t.to_numpy(dtype=np.float32)), y.to_numpy()
    m = RandomForestClassifier(trees, n_jobs=threads, random_state=1).fit(*arrays(train))
    x, _ = arrays(test)
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        m.predict_proba(x)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"rows": len(x), "seconds": seconds, "nodes": sum(e.tree_.node_count for e in m.estimators_)}))


def skl(args):
    return measure.run([sys.executable, os.path.abspath(__file__), args.data, "--child", "--train", args.train, "--test",
                        args.test, "--trees", str(args.trees), "--threads", str(args.threads), "--times",
                        str(args.times)])


def ranger(args):
    return measure.run(["Rscript", os.path.join(HERE, "predict.R"), args.train, args.test, "y", str(args.trees),
                        str(args.threads), str(args.times), args.work])


# ---- Ours ------------------------------------------------------------------------------------------------

def command(args, *words, **more):
    return subprocess.run([os.path.join(args.build, ".libs", "ensemble"), *words], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=args.env, **more).stdout


def fitted(args, name, learner):
    path = os.path.join(args.work, name)
    command(args, "train", args.train, "--target", "y", "--learner", learner, "--seed", "1", "-o", path)
    return path


def ours(args):
    path = fitted(args, "forest.ens", f"forest(n_estimators={args.trees})")
    seconds, rows = [], 0
    for _ in range(args.times):
        said = json.loads(command(args, "evaluate", path, args.test, "--threads", str(args.threads), "--json"))
        seconds.append(said["predict_seconds"])
        rows = said["rows"]
    with open(path, "rb") as f:
        packed = len(gzip.compress(f.read(), 6))
    with open(path, "rb") as f:
        header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
    nodes = next(t["shape"][0] for name, t in header.items() if name.endswith("/feature"))
    return {"rows": rows, "seconds": seconds, "nodes": nodes, "bytes": os.path.getsize(path), "packed_bytes": packed}


def one_row(args):
    """(model, what row.c says) of a deep and a shallow forest."""
    program = os.path.join(args.work, "row")
    libs = os.path.join(args.build, ".libs")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", f"-I{os.path.dirname(HERE)}/include", "-o", program,
                    os.path.join(HERE, "row.c"), f"-L{libs}", "-lensemble", f"-Wl,-rpath,{libs}"], check=True)
    shallow = fitted(args, "shallow.ens", "forest(n_estimators=200, max_depth=6)")
    for name, path in ((f"{args.trees} full-depth trees", os.path.join(args.work, "forest.ens")),
                       ("200 trees of depth 6", shallow)):
        said = subprocess.run([program, path, args.test, "y"], check=True, text=True, stdout=subprocess.PIPE,
                              env=args.env).stdout
        yield name, json.loads(said)


# ---- The table ---------------------------------------------------------------------------------------------

NAMES = {"ours": "ensemble", "skl": "scikit-learn", "ranger": "ranger"}


def versions(args):
    import sklearn
    r = subprocess.run(["Rscript", "-e", "cat(format(packageVersion('ranger')))"], stdout=subprocess.PIPE, text=True)
    return f"{command(args, '--version').splitlines()[0]}, scikit-learn {sklearn.__version__}, ranger {r.stdout}"


def batch_row(name, r, base):
    middle = statistics.median(r["seconds"])
    size = [f"{r[k] / 1e6:.1f}" if k in r else "" for k in ("bytes", "packed_bytes")]
    each = f"{r['bytes'] / r['nodes']:.1f}" if "bytes" in r else ""
    return (f"| {NAMES[name]} | {r['rows'] / middle / 1000:.0f} | {middle:.3f} "
            f"({min(r['seconds']):.3f}-{max(r['seconds']):.3f}) | {middle / base:.1f} | {size[0]} | {size[1]} | "
            f"{r['nodes']} | {each} |\n")


def report(args, runs, rows):
    with open(args.train) as f:
        features, train = f.readline().count(","), sum(1 for _ in f)
    text = HEAD.format(command="bench/predict.py DATA --build DIR", date=measure.today(), machine=measure.machine(),
                       rows=runs["ours"]["rows"], features=features, train=train, threads=args.threads,
                       times=args.times, trees=args.trees, versions=versions(args))
    base = statistics.median(runs["ours"]["seconds"])
    text += "".join(batch_row(name, r, base) for name, r in runs.items())
    text += ROWS.format(asked=rows[0][1]["rows"])
    for name, r in rows:
        text += f"| {name} | {r['median_us']:.2f} | {r['p99_us']:.2f} | {r['mean_us']:.2f} |\n"
    return text


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("data", metavar="DATA")
    p.add_argument("--build", metavar="DIR", default=os.path.join(os.path.dirname(HERE), "build"))
    p.add_argument("--train", default="higgs_like_100k_train.csv", help="in DATA, with a two-class target y")
    p.add_argument("--test", default="higgs_like_100k_test.csv")
    p.add_argument("--trees", type=int, default=100)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--times", type=int, default=5)
    p.add_argument("--programs", default="skl,ranger", help="beside ours")
    p.add_argument("--work", default="/tmp/ensemble-predict")
    p.add_argument("--out", default=os.path.join(HERE, "predict.md"), help="- for standard output")
    p.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = p.parse_args()
    args.train, args.test = os.path.join(args.data, args.train), os.path.join(args.data, args.test)
    if args.child:
        return sklearn_child(args.train, args.test, args.trees, args.threads, args.times)
    os.makedirs(args.work, exist_ok=True)
    args.env = {**os.environ, "LD_LIBRARY_PATH": os.path.join(args.build, ".libs")}
    if shutil.which("Rscript") is None:
        args.programs = ",".join(x for x in args.programs.split(",") if x != "ranger")
    runs = {"ours": ours(args)}
    for name in filter(None, args.programs.split(",")):
        runs[name] = {"skl": skl, "ranger": ranger}[name](args)
    measure.write(args.out, report(args, runs, list(one_row(args))))


if __name__ == "__main__":
    main()
