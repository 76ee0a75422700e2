/* check_model.c - conformance of recipes and models: printing, copying, saving, loading, remembering, describing,
 * scoring, and being a member of a bag. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/str.h>
#include <ensemble/metric.h>
#include <learn/check.h>
#include <math.h>
#include <string.h>

/* ---- Recipes -------------------------------------------------------------------------------------------- */

/* It prints as `text`, in full. */
static bool prints_as(ens__trial *t, const char *what, const ens_learner *l,
                      const char *text)
{
    char *full;
    bool ok;

    if (ens_learner_print(&full, l, ENS_PRINT_FULL, &t->err) != ENS_OK)
        return ens__trial_error(t, "print");
    ok = strcmp(full, text) == 0 ||
         ens__trial_fail(t, "%s of `%.150s` is `%.150s`", what, text, full);
    ens_string_free(full);
    return ok;
}

static bool reads_back(ens__trial *t, ens_print what)
{
    ens_learner *again = NULL;
    char *text = NULL;
    bool ok;

    if (ens_learner_print(&text, t->learner, what, &t->err) != ENS_OK)
        ok = ens__trial_error(t, "print");
    else if (ens_learner_parse(&again, text, &t->err) != ENS_OK)
        ok = ens__trial_error(t, "parsing what print wrote");
    else
        ok = prints_as(t, "what print wrote", again, t->recipe);
    ens_string_free(text);
    ens_learner_free(again);
    return ok;
}

static bool a_printed_recipe_reads_back(ens__trial *t)
{
    return reads_back(t, ENS_PRINT_SHORT) && reads_back(t, ENS_PRINT_FULL);
}

/* Set each parameter of a copy to the value that it has. */
static bool parameters_read_back(ens__trial *t)
{
    const ens_param *p = t->learner->type->params;
    ens_learner *copy;
    bool ok = true;

    if (ens_learner_copy(&copy, t->learner, &t->err) != ENS_OK)
        return ens__trial_error(t, "copy");
    for (; p->name != NULL && ok; p++) {
        char *value;

        if (ens_learner_get(&value, copy, p->name, &t->err) != ENS_OK) {
            ok = ens__trial_error(t, "get");
            break;
        }
        if (ens_learner_set(copy, p->name, value, &t->err) != ENS_OK)
            ok = ens__trial_error(t, "set");
        ens_string_free(value);
    }
    ok = ok && prints_as(t, "a copy, its parameters set again,", copy, t->recipe);
    ens_learner_free(copy);
    return ok;
}

static bool unknown_parameters_are_refused(ens__trial *t)
{
    ens_learner *copy;
    bool ok;

    if (ens_learner_copy(&copy, t->learner, &t->err) != ENS_OK)
        return ens__trial_error(t, "copy");
    t->err = (ens_error){0};
    ok = ens__trial_refused(t, "setting no_such_parameter",
                            ens_learner_set(copy, "no_such_parameter", "1", &t->err),
                            ENS_ENAME);
    ens_learner_free(copy);
    return ok;
}

/* ---- Files ------------------------------------------------------------------------------------------------ */

static bool a_loaded_model_is_the_same(ens__trial *t)
{
    ens_model *again = NULL;
    double *out = NULL;
    void *bytes = NULL;
    size_t size;
    bool ok;

    if (ens_model_save_bytes(&bytes, &size, t->model, &t->err) != ENS_OK)
        return ens__trial_error(t, "save");
    if (ens_model_load_bytes(&again, bytes, size, &t->err) != ENS_OK)
        ok = ens__trial_error(t, "load");
    else
        ok = (out = ens__trial_predict(t, again, t->data, NULL)) != NULL &&
             ens__trial_same(t, "the loaded model", out, 0, 1, t->n) &&
             ens__trial_same_file(t, "saved again", t->model, again);
    ens__free(out);
    ens_bytes_free(bytes);
    ens_model_free(again);
    return ok;
}

