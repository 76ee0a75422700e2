/* near.c - the nearest of many points.
 *
 * A node of the tree is a run of tiles, halved by the feature in which its points reach the farthest. The distance to
 * a node's box is computed as those of points are, addition by addition, so that rounding never makes it the larger
 * one: what is left out by it is farther, not about as far. Without a tree there is one leaf, and many queries take a
 * run of tiles in turn while it is in cache. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <float.h>
#include <math.h>
#include <num/near_kernels.h>
#include <num/stats.h>
#include <string.h>

#define TILE     ENS__NEAR_TILE
#define NO_POINT UINT32_MAX

/* Queries that go through the tiles together, and points found that they keep at most. */
#define TOGETHER 64
#define FOUND    65536
/* Numbers of a run of tiles that stays in cache. */
#define CACHED 16384

/* Tiles begin .. end - 1; the left child is the next node; right is 0 for a leaf. */
typedef struct node {
    uint32_t begin, end, right;
} node;

struct ens__near {
    size_t n, p, n_tiles, n_nodes;
    double power;
    double *x;       /* [n_tiles][p][TILE], infinite past n */
    uint32_t *point; /* [n_tiles][TILE] */
    node *node;      /* [n_nodes] */
    double *box;     /* [n_nodes][2][p] least and most; NULL without a tree */
};

void ens__near_free(ens__near *t)
{
    if (t == NULL)
        return;
    ens__free(t->x);
    ens__free(t->point);
    ens__free(t->node);
    ens__free(t->box);
    ens__free(t);
}

size_t ens__near_bytes(const ens__near *t)
{
    return sizeof *t + t->n_tiles * TILE * (t->p * sizeof *t->x + sizeof *t->point) +
           t->n_nodes *
               (sizeof *t->node + (t->box != NULL ? 2 * t->p * sizeof *t->box : 0));
}

double ens__near_root(const ens__near *t, double d)
{
    return t->power == 2 ? sqrt(d) : t->power == 1 ? d : pow(d, 1 / t->power);
}

static double kept_finite(double v)
{
    return v > DBL_MAX ? DBL_MAX : v < -DBL_MAX ? -DBL_MAX : v;
}

/* ---- Building ------------------------------------------------------------------------------------------ */

typedef struct build {
    ens__near *t;
    const double *x; /* [p][n] */
    size_t n, leaf;  /* leaf: tiles */
    uint32_t *point; /* [n] in the order so far */
    uint32_t *order; /* [n] scratch, as the next */
    double *value;   /* [n] */
} build;

static bool precedes(const double *x, uint32_t a, uint32_t b)
{
    return x[a] < x[b] || (x[a] == x[b] && a < b);
}

/* The median of the first, the middle and the last point comes to the end. */
static void take_pivot(const double *x, uint32_t *point, size_t n)
{
    uint32_t *a = &point[0], *b = &point[n / 2], *c = &point[n - 1], *median = c, v;

    if (precedes(x, *a, *b) != precedes(x, *a, *c))
        median = a;
    else if (precedes(x, *b, *a) != precedes(x, *b, *c))
        median = b;
    v = *median;
    *median = *c;
    *c = v;
}

/* Rounds of select_first() before it is done by sorting. */
#define ROUNDS 64

/* The `first` points of least x come to the front (Hoare 1961). */
static void select_first(const build *b, const double *x, uint32_t *point, size_t n,
                         size_t first)
{
    for (unsigned round = 0; round < ROUNDS && first > 0 && first < n; round++) {
        size_t at = 0;
        uint32_t pivot;

        take_pivot(x, point, n);
        pivot = point[n - 1];
        for (size_t i = 0; i + 1 < n; i++) {
            uint32_t v = point[i];

            point[i] = point[at];
            point[at] = v;
            at += precedes(x, v, pivot);
        }
        point[n - 1] = point[at];
        point[at] = pivot;
        if (at >= first) {
            n = at;
        } else {
            point += at + 1;
            first -= at + 1;
            n -= at + 1;
        }
    }
    if (first == 0 || first >= n)
        return;
    for (size_t i = 0; i < n; i++)
        b->value[i] = x[point[i]];
    ens__sort_index(b->order, b->value, n);
    for (size_t i = 0; i < n; i++)
        b->order[i] = point[b->order[i]];
    memcpy(point, b->order, n * sizeof *point);
}

