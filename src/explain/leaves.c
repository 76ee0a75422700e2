/* leaves.c - the trees of a model, members of members included, and the leaves that rows end in. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/bag.h>
#include <explain/explain.h>
#include <learn/learner.h>

/* ---- Trees ---------------------------------------------- */

void ens__grove_clear(ens__grove *g)
{
    for (size_t t = 0; t < g->n; t++)
        ens__free(g->grown[t].feature);
    ens__free(g->grown);
    *g = (ens__grove){0};
}

/* The features of a part of something that itself sees only some: numbers among those of the model. */
static ens_status compose(uint32_t **out, const uint32_t *outer, const uint32_t *inner,
                          size_t p, ens_error *err)
{
    *out = NULL;
    if (outer == NULL && inner == NULL)
        return ENS_OK;
    if ((*out = ens__array(p, sizeof **out)) == NULL)
        return ens__nomem(err);
    for (size_t j = 0; j < p; j++) {
        uint32_t f = inner != NULL ? inner[j] : (uint32_t)j;

        (*out)[j] = outer != NULL ? outer[f] : f;
    }
    return ENS_OK;
}

static ens_status add_tree(ens__grove *g, const ens_part *part, size_t member,
                           ens_error *err)
{
    ens__grown *grown;

    if (g->n == g->room) {
        size_t room = 2 * g->room + 16;

        if ((grown = ens__resize(g->grown, room, sizeof *grown)) == NULL)
            return ens__nomem(err);
        g->grown = grown;
        g->room = room;
    }
    grown = &g->grown[g->n];
    *grown = (ens__grown){part->fitted.state, NULL, part->p, member, NULL};
    g->n++;
    return compose(&grown->feature, part->feature, NULL, part->p, err);
}

/* All trees of a part, whose features are numbers among the model's. */
static ens_status add_part(ens__grove *g, const ens_part *part, const size_t *member,
                           ens_error *err)
{
    const ens_learner_type *type = part->fitted.type;
    ens_status st = ENS_OK;

    if (type == &ens__tree_type || type == &ens__isolation_tree_type)
        return add_tree(g, part, member != NULL ? *member : 0, err);
    if (type->n_members == NULL || type->member == NULL)
        return ens__fail(err, ENS_ESUPPORT, "%s has no trees, so rows end in no leaves",
                         type->name);
    for (size_t t = 0; t < type->n_members(part->fitted.state) && st == ENS_OK; t++) {
        uint32_t *feature;
        ens_part sub;

        type->member(&sub, part->fitted.state, t);
        if ((st = compose(&feature, part->feature, sub.feature, sub.p, err)) != ENS_OK)
            return st;
        sub.feature = feature;
        st = add_part(g, &sub, member != NULL ? member : &t, err);
        ens__free(feature);
    }
    return st;
}

/* A bag of trees that is the model has them all, as the members that they are, in its runtime form. */
static void find_forms(ens__grove *g, const ens__bag *bag)
{
    for (size_t t = 0; t < g->n && bag->trees != NULL; t++)
        g->grown[t].form = bag->trees;
}

ens_status ens__grove_make(ens__grove *out, const ens_model *model, ens_error *err)
{
    ens_part root = {model->root, NULL, model->schema.p};
    ens_status st;

    *out = (ens__grove){0};
    if ((st = add_part(out, &root, NULL, err)) != ENS_OK)
        ens__grove_clear(out);
    else if (model->root.type->member == ens__bag_member)
        find_forms(out, model->root.state);
    return st;
}

static size_t count_trees(const ens_fitted *fitted)
{
    const ens_learner_type *type = fitted->type;
    size_t n = 0;

    if (type == &ens__tree_type)
        return 1;
    for (size_t t = 0; type->member != NULL && t < type->n_members(fitted->state); t++) {
        ens_part part;
        size_t more;

        type->member(&part, fitted->state, t);
        if ((more = count_trees(&part.fitted)) == 0)
            return 0;
        n += more;
    }
    return n;
}

