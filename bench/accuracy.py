#!/usr/bin/python3
"""Test scores of `ensemble` beside scikit-learn's and ranger's, as a Markdown table.

    accuracy.py DATA --ensemble PATH              everything, into bench/accuracy.md
    accuracy.py DATA --part peers --peers skl     only the peers' scores, kept in WORK/peers.jsonl

DATA is a folder with the CSV files named in datasets.py. Peers' scores are kept between runs: only those that are
missing are computed. What a peer is given is told in peers.py.
"""
import argparse
import collections
import json
import math
import os
import subprocess
import sys
import warnings

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import measure                                                          # noqa: E402
import peers                                                            # noqa: E402
import datasets                                                           # noqa: E402

MAIN = ["adult", "california_housing", "letter", "titanic", "kddcup99_unique"]
SHOWN = {"accuracy": "+", "roc_auc": "+", "log_loss": "-", "rmse": "-"}      # +: more is better

HEAD = """# Accuracy beside scikit-learn and ranger

Made by `{command}`
on {date}, `ensemble` {version}, scikit-learn {sklearn}, ranger {ranger}, {seeds} seeds.

- **Splits.** adult and letter have their published training and test parts, and the seed changes the model
  only; the others are split at random by the seed, three quarters to train on, by class where there are
  classes. titanic's `Name`, an identifier, is given to no program.
- **ours** is `ensemble train --learner 'LEARNER' --seed SEED`, then `ensemble evaluate`, on the CSV as it is,
  gaps and categories included.
- **skl** has, for a category, its place among the sorted levels (of both parts, so that a level not seen in
  training has a sensible place), -1 for missing, and medians for numeric gaps. **ranger** has categories as
  factors ordered by the target (`respect.unordered.factors='order'`), **ranger_codes** by the number of their
  level (`'ignore'`, its default), both with a level for missing and medians for numeric gaps. Forests have 300
  full-depth trees and the square root of the features at a split, for regression all of them. `naive_bayes` of
  skl is one GaussianNB a number and one CategoricalNB a category, log-likelihoods added, each where its value
  is present.
- **A score** is the mean over the seeds with the standard error of that mean over the seeds (for a fixed split
  that is the model's own noise, 0 if it has none). **test s.e.** is the error that one score has from there
  being only so many test rows.
- **d / s.e.** is the difference, positive where ours is better, over the standard error of the difference,
  sqrt(s.e.^2 + s.e.^2) of the two means. **verdict**: `equal` within one of these, else `better` or `worse`;
  in brackets the difference in test s.e., which says whether it matters. Two equal programs differ by more
  than one s.e. in a third of the rows with a fixed split, by chance alone.
- **Not unseen.** How ties, ends of nodes and rare levels are treated was chosen with these test parts in view (see
  README.md), so `better` on adult and titanic is in part of that choice's making.
"""


# ---- Scores -----------------------------------------------------------------------------------------

def auc_error(auc, n1, n0):
    """Hanley and McNeil (1982)."""
    q1, q2 = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    return math.sqrt((auc * (1 - auc) + (n1 - 1) * (q1 - auc * auc) + (n0 - 1) * (q2 - auc * auc)) / (n1 * n0))


def class_scores(y, p):
    """Scores and their standard errors from the number of test rows."""
    n = len(y)
    at = np.where(y >= 0, p[np.arange(n), y], 0.0)
    loss = -np.log(np.clip(at, 2.0 ** -52, 1 - 2.0 ** -52))
    hit = float((p.argmax(axis=1) == y).mean())
    scores = {"accuracy": hit, "log_loss": float(loss.mean())}
    errors = {"accuracy": math.sqrt(hit * (1 - hit) / n), "log_loss": float(loss.std() / math.sqrt(n))}
    if p.shape[1] == 2:
        from sklearn.metrics import roc_auc_score
        scores["roc_auc"] = float(roc_auc_score(y, p[:, 1]))
        errors["roc_auc"] = auc_error(scores["roc_auc"], int((y == 1).sum()), int((y == 0).sum()))
    return scores, errors


