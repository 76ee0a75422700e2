#!/usr/bin/python3
"""make.py DIR - write iris, wine, breast_cancer and diabetes into DIR, from Debian's python3-sklearn.

Numbers keep the spelling that they have in the package; the label comes last.
"""
import csv
import gzip
import os
import sys

import sklearn.datasets

SOURCE = os.path.join(os.path.dirname(sklearn.datasets.__file__), "data")


def name_of(column):
    """`petal width (cm)` as `petal_width`."""
    return column.split(" (")[0].replace("/", "_").replace(" ", "_")


def write(directory, file, header, rows):
    with open(os.path.join(directory, file), "w", encoding="utf-8", newline="") as to:
        writer = csv.writer(to, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def classes(directory, file, source, load, label):
    """A table whose first line is: rows, features, class names; and whose last column is the class number."""
    with open(os.path.join(SOURCE, source), encoding="utf-8", newline="") as lines:
        table = list(csv.reader(lines))
    names = table[0][2:]
    rows = [row[:-1] + [names[int(row[-1])]] for row in table[1:]]
    write(directory, file, [name_of(f) for f in load().feature_names] + [label], rows)


def diabetes(directory):
    with gzip.open(os.path.join(SOURCE, "diabetes_data_raw.csv.gz"), "rt") as lines:
        features = [line.split() for line in lines]
    with gzip.open(os.path.join(SOURCE, "diabetes_target.csv.gz"), "rt") as lines:
        target = [f"{float(line):g}" for line in lines]
    names = ["age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu", "progression"]
    write(directory, "diabetes.csv", names, [f + [t] for f, t in zip(features, target)])


def main():
    directory = sys.argv[1]
    classes(directory, "iris.csv", "iris.csv", sklearn.datasets.load_iris, "species")
    classes(directory, "wine.csv", "wine_data.csv", sklearn.datasets.load_wine, "cultivar")
    classes(directory, "breast_cancer.csv", "breast_cancer.csv", sklearn.datasets.load_breast_cancer, "diagnosis")
    diabetes(directory)


main()
