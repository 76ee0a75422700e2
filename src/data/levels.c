/* levels.c - the distinct texts of a category in their order: as numbers if all are numbers, else bytewise. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/str.h>
#include <data/dataset.h>
#include <stdlib.h>
#include <string.h>

void ens__levels_clear(ens__levels *levels)
{
    for (size_t i = 0; levels->name != NULL && i < levels->n; i++)
        ens__free(levels->name[i]);
    ens__free(levels->name);
    *levels = (ens__levels){0};
}

ens_status ens__levels_copy(ens__levels *out, const ens__levels *from, ens_error *err)
{
    ens__levels copy = {.numeric = from->numeric};

    *out = (ens__levels){0};
    if ((copy.name = ens__zeros(from->n, sizeof *copy.name)) == NULL)
        return ens__nomem(err);
    for (copy.n = 0; copy.n < from->n; copy.n++)
        if ((copy.name[copy.n] = ens__strdup(from->name[copy.n])) == NULL) {
            ens__levels_clear(&copy);
            return ens__nomem(err);
        }
    *out = copy;
    return ENS_OK;
}

/* A level while they are sorted. */
typedef struct item {
    char *name;
    double value; /* if all are numbers */
    size_t from;  /* its place before */
} item;

static int by_value(const void *a, const void *b)
{
    const item *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(((const item *)a)->name, ((const item *)b)->name);
}

/* Whether all names are numbers; fills their values. */
static bool read_values(item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!ens__number_parse(&items[i].value, items[i].name, strlen(items[i].name)) ||
            items[i].value != items[i].value)
            return false;
    return true;
}

ens_status ens__levels_make(ens__levels *out, char **names, size_t n_names, int32_t *code,
                            size_t n, ens_error *err)
{
    item *items = ens__array(n_names, sizeof *items);
    int32_t *map = ens__array(n_names, sizeof *map);
    char **name = ens__array(n_names, sizeof *name);
    bool numeric;
    size_t m = 0;

    *out = (ens__levels){0};
    if (items == NULL || map == NULL || name == NULL || n_names > INT32_MAX) {
        for (size_t i = 0; i < n_names; i++)
            ens__free(names[i]);
        ens__free(items);
        ens__free(map);
        ens__free(name);
        return ens__nomem(err);
    }
    for (size_t i = 0; i < n_names; i++)
        items[i] = (item){names[i], 0, i};
    numeric = read_values(items, n_names);
    qsort(items, n_names, sizeof *items, numeric ? by_value : by_bytes);
    for (size_t i = 0; i < n_names; i++) {
        if (m > 0 && strcmp(name[m - 1], items[i].name) == 0)
            ens__free(items[i].name);
        else
            name[m++] = items[i].name;
        map[items[i].from] = (int32_t)m - 1;
    }
    for (size_t i = 0; i < n; i++)
        if (code[i] >= 0)
            code[i] = map[code[i]];
    *out = (ens__levels){name, m, numeric};
    ens__free(items);
    ens__free(map);
    return ENS_OK;
}

int32_t ens__levels_find(const ens__levels *levels, const char *name)
{
    size_t low = 0, high = levels->n;
    double value = 0, other = 0;

    /* What is no number cannot be among numbers. */
    if (levels->numeric && !ens__number_parse(&value, name, strlen(name)))
        return -1;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const char *level = levels->name[mid];
        int order = strcmp(name, level);

        if (order == 0)
            return (int32_t)mid;
        if (levels->numeric && ens__number_parse(&other, level, strlen(level)) &&
            value != other)
            order = value < other ? -1 : 1;
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return -1;
}
