/* adaboost_predict.c - votes of members, and what they come to.
 *
 * Classes: with F[c] = sum over members of their votes for c, over the sum of their weights,
 *
 *     P(c) = exp(F[c] / (k - 1)) / sum over c' of exp(F[c'] / (k - 1))
 *
 * (Zhu et al. 2009, equation 4; that F is a mean, as in scikit-learn, makes the probabilities timid but changes no
 * order).  Numbers: the median of the members' predictions, weighted by their weights (Drucker 1997). */
#include <config.h>

#include <ensemble/adaboost.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* Predictions kept at a time for medians, about. */
#define MOST_KEPT 32768

static size_t rounded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* ---- Votes --------------------------------------------------------------------------------------------- */

void ens__adaboost_vote(double *out, const ens__adaboost *m, size_t t, const double *p)
{
    double mean = 0;
    size_t k = m->k;

    if (m->kind == ENS__SAMME) {
        out[ens_argmax(p, k)] += m->weight[t];
        return;
    }
    for (size_t c = 0; c < k; c++)
        mean += log(fmax(p[c], DBL_EPSILON)) / (double)k;
    for (size_t c = 0; c < k; c++)
        out[c] += (double)(k - 1) * (log(fmax(p[c], DBL_EPSILON)) - mean);
}

/* Votes of a row, by members whose weights sum to total, become probabilities. */
static void settle(double *out, const ens__adaboost *m, double total)
{
    double unit = total * (double)(m->k - 1), most = -INFINITY, sum = 0;
    size_t k = m->k;

    if (k == 1) {
        out[0] = 1;
        return;
    }
    for (size_t c = 0; c < k; c++) {
        out[c] /= unit;
        most = fmax(most, out[c]);
    }
    for (size_t c = 0; c < k; c++)
        sum += out[c] = exp(out[c] - most);
    for (size_t c = 0; c < k; c++)
        out[c] /= sum;
}

/* Votes of at most ENS_BLOCK rows, by the first n members, of any type. */
static void add_votes(const ens__adaboost *m, size_t n, const ens_rows *rows, double *out,
                      void *scratch)
{
    double *one = scratch;
    void *rest = (char *)scratch + rounded(ENS_BLOCK * m->k * sizeof *one);

    memset(out, 0, rows->n * m->k * sizeof *out);
    for (size_t t = 0; t < n; t++) {
        m->chain->fit[t].type->predict(m->chain->fit[t].state, rows, one, rest);
        for (size_t i = 0; i < rows->n; i++)
            ens__adaboost_vote(out + i * m->k, m, t, one + i * m->k);
    }
}

/* ---- Medians ------------------------------------------------------------------------------------------- */

static void swap(double *a, size_t i, size_t j)
{
    double kept = a[i];

    a[i] = a[j];
    a[j] = kept;
}

/* Parts [low, high) into those below the pivot, equal to it, above it; their bounds and weights. */
typedef struct parts {
    size_t equal, above;
    double below_w, equal_w;
} parts;

static parts part(double *v, double *w, size_t low, size_t high, double pivot)
{
    parts p = {low, high, 0, 0};

    for (size_t i = low; i < p.above;)
        if (v[i] < pivot) {
            p.below_w += w[i];
            swap(v, i, p.equal);
            swap(w, i++, p.equal++);
        } else if (v[i] > pivot) {
            swap(v, i, --p.above);
            swap(w, i, p.above);
        } else {
            p.equal_w += w[i++];
        }
    return p;
}

double ens__weighted_median(double *v, double *w, size_t n)
{
    size_t low = 0, high = n;
    double half = 0, below = 0, pivot = v[0];

    for (size_t i = 0; i < n; i++)
        half += w[i] / 2;
    while (low < high) {
        parts p;

        pivot = v[low + (high - low) / 2];
        p = part(v, w, low, high, pivot);
        if (p.equal > low && below + p.below_w >= half) {
            high = p.equal;
        } else if (below + p.below_w + p.equal_w >= half) {
            return pivot;
        } else {
            below += p.below_w + p.equal_w;
            low = p.above;
        }
    }
    return pivot;
}

/* Rows whose predictions by all members are kept at a time. */
static size_t median_rows(const ens__adaboost *m)
{
    size_t rows = MOST_KEPT / m->chain->n;

    return rows < 1 ? 1 : rows < ENS_BLOCK ? rows : ENS_BLOCK;
}

/* Medians of at most median_rows() rows, of the first n members. */
static void find_medians(const ens__adaboost *m, size_t n, const ens_rows *rows,
                         double *out, void *scratch)
{
    size_t step = median_rows(m);
    double *one = scratch; /* [n][step] */
    double *v = (double *)((char *)scratch + rounded(n * step * sizeof *one));
    double *w = v + n;
    void *rest = (char *)v + rounded(2 * n * sizeof *v);

    for (size_t t = 0; t < n; t++)
        m->chain->fit[t].type->predict(m->chain->fit[t].state, rows, one + t * step,
                                       rest);
    for (size_t i = 0; i < rows->n; i++) {
        for (size_t t = 0; t < n; t++)
            v[t] = one[t * step + i];
        memcpy(w, m->weight, n * sizeof *w);
        out[i] = ens__weighted_median(v, w, n);
    }
}

/* ---- Predicting ---------------------------------------------------------------------------------------- */

size_t ens__adaboost_scratch(const void *fit)
{
    const ens__adaboost *m = fit;
    size_t n = m->chain->n, all = m->trees != NULL ? ens__trees_scratch(m->trees) : 0;
    size_t some = rounded(ENS_BLOCK * m->k * sizeof(double)) + rounded(m->chain->scratch);

    if (m->kind == ENS__R2)
        return rounded(n * median_rows(m) * sizeof(double)) +
               rounded(2 * n * sizeof(double)) + rounded(m->chain->scratch);
    return all > some ? all : some;
}

static double total_weight(const ens__adaboost *m, size_t n)
{
    double sum = 0;

    if (n == m->chain->n)
        return m->total;
    for (size_t t = 0; t < n; t++)
        sum += m->weight[t];
    return sum;
}

void ens__adaboost_predict_first(const void *fit, size_t n, const ens_rows *rows,
                                 const double *no_offset, double *out, void *scratch)
{
    const ens__adaboost *m = fit;
    size_t members = n < m->chain->n ? n : m->chain->n;
    double total = total_weight(m, members);
    size_t step = m->kind == ENS__R2 ? median_rows(m) : ENS_BLOCK;

    (void)no_offset;
    if (members == m->chain->n && m->trees != NULL)
        ens__trees_predict(m->trees, rows, out, scratch);
    else
        for (size_t i = 0; i < rows->n; i += step) {
            ens_rows part = {rows->feature, rows->p, rows->row + i,
                             rows->n - i < step ? rows->n - i : step};

            if (m->kind == ENS__R2)
                find_medians(m, members, &part, out + i, scratch);
            else
                add_votes(m, members, &part, out + i * m->k, scratch);
        }
    if (m->kind != ENS__R2)
        for (size_t i = 0; i < rows->n; i++)
            settle(out + i * m->k, m, total);
}

void ens__adaboost_predict(const void *fit, const ens_rows *rows, double *out,
                           void *scratch)
{
    ens__adaboost_predict_first(fit, SIZE_MAX, rows, NULL, out, scratch);
}
