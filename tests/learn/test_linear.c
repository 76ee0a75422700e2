/* test_linear.c - `linear` and `logistic` against R, scikit-learn and exact arithmetic, and on tables that break
 * others. */
#include <config.h>

#include <core/cpu.h>
#include <core/mem.h>
#include <ensemble.h>
#include <learn/linear_state.h>
#include <learn/model.h>
#include <stdio.h>

#include "run.h"

static ens_error err;

static const ens__linear *state(const ens_model *m)
{
    return m->root.state;
}

static ens_model *fit(const char *recipe, const ens_dataset *d)
{
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_ok(ens_fit(&m, l, d, NULL, 1, NULL, &err));
    ens_learner_free(l);
    return m;
}

/* The rows of a file that have every value. */
static ens_dataset *read_whole(const char *file, const char *target)
{
    ens_csv_options options = {.target = target};
    ens_dataset *all, *d;
    char path[512];
    size_t *row, n = 0;

    snprintf(path, sizeof path, "%s/%s", TEST_DATA, file);
    ck_ok(ens_csv_read(&all, path, &options, &err));
    row = malloc(ens_dataset_n(all) * sizeof *row);
    for (size_t i = 0; i < ens_dataset_n(all); i++) {
        bool whole = true;

        for (size_t j = 0; j < ens_dataset_p(all); j++)
            whole = whole && !isnan(ens_dataset_get(all, i, j));
        if (whole)
            row[n++] = i;
    }
    ck_ok(ens_dataset_subset(&d, all, row, n, &err));
    ens_dataset_free(all);
    free(row);
    return d;
}

/* ---- R and scikit-learn ----------------------------------------------------------------- */

static const struct reference {
    const char *recipe, *file, *target;
    double coef[40], error[16]; /* by output, the intercept last */
} references[] = {
#include "learn/linear_reference.inc"
};

enum { N_REFERENCES = sizeof references / sizeof *references, N_OF_R = 2 };

static void close_to(const char *what, size_t i, double is, double want, double tolerance)
{
    ck_assert_msg(fabs(is - want) <= tolerance * fmax(1, fabs(want)),
                  "%s: number %zu is %.17g, expected %.17g", what, i, is, want);
}

/* 1e-8 of R's, which iterate to 1e-14; 1e-6 of scikit-learn's, as far as its solvers go. */
START_TEST(coefficients_are_those_of_others)
{
    const struct reference *r = &references[_i];
    ens_dataset *d = read_whole(r->file, r->target);
    ens_model *m = fit(r->recipe, d);
    const ens__linear *l = state(m);

    ck_assert_uint_le(l->k * (l->p + 1), 40);
    for (size_t c = 0; c < l->k; c++)
        for (size_t j = 0; j <= l->p; j++)
            close_to(r->recipe, c * (l->p + 1) + j,
                     j < l->p ? l->coef[c * l->p + j] : l->intercept[c],
                     r->coef[c * (l->p + 1) + j], _i < N_OF_R ? 1e-8 : 1e-6);
    ck_assert_int_eq(l->error != NULL, _i < N_OF_R);
    for (size_t j = 0; j <= l->p && l->error != NULL; j++)
        close_to("standard error", j, l->error[j], r->error[j], 1e-8);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- Tables that break others ------------------------------------------------------------ */

enum { ROWS = 40 };

static ens_dataset *make(double (*value)(size_t i, size_t j), size_t p,
                         double (*target)(size_t i), ens_task task)
{
    static double x[ROWS * 4], y[ROWS];
    ens_dataset *d;

    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < p; j++)
            x[i * p + j] = value(i, j);
        y[i] = target(i);
    }
    ck_ok(ens_dataset_from_matrix(&d, x, ROWS, p, y, task, &err));
    return d;
}

static double ramp(size_t i)
{
    return (double)i;
}

static double half(size_t i)
{
    return i >= ROWS / 2;
}

static double third(size_t i)
{
    return (double)(i * 3 / ROWS);
}

/* A ramp, something else, their sum, a constant. */
static double collinear(size_t i, size_t j)
{
    double a = (double)i, b = (double)(i * i % 17);

    return j == 0 ? a : j == 1 ? b : j == 2 ? a + b : 7;
}

