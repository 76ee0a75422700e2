#!/usr/bin/python3
"""Prints scores of scikit-learn's cross-validation of data/diabetes.csv and data/iris.csv for test_cv.c."""
import sys
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.naive_bayes import GaussianNB

folder = sys.argv[1] if len(sys.argv) > 1 else "data"
d = pd.read_csv(folder + "/diabetes.csv")
x, y = d.drop(columns="progression"), d["progression"]
plan = KFold(5)
print("diabetes r2", *map(repr, cross_val_score(LinearRegression(), x, y, cv=plan, scoring="r2")))
print("pooled", repr(r2_score(y, cross_val_predict(LinearRegression(), x, y, cv=plan))))
d = pd.read_csv(folder + "/iris.csv")
x, y = d.drop(columns="species"), d["species"]
plan = StratifiedKFold(5)
print("iris accuracy", *map(repr, cross_val_score(GaussianNB(), x, y, cv=plan)))
print("pooled", repr(accuracy_score(y, cross_val_predict(GaussianNB(), x, y, cv=plan))))
