/* boundary.c - which boundary between the groups of a node, in a given order, decreases the criterion most.
 *
 * A criterion decreases by cost(node) - cost(left) - cost(right), where cost is the criterion times the weight:
 *     gini     W - sum_c W_c^2 / W                    entropy   -sum_c W_c log2(W_c / W)
 *     squared  sum w y^2 - (sum w y)^2 / W            absolute  sum w |y - median|
 * (Breiman et al. 1984).  Terms that the two sides share with the node cancel.
 *
 * Of n rows with n_l of them on the left, and of two classes with s of n and s_l of n_l in class 1, gini decreases by
 *     2 (s_l n - s n_l)^2 / (n n_l n_r),
 * and squared error by half of that, with sums of targets in place of s: no large terms are subtracted from each other.
 *
 * Kernels may work on eight boundaries at a time. Of equal values the first one stays. */
#include <config.h>

#include <math.h>
#include <string.h>
#include <tree/kernels.h>

/* ---- Costs by definition ------------------------------------------------------------------------------------- */

/* x log2(x), 0 for 0 */
static double xlog(double x)
{
    return x > 0 ? x * log2(x) : 0;
}

/* What a side contributes to the decrease: minus its cost, less terms that cancel. */
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

/* ---- One order ------------------------------------------------------------------------------------------------- */

static bool big_enough(const ens__work *w, double count, double weight)
{
    return count >= (double)w->o->min_leaf && weight >= w->min_leaf_w && count > 0;
}

double ens__least_count(const ens__work *w)
{
    return fmax(fmax((double)w->o->min_leaf, ceil(w->min_leaf_w)), 1);
}

static void keep(ens__boundary *best, double value, size_t at, bool missing_left)
{
    if (!best->found || value > best->value)
        *best = (ens__boundary){value, at, missing_left, true};
}

static size_t sum_of_counts(const ens__work *w, const int64_t *sum)
{
    return (size_t)sum[w->sums - 1];
}

/* w->left_n[g] for the first `last` groups of the order, then n for what a kernel may read beyond. */
static void add_up_counts(ens__work *w, const ens__order *o, bool missing_left,
                          size_t last)
{
    uint32_t left = missing_left ? (uint32_t)sum_of_counts(w, w->missing) : 0;

    for (size_t g = 0; g < last; g++)
        w->left_n[g] = left += w->group.n[o->at[g]];
    for (size_t g = last; g < last + 8; g++)
        w->left_n[g] = (uint32_t)sum_of_counts(w, o->sum);
}

static void find_pair(ens__work *w, const ens__order *o, bool missing_left, size_t last,
                      ens__boundary *best)
{
    uint32_t left = missing_left ? (uint32_t)w->missing[1] : 0;
    double n = (double)o->sum[2], one = (double)o->sum[1], least = ens__least_count(w), value;
    size_t at = 0;

    add_up_counts(w, o, missing_left, last);
    for (size_t g = 0; g < last; g++)
        w->left_one[g] = left += w->group.one[o->at[g]];
    if (w->o->criterion == ENS__GINI) {
        value = ens__kernels_here()->pairs(&at, w->left_n, w->left_one, last,
                                           (ens__limits){n, one, least});
        if (value >= 0)
            keep(best, value * (2 / n), at, missing_left);
        return;
    }
    for (size_t g = 0; g < last; g++) {
        double n_left = w->left_n[g], one_left = w->left_one[g];

        if (n_left >= least && n - n_left >= least)
            keep(best,
                 pair_value(n_left, one_left) + pair_value(n - n_left, one - one_left) -
                     pair_value(n, one),
                 g, missing_left);
    }
}

static void find_response(ens__work *w, const ens__order *o, bool missing_left,
                          size_t last, ens__boundary *best)
{
    int64_t left = missing_left ? w->missing[ENS__SUM_V] : 0;
    double n = (double)o->sum[2], value;
    size_t at = 0;

    add_up_counts(w, o, missing_left, last);
    for (size_t g = 0; g < last; g++)
        w->left_v[g] = left += w->group.v[o->at[g]];
    value = ens__kernels_here()->values(
        &at, w->left_n, w->left_v, last,
        (ens__limits){n, (double)o->sum[ENS__SUM_V], ens__least_count(w)});
    if (value >= 0)
        keep(best, value * (1 / n), at, missing_left);
}

/* The decrease of a split into sides of one class each: the kernels' values for it are exact. */
static double perfect_decrease(const ens__work *w, const int64_t *sum)
{
    double n = (double)sum[w->sums - 1];

    if (w->kind == ENS__PAIRS && w->o->criterion == ENS__GINI)
        return ((double)sum[1] * (n - (double)sum[1])) * (2 / n);
    if (w->kind == ENS__COUNTS && w->o->criterion == ENS__GINI)
        return n - w->node_squares / n;
    return INFINITY;
}

void ens__boundary_begin(ens__work *w, const int64_t *sum)
{
    if (w->kind == ENS__COUNTS) {
        w->node_squares = 0;
        for (size_t c = 0; c < w->k; c++) {
            w->node_class[c] = (double)sum[c];
            w->node_squares += w->node_class[c] * w->node_class[c];
        }
    }
    w->most = perfect_decrease(w, sum);
}

/* Gini of several classes. */
static void find_counts(ens__work *w, const ens__order *o, bool missing_left, size_t last,
                        ens__boundary *best)
{
    double n = (double)o->sum[w->k], value;
    size_t at = 0;

    memset(w->left_class, 0, w->classes_up * sizeof *w->left_class);
    for (size_t c = 0; c < w->k && missing_left; c++)
        w->left_class[c] = (uint32_t)w->missing[c];
    add_up_counts(w, o, missing_left, last);
    value = ens__kernels_here()->counts(&at, w->group.class, w->classes_up, w->left_class,
                                        w->node_class, o->at, w->left_n, last,
                                        (ens__limits){n, 0, ens__least_count(w)});
    if (value >= 0)
        keep(best, value - w->node_squares / n, at, missing_left);
}

