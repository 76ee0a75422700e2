/* test_more.c - members added to a model: the bytes of one fit, what both share, what is refused. */
#include <config.h>

#include "run.h"
#include <ensemble.h>

static ens_error err;

static ens_dataset *generate(const char *spec)
{
    ens_dataset *d;

    ck_ok(ens_generate(&d, spec, 7, &err));
    return d;
}

static ens_learner *parse(const char *recipe)
{
    ens_learner *l;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    return l;
}

static ens_model *fit(const char *recipe, const ens_dataset *d)
{
    ens_learner *l = parse(recipe);
    ens_model *m;

    ck_ok(ens_fit(&m, l, d, NULL, 5, NULL, &err));
    ens_learner_free(l);
    return m;
}

static ens_model *add(const ens_model *m, const char *recipe, const ens_dataset *d,
                      unsigned threads)
{
    ens_learner *l = parse(recipe);
    ens_exec exec = {.threads = threads};
    ens_model *more;

    ck_ok(ens_fit_more(&more, m, l, d, NULL, &exec, &err));
    ens_learner_free(l);
    return more;
}

static void add_fails(const ens_model *m, const char *recipe, const ens_dataset *d,
                      ens_status st, const char *text)
{
    ens_learner *l = parse(recipe);
    ens_model *more = (ens_model *)&err;

    ck_fails(ens_fit_more(&more, m, l, d, NULL, NULL, &err), st, text);
    ck_assert_ptr_null(more);
    ens_learner_free(l);
}

/* Same files, and out of bag the same bits. */
static void must_be_same(const ens_model *a, const ens_model *b)
{
    void *x, *y;
    size_t n, m;
    const double *p, *q;

    ck_ok(ens_model_save_bytes(&x, &n, a, &err));
    ck_ok(ens_model_save_bytes(&y, &m, b, &err));
    ck_assert_uint_eq(n, m);
    ck_assert_mem_eq(x, y, n);
    ens_bytes_free(x);
    ens_bytes_free(y);
    p = ens_model_oob(a, &n);
    q = ens_model_oob(b, &m);
    ck_assert(n == m && (p != NULL) == (q != NULL));
    if (p != NULL)
        ck_assert_mem_eq(p, q, n * ens_model_k(a) * sizeof *p);
}

static const char *const recipes[] = {
    "forest(n_estimators=%d)",
    "forest(n_estimators=%d, oob_score=true, class_weight=balanced)",
    "extra_trees(n_estimators=%d, max_samples=0.8, oob_score=true)",
    "bagging(tree, n_estimators=%d, max_samples=0.5, max_features=0.5, oob_score=true)",
    "bagging(naive_bayes, n_estimators=%d, bootstrap_features=true)",
    ("bagging(forest(n_estimators=2), n_estimators=%d, bootstrap=false, max_samples=20, "
     "oob_score=true)"), /* one text */
    "isolation(n_estimators=%d, max_samples=30, contamination=0.1)",
};

START_TEST(the_bytes_are_those_of_one_fit)
{
    ens_dataset *d = generate("hastie_10_2(n=120)");
    char few[128], many[128];
    ens_model *old, *whole;

    snprintf(few, sizeof few, recipes[_i], 3);
    snprintf(many, sizeof many, recipes[_i], 11);
    old = fit(few, d);
    whole = fit(many, d);
    for (unsigned threads = 1; threads <= 3; threads++) {
        ens_model *more = add(old, many, d, threads);

        must_be_same(more, whole);
        ens_model_free(more);
    }
    ens_model_free(old);
    ens_model_free(whole);
    ens_dataset_free(d);
}
END_TEST

