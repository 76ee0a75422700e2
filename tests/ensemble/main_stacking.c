/* main_stacking.c - the tests of src/ensemble that are about members of unlike recipes. */
#include <config.h>

#include "run.h"

Suite *auto_suite(void);
Suite *selection_suite(void);
Suite *stacking_suite(void);

/* One line a module. */
static Suite *(*const suites[])(void) = {
    auto_suite,
    selection_suite,
    stacking_suite,
    NULL,
};

int main(void)
{
    return run_suites(suites);
}
