#!/usr/bin/python3
"""Times forests, extremely randomised trees and bagged trees beside scikit-learn, ranger and XGBoost: one table.

    forest.py DATA --ensemble PATH                 everything, into bench/forest.md
    forest.py DATA --ensemble PATH --sets wide --tasks forest,bagging --peers skl --rounds 1

DATA is a folder as make_sets.py makes it. Programs run in turn, A B A B, each fit in a process of its own, with equal
threads. What matters most is run first, each result is kept in the --work folder at once and the table written
anew, so that the script can be stopped at any time, and goes on from there when it is called again.
"""
import argparse
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import measure                                                          # noqa: E402

SETS = {"higgs_like_100k": "classes", "covtype_like": "classes", "wide": "classes", "airline_like": "classes",
        "friedman_reg": "regression", "higgs_like_1m": "classes"}
RECIPES = {"forest": "forest(n_estimators={}, max_features=sqrt)",
           "extra_trees": "extra_trees(n_estimators={}, max_features=sqrt)",
           "bagging": "bagging(tree, n_estimators={})"}
NAMES = {"ours": "ensemble", "skl": "scikit-learn", "ranger": "ranger", "xgb": "XGBoost, depth 20"}
TWO = ["higgs_like_100k", "covtype_like"]

# (task, sets, peers, rounds), in the order of what matters. Rounds: the first, those after it, or all.
PLAN = [
    ("forest", list(SETS), ["skl"], "first"),
    ("forest", TWO, ["ranger", "xgb"], "first"),
    ("lines", ["binning", "threads", "neighbour", "iris", "growth"], [], "all"),
    ("extra_trees", TWO, ["skl"], "first"),
    ("bagging", TWO[:1], ["skl"], "first"),
    ("forest", list(SETS), ["skl"], "later"),
    ("extra_trees", TWO, ["skl"], "later"),
    ("extra_trees", ["wide", "airline_like", "friedman_reg"], ["skl"], "all"),
    ("bagging", TWO, ["skl"], "all"),
    ("forest", TWO, ["ranger", "xgb"], "later"),
    ("bagging", ["wide", "airline_like", "friedman_reg"], ["skl"], "all"),
    ("forest", ["wide", "airline_like", "friedman_reg"], ["ranger", "xgb"], "all"),
    ("extra_trees", ["higgs_like_1m"], ["skl"], "all"),
]


# ---- One run ------------------------------------------------------------------------------------------

def path(args, name, part):
    return os.path.join(args.data, f"{name}_{part}.csv")


def ours(args, *words):
    return measure.run([os.path.join(args.work, "fit"), *words], args.env, args.limit)


def ours_on(args, name, recipe, threads=None, *more):
    task = {"classes": "classification", "regression": "regression"}[SETS[name]]
    return ours(args, "-t", str(threads or args.threads), *more, path(args, name, "train"), "y", task, recipe)


def peer(args, program, work, name, times=1):
    rest = [SETS.get(name, "classes"), path(args, name, "train"), path(args, name, "test"), str(args.trees),
            str(args.threads)]
    if program == "ranger":
        return measure.run(["Rscript", os.path.join(HERE, "forest.R"), *rest], args.env, args.limit)
    words = [sys.executable, os.path.join(HERE, "forest_peers.py"), program, work, *rest, str(times)]
    return measure.run(words, {**args.env, "OMP_NUM_THREADS": str(args.threads)}, args.limit)


def fit(args, task, name, program):
    if program == "ours":
        return ours_on(args, name, RECIPES[task].format(args.trees), None, "-s", path(args, name, "test"))
    return peer(args, program, task, name)


# ---- Single lines: name -> {variant: function of args} ---------------------------------------------------

def forest_100k(args, threads=None):
    return ours_on(args, "higgs_like_100k", RECIPES["forest"].format(args.trees), threads)


def growth(rows):
    spec = f"classification(n={rows}, p=28, informative=12, redundant=8, flip_y=0.1)"
    times = "5" if rows <= 10 ** 5 else "1"
    return lambda args: ours(args, "-t", str(args.threads), "-n", times, spec, "y", "classification",
                             "forest(n_estimators=10, max_features=sqrt)")


def iris(args):
    return ours(args, "-t", str(args.threads), "-n", "500", args.iris, "species", "classification",
                f"forest(n_estimators={args.trees})")


def iris_skl(args):
    for part in ("train", "test"):
        with open(args.iris) as f, open(os.path.join(args.work, f"iris_{part}.csv"), "w") as to:
            to.write(f.read().replace("species", "y", 1))
    inside = argparse.Namespace(**{**vars(args), "data": args.work})
    return peer(inside, "skl", "forest", "iris", 20)


