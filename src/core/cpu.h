/* cpu.h - which kernels this processor can run. */
#ifndef ENS_CORE_CPU_H
#define ENS_CORE_CPU_H

typedef enum ens__cpu { ENS__CPU_BASE = 0, ENS__CPU_V3, ENS__CPU_V4 } ens__cpu;

/* The x86-64 level of this CPU as far as the library has kernels for it; ENS__CPU_BASE elsewhere, and if the
 * environment has ENS_SIMD=base (v3 likewise caps it). Determined once. */
ens__cpu ens__cpu_level(void);
/* Tests: use at most this level from now on. */
void ens__cpu_cap(ens__cpu level);

#if defined(__x86_64__) && defined(__GNUC__)
#define ENS_HAVE_LEVELS 1
#define ENS_TARGET_V3 __attribute__((target("avx2,bmi,bmi2,fma,f16c,lzcnt,movbe,popcnt")))
#define ENS_TARGET_V4                                                                              \
    __attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,bmi,bmi2,fma,f16c,"    \
                          "lzcnt,movbe,popcnt")))
/* Call the kernel for this processor, of name_base(), name_v3() and name_v4(). */
#define ENS__CALL(name, ...)                                                                       \
    (ens__cpu_level() >= ENS__CPU_V4   ? name##_v4(__VA_ARGS__)                                    \
     : ens__cpu_level() >= ENS__CPU_V3 ? name##_v3(__VA_ARGS__)                                    \
                                       : name##_base(__VA_ARGS__))
#else
#define ENS_HAVE_LEVELS 0
#define ENS_TARGET_V3
#define ENS_TARGET_V4
#define ENS__CALL(name, ...) name##_base(__VA_ARGS__)
#endif

/* Before a short loop: eight turns of it at a time. */
#if defined(__clang__)
#define ENS__UNROLL _Pragma("unroll 8")
#elif defined(__GNUC__) && __GNUC__ >= 8
#define ENS__UNROLL _Pragma("GCC unroll 8")
#else
#define ENS__UNROLL
#endif

#endif
