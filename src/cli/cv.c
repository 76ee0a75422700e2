/* cv.c - `ensemble cv`: how good a recipe is on rows it has not seen, and how sure that is. */
#include <config.h>

#include <cli/fits.h>
#include <cli/interrupt.h>
#include <cli/progress.h>
#include <cli/report.h>
#include <cli/understood.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* More splits than this are not shown one by one; --json has them. */
#define MOST_SPLITS 10

typedef struct cv_options {
    const char *target, *learner, *plan, *metrics;
    double level;
    uint64_t seed;
    int json;
    fit_options fit;
} cv_options;

static const cli_option own[] = {
    {"target", 't', CLI_TEXT, offsetof(cv_options, target), "COL", NULL, 0, 0, NULL,
     "column to predict; must be given, but for svmlight files"},
    {"learner", 'l', CLI_TEXT, offsetof(cv_options, learner), "RECIPE", "forest", 0, 0,
     NULL, "what to fit; see `ensemble params`"},
    {"cv", 0, CLI_TEXT, offsetof(cv_options, plan), "PLAN", "5", 0, 0, NULL,
     "the folds: 5, 'stratified(10, repeats=3)', 'kfold(5)', 'group(5)', "
     "'stratified_group(5)', 'time(5, gap=10)', leave_one_out, 'predefined(COL)', "
     "'holdout(0.2)'; a number does what suits the table"},
    {"metrics", 'm', CLI_TEXT, offsetof(cv_options, metrics), "NAME,...", NULL, 0, 0,
     NULL,
     "scores, such as 'accuracy,fbeta(beta=2)', else the task's usual ones; see "
     "`ensemble params --metrics`"},
    {"level", 0, CLI_REAL, offsetof(cv_options, level), "SHARE", "0.95", 0, 1, NULL,
     "confidence of the intervals"},
    {"seed", 0, CLI_COUNT, offsetof(cv_options, seed), "N", "0", 0,
     18446744073709551615.0, NULL, "of the folds and of the fits"},
    {"json", 0, CLI_FLAG, offsetof(cv_options, json), NULL, NULL, 0, 0, NULL,
     "print one JSON object"},
    CLI_LAST};

static const cli_group groups[] = FITS_GROUPS(cv_options, own);

typedef struct job {
    const cv_options *o;
    ens_learner *learner;
    ens_dataset *data;
    ens_folds *folds;
    ens_cv *cv;
    progress bar;
    double seconds;
} job;

/* The mean of metric m over splits, and its interval. */
static void mean_of(double *mean, double *low, double *high, const job *j, size_t m)
{
    if (ens_cv_mean(mean, low, high, j->cv, m, j->o->level, NULL) != ENS_OK)
        *mean = *low = *high = NAN;
}

static int tell_json(const job *j, const char *recipe)
{
    const ens_cv *cv = j->cv;
    json_t *object = json_object(), *scores = json_object();

    json_object_set_new(object, "learner", json_of_text(recipe));
    json_object_set_new(object, "rows", json_integer((json_int_t)cv->n));
    json_object_set_new(object, "cv", json_of_text(j->o->plan));
    json_object_set_new(object, "splits", json_integer((json_int_t)cv->n_splits));
    json_object_set_new(object, "seconds", json_real(j->seconds));
    for (size_t m = 0; m < cv->n_metrics; m++) {
        json_t *splits = json_array();
        double mean, low, high;

        mean_of(&mean, &low, &high, j, m);
        for (size_t s = 0; s < cv->n_splits; s++)
            json_array_append_new(splits,
                                  json_of_number(cv->score[s * cv->n_metrics + m]));
        json_object_set_new(scores, cv->metric[m],
                            json_pack("{s:o, s:o, s:o, s:o, s:o}", "mean",
                                      json_of_number(mean), "low", json_of_number(low),
                                      "high", json_of_number(high), "pooled",
                                      json_of_number(cv->pooled[m]), "splits", splits));
    }
    json_object_set_new(object, "scores", scores);
    return json_finish(object);
}

static int tell_text(const job *j, const char *recipe)
{
    char align[MOST_SPLITS + 6] = "lrrrr";
    const ens_cv *cv = j->cv;
    size_t n_shown = cv->n_splits <= MOST_SPLITS ? cv->n_splits : 0;
    report r;

    report_line("\n", recipe);
    printf("  %zu splits fitted and scored in %.2f s\n\n", cv->n_splits, j->seconds);
    memset(align + 5, 'r', n_shown);
    report_begin(&r, align);
    report_add(&r, "score");
    report_add(&r, "mean");
    report_add(&r, "low");
    report_add(&r, "high");
    report_add(&r, "pooled");
    for (size_t s = 0; s < n_shown; s++)
        report_add(&r, "%zu", s + 1);
    for (size_t m = 0; m < cv->n_metrics; m++) {
        double mean, low, high;

        mean_of(&mean, &low, &high, j, m);
        report_add(&r, "%s", cv->metric[m]);
        report_score(&r, mean);
        report_score(&r, low);
        report_score(&r, high);
        report_score(&r, cv->pooled[m]);
        for (size_t s = 0; s < n_shown; s++)
            report_score(&r, cv->score[s * cv->n_metrics + m]);
    }
    report_end(&r);
    return CLI_OK;
}

static int work(job *j, const char *path)
{
    const cv_options *o = j->o;
    ens_error err = {.code = ENS_OK};
    fit_table how = {.verb = "cv", .target = o->target, .options = &o->fit};
    ens_exec exec =
        progress_exec(&j->bar, (unsigned)o->fit.run.threads, o->fit.run.quiet);
    double start;
    char *recipe;
    int code;
    ens_status st;

    if ((code = fits_parse(&j->learner, o->learner, &err)) != CLI_OK ||
        (code = fits_read_target(&j->data, path, &how, o->fit.run.quiet || !o->json,
                                 &err)) != CLI_OK)
        return code;
    interrupt_catch();
    if (ens_folds_make(&j->folds, j->data, o->plan, o->seed, &err) != ENS_OK)
        return cli_fail(&err);
    if (!o->json)
        understood_print(path, j->data);
    if (ens_folds_note(j->folds) != NULL && !o->fit.run.quiet)
        fprintf(stderr, "ensemble: note: %s\n", ens_folds_note(j->folds));
    start = cli_now();
    st = ens_cv_fit(&j->cv, j->learner, j->data, j->folds, o->metrics, o->seed, &exec,
                    &err);
    progress_end(&j->bar);
    j->seconds = cli_now() - start;
    if (st != ENS_OK ||
        ens_learner_print(&recipe, j->learner, ENS_PRINT_SHORT, &err) != ENS_OK)
        return cli_fail(&err);
    code = o->json ? tell_json(j, recipe) : tell_text(j, recipe);
    ens_string_free(recipe);
    return code;
}

static int run(const void *options, char *const *operand)
{
    job j = {.o = options};
    int code = work(&j, operand[0]);

    ens_cv_free(j.cv);
    ens_folds_free(j.folds);
    ens_learner_free(j.learner);
    ens_dataset_free(j.data);
    return code;
}

const cli_verb cli_cv = {
    .name = "cv",
    .operands = "CSV",
    .summary = "Cross-validate a recipe: scores on rows that no fit has seen.",
    .detail = "The interval of a mean allows for training rows that the splits share "
              "(Nadeau and\n"
              "Bengio 2003); pooled is the score of all tested rows together.",
    .min_operands = 1,
    .max_operands = 1,
    .groups = groups,
    .size = sizeof(cv_options),
    .run = run,
};
