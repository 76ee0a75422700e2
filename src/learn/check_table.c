/* check_table.c - tables for the conformance checks, and fits of them to compare.
 *
 * The tables are small, drawn from a named stream, and have what a learner's caps allow: numbers, among them one
 * with many ties, and categories.  The target follows the features, with some noise. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/check.h>
#include <math.h>
#include <num/rng.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool ens__trial_fail(ens__trial *t, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(t->problem, sizeof t->problem, fmt, args);
    va_end(args);
    return false;
}

bool ens__trial_error(ens__trial *t, const char *call)
{
    return ens__trial_fail(t, "%s: %.400s", call, t->err.message);
}

bool ens__trial_refused(ens__trial *t, const char *call, ens_status st, ens_status want)
{
    size_t n = strlen(t->err.message);

    if (st != want)
        return ens__trial_fail(t, "%s: `%s`, expected `%s`", call,
                               st == ENS_OK ? "success" : ens_status_string(st),
                               ens_status_string(want));
    if (t->err.code != st || n == 0)
        return ens__trial_fail(t, "%s: failed without filling err", call);
    if (t->err.message[n - 1] == '.' || strchr(t->err.message, '\n') != NULL)
        return ens__trial_fail(t, "%s: its message is not one line without a full stop",
                               call);
    return true;
}

/* ---- Sheets -------------------------------------------------------------------------------------------- */

static const char *const number_names[] = {"a", "b", "c"};
static const char *const category_names[] = {"d", "e"};

/* What the target follows: between -2 and 4 or so. */
static double signal_of(const ens__sheet *s, size_t i)
{
    return (s->numbers > 0 ? s->x[0][i] + (s->x[1][i] > 0.5) : 0) +
           (s->categories > 0 ? (s->code[0][i] == 1) + 0.5 * s->code[1][i] : 0);
}

void ens__sheet_fill(ens__sheet *s, const ens__trial *t)
{
    static const char *const levels[] = {"blue", "green", "red", "yellow"};
    static const char *const classes[] = {"c0", "c1", "c2", "c3", "c4", "c5", "c6"};
    ens__stream stream;

    *s = (ens__sheet){.n = ENS__SHEET_ROWS, .task = t->task, .classes = 3};
    if (t->task == ENS_TASK_ANOMALY) {
        s->task = ENS_TASK_CLASSIFICATION;
        s->classes = 2;
    }
    s->numbers = t->caps & ENS_TAKES_NUMBERS ? ENS__SHEET_NUMBERS : 0;
    s->categories = t->caps & ENS_TAKES_CATEGORIES ? ENS__SHEET_CATEGORIES : 0;
    memcpy(s->level_name, levels, sizeof levels);
    memcpy(s->class_name, classes, sizeof classes);
    ens__stream_init(&stream, 5, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < s->n; i++) {
        double noise = 0.4 * ens__stream_gaussian(&stream), u;

        s->x[0][i] = ens__stream_gaussian(&stream);
        s->x[1][i] = ens__stream_uniform(&stream);
        s->x[2][i] = ens__stream_below(&stream, 5);
        s->code[0][i] = (int32_t)ens__stream_below(&stream, ENS__SHEET_LEVELS);
        s->code[1][i] = (int32_t)ens__stream_below(&stream, 2);
        s->w[i] = 1;
        u = signal_of(s, i) + noise;
        s->y[i] = 10 + u;
        s->label[i] = u < 0.2 ? 0 : u < 1 ? 1 : 2;
    }
    for (int32_t c = 0; c < 3; c++)
        s->label[c] = c; /* each class occurs, also in the first rows */
    for (size_t i = 0; i < s->n && s->classes == 2; i++)
        s->label[i] = s->label[i] == 2;
}

static ens_column category(const char *name, ens_role role, const int32_t *code,
                           const char *const *levels, size_t n_levels)
{
    return (ens_column){
        .name = name, .role = role, .code = code, .levels = levels, .n_levels = n_levels};
}

static void reverse(ens_column *c, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        ens_column swap = c[i];

        c[i] = c[n - 1 - i];
        c[n - 1 - i] = swap;
    }
}

bool ens__sheet_dataset(ens_dataset **out, ens__trial *t, const ens__sheet *s)
{
    ens_column c[ENS__SHEET_NUMBERS + ENS__SHEET_CATEGORIES + 3];
    size_t m = 0;

    for (size_t j = 0; j < s->numbers; j++)
        c[m++] = (ens_column){.name = number_names[j], .x = s->x[j]};
    for (size_t j = 0; j < s->categories; j++)
        c[m++] = category(category_names[j], ENS_FEATURE, s->code[j], s->level_name,
                          ENS__SHEET_LEVELS);
    if (s->weighted)
        c[m++] = (ens_column){.name = "w", .role = ENS_WEIGHT, .x = s->w};
    if (s->blind)
        ;
    else if (s->task == ENS_TASK_CLASSIFICATION)
        c[m++] = category("y", ENS_TARGET, s->label, s->class_name, s->classes);
    else
        c[m++] = (ens_column){.name = "y", .role = ENS_TARGET, .x = s->y};
    if (s->reversed) {
        c[m++] = (ens_column){.name = "unknown", .x = s->w};
        reverse(c, m);
    }
    if (ens_dataset_from_columns(out, c, m, s->n, s->task, &t->err) != ENS_OK)
        return ens__trial_error(t, "making a table");
    return true;
}

