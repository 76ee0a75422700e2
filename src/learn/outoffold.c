/* outoffold.c - fits over a plan of folds, and predictions of the rows that each leaves out (Wolpert 1992).
 *
 * A split is row numbers and counts over the one table: nothing is copied, and columns are binned once for all splits
 * and members.  Fits are independent, and fit i writes slot i only. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <learn/model.h>
#include <learn/outoffold.h>
#include <math.h>
#include <string.h>

/* ---- Many fits ----------------------------------------------------------------------------------------- */

typedef struct fits {
    ens__fits_fn fn;
    void *ctx;
    ens_exec inside; /* how a fit may run */
} fits;

static ens_status run_fit(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    const fits *f = ctx;

    (void)worker;
    return f->fn(f->ctx, i, &f->inside, err);
}

ens_status ens__fits_run(size_t n, const ens_exec *exec, const char *phase,
                         ens__fits_fn fn, void *ctx, ens_error *err)
{
    unsigned threads = ens_exec_threads(exec);
    size_t apart = n - n % threads;
    fits f = {fn, ctx, {.threads = 1}};
    ens_exec alone = exec != NULL ? *exec : (ens_exec){0};
    ens_status st =
        ens__par_span(&(ens__span){0, apart, n}, exec, phase, run_fit, &f, NULL, err);

    if (st != ENS_OK || apart == n)
        return st;
    f.inside.threads = threads;
    alone.threads = 1;
    return ens__par_span(&(ens__span){apart, n, n}, &alone, phase, run_fit, &f, NULL,
                         err);
}

/* ---- One split ----------------------------------------------------------------------------------------- */

/* Its rows, of each side. */
typedef struct sides {
    uint32_t *train, *test; /* table rows */
    uint32_t *count;        /* of the rows of train, or NULL */
    uint32_t *place;        /* of the rows of test, among those of the fit */
    size_t n_train, n_test;
} sides;

static void sides_clear(sides *s)
{
    ens__free(s->train);
    ens__free(s->test);
    ens__free(s->count);
    ens__free(s->place);
}

static ens_status sides_of(sides *out, const ens_folds *folds, size_t split,
                           const ens_fit_args *a, ens_error *err)
{
    size_t n = a->rows.n;
    sides s = {.train = ens__array(n, sizeof *s.train),
               .test = ens__array(n, sizeof *s.test),
               .count = a->count != NULL ? ens__array(n, sizeof *s.count) : NULL,
               .place = ens__array(n, sizeof *s.place)};

    *out = s;
    if (s.train == NULL || s.test == NULL || s.place == NULL ||
        (a->count != NULL && s.count == NULL))
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++) {
        if (ens__folds_trains(folds, split, i)) {
            if (s.count != NULL)
                s.count[s.n_train] = a->count[i];
            s.train[s.n_train++] = a->rows.row[i];
        } else if (ens__folds_tests(folds, split, i)) {
            s.place[s.n_test] = (uint32_t)i;
            s.test[s.n_test++] = a->rows.row[i];
        }
    }
    *out = s;
    return ENS_OK;
}

/* ---- Members over splits ------------------------------------------------------------------------------- */

typedef struct job {
    const ens__oof_args *args;
    size_t n, k, n_splits, n_repeats;
    double *pred;       /* [n_members][n_repeats][n][k] */
    ens_fitted *fitted; /* [n_members][n_splits] */
    ens_error *error;   /* [n_members][n_splits] */
    double *seconds;    /* [n_members][n_splits] */
} job;

static ens_status check_classes(const ens_learner *member, const ens_fit_args *a,
                                ens_error *err)
{
    if (a->label == NULL || (ens__learner_caps(member) & ENS_TAKES_ONE_CLASS) != 0)
        return ENS_OK;
    for (size_t i = 1; i < a->rows.n; i++)
        if (a->label[a->rows.row[i]] != a->label[a->rows.row[0]])
            return ENS_OK;
    return ens__fail(err, ENS_EDATA, "the %zu rows to train on have one class only",
                     a->rows.n);
}

