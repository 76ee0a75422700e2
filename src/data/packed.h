/* packed.h - the codes of one row side by side: what many trees on the same features are made from. */
#ifndef ENS_DATA_PACKED_H
#define ENS_DATA_PACKED_H

#include <data/bins.h>

/* Bytes of the widest record: wider ones are not worth moving at every split. */
#define ENS__MAX_STRIDE 128

/* Features that have a slot: the bits first, each in the order of the features. */
#define ENS__SLOTS 64

/* Where a record has the code of a feature. */
typedef struct ens__field {
    uint32_t offset; /* of its byte */
    uint8_t width;   /* in bytes; 0: one bit, of a feature of at most two values, none of them missing */
    uint8_t shift;   /* of the bit */
    uint8_t slot;    /* of a bit among the first ENS__SLOTS its place; ENS__SLOTS: none */
} ens__field;

/* Fills field[p]; *bits gets which bits of the first eight bytes are features. Returns the bytes of a record, a
 * multiple of eight. */
size_t ens__packed_lay(ens__field *field, uint64_t *bits, const ens__bins *const *bins, size_t p);
/* Records of n rows, whose numbers are in row, into to[n][stride]. */
void ens__packed_gather(uint8_t *to, size_t stride, const ens__field *field, const ens__bins *const *bins, size_t p,
                        const uint32_t *row, size_t n);

/* Records of all rows of a table, kept with the first of the columns. */
typedef struct ens__packed {
    struct ens__packed *next; /* of other columns or settings */
    size_t p;
    const ens__bins **bins;   /* [p] */
    size_t stride;
    uint8_t *record;          /* [n of the table][stride] */
} ens__packed;

/* Bins of all features, and their records if these are not too wide, in parallel. Costs stride bytes a row. */
ens_status ens__packed_prepare(const ens_feature *feature, size_t p, size_t n, unsigned max_bins, const ens_exec *exec,
                               ens_error *err);
/* What was prepared for these bins, or NULL. */
const ens__packed *ens__packed_find(const ens__column *first, const ens__bins *const *bins, size_t p);
void ens__packed_free(ens__packed *list);

#endif
