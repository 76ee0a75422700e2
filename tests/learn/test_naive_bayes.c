/* test_naive_bayes.c - the learner `naive_bayes` against scikit-learn's GaussianNB and CategoricalNB, and where it
 * goes beyond them: gaps, numbers beside categories, extremes. */
#include <config.h>

#include <ensemble/ext.h>
#include <stdbool.h>

#include "run.h"

static ens_error err;

static ens_model *fit(const char *recipe, const ens_column *c, size_t n_columns, size_t n)
{
    ens_dataset *d;
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_dataset_from_columns(&d, c, n_columns, n, ENS_TASK_CLASSIFICATION, &err));
    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_ok(ens_fit(&m, l, d, NULL, 1, NULL, &err));
    ens_learner_free(l);
    ens_dataset_free(d);
    return m;
}

static void predict(double *out, const ens_model *m, const ens_column *c,
                    size_t n_columns, size_t n)
{
    ens_dataset *d;

    ck_ok(ens_dataset_from_columns(&d, c, n_columns, n, ENS_TASK_AUTO, &err));
    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    ens_dataset_free(d);
}

/*     from sklearn.naive_bayes import GaussianNB
 *     x = [[1, 10], [2, 11], [3, 9], [4, 13], [2, 12], [6, 8], [3, 14], [5, 15], [7, 13]]
 *     y = [0, 0, 0, 1, 1, 1, 2, 2, 2]; w = [1, 2, 1, 1, .5, 3, 1.5, 2, 1]
 *     q = [[2.5, 11], [4.5, 12], [3, 13]]
 *     GaussianNB().fit(x, y).predict_proba(q)
 *     GaussianNB().fit(x, y, w).predict_proba(q)
 *     GaussianNB(var_smoothing=0.1, priors=[.2, .3, .5]).fit(x, y).predict_proba(q) */
static const double gauss_x[] = {1,  10, 2, 11, 3,  9, 4,  13, 2,
                                 12, 6,  8, 3,  14, 5, 15, 7,  13};
static const double gauss_y[] = {0, 0, 0, 1, 1, 1, 2, 2, 2};
static const double gauss_w[] = {1, 2, 1, 1, .5, 3, 1.5, 2, 1};
static const double gauss_q[] = {2.5, 11, 4.5, 12, 3, 13};
static const double gauss_plain[] = {
    0.75933095689885455,   0.24031738096588381, 0.0003516621352615946,
    0.0024622867227929177, 0.86998008254966297, 0.12755763072754395,
    0.002582331100849732,  0.47652433232739877, 0.52089333657175141};
static const double gauss_weighted[] = {
    0.94761571258214439,   0.052313903722335985, 7.0383695519741349e-05,
    0.0017712694276161172, 0.91102284192887184,  0.087205888643511767,
    0.014542927255363138,  0.19161035678887611,  0.79384671595576062};
static const double gauss_smooth[] = {
    0.65087790602610662,  0.33633241068846248, 0.012789683285430698,
    0.018397648658698171, 0.58181364414072756, 0.39978870720057441,
    0.016873140455887229, 0.31788541439403722, 0.66524144515007522};

static void gauss_is(const char *recipe, const double *want, bool weighted,
                     double tolerance)
{
    static const char *const names[] = {"0", "1", "2"};
    int32_t label[9];
    ens_column c[] = {
        {.name = "a", .x = gauss_x, .stride = 2},
        {.name = "b", .x = gauss_x + 1, .stride = 2},
        {.name = "y", .role = ENS_TARGET, .code = label, .levels = names, .n_levels = 3},
        {.name = "w", .role = ENS_WEIGHT, .x = gauss_w}};
    ens_column q[] = {{.name = "a", .x = gauss_q, .stride = 2},
                      {.name = "b", .x = gauss_q + 1, .stride = 2}};
    double out[9];
    ens_model *m;

    for (size_t i = 0; i < 9; i++)
        label[i] = (int32_t)gauss_y[i];
    m = fit(recipe, c, weighted ? 4 : 3, 9);
    predict(out, m, q, 2, 3);
    for (size_t i = 0; i < 9; i++)
        ck_assert_msg(fabs(out[i] - want[i]) <= tolerance,
                      "%s: output %zu is %.17g, scikit-learn has %.17g", recipe, i,
                      out[i], want[i]);
    ens_model_free(m);
}

