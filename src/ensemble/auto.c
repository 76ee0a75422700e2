/* auto.c - the learner `auto`: a library of unlike learners over one plan of folds, as many as the time allows, and the
 * selection of those whose mean is best.
 *
 * Candidates are tried in a fixed order, quick ones first.  What a candidate will take is guessed from what those
 * before it took; one that would take too long is passed over, and one that is not ready when its time is over is given
 * up.  What is left is a recipe of `selection`, which the model keeps: fitted by itself it gives the same again without
 * a clock.  A constant is always in the library, so that there is always a model. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <core/str.h>
#include <ensemble/stack.h>
#include <learn/pipeline.h>
#include <num/rng.h>
#include <string.h>

typedef struct auto_params {
    double time_limit;  /* seconds; -1: none */
    int64_t max_models; /* -1: all */
    char *cv, *scoring;
    int refit;
} auto_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_REAL, auto_params, time_limit, "60", 0.001, 1e9, "none", "time",
            "seconds to fit in, about; the result depends on the clock unless it is none "
            "or all candidates are ready before"),
    ENS_ROW(ENS_PARAM_INT, auto_params, max_models, "none", 1, 1000, "none", "",
            "candidates to try, in their order"),
    ENS_ROW(ENS_PARAM_TEXT, auto_params, cv, "auto", 0, 0, "", "",
            "plan of folds; auto: 5, and holdout(0.2) from 500000 rows on"),
    ENS_ROW(ENS_PARAM_TEXT, auto_params, scoring, "auto", 0, 0, "", "metric",
            "the metric to select by; auto: log_loss, or rmse"),
    ENS_ROW(
        ENS_PARAM_BOOL, auto_params, refit, "true", 0, 1, "", "",
        "fit what is selected again on all rows; false: keep the members of the folds"),
    ENS_PARAM_LAST};

/* What is tried, and how long it takes beside the others, about. Types that there are not are passed over, as are those
 * that do not suit the table; members must take whatever rows come. */
static const struct candidate {
    const char *recipe;
    double cost;
} candidates[] = {
    {"gbdt(n_estimators=100)", 1},
    {"impute | standardize | onehot | logistic", 1},
    {"impute | standardize | onehot | linear(penalty=l2)", 0.3},
    {"gbdt(n_estimators=1000, learning_rate=0.05, n_iter_no_change=50)", 5},
    {"forest(n_estimators=200)", 3},
    {"extra_trees(n_estimators=200)", 3},
    {("gbdt(n_estimators=1000, learning_rate=0.1, max_leaf_nodes=8, subsample=0.8, "
      "colsample_bytree=0.8, n_iter_no_change=50)"),
     4},
    {("gbdt(n_estimators=1500, learning_rate=0.03, max_leaf_nodes=64, "
      "min_samples_leaf=40, "
      "colsample_bytree=0.6, n_iter_no_change=50)"),
     12},
    {"forest(n_estimators=200, min_samples_leaf=5, max_features=0.5)", 6},
    {"impute | standardize | onehot | mlp", 10},
    {"impute | standardize | onehot | knn", 10},
    {"extra_trees(n_estimators=200, min_samples_leaf=3, max_features=0.8)", 6},
    {"naive_bayes", 0.5},
};

#define N_CANDIDATES (sizeof candidates / sizeof *candidates)

/* Parts of the time: for candidates; the rest is for fitting again what is selected. */
#define SHARE 0.7

typedef struct automatic {
    char *recipe; /* of the selection */
    ens_fitted fitted;
} automatic;

static void auto_free(void *fit)
{
    automatic *m = fit;

    if (m == NULL)
        return;
    ens_fitted_clear(&m->fitted);
    ens__free(m->recipe);
    ens__free(m);
}

/* ---- Trying ------------------------------------------------------------------------------------------------ */

typedef struct job {
    const auto_params *p;
    ens_fit_args a; /* of the fit, with progress that is listened to */
    const ens_exec *exec;
    ens_exec listening;
    ens_folds *folds;
    ens_learner *library; /* the selection */
    ens__oof oof;
    double start, end;    /* of what candidates may use; end is 0 without a limit */
    double seconds, cost; /* of those that were ready */
    size_t tried;
    bool stopped, canceled;
} job;

