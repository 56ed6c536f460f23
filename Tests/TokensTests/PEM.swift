import Tokens

/// **Test keys**, made for these tests with the openssl command and worth nothing.
enum PEM {
    /// RSA of 2048 bits, public.
    static let rsa = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArydcMfIC29LrwJxzwi0E
        Q6d/sEc6OnggVIq3sUtwOwF0YTKJaosHCuKFuT8S8JVP8jWnXL49leIF6aJq6DYV
        CGCy2qy75n0CnabxU82U56ccWXAjj2Z+bCBqKfnRzW1xHChJDcxXiyuLJCXjrn6G
        3HBskNvOMf94MWXxXGLBI2cmE9cUZoNZ9AhCf1kdZVw8Y+TzpHhGPiIGJVjh/8HC
        20POyfflPh2+fg63UDOf6YjLc+c3CwMUKvV5ncikScDfjlMcKvzSdk+KsDGOUU0H
        TNC7PGFLZZ5hCyA77g0HJaFc/XKNnRai88Nlpb3601vsloh3RlfF6Vc3zYY24X0p
        cwIDAQAB
        -----END PUBLIC KEY-----

        """
    /// EC on P-384, public.
    static let p384 = """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEUPL0nwvl3Wmw8OMER7hQlXrMPVJieJqy
        6bwu64/rWbGFEnWi7sGI4KKR9IIY0JHJUK5JbJWjYpB5T3SCSPlkmctXw0THuGZ3
        ARNp2gV5hNcxdegbw5QAMfZ7dNQG4VRl
        -----END PUBLIC KEY-----

        """
    /// A self-signed certificate for an Ed25519 key, valid for one day.
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBMjCB5aADAgECAhRQBZXOsQ3Zb4WDKl+FSft7tvz4STAFBgMrZXAwDzENMAsG
        A1UEAwwEdGVzdDAeFw0yNjExMjEwNDM5NTJaFw0yNjExMjIwNDM5NTJaMA8xDTAL
        BgNVBAMMBHRlc3QwKjAFBgMrZXADIQDMvvPRzkW5Dgx4g6zHUK5iEZfWwY8jilKL
        B+VQY8jNKqNTMFEwHQYDVR0OBBYEFKegBLWY78hHsxtWZ4EOEW+B7zoKMB8GA1Ud
        IwQYMBaAFKegBLWY78hHsxtWZ4EOEW+B7zoKMA8GA1UdEwEB/wQFMAMBAf8wBQYD
        K2VwA0EA80hLHUdAxjEFtA6uHMKakMgM0qmGNSy6fUxb5QwQq4DBaL3NR+OTG8ko
        Dw4KJdBLU7znXD0F7WNVx4ElkxFWDA==
        -----END CERTIFICATE-----

        """
    /// An EC key on P-256 in the older form, SEC 1, with its private half.
    static let sec1 = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIHw6tJlQQxyLY3khiby1AGRbdTxNs4DxZ2NzDWaiDniooAoGCCqGSM49
        AwEHoUQDQgAEwVr+DWATUoq/FZN0vlpNhw26JjDAqrToXCmaB4hKmNuzQdkNFVoy
        JT7FO5dIrObNZc33BJ9IJR2/ugBlog6UCQ==
        -----END EC PRIVATE KEY-----

