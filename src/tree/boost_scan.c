/* boost_scan.c - the best boundary between the codes of a number.
 *
 * The gain of a split is T(GL)^2 / (HL + lambda) + T(GR)^2 / (HR + lambda) - T(G)^2 / (H + lambda), where T takes alpha
 * off the size of its argument (Chen and Guestrin 2016, equation 7).  Missing values are tried on both sides. */
#include <config.h>

#include <core/cpu.h>
#include <math.h>
#include <tree/boost_work.h>
#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

/* Codes of a feature whose packed cells are searched as they are, at most. */
#define MOST_PACKED 256
#define LANES       8

/* Boundaries of one feature, with what goes left besides. */
typedef struct line {
    ens__cells cells;      /* [m], and in memory up to a multiple of ENS__BOOST_PAD */
    const int64_t *packed; /* in place of cells, or NULL */
    const ens__fixed *fixed;
    size_t m;
    ens__boost_sum add, all;
    int64_t min_leaf;
    double min_hessian, alpha, lambda;
    double before, least;  /* score of the node, and what a split must be above */
    const ens__booster *b; /* monotonic, and the next two; else NULL */
    const ens__boost_node *node;
    int sign; /* of the feature */
} line;

typedef struct found {
    double score; /* of both sides */
    size_t code;
} found;

/* ---- One boundary after the other --------------------------------------------------------------------------- */

static inline void add_cell(ens__boost_sum *sum, ens__cells cells, size_t c)
{
    sum->g += cells.g[c];
    sum->n += cells.n[c];
    sum->h += cells.h != NULL ? cells.h[c] : cells.n[c];
}

/* Are there enough rows on both sides? */
static inline bool is_allowed(const line *l, const ens__boost_sum *left)
{
    return left->n >= l->min_leaf && l->all.n - left->n >= l->min_leaf &&
           (double)left->h >= l->min_hessian &&
           (double)(l->all.h - left->h) >= l->min_hessian;
}

static inline double score_of(const line *l, const ens__boost_sum *left)
{
    double hl = (double)left->h, hr = (double)(l->all.h - left->h);
    double a = fabs((double)left->g) - l->alpha;
    double b = fabs((double)(l->all.g - left->g)) - l->alpha;

    a = a > 0 ? a : 0;
    b = b > 0 ? b : 0;
    hl += l->lambda;
    hr += l->lambda;
    return (a * a * hr + b * b * hl) / (hl * hr);
}

/* The boundary of the greatest score above that of best, the first of equals, into best; true if there is one. */
#define SCAN_ARGS found *best, const line *l

static bool scan_base(SCAN_ARGS)
{
    ens__boost_sum left = l->add;
    bool better = false;

    for (size_t c = 0; c < l->m; c++) {
        double score;

        add_cell(&left, l->cells, c);
        if (is_allowed(l, &left) && (score = score_of(l, &left)) > best->score) {
            *best = (found){score, c};
            better = true;
        }
    }
    return better;
}

static bool scan_packed(SCAN_ARGS)
{
    int64_t sum = ens__boost_packed(&l->add, l->fixed);
    bool better = false;

    for (size_t c = 0; c < l->m; c++) {
        ens__boost_sum left;
        double score;

        if (l->packed[c] == 0 && c > 0) /* as good as the boundary before */
            continue;
        sum += l->packed[c];
        left = ens__boost_unpacked(sum, l->fixed);
        if (is_allowed(l, &left) && (score = score_of(l, &left)) > best->score) {
            *best = (found){score, c};
            better = true;
        }
    }
    return better;
}

/* The same with values of both sides between the node's bounds, and in the order that the feature asks for. */
static bool scan_bounded(SCAN_ARGS)
{
    ens__boost_sum left = l->add;
    bool better = false;

    for (size_t c = 0; c < l->m; c++) {
        double vl, vr, score;

        add_cell(&left, l->cells, c);
        if (!is_allowed(l, &left))
            continue;
        score = ens__boost_bounded(&vl, l->b, (double)left.g, (double)left.h, l->lambda,
                                   l->node) +
                ens__boost_bounded(&vr, l->b, (double)(l->all.g - left.g),
                                   (double)(l->all.h - left.h), l->lambda, l->node);
        if (l->sign * (vr - vl) >= 0 && score > best->score) {
            *best = (found){score, c};
            better = true;
        }
    }
    return better;
}

#if ENS_HAVE_LEVELS
/* ---- Eight at a time ---------------------------------------------------------------------------------------- */

