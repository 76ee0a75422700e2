/* gbdt_constraints.c - what a fit of gbdt must obey: features in which it is monotonic, features that may interact. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ctype.h>
#include <ensemble/gbdt_job.h>
#include <math.h>
#include <string.h>

#define MOST_GROUPS 63 /* and one of the features that are in none */

typedef ens__gbdt_job job;

/* ---- Monotonic ----------------------------------------------------------------------------------------------- */

static ens_status constrain_signs(job *j, ens_error *err)
{
    const ens_list *list = &j->p->monotonic_cst;
    const ens_rows *rows = &j->a->rows;

    if (list->v == NULL)
        return ENS_OK;
    if (list->n != rows->p)
        return ens__fail(err, ENS_ERANGE,
                         "gbdt.monotonic_cst has %zu values for %zu features", list->n,
                         rows->p);
    if (j->g->k > 1)
        return ens__fail(
            err, ENS_ESUPPORT,
            "gbdt.monotonic_cst is for numbers and two classes, the model has %zu "
            "scores",
            j->g->k);
    if (j->g->loss->type->leaf != NULL)
        return ens__fail(err, ENS_ESUPPORT, "gbdt.monotonic_cst does not go with loss=%s",
                         j->g->loss->type->name);
    if ((j->monotonic = ens__array(rows->p, sizeof *j->monotonic)) == NULL)
        return ens__nomem(err);
    for (size_t f = 0; f < rows->p; f++) {
        if (list->v[f] != 0 && rows->feature[f].code != NULL)
            return ens__fail(
                err, ENS_ERANGE,
                "gbdt.monotonic_cst: feature `%s` is a category, which has no "
                "order",
                rows->feature[f].name);
        j->monotonic[f] = (int8_t)list->v[f];
    }
    j->options.monotonic = j->monotonic;
    return ENS_OK;
}

/* ---- Interactions -------------------------------------------------------------------------------------------- */

/* The text up to a separator, without spaces around it. */
static size_t trim(const char **at, const char *end)
{
    while (*at < end && isspace((unsigned char)**at))
        ++*at;
    while (end > *at && isspace((unsigned char)end[-1]))
        end--;
    return (size_t)(end - *at);
}

/* The feature of a name among those of the fit. */
static ens_status find_feature(size_t *out, const job *j, const char *name, size_t n,
                               ens_error *err)
{
    const ens_rows *rows = &j->a->rows;

    for (*out = 0; *out < rows->p; ++*out)
        if (strlen(rows->feature[*out].name) == n &&
            memcmp(rows->feature[*out].name, name, n) == 0)
            return ENS_OK;
    return ens__fail(err, ENS_ENAME, "gbdt.interaction_cst: there is no feature `%.*s`",
                     n < 200 ? (int)n : 200, name);
}

static ens_status constrain_groups(job *j, ens_error *err)
{
    const char *text = j->p->interaction_cst;
    size_t p = j->a->rows.p, group = 0;

    if (text == NULL || *text == 0)
        return ENS_OK;
    if ((j->together = ens__zeros(p, sizeof *j->together)) == NULL)
        return ens__nomem(err);
    for (const char *at = text;; at++) {
        const char *end = at + strcspn(at, ",|");
        size_t n = trim(&at, end), f;
        ens_status st;

        if (group == MOST_GROUPS)
            return ens__fail(err, ENS_ERANGE,
                             "gbdt.interaction_cst has more than %d groups", MOST_GROUPS);
        if ((st = find_feature(&f, j, at, n, err)) != ENS_OK)
            return st;
        j->together[f] |= (uint64_t)1 << group;
        if (*end == 0)
            break;
        group += *end == '|';
        at = end;
    }
    for (size_t f = 0; f < p; f++)
        if (j->together[f] == 0)
            j->together[f] = (uint64_t)1 << MOST_GROUPS;
    j->options.together = j->together;
    return ENS_OK;
}

ens_status ens__gbdt_constrain(job *j, ens_error *err)
{
    ens_status st = constrain_signs(j, err);

    return st == ENS_OK ? constrain_groups(j, err) : st;
}
