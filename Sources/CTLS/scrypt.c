/* scrypt by OpenSSL. */
#include "CTLSScrypt.h"

#include <openssl/err.h>
#include <openssl/evp.h>

int ctls_scrypt(const void *password, size_t password_length, const void *salt, size_t salt_length, int log_n, uint32_t r,
                uint32_t p, uint64_t memory, void *out, size_t length) {
    if (log_n < 1 || log_n > 30) return 0;
    /* NULL would mean "only check the parameters" or "no password" to OpenSSL. */
    if (!password) password = "";
    if (!salt) salt = "";
    int good = EVP_PBE_scrypt(password, password_length, salt, salt_length, UINT64_C(1) << log_n, r, p, memory, out, length);
    ERR_clear_error();
    return good == 1;
}
