/* interrupt.c - signals that ask to stop, and the temporary file that must not outlive them.
 *
 * Until interrupt_catch() a signal ends the command as usual: it has written nothing then. */
#include <config.h>

#include <cli/interrupt.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t pending;
static const char *volatile guarded;

void interrupt_clean(void)
{
    const char *path = guarded;

    if (path != NULL)
        unlink(path);
}

void interrupt_die(int sig)
{
    struct sigaction action = {0};

    action.sa_handler = SIG_DFL;
    sigemptyset(&action.sa_mask);
    sigaction(sig, &action, NULL);
    raise(sig);
}

static void on_signal(int sig)
{
    if (guarded != NULL || pending != 0) {
        interrupt_clean();
        interrupt_die(sig); /* when this handler returns */
    }
    pending = sig;
}

void interrupt_catch(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {0};

    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction old;

        /* nohup stays nohup */
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

int interrupt_pending(void)
{
    return pending;
}

void interrupt_guard(const char *path)
{
    guarded = path;
}
