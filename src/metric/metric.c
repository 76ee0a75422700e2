/* metric.c - the table of metrics: names, parameters, what they suit; those of the program; and calling one. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <metric/metric.h>
#include <string.h>

#define AVERAGE_WORDS "auto,binary,macro,micro,weighted"
#define AVERAGE_HELP                                                                     \
    "over classes; auto: binary (class 1) for two classes, macro for more"

static const ens_param no_params[] = {ENS_PARAM_LAST};

static const ens_param average_params[] = {ENS_ROW(ENS_PARAM_WORD, ens__metric_params,
                                                   average, "auto", 0, 0, AVERAGE_WORDS,
                                                   "", AVERAGE_HELP),
                                           ENS_PARAM_LAST};

static const ens_param fbeta_params[] = {
    ENS_ROW(ENS_PARAM_REAL, ens__metric_params, beta, "1", 0, 1e6, "", "",
            "weight of recall against precision"),
    ENS_ROW(ENS_PARAM_WORD, ens__metric_params, average, "auto", 0, 0, AVERAGE_WORDS, "",
            AVERAGE_HELP),
    ENS_PARAM_LAST};

static const ens_param pinball_params[] = {ENS_ROW(ENS_PARAM_REAL, ens__metric_params,
                                                   alpha, "0.5", 0, 1, "", "",
                                                   "level of the quantile"),
                                           ENS_PARAM_LAST};

#define RANK_ROWS                                                                        \
    ENS_ROW(ENS_PARAM_INT, ens__metric_params, k, "all", 1, 1e9, "all", "",              \
            "ranks that count; ndcg@5 is ndcg(k=5)"),                                    \
        ENS_ROW(                                                                         \
            ENS_PARAM_WORD, ens__metric_params, ties, "average", 0, 0, "average,order",  \
            "",                                                                          \
            "rows of equal predictions: in one place, or in the order of the table"),    \
        ENS_ROW(ENS_PARAM_REAL, ens__metric_params, empty, "1", 0, 1, "", "",            \
                "score of a group without a relevant row")

static const ens_param ndcg_params[] = {RANK_ROWS,
                                        ENS_ROW(ENS_PARAM_WORD, ens__metric_params, gain,
                                                "exponential", 0, 0, "exponential,linear",
                                                "", "of a target y: 2^y - 1, or y"),
                                        ENS_PARAM_LAST};

static const ens_param map_params[] = {RANK_ROWS, ENS_PARAM_LAST};

#define CLASSES ENS_TASK_CLASSIFICATION
#define NUMBERS ENS_TASK_REGRESSION

static const ens__metric metrics[] = {
    {"accuracy", "share of rows whose most probable class is right", CLASSES, 1,
     no_params, ens__accuracy, NULL},
    {"balanced_accuracy", "mean recall over the classes that occur", CLASSES, 1,
     no_params, ens__balanced_accuracy, NULL},
    {"precision", "right among those predicted to be of a class", CLASSES, 1,
     average_params, ens__precision, NULL},
    {"recall", "found among those that are of a class", CLASSES, 1, average_params,
     ens__recall, NULL},
    {"f1", "harmonic mean of precision and recall", CLASSES, 1, average_params,
     ens__fbeta, NULL},
    {"fbeta", "weighted harmonic mean of precision and recall", CLASSES, 1, fbeta_params,
     ens__fbeta, NULL},
    {"roc_auc", "probability that a row of a class ranks above another, one against rest",
     CLASSES, 1, average_params, ens__roc_auc, NULL},
    {"average_precision", "precision over the steps of recall, one against rest", CLASSES,
     1, average_params, ens__average_precision, NULL},
    {"log_loss", "mean of -log of the true class's probability", CLASSES, 0, no_params,
     ens__log_loss, NULL},
    {"brier", "mean squared error of the probabilities (summed over classes beyond two)",
     CLASSES, 0, no_params, ens__brier, NULL},
    {"mcc", "Matthews correlation coefficient", CLASSES, 1, no_params, ens__mcc, NULL},
    {"kappa", "Cohen's kappa: agreement beyond chance", CLASSES, 1, no_params, ens__kappa,
     NULL},
    {"rmse", "root of the mean squared error", NUMBERS, 0, no_params, ens__rmse, NULL},
    {"mse", "mean squared error", NUMBERS, 0, no_params, ens__mse, NULL},
    {"mae", "mean absolute error", NUMBERS, 0, no_params, ens__mae, NULL},
    {"median_ae", "median absolute error", NUMBERS, 0, no_params, ens__median_ae, NULL},
    {"r2", "share of the variance that is explained, with bias counted", NUMBERS, 1,
     no_params, ens__r2, NULL},
    {"explained_variance", "share of the variance that is explained, bias left out",
     NUMBERS, 1, no_params, ens__explained_variance, NULL},
    {"mape", "mean absolute error over the size of the target", NUMBERS, 0, no_params,
     ens__mape, NULL},
    {"pinball", "mean loss of a quantile", NUMBERS, 0, pinball_params, ens__pinball,
     NULL},
    {"ndcg", "gain of the rows of a group, discounted by rank, over the best there is",
     NUMBERS, 1, ndcg_params, ens__ndcg, NULL},
    {"map", "mean over groups of the precision at each relevant row (target above 0)",
     NUMBERS, 1, map_params, ens__map, NULL},
};

#define N_METRICS (sizeof metrics / sizeof *metrics)

/* Written by ens_metric_type_register() only. */
static ens__metric **registered;
static size_t n_registered;

