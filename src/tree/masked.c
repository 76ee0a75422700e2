/* masked.c - random cuts below a node of at most 64 rows, whose rows are not moved any more: a set of them is a word.
 *
 * Most nodes of a tree that is grown to the end have few rows, and what a node costs there is its overhead.  So the
 * codes of a feature are put side by side once for all nodes below, when the feature is first drawn; a split is a
 * comparison of them with a threshold, which gives a word; and classes are words too, so that sums are counts of bits.
 * Rows that were drawn several times have their counts as binary digits, a word each.
 *
 * The trees are those that grow.c, split.c and cut.c make, to the last bit. */
#include <config.h>

#include <assert.h>
#include <core/error.h>
#include <tree/masked.h>

#define ROWS ENS__MASKED_ROWS

/* ---- The rows ------------------------------------------------------------------------------------------------- */

ens_status ens__masked_make(struct ens__masked **out, const ens__work *w, ens_error *err)
{
    const ens__tree_options *o = w->o;
    ens__masked *s;

    *out = NULL;
    if (!o->random_cuts || w->kind == ENS__SUMS || o->monotonic != NULL ||
        o->ccp_alpha > 0 || o->max_leaves != SIZE_MAX)
        return ENS_OK;
    if ((s = ens__arena_take(w->arena, 1, sizeof *s)) == NULL)
        return ens__nomem(err);
    s->n_classes = 0;
    s->column_size = ROWS * (w->max_codes > UINT8_MAX + 1 ? 2 : 1);
    if ((s->there = ens__arena_take(w->arena, w->p / 64 + 1, sizeof *s->there)) == NULL ||
        (s->sum = ens__arena_zeros(w->arena, w->sums, sizeof *s->sum)) == NULL ||
        (s->bit = ens__arena_take(w->arena, w->p, sizeof *s->bit)) == NULL ||
        (s->column = ens__arena_take(w->arena, w->p, s->column_size)) == NULL)
        return ens__nomem(err);
    *out = s;
    return ENS_OK;
}

static uint32_t count_of_row(const ens__work *w, size_t i)
{
    return w->kind == ENS__RESPONSES ? w->response[i].count : w->tag[i] & 0xffff;
}

static void take_digits(ens__masked *s, const ens__work *w)
{
    s->n_digits = 0;
    memset(s->digit, 0, sizeof s->digit);
    for (unsigned i = 0; i < s->n; i++)
        for (uint32_t count = count_of_row(w, s->begin + i), d = 0; count != 0;
             count >>= 1, d++) {
            s->digit[d] |= (uint64_t)(count & 1) << i;
            s->n_digits = d >= s->n_digits ? d + 1 : s->n_digits;
        }
}

/* Row i, which has class c. */
static void take_class(ens__masked *s, uint32_t c, unsigned i)
{
    unsigned at = s->n_classes;

    while (at > 0 && s->class[at - 1] > c)
        at--;
    if (at > 0 && s->class[at - 1] == c) {
        s->of_class[at - 1] |= (uint64_t)1 << i;
        return;
    }
    memmove(s->class + at + 1, s->class + at, (s->n_classes - at) * sizeof *s->class);
    memmove(s->of_class + at + 1, s->of_class + at,
            (s->n_classes - at) * sizeof *s->of_class);
    s->class[at] = c;
    s->of_class[at] = (uint64_t)1 << i;
    s->n_classes++;
}

static void take_rows(ens__masked *s, const ens__work *w, size_t begin, size_t n)
{
    s->begin = begin;
    s->n = n;
    for (unsigned c = 0; c < s->n_classes; c++)
        s->sum[s->class[c]] = 0;
    s->n_classes = 0;
    if (w->o->criterion == ENS__ENTROPY)
        memset(w->left, 0, w->sums * sizeof *w->left);
    memset(s->there, 0, (w->p / 64 + 1) * sizeof *s->there);
    take_digits(s, w);
    if (w->kind == ENS__COUNTS)
        for (unsigned i = 0; i < n; i++)
            take_class(s, w->tag[begin + i] >> 16, i);
    else if (w->kind == ENS__PAIRS) {
        s->of_class[1] = 0;
        for (unsigned i = 0; i < n; i++)
            s->of_class[1] |= (uint64_t)(w->tag[begin + i] >> 16 != 0) << i;
    } else {
        for (unsigned i = 0; i < n; i++) {
            const ens__response *r = &w->response[begin + i];

            s->v[i] = r->v;
            s->mean[i] = r->count > 1 ? r->v / r->count : r->v;
        }
    }
}