        """
    /// The public half of `sec1`.
    static let p256 = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwVr+DWATUoq/FZN0vlpNhw26JjDA
        qrToXCmaB4hKmNuzQdkNFVoyJT7FO5dIrObNZc33BJ9IJR2/ugBlog6UCQ==
        -----END PUBLIC KEY-----

        """
    /// RSA restricted to PSS, 2048 bits, public.
    static let rsaPSS = """
        -----BEGIN PUBLIC KEY-----
        MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAKRkIK2x9anUYWEDTSlIurny
        Vgjru9flIeMK1hjAg8m5173JllFBHpqYYquTMWmf6tdcpLQ8ObJBOV6aMKKTcP3l
        c6UagtERm1fsxBw35T6b3X5Xf4T1GMmZsFNBfmvIkt5EnvdQjXd02+pzPMFc5JGJ
        1q2gfSjjqq2kAxsWCFfCBctXQbxbh41B2wh/vShEs4CgL2a8xOJ8nP7My8u7W1wN
        SX77AU0n8ibwOUxeTQ2bxEQBbrGIDTA+hyKF0iucrCgqJnXCx9OevLyuE8+gHUME
        z63B4iQtcBpV0X2pu7bc3kApuf8h0qCg0UchJMQbsMYdSe10fj0GvhjMb5GydjMC
        AwEAAQ==
        -----END PUBLIC KEY-----

        """
    /// RSA of 1024 bits, public.
    static let small = """
        -----BEGIN PUBLIC KEY-----
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC1DAaf58RVDr8iTrhWH9jeRBZV
        VPa/1qnHY/3iD5v5QOHmvhQ+AJ77G4XypVq/pN0a9xXQOGmzSrWmuHoNKVIisVhA
        /NHE2lrOcBzdpvF1ZAfnmY/7yK4+rFbIb0M7k6pYU0+eDir2IDWK2962VEc2Ba22
        s6Z59eqB8M+43m11TQIDAQAB
        -----END PUBLIC KEY-----

        """
    /// EC on P-521, public.
    static let p521 = """
        -----BEGIN PUBLIC KEY-----
        MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQA5n5o3Aq8ZEdE8YSQQHuvq1Vr+0R6
        NV4sztUMS/P8kzbKWTAHJC0Q6yKPW5Vz8sYXFnp6ZbSq0sTV/b1WvBEaoF0ACOLy
        AGFBMiFZWCVDNi/Ix+A/C+vc4dZH6BTtB+jERRmTGMDsHIvK7zCW2cQsAFhL7tSG
        GVGXc92c5ohEdg6crkc=
        -----END PUBLIC KEY-----

        """
    /// EC on secp256k1, public.
    static let koblitz = """
        -----BEGIN PUBLIC KEY-----
        MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEhNwTloTgQ2MBI9nvsZ3Lc/CwgVzpEZ1i
        pJj/Owz9+AdR4kH8d36abEO/zyewuVFW7aHZ1ey2/yqbrKpsz5HdYA==
        -----END PUBLIC KEY-----

        """
    /// EC on P-256, but with the curve spelled out.
    static let spelledOut = """
        -----BEGIN PUBLIC KEY-----
        MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA
        AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////
        ///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd
        NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5
        RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA
        //////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABBH6f+EAw88HefFyhdWzDxKq
        TXoU8dE8FnqC3pse6zkwtoAG0xyfVfi+YER7pIMOYSY/gmtJtBqtP0nR1pXhCwA=
        -----END PUBLIC KEY-----

        """
    /// X25519, which cannot sign.
    static let x25519 = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VuAyEARlBaW4fY5ZeTp6q1XZge+gifxdQHQ9c5il2oJaB6w38=
        -----END PUBLIC KEY-----

        """
    /// An Ed25519 key under the password `test`.
    static let encrypted = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjSpBtHoq1nLgICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEDPcHHlEac6Q+TRIBgfXvN8EQIq6
        POyPRHMVD1bBcLvqlBS5yoR5TOtpmCyzE2ot44Be39S8dr2T/LDs0yD7imuqiNQ4
        PSrplOUVvbLa1HfwZ4o=
        -----END ENCRYPTED PRIVATE KEY-----

        """
}

/// Keys made once per run: the private one mints, the public one verifies.
enum TestKeys {
    struct Pair: Sendable {
        let minting: TokenKey
        let verifying: TokenKey
    }

    /// One pair for an algorithm; secrets serve as both.
    static func pair(_ algorithm: Algorithm, id: String? = nil) throws -> Pair {
        if algorithm.isSymmetric {
            let key = try TokenKey(secret: secret + secret, algorithm: algorithm, id: id)
            return Pair(minting: key, verifying: key)
        }
        let pair =
            switch algorithm {
            case .es256: try es256.get()
            case .es384: try es384.get()
            case .edDSA: try edDSA.get()
            default: try rsa.get()
            }
        return Pair(
            minting: try TokenKey(pem: Array(pair.privatePEM.utf8), algorithm: algorithm, id: id),
            verifying: try TokenKey(pem: Array(pair.publicPEM.utf8), algorithm: algorithm, id: id))
    }

    static let rsa = Result { try KeyPair.make(for: .rs256) }
    static let es256 = Result { try KeyPair.make(for: .es256) }
    static let es384 = Result { try KeyPair.make(for: .es384) }
    static let edDSA = Result { try KeyPair.make(for: .edDSA) }
}
