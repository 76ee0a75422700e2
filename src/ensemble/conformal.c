/* conformal.c - the learner `conformal`: a member of any recipe, and intervals that hold the response as often as they
 * say, whatever the member is.
 *
 * The member is fitted on each split of a plan of folds; a row's residual is that of the fit that has not seen it.  A
 * new row's response is given an atom at f(x) + r for each residual r, f being the fit that r is of, and quantiles of
 * these atoms take one row more into account: CV+ (Barber, Candes, Ramdas and Tibshirani 2021) with signed residuals,
 * so that each tail is right by itself.  If rows are exchangeable, the interval between quantiles a and 1 - a holds the
 * response with a probability of 1 - 2 a, about, and never much below 1 - 4 a.  The prediction is the mean of the
 * fits. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/bag.h>
#include <ensemble/stack.h>
#include <math.h>
#include <num/rng.h>
#include <num/stats.h>
#include <stdio.h>
#include <string.h>

typedef struct conformal_params {
    ens_list quantiles;
    char *cv;
} conformal_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_LIST, conformal_params, quantiles, "[0.05, 0.95]", 0, 1, "", "",
            "of the response that it predicts, ascending"),
    ENS_ROW(ENS_PARAM_TEXT, conformal_params, cv, "10", 0, 0, "", "",
            "plan of folds without repeats: 10, time(5), leave_one_out (jackknife+), "
            "holdout(0.2) (split conformal), ..."),
    ENS_PARAM_LAST};

typedef struct conformal {
    size_t n_fits;
    ens_fitted *fit;  /* [n_fits] */
    size_t n;         /* residuals */
    uint64_t *begin;  /* [n_fits + 1] where those of each begin */
    double *residual; /* [n] ascending within a fit */
    size_t scratch;   /* the most that a fit needs */
} conformal;

static void conformal_free(void *fitted)
{
    conformal *m = fitted;

    if (m == NULL)
        return;
    for (size_t f = 0; m->fit != NULL && f < m->n_fits; f++)
        ens_fitted_clear(&m->fit[f]);
    ens__free(m->fit);
    ens__free(m->begin);
    ens__free(m->residual);
    ens__free(m);
}

static ens_status conformal_new(conformal **out, size_t n_fits, size_t n, ens_error *err)
{
    conformal *m = ens__zeros(1, sizeof *m);

    if (m == NULL)
        return ens__nomem(err);
    m->n_fits = n_fits;
    m->n = n;
    m->fit = ens__zeros(n_fits, sizeof *m->fit);
    m->begin = ens__zeros(n_fits + 1, sizeof *m->begin);
    m->residual = ens__array(n, sizeof *m->residual);
    if (m->fit == NULL || m->begin == NULL || m->residual == NULL) {
        conformal_free(m);
        return ens__nomem(err);
    }
    *out = m;
    return ENS_OK;
}

static void finish(conformal *m)
{
    for (size_t f = 0; f < m->n_fits; f++) {
        size_t scratch = ens_fitted_scratch(&m->fit[f]);

        m->scratch = scratch > m->scratch ? scratch : m->scratch;
    }
}

/* Which of n + 1 cases in order stands for quantile q: 1 to n, or there are too few. */
static double rank_of(double q, size_t n)
{
    double at = q * ((double)n + 1), whole = round(at);

    if (fabs(at - whole) < 1e-9 * whole) /* 0.05 * 20 is 1 */
        return whole;
    return q < 0.5 ? floor(at) : ceil(at);
}

/* ---- Fitting -------------------------------------------------------------------------------------------- */

static ens_status check(const void *params, ens_error *err)
{
    const conformal_params *p = params;
    ens_status st = ens__folds_check(p->cv, "conformal.cv", err);

    return st == ENS_OK ? ens__check_quantiles(&p->quantiles, "conformal.quantiles", err)
                        : st;
}

static ens_status check_size(const ens_list *q, size_t n, ens_error *err)
{
    for (size_t i = 0; i < q->n; i++) {
        double rank = rank_of(q->v[i], n), rare = fmin(q->v[i], 1 - q->v[i]);

        if (rank < 1 || rank > (double)n)
            return ens__fail(
                err, ENS_EDATA,
                "conformal.quantiles: %g takes at least %.0f rows, there are "
                "%zu to tell it from",
                q->v[i], ceil(1 / rare - 1e-9) - 1, n);
    }
    return ENS_OK;
}

/* Residuals of the rows that each split tests. */
static void fill_residuals(conformal *m, const ens_folds *folds, const double *pred,
                           const ens_fit_args *a)
{
    size_t n = 0;

    for (size_t f = 0; f < m->n_fits; f++) {
        for (size_t i = 0; i < a->rows.n; i++)
            if (ens__folds_tests(folds, f, i))
                m->residual[n++] = a->y[a->rows.row[i]] - pred[i];
        ens__sort_doubles(m->residual + m->begin[f], n - m->begin[f]);
        m->begin[f + 1] = n;
    }
}