/* A caller who says stop shall have what there is. */
static ens_go listen(const ens_progress *progress, void *ctx)
{
    job *j = ctx;
    ens_go answer = j->exec->progress(progress, j->exec->progress_ctx);

    j->stopped = j->stopped || answer == ENS_STOP;
    j->canceled = j->canceled || answer == ENS_CANCEL;
    return answer == ENS_GO ? ENS_GO : ENS_CANCEL;
}

/* The recipe of a candidate for these rows; NULL if it does not suit them. */
static ens_status prepare(ens_learner **out, const job *j, const char *recipe,
                          ens_error *err)
{
    ens_learner *l = NULL;
    ens_error ignored = {0};
    unsigned caps, needs = ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES | ENS_TAKES_NUMBERS;
    ens_status st = ens_learner_parse(&l, recipe, &ignored);

    *out = NULL;
    if (st != ENS_OK)
        return st == ENS_ENAME ? ENS_OK : ens__fail(err, st, "%s", ignored.message);
    caps = ens__learner_caps(l);
    if (j->a.w != NULL)
        needs |= ENS_TAKES_WEIGHTS;
    if (ens_learner_suits(l, j->a.task) && (caps & needs) == needs)
        st = ens__learner_complete(out, l, &j->a.rows, err);
    ens_learner_free(l);
    return st;
}

/* Its predictions of unseen rows come to those of the others, and it to the library. Takes the member and oof. */
static ens_status add(job *j, ens_learner *member, ens__oof *oof, ens_error *err)
{
    ens_status st = ens__oof_append(&j->oof, oof, err);

    if (st != ENS_OK) {
        ens__oof_clear(oof);
        ens_learner_free(member);
        return st;
    }
    return ens__learner_add(j->library, member, err);
}

/* Whether what went wrong with a candidate is for the whole fit to fail with. */
static bool is_ours(const job *j, ens_status st)
{
    return st == ENS_EINTERNAL || (st == ENS_ECANCELED && j->canceled) ||
           (st == ENS_ENOMEM && j->library->n_members == 0);
}

/* Fit a candidate over the folds, unless it fails or is late. */
static ens_status try_candidate(job *j, ens_learner *member, bool limited, ens_error *err)
{
    const ens_learner *one = member;
    uint64_t seed = ens_seed(j->a.seed, ENS__FOR_MEMBER, j->library->n_members);
    ens_exec quiet = {.threads = j->listening.threads};
    ens_fit_args a = j->a;
    ens__oof_args args = {.a = &a,
                          .folds = j->folds,
                          .member = &one,
                          .seed = &seed,
                          .n_members = 1,
                          .keep = !j->p->refit,
                          .phase = "fitting folds"};
    ens__oof oof = {0};
    ens_error e = {0};
    double was = ens__par_limit(limited ? j->end : 0);
    ens_status st;

    if (j->library->n_members == 0) /* the constant, which nobody may stop */
        a.exec = &quiet;
    st = ens__oof_fit(&oof, &args, &e);
    ens__par_limit(was);
    if (st == ENS_OK)
        return add(j, member, &oof, err);
    ens_learner_free(member);
    if (is_ours(j, st) || j->library->n_members == 0) {
        if (err != NULL)
            *err = e;
        return st;
    }
    return ENS_OK;
}

/* Whether there is time for a candidate, as far as is known. */
static bool has_time(const job *j, double cost)
{
    double left = j->end - ens__clock();

    return j->end == 0 ||
           (left > 0 && (j->cost == 0 || cost * j->seconds / j->cost < left));
}

