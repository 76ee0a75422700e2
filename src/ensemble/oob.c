/* oob.c - out-of-bag predictions: each row by the members that did not draw it (Breiman 1996, "Out-of-bag
 * estimation").
 *
 * Used at the end of a fit, and again by src/explain, which draws the bags anew: one code, the same bits. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/bag.h>
#include <ensemble/oob.h>
#include <math.h>
#include <string.h>

typedef struct job {
    const ens__oob_args *a;
    double *out;
    const ens__trees *form;   /* of members that are trees, or NULL */
    size_t p, member_scratch; /* the most that a member has */
    char *scratch;            /* [workers][stride] */
    size_t stride;
} job;

/* A worker's scratch, in the order of its parts. */
typedef struct parts {
    double *one;          /* [ENS_BLOCK][k] one member's outputs */
    uint32_t *row;        /* [ENS_BLOCK] rows that are out of its bag */
    uint32_t *at;         /* [ENS_BLOCK] their places in the block */
    uint32_t *votes;      /* [ENS_BLOCK] members that a row was out of bag of */
    ens_feature *feature; /* [p] */
    uint32_t *leaf;       /* [ENS_BLOCK] where they end in a tree */
    uint16_t *code;       /* of the block's rows, for the runtime form */
    void *member;
} parts;

static size_t lay(parts *s, char *base, const job *j)
{
    size_t at = 0;

    s->one = (double *)(base + at);
    at += ens__bag_round(ENS_BLOCK * j->a->k * sizeof *s->one);
    s->row = (uint32_t *)(base + at);
    at += ens__bag_round(ENS_BLOCK * sizeof *s->row);
    s->at = (uint32_t *)(base + at);
    at += ens__bag_round(ENS_BLOCK * sizeof *s->at);
    s->votes = (uint32_t *)(base + at);
    at += ens__bag_round(ENS_BLOCK * sizeof *s->votes);
    s->feature = (ens_feature *)(base + at);
    at += ens__bag_round(j->p * sizeof *s->feature);
    s->leaf = (uint32_t *)(base + at);
    at += ens__bag_round(ENS_BLOCK * sizeof *s->leaf);
    s->code = (uint16_t *)(base + at);
    if (j->form != NULL)
        at += ens__bag_round(ENS_BLOCK * (j->form->stride + j->form->wide) *
                             sizeof *s->code);
    s->member = base + at;
    return at + ens__bag_round(j->member_scratch);
}

const ens_feature *ens__part_features(const ens_part *part, const ens_feature *all,
                                      ens_feature *buf)
{
    if (part->feature == NULL)
        return all;
    for (size_t j = 0; j < part->p; j++)
        buf[j] = all[part->feature[j]];
    return buf;
}

/* Those of the block's rows that are out of the bag of member t; returns how many. */
static size_t pick(const job *j, size_t t, size_t begin, size_t n, const parts *s)
{
    const ens__oob_args *a = j->a;
    const uint64_t *bits = a->in_bag + t * ens__oob_words(a->rows->n);
    size_t picked = 0;

    for (size_t i = 0; i < n; i++)
        if (!ens__oob_bit(bits, begin + i)) {
            s->row[picked] = a->rows->row[begin + i];
            s->at[picked++] = (uint32_t)i;
            s->votes[i]++;
        }
    return picked;
}

/* Add the values of tree t for the n rows that are picked. */
static void add_tree(const job *j, size_t t, const ens__coded *coded, size_t n,
                     const parts *s, double *out)
{
    size_t k = j->a->k;

    ens__trees_find_some(j->form, t, coded, s->at, n, s->leaf);
    for (size_t i = 0; i < n; i++) {
        const double *value = ens__trees_value(j->form, t, s->leaf[s->at[i]]);

        for (size_t c = 0; c < k; c++)
            out[s->at[i] * k + c] += value[c];
    }
}

/* Add the outputs of member t for the n rows that are picked. */
static void add_member(const job *j, size_t t, size_t n, const parts *s, double *out)
{
    const ens__oob_args *a = j->a;
    ens_rows rows = {NULL, 0, s->row, n};
    ens_part part;

    a->member(&part, a->fit, t);
    rows.p = part.p;
    rows.feature = ens__part_features(&part, a->rows->feature, s->feature);
    part.fitted.type->predict(part.fitted.state, &rows, s->one, s->member);
    for (size_t i = 0; i < rows.n; i++)
        for (size_t c = 0; c < a->k; c++)
            out[s->at[i] * a->k + c] += s->one[i * a->k + c];
}

static ens_status predict_block(void *ctx, size_t block, unsigned worker, ens_error *err)
{
    const job *j = ctx;
    size_t begin = block * ENS_BLOCK, k = j->a->k;
    size_t n = j->a->rows->n - begin < ENS_BLOCK ? j->a->rows->n - begin : ENS_BLOCK;
    double *out = j->out + begin * k;
    ens_rows rows = *j->a->rows;
    ens__coded coded;
    parts s;

    (void)err;
    lay(&s, j->scratch + worker * j->stride, j);
    memset(s.votes, 0, ENS_BLOCK * sizeof *s.votes);
    memset(out, 0, n * k * sizeof *out);
    rows.row += begin;
    rows.n = n;
    if (j->form != NULL)
        coded = ens__trees_codes(j->form, &rows, s.code);
    for (size_t t = 0; t < j->a->n_members; t++) {
        size_t picked = pick(j, t, begin, n, &s);

        if (picked > 0 && j->form != NULL)
            add_tree(j, t, &coded, picked, &s, out);
        else if (picked > 0)
            add_member(j, t, picked, &s, out);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < k; c++)
            out[i * k + c] = s.votes[i] > 0 ? out[i * k + c] / s.votes[i] : NAN;
    return ENS_OK;
}

ens_status ens__oob_predict(double *out, const ens__oob_args *a, ens_error *err)
{
    size_t blocks = (a->rows->n + ENS_BLOCK - 1) / ENS_BLOCK;
    job j = {.a = a, .out = out};
    parts unused;
    ens_status st;

    if (a->member == ens__bag_member)
        j.form = ((const ens__bag *)a->fit)->trees;
    for (size_t t = 0; t < a->n_members; t++) {
        ens_part part;
        size_t scratch;

        a->member(&part, a->fit, t);
        scratch = ens_fitted_scratch(&part.fitted);
        j.p = part.p > j.p ? part.p : j.p;
        j.member_scratch = scratch > j.member_scratch ? scratch : j.member_scratch;
    }
    j.stride = lay(&unused, NULL, &j);
    if ((j.scratch = ens__aligned(ens__par_workers(blocks, a->exec), j.stride)) == NULL)
        return ens__nomem(err);
    st = ens__par_for(blocks, a->exec, "predicting out of bag", predict_block, &j, NULL,
                      err);
    ens__free(j.scratch);
    return st;
}
