/* corrected.c - impurity importance without the bias towards features of many values: Zhou and Hooker (2021),
 * "Unbiased measurement of feature importance in tree-based methods", ACM TKDD 15.
 *
 * Plain impurity importance takes a split's decrease from the rows that chose the split, and the best of many
 * cuts through noise looks like a decrease.  Rows out of bag chose nothing.  A task is a tree: its bag is
 * drawn again, and each node t gets the mean m of the rows drawn and the mean m' of the others.  Its split
 * brings its feature
 *
 *     w_t sum over children c of (w_c / w_t) m'_c (m_c - m_t)
 *
 * with w the share of the rows drawn.  Were m' of the rows drawn too, that would be the decrease of the squared
 * error, or, with a 0/1 response for each class, of the gini index.  If the feature has nothing to do with the
 * target, both m'_c have the same mean, and the sum is 0 on average, since sum w_c (m_c - m_t) is 0. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/oob.h>
#include <explain/explain.h>
#include <learn/learner.h>
#include <math.h>
#include <string.h>

/* Of some rows, in the nodes that they pass. */
typedef struct means {
    double *mean;   /* [most_nodes][k] */
    double *weight; /* [most_nodes] */
} means;

typedef struct worker {
    uint32_t *count;   /* [n] */
    means in, out;     /* of the rows drawn, and of the others */
    ens_feature *seen; /* [p] */
} worker;

typedef struct job {
    const ens__refit *r;
    ens_importance_options o;
    double *value; /* [members][p] */
    size_t most_nodes;
    worker *worker;
    unsigned n_workers;
} job;

static void workers_free(job *j)
{
    for (unsigned i = 0; j->worker != NULL && i < j->n_workers; i++) {
        ens__free(j->worker[i].count);
        ens__free(j->worker[i].in.mean);
        ens__free(j->worker[i].in.weight);
        ens__free(j->worker[i].out.mean);
        ens__free(j->worker[i].out.weight);
        ens__free(j->worker[i].seen);
    }
    ens__free(j->worker);
}

static bool means_make(means *m, const job *j)
{
    m->mean = ens__array(j->most_nodes, j->r->a.k * sizeof *m->mean);
    m->weight = ens__array(j->most_nodes, sizeof *m->weight);
    return m->mean != NULL && m->weight != NULL;
}

static ens_status workers_make(job *j, ens_error *err)
{
    const ens_fit_args *a = &j->r->a;

    j->n_workers = ens__par_workers(ens__refit_members(j->r), a->exec);
    if ((j->worker = ens__zeros(j->n_workers, sizeof *j->worker)) == NULL)
        return ens__nomem(err);
    for (unsigned i = 0; i < j->n_workers; i++) {
        worker *w = &j->worker[i];

        w->count = ens__array(a->rows.n, sizeof *w->count);
        w->seen = ens__array(a->rows.p, sizeof *w->seen);
        if (w->count == NULL || w->seen == NULL || !means_make(&w->in, j) ||
            !means_make(&w->out, j))
            return ens__nomem(err);
    }
    return ENS_OK;
}

/* Every member is a tree; finds the most nodes that one has. */
static ens_status check_trees(job *j, ens_error *err)
{
    const ens_fitted *root = &j->r->model->root;

    for (size_t t = 0; t < ens__refit_members(j->r); t++) {
        const ens__tree *tree;
        ens_part part;

        root->type->member(&part, root->state, t);
        if (part.fitted.type != &ens__tree_type)
            return ens__fail(err, ENS_ESUPPORT,
                             "corrected importance is of trees, but the members of %s "
                             "are of type %s",
                             root->type->name, part.fitted.type->name);
        tree = part.fitted.state;
        j->most_nodes = tree->n_nodes > j->most_nodes ? tree->n_nodes : j->most_nodes;
    }
    return ENS_OK;
}

