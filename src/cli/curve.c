/* curve.c - `ensemble curve`: would more rows, or more members, help? */
#include <config.h>

#include <cli/fits.h>
#include <cli/interrupt.h>
#include <cli/progress.h>
#include <cli/report.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct curve_options {
    const char *target, *learner, *plan, *metric;
    int over; /* as ens_curve_over */
    uint64_t points;
    double level;
    uint64_t seed;
    int json;
    fit_options fit;
} curve_options;

static const cli_option own[] = {
    {"target", 't', CLI_TEXT, offsetof(curve_options, target), "COL", NULL, 0, 0, NULL,
     "column to predict; must be given, but for svmlight files"},
    {"learner", 'l', CLI_TEXT, offsetof(curve_options, learner), "RECIPE", "forest", 0, 0,
     NULL, "what to fit; see `ensemble params`"},
    {"over", 0, CLI_WORD, offsetof(curve_options, over), NULL, "rows", 0, 0,
     "rows,members", "what doubles from point to point"},
    {"points", 0, CLI_COUNT, offsetof(curve_options, points), "N", "5", 2, 30, NULL,
     "points of the curve; the last has all"},
    {"cv", 0, CLI_TEXT, offsetof(curve_options, plan), "PLAN", "5", 0, 0, NULL,
     "the folds, as of `ensemble cv`"},
    {"metric", 'm', CLI_TEXT, offsetof(curve_options, metric), "NAME", NULL, 0, 0, NULL,
     "the score, else the first of the task's usual ones; see `ensemble params "
     "--metrics`"},
    {"level", 0, CLI_REAL, offsetof(curve_options, level), "SHARE", "0.95", 0, 1, NULL,
     "confidence of the intervals; a gain counts from p = 1 - SHARE on"},
    {"seed", 0, CLI_COUNT, offsetof(curve_options, seed), "N", "0", 0,
     18446744073709551615.0, NULL, "of the folds and of the fits"},
    {"json", 0, CLI_FLAG, offsetof(curve_options, json), NULL, NULL, 0, 0, NULL,
     "print one JSON object"},
    CLI_LAST};

static const cli_group groups[] = FITS_GROUPS(curve_options, own);

typedef struct job {
    const curve_options *o;
    ens_learner *learner;
    ens_dataset *data;
    ens_folds *folds;
    char *metric;
    ens_curve_point *point; /* [points] */
    progress bar;
} job;

static const char *what_of(const job *j)
{
    return j->o->over == ENS_CURVE_ROWS ? "rows" : "members";
}

/* What the last doubling says of the next. */
static void tell_words(const job *j)
{
    const ens_curve_point *last = &j->point[j->o->points - 1];
    int up = ens_metric_more_is_better(j->metric) == 1 ? 1 : -1;

    if (last->p < 1 - j->o->level && last->gain * up > 0)
        printf("\nThe last doubling made %s better (p = %.3g): more %s may well help.\n",
               j->metric, last->p, what_of(j));
    else if (last->p < 1 - j->o->level && last->gain != 0)
        printf("\nThe last doubling made %s worse (p = %.3g): more %s do harm.\n",
               j->metric, last->p, what_of(j));
    else
        printf("\nWhat the last doubling did to %s may be chance (p = %.3g): more %s may "
               "not help.\n",
               j->metric, last->p, what_of(j));
}

static int tell_text(const job *j)
{
    report r;

    report_begin(&r, "rrrrrrrr");
    report_add(&r, "%s", what_of(j));
    report_add(&r, "%s", j->metric);
    report_add(&r, "low");
    report_add(&r, "high");
    report_add(&r, "gain");
    report_add(&r, "low");
    report_add(&r, "high");
    report_add(&r, "p");
    for (size_t i = 0; i < j->o->points; i++) {
        const ens_curve_point *p = &j->point[i];

        report_add(&r, "%zu", p->n);
        report_score(&r, p->mean);
        report_score(&r, p->low);
        report_score(&r, p->high);
        report_score(&r, p->gain);
        report_score(&r, p->gain_low);
        report_score(&r, p->gain_high);
        if (isnan(p->p))
            report_add(&r, "-");
        else
            report_add(&r, "%.3g", p->p);
    }
    report_end(&r);
    tell_words(j);
    return CLI_OK;
}

static int tell_json(const job *j)
{
    json_t *object = json_object(), *points = json_array();

    for (size_t i = 0; i < j->o->points; i++) {
        const ens_curve_point *p = &j->point[i];

        json_array_append_new(
            points, json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", what_of(j),
                              (json_int_t)p->n, "mean", json_of_number(p->mean), "low",
                              json_of_number(p->low), "high", json_of_number(p->high),
                              "gain", json_of_number(p->gain), "gain_low",
                              json_of_number(p->gain_low), "gain_high",
                              json_of_number(p->gain_high), "p", json_of_number(p->p)));
    }
    json_object_set_new(object, "metric", json_of_text(j->metric));
    json_object_set_new(object, "points", points);
    return json_finish(object);
}

static int work(job *j, const char *path)
{
    const curve_options *o = j->o;
    ens_curve_options options = {.over = (ens_curve_over)o->over,
                                 .n_points = (size_t)o->points,
                                 .level = o->level,
                                 .seed = o->seed};
    fit_table how = {.verb = "curve", .target = o->target, .options = &o->fit};
    ens_exec exec =
        progress_exec(&j->bar, (unsigned)o->fit.run.threads, o->fit.run.quiet);
    ens_error err = {.code = ENS_OK};
    ens_status st;
    int code;

    if ((code = fits_parse(&j->learner, o->learner, &err)) != CLI_OK ||
        (code = fits_read_target(&j->data, path, &how, o->fit.run.quiet, &err)) != CLI_OK)
        return code;
    interrupt_catch();
    options.metric = j->metric = fits_metric(o->metric, j->data);
    j->point = cli_array(options.n_points, sizeof *j->point);
    if (ens_folds_make(&j->folds, j->data, o->plan, o->seed, &err) != ENS_OK)
        return cli_fail(&err);
    st = ens_curve(j->point, j->learner, j->data, j->folds, &options, &exec, &err);
    progress_end(&j->bar);
    if (st != ENS_OK)
        return cli_fail(&err);
    return o->json ? tell_json(j) : tell_text(j);
}

static int run(const void *options, char *const *operand)
{
    job j = {.o = options};
    int code = work(&j, operand[0]);

    free(j.point);
    free(j.metric);
    ens_folds_free(j.folds);
    ens_learner_free(j.learner);
    ens_dataset_free(j.data);
    return code;
}

const cli_verb cli_curve = {
    .name = "curve",
    .operands = "CSV",
    .summary = "Tell whether more rows, or more members, would help.",
    .detail = "Each point has twice as much as the one before. Gains are tested as "
              "`ensemble compare`\n"
              "tests differences.",
    .min_operands = 1,
    .max_operands = 1,
    .groups = groups,
    .size = sizeof(curve_options),
    .run = run,
};
