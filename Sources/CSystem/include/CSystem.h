/* System calls behind plain-integer shims: no policy, no state. A failing call gives -errno. */
#ifndef CSYSTEM_H
#define CSYSTEM_H
#include <stdint.h>
#include <stddef.h>
#endif
