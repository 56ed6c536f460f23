/* Socket addresses as plain integers in host byte order. */
#ifndef CSYS_ADDRESS_H
#define CSYS_ADDRESS_H
#include <stddef.h>
#include <stdint.h>

/* The values of csys_address.family. */
#define CSYS_FAMILY_NONE 0
#define CSYS_FAMILY_UNIX 1
#define CSYS_FAMILY_V4 4
#define CSYS_FAMILY_V6 6

/* struct sockaddr_un.sun_path, its closing zero included. */
#define CSYS_UNIX_PATH_CAPACITY 108

typedef struct csys_address {
    uint16_t family;
    uint16_t port;
    uint32_t v4;
    uint64_t v6_high, v6_low;
    uint32_t v6_scope;
    uint16_t path_length; /* without a closing zero; an abstract name keeps its leading zero */
    char path[CSYS_UNIX_PATH_CAPACITY];
} csys_address;

/* Reads an IP literal ("192.0.2.1", "2001:db8::1", "fe80::1%eth0"); 0 or -EINVAL. */
int csys_address_parse_ip(const char *text, csys_address *address);
/* Writes the IP as text with its closing zero; its length or -errno. 80 bytes hold every address and scope. */
int csys_address_format_ip(const csys_address *address, char *text, size_t capacity);

/* getaddrinfo for stream sockets: the number of addresses, 0 ... capacity, in the order of RFC 6724.
 * A failure is -(1000 + code), where code is one of CSYS_RESOLVE_…, or -errno. Blocks: never call it on a loop. */
int csys_resolve(const char *host, uint16_t port, csys_address *addresses, int capacity);
#define CSYS_RESOLVE_NO_SUCH_NAME 1
#define CSYS_RESOLVE_TRY_AGAIN 2
#define CSYS_RESOLVE_SERVER_FAILED 3
#define CSYS_RESOLVE_OTHER 4
#endif