static ens_status try_all(job *j, ens_error *err)
{
    ens_learner *member = NULL;
    ens_status st = prepare(&member, j, "dummy", err);

    if (st != ENS_OK || (st = try_candidate(j, member, false, err)) != ENS_OK)
        return st;
    for (size_t c = 0; c < N_CANDIDATES && st == ENS_OK && !j->stopped; c++) {
        double begin = ens__clock();
        size_t n = j->library->n_members;

        if (j->p->max_models > 0 && j->tried >= (size_t)j->p->max_models)
            break;
        if (!has_time(j, candidates[c].cost))
            continue;
        if ((st = prepare(&member, j, candidates[c].recipe, err)) != ENS_OK ||
            member == NULL)
            continue;
        j->tried++;
        st = try_candidate(j, member, j->end > 0, err);
        if (j->library->n_members > n) {
            j->seconds += ens__clock() - begin;
            j->cost += candidates[c].cost;
        }
    }
    return st;
}

/* ---- Fitting ----------------------------------------------------------------------------------------------- */

/* Rows of the largest class, or all. */
static size_t most_rows(const ens_fit_args *a)
{
    size_t most = 0;

    if (a->label == NULL)
        return a->rows.n;
    for (size_t c = 0; c < a->k; c++) {
        size_t n = 0;

        for (size_t i = 0; i < a->rows.n; i++)
            n += (size_t)a->label[a->rows.row[i]] == c;
        most = n > most ? n : most;
    }
    return most;
}

/* The plan's text; buf is for one that depends on the rows. */
static const char *plan_text(char buf[32], const auto_params *p, const ens_fit_args *a)
{
    size_t most = most_rows(a);

    if (p->cv != NULL && strcmp(p->cv, "auto") != 0)
        return p->cv;
    if (a->rows.n >= 500000)
        return "holdout(0.2)";
    if (most >= 5 || most < 2)
        return "5";
    ens__number_print(buf, (double)most); /* fewer rows than folds */
    return buf;
}

static ens_status begin(job *j, const char *cv, ens_error *err)
{
    ens__split_rows rows = ens__split_rows_of_fit(&j->a);
    ens_status st = ens__learner_new(&j->library, &ens__selection_type, err);

    if (st == ENS_OK &&
        (st = ens__folds_make(&j->folds, &rows, cv, j->a.seed, err)) != ENS_OK &&
        st != ENS_ENOMEM)
        ens__error_prefix(err, "auto.cv");
    return st;
}

/* The library as a recipe, that its fit by itself would be the same. */
static ens_status finish_library(job *j, const char *cv, ens_error *err)
{
    const char *scoring = j->p->scoring != NULL ? j->p->scoring : "auto";
    ens_status st;

    if ((st = ens_learner_set(j->library, "cv", cv, err)) != ENS_OK ||
        (st = ens_learner_set(j->library, "scoring", scoring, err)) != ENS_OK)
        return st;
    return ens_learner_set(j->library, "refit", j->p->refit ? "true" : "false", err);
}

static ens_status select_members(automatic *m, job *j, ens_error *err)
{
    ens_fit_args a = j->a;
    void *state = NULL;
    ens_status st;

    a.exec = j->exec;
    a.learner = j->library;
    a.arena = NULL;
    a.valid = NULL;
    a.checkpoint = NULL;
    if ((st = ens_learner_print(&m->recipe, j->library, ENS_PRINT_SHORT, err)) !=
            ENS_OK ||
        (st = ens__selection_fit(&state, &a, &j->oof, err)) != ENS_OK)
        return st;
    m->fitted = (ens_fitted){&ens__selection_type, state};
    return ENS_OK;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    job j = {.p = params, .a = *a, .exec = a->exec, .start = ens__clock()};
    char buf[ENS__NUMBER_SIZE];
    const char *cv = plan_text(buf, params, a);
    automatic *m = ens__zeros(1, sizeof *m);
    ens_status st = m != NULL ? ENS_OK : ens__nomem(err);

    if (j.p->time_limit > 0)
        j.end = j.start + SHARE * j.p->time_limit;
    j.listening.threads = a->exec != NULL ? a->exec->threads : 0;
    if (a->exec != NULL && a->exec->progress != NULL)
        j.listening = (ens_exec){a->exec->threads, listen, &j, 0, NULL, NULL};
    j.a.exec = &j.listening;
    if (st != ENS_OK || (st = begin(&j, cv, err)) != ENS_OK ||
        (st = try_all(&j, err)) != ENS_OK ||
        (st = finish_library(&j, cv, err)) != ENS_OK ||
        (st = select_members(m, &j, err)) != ENS_OK)
        goto done;
    *out = m;
    m = NULL;
done:
    auto_free(m);
    ens__oof_clear(&j.oof);
    ens_folds_free(j.folds);
    ens_learner_free(j.library);
    return st;
}

