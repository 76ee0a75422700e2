/* split.c - the best split of a node: draw features, sum the rows by code, try every boundary.
 *
 * A criterion decreases by cost(node) - cost(left) - cost(right), where cost is the criterion times the weight:
 *     gini     W - sum_c W_c^2 / W                    entropy   -sum_c W_c log2(W_c / W)
 *     squared  sum w y^2 - (sum w y)^2 / W            absolute  sum w |y - median|
 * (Breiman et al. 1984).  Terms that the two sides share with the node cancel.
 *
 * Missing values are tried on both sides.  Categories are ordered by their share of a class or their mean
 * and then split like numbers, which finds the best of all subsets for two classes and for squared error
 * (Fisher 1958; Breiman et al. 1984, 9.4), and a good one for more classes. */
#include <config.h>

#include <math.h>
#include <string.h>
#include <tree/work.h>

/* Classes whose shares categories are ordered by, at most. */
#define MAX_ORDERS 8

/* ---- Costs --------------------------------------------------------------------------------------------- */

/* x log2(x), 0 for 0 */
static double xlog(double x)
{
    return x > 0 ? x * log2(x) : 0;
}

/* What a side contributes to the gain: minus its cost, less terms that cancel. */
static double side_value(const ens__work *w, const int64_t *sum)
{
    double total = 0, value = 0;

    if (!w->classes) {
        double v = (double)sum[ENS__SUM_V];

        return v * (v / (double)sum[ENS__SUM_W]);
    }
    for (size_t c = 0; c < w->k; c++) {
        double x = (double)sum[c];

        total += x;
        value += w->o->criterion == ENS__GINI ? x * x : xlog(x);
    }
    return w->o->criterion == ENS__GINI ? value / total : value - xlog(total);
}

/* Of two classes, under entropy. */
static double pair_value(double n, double one)
{
    return xlog(n - one) + xlog(one) - xlog(n);
}

/* What a boundary's value is compared with. */
static double node_value(const ens__work *w, const int64_t *sum)
{
    if (!w->pairs)
        return side_value(w, sum);
    return w->o->criterion == ENS__GINI ? 0 : pair_value((double)sum[2], (double)sum[1]);
}

double ens__split_decrease(const ens__work *w, double gain)
{
    double total = ens__sum_weight(w, w->total);

    if (w->o->criterion == ENS__ABSOLUTE_ERROR)
        return gain / (total / w->w_scale);
    if (w->classes)
        return gain / total;
    return gain / w->v_scale * (w->w_scale / w->v_scale) * (w->w_scale / total);
}

/* ---- One order of the groups of a feature ------------------------------------------------------------------ */

/* Groups as they are tried; those beyond n are kept out, with the missing values. */
typedef struct order {
    size_t feature;
    size_t n;     /* groups of present values that are not rare */
    size_t all;   /* groups, with those that go with the missing ones */
    bool missing; /* whether there are such */
    bool by_set;  /* of a category */
    double node;  /* node_value() */
    const int64_t *sum;
    size_t begin, rows; /* of the node */
} order;

/* The best boundary of one order: groups 0 .. at go left. */
typedef struct boundary {
    double value;
    size_t at;
    bool missing_left, found;
} boundary;

static bool big_enough(const ens__work *w, double count, double weight)
{
    return count >= (double)w->o->min_leaf && weight >= w->min_leaf_w && count > 0;
}

/* Rows that a side needs, where each weighs as often as it was drawn. */
static int64_t least_count(const ens__work *w)
{
    double least = fmax(fmax((double)w->o->min_leaf, ceil(w->min_leaf_w)), 1);

    return least < (double)INT64_MAX / 2 ? (int64_t)least : INT64_MAX;
}

static void keep(boundary *best, double value, size_t at, bool missing_left)
{
    if (!best->found || value > best->value)
        *best = (boundary){value, at, missing_left, true};
}

/* Groups 0 .. at on the left, with the missing ones if so told.  Two classes under gini: of n rows, s of class 1, n_l
 * and s_l of them on the left, the decrease is 2 (s_l n - s n_l)^2 / (n n_l n_r), which loses nothing to rounding but
 * in the last steps. */
static void try_gini_pairs(const ens__work *w, const order *o, bool missing_left,
                           boundary *best)
{
    int64_t n = o->sum[2], ones = o->sum[1], least = least_count(w);
    double unit = 2 / (double)n;
    size_t last = o->n - (missing_left || !o->missing);
    ens__pair left = 0;

    if (missing_left)
        left = (ens__pair)w->missing[2] | (ens__pair)w->missing[1] << 32;
    for (size_t g = 0; g < last; g++) {
        int64_t n_left, n_right;
        double d;

        left += w->pair_cell[w->group[g]];
        n_left = (int64_t)(left & UINT32_MAX);
        n_right = n - n_left;
        if (n_left < least || n_right < least)
            continue;
        d = (double)((int64_t)(left >> 32) * n - ones * n_left);
        keep(best, d * d / ((double)n_left * (double)n_right) * unit, g, missing_left);
    }
}

