/* number.c - decimals to doubles and back, correctly rounded, whatever the locale.
 *
 * Reading has three ways. A mantissa below 2^53 with a power of ten up to 10^22 takes one exact
 * multiplication or division (Clinger 1990). Up to 19 digits with a power up to 10^27, which are
 * nearly all other numbers in tables, take one of 128 bits: 5^27 fits 64 bits, so the product, or the
 * quotient and its remainder, is exact before the one rounding. The rest goes to strtod(), rewritten
 * without a decimal point, for that is all a locale could change.
 *
 * Writing tries 15, 16 and 17 digits until the number reads back the same. */
#include <config.h>

#include <core/str.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A decimal as written: m * 10^e10, its digits kept for the case that m overflows. */
typedef struct decimal {
    uint64_t m;
    int64_t e10;
    bool negative;
    size_t n_digits;    /* leading zeros too */
    const char *digits; /* with the point among them */
    const char *end;    /* of digits */
} decimal;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The exponent at s, which is after an `e`; NULL if there are no digits. Huge ones are cut. */
static const char *scan_exponent(int64_t *out, const char *s, const char *end)
{
    const int64_t most = 1000000000000;
    bool negative = s < end && *s == '-';
    int64_t e = 0;

    if (s < end && (*s == '-' || *s == '+'))
        s++;
    if (s == end || !is_digit(*s))
        return NULL;
    for (; s < end && is_digit(*s); s++)
        e = e < most ? e * 10 + (*s - '0') : most;
    *out = negative ? -e : e;
    return s;
}

/* Pass the digits at s; *m goes on with them. Where bytes of a word stand in the order of the text, eight at a time:
 * their values in the bytes of t, moved up so that the digits come last, are joined in pairs, in fours and to one
 * number of eight digits. */
static inline const char *scan_digits(uint64_t *m, const char *s, const char *end)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    static const uint64_t ten[] = {1,      10,      100,      1000,     10000,
                                   100000, 1000000, 10000000, 100000000};

    while (end - s >= 8) {
        const uint64_t fours = UINT64_C(0x000000ff000000ff);
        uint64_t t, no_digit;
        int n;

        memcpy(&t, s, sizeof t);
        t ^= UINT64_C(0x3030303030303030);
        no_digit =
            ((t + UINT64_C(0x7676767676767676)) | t) & UINT64_C(0x8080808080808080);
        n = no_digit != 0 ? __builtin_ctzll(no_digit) / 8 : 8;
        if (n == 0)
            return s;
        t <<= 64 - 8 * n;
        t = t * 10 + (t >> 8);
        t = (t & fours) * UINT64_C(0x000f424000000064) +
            (t >> 16 & fours) * UINT64_C(0x0000271000000001);
        *m = *m * ten[n] + (t >> 32);
        s += n;
        if (n < 8)
            return s;
    }
#endif
    for (; s < end && is_digit(*s); s++)
        *m = *m * 10 + (uint64_t)(*s - '0');
    return s;
}

/* Where the decimal at s ends; NULL if there is none. m is right for up to 19 digits. */
static inline const char *scan_decimal(decimal *d, const char *s, const char *end)
{
    const char *from, *point = NULL;
    uint64_t m = 0;

    d->negative = s < end && *s == '-';
    if (s < end && (*s == '-' || *s == '+'))
        s++;
    for (from = s; s < end && is_digit(*s); s++)
        m = m * 10 + (uint64_t)(*s - '0');
    if (s < end && *s == '.') {
        point = s;
        s = scan_digits(&m, s + 1, end);
    }
    d->m = m;
    d->digits = from;
    d->end = s;
    d->n_digits = (size_t)(s - from) - (point != NULL);
    d->e10 = point != NULL ? -(s - point - 1) : 0;
    if (d->n_digits == 0)
        return NULL;
    if (s < end && (*s == 'e' || *s == 'E')) {
        int64_t e;

        if ((s = scan_exponent(&e, s + 1, end)) == NULL)
            return NULL;
        d->e10 += e;
    }
    return s;
}

#if defined(__SIZEOF_INT128__)
__extension__ typedef unsigned __int128 wide;

/* m * 10^e10 for |e10| <= 27: m * 5^e10 or m / 5^-e10 to 63 bits or more and a bit that stands for the rest,
 * so that the conversion to double rounds once; then a power of two, which is exact. */
static double scale_wide(uint64_t m, int e10)
{
    uint64_t five = 1;
    int shift = 0;
    wide product;

    for (int i = 0; i < abs(e10); i++)
        five *= 5;
    if (e10 < 0) {
        int up = __builtin_clzll(m), down = __builtin_clzll(five);
        wide top = (wide)(m << up) << 63;
        uint64_t by = five << down, q = (uint64_t)(top / by);

        q |= q * (wide)by != top;
        return ldexp((double)q, down - up - 63 + e10);
    }
    product = (wide)m * five;
    if (product >> 64 != 0) {
        shift = 64 - __builtin_clzll((uint64_t)(product >> 64));
        product = product >> shift | (product << (128 - shift) != 0);
    }
    return ldexp((double)(uint64_t)product, shift + e10);
}
#endif