/* Fit member m on the rows of a split, and predict the others. */
static ens_status fit_split(const job *j, size_t m, size_t split, const ens_exec *exec,
                            ens_error *err)
{
    const ens__oof_args *args = j->args;
    size_t at = m * j->n_splits + split, per_repeat = j->n_splits / j->n_repeats;
    double *pred = j->pred + (m * j->n_repeats + split / per_repeat) * j->n * j->k;
    double *out = NULL;
    ens_fit_args a = *args->a;
    ens_rows test = a.rows;
    sides s = {0};
    ens_status st = sides_of(&s, args->folds, split, args->a, err);

    if (st != ENS_OK)
        goto done;
    a.rows.row = s.train;
    a.rows.n = s.n_train;
    a.count = s.count;
    a.seed = args->seed[m];
    a.exec = exec;
    a.arena = NULL;
    a.valid = NULL;
    a.checkpoint = NULL;
    test.row = s.test;
    test.n = s.n_test;
    if ((out = ens__array(s.n_test * j->k, sizeof *out)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = check_classes(args->member[m], &a, err)) != ENS_OK ||
        (st = ens_fitted_fit(&j->fitted[at], args->member[m], &a, err)) != ENS_OK ||
        (st = ens__fitted_predict(out, &j->fitted[at], &test, j->k, NULL, exec, err)) !=
            ENS_OK)
        goto done;
    for (size_t i = 0; i < s.n_test; i++)
        memcpy(pred + s.place[i] * j->k, out + i * j->k, j->k * sizeof *out);
    if (!args->keep)
        ens_fitted_clear(&j->fitted[at]);
done:
    ens__free(out);
    sides_clear(&s);
    return st;
}

/* What is no fault of the member. */
static bool is_fatal(ens_status st)
{
    return st == ENS_ENOMEM || st == ENS_ECANCELED || st == ENS_EINTERNAL;
}

static ens_status fit_one(void *ctx, size_t i, const ens_exec *exec, ens_error *err)
{
    const job *j = ctx;
    size_t m = i / j->n_splits, split = i % j->n_splits;
    double start = ens__clock();
    ens_error e = {0};
    ens_status st = fit_split(j, m, split, exec, &e);

    j->seconds[i] = ens__clock() - start;
    if (st == ENS_OK)
        return ENS_OK;
    if (st != ENS_ENOMEM)
        ens__error_prefix(&e, "member %zu, %s, fold %zu", m + 1,
                          ens_learner_name(j->args->member[m]), split + 1);
    j->error[i] = e;
    if (j->args->drop_failed && !is_fatal(st))
        return ENS_OK;
    if (err != NULL)
        *err = e;
    return st;
}

/* ---- All of it ----------------------------------------------------------------------------------------- */

void ens__oof_clear(ens__oof *o)
{
    for (size_t i = 0; o->fitted != NULL && i < o->n_members * o->n_splits; i++)
        ens_fitted_clear(&o->fitted[i]);
    ens__free(o->fitted);
    ens__free(o->pred);
    ens__free(o->error);
    ens__free(o->seconds);
    *o = (ens__oof){0};
}

/* *to[n] becomes [n + m], its end filled from `from`. */
static bool append(void *to, size_t n, const void *from, size_t m, size_t size)
{
    void *old, *more;

    memcpy(&old, to, sizeof old);
    if ((more = ens__resize(old, n + m, size)) == NULL)
        return false;
    memcpy(to, &more, sizeof more);
    memcpy((char *)more + n * size, from, m * size);
    return true;
}

ens_status ens__oof_append(ens__oof *to, ens__oof *from, ens_error *err)
{
    size_t n = to->n_members, m = from->n_members, s = from->n_splits,
           size = from->n * from->k;

    if (n == 0) {
        *to = *from;
        *from = (ens__oof){0};
        return ENS_OK;
    }
    if (!append(&to->pred, n * size, from->pred, m * size, sizeof *to->pred) ||
        !append(&to->error, n, from->error, m, sizeof *to->error) ||
        !append(&to->seconds, n, from->seconds, m, sizeof *to->seconds) ||
        (to->fitted != NULL &&
         !append(&to->fitted, n * s, from->fitted, m * s, sizeof *to->fitted)))
        return ens__nomem(err);
    to->n_members += m;
    if (from->fitted != NULL)
        memset(from->fitted, 0, m * s * sizeof *from->fitted); /* they are in *to now */
    ens__oof_clear(from);
    return ENS_OK;
}