/* The same under entropy. */
static void try_entropy_pairs(const ens__work *w, const order *o, bool missing_left,
                              boundary *best)
{
    ens__pair all = (ens__pair)o->sum[2] | (ens__pair)o->sum[1] << 32;
    ens__pair left = 0;
    size_t last = o->n - (missing_left || !o->missing);

    if (missing_left)
        left = (ens__pair)w->missing[2] | (ens__pair)w->missing[1] << 32;
    for (size_t g = 0; g < last; g++) {
        ens__pair right;
        double n_left, n_right;

        left += w->pair_cell[w->group[g]];
        right = all - left;
        n_left = (double)(uint32_t)left;
        n_right = (double)(uint32_t)right;
        if (!big_enough(w, n_left, n_left) || !big_enough(w, n_right, n_right))
            continue;
        keep(best,
             pair_value(n_left, (double)(left >> 32)) +
                 pair_value(n_right, (double)(right >> 32)),
             g, missing_left);
    }
}

/* The same for gini and whole counts, with S_c rows of class c in the node and L_c of them on the left: sum L_c^2 and
 * sum S_c L_c are kept exactly, and sum (S_c - L_c)^2 follows.  Nothing jumps where a class is absent from a group, for
 * that comes as a surprise. */
static void try_counts(const ens__work *w, const order *o, bool missing_left,
                       boundary *best)
{
    size_t k = w->k, last = o->n - (missing_left || !o->missing);
    const int64_t *restrict sum = o->sum;
    int64_t *restrict left = w->left, n = sum[k], n_left = 0, least = least_count(w);
    uint64_t all = 0, squares = 0, cross = 0; /* differences may wrap, results fit */

    for (size_t c = 0; c < k; c++) {
        left[c] = missing_left ? w->missing[c] : 0;
        n_left += left[c];
        all += (uint64_t)sum[c] * (uint64_t)sum[c];
        squares += (uint64_t)left[c] * (uint64_t)left[c];
        cross += (uint64_t)sum[c] * (uint64_t)left[c];
    }
    for (size_t g = 0; g < last; g++) {
        const int64_t *restrict cell = w->cell + w->group[g] * w->sums;

        for (size_t c = 0; c < k; c++) {
            uint64_t d = (uint64_t)cell[c], l = (uint64_t)left[c];

            squares += d * (2 * l + d);
            cross += d * (uint64_t)sum[c];
            left[c] = (int64_t)(l + d);
        }
        n_left += cell[k];
        if (n_left >= least && n - n_left >= least)
            keep(best,
                 (double)squares / (double)n_left +
                     (double)(all - 2 * cross + squares) / (double)(n - n_left),
                 g, missing_left);
    }
}

/* The same for squared error: (v^2 / w) of both sides. */
static void try_responses(const ens__work *w, const order *o, bool missing_left,
                          boundary *best)
{
    size_t last = o->n - (missing_left || !o->missing);
    int64_t left[3] = {0}, right[3];

    for (size_t s = 0; s < 3; s++) {
        left[s] = missing_left ? w->missing[s] : 0;
        right[s] = o->sum[s] - left[s];
    }
    for (size_t g = 0; g < last; g++) {
        const int64_t *cell = w->cell + 3 * w->group[g];
        double w_left, w_right, v_left, v_right;

        for (size_t s = 0; s < 3; s++) {
            left[s] += cell[s];
            right[s] -= cell[s];
        }
        w_left = (double)left[ENS__SUM_W];
        w_right = (double)right[ENS__SUM_W];
        if (!big_enough(w, (double)left[2], w_left) ||
            !big_enough(w, (double)right[2], w_right))
            continue;
        v_left = (double)left[ENS__SUM_V];
        v_right = (double)right[ENS__SUM_V];
        keep(best, v_left * (v_left / w_left) + v_right * (v_right / w_right), g,
             missing_left);
    }
}

static void try_sums(const ens__work *w, const order *o, bool missing_left,
                     boundary *best)
{
    size_t last = o->n - (missing_left || !o->missing);

    for (size_t s = 0; s < w->sums; s++) {
        w->left[s] = missing_left ? w->missing[s] : 0;
        w->right[s] = o->sum[s] - w->left[s];
    }
    for (size_t g = 0; g < last; g++) {
        const int64_t *cell = w->cell + w->group[g] * w->sums;

        for (size_t s = 0; s < w->sums; s++) {
            w->left[s] += cell[s];
            w->right[s] -= cell[s];
        }
        if (big_enough(w, (double)w->left[w->sums - 1], ens__sum_weight(w, w->left)) &&
            big_enough(w, (double)w->right[w->sums - 1], ens__sum_weight(w, w->right)))
            keep(best, side_value(w, w->left) + side_value(w, w->right), g, missing_left);
    }
}

