/* losses.c - every loss, with targets and scores to try it on. */
#include <config.h>

#include "losses.h"
#include "run.h"

#include <core/mem.h>

static double any_number(ens__stream *s)
{
    return 2 * ens__stream_gaussian(s) + 1;
}

const loss_case loss_cases[] = {
    {"squared", 0, any_number, 1, NAN},
    {"logistic", 2, NULL, 1, NAN},
    {"softmax", 2, NULL, 2, NAN},
    {"softmax", 5, NULL, 1.25, NAN},
};

const size_t n_loss_cases = sizeof loss_cases / sizeof *loss_cases;

static float draw_target(const loss_case *c, ens__stream *s)
{
    return c->draw != NULL ? (float)c->draw(s)
                           : (float)ens__stream_below(s, (uint32_t)c->n_classes);
}

void sample_make(sample *s, const loss_case *c, size_t n, uint64_t seed)
{
    ens_task task = c->n_classes > 0 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION;
    ens_error err;
    ens__stream stream;
    size_t k;

    ck_ok(ens__loss_new(&s->loss, c->line, task, c->n_classes, &err));
    k = s->loss->k;
    ens__stream_init(&stream, seed, ENS__FOR_TEST, 0);
    s->y = ens__array(n, sizeof *s->y);
    s->w = ens__array(n, sizeof *s->w);
    s->score = ens__array(n * k, sizeof *s->score);
    s->g = ens__zeros(n * k, sizeof *s->g);
    s->h = ens__zeros(n * k, sizeof *s->h);
    s->value = ens__zeros(n, sizeof *s->value);
    for (size_t i = 0; i < n; i++) {
        s->y[i] = draw_target(c, &stream);
        s->w[i] = (float)(0.25 + ens__stream_uniform(&stream));
    }
    for (size_t i = 0; i < n * k; i++)
        s->score[i] = (float)((int)ens__stream_below(&stream, 513) - 256) / 64;
    s->rows = (ens_loss_rows){
        .n = n, .k = k, .y = s->y, .w = s->w, .score = s->score, .stride = n};
}

void sample_clear(sample *s)
{
    ens__loss_free(s->loss);
    ens__free(s->y);
    ens__free(s->w);
    ens__free(s->score);
    ens__free(s->g);
    ens__free(s->h);
    ens__free(s->value);
}
