/* metric.h - inside of the metrics: one function each, over predictions that are already checked. */
#ifndef ENS_METRIC_METRIC_H
#define ENS_METRIC_METRIC_H

#include <core/param.h>
#include <stdbool.h>

typedef struct ens__metric_params {
    double beta;   /* fbeta */
    int average;   /* ENS__AVERAGE_... */
    double alpha;  /* pinball */
    int64_t k;     /* ndcg, map: ranks that count; -1: all */
    int gain;      /* ndcg: ENS__GAIN_... */
    int ties;      /* ndcg, map: ENS__TIES_... */
    double empty;  /* ndcg, map: the score of a group without a relevant row */
    double room[ENS_METRIC_PARAMS / sizeof(double)]; /* own metrics lay their parameters over all of it */
} ens__metric_params;

enum { ENS__GAIN_EXPONENTIAL, ENS__GAIN_LINEAR };
enum { ENS__TIES_AVERAGE, ENS__TIES_ORDER };

enum { ENS__AVERAGE_AUTO, ENS__AVERAGE_BINARY, ENS__AVERAGE_MACRO, ENS__AVERAGE_MICRO, ENS__AVERAGE_WEIGHTED };

/* ENS_EDATA if it is undefined on these rows. */
typedef ens_status (*ens__metric_fn)(double *out, const ens__metric_params *params, const ens_eval *e,
                                     ens_error *err);

typedef struct ens__metric {
    const char *name, *help;
    ens_task task;
    int more_is_better;
    const ens_param *params;
    ens__metric_fn fn;
    const ens_metric_type *own; /* of the program, instead of fn; or NULL */
} ens__metric;

static inline double ens__eval_weight(const ens_eval *e, size_t i)
{
    return e->w != NULL ? e->w[i] : 1;
}

/* label.c: from the most probable class of each row */
ens_status ens__accuracy(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__balanced_accuracy(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__precision(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__recall(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__fbeta(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__mcc(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__kappa(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);

/* probability.c: from the probabilities */
ens_status ens__roc_auc(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__average_precision(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__log_loss(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__brier(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);

/* rank.c: of the order within groups */
ens_status ens__ndcg(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__map(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);

/* response.c: of numbers */
ens_status ens__mse(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__rmse(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__mae(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__median_ae(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__r2(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__explained_variance(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__mape(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);
ens_status ens__pinball(double *out, const ens__metric_params *p, const ens_eval *e, ens_error *err);

/* A metric by its line, with its parameters read. */
ens_status ens__metric_parse(const ens__metric **out, ens__metric_params *params, const char *line,
                             ens_error *err);
/* Length of the first of a list of metrics, which commas outside parentheses separate. */
size_t ens__metric_item(const char *list);
/* Of rows that ens__metric_check() lets pass. */
ens_status ens__metric_score(double *out, const ens__metric *metric, const ens__metric_params *params,
                             const ens_eval *e, ens_error *err);
/* Whether it looks at groups. */
bool ens__metric_ranks(const ens__metric *metric);
/* The rows suit the metric: task, rows, weights. */
ens_status ens__metric_check(const ens__metric *metric, const ens_eval *e, ens_error *err);

#endif