/* Absolute error: the losses of all boundaries come from medians, the sums only tell sizes. */
static double try_absolute(ens__work *w, const order *o, bool missing_left,
                           boundary *best)
{
    size_t last = o->n - (missing_left || !o->missing);
    double node = ens__absolute_losses(w, o->begin, o->rows, o->n, o->all, missing_left);

    for (size_t s = 0; s < w->sums; s++)
        w->left[s] = missing_left ? w->missing[s] : 0;
    for (size_t g = 0; g < last; g++) {
        const int64_t *cell = w->cell + w->group[g] * w->sums;

        for (size_t s = 0; s < w->sums; s++) {
            w->left[s] += cell[s];
            w->right[s] = o->sum[s] - w->left[s];
        }
        if (big_enough(w, (double)w->left[2], (double)w->left[ENS__SUM_W]) &&
            big_enough(w, (double)w->right[2], (double)w->right[ENS__SUM_W]))
            keep(best, -w->loss[g], g, missing_left);
    }
    return -node;
}

/* ---- Keeping the best ---------------------------------------------------------------------------------------- */

static void add_group(const ens__work *w, int64_t *sum, unsigned group)
{
    if (w->pairs) {
        int64_t one = (int64_t)(w->pair_cell[group] >> 32);
        int64_t n = (int64_t)(w->pair_cell[group] & UINT32_MAX);

        sum[0] += n - one;
        sum[1] += one;
        sum[2] += n;
        return;
    }
    for (size_t s = 0; s < w->sums; s++)
        sum[s] += w->cell[group * w->sums + s];
}

/* Bits of the levels that go left; those not among the groups go with the missing ones. */
static void make_set(ens__work *w, const order *o, const boundary *b)
{
    memset(w->set, b->missing_left ? 0xff : 0, w->set_words * sizeof *w->set);
    for (size_t g = 0; g < o->n; g++) {
        uint32_t bit = (uint32_t)1 << w->group[g] % 32;

        if (g <= b->at)
            w->set[w->group[g] / 32] |= bit;
        else
            w->set[w->group[g] / 32] &= ~bit;
    }
}

/* Take the boundary if it beats what the node has: of equal gains the one tried first stays, and the order of the
 * features is drawn for each node, so that trees do not all prefer the same of several equal splits. */
static void take(ens__work *w, const order *o, boundary *b)
{
    double gain = b->value - o->node;
    ens__split *best = &w->best;

    if (!b->found || (best->found && gain <= best->gain))
        return;
    memset(w->best_left, 0, w->sums * sizeof *w->best_left);
    for (size_t g = 0; g <= b->at; g++)
        add_group(w, w->best_left, w->group[g]);
    for (size_t s = 0; s < w->sums && b->missing_left; s++)
        w->best_left[s] += w->missing[s];
    if (!o->missing) /* none to learn from: with the larger child */
        b->missing_left =
            2 * ens__sum_weight(w, w->best_left) > ens__sum_weight(w, o->sum);
    *best = (ens__split){
        true, o->by_set, b->missing_left, (uint32_t)o->feature, w->group[b->at], 0, gain};
    best->next = b->at + 1 < o->n ? w->group[b->at + 1] : w->bins[o->feature]->n_bins;
    if (o->by_set)
        make_set(w, o, b);
}

static void try_order(ens__work *w, order *o)
{
    boundary b = {0};
    bool counts = w->classes && !w->weighted && w->o->criterion == ENS__GINI;

    if (o->n == 0)
        return;
    for (int side = 0; side <= (int)o->missing; side++) {
        if (w->pairs && w->o->criterion == ENS__GINI)
            try_gini_pairs(w, o, side, &b);
        else if (w->pairs)
            try_entropy_pairs(w, o, side, &b);
        else if (counts)
            try_counts(w, o, side, &b);
        else if (w->o->criterion == ENS__ABSOLUTE_ERROR)
            o->node = try_absolute(w, o, side, &b);
        else if (!w->classes)
            try_responses(w, o, side, &b);
        else
            try_sums(w, o, side, &b);
    }
    take(w, o, &b);
}

/* ---- Categories ------------------------------------------------------------------------------------------------ */

static int64_t group_count(const ens__work *w, unsigned group)
{
    return w->pairs ? (int64_t)(w->pair_cell[group] & UINT32_MAX)
                    : w->cell[group * w->sums + w->sums - 1];
}

