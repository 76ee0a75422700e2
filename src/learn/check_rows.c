/* check_rows.c - conformance on all sorts of tables: few rows, constants, extremes, gaps, categories, classes,
 * weights; and refusals of those that a learner's caps leave out. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/check.h>
#include <math.h>

/* A fit of this sheet predicts it with valid numbers. */
static bool takes(ens__trial *t, const ens__sheet *s)
{
    ens__run r;
    bool ok = ens__run_sheet(&r, t, s, ENS__TRIAL_SEED, NULL);

    ens__run_clear(&r);
    return ok;
}

/* And so does it predict another sheet. */
static bool takes_then_predicts(ens__trial *t, const ens__sheet *s,
                                const ens__sheet *other)
{
    ens_dataset *data = NULL;
    double *out = NULL;
    ens__run r;
    bool ok = ens__run_sheet(&r, t, s, ENS__TRIAL_SEED, NULL) &&
              ens__sheet_dataset(&data, t, other) &&
              (out = ens__trial_predict(t, r.model, data, NULL)) != NULL;

    ens__free(out);
    ens_dataset_free(data);
    ens__run_clear(&r);
    return ok;
}

static bool refuses(ens__trial *t, const char *what, const ens__sheet *s, ens_status want)
{
    ens_model *m;
    ens_status st = ens__sheet_fit(&m, t, s);

    ens_model_free(m);
    if (st == ENS_EINTERNAL && t->problem[0] != 0)
        return false;
    return ens__trial_refused(t, what, st, want);
}

/* ---- Size ------------------------------------------------------------------------------------------------ */

/* Either a model, or an error that says what the rows lack. */
static bool takes_or_explains(ens__trial *t, const char *what, const ens__sheet *s)
{
    ens_model *m;
    ens_status st = ens__sheet_fit(&m, t, s);

    ens_model_free(m);
    if (st == ENS_OK)
        return takes(t, s);
    if (t->problem[0] != 0)
        return false;
    if (st == ENS_EDATA || st == ENS_ERANGE || st == ENS_EINVAL || st == ENS_ESUPPORT)
        return ens__trial_refused(t, what, st, st);
    return ens__trial_fail(t, "%s: `%s`: %.300s", what, ens_status_string(st),
                           t->err.message);
}

static bool few_rows(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    for (s.n = 7; s.n >= 2; s.n--)
        if (!takes_or_explains(t, "few rows", &s))
            return false;
    return true;
}

static bool one_row(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    s.n = 1;
    return takes_or_explains(t, "one row", &s);
}

static bool one_feature(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    if (s.numbers > 0)
        s.categories = 0;
    s.numbers = s.numbers > 0;
    s.categories = s.categories > 0;
    return takes(t, &s);
}

/* ---- Values ------------------------------------------------------------------------------------------------ */

static void set_numbers(ens__sheet *s, double factor, double shift)
{
    for (size_t j = 0; j < ENS__SHEET_NUMBERS; j++)
        for (size_t i = 0; i < s->n; i++)
            s->x[j][i] = factor * s->x[j][i] + shift;
}

static bool constant_features(ens__trial *t)
{
    ens__sheet s, varying;

    ens__sheet_fill(&varying, t);
    s = varying;
    set_numbers(&s, 0, 7);
    for (size_t j = 0; j < ENS__SHEET_CATEGORIES; j++)
        for (size_t i = 0; i < s.n; i++)
            s.code[j][i] = 2;
    return takes_then_predicts(t, &s, &varying);
}

static bool huge_numbers(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    set_numbers(&s, 1e300, 0);
    return takes(t, &s);
}

static bool tiny_numbers(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    set_numbers(&s, 1e-310, 0);
    return takes(t, &s);
}

/* Numbers that differ in their last bits only. */
static bool nearly_equal_numbers(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    set_numbers(&s, 0x1p-50, 1);
    return takes(t, &s);
}

static bool predicts_outside_the_range(ens__trial *t)
{
    ens_dataset *data = NULL;
    double *out = NULL;
    ens__sheet s;
    bool ok;

    ens__sheet_fill(&s, t);
    set_numbers(&s, 1e300, 0);
    ok = ens__sheet_dataset(&data, t, &s) &&
         (out = ens__trial_predict(t, t->model, data, NULL)) != NULL;
    ens__free(out);
    ens_dataset_free(data);
    return ok;
}

