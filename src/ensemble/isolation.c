/* isolation.c - the learner `isolation`: how few random splits it takes until a row is alone.
 *
 * Liu, Ting and Zhou (2008), "Isolation forest", ICDM; (2012), "Isolation-based anomaly detection", TKDD 6(1).
 * A bag of random trees, each of few rows, without a target.  Their mean is the length of the path to a row, h; the
 * output is the score 2^(-h / c(psi)), equation 2: near 1 for anomalies, about 0.5 and below for the rest. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/bag.h>
#include <learn/learner.h>
#include <math.h>
#include <num/stats.h>
#include <stdio.h>
#include <string.h>
#include <tree/tree.h>

/* psi of the paper: "256 generally provides enough details" */
#define USUAL_ROWS 256

/* The score above which a row is an anomaly where no share of them was told. */
#define USUAL_THRESHOLD 0.5

typedef struct isolation_params {
    ens__bag_spec bag;
    ens_amount contamination;
} isolation_params;

static const ens_param table[] = {
    {"n_estimators", "num_trees,ntree,ntrees,n_iter", ENS_PARAM_INT,
     offsetof(isolation_params, bag.n_estimators), "100", 1, 1e6, "", "trees to grow"},
    {"max_samples", "subsample,sample_size,bagging_fraction,sample_fraction",
     ENS_PARAM_AMOUNT, offsetof(isolation_params, bag.max_samples), "auto", 1, 1e9,
     "auto",
     "rows that each tree draws: a count, or a fraction of all; auto: 256, or all if "
     "there are fewer"},
    {"contamination", "outlier_fraction", ENS_PARAM_AMOUNT,
     offsetof(isolation_params, contamination), "auto", 1, 1e9, "auto",
     "training rows that are anomalies, which sets the threshold: a fraction up to 0.5, "
     "or a count; auto: the threshold is 0.5"},
    {"max_features", "feature_fraction,colsample_bytree", ENS_PARAM_AMOUNT,
     offsetof(isolation_params, bag.max_features), "1.0", 1, 1e9, "",
     "features that each tree draws without replacement: a count, or a fraction of all"},
    {"bootstrap", "replace", ENS_PARAM_BOOL, offsetof(isolation_params, bag.bootstrap),
     "false", 0, 1, "", "draw rows with replacement"},
    ENS_PARAM_LAST};

typedef struct isolation {
    ens__bag *bag;
    uint64_t psi;     /* rows of each tree */
    double unit;      /* c(psi) */
    double threshold; /* scores above it are of anomalies */
} isolation;

static ens_status check(const void *params, ens_error *err)
{
    const ens_amount *share = &((const isolation_params *)params)->contamination;

    if (share->kind == ENS_AMOUNT_FRACTION && share->value > 0.5)
        return ens__fail(err, ENS_ERANGE, "isolation.contamination = %g is above 0.5",
                         share->value);
    return ENS_OK;
}

/* ---- Scores ------------------------------------------------------------------------------------------ */

static size_t scratch_size(const void *fit)
{
    return ens__bag_scratch(((const isolation *)fit)->bag);
}

static void predict(const void *fit, const ens_rows *rows, double *out, void *scratch)
{
    const isolation *f = fit;

    ens__bag_predict(f->bag, rows, out, scratch);
    for (size_t i = 0; i < rows->n; i++) /* a tree of one row tells nothing */
        out[i] = f->unit > 0 ? exp2(-out[i] / f->unit) : USUAL_THRESHOLD;
}

typedef struct scoring {
    const isolation *f;
    const ens_rows *rows;
    char *scratch; /* [workers][stride] */
    size_t stride;
    double *out; /* [rows->n] */
} scoring;

static ens_status score_block(void *ctx, size_t block, unsigned worker, ens_error *err)
{
    const scoring *s = ctx;
    size_t begin = block * ENS_BLOCK;
    ens_rows rows = *s->rows;

    (void)err;
    rows.row += begin;
    rows.n = rows.n - begin < ENS_BLOCK ? rows.n - begin : ENS_BLOCK;
    predict(s->f, &rows, s->out + begin, s->scratch + worker * s->stride);
    return ENS_OK;
}

