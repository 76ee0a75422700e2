/* error.c - statuses and filling an ens_error. */
#include <config.h>

#include <core/error.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cut s, which filled its buffer, before a UTF-8 character of which only a part is there. */
static void cut_partial_character(char *s)
{
    size_t n = strlen(s), i = n;

    while (i > 0 && ((unsigned char)s[i - 1] & 0xC0) == 0x80)
        i--;
    if (i == 0)
        return;
    unsigned char lead = (unsigned char)s[i - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (n - (i - 1) < want)
        s[i - 1] = 0;
}

void ens__one_line(char *s)
{
    for (; *s != 0; s++)
        if ((unsigned char)*s < ' ' || *s == 0x7F)
            *s = '?';
}

ENS_PRINTF(2, 0)
static void set_message(ens_error *err, const char *fmt, va_list ap)
{
    int n = vsnprintf(err->message, sizeof err->message, fmt, ap);

    if (n < 0 || n == 0)
        snprintf(err->message, sizeof err->message, "%s", ens_status_string(err->code));
    else if ((size_t)n >= sizeof err->message)
        cut_partial_character(err->message);
    ens__one_line(err->message);
}

ens_status ens__fail(ens_error *err, ens_status code, const char *fmt, ...)
{
    if (err != NULL) {
        va_list ap;

        err->code = code;
        err->line = err->column = 0;
        va_start(ap, fmt);
        set_message(err, fmt, ap);
        va_end(ap);
    }
    return code;
}

ens_status ens__fail_at(ens_error *err, ens_status code, size_t line, size_t column,
                        const char *fmt, ...)
{
    if (err != NULL) {
        va_list ap;

        err->code = code;
        err->line = line;
        err->column = column;
        va_start(ap, fmt);
        set_message(err, fmt, ap);
        va_end(ap);
    }
    return code;
}

ens_status ens__nomem(ens_error *err)
{
    return ens__fail(err, ENS_ENOMEM, "out of memory");
}

void ens__error_prefix(ens_error *err, const char *fmt, ...)
{
    char old[sizeof err->message];
    size_t n;
    va_list ap;

    if (err == NULL)
        return;
    memcpy(old, err->message, sizeof old);
    va_start(ap, fmt);
    set_message(err, fmt, ap);
    va_end(ap);
    n = strlen(err->message);
    if ((size_t)snprintf(err->message + n, sizeof err->message - n, ": %s", old) >=
        sizeof err->message - n)
        cut_partial_character(err->message);
}

const char *ens_status_string(ens_status st)
{
    static const char *const text[] = {
        [ENS_OK] = "success",
        [ENS_ENOMEM] = "out of memory",
        [ENS_EINVAL] = "invalid argument",
        [ENS_ERANGE] = "parameter out of range",
        [ENS_EPARSE] = "malformed text",
        [ENS_ENAME] = "unknown name",
        [ENS_EIO] = "input or output failed",
        [ENS_EDATA] = "unusable values",
        [ENS_ESHAPE] = "table does not fit the model",
        [ENS_EFORMAT] = "damaged model file",
        [ENS_EVERSION] = "model file of a newer format",
        [ENS_ESUPPORT] = "not supported by this learner",
        [ENS_ECANCELED] = "canceled",
        [ENS_EINTERNAL] = "internal error",
    };

    if ((size_t)st >= sizeof text / sizeof *text || text[st] == NULL)
        return "unknown status";
    return text[st];
}

const char *ens_version(void)
{
    return PACKAGE_VERSION;
}