size_t ens_model_n_trees(const ens_model *model)
{
    return count_trees(&model->root);
}

/* ---- Leaves ---------------------------------------------- */

typedef struct job {
    const ens__leaf_table *to;
    const ens__grove *g;
    const ens_rows *rows;
    ens_feature *seen; /* [workers][p] */
    uint16_t *code;    /* [workers][room] */
    size_t room;
} job;

/* The leaves of one tree, by what it sees of the features. */
static void find_in(const ens__grown *grown, const ens_rows *all, ens_feature *seen,
                    uint32_t *leaf)
{
    ens_rows rows = *all;

    if (grown->feature != NULL) {
        for (size_t f = 0; f < grown->p; f++)
            seen[f] = all->feature[grown->feature[f]];
        rows.feature = seen;
        rows.p = grown->p;
    }
    ens__tree_find(grown->tree, &rows, leaf);
}

static ens_status find_block(void *ctx, size_t block, unsigned worker, ens_error *err)
{
    const job *j = ctx;
    size_t begin = block * ENS_BLOCK;
    ens_rows rows = *j->rows;
    ens_feature *seen = j->seen + worker * j->rows->p;
    const ens__trees *form = NULL;
    uint32_t leaf[ENS_BLOCK];
    ens__coded coded;

    (void)err;
    rows.row += begin;
    rows.n = rows.n - begin < ENS_BLOCK ? rows.n - begin : ENS_BLOCK;
    for (size_t t = 0; t < j->g->n; t++) {
        const ens__grown *grown = &j->g->grown[t];
        uint32_t *out = j->to->out + begin * j->to->by_row + t * j->to->by_tree;

        if (grown->form != NULL && grown->form != form)
            coded =
                ens__trees_codes(form = grown->form, &rows, j->code + worker * j->room);
        if (grown->form != NULL)
            ens__trees_find(form, grown->member, &coded, leaf);
        else
            find_in(grown, &rows, seen, leaf);
        for (size_t i = 0; i < rows.n; i++)
            out[i * j->to->by_row] = leaf[i];
    }
    return ENS_OK;
}

ens_status ens__leaves_find(const ens__leaf_table *to, const ens__grove *g,
                            const ens_rows *rows, const ens_exec *exec, ens_error *err)
{
    size_t blocks = (rows->n + ENS_BLOCK - 1) / ENS_BLOCK;
    unsigned workers = ens__par_workers(blocks, exec);
    job j = {.to = to, .g = g, .rows = rows};
    ens_status st;

    for (size_t t = 0; t < g->n; t++) {
        const ens__trees *form = g->grown[t].form;
        size_t room = form != NULL ? ENS_BLOCK * (form->stride + form->wide) : 0;

        j.room = room > j.room ? room : j.room;
    }
    j.seen = ens__array(workers, rows->p * sizeof *j.seen);
    j.code = ens__aligned(workers, j.room * sizeof *j.code);
    if (j.seen == NULL || j.code == NULL)
        st = ens__nomem(err);
    else
        st = ens__par_for(blocks, exec, "finding leaves", find_block, &j, NULL, err);
    ens__free(j.seen);
    ens__free(j.code);
    return st;
}

ens_status ens_model_leaves(const ens_model *model, const ens_dataset *data,
                            uint32_t *out, const ens_exec *exec, ens_error *err)
{
    static const ens_predict_options as_it_is;
    ens__alignment aligned = {0};
    ens__grove g;
    ens_status st;

    if ((st = ens__grove_make(&g, model, err)) != ENS_OK)
        return st;
    if ((st = ens__align(&aligned, model, data, &as_it_is, err)) == ENS_OK)
        st = ens__leaves_find(&(ens__leaf_table){out, g.n, 1}, &g,
                              &(ens_rows){aligned.feature, aligned.p, data->row, data->n},
                              exec, err);
    ens__alignment_clear(&aligned);
    ens__grove_clear(&g);
    return st;
}
