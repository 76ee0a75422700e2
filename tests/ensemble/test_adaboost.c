/* test_adaboost.c - adaboost: rounds worked by hand and by a naive loop, scikit-learn's figures, ends, draws. */
#include <config.h>

#include <ensemble.h>
#include <ensemble/adaboost.h>
#include <learn/model.h>
#include <num/rng.h>

#include "ensemble/fits.h"
#include "learn/toy.h"
#include "run.h"

static ens_error err;

static const ens__adaboost *inside(const ens_model *m)
{
    ck_assert_ptr_eq(m->root.type, &ens__adaboost_type);
    return m->root.state;
}

/* One feature, 0 .. n - 1, and these targets. */
static ens_dataset *line(const double *y, size_t n, ens_task task)
{
    ens_dataset *d;
    double x[16];

    for (size_t i = 0; i < n; i++)
        x[i] = (double)i;
    ck_ok(ens_dataset_from_matrix(&d, x, n, 1, y, task, &err));
    return d;
}

/* ---- By hand ----------------------------------------------------------------------------------------- */

/* Li Hang, "Statistical learning methods" (2012), example 8.1: three stumps, of thresholds 2.5, 8.5, 5.5 and errors
 * 0.3, 0.2143, 0.1820; alpha is half of our weight. */
START_TEST(three_stumps_of_a_textbook)
{
    static const double y[] = {1, 1, 1, 0, 0, 0, 1, 1, 1, 0};
    static const double error[] = {0.3, 0.2143, 0.1818};
    static const double alpha[] = {0.4236, 0.6496, 0.7520};
    ens_dataset *d = line(y, 10, ENS_TASK_CLASSIFICATION);
    ens_model *m = fit("adaboost(n_estimators=3, algorithm=samme)", d);
    const ens__adaboost *a = inside(m);
    double *out = predict(m, d), total = 0;

    ck_assert_uint_eq(a->chain->n, 3);
    for (size_t t = 0; t < 3; t++) {
        ck_assert_double_eq_tol(a->error[t], error[t], 5e-5);
        ck_assert_double_eq_tol(a->weight[t] / 2, alpha[t], 5e-5);
        total += a->weight[t];
    }
    for (size_t i = 0; i < 10; i++)
        ck_assert_int_eq(out[2 * i + 1] > 0.5, y[i] > 0);
    /* row 0: the members say 1, 1, 0 */
    ck_assert_double_eq_tol(
        out[1], 1 / (1 + exp(-(a->weight[0] + a->weight[1] - a->weight[2]) / total)),
        1e-15);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* The first stump parts 0 0 0 from 3 6 and errs by 1.5 on two of five rows, which is the most: losses 0 0 0 1 1, error
 * 0.4, beta 2/3. The second would be the same, of error 1/2: too weak, and left out. */
START_TEST(r2_worked_by_hand)
{
    static const double y[] = {0, 0, 0, 3, 6};
    ens_dataset *d = line(y, 5, ENS_TASK_REGRESSION);
    ens_model *m = fit("adaboost(tree(max_depth=1), resample=false)", d);
    const ens__adaboost *a = inside(m);

    ck_assert_uint_eq(a->chain->n, 1);
    ck_assert_double_eq_tol(a->error[0], 0.4, 1e-15);
    ck_assert_double_eq_tol(a->weight[0], log(1.5), 1e-15);
    ens_model_free(m);

    /* losses 0 and 1 - 1/e; then weights beta and beta^(1/e) before they are made to sum to 1 */
    m = fit(
        "adaboost(tree(max_depth=1), resample=false, loss=exponential, n_estimators=2)",
        d);
    a = inside(m);
    double loss = 1 - exp(-1), error = 0.4 * loss, beta = error / (1 - error);
    double wrong = 2 * pow(beta, 1 - loss), right = 3 * beta;

    ck_assert_uint_eq(a->chain->n, 2);
    ck_assert_double_eq_tol(a->error[0], error, 1e-15);
    ck_assert_double_eq_tol(a->error[1], loss * wrong / (wrong + right), 1e-15);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- Beside others -------------------------------------------------------------------------------------- */

/* Log losses on the rows of the fit by scikit-learn 1.2.1, AdaBoostClassifier(DecisionTreeClassifier(max_depth=1),
 * n_estimators=12, algorithm=...): the same for any random_state. */
START_TEST(scikit_learn_has_the_same_log_loss)
{
    static const struct {
        const char *recipe;
        double loss;
    } known[] = {{"adaboost(n_estimators=12, algorithm=samme)", 0.9616785503751994},
                 {"adaboost(n_estimators=12, algorithm=samme_r)", 0.3537862590752936}};
    const ens_csv_options options = {.target = "cultivar"};
    ens_dataset *d;

    ck_ok(ens_csv_read(&d, TEST_DATA "/wine.csv", &options, &err));
    for (size_t i = 0; i < 2; i++) {
        ens_model *m = fit(known[i].recipe, d);
        ens_score *score;
        size_t n;

        ck_ok(ens_model_evaluate(&score, &n, m, d, "log_loss", NULL, &err));
        ck_assert_double_eq_tol(score[0].value, known[i].loss,
                                1e-6); /* weights in fixed point */
        ens_scores_free(score, n);
        ens_model_free(m);
    }
    ens_dataset_free(d);
}
END_TEST

enum { N = 300, P = 3 };

/* The features of a generated table beside weights that we choose. */
typedef struct sheet {
    double x[P][N], y[N], w[N];
} sheet;

static ens_dataset *weighted(const sheet *s, ens_task task)
{
    ens_column column[P + 2] = {{.name = "a", .x = s->x[0]},
                                {.name = "b", .x = s->x[1]},
                                {.name = "c", .x = s->x[2]},
                                {.name = "y", .x = s->y, .role = ENS_TARGET},
                                {.name = "w", .x = s->w, .role = ENS_WEIGHT}};
    ens_dataset *d;

    ck_ok(ens_dataset_from_columns(&d, column, P + 2, N, task, &err));
    return d;
}

static void fill(sheet *s, size_t classes)
{
    ens__stream r;

    ens__stream_init(&r, 3, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        double v = 0;

        for (size_t j = 0; j < P; j++) {
            s->x[j][i] = floor(100 * ens__stream_uniform(&r));
            v += s->x[j][i] * (double)(j + 1) +
                 (j == 1 ? 0.02 * s->x[0][i] * s->x[1][i] : 0);
        }
        v += 60 * ens__stream_gaussian(&r);
        s->y[i] = classes == 0 ? v : fmin(fmax(floor(v / 180), 0), (double)(classes - 1));
        s->w[i] = 1 + floor(3 * ens__stream_uniform(&r));
    }
}

/* The rounds again, by fits of the member to tables whose weights are changed: out[N][k] their probabilities. */
static void naive_rounds(double *out, sheet s, size_t rounds, bool real)
{
    double votes[N][3] = {{0}}, total = 0;
    size_t k = 0;

    for (size_t t = 0; t < rounds; t++) {
        ens_dataset *d = weighted(&s, ENS_TASK_CLASSIFICATION);
        ens_model *m = fit("tree(max_depth=2)", d);
        double *p = predict(m, d), error = 0, sum = 0, alpha;
        size_t said[N];

        k = ens_model_k(m);
        for (size_t i = 0; i < N; i++) {
            said[i] = ens_argmax(p + i * k, k);
            error += s.w[i] * (said[i] != (size_t)s.y[i]);
            sum += s.w[i];
        }
        error /= sum;
        alpha = real ? 1 : log((1 - error) / error) + log((double)k - 1);
        for (size_t i = 0; i < N; i++) {
            double mean = 0, up = 0;

            for (size_t c = 0; c < k; c++)
                mean += log(fmax(p[i * k + c], 0x1p-52)) / (double)k;
            for (size_t c = 0; c < k; c++) {
                double l = log(fmax(p[i * k + c], 0x1p-52));

                up += (c == (size_t)s.y[i] ? 1 : -1 / ((double)k - 1)) * l;
                votes[i][c] += real           ? ((double)k - 1) * (l - mean)
                               : c == said[i] ? alpha
                                              : 0;
            }
            s.w[i] *= real ? exp(-((double)k - 1) / (double)k * up)
                           : exp(alpha * (said[i] != (size_t)s.y[i]));
        }
        sum = 0;
        for (size_t i = 0; i < N; i++)
            sum += s.w[i];
        for (size_t i = 0; i < N; i++) /* no row is given up */
            s.w[i] = fmax(s.w[i] / sum, 0x1p-52);
        total += alpha;
        free(p);
        ens_model_free(m);
        ens_dataset_free(d);
    }
    for (size_t i = 0; i < N; i++) {
        double sum = 0;

        for (size_t c = 0; c < k; c++)
            sum += out[i * k + c] = exp(votes[i][c] / total / ((double)k - 1));
        for (size_t c = 0; c < k; c++)
            out[i * k + c] /= sum;
    }
}

/* Two classes and three, both algorithms, rows of different weight. */
START_TEST(rounds_are_those_of_a_naive_loop)
{
    size_t k = 2 + (size_t)_i / 2;
    bool real = _i % 2 != 0;
    sheet s;
    ens_dataset *d;
    ens_model *m;
    double *out, naive[N * 3];

    fill(&s, k);
    d = weighted(&s, ENS_TASK_CLASSIFICATION);
    m = fit(real ? "adaboost(tree(max_depth=2), n_estimators=4)"
                 : "adaboost(tree(max_depth=2), n_estimators=4, algorithm=samme)",
            d);
    out = predict(m, d);
    naive_rounds(naive, s, 4, real);
    ck_assert_uint_eq(ens_model_k(m), k);
    /* A tree sums weights in units of 2^-52 of all, so the log of a share near that is good to few digits. */
    for (size_t i = 0; i < N * k; i++)
        ck_assert_double_eq_tol(out[i], naive[i], 1e-5);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- Ends ------------------------------------------------------------------------------------------------ */

START_TEST(a_perfect_member_is_the_last)
{
    static const double y[] = {0, 0, 0, 1, 1, 1};

    for (int number = 0; number < 2; number++)
        for (int first = 0; first < 2; first++) {
            ens_dataset *d =
                line(y, 6, number ? ENS_TASK_REGRESSION : ENS_TASK_CLASSIFICATION);
            ens_model *m = fit(first ? "adaboost(resample=false, algorithm=samme)"
                                     : "adaboost(resample=false)",
                               d);
            double *out = predict(m, d);

            ck_assert_uint_eq(inside(m)->chain->n, 1);
            ck_assert(inside(m)->error[0] == 0);
            for (size_t i = 0; i < 6; i++)
                ck_assert(number ? out[i] == y[i] : (out[2 * i + 1] > 0.5) == (y[i] > 0));
            free(out);
            ens_model_free(m);
            ens_dataset_free(d);
        }
}
END_TEST

/* Half of the rows is wrong whatever is said: no second member, but a model. */
START_TEST(a_first_member_that_only_guesses_stays)
{
    static const double y[] = {0, 1, 0, 1};
    ens_dataset *d = line(y, 4, ENS_TASK_CLASSIFICATION);
    ens_model *m = fit("adaboost(dummy, algorithm=samme)", d);
    double *out = predict(m, d);

    ck_assert_uint_eq(inside(m)->chain->n, 1);
    ck_assert_double_eq_tol(out[0], 1 / (1 + exp(-1)), 1e-15);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
    d = line(y, 4, ENS_TASK_REGRESSION);
    m = fit("adaboost(dummy)", d);
    ck_assert_uint_eq(inside(m)->chain->n, 1);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

static ens_go stop_at_three(const ens_progress *p, void *ctx)
{
    (void)ctx;
    return p->done >= 3 ? ENS_STOP : ENS_GO;
}

START_TEST(stopping_keeps_the_members_so_far)
{
    const ens_exec exec = {.progress = stop_at_three};
    ens_dataset *d;
    ens_model *m, *three;
    double *a, *b;

    ck_ok(ens_generate(&d, "friedman1(n=200)", 7, &err));
    m = fit_with("adaboost(n_estimators=9)", d, 1, &exec);
    three = fit("adaboost(n_estimators=3)", d);
    a = predict(m, d);
    b = predict(three, d);
    ck_assert_uint_eq(inside(m)->chain->n, 3);
    ck_assert_mem_eq(a, b, 200 * sizeof *a);
    free(a);
    free(b);
    ens_model_free(m);
    ens_model_free(three);
    ens_dataset_free(d);
}
END_TEST

/* ---- Members --------------------------------------------------------------------------------------------- */

/* `toy` takes no weights: its rows are drawn by them, as many as there are. */
START_TEST(members_without_weights_get_rows_drawn_by_weight)
{
    sheet s;
    ens_dataset *d;
    ens_model *m;
    double *out;

    fill(&s, 2);
    for (size_t i = 0; i < N; i++)
        s.w[i] = s.y[i] > 0 ? 1e6 : 1;
    d = weighted(&s, ENS_TASK_CLASSIFICATION);
    m = fit("adaboost(toy, n_estimators=1)", d);
    out = predict(m, d);
    ck_assert_uint_eq(toy_rows, N);
    ck_assert_uint_lt(toy_distinct,
                      N); /* no repeat among 300 draws: of probability e^-100 and less */
    /* toy says the share of each class among its rows: of class 0 next to none */
    ck_assert_double_gt(((const double *)inside(m)->chain->fit[0].state)[2], 0.99);
    fit_fails("adaboost(toy, resample=false)", d, ENS_ESUPPORT,
              "adaboost.resample = false, but its member toy takes no weights");
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* Members that are trees are walked in the runtime form, which gives the bits of the votes one by one. */
START_TEST(the_runtime_form_has_the_same_bits)
{
    static const char *const recipe[] = {"adaboost(tree(max_depth=3), n_estimators=9)",
                                         "adaboost(n_estimators=9, algorithm=samme)"};
    ens_dataset *d;

    ck_ok(ens_generate(&d, "classification(n=700, classes=3)", 7, &err));
    for (size_t r = 0; r < 2; r++) {
        ens_model *m = fit(recipe[r], d);
        ens__adaboost *a = m->root.state;
        ens__trees *trees = a->trees;
        double *fast = predict(m, d), *slow;

        ck_assert_ptr_nonnull(trees);
        a->trees = NULL;
        m->scratch = ens__adaboost_scratch(a);
        slow = predict(m, d);
        ck_assert_mem_eq(fast, slow, 700 * 3 * sizeof *fast);
        a->trees = trees;
        free(fast);
        free(slow);
        ens_model_free(m);
    }
    ens_dataset_free(d);
}
END_TEST

START_TEST(importance_is_weighted_by_the_votes)
{
    ens_dataset *d;
    ens_model *m;
    double share[10];
    double want[10] = {0};

    ck_ok(ens_generate(&d, "friedman1(n=300)", 7, &err));
    m = fit("adaboost(n_estimators=5)", d);
    ck_ok(ens_model_importance(m, share, &err));
    for (size_t t = 0; t < 5; t++) {
        const ens__adaboost *a = inside(m);
        double one[10] = {0};

        ck_ok(a->chain->fit[t].type->importance(a->chain->fit[t].state, one, &err));
        for (size_t j = 0; j < 10; j++)
            want[j] += one[j] * a->weight[t] / a->total;
    }
    for (size_t j = 0; j < 10; j++)
        ck_assert_double_eq_tol(share[j], want[j], 1e-12);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* Rows enough for several tasks a pass, and for nodes whose features are shared out. */
START_TEST(threads_change_no_byte_of_larger_fits)
{
    static const char *const recipe[] = {
        "adaboost(tree(max_depth=2), n_estimators=3)",
        "adaboost(tree(max_depth=2), n_estimators=3, algorithm=samme, resample=true)",
        "boosting(n_estimators=3, subsample=0.9)",
        ("boosting(bagging(tree(max_depth=2), n_estimators=2), n_estimators=2, "
         "n_iter_no_change=1)"),
    };
    ens_dataset *d;
    void *bytes[2];
    size_t size[2];

    ck_ok(ens_generate(&d, "hastie_10_2(n=20000)", 7, &err));
    for (size_t t = 0; t < 2; t++) {
        const ens_exec exec = {.threads = t == 0 ? 1 : 3};
        ens_model *m = fit_with(recipe[_i], d, 1, &exec);

        ck_ok(ens_model_save_bytes(&bytes[t], &size[t], m, &err));
        ens_model_free(m);
    }
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], size[0]);
    ens_bytes_free(bytes[0]);
    ens_bytes_free(bytes[1]);
    ens_dataset_free(d);
}
END_TEST

/* ---- Medians --------------------------------------------------------------------------------------------- */

/* By the definition: the least value that half of the weight lies at or below. */
static double naive_median(const double *v, const double *w, size_t n)
{
    double total = 0, best = INFINITY;

    for (size_t i = 0; i < n; i++)
        total += w[i];
    for (size_t i = 0; i < n; i++) {
        double below = 0;

        for (size_t j = 0; j < n; j++)
            below += v[j] <= v[i] ? w[j] : 0;
        if (below >= total / 2 && v[i] < best)
            best = v[i];
    }
    return best;
}

START_TEST(weighted_medians_are_those_of_the_definition)
{
    ens__stream r;
    double v[40], w[40], v2[40], w2[40];

    ens__stream_init(&r, 11, ENS__FOR_TEST, 0);
    for (size_t round = 0; round < 2000; round++) {
        size_t n = 1 + ens__stream_below(&r, 40);

        for (size_t i = 0; i < n; i++) {
            v[i] =
                ens__stream_below(&r, 10); /* with ties; weights whose sums are exact */
            w[i] = round % 3 == 0 ? 1 : ens__stream_below(&r, 8);
        }
        w[0] += 1;
        memcpy(v2, v, sizeof v);
        memcpy(w2, w, sizeof w);
        ck_assert(ens__weighted_median(v2, w2, n) == naive_median(v, w, n));
    }
}
END_TEST

/* ---- Errors ------------------------------------------------------------------------------------------------ */

START_TEST(bad_recipes_are_refused)
{
    static const struct {
        const char *recipe, *text;
        ens_status st;
    } bad[] = {
        {"adaboost(algorithm=real)", "expected one of samme,samme_r", ENS_EPARSE},
        {"adaboost(learning_rate=0)", "adaboost.learning_rate = 0 is outside",
         ENS_ERANGE},
        {"adaboost(n_estimators=0)", "adaboost.n_estimators = 0 is outside", ENS_ERANGE},
        {"adaboost(loss=huber)", "expected one of linear,square", ENS_EPARSE},
        {"adaboost(tree, tree)", "at most 1 member", ENS_EPARSE},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ens_learner *l;

        ck_fails(ens_learner_parse(&l, bad[i].recipe, &err), bad[i].st, bad[i].text);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_unchecked_fixture(tc, toy_register, NULL);
    tcase_add_test(tc, three_stumps_of_a_textbook);
    tcase_add_test(tc, r2_worked_by_hand);
    tcase_add_test(tc, scikit_learn_has_the_same_log_loss);
    tcase_add_loop_test(tc, rounds_are_those_of_a_naive_loop, 0, 4);
    tcase_add_test(tc, a_perfect_member_is_the_last);
    tcase_add_test(tc, a_first_member_that_only_guesses_stays);
    tcase_add_test(tc, stopping_keeps_the_members_so_far);
    tcase_add_test(tc, members_without_weights_get_rows_drawn_by_weight);
    tcase_add_test(tc, the_runtime_form_has_the_same_bits);
    tcase_add_test(tc, importance_is_weighted_by_the_votes);
    tcase_add_loop_test(tc, threads_change_no_byte_of_larger_fits, 0, 4);
    tcase_add_test(tc, weighted_medians_are_those_of_the_definition);
    tcase_add_test(tc, bad_recipes_are_refused);
}

Suite *adaboost_suite(void);

Suite *adaboost_suite(void)
{
    return suite_of("adaboost", add);
}
