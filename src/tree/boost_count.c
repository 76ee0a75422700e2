/* boost_count.c - sums of gradients by code, the hot loop of boosting.
 *
 * Gradient, hessian and count of a row are fields of one 64-bit number, so that one addition a slot counts all three.
 * Fields are as wide as a block of rows needs; after a block its cells move to wide ones.  Rounding to fixed point is
 * up or down by chance, with the fraction as probability (as in Shi et al. 2022, "Quantized training of gradient
 * boosting decision trees"), so that sums are right in the mean. */
#include <config.h>

#include <core/cpu.h>
#include <core/error.h>
#include <core/par.h>
#include <math.h>
#include <string.h>
#include <tree/boost_work.h>
#include <tree/loops.h>
#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

#define MOST_BITS 30 /* of an integer gradient */
/* Rows that are fetched before their turn: as many as take the time of so many additions, but not fewer. */
#define AHEAD_CELLS 640
#define AHEAD       24

/* ---- Fixed point --------------------------------------------------------------------------------------------- */

/* Rows of a task that looks at each once. */
#define TASK_ROWS ((size_t)4 * ENS__BOOST_BLOCK)
#define LANES     16

typedef struct extremes {
    const ens__booster *b;
    size_t n_ranges;
    float g[64], h[64]; /* of each range */
} extremes;

/* The greatest |x|; infinite or not a number if one of them is. */
static float greatest(const float *x, size_t n)
{
    float most[LANES] = {0}, all = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            float one = fabsf(x[i + l]);

            most[l] = one <= most[l] ? most[l] : one;
        }
    for (; i < n; i++)
        all = fabsf(x[i]) <= all ? all : fabsf(x[i]);
    for (size_t l = 0; l < LANES; l++)
        all = most[l] <= all ? all : most[l];
    return all;
}

static ens_status find_extremes(void *ctx, size_t range, unsigned worker, ens_error *err)
{
    extremes *e = ctx;
    const ens__boost_target *t = e->b->t;
    size_t all = e->b->rows->n, begin = all * range / e->n_ranges;
    size_t n = all * (range + 1) / e->n_ranges - begin;

    (void)worker;
    (void)err;
    e->g[range] = greatest(t->g + begin, n);
    e->h[range] = t->h != NULL ? greatest(t->h + begin, n) : 0;
    return ENS_OK;
}

/* Of all rows, or what is known of the loss. */
static ens_status extremes_of(float *g, float *h, const ens__booster *b, ens_error *err)
{
    extremes e = {.b = b, .n_ranges = b->rows->n / TASK_ROWS + 1};
    ens_status st;

    e.n_ranges = e.n_ranges < 64 ? e.n_ranges : 64;
    *g = (float)b->t->g_most;
    *h = (float)b->t->h_most;
    if (*g > 0 && (*h > 0 || b->t->h == NULL))
        return ENS_OK;
    if ((st = ens__par_for(e.n_ranges, &b->exec, NULL, find_extremes, &e, NULL, err)) !=
        ENS_OK)
        return st;
    *g = *h = 0;
    for (size_t i = 0; i < e.n_ranges; i++) {
        *g = e.g[i] <= *g ? *g : e.g[i];
        *h = e.h[i] <= *h ? *h : e.h[i];
    }
    if (!isfinite(*g) || !isfinite(*h))
        return ens__fail(err, ENS_EDATA, "the loss has gradients that are not finite");
    return ENS_OK;
}

static unsigned bits_of(size_t n)
{
    unsigned bits = 0;

    while (n >> bits != 0)
        bits++;
    return bits;
}

/* The greatest power of two by which `most` stays below 2^bits - 1, whichever way it is rounded. */
static double scale_of(double most, unsigned bits)
{
    int exponent;

    if (!(most > 0))
        return 1;
    frexp(most * (1 + 0x1p-20), &exponent); /* most < 2^exponent */
    if (most * ldexp(1, (int)bits - exponent) > ldexp(1, (int)bits) - 2)
        exponent++;
    return ldexp(1, (int)bits - exponent);
}