/* The scores of all rows of the fit; rows that stand in it several times have as many. */
static ens_status score_rows(double **out, size_t *n, const isolation *f,
                             const ens_fit_args *a, ens_error *err)
{
    size_t blocks = (a->rows.n + ENS_BLOCK - 1) / ENS_BLOCK;
    scoring s = {f, &a->rows, NULL, ens__bag_round(scratch_size(f)), NULL};
    ens_status st;

    *n = a->rows.n;
    if ((s.out = ens__array(*n, sizeof *s.out)) == NULL ||
        (s.scratch = ens__aligned(ens__par_workers(blocks, a->exec), s.stride)) == NULL)
        st = ens__nomem(err);
    else
        st = ens__par_for(blocks, a->exec, "scoring rows", score_block, &s, NULL, err);
    ens__free(s.scratch);
    if (st != ENS_OK)
        ens__free(s.out);
    *out = st == ENS_OK ? s.out : NULL;
    return st;
}

/* The quantile of the training scores that leaves the share of anomalies above it. */
static ens_status find_threshold(isolation *f, const ens_amount *contamination,
                                 const ens_fit_args *a, ens_error *err)
{
    double *score = NULL, share = contamination->value;
    size_t n = a->rows.n;
    ens_status st;

    f->threshold = USUAL_THRESHOLD;
    if (contamination->kind == ENS_AMOUNT_WORD)
        return ENS_OK;
    if (contamination->kind == ENS_AMOUNT_COUNT) {
        share /= (double)n;
        if (share > 0.5)
            return ens__fail(err, ENS_ERANGE,
                             "isolation.contamination = %.0f is above half of the %zu "
                             "rows",
                             contamination->value, n);
    }
    if ((st = score_rows(&score, &n, f, a, err)) != ENS_OK)
        return st;
    ens__sort_doubles(score, n);
    f->threshold = ens__quantile_sorted(score, n, 1 - share);
    ens__free(score);
    return ENS_OK;
}

/* ---- Fitting ----------------------------------------------------------------------------------------- */

static void free_isolation(void *fit)
{
    isolation *f = fit;

    if (f != NULL)
        ens__bag_free(f->bag);
    ens__free(f);
}

/* The bag with its counts of rows made out. */
static ens__bag_spec spec_of(const isolation_params *p, size_t n)
{
    ens__bag_spec spec = p->bag;
    double rows = n < USUAL_ROWS ? (double)n : USUAL_ROWS;

    if (spec.max_samples.kind == ENS_AMOUNT_WORD)
        spec.max_samples = (ens_amount){ENS_AMOUNT_COUNT, rows};
    return spec;
}

/* base: a smaller forest, or NULL. */
static ens_status extend(void **out, const void *base, const void *params,
                         const ens_fit_args *a, ens_error *err)
{
    const isolation_params *p = params;
    ens__bag_spec spec = spec_of(p, a->rows.n);
    const isolation *old = base;
    isolation *f = ens__zeros(1, sizeof *f);
    ens_learner *member = NULL;
    void *bag = NULL;
    ens_status st;

    if (f == NULL)
        return ens__nomem(err);
    if ((st = ens__learner_new(&member, &ens__isolation_tree_type, err)) != ENS_OK ||
        (st = ens__bag_fit(&bag, &spec, member, old != NULL ? old->bag : NULL, a, err)) !=
            ENS_OK)
        goto done;
    f->bag = bag;
    f->psi = ens__bag_rows(&spec, a->rows.n);
    f->unit = ens__isolation_path((double)f->psi);
    if ((st = find_threshold(f, &p->contamination, a, err)) == ENS_OK) {
        *out = f;
        f = NULL;
    }
done:
    ens_learner_free(member);
    free_isolation(f);
    return st;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    return extend(out, NULL, params, a, err);
}

static ens_status in_bag(uint32_t *count, const void *params, const ens_fit_args *a,
                         size_t t, ens_error *err)
{
    ens__bag_spec spec = spec_of(params, a->rows.n);

    return ens__bag_redraw(count, &spec, a, t, err);
}

/* ---- Tensors ----------------------------------------------------------------------------------------- */

