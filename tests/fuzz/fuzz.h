/* fuzz.h - what the fuzz targets share. A target is fed by libFuzzer (--enable-fuzz) or by replay.c. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <ensemble.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for any input; a finding if not. */
#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__, #condition);             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A call that must succeed, since what it gets came out of the library. */
#define must_ok(call)                                                                              \
    do {                                                                                           \
        if ((call) != ENS_OK) {                                                                    \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, err.message);            \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Every failure says what is wrong, and leaves nothing behind. */
static inline void must_explain(ens_status st, const void *out, const ens_error *err)
{
    must(out == NULL);
    must(err->code == st);
    must(err->message[0] != 0 && memchr(err->message, 0, sizeof err->message) != NULL);
    must(strchr(err->message, '\n') == NULL);
    must(st != ENS_EINTERNAL);
}

#endif
