extension FileCheckTests {
    /// Tokens signed with HS256 and the key `s3cret`, where nothing else is said.
    enum Token {
        static let good =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIiwidXNlcklkIjo2LCJhdWQiOiJhcHAiLCJpc3MiOiJtZSIsInR5cGUiOiJhY2Nlc3MiLCJleHAiOjQxMDI0NDQ4MDB9.r1kkGflaQjfnqYI_BAuv7aVdL8I_9IchHOMAGsfdhO8"
        static let expired =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIiwiZXhwIjoxNzAwMDAwMDAwLCJpYXQiOjE2OTk5OTAwMDB9.pvLEyGNrDTe9FT_QPtfXBOOc_ipj7FbcBeBFWTKyj_0"
        static let early =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIiwibmJmIjoyMDAwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDB9.50TAuRdlEc8AFdJcMgCRSJ90aH41SiS99yoUaNm2RC0"
        static let millis =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIiwiaWF0IjoxNzgwMDAwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDB9.8GEH6P2foJNL4ogHjg_ZehYk9zna76gxXURLob2Og4s"
        static let otherkey =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIiwiZXhwIjo0MTAyNDQ0ODAwfQ.A7vz35hwtaZu7JYwBVbBrr5D_RU9ByZdkuXSOYG9d2o"
        static let base64key =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIiwiZXhwIjo0MTAyNDQ0ODAwfQ.T8JmInZ2xryjqJpSoBjScWsrsmh3kPkSZXE3lkkCzyA"
        static let snake =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjo2LCJhdWQiOlsid2ViIl0sImlzcyI6InlvdSIsImV4cCI6NDEwMjQ0NDgwMH0.BwJ9iSNKJ7Hp1HWw2VHsnbUX_eSGQo0qGmltbuL63o0"
    }
}
