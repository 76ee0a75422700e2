/* check_fit.c - conformance of fits: nothing but recipe, rows and seed decides about a model, and whoever asks to
 * stop or to cancel is heard. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <data/dataset.h>
#include <learn/check.h>
#include <learn/pipeline.h>
#include <string.h>

/* Fit the trial's table again with this seed, exec and what it must give. */
static bool fits_the_same(ens__trial *t, const char *what, const ens_exec *exec)
{
    ens__run r;
    bool ok = ens__run_data(&r, t, t->data, ENS__TRIAL_SEED, exec) &&
              ens__trial_same_file(t, what, t->model, r.model) &&
              ens__trial_same(t, what, r.out, 0, 1, t->n);

    ens__run_clear(&r);
    return ok;
}

static bool same_seed_same_model(ens__trial *t)
{
    return fits_the_same(t, "a second fit", NULL);
}

static bool threads_change_no_model(ens__trial *t)
{
    return fits_the_same(t, "1 thread", &(ens_exec){.threads = 1}) &&
           fits_the_same(t, "2 threads", &(ens_exec){.threads = 2}) &&
           fits_the_same(t, "7 threads", &(ens_exec){.threads = 7});
}

/* ---- Progress ------------------------------------------------------------------------------------------ */

typedef struct answers {
    ens_go go;
    size_t calls;
    bool past_total;
} answers;

static ens_go answer(const ens_progress *p, void *ctx)
{
    answers *a = ctx;

    a->calls++;
    a->past_total = a->past_total || p->done > p->total || p->phase == NULL;
    return a->go;
}

static bool progress_changes_no_model(ens__trial *t)
{
    answers a = {ENS_GO, 0, false};

    if (!fits_the_same(t, "a progress callback",
                       &(ens_exec){.progress = answer, .progress_ctx = &a}))
        return false;
    return !a.past_total ||
           ens__trial_fail(t, "progress: done is above total, or phase is NULL");
}

static bool cancelling_gives_up(ens__trial *t)
{
    answers a = {ENS_CANCEL, 0, false};
    ens_model *m = NULL;
    ens_status st;

    t->err = (ens_error){0};
    st = ens_fit(&m, t->learner, t->data, NULL, ENS__TRIAL_SEED,
                 &(ens_exec){.progress = answer, .progress_ctx = &a}, &t->err);
    ens_model_free(m);
    if (a.calls == 0) /* it never asked */
        return st == ENS_OK || ens__trial_error(t, "fit");
    return ens__trial_refused(t, "a cancelled fit", st, ENS_ECANCELED);
}

static bool stopping_keeps_a_model(ens__trial *t)
{
    answers a = {ENS_STOP, 0, false};
    ens__run r;
    bool ok = ens__run_data(&r, t, t->data, ENS__TRIAL_SEED,
                            &(ens_exec){.progress = answer, .progress_ctx = &a});

    ens__run_clear(&r);
    return ok;
}

/* ---- Adding ---------------------------------------------------------------------------------------------- */

/* A copy of the recipe whose parameter of that name is larger by 2. */
static ens_status raise(ens_learner **out, ens__trial *t, const char *name)
{
    char *text = NULL, more[ENS__NUMBER_SIZE];
    double value;
    ens_status st;

    if ((st = ens_learner_copy(out, t->learner, &t->err)) != ENS_OK ||
        (st = ens_learner_get(&text, *out, name, &t->err)) != ENS_OK)
        return st;
    if (ens__number_parse(&value, text, strlen(text))) {
        ens__number_print(more, value + 2);
        st = ens_learner_set(*out, name, more, &t->err);
    } else {
        st = ens__fail(&t->err, ENS_EINVAL, "%s is no number: %s", name, text);
    }
    ens_string_free(text);
    return st;
}

static bool adding_gives_what_one_fit_gives(ens__trial *t)
{
    const ens_learner_type *type = ens__learner_last(t->learner)->type;
    ens_learner *larger = NULL;
    ens_model *whole = NULL, *more = NULL;
    bool ok;

    if (type->extend == NULL || ens_model_learner(t->model)->type != type)
        return true; /* also where something was put before it */
    if (raise(&larger, t, type->grows) != ENS_OK)
        ok = ens__trial_error(t, type->grows);
    else if (ens_fit(&whole, larger, t->data, NULL, ENS__TRIAL_SEED, NULL, &t->err) !=
             ENS_OK)
        ok = ens__trial_error(t, "fit");
    else if (ens_fit_more(&more, t->model, larger, t->data, NULL, NULL, &t->err) !=
             ENS_OK)
        ok = ens__trial_error(t, "fit more");
    else
        ok = ens__trial_same_file(t, "adding to a model", whole, more);
    ens_model_free(whole);
    ens_model_free(more);
    ens_learner_free(larger);
    return ok;
}

/* ---- What a fit leaves as it was ------------------------------------------------------------------------- */

