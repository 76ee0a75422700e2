/* mlp.c - the learner `mlp`: a feed-forward network of any number of hidden layers.
 *
 * Numbers come standardised, by the transform that ens_fit() puts in front, and are bent to lie within a few deviations
 * (Holzmüller et al. 2024, RealMLP), so that no row is far from all others.  Categories are one-hot or embedded (Guo
 * and Berkhahn 2016).  What the last layer gives are scores of a loss, of which any but ranking ones will do. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <float.h>
#include <learn/learner.h>
#include <learn/mlp.h>
#include <math.h>

/* The default of weight_decay: other optimisers than adamw have none. */
#define WEIGHT_DECAY 0.1

#define ROW(field, kind, def, low, high, words, aliases, help)                           \
    ENS_ROW(kind, ens__mlp_params, field, def, low, high, words, aliases, help)

static const ens_param table[] = {
    ROW(hidden_layer_sizes, ENS_PARAM_LIST, "[256]", 1, 65536, "none", "",
        "units of each hidden layer; none: the scores are linear"),
    ROW(activation, ENS_PARAM_WORD, "gelu", 0, 0,
        "relu,leaky_relu,tanh,logistic,gelu,selu", "", "of the hidden units"),
    ROW(loss, ENS_PARAM_TEXT, "auto", 0, 0, "", "objective",
        "what is minimised; auto: squared, logistic or softmax"),
    ROW(optimizer, ENS_PARAM_WORD, "adamw", 0, 0,
        "sgd,momentum,nesterov,adagrad,rmsprop,adam,adamw,nadam", "solver",
        "how steps are made of gradients"),
    ROW(alpha, ENS_PARAM_REAL, "0", 0, 1e6, "", "",
        "L2 penalty: alpha / 2 times the squared weights, over the rows of a batch"),
    ROW(weight_decay, ENS_PARAM_REAL, "0.1", 0, 100, "", "",
        "adamw alone: what a step at rate 1 takes off the weights"),
    ROW(batch_size, ENS_PARAM_INT, "auto", 1, 1e9, "auto", "",
        "rows of a step; auto: 128, fewer of few rows"),
    ROW(learning_rate_init, ENS_PARAM_REAL, "0.005", 1e-12, 1e6, "", "",
        "rate of the first steps"),
    ROW(learning_rate, ENS_PARAM_WORD, "cosine", 0, 0,
        "constant,invscaling,adaptive,steps,cosine", "",
        "how the rate changes: invscaling by t^-power_t, adaptive to a fifth when the "
        "loss "
        "stands still, steps by gamma each step_size epochs, cosine to 0 at max_iter"),
    ROW(power_t, ENS_PARAM_REAL, "0.5", 0, 10, "", "", "of invscaling"),
    ROW(step_size, ENS_PARAM_INT, "30", 1, 1e9, "", "", "of steps: epochs"),
    ROW(gamma, ENS_PARAM_REAL, "0.1", 1e-6, 1, "", "", "of steps"),
    ROW(max_iter, ENS_PARAM_INT, "60", 1, 1e6, "", "epochs", "epochs at most"),
    ROW(shuffle, ENS_PARAM_BOOL, "true", 0, 0, "", "", "rows in a new order each epoch"),
    ROW(tol, ENS_PARAM_REAL, "0.0001", 0, 1, "", "",
        "decrease of the loss below which an epoch brings nothing"),
    ROW(n_iter_no_change, ENS_PARAM_INT, "20", 1, 1e6, "", "",
        "epochs that bring nothing, after which the fit ends"),
    ROW(early_stopping, ENS_PARAM_WORD, "auto", 0, 0, "false,true,auto", "",
        "by the loss of the validation table, or of rows held out; the best epoch is "
        "kept; "
        "auto: from 200 rows on"),
    ROW(validation_fraction, ENS_PARAM_REAL, "0.1", 1e-6, 0.999, "", "",
        "early_stopping without a validation table: rows held out"),
    ROW(momentum, ENS_PARAM_REAL, "0.9", 0, 0.9999, "", "", "of momentum and nesterov"),
    ROW(beta_1, ENS_PARAM_REAL, "0.9", 0, 0.9999999, "", "", "of adam, adamw and nadam"),
    ROW(beta_2, ENS_PARAM_REAL, "0.999", 0, 0.9999999, "", "",
        "of rmsprop, adam, adamw and nadam"),
    ROW(epsilon, ENS_PARAM_REAL, "1e-08", 1e-30, 1, "", "",
        "added to the roots of adagrad, rmsprop, adam, adamw and nadam"),
    ROW(clip_norm, ENS_PARAM_REAL, "0", 0, 1e30, "", "max_grad_norm",
        "gradients are shortened to this length; 0: not"),
    ROW(dropout, ENS_PARAM_REAL, "0", 0, 0.95, "", "",
        "part of the hidden units that a step leaves out"),
    ROW(batch_norm, ENS_PARAM_BOOL, "false", 0, 0, "", "",
        "hidden sums are normalised over blocks of at most 128 rows"),
    ROW(label_smoothing, ENS_PARAM_REAL, "0", 0, 0.99, "", "",
        "classes: part of a row's weight that goes to all classes alike"),
    ROW(clip_inputs, ENS_PARAM_REAL, "3", 0, 1e6, "", "",
        "numbers are bent to be within so many units of 0; 0: not"),
    ROW(init, ENS_PARAM_WORD, "auto", 0, 0, "auto,he,glorot,lecun", "",
        "variance of the first weights; auto: as the activation wants it"),
    ROW(categories, ENS_PARAM_WORD, "auto", 0, 0, "auto,onehot,embedding", "",
        "auto: one-hot up to 8 levels, else embedded"),
    ROW(class_weight, ENS_PARAM_LIST, "none", 1e-100, 1e100, "none,balanced", "",
        "balanced: classes weigh the same; or a weight for each class"),
    ENS_PARAM_LAST};