static const ens__metric *metric_at(size_t i)
{
    if (i < N_METRICS)
        return &metrics[i];
    return i - N_METRICS < n_registered ? registered[i - N_METRICS] : NULL;
}

const char *ens_metric_name(size_t i)
{
    return metric_at(i) != NULL ? metric_at(i)->name : NULL;
}

const char *ens_metric_help(size_t i)
{
    return metric_at(i) != NULL ? metric_at(i)->help : NULL;
}

/* What is missing, or cannot be kept in ens__metric_params. */
static ens_status check_type(const ens_metric_type *type, ens_error *err)
{
    if (type == NULL || type->abi != ENS_EXT_ABI)
        return ens__fail(err, ENS_EINVAL,
                         "metric type of interface %u, this library has %d",
                         type != NULL ? type->abi : 0, ENS_EXT_ABI);
    if (!ens__is_type_name(type->name))
        return ens__fail(
            err, ENS_EINVAL,
            "a metric type's name is lower case letters, digits and _, below 64 bytes");
    for (size_t i = 0; ens_metric_name(i) != NULL; i++)
        if (strcmp(ens_metric_name(i), type->name) == 0)
            return ens__fail(err, ENS_EINVAL, "there is already a metric called `%s`",
                             type->name);
    if (type->help == NULL || type->params == NULL || type->score == NULL ||
        (type->task != CLASSES && type->task != NUMBERS))
        return ens__fail(err, ENS_EINVAL,
                         "metric type %s lacks its help, parameters, task or function",
                         type->name);
    if (type->params_size > ENS_METRIC_PARAMS)
        return ens__fail(err, ENS_EINVAL,
                         "metric type %s: parameters of %zu bytes, the limit is %d",
                         type->name, type->params_size, ENS_METRIC_PARAMS);
    for (const ens_param *p = type->params; p->name != NULL; p++)
        if (p->kind == ENS_PARAM_LIST || p->kind == ENS_PARAM_TEXT)
            return ens__fail(err, ENS_EINVAL,
                             "metric type %s: parameter %s is a list or a text",
                             type->name, p->name);
    return ens__param_table_check(type->params, type->params_size, "metric", type->name,
                                  err);
}

ens_status ens_metric_type_register(const ens_metric_type *type, ens_error *err)
{
    ens__metric *metric, **more;
    ens_status st = check_type(type, err);

    if (st != ENS_OK)
        return st;
    if ((metric = ens__alloc(sizeof *metric)) == NULL ||
        (more = ens__resize(registered, n_registered + 1, sizeof(*more))) == NULL) {
        ens__free(metric);
        return ens__nomem(err);
    }
    *metric = (ens__metric){type->name,   type->help, type->task, type->more_is_better,
                            type->params, NULL,       type};
    registered = more;
    registered[n_registered++] = metric;
    return ENS_OK;
}

static const char *family_name(const void *ctx, size_t i)
{
    (void)ctx;
    return ens_metric_name(i);
}

static const ens_param *family_table(const void *ctx, size_t i)
{
    (void)ctx;
    return metric_at(i)->params;
}

static const ens__family family = {"metric", family_name, family_table, NULL};

/* NAME@K is NAME(k=K), and NAME@K(...) has k among the others. */
static void spell_out(ens__buf *b, const char *line)
{
    const char *at = strchr(line, '@'), *end;

    if (at == NULL) {
        ens__buf_puts(b, line);
        return;
    }
    end = at + 1 + strspn(at + 1, "0123456789");
    ens__buf_add(b, line, (size_t)(at - line));
    ens__buf_puts(b, "(k=");
    ens__buf_add(b, at + 1, (size_t)(end - at - 1));
    ens__buf_puts(b, *end == '(' ? ", " : ")");
    ens__buf_puts(b, *end == '(' ? end + 1 : end);
}

