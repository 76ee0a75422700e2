/* chain.c - members fitted one after another: keeping them, their tensors, and the recipe that they have. */
#include <config.h>

#include <assert.h>
#include <core/error.h>
#include <core/mem.h>
#include <ensemble/chain.h>
#include <learn/learner.h>
#include <string.h>

ens__chain *ens__chain_new(size_t cap, size_t p)
{
    ens__chain *chain = ens__zeros(1, sizeof *chain);

    if (chain == NULL || (chain->fit = ens__zeros(cap, sizeof *chain->fit)) == NULL) {
        ens__free(chain);
        return NULL;
    }
    chain->cap = cap;
    chain->p = p;
    atomic_init(&chain->refs, 1);
    return chain;
}

void ens__chain_free(ens__chain *chain)
{
    if (chain == NULL || atomic_fetch_sub(&chain->refs, 1) != 1)
        return;
    for (size_t t = chain->base != NULL ? chain->base->n : 0; t < chain->n; t++)
        ens_fitted_clear(&chain->fit[t]);
    ens__chain_free(chain->base);
    ens__free(chain->fit);
    ens__free(chain);
}

void ens__chain_add(ens__chain *chain, ens_fitted member)
{
    size_t scratch = ens_fitted_scratch(&member);

    assert(chain->n < chain->cap);
    chain->fit[chain->n++] = member;
    chain->scratch = scratch > chain->scratch ? scratch : chain->scratch;
}

void ens__chain_share(ens__chain *chain, ens__chain *base)
{
    assert(chain->n == 0 && base->n <= chain->cap);
    chain->base = base;
    atomic_fetch_add(&base->refs, 1);
    for (size_t t = 0; t < base->n; t++)
        ens__chain_add(chain, base->fit[t]);
}

size_t ens__chain_bytes(const ens__chain *chain)
{
    size_t bytes = sizeof *chain + chain->cap * sizeof *chain->fit;

    for (size_t t = 0; t < chain->n; t++)
        bytes += ens__fitted_bytes(&chain->fit[t]);
    return bytes;
}

void ens__chain_member(ens_part *out, const ens__chain *chain, size_t t)
{
    *out = (ens_part){chain->fit[t], NULL, chain->p};
}

ens_status ens__chain_importance(const ens__chain *chain, const double *weight,
                                 double *out, ens_error *err)
{
    const ens_learner_type *type = chain->fit[0].type;
    double *one, total = 0;
    ens_status st = ENS_OK;

    if (type->importance == NULL)
        return ens__fail(err, ENS_ESUPPORT, "%s has no impurity importance", type->name);
    if ((one = ens__array(chain->p, sizeof *one)) == NULL)
        return ens__nomem(err);
    for (size_t t = 0; t < chain->n; t++)
        total += weight != NULL ? weight[t] : 1;
    for (size_t t = 0; t < chain->n && st == ENS_OK; t++) {
        double share = (weight != NULL ? weight[t] : 1) / total;

        memset(one, 0, chain->p * sizeof *one);
        st = type->importance(chain->fit[t].state, one, err);
        for (size_t j = 0; j < chain->p && st == ENS_OK; j++)
            out[j] += share * one[j];
    }
    ens__free(one);
    return st;
}

/* ---- Tensors -------------------------------------------------------------------------------------- */

ens_status ens__chain_write(const ens__chain *chain, ens_writer *w, ens_error *err)
{
    ens_status st = ens_writer_push(w, "members", err);

    if (st != ENS_OK)
        return st;
    st = ens_fitted_write(chain->fit, chain->n, w, err);
    ens_writer_pop(w);
    return st;
}

ens_status ens__chain_read(ens__chain **out, size_t n, const ens_learner *member,
                           const ens_read_args *a, ens_error *err)
{
    ens__chain *chain = ens__chain_new(n, a->p);
    ens_fitted *fit = ens__zeros(n, sizeof *fit);
    ens_status st;

    if (chain == NULL || fit == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = ens_reader_push(a->reader, "members", err)) != ENS_OK)
        goto done;
    st = ens_fitted_read(fit, n, member, a, err);
    ens_reader_pop(a->reader);
    if (st != ENS_OK)
        goto done;
    for (size_t t = 0; t < n; t++)
        ens__chain_add(chain, fit[t]);
    *out = chain;
    chain = NULL;
done:
    ens__free(fit);
    ens__chain_free(chain);
    return st;
}

/* ---- The recipe -------------------------------------------------------------------------------------- */

ens_status ens__chain_recipe_of(ens__chain_recipe *out, const ens_learner *learner,
                                const char *max_depth, ens_error *err)
{
    ens_status st;

    *out = (ens__chain_recipe){.member = ens_learner_member(learner, 0)};
    if (out->member != NULL)
        return ENS_OK;
    if ((st = ens__learner_new(&out->own, &ens__tree_type, err)) == ENS_OK)
        st = ens_learner_set(out->own, "max_depth", max_depth, err);
    out->member = out->own;
    return st;
}

void ens__chain_recipe_clear(ens__chain_recipe *recipe)
{
    ens_learner_free(recipe->own);
    *recipe = (ens__chain_recipe){0};
}
