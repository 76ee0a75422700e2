/* masked.c - random cuts below a node of at most 64 rows, whose rows are not moved any more: a set of them is a word.
 *
 * Most nodes of a tree that is grown to the end have few rows, and what a node costs there is its overhead.  So the
 * codes of a feature are put side by side once for all nodes below, when the feature is first drawn; a split is a
 * comparison of them with a threshold, which gives a word; and classes are words too, so that sums are counts of bits.
 * Rows that were drawn several times have their counts as binary digits, a word each.
 *
 * The trees are those that grow.c, split.c and cut.c make, to the last bit. */
#include <config.h>

#include <assert.h>
#include <core/cpu.h>
#include <core/error.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <tree/draw.h>
#include <tree/loops.h>
#include <tree/masked.h>

#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

#define ROWS ENS__MASKED_ROWS

struct ens__masked {
    uint64_t *there; /* [p / 64 + 1] features whose codes are here */
    uint64_t *bit;   /* [p] of two values: rows of code 1 */
    uint8_t *column; /* [p][column_size] codes of others, of one or two bytes, by row */
    size_t column_size;
    size_t begin, n; /* rows of the work */
    unsigned n_digits;
    uint64_t digit[32]; /* [n_digits] of the counts: rows that have 1 << d in theirs */
    unsigned n_classes;
    uint32_t class[ROWS];    /* [n_classes] that occur, ascending */
    uint64_t of_class[ROWS]; /* [n_classes] their rows; PAIRS: [1], those of class 1 */
    int64_t v[ROWS], mean[ROWS]; /* RESPONSES: v, and of it what one draw has */

    /* The node that is searched, and its best split. */
    uint64_t rows;
    int64_t *sum;                /* [sums]; COUNTS: 0 for classes that do not occur */
    double count, sum_1, factor; /* of it; what a squared difference is multiplied by */
    double value;                /* COUNTS: sum of the squares, over the count; and: */
    int64_t class_count[ROWS];   /* [n_classes] */
    uint64_t left, absent,
        kept; /* of the best split: rows that go left; those of missing values and rare levels; others */
};

/* A node that is not yet looked at. */
typedef struct open_node {
    uint64_t rows, path, useless;
    size_t depth;
    uint32_t node;
} open_node;

/* ---- Columns of codes --------------------------------------------------------------------------------------- */

/* Of some rows, those that are present; the least and the greatest of their codes, low above high if there are none. */
typedef struct range {
    unsigned low, high;
    uint64_t present;
} range;

/* What is done with columns, of bytes and of two bytes each. */
typedef struct ops {
    range (*range_of)(const void *column, uint64_t rows, unsigned missing, bool wide);
    /* Which of the rows have codes up to `last`. */
    uint64_t (*up_to)(const void *column, uint64_t rows, unsigned last, bool wide);
    int64_t (*sum)(const int64_t *v, uint64_t rows);
    unsigned (*bins_up_to)(const ens__bins *b, double v);
} ops;

static ENS__INLINE unsigned lowest_bit(uint64_t x)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(x);
#else
    unsigned i = 0;

    while ((x >> i & 1) == 0)
        i++;
    return i;
#endif
}

static ENS__INLINE int64_t n_bits(uint64_t x)
{
#if defined(__GNUC__)
    return __builtin_popcountll(x);
#else
    int64_t n = 0;

    for (; x != 0; x &= x - 1)
        n++;
    return n;
#endif
}

static ENS__INLINE unsigned code_of(const void *column, unsigned i, bool wide)
{
    return wide ? ((const uint16_t *)column)[i] : ((const uint8_t *)column)[i];
}

static ENS__INLINE range range_base(const void *column, uint64_t rows, unsigned missing,
                                    bool wide)
{
    range r = {UINT_MAX, 0, 0};

    for (uint64_t rest = rows; rest != 0; rest &= rest - 1) {
        unsigned i = lowest_bit(rest), c = code_of(column, i, wide);

        if (c == missing)
            continue;
        r.present |= (uint64_t)1 << i;
        r.low = c < r.low ? c : r.low;
        r.high = c > r.high ? c : r.high;
    }
    return r;
}

static ENS__INLINE uint64_t up_to_base(const void *column, uint64_t rows, unsigned last,
                                       bool wide)
{
    uint64_t in = 0;

    for (uint64_t rest = rows; rest != 0; rest &= rest - 1) {
        unsigned i = lowest_bit(rest);

        in |= (uint64_t)(code_of(column, i, wide) <= last) << i;
    }
    return in;
}