static ens_status write_isolation(const void *fit, ens_writer *w, ens_error *err)
{
    const isolation *f = fit;
    ens_status st;

    if ((st = ens_writer_array(w, "psi", ENS_U64, 0, NULL, &f->psi, err)) != ENS_OK ||
        (st = ens_writer_array(w, "threshold", ENS_F64, 0, NULL, &f->threshold, err)) !=
            ENS_OK)
        return st;
    return ens__bag_write(f->bag, w, err);
}

static ens_status read_numbers(isolation *f, ens_reader *r, ens_error *err)
{
    const void *psi, *threshold;
    ens_status st;

    if ((st = ens_reader_array(&psi, NULL, r, "psi", ENS_U64, 0, err)) != ENS_OK ||
        (st = ens_reader_array(&threshold, NULL, r, "threshold", ENS_F64, 0, err)) !=
            ENS_OK)
        return st;
    memcpy(&f->psi, psi, sizeof f->psi);
    memcpy(&f->threshold, threshold, sizeof f->threshold);
    if (f->psi < 1 || f->psi > UINT32_MAX)
        return ens_reader_bad(r, err, "psi = %llu is outside [1, %lu]",
                              (unsigned long long)f->psi, (unsigned long)UINT32_MAX);
    if (!(f->threshold > 0 && f->threshold < 1))
        return ens_reader_bad(r, err, "threshold = %g is outside (0, 1)", f->threshold);
    f->unit = ens__isolation_path((double)f->psi);
    return ENS_OK;
}

static ens_status read_isolation(void **out, const ens_read_args *a, ens_error *err)
{
    const isolation_params *p = ens_learner_params(a->learner);
    isolation *f = ens__zeros(1, sizeof *f);
    ens_learner *member = NULL;
    void *bag = NULL;
    ens_status st;

    if (f == NULL)
        return ens__nomem(err);
    if ((st = ens__learner_new(&member, &ens__isolation_tree_type, err)) == ENS_OK &&
        (st = read_numbers(f, a->reader, err)) == ENS_OK &&
        (st = ens__bag_read(&bag, &p->bag, member, a, err)) == ENS_OK) {
        f->bag = bag;
        *out = f;
        f = NULL;
    }
    ens_learner_free(member);
    free_isolation(f);
    return st;
}

/* ---- Telling ----------------------------------------------------------------------------------------- */

static double threshold(const void *fit)
{
    return ((const isolation *)fit)->threshold;
}

static ens_status describe(const void *fit,
                           ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    const isolation *f = fit;
    char line[64];
    ens_status st = ens__bag_describe(f->bag, add, ctx, err);

    if (st != ENS_OK)
        return st;
    snprintf(line, sizeof line, "rows a member: %llu\n", (unsigned long long)f->psi);
    if ((st = add(ctx, line)) != ENS_OK)
        return st;
    snprintf(line, sizeof line, "anomaly: score above %.4f\n", f->threshold);
    return add(ctx, line);
}

static size_t n_members(const void *fit)
{
    return ens__bag_n_members(((const isolation *)fit)->bag);
}

static void member_of(ens_part *out, const void *fit, size_t t)
{
    ens__bag_member(out, ((const isolation *)fit)->bag, t);
}

static size_t bytes_of(const void *fit)
{
    return sizeof(isolation) + ens__bag_bytes(((const isolation *)fit)->bag);
}

const ens_learner_type ens__isolation_type = {
    .abi = ENS_EXT_ABI,
    .name = "isolation",
    .help = "isolation forest: how few random splits part a row from the others; for "
            "anomalies, without a target",
    .caps = ENS_DETECTS | ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES | ENS_TAKES_NUMBERS,
    .params = table,
    .params_size = sizeof(isolation_params),
    .check = check,
    .fit = fit,
    .predict = predict,
    .scratch_size = scratch_size,
    .write = write_isolation,
    .read = read_isolation,
    .free = free_isolation,
    .describe = describe,
    .threshold = threshold,
    .n_members = n_members,
    .member = member_of,
    .in_bag = in_bag,
    .extend = extend,
    .grows = "n_estimators",
    .bytes = bytes_of,
};