static ens_status make_fixed(ens__fixed *f, const ens__booster *b, ens_error *err)
{
    const ens__boost_rows *r = b->rows;
    size_t most = r->most > 1 ? (size_t)4 * ENS__BOOST_BLOCK : ENS__BOOST_BLOCK;
    unsigned count, left, g_bits, h_bits;
    float g, h;
    ens_status st = extremes_of(&g, &h, b, err);

    if (st != ENS_OK)
        return st;
    most = r->drawn < most ? r->drawn : most; /* drawn rows of a block */
    most = r->most > most ? r->most : most;
    count = bits_of(most);
    left = 64 - count - (count + 1);
    f->unit = b->t->h == NULL;
    f->block = most / r->most < ENS__BOOST_BLOCK ? most / r->most : ENS__BOOST_BLOCK;
    h_bits = f->unit ? 0 : (left - count) / 2;
    g_bits = f->unit ? left : left - count - h_bits;
    g_bits = g_bits < MOST_BITS ? g_bits : MOST_BITS;
    h_bits = h_bits < MOST_BITS ? h_bits : MOST_BITS;
    f->g_scale = scale_of(g, g_bits);
    f->h_scale = f->unit ? 1 : scale_of(h, h_bits);
    f->h_shift = count;
    f->g_shift = f->unit ? count : count + count + h_bits;
    f->salt = (uint32_t)(b->seed ^ b->seed >> 32);
    return ENS_OK;
}

/* ---- Packing ------------------------------------------------------------------------------------------------- */

/* Bits of a hash of a row: 16 for its gradient, 16 for its hessian. */
static inline uint32_t chance(uint32_t row, uint32_t salt)
{
    uint32_t x = (row ^ salt) * 0x9e3779b1u;

    x ^= x >> 15;
    x *= 0x2c1b3c6du;
    x ^= x >> 12;
    x *= 0x297a2d39u;
    return x ^ x >> 15;
}

/* Rows begin .. begin + n - 1 of all. */
#define PACK_ARGS                                                                        \
    int64_t *restrict out, size_t begin, size_t n, const float *restrict g,              \
        const float *restrict h, const ens__fixed *f

static void pack_base(PACK_ARGS)
{
    for (size_t i = begin; i < begin + n; i++) {
        uint32_t c = chance((uint32_t)i, f->salt);
        double q = (double)g[i] * f->g_scale + (c & 0xffff) * 0x1p-16;

        out[i] = (int64_t)floor(q) * ((int64_t)1 << f->g_shift) + 1;
        if (h == NULL)
            continue;
        q = (double)h[i] * f->h_scale + (c >> 16) * 0x1p-16;
        out[i] += (int64_t)floor(q) << f->h_shift;
    }
}

#if ENS_HAVE_LEVELS
/* floor(x * scale + chance / 2^16) */
ENS_TARGET_V4 static inline __m512i rounded(__m256 x, __m512d scale, __m256i chances)
{
    __m512d q = _mm512_add_pd(
        _mm512_mul_pd(_mm512_cvtps_pd(x), scale),
        _mm512_mul_pd(_mm512_cvtepi32_pd(chances), _mm512_set1_pd(0x1p-16)));

    return _mm512_cvt_roundpd_epi64(q, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

ENS_TARGET_V4 static inline __m256i chance_v4(size_t row, uint32_t salt)
{
    __m256i x = _mm256_add_epi32(_mm256_set1_epi32((int)row),
                                 _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));

    x = _mm256_xor_si256(x, _mm256_set1_epi32((int)salt));
    x = _mm256_mullo_epi32(x, _mm256_set1_epi32((int)0x9e3779b1));
    x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 15));
    x = _mm256_mullo_epi32(x, _mm256_set1_epi32(0x2c1b3c6d));
    x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 12));
    x = _mm256_mullo_epi32(x, _mm256_set1_epi32(0x297a2d39));
    return _mm256_xor_si256(x, _mm256_srli_epi32(x, 15));
}

