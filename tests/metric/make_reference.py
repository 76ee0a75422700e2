#!/usr/bin/python3
"""make_reference.py - writes reference.inc: predictions and what scikit-learn's metrics say of them.

Run by hand, with scikit-learn 1.2:  python3 make_reference.py > reference.inc
"""
import warnings

import numpy as np
from sklearn import metrics as m
from sklearn.preprocessing import label_binarize

warnings.simplefilter("ignore")
rng = np.random.default_rng(2)
evals, scores = [], []


def c_array(kind, name, values):
    if values is None:
        return
    lines, line = [], "   "
    for v in values:
        item = " %s," % (("%.17g" if kind == "double" else "%d") % v)
        if len(line) + len(item) > 110:
            lines.append(line)
            line = "   "
        line += item
    print("static const %s %s[] = {" % (kind, name))
    print("\n".join(lines + [line]))
    print("};")


def add(task, n, k, label=None, y=None, pred=None, w=None, group=None):
    evals.append((task, n, k, label, y, None if pred is None else np.asarray(pred).ravel(), w, group))
    return len(evals) - 1


def score(at, metric, value):
    assert np.isfinite(value), (at, metric)
    scores.append((at, metric, float(value)))


def averaged(at, truth, top, w, known):
    """Precision and its kin in all averages; `known` is False where the truth has a class beyond the model's."""
    k = evals[at][2]
    for average in (["binary"] if k == 2 and known else []) + ["macro", "micro", "weighted"]:
        kw = dict(average=average, sample_weight=w, zero_division=0)
        score(at, "precision(average=%s)" % average, m.precision_score(truth, top, **kw))
        score(at, "recall(average=%s)" % average, m.recall_score(truth, top, **kw))
        score(at, "f1(average=%s)" % average, m.f1_score(truth, top, **kw))
        for beta in (0.5, 2):
            score(at, "fbeta(beta=%g, average=%s)" % (beta, average), m.fbeta_score(truth, top, beta=beta, **kw))
    if known:
        kw = dict(average="binary" if k == 2 else "macro", sample_weight=w, zero_division=0)
        score(at, "precision", m.precision_score(truth, top, **kw))
        score(at, "recall", m.recall_score(truth, top, **kw))
        score(at, "f1", m.f1_score(truth, top, **kw))
        score(at, "fbeta(beta=3)", m.fbeta_score(truth, top, beta=3, **kw))


def labels(at, truth, pred, w, known=True):
    top = np.argmax(pred, 1)
    score(at, "accuracy", m.accuracy_score(truth, top, sample_weight=w))
    score(at, "balanced_accuracy", m.balanced_accuracy_score(truth, top, sample_weight=w))
    score(at, "mcc", m.matthews_corrcoef(truth, top, sample_weight=w))
    kappa = m.cohen_kappa_score(truth, top, sample_weight=w)
    if np.isfinite(kappa):
        score(at, "kappa", kappa)
    averaged(at, truth, top, w, known)


def probabilities(at, truth, pred, w):
    k = pred.shape[1]
    score(at, "log_loss", m.log_loss(truth, pred, sample_weight=w, labels=range(k)))
    present = [np.sum((truth == c) * (1 if w is None else w)) > 0 for c in range(k)]
    if k == 2:
        score(at, "brier", m.brier_score_loss(truth, pred[:, 1], sample_weight=w, pos_label=1))
        if all(present):
            score(at, "roc_auc", m.roc_auc_score(truth, pred[:, 1], sample_weight=w))
            score(at, "average_precision", m.average_precision_score(truth, pred[:, 1], sample_weight=w))
        return
    onehot = label_binarize(truth, classes=range(k))
    score(at, "brier", np.average(((pred - onehot) ** 2).sum(1), weights=w))
    if not all(present):
        return
    score(at, "roc_auc", m.roc_auc_score(truth, pred, sample_weight=w, multi_class="ovr"))
    score(at, "average_precision", m.average_precision_score(onehot, pred, sample_weight=w))
    for average in ("macro", "weighted"):
        score(at, "roc_auc(average=%s)" % average,
              m.roc_auc_score(truth, pred, sample_weight=w, multi_class="ovr", average=average))
        score(at, "average_precision(average=%s)" % average,
              m.average_precision_score(onehot, pred, sample_weight=w, average=average))


