/* generate.c - `ensemble generate`: a synthetic table as CSV. */
#include <config.h>

#include <cli/outfile.h>
#include <cli/tables.h>

typedef struct generate_options {
    const char *output;
    uint64_t seed;
    const char *delimiter;
} generate_options;

static const cli_option own[] = {
    {"output", 'o', CLI_TEXT, offsetof(generate_options, output), "FILE", "-", 0, 0, NULL,
     "where the table goes; - is standard output"},
    {"seed", 0, CLI_COUNT, offsetof(generate_options, seed), "N", "0", 0,
     18446744073709551615.0, NULL, "the same seed gives the same bytes"},
    {"delimiter", 0, CLI_TEXT, offsetof(generate_options, delimiter), "CHAR", ",", 0, 0,
     NULL, "between fields, a character or `tab`"},
    CLI_LAST};

static const cli_group groups[] = {{own, 0}, {NULL, 0}};

static int run(const void *options, char *const *operand)
{
    const generate_options *o = options;
    int delimiter = cli_delimiter(o->delimiter);
    ens_dataset *data = NULL;
    outfile out = {0};
    ens_error err;
    ens_status st;

    if (delimiter <= 0)
        return cli_usage("generate", "--delimiter=%s is not one character", o->delimiter);
    if ((st = ens_generate(&data, operand[0], o->seed, &err)) != ENS_OK)
        goto done;
    if ((st = outfile_open(&out, o->output, &err)) != ENS_OK)
        goto done;
    if ((st = ens_csv_write(data, out.stream, (char)delimiter, &err)) != ENS_OK) {
        if (st == ENS_EIO)
            outfile_failed(&out, &err);
        outfile_abort(&out);
        goto done;
    }
    st = outfile_close(&out, &err);
done:
    ens_dataset_free(data);
    return st == ENS_OK ? CLI_OK : cli_fail(&err);
}

const cli_verb cli_generate = {
    .name = "generate",
    .operands = "SPEC",
    .summary = "Make a synthetic table.",
    .detail = "SPEC is a line such as 'friedman1(n=1000, noise=0.5)'; `ensemble params\n"
              "--generators` lists what there is.",
    .min_operands = 1,
    .max_operands = 1,
    .groups = groups,
    .size = sizeof(generate_options),
    .run = run,
};
