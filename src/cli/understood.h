/* understood.h - what a reader made of a table, for the user to check. */
#ifndef ENS_CLI_UNDERSTOOD_H
#define ENS_CLI_UNDERSTOOD_H

#include <cli/cli.h>

void understood_print(const char *path, const ens_dataset *data);

#endif
