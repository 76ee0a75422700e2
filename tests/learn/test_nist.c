/* test_nist.c - `linear` on the linear regression sets of NIST's Statistical Reference Datasets: nine digits of the
 * certified coefficients and standard errors, which NIST found in arithmetic of 500 digits. */
#include <config.h>

#include <ensemble.h>
#include <learn/linear_state.h>
#include <learn/model.h>

#include "run.h"

static ens_error err;

enum { MOST_TERMS = 11 };

typedef struct set {
    const char *name;
    size_t n, p;
    bool intercept;
    double coef[MOST_TERMS],
        error[MOST_TERMS]; /* the intercept first; errors of 0 are of an exact fit */
} set;

static const double nine_digits = 1e-9;

static void digits(const set *s, const char *what, size_t j, double is, double want,
                   double tolerance)
{
    ck_assert_msg(fabs(is - want) <= tolerance * fabs(want),
                  "%s: %s %zu is %.15g, expected %.15g", s->name, what, j, is, want);
}

static ens_model *fit(const set *s, const double *x, const double *y)
{
    ens_learner *learner;
    ens_dataset *d;
    ens_model *m;

    ck_ok(ens_dataset_from_matrix(&d, x, s->n, s->p, y, ENS_TASK_REGRESSION, &err));
    ck_ok(ens_learner_parse(
        &learner, s->intercept ? "linear" : "linear(fit_intercept=false)", &err));
    ck_ok(ens_fit(&m, learner, d, NULL, 1, NULL, &err));
    ens_learner_free(learner);
    ens_dataset_free(d);
    return m;
}

static void compare(const set *s, const ens__linear *l, double tolerance)
{
    for (size_t j = 0; j < s->p + s->intercept; j++) {
        bool first = s->intercept && j == 0;
        size_t at = first ? s->p : j - s->intercept;

        digits(s, "B", j, first ? l->intercept[0] : l->coef[at], s->coef[j], tolerance);
        if (s->error[j] > 0)
            digits(s, "the standard error of B", j, l->error[at], s->error[j], tolerance);
    }
}

static void certified(const set *s, const double *x, const double *y)
{
    ens_model *m = fit(s, x, y);

    compare(s, m->root.state, nine_digits);
    ens_model_free(m);
}

/* x, x^2, ..., x^degree; products of doubles, as everyone has them. */
static void powers(double *out, double x, size_t degree)
{
    double power = 1;

    for (size_t j = 0; j < degree; j++)
        out[j] = power *= x;
}

/* Calibration of ozone monitors. */
static const double norris[][2] = {
    {0.1, 0.2},     {338.8, 337.4}, {118.1, 118.2}, {888.0, 884.6}, {9.2, 10.1},
    {228.1, 226.5}, {668.5, 666.3}, {998.5, 996.3}, {449.1, 448.6}, {778.9, 777.0},
    {559.2, 558.2}, {0.3, 0.4},     {0.1, 0.6},     {778.1, 775.5}, {668.8, 666.9},
    {339.3, 338.0}, {448.9, 447.5}, {10.8, 11.6},   {557.7, 556.0}, {228.3, 228.1},
    {998.0, 995.8}, {888.8, 887.6}, {119.6, 120.2}, {0.3, 0.3},     {0.6, 0.3},
    {557.6, 556.8}, {339.3, 339.1}, {888.0, 887.2}, {998.5, 999.0}, {778.9, 779.0},
    {10.2, 11.1},   {117.6, 118.3}, {228.9, 229.2}, {668.4, 669.1}, {449.2, 448.9},
    {0.2, 0.5}};

