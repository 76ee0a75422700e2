#!/usr/bin/env python3
"""Folds of scikit-learn without shuffling: writes folds_reference.inc beside this file.

Labels and groups are made by the formulas of test_folds.c."""
import os
import warnings

import numpy as np
from sklearn.model_selection import (GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold,
                                     TimeSeriesSplit)

warnings.simplefilter("ignore")


def labels(n):
    i = np.arange(n)
    return (i * 7 + i * i // 5) % 11 // 4


def groups(n):
    i = np.arange(n)
    return (i * i // 3 + i) % 13


def fold_of(n, splitter, *args):
    fold = np.full(n, -1)
    for f, (_, test) in enumerate(splitter.split(np.zeros(n), *args)):
        fold[test] = f
    return fold


here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "folds_reference.inc"), "w") as out:
    print("/* Made by make_folds_reference.py: what scikit-learn has. */", file=out)
    print("static const struct same same[] = {", file=out)
    for n, k in [(10, 3), (53, 5), (60, 4), (60, 2)]:
        y, g = labels(n), groups(n)
        for name, fold in [("kfold", fold_of(n, KFold(k))),
                           ("stratified", fold_of(n, StratifiedKFold(k), y)),
                           ("group", fold_of(n, GroupKFold(k), y, g)),
                           ("stratified_group", fold_of(n, StratifiedGroupKFold(k), y, g))]:
            print('    {"%s(%d, shuffle=false)", %d, "%s"},' % (
                name, k, n, "".join(map(str, fold))), file=out)
    print("};\n\nstatic const struct in_time in_time[] = {", file=out)
    for n, k, gap, test, most in [(12, 3, 0, None, None), (20, 4, 2, None, None), (20, 3, 1, 2, 5),
                                  (23, 5, 0, None, 4), (7, 6, 0, None, None)]:
        text = "time(%d" % k
        text += ", gap=%d" % gap if gap else ""
        text += ", test_size=%d" % test if test else ""
        text += ", max_train_size=%d" % most if most else ""
        for s, (a, b) in enumerate(TimeSeriesSplit(k, gap=gap, test_size=test,
                                                   max_train_size=most).split(np.zeros(n))):
            print('    {"%s)", %d, %d, %d, %d, %d, %d},' % (
                text, n, s, a[0], len(a), b[0], len(b)), file=out)
    print("};", file=out)