/* Share of class c, or the mean: what groups are ordered by. */
static double group_place(const ens__work *w, unsigned group, size_t c)
{
    const int64_t *cell = w->cell + group * w->sums;

    if (w->pairs)
        return (double)(w->pair_cell[group] >> 32) /
               (double)(w->pair_cell[group] & UINT32_MAX);
    if (w->classes)
        return (double)cell[c] / ens__sum_weight(w, cell);
    return (double)cell[ENS__SUM_V] / (double)cell[ENS__SUM_W];
}

/* Groups by place, equal ones by level: shell sort (few groups, no memory). */
static void sort_groups(ens__work *w, size_t n, size_t c)
{
    for (size_t g = 0; g < n; g++)
        w->place[w->group[g]] = group_place(w, w->group[g], c);
    for (size_t gap = n / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
        for (size_t i = gap; i < n; i++) {
            unsigned group = w->group[i];
            double place = w->place[group];
            size_t j = i;

            for (; j >= gap; j -= gap) {
                unsigned other = w->group[j - gap];

                if (w->place[other] < place ||
                    (w->place[other] == place && other < group))
                    break;
                w->group[j] = other;
            }
            w->group[j] = group;
        }
}

/* The class of rank r by weight in the node, SIZE_MAX if there are not so many. */
static size_t class_by_rank(const ens__work *w, const int64_t *sum, size_t r)
{
    for (size_t c = 0; c < w->k; c++) {
        size_t before = 0;

        for (size_t d = 0; d < w->k; d++)
            before += sum[d] > sum[c] || (sum[d] == sum[c] && d < c);
        if (before == r)
            return sum[c] > 0 ? c : SIZE_MAX;
    }
    return SIZE_MAX;
}

/* Levels of too few rows are moved behind the others and counted with the missing values. */
static void set_rare_aside(ens__work *w, order *o)
{
    size_t kept = 0;

    for (size_t g = 0; g < o->n; g++) {
        unsigned group = w->group[g];

        if (group_count(w, group) >= (int64_t)w->o->min_category) {
            w->group[g] = w->group[kept];
            w->group[kept++] = group;
            continue;
        }
        add_group(w, w->missing, group);
        o->missing = true;
    }
    o->n = kept;
}

static void try_category(ens__work *w, order *o)
{
    size_t orders = w->classes && w->k > 2 ? MAX_ORDERS : 1;

    o->by_set = true;
    set_rare_aside(w, o);
    for (size_t r = 0; r < orders; r++) {
        size_t c = orders > 1 ? class_by_rank(w, o->sum, r) : w->k - 1;

        if (c == SIZE_MAX)
            break;
        sort_groups(w, o->n, c);
        try_order(w, o);
    }
}

/* ---- Features ---------------------------------------------------------------------------------------------------- */

static void try_feature(ens__work *w, size_t j, const int64_t *sum, size_t begin,
                        size_t n)
{
    size_t groups = ens__groups_make(w, j, begin, n);
    order o = {.feature = j, .all = groups, .sum = sum, .begin = begin, .rows = n};

    if (groups > 1) {
        o.missing = w->group[groups - 1] == w->bins[j]->n_bins;
        o.n = groups - o.missing;
        o.node = node_value(w, sum);
        memset(w->missing, 0, w->sums * sizeof *w->missing);
        if (o.missing)
            add_group(w, w->missing, w->group[groups - 1]);
        if (w->a->rows.feature[j].code != NULL)
            try_category(w, &o);
        else
            try_order(w, &o);
    }
    ens__groups_clear(w, groups);
}

/* Features are tried in a random order of the node's own. Where none of max_features splits the node it stays a
 * leaf, as in Breiman's own forests: to go on until one does, as scikit-learn, makes twice the leaves of pure noise. */
void ens__split_find(ens__work *w, const int64_t *sum, size_t begin, size_t n,
                     uint64_t path)
{
    size_t drawn;
    ens__stream s;

    w->best.found = false;
    ens__stream_init(&s, w->a->seed, ENS__FOR_NODE, path);
    for (drawn = 0; drawn < w->o->max_features; drawn++) {
        size_t at = drawn + ens__stream_below(&s, (uint32_t)(w->p - drawn));
        uint32_t j = w->permutation[at];

        w->permutation[at] = w->permutation[drawn];
        w->permutation[drawn] = j;
        w->swapped[drawn] = (uint32_t)at;
        try_feature(w, j, sum, begin, n);
    }
    while (drawn-- > 0) { /* so that the draw depends on the node alone */
        uint32_t j = w->permutation[drawn];

        w->permutation[drawn] = w->permutation[w->swapped[drawn]];
        w->permutation[w->swapped[drawn]] = j;
    }
}