/* Longley (1967): Employed, GNP deflator, GNP, Unemployed, Armed Forces, Population, Year. */
static const double longley[][7] = {{60323, 83.0, 234289, 2356, 1590, 107608, 1947},
                                    {61122, 88.5, 259426, 2325, 1456, 108632, 1948},
                                    {60171, 88.2, 258054, 3682, 1616, 109773, 1949},
                                    {61187, 89.5, 284599, 3351, 1650, 110929, 1950},
                                    {63221, 96.2, 328975, 2099, 3099, 112075, 1951},
                                    {63639, 98.1, 346999, 1932, 3594, 113270, 1952},
                                    {64989, 99.0, 365385, 1870, 3547, 115094, 1953},
                                    {63761, 100.0, 363112, 3578, 3350, 116219, 1954},
                                    {66019, 101.2, 397469, 2904, 3048, 117388, 1955},
                                    {67857, 104.6, 419180, 2822, 2857, 118734, 1956},
                                    {68169, 108.4, 442769, 2936, 2798, 120445, 1957},
                                    {66513, 110.8, 444546, 4681, 2637, 121950, 1958},
                                    {68655, 112.6, 482704, 3813, 2552, 123366, 1959},
                                    {69564, 114.2, 502601, 3931, 2514, 125368, 1960},
                                    {69331, 115.7, 518173, 4806, 2572, 127852, 1961},
                                    {70551, 116.9, 554894, 4007, 2827, 130081, 1962}};

START_TEST(norris_and_longley)
{
    static const set n = {"Norris",
                          36,
                          1,
                          true,
                          {-0.262323073774029, 1.00211681802045},
                          {0.232818234301152, 0.429796848199937E-03}};
    static const set l = {
        "Longley",
        16,
        6,
        true,
        {-3482258.63459582, 15.0618722713733, -0.358191792925910E-01, -2.02022980381683,
         -1.03322686717359, -0.511041056535807E-01, 1829.15146461355},
        {890420.383607373, 84.9149257747669, 0.334910077722432E-01, 0.488399681651699,
         0.214274163161675, 0.226073200069370, 455.478499142212}};
    double x[16 * 6], y[36], nx[36];

    for (size_t i = 0; i < 36; i++) {
        y[i] = norris[i][0];
        nx[i] = norris[i][1];
    }
    certified(&n, nx, y);
    for (size_t i = 0; i < 16; i++) {
        y[i] = longley[i][0];
        memcpy(x + 6 * i, longley[i] + 1, 6 * sizeof *x);
    }
    certified(&l, x, y);
}
END_TEST

/* Load cells, of 150000, 300000, ... pounds twice: a square. */
static const double pontius[] = {
    0.11019, 0.21956, 0.32949, 0.43899, 0.54803, 0.65694, 0.76562, 0.87487,
    0.98292, 1.09146, 1.20001, 1.30822, 1.41599, 1.52399, 1.63194, 1.73947,
    1.84646, 1.95392, 2.06128, 2.16844, 0.11052, 0.22018, 0.32939, 0.43886,
    0.54798, 0.65739, 0.76596, 0.87474, 0.98300, 1.09150, 1.20004, 1.30818,
    1.41613, 1.52408, 1.63159, 1.73965, 1.84696, 1.95445, 2.06177, 2.16829};

START_TEST(pontius_and_lines_through_the_origin)
{
    static const set s = {
        "Pontius",
        40,
        2,
        true,
        {0.673565789473684E-03, 0.732059160401003E-06, -0.316081871345029E-14},
        {0.107938612033077E-03, 0.157817399981659E-09, 0.486652849992036E-16}};
    static const set first = {
        "NoInt1", 11, 1, false, {2.07438016528926}, {0.165289256198347E-01}};
    static const set second = {
        "NoInt2", 3, 1, false, {0.727272727272727}, {0.420827318078432E-01}};
    double x[40 * 2], y[11];

    for (size_t i = 0; i < 40; i++)
        powers(x + 2 * i, 150000.0 * (double)(i % 20 + 1), 2);
    certified(&s, x, pontius);
    for (size_t i = 0; i < 11; i++) {
        x[i] = 60 + (double)i;
        y[i] = 130 + (double)i;
    }
    certified(&first, x, y);
    certified(&second, (const double[]){4, 5, 6}, (const double[]){3, 4, 4});
}
END_TEST