ens_status ens__metric_parse(const ens__metric **out, ens__metric_params *params,
                             const char *line, ens_error *err)
{
    ens__buf b = {0};
    char *spelt;
    size_t which;
    ens_status st;

    *params = (ens__metric_params){.beta = 1, .alpha = 0.5, .k = -1, .empty = 1};
    if (line == NULL)
        return ens__fail(err, ENS_EINVAL, "the metric is NULL");
    spell_out(&b, line);
    if ((st = ens__buf_take(&spelt, &b, err)) != ENS_OK)
        return st;
    if ((st = ens__family_parse(&which, params, &family, spelt, err)) == ENS_OK)
        *out = metric_at(which);
    ens__free(spelt);
    return st;
}

bool ens__metric_ranks(const ens__metric *metric)
{
    return metric->own != NULL ? metric->own->by_group != 0
                               : metric->fn == ens__ndcg || metric->fn == ens__map;
}

ens_status ens__metric_score(double *out, const ens__metric *metric,
                             const ens__metric_params *params, const ens_eval *e,
                             ens_error *err)
{
    return metric->own != NULL ? metric->own->score(out, params, e, err)
                               : metric->fn(out, params, e, err);
}

int ens_metric_more_is_better(const char *line)
{
    const ens__metric *metric = NULL;
    ens__metric_params params;

    return ens__metric_parse(&metric, &params, line, NULL) == ENS_OK
               ? metric->more_is_better
               : -1;
}

const char *ens_metric_defaults(ens_task task, size_t k)
{
    if (task == ENS_TASK_REGRESSION)
        return "rmse,mae,r2";
    if (task == ENS_TASK_ANOMALY)
        return "roc_auc,average_precision";
    return k == 2 ? "accuracy,roc_auc,log_loss,f1"
                  : "accuracy,balanced_accuracy,log_loss,f1,roc_auc";
}

size_t ens__metric_item(const char *list)
{
    size_t n = 0;

    for (int depth = 0; list[n] != 0 && (depth > 0 || list[n] != ','); n++)
        depth += (list[n] == '(') - (list[n] == ')');
    return n;
}

ens_status ens__metric_check(const ens__metric *metric, const ens_eval *e, ens_error *err)
{
    bool ranks = metric->fn == ens__roc_auc || metric->fn == ens__average_precision;
    size_t classes = e->task == ENS_TASK_ANOMALY ? 2 : e->k;
    double total = 0;

    if (e->task == ENS_TASK_ANOMALY ? !ranks : metric->task != e->task)
        return ens__fail(err, ENS_EINVAL, "metric %s is for %s", metric->name,
                         metric->task == CLASSES ? "classification" : "regression");
    if (ens__metric_ranks(metric) && e->group == NULL)
        return ens__fail(
            err, ENS_EINVAL,
            "metric %s compares rows within groups: no group column is named",
            metric->name);
    if (e->n == 0)
        return ens__fail(err, ENS_EINVAL, "metric %s: there are no rows", metric->name);
    for (size_t i = 0; i < e->n && e->w != NULL; i++) {
        if (!(e->w[i] >= 0) || isinf(e->w[i]))
            return ens__fail(err, ENS_EDATA, "metric %s: the weight of row %zu is %g",
                             metric->name, i + 1, e->w[i]);
        total += e->w[i];
    }
    if (e->w != NULL && total == 0)
        return ens__fail(err, ENS_EDATA, "metric %s: all weights are zero", metric->name);
    for (size_t i = 0; i < e->n && e->task != NUMBERS; i++)
        if (e->label[i] < -1 || e->label[i] >= (int32_t)classes)
            return ens__fail(err, ENS_EINVAL,
                             "metric %s: label %ld of row %zu is outside [-1, %zu)",
                             metric->name, (long)e->label[i], i + 1, classes);
    for (size_t i = 0; i < e->n * e->k; i++)
        if (!isfinite(e->pred[i]))
            return ens__fail(err, ENS_EDATA,
                             "metric %s: the prediction of row %zu is not finite",
                             metric->name, i / e->k + 1);
    return ENS_OK;
}

ens_status ens_metric(double *out, const char *line, const ens_eval *e, ens_error *err)
{
    const ens__metric *metric = NULL;
    ens__metric_params params;
    ens_status st;

    *out = NAN;
    if ((st = ens__metric_parse(&metric, &params, line, err)) != ENS_OK ||
        (st = ens__metric_check(metric, e, err)) != ENS_OK)
        return st;
    return ens__metric_score(out, metric, &params, e, err);
}
