extension CauseText {
    /// Client, Backend, protocol and what lies between, Beyond the shared vocabulary.
    static let client: [CauseCode: CauseText] = [
        // Client.
        .mixedContent: CauseText(
            title: Phrase(
                en: "ws:// from an https page",
                zh: "混合内容：https 页面使用 ws://"),
            summary: Phrase(
                en: "ws:// from an https page.",
                zh: "https 页面不允许连接 ws:// 地址。")),
        .clientUrlPortBypass: CauseText(
            title: Phrase(
                en: "the client goes past the proxy",
                zh: "客户端绕过了代理"),
            summary: Phrase(
                en:
                    "The client dials the port of the backend or of a development server instead of the proxy.",
                zh: "客户端直连后端或开发服务器的端口，而不经过代理。")),
        .clientUrlHardcodedLocalhost: CauseText(
            title: Phrase(
                en: "the client holds localhost",
                zh: "客户端写死了 localhost"),
            summary: Phrase(
                en: "The built client holds localhost.",
                zh: "构建出的客户端含有 localhost，其他人连接的是自己的机器。")),
        .clientUrlEnvMissing: CauseText(
            title: Phrase(
                en: "the address variable is not set",
                zh: "地址变量没有设置"),
            summary: Phrase(
                en: "The address is empty or the default, because a build variable is not set.",
                zh: "构建变量未设置，地址为空或是默认值。")),
        .clientUrlMalformed: CauseText(
            title: Phrase(
                en: "the address is put together wrongly",
                zh: "地址拼接错误"),
            summary: Phrase(
                en: "The address is put together wrongly.",
                zh: "地址拼接错误：端口在路径中、协议重复等。")),
        .clientUrlWrongPath: CauseText(
            title: Phrase(
                en: "the backend has no such path",
                zh: "后端没有该路径"),
            summary: Phrase(
                en: "The path is none the backend has.",
                zh: "客户端连接的路径在后端不存在。")),
        .clientNetworkStripsUpgrade: CauseText(
            title: Phrase(
                en: "the client's network strips the upgrade",
                zh: "客户端网络去掉了升级"),
            summary: Phrase(
                en: "A proxy or firewall on the client's side removes the upgrade.",
                zh: "客户端一侧的代理或防火墙去掉了升级请求头。")),
        // Backend, protocol and what lies between.
        .backendLacksWsSupport: CauseText(
            title: Phrase(
                en: "the backend has no WebSocket support",
                zh: "后端不支持 WebSocket"),
            summary: Phrase(
                en: "The backend has no WebSocket library or handler.",
                zh: "后端没有 WebSocket 库或处理函数。")),
        .eioVersionMismatch: CauseText(
            title: Phrase(
                en: "the Engine.IO versions differ",
                zh: "Engine.IO 版本不一致"),
            summary: Phrase(
                en: "Client and server speak different versions of Engine.IO.",
                zh: "客户端与服务器使用不同版本的 Engine.IO。")),
        .subprotocolNotEchoed: CauseText(
            title: Phrase(
                en: "the subprotocol is not confirmed",
                zh: "没有确认子协议"),
            summary: Phrase(
                en: "The client offered a subprotocol, and the 101 names none.",
                zh: "客户端提出了子协议，而 101 应答没有选定任何一个。")),
        .compressionCorruptFrame: CauseText(
            title: Phrase(
                en: "frames are corrupted by compression",
                zh: "压缩导致帧错误"),
            summary: Phrase(
                en: "permessage-deflate is used by one side only.",
                zh: "只有一侧使用 permessage-deflate，帧无法解读。")),
        .tunnelHttp2Websocket: CauseText(
            title: Phrase(
                en: "the tunnel's HTTP/2 breaks the upgrade",
                zh: "隧道的 HTTP/2 使升级失败"),
            summary: Phrase(
                en: "The tunnel uses HTTP/2 to its edge or to the origin, where the upgrade does not work.",
                zh: "隧道使用 HTTP/2，升级在其中不起作用。")),
        .cdnBlocksWebsocket: CauseText(
            title: Phrase(
                en: "the CDN refuses the upgrade",
                zh: "CDN 阻断了升级"),
            summary: Phrase(
                en: "The CDN in front strips or refuses the upgrade.",
                zh: "前面的 CDN 去掉或拒绝了升级。")),
        .apacheWstunnelModuleMissing: CauseText(
            title: Phrase(
                en: "Apache lacks mod_proxy_wstunnel",
                zh: "Apache 缺少 mod_proxy_wstunnel"),
            summary: Phrase(
                en: "ws:// in Apache without the module that speaks it.",
                zh: "Apache 2.4.47 之前使用 ws:// 需要加载 mod_proxy_wstunnel。")),
        // Beyond the shared vocabulary.
        .proxyConfigInvalid: CauseText(
            title: Phrase(
                en: "the proxy's configuration does not load",
                zh: "代理配置无法加载"),
            summary: Phrase(
                en: "The proxy's configuration does not load.",
                zh: "代理配置有错误，无法加载。")),
        .nameUnresolvable: CauseText(
            title: Phrase(
                en: "the host has no address",
                zh: "主机名无法解析"),
            summary: Phrase(
                en: "The host name of the address has no address.",
                zh: "地址中的主机名没有 A/AAAA 记录。")),
        .publicPortUnreachable: CauseText(
            title: Phrase(
                en: "nothing answers at the public address",
                zh: "公开地址无法连接"),
            summary: Phrase(
                en: "Nothing accepts connections at the public address.",
                zh: "公开地址的端口拒绝连接、被过滤或没有服务。")),
        .handshakeFails: CauseText(
            title: Phrase(
                en: "the handshake fails without a known cause",
                zh: "握手失败，原因未知"),
            summary: Phrase(
                en: "The handshake fails, and nothing that was looked at explains it.",
                zh: "握手失败，已查看的内容无法解释。")),
        .timeRanOut: CauseText(
            title: Phrase(
                en: "the time was up before everything was looked at",
                zh: "时间已用尽，未能查看全部内容"),
            summary: Phrase(
                en: "The time given was up before everything was looked at.",
                zh: "在查看全部内容之前，给定的时间已用尽。")),
        .closedAfterOpen: CauseText(
            title: Phrase(
                en: "closed right after opening",
                zh: "打开后立即关闭"),
            summary: Phrase(
                en: "The connection opens and is closed at once.",
                zh: "连接打开后立即被关闭，或应用没有应答。")),
        .tokenInLog: CauseText(
            title: Phrase(
                en: "tokens stand in a log",
                zh: "日志中有明文令牌"),
            summary: Phrase(
                en: "An access log holds tokens in clear text.",
                zh: "访问日志中含有明文令牌。")),
        .consoleNoise: CauseText(
            title: Phrase(
                en: "a harmless line of the console",
                zh: "无害的控制台信息"),
            summary: Phrase(
                en: "A line of the console looks alarming and is not.",
                zh: "浏览器控制台的这行看似报错，其实是页面自己关闭或重连所致。")),
    ]
}
