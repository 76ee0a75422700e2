"""The tables of accuracy.py: which there are, how each is split, and what peers are given of them.

A table is read as text and written as text, so that every program infers types from the same bytes.
"""
import gzip
import os

import numpy as np
import pandas as pd

# target; drop: identifiers that no program is given; fixed: rows of the usual training part;
# test: a file of its own. Without either the split is random, by seed, 75 to 25.
SETS = {
    "adult": dict(file="adult_train.csv.gz", test="adult_test.csv.gz", target="income"),
    "california_housing": dict(file="california_housing.csv.gz", target="median_house_value", regression=True),
    "letter": dict(file="letter.csv.gz", target="letter", fixed=16000),
    "kin8nm": dict(file="kin8nm.csv.gz", target="y", regression=True),
    "titanic": dict(file="titanic.csv", target="Survived", drop=["Name"]),
    "kddcup99_unique": dict(file="kddcup99_unique.csv.gz", target="label"),
    "concrete": dict(file="concrete.csv", target="strength", regression=True),
    "kin8nm": dict(file="kin8nm.csv.gz", target="y", regression=True),
    "german_credit": dict(file="german_credit.csv", target="class"),
    "soybean": dict(file="soybean.csv", target="class"),
    "spambase": dict(file="spambase.csv.gz", target="type"),
    "diamonds": dict(file="diamonds.csv.gz", target="price", regression=True),
    "higgs7k": dict(file="higgs7k_train.csv.gz", test="higgs7k_test.csv", target="label"),
    "bike_sharing_hour": dict(file="bike_sharing_hour.csv.gz", target="cnt", regression=True),
    "wine_quality": dict(file="wine_quality.csv", target="quality", regression=True),
}


def read_text(path):
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path)
    with opened as f:
        return pd.read_csv(f, dtype=str, keep_default_na=False)


def is_regression(name):
    return SETS[name].get("regression", False)


def is_fixed(name):
    return "fixed" in SETS[name] or "test" in SETS[name]


def parts(data, name, seed):
    """The training and the test part of a set as text."""
    s = SETS[name]
    whole = read_text(os.path.join(data, s["file"])).drop(columns=s.get("drop", []))
    if "test" in s:
        return whole, read_text(os.path.join(data, s["test"])).drop(columns=s.get("drop", []))
    if "fixed" in s:
        return whole.iloc[:s["fixed"]], whole.iloc[s["fixed"]:]
    from sklearn.model_selection import train_test_split
    strata = None if is_regression(name) else whole[s["target"]]
    return train_test_split(whole, test_size=0.25, random_state=seed, stratify=strata)


def split(data, work, name, seed):
    """Paths of the two CSV files of this split, written if they are not there yet."""
    tag = name if is_fixed(name) else f"{name}-{seed}"
    paths = [os.path.join(work, f"{tag}-{part}.csv") for part in ("train", "test")]
    if not all(map(os.path.exists, paths)):
        for path, rows in zip(paths, parts(data, name, seed)):
            new = f"{path}.{os.getpid()}"                  # another run may write it too
            rows.to_csv(new, index=False)
            os.replace(new, path)
    return paths


class Encoded:
    """A split as numbers: the place among the sorted levels of both parts for categories, so that a level not
    seen in training gets a sensible place (a favour to the peers).

    A column is numeric if every present value of the training part is a number. Missing is NaN in a
    number, -1 in a category. The target is its class number, -1 for a class not seen in training.
    """

    def __init__(self, train_path, test_path, target, regression):
        train, test = read_text(train_path), read_text(test_path)
        self.names = [c for c in train.columns if c != target]
        numbers = {c: pd.to_numeric(train[c].replace("", np.nan), errors="coerce") for c in self.names}
        self.categorical = np.array([bool((numbers[c].isna() & (train[c] != "")).any()) for c in self.names])
        self.x, self.xt = np.empty((len(train), len(self.names))), np.empty((len(test), len(self.names)))
        for j, c in enumerate(self.names):
            if self.categorical[j]:
                levels = {v: i for i, v in enumerate(sorted((set(train[c]) | set(test[c])) - {""}))}
                levels[""] = -1
                self.x[:, j], self.xt[:, j] = train[c].map(levels), test[c].map(levels)
            else:
                self.x[:, j] = numbers[c]
                self.xt[:, j] = pd.to_numeric(test[c].replace("", np.nan))
        self.classes = None if regression else sorted(set(train[target]))
        self.y, self.yt = (self._target(t[target]) for t in (train, test))

    def _target(self, column):
        if self.classes is None:
            return column.astype(float).to_numpy()
        number = {v: i for i, v in enumerate(self.classes)}
        return column.map(number).fillna(-1).astype(int).to_numpy()

    def imputed(self):
        """Training and test features with numeric gaps filled by the training median."""
        fill = np.nan_to_num(np.nanmedian(self.x, axis=0))
        return [np.where(np.isnan(x), fill, x) for x in (self.x, self.xt)]