/* ---- Fits ------------------------------------------------------------------------------------------------ */

ens_status ens__sheet_fit(ens_model **out, ens__trial *t, const ens__sheet *s)
{
    ens_dataset *data;
    ens_status st;

    *out = NULL;
    if (!ens__sheet_dataset(&data, t, s))
        return ENS_EINTERNAL;
    t->err = (ens_error){0};
    st = ens_fit(out, t->learner, data, NULL, ENS__TRIAL_SEED, NULL, &t->err);
    ens_dataset_free(data);
    return st;
}

void ens__run_clear(ens__run *r)
{
    ens_dataset_free(r->data);
    ens_model_free(r->model);
    ens__free(r->out);
    *r = (ens__run){0};
}

bool ens__run_data(ens__run *out, ens__trial *t, const ens_dataset *data, uint64_t seed,
                   const ens_exec *exec)
{
    *out = (ens__run){.data = ens__dataset_ref(data), .n = ens_dataset_n(data)};
    if (ens_fit(&out->model, t->learner, data, NULL, seed, exec, &t->err) != ENS_OK)
        return ens__trial_error(t, "fit");
    out->out = ens__trial_predict(t, out->model, data, NULL);
    return out->out != NULL;
}

bool ens__run_sheet(ens__run *out, ens__trial *t, const ens__sheet *s, uint64_t seed,
                    const ens_exec *exec)
{
    ens_dataset *data;
    bool ok;

    *out = (ens__run){0};
    if (!ens__sheet_dataset(&data, t, s))
        return false;
    ok = ens__run_data(out, t, data, seed, exec);
    ens_dataset_free(data);
    return ok;
}

/* ---- Predictions ------------------------------------------------------------------------------------------ */

bool ens__trial_valid(ens__trial *t, const double *out, size_t n, size_t k)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t c = 0; c < k; c++) {
            double v = out[i * k + c];

            if (!isfinite(v) || (t->task != ENS_TASK_REGRESSION && (v < 0 || v > 1)))
                return ens__trial_fail(t, "predict: output %zu of row %zu is %g", c, i,
                                       v);
            sum += v;
        }
        /* k roundings of numbers below 1 are below 1e-9 for any k there is memory for */
        if (t->task == ENS_TASK_CLASSIFICATION && fabs(sum - 1) > 1e-9)
            return ens__trial_fail(
                t, "predict: the probabilities of row %zu sum to %.17g", i, sum);
    }
    return true;
}

double *ens__trial_predict(ens__trial *t, const ens_model *model, const ens_dataset *data,
                           const ens_exec *exec)
{
    size_t n = ens_dataset_n(data), k = ens_model_k(model);
    double *out = ens__array(n * k, sizeof *out);

    if (out == NULL) {
        ens__nomem(&t->err);
        ens__trial_error(t, "predict");
        return NULL;
    }
    for (size_t i = 0; i < n * k; i++)
        out[i] = NAN; /* so that outputs that are not set show */
    if (ens_model_predict(model, data, out, exec, &t->err) == ENS_OK
            ? ens__trial_valid(t, out, n, k)
            : ens__trial_error(t, "predict"))
        return out;
    ens__free(out);
    return NULL;
}

bool ens__trial_view(ens_dataset **out, ens__trial *t, size_t first, size_t step,
                     size_t n)
{
    size_t *row = ens__array(n, sizeof *row);
    ens_status st = ENS_ENOMEM;

    *out = NULL;
    for (size_t i = 0; row != NULL && i < n; i++)
        row[i] = (first + i * step) % t->n;
    if (row == NULL)
        ens__nomem(&t->err);
    else
        st = ens_dataset_subset(out, t->data, row, n, &t->err);
    ens__free(row);
    return st == ENS_OK || ens__trial_error(t, "making a view");
}

bool ens__trial_same(ens__trial *t, const char *what, const double *out, size_t first,
                     size_t step, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t row = (first + i * step) % t->n;

        if (memcmp(out + i * t->k, t->out + row * t->k, t->k * sizeof *out) != 0)
            return ens__trial_fail(t,
                                   "%s: row %zu is predicted as %.17g, before as %.17g",
                                   what, row, out[i * t->k], t->out[row * t->k]);
    }
    return true;
}

/* A few hundred roundings, relative to the largest value. */
bool ens__trial_close(ens__trial *t, const char *what, const double *a, const double *b,
                      size_t n)
{
    double scale = 0;

    for (size_t i = 0; i < n; i++)
        scale = fmax(scale, fabs(a[i]));
    for (size_t i = 0; i < n; i++)
        if (fabs(a[i] - b[i]) > 1e-9 * scale)
            return ens__trial_fail(t, "%s: output %zu is %.17g and %.17g", what, i, a[i],
                                   b[i]);
    return true;
}

bool ens__trial_same_file(ens__trial *t, const char *what, const ens_model *a,
                          const ens_model *b)
{
    void *x = NULL, *y = NULL;
    size_t nx = 0, ny = 0;
    bool ok;

    if (ens_model_save_bytes(&x, &nx, a, &t->err) != ENS_OK ||
        ens_model_save_bytes(&y, &ny, b, &t->err) != ENS_OK)
        ok = ens__trial_error(t, "save");
    else if (nx != ny || memcmp(x, y, nx) != 0)
        ok = ens__trial_fail(t, "%s: the model is another one", what);
    else
        ok = true;
    ens_bytes_free(x);
    ens_bytes_free(y);
    return ok;
}
