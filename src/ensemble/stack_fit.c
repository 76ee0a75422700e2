/* stack_fit.c - stacking: members over a plan of folds, what their predictions of unseen rows say, and the members that
 * the model keeps.
 *
 * A final learner is fitted on a table of those predictions that has the row numbers of the fit's own, so that targets
 * and weights are where they were and original features can stand beside them. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/stack.h>
#include <learn/model.h>
#include <learn/pipeline.h>
#include <math.h>
#include <num/rng.h>
#include <string.h>

/* ---- Members ----------------------------------------------------------------------------------------------- */

size_t ens__stack_distinct(size_t *number, const ens__stack *m)
{
    size_t n = 0;

    for (size_t i = 0; i < m->n_names; i++)
        if (m->first[i] == i)
            number[n++] = i;
    return n;
}

typedef struct fitting {
    ens_fitted *out;
    const ens_learner *const *member;
    const uint64_t *seed;
    const ens_fit_args *a;
} fitting;

static ens_status fit_member(void *ctx, size_t i, const ens_exec *exec, ens_error *err)
{
    const fitting *f = ctx;
    ens_fit_args a = *f->a;
    ens_status st;

    a.seed = f->seed[i];
    a.exec = exec;
    a.arena = NULL;
    st = ens_fitted_fit(&f->out[i], f->member[i], &a, err);
    if (st != ENS_OK && st != ENS_ENOMEM)
        ens__error_prefix(err, "member %zu, %s", i + 1, ens_learner_name(f->member[i]));
    return st;
}

ens_status ens__stack_fit_members(ens_fitted *out, const ens_learner *const *member,
                                  const uint64_t *seed, size_t n, const ens_fit_args *a,
                                  ens_error *err)
{
    fitting f = {out, member, seed, a};
    ens_status st = ENS_OK;

    for (size_t i = 0; i < n && st == ENS_OK; i++)
        st = ens_fitted_prepare(member[i], a, err);
    return st == ENS_OK
               ? ens__fits_run(n, a->exec, "fitting members", fit_member, &f, err)
               : st;
}

/* ---- Folds ------------------------------------------------------------------------------------------------- */

static ens_status begin(ens__stacking *j, ens_error *err)
{
    const ens_learner *recipe = j->a->learner;
    size_t n = recipe->n_members;
    ens__split_rows rows = ens__split_rows_of_fit(j->a);
    ens_status st;

    if ((st = ens__stack_new(&j->m, recipe, j->a->k, j->a->rows.p, err)) != ENS_OK)
        return st;
    if ((j->number = ens__array(n, sizeof *j->number)) == NULL ||
        (j->member = ens__array(n, sizeof *j->member)) == NULL ||
        (j->seed = ens__array(n, sizeof *j->seed)) == NULL ||
        (j->left = ens__array(n, sizeof *j->left)) == NULL ||
        (j->tested = ens__array(j->a->rows.n, sizeof *j->tested)) == NULL)
        return ens__nomem(err);
    j->n = ens__stack_distinct(j->number, j->m);
    for (size_t i = 0; i < j->n; i++) {
        j->member[i] = recipe->member[j->number[i]];
        j->seed[i] = ens_seed(j->a->seed, ENS__FOR_MEMBER, j->number[i]);
    }
    if ((st = ens__folds_make(&j->folds, &rows, j->spec->cv, j->a->seed, err)) !=
            ENS_OK &&
        st != ENS_ENOMEM)
        ens__error_prefix(err, "%s.cv", ens_learner_name(recipe));
    return st;
}

/* Which rows have predictions, and which members are left. */
static void take_stock(ens__stacking *j)
{
    const double *pred;

    for (size_t i = 0; i < j->n; i++)
        if (j->oof.error[i].code == ENS_OK)
            j->left[j->n_left++] = i;
    pred = ens__oof_of(&j->oof, j->left[0]);
    for (size_t r = 0; r < j->a->rows.n; r++)
        if (!isnan(pred[r * j->oof.k]))
            j->tested[j->n_tested++] = (uint32_t)r;
}

static ens_status fit_folds(ens__stacking *j, ens_error *err)
{
    ens__oof_args args = {.a = j->a,
                          .folds = j->folds,
                          .member = j->member,
                          .seed = j->seed,
                          .n_members = j->n,
                          .keep = !j->spec->refit,
                          .drop_failed = j->spec->drop_failed,
                          .phase = "fitting folds"};
    ens_status st = ens__oof_fit(&j->oof, &args, err);

    if (st == ENS_OK)
        take_stock(j);
    return st;
}

