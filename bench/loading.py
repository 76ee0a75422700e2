#!/usr/bin/python3
"""Times the reading of CSV files beside data.table, pandas and numpy.

    loading.py --ensemble PATH                       400,000 rows of events.py, into bench/loading.md
    loading.py --ensemble PATH --file FILE --target COLUMN --out -

Programs run in turn, each in a process of its own, with the file in the page cache. Ours is the
`load_seconds` of `ensemble train --learner dummy`, which includes finding the types and the levels.
"""
import argparse
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import events                                                           # noqa: E402
import measure                                                          # noqa: E402

HEAD = """# Reading CSV

Made by `{command}` on {date}: {what}, {size:.0f} MB,
{rounds} rounds in turn on {machine}.
Medians, in brackets smallest to largest; peak memory is that of the whole process.

| program | threads | s | MB/s | peak MB |
|---|--:|--:|--:|--:|
"""


def one(program, path):
    """The child's part for Python's readers."""
    with open(path, "rb") as f:
        while f.read(1 << 24):
            pass
    if program == "numpy":
        import numpy
        start = time.perf_counter()
        t = numpy.loadtxt(path, delimiter=",", skiprows=1, dtype=numpy.float64, usecols=range(28))
    else:
        import pandas
        start = time.perf_counter()
        t = pandas.read_csv(path)
    print(json.dumps({"load_s": time.perf_counter() - start, "rows": len(t)}))


def ours(args, threads):
    r = measure.run([args.ensemble, "train", args.file, "--target", args.target, "--learner", "dummy", "--threads",
                     str(threads), "--json", "-o", os.path.join(args.work, "dummy.ens")])
    return {"load_s": r["load_seconds"], "rows": r["rows"], "peak_mb": r["peak_mb"]}


def programs(args):
    """(name, threads) to a function that reads once."""
    cores = len(os.sched_getaffinity(0))
    run = {}
    for t in sorted({1, cores}):
        run["ensemble", t] = lambda t=t: ours(args, t)
        run["fread", t] = lambda t=t: measure.run(["Rscript", os.path.join(HERE, "loading.R"), args.file, str(t)])
    for name in ["pandas"] + ([] if args.given else ["numpy"]):
        run[name, 1] = lambda name=name: measure.run(
            [sys.executable, os.path.abspath(__file__), "--one", name, "--file", args.file])
    return run


def table(args, runs):
    size = os.path.getsize(args.file) / 1e6
    rows = next(iter(runs.values()))[0]["rows"]
    text = HEAD.format(command=args.shown, date=measure.today(), size=size, rounds=args.rounds,
                       what=f"{os.path.basename(args.file)}, {rows} rows", machine=measure.machine())
    for (name, threads), r in runs.items():
        t = measure.median(r, "load_s")
        text += (f"| {name} | {threads} | {t:.2f} ({measure.spread(r, 'load_s')}) | {size / t:.0f} | "
                 f"{measure.median(r, 'peak_mb'):.0f} |\n")
    return text


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--ensemble", metavar="PATH", default="ensemble")
    p.add_argument("--file", help="CSV, not compressed")
    p.add_argument("--target", default="y")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--work", default="/tmp/ensemble-loading")
    p.add_argument("--out", default=os.path.join(HERE, "loading.md"), help="- for standard output")
    p.add_argument("--one", choices=["numpy", "pandas"], help=argparse.SUPPRESS)
    args = p.parse_args()
    if args.one:
        return one(args.one, args.file)
    os.makedirs(args.work, exist_ok=True)
    args.given = args.file is not None
    args.shown = f"bench/loading.py --rounds {args.rounds}" + (" --file FILE" if args.given else "")
    if not args.given:
        args.file = os.path.join(args.work, "events.csv")
        if not os.path.exists(args.file):
            events.write(args.file, 400000, 1)
    measure.write(args.out, table(args, measure.in_turn(programs(args), args.rounds, 300)))


if __name__ == "__main__":
    main()
