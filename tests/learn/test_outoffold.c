/* test_outoffold.c - fits over a plan of folds: no row has a part in its own prediction. */
#include <config.h>

#include "run.h"
#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble.h>
#include <learn/outoffold.h>
#include <num/rng.h>

enum { N = 60, P = 3 };

static ens_error err;

/* ---- Tables and learners ----------------------------------------------------------------------------------- */

static ens_dataset *table(ens_task task)
{
    double x[N * P], y[N];
    ens_dataset *data;
    ens__stream s;

    ens__stream_init(&s, 4, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < P; j++)
            x[i * P + j] = ens__stream_uniform(&s);
        y[i] = x[i * P] + 0.3 * ens__stream_uniform(&s);
        if (task == ENS_TASK_CLASSIFICATION)
            y[i] = (y[i] > 0.4) + (y[i] > 0.9);
    }
    ck_ok(ens_dataset_from_matrix(&data, x, N, P, y, task, &err));
    return data;
}

static ens_learner *parse(const char *recipe)
{
    ens_learner *l;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    return l;
}

static ens_folds *plan(const ens_dataset *data, const char *cv)
{
    ens_folds *f;

    ck_ok(ens_folds_make(&f, data, cv, 2, &err));
    return f;
}

/* `memory` remembers the rows of its fit, and predicts 1 for these and 0 for others. With fails=true it fails. */
typedef struct memory_params {
    int fails;
} memory_params;

typedef struct memory {
    bool seen[N];
} memory;

static const ens_param memory_table[] = {
    ENS_ROW(ENS_PARAM_BOOL, memory_params, fails, "false", 0, 1, "", "", "fail where row 0 is missing"),
    ENS_PARAM_LAST};

static ens_status memory_fit(void **out, const void *params, const ens_fit_args *a, ens_error *e)
{
    memory *m = calloc(1, sizeof *m);

    for (size_t i = 0; i < a->rows.n; i++)
        m->seen[a->rows.row[i]] = true;
    if (((const memory_params *)params)->fails && !m->seen[0]) {
        free(m);
        return ens__fail(e, ENS_EDATA, "no row 0");
    }
    *out = m;
    return ENS_OK;
}

static void memory_predict(const void *fit, const ens_rows *rows, double *out, void *scratch)
{
    (void)scratch;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = ((const memory *)fit)->seen[rows->row[i]];
}

static ens_status memory_write(const void *fit, ens_writer *w, ens_error *e)
{
    (void)fit;
    (void)w;
    (void)e;
    return ENS_OK;
}

static ens_status memory_read(void **out, const ens_read_args *a, ens_error *e)
{
    (void)out;
    return ens_reader_bad(a->reader, e, "memory is not kept");
}

static const ens_learner_type memory_type = {
    .abi = ENS_EXT_ABI,
    .name = "memory",
    .help = "whether a row was in the fit",
    .caps = ENS_REGRESSES | ENS_TAKES_NUMBERS | ENS_TAKES_WEIGHTS,
    .params = memory_table,
    .params_size = sizeof(memory_params),
    .fit = memory_fit,
    .predict = memory_predict,
    .write = memory_write,
    .read = memory_read,
    .free = free,
};

/* ---- Tables and models ------------------------------------------------------------------------------------- */

START_TEST(predictions_are_those_of_a_fit_on_the_other_rows)
{
    static const char *const cv[] = {"4", "time(3, gap=2)", "holdout(0.3)", "kfold(3, repeats=2)"};
    ens_dataset *data = table(ENS_TASK_CLASSIFICATION);
    ens_learner *l = parse("standardize | forest(n_estimators=3)");
    ens_folds *f = plan(data, cv[_i]);
    size_t n_splits = ens_folds_n_splits(f), rows[N], tests[N] = {0};
    double pred[N * 3], want[N * 3] = {0}, out[N * 3];
    ens_model *model[8];

    ck_ok(ens_folds_fit(pred, model, l, data, f, 7, NULL, &err));
    for (size_t s = 0; s < n_splits; s++) {
        ens_dataset *part;
        ens_model *m;
        size_t n = ens_folds_train(rows, f, s);

        ck_ok(ens_dataset_subset(&part, data, rows, n, &err));
        ck_ok(ens_fit(&m, l, part, NULL, 7, NULL, &err));
        ens_dataset_free(part);
        ck_assert_uint_eq(ens_model_n_train(model[s]), n);
        n = ens_folds_test(rows, f, s);
        ck_ok(ens_dataset_subset(&part, data, rows, n, &err));
        ck_ok(ens_model_predict(m, part, out, NULL, &err));
        for (size_t i = 0; i < n; i++) {
            tests[rows[i]]++;
            for (size_t c = 0; c < 3; c++)
                want[rows[i] * 3 + c] += out[i * 3 + c];
        }
        ens_dataset_free(part);
        ens_model_free(m);
        ens_model_free(model[s]);
    }
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < 3; c++)
            ck_assert(tests[i] == 0 ? isnan(pred[i * 3 + c])
                                    : pred[i * 3 + c] == want[i * 3 + c] / (double)tests[i]);
    ens_folds_free(f);
    ens_learner_free(l);
    ens_dataset_free(data);
}
END_TEST

