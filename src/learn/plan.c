/* plan.c - the rows of a fit.
 *
 * A learner gets ascending row numbers with counts and weights, never a copy of the table, so a view with
 * repeated rows and a bootstrap sample look the same to it.
 *
 * The fingerprint is an XXH64 of the XXH64 of each column.  A value is hashed as its 64 bits, the least first,
 * with one pattern for all missing numbers; a category as its code. */
#include <config.h>

#include <core/error.h>
#include <core/hash.h>
#include <core/mem.h>
#include <core/par.h>
#include <learn/plan.h>
#include <math.h>
#include <num/rng.h>
#include <string.h>

void ens__plan_clear(ens__plan *p)
{
    ens__free(p->row);
    ens__free(p->count);
    *p = (ens__plan){0};
}

/* How often each row of the table stands in the view. */
static uint32_t *count_rows(const ens_dataset *data)
{
    uint32_t *count = ens__zeros(data->table->n, sizeof *count);
    const ens__column *weight = data->table->weight;

    for (size_t i = 0; count != NULL && i < data->n; i++)
        count[data->row[i]] += weight == NULL || weight->x[data->row[i]] > 0;
    return count;
}

ens_status ens__plan_make(ens__plan *out, const ens_dataset *data, ens_error *err)
{
    uint32_t *count = count_rows(data);
    uint32_t most = 0;
    ens__plan p = {0};
    ens_status st = ENS_OK;

    *out = (ens__plan){0};
    if (count == NULL)
        return ens__nomem(err);
    for (size_t r = 0; r < data->table->n; r++) {
        p.n += count[r] > 0;
        most = count[r] > most ? count[r] : most;
    }
    if (p.n == 0) {
        st = ens__fail(err, ENS_EDATA,
                       data->n == 0 ? "the table has no rows" : "all weights are zero");
        goto done;
    }
    if ((p.row = ens__array(p.n, sizeof *p.row)) == NULL ||
        (most > 1 && (p.count = ens__array(p.n, sizeof *p.count)) == NULL)) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t r = 0, i = 0; r < data->table->n; r++)
        if (count[r] > 0) {
            p.row[i] = (uint32_t)r;
            if (p.count != NULL)
                p.count[i] = count[r];
            i++;
        }
    *out = p;
    p = (ens__plan){0};
done:
    ens__plan_clear(&p);
    ens__free(count);
    return st;
}

/* ---- Rows held out ------------------------------------------------------------------------------------- */

size_t ens__plan_hold_out(uint8_t *held, uint32_t *place, double part,
                          const ens_fit_args *a)
{
    bool classes = a->task == ENS_TASK_CLASSIFICATION;
    size_t total = 0;

    for (size_t c = 0; c < (classes ? a->k : 1); c++) {
        size_t n = 0, m;
        ens__stream s;

        for (size_t i = 0; i < a->rows.n; i++)
            if (!classes || (size_t)a->label[a->rows.row[i]] == c)
                place[n++] = (uint32_t)i;
        m = (size_t)floor(part * (double)n + 0.5);
        ens__stream_init(&s, a->seed, ENS__FOR_SPLIT, c);
        for (size_t i = 0, left = m; i < n && left > 0; i++)
            if (ens__stream_below(&s, (uint32_t)(n - i)) < left) {
                held[place[i]] = 1;
                left--;
            }
        total += m;
    }
    return total;
}

