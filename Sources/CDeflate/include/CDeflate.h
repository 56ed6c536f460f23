#ifndef CDEFLATE_H
#define CDEFLATE_H
#include <stdint.h>
#include <stddef.h>
#endif
