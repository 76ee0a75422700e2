/* isolation_tree.c - a tree of random splits, the member of `isolation`: it has no parameters and no name in recipes.
 *
 * It is stored and walked as any tree; its outputs are lengths of paths. */
#include <config.h>

#include <core/error.h>
#include <learn/learner.h>
#include <learn/tree.h>
#include <stdio.h>
#include <tree/tree.h>

static const ens_param table[] = {ENS_PARAM_LAST};

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    ens__tree *tree = NULL;
    ens_status st = ens__tree_isolate(&tree, a, err);

    (void)params;
    *out = tree;
    return st;
}

static void predict(const void *fitted, const ens_rows *rows, double *out, void *scratch)
{
    (void)scratch;
    ens__tree_predict(fitted, rows, out);
}

static void free_tree(void *fitted)
{
    ens__tree_free(fitted);
}

/* As any tree, but no path is shorter than nothing. */
static ens_status read_many(void **out, size_t n, const ens_read_args *a, ens_error *err)
{
    ens_status st = ens__tree_read_many(out, n, a, err);

    for (size_t t = 0; t < n && st == ENS_OK; t++) {
        const ens__tree *tree = out[t];

        for (size_t i = 0; i < tree->n_nodes && st == ENS_OK; i++)
            if (tree->node[i].feature == ENS__LEAF && tree->node[i].value < 0)
                st = ens_reader_bad(a->reader, err,
                                    "leaf %zu of tree %zu has a path of length %g", i, t,
                                    tree->node[i].value);
    }
    for (size_t t = 0; t < n && st != ENS_OK; t++) {
        ens__tree_free(out[t]);
        out[t] = NULL;
    }
    return st;
}

static ens_status read_tree(void **out, const ens_read_args *a, ens_error *err)
{
    return read_many(out, 1, a, err);
}

const ens_learner_type ens__isolation_tree_type = {
    .abi = ENS_EXT_ABI,
    .name = "isolation_tree",
    .help = "a tree of random splits",
    .caps = ENS_DETECTS | ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES | ENS_TAKES_NUMBERS,
    .params = table,
    .fit = fit,
    .predict = predict,
    .write = ens__tree_write,
    .read = read_tree,
    .free = free_tree,
    .describe = ens__tree_describe,
    .write_many = ens__tree_write_many,
    .read_many = read_many,
    .bytes = ens__tree_bytes,
};
