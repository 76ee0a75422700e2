/* replay.c - runs a fuzz target without libFuzzer, on the corpus in the tree and on what lies near it.
 *
 * Every file is taken as it is, cut short at up to 64 places, and with one byte changed at up to 256
 * places: always the same ones. Usage: replay_<target> [FILE...]; without files, the target's corpus. */
#include <config.h>

#include "fuzz.h"
#include <dirent.h>

enum { MAX_CUTS = 64, MAX_CHANGES = 256 };

static size_t n_inputs;

/* In memory of exactly this size, so that a sanitizer sees a read past the end. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size != 0 ? size : 1);

    must(exact != NULL);
    if (size != 0)
        memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    n_inputs++;
}

static void run_near(uint8_t *data, size_t size)
{
    size_t n_cuts = size < MAX_CUTS ? size : MAX_CUTS;
    size_t n_changes = size < MAX_CHANGES ? size : MAX_CHANGES;

    run(data, size);
    for (size_t i = 0; i < n_cuts; i++)
        run(data, size * i / n_cuts);
    for (size_t i = 0; i < n_changes; i++) {
        uint8_t *byte = &data[size * i / n_changes];
        uint8_t was = *byte;

        /* In turn: another case, another digit, all bits, a NUL. */
        *byte = (uint8_t)(i % 4 == 0 ? was ^ 0x20 : i % 4 == 1 ? was ^ 1 : i % 4 == 2 ? ~was : 0);
        run(data, size);
        *byte = was;
    }
}

static void run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t size = 0, got, cap = 0;

    if (f == NULL) {
        perror(path);
        exit(1);
    }
    do {
        if (size == cap) {
            cap = cap != 0 ? 2 * cap : 4096;
            data = realloc(data, cap);
            must(data != NULL);
        }
        got = fread(data + size, 1, cap - size, f);
        size += got;
    } while (got != 0);
    fclose(f);
    run_near(data, size);
    free(data);
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int run_corpus(const char *folder)
{
    struct dirent **entry;
    int n = scandir(folder, &entry, is_file, alphasort);
    char path[4096];

    if (n <= 0) {
        fprintf(stderr, "%s: no corpus there\n", folder);
        return 0;
    }
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
        run_file(path);
        free(entry[i]);
    }
    free(entry);
    return n;
}

int main(int argc, char **argv)
{
    int n_files = argc - 1;

    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    if (argc == 1)
        n_files = run_corpus(FUZZ_CORPUS);
    printf("%d files, %zu inputs\n", n_files, n_inputs);
    return n_files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
