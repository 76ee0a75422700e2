/* stack_file.c - members of unlike recipes in model files.
 *
 *     which    u32 [members]           which members of the recipe are used
 *     weights  f64 [members][fits]     of each fit
 *     member0/, member1/, ...          the fits of each
 *     final_recipe  u8 [bytes]         of stacking with a final learner, and the group final/
 *     report/                          what the folds showed: scores, without, correlation, q */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/stack.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Writing ---------------------------------------------------------------------------------------------- */

static ens_status write_members(const ens__stack *m, ens_writer *w, ens_error *err)
{
    ens_status st = ENS_OK;

    for (size_t i = 0; i < m->n && st == ENS_OK; i++) {
        char group[32];

        snprintf(group, sizeof group, "member%zu", i);
        if ((st = ens_writer_push(w, group, err)) == ENS_OK) {
            st = ens_fitted_write(m->fit + i * m->n_each, m->n_each, w, err);
            ens_writer_pop(w);
        }
    }
    return st;
}

static ens_status write_final(const ens__stack *m, ens_writer *w, ens_error *err)
{
    size_t n = strlen(m->final_recipe);
    ens_status st =
        ens_writer_array(w, "final_recipe", ENS_U8, 1, &n, m->final_recipe, err);

    if (st == ENS_OK && (st = ens_writer_push(w, "final", err)) == ENS_OK) {
        st = ens_fitted_write(&m->final, 1, w, err);
        ens_writer_pop(w);
    }
    return st;
}

static ens_status write_report(const ens__stack *m, ens_writer *w, ens_error *err)
{
    const ens__stack_report *r = &m->report;
    size_t shape[] = {r->n, r->n};
    uint64_t folds = m->n_folds, *kept;
    double *ensemble;
    ens_status st = ens_writer_push(w, "report", err);

    if (st != ENS_OK)
        return st;
    if ((st = ens_writer_array(w, "scores", ENS_F64, 1, shape, r->score, err)) ==
            ENS_OK &&
        (st = ens_writer_array(w, "without", ENS_F64, 1, shape, r->without, err)) ==
            ENS_OK &&
        (st = ens_writer_array(w, "correlation", ENS_F64, 2, shape, r->correlation,
                               err)) == ENS_OK &&
        (st = ens_writer_array(w, "q", ENS_F64, 2, shape, r->q, err)) == ENS_OK &&
        (st = ens_writer_buffer((void **)&ensemble, w, "ensemble", ENS_F64, 1,
                                (size_t[]){1}, err)) == ENS_OK) {
        *ensemble = r->ensemble;
        if ((st = ens_writer_buffer((void **)&kept, w, "folds", ENS_U64, 1, (size_t[]){1},
                                    err)) == ENS_OK)
            *kept = folds;
    }
    ens_writer_pop(w);
    return st;
}

ens_status ens__stack_write(const void *fit, ens_writer *w, ens_error *err)
{
    const ens__stack *m = fit;
    uint32_t *which;
    ens_status st =
        ens_writer_buffer((void **)&which, w, "which", ENS_U32, 1, &m->n, err);

    if (st != ENS_OK)
        return st;
    for (size_t i = 0; i < m->n; i++)
        which[i] = (uint32_t)m->which[i];
    if ((st = ens_writer_array(w, "weights", ENS_F64, 2, (size_t[]){m->n, m->n_each},
                               m->weight, err)) != ENS_OK ||
        (st = write_members(m, w, err)) != ENS_OK)
        return st;
    if (m->form.combine == ENS__COMBINE_LEARNER &&
        (st = write_final(m, w, err)) != ENS_OK)
        return st;
    return m->report.n > 0 ? write_report(m, w, err) : ENS_OK;
}

/* ---- Reading ---------------------------------------------------------------------------------------------- */

