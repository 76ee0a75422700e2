/* prep.c - what transforms share. */
#include <config.h>

#include <prep/prep.h>

void ens__prep_copy(const ens_made *out, const ens_feature *f, const ens_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        if (f->x != NULL)
            out->x[i] = f->x[rows->row[i]];
        else
            out->code[i] = f->code[rows->row[i]];
}

ens_status ens__prep_write_kinds(const uint8_t *is_number, size_t p, ens_writer *w,
                                 ens_error *err)
{
    return ens_writer_array(w, "is_number", ENS_U8, 1, &p, is_number, err);
}

ens_status ens__prep_read_kinds(const ens_read_args *a, ens_error *err)
{
    const void *is_number;
    size_t p;
    ens_status st;

    if ((st = ens_reader_array(&is_number, &p, a->reader, "is_number", ENS_U8, 1, err)) !=
        ENS_OK)
        return st;
    if (p != a->p)
        return ens_reader_bad(a->reader, err, "%zu values for %zu features", p, a->p);
    for (size_t j = 0; j < p; j++)
        if (((const uint8_t *)is_number)[j] != (a->feature[j].x != NULL))
            return ens_reader_bad(a->reader, err, "feature %zu is of the other type", j);
    return ENS_OK;
}
