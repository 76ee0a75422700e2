/* types.c - which losses there are: the built-in ones, then those that a program registered; and their lines. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/param.h>
#include <loss/loss.h>
#include <string.h>

static const ens_loss_type *const builtins[] = {
    &ens__squared_loss,   &ens__absolute_loss,    &ens__huber_loss,
    &ens__quantile_loss,  &ens__log_cosh_loss,    &ens__poisson_loss,
    &ens__gamma_loss,     &ens__tweedie_loss,     &ens__logistic_loss,
    &ens__softmax_loss,   &ens__exponential_loss, &ens__cross_entropy_loss,
    &ens__lambdarank_loss};

#define N_BUILTINS (sizeof builtins / sizeof *builtins)

/* Written by ens_loss_type_register() only. */
static const ens_loss_type **registered;
static size_t n_registered;

static const ens_loss_type *type_at(size_t i)
{
    if (i < N_BUILTINS)
        return builtins[i];
    return i - N_BUILTINS < n_registered ? registered[i - N_BUILTINS] : NULL;
}

const char *ens_loss_name(size_t i)
{
    return type_at(i) != NULL ? type_at(i)->name : NULL;
}

const char *ens_loss_help(size_t i)
{
    return type_at(i) != NULL ? type_at(i)->help : NULL;
}

ens_status ens_loss_param(ens_param_info *out, size_t i, size_t j, ens_error *err)
{
    const ens_loss_type *type = type_at(i);
    size_t n = 0;

    memset(out, 0, sizeof *out);
    while (type != NULL && type->params[n].name != NULL)
        n++;
    if (j >= n)
        return ens__fail(err, ENS_EINVAL, "loss %zu has no parameter %zu", i, j);
    ens__param_describe(out, &type->params[j]);
    return ENS_OK;
}

const ens_loss_type *ens__loss_type_find(const char *name, size_t n)
{
    const ens_loss_type *type;

    for (size_t i = 0; (type = type_at(i)) != NULL; i++)
        if (strlen(type->name) == n && memcmp(type->name, name, n) == 0)
            return type;
    return NULL;
}

static bool is_complete(const ens_loss_type *type)
{
    unsigned tasks = ENS_LOSS_CLASSIFIES | ENS_LOSS_REGRESSES, caps = type->caps;

    return type->help != NULL && type->params != NULL && type->gradient != NULL &&
           type->value != NULL && (caps & tasks) != 0 && (caps & tasks) != tasks &&
           ((caps & ENS_LOSS_RANKS) == 0 || (caps & ENS_LOSS_REGRESSES) != 0) &&
           ((caps & ENS_LOSS_SHIFTS) == 0 || (caps & ENS_LOSS_REGRESSES) != 0) &&
           (type->leaf == NULL || (caps & ENS_LOSS_SHIFTS) != 0);
}

ens_status ens_loss_type_register(const ens_loss_type *type, ens_error *err)
{
    const ens_loss_type **more;
    ens_status st;

    if (type == NULL || type->abi != ENS_EXT_ABI)
        return ens__fail(err, ENS_EINVAL,
                         "loss type of interface %u, this library has %d",
                         type != NULL ? type->abi : 0, ENS_EXT_ABI);
    if (!ens__is_type_name(type->name))
        return ens__fail(
            err, ENS_EINVAL,
            "a loss type's name is lower case letters, digits and _, below 64 bytes");
    if (strcmp(type->name, "auto") == 0 ||
        ens__loss_type_find(type->name, strlen(type->name)) != NULL)
        return ens__fail(err, ENS_EINVAL, "there is already a loss called `%s`",
                         type->name);
    if (!is_complete(type))
        return ens__fail(
            err, ENS_EINVAL,
            "loss type %s lacks its help, parameters, one task or a function",
            type->name);
    if ((st = ens__param_table_check(type->params, type->params_size, "loss", type->name,
                                     err)) != ENS_OK)
        return st;
    if ((more = ens__resize(registered, n_registered + 1, sizeof *more)) == NULL)
        return ens__nomem(err);
    registered = more;
    registered[n_registered++] = type;
    return ENS_OK;
}

/* ---- Lines ----------------------------------------------------------------------------------------------------- */

static const char *family_name(const void *ctx, size_t i)
{
    (void)ctx;
    return ens_loss_name(i);
}

static const ens_param *family_table(const void *ctx, size_t i)
{
    (void)ctx;
    return type_at(i)->params;
}

static const ens__family family = {"loss", family_name, family_table, NULL};

/* Fills type and params. */
static ens_status parse(ens__loss *loss, const char *line, ens_error *err)
{
    const ens_loss_type *type;
    size_t which, size = 1;
    ens_status st;

    for (size_t i = 0; (type = type_at(i)) != NULL; i++)
        size = type->params_size > size ? type->params_size : size;
    if ((loss->params = ens__zeros(1, size)) == NULL)
        return ens__nomem(err);
    if ((st = ens__family_parse(&which, loss->params, &family, line, err)) != ENS_OK)
        return st;
    loss->type = type_at(which);
    return loss->type->check != NULL ? loss->type->check(loss->params, err) : ENS_OK;
}

static const char *default_of(ens_task task, size_t n_classes)
{
    if (task == ENS_TASK_REGRESSION)
        return "squared";
    return n_classes == 2 ? "logistic" : "softmax";
}

static ens_status set_scores(ens__loss *loss, ens_task task, size_t n_classes,
                             ens_error *err)
{
    const ens_loss_type *type = loss->type;
    bool classifies = (type->caps & ENS_LOSS_CLASSIFIES) != 0;

    if (classifies != (task == ENS_TASK_CLASSIFICATION))
        return ens__fail(err, ENS_ESUPPORT, "loss %s is for %s", type->name,
                         classifies ? "classification" : "regression");
    if (type->n_scores != NULL)
        loss->k = type->n_scores(loss->params, n_classes);
    else
        loss->k = classifies && n_classes != 2 ? 0 : 1;
    if (loss->k == 0)
        return ens__fail(err, ENS_ESUPPORT, "loss %s cannot take %zu classes", type->name,
                         n_classes);
    loss->n_outputs = classifies ? n_classes : loss->k;
    return ENS_OK;
}

ens_status ens__loss_new(ens__loss **out, const char *line, ens_task task,
                         size_t n_classes, ens_error *err)
{
    ens__loss *loss = NULL;
    ens_status st;

    *out = NULL;
    if (strcmp(line, "auto") == 0)
        line = default_of(task, n_classes);
    if ((loss = ens__zeros(1, sizeof *loss)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = parse(loss, line, err)) != ENS_OK ||
        (st = set_scores(loss, task, n_classes, err)) != ENS_OK)
        goto done;
    *out = loss;
    loss = NULL;
done:
    ens__loss_free(loss);
    return st;
}

void ens__loss_free(ens__loss *loss)
{
    if (loss == NULL)
        return;
    if (loss->type != NULL)
        ens__params_clear(loss->params, loss->type->params);
    ens__free(loss->params);
    ens__free(loss);
}

ens_status ens__loss_check_line(const char *line, ens_error *err)
{
    ens__loss loss = {NULL, NULL, 0, 0};
    ens_status st;

    if (strcmp(line, "auto") == 0)
        return ENS_OK;
    st = parse(&loss, line, err);
    if (loss.type != NULL)
        ens__params_clear(loss.params, loss.type->params);
    ens__free(loss.params);
    return st;
}
