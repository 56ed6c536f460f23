/// The rules over what the probes saw.
enum WireChecks {
    static let all: [any Check] = [
        NetworkCheck(),
        CertificateCheck(),
        RedirectAnswerCheck(),
        FallbackCheck(),
        ClientNetworkCheck(),
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
        PageRefusedCheck(),
        TimeCheck(),
        HopCheck(),
    ]
}
