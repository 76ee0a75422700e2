/* rank.c - metrics of the order of rows within groups: NDCG and mean average precision.
 *
 * The score is the mean over groups, each weighing as its rows do on average. Rows of equal predictions share their
 * places, as in scikit-learn: their gains are the mean over all orders of them (McSherry and Najork 2008), and for
 * precision they are found together. ties=order leaves them in the order of the table, as LightGBM does. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <metric/metric.h>
#include <num/stats.h>

/* Rows of all groups, and those of one in the order of the predictions, falling. */
typedef struct ranking {
    const ens_eval *e;
    const ens__metric_params *params;
    uint32_t *row;            /* [e->n] by group */
    double *key;              /* [e->n] what is sorted by */
    uint32_t *place, *best;   /* [e->n] of the group's rows: by prediction, by target */
    size_t n;                 /* rows of the group */
    const uint32_t *of_group; /* [n] part of row */
} ranking;

static void ranking_clear(ranking *r)
{
    ens__free(r->row);
    ens__free(r->key);
    ens__free(r->place);
    ens__free(r->best);
}

static ens_status ranking_init(ranking *r, const ens_eval *e,
                               const ens__metric_params *params, ens_error *err)
{
    *r = (ranking){.e = e, .params = params};
    r->row = ens__array(e->n, sizeof *r->row);
    r->key = ens__array(e->n, sizeof *r->key);
    r->place = ens__array(e->n, sizeof *r->place);
    r->best = ens__array(e->n, sizeof *r->best);
    if (r->row == NULL || r->key == NULL || r->place == NULL || r->best == NULL) {
        ranking_clear(r);
        return ens__nomem(err);
    }
    for (size_t i = 0; i < e->n; i++)
        r->key[i] = e->group[i];
    ens__sort_index(r->row, r->key, e->n);
    return ENS_OK;
}

/* The rows from `begin` on that are of one group; returns where they end. */
static size_t take_group(ranking *r, size_t begin)
{
    const ens_eval *e = r->e;
    size_t end = begin + 1;

    while (end < e->n && e->group[r->row[end]] == e->group[r->row[begin]])
        end++;
    r->of_group = r->row + begin;
    r->n = end - begin;
    for (size_t i = 0; i < r->n; i++)
        r->key[i] = -e->y[r->of_group[i]];
    ens__sort_index(r->best, r->key, r->n);
    for (size_t i = 0; i < r->n; i++)
        r->key[i] = -e->pred[r->of_group[i] * e->k];
    ens__sort_index(r->place, r->key, r->n);
    return end;
}

/* The first place behind `at` whose row has another prediction. */
static size_t end_of_tie(const ranking *r, size_t at)
{
    size_t end = at + 1;

    while (end < r->n && r->params->ties == ENS__TIES_AVERAGE &&
           r->key[r->place[end]] == r->key[r->place[at]])
        end++;
    return end;
}

static size_t cut_of(const ranking *r)
{
    return r->params->k > 0 && (uint64_t)r->params->k < r->n ? (size_t)r->params->k
                                                             : r->n;
}

static double target(const ranking *r, const uint32_t *order, size_t i)
{
    return r->e->y[r->of_group[order[i]]];
}

/* ---- NDCG ------------------------------------------------------------------------------------------- */

static double gain(const ranking *r, double y)
{
    return r->params->gain == ENS__GAIN_LINEAR ? y : exp2(y) - 1;
}

/* Discounts of the places from `begin` to `end`. */
static double discounts(size_t begin, size_t end)
{
    double sum = 0;

    for (size_t i = begin; i < end; i++)
        sum += 1 / log2((double)i + 2);
    return sum;
}

/* sum_r gain_r / log2(r + 2) over ranks from 0 (Jaervelin and Kekaelaeinen 2002), over that of the best order. */
static double ndcg(const ranking *r)
{
    size_t cut = cut_of(r);
    double ideal = 0, own = 0;

    for (size_t i = 0; i < cut; i++)
        ideal += gain(r, target(r, r->best, i)) * discounts(i, i + 1);
    if (ideal <= 0)
        return r->params->empty;
    for (size_t i = 0, end; i < cut; i = end) {
        double sum = 0;

        end = end_of_tie(r, i);
        for (size_t l = i; l < end; l++)
            sum += gain(r, target(r, r->place, l));
        own += sum / (double)(end - i) * discounts(i, end < cut ? end : cut);
    }
    return own / ideal;
}

/* ---- Average precision ------------------------------------------------------------------------------ */

/* The precision at each relevant row among the first places, over how many there could be; of a tie, at its end. */
static double average_precision(const ranking *r)
{
    size_t cut = cut_of(r), relevant = 0;
    double found = 0, sum = 0;

    for (size_t i = 0; i < r->n; i++)
        relevant += target(r, r->place, i) > 0;
    if (relevant == 0)
        return r->params->empty;
    for (size_t i = 0, end; i < cut; i = end) {
        size_t inside;
        double hits = 0;

        end = end_of_tie(r, i);
        inside = end < cut ? end : cut;
        for (size_t l = i; l < end; l++)
            hits += target(r, r->place, l) > 0;
        hits *= (double)(inside - i) / (double)(end - i);
        found += hits;
        sum += hits * found / (double)inside;
    }
    return sum / (double)(relevant < cut ? relevant : cut);
}

/* ---- Over groups ------------------------------------------------------------------------------------ */

static double mean_weight(const ranking *r)
{
    double sum = 0;

    for (size_t i = 0; i < r->n; i++)
        sum += ens__eval_weight(r->e, r->of_group[i]);
    return sum / (double)r->n;
}

static ens_status over_groups(double *out, double (*measure)(const ranking *),
                              const ens__metric_params *p, const ens_eval *e,
                              ens_error *err)
{
    double sum = 0, total = 0;
    ranking r;
    ens_status st = ranking_init(&r, e, p, err);

    if (st != ENS_OK)
        return st;
    for (size_t at = 0; at < e->n;) {
        double w;

        at = take_group(&r, at);
        if ((w = mean_weight(&r)) <= 0)
            continue;
        sum += w * measure(&r);
        total += w;
    }
    *out = sum / total;
    ranking_clear(&r);
    return ENS_OK;
}

ens_status ens__ndcg(double *out, const ens__metric_params *p, const ens_eval *e,
                     ens_error *err)
{
    for (size_t i = 0; i < e->n; i++)
        if (e->y[i] < 0 || (p->gain == ENS__GAIN_EXPONENTIAL && e->y[i] > 64))
            return ens__fail(
                err, ENS_EDATA, "ndcg: the target %g of row %zu is %s", e->y[i], i + 1,
                e->y[i] < 0 ? "negative" : "above 64, too much for gain=exponential");
    return over_groups(out, ndcg, p, e, err);
}

ens_status ens__map(double *out, const ens__metric_params *p, const ens_eval *e,
                    ens_error *err)
{
    return over_groups(out, average_precision, p, e, err);
}
