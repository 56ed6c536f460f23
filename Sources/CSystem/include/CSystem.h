/* System calls behind plain-integer shims: no policy, no state. A failing call gives -errno.
 *
 * The calls of the hot path are static inline, so that Swift inlines them; the others live in CSystem.c. */
#ifndef CSYSTEM_H
#define CSYSTEM_H
#include "CSysAddress.h"
#include "CSysPoll.h"
#include "CSysProcess.h"
#include "CSysRing.h"
#include "CSysJournal.h"
#include "CSysService.h"
#include "CSysSocket.h"
#endif
