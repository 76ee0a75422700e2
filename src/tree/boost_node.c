/* boost_node.c - one node of a tree of boosting: counted, searched, parted, all by one thread.
 *
 * Of two children the smaller is counted, and the other's cells are those of the parent less its.  A node of few rows
 * is counted on its own, a group of slots at a time, so that its cells never leave the cache. */
#include <config.h>

#include <string.h>
#include <tree/boost_work.h>

/* ---- Searching ---------------------------------------------------------------------------------------------- */

static ens_status try_member(ens__boost_split *best, ens__boost_scratch *s,
                             const ens__booster *b, uint32_t member, ens__cells cells,
                             const ens__boost_node *node, ens_error *err)
{
    if (b->rows->member[member].category)
        return ens__boost_sets(best, s, b, member, cells, node, err);
    ens__boost_scan(best, b, member, cells, node);
    return ENS_OK;
}

/* digit[d]: sum of the cells whose last digit is d; rest[i]: of those that are i without it */
static void take_digit(ens__cells digit, ens__cells rest, ens__cells from, size_t n,
                       size_t digits)
{
    memset(digit.g, 0, ENS__BOOST_PAD * sizeof *digit.g);
    memset(digit.n, 0, ENS__BOOST_PAD * sizeof *digit.n);
    memset(rest.g, 0, n / digits * sizeof *rest.g);
    memset(rest.n, 0, n / digits * sizeof *rest.n);
    for (size_t i = 0, c = 0; i < n / digits; i++)
        for (size_t d = 0; d < digits; d++, c++) {
            digit.g[d] += from.g[c];
            digit.n[d] += from.n[c];
            rest.g[i] += from.g[c];
            rest.n[i] += from.n[c];
        }
    if (from.h == NULL)
        return;
    memset(digit.h, 0, ENS__BOOST_PAD * sizeof *digit.h);
    memset(rest.h, 0, n / digits * sizeof *rest.h);
    for (size_t i = 0, c = 0; i < n / digits; i++)
        for (size_t d = 0; d < digits; d++, c++) {
            digit.h[d] += from.h[c];
            rest.h[i] += from.h[c];
        }
}

/* The features of one slot, digit by digit: the cells of what is left shrink with each. */
static ens_status try_digits(ens__boost_split *best, ens__boost_scratch *s,
                             const ens__booster *b, const ens__slot *slot,
                             ens__cells cells, const ens__boost_node *node,
                             ens_error *err)
{
    ens__cells rest[2] = {s->rest[0], s->rest[1]}, digit = s->digit;
    size_t n = slot->n_codes;
    ens_status st = ENS_OK;

    if (cells.h == NULL)
        digit.h = NULL;
    for (uint32_t m = slot->first; m < slot->first + slot->n && st == ENS_OK; m++) {
        size_t digits = b->rows->member[m].digits;
        ens__cells to = rest[(m - slot->first) % 2];

        take_digit(digit, to, cells, n, digits);
        if (node->active[m])
            st = try_member(best, s, b, m, digit, node, err);
        cells = to;
        if (digit.h == NULL)
            cells.h = NULL;
        n /= digits;
    }
    return st;
}

ens_status ens__boost_search(ens__boost_split *best, ens__boost_scratch *s,
                             const ens__booster *b, const ens__group *group,
                             ens__cells cells, const ens__boost_node *node,
                             ens_error *err)
{
    ens_status st = ENS_OK;

    for (uint32_t i = group->first; i < group->first + group->n && st == ENS_OK; i++) {
        const ens__slot *slot = b->slot[i];
        ens__cells c = ens__cells_from(cells, b->base[i] - b->base[group->first]);

        if (slot->n > 1)
            st = try_digits(best, s, b, slot, c, node, err);
        else if (node->active[slot->first])
            st = try_member(best, s, b, slot->first, c, node, err);
    }
    return st;
}

/* ---- Counting ------------------------------------------------------------------------------------------------- */

static size_t block_at(const ens__booster *b, const ens__boost_node *node, size_t i)
{
    return node->n - i < b->fixed.block ? node->n - i : b->fixed.block;
}

/* One group of a node's rows. */
static void count_group(ens__cells out, ens__boost_scratch *s, const ens__booster *b,
                        const ens__group *group, const ens__boost_node *node)
{
    for (size_t i = 0; i < node->n; i += b->fixed.block)
        ens__boost_count(out, i > 0, s, b, group, b->list + node->begin + i,
                         block_at(b, node, i));
}

