/* bag.c - fitted bags at work: their mean prediction, importance, description, tensors. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/bag.h>
#include <ensemble/members.h>
#include <ensemble/quantile.h>
#include <learn/learner.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

size_t ens__bag_round(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

ens__bag *ens__bag_new(void)
{
    ens__bag *bag = ens__zeros(1, sizeof *bag);

    if (bag != NULL)
        atomic_init(&bag->refs, 1);
    return bag;
}

void ens__bag_free(void *state)
{
    ens__bag *bag = state;

    if (bag == NULL || atomic_fetch_sub(&bag->refs, 1) != 1)
        return;
    for (size_t t = bag->base != NULL ? bag->base->n : 0; bag->fit != NULL && t < bag->n;
         t++)
        ens_fitted_clear(&bag->fit[t]);
    ens__quantiles_free(bag->quantiles);
    ens__trees_free(bag->trees);
    ens__bag_free(bag->base);
    ens__free(bag->fit);
    ens__free(bag->seed);
    ens__free(bag->features);
    ens__free(bag->oob);
    ens__free(bag);
}

/* ---- The runtime form ------------------------------------------------------------------------- */

typedef struct packing {
    const ens__bag *bag;
    ens__tree **own; /* [members of the base] copies whose nodes are there */
} packing;

static ens_status unpack_member(void *ctx, size_t t, unsigned worker, ens_error *err)
{
    const packing *p = ctx;

    (void)worker;
    return ens__tree_unpack(&p->own[t], p->bag->fit[t].state, err);
}

ens_status ens__bag_pack(ens__bag *bag, const ens_feature *feature, const ens_exec *exec,
                         ens_error *err)
{
    size_t n_old = bag->base != NULL ? bag->base->n : 0;
    packing p = {bag, NULL};
    ens__trees_source from = {.n = bag->n,
                              .feature = feature,
                              .p = bag->p,
                              .map = bag->features,
                              .p_tree = bag->p_member};
    const ens__tree **tree;
    ens__tree **mine = NULL; /* those of the base are not */
    ens_status st;

    for (size_t t = 0; t < bag->n; t++)
        if (bag->fit[t].type != &ens__tree_type)
            return ENS_OK;
    if ((tree = ens__array(bag->n, sizeof *tree)) == NULL ||
        (mine = ens__zeros(bag->n, sizeof *mine)) == NULL ||
        (p.own = ens__zeros(n_old, sizeof *p.own)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = ens__par_for(n_old, exec, NULL, unpack_member, &p, NULL, err)) != ENS_OK)
        goto done;
    for (size_t t = 0; t < bag->n; t++) {
        tree[t] = t < n_old && p.own[t] != NULL ? p.own[t] : bag->fit[t].state;
        mine[t] = t < n_old ? NULL : bag->fit[t].state;
    }
    from.tree = tree;
    from.own = mine;
    st = ens__trees_make(&bag->trees, &from, exec, err);
done:
    for (size_t t = 0; t < n_old && p.own != NULL; t++)
        ens__tree_free(p.own[t]);
    ens__free(p.own);
    ens__free(mine);
    ens__free(tree);
    return st;
}

/* ---- Predicting ------------------------------------------------------------------------------- */

const ens_feature *ens__bag_features(const ens__bag *bag, size_t t,
                                     const ens_feature *all, ens_feature *buf)
{
    if (bag->features == NULL)
        return all;
    for (size_t j = 0; j < bag->p_member; j++)
        buf[j] = all[bag->features[t * bag->p_member + j]];
    return buf;
}

/* One member's outputs, its features, its own scratch; or the codes of a block. */
size_t ens__bag_scratch(const void *state)
{
    const ens__bag *bag = state;

    if (bag->trees != NULL)
        return ens__trees_scratch(bag->trees);
    return ens__bag_round(ENS_BLOCK * bag->k * sizeof(double)) +
           ens__bag_round(bag->p_member * sizeof(ens_feature)) +
           ens__bag_round(bag->scratch);
}

