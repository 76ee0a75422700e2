#!/usr/bin/env python3
"""make_reference.py - reference values of transforms: make_reference.py > reference.inc (scikit-learn, numpy)."""
import numpy as np
from sklearn.impute import KNNImputer, SimpleImputer
from scipy.optimize import brentq
from sklearn.decomposition import PCA
from sklearn.feature_selection import f_classif, f_regression
from sklearn.metrics import mutual_info_score
from sklearn.preprocessing import (MaxAbsScaler, MinMaxScaler, OneHotEncoder, OrdinalEncoder, PolynomialFeatures,
                                   PowerTransformer, QuantileTransformer, RobustScaler, StandardScaler, normalize)

N = 12
nan = np.nan
x = np.array([[3.5, -1.25, 7.0], [nan, 2.0, 7.0], [1.5, 1e6, 7.0], [3.5, 0.1, nan], [-2.25, 2.0, 7.0],
              [8.0, nan, 7.0], [nan, 3.0, 7.0], [1.5, -4.0, 7.0], [0.0, 0.3, 7.0], [4.75, 0.2, 7.0],
              [3.5, nan, 7.0], [9.25, 2.0, 7.0]])
w = np.array([1, 2, 0.5, 1, 3, 1, 0.25, 1, 2, 1, 1.5, 1])
full = np.exp(np.random.default_rng(3).normal(size=(N, 3)) @ [[1, 0.5, 0], [0, 1, 0.3], [0.2, 0, 0.6]]).round(4)
level = np.array([2, 0, 2, 3, 2, 0, 2, 1, 0, 2, nan, 2])


def put(name, a):
    a = np.asarray(a, dtype=float)
    print("static const double %s[%d][%d] = {" % ((name,) + a.shape))
    for row in a:
        print("    {" + ", ".join("NAN" if np.isnan(v) else repr(float(v)) for v in row) + "},")
    print("};")


def onehot(**options):
    return OneHotEncoder(sparse_output=False, handle_unknown="ignore", **options).fit_transform(level[:, None])


y = np.array([1.5, 0.25, 3, -1, 2, 0.5, 4, 1, -2, 3.5, 0, 2.25])
label = (y > 1).astype(int)

print("/* Made by tests/prep/make_reference.py. */")
put("data_x", x)
put("data_w", w[:, None])
put("data_y", y[:, None])
put("data_full", full)
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
for output in "uniform", "normal":
    put("quantile_" + output, QuantileTransformer(n_quantiles=12, output_distribution=output).fit_transform(x))
put("quantile_few", QuantileTransformer(n_quantiles=5).fit_transform(x))


def power(a, method, standardize=True):
    """PowerTransformer, whose lambda has eight digits, with one that has all: where the likelihood's derivative is 0."""
    rough = PowerTransformer(method=method, standardize=standardize)
    near = rough.fit_transform(a)
    out = np.empty_like(a)
    for j, v in enumerate(a.T):
        u = v[~np.isnan(v)]
        jacobian = np.log(u) if method == "box-cox" else np.sign(u) * np.log1p(np.abs(u))
        h = 1e-6

        def t(b, u=u):
            rough.lambdas_[j] = b
            return (rough._box_cox_transform if method == "box-cox" else rough._yeo_johnson_transform)(u.copy(), b) \
                if hasattr(rough, "_box_cox_transform") or method != "box-cox" else (u ** b - 1) / b

        def likelihood(b):
            return -len(u) / 2 * np.log(np.var(t(b))) + (b - 1) * jacobian.sum()

        def slope(b):
            s = (t(b + h) - t(b - h)) / (2 * h)
            return jacobian.sum() - len(u) * np.cov(t(b), s, bias=True)[0, 1] / np.var(t(b))
        if np.ptp(u) > 0:
            b = brentq(slope, rough.lambdas_[j] - 0.1, rough.lambdas_[j] + 0.1, xtol=1e-14)
            z = np.full(len(v), nan)
            z[~np.isnan(v)] = t(b)
            out[:, j] = StandardScaler().fit_transform(z[:, None])[:, 0] if standardize else z
        else:
            out[:, j] = near[:, j] = 0 * v if standardize else v  # 1.2.1 makes something else of a constant
    assert np.nanmax(np.abs(out - near) / np.maximum(1, np.abs(near))) < 1e-5
    return out


put("power", power(x, "yeo-johnson"))
put("power_plain", power(x, "yeo-johnson", False))
put("power_box_cox", power(full, "box-cox"))
put("polynomial", PolynomialFeatures(2, include_bias=False).fit_transform(full))
put("polynomial_three", PolynomialFeatures(3).fit_transform(full))
put("polynomial_apart", PolynomialFeatures(3, interaction_only=True, include_bias=False).fit_transform(full))
put("pca", PCA(svd_solver="full").fit_transform(full))
put("pca_two", PCA(2, svd_solver="full", whiten=True).fit_transform(full))
put("pca_share", PCA(0.7, svd_solver="full").fit_transform(full))
put("select_f_numbers", f_regression(full, y)[0][:, None])
put("select_f_classes", f_classif(full, label)[0][:, None])
put("select_information", [[mutual_info_score(label, (c > np.median(c)).astype(int))] for c in full.T])


def codes(y, smooth):
    """TargetEncoder's of scikit-learn 1.3 on all rows: its formula."""
    out = []
    for v in level:
        at = y[np.isnan(level)] if np.isnan(v) else y[level == v]
        if smooth is None:
            b = y.var() * len(at) / (y.var() * len(at) + at.var())
        else:
            b = len(at) / (len(at) + smooth)
        out.append([b * at.mean() + (1 - b) * y.mean()])
    return out


put("target_auto", codes(y, None))
put("target_smooth", codes(y, 2))
put("target_classes", codes(label.astype(float), None))
some = np.where(np.isnan(x), nan, full)  # of like scale, without equal distances
some[[3, 7, 8], [0, 1, 0]] = nan
put("data_some", some)
put("impute_knn", KNNImputer(n_neighbors=3).fit_transform(some))
put("impute_knn_distance", KNNImputer(n_neighbors=4, weights="distance").fit_transform(some))
