import Configuration
import Gateway
import Glibc
import Tokens
enum TempServe {
    static func run(_ a: [String]) {
        var o = Options(); o.profile = .development
        var i = 1
        while i + 1 < a.count {
            switch a[i] {
            case "--listen": o.listen = [ListenEntry(address: a[i+1])]
            case "--state": o.state = a[i+1]
            case "--loops": o.loops = Int(a[i+1])!
            case "--echo": o.echo = a[i+1]
            case "--compression": o.compression = .init(rawValue: a[i+1])!
            default: break
            }
            i += 2
        }
        if a[0] == "token" {
            var user = "x", state = ""
            for (k, v) in zip(a, a.dropFirst()) { if k == "--user" { user = v }; if k == "--state" { state = v } }
            let key = try! StateDirectory(path: state).signingKey()
            print(try! TokenMint.mint(user: user, ttl: 86400, now: Int64(time(nil)), key: key))
            return
        }
        do { try GatewayServer.run(options: o, log: LogSink()) { let t = $0 + "\n"; _ = write(2, t, t.utf8.count) } } catch { print(error, error.remedy) }
    }
}
