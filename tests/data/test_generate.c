/* test_generate.c - synthetic tables: their formulas, moments, structure, streams and errors. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <ensemble/dataset.h>

static ens_dataset *generate(const char *spec, uint64_t seed)
{
    ens_dataset *data;
    ens_error err;

    ck_ok(ens_generate(&data, spec, seed, &err));
    return data;
}

static double get(const ens_dataset *data, size_t i, size_t j)
{
    return ens_dataset_get(data, i, j);
}

/* Row i's class by name, as a number. */
static double class_number(const ens_dataset *data, size_t i)
{
    return strtod(ens_dataset_class(data, (size_t)ens_dataset_y(data, i)), NULL);
}

/* ---- Formulas ---- */

static double friedman1(const double *x)
{
    return 10 * sin(M_PI * x[0] * x[1]) + 20 * pow(x[2] - 0.5, 2) + 10 * x[3] + 5 * x[4];
}

static double friedman2(const double *x)
{
    return sqrt(x[0] * x[0] + pow(x[1] * x[2] - 1 / (x[1] * x[3]), 2));
}

static double friedman3(const double *x)
{
    return atan((x[1] * x[2] - 1 / (x[1] * x[3])) / x[0]);
}

static const struct {
    const char *name;
    double (*truth)(const double *x);
    size_t p;
} friedmans[] = {{"friedman1", friedman1, 10},
                 {"friedman2", friedman2, 4},
                 {"friedman3", friedman3, 4}};

START_TEST(friedman_without_noise_is_its_formula)
{
    char spec[64];
    double x[10];

    snprintf(spec, sizeof spec, "%s(n=500, noise=0)", friedmans[_i].name);
    ens_dataset *data = generate(spec, 1);
    ck_assert_uint_eq(ens_dataset_n(data), 500);
    ck_assert_uint_eq(ens_dataset_p(data), friedmans[_i].p);
    ck_assert_int_eq(ens_dataset_task(data), ENS_TASK_REGRESSION);
    for (size_t i = 0; i < 500; i++) {
        for (size_t j = 0; j < friedmans[_i].p; j++)
            x[j] = get(data, i, j);
        double y = friedmans[_i].truth(x);
        /* Other order of operations: a few roundings. */
        ck_assert(fabs(ens_dataset_y(data, i) - y) <= 1e-14 * fabs(y) + 1e-14);
    }
    ens_dataset_free(data);
}
END_TEST

START_TEST(friedman_noise_is_normal_with_its_deviation)
{
    static const double sd[] = {2, 50, 0.25};
    enum { ROWS = 20000 };
    char clean[64], noisy[64];
    double sum = 0, squares = 0;

    snprintf(clean, sizeof clean, "%s(n=%d, noise=0)", friedmans[_i].name, ROWS);
    snprintf(noisy, sizeof noisy, "%s(n=%d, noise=%g)", friedmans[_i].name, ROWS, sd[_i]);
    ens_dataset *a = generate(clean, 2), *b = generate(noisy, 2);
    for (size_t i = 0; i < ROWS; i++) {
        double e = (ens_dataset_y(b, i) - ens_dataset_y(a, i)) / sd[_i];

        ck_assert(get(a, i, 0) == get(b, i, 0)); /* noise leaves the features alone */
        sum += e;
        squares += e * e;
    }
    ck_assert_double_eq_tol(sum / ROWS, 0, 4 / sqrt(ROWS));
    ck_assert_double_eq_tol(squares / ROWS, 1, 4 * sqrt(2.0 / ROWS));
    ens_dataset_free(a);
    ens_dataset_free(b);
}
END_TEST

/* Mean and extremes of a column that is uniform on [low, high). */
static void check_uniform(const ens_dataset *data, size_t j, double low, double high)
{
    size_t n = ens_dataset_n(data);
    double sum = 0, least = high, most = low, width = high - low;

    for (size_t i = 0; i < n; i++) {
        double v = get(data, i, j);

        ck_assert(v >= low && v < high);
        sum += v;
        least = fmin(least, v);
        most = fmax(most, v);
    }
    ck_assert_double_eq_tol(sum / (double)n, (low + high) / 2,
                            4 * width / sqrt(12.0 * (double)n));
    ck_assert(least < low + 20 * width / (double)n &&
              most > high - 20 * width / (double)n);
}

START_TEST(friedman_features_are_uniform)
{
    ens_dataset *one = generate("friedman1(n=10000)", 3),
                *two = generate("friedman2(n=10000)", 3);

    for (size_t j = 0; j < 10; j++)
        check_uniform(one, j, 0, 1);
    check_uniform(two, 0, 0, 100);
    check_uniform(two, 1, 40 * M_PI, 560 * M_PI);
    check_uniform(two, 2, 0, 1);
    check_uniform(two, 3, 1, 11);
    ens_dataset_free(one);
    ens_dataset_free(two);
}
END_TEST

