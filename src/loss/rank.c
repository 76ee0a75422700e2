/* rank.c - lambdarank: the order of rows within groups, by NDCG.
 *
 * Of a pair of rows of which i is the more relevant, RankNet's loss is log(1 + e^-sigma (s_i - s_j)); LambdaRank
 * multiplies its gradient by how much NDCG would change if the two changed places (Burges 2010, From RankNet to
 * LambdaRank to LambdaMART: an overview, 4 and 6), with rho = 1 / (1 + e^(sigma (s_i - s_j))):
 *
 *     g_i -= sigma rho |dNDCG|    g_j += the same    h of both += sigma^2 rho (1 - rho) |dNDCG|
 *
 * The gain of a target y is 2^y - 1, the discount of rank r (from 0) 1 / log2(r + 2) (Burges et al. 2005); equal scores
 * are in the order of the rows. Details are LightGBM's (Ke et al. 2017): of a pair one is among the first `truncation`,
 * to which NDCG is cut as well; with `norm` |dNDCG| is divided by 0.01 + |s_i - s_j|, unless all scores are equal, and
 * the gradients of a group, whose sizes sum to t, are multiplied by log2(1 + t) / t. The value is 1 - NDCG, which is 0
 * for a group without relevant rows. */
#include <config.h>

#include <loss/kernel.h>
#include <math.h>
#include <num/stats.h>

#define MAX_GROUP 10000
#define MAX_LEVEL 31

typedef struct rank_params {
    int64_t truncation;
    double sigma;
    int norm;
} rank_params;

static const ens_param rank_table[] = {
    ENS_ROW(ENS_PARAM_INT, rank_params, truncation, "30", 1, MAX_GROUP, "",
            "lambdarank_truncation_level", "ranks that count"),
    ENS_ROW(ENS_PARAM_REAL, rank_params, sigma, "1", 1e-6, 1e6, "", "sigmoid",
            "steepness of the loss of a pair"),
    ENS_ROW(ENS_PARAM_BOOL, rank_params, norm, "true", 0, 0, "", "lambdarank_norm",
            "even out groups of many and of few pairs"),
    ENS_PARAM_LAST};

/* A group; all but y and s by rank: in the order of the scores, falling. */
typedef struct ranking {
    const float *y, *s; /* [n] */
    size_t n;
    uint32_t order[MAX_GROUP];
    double key[MAX_GROUP]; /* by row: what it is sorted by, rising */
    float score[MAX_GROUP], gain[MAX_GROUP], discount[MAX_GROUP];
    float g[MAX_GROUP], h[MAX_GROUP];
} ranking;

static double log2_of(double x)
{
    return ens__log(x) / 0.69314718055994530942;
}

static double gain_of(float y)
{
    return (double)((uint64_t)1 << (unsigned)y) - 1;
}

static double discount_of(size_t rank)
{
    return 1 / log2_of((double)rank + 2);
}

/* DCG of the first `cut` rows in the order of key. */
static double dcg(ranking *r, size_t cut)
{
    double sum = 0;

    ens__sort_index(r->order, r->key, r->n);
    for (size_t i = 0; i < r->n && i < cut; i++)
        sum += gain_of(r->y[r->order[i]]) * discount_of(i);
    return sum;
}

static double best_dcg(ranking *r, size_t cut)
{
    for (size_t i = 0; i < r->n; i++)
        r->key[i] = -r->y[i];
    return dcg(r, cut);
}

static double own_dcg(ranking *r, size_t cut)
{
    for (size_t i = 0; i < r->n; i++)
        r->key[i] = -ens__loss_finite(r->s[i]);
    return dcg(r, cut);
}

/* ---- Pairs ----------------------------------------------------------------------------------------------------- */

/* One row, and what it has in common with all pairs. */
typedef struct first_of_pair {
    float score, gain, discount; /* its own */
    float sigma, per_ideal;
    bool norm;
} first_of_pair;

/* Sums of what pairs give to the first row, in lanes: the order of sums is the same for every kernel. */
typedef struct lane_sums {
    float g[ENS__LOSS_LANES], h[ENS__LOSS_LANES], size[ENS__LOSS_LANES];
} lane_sums;

#define PAIRS_ARGS                                                                       \
    const first_of_pair *restrict a, lane_sums *restrict sums,                           \
        const float *restrict score, const float *restrict gain,                         \
        const float *restrict discount, float *restrict g, float *restrict h, size_t n
#define PAIRS_NAMES a, sums, score, gain, discount, g, h, n

ENS_INLINE void pairs_lanes(PAIRS_ARGS, bool norm, size_t b, size_t lanes)
{
    const first_of_pair first = *a;

    (void)n;
    for (size_t l = 0; l < lanes; l++) {
        float apart = first.score - score[b + l], more = first.gain - gain[b + l];
        float change = fabsf(more) * (first.discount - discount[b + l]) * first.per_ideal;
        float rho, lambda, signed_lambda, curve;

        if (norm)
            change = change / (0.01F + apart);
        apart = more > 0 ? apart : -apart;
        rho = 1 / (1 + ens__expf(first.sigma * apart));
        lambda = first.sigma * rho * change;
        curve = first.sigma * (1 - rho) * lambda;
        signed_lambda = more > 0 ? lambda : -lambda;
        g[b + l] += signed_lambda;
        h[b + l] += curve;
        sums->g[l] -= signed_lambda;
        sums->h[l] += curve;
        sums->size[l] += lambda;
    }
}

