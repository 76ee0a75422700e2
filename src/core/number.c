/* number.c - numbers as text and back, the same in every locale.
 *
 * The C library's conversions are correctly rounded but use the locale's decimal point, so they run in the
 * "C" locale, and what they would take beyond plain numbers (hex, spaces, nan(...)) is refused before. */
#include <config.h>

#include <core/mem.h>
#include <core/str.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static locale_t enter_c_locale(locale_t *c)
{
    *c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return *c != (locale_t)0 ? uselocale(*c) : (locale_t)0;
}

static void leave_c_locale(locale_t c, locale_t old)
{
    if (c == (locale_t)0)
        return;
    uselocale(old);
    freelocale(c);
}

size_t ens__number_print(char *s, double v)
{
    locale_t c, old;
    int n = 0;

    if (isnan(v))
        return (size_t)snprintf(s, ENS__NUMBER_SIZE, "nan");
    if (isinf(v))
        return (size_t)snprintf(s, ENS__NUMBER_SIZE, v < 0 ? "-inf" : "inf");
    if (fabs(v) < 1e16 && v == trunc(v))
        return (size_t)snprintf(s, ENS__NUMBER_SIZE, "%.0f", v);
    old = enter_c_locale(&c);
    for (int digits = 1; digits <= 17; digits++) {
        n = snprintf(s, ENS__NUMBER_SIZE, "%.*g", digits, v);
        if (strtod(s, NULL) == v)
            break;
    }
    leave_c_locale(c, old);
    return (size_t)n;
}

static size_t count_digits(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && s[i] >= '0' && s[i] <= '9')
        i++;
    return i;
}

/* s[n] is digits with at most one point among them, and maybe an exponent. */
static bool is_decimal(const char *s, size_t n)
{
    size_t i = count_digits(s, n), digits = i;

    if (i < n && s[i] == '.') {
        size_t fraction = count_digits(s + i + 1, n - i - 1);

        digits += fraction;
        i += 1 + fraction;
    }
    if (digits == 0)
        return false;
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        i++;
        if (i < n && (s[i] == '+' || s[i] == '-'))
            i++;
        digits = count_digits(s + i, n - i);
        i += digits;
    }
    return digits > 0 && i == n;
}

static bool is_word(const char *word, const char *s, size_t n)
{
    return n == strlen(word) && strncasecmp(word, s, n) == 0;
}

bool ens__number_parse(double *out, const char *s, size_t n)
{
    size_t sign = n > 0 && (*s == '-' || *s == '+');
    char small[128], *text = small;
    locale_t c, old;

    if (!is_decimal(s + sign, n - sign) && !is_word("inf", s + sign, n - sign) &&
        !is_word("infinity", s + sign, n - sign) && !is_word("nan", s + sign, n - sign))
        return false;
    if (n >= sizeof small && (text = ens__alloc(n + 1)) == NULL)
        return false;
    memcpy(text, s, n);
    text[n] = 0;
    old = enter_c_locale(&c);
    *out = strtod(text, NULL);
    leave_c_locale(c, old);
    if (text != small)
        ens__free(text);
    return true;
}
