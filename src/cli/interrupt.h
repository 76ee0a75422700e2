/* interrupt.h - stopping cleanly at Ctrl-C and its like. */
#ifndef ENS_CLI_INTERRUPT_H
#define ENS_CLI_INTERRUPT_H

/* From now on SIGINT, SIGTERM and SIGHUP are remembered, for work that looks at interrupt_pending(); a second
 * one, or one while a file is guarded, removes that file and ends the command at once. */
void interrupt_catch(void);
/* The signal that came, or 0. */
int interrupt_pending(void);

/* The temporary file that must not outlive the command; NULL: none. Borrowed. */
void interrupt_guard(const char *path);
void interrupt_clean(void);

/* End as the signal would have ended the command, so that a shell's loop stops too. */
void interrupt_die(int sig);

#endif
