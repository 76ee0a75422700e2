/* own_learner.c - a learner type of your own, the best line through one feature: registered, bagged, saved, loaded. */
#include <ensemble.h>
#include <ensemble/ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct line {
    double feature, at_zero, slope; /* y = at_zero + slope x */
} line;

static ens_status fit(void **out, const void *params, const ens_fit_args *a, ens_error *err)
{
    line *best = calloc(1, sizeof *best);
    double most = -1;
    (void)params, (void)err;
    for (size_t j = 0; j < a->rows.p && best != NULL; j++) {
        double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
        for (size_t i = 0; i < a->rows.n; i++) {
            uint32_t r = a->rows.row[i];
            double x = a->rows.feature[j].x[r], w = ens_fit_weight(a, i);
            n += w, sx += w * x, sy += w * a->y[r], sxx += w * x * x, sxy += w * x * a->y[r];
        }
        double spread = sxx - sx * sx / n, slope = spread > 0 ? (sxy - sx * sy / n) / spread : 0;
        if (slope * slope * spread > most) {
            most = slope * slope * spread; /* what the line explains of the target's variance */
            *best = (line){(double)j, (sy - slope * sx) / n, slope};
        }
    }
    *out = best;
    return best != NULL ? ENS_OK : ENS_ENOMEM;
}

static void predict(const void *fitted, const ens_rows *rows, double *out, void *scratch)
{
    const line *l = ((void)scratch, fitted);
    for (size_t i = 0; i < rows->n; i++)
        out[i] = l->at_zero + l->slope * rows->feature[(size_t)l->feature].x[rows->row[i]];
}

static ens_status put(const void *fitted, ens_writer *w, ens_error *err)
{
    return ens_writer_array(w, "line", ENS_F64, 1, (size_t[]){3}, fitted, err);
}

static ens_status get(void **out, const ens_read_args *a, ens_error *err)
{
    const void *v;
    size_t n;
    ens_status st = ens_reader_array(&v, &n, a->reader, "line", ENS_F64, 1, err);
    if (st == ENS_OK && (n != 3 || !(*(const double *)v >= 0 && *(const double *)v < (double)a->p)))
        st = ens_reader_bad(a->reader, err, "line has %zu numbers or no such feature", n);
    if (st == ENS_OK && (*out = malloc(sizeof(line))) == NULL)
        st = ENS_ENOMEM;
    return st == ENS_OK ? (memcpy(*out, v, sizeof(line)), ENS_OK) : st;
}

int main(int argc, char **argv)
{
    static const ens_param none[] = {ENS_PARAM_LAST};
    static const ens_learner_type type = {
        .abi = ENS_EXT_ABI, .name = "line", .help = "the best line", .params = none, .params_size = 1,
        .caps = ENS_REGRESSES | ENS_TAKES_NUMBERS | ENS_TAKES_WEIGHTS, .fit = fit,
        .predict = predict, .write = put, .read = get, .free = free};
    ens_csv_options options = {.target = "progression", .task = ENS_TASK_REGRESSION};
    const char *path = argc > 1 ? argv[1] : "data/diabetes.csv";
    ens_model *m, *loaded;
    ens_dataset *data; ens_learner *bag;
    ens_score *score; size_t n;
    ens_error e;
    if (ens_learner_type_register(&type, &e) || ens_csv_read(&data, path, &options, &e) ||
        ens_learner_parse(&bag, "bagging(line, max_features=0.3)", &e) ||
        ens_fit(&m, bag, data, NULL, 1, NULL, &e) ||
        ens_model_save(m, "own_learner.ens", &e) || ens_model_load(&loaded, "own_learner.ens", &e) ||
        ens_model_evaluate(&score, &n, loaded, data, "r2", NULL, &e))
        return fprintf(stderr, "own_learner: %s\n", e.message), 1;
    printf("r2 of the loaded model: %.3f\n", score->value);
    ens_scores_free(score, n), ens_model_free(m), ens_model_free(loaded);
    return ens_learner_free(bag), ens_dataset_free(data), 0;
}
