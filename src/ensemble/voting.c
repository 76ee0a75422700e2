/* voting.c - the learner `voting`: members of any recipes, each fitted on all rows, and the mean of their predictions,
 * their votes, or their median. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/stack.h>
#include <num/rng.h>

enum { AUTO, SOFT, HARD, MEAN, MEDIAN };

typedef struct voting_params {
    int voting;
    ens_list weights;
} voting_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_WORD, voting_params, voting, "auto", 0, 0,
            "auto,soft,hard,mean,median", "",
            "classes: soft (auto), the mean of probabilities, or hard, votes; numbers: "
            "mean (auto) or median"),
    ENS_ROW(ENS_PARAM_LIST, voting_params, weights, "none", 0, 1e9, "none", "",
            "of the members, in their order"),
    ENS_PARAM_LAST};

static ens_status check(const void *params, ens_error *err)
{
    const voting_params *p = params;
    double sum = 0;

    for (size_t i = 0; i < p->weights.n; i++)
        sum += p->weights.v[i];
    if (p->weights.v != NULL && !(sum > 0))
        return ens__fail(err, ENS_ERANGE, "voting.weights are all zero");
    return ENS_OK;
}

static ens_status form_of(ens__stack_form *out, const voting_params *p, ens_task task,
                          ens_error *err)
{
    bool classes = task == ENS_TASK_CLASSIFICATION;

    if (p->voting != AUTO && classes != (p->voting == SOFT || p->voting == HARD))
        return ens__fail(err, ENS_ERANGE, "voting.voting = %s is for %s",
                         p->voting == SOFT   ? "soft"
                         : p->voting == HARD ? "hard"
                         : p->voting == MEAN ? "mean"
                                             : "median",
                         classes ? "regression" : "classification");
    *out = (ens__stack_form){p->voting == HARD     ? ENS__COMBINE_VOTE
                             : p->voting == MEDIAN ? ENS__COMBINE_MEDIAN
                                                   : ENS__COMBINE_MEAN,
                             false, false};
    return ENS_OK;
}

/* weight[n] of the members that differ, with the sum 1; those of the same recipe share theirs. */
static ens_status weigh(double *weight, const ens__stack *m, const size_t *number,
                        const voting_params *p, ens_error *err)
{
    double sum = 0;

    if (p->weights.v != NULL && p->weights.n != m->n_names)
        return ens__fail(err, ENS_ERANGE, "voting.weights are %zu for %zu members",
                         p->weights.n, m->n_names);
    for (size_t i = 0; i < m->n_names; i++)
        sum += p->weights.v != NULL ? p->weights.v[i] : 1;
    for (size_t u = 0; u < m->n; u++) {
        weight[u] = 0;
        for (size_t i = 0; i < m->n_names; i++)
            if (m->first[i] == number[u])
                weight[u] += (p->weights.v != NULL ? p->weights.v[i] : 1) / sum;
    }
    return ENS_OK;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    size_t all = ens_learner_n_members(a->learner), n = 0;
    size_t *number = ens__array(all, sizeof *number);
    const ens_learner **member = ens__array(all, sizeof *member);
    uint64_t *seed = ens__array(all, sizeof *seed);
    ens__stack *m = NULL;
    ens_status st = ENS_OK;

    if (number == NULL || member == NULL || seed == NULL)
        st = ens__nomem(err);
    if (st != ENS_OK ||
        (st = ens__stack_new(&m, a->learner, a->k, a->rows.p, err)) != ENS_OK ||
        (st = form_of(&m->form, params, a->task, err)) != ENS_OK)
        goto done;
    n = ens__stack_distinct(number, m);
    if ((st = ens__stack_use(m, number, n, 1, err)) != ENS_OK ||
        (st = weigh(m->weight, m, number, params, err)) != ENS_OK)
        goto done;
    for (size_t u = 0; u < n; u++) {
        member[u] = ens_learner_member(a->learner, number[u]);
        seed[u] = ens_seed(a->seed, ENS__FOR_MEMBER, number[u]);
    }
    if ((st = ens__stack_fit_members(m->fit, member, seed, n, a, err)) != ENS_OK)
        goto done;
    ens__stack_finish(m);
    *out = m;
    m = NULL;
done:
    ens__stack_free(m);
    ens__free(number);
    ens__free(member);
    ens__free(seed);
    return st;
}

static ens_status read_voting(void **out, const ens_read_args *a, ens_error *err)
{
    ens__stack_form form;

    if (form_of(&form, ens_learner_params(a->learner), a->task, NULL) != ENS_OK)
        return ens_reader_bad(a->reader, err, "its voting does not suit the task");
    return ens__stack_read(out, &form, a, err);
}

const ens_learner_type ens__voting_type = {
    .abi = ENS_EXT_ABI,
    .name = "voting",
    .help = "the mean, votes or median of members of any recipes",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_OF_MEMBERS | ENS_TAKES_LONG_BLOCKS,
    .min_members = 1,
    .max_members = 64,
    .params = table,
    .params_size = sizeof(voting_params),
    .check = check,
    .fit = fit,
    .predict = ens__stack_predict,
    .scratch_size = ens__stack_scratch,
    .write = ens__stack_write,
    .read = read_voting,
    .free = ens__stack_free,
    .describe = ens__stack_describe,
    .bytes = ens__stack_bytes,
};
