/* comma.h - a locale whose decimal point is a comma, to show that the library does not care. */
#ifndef TESTS_COMMA_H
#define TESTS_COMMA_H

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Compile one with the system's localedef; it is gone from the disk when this returns. */
static inline locale_t comma_locale_made(void)
{
    char dir[] = "/tmp/comma-XXXXXX", line[200];
    locale_t made = (locale_t)0;
    FILE *run;

    if (mkdtemp(dir) == NULL)
        return (locale_t)0;
    snprintf(line, sizeof line,
             "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", dir);
    if ((run = popen(line, "r")) != NULL)
        pclose(run);
    setenv("LOCPATH", dir, 1);
    /* By way of the global locale: glibc's newlocale() leaks LOCPATH. */
    if (setlocale(LC_ALL, "de_DE.UTF-8") != NULL)
        made = duplocale(LC_GLOBAL_LOCALE);
    setlocale(LC_ALL, "C");
    unsetenv("LOCPATH");
    snprintf(line, sizeof line, "rm -r %s", dir);
    if ((run = popen(line, "r")) != NULL)
        pclose(run);
    return made;
}

/* For uselocale() and freelocale(); says so and returns 0 where there is none. */
static inline locale_t comma_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "es_ES.UTF-8",
                                        "nl_NL.UTF-8"};
    locale_t comma = (locale_t)0;

    for (size_t i = 0; i < sizeof names / sizeof *names && comma == (locale_t)0; i++)
        comma = newlocale(LC_ALL_MASK, names[i], (locale_t)0);
    if (comma == (locale_t)0)
        comma = comma_locale_made();
    if (comma == (locale_t)0)
        puts("skipped: there is no locale with a decimal comma here, and localedef makes "
             "none");
    return comma;
}

#endif
