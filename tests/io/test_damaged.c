/* test_damaged.c - one value of a model file made wrong, with a checksum that is right: the message tells which. */
#include <config.h>

#include "io/fixture.h"
#include "io/pieces.h"
#include "run.h"

/* Of real_models[]. */
enum { QUANTILES = 9, ISOLATION = 12, VOTING = 22, STACKING = 23, LEARNER = 24, AUTO = 25, MLP = 26 };

enum { LEAF = -1, LAST = -2 }; /* places of which the number is found out */

typedef struct damage {
    int model;
    const char *tensor;
    int at;
    double real;    /* what a tensor of F64 gets there */
    uint64_t whole; /* what another one gets */
    const char *message;
} damage;

static const damage damages[] = {
    {ISOLATION, "model/psi", 0, 0, 0, "psi = 0 is outside [1, 4294967295]"},
    {ISOLATION, "model/psi", 0, 0, 4294967296,
     "psi = 4294967296 is outside [1, 4294967295]"},
    {ISOLATION, "model/threshold", 0, (double)NAN, 0,
     "threshold = nan is outside (0, 1)"},
    {ISOLATION, "model/threshold", 0, (double)INFINITY, 0,
     "threshold = inf is outside (0, 1)"},
    {ISOLATION, "model/threshold", 0, -0.5, 0, "threshold = -0.5 is outside (0, 1)"},
    {ISOLATION, "model/threshold", 0, 0, 0, "threshold = 0 is outside (0, 1)"},
    {ISOLATION, "model/threshold", 0, 1, 0, "threshold = 1 is outside (0, 1)"},
    {ISOLATION, "model/members/threshold", LEAF, -1, 0,
     "of tree 0 has a path of length -1"},
    {ISOLATION, "model/members/threshold", LEAF, (double)NAN, 0,
     "has a value that is not finite"},
    {ISOLATION, "model/members/threshold", LEAF, (double)INFINITY, 0,
     "has a value that is not finite"},
    {QUANTILES, "model/quantiles/y", 0, 1e9, 0,
     "target 1 is out of order, or its weight is none"},
    {QUANTILES, "model/quantiles/y", LAST, (double)NAN, 0, "target 139 is out of order"},
    {QUANTILES, "model/quantiles/y", LAST, (double)INFINITY, 0,
     "target 139 is out of order"},
    {QUANTILES, "model/quantiles/row", 0, 0, N_ROWS, "row 0 of tree 0 has no target"},
    {QUANTILES, "model/quantiles/row", LAST, 0, UINT32_MAX, "of tree 3 has no target"},
    {QUANTILES, "model/quantiles/size", 0, 0, 0, "the leaves of tree 0 do not share out"},
    {QUANTILES, "model/quantiles/size", 0, 0, UINT32_MAX,
     "the leaves of tree 0 do not share out"},
    {QUANTILES, "model/quantiles/size", LAST, 0, 100,
     "the leaves of tree 3 do not share out"},
    {QUANTILES, "model/quantiles/row_start", 0, 0, 1,
     "row_start does not lead over 4 trees"},
    {QUANTILES, "model/quantiles/row_start", LAST, 0, UINT64_MAX,
     "row_start does not lead over 4 trees"},
    {QUANTILES, "model/quantiles/row_start", 1, 0, UINT64_MAX,
     "row_start of tree 2 goes back"},
    {QUANTILES, "model/quantiles/leaf_start", 0, 0, 1,
     "leaf_start does not lead over 4 trees"},
    {QUANTILES, "model/quantiles/leaf_start", 1, 0, 1,
     "tree 0 has another number of leaves"},
    {QUANTILES, "model/quantiles/leaf_start", 2, 0, 0, "leaf_start of tree 2 goes back"},
    {VOTING, "model/which", 0, 0, 2, "member number 2 is not ascending below 2"},
    {VOTING, "model/which", LAST, 0, 0, "member number 0 is not ascending below 2"},
    {VOTING, "model/weights", 0, -0.5, 0, "weight 0 is -0.5"},
    {VOTING, "model/weights", 0, (double)NAN, 0, "weight 0 is nan"},
    {VOTING, "model/weights", 1, (double)INFINITY, 0, "weight 1 is inf"},
    {VOTING, "model/weights", 1, 7, 0, "the weights sum to 7.5"},
    {STACKING, "model/weights", LAST, 7, 0, "the weights sum to"},
    {STACKING, "model/which", 0, 0, UINT32_MAX, "member number 4294967295 is not ascending"},
    {LEARNER, "model/final_recipe", 0, 0, 'q', "final_recipe: column 1: no learner"},
    {LEARNER, "model/final_recipe", 0, 0, 0, "final_recipe: column 1: expected"},
    {AUTO, "model/recipe", 0, 0, 'S', "recipe: column 1: no learner is called `Selection`"},
    {AUTO, "model/selection/0/which", 0, 0, 9, "member number 9 is not ascending"},
    {LEARNER, "model/final/node_start", LAST, 0, 10000, "model/final/feature"},
    {MLP, "model/step2/0/theta", 0, 0, 0x7fc00000, "theta[0] = nan is too large"},
    {MLP, "model/step2/0/theta", LAST, 0, 0x7f800000, "] = inf is too large"},
    {MLP, "model/step2/0/theta", 1, 0, 0xdf000000, "theta[1] = -9.22337e+18 is too large"},
    {MLP, "model/step2/0/response", 0, (double)INFINITY, 0, "response is inf"},
    {MLP, "model/step2/0/response", 1, 0, 0, ", 0"},
    {MLP, "model/step2/0/response", 1, -1, 0, ", -1"},
};

