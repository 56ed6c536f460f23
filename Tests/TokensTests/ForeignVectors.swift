import Tokens

extension Vector {
    /// Tokens signed with the openssl command, 3.0, and Python's hmac; claims `{"sub":"ada"}`.
    static let foreign: [Vector] = [
        Vector(
            source: "openssl", algorithm: .hs384, key: String(decoding: secret, as: UTF8.self),
            token: """
                eyJhbGciOiJIUzM4NCJ9.eyJzdWIiOiJhZGEifQ.jyn9ZnHQvro1Zy_OjzPvTKGYXfaf--iRxZRmyXo0\
                6nq86skWk8UIiuFVXZIEejBJ
                """,
            hasClaims: true),
        Vector(
            source: "openssl", algorithm: .hs512, key: String(decoding: secret, as: UTF8.self),
            token: """
                eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJhZGEifQ.Xg1LfG4232AuKixObcbIkMUhrwBApOzTTIEaqrlP\
                iShawUJ39bDU3VkvcmXlp-Hbm5_qY3OWUsMWXegxk5Zs3Q
                """,
            hasClaims: true),
        Vector(
            source: "openssl", algorithm: .rs384, key: PEM.rsa,
            token: """
                eyJhbGciOiJSUzM4NCJ9.eyJzdWIiOiJhZGEifQ.HjbC6tv8-mkRy11R0WEqRTlhStkqmun0lvmZziq1\
                1i2ezO88wLG9A2EmKNyKsDEg7sypQuRGS66YibNvH0518CiZ5XebKLhCFzJFj6DXVN4hiRDjqe1KHszX\
                tiEDj7-ax3bidNs4KG_Muh96M6GC9ur3gUE3BQulr-9YtfTFr5qOpf0b6xfHeV8Kv01P4DZzZZWs4mjO\
                id0bOqs68SkKxzZnMFNEzZeYYQR0lVilGsGhUX83D-TbUb-T4il24KPvX9m8d23hjxzYfIXabpaAA2BI\
                GvPnQO2H23JpxZZm4sIX7teJu2sp8DOZRz9UKYMxxNGVn42q8a2HU5CcBkqoTw
                """,
            hasClaims: true),
        Vector(
            source: "openssl", algorithm: .rs512, key: PEM.rsa,
            token: """
                eyJhbGciOiJSUzUxMiJ9.eyJzdWIiOiJhZGEifQ.FN5TYBMr3ndS3WSHOj85wjr6XWwHDT4gn_5n6Yys\
                -Q-3rlt1QB7lsdH0GdZYo-9pV9TQ1Z8HfWPPo3lXUNWPUy2B2HHGbwfgg6RJO9Cvst3p-7KYywjazzhA\
                9j1whtZVPX1eiM7lrWCDhng8MzKwnLLsoZZLqXE5gc2mT2jwXZKN0uj7RUnN6END45Zp57440VXm8M_i\
                dz8ygo4mUujFliFbhEkJert8x0V5qFb2AeLEATHQNOWPoFk1A-sELvebMWxvlQU6-ewIx-T99ja_w-hA\
                6MsdJFgvkwXqsbjgVjWTYPpuW5r6xqDMjkFsO-CsyPjmZaqF8NK3azDQ-IMnBQ
                """,
            hasClaims: true),
        Vector(
            source: "openssl", algorithm: .ps256, key: PEM.rsa,
            token: """
                eyJhbGciOiJQUzI1NiJ9.eyJzdWIiOiJhZGEifQ.C7HyQBiMMHK9Dr4-nD5_MBLTGV2W_SI2ylKZ12DH\
                _8hORiyEE5QDAiCuU7jRFZqai2iC12TuKcC6Rb_eZlODGd7gHJ2Bs616lRmUBZtJTJN97dWUDkqdKD6h\
                3mf9ofPNVt9iuVvupyHIEm1tnh4Tt7BqN2Bj1N1GtWVC2OPZz9jQ8HTGnkE1_A9x3ipnPL_M3C04Bdmd\
                Al47Q_kSfDhz3S1HXK4FdkV5EVTzrE8B5nRSvRMNdoqVRUYQPTUISLzMDTSKN8Ln-7TPwa0fHTOUaDq5\
                1f8Az0isEAP5moEj_duWrbuDCcOcKaKiTrHImHN6UM826Qp5W_0x66YcSXcZEg
                """,
            hasClaims: true),
        Vector(
            source: "openssl", algorithm: .ps512, key: PEM.rsa,
            token: """
                eyJhbGciOiJQUzUxMiJ9.eyJzdWIiOiJhZGEifQ.H-0zk0Ua_UOM-OowIvnPRYrI2RmlOvBf7bEJX5fy\
                l9FP9B7LeRkvK5dwjzOQJ_Zx1KB-Om45-fZ6qRsweWbHTHsrU6yHyX4tkALQRd59erZUQOnvCsuc3UCV\
                XSXXeRpjb2Mnq0W_dwxz9T2m5AsroBhYadJMhy3Zp_gVgBMjgcRgXaiwlk2KsOh8zubK7J3tGCYi211S\
                Af0UTEpNOEVtF3YPjzOJ2wBkVQnvEYjN9TSifCbduRbhQQmPvsXpPJHmtmUzSHfwVRgFK6t5F4K8vbaV\
                FZAbdQWjgHtNFjRLInrvAX5bftIbCeIv0KKKdDkw1kYodUaNTDOm1QTBGHscUA
                """,
            hasClaims: true),
        Vector(
            source: "openssl", algorithm: .es384, key: PEM.p384,
            token: """
                eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiJhZGEifQ.Av0jwkj0IGLJ58tGGTfl8ub7EaZ87cMWazmmZ6nb\
                SVWoMTlWay4WDLY2wyT4pSxATAzMGzYUpRx-eF-hVb0wLTbxREgdpPxyGXWNX0QUEspr5ymN4ptWBRwZ\
                rJiLlZ3c
                """,
            hasClaims: true),
        Vector(
            source: "openssl", algorithm: .edDSA, key: PEM.certificate,
            token: """
                eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.K_nGiYpV2T9JC0SAlfRjFQS8Mb7ufZCxYliOtqD3\
                imv7XAGhJpC37GwZZ7Ea90CdUnuJjdIyTBI-Ytli9pCIAA
                """,
            hasClaims: true),
    ]
}
