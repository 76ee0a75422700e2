#!/usr/bin/env python3
"""Print tests/num/optim_reference.inc: ten steps of each optimiser, by the formulas of PyTorch's documentation (2.1).

    python3 make_optim_reference.py > optim_reference.inc

The function has the gradient a x + x^3 - b; a number at a time, in plain Python."""
import math

A, B, X, RATE = [1, 3, 0.5], [1, -2, 0.25], [2, -1, 0.5], 0.05


def run(kind, decay=0.0, clip=0.0):
    x = list(X)
    n = range(len(x))
    m, v, s, mu_product = [0.0] * 3, [0.0] * 3, [0.0] * 3, 1.0
    for t in range(1, 11):
        g = [A[i] * x[i] + x[i] ** 3 - B[i] for i in n]
        if clip:
            norm = math.sqrt(sum(v * v for v in g))
            g = [v * min(1, clip / norm) for v in g]
        if decay and kind != 'ADAMW':
            g = [g[i] + decay * x[i] for i in n]
        if kind == 'ADAMW':
            x = [x[i] - RATE * decay * x[i] for i in n]
        if kind == 'NADAM':
            mu = 0.9 * (1 - 0.5 * 0.96 ** (t * 0.004))
            mu_next = 0.9 * (1 - 0.5 * 0.96 ** ((t + 1) * 0.004))
            mu_product *= mu
        for i in n:
            if kind == 'SGD':
                x[i] -= RATE * g[i]
            elif kind in ('MOMENTUM', 'NESTEROV'):
                v[i] = 0.9 * v[i] + g[i] if t > 1 else g[i]
                x[i] -= RATE * (v[i] if kind == 'MOMENTUM' else g[i] + 0.9 * v[i])
            elif kind == 'ADAGRAD':
                s[i] += g[i] ** 2
                x[i] -= RATE * g[i] / (math.sqrt(s[i]) + 1e-10)
            elif kind == 'RMSPROP':
                s[i] = 0.99 * s[i] + 0.01 * g[i] ** 2
                x[i] -= RATE * g[i] / (math.sqrt(s[i]) + 1e-8)
            else:
                m[i] = 0.9 * m[i] + 0.1 * g[i]
                s[i] = 0.999 * s[i] + 0.001 * g[i] ** 2
                s_hat = s[i] / (1 - 0.999 ** t)
                if kind == 'NADAM':
                    m_hat = mu_next * m[i] / (1 - mu_product * mu_next) + (1 - mu) * g[i] / (1 - mu_product)
                else:
                    m_hat = m[i] / (1 - 0.9 ** t)
                x[i] -= RATE * m_hat / (math.sqrt(s_hat) + 1e-8)
    print('    {ENS__%s, %g, %g, {%s}},' % (kind, decay, clip, ', '.join('%.17g' % v for v in x)))


for kind in 'SGD MOMENTUM NESTEROV ADAGRAD RMSPROP ADAM NADAM'.split():
    run(kind)
run('ADAM', decay=0.1)
run('ADAMW', decay=0.1)
run('SGD', clip=0.7)
run('MOMENTUM', decay=0.01, clip=2)