enum { CATEGORIES_AUTO, CATEGORIES_ONEHOT, CATEGORIES_EMBEDDING };

/* Levels that are one-hot at most, of auto. */
#define MOST_ONEHOT 8
/* Inputs are cut to this size before they are bent. */
#define MOST_INPUT 1e6

static ens_status check(const void *params, ens_error *err)
{
    const ens__mlp_params *p = params;
    ens_status st = ens__loss_check_line(p->loss, err);

    if (st != ENS_OK) {
        ens__error_prefix(err, "mlp.loss");
        return st;
    }
    if (p->weight_decay != WEIGHT_DECAY && p->optimizer != ENS_OPTIM_ADAMW)
        return ens__fail(
            err, ENS_EINVAL,
            "mlp.weight_decay = %g is of optimizer=adamw alone; alpha is for all",
            p->weight_decay);
    for (size_t h = 0; h < p->hidden_layer_sizes.n; h++)
        if (p->hidden_layer_sizes.v[h] != floor(p->hidden_layer_sizes.v[h]))
            return ens__fail(err, ENS_EINVAL,
                             "mlp.hidden_layer_sizes = %g is no whole number",
                             p->hidden_layer_sizes.v[h]);
    if (p->hidden_layer_sizes.v == NULL && (p->dropout > 0 || p->batch_norm))
        return ens__fail(err, ENS_EINVAL, "mlp.%s needs hidden layers",
                         p->dropout > 0 ? "dropout" : "batch_norm");
    return ENS_OK;
}

/* ---- Made ------------------------------------------------------------------------------- */

void ens__mlp_free(void *fit)
{
    ens__mlp *m = fit;

    if (m == NULL)
        return;
    ens__net_clear(&m->net);
    ens__free(m->theta);
    ens__loss_free(m->loss);
    ens__free(m->levels);
    ens__free(m->curve);
    ens__free(m);
}

/* Numbers that stand for one of these levels; 0: as many as there are, one-hot. */
static uint32_t width_of(const ens__mlp_params *p, uint32_t levels)
{
    double d = ceil(1.6 * pow(levels, 0.56)); /* fastai's rule */

    if (p->categories == CATEGORIES_ONEHOT ||
        (p->categories == CATEGORIES_AUTO && levels <= MOST_ONEHOT))
        return 0;
    return (uint32_t)fmin(d, 64);
}

static ens_status make_net(ens__mlp *m, const ens__mlp_params *p, ens_error *err)
{
    uint32_t *levels = ens__array(2 * m->p, sizeof *levels), *width;
    ens__net_spec spec = {.hidden = p->hidden_layer_sizes.v,
                          .n_hidden = p->hidden_layer_sizes.n,
                          .n_outputs = m->loss->k,
                          .activation = (ens__activation)p->activation,
                          .norm = p->batch_norm != 0,
                          .dropout = p->dropout};
    ens_status st;

    if (levels == NULL)
        return ens__nomem(err);
    width = levels + m->p;
    for (size_t j = 0; j < m->p; j++) {
        if (m->levels[j] == 0) {
            spec.n_numbers++;
            continue;
        }
        levels[spec.n_tables] = m->levels[j];
        width[spec.n_tables++] = width_of(p, m->levels[j]);
    }
    spec.levels = levels;
    spec.width = width;
    st = ens__net_init(&m->net, &spec, err);
    ens__free(levels);
    return st;
}

