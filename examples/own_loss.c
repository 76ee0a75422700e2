/* own_loss.c - a loss and a metric of your own: Fair's (1974), between squared and absolute; boosted, saved, loaded. */
#include <ensemble.h>
#include <ensemble/ext.h>
#include <math.h>
#include <stdio.h>

/* c^2 (|d| / c - log(1 + |d| / c)) of the error d: its slope is d / (1 + |d| / c), never above c. */
typedef struct fair {
    double c;
} fair;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_REAL, fair, c, "20", 1e-9, 1e9, "", "", "error from which rows count less"),
    ENS_PARAM_LAST};

static void gradient(const void *params, const ens_loss_rows *r, float *g, float *h)
{
    float c = (float)((const fair *)params)->c;
    for (size_t i = 0; i < r->n; i++) {
        float d = r->score[i] - r->y[i], w = r->w != NULL ? r->w[i] : 1, part = 1 + fabsf(d) / c;
        g[i] = w * d / part;
        h[i] = w / part; /* of a parabola that lies above the loss, so that no step is too long */
    }
}

static void value(const void *params, const ens_loss_rows *r, double *out)
{
    double c = ((const fair *)params)->c;
    for (size_t i = 0; i < r->n; i++) {
        double z = fabs((double)r->score[i] - r->y[i]) / c;
        out[i] = c * c * (z - log1p(z));
    }
}

static ens_status within(double *out, const void *params, const ens_eval *e, ens_error *err)
{
    double hits = 0;
    (void)err;
    for (size_t i = 0; i < e->n; i++)
        hits += fabs(e->pred[i] - e->y[i]) <= ((const fair *)params)->c;
    *out = hits / (double)e->n;
    return ENS_OK;
}

static const ens_loss_type loss = {
    .abi = ENS_EXT_ABI, .name = "fair", .help = "squared for small errors, absolute for large ones",
    .caps = ENS_LOSS_REGRESSES | ENS_LOSS_SHIFTS, .params = table, .params_size = sizeof(fair),
    .max_hessian = 1, .gradient = gradient, .value = value};
static const ens_metric_type metric = {
    .abi = ENS_EXT_ABI, .name = "within", .help = "share of errors up to c", .task = ENS_TASK_REGRESSION,
    .more_is_better = 1, .params = table, .params_size = sizeof(fair), .score = within};

int main(int argc, char **argv)
{
    ens_csv_options options = {.target = "progression", .task = ENS_TASK_REGRESSION};
    ens_dataset *data, *fit, *rest;
    ens_model *m, *loaded;
    ens_learner *learner;
    ens_score *score;
    size_t n;
    ens_error e;
    if (ens_loss_type_register(&loss, &e) || ens_metric_type_register(&metric, &e) ||
        ens_csv_read(&data, argc > 1 ? argv[1] : "data/diabetes.csv", &options, &e) ||
        ens_dataset_holdout(&fit, &rest, data, 0.3, 1, &e) ||
        ens_learner_parse(&learner, "gbdt(loss=fair(c=30), n_estimators=100, learning_rate=0.05)", &e) ||
        ens_fit(&m, learner, fit, NULL, 1, NULL, &e) || ens_model_save(m, "own_loss.ens", &e) ||
        ens_model_load(&loaded, "own_loss.ens", &e) ||
        ens_model_evaluate(&score, &n, loaded, rest, "mae,within(c=50)", NULL, &e))
        return fprintf(stderr, "own_loss: %s\n", e.message), 1;
    printf("of rows not seen: mae %.1f, within 50: %.2f\n", score[0].value, score[1].value);
    ens_scores_free(score, n), ens_model_free(m), ens_model_free(loaded), ens_learner_free(learner);
    return ens_dataset_free(fit), ens_dataset_free(rest), ens_dataset_free(data), 0;
}
