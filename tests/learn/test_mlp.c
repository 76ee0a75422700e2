/* test_mlp.c - `mlp`: ten steps by hand, stopping, and what it refuses. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <ensemble.h>
#include <ensemble/ext.h>
#include <learn/learner.h>
#include <learn/mlp.h>
#include <stdio.h>

static ens_error err;

/* ---- Ten steps by hand ------------------------------------------------------------------ */

enum {
    N = 12,
    P = 2,
    H = 3,
    K = 3,
    W1 = P * H,
    B1 = W1 + H,
    W2 = B1 + H * K,
    ALL = W2 + K
};

/* A table of two numbers and a class. */
typedef struct toy {
    double x[P][N];
    int32_t label[N];
    uint32_t row[N];
    ens_feature feature[P];
} toy;

static void toy_init(toy *t)
{
    for (size_t i = 0; i < N; i++) {
        t->x[0][i] = cos((double)i);
        t->x[1][i] = sin(2.0 * (double)i) / 2;
        t->label[i] = (int32_t)(i * i % K);
        t->row[i] = (uint32_t)i;
    }
    for (size_t j = 0; j < P; j++)
        t->feature[j] = (ens_feature){.name = "x", .x = t->x[j]};
}

static ens__mlp *fit_toy(const toy *t, const char *recipe)
{
    ens_learner *l = NULL;
    void *fit = NULL;
    ens_fit_args a = {.rows = {t->feature, P, t->row, N},
                      .task = ENS_TASK_CLASSIFICATION,
                      .k = K,
                      .label = t->label,
                      .n_table = N,
                      .seed = 4};

    ck_ok(ens_learner_parse(&l, recipe, &err));
    a.learner = l;
    ck_ok(ens__mlp_type.fit(&fit, ens_learner_params(l), &a, &err));
    ens_learner_free(l);
    return fit;
}

/* Where number i of w1, b1, w2, b2 is in theta. */
static size_t place(const ens__net *net, size_t i)
{
    const ens__net_layer *first = &net->layer[0], *second = &net->layer[1];

    if (i < W1)
        return first->w + i / H * first->pad + i % H;
    if (i < B1)
        return first->b + i - W1;
    if (i < W2)
        return second->w + (i - B1) / K * second->pad + (i - B1) % K;
    return second->b + i - W2;
}

/* The slopes of the mean loss of a net of tanh and softmax, row by row and weight by weight. */
static void slopes(double *g, const double *v, const toy *t, double alpha)
{
    for (size_t i = 0; i < ALL; i++)
        g[i] = i < W1 || (i >= B1 && i < W2) ? alpha * v[i] / N : 0;
    for (size_t i = 0; i < N; i++) {
        double a[H], s[K], sum = 0;

        for (size_t h = 0; h < H; h++)
            a[h] = tanh(v[W1 + h] + t->x[0][i] * v[h] + t->x[1][i] * v[H + h]);
        for (size_t c = 0; c < K; c++) {
            s[c] = v[W2 + c];
            for (size_t h = 0; h < H; h++)
                s[c] += a[h] * v[B1 + h * K + c];
            sum += s[c] = exp(s[c]);
        }
        for (size_t c = 0; c < K; c++) {
            double d = (s[c] / sum - (t->label[i] == (int32_t)c)) / N;

            g[W2 + c] += d;
            for (size_t h = 0; h < H; h++) {
                double back = d * v[B1 + h * K + c] * (1 - a[h] * a[h]);

                g[B1 + h * K + c] += d * a[h];
                g[W1 + h] += back;
                for (size_t j = 0; j < P; j++)
                    g[j * H + h] += back * t->x[j][i];
            }
        }
    }
}

#define TOY                                                                              \
    "mlp(hidden_layer_sizes=[3], activation=tanh, optimizer=adam, "                      \
    "learning_rate=constant, clip_inputs=0, alpha=0.5, "                                 \
    "batch_size=12, tol=0,"                                                              \
    "n_iter_no_change=100, "

