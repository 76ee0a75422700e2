/* design.c - standardised columns of a fit, a block of rows at a time. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <float.h>
#include <learn/design.h>
#include <math.h>
#include <num/dd.h>
#include <string.h>

enum { N = ENS__GRAM_ROWS, MOST_RUNS = 64, RUN_BLOCKS = 16, AHEAD = 2 };

/* Rows of which a column's moments are found while they are in cache. */
#define PART_ROWS ((size_t)64 * N)

/* Numbers that the sums of all runs take at most, unless one run takes more. */
#define MOST_SUMS ((size_t)1 << 25)

/* A column of numbers below this is as good as zero: its coefficient would be no double. */
#define LEAST 1e-290
/* A penalty of this size makes a coefficient zero; squares of it are finite. */
#define MOST_PENALTY 1e140

/* ---- Values ----------------------------------------------------------------------------- */

/* Rows begin .. begin + n - 1 of a column by table row: where they are, if they are neighbours, or gathered. */
static const double *values(double *buffer, const double *x, const uint32_t *row,
                            size_t begin, size_t n)
{
    row += begin;
    if (row[n - 1] - row[0] == n - 1)
        return x + row[0];
    for (size_t i = 0; i < n; i++)
        buffer[i] = x[row[i]];
    return buffer;
}

/* All rows weigh the same. */
static bool is_plain(const ens__design *d)
{
    return d->a->w == NULL && d->a->count == NULL && d->class_weight == NULL;
}

static void weights(double *w, const ens__design *d, size_t begin, size_t n)
{
    const ens_fit_args *a = d->a;

    for (size_t i = 0; i < n && is_plain(d); i++)
        w[i] = 1;
    for (size_t i = 0; i < n && !is_plain(d); i++)
        w[i] = ens_fit_weight(a, begin + i);
    if (d->class_weight != NULL)
        for (size_t i = 0; i < n; i++)
            w[i] *= d->class_weight[a->label[a->rows.row[begin + i]]];
    for (size_t i = n; i < N; i++)
        w[i] = 0;
}

/* ---- Moments ---------------------------------------------------------------------------- */

/* Of some rows of a column, in units of their own: numbers times `unit` are about one. */
typedef struct moments {
    double low, high;
    double weight, unit;
    double mean, squares; /* squares about the mean */
} moments;

/* The power of two that makes numbers of this size about one. */
static double power_for(double size)
{
    int e;

    frexp(size, &e);
    return ldexp(1, e < -1000 ? 1000 : e > 1022 ? -1022 : -e);
}

/* sum w (x unit - about)^power over rows of a part, for power 1 or 2 */
static double moment(const ens__design *d, const double *x, size_t begin, size_t end,
                     const moments *m, double about, int power)
{
    double buffer[N], w[N], v[N], wv[N], sum = 0;

    for (; begin < end; begin += N) {
        size_t n = end - begin < N ? end - begin : N;
        const double *from = values(buffer, x, d->a->rows.row, begin, n);

        weights(w, d, begin, n);
        memset(v, 0, sizeof v);
        ens__gram_standardise(v, from, n, m->unit, about);
        if (power == 2)
            ens__gram_weigh(wv, v, w, 1);
        sum += ens__dot(v, power == 2 ? wv : w, N);
    }
    return sum;
}

static moments moments_of(const ens__design *d, const double *x, size_t begin, size_t end)
{
    const uint32_t *row = d->a->rows.row;
    moments m = {.low = x[row[begin]], .high = x[row[begin]]};
    double buffer[N], w[N];

    for (size_t at = begin; at < end; at += N) {
        size_t n = end - at < N ? end - at : N;

        ens__gram_extent(&m.low, &m.high, values(buffer, x, row, at, n), n);
        weights(w, d, at, n);
        for (size_t i = 0; i < n && !is_plain(d); i++)
            m.weight += w[i];
    }
    if (is_plain(d))
        m.weight = (double)(end - begin);
    m.unit = power_for(fmax(fabs(m.low), fabs(m.high)));
    m.mean = moment(d, x, begin, end, &m, 0, 1) / m.weight;
    m.squares = moment(d, x, begin, end, &m, m.mean, 2);
    return m;
}

/* All parts as one; without `center` the squares are those about zero. */
static moments join(const moments *part, size_t n, bool center)
{
    moments all = {.low = part[0].low, .high = part[0].high};

    for (size_t i = 0; i < n; i++) {
        all.low = fmin(all.low, part[i].low);
        all.high = fmax(all.high, part[i].high);
        all.weight += part[i].weight;
    }
    all.unit = power_for(fmax(fabs(all.low), fabs(all.high)));
    for (size_t i = 0; i < n && center; i++)
        all.mean += part[i].weight * (part[i].mean * (all.unit / part[i].unit));
    all.mean /= all.weight;
    for (size_t i = 0; i < n; i++) {
        double ratio = all.unit / part[i].unit, off = part[i].mean * ratio - all.mean;

        all.squares += ratio * ratio * part[i].squares + part[i].weight * (off * off);
    }
    return all;
}