double ens__stack_row_weight(const ens__stacking *j, size_t i)
{
    return ens_fit_weight(j->a, j->tested[i]);
}

/* ---- Members that are kept --------------------------------------------------------------------------------- */

/* Those of some weight, or all with a final learner; fitted on all rows, or those of the folds. */
static ens_status keep_members(ens__stacking *j, ens_error *err)
{
    size_t n = 0, n_each = j->spec->refit ? 1 : j->folds->n_splits;
    size_t *use = ens__array(j->n, sizeof *use), *at = ens__array(j->n, sizeof *at);
    const ens_learner **member = ens__array(j->n, sizeof *member);
    uint64_t *seed = ens__array(j->n, sizeof *seed);
    ens_status st = ENS_OK;

    if (use == NULL || at == NULL || member == NULL || seed == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < j->n_left; i++) {
        size_t u = j->left[i];

        if (j->weight != NULL && !(j->weight[u] > 0))
            continue;
        at[n] = u;
        use[n] = j->number[u];
        member[n] = j->member[u];
        seed[n++] = j->seed[u];
    }
    if ((st = ens__stack_use(j->m, use, n, n_each, err)) != ENS_OK)
        goto done;
    for (size_t i = 0; i < n; i++)
        for (size_t e = 0; e < n_each; e++) {
            if (j->weight != NULL)
                j->m->weight[i * n_each + e] = j->weight[at[i]] / (double)n_each;
            if (!j->spec->refit) {
                j->m->fit[i * n_each + e] = j->oof.fitted[at[i] * n_each + e];
                j->oof.fitted[at[i] * n_each + e] = (ens_fitted){0};
            }
        }
    if (j->spec->refit)
        st = ens__stack_fit_members(j->m->fit, member, seed, n, j->a, err);
done:
    ens__free(use);
    ens__free(at);
    ens__free(member);
    ens__free(seed);
    return st;
}

/* ---- The final learner --------------------------------------------------------------------------------------- */

/* Predictions as columns, original features beside them, by row of the fit's table. */
typedef struct columns {
    ens__table *table;
    ens_feature *feature; /* [p] */
    size_t p;
    uint32_t *row, *count;
} columns;

static void columns_clear(columns *c)
{
    ens__table_free(c->table);
    ens__free(c->feature);
    ens__free(c->row);
    ens__free(c->count);
}

static ens_status make_column(columns *c, size_t at, const ens__stacking *j, size_t i,
                              size_t number, ens_error *err)
{
    ens__column *to = &c->table->column[at];
    size_t n = j->a->n_table;

    if ((to->name = ens__stack_column_name(j->m, i, number)) == NULL ||
        (to->x = ens__array(n, sizeof *to->x)) == NULL)
        return ens__nomem(err);
    for (size_t r = 0; r < n; r++)
        to->x[r] = NAN;
    to->n_missing = n - j->n_tested;
    c->feature[at] = (ens_feature){.name = to->name, .x = to->x, .column = to};
    return ENS_OK;
}

/* Member i of those in use is the i-th of those left: none has been dropped for its weight. */
static ens_status fill_columns(columns *c, const ens__stacking *j, ens_error *err)
{
    size_t each = ens__stack_columns(j->m), k = j->oof.k;
    double *one = ens__array(k, sizeof *one);
    ens_status st = one != NULL ? ENS_OK : ens__nomem(err);

    for (size_t i = 0; i < j->m->n && st == ENS_OK; i++) {
        const double *pred = ens__oof_of(&j->oof, j->left[i]);

        for (size_t e = 0; e < each && st == ENS_OK; e++)
            st = make_column(c, i * each + e, j, i, e, err);
        for (size_t t = 0; t < j->n_tested && st == ENS_OK; t++) {
            ens__stack_columns_of(one, j->m, pred + j->tested[t] * k);
            for (size_t e = 0; e < each; e++)
                c->table->column[i * each + e].x[j->a->rows.row[j->tested[t]]] = one[e];
        }
    }
    ens__free(one);
    return st;
}

static ens_status columns_make(columns *c, const ens__stacking *j, ens_error *err)
{
    const ens_fit_args *a = j->a;
    size_t made = j->m->n * ens__stack_columns(j->m);
    ens_status st;

    c->p = made + (j->m->form.passthrough ? a->rows.p : 0);
    if ((c->table = ens__table_new(a->n_table, made)) == NULL ||
        (c->feature = ens__array(c->p, sizeof *c->feature)) == NULL ||
        (c->row = ens__array(j->n_tested, sizeof *c->row)) == NULL ||
        (c->count = ens__array(j->n_tested, sizeof *c->count)) == NULL)
        return ens__nomem(err);
    if ((st = fill_columns(c, j, err)) != ENS_OK)
        return st;
    for (size_t f = made; f < c->p; f++)
        c->feature[f] = a->rows.feature[f - made];
    for (size_t t = 0; t < j->n_tested; t++) {
        c->row[t] = a->rows.row[j->tested[t]];
        c->count[t] = a->count != NULL ? a->count[j->tested[t]] : 1;
    }
    return ENS_OK;
}