/* Which members are used, and the weights of their fits. */
static ens_status read_weights(ens__stack *m, const ens_read_args *a, ens_error *err)
{
    const void *data, *weight;
    size_t n, shape[2], use[64], names = a->learner->n_members;
    double sum = 0;
    ens_status st;

    if ((st = ens_reader_array(&data, &n, a->reader, "which", ENS_U32, 1, err)) !=
            ENS_OK ||
        (st = ens_reader_array(&weight, shape, a->reader, "weights", ENS_F64, 2, err)) !=
            ENS_OK)
        return st;
    if (n == 0 || n > names || n > 64)
        return ens_reader_bad(a->reader, err, "%zu members, expected 1 to %zu", n, names);
    if (shape[0] != n || shape[1] == 0)
        return ens_reader_bad(a->reader, err, "weights are %zu x %zu of %zu members",
                              shape[0], shape[1], n);
    for (size_t i = 0; i < n; i++) {
        use[i] = ((const uint32_t *)data)[i];
        if (use[i] >= names || (i > 0 && use[i] <= use[i - 1]))
            return ens_reader_bad(a->reader, err,
                                  "member number %zu is not ascending below %zu", use[i],
                                  names);
    }
    if ((st = ens__stack_use(m, use, n, shape[1], err)) != ENS_OK)
        return st;
    memcpy(m->weight, weight, n * shape[1] * sizeof *m->weight);
    for (size_t i = 0; i < n * shape[1]; i++) {
        if (!(m->weight[i] >= 0 && m->weight[i] < 1e300))
            return ens_reader_bad(a->reader, err, "weight %zu is %g", i, m->weight[i]);
        sum += m->weight[i];
    }
    if (a->task == ENS_TASK_CLASSIFICATION && fabs(sum - 1) > 1e-6)
        return ens_reader_bad(a->reader, err, "the weights sum to %g", sum);
    return ENS_OK;
}

static ens_status read_members(ens__stack *m, const ens_read_args *a, ens_error *err)
{
    ens_status st = ENS_OK;

    for (size_t i = 0; i < m->n && st == ENS_OK; i++) {
        char group[32];

        snprintf(group, sizeof group, "member%zu", i);
        if ((st = ens_reader_push(a->reader, group, err)) == ENS_OK) {
            st = ens_fitted_read(m->fit + i * m->n_each, m->n_each,
                                 a->learner->member[m->which[i]], a, err);
            ens_reader_pop(a->reader);
        }
    }
    return st;
}

/* The features of the final learner, without values. */
typedef struct shown {
    ens_feature *feature;
    char **name; /* [n] of the columns */
    size_t n, p;
} shown;

static void shown_clear(shown *s)
{
    for (size_t c = 0; s->name != NULL && c < s->n; c++)
        ens__free(s->name[c]);
    ens__free(s->name);
    ens__free(s->feature);
}

static ens_status show(shown *s, const ens__stack *m, const ens_read_args *a,
                       ens_error *err)
{
    static const double number;
    size_t columns = ens__stack_columns(m);

    s->n = m->n * columns;
    s->p = s->n + (m->form.passthrough ? m->p : 0);
    if ((s->feature = ens__zeros(s->p, sizeof *s->feature)) == NULL ||
        (s->name = ens__zeros(s->n, sizeof *s->name)) == NULL)
        return ens__nomem(err);
    for (size_t c = 0; c < s->n; c++) {
        if ((s->name[c] = ens__stack_column_name(m, c / columns, c % columns)) == NULL)
            return ens__nomem(err);
        s->feature[c] = (ens_feature){.name = s->name[c], .x = &number};
    }
    for (size_t j = s->n; j < s->p; j++)
        s->feature[j] = a->feature[j - s->n];
    return ENS_OK;
}

ens_status ens__stack_read_recipe(ens_learner **out, char **text, const char *name,
                                  const ens_read_args *a, ens_error *err)
{
    const void *bytes;
    size_t n;
    ens_error inner = {0};
    ens_status st = ens_reader_array(&bytes, &n, a->reader, name, ENS_U8, 1, err);

    if (st != ENS_OK)
        return st;
    if ((*text = ens__strndup(bytes, n)) == NULL)
        return ens__nomem(err);
    st = ens_learner_parse(out, *text, &inner);
    if (st == ENS_OK && !ens_learner_suits(*out, a->task)) {
        ens_learner_free(*out);
        *out = NULL;
        return ens_reader_bad(a->reader, err, "%s does not suit the task", name);
    }
    if (st == ENS_ENOMEM || st == ENS_OK)
        return st == ENS_OK ? st : ens__nomem(err);
    return ens_reader_bad(a->reader, err, "%s: %s", name, inner.message);
}