ENS_TARGET_V4 static void pack_v4(PACK_ARGS)
{
    const __m512d g_scale = _mm512_set1_pd(f->g_scale),
                  h_scale = _mm512_set1_pd(f->h_scale);
    const __m128i g_shift = _mm_cvtsi32_si128((int)f->g_shift);
    const __m128i h_shift = _mm_cvtsi32_si128((int)f->h_shift);

    for (size_t i = begin; i < begin + n; i += 8) {
        size_t left = begin + n - i;
        __mmask8 m = left < 8 ? (__mmask8)((1u << left) - 1) : 0xff;
        __m256i c = chance_v4(i, f->salt);
        __m512i q = rounded(_mm256_maskz_loadu_ps(m, g + i), g_scale,
                            _mm256_and_si256(c, _mm256_set1_epi32(0xffff)));
        __m512i sum =
            _mm512_add_epi64(_mm512_sll_epi64(q, g_shift), _mm512_set1_epi64(1));

        if (h != NULL) {
            q = rounded(_mm256_maskz_loadu_ps(m, h + i), h_scale,
                        _mm256_srli_epi32(c, 16));
            sum = _mm512_add_epi64(sum, _mm512_sll_epi64(q, h_shift));
        }
        _mm512_mask_storeu_epi64(out + i, m, sum);
    }
}
#endif

static ens_status pack_task(void *ctx, size_t task, unsigned worker, ens_error *err)
{
    ens__booster *b = ctx;
    const uint32_t *count = b->a->count;
    size_t begin = task * TASK_ROWS, n = b->rows->n - begin;

    (void)worker;
    (void)err;
    n = n < TASK_ROWS ? n : TASK_ROWS;
#if ENS_HAVE_LEVELS
    if (ens__cpu_level() >= ENS__CPU_V4)
        pack_v4(b->packed, begin, n, b->t->g, b->t->h, &b->fixed);
    else
#endif
        pack_base(b->packed, begin, n, b->t->g, b->t->h, &b->fixed);
    for (size_t i = begin; i < begin + n && count != NULL; i++)
        b->packed[i] *= (int64_t)count[i];
    for (size_t i = begin; i < begin + n && b->t->part == NULL; i++)
        b->list[i] = (uint32_t)i;
    return ENS_OK;
}

ens_status ens__boost_pack(ens__booster *b, ens_error *err)
{
    ens_status st = make_fixed(&b->fixed, b, err);

    if (st != ENS_OK)
        return st;
    return ens__par_for((b->rows->n + TASK_ROWS - 1) / TASK_ROWS, &b->exec, NULL,
                        pack_task, b, NULL, err);
}

/* ---- Counting -------------------------------------------------------------------------------------------------- */

/* cell[base[s] + record[list[i]][at[s]]] += packed[list[i]] */
#define COUNT_ARGS                                                                       \
    int64_t *restrict cell, const uint8_t *restrict record, size_t stride,               \
        const uint32_t *restrict list, const int64_t *restrict packed, size_t n,         \
        const uint32_t *restrict base, const uint32_t *restrict at, size_t m

static size_t rows_ahead(size_t m)
{
    return AHEAD_CELLS / m > AHEAD ? AHEAD_CELLS / m : AHEAD;
}

static ENS__INLINE void add_row(int64_t *restrict cell, const uint8_t *restrict r,
                                int64_t v, const uint32_t *restrict base, size_t m)
{
    size_t s = 0;

    for (; s + 4 <= m; s += 4) {
        cell[base[s] + r[s]] += v;
        cell[base[s + 1] + r[s + 1]] += v;
        cell[base[s + 2] + r[s + 2]] += v;
        cell[base[s + 3] + r[s + 3]] += v;
    }
    for (; s < m; s++)
        cell[base[s] + r[s]] += v;
}

/* Slots whose bytes are neighbours. */
static void count_run(COUNT_ARGS)
{
    size_t ahead = rows_ahead(m), i = 0;

    for (; i + ahead < n; i++) {
        ENS__PREFETCH(record + list[i + ahead] * stride + at[0]);
        ENS__PREFETCH(packed + list[i + ahead]);
        add_row(cell, record + list[i] * stride + at[0], packed[list[i]], base, m);
    }
    for (; i < n; i++)
        add_row(cell, record + list[i] * stride + at[0], packed[list[i]], base, m);
}

/* The same of ENS__BOOST_EVEN cells each. */
static ENS__INLINE void add_even(int64_t *restrict cell, const uint8_t *restrict r,
                                 int64_t v, size_t m)
{
    size_t s = 0;

    for (; s + 4 <= m; s += 4, cell += 4 * ENS__BOOST_EVEN) {
        cell[r[s]] += v;
        cell[ENS__BOOST_EVEN + r[s + 1]] += v;
        cell[2 * ENS__BOOST_EVEN + r[s + 2]] += v;
        cell[3 * ENS__BOOST_EVEN + r[s + 3]] += v;
    }
    for (; s < m; s++, cell += ENS__BOOST_EVEN)
        cell[r[s]] += v;
}