/* A damaged file is refused; nothing is made of it. */
static bool is_refused(ens__trial *t, const char *what, const void *bytes, size_t size)
{
    ens_model *m = NULL;
    ens_status st;

    t->err = (ens_error){0};
    st = ens_model_load_bytes(&m, bytes, size, &t->err);
    ens_model_free(m);
    return ens__trial_refused(t, what, st, ENS_EFORMAT);
}

static bool a_damaged_file_is_refused(ens__trial *t)
{
    unsigned char *bytes;
    void *file;
    size_t size;
    bool ok = true;

    if (ens_model_save_bytes(&file, &size, t->model, &t->err) != ENS_OK)
        return ens__trial_error(t, "save");
    bytes = file;
    for (size_t i = 0; i < 16 && ok; i++)
        ok = is_refused(t, "loading a file cut short", bytes, size * i / 16);
    for (size_t i = 0; i < 16 && ok; i++) {
        size_t at = size - 1 - (size - 1) * i / 16;

        bytes[at] ^= 0x10;
        ok = is_refused(t, "loading a file with a bit flipped", bytes, size);
        bytes[at] ^= 0x10;
    }
    ens_bytes_free(file);
    return ok;
}

/* ---- What a model tells -------------------------------------------------------------------------------------- */

static bool remembers_features(ens__trial *t)
{
    size_t columns = ens_dataset_n_columns(t->data), j = 0;

    for (size_t c = 0; c < columns; c++) {
        ens_column_info was, is;

        if (ens_dataset_column(&was, t->data, c, &t->err) != ENS_OK)
            return ens__trial_error(t, "column");
        if (was.role != ENS_FEATURE)
            continue;
        if (ens_model_feature(&is, t->model, j++, &t->err) != ENS_OK)
            return ens__trial_error(t, "feature");
        if (strcmp(is.name, was.name) != 0 || is.type != was.type ||
            is.n_levels != was.n_levels)
            return ens__trial_fail(t, "the model knows feature `%s` as `%s`", was.name,
                                   is.name);
    }
    return j == ens_model_p(t->model) ||
           ens__trial_fail(t, "the model has %zu features, not %zu",
                           ens_model_p(t->model), j);
}

static bool the_model_remembers(ens__trial *t)
{
    for (size_t c = 0; c < ens_dataset_n_classes(t->data); c++)
        if (ens_model_class(t->model, c) == NULL ||
            strcmp(ens_model_class(t->model, c), ens_dataset_class(t->data, c)) != 0)
            return ens__trial_fail(t, "the model has another class %zu", c);
    if (ens_model_seed(t->model) != ENS__TRIAL_SEED ||
        ens_model_task(t->model) != t->task || ens_model_n_train(t->model) != t->n ||
        strcmp(ens_model_target(t->model), "y") != 0)
        return ens__trial_fail(t,
                               "the model has another seed, task, target or row count");
    return remembers_features(t);
}

/* Lines of "key: value". */
static bool describes_itself(ens__trial *t)
{
    char *text;
    bool ok = true;

    if (ens_model_describe(&text, t->model, &t->err) != ENS_OK)
        return ens__trial_error(t, "describe");
    for (const char *s = text; *s != 0 && ok; s += strcspn(s, "\n") + 1) {
        size_t n = strcspn(s, "\n");

        if (s[n] == 0 || memchr(s, ':', n) == NULL) {
            ok = ens__trial_fail(t, "describe: `%.*s` is not a line `key: value`",
                                 (int)(n < 80 ? n : 80), s);
            break;
        }
    }
    ens_string_free(text);
    return ok;
}