/* The box of points; returns the feature in which it is the longest. */
static size_t enclose(double *box, const build *b, const uint32_t *point, size_t n)
{
    size_t p = b->t->p, longest = 0;
    double most = -1;

    for (size_t j = 0; j < p; j++) {
        const double *x = b->x + j * b->n;
        double low = x[point[0]], high = low;

        for (size_t i = 1; i < n; i++) {
            double v = x[point[i]];

            low = v < low ? v : low;
            high = v > high ? v : high;
        }
        box[j] = kept_finite(low);
        box[p + j] = kept_finite(high);
        if (box[p + j] / 2 - box[j] / 2 > most) {
            most = box[p + j] / 2 - box[j] / 2;
            longest = j;
        }
    }
    return longest;
}

static void grow(const build *b, uint32_t begin, uint32_t end)
{
    ens__near *t = b->t;
    size_t at = t->n_nodes++, from = (size_t)begin * TILE;
    size_t to = (size_t)end * TILE < b->n ? (size_t)end * TILE : b->n;
    uint32_t middle = begin + (end - begin) / 2;
    size_t j = enclose(t->box + at * 2 * t->p, b, b->point + from, to - from);

    t->node[at] = (node){begin, end, 0};
    if (end - begin <= b->leaf)
        return;
    select_first(b, b->x + j * b->n, b->point + from, to - from,
                 (size_t)(middle - begin) * TILE);
    grow(b, begin, middle);
    t->node[at].right = (uint32_t)t->n_nodes;
    grow(b, middle, end);
}

static void fill_tiles(const build *b)
{
    ens__near *t = b->t;

    for (size_t i = 0; i < t->n_tiles * TILE; i++) {
        double *x = t->x + i / TILE * t->p * TILE + i % TILE;

        t->point[i] = i < b->n ? b->point[i] : NO_POINT;
        for (size_t j = 0; j < t->p; j++)
            x[j * TILE] = i < b->n ? kept_finite(b->x[j * b->n + b->point[i]]) : INFINITY;
    }
}

ens_status ens__near_new(ens__near **out, const double *x, size_t n, size_t p,
                         const ens__near_options *options, ens_error *err)
{
    size_t tiles = (n + TILE - 1) / TILE;
    build b = {.x = x, .n = n, .leaf = (options->leaf_size + TILE - 1) / TILE};
    ens_status st = ENS_ENOMEM;

    if ((b.t = ens__zeros(1, sizeof *b.t)) == NULL ||
        (b.point = ens__array(n, sizeof *b.point)) == NULL ||
        (b.order = ens__array(n, sizeof *b.order)) == NULL ||
        (b.value = ens__array(n, sizeof *b.value)) == NULL)
        goto done;
    *b.t = (ens__near){.n = n, .p = p, .n_tiles = tiles, .power = options->power};
    if ((b.t->x = ens__aligned(tiles * p, TILE * sizeof *b.t->x)) == NULL ||
        (b.t->point = ens__array(tiles, TILE * sizeof *b.t->point)) == NULL ||
        (b.t->node = ens__array(2 * tiles, sizeof *b.t->node)) == NULL ||
        (options->tree &&
         (b.t->box = ens__array(2 * tiles, 2 * p * sizeof *b.t->box)) == NULL))
        goto done;
    for (size_t i = 0; i < n; i++)
        b.point[i] = (uint32_t)i;
    if (options->tree)
        grow(&b, 0, (uint32_t)tiles);
    else
        b.t->node[b.t->n_nodes++] = (node){0, (uint32_t)tiles, 0};
    fill_tiles(&b);
    *out = b.t;
    b.t = NULL;
    st = ENS_OK;
done:
    ens__near_free(b.t);
    ens__free(b.point);
    ens__free(b.order);
    ens__free(b.value);
    return st == ENS_OK ? st : ens__nomem(err);
}

void ens__near_points(double *x, const ens__near *t)
{
    for (size_t i = 0; i < t->n; i++)
        for (size_t j = 0; j < t->p; j++)
            x[t->point[i] * t->p + j] = t->x[(i / TILE * t->p + j) * TILE + i % TILE];
}

/* ---- Searching ----------------------------------------------------------------------------------------- */

/* The nearest so far: a heap with the farthest first. */
typedef struct nearest {
    ens__near_point *at; /* [k] */
    size_t n, k;
} nearest;

static bool farther(const ens__near_point *a, const ens__near_point *b)
{
    return a->d > b->d || (a->d == b->d && a->i > b->i);
}

