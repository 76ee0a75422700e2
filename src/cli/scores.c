/* scores.c - score tables for people and for scripts. */
#include <config.h>

#include <cli/scores.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

size_t scores_of_model(score_set *out, const ens_model *model)
{
    const ens_score *s;
    size_t n = 0;

    for (size_t i = 0; (s = ens_model_score(model, i)) != NULL; i++) {
        if (n > 0 && strcmp(out[n - 1].kind, s->kind) == 0)
            out[n - 1].n++;
        else if (n < MOST_KINDS)
            out[n++] = (score_set){s->kind, s, 1};
    }
    return n;
}

static double value_of(const score_set *set, const char *name)
{
    for (size_t i = 0; i < set->n; i++)
        if (strcmp(set->score[i].name, name) == 0)
            return set->score[i].value;
    return NAN;
}

/* No set before this one has the name. */
static int is_new(const score_set *set, size_t s, const char *name)
{
    for (size_t i = 0; i < s; i++)
        if (!isnan(value_of(&set[i], name)))
            return 0;
    return 1;
}

void scores_print(const score_set *set, size_t n_sets)
{
    char align[MOST_KINDS + 3] = "l";
    report r;

    if (n_sets == 0)
        return;
    for (size_t s = 0; s < n_sets; s++)
        align[s + 1] = 'r';
    report_begin(&r, align);
    report_add(&r, "score");
    for (size_t s = 0; s < n_sets; s++)
        report_add(&r, "%s", set[s].kind);
    for (size_t s = 0; s < n_sets; s++)
        for (size_t i = 0; i < set[s].n; i++) {
            const char *name = set[s].score[i].name;

            if (!is_new(set, s, name))
                continue;
            report_add(&r, "%s", name);
            for (size_t other = 0; other < n_sets; other++)
                report_score(&r, value_of(&set[other], name));
        }
    report_end(&r);
}

json_t *scores_json(const score_set *set, size_t n_sets)
{
    json_t *all = json_object();

    for (size_t s = 0; s < n_sets; s++) {
        json_t *one = json_object();

        for (size_t i = 0; i < set[s].n; i++)
            json_object_set_new(one, set[s].score[i].name,
                                json_of_number(set[s].score[i].value));
        json_object_set_new(all, set[s].kind, one);
    }
    return all;
}