def classes(truth, pred, w=None):
    truth, pred = np.asarray(truth), np.asarray(pred, float)
    at = add("CLASSIFICATION", len(truth), pred.shape[1], label=truth, pred=pred, w=w)
    labels(at, truth, pred, w)
    probabilities(at, truth, pred, w)


def numbers(y, pred, w=None):
    y, pred = np.asarray(y, float), np.asarray(pred, float)
    at = add("REGRESSION", len(y), 1, y=y, pred=pred, w=w)
    mse = m.mean_squared_error(y, pred, sample_weight=w)
    score(at, "mse", mse)
    score(at, "rmse", np.sqrt(mse))
    score(at, "mae", m.mean_absolute_error(y, pred, sample_weight=w))
    score(at, "median_ae", m.median_absolute_error(y, pred, sample_weight=w))
    score(at, "explained_variance", m.explained_variance_score(y, pred, sample_weight=w))
    score(at, "mape", m.mean_absolute_percentage_error(y, pred, sample_weight=w))
    if len(y) > 1:
        score(at, "r2", m.r2_score(y, pred, sample_weight=w))
    for alpha in (0.1, 0.5, 0.9):
        score(at, "pinball(alpha=%g)" % alpha, m.mean_pinball_loss(y, pred, sample_weight=w, alpha=alpha))


def weights(n, zeros=False):
    w = np.round(rng.gamma(1.5, size=n), 3) + 0.001
    if zeros:
        w[rng.random(n) < 0.3] = 0
    return w


def random_classes(n, k, digits=None):
    """Probabilities that know something of the truth; digits=1 makes many ties."""
    truth = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
    pred = rng.dirichlet(np.full(k, 0.7), n) + 0.6 * np.eye(k)[truth] * (rng.random((n, 1)) < 0.6)
    pred /= pred.sum(1, keepdims=True)
    if digits is not None:
        counts = np.array([rng.multinomial(10, p) for p in pred])
        pred = counts / 10
    return truth, pred


for k, n in ((2, 12), (2, 50), (3, 15), (3, 50), (7, 40)):
    for digits in (None, 1):
        truth, pred = random_classes(n, k, digits)
        classes(truth, pred)
        classes(truth, pred, weights(n))
    classes(truth, pred, np.maximum(weights(n, zeros=True), np.arange(n) < k))
classes([0, 1, 1, 0], [[0, 1], [0, 1], [1, 0], [1, 0]])                  # certain, half of it wrong
classes([0, 1, 0, 1], [[0.5, 0.5]] * 4)                                  # all ties
classes([1, 0, 1], [[0, 1], [1, 0], [0, 1]])                             # perfect
classes([0, 0, 1, 1], [[1, 0]] * 4)                                      # class 1 is never predicted
classes([0, 2, 0, 2, 2], [[0.2, 0.7, 0.1], [0, 0, 1], [0.9, 0.1, 0], [0.1, 0.1, 0.8], [1, 0, 0]])  # no row of 1
classes([0, 0, 0], [[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]])                 # one class
classes([0, 1, 1], [[0.9, 0.3], [0.2, 0.2], [0.1, 0.8]])                 # rows that do not sum to one

truth, pred = random_classes(30, 3)
unknown = np.where(np.arange(30) % 5 == 2, 3, truth)                     # a class unknown to the model
at = add("CLASSIFICATION", 30, 3, label=np.where(unknown == 3, -1, unknown), pred=pred)
labels(at, unknown, pred, None, known=False)
w = weights(30)
at = add("CLASSIFICATION", 30, 3, label=np.where(unknown == 3, -1, unknown), pred=pred, w=w)
labels(at, unknown, pred, w, known=False)

for n in (2, 5, 30, 41):
    y = rng.normal(3, 2, n)
    numbers(y, y + rng.normal(0.2, 1, n))
    numbers(y, y + rng.normal(0.2, 1, n), weights(n))
    numbers(np.round(y), np.round(y + rng.normal(0, 2, n)), np.maximum(weights(n, zeros=True), np.arange(n) < 2))
