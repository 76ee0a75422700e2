/* fit.c - seconds, memory and scores of fits in one process; the table is read anew before each.
 *
 *     fit [-t THREADS] [-n TIMES] [-a] [-s TEST] TABLE TARGET classification|regression RECIPE
 *
 * Prints one JSON object: the median of fit_s; what the fit takes above the loaded table at its peak; with -s
 * the seconds of predicting TEST, the median of three times, and its scores. With -a each fit is done again on the same table, whose
 * columns are binned by then, so bins_s, the median of the differences, is what binning takes. TABLE with a bracket in its
 * name is a generator's line, such as friedman1(n=1000). */
#include <ensemble.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct job {
    const char *table, *target, *test;
    ens_task task;
    ens_learner *learner;
    ens_exec exec;
    size_t times;
    int again;
} job;

typedef struct figures {
    double load_s, loaded_mb, peak_mb;
    double *fit_s, *bins_s; /* [times] */
} figures;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, ascending);
    return n % 2 ? v[n / 2] : 0.5 * (v[n / 2 - 1] + v[n / 2]);
}

static void must(ens_status st, const ens_error *err)
{
    if (st != ENS_OK) {
        fprintf(stderr, "fit: %s\n", err->message);
        exit(1);
    }
}

/* ---- Memory, from the kernel ---- */

/* A line of /proc/self/status in MB: VmRSS is what is held, VmHWM the most that was. */
static double status_mb(const char *name)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    double kb = 0;

    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            kb = strtod(line + strlen(name) + 1, NULL);
    if (f != NULL)
        fclose(f);
    return kb / 1024;
}

/* Give back what loading left over, and forget the peak so far. */
static void forget_peak(void)
{
    FILE *f;

    malloc_trim(0);
    f = fopen("/proc/self/clear_refs", "w");
    if (f != NULL) {
        fputs("5", f);
        fclose(f);
    }
}

/* ---- The work ---- */

static ens_dataset *load(const job *j, const char *path)
{
    ens_csv_options csv = {.target = j->target, .task = j->task, .threads = j->exec.threads};
    ens_dataset *data = NULL;
    ens_error err;

    if (strchr(path, '(') != NULL)
        must(ens_generate(&data, path, 1, &err), &err);
    else
        must(ens_csv_read(&data, path, &csv, &err), &err);
    return data;
}

static double fit_seconds(ens_model **out, const job *j, const ens_dataset *data)
{
    double start = now();
    ens_error err;

    must(ens_fit(out, j->learner, data, NULL, 1, &j->exec, &err), &err);
    return now() - start;
}

/* Fit the table j->times times; the last model is the caller's. */
static ens_model *fit_all(figures *f, const job *j, size_t *n, size_t *p)
{
    ens_model *model = NULL;

    for (size_t i = 0; i < j->times; i++) {
        double start = now();
        ens_dataset *data = load(j, j->table);

        f->load_s = now() - start;
        ens_model_free(model);
        forget_peak();
        f->loaded_mb = status_mb("VmRSS");
        f->fit_s[i] = fit_seconds(&model, j, data);
        f->peak_mb = status_mb("VmHWM") - f->loaded_mb;
        if (j->again) {
            ens_model_free(model);
            f->bins_s[i] = f->fit_s[i] - fit_seconds(&model, j, data);
        }
        *n = ens_dataset_n(data);
        *p = ens_dataset_p(data);
        ens_dataset_free(data);
    }
    return model;
}

static void score(const job *j, const ens_model *model)
{
    const char *asked = ens_model_k(model) == 1   ? "rmse"
                        : ens_model_k(model) == 2 ? "roc_auc,accuracy,log_loss"
                                                  : "accuracy,log_loss";
    ens_dataset *test = load(j, j->test);
    size_t n = ens_dataset_n(test), m = 0;
    double *out = malloc(n * ens_model_k(model) * sizeof *out);
    ens_score *s = NULL;
    double took[3];
    ens_error err;

    if (out == NULL)
        exit(1);
    for (int i = 0; i < 3; i++) {
        double start = now();

        must(ens_model_predict(model, test, out, &j->exec, &err), &err);
        took[i] = now() - start;
    }
    printf(", \"predict_s\": %.5f, \"test_rows\": %zu", median(took, 3), n);
    must(ens_model_evaluate(&s, &m, model, test, asked, &j->exec, &err), &err);
    for (size_t i = 0; i < m; i++)
        printf(", \"%s\": %.6f", s[i].name, s[i].value);
    ens_scores_free(s, m);
    free(out);
    ens_dataset_free(test);
}

static int usage(void)
{
    fputs("usage: fit [-t THREADS] [-n TIMES] [-a] [-s TEST] TABLE TARGET classification|regression RECIPE\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    job j = {.times = 1};
    figures f = {0};
    ens_error err;
    size_t n = 0, p = 0;

    for (int c; (c = getopt(argc, argv, "t:n:as:")) != -1;)
        switch (c) {
        case 't': j.exec.threads = (unsigned)atoi(optarg); break;
        case 'n': j.times = (size_t)atol(optarg); break;
        case 'a': j.again = 1; break;
        case 's': j.test = optarg; break;
        default: return usage();
        }
    if (argc - optind != 4 || j.times == 0)
        return usage();
    j.table = argv[optind];
    j.target = argv[optind + 1];
    j.task = strcmp(argv[optind + 2], "regression") == 0 ? ENS_TASK_REGRESSION : ENS_TASK_CLASSIFICATION;
    must(ens_learner_parse(&j.learner, argv[optind + 3], &err), &err);
    f.fit_s = calloc(2 * j.times, sizeof *f.fit_s);
    if (f.fit_s == NULL)
        return 1;
    f.bins_s = f.fit_s + j.times;

    ens_model *model = fit_all(&f, &j, &n, &p);

    printf("{\"rows\": %zu, \"features\": %zu, \"load_s\": %.4f, \"loaded_mb\": %.1f, \"fit_mb\": %.1f", n, p,
           f.load_s, f.loaded_mb, f.peak_mb);
    printf(", \"fit_s\": %.6f", median(f.fit_s, j.times));
    if (j.again)
        printf(", \"bins_s\": %.6f", median(f.bins_s, j.times));
    if (j.test != NULL)
        score(&j, model);
    puts("}");
    ens_model_free(model);
    ens_learner_free(j.learner);
    free(f.fit_s);
    return 0;
}
