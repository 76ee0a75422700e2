/* gbdt_draw.c - which rows and which old trees take part in a round.
 *
 * Rows: some at random (Friedman 2002), or GOSS: those of large gradients, and of the others some at random that stand
 * for all of them (Ke et al. 2017, 3).  Trees: DART leaves some old ones out, so that the new one corrects the others,
 * and weighs both so that their sum stays what it was (Rashmi and Gilad-Bachrach 2015). */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/gbdt_job.h>
#include <math.h>
#include <num/rng.h>
#include <num/sample.h>
#include <string.h>

typedef ens__gbdt_job job;

static uint32_t train_row(const job *j, size_t i)
{
    return j->train != NULL ? j->train[i] : (uint32_t)i;
}

static size_t part_of(double share, size_t n)
{
    size_t m = (size_t)floor(share * (double)n + 0.5);

    return m > 0 ? m : 1;
}

static ens_status make_room(job *j, ens_error *err)
{
    if (j->part == NULL)
        j->part = ens__array(j->n_train, sizeof *j->part);
    if (j->chosen == NULL)
        j->chosen = ens__array(j->n_train, sizeof *j->chosen);
    return j->part != NULL && j->chosen != NULL ? ENS_OK : ens__nomem(err);
}

/* ---- GOSS --------------------------------------------------------------------------------------------------- */

/* Size of a row's gradients, times hessians where there are such, summed over scores. */
static float size_of(const job *j, size_t row)
{
    float sum = 0;

    for (size_t c = 0; c < j->g->k; c++) {
        size_t at = c * j->n + row;

        sum += fabsf(j->grad[at] * (j->hess != NULL ? j->hess[at] : 1));
    }
    return sum;
}

/* Positive floats are in the order of their bits. */
static uint32_t bits_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The bits above which at most `most` rows lie, by counting their upper half and then the lower; *ties: how many of
 * the rows at just these bits may be taken besides. */
static ens_status find_threshold(uint32_t *out, size_t *ties, const job *j, size_t most,
                                 ens_error *err)
{
    uint32_t *count = ens__zeros(65536, sizeof *count), high = 65535, low = 65535;
    size_t above = 0;

    if (count == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < j->n_train; i++)
        count[bits_of(size_of(j, train_row(j, i))) >> 16]++;
    while (high > 0 && above + count[high] <= most)
        above += count[high--];
    memset(count, 0, 65536 * sizeof *count);
    for (size_t i = 0; i < j->n_train; i++) {
        uint32_t bits = bits_of(size_of(j, train_row(j, i)));

        if (bits >> 16 == high)
            count[bits & 0xffff]++;
    }
    while (low > 0 && above + count[low] <= most)
        above += count[low--];
    *out = high << 16 | low;
    *ties = most - above;
    ens__free(count);
    return ENS_OK;
}

static void amplify(job *j, size_t row, float factor)
{
    for (size_t c = 0; c < j->g->k; c++) {
        j->grad[c * j->n + row] *= factor;
        if (j->hess != NULL)
            j->hess[c * j->n + row] *= factor;
    }
}

static ens_status draw_large(job *j, ens__stream *s, ens_error *err)
{
    size_t top = part_of(j->p->top_rate, j->n_train),
           m = part_of(j->p->other_rate, j->n_train);
    size_t rest = j->n_train - top, ties = 0, others = 0, next = 0;
    float factor;
    uint32_t threshold = 0;
    ens_status st;

    m = m < rest ? m : rest;
    if ((st = find_threshold(&threshold, &ties, j, top, err)) != ENS_OK)
        return st;
    ens__sample_choose(j->chosen, m, rest, s);
    factor = m > 0 ? (float)rest / (float)m : 1;
    j->n_part = 0;
    for (size_t i = 0; i < j->n_train; i++) {
        uint32_t row = train_row(j, i), bits = bits_of(size_of(j, row));
        bool large = bits > threshold || (bits == threshold && ties > 0);

        ties -= bits == threshold && large;
        if (!large && next < m && j->chosen[next] == others) {
            next++;
            amplify(j, row, factor);
            j->part[j->n_part++] = row;
        } else if (large) {
            j->part[j->n_part++] = row;
        }
        others += !large;
    }
    j->w_most *= factor;
    return ENS_OK;
}

/* ---- Rows --------------------------------------------------------------------------------------------------- */

ens_status ens__gbdt_draw_rows(job *j, size_t r, ens_error *err)
{
    bool goss = j->p->data_sample_strategy == ENS__SAMPLE_GOSS;
    ens__stream s;
    ens_status st;

    if (!goss && j->p->subsample >= 1)
        return ENS_OK;
    if ((st = make_room(j, err)) != ENS_OK)
        return st;
    ens__stream_init(&s, j->a->seed, ENS__FOR_BOOTSTRAP, r);
    if (goss)
        return draw_large(j, &s, err);
    j->n_part = part_of(j->p->subsample, j->n_train);
    ens__sample_choose(j->part, j->n_part, j->n_train, &s);
    for (size_t i = 0; i < j->n_part; i++)
        j->part[i] = train_row(j, j->part[i]);
    return ENS_OK;
}

/* ---- DART --------------------------------------------------------------------------------------------------- */

static ens_status choose_dropped(job *j, size_t r, ens_error *err)
{
    size_t most = j->p->max_drop < 0 ? SIZE_MAX : (size_t)j->p->max_drop;
    ens__stream s;

    j->n_dropped = 0;
    if (j->dropped == NULL &&
        (j->dropped = ens__array((size_t)j->p->n_estimators, sizeof *j->dropped)) == NULL)
        return ens__nomem(err);
    ens__stream_init(&s, j->a->seed, ENS__FOR_DROP, r);
    if (ens__stream_uniform(&s) < j->p->skip_drop)
        return ENS_OK;
    for (size_t d = 0; d < r && j->n_dropped < most; d++)
        if (ens__stream_uniform(&s) < j->p->drop_rate)
            j->dropped[j->n_dropped++] = (uint32_t)d;
    return ENS_OK;
}

ens_status ens__gbdt_drop(job *j, size_t r, ens_error *err)
{
    ens_status st;

    if (j->p->boosting != ENS__BOOSTING_DART)
        return ENS_OK;
    if ((st = choose_dropped(j, r, err)) != ENS_OK)
        return st;
    for (size_t d = 0; d < j->n_dropped; d++)
        if ((st = ens__gbdt_replay(j, j->dropped[d], -1, err)) != ENS_OK)
            return st;
    j->options.rate = j->p->learning_rate / (double)(1 + j->n_dropped);
    return ENS_OK;
}

/* Of D dropped trees each keeps D / (D + 1) of its weight: the new one has a tree's share of what they all were. */
ens_status ens__gbdt_put_back(job *j, ens_error *err)
{
    double factor = (double)j->n_dropped / (double)(1 + j->n_dropped);
    size_t k = j->g->k;
    ens_status st;

    for (size_t d = 0; d < j->n_dropped; d++) {
        for (size_t c = 0; c < k; c++) {
            ens__tree *tree = j->g->tree[j->dropped[d] * k + c];

            for (size_t i = 0; i < tree->n_nodes; i++)
                if (tree->node[i].feature == ENS__LEAF)
                    tree->node[i].value *= factor;
        }
        if ((st = ens__gbdt_replay(j, j->dropped[d], 1, err)) != ENS_OK)
            return st;
    }
    return ENS_OK;
}