numbers([4, 4, 4], [4, 4, 4])                                            # constant, perfect
numbers([4, 4, 4], [4, 5, 3])                                            # constant, not
numbers([1, 2, 3], [1, 2, 3])                                            # perfect
numbers([0, 0, 1e-3], [1, 0, 0])                                         # mape of zeros
numbers([1e8, 1e8 + 1, 1e8 + 2, 1e8 + 3], [1e8, 1e8 + 2, 1e8 + 2, 1e8 + 5])  # a small spread about a large mean
numbers([7], [9])                                                        # one row
numbers([1, 2, 3, 4], [2, 2, 2, 2], np.array([1.0, 1, 1, 1]))            # median_ae at half of the weight
numbers([-1e-3, 5, 1e4], [2e-3, 4, 9e3], np.array([1e-3, 2, 1e3]))       # weights far apart



def ranks(y, pred, group):
    """Groups of equal sizes, so that scikit-learn's weights of samples are those of groups."""
    y, pred, group = np.asarray(y, float), np.asarray(pred, float), np.asarray(group)
    rows = [np.flatnonzero(group == g) for g in np.unique(group)]
    at = add("REGRESSION", len(y), 1, y=y, pred=pred, group=group)
    mean = lambda f: float(np.mean([f(y[r], pred[r]) for r in rows]))
    for k in (None, 1, 3, 5):
        name = "ndcg@%d" % k if k else "ndcg"
        score(at, name + "(gain=linear, empty=0)", mean(lambda t, p: m.ndcg_score([t], [p], k=k)))
        score(at, name + "(empty=0)", mean(lambda t, p: m.ndcg_score([2 ** t - 1], [p], k=k)))
        score(at, name + "(empty=0, ties=order)",
              mean(lambda t, p: m.ndcg_score([2 ** t - 1], [-np.argsort(np.argsort(-p, kind="stable"))], k=k)))
    score(at, "map(empty=0)", mean(lambda t, p: m.average_precision_score(t > 0, p) if (t > 0).any() else 0))
    score(at, "map(empty=0, ties=order)",
          mean(lambda t, p: m.average_precision_score(t > 0, -np.argsort(np.argsort(-p, kind="stable")))
               if (t > 0).any() else 0))


rank_rng = np.random.default_rng(5)
for sizes in ([6], [2, 9, 3, 14], list(rank_rng.integers(2, 30, 12)), [4] * 7):
    group = np.repeat(np.arange(len(sizes))[::-1], sizes)
    for levels, digits in ((5, 6), (2, 6), (5, 0), (3, 1)):
        y = rank_rng.integers(0, levels, len(group))
        ranks(y, np.round(y / 3 + rank_rng.normal(0, 1, len(y)), digits), group)
ranks([0, 0, 3, 1, 0, 0], [1, 2, 3, 3, 3, 0], [0, 0, 1, 1, 1, 1])         # a group without a relevant row

print("/* reference.inc - predictions and scikit-learn's scores of them; written by make_reference.py. */")
print("#ifndef TESTS_METRIC_REFERENCE_INC\n#define TESTS_METRIC_REFERENCE_INC\n\n#include <ensemble/metric.h>\n")
for i, (task, n, k, label, y, pred, w, group) in enumerate(evals):
    c_array("int32_t", "label%d" % i, label)
    c_array("double", "y%d" % i, y)
    c_array("double", "pred%d" % i, pred)
    c_array("double", "w%d" % i, w)
    c_array("uint32_t", "group%d" % i, group)
print("\nstatic const ens_eval evals[] = {")
for i, (task, n, k, label, y, pred, w, group) in enumerate(evals):
    name = lambda what, values: "NULL" if values is None else "%s%d" % (what, i)
    print("    {ENS_TASK_%s, %d, %d, %s, %s, %s, %s, %s}," %
          (task, n, k, name("label", label), name("y", y), name("pred", pred), name("w", w), name("group", group)))
print("};\n\nstatic const struct {\n    size_t eval;\n    const char *metric;\n    double value;\n} scores[] = {")
for row in scores:
    print('    {%d, "%s", %.17g},' % row)
print("};\n\n#endif")
