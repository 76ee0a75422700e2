/* build.h - the tree that growing makes: nodes, shared leaf values, category sets. */
#ifndef ENS_TREE_BUILD_H
#define ENS_TREE_BUILD_H

#include <tree/values.h>
#include <tree/work.h>

typedef struct ens__build {
    ens__node *node;    /* [cap], of the arena, as the next two */
    double *gain;       /* [cap] decrease of the criterion by each split, 0 for leaves */
    ens__node *as_leaf; /* [cap] what each node would be as a leaf; NULL unless the tree will be pruned */
    size_t n_nodes, cap;
    ens__values values; /* of leaves */
    size_t k;
    uint32_t *set;      /* [cap_words] */
    size_t n_words, cap_words;
    double *row;        /* [k] */
} ens__build;

/* A node that is being made: its number, its rows and their sum. */
typedef struct ens__part {
    uint32_t node;
    size_t begin, n;
    const int64_t *sum;
    unsigned store; /* that the rows are in */
} ens__part;

/* Name of the random stream of a node's left (1) or right (2) child: splitmix64's finisher. */
static inline uint64_t ens__child_path(uint64_t path, unsigned side)
{
    uint64_t z = (path + side) * 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* With the root, for a tree of n rows, nodes from the arena. */
ens_status ens__build_begin(ens__build *b, const ens__work *w, size_t n, ens__arena *arena, ens_error *err);
/* Hang a tree that was made apart in the place of a node. */
ens_status ens__build_hang(ens__build *b, uint32_t at, const ens__build *part, ens_error *err);
/* Move what a tree made apart has from its arena to arrays of its own, of the least size. */
ens_status ens__build_detach(ens__build *b, ens_error *err);
void ens__build_free_detached(ens__build *b);
void ens__build_clear(ens__build *b);
ens_status ens__build_leaf(ens__build *b, ens__work *w, const ens__part *part, ens_error *err);
/* The same of a value that is known, without pruning. */
void ens__build_response(ens__build *b, uint32_t node, double value);
/* Split it by w->best; *child is the left one of two new nodes. */
ens_status ens__build_split(ens__build *b, ens__work *w, const ens__part *part, double threshold,
                            uint32_t *child, ens_error *err);
/* Prune, pack and hand over. */
ens_status ens__build_finish(ens__tree **out, ens__build *b, const ens__work *w, ens_error *err);

/* prune.c: minimal cost-complexity pruning at w->o->ccp_alpha. */
ens_status ens__build_prune(ens__build *b, const ens__work *w, ens_error *err);

#endif