START_TEST(a_loaded_model_can_be_added_to)
{
    ens_dataset *d = generate("friedman1(n=80)");
    ens_model *old = fit("bagging(tree, n_estimators=2, max_features=0.4)", d), *loaded,
              *more;
    ens_model *whole = fit("bagging(tree, n_estimators=5, max_features=0.4)", d);
    void *bytes;
    size_t size;

    ck_ok(ens_model_save_bytes(&bytes, &size, old, &err));
    ens_model_free(old);
    ck_ok(ens_model_load_bytes(&loaded, bytes, size, &err));
    ens_bytes_free(bytes);
    more = add(loaded, "bagging(tree, n_estimators=5, max_features=0.4)", d, 2);
    must_be_same(more, whole);
    ens_model_free(loaded);
    ens_model_free(more);
    ens_model_free(whole);
    ens_dataset_free(d);
}
END_TEST

/* Members are shared: each model must work when the others are gone. */
START_TEST(models_may_be_freed_in_any_order)
{
    ens_dataset *d = generate("friedman1(n=60)");
    ens_model *a, *b, *c, *whole = fit("forest(n_estimators=6)", d);

    for (int order = 0; order < 2; order++) {
        a = fit("forest(n_estimators=2)", d);
        b = add(a, "forest(n_estimators=4)", d, 1);
        if (order == 0)
            ens_model_free(a);
        c = add(b, "forest(n_estimators=6)", d, 1);
        ens_model_free(b);
        must_be_same(c, whole);
        ens_model_free(c);
        if (order == 1) {
            b = add(a, "forest(n_estimators=6)", d, 1);
            must_be_same(b, whole);
            ens_model_free(b);
            ens_model_free(a);
        }
    }
    ens_model_free(whole);
    ens_dataset_free(d);
}
END_TEST

static ens_go answer_at(const ens_progress *p, void *ctx)
{
    const ens_go *go = ctx;

    return strcmp(p->phase, "fitting members") == 0 && p->done >= 3 ? *go : ENS_GO;
}

START_TEST(a_stopped_fit_can_be_completed_and_an_addition_stopped)
{
    ens_dataset *d = generate("friedman1(n=60)");
    ens_learner *l = parse("forest(n_estimators=8)");
    ens_go go = ENS_STOP;
    ens_exec exec = {.threads = 1, .progress = answer_at, .progress_ctx = &go};
    ens_model *three, *six, *whole = fit("forest(n_estimators=8)", d), *more;
    char *text;

    ck_ok(ens_fit(&three, l, d, NULL, 5, &exec, &err));
    more = add(three, "forest(n_estimators=8)", d, 2);
    must_be_same(more, whole);
    ens_model_free(more);
    ck_ok(ens_fit_more(&six, three, l, d, NULL, &exec, &err));
    ck_ok(ens_model_describe(&text, six, &err));
    ck_assert_ptr_nonnull(strstr(text, "members: 6 of type tree"));
    ens_string_free(text);
    go = ENS_CANCEL;
    ck_fails(ens_fit_more(&more, three, l, d, NULL, &exec, &err), ENS_ECANCELED, "");
    ck_assert_ptr_null(more);
    ens_model_free(three);
    ens_model_free(six);
    ens_model_free(whole);
    ens_learner_free(l);
    ens_dataset_free(d);
}
END_TEST

