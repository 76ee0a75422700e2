/* check_predict.c - conformance of predictions: a row's outputs depend on the row and the model alone, and columns
 * are found by name. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/check.h>
#include <string.h>

/* The trial's rows first, first + step, ... are predicted as before. */
static bool same_rows(ens__trial *t, const char *what, size_t first, size_t step,
                      size_t n, const ens_exec *exec)
{
    ens_dataset *view;
    double *out = NULL;
    bool ok = ens__trial_view(&view, t, first, step, n) &&
              (out = ens__trial_predict(t, t->model, view, exec)) != NULL &&
              ens__trial_same(t, what, out, first, step, n);

    ens__free(out);
    ens_dataset_free(view);
    return ok;
}

static bool predicting_twice_is_the_same(ens__trial *t)
{
    return same_rows(t, "a second prediction", 0, 1, t->n, NULL);
}

static bool row_order_changes_no_prediction(ens__trial *t)
{
    return same_rows(t, "rows in reverse", t->n - 1, t->n - 1, t->n, NULL) &&
           same_rows(t, "rows in steps of 7", 3, 7, t->n, NULL);
}

static bool single_rows_predict_the_same(ens__trial *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (!same_rows(t, "a row alone", i, 1, 1, NULL))
            return false;
    return true;
}

/* More than a block, and more than a thread's share. */
static bool blocks_change_no_prediction(ens__trial *t)
{
    return same_rows(t, "many rows", 0, 1, ENS_BLOCK + 1, NULL) &&
           same_rows(t, "many rows", 5, 11, 9 * ENS_BLOCK + 17, NULL);
}

static bool threads_change_no_prediction(ens__trial *t)
{
    const size_t n = 24 * ENS_BLOCK;

    return same_rows(t, "1 thread", 0, 13, n, &(ens_exec){.threads = 1}) &&
           same_rows(t, "2 threads", 0, 13, n, &(ens_exec){.threads = 2}) &&
           same_rows(t, "5 threads", 0, 13, n, &(ens_exec){.threads = 5});
}

static bool predicts_no_rows(ens__trial *t)
{
    return same_rows(t, "no rows", 0, 1, 0, NULL);
}

static bool predicting_leaves_the_model(ens__trial *t)
{
    void *before = NULL, *after = NULL;
    size_t n = 0, m = 0;
    bool ok;

    if (ens_model_save_bytes(&before, &n, t->model, &t->err) != ENS_OK)
        return ens__trial_error(t, "save");
    if (!same_rows(t, "rows in steps of 3", 0, 3, t->n, NULL))
        ok = false;
    else if (ens_model_save_bytes(&after, &m, t->model, &t->err) != ENS_OK)
        ok = ens__trial_error(t, "save");
    else
        ok = (n == m && memcmp(before, after, n) == 0) ||
             ens__trial_fail(t, "predicting changed the model");
    ens_bytes_free(before);
    ens_bytes_free(after);
    return ok;
}

/* ---- Columns -------------------------------------------------------------------------------------------- */

/* The usual rows in columns of another order, with one more: predicted as before. */
static bool columns_are_found_by_name(ens__trial *t)
{
    ens_dataset *data = NULL;
    double *out = NULL;
    ens__sheet s;
    bool ok;

    ens__sheet_fill(&s, t);
    s.reversed = true;
    ok = ens__sheet_dataset(&data, t, &s) &&
         (out = ens__trial_predict(t, t->model, data, NULL)) != NULL &&
         ens__trial_same(t, "columns in reverse", out, 0, 1, t->n);
    ens__free(out);
    ens_dataset_free(data);
    return ok;
}

