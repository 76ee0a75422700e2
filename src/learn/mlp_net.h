/* mlp_net.h - layers of a feed-forward network: what they make of rows, and the slopes of their weights.
 *
 * All weights are one array, theta: those of the layers, then the tables of categories, the biases, the gains of batch
 * normalisation.  Rows of matrices are filled up with zeros to ENS__REAL_PAD of their length, which stay zero.  Work
 * is on blocks of rows; what a block gives does not depend on others. */
#ifndef ENS_LEARN_MLP_NET_H
#define ENS_LEARN_MLP_NET_H

#include <ensemble/base.h>
#include <num/activate.h>
#include <stdbool.h>

/* Rows of a block at most: of training, whose statistics normalise a block, and of prediction. */
#define ENS__NET_ROWS     128
#define ENS__NET_RUN_ROWS 256

typedef struct ens__net_layer {
    size_t in, in_pad, out, pad;
    size_t w;    /* in theta: [in][pad] */
    size_t b;    /* [pad] */
    size_t gain; /* [pad], if the net normalises and this is no output */
    size_t back; /* of its transpose [out][in_pad] among those */
    size_t stat; /* of its mean and variance [2][pad] among those */
} ens__net_layer;

/* A category as numbers: those of its level, the last of which is for what is missing. */
typedef struct ens__net_table {
    size_t rows, d;
    size_t at;     /* in theta: [rows][d] */
    size_t column; /* the first of its inputs */
    bool trained;  /* else they are one-hot */
} ens__net_table;

typedef struct ens__net {
    ens__net_layer *layer; /* [n_layers], the outputs last */
    ens__net_table *table; /* [n_tables] */
    size_t n_layers, n_tables, n_numbers;
    size_t q, q_pad;       /* inputs: numbers, then those of the tables */
    ens__activation activation;
    bool norm;             /* sums are normalised over a block: Ioffe and Szegedy (2015) */
    bool embeds;           /* some table is trained */
    double dropout;        /* Srivastava et al. (2014) */
    size_t n_weights;      /* of theta, which come first: those of the layers */
    size_t n_theta, n_back, n_stat, widest;
} ens__net;

/* What a net is made of. */
typedef struct ens__net_spec {
    const double *hidden;   /* [n_hidden] widths */
    const uint32_t *levels; /* [n_tables] */
    const uint32_t *width;  /* [n_tables] of embeddings; 0: one-hot */
    size_t n_hidden, n_tables, n_numbers, n_outputs;
    ens__activation activation;
    bool norm;
    double dropout;
} ens__net_spec;

typedef enum ens__net_init_kind {
    ENS__INIT_AUTO,   /* he for relu and its kin, lecun for selu, else glorot */
    ENS__INIT_HE,     /* He et al. (2015): variance 2 / in */
    ENS__INIT_GLOROT, /* Glorot and Bengio (2010): 2 / (in + out) */
    ENS__INIT_LECUN   /* LeCun et al. (1998): 1 / in */
} ens__net_init_kind;

ens_status ens__net_init(ens__net *net, const ens__net_spec *spec, ens_error *err);
void ens__net_clear(ens__net *net);
/* theta[n_theta]: uniform weights of these variances, biases of 0. */
void ens__net_start(ens__real *theta, const ens__net *net, ens__net_init_kind kind, uint64_t seed);

/* Memory of a worker in training. */
typedef struct ens__net_work {
    size_t n;               /* rows of the block */
    ens__real *x;           /* [ENS__NET_ROWS][q_pad]; its numbers are the caller's to fill */
    int32_t *code;          /* [ENS__NET_ROWS][n_tables] rows of tables; the caller's */
    ens__real **a;          /* [n_layers] values of units; of the last layer scores, [n][pad] */
    ens__real **slope;      /* [n_layers - 1] of their activation */
    ens__real **hat;        /* [n_layers - 1] normalised sums */
    ens__real *delta;       /* [ENS__NET_ROWS][widest] */
    ens__real *spare;       /* likewise */
    ens__real *sums;        /* [4][widest] */
    void *memory;
} ens__net_work;

ens_status ens__net_work_init(ens__net_work *w, const ens__net *net, ens_error *err);
void ens__net_work_clear(ens__net_work *w);

/* A step's block, of which the random stream (seed, index) says what is left out. */
typedef struct ens__net_draw {
    uint64_t seed, index;
} ens__net_draw;

/* The values of all units for the rows of w.  stat[n_stat] gets means and variances, if the net normalises. */
void ens__net_forward(const ens__net *net, const ens__real *theta, ens__net_work *w, ens__net_draw draw,
                      ens__real *stat);
/* slope[n_theta] of a loss whose slopes by the scores are w->delta[n][pad], zero past the outputs, which is
 * overwritten.  back is of ens__net_transpose() and stat of ens__net_forward(). */
void ens__net_backward(ens__real *slope, const ens__net *net, const ens__real *theta, const ens__real *back,
                       const ens__real *stat, ens__net_work *w);
/* back[n_back]: weights as backward() wants them. */
void ens__net_transpose(ens__real *back, const ens__net *net, const ens__real *theta);
/* What makes run() normalise by these means and variances: weights and biases scaled. */
void ens__net_fold(ens__real *theta, const ens__net *net, const ens__real *stat);

/* Scores [n][pad of the last layer], somewhere in scratch, which has ens__net_run_size() numbers and begins with the
 * inputs [n][q_pad], whose numbers are filled in; n is at most ENS__NET_RUN_ROWS. theta is folded. */
const ens__real *ens__net_run(const ens__net *net, const ens__real *theta, size_t n, const int32_t *code,
                              ens__real *scratch);
size_t ens__net_run_size(const ens__net *net);

#endif