static void sink(ens__near_point *at, size_t n, ens__near_point v)
{
    size_t i = 0;

    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        child += child + 1 < n && farther(&at[child + 1], &at[child]);
        if (!farther(&at[child], &v))
            break;
        at[i] = at[child];
    }
    at[i] = v;
}

static void offer(nearest *h, ens__near_point v)
{
    if (h->n == h->k) {
        if (farther(&h->at[0], &v))
            sink(h->at, h->n, v);
        return;
    }
    size_t i = h->n++;
    for (; i > 0 && farther(&v, &h->at[(i - 1) / 2]); i = (i - 1) / 2)
        h->at[i] = h->at[(i - 1) / 2];
    h->at[i] = v;
}

static void sort_found(nearest *h)
{
    for (size_t n = h->n; n-- > 1;) {
        ens__near_point last = h->at[n];

        h->at[n] = h->at[0];
        sink(h->at, n, last);
    }
}

static double bound_of(const nearest *h)
{
    return h->n == h->k ? h->at[0].d : INFINITY;
}

static void scan(const ens__near *t, const double *q, nearest *h, size_t begin,
                 size_t end)
{
    double d[TILE];

    for (size_t s = begin; s < end; s++) {
        uint32_t mask =
            ens__near_tile(d, q, t->x + s * t->p * TILE, t->p, t->power, bound_of(h));

        for (size_t i = 0; mask != 0; i++, mask >>= 1)
            if ((mask & 1) != 0 && t->point[s * TILE + i] != NO_POINT)
                offer(h, (ens__near_point){d[i], t->point[s * TILE + i]});
    }
}

/* From q to the nearest place of a node's box. */
static double box_distance(const ens__near *t, const double *q, size_t at)
{
    const double *low = t->box + at * 2 * t->p, *high = low + t->p;
    double sum = 0;

    for (size_t j = 0; j < t->p; j++) {
        double under = low[j] - q[j], over = q[j] - high[j];
        double by = under > 0 ? under : over > 0 ? over : 0;

        sum += t->power == 2 ? by * by : t->power == 1 ? by : pow(by, t->power);
    }
    return sum;
}

static void descend(const ens__near *t, const double *q, nearest *h, size_t at)
{
    const node *v = &t->node[at];
    size_t near = at + 1, far = v->right;
    double d_near, d_far;

    if (v->right == 0) {
        scan(t, q, h, v->begin, v->end);
        return;
    }
    d_near = box_distance(t, q, near);
    d_far = box_distance(t, q, far);
    if (d_far < d_near) {
        size_t other = near;
        double d = d_near;

        near = far;
        far = other;
        d_near = d_far;
        d_far = d;
    }
    if (d_near <= bound_of(h))
        descend(t, q, h, near);
    if (d_far <= bound_of(h))
        descend(t, q, h, far);
}

static size_t together(const ens__near *t, size_t k)
{
    size_t most = FOUND / k;

    return t->box != NULL || most < 1 ? 1 : most < TOGETHER ? most : TOGETHER;
}

size_t ens__near_scratch(const ens__near *t, size_t k)
{
    return together(t, k) * (k * sizeof(ens__near_point) + sizeof(nearest));
}

/* Queries in turn over runs of tiles. */
static void scan_together(const ens__near *t, const double *q, nearest *h, size_t m)
{
    size_t run = CACHED / (t->p * TILE) + 1;

    for (size_t begin = 0; begin < t->n_tiles; begin += run)
        for (size_t i = 0; i < m; i++)
            scan(t, q + i * t->p, &h[i], begin,
                 begin + run < t->n_tiles ? begin + run : t->n_tiles);
}

void ens__near_search(const ens__near *t, double *q, size_t m, size_t k, void *scratch,
                      ens__near_fn body, void *ctx)
{
    size_t most = together(t, k);
    nearest *h = scratch;
    ens__near_point *found = (ens__near_point *)(void *)(h + most);

    for (size_t i = 0; i < m * t->p; i++)
        q[i] = kept_finite(q[i]);
    for (size_t begin = 0; begin < m; begin += most) {
        size_t n = m - begin < most ? m - begin : most;

        for (size_t i = 0; i < n; i++)
            h[i] = (nearest){.at = found + i * k, .k = k};
        if (t->box != NULL)
            descend(t, q + begin * t->p, h, 0);
        else
            scan_together(t, q + begin * t->p, h, n);
        for (size_t i = 0; i < n; i++) {
            sort_found(&h[i]);
            body(ctx, begin + i, h[i].at);
        }
    }
}