START_TEST(numbers_are_as_gaussian_nb)
{
    gauss_is("naive_bayes", gauss_plain, false, 1e-10);
    gauss_is("naive_bayes(var_smoothing=0.1, priors=[0.2, 0.3, 0.5])", gauss_smooth,
             false, 1e-10);
    /* scikit-learn leaves the weights out of the widest variance, of which 1e-9 is added to all */
    gauss_is("naive_bayes", gauss_weighted, true, 1e-7);
}
END_TEST

/*     from sklearn.naive_bayes import CategoricalNB
 *     c = [[0, 1], [0, 0], [1, 1], [2, 1], [2, 0], [1, 0]]; y = [0, 0, 0, 1, 1, 1]; w = [1, 2, 1, 1, .5, 3]
 *     q = [[0, 0], [1, 1], [2, 1], [3, 0]]
 *     for alpha in (1, .25):
 *         for s in (None, w): CategoricalNB(alpha=alpha, min_categories=[4, 2]).fit(c, y, s).predict_proba(q) */
static const double categorical[4][8] = {
    {0.66666666666666652, 0.3333333333333332, 0.60000000000000009, 0.39999999999999997,
     0.3333333333333332, 0.66666666666666652, 0.39999999999999997, 0.59999999999999987},
    {0.73178807947019875, 0.26821192052980125, 0.43418467583497045, 0.56581532416502944,
     0.38037865748709127, 0.61962134251290912, 0.40550458715596338, 0.59449541284403673},
    {0.83333333333333348, 0.16666666666666669, 0.6428571428571429, 0.35714285714285704,
     0.16666666666666669, 0.83333333333333348, 0.35714285714285726, 0.64285714285714279},
    {0.89444878811571549, 0.10555121188428458, 0.42926829268292688, 0.57073170731707312,
     0.21836228287841208, 0.78163771712158769, 0.3946188340807178, 0.60538116591928226}};

static const char *const levels[] = {"l0", "l1", "l2", "l3"};

START_TEST(categories_are_as_categorical_nb)
{
    static const int32_t d[] = {0, 0, 1, 2, 2, 1}, e[] = {1, 0, 1, 1, 0, 0},
                         label[] = {0, 0, 0, 1, 1, 1};
    static const int32_t qd[] = {0, 1, 2, 3}, qe[] = {0, 1, 1, 0};
    static const double w[] = {1, 2, 1, 1, .5, 3};
    ens_column c[] = {
        {.name = "d", .code = d, .levels = levels, .n_levels = 4},
        {.name = "e", .code = e, .levels = levels, .n_levels = 2},
        {.name = "y", .role = ENS_TARGET, .code = label, .levels = levels, .n_levels = 2},
        {.name = "w", .role = ENS_WEIGHT, .x = w}};
    ens_column q[] = {{.name = "d", .code = qd, .levels = levels, .n_levels = 4},
                      {.name = "e", .code = qe, .levels = levels, .n_levels = 2}};

    for (size_t i = 0; i < 4; i++) {
        ens_model *m = fit(i < 2 ? "naive_bayes" : "naive_bayes(alpha=0.25)", c,
                           i % 2 == 0 ? 3 : 4, 6);
        double out[8];

        predict(out, m, q, 2, 4);
        for (size_t j = 0; j < 8; j++)
            ck_assert_double_eq_tol(out[j], categorical[i][j], 1e-10);
        ens_model_free(m);
    }
}
END_TEST