def number_scores(y, p):
    square = (y - p) ** 2
    rmse = math.sqrt(square.mean())
    return {"rmse": rmse}, {"rmse": float(square.std() / math.sqrt(len(y)) / (2 * rmse))}


# ---- Runs -------------------------------------------------------------------------------------------

def load(path):
    """Records by (set, learner, peer, seed); a later one replaces an earlier."""
    if not os.path.exists(path):
        return {}
    with open(path) as f:
        return {tuple(r["key"]): r for r in map(json.loads, f)}


def keep(path, record):
    with open(path, "a") as f:
        f.write(json.dumps(record) + "\n")


def jobs(args):
    """(set, learner, seed) of all runs, whole sets at a time."""
    for name in args.sets:
        for learner in args.learners:
            if learner == "naive_bayes" and datasets.is_regression(name):
                continue
            for seed in range(args.seeds):
                yield name, learner, seed


def run_peers(args):
    path = os.path.join(args.work, "peers.jsonl")
    done = load(path)
    encoded = None, None
    for name, learner, seed in jobs(args):
        todo = [p for p in peers.PEERS[learner] if p in args.peers and (name, learner, p, seed) not in done]
        if not todo:
            continue
        files = datasets.split(args.data, args.work, name, seed)
        target, regression = datasets.SETS[name]["target"], datasets.is_regression(name)
        if encoded[0] != files:
            encoded = files, datasets.Encoded(*files, target, regression)
        e = encoded[1]
        for peer in todo:
            p = peers.predict(learner, peer, files, target, e, seed)
            scores, errors = number_scores(e.yt, p) if regression else class_scores(e.yt, p)
            keep(path, {"key": [name, learner, peer, seed], "scores": scores, "errors": errors})
            print(name, learner, peer, seed, {k: round(v, 5) for k, v in scores.items()}, flush=True)


def command(args, *words):
    r = subprocess.run([args.ensemble, *words], stdout=subprocess.PIPE, text=True)
    if r.returncode:
        sys.exit(f"accuracy.py: failed: {args.ensemble} {' '.join(words)}")
    return json.loads(r.stdout)


def run_ours(args):
    path, model = os.path.join(args.work, "ours.jsonl"), os.path.join(args.work, "model.ens")
    for name, learner, seed in jobs(args):
        train, test = datasets.split(args.data, args.work, name, seed)
        task = "regression" if datasets.is_regression(name) else "classification"
        fit = command(args, "train", train, "--target", datasets.SETS[name]["target"], "--task", task,
                      "--learner", learner, "--seed", str(seed), "--threads", str(args.threads), "--json",
                      "-o", model)
        scores = command(args, "evaluate", model, test, "--json")["scores"]
        scores = {k: v for k, v in scores.items() if k in SHOWN}
        keep(path, {"key": [name, learner, "ours", seed], "scores": scores, "fit_seconds": fit["fit_seconds"],
                    "model_bytes": fit["model_bytes"]})
        print(name, learner, "ours", seed, {k: round(v, 5) for k, v in scores.items()}, flush=True)


# ---- The table --------------------------------------------------------------------------------------

Mean = collections.namedtuple("Mean", "value error test")


def mean_of(records, metric):
    """Mean over seeds, its standard error, the mean test error of one score; None without records."""
    v = [r["scores"][metric] for r in records if metric in r["scores"]]
    t = [r["errors"][metric] for r in records if metric in r.get("errors", {})]
    if not v:
        return None
    error = float(np.std(v, ddof=1) / math.sqrt(len(v))) if len(v) > 1 else 0.0
    return Mean(float(np.mean(v)), error, float(np.mean(t)) if t else math.nan)


def verdict(ours, peer, sign):
    """d in standard errors, and a word."""
    d = (ours.value - peer.value) * (1 if sign == "+" else -1)
    se = math.hypot(ours.error, peer.error)
    tiny = 1e-9 * max(abs(ours.value), abs(peer.value))
    ratio = 0.0 if abs(d) <= tiny else d / se if se > 0 else math.copysign(math.inf, d)
    word = "equal" if abs(ratio) <= 1 else "better" if d > 0 else "worse"
    return ratio, f"{word} ({d / peer.test:+.2f})" if peer.test > 0 else word