/* ---- Targets ------------------------------------------------------------------------------------------------ */

/* Of losses some keep floats, and say that numbers are too large for them. */
static bool large_and_small_responses(ens__trial *t)
{
    static const double unit[] = {1e100, 1e-100};
    ens__sheet s;

    for (size_t u = 0; u < 2; u++) {
        ens__sheet_fill(&s, t);
        for (size_t i = 0; i < s.n; i++)
            s.y[i] *= unit[u];
        if (!(u == 0 ? takes_or_explains(t, "large responses", &s) : takes(t, &s)))
            return false;
    }
    return true;
}

static bool a_constant_response(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    for (size_t i = 0; i < s.n; i++)
        s.y[i] = -3;
    return takes(t, &s);
}

static bool two_classes(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    s.classes = 2;
    for (size_t i = 0; i < s.n; i++)
        s.label[i] = s.label[i] > 0;
    return takes(t, &s);
}

/* One of them has a single row. */
static bool many_classes(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    s.classes = 7;
    for (size_t i = 0; i < s.n; i++)
        s.label[i] = (s.label[i] + 3 * (i % 2 == 0)) % 6;
    s.label[50] = 6;
    return takes(t, &s);
}

static bool a_class_without_rows(ens__trial *t)
{
    ens__sheet s;
    ens__run r;
    bool ok;

    ens__sheet_fill(&s, t);
    for (size_t i = 0; i < s.n; i++)
        s.label[i] = s.label[i] == 1 ? 2 : s.label[i];
    ok = ens__run_sheet(&r, t, &s, ENS__TRIAL_SEED, NULL);
    if (ok && ens_model_k(r.model) != 3)
        ok = ens__trial_fail(t, "3 classes became %zu", ens_model_k(r.model));
    ens__run_clear(&r);
    return ok;
}

static bool one_class(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    s.classes = 1;
    for (size_t i = 0; i < s.n; i++)
        s.label[i] = 0;
    if ((t->caps & ENS_TAKES_ONE_CLASS) != 0)
        return takes(t, &s);
    return refuses(t, "a target of one class", &s, ENS_EDATA);
}

/* It is not so much as looked at, and may be of any kind, or not there. */
static bool the_target_has_no_say(ens__trial *t)
{
    ens__sheet s;
    bool ok = true;

    ens__sheet_fill(&s, t);
    for (size_t i = 0; i < 3; i++) {
        ens__run r;

        s.blind = i == 1;
        s.task = i == 2 ? ENS_TASK_REGRESSION : s.task;
        ok = ens__run_sheet(&r, t, &s, ENS__TRIAL_SEED, NULL) && ok;
        ok = ok && ens__trial_same(t, "a table without target, or with another",
                                   r.out, 0, 1, t->n);
        if (ok && i > 0 && ens_model_target(r.model) != NULL)
            ok = ens__trial_fail(t, "the model has a target that is not of two classes");
        ens__run_clear(&r);
    }
    return ok;
}

static bool refuses_the_other_task(ens__trial *t)
{
    ens__sheet s;

    if (t->task == ENS_TASK_ANOMALY) /* it takes any */
        return true;
    ens__sheet_fill(&s, t);
    s.task =
        t->task == ENS_TASK_REGRESSION ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION;
    return refuses(t, "a task that is not among its caps", &s, ENS_ESUPPORT);
}

/* ---- Gaps and categories -------------------------------------------------------------------------------------- */

/* A gap here and there, one row without any value. */
static void make_gaps(ens__sheet *s)
{
    for (size_t i = 0; i < s->n; i++) {
        s->x[i % ENS__SHEET_NUMBERS][i] = NAN;
        s->code[i % ENS__SHEET_CATEGORIES][i] = -1;
    }
    for (size_t j = 0; j < ENS__SHEET_NUMBERS; j++)
        s->x[j][4] = NAN;
    for (size_t j = 0; j < ENS__SHEET_CATEGORIES; j++)
        s->code[j][4] = -1;
}

