/* progress.c - the bar, redrawn ten times a second at most. */
#include <config.h>

#include <cli/interrupt.h>
#include <cli/progress.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR   30
#define EVERY 0.1 /* seconds between two drawings */
#define FIRST 0.3 /* quick work shows no bar */

static void draw(const ens_progress *now)
{
    double share = now->total > 0 ? (double)now->done / (double)now->total : 0;
    int full = (int)(share * BAR);
    char bar[BAR + 1], left[48] = "";

    for (int i = 0; i < BAR; i++)
        bar[i] = i < full ? '#' : '-';
    bar[BAR] = 0;
    if (now->done > 0 && now->done <= now->total) {
        double seconds = now->seconds / share - now->seconds;

        if (seconds < 3600)
            snprintf(left, sizeof left, ", %d:%02d left", (int)seconds / 60,
                     (int)seconds % 60);
        else
            snprintf(left, sizeof left, ", %.1f h left", seconds / 3600);
    }
    fprintf(stderr, "\r%s [%s] %d %%%s\033[K", now->phase, bar, (int)(100 * share), left);
}

static ens_go on_progress(const ens_progress *now, void *ctx)
{
    progress *p = ctx;
    double t;

    if (interrupt_pending() != 0)
        return ENS_CANCEL;
    if (p->end > 0 && cli_now() >= p->end)
        return ENS_STOP;
    if (p->shown && now->seconds >= FIRST && (t = cli_now()) >= p->last + EVERY) {
        draw(now);
        p->last = t;
        p->drawn = 1;
    }
    return ENS_GO;
}

ens_exec progress_exec(progress *p, unsigned threads, int quiet)
{
    const char *term = getenv("TERM");

    *p = (progress){0};
    p->shown =
        !quiet && isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
    return (ens_exec){.threads = threads, .progress = on_progress, .progress_ctx = p};
}

void progress_end(progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", stderr);
    p->drawn = 0;
}