static ENS__INLINE int64_t sum_base(const int64_t *v, uint64_t rows)
{
    int64_t sum = 0;

    for (; rows != 0; rows &= rows - 1)
        sum += v[lowest_bit(rows)];
    return sum;
}

#if ENS_HAVE_LEVELS
ENS_TARGET_V3 static ENS__INLINE uint64_t up_to_v3(const void *column, uint64_t rows,
                                                   unsigned last, bool wide)
{
    __m256i most = _mm256_set1_epi8((char)last), a, b;

    if (wide)
        return up_to_base(column, rows, last, true);
    a = _mm256_loadu_si256((const void *)column);
    b = _mm256_loadu_si256((const void *)((const char *)column + 32));
    a = _mm256_cmpeq_epi8(_mm256_min_epu8(a, most), a);
    b = _mm256_cmpeq_epi8(_mm256_min_epu8(b, most), b);
    return rows & ((uint32_t)_mm256_movemask_epi8(a) |
                   (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32);
}

ENS_TARGET_V4 static ENS__INLINE unsigned least_16(__m512i x)
{
    __m256i y =
        _mm256_min_epu16(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
    __m128i z = _mm_min_epu16(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));

    return (unsigned)_mm_cvtsi128_si32(_mm_minpos_epu16(z)) & 0xffff;
}

ENS_TARGET_V4 static ENS__INLINE unsigned least_8(__m512i x)
{
    __m256i y =
        _mm256_min_epu8(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
    __m128i z = _mm_min_epu8(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));

    z = _mm_min_epu8(z, _mm_srli_epi16(z, 8)); /* the upper halves become 0 */
    return (unsigned)_mm_cvtsi128_si32(_mm_minpos_epu16(z)) & 0xffff;
}

ENS_TARGET_V4 static ENS__INLINE range range_8_v4(const void *column, uint64_t rows,
                                                  unsigned missing)
{
    __m512i c = _mm512_loadu_si512(column), all = _mm512_set1_epi8(-1);
    __mmask64 in = _mm512_mask_cmpneq_epi8_mask(rows, c, _mm512_set1_epi8((char)missing));
    unsigned low = least_8(_mm512_mask_mov_epi8(all, in, c));
    unsigned past = least_8(_mm512_mask_sub_epi8(all, in, all, c));

    return (range){in != 0 ? low : UINT_MAX, UINT8_MAX - past, in};
}

ENS_TARGET_V4 static ENS__INLINE range range_16_v4(const void *column, uint64_t rows,
                                                   unsigned missing)
{
    const char *at = column;
    __m512i c = _mm512_loadu_si512(at), d = _mm512_loadu_si512(at + 64);
    __m512i all = _mm512_set1_epi16(-1), none = _mm512_set1_epi16((short)missing);
    __mmask32 in = _mm512_mask_cmpneq_epi16_mask((__mmask32)rows, c, none);
    __mmask32 in_d = _mm512_mask_cmpneq_epi16_mask((__mmask32)(rows >> 32), d, none);
    unsigned low = least_16(_mm512_mask_min_epu16(_mm512_mask_mov_epi16(all, in, c), in_d,
                                                  _mm512_mask_mov_epi16(all, in, c), d));
    __m512i past = _mm512_mask_sub_epi16(all, in, all, c);
    uint64_t present = (uint64_t)in_d << 32 | in;

    past = _mm512_mask_min_epu16(past, in_d, past, _mm512_sub_epi16(all, d));
    return (range){present != 0 ? low : UINT_MAX, UINT16_MAX - least_16(past), present};
}

ENS_TARGET_V4 static ENS__INLINE range range_v4(const void *column, uint64_t rows,
                                                unsigned missing, bool wide)
{
    return wide ? range_16_v4(column, rows, missing) : range_8_v4(column, rows, missing);
}

ENS_TARGET_V4 static ENS__INLINE uint64_t up_to_v4(const void *column, uint64_t rows,
                                                   unsigned last, bool wide)
{
    const char *at = column;
    __m512i c = _mm512_loadu_si512(at), most;

    if (!wide)
        return _mm512_mask_cmple_epu8_mask(rows, c, _mm512_set1_epi8((char)last));
    most = _mm512_set1_epi16((short)last);
    return _mm512_mask_cmple_epu16_mask((__mmask32)rows, c, most) |
           (uint64_t)_mm512_mask_cmple_epu16_mask((__mmask32)(rows >> 32),
                                                  _mm512_loadu_si512(at + 64), most)
               << 32;
}

ENS_TARGET_V4 static ENS__INLINE int64_t sum_v4(const int64_t *v, uint64_t rows)
{
    __m512i sum = _mm512_setzero_si512();

    if (n_bits(rows) <= 8)
        return sum_base(v, rows);
    for (; rows != 0; rows >>= 8, v += 8)
        sum = _mm512_add_epi64(sum, _mm512_maskz_loadu_epi64((__mmask8)rows, v));
    return _mm512_reduce_add_epi64(sum);
}

ENS_TARGET_V4 static ENS__INLINE unsigned group_up_to(const double *of_group, __m512d v)
{
    __mmask8 first = _mm512_cmp_pd_mask(_mm512_loadu_pd(of_group), v, _CMP_LE_OQ);
    __mmask8 second = _mm512_cmp_pd_mask(_mm512_loadu_pd(of_group + 8), v, _CMP_LE_OQ);

    return (unsigned)n_bits((uint64_t)second << 8 | first);
}

ENS_TARGET_V4 static ENS__INLINE unsigned bins_up_to_v4(const ens__bins *b, double v)
{
    __m512d all = _mm512_set1_pd(v);
    unsigned group;

    if (b->middle == NULL)
        return ens__bins_up_to(b, v);
    group = group_up_to(b->middle, all);
    return ENS__BIN_GROUP * group +
           group_up_to(b->middle + ENS__BIN_GROUP * (size_t)(group + 1), all);
}
#endif

/* ---- The rows ------------------------------------------------------------------------------------------------- */

ens_status ens__masked_make(struct ens__masked **out, const ens__work *w, ens_error *err)
{
    const ens__tree_options *o = w->o;
    ens__masked *s;

    *out = NULL;
    if (!o->random_cuts || w->kind == ENS__SUMS || o->monotonic != NULL ||
        o->ccp_alpha > 0 || o->max_leaves != SIZE_MAX)
        return ENS_OK;
    if ((s = ens__arena_take(w->arena, 1, sizeof *s)) == NULL)
        return ens__nomem(err);
    s->n_classes = 0;
    s->column_size = ROWS * (w->max_codes > UINT8_MAX + 1 ? 2 : 1);
    if ((s->there = ens__arena_take(w->arena, w->p / 64 + 1, sizeof *s->there)) == NULL ||
        (s->sum = ens__arena_zeros(w->arena, w->sums, sizeof *s->sum)) == NULL ||
        (s->bit = ens__arena_take(w->arena, w->p, sizeof *s->bit)) == NULL ||
        (s->column = ens__arena_take(w->arena, w->p, s->column_size)) == NULL)
        return ens__nomem(err);
    *out = s;
    return ENS_OK;
}

static uint32_t count_of_row(const ens__work *w, size_t i)
{
    return w->kind == ENS__RESPONSES ? w->response[i].count : w->tag[i] & 0xffff;
}

static void take_digits(ens__masked *s, const ens__work *w)
{
    s->n_digits = 0;
    memset(s->digit, 0, sizeof s->digit);
    for (unsigned i = 0; i < s->n; i++)
        for (uint32_t count = count_of_row(w, s->begin + i), d = 0; count != 0;
             count >>= 1, d++) {
            s->digit[d] |= (uint64_t)(count & 1) << i;
            s->n_digits = d >= s->n_digits ? d + 1 : s->n_digits;
        }
}

/* Row i, which has class c. */
static void take_class(ens__masked *s, uint32_t c, unsigned i)
{
    unsigned at = s->n_classes;

    while (at > 0 && s->class[at - 1] > c)
        at--;
    if (at > 0 && s->class[at - 1] == c) {
        s->of_class[at - 1] |= (uint64_t)1 << i;
        return;
    }
    memmove(s->class + at + 1, s->class + at, (s->n_classes - at) * sizeof *s->class);
    memmove(s->of_class + at + 1, s->of_class + at,
            (s->n_classes - at) * sizeof *s->of_class);
    s->class[at] = c;
    s->of_class[at] = (uint64_t)1 << i;
    s->n_classes++;
}

static void take_rows(ens__masked *s, const ens__work *w, size_t begin, size_t n)
{
    s->begin = begin;
    s->n = n;
    for (unsigned c = 0; c < s->n_classes; c++)
        s->sum[s->class[c]] = 0;
    s->n_classes = 0;
    if (w->o->criterion == ENS__ENTROPY)
        memset(w->left, 0, w->sums * sizeof *w->left);
    memset(s->there, 0, (w->p / 64 + 1) * sizeof *s->there);
    take_digits(s, w);
    if (w->kind == ENS__COUNTS)
        for (unsigned i = 0; i < n; i++)
            take_class(s, w->tag[begin + i] >> 16, i);
    else if (w->kind == ENS__PAIRS) {
        s->of_class[1] = 0;
        for (unsigned i = 0; i < n; i++)
            s->of_class[1] |= (uint64_t)(w->tag[begin + i] >> 16 != 0) << i;
    } else {
        for (unsigned i = 0; i < n; i++) {
            const ens__response *r = &w->response[begin + i];

            s->v[i] = r->v;
            s->mean[i] = r->count > 1 ? r->v / r->count : r->v;
        }
    }
}

static void take_column(ens__masked *s, const ens__work *w, size_t j)
{
    uint8_t *byte = s->column + j * s->column_size;
    uint64_t bits = 0;

    if (w->field[j].width == 0) {
        for (unsigned i = 0; i < s->n; i++)
            bits |= (uint64_t)ens__work_code(w, s->begin + i, j) << i;
        s->bit[j] = bits;
    } else if (s->column_size > ROWS) {
        for (unsigned i = 0; i < s->n; i++)
            ((uint16_t *)(void *)byte)[i] = (uint16_t)ens__work_code(w, s->begin + i, j);
    } else if (w->stride > 0) {
        const uint8_t *from = w->record + s->begin * w->stride + w->field[j].offset;

        for (unsigned i = 0; i < s->n; i++)
            byte[i] = from[i * w->stride];
    } else {
        const uint8_t *code = w->bins[j]->code.u8;

        for (unsigned i = 0; i < s->n; i++)
            byte[i] = code[w->row[s->begin + i]];
    }
    s->there[j / 64] |= (uint64_t)1 << j % 64;
}

static inline void need_column(ens__masked *s, const ens__work *w, size_t j)
{
    if ((s->there[j / 64] >> j % 64 & 1) == 0)
        take_column(s, w, j);
}

/* ---- Sums ------------------------------------------------------------------------------------------------------- */

static ENS__INLINE int64_t count_of(const ens__masked *s, uint64_t rows)
{
    int64_t n = n_bits(rows & s->digit[0]);

    for (unsigned d = 1; d < s->n_digits; d++)
        n += n_bits(rows & s->digit[d]) << d;
    return n;
}

/* Sums of a work's form; COUNTS: of the classes here alone. */
static ENS__INLINE void sum_rows(int64_t *sum, const ens__masked *s, const ens__work *w,
                                 const ops *k, uint64_t rows)
{
    int64_t count = count_of(s, rows);

    if (w->kind == ENS__COUNTS) {
        for (unsigned c = 0; c < s->n_classes; c++)
            sum[s->class[c]] = count_of(s, rows & s->of_class[c]);
    } else if (w->kind == ENS__PAIRS) {
        sum[1] = count_of(s, rows & s->of_class[1]);
        sum[0] = count - sum[1];
    } else {
        sum[ENS__SUM_W] = count;
        sum[ENS__SUM_V] = k->sum(s->v, rows);
    }
    sum[w->sums - 1] = count;
}

static bool is_pure(const ens__masked *s, const ens__work *w, uint64_t rows)
{
    if (w->kind == ENS__PAIRS)
        return (rows & s->of_class[1]) == 0 || (rows & ~s->of_class[1]) == 0;
    if (w->kind == ENS__COUNTS) {
        for (unsigned c = 0; c < s->n_classes; c++)
            if ((rows & s->of_class[c]) != 0)
                return (rows & ~s->of_class[c]) == 0;
        return true;
    }
    for (uint64_t rest = rows & (rows - 1); rest != 0; rest &= rest - 1)
        if (s->mean[lowest_bit(rest)] != s->mean[lowest_bit(rows)])
            return false;
    return true;
}

/* ---- The best split of a node --------------------------------------------------------------------------------- */

/* sum_c L_c^2 / n_l + sum_c R_c^2 / n_r less that of the node: whole numbers until they are divided */
static ENS__INLINE double squares_decrease(const ens__masked *s, uint64_t left,
                                           double n_left)
{
    int64_t l2 = 0, r2 = 0;

    for (unsigned c = 0; c < s->n_classes; c++) {
        int64_t l = count_of(s, left & s->of_class[c]), r = s->class_count[c] - l;

        l2 += l * l;
        r2 += r * r;
    }
    return (double)l2 / n_left + (double)r2 / (s->count - n_left) - s->value;
}

/* The decrease if these rows go left; false if a side is too small. */
static ENS__INLINE bool value_of(double *value, const ens__masked *s, ens__work *w,
                                 const ops *k, const ens__order *node, uint64_t left)
{
    double least = fmax((double)w->o->min_leaf, w->min_leaf_w), n_left, d;

    if (w->o->criterion == ENS__ENTROPY) {
        sum_rows(w->left, s, w, k, left);
        return ens__boundary_value(value, w, node);
    }
    n_left = (double)count_of(s, left);
    if (n_left < least || s->count - n_left < least || left == 0 || left == s->rows)
        return false;
    if (w->kind == ENS__COUNTS) {
        *value = squares_decrease(s, left, n_left);
        return true;
    }
    d = (double)(w->kind == ENS__PAIRS ? count_of(s, left & s->of_class[1])
                                       : k->sum(s->v, left));
    d = d * s->count - n_left * s->sum_1;
    *value = d * d / (n_left * (s->count - n_left)) * s->factor;
    return true;
}

/* Rows of missing values are `absent`; `kept` those of levels that are not rare. */
typedef struct trial {
    size_t feature;
    bool by_set;
    unsigned last;
    double cut;
    uint64_t absent, kept;
} trial;

static ENS__INLINE void take(ens__masked *s, ens__work *w, const ops *k,
                             const ens__order *node, const trial *t, uint64_t left)
{
    double value;

    if (!value_of(&value, s, w, k, node, left) ||
        (w->best.found && value <= w->best.gain))
        return;
    w->best = (ens__split){.found = true,
                           .by_set = t->by_set,
                           .missing_left = (left & t->absent) != 0,
                           .feature = (uint32_t)t->feature,
                           .code = t->last,
                           .gain = value,
                           .cut = t->cut};
    s->left = left;
    s->absent = t->absent;
    s->kept = t->kept;
}

static ENS__INLINE void try_bit(ens__masked *s, ens__work *w, const ops *k,
                                const ens__order *node, size_t j)
{
    uint64_t left = s->rows & ~s->bit[j];

    if (left == 0 || left == s->rows) {
        ens__split_note_useless(w, j);
        return;
    }
    take(s, w, k, node,
         &(trial){
             .feature = j, .cut = ens__draw_cut(w, w->bins[j], 0, 1), .kept = s->rows},
         left);
}

static ENS__INLINE void try_number(ens__masked *s, ens__work *w, const ops *k,
                                   const ens__order *node, size_t j)
{
    const ens__bins *b = w->bins[j];
    const void *column = s->column + j * s->column_size;
    bool wide = s->column_size > ROWS;
    range r = k->range_of(column, s->rows, b->n_bins, wide);
    trial t = {.feature = j, .absent = s->rows & ~r.present, .kept = r.present};
    uint64_t left;

    if (r.low > r.high || (r.low == r.high && t.absent == 0)) {
        ens__split_note_useless(w, j);
        return;
    }
    t.cut = ens__draw_cut(w, b, r.low, r.high);
    t.last = ens__draw_last(r.low, r.high, k->bins_up_to(b, t.cut));
    left = k->up_to(column, r.present, t.last, wide);
    take(s, w, k, node, &t, left);
    if (t.absent != 0)
        take(s, w, k, node, &t, left | t.absent);
}

/* Rows of each level that is not rare, in the order of the levels; returns how many. */
static ENS__INLINE unsigned rows_by_level(uint64_t *level, const ens__masked *s,
                                          const ens__work *w, const ops *k, size_t j)
{
    const void *column = s->column + j * s->column_size;
    bool wide = s->column_size > ROWS, is_bit = w->field[j].width == 0;
    unsigned missing = w->bins[j]->n_bins, n = 0;
    uint64_t rest =
        is_bit ? s->rows : k->range_of(column, s->rows, missing, wide).present;

    while (rest != 0) {
        uint64_t same =
            is_bit && (rest & ~s->bit[j]) != 0 ? rest & ~s->bit[j]
            : is_bit                           ? rest
                                               : k->up_to(column, rest,
                                                          k->range_of(column, rest, missing, wide).low, wide);

        rest &= ~same;
        level[n] = same;
        n += count_of(s, same) >= (int64_t)w->o->min_category;
    }
    return n;
}

/* A subset of the levels that are not rare, as try_subset() of split.c draws it. */
static ENS__INLINE void try_levels(ens__masked *s, ens__work *w, const ops *k,
                                   const ens__order *node, size_t j)
{
    uint64_t level[ROWS + 1], left = 0;
    trial t = {.feature = j, .by_set = true};
    unsigned n = rows_by_level(level, s, w, k, j);
    uint32_t tosses = 1;

    for (unsigned l = 0; l < n; l++)
        t.kept |= level[l];
    t.absent = s->rows & ~t.kept;
    if (n + (t.absent != 0) < 2) {
        ens__split_note_useless(w, j);
        return;
    }
    for (unsigned l = 0; l < n; l++)
        left |= ens__draw_toss(w, &tosses) ? level[l] : 0;
    left = left == 0 ? level[0] : left;
    if (t.absent != 0)
        take(s, w, k, node, &t, left);
    if (left == t.kept)
        left &= ~level[n - 1];
    if (t.absent == 0 || n > 1)
        take(s, w, k, node, &t, left | t.absent);
}

static ENS__INLINE void try_feature(ens__masked *s, ens__work *w, const ops *k,
                                    const ens__order *node, size_t j)
{
    bool number = w->a->rows.feature[j].code == NULL;

    if (!number && s->count < (double)w->o->min_category) {
        ens__split_note_useless(w, j);
        return;
    }
    need_column(s, w, j);
    if (!number)
        try_levels(s, w, k, node, j);
    else if (w->field[j].width == 0)
        try_bit(s, w, k, node, j);
    else
        try_number(s, w, k, node, j);
}

/* Sums of the node, as doubles, and the greatest decrease that a split of it can have. */
static ENS__INLINE void begin_node(ens__masked *s, ens__work *w)
{
    const int64_t *sum = s->sum;
    double n = s->count = (double)sum[w->sums - 1];

    s->sum_1 = (double)sum[1];
    s->factor = w->kind == ENS__PAIRS ? 2 / n : 1 / n;
    w->most = INFINITY;
    if (w->kind == ENS__COUNTS) {
        int64_t squares = 0;

        for (unsigned c = 0; c < s->n_classes; c++) {
            s->class_count[c] = sum[s->class[c]];
            squares += s->class_count[c] * s->class_count[c];
        }
        s->value = (double)squares / n;
    }
    if (w->o->criterion == ENS__GINI)
        w->most =
            w->kind == ENS__PAIRS ? s->sum_1 * (n - s->sum_1) * (2 / n) : n - s->value;
    if (n_bits(s->rows) == 2) /* there is but one way to part them */
        w->most = -INFINITY;
}

/* What the best split still lacks: the codes beside its threshold, or its set, and where missing values go. */
static ENS__INLINE void complete(ens__masked *s, ens__work *w, const ops *k)
{
    ens__split *best = &w->best;
    size_t j = best->feature;
    const void *column = s->column + j * s->column_size;
    unsigned missing = w->bins[j]->n_bins;
    bool wide = s->column_size > ROWS;

    if (s->absent == 0)
        best->missing_left = 2 * count_of(s, s->left) > count_of(s, s->rows);
    if (best->by_set) {
        memset(w->set, best->missing_left ? 0xff : 0, w->set_words * sizeof *w->set);
        for (uint64_t rest = s->kept; rest != 0; rest &= rest - 1) {
            unsigned i = lowest_bit(rest);
            unsigned level =
                w->field[j].width == 0 ? s->bit[j] >> i & 1 : code_of(column, i, wide);
            uint32_t bit = (uint32_t)1 << level % 32;

            w->set[level / 32] =
                (w->set[level / 32] & ~bit) | ((s->left >> i & 1) != 0 ? bit : 0);
        }
    } else if (w->field[j].width == 0) {
        best->next = 1;
    } else {
        best->code = k->range_of(column, s->left & s->kept, missing, wide).high;
        best->next = k->range_of(column, s->kept & ~s->left, missing, wide).low;
        best->next = best->next > missing ? missing : best->next;
    }
}

/* Look for the split of a node, into w->best. */
static ENS__INLINE bool find(ens__masked *s, ens__work *w, const ops *k, open_node *node)
{
    const ens__tree_options *o = w->o;
    ens__order order = {.sum = s->sum, .rows = (size_t)n_bits(node->rows)};
    size_t count, i = 0;

    s->rows = node->rows;
    sum_rows(s->sum, s, w, k, s->rows);
    count = (size_t)s->sum[w->sums - 1];
    if (node->depth >= o->max_depth || count < o->min_split || count < 2 * o->min_leaf ||
        is_pure(s, w, s->rows))
        return false;
    begin_node(s, w);
    w->best = (ens__split){.found = false};
    w->useless = node->useless;
    ens__stream_move(&w->draws, node->path);
    for (; ens__draw_goes_on(w, i); i++) {
        uint32_t j = ens__draw_feature(w, i);

        if (!ens__split_is_useless(w, j))
            try_feature(s, w, k, &order, j);
    }
    ens__draw_put_back(w, i);
    node->useless = w->useless;
    if (!w->best.found ||
        ens__split_decrease(w, w->best.gain) + DBL_EPSILON < o->min_decrease)
        return false;
    complete(s, w, k);
    return true;
}

static bool find_base(ens__masked *s, ens__work *w, open_node *node)
{
    static const ops k = {range_base, up_to_base, sum_base, ens__bins_up_to};

    return find(s, w, &k, node);
}

#if ENS_HAVE_LEVELS
ENS_TARGET_V3 static bool find_v3(ens__masked *s, ens__work *w, open_node *node)
{
    static const ops k = {range_base, up_to_v3, sum_base, ens__bins_up_to};

    return find(s, w, &k, node);
}

ENS_TARGET_V4 static bool find_v4(ens__masked *s, ens__work *w, open_node *node)
{
    static const ops k = {range_v4, up_to_v4, sum_v4, bins_up_to_v4};

    return find(s, w, &k, node);
}
#endif

/* ---- The subtree ------------------------------------------------------------------------------------------------ */

/* Its sum is in s->sum. */
static ens_status make_leaf(ens__build *b, ens__masked *s, ens__work *w,
                            const open_node *node, ens_error *err)
{
    ens__part part = {.node = node->node, .sum = s->sum};

    if (w->classes)
        return ens__build_leaf(b, w, &part, err);
    ens__build_response(b, node->node,
                        is_pure(s, w, node->rows)
                            ? w->a->y[w->response[s->begin + lowest_bit(node->rows)].row]
                            : ens__work_mean(w, s->sum));
    return ENS_OK;
}

ens_status ens__masked_grow(ens__build *b, ens__work *w, const ens__masked_root *root,
                            ens_error *err)
{
    ens__masked *s = w->masked;
    open_node open[ROWS] = {
        {.rows = root->n < ROWS ? ((uint64_t)1 << root->n) - 1 : UINT64_MAX,
         .path = root->path,
         .useless = root->useless,
         .depth = root->depth,
         .node = root->node}};
    ens_status st = ENS_OK;
    size_t n = 1; /* each of them has a row at least */

    assert(root->n > 0 && root->n <= ROWS);
    take_rows(s, w, root->begin, root->n);
    while (n > 0 && st == ENS_OK) {
        open_node node = open[--n];
        ens__part part = {.node = node.node};
        uint32_t child;

        if (!ENS__CALL(find, s, w, &node)) {
            st = make_leaf(b, s, w, &node, err);
            continue;
        }
        st =
            ens__build_split(b, w, &part, ens__split_threshold(w, &w->best), &child, err);
        for (unsigned side = 2; side > 0 && st == ENS_OK; side--)
            open[n++] = (open_node){.rows = side == 1 ? s->left : node.rows & ~s->left,
                                    .path = ens__child_path(node.path, side),
                                    .useless = node.useless,
                                    .depth = node.depth + 1,
                                    .node = child + side - 1};
    }
    return st;
}