ENS_INLINE void pairs_body(PAIRS_ARGS)
{
    size_t b = 0;

    for (; a->norm && b + ENS__LOSS_LANES <= n; b += ENS__LOSS_LANES)
        pairs_lanes(PAIRS_NAMES, true, b, ENS__LOSS_LANES);
    for (; b + ENS__LOSS_LANES <= n; b += ENS__LOSS_LANES)
        pairs_lanes(PAIRS_NAMES, false, b, ENS__LOSS_LANES);
    pairs_lanes(PAIRS_NAMES, a->norm, b, n - b);
}

static void pairs_base(PAIRS_ARGS)
{
    pairs_body(PAIRS_NAMES);
}

ENS_TARGET_V3 static void pairs_v3(PAIRS_ARGS)
{
    pairs_body(PAIRS_NAMES);
}

ENS_TARGET_V4 static void pairs_v4(PAIRS_ARGS)
{
    pairs_body(PAIRS_NAMES);
}

static float sum_lanes(const float *lane)
{
    float sum = 0;

    for (size_t l = 0; l < ENS__LOSS_LANES; l++)
        sum += lane[l];
    return sum;
}

/* Fill what is by rank. The scores' order is already in r->order. */
static void lay_out(ranking *r)
{
    for (size_t i = 0; i < r->n; i++) {
        float s = r->s[r->order[i]];

        r->score[i] = s > 1e30F ? 1e30F : s < -1e30F ? -1e30F : s;
        r->gain[i] = (float)gain_of(r->y[r->order[i]]);
        r->discount[i] = (float)discount_of(i);
        r->g[i] = r->h[i] = 0;
    }
}

/* All pairs of rank i with lower ranks. Returns the sum of the sizes of both gradients. */
static double add_pairs(ranking *r, first_of_pair *a, size_t i)
{
    ens__cpu level = ens__cpu_level();
    lane_sums sums = {{0}, {0}, {0}};
    size_t next = i + 1;

    a->score = r->score[i];
    a->gain = r->gain[i];
    a->discount = r->discount[i];
    (level == ENS__CPU_V4   ? pairs_v4
     : level == ENS__CPU_V3 ? pairs_v3
                            : pairs_base)(a, &sums, r->score + next, r->gain + next,
                                          r->discount + next, r->g + next, r->h + next,
                                          r->n - next);
    r->g[i] += sum_lanes(sums.g);
    r->h[i] += sum_lanes(sums.h);
    return 2 * (double)sum_lanes(sums.size);
}

static void rank_group(ranking *r, const rank_params *p, float *g, float *h)
{
    size_t cut = (size_t)p->truncation;
    double ideal = best_dcg(r, cut), sum = 0, factor = 1;
    first_of_pair a = {.sigma = (float)p->sigma, .per_ideal = (float)(1 / ideal)};

    if (ideal <= 0)
        return;
    own_dcg(r, cut);
    lay_out(r);
    a.norm = p->norm && r->score[0] != r->score[r->n - 1];
    for (size_t i = 0; i < r->n && i < cut; i++)
        sum += add_pairs(r, &a, i);
    if (p->norm && sum > 0)
        factor = log2_of(1 + sum) / sum;
    for (size_t i = 0; i < r->n; i++) {
        g[r->order[i]] = (float)factor * r->g[i];
        h[r->order[i]] = (float)factor * r->h[i];
    }
}

/* ---- The loss -------------------------------------------------------------------------------------------------- */

/* Set r to group q of rows; where it begins. */
static size_t take_group(ranking *r, const ens_loss_rows *rows, size_t q)
{
    size_t begin = rows->group[q] - rows->group[0];

    r->y = rows->y + begin;
    r->s = rows->score + begin;
    r->n = rows->group[q + 1] - rows->group[q];
    return begin;
}

static void rank_gradient(const void *params, const ens_loss_rows *rows, float *g,
                          float *h)
{
    ranking r;

    for (size_t i = 0; i < rows->n; i++)
        g[i] = h[i] = 0;
    for (size_t q = 0; q < rows->n_groups; q++) {
        size_t begin = take_group(&r, rows, q);

        rank_group(&r, params, g + begin, h + begin);
    }
    for (size_t i = 0; i < rows->n && rows->w != NULL; i++) {
        g[i] *= rows->w[i];
        h[i] *= rows->w[i];
    }
}

static void rank_value(const void *params, const ens_loss_rows *rows, double *out)
{
    size_t cut = (size_t)((const rank_params *)params)->truncation;
    ranking r;

    for (size_t i = 0; i < rows->n; i++)
        out[i] = 0;
    for (size_t q = 0; q < rows->n_groups; q++) {
        size_t begin = take_group(&r, rows, q);
        double ideal = best_dcg(&r, cut);

        out[begin] = ideal > 0 ? 1 - own_dcg(&r, cut) / ideal : 0;
    }
}

static const char *rank_refuses(const void *params, double y)
{
    (void)params;
    return y < 0 || y > MAX_LEVEL || y != floor(y) ? "is not a whole number in [0, 31]"
                                                   : NULL;
}

const ens_loss_type ens__lambdarank_loss = {
    .abi = ENS_EXT_ABI,
    .name = "lambdarank",
    .help = "the order of rows within groups, by NDCG",
    .caps = ENS_LOSS_REGRESSES | ENS_LOSS_RANKS,
    .params = rank_table,
    .params_size = sizeof(rank_params),
    .max_group = MAX_GROUP,
    .refuses = rank_refuses,
    .gradient = rank_gradient,
    .value = rank_value,
};