START_TEST(other_recipes_are_refused)
{
    ens_dataset *d = generate("friedman1(n=60)");
    ens_model *m = fit("forest(n_estimators=3)", d), *nb;

    add_fails(m, "forest(n_estimators=3)", d, ENS_ERANGE,
              "forest.n_estimators = 3 is not above the 3 members that the model has");
    add_fails(m, "forest(n_estimators=2)", d, ENS_ERANGE,
              "forest.n_estimators = 2 is not above");
    add_fails(m, "forest(n_estimators=9, max_depth=3)", d, ENS_EINVAL,
              "forest.max_depth = 3, but the model was fitted with none");
    add_fails(m, "bagging(tree, n_estimators=9)", d, ENS_EINVAL,
              "the recipe has a bagging where the model has a forest");
    nb = fit("bagging(tree, n_estimators=2)", d);
    add_fails(nb, "bagging(dummy, n_estimators=9)", d, ENS_EINVAL,
              "the recipe has a dummy where the model has a tree");
    add_fails(nb, "bagging(tree(max_depth=2), n_estimators=9)", d, ENS_EINVAL,
              "tree.max_depth = 2, but the model was fitted with none");
    ens_model_free(nb);
    nb = fit("dummy", d);
    add_fails(nb, "dummy", d, ENS_ESUPPORT, "a model of dummy cannot be added to");
    ens_model_free(nb);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* A table of a number and a category and a target, each as the test wants it. */
typedef struct spec {
    const char *number, *category, *level, *target;
    size_t n;
    double first;
    ens_task task;
} spec;

static ens_dataset *table_of(const spec *s)
{
    static const double classes[8] = {0, 1, 0, 1, 0, 1, 1, 0};
    static const int32_t code[8] = {0, 1, 1, 0, 1, 0, 0, 1};
    const char *levels[] = {"a", s->level};
    double x[8] = {s->first, 2, 3, 4, 5, 6, 7, 8};
    ens_column column[] = {
        {.name = s->number, .x = x},
        {.name = s->category, .code = code, .levels = levels, .n_levels = 2},
        {.name = s->target, .x = classes, .role = ENS_TARGET}};
    ens_dataset *d;

    ck_ok(ens_dataset_from_columns(&d, column, 3, s->n, s->task, &err));
    return d;
}

static const spec plain = {"x", "z", "b", "y", 8, 1, ENS_TASK_CLASSIFICATION};

static void table_fails(const ens_model *m, spec s, const char *text)
{
    ens_dataset *d = table_of(&s);

    add_fails(m, "forest(n_estimators=3)", d, ENS_ESHAPE, text);
    ens_dataset_free(d);
}

START_TEST(other_tables_are_refused)
{
    ens_dataset *d = table_of(&plain), *wide = generate("hastie_10_2(n=30)"), *three;
    ens_model *m = fit("forest(n_estimators=2)", d), *more;
    double x[] = {1, 2, 3, 4, 5, 6}, y[] = {0, 1, 2, 0, 1, 2};
    spec s = plain;

    more = add(m, "forest(n_estimators=3)", d, 1); /* the same table does */
    ens_model_free(more);
    add_fails(m, "forest(n_estimators=3)", wide, ENS_ESHAPE,
              "the table has 10 features, the model 2");
    s.number = "v";
    table_fails(m, s, "feature 1 is `v`, the model has `x` there");
    s = plain;
    s.level = "c";
    table_fails(m, s, "level 2 of column `z` is `c`, the model has `b`");
    s = plain;
    s.target = "t";
    table_fails(m, s, "the target is `t`, the model predicts `y`");
    s = plain;
    s.task = ENS_TASK_REGRESSION;
    table_fails(m, s, "target `y` is for regression, the model is not");
    s = plain;
    s.n = 7;
    table_fails(m, s, "the table has 7 rows, the model was fitted on 8");
    s = plain;
    s.first = 1.5;
    table_fails(m, s, "the values are not those that the model was fitted on");
    ens_model_free(m);
    ens_dataset_free(d);
    ens_dataset_free(wide);
    ck_ok(ens_dataset_from_matrix(&d, x, 6, 1, x, ENS_TASK_CLASSIFICATION, &err));
    ck_ok(ens_dataset_from_matrix(&three, x, 6, 1, y, ENS_TASK_CLASSIFICATION, &err));
    m = fit("forest(n_estimators=2)", d);
    add_fails(m, "forest(n_estimators=3)", three, ENS_ESHAPE,
              "column `y` has 3 levels, the model knows 6");
    ens_model_free(m);
    ens_dataset_free(d);
    ens_dataset_free(three);
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_loop_test(tc, the_bytes_are_those_of_one_fit, 0,
                        (int)(sizeof recipes / sizeof *recipes));
    tcase_add_test(tc, a_loaded_model_can_be_added_to);
    tcase_add_test(tc, models_may_be_freed_in_any_order);
    tcase_add_test(tc, a_stopped_fit_can_be_completed_and_an_addition_stopped);
    tcase_add_test(tc, other_recipes_are_refused);
    tcase_add_test(tc, other_tables_are_refused);
}

Suite *more_suite(void);

Suite *more_suite(void)
{
    return suite_of("more", add_tests);
}