/* ---- The rest: what the selection does --------------------------------------------------------------------- */

static void predict(const void *fit, const ens_rows *rows, double *out, void *scratch)
{
    const automatic *m = fit;

    m->fitted.type->predict(m->fitted.state, rows, out, scratch);
}

static size_t scratch_size(const void *fit)
{
    return ens_fitted_scratch(&((const automatic *)fit)->fitted);
}

static size_t auto_bytes(const void *fit)
{
    const automatic *m = fit;

    return sizeof *m + ens__fitted_bytes(&m->fitted);
}

static ens_status describe(const void *fit,
                           ens_status (*add_line)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    const automatic *m = fit;
    ens__buf b = {0};
    char *line = NULL;
    ens_status st;

    ens__buf_printf(&b, "the same without a clock: %s\n", m->recipe);
    if ((st = ens__buf_take(&line, &b, err)) == ENS_OK)
        st = add_line(ctx, line);
    ens__free(line);
    return st == ENS_OK ? m->fitted.type->describe(m->fitted.state, add_line, ctx, err)
                        : st;
}

static ens_status write_auto(const void *fit, ens_writer *w, ens_error *err)
{
    const automatic *m = fit;
    size_t n = strlen(m->recipe);
    ens_status st = ens_writer_array(w, "recipe", ENS_U8, 1, &n, m->recipe, err);

    if (st == ENS_OK && (st = ens_writer_push(w, "selection", err)) == ENS_OK) {
        st = ens_fitted_write(&m->fitted, 1, w, err);
        ens_writer_pop(w);
    }
    return st;
}

static ens_status read_auto(void **out, const ens_read_args *a, ens_error *err)
{
    automatic *m = ens__zeros(1, sizeof *m);
    ens_learner *recipe = NULL;
    ens_status st = m != NULL
                        ? ens__stack_read_recipe(&recipe, &m->recipe, "recipe", a, err)
                        : ens__nomem(err);

    if (st == ENS_OK && recipe->type != &ens__selection_type)
        st = ens_reader_bad(a->reader, err, "its recipe is no selection");
    if (st == ENS_OK && (st = ens_reader_push(a->reader, "selection", err)) == ENS_OK) {
        st = ens_fitted_read(&m->fitted, 1, recipe, a, err);
        ens_reader_pop(a->reader);
    }
    if (st == ENS_OK) {
        *out = m;
        m = NULL;
    }
    ens_learner_free(recipe);
    auto_free(m);
    return st;
}

static ens_status check(const void *params, ens_error *err)
{
    const auto_params *p = params;
    ens_learner *l = NULL;
    ens_status st = ens_learner_parse(&l, "selection(dummy)", err);

    if (st == ENS_OK && p->cv != NULL && strcmp(p->cv, "auto") != 0)
        st = ens__folds_check(p->cv, "auto.cv", err);
    if (st == ENS_OK && p->scoring != NULL &&
        (st = ens_learner_set(l, "scoring", p->scoring, err)) == ENS_OK)
        st = ens__selection_type.check(ens_learner_params(l), err);
    ens_learner_free(l);
    return st;
}

const ens_learner_type ens__auto_type = {
    .abi = ENS_EXT_ABI,
    .name = "auto",
    .help = "a library of unlike learners, as many as the time allows, and the best of "
            "them together",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES |
            ENS_TAKES_WEIGHTS | ENS_TAKES_NUMBERS | ENS_TAKES_LONG_BLOCKS,
    .params = table,
    .params_size = sizeof(auto_params),
    .check = check,
    .fit = fit,
    .predict = predict,
    .scratch_size = scratch_size,
    .write = write_auto,
    .read = read_auto,
    .free = auto_free,
    .describe = describe,
    .bytes = auto_bytes,
};