static bool importance_is_in_shares(ens__trial *t)
{
    size_t p = ens_model_p(t->model);
    double *share = ens__array(p, sizeof *share), sum = 0;
    ens_status st;
    bool ok = true;

    if (share == NULL)
        return ens__trial_fail(t, "out of memory");
    t->err = (ens_error){0};
    st = ens_model_importance(t->model, share, &t->err);
    if (st == ENS_OK)
        for (size_t j = 0; j < p; j++) {
            if (!(share[j] >= 0))
                ok = ens__trial_fail(t, "importance of feature %zu is %g", j, share[j]);
            sum += share[j];
        }
    if (st != ENS_OK)
        ok = ens__trial_refused(t, "importance", st, ENS_ESUPPORT);
    else if (ok && sum != 0 && fabs(sum - 1) > 1e-9) /* 0: nothing was split */
        ok = ens__trial_fail(t, "importance sums to %g", sum);
    ens__free(share);
    return ok;
}

static bool out_of_bag_predictions_fit_the_rows(ens__trial *t)
{
    size_t n;
    const double *oob = ens_model_oob(t->model, &n);

    if (oob == NULL)
        return n == 0 || ens__trial_fail(t, "%zu out-of-bag predictions at NULL", n);
    if (n != t->n)
        return ens__trial_fail(t, "%zu out-of-bag predictions of %zu rows", n, t->n);
    for (size_t i = 0; i < n; i++) {
        bool none = true;

        for (size_t c = 0; c < t->k; c++)
            none = none && isnan(oob[i * t->k + c]);
        if (!none && !ens__trial_valid(t, oob + i * t->k, 1, t->k))
            return false;
    }
    return true;
}

/* ---- Members --------------------------------------------------------------------------------------------- */

static bool members_can_be_asked_for(ens__trial *t)
{
    const ens_fitted *root = &t->model->root;
    size_t p = ens_model_p(t->model), n;

    if ((root->type->n_members == NULL) != (root->type->member == NULL))
        return ens__trial_fail(t, "n_members and member go together");
    if (root->type->n_members == NULL)
        return true;
    if ((n = root->type->n_members(root->state)) == 0)
        return ens__trial_fail(t, "n_members is 0");
    for (size_t m = 0; m < n; m++) {
        ens_part part = {0};

        root->type->member(&part, root->state, m);
        if (part.fitted.type == NULL || part.fitted.state == NULL || part.p == 0)
            return ens__trial_fail(t, "member %zu has no type, state or features", m);
        if (part.feature == NULL && part.p != p)
            return ens__trial_fail(t, "member %zu sees all %zu of %zu features", m,
                                   part.p, p);
        for (size_t j = 0; part.feature != NULL && j < part.p; j++)
            if (part.feature[j] >= p)
                return ens__trial_fail(t, "member %zu sees feature %u of %zu", m,
                                       (unsigned)part.feature[j], p);
    }
    return true;
}

/* How often each row is in the bag of a member, into count[n]. */
static bool draw_bag(ens__trial *t, uint32_t *count, const ens_fit_args *a, size_t m)
{
    size_t drawn = 0;

    memset(count, 0xff, a->rows.n * sizeof *count);
    t->err = (ens_error){0};
    if (t->model->root.type->in_bag(count, t->model->learner->params, a, m, &t->err) !=
        ENS_OK)
        return ens__trial_error(t, "in_bag");
    for (size_t i = 0; i < a->rows.n; i++) {
        if (count[i] > 1000 * a->rows.n)
            return ens__trial_fail(t, "row %zu is %u times in bag %zu", i,
                                   (unsigned)count[i], m);
        drawn += count[i];
    }
    return drawn > 0 || ens__trial_fail(t, "bag %zu is empty", m);
}