START_TEST(more_features_leave_the_first_as_they_were)
{
    ens_dataset *five = generate("friedman1(n=50, p=5)", 4),
                *nine = generate("friedman1(n=50, p=9)", 4);

    for (size_t i = 0; i < 50; i++) {
        for (size_t j = 0; j < 5; j++)
            ck_assert(get(five, i, j) == get(nine, i, j));
        ck_assert(ens_dataset_y(five, i) == ens_dataset_y(nine, i));
    }
    ens_dataset_free(five);
    ens_dataset_free(nine);
}
END_TEST

START_TEST(hastie_is_a_ball_with_half_of_the_rows)
{
    ens_dataset *data = generate("hastie_10_2", 5);
    size_t outside = 0;

    ck_assert_uint_eq(ens_dataset_n(data), 12000);
    ck_assert_uint_eq(ens_dataset_p(data), 10);
    ck_assert_str_eq(ens_dataset_class(data, 0), "-1");
    ck_assert_str_eq(ens_dataset_class(data, 1), "1");
    for (size_t i = 0; i < 12000; i++) {
        double r = 0;

        for (size_t j = 0; j < 10; j++)
            r += get(data, i, j) * get(data, i, j);
        ck_assert(ens_dataset_y(data, i) == (r > 9.34));
        outside += r > 9.34;
    }
    ck_assert(fabs((double)outside - 6000) < 4 * sqrt(3000)); /* binomial */
    ens_dataset_free(data);
}
END_TEST

START_TEST(moons_without_noise_are_half_circles)
{
    ens_dataset *data = generate("moons(n=1001, noise=0)", 6);
    size_t lower = 0;

    for (size_t i = 0; i < 1001; i++) {
        int second = ens_dataset_y(data, i) == 1;
        double a = second ? 1 - get(data, i, 0) : get(data, i, 0);
        double b = second ? 0.5 - get(data, i, 1) : get(data, i, 1);

        ck_assert_double_eq_tol(a * a + b * b, 1, 1e-14);
        ck_assert(b >= 0);
        lower += second;
    }
    ck_assert_uint_eq(lower, 500);
    ens_dataset_free(data);
}
END_TEST

START_TEST(checkerboard_is_black_and_white)
{
    ens_dataset *data = generate("checkerboard(n=2000, cells=5, p=3)", 7);
    int count[2] = {0};

    ck_assert_uint_eq(ens_dataset_p(data), 3);
    for (size_t i = 0; i < 2000; i++) {
        int colour = ((int)(get(data, i, 0) * 5) + (int)(get(data, i, 1) * 5)) % 2;

        ck_assert(ens_dataset_y(data, i) == colour);
        count[colour]++;
    }
    ck_assert(abs(count[0] - 1040) < 4 * 23); /* 13 of 25 cells */
    ens_dataset_free(data);
}
END_TEST

START_TEST(flips_draw_a_class_at_random)
{
    ens_dataset *clean = generate("checkerboard(n=20000)", 8);
    ens_dataset *flipped = generate("checkerboard(n=20000, flip_y=0.3)", 8);
    size_t differ = 0;

    for (size_t i = 0; i < 20000; i++)
        differ += ens_dataset_y(clean, i) != ens_dataset_y(flipped, i);
    ck_assert(fabs((double)differ - 3000) <
              4 * 51); /* half of the flips change nothing */
    ens_dataset_free(clean);
    ens_dataset_free(flipped);
}
END_TEST

/* ---- classification ---- */

/* With clusters so far apart that the signs of a row's informative features tell its vertex. */
START_TEST(clusters_stand_on_distinct_vertices)
{
    enum { INFORMATIVE = 4, CLUSTERS = 6, ROWS = 600 };
    ens_dataset *data =
        generate("classification(n=600, p=8, informative=4, redundant=1, classes=3, "
                 "clusters_per_class=2, class_sep=1000, flip_y=0)",
                 9);
    int rows[1 << INFORMATIVE] = {0}, label[1 << INFORMATIVE], used = 0;

    ck_assert_uint_eq(ens_dataset_n_classes(data), 3);
    for (size_t i = 0; i < ROWS; i++) {
        unsigned vertex = 0;

        for (size_t j = 0; j < INFORMATIVE; j++) {
            ck_assert(fabs(fabs(get(data, i, j)) - 1000) < 50);
            vertex |= (unsigned)(get(data, i, j) > 0) << j;
        }
        if (rows[vertex]++ == 0)
            label[vertex] = (int)ens_dataset_y(data, i);
        ck_assert_int_eq(label[vertex], (int)ens_dataset_y(data, i));
    }
    for (int v = 0; v < 1 << INFORMATIVE; v++) {
        ck_assert(rows[v] == 0 || rows[v] == ROWS / CLUSTERS);
        used += rows[v] != 0;
    }
    ck_assert_int_eq(used, CLUSTERS);
    ens_dataset_free(data);
}
END_TEST