/* out = sum over members of their outputs, for at most ENS_BLOCK rows */
static void sum_members(const ens__bag *bag, const ens_rows *rows, double *out,
                        void *scratch)
{
    size_t cells = rows->n * bag->k;
    double *one = scratch;
    ens_feature *buf = (ens_feature *)((char *)scratch +
                                       ens__bag_round(ENS_BLOCK * bag->k * sizeof *one));
    void *rest = (char *)buf + ens__bag_round(bag->p_member * sizeof *buf);

    for (size_t c = 0; c < cells; c++)
        out[c] = 0;
    for (size_t t = 0; t < bag->n; t++) {
        ens_rows seen = {ens__bag_features(bag, t, rows->feature, buf), bag->p_member,
                         rows->row, rows->n};

        bag->fit[t].type->predict(bag->fit[t].state, &seen, one, rest);
        for (size_t c = 0; c < cells; c++)
            out[c] += one[c];
    }
}

/* out = (1 / n) sum over members of their outputs, added in the order of the members */
void ens__bag_predict(const void *state, const ens_rows *rows, double *out, void *scratch)
{
    const ens__bag *bag = state;
    size_t cells = rows->n * bag->k;

    if (bag->trees != NULL)
        ens__trees_predict(bag->trees, rows, out, scratch);
    else
        for (size_t i = 0; i < rows->n; i += ENS_BLOCK) {
            ens_rows part = *rows;

            part.row += i;
            part.n = rows->n - i < ENS_BLOCK ? rows->n - i : ENS_BLOCK;
            sum_members(bag, &part, out + i * bag->k, scratch);
        }
    for (size_t c = 0; c < cells; c++)
        out[c] /= (double)bag->n;
}

double ens__bag_threshold(const void *state)
{
    const ens__bag *bag = state;
    double sum = 0;

    for (size_t t = 0; t < bag->n; t++)
        sum += ens__fitted_threshold(&bag->fit[t]);
    return sum / (double)bag->n;
}

const double *ens__bag_oob(const void *state)
{
    return ((const ens__bag *)state)->oob;
}

size_t ens__bag_n_members(const void *state)
{
    return ((const ens__bag *)state)->n;
}

void ens__bag_member(ens_part *out, const void *state, size_t t)
{
    const ens__bag *bag = state;

    *out = (ens_part){bag->fit[t],
                      bag->features != NULL ? bag->features + t * bag->p_member : NULL,
                      bag->p_member};
}

size_t ens__bag_bytes(const void *state)
{
    const ens__bag *bag = state;
    size_t bytes = sizeof *bag + bag->n * (sizeof *bag->fit + sizeof *bag->seed) +
                   bag->n_oob * bag->k * sizeof *bag->oob;

    if (bag->features != NULL)
        bytes += bag->n * bag->p_member * sizeof *bag->features;
    for (size_t t = 0; t < bag->n; t++)
        bytes += ens__fitted_bytes(&bag->fit[t]);
    if (bag->quantiles != NULL)
        bytes += ens__quantiles_bytes(bag->quantiles, bag);
    return bytes + ens__trees_bytes(bag->trees);
}

/* ---- Explaining ------------------------------------------------------------------------------- */

ens_status ens__bag_importance(const void *state, double *out, ens_error *err)
{
    const ens__bag *bag = state;
    const ens_learner_type *type = bag->fit[0].type;
    double *one;
    ens_status st = ENS_OK;

    if (type->importance == NULL)
        return ens__fail(err, ENS_ESUPPORT, "%s has no impurity importance", type->name);
    if ((one = ens__array(bag->p_member, sizeof *one)) == NULL)
        return ens__nomem(err);
    for (size_t t = 0; t < bag->n && st == ENS_OK; t++) {
        memset(one, 0, bag->p_member * sizeof *one);
        st = type->importance(bag->fit[t].state, one, err);
        for (size_t j = 0; j < bag->p_member && st == ENS_OK; j++)
            out[bag->features != NULL ? bag->features[t * bag->p_member + j] : j] +=
                one[j] / (double)bag->n;
    }
    ens__free(one);
    return st;
}

