/* logistic_rows.c - probabilities, losses and derivatives of a block of scores, compiled for each CPU level. */
#include <config.h>

#include <core/cpu.h>
#include <learn/logistic_fit.h>
#include <num/elementary.h>

enum { N = ENS__GRAM_ROWS };

/* Of what differs by more, e^-200 is left: products of smaller numbers would be subnormal, and slow. */
#define MOST_SCORE 200

/* loss = log(1 + e^-margin), by e^-|score|, which does not overflow */
ENS_INLINE void two_body(double *restrict r, double *restrict h, double *restrict loss,
                         const double *restrict score, const double *restrict target,
                         const double *restrict w)
{
    for (size_t i = 0; i < N; i++) {
        double s = score[i], size = s < 0 ? -s : s;
        double e = ens__exp(size < MOST_SCORE ? -size : -MOST_SCORE), one = 1 + e,
               p = (s < 0 ? e : 1) / one;
        double above = s < 0 ? 0 : s; /* log(1 + e^s) = above + log(1 + e^-|s|) */

        r[i] = w[i] * (p - target[i]);
        h[i] = w[i] * (e / (one * one));
        loss[i] = w[i] * (above - target[i] * s + ens__log(one));
    }
}

ENS_INLINE void softmax_body(double *restrict score, double *restrict loss, size_t k)
{
    double most[N], sum[N];

    for (size_t i = 0; i < N; i++) {
        most[i] = score[i];
        sum[i] = 0;
    }
    for (size_t c = 1; c < k; c++)
        for (size_t i = 0; i < N; i++)
            most[i] = score[c * N + i] > most[i] ? score[c * N + i] : most[i];
    for (size_t c = 0; c < k; c++)
        for (size_t i = 0; i < N; i++) {
            double below = score[c * N + i] - most[i];

            score[c * N + i] = ens__exp(below > -MOST_SCORE ? below : -MOST_SCORE);
            sum[i] += score[c * N + i];
        }
    for (size_t c = 0; c < k; c++)
        for (size_t i = 0; i < N; i++)
            score[c * N + i] /= sum[i];
    for (size_t i = 0; i < N; i++)
        loss[i] = most[i] + ens__log(sum[i]);
}

#define KERNELS(level, target)                                                           \
    target static void two_##level(double *r, double *h, double *loss, const double *s,  \
                                   const double *y, const double *w)                     \
    {                                                                                    \
        two_body(r, h, loss, s, y, w);                                                   \
    }                                                                                    \
    target static void softmax_##level(double *score, double *loss, size_t k)            \
    {                                                                                    \
        softmax_body(score, loss, k);                                                    \
    }

KERNELS(base, )
#if ENS_HAVE_LEVELS
KERNELS(v3, ENS_TARGET_V3)
KERNELS(v4, ENS_TARGET_V4)
#endif

double ens__logistic_rows(double *r, double *h, const double *score, const double *target,
                          const double *w)
{
    double loss[N], sum[8] = {0};

    ENS__CALL(two, r, h, loss, score, target, w);
    for (size_t i = 0; i < N; i += 8)
        for (size_t l = 0; l < 8; l++)
            sum[l] += loss[i + l];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) +
           ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

void ens__softmax_rows(double *score, double *loss, size_t k)
{
    ENS__CALL(softmax, score, loss, k);
}