/* Adam, as Kingma and Ba (2015) have it, algorithm 1.  The fit's floats are off by some 1e-7 each step. */
START_TEST(ten_steps_by_hand)
{
    toy t;
    ens__mlp *start, *ten;
    double v[ALL], g[ALL], m[ALL] = {0}, s[ALL] = {0};

    toy_init(&t);
    start = fit_toy(&t, TOY "max_iter=1, learning_rate_init=1e-12)");
    ten = fit_toy(&t, TOY "max_iter=10, learning_rate_init=0.05)");
    for (size_t i = 0; i < ALL; i++)
        v[i] = start->theta[place(&start->net, i)];
    for (int step = 1; step <= 10; step++) {
        slopes(g, v, &t, 0.5);
        for (size_t i = 0; i < ALL; i++) {
            m[i] = 0.9 * m[i] + 0.1 * g[i];
            s[i] = 0.999 * s[i] + 0.001 * g[i] * g[i];
            v[i] -= 0.05 * (m[i] / (1 - pow(0.9, step))) /
                    (sqrt(s[i] / (1 - pow(0.999, step))) + 1e-8);
        }
    }
    for (size_t i = 0; i < ALL; i++)
        ck_assert_double_eq_tol(ten->theta[place(&ten->net, i)], v[i], 1e-5);
    ck_assert_double_gt(fabs(v[0] - start->theta[place(&start->net, 0)]), 0.1);
    ck_assert_uint_eq(ten->n_curve, 10);
    ens__mlp_free(start);
    ens__mlp_free(ten);
}
END_TEST

/* The shares of the classes are what the scores begin with. */
START_TEST(scores_begin_at_the_shares)
{
    toy t;
    ens__mlp *m;
    double count[K] = {0};

    toy_init(&t);
    m = fit_toy(&t, TOY "max_iter=1, learning_rate_init=1e-12)");
    for (size_t i = 0; i < N; i++)
        count[t.label[i]]++;
    for (size_t c = 0; c < K; c++)
        ck_assert_double_eq_tol(m->theta[place(&m->net, W2 + c)],
                                log(fmax(count[c] / N, 1e-15)), 1e-5);
    ens__mlp_free(m);
}
END_TEST

/* ---- Whole fits ------------------------------------------------------------------------- */

enum { ROWS = 120, COLUMNS = 4 };

/* Columns 0 .. 3 of small numbers, and a target of two of them. */
static ens_dataset *table(size_t n, double size, ens_task task)
{
    static double x[ROWS * COLUMNS], y[ROWS];
    ens_dataset *d = NULL;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < COLUMNS; j++)
            x[i * COLUMNS + j] = size * sin((double)(i * (2 * j + 3)) + (double)j);
        x[i * COLUMNS + 3] = 7; /* says nothing */
        y[i] = x[i * COLUMNS] / size * x[i * COLUMNS + 1] / size;
        if (task == ENS_TASK_CLASSIFICATION)
            y[i] = i < 2 ? (double)i : y[i] > 0; /* there are two classes of any n > 1 */
    }
    ck_ok(ens_dataset_from_matrix(&d, x, n, COLUMNS, y, task, &err));
    return d;
}

static ens_status fit(ens_model **out, const char *recipe, const ens_dataset *train,
                      const ens_dataset *valid)
{
    ens_learner *l = NULL;
    ens_status st = ens_learner_parse(&l, recipe, &err);

    *out = NULL;
    if (st == ENS_OK)
        st = ens_fit(out, l, train, valid, 1, NULL, &err);
    ens_learner_free(l);
    return st;
}

/* The mean squared error, or the share of wrong classes; all predictions must be finite. */
static double error_of(const ens_model *m, const ens_dataset *d)
{
    size_t n = ens_dataset_n(d), k = ens_model_k(m);
    double *out = malloc(n * k * sizeof *out), sum = 0;

    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    for (size_t i = 0; i < n; i++) {
        double y = ens_dataset_y(d, i), *p = out + i * k;

        for (size_t c = 0; c < k; c++)
            ck_assert_msg(isfinite(p[c]), "row %zu: %g", i, p[c]);
        sum += k == 1 ? (p[0] - y) * (p[0] - y) : (double)ens_argmax(p, k) != y;
    }
    free(out);
    return sum / (double)n;
}

