/* registry.c - which learner types there are: the built-in ones, then those that a program registered. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/learner.h>
#include <stdio.h>
#include <string.h>

/* Types registered by the program. Written by ens_learner_type_register() only. */
static const ens_learner_type **registered;
static size_t n_registered;

static const ens_learner_type *type_at(size_t i)
{
    for (size_t b = 0; ens__builtins[b] != NULL; b++)
        if (i-- == 0)
            return ens__builtins[b];
    return i < n_registered ? registered[i] : NULL;
}

const char *ens_learner_type_name(size_t i)
{
    const ens_learner_type *type = type_at(i);

    return type != NULL ? type->name : NULL;
}

const ens_learner_type *ens__type_find(const char *name, size_t n)
{
    const ens_learner_type *type;

    for (size_t i = 0; (type = type_at(i)) != NULL; i++)
        if (strlen(type->name) == n && memcmp(type->name, name, n) == 0)
            return type;
    return NULL;
}

static const char *next_type(const void *ctx, size_t i)
{
    (void)ctx;
    return ens_learner_type_name(i);
}

ens_status ens__type_unknown(const ens__token *name, ens_error *err)
{
    char text[64];
    const char *near;

    snprintf(text, sizeof text, "%.*s", (int)(name->n < 63 ? name->n : 63), name->s);
    near = ens__nearest(text, next_type, NULL);
    return ens__fail_at(err, ENS_ENAME, 1, name->column,
                        "column %zu: no learner is called `%s`%s%s%s", name->column, text,
                        near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
                        near != NULL ? "`?" : "");
}

const char *ens_learner_type_help(const char *name)
{
    const ens_learner_type *type =
        name != NULL ? ens__type_find(name, strlen(name)) : NULL;

    return type != NULL ? type->help : NULL;
}

ens_status ens_learner_type_param(ens_param_info *out, const char *name, size_t i,
                                  ens_error *err)
{
    const ens_learner_type *type =
        name != NULL ? ens__type_find(name, strlen(name)) : NULL;

    memset(out, 0, sizeof *out);
    if (type == NULL) {
        ens__token token = {ENS__TOKEN_WORD, name != NULL ? name : "", 0, 1};

        token.n = strlen(token.s);
        return ens__type_unknown(&token, err);
    }
    for (const ens_param *p = type->params; p->name != NULL; p++)
        if (i-- == 0) {
            ens__param_describe(out, p);
            return ENS_OK;
        }
    return ens__fail(err, ENS_EINVAL, "%s has no further parameter", name);
}

ens_status ens_learner_type_register(const ens_learner_type *type, ens_error *err)
{
    const ens_learner_type **more;
    ens_status st;

    if (type == NULL || type->abi != ENS_EXT_ABI)
        return ens__fail(err, ENS_EINVAL,
                         "learner type of interface %u, this library has %d",
                         type != NULL ? type->abi : 0, ENS_EXT_ABI);
    if (!ens__is_type_name(type->name))
        return ens__fail(
            err, ENS_EINVAL,
            "a learner type's name is lower case letters, digits and _, below 64 bytes");
    if (ens__type_find(type->name, strlen(type->name)) != NULL)
        return ens__fail(err, ENS_EINVAL, "there is already a learner type called `%s`",
                         type->name);
    if (type->help == NULL || type->params == NULL || type->fit == NULL ||
        (type->predict == NULL) != (type->transform != NULL) || type->write == NULL || type->read == NULL ||
        type->free == NULL || (type->caps & (ENS_CLASSIFIES | ENS_REGRESSES | ENS_DETECTS)) == 0 ||
        type->min_members > type->max_members ||
        (type->transform != NULL &&
         (type->max_members > 0 || type->transform->n_columns == NULL ||
          type->transform->column == NULL || type->transform->apply == NULL)) ||
        (type->read_many == NULL) != (type->write_many == NULL) ||
        (type->extend == NULL) != (type->grows == NULL) ||
        (type->asks_quantiles == NULL) != (type->quantiles == NULL) ||
        (type->quantiles == NULL) != (type->quantiles_scratch == NULL))
        return ens__fail(
            err, ENS_EINVAL,
            "learner type %s lacks its help, parameters, a task or a function",
            type->name);
    if (type->grows != NULL &&
        ens__param_find(type->params, type->grows, strlen(type->grows)) == NULL)
        return ens__fail(err, ENS_EINVAL, "learner type %s grows by no parameter `%s`",
                         type->name, type->grows);
    if ((st = ens__param_table_check(type->params, type->params_size, "learner", type->name,
                                     err)) != ENS_OK)
        return st;
    if ((more = ens__resize(registered, n_registered + 1, sizeof *more)) == NULL)
        return ens__nomem(err);
    registered = more;
    registered[n_registered++] = type;
    return ENS_OK;
}