/* Solve a x = b for two unknowns. */
static void solve2(double *x, const double a[2][2], const double *b)
{
    double det = a[0][0] * a[1][1] - a[0][1] * a[1][0];

    x[0] = (b[0] * a[1][1] - a[0][1] * b[1]) / det;
    x[1] = (a[0][0] * b[1] - b[0] * a[1][0]) / det;
}

START_TEST(redundant_features_are_linear_in_the_informative)
{
    ens_dataset *data =
        generate("classification(n=200, p=6, informative=2, redundant=3, classes=2, "
                 "clusters_per_class=1)",
                 10);

    for (size_t r = 2; r < 5; r++) {
        double a[2][2] = {{get(data, 0, 0), get(data, 0, 1)},
                          {get(data, 1, 0), get(data, 1, 1)}};
        double b[2] = {get(data, 0, r), get(data, 1, r)}, w[2];

        solve2(w, a, b);
        ck_assert(fabs(w[0]) <= 1.001 && fabs(w[1]) <= 1.001);
        for (size_t i = 2; i < 200; i++)
            ck_assert_double_eq_tol(
                get(data, i, r), w[0] * get(data, i, 0) + w[1] * get(data, i, 1), 1e-9);
    }
    ens_dataset_free(data);
}
END_TEST

START_TEST(noise_features_are_standard_normal_and_tell_nothing)
{
    ens_dataset *data = generate(
        "classification(n=20000, p=4, informative=2, redundant=1, flip_y=0)", 11);
    double sum[2] = {0}, squares = 0, n = 20000;

    for (size_t i = 0; i < 20000; i++) {
        double v = get(data, i, 3);

        sum[(int)ens_dataset_y(data, i)] += v;
        squares += v * v;
    }
    for (int c = 0; c < 2; c++)
        ck_assert_double_eq_tol(sum[c] / (n / 2), 0, 4 / sqrt(n / 2));
    ck_assert_double_eq_tol(squares / n, 1, 4 * sqrt(2 / n));
    ens_dataset_free(data);
}
END_TEST

START_TEST(shuffled_features_are_the_same_in_another_order)
{
    ens_dataset *plain = generate("classification(n=30, p=12)", 12);
    ens_dataset *mixed = generate("classification(n=30, p=12, shuffle=true)", 12);
    size_t found = 0, moved = 0;

    for (size_t a = 0; a < 12; a++)
        for (size_t b = 0; b < 12; b++) {
            size_t same = 0;

            for (size_t i = 0; i < 30; i++)
                same += get(plain, i, a) == get(mixed, i, b);
            found += same == 30;
            moved += same == 30 && a != b;
        }
    ck_assert_uint_eq(found, 12);
    ck_assert_uint_gt(moved, 3);
    for (size_t i = 0; i < 30; i++)
        ck_assert(ens_dataset_y(plain, i) == ens_dataset_y(mixed, i));
    ens_dataset_free(plain);
    ens_dataset_free(mixed);
}
END_TEST

START_TEST(many_dimensions_have_room_for_many_clusters)
{
    ens_dataset *data =
        generate("classification(n=500, p=70, informative=60, redundant=0, classes=100, "
                 "clusters_per_class=5, class_sep=1e6, flip_y=0)",
                 13);

    ck_assert_uint_eq(ens_dataset_n_classes(data), 100);
    for (size_t i = 0; i < 500; i++) /* one row a cluster: all vertices differ */
        for (size_t k = 0; k < i; k++) {
            size_t same = 0;

            for (size_t j = 0; j < 60; j++)
                same += (get(data, i, j) > 0) == (get(data, k, j) > 0);
            ck_assert_uint_lt(same, 60);
        }
    ens_dataset_free(data);
}
END_TEST

/* ---- All of them ---- */

static void check_equal(const ens_dataset *a, const ens_dataset *b, int equal)
{
    size_t same = 0, cells = ens_dataset_n(a) * ens_dataset_p(a);

    for (size_t i = 0; i < ens_dataset_n(a); i++)
        for (size_t j = 0; j < ens_dataset_p(a); j++)
            same += get(a, i, j) == get(b, i, j);
    if (equal)
        ck_assert_uint_eq(same, cells);
    else
        ck_assert_uint_eq(same, 0);
}

