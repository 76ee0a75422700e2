/* codes.h - loops over the codes that the rows of a node have of one feature, by CPU level with the same answers. */
#ifndef ENS_TREE_CODES_H
#define ENS_TREE_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The least and the greatest code of rows that are not missing; low > high if all are. */
typedef struct ens__ends {
    unsigned low, high;
    bool missing;
} ens__ends;

/* Codes low .. high. */
typedef struct ens__code_range {
    unsigned low, high;
} ens__code_range;

typedef struct ens__codes {
    ens__ends (*ends)(const uint16_t *code, size_t n, unsigned missing);
    /* The codes on both sides of a boundary: the last up to `last`, and the first beyond it; missing if there is
     * none. */
    void (*sides)(unsigned *left, unsigned *right, const uint16_t *code, size_t n, unsigned last, unsigned missing);
    /* The rows that have codes of two ranges, ascending, of[0] into a and of[1] into b, which have room for n + 1. */
    void (*pick)(uint32_t *restrict a, uint32_t *restrict b, size_t of[2], const uint16_t *restrict code, size_t n,
                 ens__code_range range_a, ens__code_range range_b);
    /* The sum of the words of rows with codes up to `last`. */
    int64_t (*sum)(const uint16_t *restrict code, const int64_t *restrict word, size_t n, unsigned last);
} ens__codes;

const ens__codes *ens__codes_here(void);

#endif
