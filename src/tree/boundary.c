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

#include <core/cpu.h>
#include <math.h>
#include <string.h>
#include <tree/work.h>

#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

/* ---- Kernels ------------------------------------------------------------------------------------------------- */

/* Of n rows that sum to `all`, each side needs `least`. */
typedef struct limits {
    double n, all, least;
} limits;

#define PAIRS_ARGS                                                                       \
    size_t *at, const uint32_t *restrict left_n, const uint32_t *restrict left_one,      \
        size_t n_at, limits limit
#define VALUES_ARGS                                                                      \
    size_t *at, const uint32_t *restrict left_n, const int64_t *restrict left_v,         \
        size_t n_at, limits limit
#define COUNTS_ARGS                                                                      \
    size_t *at, const uint32_t *restrict class, size_t up, uint32_t *restrict left,      \
        const double *restrict all, const uint32_t *restrict order,                      \
        const uint32_t *restrict left_n, size_t n_at, limits limit
#define SQUARES_ARGS                                                                     \
    size_t *at, const uint32_t *restrict left_n, const double *restrict left_squares,    \
        const double *restrict right_squares, size_t n_at, limits limit
#define FEW_COUNTS_ARGS                                                                  \
    size_t *at, const int32_t *restrict code, const ens__work *w,                        \
        const uint32_t *restrict tag, size_t n, limits limit
#define FEW_PAIRS_ARGS                                                                   \
    size_t *at, const int32_t *restrict code, const uint32_t *restrict tag, size_t n,    \
        limits limit
#define FEW_VALUES_ARGS                                                                  \
    size_t *at, const int32_t *restrict code, const ens__response *restrict row,         \
        size_t n, limits limit

/* All return the greatest value and its place, or below 0 where no boundary keeps the limits. */
typedef struct kernels {
    double (*pairs)(PAIRS_ARGS);
    double (*values)(VALUES_ARGS);
    double (*counts)(COUNTS_ARGS);
    double (*squares)(SQUARES_ARGS);
    double (*few_pairs)(FEW_PAIRS_ARGS); /* this and the next: or NULL */
    double (*few_values)(FEW_VALUES_ARGS);
    double (*few_counts)(FEW_COUNTS_ARGS);
} kernels;

/* (s_l n - s n_l)^2 / (n_l n_r) */
static inline double ratio(double n_left, double left, limits limit)
{
    double d = left * limit.n - n_left * limit.all;

    return d * d / (n_left * (limit.n - n_left));
}

static double pairs_base(PAIRS_ARGS)
{
    double best = -1;

    for (size_t g = 0; g < n_at; g++) {
        double n_left = left_n[g], value;

        if (n_left < limit.least || limit.n - n_left < limit.least)
            continue;
        value = ratio(n_left, left_one[g], limit);
        if (value > best) {
            best = value;
            *at = g;
        }
    }
    return best;
}

static double values_base(VALUES_ARGS)
{
    double best = -1;

    for (size_t g = 0; g < n_at; g++) {
        double n_left = left_n[g], value;

        if (n_left < limit.least || limit.n - n_left < limit.least)
            continue;
        value = ratio(n_left, (double)left_v[g], limit);
        if (value > best) {
            best = value;
            *at = g;
        }
    }
    return best;
}

/* sum_c L_c^2 / n_l + sum_c R_c^2 / n_r: the squares are whole numbers, exact in any order below 2^53 */
static double counts_base(COUNTS_ARGS)
{
    double best = -1;

    for (size_t g = 0; g < n_at; g++) {
        const uint32_t *cell = class + order[g] * up;
        double n_left = left_n[g], l2 = 0, r2 = 0, value;

        for (size_t c = 0; c < up; c++) {
            double l = left[c] += cell[c], r = all[c] - l;

            l2 += l * l;
            r2 += r * r;
        }
        if (n_left < limit.least || limit.n - n_left < limit.least)
            continue;
        value = l2 / n_left + r2 / (limit.n - n_left);
        if (value > best) {
            best = value;
            *at = g;
        }
    }
    return best;
}

static double squares_base(SQUARES_ARGS)
{
    double best = -1;

    for (size_t g = 0; g < n_at; g++) {
        double n_left = left_n[g], n_right = limit.n - n_left, value;

        if (n_left < limit.least || n_right < limit.least)
            continue;
        value = left_squares[g] / n_left + right_squares[g] / n_right;
        if (value > best) {
            best = value;
            *at = g;
        }
    }
    return best;
}