START_TEST(no_row_has_a_part_in_its_own_prediction)
{
    static const char *const cv[] = {"2", "leave_one_out", "kfold(5, repeats=3)", "time(4)"};
    ens_dataset *data = table(ENS_TASK_REGRESSION);
    ens_learner *l = parse("memory");
    ens_folds *f = plan(data, cv[_i]);
    double pred[N];
    size_t tested = 0;

    ck_ok(ens_folds_fit(pred, NULL, l, data, f, 1, NULL, &err));
    for (size_t i = 0; i < N; i++) {
        ck_assert(isnan(pred[i]) || pred[i] == 0);
        tested += !isnan(pred[i]);
    }
    ck_assert_uint_ge(tested, N / 2);
    ens_folds_free(f);
    ens_learner_free(l);
    ens_dataset_free(data);
}
END_TEST

START_TEST(any_number_of_threads_gives_the_same_predictions)
{
    static const char *const cv[] = {"5", "2"};
    static const unsigned threads[] = {2, 3, 7};
    ens_dataset *data = table(ENS_TASK_REGRESSION);
    ens_learner *l = parse("forest(n_estimators=5)");
    ens_folds *f = plan(data, cv[_i]);
    double one[N], many[N];
    ens_exec exec = {.threads = 1};

    ck_ok(ens_folds_fit(one, NULL, l, data, f, 1, &exec, &err));
    for (size_t t = 0; t < 3; t++) {
        exec.threads = threads[t];
        ck_ok(ens_folds_fit(many, NULL, l, data, f, 1, &exec, &err));
        ck_assert_mem_eq(one, many, sizeof one);
    }
    ens_folds_free(f);
    ens_learner_free(l);
    ens_dataset_free(data);
}
END_TEST

START_TEST(the_split_that_fails_is_named)
{
    ens_dataset *data = table(ENS_TASK_CLASSIFICATION), *sorted, *numbers;
    ens_learner *l = parse("tree"), *memory_learner = parse("memory(fails=true)");
    size_t rows[N], m = 0;
    ens_folds *f;
    ens_model *model[4] = {NULL};
    double pred[N * 3];

    for (double y = 0; y < 2; y++)
        for (size_t i = 0; i < N; i++)
            if (ens_dataset_y(data, i) == y && m < (y == 0 ? 8 : 16))
                rows[m++] = i;
    ck_ok(ens_dataset_subset(&sorted, data, rows, m, &err));
    f = plan(sorted, "kfold(2, shuffle=false)");
    ck_fails(ens_folds_fit(pred, model, l, sorted, f, 1, NULL, &err), ENS_EDATA,
             "fold 1: target `y` has one class only");
    ck_assert_ptr_null(model[0]);
    ck_assert_ptr_null(model[1]);
    ens_folds_free(f);
    numbers = table(ENS_TASK_REGRESSION);
    f = plan(numbers, "kfold(4, shuffle=false)");
    ck_fails(ens_folds_fit(NULL, model, memory_learner, numbers, f, 1, NULL, &err), ENS_EDATA, "fold 1: no row 0");
    ck_fails(ens_folds_fit(NULL, NULL, l, numbers, f, 1, NULL, &err), ENS_EINVAL, "pred and models is NULL");
    ck_fails(ens_folds_fit(pred, NULL, l, sorted, f, 1, NULL, &err), ENS_EINVAL, "a plan of 60 rows");
    ens_folds_free(f);
    ens_learner_free(l);
    ens_learner_free(memory_learner);
    ens_dataset_free(sorted);
    ens_dataset_free(numbers);
    ens_dataset_free(data);
}
END_TEST

typedef struct seen {
    size_t calls, last, total;
    ens_go answer;
} seen;

