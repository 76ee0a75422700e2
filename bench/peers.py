"""The peers of accuracy.py: scikit-learn and ranger, each giving probabilities or responses of a test part.

    skl           the place among the sorted levels for categories, -1 for missing, medians for numeric gaps; for
                  naive_bayes see there
    ranger        categories as unordered factors, ordered by the target in each fit
                  (respect.unordered.factors='order'); missing is a level of its own, medians for numeric gaps
    ranger_codes  the same with ranger's default, 'ignore': factors by the number of their level
"""
import os
import subprocess

import numpy as np

PEERS = {
    "forest(n_estimators=300)": ["skl", "ranger", "ranger_codes"],
    "extra_trees(n_estimators=300)": ["skl"],
    "tree": ["skl"],
    "tree(max_depth=8)": ["skl"],
    "naive_bayes": ["skl"],
}


def forest(regression, seed):
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    return (RandomForestRegressor if regression else RandomForestClassifier)(300, n_jobs=1, random_state=seed)


def extra_trees(regression, seed):
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
    return (ExtraTreesRegressor if regression else ExtraTreesClassifier)(300, n_jobs=1, random_state=seed)


def tree(regression, seed, depth):
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
    return (DecisionTreeRegressor if regression else DecisionTreeClassifier)(max_depth=depth, random_state=seed)


def naive_bayes(e):
    """One GaussianNB a number and one CategoricalNB a category, their log-likelihoods added, since scikit-learn
    has no naive Bayes for both; each is fitted and asked where its value is present, so missing says nothing.
    The share of the largest variance that is added to all is GaussianNB's own."""
    from sklearn.naive_bayes import CategoricalNB, GaussianNB
    prior = np.bincount(e.y) / len(e.y)
    total = np.tile(np.log(prior), (len(e.yt), 1))
    variance = np.nanvar(e.x, axis=0)
    largest = variance[~e.categorical].max(initial=0.0)
    for j in range(e.x.shape[1]):
        v, asked = e.x[:, j], e.xt[:, j]
        if e.categorical[j]:
            level, v = np.unique(v, return_inverse=True)        # -1, missing, comes first if it is there
            v, level = (v, level) if level[0] >= 0 else (v - 1, level[1:])
            has, ask = v >= 0, np.isin(asked, level)
            asked, m = np.searchsorted(level, asked), CategoricalNB(min_categories=len(level))
        elif variance[j] > 0:
            has, ask = ~np.isnan(v), ~np.isnan(asked)
            m = GaussianNB(var_smoothing=1e-9 * largest / variance[j])
        else:
            continue
        m.fit(v[has, None], e.y[has])
        own = np.log(np.bincount(e.y[has], minlength=len(prior))[m.classes_] / has.sum())
        total[np.ix_(ask, m.classes_)] += m.predict_joint_log_proba(asked[ask, None]) - own
    total -= total.max(axis=1, keepdims=True)
    p = np.exp(total)
    return p / p.sum(axis=1, keepdims=True)


def skl(learner, e, seed):
    regression = e.classes is None
    if learner == "naive_bayes":
        return naive_bayes(e)
    m = {"tree": lambda: tree(regression, seed, None), "tree(max_depth=8)": lambda: tree(regression, seed, 8),
         "forest(n_estimators=300)": lambda: forest(regression, seed),
         "extra_trees(n_estimators=300)": lambda: extra_trees(regression, seed)}[learner]()
    x, xt = e.imputed()
    m.fit(x, e.y)
    return m.predict(xt) if regression else m.predict_proba(xt)


def ranger(paths, target, e, seed, factors):
    out = f"{paths[1]}.{factors}.ranger"
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ranger.R")
    subprocess.run(["Rscript", script, *paths, target, "regression" if e.classes is None else "classes", factors,
                    str(seed), "300", "1", out], check=True, stdout=subprocess.DEVNULL)
    p = np.loadtxt(out, delimiter=",", ndmin=2)
    os.remove(out)
    return p[:, 0] if e.classes is None else p


def predict(learner, peer, paths, target, e, seed):
    if peer == "skl":
        return skl(learner, e, seed)
    return ranger(paths, target, e, seed, "order" if peer == "ranger" else "ignore")