static ens_status plan(ens_folds **out, const conformal_params *p, const ens_fit_args *a,
                       ens_error *err)
{
    ens__split_rows rows = ens__split_rows_of_fit(a);
    ens_status st = ens__folds_make(out, &rows, p->cv, a->seed, err);

    if (st != ENS_OK)
        return st;
    return (*out)->n_repeats == 1
               ? ENS_OK
               : ens__fail(err, ENS_EINVAL,
                           "conformal.cv = %s repeats, so that a row has several "
                           "residuals",
                           p->cv);
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    const conformal_params *p = params;
    const ens_learner *member = ens_learner_member(a->learner, 0);
    uint64_t seed = ens_seed(a->seed, ENS__FOR_MEMBER, 0);
    ens__oof_args args = {a, NULL, &member, &seed, 1, true, false, "fitting folds"};
    ens_folds *folds = NULL;
    conformal *m = NULL;
    ens__oof oof = {0};
    size_t n = 0;
    ens_status st = plan(&folds, p, a, err);

    if (st != ENS_OK)
        goto done;
    args.folds = folds;
    for (size_t f = 0; f < folds->n_splits; f++)
        n += ens_folds_test(NULL, folds, f);
    if ((st = check_size(&p->quantiles, n, err)) != ENS_OK ||
        (st = ens__oof_fit(&oof, &args, err)) != ENS_OK ||
        (st = conformal_new(&m, folds->n_splits, n, err)) != ENS_OK)
        goto done;
    fill_residuals(m, folds, oof.pred, a);
    memcpy(m->fit, oof.fitted, m->n_fits * sizeof *m->fit);
    memset(oof.fitted, 0, m->n_fits * sizeof *m->fit); /* they are m's now */
    finish(m);
    *out = m;
    m = NULL;
done:
    ens__oof_clear(&oof);
    ens_folds_free(folds);
    conformal_free(m);
    return st;
}

/* ---- Predicting ----------------------------------------------------------------------------------------- */

static size_t scratch_size(const void *fitted)
{
    const conformal *m = fitted;

    return ens__bag_round(m->n_fits * ENS_BLOCK * sizeof(double)) + m->scratch;
}

/* each[n_fits][ENS_BLOCK] of up to ENS_BLOCK rows. */
static void predict_each(double *each, const conformal *m, const ens_rows *rows,
                         void *scratch)
{
    void *rest = (char *)scratch + ens__bag_round(m->n_fits * ENS_BLOCK * sizeof *each);

    for (size_t f = 0; f < m->n_fits; f++)
        m->fit[f].type->predict(m->fit[f].state, rows, each + f * ENS_BLOCK, rest);
}

static void predict(const void *fitted, const ens_rows *rows, double *out, void *scratch)
{
    const conformal *m = fitted;
    double *each = scratch;

    predict_each(each, m, rows, scratch);
    for (size_t i = 0; i < rows->n; i++) {
        double sum = 0;

        for (size_t f = 0; f < m->n_fits; f++)
            sum += each[f * ENS_BLOCK + i];
        out[i] = sum / (double)m->n_fits;
    }
}

/* Atoms of fit f, which predicts mu, that are at most v. */
static size_t atoms_to(const conformal *m, size_t f, double mu, double v)
{
    size_t low = m->begin[f], high = m->begin[f + 1];

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (mu + m->residual[middle] <= v)
            low = middle + 1;
        else
            high = middle;
    }
    return low - m->begin[f];
}

/* The atom of this rank among those of all fits; mu[f * ENS_BLOCK] is what each predicts. */
static double atom(const conformal *m, const double *mu, size_t rank)
{
    double low = INFINITY, high = -INFINITY, found = INFINITY;

    for (size_t f = 0; f < m->n_fits; f++)
        if (m->begin[f + 1] > m->begin[f]) {
            low = fmin(low, mu[f * ENS_BLOCK] + m->residual[m->begin[f]]);
            high = fmax(high, mu[f * ENS_BLOCK] + m->residual[m->begin[f + 1] - 1]);
        }
    low = nextafter(low, -INFINITY);
    for (int round = 0; round < 64 && low < high;
         round++) { /* fewer than rank are at most low */
        double middle = low + (high - low) / 2;
        size_t n = 0;

        if (middle <= low || middle >= high)
            break;
        for (size_t f = 0; f < m->n_fits; f++)
            n += atoms_to(m, f, mu[f * ENS_BLOCK], middle);
        if (n < rank)
            low = middle;
        else
            high = middle;
    }
    for (size_t f = 0; f < m->n_fits; f++) { /* the first above low */
        size_t at = m->begin[f] + atoms_to(m, f, mu[f * ENS_BLOCK], low);

        if (at < m->begin[f + 1])
            found = fmin(found, mu[f * ENS_BLOCK] + m->residual[at]);
    }
    return found;
}

static void quantiles(const void *fitted, const ens_rows *rows, const double *no_offset,
                      const ens_list *q, double *out, void *scratch)
{
    const conformal *m = fitted;
    double *each = scratch;

    (void)no_offset;
    predict_each(each, m, rows, scratch);
    for (size_t i = 0; i < rows->n; i++)
        for (size_t c = 0; c < q->n; c++)
            out[i * q->n + c] = atom(m, each + i, (size_t)rank_of(q->v[c], m->n));
}