static ens_status job_make(job *j, const ens__oof_args *args, ens_error *err)
{
    size_t n_fits, size;

    *j = (job){.args = args,
               .n = args->a->rows.n,
               .k = args->a->k,
               .n_splits = args->folds->n_splits,
               .n_repeats = args->folds->n_repeats};
    n_fits = args->n_members * j->n_splits;
    size = args->n_members * j->n_repeats * j->n * j->k;
    if ((j->pred = ens__array(size, sizeof *j->pred)) == NULL ||
        (j->fitted = ens__zeros(n_fits, sizeof *j->fitted)) == NULL ||
        (j->error = ens__zeros(n_fits, sizeof *j->error)) == NULL ||
        (j->seconds = ens__zeros(n_fits, sizeof *j->seconds)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < size; i++)
        j->pred[i] = NAN;
    return ENS_OK;
}

static void job_clear(job *j)
{
    size_t n_fits = j->args->n_members * j->n_splits;

    for (size_t i = 0; j->fitted != NULL && i < n_fits; i++)
        ens_fitted_clear(&j->fitted[i]);
    ens__free(j->fitted);
    ens__free(j->pred);
    ens__free(j->error);
    ens__free(j->seconds);
}

void ens__folds_average(double *pred, size_t size, size_t n_repeats)
{
    for (size_t i = 0; i < size && n_repeats > 1; i++) {
        double sum = 0;
        size_t m = 0;

        for (size_t r = 0; r < n_repeats; r++)
            if (!isnan(pred[r * size + i])) {
                sum += pred[r * size + i];
                m++;
            }
        pred[i] = m > 0 ? sum / (double)m : NAN;
    }
}

/* What is over of a member that failed: its first error, and no predictions. */
static void leave_out(ens__oof *o, job *j, size_t m, const ens_error *error)
{
    double *pred = ens__oof_of(o, m);

    o->error[m] = *error;
    for (size_t i = 0; i < o->n * o->k; i++)
        pred[i] = NAN;
    for (size_t s = 0; s < j->n_splits; s++)
        ens_fitted_clear(&j->fitted[m * j->n_splits + s]);
}

/* From fits to members. */
static ens_status collect(ens__oof *o, job *j, ens_error *err)
{
    size_t size = j->n * j->k, left = 0;

    *o = (ens__oof){
        .n = j->n, .k = j->k, .n_members = j->args->n_members, .n_splits = j->n_splits};
    o->error = ens__zeros(o->n_members, sizeof *o->error);
    o->seconds = ens__zeros(o->n_members, sizeof *o->seconds);
    if (o->error == NULL || o->seconds == NULL)
        return ens__nomem(err);
    o->pred = j->pred;
    j->pred = NULL;
    for (size_t m = 0; m < o->n_members; m++) {
        double *from = o->pred + m * j->n_repeats * size;
        const ens_error *failed = NULL;

        ens__folds_average(from, size, j->n_repeats);
        memmove(ens__oof_of(o, m), from, size * sizeof *from);
        for (size_t s = j->n_splits; s-- > 0;) {
            o->seconds[m] += j->seconds[m * j->n_splits + s];
            if (j->error[m * j->n_splits + s].code != ENS_OK)
                failed = &j->error[m * j->n_splits + s];
        }
        if (failed != NULL)
            leave_out(o, j, m, failed);
        left += failed == NULL;
    }
    if (left == 0 && o->n_members > 0) {
        if (err != NULL)
            *err = o->error[o->n_members - 1];
        return o->error[o->n_members - 1].code;
    }
    if (j->args->keep) {
        o->fitted = j->fitted;
        j->fitted = NULL;
    }
    return ENS_OK;
}

ens_status ens__oof_fit(ens__oof *out, const ens__oof_args *args, ens_error *err)
{
    job j;
    ens_status st = job_make(&j, args, err);

    *out = (ens__oof){0};
    if (st == ENS_OK && args->folds->n != args->a->rows.n)
        st = ens__fail(err, ENS_EINTERNAL, "a plan of %zu rows for %zu", args->folds->n,
                       args->a->rows.n);
    for (size_t m = 0; m < args->n_members && st == ENS_OK; m++)
        st = ens_fitted_prepare(args->member[m], args->a, err);
    if (st == ENS_OK)
        st = ens__fits_run(args->n_members * j.n_splits, args->a->exec, args->phase,
                           fit_one, &j, err);
    if (st == ENS_OK && (st = collect(out, &j, err)) != ENS_OK)
        ens__oof_clear(out);
    job_clear(&j);
    return st;
}

/* ---- Tables and models --------------------------------------------------------------------------------- */

typedef struct table_job {
    const ens_learner *learner;
    const ens_dataset *data;
    const ens_folds *folds;
    uint64_t seed;
    size_t k;
    double *pred;      /* [n_repeats][n][k] or NULL */
    ens_model **model; /* [n_splits] */
    bool keep;
} table_job;

/* What a split trains on or tests, as a view, and the places of its rows. */
static ens_status view(ens_dataset **out, size_t **rows, size_t *n, const table_job *j,
                       size_t split, size_t (*list)(size_t *, const ens_folds *, size_t),
                       ens_error *err)
{
    if ((*rows = ens__array(j->data->n, sizeof **rows)) == NULL)
        return ens__nomem(err);
    *n = list(*rows, j->folds, split);
    return ens_dataset_subset(out, j->data, *rows, *n, err);
}

static ens_status fit_view(const table_job *j, size_t split, const ens_exec *exec,
                           ens_error *err)
{
    ens_dataset *train = NULL, *test = NULL;
    size_t *train_row = NULL, *row = NULL, n = 0;
    size_t per_repeat = j->folds->n_splits / j->folds->n_repeats;
    double *out = NULL;
    ens_status st;

    if ((st = view(&train, &train_row, &n, j, split, ens_folds_train, err)) != ENS_OK ||
        (st = ens_fit(&j->model[split], j->learner, train, NULL, j->seed, exec, err)) !=
            ENS_OK ||
        j->pred == NULL)
        goto done;
    if ((st = view(&test, &row, &n, j, split, ens_folds_test, err)) != ENS_OK)
        goto done;
    if ((out = ens__array(n * j->k, sizeof *out)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = ens_model_predict(j->model[split], test, out, exec, err)) != ENS_OK)
        goto done;
    for (size_t i = 0; i < n; i++)
        memcpy(j->pred + (split / per_repeat * j->data->n + row[i]) * j->k,
               out + i * j->k, j->k * sizeof *out);
    if (!j->keep) {
        ens_model_free(j->model[split]);
        j->model[split] = NULL;
    }
done:
    ens__free(out);
    ens__free(row);
    ens__free(train_row);
    ens_dataset_free(train);
    ens_dataset_free(test);
    if (st != ENS_OK && st != ENS_ENOMEM)
        ens__error_prefix(err, "fold %zu", split + 1);
    return st;
}

static ens_status fit_table_split(void *ctx, size_t split, const ens_exec *exec,
                                  ens_error *err)
{
    return fit_view(ctx, split, exec, err);
}

/* Outputs a row of any model of this table. */
size_t ens__folds_k(const ens_learner *learner, const ens_dataset *data)
{
    return data->table->task == ENS_TASK_CLASSIFICATION &&
                   ens_learner_suits(learner, ENS_TASK_CLASSIFICATION)
               ? data->table->classes.n
               : 1;
}

/* The models that are not kept, or are not whole. */
static void drop_models(ens_model **model, size_t n_splits)
{
    for (size_t s = 0; s < n_splits; s++) {
        ens_model_free(model[s]);
        model[s] = NULL;
    }
}

ens_status ens__folds_fit_each(double *pred, ens_model **models,
                               const ens_learner *learner, const ens_dataset *data,
                               const ens_folds *folds, uint64_t seed,
                               const ens_exec *exec, ens_error *err)
{
    table_job t = {.learner = learner,
                   .data = data,
                   .folds = folds,
                   .seed = seed,
                   .k = ens__folds_k(learner, data),
                   .pred = pred,
                   .model = models,
                   .keep = models != NULL};
    ens_status st;

    if (models == NULL &&
        (t.model = ens__zeros(folds->n_splits, sizeof *t.model)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; pred != NULL && i < folds->n_repeats * data->n * t.k; i++)
        pred[i] = NAN;
    st = ens__fits_run(folds->n_splits, exec, "fitting folds", fit_table_split, &t, err);
    if (st != ENS_OK || models == NULL)
        drop_models(t.model, folds->n_splits);
    if (models == NULL)
        ens__free(t.model);
    return st;
}

ens_status ens_folds_fit(double *pred, ens_model **models, const ens_learner *learner,
                         const ens_dataset *data, const ens_folds *folds, uint64_t seed,
                         const ens_exec *exec, ens_error *err)
{
    double *each = NULL;
    size_t size;
    ens_status st;

    if (learner == NULL || data == NULL || folds == NULL ||
        (pred == NULL && models == NULL))
        return ens__fail(err, ENS_EINVAL, "ens_folds_fit: %s is NULL",
                         learner == NULL ? "learner"
                         : data == NULL  ? "data"
                         : folds == NULL ? "folds"
                                         : "pred and models");
    if (models != NULL)
        memset(models, 0, folds->n_splits * sizeof *models);
    if (folds->n != data->n)
        return ens__fail(err, ENS_EINVAL, "a plan of %zu rows for a table of %zu",
                         folds->n, data->n);
    size = data->n * ens__folds_k(learner, data);
    if (pred != NULL &&
        (each = ens__array(folds->n_repeats * size, sizeof *each)) == NULL)
        return ens__nomem(err);
    st = ens__folds_fit_each(each, models, learner, data, folds, seed, exec, err);
    if (st == ENS_OK && pred != NULL) {
        ens__folds_average(each, size, folds->n_repeats);
        memcpy(pred, each, size * sizeof *pred);
    }
    ens__free(each);
    return st;
}
