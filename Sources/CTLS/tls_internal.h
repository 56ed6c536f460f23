/* Shared by the files of this target; not part of its interface. */
#ifndef CTLS_INTERNAL_H
#define CTLS_INTERNAL_H
#include "CTLSTls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

/* What a callback has to tell the call that OpenSSL made it from: both run on one thread, inside one call. */
extern _Thread_local char ctls_alpn_offered[128];
extern _Thread_local ctls_certificate ctls_unverified;

void ctls_fail(ctls_failure *failure, int kind, int number, const char *detail);
void ctls_fail_by_library(ctls_failure *failure, const char *call);
void ctls_describe(X509 *x509, ctls_certificate *into);

/* Records without OpenSSL's session: what a handshake must note for ctls_records_take_over. */
void ctls_records_prepare_context(SSL_CTX *context);
int ctls_records_prepare_session(SSL *session);
void ctls_records_forget_session(SSL *session);
#endif
