/* draw.h - which features a node looks at, and where a random threshold lies: shared by the searches for a split. */
#ifndef ENS_TREE_DRAW_H
#define ENS_TREE_DRAW_H

#include <tree/work.h>

/* Candidate i of the node, in a random order of the node's own. */
static inline uint32_t ens__draw_feature(ens__work *w, size_t i)
{
    size_t at = i + ens__stream_below(&w->draws, (uint32_t)(w->p - i));
    uint32_t j = w->permutation[at];

    w->permutation[at] = w->permutation[i];
    w->permutation[i] = j;
    w->swapped[i] = (uint32_t)at;
    return j;
}

/* Take m draws back, so that those of the next node depend on it alone. */
static inline void ens__draw_put_back(ens__work *w, size_t m)
{
    while (m-- > 0) {
        uint32_t j = w->permutation[m];

        w->permutation[m] = w->permutation[w->swapped[m]];
        w->permutation[w->swapped[m]] = j;
    }
}

/* Candidates that are drawn, and looked at, together: first all of them are drawn, then their thresholds. */
#define ENS__DRAW_BATCH 16

/* Whether no split can be better than the best one. */
static inline bool ens__draw_is_best(const ens__work *w)
{
    return w->best.found && w->best.gain >= w->most;
}

/* How many candidates come next after the first i, in a node of n rows; 0: no more. Where none of max_features splits
 * the node it stays a leaf, as in Breiman's own forests: to go on until one does, as scikit-learn, makes twice the
 * leaves of pure noise, but also twice those that tell where most features are constant in a small node. */
static inline size_t ens__draw_more(const ens__work *w, size_t i, size_t n)
{
    size_t left = w->o->max_features - i;

    if (i >= w->o->max_features)
        return w->o->keep_drawing && !w->best.found && i < w->p;
    if (ens__draw_is_best(w))
        return 0;
    if (n == 2) /* the first that tells the rows apart is as good as another */
        return 1;
    return left < ENS__DRAW_BATCH ? left : ENS__DRAW_BATCH;
}

/* A threshold, uniform between the least and the greatest value of bins low .. high. */
static inline double ens__draw_cut(ens__work *w, const ens__bins *b, unsigned low,
                                   unsigned high)
{
    double u = ens__stream_fraction(&w->draws);

    return (1 - u) * b->low[low] + u * b->high[high];
}

/* The last bin of low .. high that is left of a threshold which `up_to` bins have their middle below: a bin goes left
 * whole if its middle does, but the first one at least and the last one never. */
static inline unsigned ens__draw_last(unsigned low, unsigned high, unsigned up_to)
{
    unsigned last = high > low ? high - 1 : low, c = up_to > low ? up_to - 1 : low;

    return c < last ? c : last;
}

/* One toss of a coin after the other; *tosses begins as 1. */
static inline bool ens__draw_toss(ens__work *w, uint32_t *tosses)
{
    bool heads;

    if (*tosses == 1) /* the bit that marks the end is left */
        *tosses = ens__stream_u32(&w->draws) | 0x80000000u;
    heads = *tosses & 1;
    *tosses >>= 1;
    return heads;
}

#endif
