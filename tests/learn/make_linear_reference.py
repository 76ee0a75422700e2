#!/usr/bin/env python3
"""Print tests/learn/linear_reference.inc: coefficients of R's lm and glm, of scikit-learn, and of exact arithmetic.

    python3 make_linear_reference.py ../../data > linear_reference.inc

Needs scikit-learn (1.2.1 made what is there) and Rscript (4.2).  Each line is {recipe, table, target, what for, [outputs][p + 1]
coefficients with the intercept last, standard errors or zeros}."""
import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
from sklearn.linear_model import ElasticNet, HuberRegressor, Lasso, LogisticRegression, Ridge

data = sys.argv[1]


def table(name, target):
    path = os.path.join(data, name)
    with open(path) as f:
        names = f.readline().strip().replace('"', '').split(',')
        rows = [line.strip().replace('"', '').split(',') for line in f]
    rows = [r for r in rows if '' not in r]  # as R does
    y = np.array([r[names.index(target)] for r in rows])
    x = np.array([[float(v) for v, c in zip(r, names) if c != target] for r in rows])
    return x, y


def show(recipe, file, target, coef, errors=()):
    numbers = ', '.join('%.17g' % v for v in np.ravel(coef))
    print('    {"%s",\n     "%s", "%s",\n     {%s},\n     {%s}},' %
          (recipe, file, target, numbers, ', '.join('%.17g' % v for v in errors) or '0'))


def r(code):
    out = subprocess.run(['Rscript', '-e', code], check=True, capture_output=True, text=True).stdout
    m = np.array([[float(v) for v in line.split()] for line in out.strip().split('\n')])
    m = np.roll(m, -1, axis=0)  # the intercept last
    return m[:, 0], m[:, 1]


PRINT = 'cat(sprintf("%.17g %.17g\\n", s$coefficients[,1], s$coefficients[,2]), sep="")'
READ = 'd <- read.csv("' + data + '/%s", check.names=FALSE);'

c, e = r(READ % 'diabetes.csv' + 's <- summary(lm(progression ~ ., d));' + PRINT)
show('linear', 'diabetes.csv', 'progression', c, e)
c, e = r(READ % 'pima.csv' + 'd$type <- factor(d$type);'
         's <- summary(glm(type ~ ., binomial, d, control=list(epsilon=1e-14, maxit=100)));' + PRINT)
show('logistic(penalty=none)', 'pima.csv', 'type', c, e)

x, y = table('diabetes.csv', 'progression')
y = y.astype(float)


def numbers(recipe, model):
    model.fit(x, y)
    show(recipe, 'diabetes.csv', 'progression', np.append(model.coef_, model.intercept_))


numbers('linear(penalty=l2, alpha=10)', Ridge(alpha=10, solver='svd'))
numbers('linear(penalty=l2, alpha=3, fit_intercept=false)', Ridge(alpha=3, fit_intercept=False, solver='svd'))
numbers('linear(penalty=l1, alpha=2)', Lasso(alpha=2, tol=1e-14, max_iter=1000000))
numbers('linear(penalty=elasticnet, alpha=0.5, l1_ratio=0.3)',
        ElasticNet(alpha=.5, l1_ratio=.3, tol=1e-14, max_iter=1000000))


# scikit-learn's own ends far from the minimum on columns of unlike scale, so they are made orthogonal for it.
mx, my, sy = x.mean(axis=0), y.mean(), y.std()
q, triangle = np.linalg.qr(x - mx)
huber = HuberRegressor(alpha=0, tol=1e-9, max_iter=100000, warm_start=True)
for _ in range(3):
    huber.fit(q * np.sqrt(len(y)), (y - my) / sy)
c = np.linalg.solve(triangle, huber.coef_) * np.sqrt(len(y)) * sy
show('linear(loss=huber)', 'diabetes.csv', 'progression', np.append(c, huber.intercept_ * sy + my - c @ mx))


def classes(recipe, file, target, **how):
    cx, cy = table(file, target)
    how.setdefault('tol', 1e-13)
    how.setdefault('max_iter', 1000000)
    m = LogisticRegression(**how).fit(cx, cy)
    show(recipe, file, target, np.hstack([m.coef_, np.reshape(m.intercept_ + np.zeros(len(m.coef_)), (-1, 1))]))


classes('logistic', 'pima.csv', 'type', solver='newton-cholesky')
classes('logistic(C=0.01, class_weight=balanced)', 'pima.csv', 'type', C=.01, class_weight='balanced',
        solver='newton-cholesky')
classes('logistic(penalty=l1, C=0.5, fit_intercept=false)', 'pima.csv', 'type', C=.5, penalty='l1',
        solver='liblinear', fit_intercept=False, tol=1e-9, max_iter=10000)
classes('logistic(penalty=elasticnet, C=0.2, l1_ratio=0.7)', 'iris.csv', 'species', C=.2, penalty='elasticnet',
        l1_ratio=.7, solver='saga', max_iter=100000)
classes('logistic', 'iris.csv', 'species', solver='newton-cg', tol=1e-10, max_iter=1000)
classes('logistic(penalty=l1, C=0.2)', 'iris.csv', 'species', C=.2, penalty='l1', solver='saga', max_iter=100000)