/* Features are independent given the class: odds multiply, and a gap leaves the others' alone. */
START_TEST(a_gap_says_nothing_and_the_rest_multiplies)
{
    static const double x[] = {1, 2, 3, 2, 4, 6}, qx[] = {2.5, NAN, 2.5, NAN};
    static const int32_t d[] = {0, 0, 1, 1, 1, 1}, label[] = {0, 0, 0, 1, 1, 1},
                         qd[] = {-1, 0, 0, -1};
    ens_column c[] = {{.name = "x", .x = x},
                      {.name = "d", .code = d, .levels = levels, .n_levels = 2},
                      {.name = "y",
                       .role = ENS_TARGET,
                       .code = label,
                       .levels = levels,
                       .n_levels = 2}};
    ens_column q[] = {{.name = "x", .x = qx},
                      {.name = "d", .code = qd, .levels = levels, .n_levels = 2}};
    ens_model *m = fit("naive_bayes", c, 3, 6);
    double out[8], odds[4];

    predict(out, m, q, 2, 4);
    for (size_t i = 0; i < 4; i++)
        odds[i] = out[2 * i] / out[2 * i + 1];
    ck_assert_double_eq_tol(odds[1], (3.0 / 5) / (1.0 / 5),
                            1e-12); /* (2 + 1) / (3 + 2) to (0 + 1) / (3 + 2) */
    ck_assert_double_eq_tol(odds[2], odds[0] * odds[1], 1e-12);
    ck_assert_double_eq_tol(odds[3], 1, 1e-15);
    ens_model_free(m);
}
END_TEST

START_TEST(extremes_give_probabilities)
{
    static const double x[] = {-1e300, -1e300, 1e300, 1e300}, constant[] = {5, 5, 5, 5};
    static const double qx[] = {-1.7e308, 0, 1.7e308}, q5[] = {4, 5, 6};
    static const int32_t label[] = {0, 0, 1, 1};
    static const char *const recipes[] = {"naive_bayes", "naive_bayes(var_smoothing=0)"};
    ens_column c[] = {{.name = "x", .x = x},
                      {.name = "c", .x = constant},
                      {.name = "y",
                       .role = ENS_TARGET,
                       .code = label,
                       .levels = levels,
                       .n_levels = 3}};
    ens_column q[] = {{.name = "x", .x = qx}, {.name = "c", .x = q5}};

    for (size_t r = 0; r < 2; r++) {
        ens_model *m = fit(recipes[r], c, 3, 4);
        double out[9];

        predict(out, m, q, 2, 3);
        for (size_t i = 0; i < 3; i++) {
            ck_assert_double_eq_tol(out[3 * i] + out[3 * i + 1] + out[3 * i + 2], 1,
                                    1e-12);
            ck_assert(out[3 * i + 2] == 0); /* no rows: prior 0 */
        }
        ck_assert(out[0] > 0.5 && out[7] > 0.5);
        ck_assert_double_eq_tol(out[3], 0.5, 1e-9);
        ens_model_free(m);
    }
}
END_TEST

START_TEST(bad_priors_are_refused)
{
    static const int32_t label[] = {0, 1};
    static const double x[] = {1, 2};
    ens_column c[] = {{.name = "x", .x = x},
                      {.name = "y",
                       .role = ENS_TARGET,
                       .code = label,
                       .levels = levels,
                       .n_levels = 2}};
    ens_dataset *d;
    ens_learner *l;
    ens_model *m;

    ck_fails(ens_learner_parse(&l, "naive_bayes(priors=[0.5, 0.6])", &err), ENS_ERANGE,
             "priors add up to 1.1, not 1");
    ck_fails(ens_learner_parse(&l, "naive_bayes(alpha=0)", &err), ENS_ERANGE, "alpha");
    ck_ok(ens_learner_parse(&l, "naive_bayes(priors=[0.2, 0.3, 0.5])", &err));
    ck_ok(ens_dataset_from_columns(&d, c, 2, 2, ENS_TASK_AUTO, &err));
    ck_fails(ens_fit(&m, l, d, NULL, 1, NULL, &err), ENS_ERANGE,
             "priors has 3 values for 2 classes");
    ens_dataset_free(d);
    ens_learner_free(l);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, numbers_are_as_gaussian_nb);
    tcase_add_test(tc, categories_are_as_categorical_nb);
    tcase_add_test(tc, a_gap_says_nothing_and_the_rest_multiplies);
    tcase_add_test(tc, extremes_give_probabilities);
    tcase_add_test(tc, bad_priors_are_refused);
}

Suite *naive_bayes_suite(void);

Suite *naive_bayes_suite(void)
{
    return suite_of("naive_bayes", add);
}
