import NginxRouting
import NginxSyntax
import Testing

/// The stream block: ngx_stream_proxy_module and ngx_stream_ssl_preread_module.
@Suite struct StreamTests {
    @Test func namesInTheHelloChoose() throws {
        let router = NginxRouter(
            NginxConfiguration.parse(
                """
                stream {
                    map $ssl_preread_server_name $backend { hostnames; a.test one; *.b.test two; default three:9443; }
                    upstream one { server 10.0.0.1:443; }
                    server { listen 443; ssl_preread on; proxy_protocol on; proxy_pass $backend; }
                    server { listen 8443 ssl; proxy_pass 10.0.0.2:80; }
                }
                """))
        let server = try #require(router.streams.first)
        #expect(server.destination(serverName: "a.test")?.upstream?.activePeers.map(\.port) == [443])
        #expect(server.destination(serverName: "x.b.test")?.target.bytes == "two")
        #expect(server.destination(serverName: nil)?.place.port == 9443)
        #expect(server.sendsProxyProtocol != nil)
        #expect(router.streams[1].isSecure && !server.isSecure)
    }
}