def digits_of(m):
    """Decimals that show a figure of its standard error: 1 for large values, else 4 to 6."""
    if abs(m.value) >= 1000:
        return 1
    return min(6, max(4, 1 - math.floor(math.log10(m.error)))) if m.error > 0 else 4


def show(m, digits):
    return f"{m.value:.{digits}f} ± {m.error:.{digits}f}"


def rows(args, records):
    for name in args.sets:
        for learner in args.learners:
            for metric, sign in SHOWN.items():
                def mean(who):
                    found = [records.get((name, learner, who, s)) for s in range(args.seeds)]
                    return mean_of([r for r in found if r], metric)
                ours = mean("ours")
                for peer in peers.PEERS[learner]:
                    theirs = mean(peer)
                    if theirs is None:
                        continue
                    ratio, word = verdict(ours, theirs, sign) if ours else (math.nan, "")
                    digits = digits_of(theirs)
                    yield (name, f"`{learner}`", metric, show(ours, digits) if ours else "", peer,
                           show(theirs, digits), f"{theirs.test:.{digits}f}",
                           f"{ratio:+.1f}" if ours else "", word)


def version_of(words):
    try:
        return subprocess.run(words, stdout=subprocess.PIPE, text=True).stdout.splitlines()[0].split()[-1]
    except (OSError, IndexError):
        return "?"


def further_sections(path):
    """What was written behind the table by hand, from its first heading."""
    if not os.path.exists(path):
        return ""
    with open(path) as f:
        _, heading, rest = f.read().partition("\n## ")
    return heading + rest


def write_table(args):
    import sklearn
    records = {**load(os.path.join(args.work, "peers.jsonl")), **load(os.path.join(args.work, "ours.jsonl"))}
    text = HEAD.format(command=args.shown, date=measure.today(), seeds=args.seeds,
                       version=version_of([args.ensemble, "--version"]) if args.ensemble else "?",
                       sklearn=sklearn.__version__,
                       ranger=version_of(["Rscript", "-e", "cat(format(packageVersion('ranger')))"]))
    text += "\n| set | learner | score | ours | peer | peer's | test s.e. | d / s.e. | verdict |\n"
    text += "|---|---|---|--:|---|--:|--:|--:|---|\n"
    for row in rows(args, records):
        text += "| " + " | ".join(row) + " |\n"
    measure.write(args.out, text + further_sections(args.out))


def arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("data", metavar="DATA")
    p.add_argument("--ensemble", metavar="PATH", default="ensemble", help="the command (default: found in PATH)")
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--sets", default=",".join(MAIN), help=f"of {', '.join(datasets.SETS)} (default: the first five)")
    p.add_argument("--learners", default=";".join(peers.PEERS), help="separated by ; (default: all of peers.py)")
    p.add_argument("--peers", default="skl,ranger,ranger_codes")
    p.add_argument("--part", action="append", choices=["peers", "ours", "table"], help="default: all three")
    p.add_argument("--threads", type=int, default=0, help="of ours; changes no score")
    p.add_argument("--work", default="/tmp/ensemble-accuracy", help="folder of splits and kept scores")
    p.add_argument("--out", default=os.path.join(here, "accuracy.md"))
    a = p.parse_args()
    a.shown = f"bench/accuracy.py DATA --seeds {a.seeds} --sets {a.sets}"
    a.sets, a.peers, a.learners = a.sets.split(","), a.peers.split(","), a.learners.split(";")
    unknown = [s for s in a.sets if s not in datasets.SETS] + [x for x in a.learners if x not in peers.PEERS]
    if unknown:
        p.error(f"unknown: {', '.join(unknown)}")
    return a


def main():
    args = arguments()
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    os.makedirs(args.work, exist_ok=True)
    part = args.part or ["peers", "ours", "table"]
    if "peers" in part:
        run_peers(args)
    if "ours" in part:
        run_ours(args)
    if "table" in part:
        write_table(args)


if __name__ == "__main__":
    main()