static const ens_list *asks_quantiles(const void *params)
{
    return &((const conformal_params *)params)->quantiles;
}

/* ---- Files ---------------------------------------------------------------------------------------------- */

static ens_status write_conformal(const void *fitted, ens_writer *w, ens_error *err)
{
    const conformal *m = fitted;
    size_t n_begins = m->n_fits + 1;
    ens_status st;

    if ((st = ens_writer_array(w, "begin", ENS_U64, 1, &n_begins, m->begin, err)) !=
            ENS_OK ||
        (st = ens_writer_array(w, "residuals", ENS_F64, 1, &m->n, m->residual, err)) !=
            ENS_OK ||
        (st = ens_writer_push(w, "folds", err)) != ENS_OK)
        return st;
    st = ens_fitted_write(m->fit, m->n_fits, w, err);
    ens_writer_pop(w);
    return st;
}

/* Residuals of each fit are finite and ascend, and there are enough for the quantiles. */
static ens_status check_residuals(const conformal *m, const ens_list *q,
                                  const ens_read_args *a, ens_error *err)
{
    if (m->begin[0] != 0 || m->begin[m->n_fits] != m->n)
        return ens_reader_bad(a->reader, err, "residuals begin at %llu",
                              (unsigned long long)m->begin[0]);
    for (size_t f = 0; f < m->n_fits; f++) {
        if (m->begin[f + 1] < m->begin[f] || m->begin[f + 1] > m->n)
            return ens_reader_bad(a->reader, err, "fold %zu has residuals %llu to %llu",
                                  f, (unsigned long long)m->begin[f],
                                  (unsigned long long)m->begin[f + 1]);
        for (size_t i = m->begin[f]; i < m->begin[f + 1]; i++)
            if (!isfinite(m->residual[i]) ||
                (i > m->begin[f] && m->residual[i] < m->residual[i - 1]))
                return ens_reader_bad(a->reader, err, "residual %zu is out of order", i);
    }
    if (check_size(q, m->n, NULL) != ENS_OK)
        return ens_reader_bad(a->reader, err, "%zu residuals are too few", m->n);
    return ENS_OK;
}

static ens_status read_conformal(void **out, const ens_read_args *a, ens_error *err)
{
    const void *begin, *residual;
    size_t n_begins, n;
    conformal *m = NULL;
    ens_status st =
        ens_reader_array(&begin, &n_begins, a->reader, "begin", ENS_U64, 1, err);

    if (st != ENS_OK || (st = ens_reader_array(&residual, &n, a->reader, "residuals",
                                               ENS_F64, 1, err)) != ENS_OK)
        return st;
    if (n_begins < 2)
        return ens_reader_bad(a->reader, err, "no folds");
    if ((st = conformal_new(&m, n_begins - 1, n, err)) != ENS_OK)
        return st;
    memcpy(m->begin, begin, n_begins * sizeof *m->begin);
    memcpy(m->residual, residual, n * sizeof *m->residual);
    if ((st = check_residuals(m, asks_quantiles(ens_learner_params(a->learner)), a,
                              err)) != ENS_OK ||
        (st = ens_reader_push(a->reader, "folds", err)) != ENS_OK)
        goto done;
    st = ens_fitted_read(m->fit, m->n_fits, ens_learner_member(a->learner, 0), a, err);
    ens_reader_pop(a->reader);
    if (st != ENS_OK)
        goto done;
    finish(m);
    *out = m;
    m = NULL;
done:
    conformal_free(m);
    return st;
}

/* ---- Asking --------------------------------------------------------------------------------------------- */

static ens_status describe(const void *fitted,
                           ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    const conformal *m = fitted;
    char line[96];

    (void)err;
    snprintf(line, sizeof line, "folds: %zu\nresiduals: %zu\n", m->n_fits, m->n);
    return add(ctx, line);
}

static size_t conformal_bytes(const void *fitted)
{
    const conformal *m = fitted;
    size_t bytes = sizeof *m + m->n * sizeof *m->residual;

    for (size_t f = 0; f < m->n_fits; f++)
        bytes += ens__fitted_bytes(&m->fit[f]);
    return bytes;
}

const ens_learner_type ens__conformal_type = {
    .abi = ENS_EXT_ABI,
    .name = "conformal",
    .help = "a regressor with intervals that hold the response as often as they say",
    .caps = ENS_REGRESSES | ENS_OF_MEMBERS | ENS_FIXED_QUANTILES,
    .min_members = 1,
    .max_members = 1,
    .params = table,
    .params_size = sizeof(conformal_params),
    .check = check,
    .fit = fit,
    .predict = predict,
    .scratch_size = scratch_size,
    .write = write_conformal,
    .read = read_conformal,
    .free = conformal_free,
    .describe = describe,
    .bytes = conformal_bytes,
    .asks_quantiles = asks_quantiles,
    .quantiles = quantiles,
    .quantiles_scratch = scratch_size,
};
