/* cpu.c - which kernels this processor can run: the x86-64 levels, found out once. */
#include <config.h>

#include <core/cpu.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if ENS_HAVE_LEVELS
#include <cpuid.h>

/* The three instructions of level 3 that not every compiler's __builtin_cpu_supports() knows. */
static bool has_v3_rest(void)
{
    unsigned a, b, c, d;
    const unsigned movbe = 1U << 22, f16c = 1U << 29, lzcnt = 1U << 5;

    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & movbe) == 0 || (c & f16c) == 0)
        return false;
    return __get_cpuid(0x80000001U, &a, &b, &c, &d) && (c & lzcnt) != 0;
}

/* The builtin also asks whether the system saves the wide registers. */
static ens__cpu processor(void)
{
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
        !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("fma") ||
        !__builtin_cpu_supports("popcnt") || !has_v3_rest())
        return ENS__CPU_BASE;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512cd") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512vl"))
        return ENS__CPU_V3;
    return ENS__CPU_V4;
}
#else
static ens__cpu processor(void)
{
    return ENS__CPU_BASE;
}
#endif

static ens__cpu environment_cap(void)
{
    const char *simd = getenv("ENS_SIMD");

    if (simd != NULL && strcmp(simd, "base") == 0)
        return ENS__CPU_BASE;
    if (simd != NULL && strcmp(simd, "v3") == 0)
        return ENS__CPU_V3;
    return ENS__CPU_V4;
}

static atomic_int known = -1; /* the level; threads that race find the same */
static atomic_int cap = ENS__CPU_V4;

static int lower_of(int a, int b)
{
    return a < b ? a : b;
}

ens__cpu ens__cpu_level(void)
{
    int level = atomic_load_explicit(&known, memory_order_relaxed);

    if (level < 0) {
        level = lower_of(processor(), environment_cap());
        atomic_store_explicit(&known, level, memory_order_relaxed);
    }
    return (ens__cpu)lower_of(level, atomic_load_explicit(&cap, memory_order_relaxed));
}

void ens__cpu_cap(ens__cpu level)
{
    atomic_store(&cap, level);
}