/* Of a table that the trial's own model may not have seen the like of. */
static bool predicts(ens__trial *t, const char *what, const ens__sheet *s, bool refused)
{
    ens_dataset *data;
    double *out;
    ens_status st;
    bool ok;

    if (!ens__sheet_dataset(&data, t, s))
        return false;
    t->err = (ens_error){0};
    if (!refused) {
        ok = (out = ens__trial_predict(t, t->model, data, NULL)) != NULL;
    } else if ((out = ens__array(s->n * t->k, sizeof *out)) == NULL) {
        ok = ens__trial_fail(t, "out of memory");
    } else {
        st = ens_model_predict(t->model, data, out, NULL, &t->err);
        ok = ens__trial_refused(t, what, st, ENS_ESUPPORT);
    }
    ens__free(out);
    ens_dataset_free(data);
    return ok;
}

static bool gaps(ens__trial *t)
{
    bool refused = (t->caps & ENS_TAKES_MISSING) == 0;
    ens__sheet s;

    ens__sheet_fill(&s, t);
    make_gaps(&s);
    if ((t->caps & ENS_FITS_MISSING) != 0) /* every row has a gap: none may be left */
        return takes_or_explains(t, "a fit of missing values", &s) &&
               predicts(t, "a prediction of missing values", &s, refused);
    /* ens_fit() puts a transform in front of what cannot take them. */
    return takes(t, &s) && predicts(t, "a prediction of missing values", &s, refused);
}

static bool a_feature_without_values(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    for (size_t i = 0; i < s.n; i++) {
        s.x[1][i] = NAN;
        s.code[1][i] = -1;
    }
    return takes(t, &s);
}

static bool an_unseen_level(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    s.level_name[1] = "new";
    return predicts(t, "a level that training never saw", &s,
                    (t->caps & (ENS_TAKES_MISSING | ENS_TAKES_MISSING_LEVELS)) == 0);
}

static bool a_level_without_rows(ens__trial *t)
{
    ens__sheet s, full;

    ens__sheet_fill(&full, t);
    s = full;
    for (size_t i = 0; i < s.n; i++)
        s.code[0][i] = s.code[0][i] == 3 ? 0 : s.code[0][i];
    return takes_then_predicts(t, &s, &full);
}

static bool refuses_features_of_the_other_type(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    if (s.numbers > 0) { /* ens_fit() makes numbers of categories */
        s.categories = 1;
        return takes(t, &s);
    }
    s.numbers = 1;
    return refuses(t, "a type of feature that is not among its caps", &s, ENS_ESUPPORT);
}

/* ---- Weights ------------------------------------------------------------------------------------------------- */

/* Do two fits predict their tables the same, to within rounding? Both have n rows to compare. */
static bool agree(ens__trial *t, const char *what, const ens__sheet *a,
                  const ens__sheet *b, size_t n)
{
    ens__run ra = {0}, rb = {0};
    bool ok = ens__run_sheet(&ra, t, a, ENS__TRIAL_SEED, NULL) &&
              ens__run_sheet(&rb, t, b, ENS__TRIAL_SEED, NULL) &&
              ens__trial_close(t, what, ra.out, rb.out, n * t->k);

    ens__run_clear(&ra);
    ens__run_clear(&rb);
    return ok;
}

static bool refuses_weights(ens__trial *t)
{
    ens__sheet s;

    ens__sheet_fill(&s, t);
    s.weighted = true;
    return refuses(t, "sample weights, which are not among its caps", &s, ENS_ESUPPORT);
}

static bool weights_of_one_are_none(ens__trial *t)
{
    ens__sheet plain, s;

    ens__sheet_fill(&plain, t);
    s = plain;
    s.weighted = true;
    return agree(t, "weights of 1 and none", &plain, &s, s.n);
}