/* Can it be fitted on these rows? */
static ens_status check_final(const ens_learner *final, const ens_fit_args *a,
                              ens_error *err)
{
    unsigned caps = ens__learner_caps(final);
    bool one = a->label != NULL && (caps & ENS_TAKES_ONE_CLASS) == 0;

    if (!ens_learner_suits(final, a->task))
        return ens__fail(err, ENS_ESUPPORT, "the final estimator %s is not for %s",
                         ens_learner_name(final),
                         a->label != NULL ? "classification" : "regression");
    if (a->w != NULL && (caps & ENS_TAKES_WEIGHTS) == 0)
        return ens__fail(err, ENS_ESUPPORT,
                         "the final estimator %s takes no sample weights",
                         ens_learner_name(final));
    for (size_t i = 1; i < a->rows.n && one; i++)
        one = a->label[a->rows.row[i]] == a->label[a->rows.row[0]];
    if (one)
        return ens__fail(err, ENS_EDATA, "the rows that folds test have one class only");
    return ENS_OK;
}

static ens_status fit_final(ens__stacking *j, const ens_learner *final, ens_error *err)
{
    ens_fit_args a = *j->a;
    columns c = {0};
    ens_learner *complete = NULL;
    ens_status st;

    if ((st = ens__stack_note_features(j->m, j->a->rows.feature, err)) != ENS_OK ||
        (st = columns_make(&c, j, err)) != ENS_OK)
        goto done;
    a.rows = (ens_rows){c.feature, c.p, c.row, j->n_tested};
    a.count = a.count != NULL ? c.count : NULL;
    a.valid = NULL;
    a.checkpoint = NULL;
    a.arena = NULL;
    if ((st = ens__learner_complete(&complete, final, &a.rows, err)) != ENS_OK ||
        (st = check_final(complete, &a, err)) != ENS_OK ||
        (st = ens_learner_print(&j->m->final_recipe, complete, ENS_PRINT_SHORT, err)) !=
            ENS_OK)
        goto done;
    a.learner = complete;
    if ((st = ens_fitted_prepare(complete, &a, err)) == ENS_OK)
        st = ens_fitted_fit(&j->m->final, complete, &a, err);
done:
    columns_clear(&c);
    ens_learner_free(complete);
    if (st != ENS_OK && st != ENS_ENOMEM && st != ENS_ECANCELED)
        ens__error_prefix(err, "%s", ens_learner_name(j->a->learner));
    return st;
}

/* ---- All of it ----------------------------------------------------------------------------------------------- */

static void clear(ens__stacking *j)
{
    ens__stack_free(j->m);
    ens__oof_clear(&j->oof);
    ens_folds_free(j->folds);
    ens__free(j->number);
    ens__free(j->member);
    ens__free(j->seed);
    ens__free(j->left);
    ens__free(j->tested);
    ens__free(j->weight);
}

ens_status ens__stack_fit(void **out, const ens__stack_spec *spec,
                          const ens__stack_how *how, const ens_fit_args *a,
                          ens_error *err)
{
    ens__stacking j = {.a = a, .spec = spec};
    ens_status st;

    if ((st = begin(&j, err)) != ENS_OK)
        goto done;
    if (how->given != NULL) {
        j.oof = *how->given;
        *how->given = (ens__oof){0};
        take_stock(&j);
    } else if ((st = fit_folds(&j, err)) != ENS_OK) {
        goto done;
    }
    j.m->form = how->form;
    j.m->n_folds = j.folds->n_splits;
    if (how->final == NULL) {
        if ((j.weight = ens__zeros(j.n, sizeof *j.weight)) == NULL) {
            st = ens__nomem(err);
            goto done;
        }
        if ((st = how->weigh(&j, how->ctx, err)) != ENS_OK)
            goto done;
    }
    if ((st = ens__stack_report_make(&j, err)) != ENS_OK ||
        (st = keep_members(&j, err)) != ENS_OK ||
        (how->final != NULL && (st = fit_final(&j, how->final, err)) != ENS_OK))
        goto done;
    ens__stack_finish(j.m);
    *out = j.m;
    j.m = NULL;
done:
    clear(&j);
    return st;
}