static ens__scaling scaling_of(const moments *part, size_t n, bool center)
{
    moments m = join(part, n, center);
    double sd, up;

    if (fmax(fabs(m.low), fabs(m.high)) < LEAST || (center && m.low == m.high))
        return (ens__scaling){0, 0};
    sd = sqrt(m.squares / m.weight);
    if (!(sd > 0))
        return (ens__scaling){0, 0};
    up = power_for(sd);
    if (m.unit * up > DBL_MAX)
        up = ldexp(1, 1023) / m.unit;
    return (ens__scaling){m.unit * up, m.mean * up};
}

typedef struct survey {
    const ens__design *d;
    size_t parts;  /* of a column */
    moments *part; /* [columns][parts] */
} survey;

static ens_status survey_part(void *ctx, size_t t, unsigned worker, ens_error *err)
{
    const survey *s = ctx;
    const ens_fit_args *a = s->d->a;
    size_t j = t / s->parts, begin = t % s->parts * PART_ROWS, end = begin + PART_ROWS;

    (void)worker, (void)err;
    s->part[t] = moments_of(s->d, j < s->d->p ? a->rows.feature[j].x : a->y, begin,
                            end < a->rows.n ? end : a->rows.n);
    return ENS_OK;
}

/* A pass over the columns, and the response if there is one. */
static ens_status find_scalings(ens__design *d, ens_error *err)
{
    size_t columns = d->p + (d->a->y != NULL);
    survey s = {.d = d, .parts = (d->a->rows.n + PART_ROWS - 1) / PART_ROWS};
    bool center = d->q > d->p;
    ens_status st;

    if ((s.part = ens__array(columns, s.parts * sizeof *s.part)) == NULL)
        return ens__nomem(err);
    st = ens__par_for(columns * s.parts, d->a->exec, NULL, survey_part, &s, NULL, err);
    for (size_t j = 0; j < d->p && st == ENS_OK; j++)
        d->column[j] = scaling_of(s.part + j * s.parts, s.parts, center);
    if (st == ENS_OK && d->a->y != NULL)
        d->y = scaling_of(s.part + d->p * s.parts, s.parts, center);
    ens__free(s.part);
    return st;
}

ens_status ens__design_init(ens__design *d, const ens_fit_args *a, bool intercept,
                            const double *class_weight, ens_error *err)
{
    double w[N];
    size_t p = a->rows.p;

    *d = (ens__design){.a = a, .p = p, .q = p + intercept, .class_weight = class_weight};
    if ((d->column = ens__zeros(p, sizeof *d->column)) == NULL)
        return ens__nomem(err);
    d->total = is_plain(d) ? (double)a->rows.n : 0;
    for (size_t begin = 0; begin < a->rows.n && !is_plain(d); begin += N) {
        weights(w, d, begin, a->rows.n - begin < N ? a->rows.n - begin : N);
        for (size_t i = 0; i < N; i++)
            d->total += w[i];
    }
    if (!(d->total > 0))
        return ens__fail(err, ENS_EDATA, "the weights of all rows are zero");
    if (a->y != NULL)
        d->y_constant = a->y[a->rows.row[0]];
    return find_scalings(d, err);
}

void ens__design_clear(ens__design *d)
{
    ens__free(d->column);
    d->column = NULL;
}

double ens__design_ridge(const ens__design *d, double l2, size_t j)
{
    double root = fmin(sqrt(l2) * d->column[j].scale, MOST_PENALTY);

    return root * root;
}

/* ---- Passes ----------------------------------------------------------------------------- */

typedef struct pass_job {
    const ens__design *d;
    const ens__design_pass *pass;
    size_t run_rows, size;
    double *sum;   /* [runs][size] */
    double *block; /* [workers][block_size] */
    size_t block_size;
} pass_job;

/* Columns are short pieces of memory far apart, which processors do not foresee. */
static void foresee(const ens_rows *rows, size_t j, size_t begin, size_t n)
{
    const double *x = rows->feature[j].x + rows->row[begin];

    for (size_t i = 0; i < n; i += 8)
        __builtin_prefetch(x + i);
}

