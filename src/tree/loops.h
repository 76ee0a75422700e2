/* loops.h - what tells a compiler more of a loop than C does; nothing, where it is not understood. */
#ifndef ENS_TREE_LOOPS_H
#define ENS_TREE_LOOPS_H

#if defined(__GNUC__)
#define ENS__INLINE      inline __attribute__((always_inline))
#define ENS__PREFETCH(p) __builtin_prefetch(p)
#else
#define ENS__INLINE      inline
#define ENS__PREFETCH(p) ((void)(p))
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