static size_t rows_out_of_bag(const ens__bag *bag)
{
    size_t n = 0;

    for (size_t i = 0; i < bag->n_oob; i++)
        n += !isnan(bag->oob[i * bag->k]);
    return n;
}

ens_status ens__bag_describe(const void *state,
                             ens_status (*add)(void *ctx, const char *line), void *ctx,
                             ens_error *err)
{
    const ens__bag *bag = state;
    const ens_learner_type *type = bag->fit[0].type;
    char line[128];
    ens_status st;

    snprintf(line, sizeof line, "members: %zu of type %s\n", bag->n, type->name);
    if ((st = add(ctx, line)) != ENS_OK)
        return st;
    if (bag->features != NULL) {
        snprintf(line, sizeof line, "features a member: %zu of %zu\n", bag->p_member,
                 bag->p);
        if ((st = add(ctx, line)) != ENS_OK)
            return st;
    }
    if (bag->oob != NULL) {
        snprintf(line, sizeof line, "rows out of some bag: %zu of %zu\n",
                 rows_out_of_bag(bag), bag->n_oob);
        if ((st = add(ctx, line)) != ENS_OK)
            return st;
    }
    if (bag->quantiles != NULL) {
        snprintf(line, sizeof line, "quantiles: of %zu targets that leaves keep\n",
                 bag->quantiles->n);
        if ((st = add(ctx, line)) != ENS_OK)
            return st;
    }
    return ens__members_describe(&bag->fit[0], add, ctx, err);
}

/* ---- Tensors ------------------------------------------------------------------------------------ */

/* Members that see different features are written apart, since each is read with its own. */
static ens_status write_apart(const ens__bag *bag, ens_writer *w, ens_error *err)
{
    ens_status st = ens_writer_array(
        w, "features", ENS_U32, 2, (size_t[]){bag->n, bag->p_member}, bag->features, err);

    for (size_t t = 0; t < bag->n && st == ENS_OK; t++) {
        char group[32];

        snprintf(group, sizeof group, "member%zu", t);
        if ((st = ens_writer_push(w, group, err)) == ENS_OK) {
            st = ens_fitted_write(&bag->fit[t], 1, w, err);
            ens_writer_pop(w);
        }
    }
    return st;
}

ens_status ens__bag_write(const void *state, ens_writer *w, ens_error *err)
{
    const ens__bag *bag = state;
    ens_status st = ens_writer_array(w, "seeds", ENS_U64, 1, &bag->n, bag->seed, err);

    if (st != ENS_OK)
        return st;
    if (bag->features != NULL)
        return write_apart(bag, w, err);
    if ((st = ens_writer_push(w, "members", err)) == ENS_OK) {
        st = ens_fitted_write(bag->fit, bag->n, w, err);
        ens_writer_pop(w);
    }
    return st;
}

/* Feature i of the list goes on in order: a member's numbers ascend, strictly unless drawn with replacement. */
static bool in_order(const ens__bag *bag, size_t i, bool repeats)
{
    uint32_t j = bag->features[i];

    if (j >= bag->p || i % bag->p_member == 0)
        return j < bag->p;
    return repeats ? j >= bag->features[i - 1] : j > bag->features[i - 1];
}