/* The last rows repeat features of others, so that all that a learner may know of a column beforehand is equal. */
static bool weights_of_zero_leave_rows_out(ens__trial *t)
{
    enum { KEPT = 80 };
    ens__sheet fewer, s;

    ens__sheet_fill(&fewer, t);
    s = fewer;
    fewer.n = KEPT;
    s.weighted = true;
    for (size_t i = KEPT; i < s.n; i++) {
        for (size_t j = 0; j < ENS__SHEET_NUMBERS; j++)
            s.x[j][i] = s.x[j][i - KEPT];
        for (size_t j = 0; j < ENS__SHEET_CATEGORIES; j++)
            s.code[j][i] = s.code[j][i - KEPT];
        s.w[i] = 0;
        s.y[i] = 1e6;
        s.label[i] = 0;
    }
    return agree(t, "rows left out, and of weight 0", &fewer, &s, KEPT);
}

/* Every row twice, with different targets: the first half of the rows says one thing, the second half another. */
static void contradict(ens__sheet *s)
{
    size_t half = s->n / 2;

    for (size_t i = half; i < s->n; i++) {
        for (size_t j = 0; j < ENS__SHEET_NUMBERS; j++)
            s->x[j][i] = s->x[j][i - half];
        for (size_t j = 0; j < ENS__SHEET_CATEGORIES; j++)
            s->code[j][i] = s->code[j][i - half];
    }
    for (size_t i = 0; i < s->n; i++) {
        s->label[i] = i % half < 3 ? (int32_t)(i % 3) : i < half ? 0 : 2;
        s->y[i] = i < half ? 1 : 5;
    }
}

/* Do fits of these two sheets differ on their first n rows? -1 if one fails. */
static int differ(ens__trial *t, const ens__sheet *a, const ens__sheet *b, size_t n)
{
    ens__run ra = {0}, rb = {0};
    int answer = -1;

    if (ens__run_sheet(&ra, t, a, ENS__TRIAL_SEED, NULL) &&
        ens__run_sheet(&rb, t, b, ENS__TRIAL_SEED, NULL)) {
        answer = 0;
        for (size_t i = 0; i < n * t->k; i++)
            answer = answer || fabs(ra.out[i] - rb.out[i]) > 1e-6;
    }
    ens__run_clear(&ra);
    ens__run_clear(&rb);
    return answer;
}

/* A learner that heeds its targets must heed which of them weigh more. */
static bool weights_count(ens__trial *t)
{
    ens__sheet first, second;
    size_t half = ENS__SHEET_ROWS / 2;
    int heeds;

    ens__sheet_fill(&first, t);
    contradict(&first);
    second = first;
    first.n = half;
    for (size_t i = 0; i < half; i++) {
        second.y[i] = second.y[i + half];
        second.label[i] = second.label[i + half];
    }
    second.n = half;
    if ((heeds = differ(t, &first, &second, half)) <= 0)
        return heeds == 0;
    ens__sheet_fill(&first, t);
    contradict(&first);
    second = first;
    first.weighted = second.weighted = true;
    for (size_t i = 0; i < first.n; i++) {
        first.w[i] = i < half ? 1000 : 1;
        second.w[i] = i < half ? 1 : 1000;
    }
    if ((heeds = differ(t, &first, &second, half)) < 0)
        return false;
    return heeds > 0 || ens__trial_fail(t, "weights make no difference");
}

/* ---- Repeats ------------------------------------------------------------------------------------------------- */

/* A view of a table in which every other row stands twice. */
static bool repeat(ens_dataset **out, ens__trial *t, const ens_dataset *data)
{
    size_t n = ens_dataset_n(data), m = 0, row[2 * ENS__SHEET_ROWS];

    for (size_t i = 0; i < n; i++)
        for (size_t r = 0; r < 1 + i % 2; r++)
            row[m++] = i;
    return ens_dataset_subset(out, data, row, m, &t->err) == ENS_OK ||
           ens__trial_error(t, "making a view");
}

/* Whether the seed has a say: then repeats are drawn otherwise and nothing can be compared. -1: a fit failed. */
static int seed_matters(ens__trial *t)
{
    ens__run r;
    int answer = -1;

    if (ens__run_data(&r, t, t->data, ENS__TRIAL_SEED + 1, NULL)) {
        answer = 0;
        for (size_t i = 0; i < t->n * t->k; i++)
            answer = answer || r.out[i] != t->out[i];
    }
    ens__run_clear(&r);
    return answer;
}