/* Wampler1, 3, 4 and 5: polynomials of ones, and deviations orthogonal to those of degree 5, 0 to 10000 times. */
START_TEST(wampler_polynomials)
{
    static const double deviation[21] = {759,   -2048, 2048,  -2048, 2523,  -2048, 2048,
                                         -2048, 1838,  -2048, 2048,  -2048, 1838,  -2048,
                                         2048,  -2048, 2523,  -2048, 2048,  -2048, 759};
    static const double times[] = {0, 1, 100, 10000};
    static const set wampler3 = {"Wampler3",
                                 21,
                                 5,
                                 true,
                                 {1, 1, 1, 1, 1, 1},
                                 {2152.32624678170, 2363.55173469681, 779.343524331583,
                                  101.475507550350, 5.64566512170752, 0.112324854679312}};
    double x[21 * 5], y[21];

    for (size_t t = 0; t < 4; t++) {
        set s = wampler3;

        for (size_t j = 0; j < 6; j++)
            s.error[j] *= times[t];
        for (size_t i = 0; i < 21; i++) {
            powers(x + 5 * i, (double)i, 5);
            y[i] = 1 + times[t] * deviation[i];
            for (size_t j = 0; j < 5; j++)
                y[i] += x[5 * i + j];
        }
        certified(&s, x, y);
    }
}
END_TEST

/* y is sum_j (x / 10)^j to five decimals, which is all it has. */
START_TEST(wampler2)
{
    static const set s = {"Wampler2", 21, 5, true, {1, 0.1, 0.01, 0.001, 0.0001, 0.00001},
                          {0}};
    double x[21 * 5], y[21];

    for (size_t i = 0; i < 21; i++) {
        double units = 1e5, unit = 1e5;

        powers(x + 5 * i, (double)i, 5);
        for (size_t j = 0; j < 5; j++)
            units += x[5 * i + j] * (unit /= 10);
        y[i] = units / 1e5;
    }
    certified(&s, x, y);
}
END_TEST

/* Filippelli: his data, a polynomial of degree ten. */
static const double filip[][2] = {
    {0.8116, -6.860120914}, {0.9072, -4.324130045}, {0.9052, -4.358625055},
    {0.9039, -4.358426747}, {0.8053, -6.955852379}, {0.8377, -6.661145254},
    {0.8667, -6.355462942}, {0.8809, -6.118102026}, {0.7975, -7.115148017},
    {0.8162, -6.815308569}, {0.8515, -6.519993057}, {0.8766, -6.204119983},
    {0.8885, -5.853871964}, {0.8859, -6.109523091}, {0.8959, -5.79832982},
    {0.8913, -5.482672118}, {0.8959, -5.171791386}, {0.8971, -4.851705903},
    {0.9021, -4.517126416}, {0.909, -4.143573228},  {0.9139, -3.709075441},
    {0.9199, -3.499489089}, {0.8692, -6.300769497}, {0.8872, -5.953504836},
    {0.89, -5.642065153},   {0.891, -5.031376979},  {0.8977, -4.680685696},
    {0.9035, -4.329846955}, {0.9078, -3.928486195}, {0.7675, -8.56735134},
    {0.7705, -8.363211311}, {0.7713, -8.107682739}, {0.7736, -7.823908741},
    {0.7775, -7.522878745}, {0.7841, -7.218819279}, {0.7971, -6.920818754},
    {0.8329, -6.628932138}, {0.8641, -6.323946875}, {0.8804, -5.991399828},
    {0.7668, -8.781464495}, {0.7633, -8.663140179}, {0.7678, -8.473531488},
    {0.7697, -8.247337057}, {0.77, -7.971428747},   {0.7749, -7.676129393},
    {0.7796, -7.352812702}, {0.7897, -7.072065318}, {0.8131, -6.774174009},
    {0.8498, -6.478861916}, {0.8741, -6.159517513}, {0.8061, -6.835647144},
    {0.846, -6.53165267},   {0.8751, -6.224098421}, {0.8856, -5.910094889},
    {0.8919, -5.598599459}, {0.8934, -5.290645224}, {0.894, -4.974284616},
    {0.8957, -4.64454848},  {0.9047, -4.290560426}, {0.9129, -3.885055584},
    {0.9209, -3.408378962}, {0.9219, -3.13200249},  {0.7739, -8.726767166},
    {0.7681, -8.66695597},  {0.7665, -8.511026475}, {0.7703, -8.165388579},
    {0.7702, -7.886056648}, {0.7761, -7.588043762}, {0.7809, -7.283412422},
    {0.7961, -6.995678626}, {0.8253, -6.691862621}, {0.8602, -6.392544977},
    {0.8809, -6.067374056}, {0.8301, -6.684029655}, {0.8664, -6.378719832},
    {0.8834, -6.065855188}, {0.8898, -5.752272167}, {0.8964, -5.132414673},
    {0.8963, -4.811352704}, {0.9074, -4.098269308}, {0.9119, -3.66174277},
    {0.9228, -3.2644011}};

