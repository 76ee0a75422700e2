/* stack_report.c - how good members are on rows that they had not seen, and how unlike: correlations of their errors,
 * Yule's Q of who is right (Kuncheva and Whitaker 2003), and what the ensemble would lose without each. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/str.h>
#include <ensemble/stack.h>
#include <math.h>

void ens__stack_report_clear(ens__stack_report *r)
{
    ens__free(r->score);
    ens__free(r->without);
    ens__free(r->correlation);
    ens__free(r->q);
    *r = (ens__stack_report){0};
}

/* ---- Making it --------------------------------------------------------------------------------------------- */

/* Errors of every member on the tested rows. */
typedef struct errors {
    double *e; /* [n][n_tested] 1 - the probability of the row's class; or the residual */
    unsigned char *right; /* [n][n_tested] */
    double *w;            /* [n_tested] */
} errors;

static void errors_clear(errors *x)
{
    ens__free(x->e);
    ens__free(x->right);
    ens__free(x->w);
}

static ens_status errors_make(errors *x, const ens__stacking *j, ens_error *err)
{
    size_t n = j->n_tested, k = j->oof.k;

    *x = (errors){ens__array(j->n * n, sizeof *x->e),
                  ens__array(j->n * n, sizeof *x->right), ens__array(n, sizeof *x->w)};
    if (x->e == NULL || x->right == NULL || x->w == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++) {
        size_t r = j->tested[i], row = j->a->rows.row[r];

        x->w[i] = ens__stack_row_weight(j, i);
        for (size_t u = 0; u < j->n; u++) {
            const double *out = ens__oof_of(&j->oof, u) + r * k;

            if (j->a->label != NULL) {
                x->e[u * n + i] = 1 - out[j->a->label[row]];
                x->right[u * n + i] = ens_argmax(out, k) == (size_t)j->a->label[row];
            } else {
                x->e[u * n + i] = j->a->y[row] - out[0];
                x->right[u * n + i] = 0;
            }
        }
    }
    return ENS_OK;
}

/* Pearson's, weighted; NaN where one does not vary. */
static double correlation(const double *a, const double *b, const double *w, size_t n)
{
    double total = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;

    for (size_t i = 0; i < n; i++) {
        total += w[i];
        ma += w[i] * a[i];
        mb += w[i] * b[i];
    }
    ma /= total;
    mb /= total;
    for (size_t i = 0; i < n; i++) {
        aa += w[i] * (a[i] - ma) * (a[i] - ma);
        bb += w[i] * (b[i] - mb) * (b[i] - mb);
        ab += w[i] * (a[i] - ma) * (b[i] - mb);
    }
    return aa > 0 && bb > 0 ? ab / (sqrt(aa) * sqrt(bb)) : NAN;
}

/* (both right * both wrong - one right * other right) / their sum */
static double yule_q(const unsigned char *a, const unsigned char *b, const double *w,
                     size_t n)
{
    double count[2][2] = {{0}}, same, unlike;

    for (size_t i = 0; i < n; i++)
        count[a[i]][b[i]] += w[i];
    same = count[1][1] * count[0][0];
    unlike = count[1][0] * count[0][1];
    return same + unlike > 0 ? (same - unlike) / (same + unlike) : NAN;
}

/* The loss of the ensemble whose member u has no weight, and the others so much more; weight[n] is room. */
static double loss_without(double *weight, const ens__stacking *j, size_t u)
{
    double rest = 0;

    for (size_t v = 0; v < j->n; v++)
        rest += v != u ? j->weight[v] : 0;
    if (!(rest > 0))
        return NAN;
    for (size_t v = 0; v < j->n; v++)
        weight[v] = v != u ? j->weight[v] / rest * (rest + j->weight[u]) : 0;
    return ens__stack_loss(j, weight);
}

static ens_status fill_scores(ens__stack_report *r, ens__stacking *j, ens_error *err)
{
    double *trial = ens__array(j->n, sizeof *trial), *weight = j->weight;

    if (trial == NULL)
        return ens__nomem(err);
    r->ensemble = weight != NULL ? ens__stack_loss(j, weight) : NAN;
    for (size_t u = 0; u < j->n; u++)
        r->score[u] = r->without[u] = NAN;
    for (size_t l = 0; l < j->n_left; l++) {
        size_t u = j->left[l];

        for (size_t v = 0; v < j->n; v++)
            trial[v] = v == u;
        r->score[u] = ens__stack_loss(j, trial);
        if (weight != NULL)
            r->without[u] = weight[u] > 0 ? loss_without(trial, j, u) : r->ensemble;
    }
    ens__free(trial);
    return ENS_OK;
}

ens_status ens__stack_report_make(ens__stacking *j, ens_error *err)
{
    ens__stack_report *r = &j->m->report;
    size_t n = j->n_tested, m = j->n;
    errors x = {0};
    ens_status st;

    if ((r->score = ens__array(m, sizeof *r->score)) == NULL ||
        (r->without = ens__array(m, sizeof *r->without)) == NULL ||
        (r->correlation = ens__array(m * m, sizeof *r->correlation)) == NULL ||
        (r->q = ens__array(m * m, sizeof *r->q)) == NULL)
        return ens__nomem(err);
    if ((st = fill_scores(r, j, err)) != ENS_OK ||
        (st = errors_make(&x, j, err)) != ENS_OK)
        goto done;
    for (size_t u = 0; u < m; u++)
        for (size_t v = 0; v <= u; v++) {
            bool there = !isnan(r->score[u]) && !isnan(r->score[v]);
            double c = there ? correlation(x.e + u * n, x.e + v * n, x.w, n) : NAN;
            double q = there && j->a->label != NULL
                           ? yule_q(x.right + u * n, x.right + v * n, x.w, n)
                           : NAN;

            r->correlation[u * m + v] = r->correlation[v * m + u] = c;
            r->q[u * m + v] = r->q[v * m + u] = q;
        }
    r->n = m;
done:
    errors_clear(&x);
    return st;
}

