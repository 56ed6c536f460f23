/// A release of nginx, by which some defaults differ.
package struct NginxRelease: Comparable, Hashable, Sendable, CustomStringConvertible {
    /// 1, 22 and 1 of 1.22.1.
    package let numbers: [Int]

    /// A release by its three numbers.
    package init(_ major: Int, _ minor: Int, _ patch: Int) { numbers = [major, minor, patch] }

    /// Debian 12's, which the differential tests run against.
    package static let debian12 = NginxRelease(1, 22, 1)
    /// From here on `proxy_http_version` is 1.1 and `Connection` is not sent by default (CHANGES, 2026-03-24).
    package static let http11Upstream = NginxRelease(1, 29, 7)
    /// From here on repeated request headers are joined in `$http_…` (CHANGES, 2022-06-21).
    package static let joinedHeaders = NginxRelease(1, 23, 0)

    package static func < (left: NginxRelease, right: NginxRelease) -> Bool {
        left.numbers.lexicographicallyPrecedes(right.numbers)
    }
    /// `1.22.1`.
    package var description: String { numbers.map(String.init).joined(separator: ".") }
}