/* Sums of lanes 0 .. i, and of what came before, which becomes that of all lanes. */
ENS_TARGET_V4 static inline __m512i running(__m512i x, __m512i *before)
{
    const __m512i zero = _mm512_setzero_si512();

    x = _mm512_add_epi64(x, _mm512_alignr_epi64(x, zero, 7));
    x = _mm512_add_epi64(x, _mm512_alignr_epi64(x, zero, 6));
    x = _mm512_add_epi64(x, _mm512_alignr_epi64(x, zero, 4));
    x = _mm512_add_epi64(x, *before);
    *before = _mm512_permutexvar_epi64(_mm512_set1_epi64(7), x);
    return x;
}

/* max(|g| - alpha, 0) */
ENS_TARGET_V4 static inline __m512d shrunk(__m512i g, __m512d alpha)
{
    __m512d x = _mm512_abs_pd(_mm512_cvtepi64_pd(g));

    return _mm512_max_pd(_mm512_sub_pd(x, alpha), _mm512_setzero_pd());
}

/* The best boundary of each lane so far. */
typedef struct lanes {
    __m512d score;
    __m512i code; /* below 0: none above what there was */
} lanes;

/* Boundaries of a mask, by the sums of what goes left. */
ENS_TARGET_V4 static inline void judge(lanes *top, const line *l, __mmask8 m, __m512i g,
                                       __m512i h, __m512i n, __m512i code)
{
    const __m512i min_leaf = _mm512_set1_epi64(l->min_leaf);
    const __m512d min_hessian = _mm512_set1_pd(l->min_hessian);
    const __m512d alpha = _mm512_set1_pd(l->alpha), lambda = _mm512_set1_pd(l->lambda);
    __m512d hl = _mm512_cvtepi64_pd(h);
    __m512d hr = _mm512_cvtepi64_pd(_mm512_sub_epi64(_mm512_set1_epi64(l->all.h), h));
    __m512d a, b, s;

    m = _mm512_mask_cmp_epi64_mask(m, n, min_leaf, _MM_CMPINT_NLT);
    m = _mm512_mask_cmp_epi64_mask(m, _mm512_sub_epi64(_mm512_set1_epi64(l->all.n), n),
                                   min_leaf, _MM_CMPINT_NLT);
    m = _mm512_mask_cmp_pd_mask(m, hl, min_hessian, _CMP_GE_OQ);
    m = _mm512_mask_cmp_pd_mask(m, hr, min_hessian, _CMP_GE_OQ);
    if (m == 0)
        return;
    a = shrunk(g, alpha);
    b = shrunk(_mm512_sub_epi64(_mm512_set1_epi64(l->all.g), g), alpha);
    hl = _mm512_add_pd(hl, lambda);
    hr = _mm512_add_pd(hr, lambda);
    s = _mm512_div_pd(_mm512_add_pd(_mm512_mul_pd(_mm512_mul_pd(a, a), hr),
                                    _mm512_mul_pd(_mm512_mul_pd(b, b), hl)),
                      _mm512_mul_pd(hl, hr));
    m = _mm512_mask_cmp_pd_mask(m, s, top->score, _CMP_GT_OQ);
    top->score = _mm512_mask_mov_pd(top->score, m, s);
    top->code = _mm512_mask_mov_epi64(top->code, m, code);
}

/* The best of all lanes into best, if there is one. */
ENS_TARGET_V4 static inline bool best_of(found *best, const lanes *top)
{
    double score[LANES];
    int64_t code[LANES];
    bool better = false;

    _mm512_storeu_pd(score, top->score);
    _mm512_storeu_si512(code, top->code);
    for (unsigned i = 0; i < LANES; i++)
        if (code[i] >= 0 &&
            (score[i] > best->score ||
             (better && score[i] == best->score && (size_t)code[i] < best->code))) {
            *best = (found){score[i], (size_t)code[i]};
            better = true;
        }
    return better;
}

static inline __mmask8 first_of(size_t left)
{
    return left < LANES ? (__mmask8)((1u << left) - 1) : 0xff;
}

