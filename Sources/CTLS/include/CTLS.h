/* OpenSSL behind plain shims: TLS, X.509, HMAC, signatures and scrypt. No policy beyond what the header of each part says. */
#ifndef CTLS_H
#define CTLS_H
#include <stdint.h>
#include <stddef.h>
#include "CTLSTls.h"
#include "CTLSRecords.h"
#include "CTLSHmac.h"
#include "CTLSScrypt.h"
#include "CTLSSignatures.h"
#endif
