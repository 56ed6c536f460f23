/// URLs of other people's servers as operators write them: syntax only.
enum URLSyntax {
    /// What is wrong with an `http` or `https` URL; `nil` when nothing is.
    static func fault(in text: String) -> String? {
        let small = text.lowercased()
        guard let prefix = ["http://", "https://"].first(where: small.hasPrefix) else {
            return "it begins with http:// or https://"
        }
        if text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            return "blanks are written as %20"
        }
        let rest = text.dropFirst(prefix.count)
        let authority = rest.prefix { !"/?#".contains($0) }
        if authority.contains("@") { return "user and password belong into a header, not into a URL" }
        guard let (host, port) = AddressSyntax.split(authority), port != 0 else {
            return "the port is not a number from 1 to 65535"
        }
        if host.isEmpty { return "the host is missing" }
        guard host.utf8.allSatisfy(\.isHostOctet) else { return "\(host) is no host name" }
        return nil
    }
}
