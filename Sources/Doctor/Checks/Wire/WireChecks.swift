/// The rules over what the probes saw.
enum WireChecks {
    static let all: [any Check] = [
        NetworkCheck(),
        CertificateCheck(),
        RedirectAnswerCheck(),
        FallbackCheck(),
        LostUpgradeCheck(),
        DoorCheck(),
        BackendWordsCheck(),
        BackendCheck(),
        OriginVariantCheck(),
        TokenPlaceCheck(),
        EngineCheck(),
        FrameCheck(),
        BrowserCheck(),
        PageAddressCheck(),
        TimeCheck(),
        HopCheck(),
    ]
}