static const kernels kernels_base = {.pairs = pairs_base,
                                     .values = values_base,
                                     .counts = counts_base,
                                     .squares = squares_base};

#if ENS_HAVE_LEVELS
/* The best of each of eight series of boundaries. */
typedef struct bests {
    __m512d value;
    __m512i at;
} bests;

#define V4_INLINE ENS_TARGET_V4 static inline __attribute__((always_inline))

/* The better ones of eight values, where each side has enough rows. */
V4_INLINE void keep_eight(bests *b, __m512d value, __m512d n_left, __m512d n_right,
                          __m512i at, double least_count)
{
    __m512d least = _mm512_set1_pd(least_count);
    __mmask8 kept = _mm512_cmp_pd_mask(n_left, least, _CMP_GE_OQ) &
                    _mm512_cmp_pd_mask(n_right, least, _CMP_GE_OQ);
    __mmask8 better = _mm512_mask_cmp_pd_mask(kept, value, b->value, _CMP_GT_OQ);

    better |= _mm512_mask_cmp_pd_mask(kept, value, b->value, _CMP_EQ_OQ) &
              _mm512_cmplt_epi64_mask(at, b->at);
    b->value = _mm512_mask_mov_pd(b->value, better, value);
    b->at = _mm512_mask_mov_epi64(b->at, better, at);
}

V4_INLINE void try_eight(bests *b, __m512d n_left, __m512d left, __m512i at, limits limit)
{
    __m512d n = _mm512_set1_pd(limit.n), n_right = _mm512_sub_pd(n, n_left);
    __m512d d = _mm512_sub_pd(_mm512_mul_pd(left, n),
                              _mm512_mul_pd(n_left, _mm512_set1_pd(limit.all)));
    __m512d value = _mm512_div_pd(_mm512_mul_pd(d, d), _mm512_mul_pd(n_left, n_right));

    keep_eight(b, value, n_left, n_right, at, limit.least);
}

/* The greatest value, and of equal ones the least `at`. */
V4_INLINE double best_of(const bests *b, size_t *at)
{
    double value = _mm512_reduce_max_pd(b->value);
    __mmask8 first = _mm512_cmp_pd_mask(b->value, _mm512_set1_pd(value), _CMP_EQ_OQ);

    *at = (size_t)_mm512_mask_reduce_min_epi64(first, b->at);
    return value;
}

V4_INLINE __m512d eight_ints(const void *x)
{
    return _mm512_cvtepi32_pd(_mm256_loadu_si256(x));
}

#define NO_BESTS                                                                         \
    {                                                                                    \
        _mm512_set1_pd(-1), _mm512_set1_epi64(INT64_MAX)                                 \
    }
#define EIGHT _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7)

/* Past n_at the sums are those of all rows, which is no boundary. */
ENS_TARGET_V4 static double pairs_v4(PAIRS_ARGS)
{
    bests b = NO_BESTS;
    __m512i here = EIGHT;

    for (size_t g = 0; g < n_at; g += 8) {
        try_eight(&b, eight_ints(left_n + g), eight_ints(left_one + g), here, limit);
        here = _mm512_add_epi64(here, _mm512_set1_epi64(8));
    }
    return best_of(&b, at);
}

ENS_TARGET_V4 static double values_v4(VALUES_ARGS)
{
    bests b = NO_BESTS;
    __m512i here = EIGHT;

    for (size_t g = 0; g < n_at; g += 8) {
        __m512i v = _mm512_loadu_si512(left_v + g);

        try_eight(&b, eight_ints(left_n + g), _mm512_cvtepi64_pd(v), here, limit);
        here = _mm512_add_epi64(here, _mm512_set1_epi64(8));
    }
    return best_of(&b, at);
}

ENS_TARGET_V4 static double counts_v4(COUNTS_ARGS)
{
    double best = -1;

    for (size_t g = 0; g < n_at; g++) {
        const uint32_t *cell = class + order[g] * up;
        __m512d l2 = _mm512_setzero_pd(), r2 = l2;
        double n_left = left_n[g], value;

        for (size_t c = 0; c < up; c += 8) {
            __m256i x = _mm256_add_epi32(_mm256_loadu_si256((const void *)(left + c)),
                                         _mm256_loadu_si256((const void *)(cell + c)));
            __m512d l = _mm512_cvtepi32_pd(x);
            __m512d r = _mm512_sub_pd(_mm512_loadu_pd(all + c), l);

            _mm256_storeu_si256((void *)(left + c), x);
            l2 = _mm512_add_pd(l2, _mm512_mul_pd(l, l));
            r2 = _mm512_add_pd(r2, _mm512_mul_pd(r, r));
        }
        if (n_left < limit.least || limit.n - n_left < limit.least)
            continue;
        value = _mm512_reduce_add_pd(l2) / n_left +
                _mm512_reduce_add_pd(r2) / (limit.n - n_left);
        if (value > best) {
            best = value;
            *at = g;
        }
    }
    return best;
}

