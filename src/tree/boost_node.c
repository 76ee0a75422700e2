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

/* The same of one field, for a digit that is 0 or 1. */
static void halve(int64_t *restrict digit, int64_t *restrict rest,
                  const int64_t *restrict from, size_t n)
{
    int64_t even = 0, odd = 0;

    for (size_t i = 0; i < n / 2; i++) {
        rest[i] = from[2 * i] + from[2 * i + 1];
        even += from[2 * i];
        odd += from[2 * i + 1];
    }
    digit[0] = even;
    digit[1] = odd;
}

static void halve_counts(uint32_t *restrict digit, uint32_t *restrict rest,
                         const uint32_t *restrict from, size_t n)
{
    uint32_t even = 0, odd = 0;

    for (size_t i = 0; i < n / 2; i++) {
        rest[i] = from[2 * i] + from[2 * i + 1];
        even += from[2 * i];
        odd += from[2 * i + 1];
    }
    digit[0] = even;
    digit[1] = odd;
}

/* digit[d]: sum of the cells whose last digit is d; rest[i]: of those that are i without it */
static void take_digit(ens__cells digit, ens__cells rest, ens__cells from, size_t n,
                       size_t digits)
{
    if (digits == 2) {
        halve(digit.g, rest.g, from.g, n);
        halve_counts(digit.n, rest.n, from.n, n);
        if (from.h != NULL)
            halve(digit.h, rest.h, from.h, n);
        return;
    }
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

/* The same for packed cells. */
static ens_status search_packed(ens__boost_split *best, ens__boost_scratch *s,
                                const ens__booster *b, const ens__group *group,
                                int64_t *cell, const ens__boost_node *node,
                                ens_error *err)
{
    uint32_t end = group->first + group->n;
    ens_status st = ENS_OK;

    for (uint32_t i = group->first; i < end && st == ENS_OK; i++) {
        ens__group one;
        int64_t *c;

        i = ens__boost_scan_packed(best, b, i, end,
                                   cell + (b->base[i] - b->base[group->first]), node);
        if (i == end)
            break;
        one = (ens__group){.first = i, .n = 1, .width = group->width};
        c = cell + (b->base[i] - b->base[group->first]);
        ens__boost_unpack(s->wide, c, b->slot[i]->n_cells, &b->fixed);
        st = ens__boost_search(best, s, b, &one, s->wide, node, err);
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

/* Has the sum of a node room in one number? */
static bool is_small(const ens__booster *b, const ens__boost_node *node)
{
    return node->sum.n <= ens__boost_room(&b->fixed);
}

/* A node of few rows on its own: its cells go where it has some, or nowhere. */
static ens_status count_small(ens__boost_node *node, ens__boost_scratch *s,
                              const ens__booster *b, const ens__group *group,
                              ens_error *err)
{
    size_t bytes = group->n_cells * sizeof *s->cell;
    ens_status st;

    ens__boost_count_packed(s->cell, b, group, b->list + node->begin, node->n);
    st = search_packed(&node->best, s, b, group, s->cell, node, err);
    if (node->cells.g != NULL)
        memcpy(node->cells.g + group->cell, s->cell, bytes);
    memset(s->cell, 0, bytes);
    return st;
}

/* A node on its own, which is counted already or not. */
static ens_status count_alone(ens__boost_node *node, bool counted, ens__boost_scratch *s,
                              const ens__booster *b, const ens__group *group,
                              ens_error *err)
{
    ens__cells cells;

    if (!node->open)
        return ENS_OK;
    if (is_small(b, node))
        return count_small(node, s, b, group, err);
    cells = ens__cells_from(node->cells, group->cell);
    if (!counted)
        count_group(cells, s, b, group, node);
    return ens__boost_search(&node->best, s, b, group, cells, node, err);
}

/* From cells that are packed: a group of the larger child's are the parent's less those of the smaller, which keeps
 * its own if it has some. */
static ens_status subtract_packed(ens__boost_node *small, ens__boost_node *large,
                                  ens__boost_scratch *s, const ens__booster *b,
                                  const ens__group *group, ens_error *err)
{
    int64_t *mine = s->cell, *theirs = large->cells.g + group->cell;
    size_t bytes = group->n_cells * sizeof *mine;
    ens_status st = ENS_OK;

    ens__boost_count_packed(mine, b, group, b->list + small->begin, small->n);
    if (small->open)
        st = search_packed(&small->best, s, b, group, mine, small, err);
    for (size_t c = 0; c < group->n_cells; c++)
        theirs[c] -= mine[c];
    if (small->cells.g != NULL)
        memcpy(small->cells.g + group->cell, mine, bytes);
    memset(mine, 0, bytes);
    if (st == ENS_OK)
        st = search_packed(&large->best, s, b, group, theirs, large, err);
    return st;
}

/* From wide cells; those of a child of few rows are packed when they have been searched. */
static ens_status subtract_wide(ens__boost_node *small, ens__boost_node *large,
                                bool counted, ens__boost_scratch *s,
                                const ens__booster *b, const ens__group *group,
                                ens_error *err)
{
    bool kept = small->cells.g != NULL;
    ens__cells mine = kept ? ens__cells_from(small->cells, group->cell) : s->wide;
    ens__cells theirs = ens__cells_from(large->cells, group->cell);
    ens_status st = ENS_OK;

    if (!counted)
        count_group(mine, s, b, group, small);
    if (small->open)
        st = ens__boost_search(&small->best, s, b, group, mine, small, err);
    ens__cells_subtract(theirs, mine, group->n_cells);
    if (st == ENS_OK)
        st = ens__boost_search(&large->best, s, b, group, theirs, large, err);
    if (kept && is_small(b, small))
        ens__boost_pack_cells(mine, group->n_cells, &b->fixed);
    if (is_small(b, large))
        ens__boost_pack_cells(theirs, group->n_cells, &b->fixed);
    return st;
}

ens_status ens__boost_count_group(ens__boost_node *small, ens__boost_node *large,
                                  bool counted, ens__boost_scratch *s,
                                  const ens__booster *b, const ens__group *group,
                                  ens_error *err)
{
    ens_status st;

    if (large != NULL && large->cells.g != NULL)
        return large->packed ? subtract_packed(small, large, s, b, group, err)
                             : subtract_wide(small, large, counted, s, b, group, err);
    st = count_alone(small, counted, s, b, group, err);
    if (st == ENS_OK && large != NULL)
        st = count_alone(large, false, s, b, group, err);
    return st;
}

void ens__boost_counted(ens__boost_node *node, const ens__booster *b)
{
    node->packed = node->cells.g != NULL && is_small(b, node);
}

/* All groups of a node, or of two children. */
static ens_status count_groups(ens__boost_node *small, ens__boost_node *large,
                               ens__boost_scratch *s, const ens__booster *b,
                               ens_error *err)
{
    bool by_block = small->cells.g != NULL && small->n > b->fixed.block &&
                    !(large != NULL && large->packed) && !is_small(b, small);
    ens_status st = ENS_OK;

    if (by_block)
        count_all(small->cells, s, b, small);
    for (size_t g = 0; g < b->n_groups && st == ENS_OK; g++)
        st = ens__boost_count_group(small, large, by_block, s, b, &b->group[g], err);
    ens__boost_counted(small, b);
    if (large != NULL)
        ens__boost_counted(large, b);
    return st;
}

void ens__boost_part_node(ens__booster *b, uint32_t node)
{
    ens__boost_node *v = &b->node[node], *left = &b->node[v->child], *right = left + 1;

    left->begin = v->begin;
    left->n = ens__boost_part(b->list + v->begin, b->spare + v->begin, v->n, b, v);
    right->begin = v->begin + left->n;
    right->n = v->n - left->n;
    memcpy(b->list + right->begin, b->spare + v->begin, right->n * sizeof *b->list);
}

ens_status ens__boost_expand(ens__booster *b, ens__boost_scratch *s, uint32_t node,
                             ens_error *err)
{
    ens__boost_part_node(b, node);
    return count_groups(ens__boost_smaller(b, node), ens__boost_larger(b, node), s, b,
                        err);
}

ens_status ens__boost_root(ens__booster *b, ens__boost_scratch *s, ens_error *err)
{
    ens__boost_node *root = &b->node[0];

    root->sum = ens__boost_total(b, b->list, b->n);
    return count_groups(root, NULL, s, b, err);
}