/* ---- Telling it -------------------------------------------------------------------------------------------- */

typedef struct telling {
    const ens__stack *m;
    ens_status (*add)(void *ctx, const char *line);
    void *ctx;
    ens_error *err;
} telling;

/* Pass a line on, and empty it. */
static ens_status tell(const telling *t, ens__buf *b)
{
    char *line = NULL;
    ens_status st;

    ens__buf_puts(b, "\n");
    if ((st = ens__buf_take(&line, b, t->err)) == ENS_OK)
        st = t->add(t->ctx, line);
    ens__free(line);
    return st;
}

static const char *combined_by(const ens__stack *m)
{
    switch (m->form.combine) {
    case ENS__COMBINE_VOTE:
        return "votes";
    case ENS__COMBINE_MEDIAN:
        return "the median";
    case ENS__COMBINE_LEARNER:
        return m->final_recipe;
    default:
        return "a weighted mean";
    }
}

/* The total weight of a member of the recipe, 0 if it is not used. */
static double weight_of(const ens__stack *m, size_t number)
{
    double sum = 0;

    for (size_t i = 0; i < m->n; i++)
        for (size_t e = 0; m->which[i] == number && e < m->n_each; e++)
            sum += m->weight[i * m->n_each + e];
    return sum;
}

/* `u` counts the members that differ. */
static ens_status tell_member(const telling *t, size_t number, size_t u)
{
    const ens__stack *m = t->m;
    const ens__stack_report *r = &m->report;
    const char *loss = m->k > 1 ? "log loss" : "squared error";
    ens__buf b = {0};

    ens__buf_printf(&b, "member %zu: %s: ", number + 1, m->name[number]);
    if (r->n > 0 && isnan(r->score[u])) {
        ens__buf_puts(&b, "failed in a fold, left out");
        return tell(t, &b);
    }
    if (m->form.combine != ENS__COMBINE_LEARNER)
        ens__buf_printf(&b, "weight %.4g%s", weight_of(m, number), r->n > 0 ? ", " : "");
    if (r->n > 0)
        ens__buf_printf(&b, "%s %.6g", loss, r->score[u]);
    if (r->n > 0 && !isnan(r->without[u]))
        ens__buf_printf(&b, ", of all without it %.6g", r->without[u]);
    return tell(t, &b);
}

/* Whether member u of those that differ goes before v: by its score, those left out last. */
static bool goes_before(const ens__stack_report *r, size_t u, size_t v)
{
    if (r->n == 0 || isnan(r->score[u]))
        return false;
    return isnan(r->score[v]) || r->score[u] < r->score[v];
}

/* The best first; as they come where there are no scores. */
static ens_status tell_members(const telling *t)
{
    const ens__stack *m = t->m;
    size_t *number = ens__array(m->n_names, sizeof *number);
    size_t *order = ens__array(m->n_names, sizeof *order), n;
    ens_status st = number != NULL && order != NULL ? ENS_OK : ens__nomem(t->err);

    n = st == ENS_OK ? ens__stack_distinct(number, m) : 0;
    for (size_t u = 0; u < n; u++) {
        size_t at = u;

        for (; at > 0 && goes_before(&m->report, u, order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = u;
    }
    for (size_t i = 0; i < n && st == ENS_OK; i++)
        st = tell_member(t, number[order[i]], order[i]);
    ens__free(number);
    ens__free(order);
    return st;
}

/* One row of a matrix below its diagonal. */
static ens_status tell_row(const telling *t, const char *what, const double *row,
                           size_t u)
{
    ens__buf b = {0};

    ens__buf_printf(&b, "%s, member %zu with those before:", what, u + 1);
    for (size_t v = 0; v < u; v++)
        if (isnan(row[v]))
            ens__buf_puts(&b, " -");
        else
            ens__buf_printf(&b, " %.3f", row[v]);
    return tell(t, &b);
}

ens_status ens__stack_describe(const void *fit,
                               ens_status (*add)(void *ctx, const char *line), void *ctx,
                               ens_error *err)
{
    const ens__stack *m = fit;
    const ens__stack_report *r = &m->report;
    telling t = {m, add, ctx, err};
    ens__buf b = {0};
    ens_status st;

    ens__buf_printf(&b, "members: %zu of %zu, combined by %s", m->n, m->n_names,
                    combined_by(m));
    if ((st = tell(&t, &b)) != ENS_OK)
        return st;
    if (m->n_folds > 0) {
        ens__buf_printf(&b, "folds: %zu, members %s", m->n_folds,
                        m->n_each == 1 ? "fitted again on all rows" : "of each are kept");
        if ((st = tell(&t, &b)) != ENS_OK)
            return st;
    }
    if ((st = tell_members(&t)) != ENS_OK)
        return st;
    if (r->n > 0 && !isnan(r->ensemble)) {
        ens__buf_printf(&b, "all: %s %.6g", m->k > 1 ? "log loss" : "squared error",
                        r->ensemble);
        st = tell(&t, &b);
    }
    for (size_t u = 1; u < r->n && st == ENS_OK; u++)
        st = tell_row(&t, "correlation of errors", r->correlation + u * r->n, u);
    for (size_t u = 1; u < r->n && m->k > 1 && st == ENS_OK; u++)
        st = tell_row(&t, "Yule's Q", r->q + u * r->n, u);
    return st;
}
