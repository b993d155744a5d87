/*
 * One gradient step of a low-rank network (forward, backward, Adam) on one thread: the work of a row of `./kappa bench`, as a C
 * compiler makes it. Sizes are macros: N neurons, K rank, S inputs, T bins, B windows; LANES floats of a vector.
 * Rates are observed.
 *
 * Without arguments: for each number of steps on standard input, does so many and writes the nanoseconds of wall clock and of
 * processor time. With "check": compares the gradient with finite differences in double precision; status 1 if they differ.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define Q (B >= 4 ? 4 : 1)          /* windows of a tile */
#define P (B >= 4 ? 2 : 4)          /* vectors of a panel */
#define WIDTH (P * LANES)
#define PANELS ((N + WIDTH - 1) / WIDTH)
#define C (K + S)
#define ROWS (2 * K + S + 1)        /* m, W, b, n */
#define TILES ((B + Q - 1) / Q)

typedef float V __attribute__((vector_size(4 * LANES)));
typedef int I __attribute__((vector_size(4 * LANES)));
typedef V Panel[ROWS][P];

static Panel *parameters, *gradient, *first, *second, *average;
static V (*kept)[PANELS][Q][P];
static V (*activity)[T][PANELS][P];
static float inputs[TILES * Q][T + 1][S + 1], start[K];
static const float alpha = .2f, scale = 1.f / ((float) N * T * B);
static long steps;

static V select_(I mask, V a, V b) { return (V) ((mask & (I) a) | (~mask & (I) b)); }

static V phi(V x) {
    const V limit = x * 0 + 7.9f;
    V z = select_(x < -limit, -limit, select_(x > limit, limit, x)), s = z * z;
    V p = (((1.3184099e-08f * s + 2.0471742e-05f) * s + .0034865767f) * s + .13373193f) * s + .9999999f;
    V q = (((7.7026124e-07f * s + .00032713768f) * s + .025841959f) * s + .46706492f) * s + 1;
    return z * p / q;
}

static float sum(V x) {
    float all = 0;
    for (int i = 0; i < LANES; i++) all += x[i];
    return all;
}

/* Adds the gradient of Q windows. Windows beyond the last one have scale 0. */
static void tile(int w0) {
    static float kappa[T + 1][Q][C + 1], sent[T + 1][Q][K];
    const float decay = 1 - alpha, step = alpha / N;
    float adjoint[Q][K] = {{0}}, f[Q];
    for (int q = 0; q < Q; q++) {
        f[q] = w0 + q < B ? scale : 0;
        memcpy(kappa[0][q], start, sizeof start);
        for (int t = 0; t <= T; t++) memcpy(kappa[t][q] + K, inputs[w0 + q][t], S * sizeof(float));
    }
    for (int t = 0; t <= T; t++) {
        V sums[Q][K] = {{{0}}};
        for (int b = 0; b < PANELS; b++) {
            V x[Q][P];
            for (int q = 0; q < Q; q++) for (int p = 0; p < P; p++) x[q][p] = parameters[b][C][p];
            for (int j = 0; j < C; j++) for (int q = 0; q < Q; q++) for (int p = 0; p < P; p++)
                x[q][p] += parameters[b][j][p] * kappa[t][q][j];
            for (int q = 0; q < Q; q++) for (int p = 0; p < P; p++) kept[t][b][q][p] = x[q][p] = phi(x[q][p]);
            for (int k = 0; k < K; k++) for (int q = 0; q < Q; q++) for (int p = 0; p < P; p++)
                sums[q][k] += parameters[b][C + 1 + k][p] * x[q][p];
        }
        for (int q = 0; t < T && q < Q; q++) for (int k = 0; k < K; k++)
            kappa[t + 1][q][k] = decay * kappa[t][q][k] + step * sum(sums[q][k]);
    }
    memset(sent[T], 0, sizeof sent[T]);
    for (int t = T; t >= 0; t--) {
        V sums[Q][K] = {{{0}}};
        float scaled[Q][ROWS];
        for (int q = 0; q < Q; q++) {
            for (int j = 0; j < C; j++) scaled[q][j] = f[q] * kappa[t][q][j];
            scaled[q][C] = f[q];
            for (int k = 0; k < K; k++) scaled[q][C + 1 + k] = f[q] * sent[t][q][k];
        }
        for (int b = 0; b < PANELS; b++) {
            V d[Q][P] = {{{0}}};
            for (int k = 0; k < K; k++) for (int q = 0; q < Q; q++) for (int p = 0; p < P; p++)
                d[q][p] += parameters[b][C + 1 + k][p] * sent[t][q][k];
            for (int q = 0; q < Q; q++) for (int p = 0; p < P; p++) {
                V r = kept[t][b][q][p];
                if (t > 0 && w0 + q < B) {
                    V e = r - activity[w0 + q][t - 1][b][p];
                    d[q][p] += (V) ((I) e & (e == e));
                }
                d[q][p] *= 1 - r * r;
            }
            for (int k = 0; k < K; k++) for (int q = 0; q < Q; q++) for (int p = 0; p < P; p++)
                sums[q][k] += parameters[b][k][p] * d[q][p];
            for (int j = 0; j < ROWS; j++) for (int p = 0; p < P; p++) {
                V g = gradient[b][j][p];
                for (int q = 0; q < Q; q++) g += (j <= C ? d[q][p] : kept[t][b][q][p]) * scaled[q][j];
                gradient[b][j][p] = g;
            }
        }
        for (int q = 0; q < Q; q++) for (int k = 0; k < K; k++) {
            adjoint[q][k] = decay * adjoint[q][k] + sum(sums[q][k]);
            if (t > 0) sent[t - 1][q][k] = step * adjoint[q][k];
        }
    }
}