ens_status ens__mlp_new(ens__mlp **out, const ens__mlp_params *p,
                        const ens_feature *feature, size_t n_features, ens_task task,
                        size_t k, ens_error *err)
{
    ens__mlp *m = ens__zeros(1, sizeof *m);
    ens_status st = ENS_OK;

    if (m == NULL || (m->levels = ens__zeros(n_features, sizeof *m->levels)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    m->p = n_features;
    m->clip = p->clip_inputs;
    m->unit = 1;
    for (size_t j = 0; j < n_features; j++)
        m->levels[j] = feature[j].x != NULL      ? 0
                       : feature[j].n_levels > 0 ? feature[j].n_levels
                                                 : 1;
    if ((st = ens__loss_new(&m->loss, p->loss, task,
                            task == ENS_TASK_CLASSIFICATION ? k : 0, err)) != ENS_OK)
        goto done;
    if ((m->loss->type->caps & ENS_LOSS_RANKS) != 0 || m->loss->n_outputs != k) {
        st = ens__fail(err, ENS_ESUPPORT, "mlp.loss = %s is not for one prediction a row",
                       p->loss);
        goto done;
    }
    if ((st = make_net(m, p, err)) != ENS_OK)
        goto done;
    *out = m;
    m = NULL;
done:
    ens__mlp_free(m);
    return st;
}

/* ---- Applied ---------------------------------------------------------------------------- */

static ens__real bend(double x, double clip)
{
    x = fmin(fmax(x, -MOST_INPUT), MOST_INPUT);
    return (ens__real)(clip > 0 ? x / sqrt(1 + x / clip * (x / clip)) : x);
}

void ens__mlp_inputs(const ens__mlp *m, const ens_rows *rows, size_t begin, size_t n,
                     ens__real *x, size_t stride, int32_t *code)
{
    const uint32_t *row = rows->row + begin;
    size_t c = 0, t = 0, n_tables = m->net.n_tables;

    for (size_t j = 0; j < m->p; j++) {
        const ens_feature *f = &rows->feature[j];
        int32_t levels = (int32_t)m->levels[j];

        if (levels == 0) {
            for (size_t i = 0; i < n; i++)
                x[i * stride + c] = bend(f->x[row[i]], m->clip);
            c++;
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            int32_t v = f->code[row[i]];

            code[i * n_tables + t] = v < 0 || v >= levels ? levels : v;
        }
        t++;
    }
}

/* Scratch: the net's, codes, scores. */
static size_t run_bytes(const ens__mlp *m)
{
    return ENS__REAL_PAD(ens__net_run_size(&m->net)) * sizeof(ens__real);
}

static size_t code_bytes(const ens__mlp *m)
{
    return ENS__NET_RUN_ROWS * m->net.n_tables * sizeof(int32_t);
}

static size_t scratch_size(const void *fit)
{
    const ens__mlp *m = fit;

    return run_bytes(m) + code_bytes(m) + ENS__NET_RUN_ROWS * m->loss->k * sizeof(double);
}

static void predict(const void *fit, const ens_rows *rows, double *out, void *scratch)
{
    const ens__mlp *m = fit;
    ens__real *x = scratch;
    int32_t *code = (int32_t *)(void *)((char *)scratch + run_bytes(m));
    double *score = (double *)(void *)((char *)scratch + run_bytes(m) + code_bytes(m));
    size_t k = m->loss->k, pad = ENS__REAL_PAD(k);
    const ens__real *s;

    ens__mlp_inputs(m, rows, 0, rows->n, x, m->net.q_pad, code);
    s = ens__net_run(&m->net, m->theta, rows->n, code, x);
    for (size_t i = 0; i < rows->n; i++)
        for (size_t c = 0; c < k; c++)
            score[i * k + c] = s[i * pad + c] * m->unit;
    ens__loss_link(m->loss, m->origin, score, rows->n, out);
    for (size_t i = 0; i < rows->n * m->loss->n_outputs; i++)
        out[i] = fmin(fmax(out[i], -DBL_MAX), DBL_MAX);
}

static size_t bytes(const void *fit)
{
    const ens__mlp *m = fit;

    return sizeof *m + m->net.n_theta * sizeof *m->theta + m->n_curve * sizeof *m->curve;
}

const ens_learner_type ens__mlp_type = {
    .abi = ENS_EXT_ABI,
    .name = "mlp",
    .help = "multi-layer perceptron: a feed-forward neural network",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_TAKES_CATEGORIES |
            ENS_TAKES_MISSING_LEVELS | ENS_TAKES_WEIGHTS | ENS_TAKES_NUMBERS |
            ENS_WANTS_SCALED,
    .params = table,
    .params_size = sizeof(ens__mlp_params),
    .check = check,
    .fit = ens__mlp_fit,
    .predict = predict,
    .scratch_size = scratch_size,
    .write = ens__mlp_write,
    .read = ens__mlp_read,
    .free = ens__mlp_free,
    .describe = ens__mlp_describe,
    .bytes = bytes,
};