ENS_TARGET_V4 static inline __m512i codes_from(size_t c)
{
    return _mm512_add_epi64(_mm512_set1_epi64((int64_t)c),
                            _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
}

ENS_TARGET_V4 static bool scan_v4(SCAN_ARGS)
{
    __m512i g_before = _mm512_set1_epi64(l->add.g),
            h_before = _mm512_set1_epi64(l->add.h);
    __m512i n_before = _mm512_set1_epi64(l->add.n);
    lanes top = {_mm512_set1_pd(best->score), _mm512_set1_epi64(-1)};

    for (size_t c = 0; c < l->m; c += LANES) {
        __m512i n =
            _mm512_cvtepu32_epi64(_mm256_loadu_si256((const void *)(l->cells.n + c)));
        __m512i h = l->cells.h != NULL ? _mm512_loadu_si512(l->cells.h + c) : n;
        __m512i g = running(_mm512_loadu_si512(l->cells.g + c), &g_before);

        n = running(n, &n_before);
        h = l->cells.h != NULL ? running(h, &h_before) : n;
        judge(&top, l, first_of(l->m - c), g, h, n, codes_from(c));
    }
    return best_of(best, &top);
}

/* Packed sums, field by field. */
typedef struct fields {
    __m512i g, h, n;
} fields;

ENS_TARGET_V4 static inline fields fields_of(__m512i v, const ens__fixed *f)
{
    __m512i n = _mm512_and_si512(v, _mm512_set1_epi64(ens__boost_room(f)));
    __m512i h_mask = _mm512_set1_epi64(((int64_t)1 << (f->g_shift - f->h_shift)) - 1);
    __m512i h = _mm512_srl_epi64(v, _mm_cvtsi32_si128((int)f->h_shift));
    __m512i g = _mm512_sra_epi64(v, _mm_cvtsi32_si128((int)f->g_shift));

    return (fields){g, f->unit ? n : _mm512_and_si512(h, h_mask), n};
}

ENS_TARGET_V4 static bool scan_packed_v4(SCAN_ARGS)
{
    __m512i before = _mm512_set1_epi64(ens__boost_packed(&l->add, l->fixed));
    lanes top = {_mm512_set1_pd(best->score), _mm512_set1_epi64(-1)};

    for (size_t c = 0; c < l->m; c += LANES) {
        __mmask8 m = first_of(l->m - c);
        __m512i v = running(_mm512_maskz_loadu_epi64(m, l->packed + c), &before);
        fields f = fields_of(v, l->fixed);

        judge(&top, l, m, f.g, f.h, f.n, codes_from(c));
    }
    return best_of(best, &top);
}

/* The first cell and all that are not empty, out of m packed ones; returns how many. */
ENS_TARGET_V4 static size_t squeeze(int64_t *out, const int64_t *cell, size_t m)
{
    size_t n = 0;

    for (size_t c = 0; c < m; c += LANES) {
        __m512i v = _mm512_loadu_si512(cell + c);
        __mmask8 any = (__mmask8)(_mm512_test_epi64_mask(v, v) | (c == 0));

        any &= first_of(m - c);
        _mm512_storeu_si512(out + n, _mm512_maskz_compress_epi64(any, v));
        n += (unsigned)__builtin_popcount(any);
    }
    _mm512_storeu_si512(out + n, _mm512_setzero_si512());
    return n;
}

/* May a boundary have a score above `least`? Without a division, hence with some margin. */
ENS_TARGET_V4 static bool may_beat(const line *l, const int64_t *cell, size_t n,
                                   double least)
{
    const __m512i min_leaf = _mm512_set1_epi64(l->min_leaf);
    const __m512i all_n = _mm512_set1_epi64(l->all.n);
    const __m512i all_g = _mm512_set1_epi64(l->all.g),
                  all_h = _mm512_set1_epi64(l->all.h);
    const __m512d alpha = _mm512_set1_pd(l->alpha), lambda = _mm512_set1_pd(l->lambda);
    const __m512d limit = _mm512_set1_pd(least * (1 - 0x1p-40));
    __m512i before = _mm512_set1_epi64(ens__boost_packed(&l->add, l->fixed));
    unsigned any = 0;

    for (size_t i = 0; i < n; i += LANES) {
        __m512i v = running(_mm512_loadu_si512(cell + i), &before);
        fields f = fields_of(v, l->fixed);
        __mmask8 m = _mm512_cmp_epi64_mask(f.n, min_leaf, _MM_CMPINT_NLT);
        __m512d a = shrunk(f.g, alpha), b = shrunk(_mm512_sub_epi64(all_g, f.g), alpha);
        __m512d hl = _mm512_add_pd(_mm512_cvtepi64_pd(f.h), lambda);
        __m512d hr =
            _mm512_add_pd(_mm512_cvtepi64_pd(_mm512_sub_epi64(all_h, f.h)), lambda);
        __m512d s = _mm512_add_pd(_mm512_mul_pd(_mm512_mul_pd(a, a), hr),
                                  _mm512_mul_pd(_mm512_mul_pd(b, b), hl));

        m = _mm512_mask_cmp_epi64_mask(m, _mm512_sub_epi64(all_n, f.n), min_leaf,
                                       _MM_CMPINT_NLT);
        any |= _mm512_mask_cmp_pd_mask(m, s, _mm512_mul_pd(limit, _mm512_mul_pd(hl, hr)),
                                       _CMP_NLT_UQ);
    }
    return any != 0;
}

/* Has a feature no boundary of a score above `least`, its missing values on either side? */
ENS_TARGET_V4 static bool is_beaten_v4(line *l, ens__boost_sum missing, double least)
{
    int64_t value[MOST_PACKED + LANES];
    size_t n = squeeze(value, l->packed, l->m);
    bool may = may_beat(l, value, n, least);

    if (missing.n > 0 && !may) {
        l->add = missing;
        may = may_beat(l, value, n, least);
        l->add = (ens__boost_sum){0};
    }
    return !may;
}
#endif

/* ---- A feature ---------------------------------------------------------------------------------------------- */

static bool scan_here(SCAN_ARGS)
{
    if (l->b != NULL)
        return scan_bounded(best, l);
#if ENS_HAVE_LEVELS
    if (ens__cpu_level() >= ENS__CPU_V4)
        return l->packed != NULL ? scan_packed_v4(best, l) : scan_v4(best, l);
#endif
    return l->packed != NULL ? scan_packed(best, l) : scan_base(best, l);
}

/* What goes left at a boundary. */
static ens__boost_sum left_of(const line *l, size_t code)
{
    ens__boost_sum left = l->add;
    int64_t sum = 0;

    if (l->packed == NULL) {
        for (size_t c = 0; c <= code; c++)
            add_cell(&left, l->cells, c);
        return left;
    }
    for (size_t c = 0; c <= code; c++)
        sum += l->packed[c];
    return ens__boost_unpacked(ens__boost_packed(&left, l->fixed) + sum, l->fixed);
}

/* What all features of a node have in common. */
static line line_of(const ens__booster *b, const ens__boost_node *node)
{
    line l = {.fixed = &b->fixed,
              .all = node->sum,
              .min_leaf = (int64_t)b->o->min_leaf,
              .min_hessian = b->min_hessian,
              .alpha = b->alpha,
              .lambda = b->lambda,
              .before = ens__boost_side(b, &node->sum, b->lambda, node)};

    l.least = l.before + b->min_gain + ENS__BOOST_MARGIN * fabs(l.before);
    if (b->o->monotonic != NULL) {
        l.b = b;
        l.node = node;
    }
    return l;
}

/* The best boundary of a feature, whose missing values come to so much, into *best. */
static void scan(ens__boost_split *best, line *l, uint32_t member, ens__boost_sum missing,
                 const ens__booster *b)
{
    found f = {.score = l->least};
    bool better = scan_here(&f, l), missing_left = false;
    double gain;

    if (missing.n > 0) {
        l->add = missing;
        missing_left = scan_here(&f, l);
        better = better || missing_left;
        if (!missing_left)
            l->add = (ens__boost_sum){0};
    }
    gain = f.score - l->before;
    if (better && ens__boost_better(gain, member, best, b)) {
        *best = (ens__boost_split){.gain = gain,
                                   .member = member,
                                   .code = (uint32_t)f.code,
                                   .left = left_of(l, f.code)};
        best->missing_left = missing.n > 0 ? missing_left : 2 * best->left.n > l->all.n;
    }
    l->add = (ens__boost_sum){0};
}

void ens__boost_scan(ens__boost_split *best, const ens__booster *b, uint32_t member,
                     ens__cells cells, const ens__boost_node *node)
{
    line l = line_of(b, node);
    ens__boost_sum missing = {0};

    l.cells = cells;
    l.m = b->rows->member[member].bins->n_bins;
    if (l.b != NULL)
        l.sign = b->o->monotonic[b->rows->member[member].feature];
    if (b->rows->member[member].bins->has_missing)
        add_cell(&missing, cells, l.m);
    scan(best, &l, member, missing, b);
}

/* Is it known, without looking closer, that no boundary is better than the best so far? */
static bool is_beaten(line *l, ens__boost_sum missing, const ens__boost_split *best)
{
#if ENS_HAVE_LEVELS
    if (ens__cpu_level() >= ENS__CPU_V4)
        return is_beaten_v4(l, missing,
                            best->gain > 0 ? l->before + best->gain : l->least);
#endif
    (void)l;
    (void)missing;
    (void)best;
    return false;
}

uint32_t ens__boost_scan_packed(ens__boost_split *best, const ens__booster *b,
                                uint32_t first, uint32_t end, const int64_t *cell,
                                const ens__boost_node *node)
{
    line l = line_of(b, node);
    uint32_t slot = first;

    for (; slot < end && l.b == NULL; slot++) {
        uint32_t member = b->slot[slot]->first;
        const ens__boost_feature *f = &b->rows->member[member];
        ens__boost_sum missing = {0};

        if (b->slot[slot]->n > 1 || f->category || f->bins->n_bins > MOST_PACKED)
            break;
        if (!node->active[member])
            continue;
        l.packed = cell + (b->base[slot] - b->base[first]);
        l.m = f->bins->n_bins;
        if (f->bins->has_missing)
            missing = ens__boost_unpacked(l.packed[l.m], l.fixed);
        if (!is_beaten(&l, missing, best))
            scan(best, &l, member, missing, b);
    }
    return slot;
}
