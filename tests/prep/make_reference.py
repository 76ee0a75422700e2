#!/usr/bin/env python3
"""make_reference.py - reference values of transforms: make_reference.py > reference.inc (scikit-learn, numpy)."""
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (MaxAbsScaler, MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler,
                                   StandardScaler, normalize)

N = 12
nan = np.nan
x = np.array([[3.5, -1.25, 7.0], [nan, 2.0, 7.0], [1.5, 1e6, 7.0], [3.5, 0.1, nan], [-2.25, 2.0, 7.0],
              [8.0, nan, 7.0], [nan, 3.0, 7.0], [1.5, -4.0, 7.0], [0.0, 0.3, 7.0], [4.75, 0.2, 7.0],
              [3.5, nan, 7.0], [9.25, 2.0, 7.0]])
w = np.array([1, 2, 0.5, 1, 3, 1, 0.25, 1, 2, 1, 1.5, 1])
level = np.array([2, 0, 2, 3, 2, 0, 2, 1, 0, 2, nan, 2])


def put(name, a):
    a = np.asarray(a, dtype=float)
    print("static const double %s[%d][%d] = {" % ((name,) + a.shape))
    for row in a:
        print("    {" + ", ".join("NAN" if np.isnan(v) else repr(float(v)) for v in row) + "},")
    print("};")


def onehot(**options):
    return OneHotEncoder(sparse_output=False, handle_unknown="ignore", **options).fit_transform(level[:, None])


print("/* Made by tests/prep/make_reference.py. */")
put("data_x", x)
put("data_w", w[:, None])
put("data_level", level[:, None])
for strategy in "mean", "median", "most_frequent":
    put("impute_" + strategy, SimpleImputer(strategy=strategy).fit_transform(x))
put("impute_constant", SimpleImputer(strategy="constant", fill_value=-3.5).fit_transform(x))
put("impute_indicator", SimpleImputer(add_indicator=True).fit_transform(x))
put("standardize", StandardScaler().fit_transform(x))
put("standardize_mean", StandardScaler(with_std=False).fit_transform(x))
put("standardize_std", StandardScaler(with_mean=False).fit_transform(x))
put("standardize_weighted", StandardScaler().fit(x, sample_weight=w).transform(x))
put("minmax", MinMaxScaler().fit_transform(x))
put("minmax_range", MinMaxScaler(feature_range=(-2, 5)).fit_transform(x))
put("onehot", onehot())
put("onehot_rare", onehot(min_frequency=3))
put("onehot_share", onehot(min_frequency=0.2))
put("onehot_first", onehot(drop="first"))
put("robust", RobustScaler().fit_transform(x))
put("robust_range", RobustScaler(quantile_range=(10, 95)).fit_transform(x))
put("robust_centred", RobustScaler(with_scaling=False).fit_transform(x))
put("maxabs", MaxAbsScaler().fit_transform(x))
for norm in "l1", "l2", "max":  # of rows with zeros for gaps, which stay gaps
    put("normalize_" + norm, np.where(np.isnan(x), nan, normalize(np.nan_to_num(x), norm=norm)))
put("ordinal", OrdinalEncoder().fit_transform(level[:, None]))
