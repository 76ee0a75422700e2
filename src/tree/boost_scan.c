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

/* Boundaries of one feature, with what goes left besides. */
typedef struct line {
    ens__cells cells; /* [m], and in memory up to a multiple of ENS__BOOST_PAD */
    size_t m;
    ens__boost_sum add, all;
    int64_t min_leaf;
    double min_hessian, alpha, lambda;
    const ens__booster *b; /* monotonic, and the next two; else NULL */
    const ens__boost_node *node;
    int sign; /* of the feature */
} line;

typedef struct found {
    double score; /* of both sides */
    size_t code;
} found;

/* The boundary of the greatest score above that of best, the first of equals, into best; true if there is one. */
#define SCAN_ARGS found *best, const line *l

static bool scan_base(SCAN_ARGS)
{
    ens__boost_sum left = l->add;
    bool better = false;

    for (size_t c = 0; c < l->m; c++) {
        double hl, hr, a, b, score;

        left.g += l->cells.g[c];
        left.n += l->cells.n[c];
        left.h += l->cells.h != NULL ? l->cells.h[c] : l->cells.n[c];
        hl = (double)left.h;
        hr = (double)(l->all.h - left.h);
        if (left.n < l->min_leaf || l->all.n - left.n < l->min_leaf ||
            hl < l->min_hessian || hr < l->min_hessian)
            continue;
        a = fabs((double)left.g) - l->alpha;
        b = fabs((double)(l->all.g - left.g)) - l->alpha;
        a = a > 0 ? a : 0;
        b = b > 0 ? b : 0;
        hl += l->lambda;
        hr += l->lambda;
        score = (a * a * hr + b * b * hl) / (hl * hr);
        if (score > best->score) {
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
        double hl, hr, vl, vr, score;

        left.g += l->cells.g[c];
        left.n += l->cells.n[c];
        left.h += l->cells.h != NULL ? l->cells.h[c] : l->cells.n[c];
        hl = (double)left.h;
        hr = (double)(l->all.h - left.h);
        if (left.n < l->min_leaf || l->all.n - left.n < l->min_leaf ||
            hl < l->min_hessian || hr < l->min_hessian)
            continue;
        score = ens__boost_bounded(&vl, l->b, (double)left.g, hl, l->lambda, l->node) +
                ens__boost_bounded(&vr, l->b, (double)(l->all.g - left.g), hr, l->lambda,
                                   l->node);
        if (l->sign * (vr - vl) >= 0 && score > best->score) {
            *best = (found){score, c};
            better = true;
        }
    }
    return better;
}

#if ENS_HAVE_LEVELS
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

ENS_TARGET_V4 static bool scan_v4(SCAN_ARGS)
{
    const __m512i all_g = _mm512_set1_epi64(l->all.g),
                  all_h = _mm512_set1_epi64(l->all.h);
    const __m512i all_n = _mm512_set1_epi64(l->all.n);
    const __m512i min_leaf = _mm512_set1_epi64(l->min_leaf);
    const __m512d min_hessian = _mm512_set1_pd(l->min_hessian);
    const __m512d alpha = _mm512_set1_pd(l->alpha), lambda = _mm512_set1_pd(l->lambda);
    __m512i g_before = _mm512_set1_epi64(l->add.g),
            h_before = _mm512_set1_epi64(l->add.h);
    __m512i n_before = _mm512_set1_epi64(l->add.n);
    __m512d top = _mm512_set1_pd(best->score);
    __m512i top_code = _mm512_set1_epi64(-1);
    double score[8];
    int64_t code[8];
    bool better = false;

    for (size_t c = 0; c < l->m; c += 8) {
        __mmask8 m = l->m - c < 8 ? (__mmask8)((1u << (l->m - c)) - 1) : 0xff;
        __m512i n =
            _mm512_cvtepu32_epi64(_mm256_loadu_si256((const void *)(l->cells.n + c)));
        __m512i h = l->cells.h != NULL ? _mm512_loadu_si512(l->cells.h + c) : n;
        __m512i g = running(_mm512_loadu_si512(l->cells.g + c), &g_before);
        __m512d hl, hr, a, b, s;

        n = running(n, &n_before);
        h = l->cells.h != NULL ? running(h, &h_before) : n;
        hl = _mm512_cvtepi64_pd(h);
        hr = _mm512_cvtepi64_pd(_mm512_sub_epi64(all_h, h));
        m = _mm512_mask_cmp_epi64_mask(m, n, min_leaf, _MM_CMPINT_NLT);
        m = _mm512_mask_cmp_epi64_mask(m, _mm512_sub_epi64(all_n, n), min_leaf,
                                       _MM_CMPINT_NLT);
        m = _mm512_mask_cmp_pd_mask(m, hl, min_hessian, _CMP_GE_OQ);
        m = _mm512_mask_cmp_pd_mask(m, hr, min_hessian, _CMP_GE_OQ);
        if (m == 0)
            continue;
        a = shrunk(g, alpha);
        b = shrunk(_mm512_sub_epi64(all_g, g), alpha);
        hl = _mm512_add_pd(hl, lambda);
        hr = _mm512_add_pd(hr, lambda);
        s = _mm512_div_pd(_mm512_add_pd(_mm512_mul_pd(_mm512_mul_pd(a, a), hr),
                                        _mm512_mul_pd(_mm512_mul_pd(b, b), hl)),
                          _mm512_mul_pd(hl, hr));
        m = _mm512_mask_cmp_pd_mask(m, s, top, _CMP_GT_OQ);
        top = _mm512_mask_mov_pd(top, m, s);
        top_code = _mm512_mask_mov_epi64(
            top_code, m,
            _mm512_add_epi64(_mm512_set1_epi64((int64_t)c),
                             _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7)));
    }
    _mm512_storeu_pd(score, top);
    _mm512_storeu_si512(code, top_code);
    for (unsigned i = 0; i < 8; i++)
        if (code[i] >= 0 &&
            (score[i] > best->score ||
             (better && score[i] == best->score && (size_t)code[i] < best->code))) {
            *best = (found){score[i], (size_t)code[i]};
            better = true;
        }
    return better;
}
#endif