def lines(args):
    sizes = [10 ** 4, 10 ** 5, 10 ** 6] + ([10 ** 7] if args.large else [])
    return {
        "binning": {"ours": lambda a: ours_on(a, "higgs_like_1m", "tree(max_depth=1)", None, "-a"),
                    "skl": lambda a: peer(a, "skl", "bins", "higgs_like_1m"),
                    "xgb": lambda a: peer(a, "xgb", "bins", "higgs_like_1m")},
        "threads": {"1": lambda a: forest_100k(a, 1), "2": lambda a: forest_100k(a, 2)},
        "neighbour": {"alone": forest_100k, "beside": lambda a: measure.beside_busy(lambda: forest_100k(a))},
        "iris": {"ours": iris, "skl": iris_skl},
        "growth": {str(n): growth(n) for n in sizes},
    }


NEEDS = {"binning": "higgs_like_1m", "threads": "higgs_like_100k", "neighbour": "higgs_like_100k"}


# ---- All runs, in the order of the plan ----------------------------------------------------------------

def jobs(args):
    """(task, set or line, program, round), each once, and the function that runs it."""
    every, seen = lines(args), set()
    for task, sets, peers, which in PLAN:
        if task not in args.tasks:
            continue
        rounds = {"first": range(1), "later": range(1, args.rounds), "all": range(args.rounds)}[which]
        for turn in rounds:
            for name in sets:
                needed = NEEDS.get(name, name) if task == "lines" else name
                if needed in SETS and needed not in args.sets:
                    continue
                programs = every[name] if task == "lines" else ["ours", *peers]
                for program in programs:
                    key = (task, name, program, turn)
                    if key in seen or (program in NAMES and program not in ("ours", *args.peers)):
                        continue
                    seen.add(key)
                    yield key, every[name][program] if task == "lines" else \
                        lambda a, key=key: fit(a, key[0], key[1], key[2])


def kept(args):
    """Results so far by key: those of the same settings, ours also of the same library."""
    done = {}
    if os.path.exists(args.results):
        with open(args.results) as f:
            for r in map(json.loads, f):
                if r["settings"] == settings(args, r["key"]):
                    done[tuple(r["key"])] = r
    return done


def settings(args, key):
    task, name, program, _ = key
    of_ours = program not in NAMES or program == "ours"
    return [args.data, args.trees, args.threads] + ([args.built] if of_ours else [])


def attempt(args, key, call):
    """What the run printed, or why there is nothing."""
    start = time.perf_counter()
    try:
        said = call(args)
    except subprocess.TimeoutExpired:
        said = {"failed": f"over {args.limit:.0f} s"}
    except (SystemExit, OSError, ValueError) as e:
        said = {"failed": "failed" if isinstance(e, SystemExit) else str(e)}
    return {"key": key, "settings": settings(args, key), "took": time.perf_counter() - start, **said}


def run_all(args):
    done = kept(args)
    for key, call in jobs(args):
        before = [r for k, r in done.items() if k[:3] == key[:3]]
        if key in done and "failed" not in done[key]:
            continue
        if any(r.get("failed", "").startswith("over") for r in before):
            continue
        if key[2] in args.peers and sum(r["took"] for r in before) > args.budget:
            continue
        r = attempt(args, key, call)
        done[key] = r
        with open(args.results, "a") as f:
            f.write(json.dumps(r) + "\n")
        print(time.strftime("%H:%M:%S"), *key, {k: v for k, v in r.items() if k not in ("key", "settings")},
              file=sys.stderr, flush=True)
        write_table(args, done)
    write_table(args, done)


# ---- The table -----------------------------------------------------------------------------------------

HEAD = """# Forests beside other libraries

Made by `{command}` on {date}, {trees} trees, {threads} threads, on
{machine}. Versions: {versions}.

Medians of as many runs as the table says, programs in turn, each in a process of its own; in brackets the smallest and the
largest. Fits start with the table in memory, and what a program makes of it (bins, factors, a DMatrix) is included.
Trees are grown to the end and look at the square root of the features at a split; those of `bagging` look at all. "fit MB"
is what a process takes above the loaded table at its peak; "others" the share of the machine's processor time that anything else
took while the process lived. A peer that took more than {budget:.0f} s sat out the later rounds. The peers have numbers only:
the place of a level among the sorted ones, -1 for missing.
"""

COLUMNS = """
| set | program | runs | fit s | times ours | fit MB | times ours | cpu s | predict krow/s | score | others |
|---|---|--:|--:|--:|--:|--:|--:|--:|---|--:|
"""


def find(done, task, name, program):
    return [r for k, r in sorted(done.items()) if k[:3] == (task, name, program)]


def good(done, task, name, program):
    return [r for r in find(done, task, name, program) if "failed" not in r]


def median(runs, key):
    return measure.median(runs, key) if runs else math.nan