/* All groups, each block while it is in the cache. */
static void count_all(ens__cells out, ens__boost_scratch *s, const ens__booster *b,
                      const ens__boost_node *node)
{
    for (size_t i = 0; i < node->n; i += b->fixed.block)
        for (size_t g = 0; g < b->n_groups; g++)
            ens__boost_count(ens__cells_from(out, b->group[g].cell), i > 0, s, b,
                             &b->group[g], b->list + node->begin + i,
                             block_at(b, node, i));
}

ens__boost_sum ens__cells_total(ens__cells cells, size_t n)
{
    ens__boost_sum sum = {0};

    for (size_t c = 0; c < n; c++) {
        sum.g += cells.g[c];
        sum.n += cells.n[c];
        sum.h += cells.h != NULL ? cells.h[c] : cells.n[c];
    }
    return sum;
}

/* ---- Nodes ---------------------------------------------------------------------------------------------------- */

/* A node that keeps no cells. */
static ens_status count_and_search(ens__boost_node *node, ens__boost_scratch *s,
                                   const ens__booster *b, ens_error *err)
{
    ens__cells wide = s->wide;
    ens_status st = ENS_OK;

    for (size_t g = 0; g < b->n_groups && st == ENS_OK; g++) {
        count_group(wide, s, b, &b->group[g], node);
        st = ens__boost_search(&node->best, s, b, &b->group[g], wide, node, err);
    }
    return st;
}

/* The smaller of two children is counted, the larger gets what is left of the parent's cells, which it has. */
static ens_status count_and_subtract(ens__boost_node *small, ens__boost_node *large,
                                     ens__boost_scratch *s, const ens__booster *b,
                                     ens_error *err)
{
    bool kept = small->cells.g != NULL, many = small->n > b->fixed.block;
    ens_status st = ENS_OK;

    if (kept && many)
        count_all(small->cells, s, b, small);
    for (size_t g = 0; g < b->n_groups && st == ENS_OK; g++) {
        const ens__group *group = &b->group[g];
        ens__cells mine = kept ? ens__cells_from(small->cells, group->cell) : s->wide;
        ens__cells theirs = ens__cells_from(large->cells, group->cell);

        if (!kept || !many)
            count_group(mine, s, b, group, small);
        if (small->open)
            st = ens__boost_search(&small->best, s, b, group, mine, small, err);
        ens__cells_subtract(theirs, mine, group->n_cells);
        if (st == ENS_OK)
            st = ens__boost_search(&large->best, s, b, group, theirs, large, err);
    }
    return st;
}

/* A child on its own. */
static ens_status count_alone(ens__boost_node *node, ens__boost_scratch *s,
                              const ens__booster *b, ens_error *err)
{
    ens_status st = ENS_OK;

    if (!node->open)
        return ENS_OK;
    if (node->cells.g == NULL)
        return count_and_search(node, s, b, err);
    count_all(node->cells, s, b, node);
    for (size_t g = 0; g < b->n_groups && st == ENS_OK; g++)
        st = ens__boost_search(&node->best, s, b, &b->group[g],
                               ens__cells_from(node->cells, b->group[g].cell), node, err);
    return st;
}

ens_status ens__boost_expand(ens__booster *b, ens__boost_scratch *s, uint32_t node,
                             ens_error *err)
{
    ens__boost_node *v = &b->node[node], *left = &b->node[v->child], *right = left + 1;
    ens__boost_node *small = ens__boost_smaller(b, node),
                    *large = ens__boost_larger(b, node);
    ens_status st;

    left->begin = v->begin;
    left->n = ens__boost_part(b->list + v->begin, b->spare + v->begin, v->n, b, v);
    right->begin = v->begin + left->n;
    right->n = v->n - left->n;
    memcpy(b->list + right->begin, b->spare + v->begin, right->n * sizeof *b->list);
    if (large->cells.g != NULL)
        return count_and_subtract(small, large, s, b, err);
    if ((st = count_alone(small, s, b, err)) != ENS_OK)
        return st;
    return count_alone(large, s, b, err);
}

ens_status ens__boost_root(ens__booster *b, ens__boost_scratch *s, ens_error *err)
{
    ens__boost_node *root = &b->node[0];

    root->sum = ens__boost_total(b, b->list, b->n);
    return count_alone(root, s, b, err);
}