static bool scan_here(SCAN_ARGS)
{
    if (l->b != NULL)
        return scan_bounded(best, l);
#if ENS_HAVE_LEVELS
    if (ens__cpu_level() >= ENS__CPU_V4)
        return scan_v4(best, l);
#endif
    return scan_base(best, l);
}

/* What goes left at a boundary. */
static ens__boost_sum left_of(const line *l, size_t code)
{
    ens__boost_sum left = l->add;

    for (size_t c = 0; c <= code; c++) {
        left.g += l->cells.g[c];
        left.n += l->cells.n[c];
        left.h += l->cells.h != NULL ? l->cells.h[c] : l->cells.n[c];
    }
    return left;
}

void ens__boost_scan(ens__boost_split *best, const ens__booster *b, uint32_t member,
                     ens__cells cells, const ens__boost_node *node)
{
    const ens__bins *bins = b->rows->member[member].bins;
    double before = ens__boost_side(b, &node->sum, b->lambda, node);
    line l = {.cells = cells,
              .m = bins->n_bins,
              .all = node->sum,
              .min_leaf = (int64_t)b->o->min_leaf,
              .min_hessian = b->min_hessian,
              .alpha = b->alpha,
              .lambda = b->lambda};
    found f = {.score = before + b->min_gain + ENS__BOOST_MARGIN * fabs(before)};
    ens__boost_sum missing = {0};
    bool better, missing_left = false, learned = false;
    double gain;

    if (b->o->monotonic != NULL) {
        l.b = b;
        l.node = node;
        l.sign = b->o->monotonic[b->rows->member[member].feature];
    }
    if (bins->has_missing) {
        missing.g = cells.g[l.m];
        missing.n = cells.n[l.m];
        missing.h = cells.h != NULL ? cells.h[l.m] : cells.n[l.m];
        learned = missing.n > 0;
    }
    better = scan_here(&f, &l);
    if (learned) {
        l.add = missing;
        missing_left = scan_here(&f, &l);
        better = better || missing_left;
        if (!missing_left)
            l.add = (ens__boost_sum){0};
    }
    gain = f.score - before;
    if (!better || !ens__boost_better(gain, member, best, b))
        return;
    *best = (ens__boost_split){.gain = gain,
                               .member = member,
                               .code = (uint32_t)f.code,
                               .left = left_of(&l, f.code)};
    best->missing_left = learned ? missing_left : 2 * best->left.n > node->sum.n;
}