def score(r):
    shown = (("roc_auc", "AUC"), ("accuracy", "accuracy"), ("rmse", "RMSE"))
    return ", ".join(f"{word} {r[key]:.4f}" for key, word in shown if key in r)


def times(a, b):
    return f"{a / b:.1f}" if b > 0 and a == a else ""


def row(done, task, name, program):
    runs, base = good(done, task, name, program), good(done, task, name, "ours")
    if not runs:
        failed = find(done, task, name, program)
        return f"| {name} | {NAMES[program]} | 0 | {failed[0]['failed']} | | | | | | | |\n" if failed else ""
    s, mb = median(runs, "fit_s"), median(runs, "fit_mb")
    others = sum(r["others_cpu_s"] for r in runs) / sum(r["others_cpu_s"] + r["cpu_s"] for r in runs)
    label = f"{name}, {runs[0]['rows']} x {runs[0]['features']}" if program == "ours" else name
    return (f"| {label} | {NAMES[program]} | {len(runs)} | {s:.2f} ({measure.spread(runs, 'fit_s')}) | "
            f"{times(s, median(base, 'fit_s'))} | {mb:.0f} | {times(mb, median(base, 'fit_mb'))} | "
            f"{median(runs, 'cpu_s'):.1f} | {runs[0]['test_rows'] / median(runs, 'predict_s') / 1000:.0f} | "
            f"{score(runs[0])} | {100 * others:.0f} % |\n")


def line(done, name, key, scale, unit, words):
    """One line: the medians of its variants, and how they compare."""
    found = [(v, good(done, "lines", name, v)) for v in words]
    told = [f"{words[v]} {scale * median(r, key):.3g} {unit} ({len(r)})" for v, r in found if r]
    ratio = times(median(found[1][1], key), median(found[0][1], key)) if len(told) > 1 else ""
    return f"| {', '.join(told)} | {ratio} |\n" if told else ""


def single(done):
    peers = {"ours": "ensemble", "skl": "scikit-learn", "xgb": "XGBoost"}
    rows = [("Binning 1,000,000 x 28", line(done, "binning", "time", 1, "s", peers)),
            ("`forest` on higgs_like_100k by threads", line(done, "threads", "fit_s", 1, "s",
                                                            {"2": "two", "1": "one"})),
            ("The same beside a process that keeps one core busy",
             line(done, "neighbour", "fit_s", 1, "s", {"alone": "alone", "beside": "beside"})),
            ("`forest` on iris, 150 x 4", line(done, "iris", "fit_s", 1000, "ms", peers))]
    text = "".join(f"| {what} {told}" for what, told in rows if told)
    return "\n## Single figures\n\nIn brackets the runs; the ratio is that of the second to the first.\n\n" \
           "| what | medians | ratio |\n|---|---|--:|\n" + text if text else ""


def growth_table(args, done):
    found = [(int(n), median(good(done, "lines", "growth", n), "fit_s")) for n in lines(args)["growth"]]
    found = [(n, s) for n, s in found if s == s]
    if len(found) < 2:
        return ""
    text = "\n## Growth with the rows\n\n`forest(n_estimators=10)` on 28 made-up numbers (`classification` of `ensemble " \
           "generate`), binning included; constant ns mean n log n.\n\n| rows | fit s | ns / (n log2 n) |\n|--:|--:|--:|\n"
    text += "".join(f"| {n} | {s:.3f} | {1e9 * s / (n * math.log2(n)):.1f} |\n" for n, s in found)
    return text + plot(found)