static void count_even(COUNT_ARGS)
{
    size_t ahead = rows_ahead(m), i = 0;

    (void)base;
    record += at[0];
    for (; i + ahead < n; i++) {
        ENS__PREFETCH(record + list[i + ahead] * stride);
        ENS__PREFETCH(packed + list[i + ahead]);
        add_even(cell, record + list[i] * stride, packed[list[i]], m);
    }
    for (; i < n; i++)
        add_even(cell, record + list[i] * stride, packed[list[i]], m);
}

static void count_any(COUNT_ARGS)
{
    size_t ahead = rows_ahead(m);

    for (size_t i = 0; i < n; i++) {
        const uint8_t *r = record + list[i] * stride;

        if (i + ahead < n) {
            ENS__PREFETCH(record + list[i + ahead] * stride + at[0]);
            ENS__PREFETCH(packed + list[i + ahead]);
        }
        for (size_t s = 0; s < m; s++)
            cell[base[s] + r[at[s]]] += packed[list[i]];
    }
}

/* Slots of two bytes. */
static void count_wide(COUNT_ARGS)
{
    size_t ahead = rows_ahead(m);

    for (size_t i = 0; i < n; i++) {
        const uint8_t *r = record + list[i] * stride;

        if (i + ahead < n) {
            ENS__PREFETCH(record + list[i + ahead] * stride + at[0]);
            ENS__PREFETCH(packed + list[i + ahead]);
        }
        for (size_t s = 0; s < m; s++) {
            uint16_t code;

            memcpy(&code, r + at[s], sizeof code);
            cell[base[s] + code] += packed[list[i]];
        }
    }
}

/* ---- To wide cells --------------------------------------------------------------------------------------------- */

/* The fields of cell[n], which become 0 unless they are kept, into out, or added to it. n is a multiple of
 * ENS__BOOST_PAD. */
enum { ADD = 1, KEEP = 2 };
#define SPILL_ARGS                                                                       \
    ens__cells out, unsigned how, int64_t *restrict cell, size_t n, const ens__fixed *f

static void spill_base(SPILL_ARGS)
{
    bool add = (how & ADD) != 0;

    for (size_t c = 0; c < n; c++) {
        ens__boost_sum v = ens__boost_unpacked(cell[c], f);

        out.g[c] = add ? out.g[c] + v.g : v.g;
        if (!f->unit)
            out.h[c] = add ? out.h[c] + v.h : v.h;
        out.n[c] = (add ? out.n[c] : 0) + (uint32_t)v.n;
    }
    if ((how & KEEP) == 0)
        memset(cell, 0, n * sizeof *cell);
}

#if ENS_HAVE_LEVELS
ENS_TARGET_V4 static void spill_v4(SPILL_ARGS)
{
    const bool add = (how & ADD) != 0, keep = (how & KEEP) != 0;
    const __m512i n_mask = _mm512_set1_epi64(((int64_t)1 << f->h_shift) - 1);
    const __m512i h_mask =
        _mm512_set1_epi64(f->unit ? 0 : ((int64_t)1 << (f->g_shift - f->h_shift)) - 1);
    const __m128i g_shift = _mm_cvtsi32_si128((int)f->g_shift);
    const __m128i h_shift = _mm_cvtsi32_si128((int)f->h_shift);

    for (size_t c = 0; c < n; c += 8) {
        __m512i v = _mm512_loadu_si512(cell + c);
        __m512i g = _mm512_sra_epi64(v, g_shift);
        __m256i count = _mm512_cvtepi64_epi32(_mm512_and_si512(v, n_mask));

        if (add) {
            g = _mm512_add_epi64(g, _mm512_loadu_si512(out.g + c));
            count =
                _mm256_add_epi32(count, _mm256_loadu_si256((const void *)(out.n + c)));
        }
        _mm512_storeu_si512(out.g + c, g);
        _mm256_storeu_si256((void *)(out.n + c), count);
        if (!f->unit) {
            __m512i h = _mm512_and_si512(_mm512_srl_epi64(v, h_shift), h_mask);

            if (add)
                h = _mm512_add_epi64(h, _mm512_loadu_si512(out.h + c));
            _mm512_storeu_si512(out.h + c, h);
        }
        if (!keep)
            _mm512_storeu_si512(cell + c, _mm512_setzero_si512());
    }
}
#endif

