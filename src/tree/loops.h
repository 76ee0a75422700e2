/* loops.h - what tells a compiler more of a loop than C does; nothing, where it is not understood. */
#ifndef ENS_TREE_LOOPS_H
#define ENS_TREE_LOOPS_H

#include <core/cpu.h>

#if defined(__GNUC__)
#define ENS__INLINE      inline __attribute__((always_inline))
#define ENS__PREFETCH(p) __builtin_prefetch(p)
#else
#define ENS__INLINE      inline
#define ENS__PREFETCH(p) ((void)(p))
#endif

#endif
