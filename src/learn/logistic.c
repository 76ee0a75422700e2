/* logistic.c - the learner `logistic`: probabilities of two or more classes by scores that are linear.
 *
 * Minimises sum w loss + (r |b|_1 + (1 - r) |b|^2 / 2) / C, scikit-learn's objective, over the coefficients of the
 * features as they are; the intercepts are not penalised.  More than two classes share one softmax. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/class_weight.h>
#include <learn/learner.h>
#include <learn/logistic_fit.h>
#include <math.h>

enum { PENALTY_NONE, PENALTY_L2, PENALTY_L1, PENALTY_ELASTICNET };

typedef struct logistic_params {
    int penalty;
    double C, l1_ratio;
    int fit_intercept;
    ens_list class_weight;
    int64_t max_iter;
    double tol;
    int solver;
    ens__steps_params steps;
} logistic_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_WORD, logistic_params, penalty, "l2", 0, 0, "none,l2,l1,elasticnet",
            "", "of large coefficients"),
    ENS_ROW(ENS_PARAM_REAL, logistic_params, C, "1", 1e-100, 1e100, "", "c",
            "weight of the rows against the penalty"),
    ENS_ROW(ENS_PARAM_REAL, logistic_params, l1_ratio, "0.5", 0, 1, "", "",
            "elasticnet: the absolute values' part of the penalty"),
    ENS_ROW(ENS_PARAM_BOOL, logistic_params, fit_intercept, "true", 0, 0, "", "",
            "false: a row of zeros has equal probabilities"),
    ENS_ROW(ENS_PARAM_LIST, logistic_params, class_weight, "none", 1e-100, 1e100,
            "none,balanced", "",
            "balanced: classes weigh the same; or a weight for each class"),
    ENS_ROW(ENS_PARAM_INT, logistic_params, max_iter, "100", 1, 1e9, "", "",
            "steps at most"),
    ENS_ROW(ENS_PARAM_REAL, logistic_params, tol, "1e-10", 1e-15, 0.1, "", "",
            "decrease of the mean loss that ends the fit"),
    ENS_ROW(ENS_PARAM_WORD, logistic_params, solver, "auto", 0, 0,
            "auto,newton,lbfgs," ENS__STEPS_SOLVERS, "",
            "auto: newton, or lbfgs for many coefficients without l1; lbfgs may take 10 "
            "max_iter steps; the others take gradient steps, without l1"),
    ENS__STEPS_ROWS(logistic_params),
    ENS_PARAM_LAST};

static ens_status check(const void *params, ens_error *err)
{
    const logistic_params *p = params;
    bool steps = p->solver >= ENS__LOGISTIC_STEPS, l1 = p->penalty >= PENALTY_L1;
    ens_status st = ens__steps_check(p, table, &p->steps, p->solver - ENS__LOGISTIC_STEPS,
                                     "logistic", err);

    if (st != ENS_OK)
        return st;
    if (steps && l1)
        return ens__fail(err, ENS_EINVAL,
                         "logistic.penalty has absolute values, which gradient steps do "
                         "not take; set solver=auto");
    if (p->penalty == PENALTY_ELASTICNET || p->l1_ratio == 0.5)
        return ENS_OK;
    return ens__fail(err, ENS_EINVAL,
                     "logistic.l1_ratio = %g is of penalty=elasticnet alone",
                     p->l1_ratio);
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    const logistic_params *p = params;
    ens__logistic_penalty penalty = {.intercept = p->fit_intercept != 0,
                                     .max_iter = (size_t)p->max_iter,
                                     .tol = p->tol,
                                     .solver = p->solver,
                                     .steps = &p->steps};
    ens__linear *m = NULL;
    double *weight = NULL;
    ens_status st;

    if (p->penalty == PENALTY_L2)
        penalty.l2 = 1 / p->C;
    else if (p->penalty == PENALTY_L1)
        penalty.l1 = 1 / p->C;
    else if (p->penalty == PENALTY_ELASTICNET) {
        penalty.l1 = p->l1_ratio / p->C;
        penalty.l2 = (1 - p->l1_ratio) / p->C;
    }
    if ((st = ens__class_weight(&weight, &p->class_weight, a, "logistic", err)) != ENS_OK ||
        (st = ens__linear_new(&m, a->k == 2 ? 1 : a->k, a->rows.feature, a->rows.p,
                              err)) != ENS_OK)
        goto done;
    penalty.class_weight = weight;
    if ((st = ens__logistic_fit(m, &penalty, a, err)) != ENS_OK)
        goto done;
    *out = m;
    m = NULL;
done:
    ens__free(weight);
    ens__linear_free(m);
    return st;
}

static void predict(const void *fitted, const ens_rows *rows, double *out, void *scratch)
{
    const ens__linear *m = fitted;
    size_t k = m->k == 1 ? 2 : m->k;

    (void)scratch;
    ens__linear_scores(m, rows, out, k);
    for (size_t i = 0; i < rows->n; i++) {
        double *p = out + i * k, most = p[0], sum = 0;

        if (m->k == 1) {
            double e = exp(-fabs(p[0])), larger = 1 / (1 + e), less = e / (1 + e);

            p[1] = p[0] < 0 ? less : larger;
            p[0] = p[0] < 0 ? larger : less;
            continue;
        }
        for (size_t c = 1; c < k; c++)
            most = fmax(most, p[c]);
        for (size_t c = 0; c < k; c++)
            sum += p[c] = exp(p[c] - most);
        for (size_t c = 0; c < k; c++)
            p[c] /= sum;
    }
}

static ens_status read_logistic(void **out, const ens_read_args *a, ens_error *err)
{
    return ens__linear_read(out, a, a->k == 2 ? 1 : a->k, err);
}

const ens_learner_type ens__logistic_type = {
    .abi = ENS_EXT_ABI,
    .name = "logistic",
    .help = "logistic regression of two or more classes, with L1 and L2 penalties",
    .caps = ENS_CLASSIFIES | ENS_TAKES_WEIGHTS | ENS_TAKES_NUMBERS,
    .params = table,
    .params_size = sizeof(logistic_params),
    .check = check,
    .fit = fit,
    .predict = predict,
    .write = ens__linear_write,
    .read = read_logistic,
    .free = ens__linear_free,
    .describe = ens__linear_describe,
    .bytes = ens__linear_bytes,
};