static double error_of_fit(const char *recipe, const ens_dataset *d)
{
    ens_model *m;
    double e;

    ck_ok(fit(&m, recipe, d, NULL));
    e = error_of(m, d);
    ens_model_free(m);
    return e;
}

static const char *const ways[] = {
    "optimizer=sgd, learning_rate_init=0.1",
    "optimizer=momentum, learning_rate_init=0.03",
    "optimizer=nesterov, learning_rate_init=0.03, learning_rate=adaptive",
    "optimizer=adagrad, learning_rate_init=0.1",
    "optimizer=rmsprop, learning_rate_init=0.003",
    "optimizer=adam, learning_rate_init=0.01, activation=gelu, learning_rate=cosine",
    "optimizer=adamw, learning_rate_init=0.01, weight_decay=0.001, activation=tanh",
    "optimizer=nadam, learning_rate_init=0.01, activation=selu, learning_rate=steps, "
    "step_size=100",
    "optimizer=adam, learning_rate_init=0.05, learning_rate=invscaling, power_t=0.3, "
    "activation=leaky_relu",
    "optimizer=adam, learning_rate_init=0.01, activation=logistic, clip_norm=1",
    "optimizer=adam, learning_rate_init=0.01, batch_norm=true, batch_size=60",
    "optimizer=adam, learning_rate_init=0.01, dropout=0.05, init=he",
    "optimizer=adam, learning_rate_init=0.01, loss=huber",
};

enum { N_WAYS = sizeof ways / sizeof *ways };

/* A product of two numbers, whose variance is 0.25. */
START_TEST(every_way_learns_a_product)
{
    ens_dataset *d = table(ROWS, 1, ENS_TASK_REGRESSION);
    char recipe[300];
    double e;

    snprintf(recipe, sizeof recipe,
             "mlp(max_iter=400, n_iter_no_change=400, early_stopping=false, "
             "hidden_layer_sizes=[40, 20], %s)",
             ways[_i]);
    e = error_of_fit(recipe, d);
    ck_assert_msg(e < 0.02, "%s: %g", recipe, e);
    ens_dataset_free(d);
}
END_TEST

START_TEST(sizes_of_numbers_do_not_matter)
{
    static const double sizes[] = {1e300, 1e-280, 1};
    double first = -1;

    for (size_t s = 0; s < 3; s++) {
        ens_dataset *d = table(ROWS, sizes[s], ENS_TASK_REGRESSION);
        double e = error_of_fit("mlp(max_iter=20)", d);

        if (first >= 0)
            ck_assert_double_eq_tol(e, first, 1e-3);
        first = e;
        ens_dataset_free(d);
    }
}
END_TEST

START_TEST(few_rows_are_enough)
{
    for (size_t n = 1; n < 40; n += 6) {
        ens_dataset *d = table(n, 1, ENS_TASK_REGRESSION);

        error_of_fit("mlp(max_iter=3)", d);
        error_of_fit("mlp(max_iter=3, batch_norm=true, batch_size=7)", d);
        ens_dataset_free(d);
    }
}
END_TEST

static ens_status fit_table(const char *recipe, ens_task task)
{
    ens_dataset *d = table(ROWS, 1, task);
    ens_model *m;
    ens_status st = fit(&m, recipe, d, NULL);

    if (st == ENS_OK)
        error_of(m, d); /* finite */
    ens_model_free(m);
    ens_dataset_free(d);
    return st;
}

START_TEST(a_fit_that_diverges_says_so)
{
    ck_fails(fit_table("mlp(optimizer=sgd, learning_rate_init=1000, clip_inputs=0)",
                       ENS_TASK_REGRESSION),
             ENS_EDATA, "diverged in epoch 1; lower learning_rate_init = 1000");
    ck_ok(fit_table("mlp(optimizer=adam, learning_rate_init=1000, max_iter=20)",
                    ENS_TASK_CLASSIFICATION));
    ck_ok(fit_table(
        "mlp(optimizer=sgd, learning_rate_init=1000, clip_norm=0.001, max_iter=20)",
        ENS_TASK_REGRESSION));
}
END_TEST