/* The means of the rows drawn, or of those that were not. */
static void find_means(const means *m, const ens__tree *t, const ens_fit_args *a,
                       const ens_feature *feature, const uint32_t *count, bool drawn)
{
    size_t k = a->k;

    memset(m->mean, 0, t->n_nodes * k * sizeof *m->mean);
    memset(m->weight, 0, t->n_nodes * sizeof *m->weight);
    for (size_t i = 0; i < a->rows.n; i++) {
        uint32_t row = a->rows.row[i], node = 0;
        double w =
            drawn ? count[i] * (a->w != NULL ? a->w[row] : 1) : ens_fit_weight(a, i);

        while ((count[i] > 0) == drawn) {
            if (a->label != NULL)
                m->mean[node * k + (size_t)a->label[row]] += w;
            else
                m->mean[node] += w * a->y[row];
            m->weight[node] += w;
            if (t->node[node].feature == ENS__LEAF)
                break;
            node = ens__tree_child(t, node, feature, row);
        }
    }
    for (size_t node = 0; node < t->n_nodes; node++)
        for (size_t c = 0; c < k && m->weight[node] > 0; c++)
            m->mean[node * k + c] /= m->weight[node];
}

/* sum over children c of w_c m'_c . (m_c - m_t), as a share of all weight; 0 if one has no rows to tell. */
static double gain(const ens__tree *t, size_t node, size_t k, const worker *w)
{
    double sum = 0;

    for (size_t c = t->node[node].left; c < (size_t)t->node[node].left + 2; c++) {
        double dot = 0;

        if (w->in.weight[c] == 0 || w->out.weight[c] == 0)
            return 0;
        for (size_t o = 0; o < k; o++)
            dot += w->out.mean[c * k + o] *
                   (w->in.mean[c * k + o] - w->in.mean[node * k + o]);
        sum += w->in.weight[c] * dot;
    }
    return sum / w->in.weight[0];
}

static ens_status do_tree(void *ctx, size_t t, unsigned worker_index, ens_error *err)
{
    const job *j = ctx;
    const ens_fit_args *a = &j->r->a;
    const ens_fitted *root = &j->r->model->root;
    worker *w = &j->worker[worker_index];
    double *value = j->value + t * a->rows.p;
    const ens_feature *feature;
    const ens__tree *tree;
    ens__tree *own;
    ens_part part;
    ens_status st;

    root->type->member(&part, root->state, t);
    if ((st = ens__refit_draw(w->count, j->r, t, err)) != ENS_OK ||
        (st = ens__tree_unpack(&own, part.fitted.state, err)) != ENS_OK)
        return st;
    tree = own != NULL ? own : part.fitted.state;
    feature = ens__part_features(&part, a->rows.feature, w->seen);
    find_means(&w->in, tree, a, feature, w->count, true);
    find_means(&w->out, tree, a, feature, w->count, false);
    for (size_t f = 0; f < a->rows.p; f++)
        value[f] = w->out.weight[0] > 0 ? 0 : NAN;
    for (size_t node = 0; node < tree->n_nodes && w->out.weight[0] > 0; node++) {
        uint32_t f = tree->node[node].feature & ENS__FEATURE;

        if (tree->node[node].feature != ENS__LEAF)
            value[part.feature != NULL ? part.feature[f] : f] +=
                gain(tree, node, a->k, w);
    }
    ens__tree_free(own);
    return ENS_OK;
}

ens_status ens_importance_corrected(ens_importance *out, const ens_model *model,
                                    const ens_dataset *data,
                                    const ens_importance_options *options,
                                    const ens_exec *exec, ens_error *err)
{
    ens__refit r = {0};
    job j = {.r = &r};
    size_t members, p = model->schema.p;
    ens_status st;

    if ((st = ens__importance_options_of(&j.o, options, err)) != ENS_OK ||
        (st = ens__refit_again(&r, model, data, exec, err)) != ENS_OK ||
        (st = check_trees(&j, err)) != ENS_OK)
        goto done;
    members = ens__refit_members(&r);
    if ((j.value = ens__array(members, p * sizeof *j.value)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = workers_make(&j, err)) != ENS_OK ||
        (st = ens__par_for(members, exec, "measuring out of bag", do_tree, &j, NULL,
                           err)) != ENS_OK)
        goto done;
    st = ens__importances_of(out, j.value, &r, j.o.level, err);
done:
    workers_free(&j);
    ens__free(j.value);
    ens__refit_clear(&r);
    return st;
}
