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

enum { N = ENS__GRAM_ROWS, LANES = 8, MOST_RUNS = 64, RUN_BLOCKS = 16 };

/* Numbers that the sums of all runs take at most, unless one run takes more. */
#define MOST_SUMS ((size_t)1 << 25)

/* A column of numbers below this is as good as zero: its coefficient would be no double. */
#define LEAST 1e-290

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

static void weights(double *w, const ens__design *d, size_t begin, size_t n)
{
    const ens_fit_args *a = d->a;

    for (size_t i = 0; i < n; i++)
        w[i] = ens_fit_weight(a, begin + i);
    if (d->class_weight != NULL)
        for (size_t i = 0; i < n; i++)
            w[i] *= d->class_weight[a->label[a->rows.row[begin + i]]];
    for (size_t i = n; i < N; i++)
        w[i] = 0;
}

/* ---- Moments ---------------------------------------------------------------------------- */

typedef struct extent {
    double low, high;
} extent;

static extent extent_of(const ens__design *d, const double *x)
{
    const ens_rows *rows = &d->a->rows;
    double low[LANES], high[LANES], buffer[N];
    extent e;

    for (size_t l = 0; l < LANES; l++)
        low[l] = high[l] = x[rows->row[0]];
    for (size_t begin = 0; begin < rows->n; begin += N) {
        size_t n = rows->n - begin < N ? rows->n - begin : N, i = 0;
        const double *v = values(buffer, x, rows->row, begin, n);

        for (; i + LANES <= n; i += LANES)
            for (size_t l = 0; l < LANES; l++) {
                low[l] = v[i + l] < low[l] ? v[i + l] : low[l];
                high[l] = v[i + l] > high[l] ? v[i + l] : high[l];
            }
        for (; i < n; i++) {
            low[0] = fmin(low[0], v[i]);
            high[0] = fmax(high[0], v[i]);
        }
    }
    e = (extent){low[0], high[0]};
    for (size_t l = 1; l < LANES; l++)
        e = (extent){fmin(e.low, low[l]), fmax(e.high, high[l])};
    return e;
}

/* sum w (x unit - about)^power over the rows, for power 1 or 2 */
static double moment(const ens__design *d, const double *x, double unit, double about,
                     int power)
{
    const ens_rows *rows = &d->a->rows;
    double sum[LANES] = {0}, buffer[N], w[N], v[N];

    for (size_t begin = 0; begin < rows->n; begin += N) {
        size_t n = rows->n - begin < N ? rows->n - begin : N;
        const double *from = values(buffer, x, rows->row, begin, n);

        weights(w, d, begin, n);
        for (size_t i = 0; i < n; i++)
            v[i] = from[i] * unit - about;
        for (size_t i = n; i < N; i++)
            v[i] = 0;
        for (size_t i = 0; i < N; i++)
            w[i] = power == 1 ? w[i] * v[i] : w[i] * v[i] * v[i];
        for (size_t i = 0; i < N; i += LANES)
            for (size_t l = 0; l < LANES; l++)
                sum[l] += w[i + l];
    }
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) +
           ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

/* The power of two that makes numbers of this size about one. */
static double power_for(double size)
{
    int e;

    frexp(size, &e);
    return ldexp(1, e < -1000 ? 1000 : e > 1022 ? -1022 : -e);
}

static ens__scaling scaling_of(const ens__design *d, const double *x)
{
    extent e = extent_of(d, x);
    bool center = d->q > d->p;
    double size = fmax(fabs(e.low), fabs(e.high)), unit, mean = 0, sd, up;

    if (size < LEAST || (center && e.low == e.high))
        return (ens__scaling){0, 0};
    unit = power_for(size);
    if (center)
        mean = moment(d, x, unit, 0, 1) / d->total;
    sd = sqrt(moment(d, x, unit, mean, 2) / d->total);
    if (!(sd > 0))
        return (ens__scaling){0, 0};
    up = power_for(sd);
    if (unit * up > DBL_MAX)
        up = ldexp(1, 1023) / unit;
    return (ens__scaling){unit * up, mean * up};
}

static ens_status scale_column(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    ens__design *d = ctx;

    (void)worker, (void)err;
    if (j < d->p)
        d->column[j] = scaling_of(d, d->a->rows.feature[j].x);
    else
        d->y = scaling_of(d, d->a->y);
    return ENS_OK;
}

ens_status ens__design_init(ens__design *d, const ens_fit_args *a, bool intercept,
                            const double *class_weight, ens_error *err)
{
    double w[N];
    size_t p = a->rows.p;

    *d = (ens__design){.a = a, .p = p, .q = p + intercept, .class_weight = class_weight};
    if ((d->column = ens__zeros(p, sizeof *d->column)) == NULL)
        return ens__nomem(err);
    for (size_t begin = 0; begin < a->rows.n; begin += N) {
        weights(w, d, begin, a->rows.n - begin < N ? a->rows.n - begin : N);
        for (size_t i = 0; i < N; i++)
            d->total += w[i];
    }
    if (!(d->total > 0))
        return ens__fail(err, ENS_EDATA, "the weights of all rows are zero");
    if (a->y != NULL)
        d->y_constant = a->y[a->rows.row[0]];
    return ens__par_for(p + (a->y != NULL), a->exec, NULL, scale_column, d, NULL, err);
}

void ens__design_clear(ens__design *d)
{
    ens__free(d->column);
    d->column = NULL;
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

static void load(double *z, const ens__design *d, size_t begin, size_t n)
{
    const ens_rows *rows = &d->a->rows;
    double buffer[N];

    for (size_t j = 0; j < d->p; j++) {
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
        b.n = end - b.begin < N ? end - b.begin : N;
        weights(b.w, d, b.begin, b.n);
        load(b.z, d, b.begin, b.n);
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
