import CTLS
import Glibc

extension TLSError: CustomStringConvertible {
    /// What happened and why, in one sentence without a full stop.
    public var description: String {
        switch self {
        case .authoritiesMalformed(let path, let content):
            "\(path) holds no certificate authority in PEM form: \(content.words)"
        case .certificateMalformed(let path, let content):
            "\(path) is not a PEM certificate chain: \(content.words)"
        case .certificateWeak(let path, let reason):
            "\(path) is too weak to be accepted by clients: \(reason)"
        case .fileUnreadable(let path, let errno): "\(path) cannot be read: \(words(errno))"
        case .fileUnwritable(let path, let errno): "\(path) cannot be written: \(words(errno))"
        case .identityMissing: "a TLS server needs at least one certificate with its key"
        case .keyEncrypted(let path): "the private key in \(path) is locked with a passphrase"
        case .keyMalformed(let path, let content): "\(path) is not a PEM private key: \(content.words)"
        case .keyMismatch(let certificate, let key, nil):
            "the key in \(key) does not belong to the certificate in \(certificate)"
        case .keyMismatch(let certificate, let key, let matching?):
            "the key in \(key) belongs to certificate number \(matching) in \(certificate), but it must be the first"
        case .protocolListInvalid: "an ALPN name is empty or longer than 255 bytes"
        case .serverNameInvalid(let name):
            "“\(name)” is no host name or address that a certificate could carry"
        case .alert(let alert): "the peer broke off with the TLS alert \(alert)"
        case .cipherUnshared: "the two sides have no cipher, key exchange or signature algorithm in common"
        case .notTLS: "the peer does not speak TLS on this port"
        case .peerDistrustsCertificate(let alert): "the peer does not accept our certificate: \(alert)"
        case .plainHTTP: "the peer spoke plain HTTP on a TLS port"
        case .protocolUnshared(let offered): "the client offered only these application protocols: \(offered)"
        case .protocolViolation(let detail): "the peer broke the TLS protocol: \(detail)"
        case .versionUnshared: "the two sides have no TLS version in common"
        case .certificateExpired(let certificate):
            "the server's certificate (\(certificate.subject)) expired on \(certificate.notAfterDate)"
        case .certificateInvalid(let certificate, let reason):
            "the server's certificate (\(certificate.subject)) is not valid: \(reason)"
        case .certificateNameWrong(let certificate, let expected):
            "the server's certificate is for \(certificate.namesInWords), not for \(expected)"
        case .certificateNotYetValid(let certificate):
            "the server's certificate (\(certificate.subject)) is valid only from \(certificate.notBeforeDate) on"
        case .certificateSelfSigned(let certificate):
            "the server's certificate (\(certificate.subject)) is signed by nobody this machine trusts but itself"
        case .certificateUnknownAuthority(let certificate):
            "the server's certificate (\(certificate.subject)) comes from an authority this machine does not know: "
                + certificate.issuer
        case .connectionLost(let errno): "the connection was lost: \(words(errno))"
        case .endedInHandshake: "the peer closed the connection in the middle of the TLS handshake"
        case .keyWorn: "the TLS 1.2 connection has sent as many records as its key is good for"
        case .library(let detail): "OpenSSL failed: \(detail)"
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .authoritiesMalformed:
            "give the authority's certificate in PEM form (-----BEGIN CERTIFICATE-----)"
        case .certificateMalformed(_, let content):
            switch content {
            case .privateKey: "this file holds a private key: are certificate and key swapped?"
            case .der: "convert it: openssl x509 -inform der -in FILE -out FILE.pem"
            case .request:
                "this is a signing request: have an authority sign it, and give the certificate it returns"
            case .certificate, .damaged, .empty, .other, .publicKey:
                "give the full chain in PEM form, your own certificate first (certbot calls it fullchain.pem)"
            }
        case .certificateWeak:
            "ask for a new certificate with an EC P-256 or RSA 2048 key and a SHA-256 signature"
        case .fileUnreadable(_, let errno):
            switch errno {
            case ENOENT: "check the path; relative paths start at the directory the server was started in"
            case EACCES, EPERM: "let the server's user read it, for instance by a group: chgrp, chmod 640"
            case EFBIG: "a PEM file of more than 1 MiB is something else"
            case EISDIR: "give the file, not its directory"
            default: "check the path and the permissions"
            }
        case .fileUnwritable: "check the directory and its permissions"
        case .identityMissing: "give a certificate and a key, or leave TLS to a proxy in front"
        case .keyEncrypted:
            "write an unlocked copy, readable by the server alone: openssl pkey -in FILE -out KEY.pem"
        case .keyMalformed(_, let content):
            switch content {
            case .certificate: "this file holds a certificate: are certificate and key swapped?"
            case .der: "convert it: openssl pkey -inform der -in FILE -out KEY.pem"
            case .publicKey: "this is the public half: give the private key"
            case .damaged, .empty, .other, .privateKey, .request:
                "give the private key in PEM form (-----BEGIN PRIVATE KEY-----)"
            }
        case .keyMismatch(_, _, nil):
            "give the key the certificate was asked for with, or have the certificate reissued"
        case .keyMismatch(_, _, .some):
            "put your own certificate first in the file, then the intermediate ones"
        case .protocolListInvalid: "name application protocols as registered, for instance http/1.1"
        case .serverNameInvalid: "give a plain host name or IP address, without scheme, port or blanks"
        case .alert(let alert):
            alert.rawValue == 70
                ? "one side allows only TLS versions the other does not have: sockeye speaks 1.2 and 1.3"
                : "look at the other side's log: it knows why it sent the alert"
        case .cipherUnshared:
            "update the other side: sockeye takes ECDHE with AES-GCM or ChaCha20-Poly1305 only"
        case .notTLS: "use ws:// or http:// for a plain port, or dial the port that has TLS"
        case .peerDistrustsCertificate(let alert):
            alert.rawValue == 48
                ? "serve the full chain, or make the client trust the authority that signed the certificate"
                : "check validity, names and chain of the certificate; browsers refuse self-signed ones for wss:// silently"
        case .plainHTTP: "use wss:// or https:// for this port; a proxy in front needs proxy_pass https://…"
        case .protocolUnshared: "offer http/1.1 too: WebSockets over HTTP/2 are not served on this port"
        case .protocolViolation:
            "see whether something between the two sides changes bytes; update the other side"
        case .versionUnshared: "allow TLS 1.2 or 1.3 on the other side"
        case .certificateExpired:
            "renew it, and reload the server that shows it; check this machine's clock too"
        case .certificateInvalid: "have the certificate reissued"
        case .certificateNameWrong: "dial one of those names, or have the certificate reissued with this one"
        case .certificateNotYetValid: "check this machine's clock, or wait"
        case .certificateSelfSigned:
            "trust it by name with a CA file, get one from an authority, or go on unverified with --insecure"
        case .certificateUnknownAuthority(let certificate):
            certificate.chainLength == 1
                ? "the server sent no intermediate certificate: let it serve the full chain; "
                    + "for an authority of your own, give its certificate as CA file"
                : "give the authority's certificate as CA file; on a bare system, install the package ca-certificates"
        case .connectionLost: "connect again; see what sits between the two sides"
        case .endedInHandshake:
            "see the other side's log; a port check or load balancer probe does this as well"
        case .keyWorn: "connect again; a client that speaks TLS 1.3 gets a new key instead"
        case .library: "please report this, with the words above"
        }
    }
}