/* The decrease by a split into w->left and w->right; node is side_value() of the node. It has the ties of the kernels,
 * so that weights of 1 make the tree that no weights make. */
static double decrease_of(const ens__work *w, const int64_t *sum, double node)
{
    double all = ens__sum_weight(w, sum), left = ens__sum_weight(w, w->left), d;
    bool two = w->classes && w->k == 2;

    if (w->o->criterion == ENS__ENTROPY || (w->classes && !two))
        return side_value(w, w->left) + side_value(w, w->right) - node;
    d = (double)w->left[1] * all - left * (double)sum[1];
    return d * d / (left * (all - left)) * (two ? 2 / all : 1 / all);
}

static bool sides_are_big(const ens__work *w)
{
    return big_enough(w, (double)w->left[w->sums - 1], ens__sum_weight(w, w->left)) &&
           big_enough(w, (double)w->right[w->sums - 1], ens__sum_weight(w, w->right));
}

static bool in_bounds(const ens__work *w, double value)
{
    return value >= w->low && value <= w->high;
}

/* As scikit-learn: the sides are in the order that the feature asks for, and in the bounds that splits above set. */
static bool is_monotonic(const ens__work *w, int sign)
{
    double left, right;

    if (w->o->monotonic == NULL)
        return true;
    left = ens__work_mean(w, w->left);
    right = ens__work_mean(w, w->right);
    return in_bounds(w, left) && in_bounds(w, right) && sign * (right - left) >= 0;
}

/* Any criterion by its definition; absolute error's losses come from medians, and the sums only tell sizes. */
static void find_each(ens__work *w, const ens__order *o, bool missing_left, size_t last,
                      ens__boundary *best)
{
    bool absolute = w->o->criterion == ENS__ABSOLUTE_ERROR;
    double node =
        absolute ? ens__absolute_losses(w, o, missing_left) : side_value(w, o->sum);
    size_t only = o->only < last ? o->only : last - 1;

    for (size_t s = 0; s < w->sums; s++)
        w->left[s] = missing_left ? w->missing[s] : 0;
    for (size_t g = 0; g < last; g++) {
        ens__groups_add(w, w->left, o->at[g]);
        for (size_t s = 0; s < w->sums; s++)
            w->right[s] = o->sum[s] - w->left[s];
        if ((o->only == SIZE_MAX || g == only) && sides_are_big(w) &&
            is_monotonic(w, o->sign))
            keep(best, absolute ? node - w->loss[g] : decrease_of(w, o->sum, node), g,
                 missing_left);
    }
}

bool ens__boundary_value(double *value, ens__work *w, const ens__order *node)
{
    for (size_t s = 0; s < w->sums; s++)
        w->right[s] = node->sum[s] - w->left[s];
    if (!sides_are_big(w) || !is_monotonic(w, node->sign))
        return false;
    *value = decrease_of(w, node->sum, side_value(w, node->sum));
    return true;
}

void ens__boundary_find(ens__work *w, const ens__order *o, bool missing_left,
                        ens__boundary *best)
{
    /* With the missing ones on the left all groups may go right, else one at least goes left. */
    size_t last = o->n - (o->n > 0 && (missing_left || !o->missing));

    if (last == 0)
        return;
    if (w->o->monotonic != NULL || o->only != SIZE_MAX)
        find_each(w, o, missing_left, last, best);
    else if (w->kind == ENS__PAIRS)
        find_pair(w, o, missing_left, last, best);
    else if (w->kind == ENS__RESPONSES)
        find_response(w, o, missing_left, last, best);
    else if (w->kind == ENS__COUNTS && w->o->criterion == ENS__GINI)
        find_counts(w, o, missing_left, last, best);
    else
        find_each(w, o, missing_left, last, best);
}

/* ---- Few rows --------------------------------------------------------------------------------------------------- */

size_t ens__few_rows(ens__kind kind)
{
    return ens__kernels_here()->few[kind];
}

/* What a kernel found, in the units of gains. */
static void tell(ens__few_best *best, double value, unsigned code, double factor,
                 double less)
{
    *best = (ens__few_best){value >= 0, code, value * factor - less};
}

void ens__few_find(ens__few_best *best, const ens__work *w, const int64_t *sum,
                   const int32_t *code, size_t begin, size_t n)
{
    const ens__kernels *k = ens__kernels_here();
    double all = (double)sum[w->sums - 1], value;
    ens__limits limit = {all, (double)sum[1], ens__least_count(w)};
    size_t at = 0;

    if (w->kind == ENS__PAIRS) {
        value = k->few_pairs(&at, code, w->tag + begin, n, limit);
        tell(best, value, (unsigned)at, 2 / all, 0);
    } else if (w->kind == ENS__RESPONSES) {
        value = k->few_values(&at, code, w->word, n, w->word_bits, limit);
        tell(best, value, (unsigned)at, 1 / all, 0);
    } else {
        value = k->few_counts(&at, code, w, w->tag + begin, n, limit);
        tell(best, value, (unsigned)at, 1, w->node_squares / all);
    }
}

void ens__squares_find(ens__few_best *best, const ens__work *w, const int64_t *sum,
                       size_t n)
{
    double all = (double)sum[w->k], value;
    size_t at = 0;

    value =
        ens__kernels_here()->squares(&at, w->left_n, w->left_squares, w->right_squares, n,
                                     (ens__limits){all, 0, ens__least_count(w)});
    tell(best, value, value >= 0 ? w->group.code[at] : 0, 1, w->node_squares / all);
}
