#ifndef CTLS_H
#define CTLS_H
#include <stdint.h>
#include <stddef.h>
#endif
