"""Runs programs one after the other and tells what each used."""
import datetime
import json
import os
import signal
import statistics
import subprocess
import sys
import time


def machine():
    """One line: processor, cores, memory."""
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "unknown CPU")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2 ** 30
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB"


def today():
    return datetime.date.today().strftime("%-d %B %Y")


def busy_seconds():
    """Processor seconds of everything that ran on the machine since it started."""
    with open("/proc/stat") as f:
        v = [int(x) for x in f.readline().split()[1:9]]
    return (v[0] + v[1] + v[2] + v[5] + v[6]) / os.sysconf("SC_CLK_TCK")


def watch(words):
    """Run a program that prints one JSON object; print it with what the program used added to it."""
    before = busy_seconds()
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    text = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(words)}")
    cpu = used.ru_utime + used.ru_stime
    print(json.dumps({**json.loads(text), "peak_mb": used.ru_maxrss / 1024, "cpu_s": cpu,
                      "others_cpu_s": max(0.0, busy_seconds() - before - cpu)}))


def run(words, env=None, limit=None):
    """The JSON object of a program, with its peak_mb, cpu_s, and others_cpu_s of all else meanwhile. After limit
    seconds it is killed, and subprocess.TimeoutExpired raised.

    A small process stands between: the kernel lets a child start with the peak memory of its parent."""
    child = subprocess.Popen([sys.executable, os.path.abspath(__file__), *words], stdout=subprocess.PIPE, text=True,
                             env={**os.environ, **(env or {})}, start_new_session=True)
    try:
        text, _ = child.communicate(timeout=limit)
    finally:
        if child.poll() is None:                                # too slow, or we were interrupted
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    if child.returncode:
        sys.exit(child.returncode)
    return json.loads(text)


def in_turn(programs, rounds, budget):
    """Call each of {name: function} in turn, A B C A B C, and collect what they return by name. One that has taken
    more than budget seconds sits out the later rounds."""
    runs, spent = {name: [] for name in programs}, dict.fromkeys(programs, 0.0)
    for turn in range(rounds):
        for name, call in programs.items():
            if spent[name] > budget:
                continue
            start = time.perf_counter()
            runs[name].append(call())
            spent[name] += time.perf_counter() - start
            print(f"{turn + 1}/{rounds} {name}: {json.dumps(runs[name][-1])}", file=sys.stderr, flush=True)
    return runs


def beside_busy(call):
    """Call while another process keeps one core busy."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        return call()
    finally:
        busy.kill()
        busy.wait()


def median(runs, key):
    return statistics.median(r[key] for r in runs)


def spread(runs, key):
    """Smallest and largest, as text."""
    v = [r[key] for r in runs]
    return f"{min(v):.2f}-{max(v):.2f}"


def write(path, text):
    sys.stdout.write(text) if path == "-" else open(path, "w").write(text)


if __name__ == "__main__":
    watch(sys.argv[1:])