static const set filip_certified = {
    "Filip",
    82,
    10,
    true,
    {-1467.48961422980, -2772.17959193342, -2316.37108160893, -1127.97394098372,
     -354.478233703349, -75.1242017393757, -10.8753180355343, -1.06221498588947,
     -0.670191154593408E-01, -0.246781078275479E-02, -0.402962525080404E-04},
    {298.084530995537, 559.779865474950, 466.477572127796, 227.204274477751,
     71.6478660875927, 15.2897178747400, 2.23691159816033, 0.221624321934227,
     0.142363763154724E-01, 0.535617408889821E-03, 0.896632837373868E-05}};

static ens_model *fit_filip(double shift)
{
    double x[82 * 10], y[82];

    for (size_t i = 0; i < 82; i++) {
        y[i] = filip[i][0];
        powers(x + 10 * i, filip[i][1] + shift, 10);
    }
    return fit(&filip_certified, x, y);
}

/* Powers of x + 6 have what powers of x lose in rounding: their polynomial, multiplied out, is the certified one. */
START_TEST(filip_of_x_plus_six)
{
    ens_model *m = fit_filip(6);
    const ens__linear *l = m->root.state;

    for (size_t i = 0; i <= 10; i++) {
        double sum = 0, term = 1; /* binomial(j, i) 6^(j - i) */

        for (size_t j = i; j <= 10; j++) {
            sum += (j == 0 ? l->intercept[0] : l->coef[j - 1]) * term;
            term *= 6 * (double)(j + 1) / (double)(j + 1 - i);
        }
        digits(&filip_certified, "B", i, sum, filip_certified.coef[i], nine_digits);
    }
    ens_model_free(m);
}
END_TEST

/* Of the powers of x that doubles hold, rational arithmetic gives these coefficients, of 7 certified digits: no better
 * ones are in the table. */
START_TEST(filip_has_every_digit_of_its_table)
{
    static const double exact[] = {
        -1467.4896313887714,   -2772.1796242619316,   -2316.371108609359,
        -1127.9739541497518,   -354.4782378552308,    -75.12420262435174,
        -10.875318164699452,   -1.0622149986404843,   -0.06701911627445624,
        -0.002467810813235648, -4.029625301456807e-05};
    set s = filip_certified;
    ens_model *m = fit_filip(0);

    compare(&s, m->root.state, 2e-8);
    memcpy(s.coef, exact, sizeof exact);
    memset(s.error, 0, sizeof s.error);
    compare(&s, m->root.state, nine_digits);
    ens_model_free(m);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, norris_and_longley);
    tcase_add_test(tc, pontius_and_lines_through_the_origin);
    tcase_add_test(tc, wampler_polynomials);
    tcase_add_test(tc, wampler2);
    tcase_add_test(tc, filip_of_x_plus_six);
    tcase_add_test(tc, filip_has_every_digit_of_its_table);
}

Suite *nist_suite(void);
Suite *nist_suite(void)
{
    return suite_of("nist", add);
}
