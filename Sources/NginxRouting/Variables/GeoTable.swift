/// A `geo`: a variable whose value depends on an address.
struct GeoTable: Sendable {
    /// The variable with the address; nil: the client's.
    let source: String?
    let statement: Statement
    private var networks: [(network: IPAddress.Network, value: ByteString)] = []
    private var ranges: [(low: [UInt8], high: [UInt8], value: ByteString)] = []
    private var fallback: ByteString = ""

    init(_ statement: Statement, patience: inout Patience) {
        self.statement = statement
        source = statement.arguments.count > 1 ? String(statement.text(0).dropFirst()) : nil
        let isRanges = statement.block.contains { $0.name == "ranges" }
        for item in statement.block where item.arguments.count == 1 {
            if patience.step() { break }
            let key = item.name
            if key == "default" {
                fallback = item.arguments[0]
            } else if isRanges {
                let ends = key.split(separator: "-").compactMap { IPAddress(String($0)) }
                if ends.count == 2 { ranges.append((ends[0].octets, ends[1].octets, item.arguments[0])) }
            } else if key == "delete" {
                let gone = IPAddress.Network(item.text(0))
                networks.removeAll { $0.network == gone }
            } else if let network = IPAddress.Network(key) {
                networks.append((network, item.arguments[0]))
            }
        }
    }

    /// The value for an address; one that is none gets the value of 255.255.255.255, as in nginx.
    func find(_ text: ByteString) -> ByteString {
        guard let address = IPAddress(text.text) ?? IPAddress("255.255.255.255") else { return fallback }
        if !ranges.isEmpty {
            let octets = address.octets
            // Later ranges are cut out of earlier ones.
            return ranges.last { range in
                range.low.count == octets.count && !octets.lexicographicallyPrecedes(range.low)
                    && !range.high.lexicographicallyPrecedes(octets)
            }?.value ?? fallback
        }
        var best: (bits: Int, value: ByteString)?
        for (network, value) in networks where network.contains(address) && network.bits >= (best?.bits ?? -1)
        {
            best = (network.bits, value)
        }
        return best?.value ?? fallback
    }
}