/* l2 / n_l + r2 / n_r */
V4_INLINE void try_squares(bests *b, __m512d n_left, __m512d l2, __m512d r2, __m512i at,
                           limits limit)
{
    __m512d n_right = _mm512_sub_pd(_mm512_set1_pd(limit.n), n_left);
    __m512d value = _mm512_add_pd(_mm512_div_pd(l2, n_left), _mm512_div_pd(r2, n_right));

    keep_eight(b, value, n_left, n_right, at, limit.least);
}

/* What is read past n_at is masked by its place. */
ENS_TARGET_V4 static double squares_v4(SQUARES_ARGS)
{
    bests b = NO_BESTS;

    for (size_t g = 0; g < n_at; g += 8) {
        __mmask8 in = n_at - g < 8 ? (__mmask8)((1u << (n_at - g)) - 1) : 0xff;
        __m512d n_left = _mm512_maskz_mov_pd(in, eight_ints(left_n + g));

        try_squares(&b, n_left, _mm512_maskz_loadu_pd(in, left_squares + g),
                    _mm512_maskz_loadu_pd(in, right_squares + g),
                    _mm512_add_epi64(EIGHT, _mm512_set1_epi64((int64_t)g)), limit);
    }
    return best_of(&b, at);
}

V4_INLINE __m512d half_of(__m512i sixteen, int high)
{
    return _mm512_cvtepi32_pd(high ? _mm512_extracti64x4_epi64(sixteen, 1)
                                   : _mm512_castsi512_si256(sixteen));
}

/* Try the codes of sixteen rows, where the tags of all rows of no greater code add up to `sum`. */
V4_INLINE void try_sixteen(bests *b, __m512i code, __m512i sum, limits limit, int halves)
{
    __m512i n = _mm512_and_si512(sum, _mm512_set1_epi32(0xffff));
    __m512i one = _mm512_srli_epi32(sum, 16);

    try_eight(b, half_of(n, 0), half_of(one, 0),
              _mm512_cvtepi32_epi64(_mm512_castsi512_si256(code)), limit);
    if (halves > 1)
        try_eight(b, half_of(n, 1), half_of(one, 1),
                  _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(code, 1)), limit);
}

/* Instead of sorting: each row adds its tag to all rows of no lesser code. */
ENS_TARGET_V4 static double few_pairs_v4(FEW_PAIRS_ARGS)
{
    __m512i c0 = _mm512_loadu_si512(code), c1 = _mm512_loadu_si512(code + 16);
    __m512i l0 = _mm512_setzero_si512(), l1 = l0;
    bests b = NO_BESTS;

    if (n <= 16) {
        for (size_t r = 0; r < n; r++)
            l0 = _mm512_mask_add_epi32(
                l0, _mm512_cmpge_epi32_mask(c0, _mm512_set1_epi32(code[r])), l0,
                _mm512_set1_epi32((int)tag[r]));
        try_sixteen(&b, c0, l0, limit, n > 8 ? 2 : 1);
        return best_of(&b, at);
    }
    for (size_t r = 0; r < n; r++) {
        __m512i c = _mm512_set1_epi32(code[r]), t = _mm512_set1_epi32((int)tag[r]);

        l0 = _mm512_mask_add_epi32(l0, _mm512_cmpge_epi32_mask(c0, c), l0, t);
        l1 = _mm512_mask_add_epi32(l1, _mm512_cmpge_epi32_mask(c1, c), l1, t);
    }
    try_sixteen(&b, c0, l0, limit, 2);
    try_sixteen(&b, c1, l1, limit, n > 24 ? 2 : 1);
    return best_of(&b, at);
}

ENS_TARGET_V4 static double few_values_v4(FEW_VALUES_ARGS)
{
    bests b = NO_BESTS;

    for (size_t i = 0; i < n; i += 8) {
        __m512i c = _mm512_cvtepi32_epi64(_mm256_loadu_si256((const void *)(code + i)));
        __m512i v = _mm512_setzero_si512(), m = v;

        for (size_t r = 0; r < n; r++) {
            __mmask8 in = _mm512_cmpge_epi64_mask(c, _mm512_set1_epi64(code[r]));

            v = _mm512_mask_add_epi64(v, in, v, _mm512_set1_epi64(row[r].v));
            m = _mm512_mask_add_epi64(m, in, m, _mm512_set1_epi64(row[r].count));
        }
        try_eight(&b, _mm512_cvtepi64_pd(m), _mm512_cvtepi64_pd(v), c, limit);
    }
    return best_of(&b, at);
}

