/* fixture.h - a learner type made for these tests, a model of it built by hand, real models, and files altered on
 * purpose. */
#ifndef TESTS_IO_FIXTURE_H
#define TESTS_IO_FIXTURE_H

#include <jansson.h>
#include <learn/model.h>

/* A type whose fitted state has tensors of every kind, with `write_fails=true` to make its write fail.
 * Registered by the first call. */
void probe_register(void);
/* A model of it: two numbers, a category with a level that is not UTF-8, three classes, a NaN score. */
ens_model *probe_model(const char *recipe);
/* Its file; free(). */
unsigned char *probe_file(size_t *size, const char *recipe);

enum { N_ROWS = 140, N_LEVELS = 70, N_REAL_MODELS = 27 };

typedef struct real_recipe {
    const char *recipe;
    ens_task task;
} real_recipe;

/* One of every learner that there is, alone and nested. */
extern const real_recipe real_models[N_REAL_MODELS];

/* A table of numbers with gaps, a category of N_LEVELS levels, one of three and one without any. */
ens_dataset *real_table(ens_task task);
/* Model i fitted on it, and its file; ens_bytes_free(). */
ens_model *real_model(int i, const ens_dataset *data);
void *real_file(size_t *size, int i, const ens_dataset *data);

/* The header of a file, parsed; json_decref(). */
json_t *file_header(const unsigned char *file, size_t size);
/* A file of a header's text (blanks are added) and the arrays of an old file, its checksum made right; free(). */
unsigned char *file_with_header(size_t *size_out, const char *header, const unsigned char *file, size_t size);
/* The file with the first `find` in its header, or in one text of its metadata, replaced; free(). */
unsigned char *file_replace(size_t *size_out, const unsigned char *file, size_t size, const char *key,
                            const char *find, const char *replace);
/* Make the checksum of a file right. */
void file_sign(unsigned char *file, size_t size);

/* A path for a file of this test program; static storage. */
const char *scratch_path(const char *name);

#endif