static double huge(size_t i, size_t j)
{
    return collinear(i, j) * (j == 0 ? 1e300 : j == 1 ? -1e307 : 1e-280);
}

static void must_be_finite(const char *recipe, const ens_dataset *d)
{
    ens_model *m = fit(recipe, d);
    size_t n = ens_dataset_n(d) * ens_model_k(m);
    double *out = malloc(n * sizeof *out);

    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(isfinite(out[i]), "%s: output %zu is %g", recipe, i, out[i]);
    free(out);
    ens_model_free(m);
}

START_TEST(a_column_that_depends_on_others_has_a_coefficient_of_zero)
{
    ens_dataset *d = make(collinear, 4, ramp, ENS_TASK_REGRESSION);
    ens_model *m = fit("linear", d);

    ck_assert(fabs(state(m)->coef[0] - 1) < 1e-12);
    ck_assert(fabs(state(m)->coef[1]) < 1e-12);
    ck_assert(state(m)->coef[2] == 0 && state(m)->coef[3] == 0);
    ck_assert(state(m)->error[2] == 0 && state(m)->error[3] == 0);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

static const char *const regressions[] = {
    "linear", "linear(penalty=l2)", "linear(penalty=l1, alpha=0.1)",
    "linear(penalty=elasticnet, fit_intercept=false)",
    "linear(loss=huber, penalty=l2, fit_intercept=false)"};
static const char *const classifications[] = {
    "logistic", "logistic(penalty=none)", "logistic(penalty=l1)",
    "logistic(penalty=elasticnet, fit_intercept=false)",
    "logistic(penalty=none, fit_intercept=false)"};

START_TEST(collinear_huge_and_separated_tables_have_finite_models)
{
    double (*const values[])(size_t, size_t) = {collinear, huge};

    for (size_t v = 0; v < 2; v++) {
        ens_dataset *a = make(values[v], 4, ramp, ENS_TASK_REGRESSION);
        ens_dataset *b = make(values[v], 4, half, ENS_TASK_CLASSIFICATION);
        ens_dataset *c = make(values[v], 4, third, ENS_TASK_CLASSIFICATION);

        must_be_finite(regressions[_i], a);
        must_be_finite(classifications[_i], b);
        must_be_finite(classifications[_i], c);
        ens_dataset_free(a);
        ens_dataset_free(b);
        ens_dataset_free(c);
    }
}
END_TEST

START_TEST(separated_classes_are_told_apart)
{
    ens_dataset *d = make(collinear, 2, half, ENS_TASK_CLASSIFICATION);
    ens_model *m = fit("logistic(penalty=none)", d);
    double out[2 * ROWS];

    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    for (size_t i = 0; i < ROWS; i++)
        ck_assert(out[2 * i + (i >= ROWS / 2)] > 0.999);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

static ens_status try_fit(const char *recipe, const ens_dataset *d)
{
    ens_learner *l = NULL;
    ens_model *m = NULL;
    ens_status st = ens_learner_parse(&l, recipe, &err);

    if (st == ENS_OK)
        st = ens_fit(&m, l, d, NULL, 1, NULL, &err);
    ens_learner_free(l);
    ens_model_free(m);
    return st;
}

START_TEST(what_cannot_be_is_refused)
{
    ens_dataset *d = make(collinear, 2, half, ENS_TASK_CLASSIFICATION);

    ck_fails(try_fit("logistic(l1_ratio=0.3)", d), ENS_EINVAL,
             "logistic.l1_ratio = 0.3 is of penalty=elasticnet alone");
    ck_fails(try_fit("logistic(class_weight=[1, 2, 3])", d), ENS_ERANGE,
             "logistic.class_weight has 3 values for 2 classes");
    ck_fails(try_fit("linear(loss=huber, penalty=l1)", d), ENS_EINVAL,
             "linear.loss = huber is for");
    ck_fails(try_fit("linear(epsilon=2)", d), ENS_EINVAL,
             "linear.epsilon = 2 is of loss=huber alone");
    ck_fails(try_fit("logistic(C=0)", d), ENS_ERANGE, "logistic.C = 0");
    ck_fails(try_fit("logistic(penalty=l3)", d), ENS_EPARSE, "l3");
    ck_fails(try_fit("linear", d), ENS_ESUPPORT, "linear is not for classification");
    ck_fails(try_fit("linear(penalty=l2, l1_ratio=0.3)", d), ENS_EINVAL,
             "linear.l1_ratio = 0.3 is of penalty=elasticnet alone");
    ens_dataset_free(d);
}
END_TEST

static double mixed(size_t i, size_t j)
{
    return (double)((i * 7919 + j * 104729 + i * j * 31) % 1009) / 100 - 5;
}

/* Enough rows for several runs of blocks, and not a whole number of them. */
static ens_dataset *many(ens_task task)
{
    enum { MANY = 70001, P = 5 };
    double *x = malloc(MANY * P * sizeof *x), *y = malloc(MANY * sizeof *y);
    ens_dataset *d;

    for (size_t i = 0; i < MANY; i++) {
        double s = mixed(i, 9);

        for (size_t j = 0; j < P; j++)
            s += (x[i * P + j] = mixed(i, j)) * (double)(j + 1) / 3;
        y[i] = task == ENS_TASK_REGRESSION ? s : s < -3 ? 0 : s < 4 ? 1 : 2;
    }
    ck_ok(ens_dataset_from_matrix(&d, x, MANY, P, y, task, &err));
    free(x);
    free(y);
    return d;
}

/* Both solvers have one minimum, with an L1 penalty and without. */
START_TEST(solvers_meet)
{
    static const char *const recipe[] = {
        "logistic(solver=%s)", "logistic(C=0.01, class_weight=balanced, solver=%s)",
        "logistic(penalty=l1, C=0.1, solver=%s)"};
    ens_dataset *d = read_whole("iris.csv", "species");
    double out[2][150 * 3];
    char line[96];

    for (int s = 0; s < 2; s++) {
        ens_model *m;

        snprintf(line, sizeof line, recipe[_i], s == 0 ? "newton" : "lbfgs");
        m = fit(line, d);
        ck_ok(ens_model_predict(m, d, out[s], NULL, &err));
        ens_model_free(m);
    }
    for (size_t i = 0; i < 450; i++)
        close_to(recipe[_i], i, out[1][i], out[0][i],
                 1e-5); /* the root of lbfgs's tol, and more */
    ens_dataset_free(d);
}
END_TEST

/* Two classes, one after the other. */
static ens_dataset *many_sorted(void)
{
    enum { MANY = 90001, P = 4 };
    double *x = malloc(MANY * P * sizeof *x), *y = malloc(MANY * sizeof *y);
    ens_dataset *d;

    for (size_t i = 0; i < MANY; i++) {
        y[i] = i >= MANY / 3;
        for (size_t j = 0; j < P; j++)
            x[i * P + j] = mixed(i, j) * (double)(j + 1) + 2 * y[i];
    }
    ck_ok(ens_dataset_from_matrix(&d, x, MANY, P, y, ENS_TASK_CLASSIFICATION, &err));
    free(x);
    free(y);
    return d;
}

/* Many rows begin with a part of them, whose hessian then leads L-BFGS. */
START_TEST(solvers_meet_on_many_rows)
{
    ens_dataset *d = _i == 0 ? many(ENS_TASK_CLASSIFICATION) : many_sorted();
    ens_model *newton = fit("logistic(solver=newton)", d),
              *lbfgs = fit("logistic(solver=lbfgs)", d);

    ck_assert_uint_le(state(lbfgs)->steps, 25);
    for (size_t i = 0; i < state(newton)->k * state(newton)->p; i++)
        close_to("lbfgs", i, state(lbfgs)->coef[i], state(newton)->coef[i], 1e-5);
    ens_model_free(newton);
    ens_model_free(lbfgs);
    ens_dataset_free(d);
}
END_TEST

/* What makes the gradients zero: of the scale, whose equation is solved first, and of each coefficient. */
START_TEST(huber_has_no_slope)
{
    const double epsilon = 1.35;
    ens_dataset *d = read_whole("diabetes.csv", "progression");
    ens_model *m = fit("linear(loss=huber)", d);
    size_t n = ens_dataset_n(d);
    double *e = malloc(n * sizeof *e), s = 1e3;

    ck_ok(ens_model_predict(m, d, e, NULL, &err));
    for (size_t i = 0; i < n; i++)
        e[i] -= ens_dataset_y(d, i);
    for (int t = 0; t < 1000; t++) {
        double squares = 0, rest = (double)n;

        for (size_t i = 0; i < n; i++)
            if (fabs(e[i]) <= epsilon * s)
                squares += e[i] * e[i];
            else
                rest -= epsilon * epsilon;
        s = sqrt(squares / rest);
    }
    ck_assert_double_eq_tol(
        s, 37.3292, 1e-3); /* scale_ of HuberRegressor(alpha=0) on scaled columns */
    for (size_t j = 0; j <= ens_dataset_p(d); j++) {
        double sum = 0, size = 0;

        for (size_t i = 0; i < n; i++) {
            double x = j < ens_dataset_p(d) ? ens_dataset_get(d, i, j) : 1;

            sum += fmax(-epsilon, fmin(epsilon, e[i] / s)) * x;
            size += fabs(x);
        }
        ck_assert_msg(fabs(sum) < 1e-9 * size, "slope %zu is %g of %g", j, sum, size);
    }
    free(e);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* The inverse of a[n][n], by Gauss and Jordan. */
static void invert(double *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double pivot = a[i * n + i];

        a[i * n + i] = 1;
        for (size_t j = 0; j < n; j++)
            a[i * n + j] /= pivot;
        for (size_t k = 0; k < n; k++) {
            double factor = a[k * n + i];

            if (k == i)
                continue;
            a[k * n + i] = 0;
            for (size_t j = 0; j < n; j++)
                a[k * n + j] -= factor * a[i * n + j];
        }
    }
}

/* The information of softmax, where adding to the coefficients of all classes changes nothing: its pseudo-inverse is
 * the inverse with those directions added, less them. */
START_TEST(errors_of_more_classes_are_of_the_information)
{
    enum { ROWS_3 = 400, P = 2, Q = P + 1, K = 3, M = K * Q };
    double x[ROWS_3 * P], y[ROWS_3], pr[ROWS_3 * K], h[M * M] = {0};
    ens_dataset *d;
    ens_model *m;
    char *text;

    for (size_t i = 0; i < ROWS_3; i++) {
        for (size_t j = 0; j < P; j++)
            x[i * P + j] = mixed(i, j) + 3 * (double)j;
        y[i] = floor(fmin(2, fmax(0, (x[i * P] + 3 * mixed(i, 7)) / 8 + 1)));
    }
    ck_ok(ens_dataset_from_matrix(&d, x, ROWS_3, P, y, ENS_TASK_CLASSIFICATION, &err));
    m = fit("logistic(penalty=none)", d);
    ck_ok(ens_model_predict(m, d, pr, NULL, &err));
    for (size_t i = 0; i < ROWS_3; i++)
        for (size_t a = 0; a < M; a++)
            for (size_t b = 0; b < M; b++) {
                size_t c = a / Q, e = b / Q;
                double za = a % Q < P ? x[i * P + a % Q] : 1;
                double zb = b % Q < P ? x[i * P + b % Q] : 1;

                h[a * M + b] += za * zb * pr[i * K + c] * ((c == e) - pr[i * K + e]);
            }
    for (size_t a = 0; a < M; a++)
        for (size_t b = 0; b < M; b++)
            h[a * M + b] += a % Q == b % Q ? 1.0 / K : 0;
    invert(h, M);
    for (size_t a = 0; a < M; a++)
        close_to("error", a, state(m)->error[a], sqrt(h[a * M + a] - 1.0 / K), 1e-8);
    ck_ok(ens_model_describe(&text, m, &err));
    ck_assert(strstr(text, "x0 of class 3: ") != NULL && strstr(text, ", z ") != NULL);
    ens_string_free(text);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* A tenth of the responses are far off; the line stays. */
static double line_with_outliers(size_t i)
{
    return i % 10 == 3 ? 1e6 : 2 * (double)i + 1 + 0.01 * (double)(i % 3);
}

START_TEST(huber_passes_over_outliers)
{
    ens_dataset *d = make(collinear, 1, line_with_outliers, ENS_TASK_REGRESSION);
    ens_model *m = fit("linear(loss=huber)", d);

    ck_assert_msg(fabs(state(m)->coef[0] - 2) < 0.01, "%g", state(m)->coef[0]);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(gaps_and_categories_are_filled_in_and_spread)
{
    ens_csv_options options = {.target = "survived"};
    ens_dataset *d;

    ck_ok(ens_csv_read(&d, TEST_DATA "/titanic.csv", &options, &err));
    must_be_finite("logistic", d);
    must_be_finite("bagging(logistic(penalty=l1), n_estimators=2)", d);
    ens_dataset_free(d);
}
END_TEST

START_TEST(the_description_has_errors_and_p_values)
{
    ens_dataset *d = read_whole("diabetes.csv", "progression");
    ens_model *m = fit("linear", d);
    char *text;

    /* R: bmi 5.60296 0.71711 7.813 4.3e-14 */
    ck_ok(ens_model_describe(&text, m, &err));
    ck_assert_msg(
        strstr(text, "bmi: 5.602962092, std. error 0.717106, t 7.813, p 4.296e-14") !=
            NULL,
        "%s", text);
    ens_string_free(text);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- Bytes and memory ------------------------------------------------------------------- */

START_TEST(threads_and_processors_change_no_byte)
{
    static const ens__cpu level[] = {ENS__CPU_V4, ENS__CPU_V3, ENS__CPU_BASE};
    static const unsigned threads[] = {1, 2, 3, 7};
    static const char *const recipe[] = {
        "linear", "linear(penalty=l1, alpha=0.5)", "logistic(penalty=none)",
        "logistic(penalty=l1, C=0.01)", "logistic(solver=lbfgs)"};
    ens_dataset *d = many(_i < 2 ? ENS_TASK_REGRESSION : ENS_TASK_CLASSIFICATION);
    void *first = NULL;
    size_t size = 0;
    ens_learner *l;

    ck_ok(ens_learner_parse(&l, recipe[_i], &err));
    for (size_t c = 0; c < 3; c++)
        for (size_t t = 0; t < 4; t++) {
            ens_exec exec = {.threads = threads[t]};
            ens_model *m;
            void *bytes;
            size_t n;

            if (c > 0 && t != c)
                continue;
            ens__cpu_cap(level[c]);
            ck_ok(ens_fit(&m, l, d, NULL, 1, &exec, &err));
            ck_ok(ens_model_save_bytes(&bytes, &n, m, &err));
            if (first == NULL) {
                first = bytes;
                size = n;
            } else {
                ck_assert_uint_eq(n, size);
                ck_assert_msg(memcmp(bytes, first, n) == 0, "%s: level %d, %u threads",
                              recipe[_i], (int)level[c], threads[t]);
                ens_bytes_free(bytes);
            }
            ens_model_free(m);
        }
    ens_bytes_free(first);
    ens_learner_free(l);
    ens_dataset_free(d);
}
END_TEST

/* Fit, describe, save and load, with each allocation failing in turn. */
static ens_status all_of(const ens_learner *l, const ens_dataset *d)
{
    ens_exec exec = {.threads = 1};
    ens_model *m = NULL, *loaded = NULL;
    char *text = NULL;
    void *bytes = NULL;
    size_t n;
    ens_status st;

    if ((st = ens_fit(&m, l, d, NULL, 1, &exec, &err)) == ENS_OK &&
        (st = ens_model_describe(&text, m, &err)) == ENS_OK &&
        (st = ens_model_save_bytes(&bytes, &n, m, &err)) == ENS_OK)
        st = ens_model_load_bytes(&loaded, bytes, n, &err);
    ens_string_free(text);
    ens_bytes_free(bytes);
    ens_model_free(m);
    ens_model_free(loaded);
    return st;
}

START_TEST(every_allocation_may_fail)
{
    const char *recipe = _i < 5    ? regressions[_i]
                         : _i < 10 ? classifications[_i - 5]
                                   : "logistic(class_weight=balanced, solver=lbfgs)";
    ens_dataset *d = _i < 5 ? make(collinear, 4, ramp, ENS_TASK_REGRESSION)
                            : make(collinear, 2, third, ENS_TASK_CLASSIFICATION);
    ens_learner *l;
    ens_status st = ENS_ENOMEM;
    long k;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    for (k = 0; st != ENS_OK && k < 10000; k++) {
        ens__mem_fail_at(k);
        st = all_of(l, d);
        ens__mem_fail_at(-1);
        ck_assert_msg(st == ENS_OK || st == ENS_ENOMEM, "allocation %ld: %s", k,
                      err.message);
    }
    ck_assert_int_eq(st, ENS_OK);
    ck_assert_int_gt(k, 20);
    ens_learner_free(l);
    ens_dataset_free(d);
}
END_TEST

/* Weights are as good as rows; those of a class as well. */
START_TEST(weights_are_repeated_rows)
{
    static double x[ROWS], y[ROWS], w[ROWS], rx[3 * ROWS], ry[3 * ROWS];
    ens_column c[] = {{.name = "x0", .x = x},
                      {.name = "y", .role = ENS_TARGET, .x = y},
                      {.name = "w", .role = ENS_WEIGHT, .x = w}};
    ens_dataset *weighted, *repeated, *plain;
    ens_model *a, *b, *e;
    size_t n = 0;

    for (size_t i = 0; i < ROWS; i++) {
        x[i] = mixed(i, 0);
        y[i] = mixed(i, 1) + x[i] > 0;
        w[i] = y[i] > 0 ? 3 : 1;
        for (size_t r = 0; r < (size_t)w[i]; r++, n++) {
            rx[n] = x[i];
            ry[n] = y[i];
        }
    }
    ck_ok(ens_dataset_from_columns(&weighted, c, 3, ROWS, ENS_TASK_CLASSIFICATION, &err));
    ck_ok(ens_dataset_from_columns(&plain, c, 2, ROWS, ENS_TASK_CLASSIFICATION, &err));
    ck_ok(
        ens_dataset_from_matrix(&repeated, rx, n, 1, ry, ENS_TASK_CLASSIFICATION, &err));
    a = fit("logistic", weighted);
    b = fit("logistic", repeated);
    e = fit("logistic(class_weight=[1, 3])", plain);
    close_to("weighted", 0, state(a)->coef[0], state(b)->coef[0], 1e-10);
    close_to("weighted", 1, state(a)->intercept[0], state(b)->intercept[0], 1e-10);
    close_to("class_weight", 0, state(e)->coef[0], state(b)->coef[0], 1e-10);
    ens_model_free(a);
    ens_model_free(b);
    ens_model_free(e);
    ens_dataset_free(weighted);
    ens_dataset_free(repeated);
    ens_dataset_free(plain);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, coefficients_are_those_of_others, 0, N_REFERENCES);
    tcase_add_test(tc, a_column_that_depends_on_others_has_a_coefficient_of_zero);
    tcase_add_loop_test(tc, collinear_huge_and_separated_tables_have_finite_models, 0, 5);
    tcase_add_test(tc, separated_classes_are_told_apart);
    tcase_add_test(tc, what_cannot_be_is_refused);
    tcase_add_test(tc, errors_of_more_classes_are_of_the_information);
    tcase_add_test(tc, huber_has_no_slope);
    tcase_add_test(tc, huber_passes_over_outliers);
    tcase_add_loop_test(tc, solvers_meet, 0, 3);
    tcase_add_loop_test(tc, solvers_meet_on_many_rows, 0, 2);
    tcase_add_test(tc, gaps_and_categories_are_filled_in_and_spread);
    tcase_add_test(tc, the_description_has_errors_and_p_values);
    tcase_add_loop_test(tc, threads_and_processors_change_no_byte, 0, 5);
    tcase_add_loop_test(tc, every_allocation_may_fail, 0, 11);
    tcase_add_test(tc, weights_are_repeated_rows);
}

Suite *linear_suite(void);
Suite *linear_suite(void)
{
    return suite_of("linear", add);
}