def plot(found):
    """In text, by gnuplot, if it is there: seconds over rows, and n log n through the first point."""
    if shutil.which("gnuplot") is None:
        return ""
    n, s = found[0]
    script = "set terminal dumb 90 24\nset logscale xy\nset key left top\nset xlabel 'rows'\nset ylabel 's'\n" \
             f"plot [{n / 2}:{found[-1][0] * 2}] {s / (n * math.log(n))} * x * log(x) title 'n log n' with dots, " \
             "'-' title 'measured' with points pt 'O'\n" + "".join(f"{a} {b}\n" for a, b in found) + "e\n"
    r = subprocess.run(["gnuplot"], input=script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    kept_lines = [x.rstrip() for x in r.stdout.replace("\f", "").splitlines() if x.strip()]
    return "\n```\n" + "\n".join(kept_lines) + "\n```\n" if kept_lines else ""


def write_table(args, done):
    for k, r in done.items():                                   # what a line of binning compares
        if k[:2] == ("lines", "binning") and "failed" not in r:
            r["time"] = r.get("bins_s", r["fit_s"])
    text = HEAD.format(command=args.shown, date=measure.today(), trees=args.trees, threads=args.threads,
                       machine=measure.machine(), versions=args.versions, budget=args.budget)
    for task in RECIPES:
        rows = "".join(row(done, task, name, program) for name in SETS for program in NAMES)
        if rows:
            text += f"\n## `{RECIPES[task].format(args.trees)}`\n{COLUMNS}{rows}"
    text += single(done) + growth_table(args, done)
    if args.out != "-":
        measure.write(args.out + ".new", text)
        os.replace(args.out + ".new", args.out)


# ---- Set-up --------------------------------------------------------------------------------------------

def prepare(args):
    """Compile fit.c against the library beside the command; see which sets and peers there are."""
    there = os.path.dirname(os.path.realpath(shutil.which(args.ensemble) or sys.exit(f"no {args.ensemble}")))
    places = [os.path.join(there, d) for d in (".", ".libs", "../lib", "../lib64")]
    libs = next((d for d in places if os.path.exists(os.path.join(d, "libensemble.so"))), None)
    if libs is None:
        sys.exit(f"forest.py: no libensemble.so in {', '.join(places)}")
    os.makedirs(args.work, exist_ok=True)
    args.results = os.path.join(args.work, "results.jsonl")
    args.built = int(os.stat(os.path.join(libs, "libensemble.so")).st_mtime)
    args.env = {"LD_LIBRARY_PATH": libs, "OMP_NUM_THREADS": str(args.threads)}
    subprocess.run([os.environ.get("CC", "cc"), "-O2", f"-I{os.path.dirname(HERE)}/include", "-o",
                    os.path.join(args.work, "fit"), os.path.join(HERE, "fit.c"), f"-L{libs}", "-lensemble"], check=True)
    for name in [s for s in args.sets if not os.path.exists(path(args, s, "train"))]:
        print(f"forest.py: no {path(args, name, 'train')}: left out", file=sys.stderr)
        args.sets.remove(name)
    args.versions = versions(args)


def versions(args):
    """Of all programs; a peer that is not installed is left out."""
    ask = {"skl": [sys.executable, "-c", "import sklearn; print(sklearn.__version__)"],
           "xgb": [sys.executable, "-c", "import xgboost; print(xgboost.__version__)"],
           "ranger": ["Rscript", "-e", "cat(format(packageVersion('ranger')))"]}
    told = [subprocess.run([args.ensemble, "--version"], stdout=subprocess.PIPE, text=True,
                           env={**os.environ, **args.env}).stdout.split("\n")[0]]
    for name in list(args.peers):
        r = subprocess.run(ask[name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) \
            if shutil.which(ask[name][0]) else None
        if r is None or r.returncode:
            print(f"forest.py: {NAMES[name]} is not installed: left out", file=sys.stderr)
            args.peers.remove(name)
        else:
            told.append(f"{NAMES[name].split(',')[0]} {r.stdout.strip()}")
    return ", ".join(told)


def interrupt(*_):
    """Ends the run that is under way, too."""
    raise KeyboardInterrupt


def some_of(known):
    def parse(text):
        words = text.split(",")
        if set(words) - set(known):
            raise argparse.ArgumentTypeError(f"`{text}`: some of {', '.join(known)}, separated by commas")
        return words
    return parse


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("data", metavar="DATA")
    p.add_argument("--ensemble", metavar="PATH", default="ensemble", help="the command; its library stands beside it, "
                   "in .libs or in ../lib")
    tasks = [*RECIPES, "lines"]
    p.add_argument("--tasks", type=some_of(tasks), default=tasks, help=f"of {', '.join(tasks)} (single figures)")
    p.add_argument("--sets", type=some_of(SETS), default=list(SETS), help=f"of {', '.join(SETS)}")
    p.add_argument("--peers", type=some_of(list(NAMES)[1:]), default=list(NAMES)[1:], help="of skl, ranger, xgb")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--trees", type=int, default=100)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--budget", type=float, default=120, help="seconds after which a peer sits out the later rounds of "
                   "a set (%(default).0f)")
    p.add_argument("--limit", type=float, default=1200, help="seconds after which a run is given up (%(default).0f)")
    p.add_argument("--large", action="store_true", help="growth up to 10,000,000 rows: takes 6 GB")
    p.add_argument("--iris", default=os.path.join(os.path.dirname(HERE), "data", "iris.csv"), help=argparse.SUPPRESS)
    p.add_argument("--work", default="/tmp/ensemble-forest", help="folder of kept results; remove it to begin anew")
    p.add_argument("--out", default=os.path.join(HERE, "forest.md"))
    args = p.parse_args()
    args.data = os.path.abspath(args.data)
    args.shown = f"bench/forest.py DATA --rounds {args.rounds} --budget {args.budget:.0f}"
    signal.signal(signal.SIGTERM, interrupt)
    prepare(args)
    try:
        run_all(args)
    except KeyboardInterrupt:
        sys.exit("forest.py: stopped; call it again to go on")


if __name__ == "__main__":
    main()