enum { N_DAMAGES = sizeof damages / sizeof *damages };

/* Where there are no classes, each node has a threshold, a set or, a leaf, its value there. */
static size_t first_leaf(const pieces *ps)
{
    const piece *feature = pieces_find(ps, "model/members/feature");
    uint16_t j;

    ck_assert_uint_eq(feature->width, sizeof j);
    for (size_t i = 0; i < feature->n / sizeof j; i++) {
        memcpy(&j, feature->data + i * sizeof j, sizeof j);
        if (j == UINT16_MAX)
            return i;
    }
    ck_abort_msg("no leaf");
    return 0;
}

static unsigned char *damaged(size_t *size_out, const damage *d, const void *file,
                              size_t size)
{
    pieces ps;
    piece *p;
    size_t at;

    pieces_take(&ps, file, size);
    p = pieces_find(&ps, d->tensor);
    at = d->at == LEAF   ? first_leaf(&ps)
         : d->at == LAST ? p->n / p->width - 1
                         : (size_t)d->at;
    ck_assert_uint_lt(at, p->n / p->width);
    if (strcmp(json_string_value(json_object_get(p->node, "dtype")), "F64") == 0)
        memcpy(p->data + 8 * at, &d->real, 8);
    else
        memcpy(p->data + p->width * at, &d->whole,
               p->width); /* little-endian, as the file */
    return pieces_put(size_out, &ps);
}

START_TEST(one_wrong_value_is_refused_by_name)
{
    const damage *d = &damages[_i];
    ens_dataset *data = real_table(real_models[d->model].task);
    size_t size, n;
    void *file = real_file(&size, d->model, data);
    unsigned char *bad = damaged(&n, d, file, size);
    ens_model *m = NULL;
    ens_error err;

    ck_fails(ens_model_load_bytes(&m, bad, n, &err), ENS_EFORMAT, d->message);
    ck_assert_ptr_null(m);
    free(bad);
    ens_bytes_free(file);
    ens_dataset_free(data);
}
END_TEST

/* A forest of one row a member is possible: every path has length 0, and a score stays a number below 1. */
START_TEST(the_least_psi_gives_scores)
{
    const damage d = {.model = ISOLATION, .tensor = "model/psi", .whole = 1};
    ens_dataset *data = real_table(real_models[ISOLATION].task);
    size_t size, n;
    void *file = real_file(&size, ISOLATION, data);
    unsigned char *odd = damaged(&n, &d, file, size);
    ens_model *m = NULL;
    double out[N_ROWS];
    ens_error err;

    ck_ok(ens_model_load_bytes(&m, odd, n, &err));
    ck_ok(ens_model_predict(m, data, out, NULL, &err));
    for (size_t i = 0; i < N_ROWS; i++)
        ck_assert_msg(out[i] >= 0 && out[i] <= 1, "row %zu has score %g", i, out[i]);
    ens_model_free(m);
    free(odd);
    ens_bytes_free(file);
    ens_dataset_free(data);
}
END_TEST

/* The recipe tells which quantiles, and whether there are any. */
START_TEST(a_recipe_of_other_quantiles_is_refused)
{
    static const struct {
        const char *find, *replace, *message;
    } tale[] = {
        {"quantiles=[0.1, 0.9]", "quantiles=[0.1, 1]", "quantiles"},
        {"quantiles=[0.1, 0.9]", "quantiles=[0, 0.9]", "quantiles"},
        {"quantiles=[0.1, 0.9]", "quantiles=[0.1, nan]", "quantiles"},
    };
    ens_dataset *data = real_table(real_models[QUANTILES].task);
    size_t size, n;
    void *file = real_file(&size, QUANTILES, data);
    ens_model *m = NULL;
    ens_error err;

    for (size_t i = 0; i < sizeof tale / sizeof *tale; i++) {
        unsigned char *bad =
            file_replace(&n, file, size, "recipe", tale[i].find, tale[i].replace);

        ck_fails(ens_model_load_bytes(&m, bad, n, &err), ENS_EFORMAT, tale[i].message);
        ck_assert_ptr_null(m);
        free(bad);
    }
    ens_bytes_free(file);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, one_wrong_value_is_refused_by_name, 0, N_DAMAGES);
    tcase_add_test(tc, the_least_psi_gives_scores);
    tcase_add_test(tc, a_recipe_of_other_quantiles_is_refused);
}

Suite *damaged_suite(void);

Suite *damaged_suite(void)
{
    return suite_of("damaged", add);
}
