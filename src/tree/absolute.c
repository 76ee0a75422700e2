/* absolute.c - absolute error: losses about the median of every prefix and suffix of the groups of a node.
 *
 * Two Fenwick trees (Fenwick 1994) over the ranks of the targets hold weights and weighted targets of one side, so
 * that a row is added and a median found in O(log n): O(n log n) a feature and node. */
#include <config.h>

#include <tree/work.h>

static void add(ens__work *w, uint32_t rank, int64_t weight, int64_t v)
{
    for (size_t i = (size_t)rank + 1; i <= w->n_ranked; i += i & -i) {
        w->rank_w[i] += weight;
        w->rank_v[i] += v;
    }
}

static size_t power_below(size_t n)
{
    size_t power = 1;

    while (2 * power <= n)
        power *= 2;
    return power;
}

/* Weight and weighted target of one side. */
typedef struct side {
    int64_t weight, v;
} side;

/* sum w |y - median|: below and above the lower median, which is the smallest rank with half of the weight. */
static double loss_of(const ens__work *w, const side *s)
{
    int64_t weight = 0, v = 0;
    size_t at = 0;
    double m, below_w, below_v, all_w, all_v;

    if (s->weight == 0)
        return 0;
    for (size_t step = power_below(w->n_ranked); step > 0; step /= 2)
        if (at + step <= w->n_ranked && 2 * (weight + w->rank_w[at + step]) < s->weight) {
            at += step;
            weight += w->rank_w[at];
            v += w->rank_v[at];
        }
    m = w->ranked[at];
    below_w = (double)weight / w->w_scale;
    below_v = (double)v / w->v_scale;
    all_w = (double)s->weight / w->w_scale;
    all_v = (double)s->v / w->v_scale;
    /* (above_v - m above_w) + (m below_w - below_v); rows at the median add nothing on either side */
    return (all_v - below_v - m * (all_w - below_w)) + (m * below_w - below_v);
}

/* Add (sign 1) or remove (sign -1) the rows of one group. */
static void add_group(ens__work *w, side *s, size_t begin, size_t n, unsigned group,
                      int sign)
{
    for (size_t i = w->first[group]; i < n && w->code[w->key[i]] == group; i++) {
        const ens__stat *stat = &w->stat[begin + w->key[i]];

        add(w, stat->label, sign * stat->w, sign * stat->v);
        s->weight += sign * stat->w;
        s->v += sign * stat->v;
    }
}

static void find_first_rows(ens__work *w, size_t n)
{
    ens__keys_sort(w, n);
    for (size_t i = n; i-- > 0;)
        w->first[w->code[w->key[i]]] = (uint32_t)i;
}

double ens__absolute_losses(ens__work *w, const ens__order *o, bool missing_left)
{
    const unsigned *code = w->group.code;
    size_t begin = o->begin, n = o->rows;
    side s = {0, 0};
    double all;

    find_first_rows(w, n);
    for (size_t g = o->n; g < o->all && missing_left; g++)
        add_group(w, &s, begin, n, code[o->at[g]], 1);
    for (size_t g = 0; g < o->n; g++) {
        add_group(w, &s, begin, n, code[o->at[g]], 1);
        w->loss[g] = loss_of(w, &s);
    }
    for (size_t g = o->n; g < o->all && !missing_left; g++)
        add_group(w, &s, begin, n, code[o->at[g]], 1);
    all = loss_of(w, &s);
    /* Everything is in; taking the left groups out again leaves the right sides. */
    for (size_t g = o->n; g < o->all && missing_left; g++)
        add_group(w, &s, begin, n, code[o->at[g]], -1);
    for (size_t g = 0; g < o->n; g++) {
        add_group(w, &s, begin, n, code[o->at[g]], -1);
        w->loss[g] += loss_of(w, &s);
    }
    for (size_t g = o->n; g < o->all && !missing_left; g++)
        add_group(w, &s, begin, n, code[o->at[g]], -1);
    return all;
}
