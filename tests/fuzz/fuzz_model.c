/* fuzz_model.c - any bytes as a model file: a model that predicts, or a message.
 *
 * The bytes are tried as they are, and with the checksum that they should have had, so that what is
 * behind it is reached. A model that loads must predict, describe itself, and save to a file that
 * loads and saves the same again. */
#include <config.h>

#include "fuzz.h"
#include <core/hash.h>
#include <math.h>

/* More than one block of prediction. */
enum { N_ROWS = 300 };

static const double values[] = {0,     1,    -1,     2.5,     NAN,      -0.0,    1e-300,
                                1e300, -1e9, 5.8 / 2, 0x1p-52, -1e300,  100,     3};

/* A table that suits the model: every level, a missing value, and numbers of all sizes. */
static ens_dataset *table_for(const ens_model *model)
{
    size_t p = ens_model_p(model);
    ens_column *column = calloc(p + 1, sizeof *column);
    double *x = malloc(N_ROWS * sizeof *x);
    int32_t **code = calloc(p + 1, sizeof *code);
    const char ***level = calloc(p + 1, sizeof *level);
    ens_dataset *data = NULL;
    ens_column_info info;
    ens_error err;

    must(column != NULL && x != NULL && code != NULL && level != NULL);
    for (size_t i = 0; i < N_ROWS; i++)
        x[i] = values[i % (sizeof values / sizeof *values)];
    for (size_t j = 0; j < p; j++) {
        must_ok(ens_model_feature(&info, model, j, &err));
        column[j] = (ens_column){.name = info.name, .role = ENS_FEATURE, .n_levels = info.n_levels};
        if (info.type == ENS_NUMERIC) {
            column[j].x = x;
            continue;
        }
        code[j] = malloc(N_ROWS * sizeof *code[j]);
        level[j] = malloc((info.n_levels + 1) * sizeof *level[j]);
        must(code[j] != NULL && level[j] != NULL);
        for (size_t i = 0; i < N_ROWS; i++)
            code[j][i] = (int32_t)((i + j) % (info.n_levels + 1)) - 1;
        for (size_t l = 0; l < info.n_levels; l++)
            must((level[j][l] = ens_model_feature_level(model, j, l)) != NULL);
        column[j].code = code[j];
        column[j].levels = level[j];
    }
    must_ok(ens_dataset_from_columns(&data, column, p, N_ROWS, ENS_TASK_AUTO, &err));
    for (size_t j = 0; j < p; j++) {
        free(code[j]);
        free(level[j]);
    }
    free(code);
    free(level);
    free(column);
    free(x);
    return data;
}

static void use(const ens_model *model)
{
    size_t k = ens_model_k(model), n_q;
    const double *q = ens_model_quantiles(model, &n_q);
    double *out = malloc(N_ROWS * k * sizeof *out);
    double *quantile = malloc((N_ROWS * n_q + 1) * sizeof *quantile);
    double *importance = malloc((ens_model_p(model) + 1) * sizeof *importance);
    char *text = NULL;
    ens_dataset *data = table_for(model);
    ens_error err;
    ens_status st;

    must(out != NULL && importance != NULL && quantile != NULL);
    must(q == NULL || ens_model_predict_quantiles(model, data, NULL, quantile, NULL, &err) == ENS_OK);
    must_ok(ens_model_predict(model, data, out, NULL, &err));
    for (size_t i = 0; i < N_ROWS; i++)
        must(ens_argmax(out + i * k, k) < k);
    must_ok(ens_model_describe(&text, model, &err));
    st = ens_model_importance(model, importance, &err);
    must(st == ENS_OK || st == ENS_ESUPPORT);
    for (size_t c = 0; ens_model_task(model) == ENS_TASK_CLASSIFICATION && c < k; c++)
        must(ens_model_class(model, c) != NULL);
    ens_string_free(text);
    ens_dataset_free(data);
    free(importance);
    free(quantile);
    free(out);
}

static void save_again(const ens_model *model)
{
    ens_model *again = NULL;
    void *bytes = NULL, *same = NULL;
    size_t size, same_size;
    ens_error err;

    must_ok(ens_model_save_bytes(&bytes, &size, model, &err));
    must_ok(ens_model_load_bytes(&again, bytes, size, &err));
    must_ok(ens_model_save_bytes(&same, &same_size, again, &err));
    must(size == same_size && memcmp(bytes, same, size) == 0);
    ens_bytes_free(bytes);
    ens_bytes_free(same);
    ens_model_free(again);
}

static void load(const uint8_t *data, size_t size)
{
    ens_model *model = NULL;
    ens_error err;
    ens_status st = ens_model_load_bytes(&model, data, size, &err);

    if (st != ENS_OK) {
        must_explain(st, model, &err);
        return;
    }
    use(model);
    save_again(model);
    ens_model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *fixed;
    ens__hash hash;
    uint64_t sum;

    load(data, size);
    if (size < 8)
        return 0;
    fixed = malloc(size);
    must(fixed != NULL);
    memcpy(fixed, data, size);
    ens__hash_init(&hash);
    ens__hash_add(&hash, fixed, size - 8);
    sum = ens__hash_value(&hash);
    for (int i = 0; i < 8; i++)
        fixed[size - 8 + i] = (uint8_t)(sum >> 8 * i);
    if (memcmp(fixed, data, size) != 0)
        load(fixed, size);
    free(fixed);
    return 0;
}
