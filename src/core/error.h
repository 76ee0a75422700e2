/* error.h - setting ens_error. */
#ifndef ENS_CORE_ERROR_H
#define ENS_CORE_ERROR_H

#include <ensemble/base.h>

/* Fill err (may be NULL) and return code. Never allocates; long messages are cut at a UTF-8 character. */
ens_status ens__fail(ens_error *err, ens_status code, const char *fmt, ...) ENS_PRINTF(3, 4);
ens_status ens__fail_at(ens_error *err, ens_status code, size_t line, size_t column, const char *fmt, ...)
    ENS_PRINTF(5, 6);
ens_status ens__nomem(ens_error *err);
/* Put "prefix: " before the message that err has. */
void ens__error_prefix(ens_error *err, const char *fmt, ...) ENS_PRINTF(2, 3);

/* Replace control characters by ?: messages are one line, also where they quote a name with a line break in it. */
void ens__one_line(char *s);

#endif
