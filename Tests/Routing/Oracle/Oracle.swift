import Doctor
import Glibc
import NginxRouting
import NginxSyntax

/// Says on standard output what the router thinks nginx does, one line for each request on standard input.
///
///     RoutingOracle MAIN PREFIX < REQUESTS
///
/// A request is a line `PORT LENGTH` and then that many bytes of an HTTP head. An answer is a line of words: what answers, the value of
/// X-Loc in force, and what belongs to it, texts in hexadecimal. `Tests/Routing/differential.py` compares them with a real nginx.
@main
struct Oracle {
    static func main() {
        let words = CommandLine.arguments
        guard words.count == 3 else {
            print("usage: RoutingOracle MAIN PREFIX < REQUESTS")
            exit(2)
        }
        let configuration = NginxConfiguration.load(main: words[1], prefix: words[2], source: NginxDisk())
        let router = NginxRouter(configuration)
        var input = standardInput()[...]
        while let end = input.firstIndex(of: 0x0A) {
            let numbers = String(decoding: input[..<end], as: UTF8.self).split(separator: " ").compactMap {
                Int($0)
            }
            input = input[(end + 1)...]
            guard numbers.count == 2, input.count >= numbers[1] else { exit(2) }
            let head = Array(input.prefix(numbers[1]))
            input = input.dropFirst(numbers[1])
            print(answer(router.trace(request(head, port: numbers[0]), files: NginxDisk.kind)))
        }
    }

    static func standardInput() -> [UInt8] {
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(0, &room, room.count)
            if count <= 0 { return bytes }
            bytes += room[..<count]
        }
    }

    static func request(_ head: [UInt8], port: Int) -> SimulatedRequest {
        var lines = head.split(separator: 0x0A, omittingEmptySubsequences: true).map { line in
            line.last == 0x0D ? line.dropLast() : line
        }
        let first = lines.removeFirst().split(separator: 0x20, maxSplits: 2)
        var request = SimulatedRequest(target: ByteString(first[1]), host: nil)
        request.method = String(decoding: first[0], as: UTF8.self)
        request.isHTTP10 = first[2].last == 0x30
        request.headers = lines.filter { !$0.isEmpty }.map { line in
            let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
            let value = line[colon...].dropFirst().drop { $0 == 0x20 }
            return (String(decoding: line[..<colon], as: UTF8.self), ByteString(value))
        }
        request.port = port
        request.localAddress = "127.0.0.1"
        request.clientAddress = "127.0.0.1"
        request.stopsAtGates = true
        return request
    }

    static func answer(_ trace: RequestTrace) -> String {
        let mark = trace.level?.effective("add_header").first { $0.text(0) == "X-Loc" }?.text(1) ?? "-"
        switch trace.outcome {
        case .proxied(let proxied):
            let line = proxied.method.bytes + " " + proxied.uri.bytes + " HTTP/" + ByteString(proxied.version)
            let headers = proxied.headers.map { hex(ByteString($0.name) + ": " + $0.value.bytes) }
            let status = trace.statusOverride.map(String.init) ?? "200"
            let place = "\(proxied.target.host) \(proxied.target.port ?? 0)"
            return (["proxied", mark, status, place, hex(line)] + headers).joined(separator: " ")
        case .answered(let answer):
            return
                "answered \(mark) \(answer.status) \(hex(answer.location?.bytes)) \(hex(answer.text?.bytes))"
        case .file(let path, _): return "file \(mark) \(trace.statusOverride ?? 200) \(hex(path))"
        case .failed(let status, let reason): return "failed \(mark) \(status) \(reason)"
        case .passed(let name, _, _): return "passed \(mark) \(name)"
        case .module(let statement): return "module \(mark) \(statement.name)"
        }
    }

    static func hex(_ text: ByteString?) -> String {
        guard let text else { return "-" }
        let digits = Array("0123456789abcdef")
        return "." + String(text.bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

extension NginxDisk {
    /// What is at a path.
    static func kind(_ path: ByteString) -> NginxRouting.FileKind {
        var status = stat()
        guard stat(path.text, &status) == 0 else { return .missing }
        return status.st_mode & S_IFMT == S_IFDIR ? .directory : .file
    }
}