static ens_status read_final(ens__stack *m, const ens_read_args *a, ens_error *err)
{
    ens_learner *recipe = NULL;
    ens_read_args sub = *a;
    shown s = {0};
    ens_status st;

    if ((st = ens__stack_read_recipe(&recipe, &m->final_recipe, "final_recipe", a,
                                     err)) != ENS_OK ||
        (st = ens__stack_note_features(m, a->feature, err)) != ENS_OK ||
        (st = show(&s, m, a, err)) != ENS_OK)
        goto done;
    sub.feature = s.feature;
    sub.p = s.p;
    if ((st = ens_reader_push(a->reader, "final", err)) == ENS_OK) {
        st = ens_fitted_read(&m->final, 1, recipe, &sub, err);
        ens_reader_pop(a->reader);
    }
done:
    shown_clear(&s);
    ens_learner_free(recipe);
    return st;
}

/* One array of the report, of rank 1 or 2, n each way; the first tells n. */
static ens_status read_array(double **out, size_t *n, const char *name, size_t rank,
                             ens_reader *r, ens_error *err)
{
    const void *data;
    size_t shape[2] = {0, 0}, cells;
    ens_status st = ens_reader_array(&data, shape, r, name, ENS_F64, rank, err);

    if (st != ENS_OK)
        return st;
    if (*n == 0)
        *n = shape[0];
    if (shape[0] != *n || (rank == 2 && shape[1] != *n))
        return ens_reader_bad(r, err, "%s has %zu members, expected %zu", name, shape[0],
                              *n);
    cells = rank == 2 ? *n * *n : *n;
    if ((*out = ens__array(cells, sizeof **out)) == NULL)
        return ens__nomem(err);
    memcpy(*out, data, cells * sizeof **out);
    return ENS_OK;
}

static ens_status read_report(ens__stack *m, const ens_read_args *a, ens_error *err)
{
    ens__stack_report *r = &m->report;
    const void *data;
    size_t n = 0, one, distinct = 0;
    ens_status st = ens_reader_push(a->reader, "report", err);

    if (st != ENS_OK)
        return st;
    for (size_t i = 0; i < m->n_names; i++)
        distinct += m->first[i] == i;
    if ((st = read_array(&r->score, &n, "scores", 1, a->reader, err)) != ENS_OK ||
        (st = read_array(&r->without, &n, "without", 1, a->reader, err)) != ENS_OK ||
        (st = read_array(&r->correlation, &n, "correlation", 2, a->reader, err)) !=
            ENS_OK ||
        (st = read_array(&r->q, &n, "q", 2, a->reader, err)) != ENS_OK ||
        (st = ens_reader_array(&data, &one, a->reader, "ensemble", ENS_F64, 1, err)) !=
            ENS_OK)
        goto done;
    if (n != distinct || one != 1) {
        st = ens_reader_bad(a->reader, err, "scores of %zu members, expected %zu", n,
                            distinct);
        goto done;
    }
    r->n = n;
    r->ensemble = *(const double *)data;
    if ((st = ens_reader_array(&data, &one, a->reader, "folds", ENS_U64, 1, err)) ==
        ENS_OK)
        m->n_folds = one == 1 ? *(const uint64_t *)data : 0;
done:
    ens_reader_pop(a->reader);
    return st;
}

ens_status ens__stack_read(void **out, const ens__stack_form *form,
                           const ens_read_args *a, ens_error *err)
{
    bool folds = a->learner->type != &ens__voting_type;
    ens__stack *m = NULL;
    ens_status st;

    if ((st = ens__stack_new(&m, a->learner, a->k, a->p, err)) != ENS_OK)
        return st;
    m->form = *form;
    if ((st = read_weights(m, a, err)) != ENS_OK ||
        (st = read_members(m, a, err)) != ENS_OK ||
        (form->combine == ENS__COMBINE_LEARNER && (st = read_final(m, a, err)) != ENS_OK))
        goto done;
    if (folds && (st = read_report(m, a, err)) != ENS_OK)
        goto done;
    ens__stack_finish(m);
    *out = m;
    m = NULL;
done:
    ens__stack_free(m);
    return st;
}