extension TLSFileContent {
    var words: String {
        switch self {
        case .certificate: "it holds a certificate"
        case .damaged: "what stands between its markers is damaged"
        case .der: "it is in DER (binary) form"
        case .empty: "it is empty"
        case .other: "it holds something else"
        case .privateKey: "it holds a private key"
        case .publicKey: "it holds a public key"
        case .request: "it holds a certificate signing request"
        }
    }
}

private func words(_ errno: Int32) -> String { String(cString: strerror(errno)) }

extension TLSError {
    /// `expected`: the name the client looked for; `certificate` and `key`: the paths given.
    init(_ failure: ctls_failure, certificate: String = "", key: String = "", expected: String = "") {
        let number = failure.number
        let detail = withUnsafePointer(to: failure) { String(cString: ctls_failure_detail($0)) }
        switch Int(failure.kind) {
        case CTLS_KIND_CERTIFICATE_UNREADABLE, CTLS_KIND_CA_UNREADABLE:
            self = .fileUnreadable(path: certificate, errno: number)
        case CTLS_KIND_CERTIFICATE_FORMAT:
            self = .certificateMalformed(path: certificate, content: .init(number: number))
        case CTLS_KIND_CERTIFICATE_WEAK: self = .certificateWeak(path: certificate, reason: detail)
        case CTLS_KIND_KEY_UNREADABLE: self = .fileUnreadable(path: key, errno: number)
        case CTLS_KIND_KEY_FORMAT: self = .keyMalformed(path: key, content: .init(number: number))
        case CTLS_KIND_KEY_ENCRYPTED: self = .keyEncrypted(path: key)
        case CTLS_KIND_KEY_MISMATCH:
            self = .keyMismatch(certificate: certificate, key: key, matching: number > 0 ? Int(number) : nil)
        case CTLS_KIND_CA_FORMAT:
            self = .authoritiesMalformed(path: certificate, content: .init(number: number))
        case CTLS_KIND_SERVER_NAME: self = .serverNameInvalid(expected)
        case CTLS_KIND_ALERT:
            let alert = TLSAlert(rawValue: UInt8(truncatingIfNeeded: number))
            self = alert.concernsCertificate ? .peerDistrustsCertificate(alert) : .alert(alert)
        case CTLS_KIND_ALPN: self = .protocolUnshared(offered: detail)
        case CTLS_KIND_CIPHER: self = .cipherUnshared
        case CTLS_KIND_VERSION: self = .versionUnshared
        case CTLS_KIND_PLAIN_HTTP: self = .plainHTTP
        case CTLS_KIND_NOT_TLS: self = .notTLS
        case CTLS_KIND_PROTOCOL: self = .protocolViolation(detail)
        case CTLS_KIND_END: self = .endedInHandshake
        case CTLS_KIND_IO: self = .connectionLost(errno: number)
        case CTLS_KIND_UNVERIFIED: self = .unverified(number, expected: expected)
        case CTLS_KIND_KEY_WORN: self = .keyWorn
        default: self = .library(detail)
        }
    }

    /// `code`: X509_V_ERR_… of OpenSSL's `x509_vfy.h`; the certificate is the thread's last.
    private static func unverified(_ code: Int32, expected: String) -> TLSError {
        var last = ctls_certificate()
        ctls_last_verification(&last)
        let certificate = TLSCertificate(last)
        return switch code {
        case 9: .certificateNotYetValid(certificate)
        case 10: .certificateExpired(certificate)
        case 18: .certificateSelfSigned(certificate)
        case 2, 19, 20, 21, 27: .certificateUnknownAuthority(certificate)
        case 62, 64: .certificateNameWrong(certificate, expected: expected)
        default: .certificateInvalid(certificate, reason: String(cString: ctls_verification_words(code)))
        }
    }
}