void ens__masked_take_column(ens__masked *s, const ens__work *w, size_t j)
{
    uint8_t *byte = s->column + j * s->column_size;
    uint64_t bits = 0;

    if (w->field[j].width == 0) {
        for (unsigned i = 0; i < s->n; i++)
            bits |= (uint64_t)ens__work_code(w, s->begin + i, j) << i;
        s->bit[j] = bits;
    } else if (s->column_size > ROWS) {
        for (unsigned i = 0; i < s->n; i++)
            ((uint16_t *)(void *)byte)[i] = (uint16_t)ens__work_code(w, s->begin + i, j);
    } else if (w->stride > 0) {
        const uint8_t *from = w->record + s->begin * w->stride + w->field[j].offset;

        for (unsigned i = 0; i < s->n; i++)
            byte[i] = from[i * w->stride];
    } else {
        const uint8_t *code = w->bins[j]->code.u8;

        for (unsigned i = 0; i < s->n; i++)
            byte[i] = code[w->row[s->begin + i]];
    }
    s->there[j / 64] |= (uint64_t)1 << j % 64;
}

bool ens__masked_is_pure(const ens__masked *s, const ens__work *w, uint64_t rows)
{
    if (w->kind == ENS__PAIRS)
        return (rows & s->of_class[1]) == 0 || (rows & ~s->of_class[1]) == 0;
    if (w->kind == ENS__COUNTS) {
        for (unsigned c = 0; c < s->n_classes; c++)
            if ((rows & s->of_class[c]) != 0)
                return (rows & ~s->of_class[c]) == 0;
        return true;
    }
    for (uint64_t rest = rows & (rows - 1); rest != 0; rest &= rest - 1)
        if (s->mean[ens__lowest_bit(rest)] != s->mean[ens__lowest_bit(rows)])
            return false;
    return true;
}

/* ---- The subtree ------------------------------------------------------------------------------------------------ */

/* Its sum is in s->sum. */
static ens_status make_leaf(ens__build *b, ens__masked *s, ens__work *w,
                            const ens__masked_node *node, ens_error *err)
{
    ens__part part = {.node = node->node, .sum = s->sum};

    if (w->classes)
        return ens__build_leaf(b, w, &part, err);
    ens__build_response(
        b, node->node,
        ens__masked_is_pure(s, w, node->rows)
            ? w->a->y[w->response[s->begin + ens__lowest_bit(node->rows)].row]
            : ens__work_mean(w, s->sum));
    return ENS_OK;
}

ens_status ens__masked_grow(ens__build *b, ens__work *w, const ens__masked_root *root,
                            ens_error *err)
{
    ens__masked *s = w->masked;
    ens__masked_node open[ROWS] = {
        {.rows = root->n < ROWS ? ((uint64_t)1 << root->n) - 1 : UINT64_MAX,
         .path = root->path,
         .useless = root->useless,
         .depth = root->depth,
         .node = root->node}};
    ens_status st = ENS_OK;
    size_t n = 1; /* each of them has a row at least */

    assert(root->n > 0 && root->n <= ROWS);
    take_rows(s, w, root->begin, root->n);
    while (n > 0 && st == ENS_OK) {
        ens__masked_node node = open[--n];
        ens__part part = {.node = node.node};
        uint32_t child;

        if (!ens__masked_find(s, w, &node)) {
            st = make_leaf(b, s, w, &node, err);
            continue;
        }
        st =
            ens__build_split(b, w, &part, ens__split_threshold(w, &w->best), &child, err);
        for (unsigned side = 2; side > 0 && st == ENS_OK; side--)
            open[n++] =
                (ens__masked_node){.rows = side == 1 ? s->left : node.rows & ~s->left,
                                   .path = ens__child_path(node.path, side),
                                   .useless = node.useless,
                                   .depth = node.depth + 1,
                                   .node = child + side - 1};
    }
    return st;
}