static ens_go watch(const ens_progress *p, void *ctx)
{
    seen *s = ctx;

    s->calls++;
    ck_assert_uint_ge(p->done, s->last);
    s->last = p->done;
    s->total = p->total;
    return s->answer;
}

START_TEST(progress_counts_splits_and_may_cancel)
{
    ens_dataset *data = table(ENS_TASK_REGRESSION);
    ens_learner *l = parse("forest(n_estimators=2)");
    ens_folds *f = plan(data, "5");
    seen s = {.answer = ENS_GO};
    ens_exec exec = {.threads = 2, .progress = watch, .progress_ctx = &s};
    double pred[N];

    ck_ok(ens_folds_fit(pred, NULL, l, data, f, 1, &exec, &err));
    ck_assert_uint_eq(s.last, 5);
    ck_assert_uint_eq(s.total, 5);
    s = (seen){.answer = ENS_CANCEL};
    ck_fails(ens_folds_fit(pred, NULL, l, data, f, 1, &exec, &err), ENS_ECANCELED, "canceled");
    ens_folds_free(f);
    ens_learner_free(l);
    ens_dataset_free(data);
}
END_TEST

START_TEST(without_memory_there_is_an_error_and_no_leak)
{
    ens_dataset *data = table(ENS_TASK_CLASSIFICATION);
    ens_learner *l = parse("tree(max_depth=2)");
    ens_folds *f = plan(data, "kfold(2, repeats=2)");
    ens_exec exec = {.threads = 1};
    ens_model *model[4];
    double pred[N * 3];
    ens_status st = ENS_ENOMEM;

    for (long k = 0; st != ENS_OK; k++) {
        ens__mem_fail_at(k);
        st = ens_folds_fit(pred, model, l, data, f, 1, &exec, &err);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_OK || st == ENS_ENOMEM);
        ck_assert((model[0] != NULL) == (st == ENS_OK));
    }
    for (size_t s = 0; s < 4; s++)
        ens_model_free(model[s]);
    ens_folds_free(f);
    ens_learner_free(l);
    ens_dataset_free(data);
}
END_TEST

/* ---- Members of a fit ---------------------------------------------------------------------------------------- */

/* The fit of a table's rows with these counts. */
static ens_fit_args args_of(const ens_dataset *data, const uint32_t *count, const ens_exec *exec)
{
    const ens__table *t = data->table;

    return (ens_fit_args){.rows = {t->feature, t->p, data->row, data->n},
                          .count = count,
                          .task = t->task,
                          .k = t->label != NULL ? t->classes.n : 1,
                          .label = t->label,
                          .y = t->y,
                          .n_table = t->n,
                          .exec = exec,
                          .table = t};
}

START_TEST(counts_go_with_their_rows)
{
    /* `dummy` predicts the mean of the rows that it is fitted on, each as often as its count says. */
    ens_dataset *data = table(ENS_TASK_REGRESSION);
    ens_learner *l = parse("dummy");
    ens_folds *f = plan(data, "kfold(3, shuffle=false)");
    uint32_t count[N];
    uint64_t seed = 1;
    ens_fit_args a = args_of(data, count, NULL);
    ens__oof_args args = {.a = &a, .folds = f, .member = (const ens_learner *const *)&l, .seed = &seed, .n_members = 1};
    ens__oof oof;

    for (uint32_t i = 0; i < N; i++)
        count[i] = 1 + i % 3;
    ck_ok(ens__oof_fit(&oof, &args, &err));
    ck_assert_ptr_null(oof.fitted);
    for (size_t s = 0; s < 3; s++) {
        double sum = 0, n = 0;

        for (size_t i = 0; i < N; i++)
            if (i / 20 != s) {
                sum += count[i] * ens_dataset_y(data, i);
                n += count[i];
            }
        for (size_t i = 20 * s; i < 20 * s + 20; i++)
            ck_assert_double_eq_tol(oof.pred[i], sum / n, 1e-14); /* rounding of a sum of 40 */
    }
    ens__oof_clear(&oof);
    ens_folds_free(f);
    ens_learner_free(l);
    ens_dataset_free(data);
}
END_TEST