static void take_gradient(void) {
    memset(gradient, 0, PANELS * sizeof(Panel));
    for (int w = 0; w < B; w += Q) tile(w);
}

static void step(void) {
    take_gradient();
    float *p = (float *) parameters, *g = (float *) gradient, *m1 = (float *) first, *m2 = (float *) second;
    float *mean = (float *) average;
    const size_t count = PANELS * sizeof(Panel) / sizeof(float);
    double square[8] = {0};
    for (size_t i = 0; i < count; i += 8) for (int j = 0; j < 8; j++) square[j] += (double) g[i + j] * g[i + j];
    double norm = sqrt(square[0] + square[1] + square[2] + square[3] + square[4] + square[5] + square[6] + square[7]);
    float clip = norm > 1 ? 1 / norm : 1, root = 1 / sqrt(1 - pow(.999, steps + 1.));
    float rate = fmax(.02 / sqrt(1 + steps / 500.), 1e-3) / (1 - pow(.9, steps + 1.));
    float keep = fmin(.999, (1. + steps) / (20 + steps));
    for (size_t i = 0; i < count; i++) {
        float c = clip * g[i];
        m1[i] = .9f * m1[i] + .1f * c;
        m2[i] = .999f * m2[i] + .001f * c * c;
        p[i] -= rate * m1[i] / (sqrtf(m2[i]) * root + 1e-8f);
        mean[i] = keep * mean[i] + (1 - keep) * p[i];
    }
    steps++;
}

static float *element(Panel *of, int row, int neuron) {
    return (float *) &of[neuron / WIDTH][row][0] + neuron % WIDTH;
}

static double uniform(void) { return rand() / (RAND_MAX + 1.); }

static void *zeros(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!p) exit(2);
    return memset(p, 0, bytes);
}

static void prepare(void) {
    parameters = zeros(PANELS * sizeof(Panel)); gradient = zeros(PANELS * sizeof(Panel));
    first = zeros(PANELS * sizeof(Panel)); second = zeros(PANELS * sizeof(Panel)); average = zeros(PANELS * sizeof(Panel));
    kept = zeros((T + 1) * sizeof *kept); activity = zeros(B * sizeof *activity);
    for (int i = 0; i < N; i++) for (int j = 0; j < ROWS; j++)
        *element(parameters, j, i) = (j < K ? 3.f : j == C ? 0 : j < C ? 1.5f : .9f) * (uniform() - .5);
    for (int w = 0; w < B; w++) for (int t = 0; t < T; t++) for (int i = 0; i < PANELS * WIDTH; i++)
        ((float *) activity[w][t])[i] = uniform() - .5;
    for (int w = 0; w < B; w++) for (int t = 0; t <= T; t++) for (int s = 0; s < S; s++)
        inputs[w][t][s] = 3 * (uniform() - .5);
    for (int k = 0; k < K; k++) start[k] = .2 * (uniform() - .5);
}

/* The loss, plainly, in double precision, with one parameter changed by h. */
static double loss(int row, int neuron, double h) {
    double all = 0;
    for (int w = 0; w < B; w++) {
        double kappa[K], next[K];
        for (int k = 0; k < K; k++) kappa[k] = start[k];
        for (int t = 0; t <= T; t++) {
            for (int k = 0; k < K; k++) next[k] = (1 - alpha) * kappa[k];
            for (int i = 0; i < N; i++) {
                double v[ROWS], x;
                for (int j = 0; j < ROWS; j++) v[j] = *element(parameters, j, i) + (j == row && i == neuron ? h : 0);
                x = v[C];
                for (int k = 0; k < K; k++) x += v[k] * kappa[k];
                for (int s = 0; s < S; s++) x += v[K + s] * inputs[w][t][s];
                double r = tanh(x);
                for (int k = 0; k < K; k++) next[k] += alpha / N * v[C + 1 + k] * r;
                if (t > 0) {
                    double e = r - ((float *) activity[w][t - 1])[i];
                    all += .5 * scale * e * e;
                }
            }
            memcpy(kappa, next, sizeof kappa);
        }
    }
    return all;
}

static int check(void) {
    take_gradient();
    double largest = 0, worst = 0;
    for (int j = 0; j < ROWS; j++) {
        int i = j * 7 % N;
        double expected = (loss(j, i, 1e-4) - loss(j, i, -1e-4)) / 2e-4, got = *element(gradient, j, i);
        largest = fmax(largest, fabs(expected));
        worst = fmax(worst, fabs(got - expected));
    }
    printf("largest %g, worst difference %g\n", largest, worst);
    return !(worst <= 1e-3 * largest);
}

static long long now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
    prepare();
    if (argc > 1 && !strcmp(argv[1], "check")) return check();
    int runs;
    while (scanf("%d", &runs) == 1) {
        long long wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_THREAD_CPUTIME_ID);
        for (int i = 0; i < runs; i++) step();
        printf("%lld %lld\n", now(CLOCK_MONOTONIC) - wall, now(CLOCK_THREAD_CPUTIME_ID) - cpu);
        fflush(stdout);
    }
    return 0;
}