/* A view that repeats rows, against a table in which they stand as often. */
static bool repeated_rows_count(ens__trial *t)
{
    ens__sheet s, twice;
    ens_dataset *data = NULL, *view = NULL;
    ens__run a = {0}, b = {0};
    int random = seed_matters(t);
    bool ok;

    if (random != 0)
        return random > 0;
    ens__sheet_fill(&s, t);
    s.n = ENS__SHEET_ROWS / 2;
    twice = s;
    twice.n = 0;
    for (size_t i = 0; i < s.n; i++)
        for (size_t r = 0; r < 1 + i % 2; r++, twice.n++) {
            for (size_t j = 0; j < ENS__SHEET_NUMBERS; j++)
                twice.x[j][twice.n] = s.x[j][i];
            for (size_t j = 0; j < ENS__SHEET_CATEGORIES; j++)
                twice.code[j][twice.n] = s.code[j][i];
            twice.y[twice.n] = s.y[i];
            twice.label[twice.n] = s.label[i];
        }
    ok = ens__sheet_dataset(&data, t, &s) && repeat(&view, t, data) &&
         ens__run_data(&a, t, view, ENS__TRIAL_SEED, NULL) &&
         ens__run_sheet(&b, t, &twice, ENS__TRIAL_SEED, NULL) &&
         ens__trial_close(t, "rows repeated by a view, and in a table", a.out, b.out,
                          twice.n * t->k);
    ens__run_clear(&a);
    ens__run_clear(&b);
    ens_dataset_free(view);
    ens_dataset_free(data);
    return ok;
}

const ens__check ens__rows_checks[] = {
    {"few_rows", 0, 0, few_rows},
    {"one_row", 0, 0, one_row},
    {"one_feature", 0, 0, one_feature},
    {"constant_features", 0, 0, constant_features},
    {"huge_numbers", ENS_TAKES_NUMBERS, 0, huge_numbers},
    {"tiny_numbers", ENS_TAKES_NUMBERS, 0, tiny_numbers},
    {"nearly_equal_numbers", ENS_TAKES_NUMBERS, 0, nearly_equal_numbers},
    {"predicts_outside_the_range", ENS_TAKES_NUMBERS, 0, predicts_outside_the_range},
    {"large_and_small_responses", ENS_REGRESSES, 0, large_and_small_responses},
    {"a_constant_response", ENS_REGRESSES, 0, a_constant_response},
    {"two_classes", ENS_CLASSIFIES, 0, two_classes},
    {"many_classes", ENS_CLASSIFIES, 0, many_classes},
    {"a_class_without_rows", ENS_CLASSIFIES, 0, a_class_without_rows},
    {"one_class", ENS_CLASSIFIES, 0, one_class},
    {"the_target_has_no_say", ENS_DETECTS, 0, the_target_has_no_say},
    {"refuses_the_other_task", 0, ENS_CLASSIFIES | ENS_REGRESSES, refuses_the_other_task},
    {"gaps", 0, 0, gaps},
    {"a_feature_without_values", ENS_TAKES_MISSING, 0, a_feature_without_values},
    {"an_unseen_level", ENS_TAKES_CATEGORIES, 0, an_unseen_level},
    {"a_level_without_rows", ENS_TAKES_CATEGORIES, 0, a_level_without_rows},
    {"refuses_features_of_the_other_type", 0, ENS_TAKES_NUMBERS | ENS_TAKES_CATEGORIES,
     refuses_features_of_the_other_type},
    {"refuses_weights", 0, ENS_TAKES_WEIGHTS, refuses_weights},
    {"weights_of_one_are_none", ENS_TAKES_WEIGHTS, 0, weights_of_one_are_none},
    {"weights_of_zero_leave_rows_out", ENS_TAKES_WEIGHTS, 0,
     weights_of_zero_leave_rows_out},
    {"weights_count", ENS_TAKES_WEIGHTS, 0, weights_count},
    {"repeated_rows_count", 0, 0, repeated_rows_count},
    {NULL, 0, 0, NULL},
};
