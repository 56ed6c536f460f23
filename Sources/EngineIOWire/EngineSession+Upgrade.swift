public import Bytes

// From polling to a WebSocket (Engine.IO v4, Upgrade): `2probe`, `3probe`, the poll is ended, `5`.
extension EngineSession {
    /// A WebSocket asks to come in with the session's id.
    ///
    /// One that comes too late is accepted and closed rather than refused: an HTTP error ends some clients, and the session
    /// it names is alive.
    public mutating func upgradeArrived(now: MonotonicTime) -> EngineUpgradeAction {
        switch state {
        case .closing, .closed: return .refuse(.unknownSession)
        case .probing, .upgrading, .webSocket: return .acceptAndClose
        case .polling: break
        }
        state = .probing
        upgradeDeadline = now.advanced(byNanoseconds: settings.upgradeTimeout)
        return .probe
    }

    /// A message came on the WebSocket that is being probed.
    ///
    /// After `.close` the caller closes that WebSocket; it need not say `probeClosed`.
    public mutating func probed(_ packet: EnginePacket) -> EngineProbeAction {
        switch (state, packet.type) {
        case (.probing, .ping) where packet.isProbe:
            state = .upgrading
            if hasPoll, outbox == nil { keep(EnginePackets.noop) }
            return .answer(answersPoll: hasPoll)
        case (.upgrading, .upgrade):
            let endsPoll = hasPoll
            state = .webSocket
            hasPoll = false
            upgradeDeadline = .distantFuture
            return .upgraded(endsPoll: endsPoll)
        default:
            probeClosed()
            return .close
        }
    }

    /// The WebSocket that was being probed is gone: the session stays with polling.
    public mutating func probeClosed() {
        guard isUpgrading else { return }
        state = .polling
        upgradeDeadline = .distantFuture
    }

    /// Hands over what waits, in order, for the WebSocket that the session has now.
    ///
    /// - Parameter write: is given each packet as a message of a WebSocket: its payload, and whether it is binary.
    public mutating func takeWaiting(_ write: (_ payload: UnsafeRawBufferPointer, _ isBinary: Bool) -> Void) {
        guard state == .webSocket, let outbox else { return }
        while outbox.takeFirst(write) {}
        self.outbox = nil
    }
}
