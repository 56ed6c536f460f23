/// How two sides come to `DeflateParameters` (RFC 7692 §5 and §7.1).
public enum DeflateNegotiation {
    /// The extension's name in `Sec-WebSocket-Extensions`.
    static let name = "permessage-deflate"

    /// The server's choice: the first offer that it understands and can keep, or nil for no compression.
    ///
    /// `offers` holds the request's `Sec-WebSocket-Extensions` values in order. An offer with an unknown, repeated or
    /// invalid parameter is passed over, and only that one (§7.1).
    public static func accept(offers: [String], policy: DeflatePolicy) -> DeflateParameters? {
        guard policy.mode != .off else { return nil }
        for value in offers {
            for element in ExtensionList(value).elements {
                guard let element, element.name == name else { continue }
                guard let offer = Terms(element.parameters, isOffer: true) else { continue }
                if let parameters = accept(offer, policy) { return parameters }
            }
        }
        return nil
    }

    private static func accept(_ offer: Terms, _ policy: DeflatePolicy) -> DeflateParameters? {
        var parameters = DeflateParameters()
        let keepsContext = policy.mode == .contextTakeover
        // The server may ask for both without being asked; a client's wish not to keep its own context is a hint it is
        // cheap to follow (§7.1.1).
        parameters.serverNoContextTakeover = offer.serverNoContextTakeover || !keepsContext
        parameters.clientNoContextTakeover = offer.clientNoContextTakeover || !keepsContext
        parameters.serverMaxWindowBits = policy.serverMaxWindowBits
        if let asked = offer.serverMaxWindowBits {
            // zlib has no raw window of 256 bytes, so 8 cannot be promised.
            guard asked >= 9 else { return nil }
            parameters.serverMaxWindowBits = min(asked, policy.serverMaxWindowBits)
            parameters.namesServerWindow = true
        }
        // The answer may name the client's window only when the offer did (§7.1.2.2).
        switch offer.clientMaxWindowBits {
        case .absent: break
        case .named: parameters.clientMaxWindowBits = policy.clientMaxWindowBits
        // 8 is not repeated: clients built on zlib say 8 and mean 9. A larger window of ours reads either.
        case .bits(8): break
        case .bits(let bits): parameters.clientMaxWindowBits = min(bits, policy.clientMaxWindowBits)
        }
        return parameters
    }

    /// The client's `Sec-WebSocket-Extensions` value, or the empty string for none.
    public static func offer(policy: DeflatePolicy) -> String {
        guard policy.mode != .off else { return "" }
        var terms = ""
        if policy.serverMaxWindowBits < 15 {
            terms += "; server_max_window_bits=\(policy.serverMaxWindowBits)"
        }
        terms += "; client_max_window_bits"
        if policy.clientMaxWindowBits < 15 { terms += "=\(policy.clientMaxWindowBits)" }
        switch policy.mode {
        case .off: return ""
        case .noContextTakeover:
            return name + "; server_no_context_takeover; client_no_context_takeover" + terms
        // The second offer is for servers that compress only without windows kept.
        case .contextTakeover:
            return name + terms + ", " + name + "; server_no_context_takeover; client_no_context_takeover"
                + terms
        }
    }

    /// What the server's answer to `offer(policy:)` means: nil when it agreed to no extension.
    ///
    /// Throws `unacceptableExtension` for anything that was not offered, is repeated or out of range (RFC 6455 §4.1,
    /// RFC 7692 §7.1): the client must then fail the connection.
    public static func confirm(
        response: String, offered policy: DeflatePolicy
    ) throws(WebSocketError) -> DeflateParameters? {
        let elements = ExtensionList(response).elements
        guard let first = elements.first else { return nil }
        guard let element = first, elements.count == 1 else {
            throw .unacceptableExtension(elements.count == 1 ? "not well-formed" : "more than one extension")
        }
        guard element.name == name, policy.mode != .off else {
            throw .unacceptableExtension("\(element.name) was not offered")
        }
        guard let terms = Terms(element.parameters, isOffer: false) else {
            throw .unacceptableExtension("a parameter is unknown, repeated or out of range")
        }
        var parameters = DeflateParameters(
            serverNoContextTakeover: terms.serverNoContextTakeover,
            clientNoContextTakeover: terms.clientNoContextTakeover || policy.mode == .noContextTakeover)
        if let bits = terms.serverMaxWindowBits {
            guard bits <= policy.serverMaxWindowBits else {
                throw .unacceptableExtension("server_max_window_bits=\(bits) is more than offered")
            }
            parameters.serverMaxWindowBits = bits
        }
        // Our compressor keeps to the window we offered even when the answer does not name it.
        parameters.clientMaxWindowBits = policy.clientMaxWindowBits
        if case .bits(let bits) = terms.clientMaxWindowBits {
            guard bits <= policy.clientMaxWindowBits else {
                throw .unacceptableExtension("client_max_window_bits=\(bits) is more than offered")
            }
            parameters.clientMaxWindowBits = bits
        }
        return parameters
    }
}

/// The parameters of one permessage-deflate element, each at most once and well-formed (RFC 7692 §7.1).
private struct Terms {
    enum ClientWindow {
        case absent
        /// Named without a value, which only an offer may do.
        case named
        case bits(Int)
    }

    var serverNoContextTakeover = false
    var clientNoContextTakeover = false
    var serverMaxWindowBits: Int?
    var clientMaxWindowBits = ClientWindow.absent

    init?(_ parameters: [ExtensionList.Parameter], isOffer: Bool) {
        for parameter in parameters {
            switch parameter.name {
            case "server_no_context_takeover":
                guard parameter.value == nil, !serverNoContextTakeover else { return nil }
                serverNoContextTakeover = true
            case "client_no_context_takeover":
                guard parameter.value == nil, !clientNoContextTakeover else { return nil }
                clientNoContextTakeover = true
            case "server_max_window_bits":
                guard serverMaxWindowBits == nil, let bits = Self.bits(parameter.value) else { return nil }
                serverMaxWindowBits = bits
            case "client_max_window_bits":
                guard case .absent = clientMaxWindowBits else { return nil }
                if parameter.value == nil, isOffer {
                    clientMaxWindowBits = .named
                } else {
                    guard let bits = Self.bits(parameter.value) else { return nil }
                    clientMaxWindowBits = .bits(bits)
                }
            default: return nil
            }
        }
    }

    /// A number from 8 to 15 in decimal without leading zeros (§7.1.2).
    private static func bits(_ value: String?) -> Int? {
        guard let value, value.utf8.count <= 2, let bits = Int(value) else { return nil }
        return (8...15).contains(bits) && String(bits) == value ? bits : nil
    }
}
