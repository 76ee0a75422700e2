/* compare.c - `ensemble compare`: which of the differences between recipes, or models, may be chance. */
#include <config.h>

#include <cli/fits.h>
#include <cli/interrupt.h>
#include <cli/progress.h>
#include <cli/report.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* As many as there are letters for. */
#define MOST 26

typedef struct compare_options {
    const char *plan, *metric;
    char **data, **target;
    double level;
    uint64_t seed;
    int json;
    fit_options fit;
} compare_options;

static const cli_option own[] = {
    {"data", 'd', CLI_LIST, offsetof(compare_options, data), "CSV,...", NULL, 0, 0, NULL,
     "the table to compare on, or several; must be given"},
    {"target", 't', CLI_LIST, offsetof(compare_options, target), "COL,...", NULL, 0, 0,
     NULL,
     "column to predict, of all tables or of each; must be given for recipes, but for "
     "svmlight files"},
    {"cv", 0, CLI_TEXT, offsetof(compare_options, plan), "PLAN", "10", 0, 0, NULL,
     "folds of recipes, as of `ensemble cv`; 'folds(2, repeats=5)' gives the 5x2cv test"},
    {"metric", 'm', CLI_TEXT, offsetof(compare_options, metric), "NAME", NULL, 0, 0, NULL,
     "the score, else the first of the task's usual ones; see `ensemble params "
     "--metrics`"},
    {"level", 0, CLI_REAL, offsetof(compare_options, level), "SHARE", "0.95", 0, 1, NULL,
     "confidence of the intervals; differences count from p = 1 - SHARE on"},
    {"seed", 0, CLI_COUNT, offsetof(compare_options, seed), "N", "0", 0,
     18446744073709551615.0, NULL, "of the folds and of the fits"},
    {"json", 0, CLI_FLAG, offsetof(compare_options, json), NULL, NULL, 0, 0, NULL,
     "print one JSON object"},
    CLI_LAST};

static const cli_group groups[] = FITS_GROUPS(compare_options, own);

typedef struct job {
    const compare_options *o;
    char *const *operand; /* [n] */
    size_t n, n_tables;
    ens_learner *learner[MOST]; /* of recipes */
    ens_model *model[MOST];     /* of files */
    ens_cv *cv[MOST];           /* on the last table */
    char *metric;
    double *score; /* [n_tables][n] */
    double low[MOST], high[MOST], pooled[MOST], rank[MOST];
    ens_comparison *result;
    size_t n_results;
    progress bar;
    ens_exec exec;
} job;

/* ---- Beginning ---- */