/* Sixteen boundaries at a time, one class after the other: the squares are whole numbers below 2^31. */
ENS_TARGET_V4 static double few_counts_v4(FEW_COUNTS_ARGS)
{
    bests b = NO_BESTS;

    for (size_t i = 0; i < n; i += 16) {
        __m512i c = _mm512_loadu_si512(code + i), l = _mm512_setzero_si512();
        __m512i n_left = l, l2 = l, r2 = l;

        for (size_t r = 0; r < n; r++) {
            size_t row = w->by_class[r];

            l = _mm512_mask_add_epi32(
                l, _mm512_cmpge_epi32_mask(c, _mm512_set1_epi32(code[row])), l,
                _mm512_set1_epi32((int)(tag[row] & 0xffff)));
            if ((w->class_ends >> r & 1) != 0) {
                __m512i right = _mm512_sub_epi32(
                    _mm512_set1_epi32((int)w->node_class[tag[row] >> 16]), l);

                n_left = _mm512_add_epi32(n_left, l);
                l2 = _mm512_add_epi32(l2, _mm512_mullo_epi32(l, l));
                r2 = _mm512_add_epi32(r2, _mm512_mullo_epi32(right, right));
                l = _mm512_setzero_si512();
            }
        }
        for (int half = 0; half < (n - i > 8 ? 2 : 1); half++)
            try_squares(&b, half_of(n_left, half), half_of(l2, half), half_of(r2, half),
                        _mm512_cvtepi32_epi64(half ? _mm512_extracti64x4_epi64(c, 1)
                                                   : _mm512_castsi512_si256(c)),
                        limit);
    }
    return best_of(&b, at);
}

static const kernels kernels_v4 = {.pairs = pairs_v4,
                                   .values = values_v4,
                                   .counts = counts_v4,
                                   .squares = squares_v4,
                                   .few_pairs = few_pairs_v4,
                                   .few_values = few_values_v4,
                                   .few_counts = few_counts_v4};
#endif

static const kernels *kernels_here(void)
{
#if ENS_HAVE_LEVELS
    if (ens__cpu_level() >= ENS__CPU_V4)
        return &kernels_v4;
#endif
    return &kernels_base;
}

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

/* Rows that a side needs, where each weighs as often as it was drawn. */
static double least_count(const ens__work *w)
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
    double n = (double)o->sum[2], one = (double)o->sum[1], least = least_count(w), value;
    size_t at = 0;

    add_up_counts(w, o, missing_left, last);
    for (size_t g = 0; g < last; g++)
        w->left_one[g] = left += w->group.one[o->at[g]];
    if (w->o->criterion == ENS__GINI) {
        value = kernels_here()->pairs(&at, w->left_n, w->left_one, last,
                                      (limits){n, one, least});
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
    value =
        kernels_here()->values(&at, w->left_n, w->left_v, last,
                               (limits){n, (double)o->sum[ENS__SUM_V], least_count(w)});
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
    value = kernels_here()->counts(&at, w->group.class, w->classes_up, w->left_class,
                                   w->node_class, o->at, w->left_n, last,
                                   (limits){n, 0, least_count(w)});
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
    if (kernels_here()->few_pairs == NULL)
        return 0;
    return kind == ENS__PAIRS       ? 32
           : kind == ENS__RESPONSES ? 16
           : kind == ENS__COUNTS    ? ENS__FEW
                                    : 0;
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
    const kernels *k = kernels_here();
    double all = (double)sum[w->sums - 1], value;
    limits limit = {all, (double)sum[1], least_count(w)};
    size_t at = 0;

    if (w->kind == ENS__PAIRS) {
        value = k->few_pairs(&at, code, w->tag + begin, n, limit);
        tell(best, value, (unsigned)at, 2 / all, 0);
    } else if (w->kind == ENS__RESPONSES) {
        value = k->few_values(&at, code, w->response + begin, n, limit);
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

    value = kernels_here()->squares(&at, w->left_n, w->left_squares, w->right_squares, n,
                                    (limits){all, 0, least_count(w)});
    tell(best, value, w->group.code[at], 1, w->node_squares / all);
}