START_TEST(every_generator_gives_the_same_for_the_same_seed)
{
    const char *name;

    for (size_t g = 0; (name = ens_generator_name(g)) != NULL; g++) {
        ens_dataset *a = generate(name, 1), *b = generate(name, 1),
                    *c = generate(name, 2);

        ck_assert_ptr_nonnull(ens_generator_help(g));
        check_equal(a, b, 1);
        check_equal(a, c, 0);
        for (size_t i = 0; i < ens_dataset_n(a); i++)
            ck_assert(ens_dataset_y(a, i) == ens_dataset_y(b, i));
        ck_assert_str_eq(ens_dataset_target(a), "y");
        ens_dataset_free(a);
        ens_dataset_free(b);
        ens_dataset_free(c);
    }
    ck_assert_ptr_null(ens_generator_help(99));
}
END_TEST

START_TEST(names_of_scikit_learn_are_known)
{
    ens_dataset *data =
        generate("classification(n_samples=40, n_features=9, n_informative=3, "
                 "n_redundant=1, n_classes=4, n_clusters_per_class=1, flip_y=0)",
                 14);
    int count[4] = {0};

    ck_assert_uint_eq(ens_dataset_n(data), 40);
    ck_assert_uint_eq(ens_dataset_p(data), 9);
    for (size_t i = 0; i < 40; i++)
        count[(int)class_number(data, i)]++;
    for (int c = 0; c < 4; c++)
        ck_assert_int_eq(count[c], 10);
    ens_dataset_free(data);
}
END_TEST

START_TEST(bad_specs_are_named)
{
    static const struct {
        const char *spec;
        ens_status status;
        const char *text;
    } bad[] = {
        {"", ENS_EPARSE, "expected"},
        {"friedman4", ENS_ENAME, "did you mean `friedman"},
        {"moons(nois=1)", ENS_ENAME, "did you mean `noise`"},
        {"moons(n=0)", ENS_ERANGE, "moons.n = 0 is outside [1, 4294967295]"},
        {"moons(n=10", ENS_EPARSE, "expected"},
        {"friedman1(p=4)", ENS_ERANGE, "friedman1.p = 4 is outside [5, 1000000]"},
        {"friedman2(p=4)", ENS_ENAME, "no parameter `p`"},
        {"friedman1(noise=-1)", ENS_ERANGE, "noise"},
        {"classification(p=6)", ENS_ERANGE, "informative + redundant = 7 is above p = 6"},
        {"classification(informative=2, classes=3)", ENS_ERANGE,
         "6 clusters need as many vertices, informative = 2 gives 4"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ens_dataset *data = (ens_dataset *)&data;
        ens_error err;

        ck_fails(ens_generate(&data, bad[i].spec, 1, &err), bad[i].status, bad[i].text);
        ck_assert_ptr_null(data);
    }
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    static const char *const spec[] = {"friedman1(n=20)",
                                       "checkerboard(n=20, flip_y=0.1)",
                                       "classification(n=20, shuffle=true)"};
    ens_dataset *data = NULL;
    ens_error err;
    ens_status st = ENS_ENOMEM;
    long k = 0;

    for (; st != ENS_OK; k++) {
        ens__mem_fail_at(k);
        st = ens_generate(&data, spec[_i], 1, &err);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_OK || (st == ENS_ENOMEM && data == NULL));
    }
    ck_assert_int_gt((int)k, 8);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, friedman_without_noise_is_its_formula, 0, 3);
    tcase_add_loop_test(tc, friedman_noise_is_normal_with_its_deviation, 0, 3);
    tcase_add_test(tc, friedman_features_are_uniform);
    tcase_add_test(tc, more_features_leave_the_first_as_they_were);
    tcase_add_test(tc, hastie_is_a_ball_with_half_of_the_rows);
    tcase_add_test(tc, moons_without_noise_are_half_circles);
    tcase_add_test(tc, checkerboard_is_black_and_white);
    tcase_add_test(tc, flips_draw_a_class_at_random);
    tcase_add_test(tc, clusters_stand_on_distinct_vertices);
    tcase_add_test(tc, redundant_features_are_linear_in_the_informative);
    tcase_add_test(tc, noise_features_are_standard_normal_and_tell_nothing);
    tcase_add_test(tc, shuffled_features_are_the_same_in_another_order);
    tcase_add_test(tc, many_dimensions_have_room_for_many_clusters);
    tcase_add_test(tc, every_generator_gives_the_same_for_the_same_seed);
    tcase_add_test(tc, names_of_scikit_learn_are_known);
    tcase_add_test(tc, bad_specs_are_named);
    tcase_add_loop_test(tc, every_allocation_may_fail, 0, 3);
}

Suite *generate_suite(void);

Suite *generate_suite(void)
{
    return suite_of("generate", add);
}