static int is_file(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

static int check(job *j, ens_error *err)
{
    size_t n_targets = 0;
    int code = CLI_OK;

    while (j->n < MOST && j->operand[j->n] != NULL)
        j->n++;
    if (j->o->data == NULL)
        return cli_usage("compare", "--data=CSV is missing: the table to compare on");
    while (j->o->data[j->n_tables] != NULL)
        j->n_tables++;
    for (char **t = j->o->target; t != NULL && *t != NULL; t++)
        n_targets++;
    if (n_targets > 1 && n_targets != j->n_tables)
        return cli_usage("compare", "--target has %zu columns, --data %zu tables",
                         n_targets, j->n_tables);
    for (size_t i = 0; i < j->n && code == CLI_OK; i++) {
        const char *text = j->operand[i];

        if (is_file(text) != is_file(j->operand[0]))
            return cli_usage("compare",
                             "`%s` and `%s`: models are not compared with recipes",
                             j->operand[0], text);
        if (!is_file(text))
            code = fits_parse(&j->learner[i], text, err);
        else if (ens_model_load(&j->model[i], text, err) != ENS_OK)
            code = cli_fail_in(text, err);
    }
    if (code == CLI_OK && j->model[0] != NULL && j->n_tables > 1)
        return cli_usage("compare", "models are compared on one table");
    return code;
}

static int read_table(ens_dataset **out, const job *j, size_t table, ens_error *err)
{
    const char *path = j->o->data[table];
    const compare_options *o = j->o;
    const ens_model *model = j->model[0];
    char *const *target = o->target;
    fit_table how = {.verb = "compare", .options = &o->fit};

    if (target != NULL)
        how.target = target[target[1] != NULL ? table : 0];
    if (model != NULL) {
        if (target == NULL)
            how.target = ens_model_target(model);
        how.usual = ens_model_csv_types(model);
        how.task = ens_model_task(model) == ENS_TASK_ANOMALY ? ENS_TASK_AUTO
                                                             : ens_model_task(model);
    }
    return fits_read_target(out, path, &how, o->fit.run.quiet, err);
}

/* ---- Scoring ---- */

static ens_status score_one(job *j, size_t i, const ens_dataset *data,
                            const ens_folds *folds, ens_error *err)
{
    const compare_options *o = j->o;

    ens_cv_free(j->cv[i]);
    j->cv[i] = NULL;
    return j->model[i] != NULL
               ? ens_cv_of_model(&j->cv[i], j->model[i], data, j->metric, &j->exec, err)
               : ens_cv_fit(&j->cv[i], j->learner[i], data, folds, j->metric, o->seed,
                            &j->exec, err);
}

static int score_table(job *j, size_t table, ens_error *err)
{
    const char *path = j->o->data[table];
    ens_dataset *data = NULL;
    ens_folds *folds = NULL;
    int code = read_table(&data, j, table, err);

    interrupt_catch();
    if (code == CLI_OK && table == 0)
        j->metric = fits_metric(j->o->metric, data);
    if (code == CLI_OK && j->model[0] == NULL &&
        ens_folds_make(&folds, data, j->o->plan, j->o->seed, err) != ENS_OK)
        code = cli_fail_in(cli_name_of(path), err);
    for (size_t i = 0; i < j->n && code == CLI_OK; i++) {
        double mean;

        if (score_one(j, i, data, folds, err) != ENS_OK ||
            ens_cv_mean(&mean, &j->low[i], &j->high[i], j->cv[i], 0, j->o->level, err) !=
                ENS_OK)
            code = cli_fail_in(cli_name_of(path), err);
        progress_end(&j->bar);
        if (code != CLI_OK)
            break;
        j->pooled[i] = j->cv[i]->pooled[0];
        j->score[table * j->n + i] = isnan(mean) ? j->pooled[i] : mean;
    }
    ens_folds_free(folds);
    ens_dataset_free(data);
    return code;
}

static ens_status compare(job *j, ens_error *err)
{
    int more = ens_metric_more_is_better(j->metric);

    if (j->n_tables == 1)
        return ens_compare(&j->result, &j->n_results, (const ens_cv *const *)j->cv, j->n,
                           0, j->o->level, err);
    return ens_compare_tables(&j->result, &j->n_results, j->rank, j->score, j->n_tables,
                              j->n, more, err);
}

/* ---- Telling ---- */

static int letter(size_t i)
{
    return 'A' + (int)i;
}

/* A difference of these two is of the score, and more of it is better for a: 1, worse: -1, neither: 0. */
static int favours(const job *j, const ens_comparison *c)
{
    int up = ens_metric_more_is_better(j->metric) == 1;

    if (c->test == ENS_TEST_NEMENYI || (c->test == ENS_TEST_WILCOXON && j->n_tables == 1))
        up = 0; /* ranks, and errors */
    else if (c->test == ENS_TEST_MCNEMAR || c->test == ENS_TEST_DELONG)
        up = 1;
    return c->difference == 0 || isnan(c->difference) ? 0
           : (c->difference > 0) == up                ? 1
                                                      : -1;
}

static const char *what_of(const job *j, const ens_comparison *c)
{
    switch (c->test) {
    case ENS_TEST_MCNEMAR:
        return "rows predicted right";
    case ENS_TEST_DELONG:
        return "area under the ROC curve";
    case ENS_TEST_WILCOXON:
        return j->n_tables == 1 ? "absolute errors" : j->metric;
    case ENS_TEST_NEMENYI:
        return "mean rank";
    case ENS_TEST_RESAMPLED_T:
    case ENS_TEST_5X2CV_F:
    case ENS_TEST_FRIEDMAN:
        break;
    }
    return j->metric;
}

static void tell_words(const job *j, const ens_comparison *c)
{
    double alpha = 1 - j->o->level;
    int side = favours(j, c);

    if (c->test == ENS_TEST_FRIEDMAN)
        printf("  %s (%s, p = %.3g)\n",
               c->p < alpha ? "Not all are equal" : "All may be equal",
               ens_test_name(c->test), c->p);
    else if (c->p_adjusted < alpha && side != 0)
        printf("  %c is better than %c in %s (%s, p = %.3g)\n",
               letter(side > 0 ? c->a : c->b), letter(side > 0 ? c->b : c->a),
               what_of(j, c), ens_test_name(c->test), c->p_adjusted);
    else
        printf("  %c and %c: the difference in %s may be chance (%s, p = %.3g)\n",
               letter(c->a), letter(c->b), what_of(j, c), ens_test_name(c->test),
               c->p_adjusted);
}

static void tell_scores(const job *j)
{
    report r;
    int splits = j->cv[0]->n_splits > 0;

    report_begin(&r, j->n_tables > 1 ? "llr" : splits ? "llrrrr" : "llr");
    report_add(&r, "%s", "");
    report_add(&r, "%s", j->model[0] != NULL ? "model" : "learner");
    report_add(&r, "%s", j->n_tables > 1 ? "mean rank" : j->metric);
    if (j->n_tables == 1 && splits) {
        report_add(&r, "low");
        report_add(&r, "high");
        report_add(&r, "pooled");
    }
    for (size_t i = 0; i < j->n; i++) {
        report_add(&r, "%c", letter(i));
        report_add(&r, "%s", j->operand[i]);
        report_score(&r, j->n_tables > 1 ? j->rank[i] : j->score[i]);
        if (j->n_tables == 1 && splits) {
            report_score(&r, j->low[i]);
            report_score(&r, j->high[i]);
            report_score(&r, j->pooled[i]);
        }
    }
    report_end(&r);
}

/* A row a table, a column a learner. */
static void tell_tables(const job *j)
{
    char align[MOST + 2] = "l";
    report r;

    memset(align + 1, 'r', j->n);
    report_begin(&r, align);
    report_add(&r, "%s", j->metric);
    for (size_t i = 0; i < j->n; i++)
        report_add(&r, "%c", letter(i));
    for (size_t t = 0; t < j->n_tables; t++) {
        report_add(&r, "%s", j->o->data[t]);
        for (size_t i = 0; i < j->n; i++)
            report_score(&r, j->score[t * j->n + i]);
    }
    report_end(&r);
    putchar('\n');
}

static int tell_text(const job *j)
{
    report r;

    if (j->n_tables > 1)
        tell_tables(j);
    tell_scores(j);
    putchar('\n');
    report_begin(&r, "llrrrrr");
    report_add(&r, "%s", "");
    report_add(&r, "test");
    report_add(&r, "difference");
    report_add(&r, "low");
    report_add(&r, "high");
    report_add(&r, "p");
    report_add(&r, "adjusted");
    for (size_t i = 0; i < j->n_results; i++) {
        const ens_comparison *c = &j->result[i];

        if (c->test == ENS_TEST_FRIEDMAN)
            report_add(&r, "all");
        else
            report_add(&r, "%c - %c", letter(c->a), letter(c->b));
        report_add(&r, "%s", ens_test_name(c->test));
        report_score(&r, c->difference);
        report_score(&r, c->low);
        report_score(&r, c->high);
        report_add(&r, "%.3g", c->p);
        report_add(&r, "%.3g", c->p_adjusted);
    }
    report_end(&r);
    printf("\nIn words, at the level %g:\n", j->o->level);
    for (size_t i = 0; i < j->n_results; i++)
        tell_words(j, &j->result[i]);
    return CLI_OK;
}

static json_t *json_learner(const job *j, size_t i)
{
    json_t *one = json_object(), *scores = json_array();

    json_object_set_new(one, j->model[i] != NULL ? "model" : "learner",
                        json_of_text(j->operand[i]));
    for (size_t t = 0; t < j->n_tables; t++)
        json_array_append_new(scores, json_of_number(j->score[t * j->n + i]));
    json_object_set_new(one, "scores", scores);
    if (j->n_tables > 1) {
        json_object_set_new(one, "mean_rank", json_of_number(j->rank[i]));
    } else {
        json_object_set_new(one, "low", json_of_number(j->low[i]));
        json_object_set_new(one, "high", json_of_number(j->high[i]));
        json_object_set_new(one, "pooled", json_of_number(j->pooled[i]));
    }
    return one;
}

static int tell_json(const job *j)
{
    json_t *object = json_object(), *learners = json_array(), *tests = json_array();

    json_object_set_new(object, "metric", json_of_text(j->metric));
    for (size_t i = 0; i < j->n; i++)
        json_array_append_new(learners, json_learner(j, i));
    for (size_t i = 0; i < j->n_results; i++) {
        const ens_comparison *c = &j->result[i];

        json_array_append_new(
            tests,
            json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "test",
                      ens_test_name(c->test), "a", (json_int_t)c->a, "b",
                      (json_int_t)c->b, "difference", json_of_number(c->difference),
                      "low", json_of_number(c->low), "high", json_of_number(c->high),
                      "statistic", json_of_number(c->statistic), "p",
                      json_of_number(c->p), "p_adjusted", json_of_number(c->p_adjusted)));
    }
    json_object_set_new(object, "learners", learners);
    json_object_set_new(object, "tests", tests);
    return json_finish(object);
}

