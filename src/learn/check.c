/* check.c - ens_check_learner(): the conformance suite that every learner passes, built in or not.
 *
 * A recipe is fitted once for each task that it can take, on a small table that has what its caps allow; then each
 * check looks at one claim.  What the claims are stands in check_fit.c, check_rows.c, check_predict.c and
 * check_model.c, in the manner of scikit-learn's check_estimator(). */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/check.h>
#include <stdio.h>
#include <string.h>

static const ens__check *const groups[] = {ens__fit_checks, ens__rows_checks,
                                           ens__predict_checks, ens__model_checks};

/* ---- Trials ---------------------------------------------------------------------------------------------- */

static void trial_clear(ens__trial *t)
{
    ens_string_free(t->recipe);
    ens_dataset_free(t->data);
    ens_model_free(t->model);
    ens__free(t->out);
    *t = (ens__trial){0};
}

/* The first fit, on which all else stands. */
static bool fits_and_predicts(ens__trial *t)
{
    ens__sheet s;
    ens__run r;

    if ((t->caps & (ENS_TAKES_NUMBERS | ENS_TAKES_CATEGORIES)) == 0)
        return ens__trial_fail(t, "its caps name no type of feature");
    if (ens_learner_print(&t->recipe, t->learner, ENS_PRINT_FULL, &t->err) != ENS_OK)
        return ens__trial_error(t, "print");
    ens__sheet_fill(&s, t);
    if (!ens__run_sheet(&r, t, &s, ENS__TRIAL_SEED, NULL)) {
        ens__run_clear(&r);
        return false;
    }
    t->data = r.data;
    t->model = r.model;
    t->out = r.out;
    t->n = r.n;
    t->k = ens_model_k(r.model);
    if (t->k != (t->task == ENS_TASK_CLASSIFICATION ? s.classes : 1) ||
        ens_model_task(t->model) != t->task)
        return ens__trial_fail(t, "the model has %zu outputs, or another task", t->k);
    return true;
}

/* Parameters may suit one task only, as dummy(strategy=median). */
static bool parameters_suit(ens__trial *t)
{
    ens_model *m;
    ens__sheet s;
    ens_status st;

    ens__sheet_fill(&s, t);
    st = ens__sheet_fit(&m, t, &s);
    ens_model_free(m);
    return st != ENS_ERANGE;
}

static const ens_task task[] = {ENS_TASK_CLASSIFICATION, ENS_TASK_REGRESSION,
                                ENS_TASK_ANOMALY};
static const unsigned cap[] = {ENS_CLASSIFIES, ENS_REGRESSES, ENS_DETECTS};

enum { N_TASKS = sizeof task / sizeof *task };

static bool applies(const ens__check *check, const ens__trial *t)
{
    unsigned other = 0;

    for (size_t i = 0; i < N_TASKS; i++)
        other |= t->task != task[i] ? cap[i] : 0;

    if ((check->caps & ~t->caps) != 0 || (check->caps & other) != 0)
        return false;
    return check->lacks == 0 || (check->lacks & ~t->caps) != 0;
}

/* ---- Running --------------------------------------------------------------------------------------------- */

typedef struct suite {
    ens__trial trial[N_TASKS];
    size_t n_trials;
    void (*report)(void *ctx, const char *check, const char *problem);
    void *ctx;
    size_t failed;
    char first[ENS_ERROR_MESSAGE_SIZE]; /* name and problem of the first that failed */
} suite;

/* Run one check on every task that it applies to; report it if there is one. Returns whether it passed. */
static bool run(suite *s, const ens__check *check)
{
    const char *problem = NULL;
    bool applied = false;

    for (size_t i = 0; i < s->n_trials && problem == NULL; i++) {
        ens__trial *t = &s->trial[i];

        if (!applies(check, t))
            continue;
        applied = true;
        t->problem[0] = 0;
        if (!check->fn(t))
            problem = t->problem;
    }
    if (applied && s->report != NULL)
        s->report(s->ctx, check->name, problem);
    if (problem != NULL && s->failed++ == 0)
        snprintf(s->first, sizeof s->first, "`%s`: %.400s", check->name, problem);
    return problem == NULL;
}

/* One for each task that learner and parameters can take; where none suits, the first check says why. */
static void add_trials(suite *s, const ens_learner *learner)
{
    ens__trial t = {.learner = learner, .caps = ens__learner_caps(learner)};

    for (size_t i = 0; i < N_TASKS; i++) {
        t.task = task[i];
        if ((t.caps & cap[i]) != 0 && parameters_suit(&t))
            s->trial[s->n_trials++] = t;
    }
    if (s->n_trials == 0) {
        for (size_t i = N_TASKS; i-- > 0;)
            t.task = (t.caps & cap[i]) != 0 ? task[i] : t.task;
        s->trial[s->n_trials++] = t;
    }
}

ens_status ens_check_learner(const char *recipe,
                             void (*report)(void *ctx, const char *check,
                                            const char *problem),
                             void *ctx, size_t *failed, ens_error *err)
{
    static const ens__check first = {"fits_and_predicts", 0, 0, fits_and_predicts};
    suite s = {.report = report, .ctx = ctx};
    ens_learner *learner;
    ens_status st;

    if (failed != NULL)
        *failed = 0;
    if ((st = ens_learner_parse(&learner, recipe, err)) != ENS_OK)
        return st;
    add_trials(&s, learner);
    if (run(&s, &first))
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
            for (const ens__check *check = groups[g]; check->name != NULL; check++)
                run(&s, check);
    if (failed != NULL)
        *failed = s.failed;
    if (s.failed > 0)
        st = ens__fail(err, ENS_EINTERNAL, "learner %s fails %zu check%s, first %s",
                       ens_learner_name(learner), s.failed, s.failed == 1 ? "" : "s",
                       s.first);
    for (size_t i = 0; i < s.n_trials; i++)
        trial_clear(&s.trial[i]);
    ens_learner_free(learner);
    return st;
}
