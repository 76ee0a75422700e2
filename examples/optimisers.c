/* optimisers.c - a loss of your own, log cosh, minimised by the optimisers of the library: steps along gradients of
 * samples of the rows, with a rate that falls, and L-BFGS. */
#include <ensemble.h>
#include <ensemble/optim.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 64, BATCH = 32, STEPS = 500 };

typedef struct rows { /* begin .. begin + n - 1; means and spreads of the features, and behind them of the target */
    const ens_dataset *data;
    size_t p, begin, n;
    double mean[MOST], spread[MOST];
} rows;

static double number(const rows *r, size_t i, size_t j)
{
    return ((j < r->p ? ens_dataset_get(r->data, i, j) : ens_dataset_y(r->data, i)) - r->mean[j]) / r->spread[j];
}

/* The mean of log cosh (y - x b), b[p] the intercept, and its gradient. */
static ens_status loss(double *out, double *g, const double *b, void *ctx, ens_error *err)
{
    const rows *r = ((void)err, ctx);
    *out = 0, memset(g, 0, (r->p + 1) * sizeof *g);
    for (size_t i = r->begin; i < r->begin + r->n; i++) {
        double e = number(r, i, r->p) - b[r->p];
        for (size_t j = 0; j < r->p; j++)
            e -= number(r, i, j) * b[j];
        *out += (fabs(e) + log1p(exp(-2 * fabs(e))) - log(2)) / (double)r->n;
        for (size_t j = 0; j <= r->p; j++)
            g[j] -= tanh(e) / (double)r->n * (j < r->p ? number(r, i, j) : 1);
    }
    return ENS_OK;
}

static size_t scale(rows *r, const ens_dataset *data)
{
    *r = (rows){.data = data, .p = ens_dataset_p(data), .n = ens_dataset_n(data)};
    for (size_t j = 0; j <= r->p; j++) {
        double sum = 0, squares = (r->spread[j] = 1, 0);
        for (size_t i = 0; i < r->n; i++)
            sum += number(r, i, j), squares += number(r, i, j) * number(r, i, j);
        r->mean[j] = sum / (double)r->n;
        r->spread[j] = sqrt(squares / (double)r->n - r->mean[j] * r->mean[j]);
    }
    return r->p;
}

int main(int argc, char **argv)
{
    const char *names[] = {[ENS_OPTIM_NESTEROV] = "nesterov", "adagrad", "rmsprop", "adam"};
    ens_csv_options options = {.target = "progression", .task = ENS_TASK_REGRESSION};
    rows all = {.begin = 0};
    ens_lbfgs how = {.value = loss, .ctx = &all, .max_iter = 100, .tol = 1e-12};
    double b[MOST] = {0}, g[MOST], v;
    ens_dataset *data;
    ens_error e;
    if (ens_csv_read(&data, argc > 1 ? argv[1] : "data/diabetes.csv", &options, &e) ||
        ens_lbfgs_run(b, scale(&all, data) + 1, &how, &e) || loss(&v, g, b, &all, &e))
        return fprintf(stderr, "optimisers: %s\n", e.message), 1;
    printf("lbfgs: %.4f after %zu steps\n", v, how.steps);
    for (ens_optim_kind k = ENS_OPTIM_NESTEROV; k <= ENS_OPTIM_ADAM; k++) {
        ens_optim_params params = ens_optim_defaults(k);
        ens_schedule rate = {.kind = ENS_SCHEDULE_COSINE, .rate = 0.02, .total = STEPS};
        rows part = all;
        ens_optim o;
        memset(b, 0, sizeof b);
        if (ens_optim_init(&o, &params, all.p + 1, &e))
            return fprintf(stderr, "optimisers: %s\n", e.message), 1;
        for (part.n = BATCH; o.steps < STEPS;) {
            part.begin = o.steps % (all.n / BATCH) * BATCH, loss(&v, g, b, &part, &e);
            ens_optim_step(&o, b, g, ens_schedule_rate(&rate, o.steps));
        }
        loss(&v, g, b, &all, &e), ens_optim_clear(&o);
        printf("%s: %.4f after %d steps\n", names[k], v, STEPS);
    }
    return ens_dataset_free(data), 0;
}