static void spill(SPILL_ARGS)
{
#if ENS_HAVE_LEVELS
    if (ens__cpu_level() >= ENS__CPU_V4) {
        spill_v4(out, how, cell, n, f);
        return;
    }
#endif
    spill_base(out, how, cell, n, f);
}

void ens__boost_count_packed(int64_t *cell, const ens__booster *b,
                             const ens__group *group, const uint32_t *list, size_t n)
{
    const ens__boost_rows *r = b->rows;
    const uint32_t *base = b->base + group->first, *at = b->at + group->first;
    bool run = at[group->n - 1] - at[0] == group->n - 1;
    void (*count)(COUNT_ARGS) = group->even         ? count_even
                                : group->width == 2 ? count_wide
                                : run               ? count_run
                                                    : count_any;

    count(cell, r->record, r->stride, list, b->packed, n, base, at, group->n);
}

void ens__boost_count(ens__cells out, bool add, ens__boost_scratch *s,
                      const ens__booster *b, const ens__group *group,
                      const uint32_t *list, size_t n)
{
    ens__boost_count_packed(s->cell, b, group, list, n);
    spill(out, add ? ADD : 0, s->cell, group->n_cells, &b->fixed);
}

void ens__boost_unpack(ens__cells out, int64_t *cell, size_t n, const ens__fixed *f)
{
    spill(out, KEEP, cell, n, f);
}

void ens__boost_pack_cells(ens__cells cells, size_t n, const ens__fixed *f)
{
    for (size_t c = 0; c < n; c++) {
        ens__boost_sum sum = {cells.g[c], f->unit ? 0 : cells.h[c], cells.n[c]};

        cells.g[c] = ens__boost_packed(&sum, f);
    }
}

ens__boost_sum ens__boost_total(const ens__booster *b, const uint32_t *list, size_t n)
{
    const ens__fixed *f = &b->fixed;
    ens__boost_sum sum = {0};

    for (size_t i = 0; i < n; i += f->block) {
        size_t end = n - i < f->block ? n : i + f->block;
        ens__boost_sum one;
        int64_t v = 0;

        for (size_t r = i; r < end; r++)
            v += b->packed[list[r]];
        one = ens__boost_unpacked(v, f);
        sum.g += one.g;
        sum.h += one.h;
        sum.n += one.n;
    }
    return sum;
}

void ens__cells_subtract(ens__cells a, ens__cells b, size_t n)
{
    for (size_t c = 0; c < n; c += ENS__BOOST_PAD)
        for (size_t l = c; l < c + ENS__BOOST_PAD; l++)
            a.g[l] -= b.g[l];
    for (size_t c = 0; c < n && a.h != NULL; c += ENS__BOOST_PAD)
        for (size_t l = c; l < c + ENS__BOOST_PAD; l++)
            a.h[l] -= b.h[l];
    for (size_t c = 0; c < n; c += ENS__BOOST_PAD)
        for (size_t l = c; l < c + ENS__BOOST_PAD; l++)
            a.n[l] -= b.n[l];
}

void ens__cells_add(ens__cells a, ens__cells b, size_t n)
{
    for (size_t c = 0; c < n; c += ENS__BOOST_PAD)
        for (size_t l = c; l < c + ENS__BOOST_PAD; l++)
            a.g[l] += b.g[l];
    for (size_t c = 0; c < n && a.h != NULL; c += ENS__BOOST_PAD)
        for (size_t l = c; l < c + ENS__BOOST_PAD; l++)
            a.h[l] += b.h[l];
    for (size_t c = 0; c < n; c += ENS__BOOST_PAD)
        for (size_t l = c; l < c + ENS__BOOST_PAD; l++)
            a.n[l] += b.n[l];
}

void ens__cells_clear(ens__cells c, size_t n)
{
    memset(c.g, 0, n * sizeof *c.g);
    memset(c.n, 0, n * sizeof *c.n);
    if (c.h != NULL)
        memset(c.h, 0, n * sizeof *c.h);
}