static bool the_recipe_stays_as_it_was(ens__trial *t)
{
    const ens__table *table = t->data->table;
    const ens_rows rows = {table->feature, table->p, t->data->row, t->data->n};
    ens_learner *whole = NULL; /* with what it needs before it */
    char *now = NULL, *model = NULL, *expect = NULL;
    bool ok;

    if (ens__learner_complete(&whole, t->learner, &rows, &t->err) != ENS_OK ||
        ens_learner_print(&expect, whole, ENS_PRINT_FULL, &t->err) != ENS_OK ||
        ens_learner_print(&now, t->learner, ENS_PRINT_FULL, &t->err) != ENS_OK ||
        ens_learner_print(&model, ens_model_learner(t->model), ENS_PRINT_FULL, &t->err) !=
            ENS_OK)
        ok = ens__trial_error(t, "print");
    else if (strcmp(now, t->recipe) != 0)
        ok = ens__trial_fail(t, "the fit made `%.100s` of `%.100s`", now, t->recipe);
    else if (strcmp(model, expect) != 0)
        ok = ens__trial_fail(t, "the model of `%.100s` says `%.100s`", expect, model);
    else
        ok = true;
    ens_learner_free(whole);
    ens_string_free(expect);
    ens_string_free(now);
    ens_string_free(model);
    return ok;
}

static bool same_table(ens__trial *t, const ens_dataset *a, const ens_dataset *b)
{
    for (size_t i = 0; i < t->n; i++) {
        double y[2] = {ens_dataset_y(a, i), ens_dataset_y(b, i)};

        if (memcmp(&y[0], &y[1], sizeof y[0]) != 0)
            return ens__trial_fail(t, "the fit changed the target of row %zu", i);
        for (size_t j = 0; j < ens_dataset_p(a); j++) {
            double x[2] = {ens_dataset_get(a, i, j), ens_dataset_get(b, i, j)};

            if (memcmp(&x[0], &x[1], sizeof x[0]) != 0)
                return ens__trial_fail(t, "the fit changed feature %zu of row %zu", j, i);
        }
    }
    return true;
}

static bool the_table_stays_as_it_was(ens__trial *t)
{
    ens_dataset *fresh;
    ens__sheet s;
    bool ok;

    ens__sheet_fill(&s, t);
    if (!ens__sheet_dataset(&fresh, t, &s))
        return false;
    ok = same_table(t, t->data, fresh);
    ens_dataset_free(fresh);
    return ok;
}

static bool the_model_outlives_the_table(ens__trial *t)
{
    ens_dataset *data = NULL, *other = NULL;
    double *out = NULL;
    ens_model *m = NULL;
    ens__sheet s;
    bool ok = false;

    ens__sheet_fill(&s, t);
    if (!ens__sheet_dataset(&data, t, &s))
        return false;
    if (ens_fit(&m, t->learner, data, NULL, ENS__TRIAL_SEED, NULL, &t->err) != ENS_OK)
        ens__trial_error(t, "fit");
    ens_dataset_free(data);
    if (m != NULL && ens__sheet_dataset(&other, t, &s)) {
        out = ens__trial_predict(t, m, other, NULL);
        ok = out != NULL && ens__trial_same(t, "another table", out, 0, 1, t->n);
    }
    ens__free(out);
    ens_dataset_free(other);
    ens_model_free(m);
    return ok;
}

/* ---- Memory ------------------------------------------------------------------------------------------------ */

/* One fit, save and load. */
static ens_status whole_life(ens__trial *t)
{
    ens_model *m = NULL, *again = NULL;
    void *bytes = NULL;
    size_t size;
    ens_status st;

    if ((st = ens_fit(&m, t->learner, t->data, NULL, ENS__TRIAL_SEED,
                      &(ens_exec){.threads = 1}, &t->err)) == ENS_OK &&
        (st = ens_model_save_bytes(&bytes, &size, m, &t->err)) == ENS_OK)
        st = ens_model_load_bytes(&again, bytes, size, &t->err);
    ens_bytes_free(bytes);
    ens_model_free(m);
    ens_model_free(again);
    return st;
}

/* Allocations through core/mem.h fail from the k-th on; those that a plug-in makes itself do not. */
static bool no_memory_is_an_error(ens__trial *t)
{
    enum { POINTS = 60 };
    ens_status st;
    long count;

    ens__mem_fail_at(-1);
    if (whole_life(t) != ENS_OK)
        return ens__trial_error(t, "fit, save, load");
    count = ens__mem_count();
    for (long p = 0; p < POINTS && p < count; p++) {
        long k = count <= POINTS ? p : p * count / POINTS;

        t->err = (ens_error){0};
        ens__mem_fail_at(k);
        st = whole_life(t);
        ens__mem_fail_at(-1);
        if (!ens__trial_refused(t, "without memory", st, ENS_ENOMEM))
            return false;
    }
    return true;
}

const ens__check ens__fit_checks[] = {
    {"same_seed_same_model", 0, 0, same_seed_same_model},
    {"threads_change_no_model", 0, 0, threads_change_no_model},
    {"progress_changes_no_model", 0, 0, progress_changes_no_model},
    {"cancelling_gives_up", 0, 0, cancelling_gives_up},
    {"stopping_keeps_a_model", 0, 0, stopping_keeps_a_model},
    {"adding_gives_what_one_fit_gives", 0, 0, adding_gives_what_one_fit_gives},
    {"the_recipe_stays_as_it_was", 0, 0, the_recipe_stays_as_it_was},
    {"the_table_stays_as_it_was", 0, 0, the_table_stays_as_it_was},
    {"the_model_outlives_the_table", 0, 0, the_model_outlives_the_table},
    {"no_memory_is_an_error", 0, 0, no_memory_is_an_error},
    {NULL, 0, 0, NULL},
};
