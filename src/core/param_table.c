/* param_table.c - whether a type that a program registers has a name and a parameter table that can be worked with. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/param.h>
#include <string.h>

#define MOST_ROWS 64

bool ens__is_type_name(const char *s)
{
    return s != NULL && s[0] >= 'a' && s[0] <= 'z' &&
           strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(s) &&
           strlen(s) < 64;
}

ens_status ens__param_table_check(const ens_param *table, size_t size, const char *noun,
                                  const char *owner, ens_error *err)
{
    size_t n = 0;
    void *params;
    ens_status st;

    for (const ens_param *p = table; p->name != NULL; p++, n++)
        if (!ens__is_type_name(p->name) || p->aliases == NULL || p->def == NULL ||
            p->words == NULL || p->help == NULL || p->offset >= size ||
            !(p->min <= p->max))
            return ens__fail(err, ENS_EINVAL,
                             "%s type %s: row %zu of its parameters is malformed", noun,
                             owner, n);
    if (n > MOST_ROWS)
        return ens__fail(err, ENS_EINVAL, "%s type %s: %zu parameters, the limit is %d",
                         noun, owner, n, MOST_ROWS);
    if ((params = ens__zeros(1, size)) == NULL)
        return ens__nomem(err);
    if ((st = ens__params_init(params, table, err)) == ENS_OK)
        ens__params_clear(params, table);
    else if (st != ENS_ENOMEM)
        ens__error_prefix(err, "%s type %s", noun, owner);
    ens__free(params);
    return st;
}
