/* linear.c - the learner `linear`: least squares, ridge, lasso and elastic net; Huber's loss.
 *
 * Penalties are on scikit-learn's scale and act on the coefficients of the features as they are, although the fit
 * works on standardised columns:
 *   none, l2     sum w (y - xb)^2 + alpha |b|^2                              (LinearRegression, Ridge)
 *   l1, elasticnet
 *                sum w (y - xb)^2 / (2 sum w) + alpha r |b|_1 + alpha (1 - r) |b|^2 / 2   (Lasso, ElasticNet)
 * The former by QR (Golub 1965), run after run of rows, with the penalty as further rows; the latter by coordinate
 * descent on Z'WZ (Friedman, Hastie and Tibshirani 2010).  Columns that depend on those before them get
 * coefficients of 0, as in R. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/learner.h>
#include <learn/linear_fit.h>
#include <math.h>

enum { LOSS_SQUARED, LOSS_HUBER };
enum { PENALTY_NONE, PENALTY_L2, PENALTY_L1, PENALTY_ELASTICNET };

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_WORD, ens__linear_params, penalty, "none", 0, 0,
            "none,l2,l1,elasticnet", "",
            "none: least squares; l2: ridge; l1: lasso; elasticnet: both"),
    ENS_ROW(ENS_PARAM_REAL, ens__linear_params, alpha, "1", 0, 1e100, "", "",
            "weight of the penalty, as in scikit-learn"),
    ENS_ROW(ENS_PARAM_REAL, ens__linear_params, l1_ratio, "0.5", 0, 1, "", "",
            "elasticnet: the absolute values' part of the penalty"),
    ENS_ROW(ENS_PARAM_BOOL, ens__linear_params, fit_intercept, "true", 0, 0, "", "",
            "false: a row of zeros has a response of 0"),
    ENS_ROW(ENS_PARAM_INT, ens__linear_params, max_iter, "100000", 1, 1e9, "", "",
            "l1, elasticnet: sweeps over the coefficients at most"),
    ENS_ROW(
        ENS_PARAM_REAL, ens__linear_params, tol, "1e-12", 1e-15, 0.1, "", "",
        "l1, elasticnet: change of the fitted responses, in standard deviations, that "
        "ends the fit"),
    ENS_ROW(
        ENS_PARAM_WORD, ens__linear_params, loss, "squared", 0, 0, "squared,huber", "",
        "huber: few errors that are large count by their size; penalties none and l2"),
    ENS_ROW(ENS_PARAM_REAL, ens__linear_params, epsilon, "1.35", 1, 1e6, "", "",
            "huber: standard deviations from which on an error is large"),
    ENS_ROW(
        ENS_PARAM_WORD, ens__linear_params, solver, "auto", 0, 0,
        "auto," ENS__STEPS_SOLVERS, "",
        "auto: exact; the others take gradient steps, for the squared loss without l1"),
    ENS__STEPS_ROWS(ens__linear_params),
    ENS_PARAM_LAST};

static ens_status check(const void *params, ens_error *err)
{
    const ens__linear_params *p = params;
    ens_status st = ens__steps_check(p, table, &p->steps, p->solver - 1, "linear", err);

    if (st != ENS_OK)
        return st;
    if (p->solver > 0 && (p->loss == LOSS_HUBER || p->penalty >= PENALTY_L1))
        return ens__fail(err, ENS_EINVAL,
                         "linear.%s, which gradient steps do not take; set solver=auto",
                         p->loss == LOSS_HUBER ? "loss = huber"
                                               : "penalty has absolute values");
    if (p->loss == LOSS_HUBER && p->penalty != PENALTY_NONE && p->penalty != PENALTY_L2)
        return ens__fail(err, ENS_EINVAL,
                         "linear.loss = huber is for penalty=none and penalty=l2");
    if (p->loss != LOSS_HUBER && p->epsilon != 1.35)
        return ens__fail(err, ENS_EINVAL, "linear.epsilon = %g is of loss=huber alone",
                         p->epsilon);
    if (p->penalty == PENALTY_ELASTICNET || p->l1_ratio == 0.5)
        return ENS_OK;
    return ens__fail(err, ENS_EINVAL,
                     "linear.l1_ratio = %g is of penalty=elasticnet alone", p->l1_ratio);
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    const ens__linear_params *p = params;
    ens__linear_penalty penalty = {.intercept = p->fit_intercept != 0,
                                   .max_iter = (size_t)p->max_iter,
                                   .tol = p->tol,
                                   .epsilon = p->epsilon,
                                   .solver = p->solver - 1,
                                   .steps = &p->steps};
    ens__linear *m = NULL;
    ens_status st;

    if (p->penalty == PENALTY_L2)
        penalty.l2 = p->alpha;
    else if (p->penalty == PENALTY_L1)
        penalty.l1 = p->alpha;
    else if (p->penalty == PENALTY_ELASTICNET) {
        penalty.l1 = p->alpha * p->l1_ratio;
        penalty.l2 = p->alpha * (1 - p->l1_ratio);
    }
    if ((st = ens__linear_new(&m, 1, a->rows.feature, a->rows.p, err)) != ENS_OK)
        return st;
    if (p->solver > 0)
        st = ens__linear_steps(m, &penalty, a, err);
    else if (p->loss == LOSS_HUBER)
        st = ens__linear_huber(m, &penalty, a, err);
    else if (p->penalty == PENALTY_L1 || p->penalty == PENALTY_ELASTICNET)
        st = ens__linear_descend(m, &penalty, a, err);
    else
        st = ens__linear_squares(m, &penalty, a, err);
    if (st == ENS_OK)
        *out = m;
    else
        ens__linear_free(m);
    return st;
}

static void predict(const void *fitted, const ens_rows *rows, double *out, void *scratch)
{
    (void)scratch;
    ens__linear_scores(fitted, rows, out, 1);
}

static ens_status read_linear(void **out, const ens_read_args *a, ens_error *err)
{
    return ens__linear_read(out, a, 1, err);
}

const ens_learner_type ens__linear_type = {
    .abi = ENS_EXT_ABI,
    .name = "linear",
    .help = "linear regression: least squares, ridge, lasso, elastic net, Huber's loss",
    .caps = ENS_REGRESSES | ENS_TAKES_WEIGHTS | ENS_TAKES_NUMBERS,
    .params = table,
    .params_size = sizeof(ens__linear_params),
    .check = check,
    .fit = fit,
    .predict = predict,
    .write = ens__linear_write,
    .read = read_linear,
    .free = ens__linear_free,
    .describe = ens__linear_describe,
    .bytes = ens__linear_bytes,
};