/* Where rows have groups, each is held out whole or not at all: the same part of the groups. */
static ens_status hold_groups(size_t *out, uint8_t *held, double part,
                              const ens_fit_args *a, ens_error *err)
{
    uint32_t most = 0;
    uint8_t *state; /* by group: 0 does not occur, 1 is learned from, 2 is held out */
    size_t groups = 0, left;
    ens__stream s;

    *out = 0;
    for (size_t i = 0; i < a->rows.n; i++)
        most = a->group[a->rows.row[i]] > most ? a->group[a->rows.row[i]] : most;
    if ((state = ens__zeros((size_t)most + 1, sizeof *state)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < a->rows.n; i++)
        state[a->group[a->rows.row[i]]] = 1;
    for (size_t q = 0; q <= most; q++)
        groups += state[q];
    left = (size_t)floor(part * (double)groups + 0.5);
    ens__stream_init(&s, a->seed, ENS__FOR_SPLIT, 0);
    for (size_t q = 0; q <= most && left > 0; q++) {
        if (state[q] == 0)
            continue;
        if (ens__stream_below(&s, (uint32_t)groups--) < left) {
            state[q] = 2;
            left--;
        }
    }
    for (size_t i = 0; i < a->rows.n; i++) {
        held[i] = state[a->group[a->rows.row[i]]] == 2;
        *out += held[i];
    }
    ens__free(state);
    return ENS_OK;
}

ens_status ens__plan_hold_part(size_t *n, uint8_t *held, double part, const char *owner,
                               const ens_fit_args *a, ens_error *err)
{
    uint32_t *place = NULL;
    ens_status st = ENS_OK;

    if (a->group != NULL)
        st = hold_groups(n, held, part, a, err);
    else if ((place = ens__array(a->rows.n, sizeof *place)) == NULL)
        st = ens__nomem(err);
    else
        *n = ens__plan_hold_out(held, place, part, a);
    ens__free(place);
    if (st == ENS_OK && (*n == 0 || *n == a->rows.n))
        st = ens__fail(err, ENS_ERANGE,
                       "%s.validation_fraction = %g holds out %zu of %zu rows", owner,
                       part, *n, a->rows.n);
    return st;
}

/* ---- Fingerprint --------------------------------------------------------------------------------------- */

/* Values that are hashed at once. */
#define CHUNK 512
/* Fewer in all are not worth a second thread. */
#define SMALL 100000

static inline void store64(unsigned char *out, uint64_t v)
{
    /* written out, compilers see one store in it */
    out[0] = (unsigned char)v;
    out[1] = (unsigned char)(v >> 8);
    out[2] = (unsigned char)(v >> 16);
    out[3] = (unsigned char)(v >> 24);
    out[4] = (unsigned char)(v >> 32);
    out[5] = (unsigned char)(v >> 40);
    out[6] = (unsigned char)(v >> 48);
    out[7] = (unsigned char)(v >> 56);
}

static inline uint64_t bits_of(double v)
{
    uint64_t bits;

    v = isnan(v) ? NAN : v;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* Of rows row[0] .. row[n - 1], which are neighbours as a rule. */
static void bits_of_numbers(uint64_t *restrict out, const double *restrict x,
                            const uint32_t *row, size_t n)
{
    if (row[n - 1] - row[0] == n - 1) {
        x += row[0];
        for (size_t i = 0; i < n; i++)
            out[i] = bits_of(x[i]);
        return;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = bits_of(x[row[i]]);
}

/* What a fit sees of its rows, as columns: its features, then these, the last if there is one. */
enum { TARGET, WEIGHT, COUNT, OFFSET };

static uint64_t value_at(const ens_fit_args *a, size_t column, size_t i)
{
    uint32_t r = a->rows.row[i];

    if (column < a->rows.p)
        return (uint64_t)a->rows.feature[column].code[r];
    switch (column - a->rows.p) {
    case TARGET:
        return a->label != NULL ? (uint64_t)a->label[r]
               : a->y != NULL   ? bits_of(a->y[r])
                                : 0;
    case WEIGHT:
        return bits_of(a->w != NULL ? a->w[r] : 1);
    case OFFSET:
        return bits_of(a->offset[r]);
    default:
        return a->count != NULL ? a->count[i] : 1;
    }
}

typedef struct hashing {
    const ens_fit_args *a;
    unsigned char *hash; /* [columns][8] */
} hashing;

static ens_status hash_column(void *ctx, size_t column, unsigned worker, ens_error *err)
{
    const hashing *h = ctx;
    size_t n = h->a->rows.n;
    const double *x = column < h->a->rows.p ? h->a->rows.feature[column].x : NULL;
    uint64_t chunk[CHUNK];
    ens__hash hash;

    (void)worker;
    (void)err;
    ens__hash_init(&hash);
    for (size_t begin = 0; begin < n; begin += CHUNK) {
        size_t m = n - begin < CHUNK ? n - begin : CHUNK;

        if (x != NULL)
            bits_of_numbers(chunk, x, h->a->rows.row + begin, m);
        for (size_t i = 0; i < m && x == NULL; i++)
            chunk[i] = value_at(h->a, column, begin + i);
        for (size_t i = 0; i < m; i++)
            store64((unsigned char *)&chunk[i], chunk[i]);
        ens__hash_add(&hash, chunk, 8 * m);
    }
    store64(h->hash + 8 * column, ens__hash_value(&hash));
    return ENS_OK;
}

ens_status ens__plan_fingerprint(uint64_t *out, const ens_fit_args *a, ens_error *err)
{
    size_t columns = a->rows.p + OFFSET + (a->offset != NULL);
    hashing h = {a, ens__array(columns, 8)};
    ens_exec exec = {.threads = a->exec != NULL ? a->exec->threads : 0};
    ens__hash all;
    ens_status st;

    if (h.hash == NULL)
        return ens__nomem(err);
    if (columns * a->rows.n < SMALL)
        exec.threads = 1;
    if ((st = ens__par_for(columns, &exec, NULL, hash_column, &h, NULL, err)) == ENS_OK) {
        ens__hash_init(&all);
        ens__hash_add(&all, h.hash, 8 * columns);
        *out = ens__hash_value(&all);
        *out += *out == 0; /* 0 stands for unknown */
    }
    ens__free(h.hash);
    return st;
}