static bool an_absent_feature_is_refused(ens__trial *t)
{
    ens_dataset *data;
    ens__sheet s;
    double *out;
    bool ok;

    ens__sheet_fill(&s, t);
    s.numbers -= s.numbers > 0;
    s.categories -= s.categories > 0;
    if (s.numbers + s.categories == 0)
        return true;
    if (!ens__sheet_dataset(&data, t, &s))
        return false;
    if ((out = ens__array(s.n * t->k, sizeof *out)) == NULL) {
        ok = ens__trial_fail(t, "out of memory");
    } else {
        t->err = (ens_error){0};
        ok = ens__trial_refused(t, "a prediction without a feature",
                                ens_model_predict(t->model, data, out, NULL, &t->err),
                                ENS_ESHAPE);
    }
    ens__free(out);
    ens_dataset_free(data);
    return ok;
}

/* ---- The type's own function ------------------------------------------------------------------------------ */

enum { GUARD = 64 };

/* Call predict on the first rows, with memory around outputs and scratch filled with `fill`. */
static bool call_predict(double *out, ens__trial *t, const ens_feature *feature, size_t n,
                         unsigned char fill)
{
    const ens_fitted *root = &t->model->root;
    size_t size = t->model->scratch, n_out = n * t->k;
    unsigned char *scratch = ens__aligned(size + GUARD, 1);
    uint32_t row[ENS_BLOCK];
    bool kept = true;

    if (scratch == NULL)
        return ens__trial_fail(t, "out of memory");
    for (size_t i = 0; i < n; i++)
        row[i] = (uint32_t)i;
    memset(scratch, fill, size + GUARD);
    memset(out, fill, (n_out + GUARD) * sizeof *out);
    root->type->predict(root->state, &(ens_rows){feature, t->model->schema.p, row, n},
                        out, scratch);
    for (size_t i = 0; i < GUARD; i++)
        kept = kept && scratch[size + i] == fill;
    for (size_t i = 0; i < GUARD * sizeof *out; i++)
        kept = kept && ((unsigned char *)(out + n_out))[i] == fill;
    ens__free(scratch);
    return kept || ens__trial_fail(t, "predict wrote past its outputs or its scratch");
}

/* It sets all outputs and nothing else, whatever its scratch held before. */
static bool predict_keeps_to_its_memory(ens__trial *t)
{
    size_t p = t->model->schema.p, n = t->n < ENS_BLOCK ? t->n : ENS_BLOCK;
    ens_feature *feature = ens__array(p, sizeof *feature);
    double *out = ens__array(n * t->k + GUARD, sizeof *out);
    bool ok;

    if (feature == NULL || out == NULL) {
        ok = ens__trial_fail(t, "out of memory");
        goto done;
    }
    memcpy(feature, t->data->table->feature, p * sizeof *feature);
    for (size_t j = 0; j < p; j++) {
        feature[j].name = NULL;
        feature[j].column = NULL;
    }
    ok = call_predict(out, t, feature, n, 0) &&
         ens__trial_same(t, "scratch of zeros", out, 0, 1, n) &&
         call_predict(out, t, feature, n, 0xA5) &&
         ens__trial_same(t, "scratch of noise", out, 0, 1, n);
done:
    ens__free(feature);
    ens__free(out);
    return ok;
}

const ens__check ens__predict_checks[] = {
    {"predicting_twice_is_the_same", 0, 0, predicting_twice_is_the_same},
    {"row_order_changes_no_prediction", 0, 0, row_order_changes_no_prediction},
    {"single_rows_predict_the_same", 0, 0, single_rows_predict_the_same},
    {"blocks_change_no_prediction", 0, 0, blocks_change_no_prediction},
    {"threads_change_no_prediction", 0, 0, threads_change_no_prediction},
    {"predicts_no_rows", 0, 0, predicts_no_rows},
    {"predicting_leaves_the_model", 0, 0, predicting_leaves_the_model},
    {"columns_are_found_by_name", 0, 0, columns_are_found_by_name},
    {"an_absent_feature_is_refused", 0, 0, an_absent_feature_is_refused},
    {"predict_keeps_to_its_memory", 0, 0, predict_keeps_to_its_memory},
    {NULL, 0, 0, NULL},
};