/* m * 10^e10 where a short way is exact. */
static inline bool scale(double *out, uint64_t m, int64_t e10)
{
#if FLT_EVAL_METHOD == 0
    static const double ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

    if (m <= (uint64_t)1 << 53 && e10 >= -22 && e10 <= 22) {
        *out = e10 < 0 ? (double)m / ten[-e10] : (double)m * ten[e10];
        return true;
    }
#endif
#if defined(__SIZEOF_INT128__)
    if (m != 0 && e10 >= -27 && e10 <= 27) {
        *out = scale_wide(m, (int)e10);
        return true;
    }
#endif
    return false;
}

/* Any decimal by strtod(), as DIGITSeEXPONENT: no decimal point, so no locale. 768 significant digits decide a
 * rounding; a 1 after 780 stands for all that follow. */
static double scale_slowly(const decimal *d)
{
    enum { MOST = 780 };
    char text[MOST + 32];
    int64_t e10 = d->e10;
    size_t n = 0;
    bool rest = false;

    for (const char *s = d->digits; s < d->end; s++) {
        if (!is_digit(*s) || (n == 0 && *s == '0'))
            continue;
        if (n < MOST) {
            text[n++] = *s;
        } else {
            rest |= *s != '0';
            e10++;
        }
    }
    if (n == 0)
        return 0;
    if (rest) {
        text[n++] = '1';
        e10--;
    }
    e10 = e10 < -9999 ? -9999 : e10 > 9999 ? 9999 : e10;
    snprintf(text + n, sizeof text - n, "e%d", (int)e10);
    return strtod(text, NULL);
}

const char *ens__number_scan(double *out, const char *s, const char *end)
{
    decimal d;

    if ((s = scan_decimal(&d, s, end)) == NULL || d.n_digits > 19 ||
        !scale(out, d.m, d.e10))
        return NULL;
    if (d.negative)
        *out = -*out;
    return s;
}

/* inf, infinity and nan in any case, after the sign. */
static bool parse_word(double *out, const char *s, size_t n, bool negative)
{
    static const char *const words[] = {"inf", "infinity", "nan"};

    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        size_t i = 0;

        while (i < n && words[w][i] != 0 && (s[i] | 0x20) == words[w][i])
            i++;
        if (i == n && words[w][i] == 0) {
            *out = w == 2 ? NAN : negative ? -INFINITY : INFINITY;
            return true;
        }
    }
    return false;
}

bool ens__number_parse(double *out, const char *s, size_t n)
{
    const char *end = s + n;
    decimal d;

    if (n == 0)
        return false;
    if (scan_decimal(&d, s, end) != end) {
        size_t sign = *s == '-' || *s == '+';

        return parse_word(out, s + sign, n - sign, *s == '-');
    }
    if (d.n_digits > 19 || !scale(out, d.m, d.e10))
        *out = scale_slowly(&d);
    if (d.negative)
        *out = -*out;
    return true;
}

/* ---- Writing ------------------------------------------------------------------------------------------ */

/* digits[n], the first worth 10^e10, without an exponent. */
static size_t put_plain(char *s, const char *digits, int n, int e10)
{
    int at = 0;

    if (e10 < 0) {
        s[at++] = '0';
        s[at++] = '.';
        for (int i = e10 + 1; i < 0; i++)
            s[at++] = '0';
    }
    for (int i = 0; i < n || i <= e10; i++) {
        if (i == e10 + 1 && i > 0)
            s[at++] = '.';
        s[at++] = i < n ? digits[i] : '0';
    }
    s[at] = 0;
    return (size_t)at;
}

/* v with this many digits at most, as printf's %g in the C locale. Of snprintf() only digits and exponent are
 * used: what stands between them is the locale's. */
static size_t print_digits(char *s, double v, int precision)
{
    char text[64], digits[24];
    const char *exponent;
    size_t at = 0;
    int n = 0, e10;

    snprintf(text, sizeof text, "%.*e", precision - 1, fabs(v));
    exponent = strrchr(text, 'e');
    e10 = (int)strtol(exponent + 1, NULL, 10);
    for (const char *t = text; t < exponent; t++)
        if (is_digit(*t))
            digits[n++] = *t;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    if (v < 0)
        s[at++] = '-';
    if (e10 >= -4 && e10 < precision)
        return at + put_plain(s + at, digits, n, e10);
    at += put_plain(s + at, digits, n, 0);
    return at + (size_t)snprintf(s + at, ENS__NUMBER_SIZE - at, "%s", exponent);
}

size_t ens__number_print(char *s, double v)
{
    size_t n = 0;

    if (isnan(v) || isinf(v))
        return (size_t)snprintf(s, ENS__NUMBER_SIZE, "%s",
                                isnan(v) ? "nan"
                                : v < 0  ? "-inf"
                                         : "inf");
    if (fabs(v) < 1e15 && v == trunc(v))
        return (size_t)snprintf(s, ENS__NUMBER_SIZE, "%.0f", v);
    for (int precision = 15; precision <= 17; precision++) {
        double back;

        n = print_digits(s, v, precision);
        if (ens__number_parse(&back, s, n) && back == v)
            break;
    }
    return n;
}
