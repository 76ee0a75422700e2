/* first_order.h - fits by steps along gradients of a batch of rows, for learners whose loss is a sum over rows.
 *
 * A learner that has them embeds ens__steps_params as `steps` in its parameters, adds ENS__STEPS_ROWS to its table and
 * ENS__STEPS_SOLVERS to the words of its solver. */
#ifndef ENS_LEARN_FIRST_ORDER_H
#define ENS_LEARN_FIRST_ORDER_H

#include <ensemble/optim.h>
#include <learn/design.h>

typedef struct ens__steps_params {
    double learning_rate;
    int schedule;
    double momentum;
    int64_t batch_size; /* -1: auto, -2: all rows */
    int64_t epochs;
    int early_stopping;
    double validation_fraction;
    int64_t n_iter_no_change;
} ens__steps_params;

#define ENS__STEPS_SOLVERS "sgd,momentum,nesterov,adagrad,rmsprop,adam,nadam"

#define ENS__STEPS_ROW(kind, type, field, def, min, max, words, aliases, help)                                  \
    {                                                                                                           \
        #field, aliases, kind, offsetof(type, steps.field), def, min, max, words, help                          \
    }
#define ENS__STEPS_ROWS(type)                                                                                   \
    ENS__STEPS_ROW(ENS_PARAM_REAL, type, learning_rate, "0.02", 1e-12, 1e6, "", "learning_rate_init,eta0",      \
                   "gradient steps: rate of the first one, on standardised columns"),                           \
        ENS__STEPS_ROW(ENS_PARAM_WORD, type, schedule, "cosine", 0, 0, "constant,inverse,cosine,plateau", "",   \
                       "gradient steps: the rate stays, falls with the root of their number, to 0 at the last " \
                       "epoch, or to a fifth when the loss stays"),                                             \
        ENS__STEPS_ROW(ENS_PARAM_REAL, type, momentum, "0.9", 0, 0.999999, "", "",                              \
                       "momentum, nesterov: what is kept of the step before"),                                  \
        ENS__STEPS_ROW(ENS_PARAM_INT, type, batch_size, "auto", 1, 1e9, "auto,full", "",                        \
                       "gradient steps: rows of one, drawn anew in each epoch; auto: 256, fewer of small "      \
                       "tables; full: all"),                                                                    \
        ENS__STEPS_ROW(ENS_PARAM_INT, type, epochs, "100", 1, 1e9, "", "n_epochs",                              \
                       "gradient steps: times that all rows are seen, at most"),                                \
        ENS__STEPS_ROW(ENS_PARAM_BOOL, type, early_stopping, "false", 0, 0, "", "",                             \
                       "gradient steps: the loss of rows held out says when to end, and which coefficients "    \
                       "to keep"),                                                                              \
        ENS__STEPS_ROW(ENS_PARAM_REAL, type, validation_fraction, "0.1", 1e-6, 0.9, "", "",                     \
                       "early_stopping: rows that are held out"),                                               \
        ENS__STEPS_ROW(ENS_PARAM_INT, type, n_iter_no_change, "10", 1, 1e9, "", "",                             \
                       "gradient steps: epochs without a loss lower by tol, after which the fit ends; cosine "  \
                       "without early_stopping takes all")

/* What the learner's loss is; its body adds to sum of a block: the loss, the weights, the gradient [dim]. */
typedef struct ens__steps {
    const char *owner;   /* of the parameters, for messages */
    const ens__steps_params *params;
    int solver;          /* of ENS__STEPS_SOLVERS */
    double tol;
    const ens__design *d;
    ens__design_fn body;
    const void *ctx;     /* the body's; it looks at theta */
    double *theta;       /* [dim] where the fit begins, and ends */
    const double *l2;    /* [dim] of theta_i^2 / 2 beside the mean loss */
    size_t dim;
    size_t scratch;      /* of the body, as in ens__design_pass */
    uint64_t steps;      /* out: taken */
    bool ended;          /* out: epochs were enough */
} ens__steps;

/* ENS_EINVAL if a parameter is set of which the solver knows nothing; solver < 0: it takes no gradient steps. params is
 * the whole struct of a table, `steps` the part of it that has them. */
ens_status ens__steps_check(const void *params, const ens_param *table, const ens__steps_params *steps, int solver,
                            const char *owner, ens_error *err);
/* ENS_EDATA if the steps lead to numbers that are none, saying the rate; ENS_ECANCELED; ENS_ENOMEM */
ens_status ens__steps_run(ens__steps *s, ens_error *err);

#endif