START_TEST(a_member_that_fails_is_named_or_left_out)
{
    ens_dataset *data = table(ENS_TASK_REGRESSION);
    ens_learner *member[] = {parse("memory"), parse("memory(fails=true)"), parse("tree")};
    ens_folds *f = plan(data, "kfold(4, repeats=2)");
    uint64_t seed[] = {1, 2, 3};
    ens_exec exec = {.threads = 3};
    ens_fit_args a = args_of(data, NULL, &exec);
    ens__oof_args args = {.a = &a,
                          .folds = f,
                          .member = (const ens_learner *const *)member,
                          .seed = seed,
                          .n_members = 3,
                          .keep = true};
    ens__oof oof;

    ck_fails(ens__oof_fit(&oof, &args, &err), ENS_EDATA, "member 2, memory, fold ");
    ck_assert_ptr_null(oof.pred);
    args.drop_failed = true;
    ck_ok(ens__oof_fit(&oof, &args, &err));
    ck_assert_int_eq(oof.error[0].code, ENS_OK);
    ck_assert_int_eq(oof.error[1].code, ENS_EDATA);
    ck_assert_int_eq(oof.error[2].code, ENS_OK);
    for (size_t i = 0; i < N; i++) {
        ck_assert_double_eq(ens__oof_of(&oof, 0)[i], 0);
        ck_assert(isnan(ens__oof_of(&oof, 1)[i]));
        ck_assert(!isnan(ens__oof_of(&oof, 2)[i]));
    }
    for (size_t s = 0; s < 8; s++) {
        ck_assert_ptr_nonnull(oof.fitted[s].state);
        ck_assert_ptr_null(oof.fitted[8 + s].state);
    }
    ens__oof_clear(&oof);
    args.member = (const ens_learner *const *)&member[1];
    args.n_members = 1;
    ck_fails(ens__oof_fit(&oof, &args, &err), ENS_EDATA, "member 1, memory, fold ");
    for (size_t m = 0; m < 3; m++)
        ens_learner_free(member[m]);
    ens_folds_free(f);
    ens_dataset_free(data);
}
END_TEST

START_TEST(a_split_of_one_class_fails_for_those_that_want_two)
{
    ens_dataset *data = table(ENS_TASK_CLASSIFICATION);
    ens_learner *member[] = {parse("tree"), parse("dummy")};
    uint64_t seed[] = {1, 2};
    ens_fit_args a = args_of(data, NULL, NULL);
    uint32_t row[N], m = 0;
    ens__split_rows rows;
    ens_folds *f;
    ens__oof oof;

    for (double y = 0; y < 2; y++)
        for (uint32_t i = 0; i < N; i++)
            if (ens_dataset_y(data, i) == y && m < (y == 0 ? 8 : 16))
                row[m++] = i;
    a.rows.row = row;
    a.rows.n = m;
    rows = ens__split_rows_of_fit(&a);
    ck_ok(ens__folds_make(&f, &rows, "kfold(2, shuffle=false)", 1, &err));
    ens__oof_args args = {.a = &a,
                          .folds = f,
                          .member = (const ens_learner *const *)member,
                          .seed = seed,
                          .n_members = 2};
    ck_fails(ens__oof_fit(&oof, &args, &err), ENS_EDATA,
             "member 1, tree, fold 1: the 8 rows to train on have one class");
    args.drop_failed = true;
    ck_ok(ens__oof_fit(&oof, &args, &err));
    ck_assert_double_eq(ens__oof_of(&oof, 1)[0], 0); /* the others are all of class 1 */
    ck_assert_double_eq(ens__oof_of(&oof, 1)[1], 1);
    ens__oof_clear(&oof);
    ens_folds_free(f);
    ens_learner_free(member[0]);
    ens_learner_free(member[1]);
    ens_dataset_free(data);
}
END_TEST

static void setup(void)
{
    if (ens_learner_type_help("memory") == NULL)
        ck_ok(ens_learner_type_register(&memory_type, &err));
}

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, predictions_are_those_of_a_fit_on_the_other_rows, 0, 4);
    tcase_add_loop_test(tc, no_row_has_a_part_in_its_own_prediction, 0, 4);
    tcase_add_loop_test(tc, any_number_of_threads_gives_the_same_predictions, 0, 2);
    tcase_add_test(tc, the_split_that_fails_is_named);
    tcase_add_test(tc, progress_counts_splits_and_may_cancel);
    tcase_add_test(tc, without_memory_there_is_an_error_and_no_leak);
    tcase_add_test(tc, counts_go_with_their_rows);
    tcase_add_test(tc, a_member_that_fails_is_named_or_left_out);
    tcase_add_test(tc, a_split_of_one_class_fails_for_those_that_want_two);
}

Suite *outoffold_suite(void);

Suite *outoffold_suite(void)
{
    return suite_of("outoffold", add);
}