START_TEST(bad_parameters_are_refused)
{
    const ens_task r = ENS_TASK_REGRESSION, c = ENS_TASK_CLASSIFICATION;

    ck_fails(fit_table("mlp(optimizer=adam, weight_decay=0.2)", r), ENS_EINVAL,
             "optimizer=adamw alone");
    ck_fails(fit_table("mlp(hidden_layer_sizes=[3.5])", r), ENS_EINVAL,
             "3.5 is no whole number");
    ck_fails(fit_table("mlp(hidden_layer_sizes=[0])", r), ENS_ERANGE,
             "hidden_layer_sizes");
    ck_fails(fit_table("mlp(hidden_layer_sizes=none, dropout=0.5)", r), ENS_EINVAL,
             "dropout needs hidden");
    ck_fails(fit_table("mlp(hidden_layer_sizes=none, batch_norm=true)", r), ENS_EINVAL,
             "batch_norm needs");
    ck_fails(fit_table("mlp(label_smoothing=0.1)", r), ENS_EINVAL,
             "label_smoothing = 0.1 is of classes");
    ck_fails(fit_table("mlp(loss=hubber)", r), ENS_ENAME, "mlp.loss");
    ck_fails(fit_table("mlp(loss=softmax)", r), ENS_ESUPPORT, "softmax");
    ck_fails(fit_table("mlp(loss=lambdarank)", r), ENS_ESUPPORT, "lambdarank");
    ck_fails(fit_table("mlp(loss=poisson)", r), ENS_EDATA, "negative");
    ck_fails(fit_table("mlp(class_weight=[1, 2, 3])", c), ENS_ERANGE,
             "mlp.class_weight has 3 values");
    ck_fails(fit_table("mlp(early_stopping=true, validation_fraction=0.001)", r),
             ENS_ERANGE, "mlp.validation_fraction = 0.001 holds out 0 of 120 rows");
    ck_fails(fit_table("mlp(hidden_layer_sizes=[65536, 65536, 65536, 65536])", r),
             ENS_ENOMEM, "mlp");
}
END_TEST

/* The state of `standardize | mlp`. */
static char *described(const ens_model *m)
{
    char *text = NULL;

    ck_ok(ens_model_describe(&text, m, &err));
    return text;
}

START_TEST(the_best_epoch_is_kept)
{
    ens_dataset *d = table(ROWS, 1, ENS_TASK_REGRESSION),
                *other = table(40, 1.2, ENS_TASK_REGRESSION);
    ens_model *m, *same;
    char *text;

    ck_ok(fit(&m,
              "mlp(early_stopping=true, max_iter=300, learning_rate_init=0.01, "
              "n_iter_no_change=5)",
              d, other));
    text = described(m);
    ck_assert_ptr_nonnull(strstr(text, "of validation"));
    ck_assert_ptr_nonnull(strstr(text, "was kept"));
    ens_string_free(text);
    /* What stands in the file is that epoch's: predictions after a load are equal. */
    void *bytes = NULL;
    size_t size;

    ck_ok(ens_model_save_bytes(&bytes, &size, m, &err));
    ck_ok(ens_model_load_bytes(&same, bytes, size, &err));
    ck_assert_double_eq(error_of(m, other), error_of(same, other));
    ens_bytes_free(bytes);
    ens_model_free(same);
    ens_model_free(m);
    ens_dataset_free(d);
    ens_dataset_free(other);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, ten_steps_by_hand);
    tcase_add_test(tc, scores_begin_at_the_shares);
    tcase_add_loop_test(tc, every_way_learns_a_product, 0, N_WAYS);
    tcase_add_test(tc, sizes_of_numbers_do_not_matter);
    tcase_add_test(tc, few_rows_are_enough);
    tcase_add_test(tc, a_fit_that_diverges_says_so);
    tcase_add_test(tc, bad_parameters_are_refused);
    tcase_add_test(tc, the_best_epoch_is_kept);
}

Suite *mlp_suite(void);
Suite *mlp_suite(void)
{
    return suite_of("mlp", add);
}