static void load(double *z, const ens__design *d, size_t begin, size_t n)
{
    const ens_rows *rows = &d->a->rows;
    double buffer[N];

    for (size_t j = 0; j < d->p && j < AHEAD; j++)
        foresee(rows, j, begin, n);
    for (size_t j = 0; j < d->p; j++) {
        if (j + AHEAD < d->p)
            foresee(rows, j + AHEAD, begin, n);
        const double *x = values(buffer, rows->feature[j].x, rows->row, begin, n);
        ens__scaling s = d->column[j];
        double *to = z + j * N;

        ens__gram_standardise(to, x, n, s.scale, s.mean);
        for (size_t i = n; i < N; i++)
            to[i] = 0;
    }
    for (size_t i = 0; i < N && d->q > d->p; i++)
        z[d->p * N + i] = i < n;
}

void ens__design_load(ens__design_block *b, size_t begin, size_t n)
{
    b->begin = begin;
    b->n = n;
    weights(b->w, b->d, begin, n);
    load(b->z, b->d, begin, n);
}

void ens__design_low(double *low, const ens__design_block *b, size_t j)
{
    const ens_rows *rows = &b->d->a->rows;
    ens__scaling s = {0, 0};

    memset(low, 0, N * sizeof *low);
    if (j < b->d->p)
        s = b->d->column[j];
    for (size_t i = 0; i < b->n && s.scale > 0; i++)
        low[i] =
            ens__two_sum(rows->feature[j].x[rows->row[b->begin + i]] * s.scale, -s.mean)
                .low;
}

double ens__design_weight(const ens__design_block *b)
{
    double sum = 0;

    if (is_plain(b->d))
        return (double)b->n;
    for (size_t i = 0; i < b->n; i++)
        sum += b->w[i];
    return sum;
}

void ens__design_response(double *y, double *low, const ens__design_block *b)
{
    const ens_fit_args *a = b->d->a;
    ens__scaling s = b->d->y;

    for (size_t i = 0; i < N; i++) {
        ens__dd v = {0, 0};

        if (i < b->n)
            v = ens__two_sum(a->y[a->rows.row[b->begin + i]] * s.scale, -s.mean);
        y[i] = v.high;
        if (low != NULL)
            low[i] = v.low;
    }
}

static ens_status run_task(void *ctx, size_t t, unsigned worker, ens_error *err)
{
    const pass_job *job = ctx;
    const ens__design *d = job->d;
    double *memory = job->block + worker * job->block_size;
    ens__design_block b = {
        .d = d, .w = memory, .z = memory + N, .scratch = memory + N + d->q * N};
    size_t end = (t + 1) * job->run_rows;

    (void)err;
    end = end < d->a->rows.n ? end : d->a->rows.n;
    for (b.begin = t * job->run_rows; b.begin < end; b.begin += N) {
        if (job->pass->every > 1 && b.begin / N % job->pass->every != 0)
            continue;
        ens__design_load(&b, b.begin, end - b.begin < N ? end - b.begin : N);
        job->pass->body(job->pass->ctx, &b, job->sum + t * job->size);
    }
    return ENS_OK;
}

/* Blocks of a run: so many runs that threads have work, and no more than memory for their sums allows. */
static size_t runs_of(const ens__design *d, size_t size, size_t *run_rows)
{
    size_t blocks = (d->a->rows.n + N - 1) / N, most = MOST_SUMS / (size + 1), each;

    most = most < 1 ? 1 : most < MOST_RUNS ? most : MOST_RUNS;
    each = (blocks + most - 1) / most;
    each = each < RUN_BLOCKS ? RUN_BLOCKS : each;
    *run_rows = each * N;
    return (blocks + each - 1) / each;
}

ens_status ens__design_run(double *out, const ens__design *d,
                           const ens__design_pass *pass, ens_error *err)
{
    pass_job job = {.d = d, .pass = pass, .size = (pass->size + 7) / 8 * 8};
    size_t runs = runs_of(d, job.size, &job.run_rows);
    ens_status st;

    job.block_size = N + d->q * N + (pass->scratch + 7) / 8 * 8;
    job.sum = ens__zeros(runs, job.size * sizeof *job.sum);
    job.block = ens__aligned(ens__par_workers(runs, d->a->exec),
                             job.block_size * sizeof *job.block);
    if (job.sum == NULL || job.block == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = ens__par_for(runs, d->a->exec, "passing over the rows", run_task, &job,
                           NULL, err)) != ENS_OK)
        goto done;
    for (size_t t = 0; t < runs; t++) {
        double *from = job.sum + t * job.size;

        if (pass->merge != NULL)
            pass->merge(pass->ctx, out, from, job.block);
        else
            for (size_t i = 0; i < pass->size; i++)
                out[i] += from[i];
    }
done:
    ens__free(job.sum);
    ens__free(job.block);
    return st;
}