static bool bags_are_drawn_again(ens__trial *t)
{
    const ens_fitted *root = &t->model->root;
    const ens__table *table = t->data->table;
    ens_fit_args a = {.learner = t->model->learner,
                      .rows = {table->feature, table->p, t->data->row, t->n},
                      .n_table = table->n,
                      .seed = t->model->seed};
    uint32_t *one, *two;
    bool ok = true;

    if (root->type->in_bag == NULL)
        return true;
    if (root->type->n_members == NULL)
        return ens__trial_fail(t, "in_bag without n_members");
    one = ens__array(t->n, sizeof *one);
    two = ens__array(t->n, sizeof *two);
    if (one == NULL || two == NULL)
        ok = ens__trial_fail(t, "out of memory");
    for (size_t m = 0; ok && m < root->type->n_members(root->state); m++) {
        ok = draw_bag(t, one, &a, m) && draw_bag(t, two, &a, m);
        if (ok && memcmp(one, two, t->n * sizeof *one) != 0)
            ok = ens__trial_fail(t, "bag %zu has other rows when it is drawn again", m);
    }
    ens__free(one);
    ens__free(two);
    return ok;
}

/* ---- Scores and bags -------------------------------------------------------------------------------------- */

static bool scores_are_numbers(ens__trial *t)
{
    ens_score *score = NULL;
    size_t n = 0;
    bool ok = true;

    if (ens_model_evaluate(&score, &n, t->model, t->data, NULL, NULL, &t->err) != ENS_OK)
        return ens__trial_error(t, "evaluate");
    for (size_t i = 0; i < n && ok; i++)
        ok = isfinite(score[i].value) ||
             ens__trial_fail(t, "%s is %g", score[i].name, score[i].value);
    if (n == 0)
        ok = ens__trial_fail(t, "there are no scores");
    ens_scores_free(score, n);
    return ok;
}

/* ---- As a member ---------------------------------------------------------------------------------------------- */

/* The same trial for bagging(recipe). */
static bool in_a_bag(ens__trial *t, const char *bagged)
{
    ens__trial outer = *t;
    ens_learner *l;
    ens__run r;
    bool ok;

    if (ens_learner_parse(&l, bagged, &t->err) != ENS_OK)
        return ens__trial_error(t, "parsing it as a member");
    outer.learner = l;
    ok = ens__run_data(&r, &outer, t->data, ENS__TRIAL_SEED, NULL);
    if (ok) {
        outer.model = r.model;
        outer.out = r.out;
        ok = a_loaded_model_is_the_same(&outer);
    }
    if (!ok)
        ens__trial_fail(t, "in a bag: %.400s", outer.problem);
    ens__run_clear(&r);
    ens_learner_free(l);
    return ok;
}

static bool can_be_bagged(ens__trial *t)
{
    ens__buf b = {0};
    char *text;
    bool ok;

    ens__buf_printf(&b, "bagging(%s, n_estimators=3)", t->recipe);
    if (ens__buf_take(&text, &b, &t->err) != ENS_OK)
        return ens__trial_error(t, "print");
    ok = in_a_bag(t, text);
    ens__free(text);
    return ok;
}

const ens__check ens__model_checks[] = {
    {"a_printed_recipe_reads_back", 0, 0, a_printed_recipe_reads_back},
    {"parameters_read_back", 0, 0, parameters_read_back},
    {"unknown_parameters_are_refused", 0, 0, unknown_parameters_are_refused},
    {"a_loaded_model_is_the_same", 0, 0, a_loaded_model_is_the_same},
    {"a_damaged_file_is_refused", 0, 0, a_damaged_file_is_refused},
    {"the_model_remembers", 0, 0, the_model_remembers},
    {"describes_itself", 0, 0, describes_itself},
    {"importance_is_in_shares", 0, 0, importance_is_in_shares},
    {"out_of_bag_predictions_fit_the_rows", 0, 0, out_of_bag_predictions_fit_the_rows},
    {"members_can_be_asked_for", 0, 0, members_can_be_asked_for},
    {"bags_are_drawn_again", 0, 0, bags_are_drawn_again},
    {"scores_are_numbers", 0, 0, scores_are_numbers},
    {"can_be_bagged", 0, 0, can_be_bagged},
    {NULL, 0, 0, NULL},
};