/* ---- The verb ---- */

static int work(job *j)
{
    ens_error err = {.code = ENS_OK};
    int code = check(j, &err);

    if (code != CLI_OK)
        return code;
    j->score = cli_array(j->n_tables, j->n * sizeof *j->score);
    j->exec =
        progress_exec(&j->bar, (unsigned)j->o->fit.run.threads, j->o->fit.run.quiet);
    for (size_t t = 0; t < j->n_tables && code == CLI_OK; t++)
        code = score_table(j, t, &err);
    if (code != CLI_OK)
        return code;
    if (compare(j, &err) != ENS_OK)
        return cli_fail(&err);
    return j->o->json ? tell_json(j) : tell_text(j);
}

static int run(const void *options, char *const *operand)
{
    job j = {.o = options, .operand = operand};
    int code = work(&j);

    for (size_t i = 0; i < j.n; i++) {
        ens_cv_free(j.cv[i]);
        ens_model_free(j.model[i]);
        ens_learner_free(j.learner[i]);
    }
    ens_comparisons_free(j.result);
    free(j.score);
    free(j.metric);
    return code;
}

const cli_verb cli_compare = {
    .name = "compare",
    .operands = "RECIPE RECIPE...",
    .summary = "Tell which differences between recipes, or models, may be chance.",
    .detail =
        "Recipes are cross-validated on the same folds. Files of models may stand in "
        "their\n"
        "place: they are compared on a table that they have not seen.",
    .min_operands = 2,
    .max_operands = MOST,
    .groups = groups,
    .size = sizeof(compare_options),
    .run = run,
};