static ens_status read_features(ens__bag *bag, bool repeats, ens_reader *r,
                                ens_error *err)
{
    const void *data;
    size_t shape[2];
    ens_status st = ens_reader_array(&data, shape, r, "features", ENS_U32, 2, err);

    if (st != ENS_OK)
        return st;
    if (shape[0] != bag->n || shape[1] != bag->p_member)
        return ens_reader_bad(r, err, "features are %zu x %zu, expected %zu x %zu",
                              shape[0], shape[1], bag->n, bag->p_member);
    if ((bag->features = ens__array(bag->n * bag->p_member, sizeof *bag->features)) ==
        NULL)
        return ens__nomem(err);
    memcpy(bag->features, data, bag->n * bag->p_member * sizeof *bag->features);
    for (size_t i = 0; i < bag->n * bag->p_member; i++)
        if (!in_order(bag, i, repeats))
            return ens_reader_bad(r, err,
                                  "feature %u of member %zu is not ascending below %zu",
                                  (unsigned)bag->features[i], i / bag->p_member, bag->p);
    return ENS_OK;
}

static ens_status read_apart(ens__bag *bag, bool repeats, const ens_learner *member,
                             const ens_read_args *a, ens_error *err)
{
    ens_feature *buf = ens__array(bag->p_member, sizeof *buf);
    ens_status st =
        buf != NULL ? read_features(bag, repeats, a->reader, err) : ens__nomem(err);

    for (size_t t = 0; t < bag->n && st == ENS_OK; t++) {
        ens_read_args sub = *a;
        char group[32];

        sub.feature = ens__bag_features(bag, t, a->feature, buf);
        sub.p = bag->p_member;
        snprintf(group, sizeof group, "member%zu", t);
        if ((st = ens_reader_push(a->reader, group, err)) == ENS_OK) {
            st = ens_fitted_read(&bag->fit[t], 1, member, &sub, err);
            ens_reader_pop(a->reader);
        }
    }
    ens__free(buf);
    return st;
}

static ens_status read_together(ens__bag *bag, const ens_learner *member,
                                const ens_read_args *a, ens_error *err)
{
    ens_status st = ens_reader_push(a->reader, "members", err);

    if (st != ENS_OK)
        return st;
    st = ens_fitted_read(bag->fit, bag->n, member, a, err);
    ens_reader_pop(a->reader);
    return st;
}

ens_status ens__bag_read(void **out, const ens__bag_spec *spec, const ens_learner *member,
                         const ens_read_args *a, ens_error *err)
{
    ens__bag *bag = ens__bag_new();
    const void *seed;
    ens_status st;

    if (bag == NULL)
        return ens__nomem(err);
    bag->p = a->p;
    bag->k = a->k;
    if ((bag->p_member = ens__bag_p_member(spec, a->learner, a->p, err)) == 0) {
        st = ens_reader_bad(a->reader, err, "its recipe does not suit its %zu features",
                            a->p);
        goto done;
    }
    if ((st = ens_reader_array(&seed, &bag->n, a->reader, "seeds", ENS_U64, 1, err)) !=
        ENS_OK)
        goto done;
    if (bag->n == 0 || bag->n > (size_t)spec->n_estimators) {
        st = ens_reader_bad(a->reader, err, "%zu members, expected 1 to %lld", bag->n,
                            (long long)spec->n_estimators);
        goto done;
    }
    if ((bag->seed = ens__array(bag->n, sizeof *bag->seed)) == NULL ||
        (bag->fit = ens__zeros(bag->n, sizeof *bag->fit)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    memcpy(bag->seed, seed, bag->n * sizeof *bag->seed);
    st = ens__bag_draws_features(spec, bag)
             ? read_apart(bag, spec->bootstrap_features, member, a, err)
             : read_together(bag, member, a, err);
    for (size_t t = 0; t < bag->n && st == ENS_OK; t++) {
        size_t scratch = ens_fitted_scratch(&bag->fit[t]);

        bag->scratch = scratch > bag->scratch ? scratch : bag->scratch;
    }
    if (st == ENS_OK)
        st = ens__bag_pack(bag, a->feature, NULL, err);
    if (st == ENS_OK) {
        *out = bag;
        bag = NULL;
    }
done:
    ens__bag_free(bag);
    return st;
}
